"""`manage.py train NAME --base OWNER/NAME`, over HTTP from a hub on the loopback."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from inference.loading import load_classifier
from inference.model_files import read_manifest
from tests.inference.family_parts import bert, pieces, save_checkpoint
from tests.inference.hub import COMMIT, Hub
from tests.inference.test_bases import CONFIG, WEIGHTS, remote_code
from tests.inference.test_loading import Bomb, edit_json
from tests.inference.training_parts import emotion_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    running = Hub(tmp_path / "hub")
    yield running
    running.close()


@pytest.fixture
def repo(hub: Hub) -> Path:
    return save_checkpoint(hub.root / "acme" / "tiny-bert", bert(), pieces())


def train(hub: Hub, base: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the command as people do; the hub's address is read when Python starts."""
    data = emotion_folder(folder / "data")
    ours = ("HF_", "HUGGINGFACE_", "TRANSFORMERS_")
    env = {k: v for k, v in os.environ.items() if not k.upper().startswith(ours)}
    env |= {
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(folder / "cache"),
        "NO_PROXY": "*",
        "EMOCHAT_VAR": str(folder / "var"),
    }
    words = f"train bert --base {base} --paper --epochs 1 --device cpu"
    return subprocess.run(
        [sys.executable, ROOT / "manage.py", *words.split()]
        + ["--data", data, "--output", folder / "made"],
        env=env,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


def refused(done: subprocess.CompletedProcess[str], words: str) -> None:
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: acme/tiny-bert: no checkpoint")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_it_trains_from_a_base_on_a_hub(hub: Hub, repo: Path, tmp_path: Path) -> None:
    done = train(hub, "acme/tiny-bert", tmp_path)
    made = tmp_path / "made"

    assert done.returncode == 0, done.stderr
    assert read_manifest(made)["version"] in done.stdout
    assert read_manifest(made)["training"]["base"] == "acme/tiny-bert"
    assert load_classifier(made).tokenizer.get_vocab() == pieces().get_vocab()
    assert hub.files_fetched() >= {CONFIG, WEIGHTS, "tokenizer.json"}
    assert list((tmp_path / "cache").rglob(f"snapshots/{COMMIT}/{WEIGHTS}"))


def test_an_unknown_repository_is_refused(hub: Hub, tmp_path: Path) -> None:
    done = train(hub, "acme/tiny-bert", tmp_path)

    refused(done, "not a valid model identifier")
    assert any("acme/tiny-bert" in path for _, path in hub.asked)
    assert not (tmp_path / "made").exists()


def test_a_repository_of_pickles_is_refused_unread(
    hub: Hub, repo: Path, tmp_path: Path
) -> None:
    """The pickle is not even fetched, and nobody else is asked to convert it."""
    trace = tmp_path / "trace"
    (repo / WEIGHTS).unlink()
    (repo / "pytorch_model.bin").write_bytes(pickle.dumps(Bomb(trace)))
    done = train(hub, "acme/tiny-bert", tmp_path)

    refused(done, WEIGHTS)
    assert not trace.exists()
    assert "pytorch_model.bin" not in hub.files_fetched()
    assert not [path for _, path in hub.asked if "/commits" in path]


def test_a_repository_with_code_of_its_own_is_refused(
    hub: Hub, repo: Path, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    edit_json(repo / CONFIG, model_type="own", auto_map=remote_code(repo, trace))
    done = train(hub, "acme/tiny-bert", tmp_path)

    refused(done, "custom code")
    assert not trace.exists()
    assert "own.py" not in hub.files_fetched()
