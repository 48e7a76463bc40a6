"""P4: the classifier in onnxruntime, in gangs of whatever waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime
import torch
from tokenizers import Tokenizer
from transformers import AutoModelForSequenceClassification

from benchmarks.messages import CLASSIFIER
from benchmarks.peers.gangs import SHORT_COLLECT_S, Gangs
from benchmarks.peers.naive import WARM_UP
from inference.registry import EMOTION_LABELS
from inference.types import ClassifyRequest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.peers.gangs import Emit

INPUTS = ("input_ids", "attention_mask")


def export(folder: Path, path: Path) -> None:
    """Write the classifier as ONNX, with batch and length left open."""
    model: Any = AutoModelForSequenceClassification.from_pretrained(
        folder, attn_implementation="eager"
    )
    model.train(mode=False)
    model.config.return_dict = False
    sample = torch.ones((2, 8), dtype=torch.int64)
    mask = sample.clone()
    mask[1, 4:] = 0  # a mask without zeros would be optimised away
    batch, length = torch.export.Dim("batch"), torch.export.Dim("length", max=512)
    torch.onnx.export(
        model,
        (sample, mask),
        str(path),
        input_names=list(INPUTS),
        output_names=["logits"],
        dynamic_shapes=({0: batch, 1: length}, {0: batch, 1: length}),
        dynamo=True,
    )


class OnnxClassifier:
    """Reads only: onnxruntime is measured on the classifiers (`contenders.py`)."""

    def __init__(self, folder: Path) -> None:
        path = folder / f"{CLASSIFIER}.onnx"
        export(folder / CLASSIFIER, path)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_file(
            str(folder / CLASSIFIER / "tokenizer.json")
        )
        self._tokenizer.enable_truncation(256)
        self._tokenizer.enable_padding()
        self._readings = Gangs(self.read, SHORT_COLLECT_S)
        self.read([ClassifyRequest("", CLASSIFIER, WARM_UP.text)], lambda rows: None)

    async def classify(self, request: ClassifyRequest) -> dict[str, float]:
        async for scores in self._readings.stream(request):
            found: dict[str, float] = scores
        return found

    def read(self, requests: Sequence[ClassifyRequest], emit: Emit) -> None:
        rows = self._tokenizer.encode_batch([request.text for request in requests])
        feed = {
            "input_ids": np.array([row.ids for row in rows], dtype=np.int64),
            "attention_mask": np.array(
                [row.attention_mask for row in rows], dtype=np.int64
            ),
        }
        (logits,) = self._session.run(["logits"], feed)
        powers = np.exp(logits - logits.max(-1, keepdims=True))
        shares = (powers / powers.sum(-1, keepdims=True)).tolist()
        emit(
            [
                (i, dict(zip(EMOTION_LABELS, row, strict=True)))
                for i, row in enumerate(shares)
            ]
        )
