"""What an engine says of itself: counts in buckets, and several engines added up."""

from __future__ import annotations

import pytest

from inference.errors import EngineBusy
from inference.hosts.wire import FrameReader, Update, pack
from inference.measures import Measures, together
from inference.types import EngineStats
from tests.inference.test_core import Bench


def figures(bench):
    return bench.core.stats(bench.clock.now)


def test_a_value_goes_into_the_bucket_that_ends_with_it():
    measures = Measures()
    for size in (1, 2, 3, 256, 257):
        measures.observe("step_rows", size)
    histogram = measures.histograms()["step_rows"]
    assert histogram.buckets == (1, 1, 1, 0, 0, 0, 0, 0, 1, 1)
    assert histogram.total == 519


def test_an_unknown_name_is_an_error():
    with pytest.raises(KeyError):
        Measures().observe("moods", 1)


def test_words_and_gaps_are_measured_by_the_clock():
    bench = Bench()
    bench.ask()
    bench.tick(8, step_s=0.1)
    bench.run()
    histograms = figures(bench).histograms
    assert sum(histograms["first_token_seconds"].buckets) == 1
    assert histograms["first_token_seconds"].total == pytest.approx(0.1)
    gaps = histograms["token_gap_seconds"]
    assert sum(gaps.buckets) == 8  # the ninth step says only that it was the end
    assert gaps.total == pytest.approx(0.7)


def test_batches_are_measured_by_their_size():
    bench = Bench(max_admit=3)
    for i in range(3):
        bench.ask(str(i))
        bench.classify(f"c{i}")
    bench.run()
    histograms = figures(bench).histograms
    assert histograms["classify_batch_size"].total == 3
    assert histograms["prompt_batch_size"].total == 3
    assert sum(histograms["classify_batch_size"].buckets) == 1
    assert histograms["step_rows"].total == 3 * 9


def test_what_is_refused_and_what_waits_in_vain_is_counted():
    bench = Bench(n_slots=1, max_queued=1)
    bench.ask("a", total_timeout_s=60)
    bench.tick()
    bench.ask("b")
    with pytest.raises(EngineBusy):
        bench.ask("c")
    bench.tick(step_s=5.0)
    bench.run()
    counts = figures(bench).counts
    assert counts == {"refused": 1, "expired": 1, "finished": 1, "failed": 0}


def test_engines_add_up():
    bench = Bench()
    bench.ask()
    bench.run()
    one = figures(bench)
    both = together([one, one])
    assert both.n_slots == 2 * one.n_slots
    assert both.counts["finished"] == 2
    first = both.histograms["first_token_seconds"]
    assert sum(first.buckets) == 2
    assert both.models == one.models


def test_figures_travel():
    bench = Bench()
    bench.ask()
    bench.run()
    frame = Update(stats=figures(bench))
    [arrived] = FrameReader().feed(pack(frame))
    assert arrived == frame
    assert isinstance(arrived.stats, EngineStats)
