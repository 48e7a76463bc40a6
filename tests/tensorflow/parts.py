"""A tiny BERT with random weights, as a folder; what is asked of TensorFlow about it."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertForSequenceClassification

from inference.classifier import TorchClassifier
from inference.loading import load_classifier
from inference.registry import NEWS_LABELS, is_trained, weights_dir
from inference.training.data import LabelledText
from inference.training.fit import FitSettings
from inference.training.handover import lesson_of
from inference.training.lesson import write_lesson
from inference.training.order import Order
from inference.training.presets import PLAIN_PRESET
from inference.training.saving import save_model, unique_arrays
from inference.training.trainee import ClassifierTrainee, Texts
from inference.windows import WindowRule

PROJECT_ROOT = Path(__file__).resolve().parents[2]
SHIPPED = "bert-news"
WORDS = ["the", "a", "match", "goal", "bank", "profit", "film", "star", "vote", "chip"]
LONG = " ".join(WORDS * 6)
TEXTS = ["the match", "a bank falls", "", "unheard words", LONG, "vote " * 9, "chip"]
RULE = WindowRule(size=12, overlap=2, most=8)


def tokenizer():
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS]
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    made = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return made


def bert(**changes):
    """Weights ten times larger than fresh ones: scores that differ, GELUs that bend."""
    torch.manual_seed(5)
    options = {
        "vocab_size": len(WORDS) + 4,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 48,
        "max_position_embeddings": 16,
        "initializer_range": 0.2,
        "hidden_act": "gelu_pytorch_tanh",
        "pad_token_id": 0,
        "id2label": dict(enumerate(NEWS_LABELS)),
        "label2id": {label: i for i, label in enumerate(NEWS_LABELS)},
    }
    return BertForSequenceClassification(BertConfig(**(options | changes)))


def save(folder, model, **info):
    told = {"name": SHIPPED, "task": "news", "labels": list(NEWS_LABELS)}
    told |= {"max_tokens": 12, "temperature": 0.3} | info
    save_model(folder, model, model.config, tokenizer().to_str(), told, int8=True)
    return folder


def trainee(tmp_path):
    """Two epochs of a few batches, without dropout: what is left is arithmetic."""
    still = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    model = bert(**still)
    draw = random.Random(3)
    texts = [
        LabelledText(" ".join(draw.choices(WORDS, k=4 + i)), NEWS_LABELS[i % 5])
        for i in range(40)
    ]
    preset = replace(
        PLAIN_PRESET,
        fit=FitSettings(epochs=2, learning_rate=1e-3, batch_size=8),
        windows=RULE,
    )
    made = Texts(texts, {"news": texts[:15]}, [], NEWS_LABELS, len(texts))
    order = Order(SHIPPED, tmp_path / "data", tmp_path / "out", tmp_path / "work")
    return ClassifierTrainee(model, tokenizer(), made, preset, order, None)


def write_lesson_of(folder, taught, **changes):
    """`changes` are to the config alone: dropout needs no weights."""
    config = json.loads(taught.model.config.to_json_string(use_diff=True)) | changes
    write_lesson(
        folder,
        lesson_of(taught, "a test"),
        unique_arrays(taught.model.state_dict()),
        json.dumps(config),
        tokenizer().to_str(),
    )
    return str(folder)


def torch_scores(folder, texts):
    classifier = TorchClassifier(load_classifier(folder))
    return [classifier.classify([classifier.encode(text)])[0] for text in texts]


def jobs(folder):
    """Return what to ask, by name; makes what is asked about."""
    whole = save(folder / "whole", bert())
    windows = {"size": RULE.size, "overlap": RULE.overlap, "most": RULE.most}
    cut = save(folder / "cut", bert(), windows=windows)
    erf = save(folder / "erf", bert(hidden_act="gelu"))
    still = write_lesson_of(folder / "still", trainee(folder))
    dropout = {"hidden_dropout_prob": 0.2, "attention_probs_dropout_prob": 0.2}
    shaken = write_lesson_of(folder / "shaken", trainee(folder), **dropout)
    asked = {
        "whole": ("scores", str(whole), TEXTS),
        "cut": ("scores", str(cut), TEXTS),
        "slopes": ("slopes", str(whole), TEXTS[0], "sport"),
        "read_back": ("read_back", str(cut)),
        "erf": ("refusal", str(erf)),
        "still": ("train", still, str(folder / "still-result")),
        "shaken": ("train", shaken, str(folder / "shaken-result")),
        "interrupted": ("interrupted", shaken, str(folder / "interrupted-result")),
        "modules": ("modules",),
    }
    if is_trained(SHIPPED):
        asked["shipped"] = ("scores", str(weights_dir(SHIPPED)), TEXTS)
    return asked
