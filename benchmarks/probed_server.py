"""`manage.py serve` as it is, with a probe beside it that writes down the loop's lag.

A task on the server's own event loop asks to be woken every 10 ms and notes how late it
was: that is what everybody's frames waited too. The file is VAR_DIR/lag.txt, a line for
each time: seconds of the machine's monotonic clock, milliseconds late.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from typing import TYPE_CHECKING, Any

import django
from django.core.management import execute_from_command_line

if TYPE_CHECKING:
    from pathlib import Path

PROBE_S = 0.01
FLUSH_EVERY = 100
FILE = "lag.txt"


async def probe(path: Path) -> None:
    """Note for ever how late the loop is."""
    lines: list[str] = []
    while True:
        asked_s = time.monotonic()
        await asyncio.sleep(PROBE_S)
        now_s = time.monotonic()
        lines.append(f"{now_s:.3f} {1000 * (now_s - asked_s - PROBE_S):.2f}\n")
        if len(lines) >= FLUSH_EVERY:
            with path.open("a") as file:
                file.writelines(lines)
            lines.clear()


def read_lags(path: Path, start_s: float, end_s: float) -> list[float]:
    """Return what was noted between the two times, in milliseconds."""
    rows = (line.split() for line in path.read_text().splitlines())
    pairs = ((float(row[0]), float(row[1])) for row in rows if len(row) == 2)
    return [late_ms for now_s, late_ms in pairs if start_s <= now_s <= end_s]


def start_probed() -> None:
    """Have the probe start with the turns."""
    from django.conf import settings

    from chat import runtime

    start = runtime.start

    def start_both(engine: Any) -> Any:
        runner = start(engine)
        task = probe(settings.VAR_DIR / FILE)
        runner.probe = asyncio.get_running_loop().create_task(task)  # type: ignore[attr-defined]
        return runner

    runtime.start = start_both


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emochat.settings")
    django.setup()
    start_probed()
    execute_from_command_line(["manage.py", "serve", "--prepare", *sys.argv[1:]])


if __name__ == "__main__":
    main()
