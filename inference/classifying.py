"""The classifier lane: texts in batches to their classifiers, scores back as events."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from inference.errors import ModelUnavailable
from inference.failures import failed
from inference.types import Classified

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from inference.backends import Classifier
    from inference.scheduler import Entry
    from inference.types import Event

logger = logging.getLogger(__name__)


class Classifying:
    """Runs the classifiers of an engine; `clock` says how long a request took."""

    def __init__(
        self, classifiers: Mapping[str, Classifier], clock: Callable[[], float]
    ) -> None:
        self._classifiers = classifiers
        self._clock = clock

    def need(self, name: str) -> Classifier:
        """Return a classifier, or raise ModelUnavailable."""
        if name not in self._classifiers:
            raise ModelUnavailable(f"The classifier {name} is not loaded.")
        return self._classifiers[name]

    def versions(self) -> dict[str, str]:
        return {name: model.version for name, model in self._classifiers.items()}

    def run(self, batch: Sequence[Entry]) -> list[Event]:
        """Classify a batch of one classifier; where it fails, all of the batch do."""
        name = batch[0].classifier or ""
        classifier = self.need(name)
        try:
            all_scores = classifier.classify([entry.tokens for entry in batch])
        except Exception:
            logger.exception("classifier %s failed on a batch of %d", name, len(batch))
            broken = ModelUnavailable(f"The classifier {name} failed.")
            return [failed(entry.id, broken) for entry in batch]
        return [
            self._classified(entry, scores, classifier.version)
            for entry, scores in zip(batch, all_scores, strict=True)
        ]

    def _classified(
        self, entry: Entry, scores: dict[str, float], version: str
    ) -> Event:
        label = max(scores, key=scores.__getitem__)
        took_ms = round((self._clock() - entry.submitted_s) * 1000)
        return Classified(entry.id, label, scores, version, took_ms)
