"""`make bench-gpu`: our slots beside transformers' `generate`, on one CUDA device.

Both write N_TOKENS greedy tokens for the same prompts with the shipped reply model, at 1,
16, 64 and 256 rows, in turns; each figure is the median of ROUNDS. Without a device it
says so and measures nothing.
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import TYPE_CHECKING, Any

import torch

from inference.loading import load_reply_model
from inference.registry import REPLY_MODEL, weights_dir
from inference.slots import T5Slots

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = (1, 16, 64, 256)
N_TOKENS = 24
N_SOURCE = 32
ROUNDS = 15
NO_DEVICE = "No CUDA device is at hand: nothing was measured."


def main() -> int:
    if not torch.cuda.is_available():
        print(NO_DEVICE, file=sys.stderr)
        return 1
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}")
    print("| type | rows | who | first token ms | step ms | messages/s |")
    print("| --- | --- | --- | --- | --- | --- |")
    for dtype in (torch.float32, torch.bfloat16):
        model = load_reply_model(weights_dir(REPLY_MODEL), "cuda").model.to(dtype)
        for n_rows in ROWS:
            for who, timed in measured(model, n_rows).items():
                print(
                    f"| {str(dtype)[6:]} | {n_rows} | {who} | {line(n_rows, timed)} |"
                )
    return 0


def line(n_rows: int, timed: list[tuple[float, float]]) -> str:
    """Return the medians of (first token, whole) in seconds as the table's cells."""
    first_s = statistics.median(first for first, _ in timed)
    whole_s = statistics.median(whole for _, whole in timed)
    step_s = (whole_s - first_s) / (N_TOKENS - 1)
    return f"{first_s * 1000:.2f} | {step_s * 1000:.3f} | {n_rows / whole_s:.0f}"


def measured(model: Any, n_rows: int) -> dict[str, list[tuple[float, float]]]:
    """Time both in turns, after one round of each that does not count."""
    prompts = [[(i + j) % 200 + 10 for j in range(N_SOURCE)] for i in range(n_rows)]
    contestants: dict[str, Callable[[], tuple[float, float]]] = {
        "slots": lambda: run_slots(model, prompts),
        "generate": lambda: run_generate(model, prompts),
    }
    timed: dict[str, list[tuple[float, float]]] = {who: [] for who in contestants}
    for n_round in range(ROUNDS + 1):
        for who, run in contestants.items():
            result = run()
            if n_round:
                timed[who].append(result)
    return timed


def run_slots(model: Any, prompts: list[list[int]]) -> tuple[float, float]:
    slots = T5Slots(model, len(prompts), N_SOURCE, N_TOKENS + 1)
    torch.cuda.synchronize()
    started_s, first_s = time.perf_counter(), 0.0
    slots.admit(prompts)
    for _ in range(N_TOKENS):
        slots.advance(slots.step().argmax(-1).tolist())  # waits for the device
        first_s = first_s or time.perf_counter() - started_s
    return first_s, time.perf_counter() - started_s


class FirstToken:
    """A streamer for batches: only notes when the first token was there."""

    def __init__(self) -> None:
        self.first_s = 0.0
        self._n_puts = 0

    def put(self, value: torch.Tensor) -> None:
        self._n_puts += 1  # the first put is the decoder's start token
        if self._n_puts == 2:
            self.first_s = time.perf_counter()

    def end(self) -> None:
        pass


@torch.inference_mode()
def run_generate(model: Any, prompts: list[list[int]]) -> tuple[float, float]:
    ids = torch.tensor(prompts, device="cuda")
    streamer = FirstToken()
    torch.cuda.synchronize()
    started_s = time.perf_counter()
    model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=N_TOKENS,
        min_new_tokens=N_TOKENS,
        do_sample=False,
        streamer=streamer,
    )
    torch.cuda.synchronize()
    return streamer.first_s - started_s, time.perf_counter() - started_s


if __name__ == "__main__":
    sys.exit(main())
