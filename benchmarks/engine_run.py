"""One run of the engine's benchmark: who takes part, the gate, the rounds of each case."""

from __future__ import annotations

import asyncio
import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from benchmarks import engine_report, parity
from benchmarks.contenders import OURS, OURS_SAMPLING, SPECS, NotMeasured, Stage
from benchmarks.load import closed_loop, poisson, run_block
from benchmarks.messages import messages
from benchmarks.processes import cpu_s
from benchmarks.ratios import orders

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.contenders import Contender, Lane, Spec
    from benchmarks.load import Block, Load

MAX_OTHERS = 0.2  # of the machine's cores; a round with a busier block is repeated
MAX_REASON = 200  # characters
IDLE_POLL_S, IDLE_SHARE, IDLE_TIMEOUT_S = 0.5, 0.1, 120.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured: `n_messages` by clients, for each lane."""

    n_rounds: int
    reply: dict[int, int]
    classify: dict[int, int]
    poisson_shares: tuple[float, ...]
    poisson_s: float
    n_gate: int


@dataclass(slots=True)
class Run:
    """Everything that one run finds out; what the report is made from."""

    plan: Plan
    stage: Stage
    names: list[str]
    running: dict[str, Contender] = field(default_factory=dict)
    not_measured: dict[str, dict[str, str]] = field(default_factory=dict)
    parity: dict[str, dict[str, Any]] = field(default_factory=dict)
    started: dict[str, dict[str, float]] = field(default_factory=dict)
    cases: list[dict[str, Any]] = field(default_factory=list)

    def leave_out(self, name: str, why: str, lanes: Sequence[Lane]) -> None:
        for lane in lanes:
            self.not_measured.setdefault(name, {})[lane] = why
            print(f"{name}: not measured ({lane}): {why}", flush=True)

    def takes_part(self, name: str, lane: Lane) -> bool:
        is_out = lane in self.not_measured.get(name, {})
        return name in self.running and lane in SPECS[name].lanes and not is_out

    async def start(self, spec: Spec) -> None:
        print(f"starting {spec.title} …", flush=True)
        try:
            contender = await self.stage.start(spec)
        except NotMeasured as error:
            self.leave_out(spec.name, str(error), spec.lanes)
            return
        self.running[spec.name] = contender
        self.started[spec.name] = {
            "start_s": contender.start_s,
            "memory_mib": contender.memory_mib,
        }

    async def stop(self, names: Sequence[str]) -> None:
        for name in names:
            if contender := self.running.pop(name, None):
                await contender.close()

    async def gate(self, names: Sequence[str]) -> None:
        """Ask each for the same answers; leave out whoever gives others."""
        n = self.plan.n_gate
        answers: parity.Answers = {"reply": {}, "classify": {}}
        for name in names:
            # What our engine samples is not meant to be what is likeliest.
            for lane in () if name == OURS_SAMPLING else SPECS[name].lanes:
                if self.takes_part(name, lane):
                    try:
                        given = await parity.ask(self.running[name], lane, n)
                        answers[lane][name] = given
                    except (RuntimeError, TimeoutError) as error:
                        self.leave_out(name, f"it failed: {error}"[:MAX_REASON], [lane])
        if not any(answers.values()):
            return
        plain = self.stage.models / "plain"
        judged = await parity.judge(self.stage.folder, plain, answers, n)
        self.parity |= judged
        for name, found in parity.faults([SPECS[n] for n in names], judged).items():
            for lane, why in found.items():
                self.leave_out(name, why, [lane])

    async def measure_lane(self, lane: Lane, names: Sequence[str]) -> None:
        sizes = self.plan.reply if lane == "reply" else self.plan.classify
        for n_clients, n_messages in sizes.items():

            def load(seed: int, n: int = n_messages, clients: int = n_clients) -> Load:
                return closed_loop(messages(n, seed), clients)

            case = {"lane": lane, "load": "closed", "clients": n_clients}
            await self.measure(case, load, lane, names)

    async def measure_poisson(self, names: Sequence[str]) -> None:
        """Replies at shares of our own capacity, by all who can keep up at all."""
        ours = self.capacity(OURS)
        for share in self.plan.poisson_shares if ours else ():
            rate = share * ours
            n = max(4, round(rate * self.plan.poisson_s))

            def load(seed: int, n: int = n, rate: float = rate) -> Load:
                return poisson(messages(n, seed), rate, seed)

            able = [name for name in names if self.capacity(name) > rate]
            case = {"lane": "reply", "load": "poisson", "share": share, "rate": rate}
            case["drowned"] = {
                name: self.capacity(name)
                for name in names
                if name not in able and self.takes_part(name, "reply")
            }
            await self.measure(case, load, "reply", able)

    def capacity(self, name: str) -> float:
        """Return the most replies a second that it gave in any closed loop; or 0."""
        return max(
            (
                statistics.median(f["messages_s"] for f in case["figures"][name])
                for case in self.cases
                if case["lane"] == "reply"
                and case["load"] == "closed"
                and name in case["figures"]
            ),
            default=0.0,
        )

    async def measure(
        self, case: dict[str, Any], load: Any, lane: Lane, names: Sequence[str]
    ) -> None:
        """Measure all in turn, there and back; repeat rounds that others disturbed."""
        names = [name for name in names if self.takes_part(name, lane)]
        rounds: list[dict[str, dict[str, float]]] = []
        for n_round, order in enumerate(orders(names, self.plan.n_rounds * 3 // 2)):
            if _are_enough(rounds, self.plan.n_rounds):
                break
            rounds.append(
                {
                    name: await self._block(name, lane, load(1000 + n_round))
                    for name in order
                }
            )
        kept = _kept(rounds, self.plan.n_rounds)
        case |= {
            "n_rounds": len(kept),
            "n_disturbed": sum(not _is_quiet(one) for one in kept),
            "figures": {name: [one[name] for one in kept] for name in names},
        }
        self.cases.append(case)
        print(engine_report.one_line(case), flush=True)

    async def _block(self, name: str, lane: Lane, load: Load) -> dict[str, float]:
        contender = self.running[name]
        block = await run_block(contender, lane, load)
        if len(block.done) < len(block.samples):
            await _until_idle(contender)
        return _figures(block)


def _figures(block: Block) -> dict[str, float]:
    return {key: round(value, 4) for key, value in block.figures().items()}


def _is_quiet(one: dict[str, dict[str, float]]) -> bool:
    return all(figures["others_share"] <= MAX_OTHERS for figures in one.values())


def _are_enough(rounds: list[dict[str, Any]], n_wanted: int) -> bool:
    """Tell whether to stop: all are there, or the machine is never quiet anyway."""
    n_quiet = sum(map(_is_quiet, rounds))
    return n_quiet >= n_wanted or (len(rounds) >= n_wanted and not n_quiet)


def _kept(rounds: list[dict[str, Any]], n_wanted: int) -> list[dict[str, Any]]:
    """Return the undisturbed rounds if they are half of those wanted, else all of them."""
    quiet = [one for one in rounds if _is_quiet(one)]
    return quiet if 2 * len(quiet) >= n_wanted else rounds


async def _until_idle(contender: Contender) -> None:
    """Wait until it has done what it was asked and could not be told to drop."""
    for _ in range(int(IDLE_TIMEOUT_S / IDLE_POLL_S)):
        before_s = cpu_s(contender.pids)
        await asyncio.sleep(IDLE_POLL_S)
        if cpu_s(contender.pids) - before_s < IDLE_SHARE * IDLE_POLL_S:
            return
