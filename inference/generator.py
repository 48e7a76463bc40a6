"""Write replies with a T5: prompt, slots, choice of tokens, text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.backends import Admission, Step
from inference.decoding import Heard, choose_tokens, heard_ngrams
from inference.detokenizer import Detokenizer
from inference.slots import T5Slots

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inference.loading import LoadedReplyModel
    from inference.types import GenerateRequest


class _Row:
    """One reply being written."""

    def __init__(self, request: GenerateRequest, model: LoadedReplyModel) -> None:
        self.id = request.id
        self.seed = request.seed
        self.text = Detokenizer(model.tokenizer)
        self.heard = _heard(request, model)
        self.n_left = max(1, min(request.max_new_tokens, model.decoding.max_new_tokens))

    def push(self, token: int, end_token: int) -> Step:
        """Take the token chosen for this row."""
        if token == end_token:
            return Step(self.id, "", "stop")
        self.n_left -= 1
        text = self.text.push(token)
        return Step(self.id, text) if self.n_left else Step(self.id, text, "length")


class T5Generator:
    """A `backends.Generator`: the rows here stand in the order of the slots' rows."""

    def __init__(self, model: LoadedReplyModel, n_slots: int) -> None:
        self._model = model
        self._end_token: int = model.model.config.eos_token_id
        max_target = model.decoding.max_new_tokens
        self._slots = T5Slots(model.model, n_slots, model.max_tokens, max_target)
        self._rows: list[_Row] = []

    @property
    def version(self) -> str:
        return self._model.version

    def encode(self, request: GenerateRequest) -> list[int]:
        tokenizer, max_tokens = self._model.tokenizer, self._model.max_tokens
        return self._model.prompt.encode(
            tokenizer, request.label, request.history, request.text, max_tokens
        )

    def admit(self, batch: Sequence[Admission]) -> None:
        self._slots.admit([admission.tokens for admission in batch])
        self._rows += [_Row(admission.request, self._model) for admission in batch]

    def step(self) -> list[Step]:
        tokens = self._choose()
        self._slots.advance(tokens)
        rows = list(self._rows)
        steps = [
            row.push(token, self._end_token)
            for row, token in zip(rows, tokens, strict=True)
        ]
        for step in steps:
            if step.finish:
                self.release(step.id)
        return steps

    def release(self, request_id: str) -> None:
        for place, row in enumerate(self._rows):
            if row.id == request_id:
                self._slots.remove(place)
                self._rows[place] = self._rows[-1]
                self._rows.pop()
                return

    def reset(self) -> None:
        self._rows.clear()
        self._slots.clear()

    def _choose(self) -> list[int]:
        written = [row.text.tokens for row in self._rows]
        seeds = [row.seed for row in self._rows]
        logits = self._slots.step()
        heard = [row.heard for row in self._rows]
        return choose_tokens(logits, written, seeds, self._model.decoding, heard)


def _heard(request: GenerateRequest, model: LoadedReplyModel) -> Heard:
    """Return the n-grams of what the conversation has heard, made once a reply."""
    replies = (
        model.tokenizer.encode(reply, add_special_tokens=False).ids
        for reply in request.heard
    )
    return heard_ngrams(replies, model.decoding.no_repeat_heard)
