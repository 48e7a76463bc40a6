"""Training and measuring: data files, batches, resuming, figures, the two commands."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from django.core.management import CommandError, call_command
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from inference.loading import load_classifier, load_reply_model
from inference.registry import EMOTION_LABELS, is_trained
from inference.training import replies
from inference.training.augment import augment
from inference.training.batches import pad, plan_batches
from inference.training.data import DataError, read_labelled, read_training_mix
from inference.training.dialogue import is_fit_reply, read_pairs, select_pairs
from inference.training.fit import FitSettings, Interrupted, Run
from inference.training.metrics import calibration_error, classification_figures
from inference.training.own_pairs import own_pairs
from inference.training.reply_vocabulary import make_tokenizer
from inference.training.vocabulary import trim_wordpiece

WORDS = ("angry", "scared", "happy", "adore", "sad", "shocked")
LINES = "".join(f"i feel {w};{e}\n" for w, e in zip(WORDS, EMOTION_LABELS, strict=True))
SHARED_DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder like the emotion set's, of one line a label."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "train.txt").write_text(LINES * 4)
    (folder / "val.txt").write_text(LINES.replace("i feel", "feeling"))
    return folder


# -- data files -----------------------------------------------------------------------


@pytest.mark.parametrize("column", ["label", "category"])
def test_it_reads_csv_with_text_and_label(tmp_path: Path, column: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f'{column},text,more\njoy,"hello, you",1\nfear,boo,2\n')
    rows = read_labelled(path, EMOTION_LABELS)

    assert [(row.text, row.label) for row in rows] == [
        ("hello, you", "joy"),
        ("boo", "fear"),
    ]


def test_a_text_may_hold_semicolons(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("well; fine;joy\n\n")

    assert read_labelled(path, EMOTION_LABELS)[0].text == "well; fine"


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("a.txt", b"fine;joy\nno label here\n", "line 2: there is no text"),
        ("a.txt", b"fine;joy\nodd;sport\n", "line 2: the label 'sport'"),
        ("a.txt", b"fine;joy\n;joy\n", "line 2: there is no text"),
        ("a.txt", b"", "empty"),
        ("a.txt", b"\xff\xfe;joy\n", "not UTF-8"),
        ("a.csv", b"words,label\nfine,joy\n", "line 1: columns"),
        ("a.csv", b"text,label\nfine,joy\nodd\n", "line 3: the label None"),
        ("a.jsonl", b'{"message": "a"}\n{oops\n', "line 2: this is not JSON"),
        ("a.jsonl", b"[1]\n", "line 1: this is no JSON object"),
        ("a.xlsx", b"x", "only .txt, .csv, .jsonl"),
    ],
)
def test_a_bad_file_is_refused_with_its_line(
    tmp_path: Path, name: str, content: bytes, complaint: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(DataError, match=complaint):
        read_labelled(path, EMOTION_LABELS)


def test_texts_of_val_and_test_are_left_out_of_training(data: Path) -> None:
    (data / "test.txt").write_text("i feel happy;love\n")
    rows = read_training_mix(data, (), EMOTION_LABELS, extra_limit=9, seed=1)

    assert len(rows) == 20
    assert "i feel happy" not in {row.text for row in rows}


def test_extra_folders_give_openings_up_to_the_limit(
    data: Path, tmp_path: Path
) -> None:
    extra = tmp_path / "talks"
    extra.mkdir()
    openings = [{"context": [], "message": f"m{i}", "emotion": "joy"} for i in range(9)]
    later = [{"context": ["a", "b"], "message": "no", "emotion": "joy"}]
    unknown = [{"context": [], "message": "no", "emotion": None}]
    lines = [json.dumps(row) for row in openings + later + unknown]
    (extra / "train.jsonl").write_text("\n".join(lines))
    rows = read_training_mix(data, (extra,), EMOTION_LABELS, extra_limit=5, seed=1)

    assert sum(row.text.startswith("m") for row in rows) == 5
    assert "no" not in {row.text for row in rows}


# -- batches, augmentation, vocabulary ------------------------------------------------


def test_batches_hold_every_text_once_and_like_lengths_together() -> None:
    lengths = [random.Random(i).randrange(3, 60) for i in range(500)]
    batches = plan_batches(lengths, 16, seed=1, epoch=0)
    spread = [max(lengths[i] for i in b) - min(lengths[i] for i in b) for b in batches]

    assert sorted(i for batch in batches for i in batch) == list(range(500))
    assert float(np.median(spread)) <= 5


def test_a_plan_depends_on_seed_and_epoch_alone() -> None:
    lengths = list(range(1, 100))
    plan = plan_batches(lengths, 8, seed=1, epoch=2)

    assert plan == plan_batches(lengths, 8, seed=1, epoch=2)
    assert plan != plan_batches(lengths, 8, seed=1, epoch=3)
    assert plan != plan_batches(lengths, 8, seed=2, epoch=2)


def test_padding_fills_on_the_right() -> None:
    assert pad([[1, 2, 3], [4]], 0).tolist() == [[1, 2, 3], [4, 0, 0]]


def test_augmented_texts_keep_their_words() -> None:
    text = "im sure i didnt feel happy about it"
    seen = {augment(text, random.Random(i)) for i in range(300)}

    assert text in seen
    assert any("i'm" in made.lower() for made in seen)
    assert any(made.isupper() for made in seen)
    assert all("happy" in made.lower() or "h" in made.lower() for made in seen)
    assert all(len(made.split()) == len(text.split()) for made in seen)


def wordpiece() -> Tokenizer:
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    pieces = [*special, "i", "feel", "##s", "a", "##a", "rare", *WORDS, "feeling"]
    vocab = {piece: i for i, piece in enumerate(pieces)}
    made = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    made.add_special_tokens(special)
    return made


def test_a_trimmed_tokenizer_reads_its_texts_as_before() -> None:
    whole = wordpiece()
    texts = ["I feel happy", "i feels sad"] * 2
    trimmed, old_ids = trim_wordpiece(whole, texts)

    assert trimmed.get_vocab_size() == len(old_ids) < whole.get_vocab_size()
    for text in texts:
        new = trimmed.encode(text)
        assert new.tokens == whole.encode(text).tokens
        assert [old_ids[i] for i in new.ids] == whole.encode(text).ids


def test_the_reply_tokenizer_gives_any_text_back() -> None:
    made = make_tokenizer(["I'm so sorry to hear that.", "That's great!"] * 5, 400)

    for text in ("I'm so sorry!", "naïve 😢 Ω", "a  b"):
        ids = made.encode(text, add_special_tokens=False).ids
        assert made.decode(ids) == text


# -- dialogue -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "is_fit"),
    [
        ("I'm so sorry about your dog. How old was he?", True),
        ("My wife had the same thing happen to her.", False),
        ("I was just talking about this with my friend.", False),
        ("Lol that is too bad for you", False),
        ("Cool.", False),
    ],
)
def test_a_bot_may_not_say_everything(reply: str, is_fit: bool) -> None:
    assert is_fit_reply(reply) is is_fit


def jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_the_other_speaker_always_spoke_last(tmp_path: Path) -> None:
    rows = [
        {"context": ["hi", "a", "b"], "message": "m", "reply": "r", "emotion": "joy"}
    ]
    (pair,) = read_pairs(jsonl(tmp_path / "x.jsonl", rows))

    assert [(t.message, t.reply) for t in pair.history] == [("a", "b")]


def test_a_pair_without_reply_is_refused_with_its_line(tmp_path: Path) -> None:
    path = jsonl(
        tmp_path / "x.jsonl", [{"message": "m", "reply": "r"}, {"message": "m"}]
    )

    with pytest.raises(DataError, match="line 2"):
        read_pairs(path)


def test_specific_replies_weigh_more_than_common_ones(tmp_path: Path) -> None:
    rows = [{"message": "my dog ran off", "reply": "Where was the dog last seen then?"}]
    rows += [{"message": f"m{i}", "reply": "How did that go?"} for i in range(20)]
    pairs = select_pairs(read_pairs(jsonl(tmp_path / "x.jsonl", rows)))

    assert [pair.weight for pair in pairs] == [1.5] + [0.5] * 8


def test_our_own_pairs_are_the_same_every_time() -> None:
    pairs = own_pairs(5)

    assert pairs == own_pairs(5) != own_pairs(6)
    assert not any("{" in pair.message + pair.reply for pair in pairs)
    assert {pair.label for pair in pairs} == {None, *EMOTION_LABELS}


# -- the training loop ----------------------------------------------------------------


def tiny_bert(seed: int = 0) -> BertForSequenceClassification:
    torch.manual_seed(seed)
    return BertForSequenceClassification(
        BertConfig(
            vocab_size=len(wordpiece().get_vocab()),
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=16,
            max_position_embeddings=32,
            num_labels=6,
        )
    )


class TinyTrainee:
    """Learns random tokens; presses Ctrl-C before the loss number `stop_at`."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.model: PreTrainedModel = tiny_bert()
        self.n_losses = 0
        self.stop_at = stop_at

    def batches(self, epoch: int) -> list[list[int]]:
        return plan_batches([4] * 20, 4, seed=1, epoch=epoch)

    def loss(self, batch: list[int], epoch: int) -> torch.Tensor:
        if self.n_losses == self.stop_at:
            raise KeyboardInterrupt
        self.n_losses += 1
        ids = torch.tensor([[(i + j) % 10 for j in range(4)] for i in batch])
        labels = torch.tensor([i % 6 for i in batch])
        loss: torch.Tensor = self.model(input_ids=ids, labels=labels).loss
        return loss

    def validate(self, model: PreTrainedModel) -> dict[str, float]:
        return {"score": float(model.classifier.weight.sum())}


