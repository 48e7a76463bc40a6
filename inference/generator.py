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

NO_COLUMN = -1


class _Vocabulary:
    """The tokens that a reply may have, and the column of the logits that each one has."""

    def __init__(self, model: LoadedReplyModel) -> None:
        banned = set(model.decoding.banned_tokens)
        size: int = model.model.config.vocab_size
        self.tokens = [token for token in range(size) if token not in banned]
        self._columns = {token: column for column, token in enumerate(self.tokens)}

    def columns(self, tokens: Sequence[int]) -> list[int]:
        """Return each token's column; NO_COLUMN where a reply may not have it."""
        return [self._columns.get(token, NO_COLUMN) for token in tokens]


class _Row:
    """One reply being written; `written` are its tokens' columns."""

    def __init__(
        self, request: GenerateRequest, model: LoadedReplyModel, heard: Heard
    ) -> None:
        self.id = request.id
        self.seed = request.seed
        self.text = Detokenizer(model.tokenizer)
        self.heard = heard
        self.written: list[int] = []
        self.n_left = max(1, min(request.max_new_tokens, model.decoding.max_new_tokens))

    def push(self, token: int, column: int, end_token: int) -> Step:
        """Take the token chosen for this row."""
        if token == end_token:
            return Step(self.id, "", "stop")
        self.n_left -= 1
        self.written.append(column)
        text = self.text.push(token)
        return Step(self.id, text) if self.n_left else Step(self.id, text, "length")


class T5Generator:
    """A `backends.Generator`: the rows here stand in the order of the slots' rows."""

    def __init__(self, model: LoadedReplyModel, n_slots: int) -> None:
        self._model = model
        self._vocabulary = _Vocabulary(model)
        self._end_token: int = model.model.config.eos_token_id
        self._slots = T5Slots(
            model.model,
            n_slots,
            max_source=model.max_tokens,
            max_target=model.decoding.max_new_tokens,
            tokens=self._vocabulary.tokens,
        )
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
        requests = [admission.request for admission in batch]
        self._rows += [_Row(r, self._model, self._heard(r)) for r in requests]

    def step(self) -> list[Step]:
        columns = self._choose()
        tokens = [self._vocabulary.tokens[column] for column in columns]
        self._slots.advance(tokens)
        steps = [
            row.push(token, column, self._end_token)
            for row, token, column in zip(self._rows, tokens, columns, strict=True)
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
        written = [row.written for row in self._rows]
        seeds = [row.seed for row in self._rows]
        logits = self._slots.step()
        heard = [row.heard for row in self._rows]
        return choose_tokens(logits, written, seeds, self._model.decoding, heard)

    def _heard(self, request: GenerateRequest) -> Heard:
        """Return the n-grams of what the conversation has heard, made once a reply."""
        tokenizer, size = self._model.tokenizer, self._model.decoding.no_repeat_heard
        replies = (
            self._vocabulary.columns(
                tokenizer.encode(text, add_special_tokens=False).ids
            )
            for text in request.heard
        )
        found = heard_ngrams(replies, size)
        return {n: [e for e in ends if e != NO_COLUMN] for n, ends in found.items()}
