"""P3: CTranslate2, in int8 and in float32, in gangs: nobody can join a running batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import ctranslate2
import numpy as np
from ctranslate2.converters import TransformersConverter
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from benchmarks.messages import CLASSIFIER
from benchmarks.peers.gangs import END, SHORT_COLLECT_S, Gangs
from benchmarks.peers.naive import WARM_UP
from benchmarks.peers.prompts import prompt_of
from inference.detokenizer import Detokenizer
from inference.registry import EMOTION_LABELS, REPLY_MODEL
from inference.types import ClassifyRequest, GenerateRequest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from benchmarks.peers.gangs import Emit


class CTranslate32:
    TYPE: ClassVar = "float32"

    def __init__(self, folder: Path) -> None:
        run: Any = {"device": "cpu", "intra_threads": 1, "compute_type": self.TYPE}
        reply, classifier = (
            self._convert(folder / n) for n in (REPLY_MODEL, CLASSIFIER)
        )
        self._translator = ctranslate2.Translator(str(reply), **run)
        self._encoder = ctranslate2.Encoder(str(classifier), **run)
        self._words = Tokenizer.from_file(str(folder / REPLY_MODEL / "tokenizer.json"))
        self._pieces = Tokenizer.from_file(str(folder / CLASSIFIER / "tokenizer.json"))
        weights = load_file(folder / CLASSIFIER / "model.safetensors")
        self._head = weights["classifier.weight"], weights["classifier.bias"]
        self._replies = Gangs(self.write, SHORT_COLLECT_S)
        self._readings = Gangs(self.read, SHORT_COLLECT_S)
        self.write([WARM_UP, WARM_UP], lambda rows: None)
        self.read([ClassifyRequest("", CLASSIFIER, WARM_UP.text)], lambda rows: None)

    def _convert(self, folder: Path) -> Path:
        converted = folder.with_name(f"{folder.name}-ctranslate2-{self.TYPE}")
        TransformersConverter(str(folder)).convert(
            str(converted), quantization=self.TYPE, force=True
        )
        return converted

    async def generate(self, request: GenerateRequest) -> AsyncIterator[str]:
        async for text in self._replies.stream(request):
            yield text

    async def classify(self, request: ClassifyRequest) -> dict[str, float]:
        async for scores in self._readings.stream(request):
            found: dict[str, float] = scores
        return found

    def write(self, requests: Sequence[GenerateRequest], emit: Emit) -> None:
        lengths = [request.max_new_tokens for request in requests]
        prompts = (prompt_of(self._words, request) for request in requests)
        texts = [Detokenizer(self._words) for _ in requests]
        step: list[tuple[int, Any]] = []

        def on_token(result: Any) -> bool:
            """Keep a step's tokens together; true ends the row, which has its length."""
            row = result.batch_id
            if any(row == earlier for earlier, _ in step):
                emit(step.copy())
                step.clear()
            step.append((row, texts[row].push(result.token_id)))
            is_done = len(texts[row].tokens) >= lengths[row]
            if is_done:
                step.append((row, END))
            return is_done

        self._translator.translate_batch(
            [[self._words.id_to_token(i) for i in prompt] for prompt in prompts],
            beam_size=1,
            min_decoding_length=max(lengths),
            max_decoding_length=max(lengths),
            callback=on_token,
        )
        emit(step)

    def read(self, requests: Sequence[ClassifyRequest], emit: Emit) -> None:
        self._pieces.enable_truncation(256)
        self._pieces.no_padding()
        batch = [encoded.ids for encoded in self._pieces.encode_batch(_texts(requests))]
        output = self._encoder.forward_batch(batch)
        weight, bias = self._head
        logits = np.array(output.pooler_output) @ weight.T + bias
        powers = np.exp(logits - logits.max(-1, keepdims=True))
        shares = (powers / powers.sum(-1, keepdims=True)).tolist()
        emit(
            [
                (i, dict(zip(EMOTION_LABELS, row, strict=True)))
                for i, row in enumerate(shares)
            ]
        )


class CTranslate8(CTranslate32):
    TYPE: ClassVar = "int8"


def _texts(requests: Sequence[ClassifyRequest]) -> list[str]:
    return [request.text for request in requests]
