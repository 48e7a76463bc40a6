"""EMOCHAT_REPLY_MODEL: a folder of ours, a plain T5's folder, or a name on the hub."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from huggingface_hub import constants

from emochat.engine import FETCH_TIMEOUT_S, engine_config
from inference.checkpoints import WEIGHTS
from inference.config import EngineConfig
from inference.errors import ModelFileError
from inference.hub import fetch
from inference.torch_models import load_generator
from inference.types import GenerateRequest
from tests.inference.foreign_parts import KINDS, save
from tests.inference.hub import COMMIT, Hub
from tests.inference.test_hosts import collect
from tests.inference.test_models_on_disk import save_reply_model

NAME = "acme/tiny-flan"


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A hub on the loopback, for this process and those that it starts."""
    running = Hub(tmp_path / "hub")
    places = running.url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "ENDPOINT", running.url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", places)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache" / "hub"))
    monkeypatch.setenv("HF_ENDPOINT", running.url)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "*")
    for name in ("HF_HUB_CACHE", "HF_HUB_OFFLINE", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    yield running
    running.close()


def get(name=NAME):
    told = []
    return fetch(name, told.append), told


def generator(source, **changes):
    config = EngineConfig(device="cpu", classifiers=(), reply_model=source, **changes)
    return load_generator(config, lambda text: None)


# --- The hub --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_fetched_and_writes(hub, kind):
    save(hub.root / "acme" / kind, kind)
    made = generator(f"acme/{kind}")
    assert made.version == f"acme/{kind}@{COMMIT[:12]}"
    assert made.encode(GenerateRequest("a", "so sad", "joy"))[-1] == 1


def test_what_was_fetched_once_needs_no_hub(hub):
    save(hub.root / "acme" / "tiny-flan")
    first, told = get()
    assert told == [f"fetching {NAME}…"]
    hub.asked.clear()
    again, told = get()
    assert (again, told, hub.asked) == (first, [], [])


def test_only_what_is_read_is_fetched(hub):
    repo = save(hub.root / "acme" / "tiny-flan", "v1.1").folder
    for name in ("pytorch_model.bin", "own.py", "flax_model.msgpack", "README.md"):
        (repo / name).write_bytes(b"x")
    get()
    fetched = {path.split("/")[-1] for _, path in hub.asked if "/resolve/" in path}
    assert fetched == {"config.json", "spiece.model", WEIGHTS}


def test_a_fetch_that_broke_off_is_taken_up_again(hub):
    save(hub.root / "acme" / "tiny-flan", "classic")
    found, _ = get()
    (found.folder / WEIGHTS).unlink()
    again, told = get()
    assert (again.folder / WEIGHTS).is_file()
    assert told == [f"fetching {NAME}…"]


def test_of_what_is_no_t5_only_the_config_is_fetched(hub):
    save(hub.root / "acme" / "tiny-flan", model_type="bert")
    with pytest.raises(ModelFileError, match=r"acme/tiny-flan: .*no T5 .*bert"):
        get()
    assert "tokenizer.json" not in hub.files_fetched()


def test_a_folder_of_ours_on_the_hub_is_checked_by_its_manifest(hub):
    save_reply_model(hub.root / "acme" / "ours")
    made = generator("acme/ours")
    assert "@" not in made.version
    assert made.encode(GenerateRequest("a", "so sad", "joy"))[0] > 2


def test_a_revision_can_be_asked_for(hub):
    save(hub.root / "acme" / "tiny-flan")
    found, _ = get(f"{NAME}@{COMMIT}")
    assert (found.name, found.commit) == (NAME, COMMIT)


@pytest.mark.parametrize("name", ["acme/none", "no name", "a/b/c"])
def test_an_unknown_name_is_told_of(hub, name):
    with pytest.raises(ModelFileError, match=f"{name}: the hub did not give it"):
        get(name)


def test_without_a_hub_it_says_so_and_serves_no_replies(hub, monkeypatch, caplog):
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ModelFileError, match="the hub did not give it"):
        get()
    assert generator(NAME) is None
    assert "the hub did not give it" in caplog.text


