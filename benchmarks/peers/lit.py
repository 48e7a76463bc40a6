"""P2: LitServe: a streaming API with `generate` inside, a batched one for the classifier.

python -m benchmarks.peers.lit PLAIN_FOLDER PORT
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import litserve

from benchmarks.peers.http import request_of
from benchmarks.peers.naive import WARM_UP, Pipeline, ReplyModel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

COLLECT_S = 0.01
MAX_ROWS = 32
TIMEOUT_S = 600


class ReplyAPI(litserve.LitAPI):
    def __init__(self, folder: Path) -> None:
        super().__init__(stream=True, api_path="/reply")
        self._folder = folder

    def setup(self, device: str) -> None:
        self._reply = ReplyModel(self._folder)
        list(self._reply.stream(WARM_UP))

    # Not annotated: LitServe would make FastAPI check the request against it.
    def decode_request(self, request) -> dict[str, Any]:
        return request

    def predict(self, request: dict[str, Any]) -> Iterator[str]:
        yield from self._reply.stream(request_of(request))

    def encode_response(self, texts: Iterator[str]) -> Iterator[dict[str, str]]:
        for text in texts:
            yield {"text": text}


class ReadingAPI(litserve.LitAPI):
    def __init__(self, folder: Path) -> None:
        super().__init__(
            max_batch_size=MAX_ROWS, batch_timeout=COLLECT_S, api_path="/classify"
        )
        self._folder = folder

    def setup(self, device: str) -> None:
        self._pipeline = Pipeline(self._folder)
        self._pipeline.scores([WARM_UP.text])

    def decode_request(self, request) -> str:
        return str(request["text"])

    def predict(self, texts: Sequence[str]) -> list[dict[str, float]]:
        return self._pipeline.scores(texts)

    def encode_response(self, scores: dict[str, float]) -> dict[str, Any]:
        return {"scores": scores}


def main(folder: Path, port: int) -> None:
    server = litserve.LitServer(
        [ReplyAPI(folder), ReadingAPI(folder)], accelerator="cpu", timeout=TIMEOUT_S
    )
    server.run(
        host="127.0.0.1",
        port=port,
        num_api_servers=1,
        generate_client_file=False,
        log_level="warning",
        access_log=False,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
