from __future__ import annotations

import pytest

from inference.core import EngineCore
from inference.errors import EngineBusy, InferenceError, ModelUnavailable
from inference.scheduler import Limits
from inference.types import (
    Classified,
    ClassifyRequest,
    Delta,
    Failed,
    Finished,
    GenerateRequest,
)
from tests.fakes import WORDS, ScriptedGenerator


class FakeClassifier:
    version = "fake"

    def __init__(self, error=None):
        self.error, self.batches = error, []

    def encode(self, text):
        if "unreadable" in text:
            raise ValueError("no")
        return text.split()

    def classify(self, batch):
        self.batches.append(len(batch))
        if self.error:
            raise self.error
        return [{"joy": 0.25, "sadness": 0.75} for _ in batch]


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class Bench:
    """A core on scripted models and a clock that stands still until told."""

    def __init__(self, generator=None, classifiers=None, **limits):
        self.clock = Clock()
        self.generator = generator or ScriptedGenerator()
        self.classifier = FakeClassifier()
        models = {"bert": self.classifier} if classifiers is None else classifiers
        self.core = EngineCore(models, self.generator, Limits(**limits), self.clock)
        self.events = []

    def ask(self, request_id="a", **options):
        self.core.submit(
            GenerateRequest(request_id, "hi there", "joy", **options), self.clock.now
        )

    def classify(self, request_id="c", classifier="bert", text="so sad", **options):
        self.core.submit(
            ClassifyRequest(request_id, classifier, text, **options), self.clock.now
        )

    def tick(self, n=1, step_s=0.0):
        new = []
        for _ in range(n):
            self.clock.now += step_s
            new += self.core.tick(self.clock.now)
        self.events += new
        return new

    def run(self, max_ticks=200):
        for _ in range(max_ticks):
            if not self.core.has_work:
                return self.events
            self.tick()
        raise AssertionError("the engine never comes to rest")

    def text(self, request_id="a"):
        return "".join(
            e.text for e in self.events if isinstance(e, Delta) and e.id == request_id
        )

    def ends(self, request_id="a"):
        return [
            e for e in self.events if e.id == request_id and not isinstance(e, Delta)
        ]


def test_a_reply_comes_token_by_token_and_ends_once():
    bench = Bench()
    bench.ask()
    bench.run()
    assert bench.text() == " ".join(WORDS)
    assert bench.ends() == [Finished("a", "stop", 8, "scripted", 0)]


def test_the_first_token_leaves_before_the_second_is_computed():
    bench = Bench()
    bench.ask()
    assert bench.tick() == [Delta("a", "one")]
    assert bench.generator.rows == {"a": 1}


def test_it_ends_at_the_token_limit():
    bench = Bench()
    bench.ask(max_new_tokens=3)
    bench.run()
    assert bench.text() == "one two three"
    assert bench.ends() == [Finished("a", "length", 3, "scripted", 0)]


def test_a_classification_says_label_scores_and_version():
    bench = Bench()
    bench.classify()
    scores = {"joy": 0.25, "sadness": 0.75}
    assert bench.run() == [Classified("c", "sadness", scores, "fake", 0)]


def test_the_emotion_comes_before_the_first_word():
    bench = Bench()
    bench.ask()
    bench.classify()
    assert [type(event) for event in bench.tick()] == [Classified, Delta]


def test_waiting_classifications_share_a_batch():
    bench = Bench()
    for i in range(5):
        bench.classify(str(i))
    bench.tick()
    assert bench.classifier.batches == [5]


@pytest.mark.parametrize("n_ticks", [0, 1, 2, 7, 8, 9])
def test_cancel_ends_a_reply_once_at_any_step(n_ticks):
    bench = Bench()
    bench.ask()
    bench.tick(n_ticks)
    bench.core.cancel("a")
    bench.run()
    reason = "stop" if n_ticks == 9 else "stopped"
    assert [end.reason for end in bench.ends()] == [reason]
    assert [end.n_tokens for end in bench.ends()] == [min(8, n_ticks)]
    assert bench.text() == " ".join(WORDS[:n_ticks])


def test_cancel_frees_the_slot_within_one_step():
    bench = Bench(n_slots=1)
    bench.ask("a")
    bench.ask("b")
    bench.tick(2)
    bench.core.cancel("a")
    assert bench.tick() == [
        Finished("a", "stopped", 2, "scripted", 0),
        Delta("b", "one"),
    ]


def test_a_cancelled_classification_ends_once():
    bench = Bench()
    bench.classify()
    bench.core.cancel("c")
    bench.core.cancel("c")
    bench.run()
    assert [type(end) for end in bench.ends("c")] == [Failed]
    assert bench.classifier.batches == []