def fit(
    work: Path, stop_at: int | None = None, average: float = 0.0
) -> PreTrainedModel:
    settings = FitSettings(epochs=3, learning_rate=1e-2, batch_size=4, average=average)
    trainee = TinyTrainee(stop_at)
    Run(trainee, settings, work / "checkpoint.pt", "tiny").fit()
    return trainee.model


@pytest.mark.parametrize("average", [0.0, 0.9])
def test_a_resumed_run_equals_one_never_interrupted(
    tmp_path: Path, average: float
) -> None:
    whole = fit(tmp_path / "whole", average=average)
    with pytest.raises(Interrupted):
        fit(tmp_path / "cut", stop_at=7, average=average)
    resumed = fit(tmp_path / "cut", average=average)

    for key, tensor in whole.state_dict().items():
        assert torch.equal(resumed.state_dict()[key], tensor), key


def test_a_checkpoint_of_another_run_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        fit(tmp_path, stop_at=7)
    settings = FitSettings(epochs=3, learning_rate=1e-2, batch_size=4)

    assert (
        Run(TinyTrainee(), settings, tmp_path / "checkpoint.pt", "x").progress.step == 0
    )
    assert (
        Run(TinyTrainee(), settings, tmp_path / "checkpoint.pt", "tiny").progress.step
        == 7
    )


