"""What tests of explanations share: classifiers that count, and an engine that explains."""

from __future__ import annotations

from inference.backends import Encoding
from inference.core import EngineCore
from inference.explain.words import WORD
from inference.scheduler import Limits
from inference.types import ClassifyRequest, ExplainRequest, GenerateRequest
from tests.fakes import ScriptedGenerator

WEIGHTS = {"glad": 0.4, "sad": -0.3, "fine": 0.1}
START, END = "<", ">"


class BlackBox:
    """Gives joy by the words of WEIGHTS; its tokens are the text's words and the rest."""

    version = "toy-1"

    def __init__(self, error=None):
        self.batches, self.error = [], error

    def encode(self, text):
        return [START, *WORD.findall(text), END]

    def classify(self, batch):
        if self.error and self.batches:
            raise self.error
        self.batches.append([list(tokens) for tokens in batch])
        joys = [
            0.5 + sum(WEIGHTS.get(t.lower(), 0.0) for t in set(row)) for row in batch
        ]
        return [{"joy": joy, "sadness": 1 - joy} for joy in joys]

    @property
    def rows(self):
        return [tuple(row) for batch in self.batches for row in batch]


class Traced(BlackBox):
    """The same, and tells where its tokens are in the text; reads `max_tokens` of it."""

    def __init__(self, error=None, max_tokens=1000):
        super().__init__(error)
        self.max_tokens, self.n_encoded = max_tokens, 0

    def encode(self, text):
        self.n_encoded += 1
        return self.trace(text).tokens

    def trace(self, text):
        found = list(WORD.finditer(text))[: self.max_tokens - 2]
        tokens = [START, *(m.group() for m in found), END]
        return Encoding(tokens, [(0, 0), *(m.span() for m in found), (0, 0)])


class Clock:
    """Stands still until it is set."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class Desk:
    """An engine with a toy classifier, on a clock that a test moves."""

    def __init__(self, classifier=None, token_s=0.0, **limits):
        self.clock, self.generator = Clock(), ScriptedGenerator()
        self.classifier = classifier or Traced()
        run = self.classifier.classify

        def timed(batch):
            self.clock.now += token_s * len(batch) * max(map(len, batch))
            return run(batch)

        self.classifier.classify = timed
        models = {"toy": self.classifier}
        self.core = EngineCore(models, self.generator, Limits(**limits), self.clock)
        self.events = []

    def explain(self, text="I am glad and sad", request_id="x", **options):
        request = ExplainRequest(request_id, "toy", text, **options)
        self.core.submit(request, self.clock.now)

    def classify(self, request_id="c", text="so sad", **options):
        request = ClassifyRequest(request_id, "toy", text, **options)
        self.core.submit(request, self.clock.now)

    def reply(self, request_id="r", **options):
        request = GenerateRequest(request_id, "hi there", "joy", **options)
        self.core.submit(request, self.clock.now)

    def tick(self, wait_s=0.0):
        self.clock.now += wait_s
        new = self.core.tick(self.clock.now)
        self.events += new
        return new

    def run(self, max_ticks=5000):
        for _ in range(max_ticks):
            if not self.core.has_work:
                return self.events
            self.tick(self.core.pause_s(self.clock.now))
        raise AssertionError("the engine never comes to rest")

    def explained(self, text="I am glad and sad", **options):
        """Return what came of one explanation, which is all that the engine does."""
        self.explain(text, **options)
        self.run()
        return self.events[-1]


def by_word(text, explained):
    """Return the words with their weights, rounded; words of one spelling add up."""
    found = {}
    for word in explained.words:
        name = text[word.start : word.end]
        found[name] = round(found.get(name, 0.0) + word.weight, 6)
    return found
