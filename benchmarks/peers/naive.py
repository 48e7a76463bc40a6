"""P0: transformers as its documentation shows it, a thread and a `generate` per request."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

from transformers import (
    AsyncTextIteratorStreamer,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    TextIteratorStreamer,
    pipeline,
)

from benchmarks.messages import CLASSIFIER
from benchmarks.peers.prompts import pad, prompt_of
from inference.registry import REPLY_MODEL
from inference.types import ClassifyRequest, GenerateRequest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence
    from pathlib import Path

STREAMER = {"skip_prompt": True, "skip_special_tokens": True}
WARM_UP = GenerateRequest("", "I feel fine.", None, max_new_tokens=4)


class ReplyModel:
    """A T5 and its tokenizer, loaded the ordinary way."""

    def __init__(self, folder: Path) -> None:
        self.tokenizer: Any = AutoTokenizer.from_pretrained(folder / REPLY_MODEL)
        self.model: Any = AutoModelForSeq2SeqLM.from_pretrained(folder / REPLY_MODEL)
        self.model.train(mode=False)

    def start(self, request: GenerateRequest, streamer: Any) -> None:
        """Begin to write into the streamer, in a thread."""
        length = request.max_new_tokens
        prompt = prompt_of(self.tokenizer.backend_tokenizer, request)
        fields = pad([prompt]) | {
            "streamer": streamer,
            "do_sample": False,
            "max_new_tokens": length,
            "min_new_tokens": length,
        }
        threading.Thread(target=self.model.generate, kwargs=fields, daemon=True).start()

    def stream(self, request: GenerateRequest) -> Iterator[str]:
        streamer = TextIteratorStreamer(self.tokenizer, **STREAMER)
        self.start(request, streamer)
        yield from streamer


class Pipeline:
    """`pipeline("text-classification")`; all scores, as we give."""

    def __init__(self, folder: Path) -> None:
        self._read: Any = pipeline(
            "text-classification", model=str(folder / CLASSIFIER), top_k=None
        )

    def scores(self, texts: Sequence[str]) -> list[dict[str, float]]:
        found = self._read(list(texts), truncation=True, batch_size=len(texts))
        return [{entry["label"]: entry["score"] for entry in row} for row in found]


class Naive:
    def __init__(self, folder: Path) -> None:
        self._reply, self._pipeline = ReplyModel(folder), Pipeline(folder)
        list(self._reply.stream(WARM_UP))
        self._pipeline.scores([WARM_UP.text])

    async def generate(self, request: GenerateRequest) -> AsyncIterator[str]:
        streamer = AsyncTextIteratorStreamer(self._reply.tokenizer, **STREAMER)
        self._reply.start(request, streamer)
        async for text in streamer:
            if text:
                yield text

    async def classify(self, request: ClassifyRequest) -> dict[str, float]:
        (scores,) = await asyncio.to_thread(self._pipeline.scores, [request.text])
        return scores