# -- figures --------------------------------------------------------------------------


def test_figures_of_a_known_confusion() -> None:
    scores = np.eye(3)[[0, 0, 1, 1, 2, 0]]
    figures = classification_figures(scores, np.array([0, 0, 1, 2, 2, 2]), "abc")

    assert figures["n"] == 6
    assert figures["accuracy"] == pytest.approx(4 / 6)
    assert figures["confusion"] == [[2, 0, 0], [0, 1, 0], [1, 1, 1]]
    assert figures["per_class"]["c"] == {
        "precision": 1.0,
        "recall": pytest.approx(1 / 3),
        "f1": pytest.approx(0.5),
        "n": 3,
    }
    assert figures["macro_f1"] == pytest.approx((0.8 + 2 / 3 + 0.5) / 3)


def test_calibration_error_is_the_gap_between_score_and_truth() -> None:
    scores = np.tile([0.8, 0.2], (300, 1))
    truth = np.array([0, 0, 0, 0, 1] * 60)

    assert calibration_error(scores, truth) == pytest.approx(0.0, abs=1e-9)
    assert calibration_error(scores, np.zeros(300, int)) == pytest.approx(0.2)


# -- the commands ---------------------------------------------------------------------


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
def work(tmp_path: Path, settings: Any) -> Path:
    settings.VAR_DIR = tmp_path / "var"
    return tmp_path / "var" / "training"


def train(name: str, data: Path, output: Path, **options: Any) -> None:
    call_command("train", name, data=data, output=output, device="cpu", **options)


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
def dialogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dialogue folder, and a T5 small enough to learn it in seconds."""
    shape = {"d_model": 16, "d_kv": 8, "d_ff": 16, "num_layers": 1}
    monkeypatch.setattr(replies, "SHAPE", replies.SHAPE | shape)
    monkeypatch.setattr(
        replies,
        "pretrained_embeddings",
        lambda made, w: torch.randn(len(made.get_vocab()), w),
    )
    monkeypatch.setattr(replies, "own_pairs", lambda seed: own_pairs(seed)[:40])
    reply = "That sounds hard, how are you?"
    rows = [
        {"context": [], "message": f"i feel {w} today", "reply": reply, "emotion": e}
        for w, e in zip(WORDS, EMOTION_LABELS, strict=True)
    ]
    for split in ("train", "val"):
        jsonl(tmp_path / "dialogue" / replies.SOURCE / f"{split}.jsonl", rows)
    return tmp_path / "dialogue"


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


@pytest.mark.slow
def test_shipped_bert_meets_the_bar(capsys: pytest.CaptureFixture[str]) -> None:
    file = SHARED_DATA / "emotion" / "test.txt"
    if not file.is_file() or not is_trained("bert"):
        pytest.skip("needs ../shared/data/emotion and the weights of bert")
    call_command("evaluate", "bert", data=file, json=True)
    figures = json.loads(capsys.readouterr().out)

    assert figures["n"] == 2000
    assert figures["accuracy"] >= 0.92
    assert figures["macro_f1"] >= 0.875


def test_shipped_bert_reads_the_message_of_the_tour() -> None:
    if not is_trained("bert"):
        pytest.skip("needs the weights of bert")
    from inference.classifier import TorchClassifier
    from inference.registry import weights_dir

    classifier = TorchClassifier(load_classifier(weights_dir("bert")))
    text = "I am feeling so tired and depressed. What should I do?"
    (scores,) = classifier.classify([classifier.encode(text)])

    assert scores["sadness"] > 0.9
