"""What the product's processes cost: web, engine, PostgreSQL, each by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from benchmarks.processes import cpu_s, memory_mib

if TYPE_CHECKING:
    from tests.faults.cluster import Cluster
    from tests.server import LiveServer

PARTS = ("web", "engine", "postgres")


@dataclass(slots=True)
class Costs:
    """CPU seconds so far, and MiB now, by part."""

    web_pid: int
    engine_pid: int
    postgres_pid: int

    @classmethod
    def of(cls, server: LiveServer, cluster: Cluster) -> Costs:
        assert server.process is not None
        return cls(server.process.pid, server.engine_pid(), cluster.pid)

    def cpu_s(self) -> dict[str, float]:
        """The engine descends from the web process, whose own part is what is left."""
        engine = cpu_s([self.engine_pid])
        web = psutil.Process(self.web_pid).cpu_times()
        return {
            "web": web.user + web.system,
            "engine": engine,
            "postgres": cpu_s([self.postgres_pid]),
        }

    def memory_mib(self) -> dict[str, float]:
        engine = memory_mib([self.engine_pid])
        return {
            "web": memory_mib([self.web_pid]) - engine,
            "engine": engine,
            "postgres": memory_mib([self.postgres_pid]),
        }


def spent_ms(
    before: dict[str, float], after: dict[str, float], n: int
) -> dict[str, float]:
    """Return CPU-ms for each of n things done between the two readings."""
    return {part: 1000 * (after[part] - before[part]) / max(1, n) for part in PARTS}
