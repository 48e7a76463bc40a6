"""What ships as `bert-news`: five topics in our own words, a long text, the paper's test."""

from __future__ import annotations

from pathlib import Path

import pytest

from inference.classifier import TorchClassifier
from inference.loading import load_classifier
from inference.registry import NEWS_LABELS, is_trained, weights_dir
from inference.training.evaluate import evaluate_classifier

pytestmark = pytest.mark.skipif(not is_trained("bert-news"), reason="not trained yet")
TEST = Path(__file__).resolve().parents[3] / "shared" / "data" / "news" / "test.csv"

# Our own words, in the manner of a report.
ARTICLES = {
    "business": "The bank's quarterly profits fell by a fifth as interest rates rose and"
    " shareholders sold. Its chief executive said the economy and weak export demand were"
    " to blame, and that the takeover of a smaller lender would go on.",
    "entertainment": "The actress won the award for best film at the festival last night."
    " Her album has topped the charts for weeks, and the band announced a tour after the"
    " premiere of the musical.",
    "politics": "The minister told parliament that the government would put its bill to a"
    " vote before the election. The opposition leader called the tax plans of the party a"
    " gamble, and backbench MPs asked for an inquiry.",
    "sport": "The striker scored twice in the second half to win the cup final. The coach"
    " praised his captain, who came back from injury, and the champions play Wales in the"
    " next round of the tournament.",
    "tech": "The software lets users share files over broadband on their mobile phones."
    " Security experts warn of a virus that spreads by e-mail to computers, and the firm"
    " released a patch for its web browser.",
}


@pytest.fixture(scope="module")
def classifier() -> TorchClassifier:
    return TorchClassifier(load_classifier(weights_dir("bert-news")))


@pytest.mark.parametrize("label", NEWS_LABELS)
def test_it_tells_the_topic_of_a_short_report(
    classifier: TorchClassifier, label: str
) -> None:
    (scores,) = classifier.classify([classifier.encode(ARTICLES[label])])

    assert max(scores, key=lambda one: scores[one]) == label


def test_a_long_article_is_read_to_its_end(classifier: TorchClassifier) -> None:
    """Of a begin about sport and a longer rest about politics the rest decides."""
    mixed = " ".join([ARTICLES["sport"], *[ARTICLES["politics"]] * 12])
    tokens = classifier.encode(mixed)
    first, *_ = parts = classifier.windows(tokens)
    (whole,), (begin,) = (
        classifier.classify([tokens]),
        classifier.classify([first[:55]]),
    )

    assert len(parts) > 3
    assert max(begin, key=lambda one: begin[one]) == "sport"
    assert max(whole, key=lambda one: whole[one]) == "politics"


def test_it_computes_what_kerashub_does() -> None:
    config = load_classifier(weights_dir("bert-news")).model.config

    assert (config.model_type, config.hidden_act) == ("bert", "gelu_pytorch_tanh")


@pytest.mark.slow
def test_it_is_right_on_the_papers_articles() -> None:
    if not TEST.is_file():
        pytest.skip("the articles are not here: they are no part of the repository")
    figures = evaluate_classifier(weights_dir("bert-news"), TEST)

    assert figures["accuracy"] >= 0.97
