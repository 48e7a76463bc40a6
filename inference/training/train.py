"""The way in for `manage.py train`: whatever the model, one function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from transformers.utils import logging

from inference.registry import REPLY_MODEL
from inference.training.classifiers import train_classifier
from inference.training.data import DataError
from inference.training.replies import train_reply
from inference.training.twin import TWINS, train_twin

if TYPE_CHECKING:
    from collections.abc import Callable

    from inference.training.order import Order


def train(order: Order, on_epoch: Callable[[dict[str, float]], None]) -> str:
    """Train what is ordered and return its version; raises DataError, Interrupted."""
    # A fresh head is no news here.
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    if order.name in TWINS:
        return train_twin(order, on_epoch)
    if order.name != REPLY_MODEL:
        return train_classifier(order, on_epoch)
    if order.base or order.paper or order.extra or order.reviews:
        raise DataError(
            "reply: --base, --paper, --extra and --reviews are for classifiers."
        )
    return train_reply(order, on_epoch)
