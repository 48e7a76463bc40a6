"""P1: transformers in gangs: `generate` on the padded batch, with a streamer of our own.

The library's streamers refuse a batch. Ours gives each token at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    StoppingCriteria,
    StoppingCriteriaList,
)
from transformers.generation.streamers import BaseStreamer

from benchmarks.messages import CLASSIFIER
from benchmarks.peers.gangs import END, Gangs
from benchmarks.peers.naive import WARM_UP, ReplyModel
from benchmarks.peers.prompts import pad, prompt_of
from inference.detokenizer import Detokenizer
from inference.types import ClassifyRequest, GenerateRequest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from torch import Tensor

    from benchmarks.peers.gangs import Emit


class Rows(BaseStreamer):
    """Emits each row's text as it comes, and its end when it has its length."""

    def __init__(self, tokenizer: Any, lengths: Sequence[int], emit: Emit) -> None:
        self._texts = [Detokenizer(tokenizer) for _ in lengths]
        self._lengths, self._emit = lengths, emit
        self._n_steps = -1  # the first call brings the decoder's start token

    def put(self, value: Tensor) -> None:
        if self._n_steps >= 0:
            self._emit(list(self._rows(value.flatten().tolist())))
        self._n_steps += 1

    def _rows(self, tokens: Sequence[int]) -> Any:
        for row, token in enumerate(tokens):
            if self._n_steps < self._lengths[row]:
                yield row, self._texts[row].push(token)
            if self._n_steps + 1 == self._lengths[row]:
                yield row, END

    def end(self) -> None:
        """Nothing is held back."""


class OwnLength(StoppingCriteria):
    """Each row ends at a length of its own."""

    def __init__(self, lengths: Sequence[int]) -> None:
        self._lengths = torch.tensor(lengths)

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        return input_ids.shape[1] > self._lengths


class TorchGang:
    def __init__(self, folder: Path) -> None:
        self._reply = ReplyModel(folder)
        path = folder / CLASSIFIER
        self._tokenizer: Any = AutoTokenizer.from_pretrained(path)
        self._classifier: Any = AutoModelForSequenceClassification.from_pretrained(path)
        self._classifier.train(mode=False)
        self._replies, self._readings = Gangs(self.write), Gangs(self.read)
        self.write([WARM_UP, WARM_UP], lambda rows: None)
        self.read([ClassifyRequest("", CLASSIFIER, WARM_UP.text)], lambda rows: None)

    async def generate(self, request: GenerateRequest) -> AsyncIterator[str]:
        async for text in self._replies.stream(request):
            yield text

    async def classify(self, request: ClassifyRequest) -> dict[str, float]:
        async for scores in self._readings.stream(request):
            found: dict[str, float] = scores
        return found

    def write(self, requests: Sequence[GenerateRequest], emit: Emit) -> None:
        tokenizer = self._reply.tokenizer.backend_tokenizer
        lengths = [request.max_new_tokens for request in requests]
        self._reply.model.generate(
            **pad([prompt_of(tokenizer, request) for request in requests]),
            do_sample=False,
            min_new_tokens=max(lengths),
            max_new_tokens=max(lengths),
            streamer=Rows(tokenizer, lengths, emit),
            stopping_criteria=StoppingCriteriaList([OwnLength(lengths)]),
        )

    @torch.inference_mode()
    def read(self, requests: Sequence[ClassifyRequest], emit: Emit) -> None:
        texts = [request.text for request in requests]
        batch = self._tokenizer(
            texts, padding=True, truncation=True, return_tensors="pt"
        )
        rows = self._classifier(**batch).logits.softmax(-1).tolist()
        names = self._classifier.config.id2label
        emit(
            [
                (row, {names[i]: score for i, score in enumerate(scores)})
                for row, scores in enumerate(rows)
            ]
        )
