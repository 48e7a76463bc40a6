"""Does a reply model cost more to stream than another one?

    python -m benchmarks.reply_versions BEFORE [--after FOLDER] [--rounds 30]

BEFORE and AFTER (what ships, unless said else) are folders of reply models, for instance
the first one that shipped: `git archive 1199752 inference/weights/reply | tar x -C var`.
Each round runs both in the order A B B A, on one thread, with the code of today: admit the
prompts, write 20 tokens a row. Both forget their end token, so that both write as much.
Told are the ratios after / before of the time to the first token and of a token after that:
the median of the rounds and a 95 % bootstrap interval.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import torch

from benchmarks.ratios import Ratio, ratio_of
from inference.backends import Admission
from inference.generator import T5Generator
from inference.loading import load_reply_model
from inference.registry import REPLY_MODEL, weights_dir
from inference.types import GenerateRequest, HistoryTurn

N_TOKENS = 20
ROWS = (1, 16, 32)
TEXTS = (
    ("omg i got the job!!!", "joy"),
    (
        "my grandmother died last night and I do not know what to do with myself",
        "sadness",
    ),
    ("hello", "love"),
    ("he took my seat again, and when I said something everybody laughed", "anger"),
)
HISTORY = (
    HistoryTurn("i feel odd today", "Odd in what way?"),
    HistoryTurn("just tired of it all", "That sounds like a long week. What happened?"),
)


def requests(n_rows: int) -> list[GenerateRequest]:
    heard = tuple(turn.reply for turn in HISTORY)
    return [
        GenerateRequest(f"{i}", text, label, HISTORY, heard, seed=i)
        for i in range(n_rows)
        for text, label in (TEXTS[i % len(TEXTS)],)
    ]


def load(folder: Path) -> T5Generator:
    """Return the model with its end token forbidden: it always writes on."""
    found = load_reply_model(folder)
    end: int = found.model.config.eos_token_id
    banned = (*found.decoding.banned_tokens, end)
    decoding = replace(found.decoding, banned_tokens=banned, max_new_tokens=N_TOKENS)
    return T5Generator(replace(found, decoding=decoding), max(ROWS))


def stream(model: T5Generator, n_rows: int) -> tuple[float, float]:
    """Return seconds to the first token of all rows, and seconds a token after it."""
    asked = requests(n_rows)
    start = time.perf_counter()
    model.admit([Admission(request, model.encode(request)) for request in asked])
    model.step()
    first = time.perf_counter()
    for _ in range(N_TOKENS - 1):
        model.step()
    return first - start, (time.perf_counter() - first) / (N_TOKENS - 1)


def compare(
    before: T5Generator, after: T5Generator, rounds: int, n_rows: int
) -> dict[str, Ratio]:
    """Return, for each figure, after / before; a round is one pair, A B B A."""
    found: dict[str, tuple[list[float], list[float]]] = {
        "first token": ([], []),
        "each token": ([], []),
    }
    for _ in range(rounds):
        a, b, b_again, a_again = (
            stream(model, n_rows) for model in (before, after, after, before)
        )
        for i, (ours, theirs) in enumerate(found.values()):
            ours.append(b[i] + b_again[i])
            theirs.append(a[i] + a_again[i])
    return {name: ratio_of(*pair) for name, pair in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", type=Path)
    parser.add_argument("--after", type=Path, default=weights_dir(REPLY_MODEL))
    parser.add_argument("--rounds", type=int, default=30)
    args = parser.parse_args()
    torch.set_num_threads(1)
    before, after = load(args.before), load(args.after)
    compare(before, after, 2, max(ROWS))  # warm
    print("| rows | figure | after / before, 95 % interval |")
    print("| ---: | --- | --- |")
    for n_rows in ROWS:
        for name, ratio in compare(before, after, args.rounds, n_rows).items():
            print(f"| {n_rows} | {name} | {ratio} |")


if __name__ == "__main__":
    main()
