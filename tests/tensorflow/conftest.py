"""The interpreter that has TensorFlow; where there is none, these tests say so."""

from __future__ import annotations

import json
import subprocess

import pytest
from django.conf import settings

from inference.frameworks import HOW_TO_INSTALL, environment_of, tensorflow_python
from tests.tensorflow.parts import PROJECT_ROOT, jobs

TIMEOUT_S = 900


@pytest.fixture(scope="session")
def python():
    found = tensorflow_python(settings.EMOCHAT_TENSORFLOW_PYTHON)
    if found is None:
        pytest.skip(HOW_TO_INSTALL)
    return found


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tensorflow")


@pytest.fixture(scope="session")
def answers(python, folder):
    """What TensorFlow answered to all that the tests ask of it, in one process."""
    job = folder / "job.json"
    job.write_text(json.dumps(jobs(folder)))
    done = subprocess.run(
        [python, "-m", "tests.tensorflow.side", str(job)],
        cwd=PROJECT_ROOT,
        env=environment_of("tensorflow"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        timeout=TIMEOUT_S,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(job.with_suffix(".answers").read_text())
