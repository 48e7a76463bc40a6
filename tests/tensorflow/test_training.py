"""`manage.py train bert-news-tf`: from a start of torch's to a folder that both can read."""

from __future__ import annotations

import csv
import json

import pytest
from django.core.management import CommandError, call_command
from transformers import PreTrainedTokenizerFast

from inference.loading import load_classifier
from inference.model_files import read_manifest
from inference.registry import NEWS_LABELS
from tests.tensorflow.parts import WORDS, bert, tokenizer


@pytest.fixture
def news(tmp_path):
    """A folder like the news set's: the topic is the article's first word."""
    folder = tmp_path / "news"
    folder.mkdir()
    for split, n in (("train", 40), ("val", 10), ("test", 10)):
        with (folder / f"{split}.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["category", "text"])
            for i in range(n):
                topic = NEWS_LABELS[i % 5]
                rows.writerow([topic, f"{WORDS[i % 5]} {split} " + f"{WORDS[5]} " * i])
    return folder


@pytest.fixture
def base(tmp_path):
    folder = tmp_path / "base"
    bert(max_position_embeddings=64).save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer(), pad_token="[PAD]", unk_token="[UNK]"
    ).save_pretrained(folder)
    return folder


@pytest.mark.timeout(900)
def test_it_trains_the_twin_and_both_can_read_it(
    python, news, base, tmp_path, settings, capsys
):
    settings.VAR_DIR = tmp_path / "var"
    output = tmp_path / "made"
    options = {"data": news, "output": output, "device": "cpu", "base": str(base)}
    call_command("train", "bert-news-tf", epochs=2, **options)
    assert capsys.readouterr().out.count("accuracy") == 2  # it tells of each epoch
    manifest = read_manifest(output)
    assert manifest["name"] == "bert-news-tf"
    assert manifest["framework"] == "tensorflow"
    assert manifest["windows"]["size"] == 64, "as far as this model reads"
    assert len(manifest["training"]["validation"]) == 2
    assert {"temperature", "sure_from"} <= set(manifest)
    assert load_classifier(output).labels == NEWS_LABELS
    assert not [path for path in settings.VAR_DIR.rglob("*") if path.is_file()]
    call_command(
        "evaluate", "bert-news-tf", data=news / "test.csv", weights=output, json=True
    )
    assert json.loads(capsys.readouterr().out)["n"] == 10


def test_without_tensorflow_it_says_how_to_install_it(news, tmp_path, settings):
    settings.VAR_DIR = tmp_path / "var"
    settings.EMOCHAT_TENSORFLOW_PYTHON = str(tmp_path / "no-python")
    with pytest.raises(CommandError, match="make setup-tensorflow"):
        call_command("train", "bert-news-tf", data=news, output=tmp_path / "made")
    with pytest.raises(CommandError, match="make setup-tensorflow"):
        call_command("compare_frameworks", data=news, out=tmp_path / "out")
