"""schemathesis against a real server, as two people who must not see each other.

    python -m tests.api.fuzz [--examples 100] [--seconds 600]

Every check is on, and every phase: the examples, each boundary of the schema, random
requests good and bad, and walks along the links. Left out are the event stream, which has
no end, and allauth's interface, which is described here but is not ours. Exits as
schemathesis does.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults.cluster import Cluster
from tests.server import LiveServer

if TYPE_CHECKING:
    from tests.server import Person

NAMES = ("alice", "charlie")
CONFIG = """
[auth.wfc]
path = "{folder}/people.json"
peers = {names}

# Any bytes are valid by the schema; not all of them are a picture. A name must have
# something to see in it, and a classifier be one of its task, which no pattern can say.
[[operations]]
include-path-regex = "^/api/v1/(me|classify|explain)/"
checks.positive_data_acceptance.enabled = false

# Too many texts may also be too many bytes.
[checks]
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429]

[cache]
enabled = false
"""


def write_config(folder: Path, people: list[Person]) -> Path:
    """Say who they are and that neither may see what is the other's."""
    auth = [
        {
            "name": name,
            "fixedHeaders": [{"name": "X-Session-Token", "value": person.session_key}],
        }
        for name, person in zip(NAMES, people, strict=True)
    ]
    (folder / "people.json").write_text(json.dumps({"auth": auth}))
    config = folder / "schemathesis.toml"
    config.write_text(CONFIG.format(folder=folder, names=json.dumps(NAMES)))
    return config


def fuzz(
    server: LiveServer, people: list[Person], *options: str
) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as name:
        config = write_config(Path(name), people)
        command = [
            str(Path(sys.executable).parent / "schemathesis"),
            f"--config-file={config}",
            "run",
            f"{server.url}/api/schema/",
            "--phases=examples,coverage,fuzzing,stateful",
            "--exclude-path-regex=^/_allauth/|/events/$",
            "--request-timeout=40",
            "--continue-on-failure",
            *options,
        ]
        return subprocess.run(
            command,
            cwd=name,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.api.fuzz")
    parser.add_argument("--examples", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=600)
    options = parser.parse_args()
    with Cluster() as cluster:
        server = LiveServer(
            cluster.socket_dir,
            cluster.folder / "server",
            EMOCHAT_TEST_DECODER="tests.fakes:scripted_generator",
            EMOCHAT_MESSAGES_BURST="100000",
        ).start()
        done = fuzz(
            server,
            server.people(2),
            f"--max-examples={options.examples}",
            f"--max-time={options.seconds}",
        )
        server.stop()
    print(done.stdout)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
