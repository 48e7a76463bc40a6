"""Measure a shipped model: the folder is read as the engine reads it, checks and all."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from inference.backends import Admission
from inference.generator import T5Generator
from inference.loading import LoadedReplyModel, load_classifier, load_reply_model
from inference.packed import with_packed_linears
from inference.training.data import read_labelled
from inference.training.long_texts import evaluate_long
from inference.training.reply_judge import ReplyJudge, trained_judge
from inference.training.reply_pairs import validation_pairs
from inference.training.reply_scoring import pairs_perplexity
from inference.training.scoring import evaluate_rows
from inference.types import GenerateRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from inference.training.dialogue import Pair

N_SAMPLE = 200
N_SLOTS = 25


def evaluate_classifier(
    folder: Path, file: Path, device: str = "cpu"
) -> dict[str, Any]:
    """Return accuracy, macro F1, per class, confusion, ECE and n; raises DataError.

    Of a model that reads long texts in windows also what simpler ways give.
    """
    loaded = load_classifier(folder, device)
    with_packed_linears(loaded.model)
    rows = read_labelled(file, loaded.labels)
    if loaded.windows:
        return {
            "version": loaded.version,
            **evaluate_long(loaded, rows, loaded.windows),
        }
    figures = evaluate_rows(
        loaded.model, loaded.tokenizer, rows, loaded.labels, loaded.temperature
    )
    return {"version": loaded.version, **figures}


def evaluate_reply(folder: Path, data: Path, device: str = "cpu") -> dict[str, Any]:
    """Return validation perplexity, and how varied a sample of replies is."""
    loaded = load_reply_model(folder, device)
    pairs = validation_pairs(data)
    sample = pairs[:N_SAMPLE]
    replies = write_replies(loaded, [_request(i, p) for i, p in enumerate(sample)])
    return {
        "version": loaded.version,
        "n": len(pairs),
        "perplexity": pairs_perplexity(loaded.model, loaded.tokenizer, pairs),
        "n_sample": len(sample),
        **variety_figures(replies),
        **fitness_figures(trained_judge(data), sample, replies),
    }


def fitness_figures(
    judge: ReplyJudge, pairs: Sequence[Pair], replies: Sequence[str]
) -> dict[str, float]:
    """Return specificity and tone agreement, and those of the people's own replies."""
    messages = [pair.message for pair in pairs]
    labels = [pair.label or "" for pair in pairs]
    human = [pair.reply for pair in pairs]
    return {
        "specificity": judge.specificity(messages, replies),
        "specificity_of_people": judge.specificity(messages, human),
        "tone_agreement": judge.tone_agreement(labels, replies),
        "tone_agreement_of_people": judge.tone_agreement(labels, human),
    }


def write_replies(
    loaded: LoadedReplyModel, requests: Sequence[GenerateRequest]
) -> list[str]:
    """Return the engine's own replies to the requests, in their order."""
    generator = T5Generator(loaded, N_SLOTS)
    texts = dict.fromkeys((request.id for request in requests), "")
    for start in range(0, len(requests), N_SLOTS):
        batch = requests[start : start + N_SLOTS]
        generator.admit([Admission(r, generator.encode(r)) for r in batch])
        n_open = len(batch)
        while n_open:
            for step in generator.step():
                texts[step.id] += step.text
                n_open -= step.finish is not None
    return [texts[request.id] for request in requests]


def variety_figures(replies: Sequence[str]) -> dict[str, Any]:
    """Return distinct-1 and -2 and the share of the most frequent reply.

    Source: https://arxiv.org/abs/1510.03055 (distinct-n: different n-grams by all).
    """
    words = [reply.lower().split() for reply in replies]
    (most, n_most), *_ = Counter(replies).most_common(1)
    return {
        "distinct_1": _distinct((w,) for row in words for w in row),
        "distinct_2": _distinct(pair for row in words for pair in pairwise(row)),
        "most_frequent_reply": most,
        "most_frequent_share": n_most / len(replies),
    }


def _distinct(grams: Iterable[tuple[str, ...]]) -> float:
    rows = list(grams)
    return len(set(rows)) / max(1, len(rows))


def _request(index: int, pair: Pair) -> GenerateRequest:
    return GenerateRequest(
        str(index), pair.message, pair.label, history=pair.history, seed=index
    )