@pytest.mark.slow
async def test_the_helper_fetches_it_and_then_needs_no_hub(hub, start, scripted):
    """The whole way: setting, process, hub, tokens; then again with the hub away."""
    save(hub.root / "acme" / "tiny-flan")
    config = EngineConfig.from_json(replace(scripted, decoder="").to_json())
    config = replace(config, reply_model=NAME, device="cpu", start_timeout_s=60.0)
    client = await start(config)
    asked = GenerateRequest("a", "i am so sad", "sadness", seed=4)
    first, end = await collect(client, asked)
    assert end.model_version == f"{NAME}@{COMMIT[:12]}"
    await client.close()
    hub.close()
    again, _ = await collect(await start(config), asked)
    assert again == first


# --- Folders --------------------------------------------------------------------------


def test_a_folder_with_a_manifest_is_loaded_as_ever(tmp_path):
    save_reply_model(tmp_path / "ours")
    made = generator(tmp_path / "ours")
    assert "@" not in made.version


def test_the_template_of_the_setting_is_used(tmp_path):
    folder = save(tmp_path / "flan").folder
    made = generator(folder, reply_prompt="hello {message}")
    tokenizer = made._model.tokenizer
    ids = made.encode(GenerateRequest("a", "so sad", "joy"))
    assert tokenizer.decode(ids) == "hello so sad"


def test_one_of_ours_without_its_manifest_is_refused(tmp_path, caplog):
    save_reply_model(tmp_path / "ours")
    (tmp_path / "ours" / "manifest.json").unlink()
    assert generator(tmp_path / "ours") is None
    assert "its manifest is missing" in caplog.text


def test_the_model_that_ships_needs_its_manifest(tmp_path, caplog):
    save(tmp_path / "reply")
    assert generator(None, weights_root=tmp_path) is None
    assert "there is no manifest.json" in caplog.text


# --- The settings ---------------------------------------------------------------------


@pytest.mark.parametrize("value", [None, Path("/models/t5"), "t5-small", NAME])
def test_a_config_keeps_folder_and_name_apart(value):
    config = EngineConfig(reply_model=value, reply_prompt="{message}!")
    assert EngineConfig.from_json(config.to_json()) == config


def test_another_model_or_prompt_is_another_helper():
    config = EngineConfig()
    others = [
        replace(config, reply_model=NAME),
        replace(config, reply_model=Path("/") / NAME),
        replace(config, reply_prompt="{message}"),
    ]
    assert len({one.digest() for one in (config, *others)}) == 4


def test_a_setting_is_a_folder_where_there_is_one_else_a_name(
    settings, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "acme" / "here").mkdir(parents=True)
    read = {}
    for value in ("", NAME, "acme/here", "./none", "/none", "t5-small"):
        settings.EMOCHAT_REPLY_MODEL = value
        read[value] = engine_config().reply_model
    assert read == {
        "": None,
        NAME: NAME,
        "acme/here": tmp_path / "acme/here",
        "./none": tmp_path / "none",
        "/none": Path("/none"),
        "t5-small": "t5-small",
    }


def test_a_model_from_the_hub_may_take_its_time(settings):
    settings.EMOCHAT_REPLY_MODEL = NAME
    assert engine_config().start_timeout_s == FETCH_TIMEOUT_S
    settings.EMOCHAT_REPLY_MODEL = ""
    assert engine_config().start_timeout_s == EngineConfig().start_timeout_s


def test_a_wrong_prompt_is_refused_before_anything_starts(settings):
    settings.EMOCHAT_REPLY_PROMPT = "Say something."
    with pytest.raises(ImproperlyConfigured, match=r"REPLY_PROMPT: .*\{message\}"):
        engine_config()
