"""What transformers itself says, and how far from it a contender's answers are.

    python -m benchmarks.oracle PLAIN_FOLDER ANSWERS OUT

ANSWERS is JSON: `n`, `seed`, and by contender the texts and scores it gave to those
messages. Replies are compared text by text. Where one differs, the oracle is taken to the
point where they part (teacher-forced): the log-probability that the other token lacks
there against the likeliest one says whether that was a near tie or an error. Imports torch.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from benchmarks.messages import messages
from benchmarks.peers.gang import TorchGang
from benchmarks.peers.naive import ReplyModel
from benchmarks.peers.prompts import pad, prompt_of
from inference.detokenizer import Detokenizer
from inference.types import ClassifyRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.messages import Message

N_CANDIDATES = 50


class ReplyOracle:
    """Greedy replies of transformers' T5, one by one, in float32."""

    def __init__(self, folder: Path) -> None:
        self._reply = ReplyModel(folder)
        self._tokenizer = self._reply.tokenizer.backend_tokenizer
        self._known: dict[Message, list[int]] = {}

    def tokens_of(self, message: Message) -> list[int]:
        """Return the likeliest tokens; computed once, compared with every contender's."""
        if message not in self._known:
            self._known[message] = self._write(message)
        return self._known[message]

    @torch.inference_mode()
    def _write(self, message: Message) -> list[int]:
        batch = pad([self._prompt(message)])
        length = message.n_tokens
        output = self._reply.model.generate(
            **batch, do_sample=False, min_new_tokens=length, max_new_tokens=length
        )
        tokens: list[int] = output[0, 1:].tolist()
        return tokens

    def text_of(self, tokens: Sequence[int]) -> str:
        """Return the text as it is streamed: half a character is held back."""
        shown = Detokenizer(self._tokenizer)
        for token in tokens:
            shown.push(token)
        return shown.text

    def log_probability_off(self, message: Message, text: str) -> float:
        """Return by how much the text's first other token was less likely; 0 for none.

        Infinity where none of the likeliest tokens leads to this text.
        """
        tokens = self.tokens_of(message)
        if _same(self.text_of(tokens), text):
            return 0.0
        n_shared = self._n_shared(tokens, text)
        log_probs = self._log_probs(message, tokens[:n_shared])
        shared = self.text_of(tokens[:n_shared])
        for value, token in zip(*log_probs.topk(N_CANDIDATES), strict=True):
            said = self.text_of([*tokens[:n_shared], int(token)])
            is_shown = len(said) > len(shared)  # half a character shows nothing
            is_other = int(token) != tokens[n_shared]
            if is_shown and is_other and text.lstrip().startswith(said):
                return float(log_probs[tokens[n_shared]] - value)
        return math.inf

    def _n_shared(self, tokens: Sequence[int], text: str) -> int:
        """Return after how many tokens the two part."""
        for n in range(1, len(tokens) + 1):
            if not text.lstrip().startswith(self.text_of(tokens[:n])):
                return n - 1
        return len(tokens) - 1

    @torch.inference_mode()
    def _log_probs(self, message: Message, tokens: Sequence[int]) -> torch.Tensor:
        config = self._reply.model.config
        start = torch.tensor([[config.decoder_start_token_id, *tokens]])
        batch = pad([self._prompt(message)])
        logits = self._reply.model(**batch, decoder_input_ids=start).logits[0, -1]
        logits[config.eos_token_id] = -math.inf  # nobody may end before the length
        found: torch.Tensor = logits.log_softmax(-1)
        return found

    def _prompt(self, message: Message) -> list[int]:
        return prompt_of(self._tokenizer, message.to_generate(""))


def _same(one: str, other: str) -> bool:
    """Compare but for outer spaces: some streamers hold back the last one."""
    return one.strip() == other.strip()


def judge_replies(
    oracle: ReplyOracle, asked: Sequence[Message], texts: Sequence[str]
) -> dict[str, Any]:
    off = [
        oracle.log_probability_off(message, text)
        for message, text in zip(asked, texts, strict=True)
    ]
    return {"n": len(off), "n_same": off.count(0.0), "worst": max(off)}


def judge_scores(
    gang: TorchGang, asked: Sequence[Message], given: Sequence[dict[str, float]]
) -> dict[str, Any]:
    """Return the greatest difference of any probability, and how many labels agree."""
    off, n_same = [0.0], 0
    for message, scores in zip(asked, given, strict=True):
        right: list[dict[str, float]] = []
        request = ClassifyRequest("", "", message.text)
        gang.read([request], lambda rows, to=right: to.extend(s for _, s in rows))
        off += [abs(right[0][label] - scores[label]) for label in right[0]]
        n_same += max(right[0], key=right[0].get) == max(scores, key=scores.get)  # type: ignore[arg-type]
    return {"n": len(asked), "n_same": n_same, "worst": max(off)}


def main(folder: Path, answers: Path, out: Path) -> None:
    given = json.loads(answers.read_text())
    asked = messages(given["n"], given["seed"])
    oracle, gang = ReplyOracle(folder), TorchGang(folder)
    found: dict[str, Any] = {}
    for name, texts in given["reply"].items():
        found.setdefault(name, {})["reply"] = judge_replies(oracle, asked, texts)
    for name, scores in given["classify"].items():
        found.setdefault(name, {})["classify"] = judge_scores(gang, asked, scores)
    out.write_text(json.dumps(found))


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:4]))
