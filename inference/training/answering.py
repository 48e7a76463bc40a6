"""Answer messages as the product would, for those who judge the replies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.classifier import TorchClassifier
from inference.loading import load_classifier, load_reply_model
from inference.prompt import is_told
from inference.training.evaluate import write_replies
from inference.types import GenerateRequest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def answer_messages(
    messages: Sequence[str], *, classifier: Path, reply: Path, seed: int = 0
) -> list[dict[str, Any]]:
    """Return message, label, score and reply of each; message i is sampled with seed + i.

    As in a chat, the reply model is not told a label that is not likely.
    Raises ModelFileError where a folder cannot be used.
    """
    reader = TorchClassifier(load_classifier(classifier))
    scores = [reader.classify([reader.encode(text)])[0] for text in messages]
    labels = [max(row, key=row.__getitem__) for row in scores]
    told = [
        label if is_told(row[label]) else None
        for label, row in zip(labels, scores, strict=True)
    ]
    requests = [
        GenerateRequest(str(i), text, label, seed=seed + i)
        for i, (text, label) in enumerate(zip(messages, told, strict=True))
    ]
    replies = write_replies(load_reply_model(reply), requests)
    return [
        {"message": text, "label": label, "score": round(row[label], 3), "reply": words}
        for text, label, row, words in zip(
            messages, labels, scores, replies, strict=True
        )
    ]
