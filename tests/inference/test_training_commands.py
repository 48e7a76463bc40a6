"""`manage.py train` and `manage.py evaluate`, and the models they made for us."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import torch
from django.core.management import CommandError, call_command
from transformers import PreTrainedTokenizerFast

from inference.classifier import TorchClassifier
from inference.loading import load_classifier, load_reply_model
from inference.registry import EMOTION_LABELS, is_trained, weights_dir
from inference.training import replies, reply_pairs, warm_up, written_pairs
from inference.training.data import DataError
from inference.training.fit import Run
from inference.training.order import Order
from inference.training.own_lines import own_lines
from inference.training.own_pairs import own_pairs
from inference.training.presets import PLAIN_PRESET
from inference.training.start import start_classifier
from inference.training.writer import Writer
from tests.inference.family_parts import few_own_lines
from tests.inference.training_parts import (
    WORDS,
    emotion_folder,
    jsonl,
    tiny_bert,
    wordpiece,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return emotion_folder(tmp_path / "data")


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A local checkpoint, as anybody may have one."""
    folder = tmp_path / "base"
    tiny_bert().save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=wordpiece(), pad_token="[PAD]", unk_token="[UNK]"
    ).save_pretrained(folder)
    return folder


@pytest.fixture
def work(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    few_own_lines(tmp_path / "lines", monkeypatch)
    settings.VAR_DIR = tmp_path / "var"
    return tmp_path / "var" / "training"


def train(name: str, data: Path, output: Path, **options: Any) -> None:
    call_command("train", name, data=data, output=output, device="cpu", **options)


def test_a_classifier_of_ours_is_trained_on(
    data: Path, base: Path, work: Path, tmp_path: Path
) -> None:
    """At a rate of next to nothing it stays what it was: head, tokenizer and all."""
    first, second = tmp_path / "first", tmp_path / "second"
    train("bert", data, first, base=str(base), epochs=2)
    train("bert", data, second, base=str(first), epochs=1, learning_rate=1e-12)
    before, after = (load_classifier(one) for one in (first, second))
    assert after.tokenizer.to_str() == before.tokenizer.to_str()
    told = json.loads((second / "manifest.json").read_text())["training"]
    assert told["base"] == f"bert {before.version}"
    tokens = [TorchClassifier(before).encode("i feel happy")]
    old, new = (TorchClassifier(one).classify(tokens) for one in (before, after))
    assert new[0] == pytest.approx(old[0], abs=0.01)  # kept in bytes
    order = Order("bert", data, second, work, base=str(first))
    with pytest.raises(DataError, match="first: it reads other labels"):
        start_classifier(order, PLAIN_PRESET, [], ("sport", "tech"))
    (first / "config.json").write_text("{}")
    with pytest.raises(CommandError, match="first: "):
        train("bert", data, second, base=str(first), epochs=1)


def test_train_and_evaluate_a_classifier_from_a_local_base(
    data: Path,
    base: Path,
    work: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = tmp_path / "made"
    train("bert", data, output, base=str(base), epochs=2)
    capsys.readouterr()
    file = data / "val.txt"
    call_command("evaluate", "bert", data=file, weights=output, device="cpu", json=True)
    figures = json.loads(capsys.readouterr().out)

    assert load_classifier(output).labels == EMOTION_LABELS
    assert not list(work.rglob("*.pt"))
    assert figures["n"] == 6
    assert {"accuracy", "macro_f1", "ece", "per_class", "confusion"} <= set(figures)
    assert sum(map(sum, figures["confusion"])) == 6


def test_evaluate_prints_a_table_for_people(
    data: Path,
    base: Path,
    work: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    train("bert", data, tmp_path / "made", base=str(base), epochs=0.5)
    capsys.readouterr()
    call_command("evaluate", "bert", data=data / "val.txt", weights=tmp_path / "made")
    table = capsys.readouterr().out

    assert "accuracy" in table
    assert all(f"\n{label}" in table for label in EMOTION_LABELS)


def test_evaluate_names_the_bad_line(
    data: Path, base: Path, work: Path, tmp_path: Path
) -> None:
    train("bert", data, tmp_path / "made", base=str(base), epochs=0.5)
    (data / "bad.txt").write_text("fine;joy\nodd;sport\n")

    with pytest.raises(CommandError, match=r"bad\.txt, line 2"):
        call_command(
            "evaluate", "bert", data=data / "bad.txt", weights=tmp_path / "made"
        )


def test_evaluate_refuses_a_folder_without_weights(data: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no manifest"):
        call_command("evaluate", "bert", data=data / "val.txt", weights=tmp_path)


def test_train_refuses_an_unknown_base(data: Path, work: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no checkpoint"):
        train("bert", data, tmp_path / "made", base=str(tmp_path / "nowhere"))


def test_train_refuses_a_folder_without_texts(work: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"no train\.txt"):
        train("bert", tmp_path, tmp_path / "made")


def test_train_says_how_to_go_on_after_ctrl_c(
    data: Path, base: Path, work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def press(run: Run) -> float:
        raise KeyboardInterrupt

    monkeypatch.setattr(Run, "_step", press)
    with pytest.raises(CommandError, match="goes on from there") as stop:
        train("bert", data, tmp_path / "made", base=str(base))
    assert stop.value.returncode == 130
    assert list(work.rglob("*.pt"))


@pytest.fixture
def dialogue(tmp_path: Path, base: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dialogue folder, and a T5 small enough to learn it in seconds."""
    shape = {"d_model": 16, "d_kv": 8, "d_ff": 16, "num_layers": 1}
    monkeypatch.setattr(replies, "SHAPE", replies.SHAPE | shape)
    monkeypatch.setattr(
        replies,
        "pretrained_embeddings",
        lambda made, w: torch.randn(len(made.get_vocab()), w),
    )
    monkeypatch.setattr(reply_pairs, "own_pairs", lambda seed: own_pairs(seed)[:40])
    monkeypatch.setattr(reply_pairs, "own_lines", lambda labels: own_lines(labels)[:40])
    monkeypatch.setattr(warm_up, "packaged_encoder", lambda: base)
    monkeypatch.setattr(written_pairs, "embedder", lambda: any_vectors)
    monkeypatch.setattr(written_pairs, "Writer", FewIntents)
    reply = "That sounds hard, how are you?"
    rows = [
        {"context": [], "message": f"i feel {w} today", "reply": reply, "emotion": e}
        for w, e in zip(WORDS, EMOTION_LABELS, strict=True)
    ]
    for split in ("train", "val"):
        jsonl(tmp_path / "dialogue" / reply_pairs.SOURCE / f"{split}.jsonl", rows)
    return tmp_path / "dialogue"


def any_vectors(texts: Sequence[str]) -> torch.Tensor:
    """Meanings of a kind: the same for the same length."""
    return torch.eye(16)[[len(text) % 16 for text in texts]]


class FewIntents(Writer):
    """Says as much as the real one, but has less small talk to learn."""

    def __init__(self) -> None:
        super().__init__()
        self.intents = self.intents[:5]


def test_train_and_evaluate_a_reply_model(
    dialogue: Path, work: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "made"
    train("reply", dialogue, output, epochs=1)
    capsys.readouterr()
    call_command("evaluate", "reply", data=dialogue, weights=output, json=True)
    figures = json.loads(capsys.readouterr().out)

    assert load_reply_model(output).decoding.banned_tokens
    assert figures["perplexity"] > 1
    assert 0 <= figures["distinct_1"] <= 1
    assert 0 < figures["most_frequent_share"] <= 1


def test_the_paper_has_no_settings_for_replies(
    dialogue: Path, work: Path, tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match="for classifiers"):
        train("reply", dialogue, tmp_path / "made", paper=True)


def test_shipped_bert_reads_the_message_of_the_tour() -> None:
    if not is_trained("bert"):
        pytest.skip("needs the weights of bert")
    classifier = TorchClassifier(load_classifier(weights_dir("bert")))
    text = "I am feeling so tired and depressed. What should I do?"
    (scores,) = classifier.classify([classifier.encode(text)])

    assert scores["sadness"] > 0.9