def test_cancelling_what_nobody_knows_is_no_error():
    bench = Bench()
    bench.core.cancel("nobody")
    assert bench.tick() == []


def test_a_full_queue_refuses_at_once():
    bench = Bench(n_slots=1, max_queued=2)
    bench.ask("a")
    bench.tick()
    bench.ask("b")
    bench.ask("c")
    with pytest.raises(EngineBusy):
        bench.ask("d")
    bench.run()
    assert [len(bench.ends(name)) for name in "abcd"] == [1, 1, 1, 0]


def test_waiting_too_long_fails_with_deadline():
    bench = Bench(n_slots=1)
    bench.ask("a")
    bench.tick()
    bench.ask("b", queue_timeout_s=2.0)
    bench.tick(step_s=2.0)
    assert [(end.code, end.retry_after_s) for end in bench.ends("b")] == [
        ("deadline", None)
    ]


def test_the_total_deadline_ends_a_running_reply_and_keeps_its_text():
    bench = Bench()
    bench.ask(total_timeout_s=3.0)
    bench.tick(4, step_s=1.0)
    assert bench.ends() == [Finished("a", "deadline", 2, "scripted", 3000)]
    assert bench.text() == "one two"
    assert bench.generator.rows == {}


def test_durations_are_measured_from_submit():
    bench = Bench()
    bench.classify()
    bench.clock.now += 0.25
    assert bench.tick()[0].duration_ms == 250


def test_a_failing_classifier_fails_only_its_own_batch():
    good, bad = FakeClassifier(), FakeClassifier(RuntimeError("boom"))
    bench = Bench(classifiers={"bert": good, "roberta": bad})
    bench.classify("g", "bert")
    bench.classify("b", "roberta")
    bench.ask()
    bench.run()
    assert [end.code for end in bench.ends("b")] == ["model_unavailable"]
    assert [end.label for end in bench.ends("g")] == ["sadness"]
    assert bench.ends()[0].reason == "stop"


class Faulty(ScriptedGenerator):
    """Fails in `admit` or `step` for as long as told."""

    def __init__(self, admit=False, step=False):
        super().__init__()
        self.fails_to_admit, self.fails_to_step = admit, step

    def admit(self, batch):
        super().admit(batch[:1])
        if self.fails_to_admit:
            raise RuntimeError("boom")
        super().admit(batch[1:])

    def step(self):
        if self.fails_to_step:
            raise RuntimeError("boom")
        return super().step()


def test_a_failing_step_fails_its_rows_and_the_engine_goes_on():
    bench = Bench(Faulty())
    bench.ask("a")
    bench.ask("b")
    bench.tick(2)
    bench.generator.fails_to_step = True
    bench.tick()
    assert [bench.ends(name)[0].code for name in "ab"] == ["model_unavailable"] * 2
    bench.generator.fails_to_step = False
    bench.ask("c")
    bench.run()
    assert bench.text("c") == " ".join(WORDS)


def test_a_failing_admission_fails_its_batch_and_spares_running_rows():
    bench = Bench(Faulty())
    bench.ask("a")
    bench.tick()
    bench.generator.fails_to_admit = True
    bench.ask("b")
    bench.ask("c")
    bench.run()
    assert [bench.ends(name)[0].code for name in "bc"] == ["model_unavailable"] * 2
    assert bench.text() == " ".join(WORDS)


def test_a_model_that_is_not_loaded_is_refused():
    bench = Bench()
    with pytest.raises(ModelUnavailable, match="electra"):
        bench.classify(classifier="electra")
    core = EngineCore({}, None)
    with pytest.raises(ModelUnavailable):
        core.submit(GenerateRequest("a", "hi", None), 0.0)


def test_a_text_that_cannot_be_encoded_fails_alone():
    bench = Bench()
    with pytest.raises(InferenceError):
        bench.classify(text="unreadable")
    assert not bench.core.has_work


def test_an_id_already_in_the_engine_is_refused():
    bench = Bench()
    bench.ask()
    with pytest.raises(InferenceError, match="already"):
        bench.ask()


def test_a_stalled_row_does_not_stop_the_others():
    stalled = []
    generator = ScriptedGenerator(may_go_on=lambda n: n != 4 or not stalled)
    bench = Bench(generator)
    bench.ask("a")
    bench.tick(4)
    stalled.append(True)
    bench.classify()
    bench.tick(3)
    assert bench.text() == "one two three four"
    assert len(bench.ends("c")) == 1
    stalled.clear()
    bench.run()
    assert bench.text() == " ".join(WORDS)


def test_figures_name_the_models():
    bench = Bench()
    bench.ask()
    bench.tick()
    stats = bench.core.stats(bench.clock.now)
    assert stats.models == {"bert": "fake", "reply": "scripted"}
    assert stats.n_running == 1
