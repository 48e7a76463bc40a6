"""The classifier lane: texts in batches to their classifiers, scores back as events."""

from __future__ import annotations

import logging
from collections import defaultdict
from typing import TYPE_CHECKING

from inference.backends import windows_of
from inference.errors import ModelUnavailable
from inference.failures import failed
from inference.types import Classified
from inference.windows import pooled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from inference.backends import Classifier
    from inference.scheduler import Entry
    from inference.types import ClassifyRequest, Event

    Scores = dict[str, float]

logger = logging.getLogger(__name__)


class Classifying:
    """Runs the classifiers of an engine; `clock` says how long a request took."""

    def __init__(
        self, classifiers: Mapping[str, Classifier], clock: Callable[[], float]
    ) -> None:
        self._classifiers = classifiers
        self._clock = clock
        self._read: defaultdict[str, list[Scores]] = defaultdict(list)  # of long texts

    def need(self, name: str) -> Classifier:
        """Return a classifier, or raise ModelUnavailable."""
        if name not in self._classifiers:
            raise ModelUnavailable(f"The classifier {name} is not loaded.")
        return self._classifiers[name]

    def versions(self) -> dict[str, str]:
        return {name: model.version for name, model in self._classifiers.items()}

    def parts(self, request: ClassifyRequest) -> Sequence[Sequence[int]]:
        """Return the tokens that are to be classified, a long text's window by window."""
        classifier = self.need(request.classifier)
        return windows_of(classifier, classifier.encode(request.text))

    def forget(self, request_id: str) -> None:
        """Let go of what was found in a text whose other parts will not come."""
        self._read.pop(request_id, None)

    def run(self, batch: Sequence[Entry]) -> list[Event]:
        """Classify a batch of one classifier; where it fails, all of the batch do."""
        name = batch[0].classifier or ""
        classifier = self.need(name)
        try:
            all_scores = classifier.classify([entry.tokens for entry in batch])
        except Exception:
            logger.exception("classifier %s failed on a batch of %d", name, len(batch))
            broken = ModelUnavailable(f"The classifier {name} failed.")
            return [failed(one, broken) for one in dict.fromkeys(e.id for e in batch)]
        return [
            self._classified(entry, scores, classifier.version)
            for entry, part in zip(batch, all_scores, strict=True)
            if (scores := self._whole(entry, part))
        ]

    def _whole(self, entry: Entry, scores: Scores) -> Scores | None:
        """Return the text's scores, or None while some of its parts are still to come."""
        if entry.n_parts == 1:
            return scores
        self._read[entry.id].append(scores)
        if len(self._read[entry.id]) < entry.n_parts:
            return None
        return pooled(self._read.pop(entry.id))

    def _classified(self, entry: Entry, scores: Scores, version: str) -> Event:
        label = max(scores, key=scores.__getitem__)
        took_ms = round((self._clock() - entry.submitted_s) * 1000)
        return Classified(entry.id, label, scores, version, took_ms)
