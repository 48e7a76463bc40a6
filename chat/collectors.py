"""What is read at the moment of asking: the engine's last heartbeat, the queue of replies."""

from __future__ import annotations

import logging
from itertools import accumulate
from typing import TYPE_CHECKING

from django.db import DatabaseError
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.registry import Collector
from psycopg_pool import PoolTimeout

from chat import runtime
from chat.models import Reply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client import Metric

    from inference.types import EngineStats, Histogram

logger = logging.getLogger(__name__)

GAUGES = (  # field of EngineStats, name, what it says
    ("n_queued", "queue_depth", "Replies that wait for a slot."),
    ("n_running", "replies_running", "Replies being written."),
    ("n_slots", "slots", "Replies that can be written at a time."),
    ("max_queued", "queue_limit", "Replies that may wait."),
    ("n_queued_classify", "classify_queue_depth", "Classifications that wait."),
    ("n_explaining", "explanations", "Explanations that wait or are worked out."),
    ("oldest_wait_s", "oldest_wait_seconds", "How long the oldest request has waited."),
    ("retry_after_s", "retry_after_seconds", "What a refused request would be told."),
)
HISTOGRAMS = {
    "first_token_seconds": "From a request's arrival at the engine to its first token.",
    "token_gap_seconds": "Between two tokens of one reply.",
    "step_rows": "Replies that share a step of the decoder.",
    "prompt_batch_size": "Prompts that are read together.",
    "classify_batch_size": "Texts that are classified together.",
}


class Live(Collector):
    """Reads nothing before it is asked; registering one would ask it otherwise."""

    def describe(self) -> list[Metric]:
        return []


class EngineCollector(Live):
    """Says what the engine said last; all web processes of one engine say the same."""

    def collect(self) -> Iterator[Metric]:
        stats = runtime.engine_stats()
        is_up = stats is not None and stats.n_slots > 0
        yield GaugeMetricFamily(
            "emochat_engine_up", "Whether the engine can be reached.", float(is_up)
        )
        if stats is not None:
            yield from _engine_metrics(stats)


class QueueCollector(Live):
    """Counts the replies in Postgres, which are the queue of all web processes."""

    def collect(self) -> Iterator[Metric]:
        try:
            waiting, running, oldest_s = Reply.objects.queue_figures()
        except (DatabaseError, PoolTimeout) as error:
            logger.warning("no figures of the queue: %s", type(error).__name__)
            return
        depth = GaugeMetricFamily(
            "emochat_replies", "Replies that have not ended.", labels=["state"]
        )
        depth.add_metric(["pending"], waiting)
        depth.add_metric(["running"], running)
        yield depth
        yield GaugeMetricFamily(
            "emochat_replies_oldest_pending_seconds",
            "How long the oldest pending reply has waited.",
            oldest_s,
        )


def _engine_metrics(stats: EngineStats) -> Iterator[Metric]:
    for field, name, text in GAUGES:
        value = float(getattr(stats, field))
        yield GaugeMetricFamily(f"emochat_engine_{name}", text, value)
    yield CounterMetricFamily(
        "emochat_engine_restarts",
        "How often this process saw the engine come back.",
        stats.n_restarts,
    )
    ended = CounterMetricFamily(
        "emochat_engine_requests", "Requests by how they ended.", labels=["end"]
    )
    for end, count in stats.counts.items():
        ended.add_metric([end], count)
    yield ended
    for name, histogram in stats.histograms.items():
        yield _histogram(name, histogram)


def _histogram(name: str, histogram: Histogram) -> HistogramMetricFamily:
    """Turn counts in each bucket into Prometheus's counts up to each bound."""
    bounds = [*(str(bound) for bound in histogram.bounds), "+Inf"]
    buckets = list(zip(bounds, accumulate(histogram.buckets), strict=True))
    return HistogramMetricFamily(
        f"emochat_engine_{name}", HISTOGRAMS[name], buckets, histogram.total
    )
