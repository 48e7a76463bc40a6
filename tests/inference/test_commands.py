from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from chat.management.commands import ask, engine
from inference.config import EngineConfig
from inference.hosts.places import ALREADY_RUNNING, FileLock, HelperPlaces
from inference.registry import EMOTION_LABELS, NEWS_LABELS
from inference.types import Classified
from tests.fakes import WORDS
from tests.inference.test_models_on_disk import save_classifier


@pytest.fixture
def config(tmp_path, monkeypatch):
    save_classifier(tmp_path / "weights" / "bert")
    made = EngineConfig(
        weights_root=tmp_path / "weights",
        decoder="tests.fakes:scripted_generator",
        device="cpu",
        runtime_dir=tmp_path / "run",
    )
    monkeypatch.setattr(ask, "engine_config", lambda: made)
    monkeypatch.setattr(engine, "engine_config", lambda: made)
    return made


def test_ask_shows_six_bars_and_the_reply(config, capsys):
    call_command("ask", "i am so sad")
    out = capsys.readouterr().out
    assert "BERT" in out
    assert [line.split()[0] for line in out.splitlines() if "%" in line] == list(
        EMOTION_LABELS
    )
    assert out.count("←") == 1
    assert out.rstrip().endswith(" ".join(WORDS))


def test_ask_names_what_there_is_when_asked_for_what_there_is_not(config):
    with pytest.raises(
        CommandError, match=r"no classifier 'electra'.*trained are: bert"
    ):
        call_command("ask", "hi", classifier=["bert", "electra"])


def test_ask_says_so_when_nothing_is_trained(config, tmp_path):
    (tmp_path / "weights" / "bert" / "manifest.json").unlink()
    with pytest.raises(CommandError, match="No classifier is trained"):
        call_command("ask", "hi")


def test_ask_reads_for_another_task_and_answers_nothing(config, capsys):
    with pytest.raises(CommandError, match="No classifier of the task news"):
        call_command("ask", "two goals", task="news")
    save_classifier(config.weights_root / "bert-news", NEWS_LABELS)
    call_command("ask", "two goals", task="news")
    out = capsys.readouterr().out
    assert "BERT (news)" in out
    assert [line.split()[0] for line in out.splitlines() if "%" in line] == list(
        NEWS_LABELS
    )
    assert not any(word in out for word in WORDS)
    with pytest.raises(CommandError, match=r"no classifier 'bert'.*are: bert-news"):
        call_command("ask", "two goals", task="news", classifier=["bert"])


@pytest.mark.parametrize("text", ["", "  \n"])
def test_ask_wants_a_text(config, text):
    with pytest.raises(CommandError, match="empty"):
        call_command("ask", text)


def test_a_classifier_named_twice_is_asked_once():
    assert ask.chosen_classifiers(["b", "a", "b"], ("a", "b")) == ("b", "a")
    assert ask.chosen_classifiers(None, ("a", "b")) == ("a",)


def test_bars_are_as_long_as_the_scores():
    event = Classified("a", "joy", {"joy": 1.0, "fear": 0.0}, "v", 1)
    joy, fear = ask.bars(event).splitlines()
    assert joy.count("█") == ask.BAR_WIDTH
    assert joy.endswith("100.0% ←")
    assert fear.count("█") == 0


def test_a_second_engine_says_that_one_is_running(config):
    places = HelperPlaces(config)
    places.make()
    lock = FileLock(places.helper_lock)
    assert lock.try_acquire()
    with pytest.raises(CommandError, match="already running"):
        call_command("engine")
    lock.release()


def test_engine_shows_where_it_listens_and_what_it_loads(config, monkeypatch, capsys):
    def serve(given, on_progress):
        assert given == config
        on_progress("ready")
        return 0

    monkeypatch.setattr(engine, "serve", serve)
    call_command("engine")
    assert (
        capsys.readouterr().out == f"engine at {HelperPlaces(config).socket}\nready\n"
    )


@pytest.mark.parametrize("code", [1, ALREADY_RUNNING])
def test_engine_fails_aloud(config, monkeypatch, code):
    monkeypatch.setattr(engine, "serve", lambda *args, **options: code)
    with pytest.raises(CommandError):
        call_command("engine")
