"""The slots on a CUDA device say what transformers says there, whoever joins and leaves."""

from __future__ import annotations

import pytest
import torch

from inference.loading import load_reply_model
from inference.registry import REPLY_MODEL, weights_dir
from inference.slots import T5Slots

pytestmark = pytest.mark.gpu
N_STEPS = 24
TOLERANCE = {torch.float32: 1e-3, torch.bfloat16: 0.25}  # of a log-probability


def shipped(dtype):
    model = load_reply_model(weights_dir(REPLY_MODEL), "cuda").model
    return model.to(dtype)


def prompts(n_prompts):
    return [
        [(7 * i + 3 * j) % 200 + 10 for j in range(5 + i)] for i in range(n_prompts)
    ]


@torch.inference_mode()
def expected(model, prompt, written):
    """Log-probabilities (T, V) of transformers, teacher-forced."""
    start = model.config.decoder_start_token_id
    logits = model(
        torch.tensor([prompt], device="cuda"),
        decoder_input_ids=torch.tensor([[start, *written[:-1]]], device="cuda"),
    ).logits[0]
    return logits.float().log_softmax(-1)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_rows_that_join_late_see_what_transformers_says(dtype):
    model = shipped(dtype)
    slots = T5Slots(model, n_slots=8, max_source=64, max_target=N_STEPS + 1)
    asked, rows = prompts(6), []
    for turn in range(N_STEPS):
        if turn in (0, 3, 7):
            new = [asked.pop(), asked.pop()]
            slots.admit(new)
            rows += [(prompt, [], []) for prompt in new]
        logits = slots.step()
        tokens = logits.argmax(-1).tolist()
        for (_, written, seen), token, line in zip(rows, tokens, logits, strict=True):
            written.append(token)
            seen.append(line.float().log_softmax(-1))
        slots.advance(tokens)
    for prompt, written, seen in rows:
        chosen = torch.tensor(written, device="cuda")[:, None]
        ours = torch.stack(seen).gather(1, chosen)
        theirs = expected(model, prompt, written).gather(1, chosen)
        assert (ours - theirs).abs().max().item() < TOLERANCE[dtype]


def test_a_reply_is_the_same_alone_and_among_others():
    model = shipped(torch.float32)
    texts = []
    for others in (0, 31):
        slots = T5Slots(model, n_slots=32, max_source=64, max_target=N_STEPS + 1)
        slots.admit([[42, 43, 44, 1], *prompts(31)[:others]])
        written = []
        for _ in range(N_STEPS):
            tokens = slots.step().argmax(-1).tolist()
            written.append(tokens[0])
            slots.advance(tokens)
        texts.append(written)
    assert texts[0] == texts[1]
