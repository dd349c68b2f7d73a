"""4,000 seeds of the whole chain in virtual time, with every fault at once: 0 lost, 0 doubled, order kept.

The gateway's own outbox, recorder-less, its publisher, breaker and batch sizes run on an event loop whose
time jumps; the cloud's own rule of positions judges what arrives. Each seed draws crashes, lost requests
and answers, duplicates that come late and out of order, slow commits, clocks of the disk's owner that jump,
full disks, a cloud restored to an earlier state and a gateway restored from a copy of its card. A seed that
breaks a promise is named:

    ./dev soak chain --seed 77 --share 0        plays seed 77 alone
"""

import asyncio
import random
import selectors
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

from benchmarks.soak.common import Verdict
from benchmarks.soak.stub_cloud import refuse_above
from contract.records import Lane
from edge.buffer.outbox import SqliteOutbox
from edge.buffer.upkeep import OutboxLimits
from edge.domain.backoff import Backoff
from edge.domain.breaker import Breaker
from edge.loops.publishing import Publishing, Reachability
from edge.ports import Accepted, Answer, Elsewhere, NotNow, Run

SEEDS = 4_000
STORM_S = 120.0
CALM_S = 900.0
GIVE_UP_S = 28.0
T = TypeVar("T")


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop that never waits: where it would, time jumps."""

    def __init__(self) -> None:
        super().__init__(selectors.SelectSelector())
        self._virtual_s = 0.0
        self._selector.select = self._jump  # type: ignore[attr-defined, method-assign]

    def time(self) -> float:
        return self._virtual_s

    def _jump(self, timeout: float | None = None) -> list[object]:
        assert timeout is not None, "everything waits for everything else"
        self._virtual_s += max(0.0, timeout)
        return []


class InlineOutbox(SqliteOutbox):
    """The outbox without its thread, so that a seed always plays the same; a disk that can be full."""

    full_until_s = 0.0

    async def _call(self, work: Callable[[], T]) -> T:
        return work()

    def _commit(self, bodies: dict[Lane, list[bytes]]) -> None:
        if asyncio.get_running_loop().time() < self.full_until_s:
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        super()._commit(bodies)


@dataclass
class Cloud:
    """What is committed, and the rule by which."""

    marks: dict[tuple[str, Lane], int] = field(default_factory=dict)
    rows: dict[tuple[str, Lane, int], bytes] = field(default_factory=dict)
    gaps: list[tuple[str, Lane, int, int]] = field(default_factory=list)

    def take(self, run: Run) -> Answer:
        lane = (run.epoch, run.lane)
        mark = self.marks.get(lane, -1)
        gap = None if run.gap_from is None else SimpleNamespace(from_seq=run.gap_from)
        head = SimpleNamespace(gap=gap, first_seq=run.first_seq, gateway_id="gw", lane=run.lane)
        expected = refuse_above(mark, head)  # type: ignore[arg-type]
        if expected is not None:
            return Elsewhere(expected)
        if run.first_seq > mark + 1:
            self.gaps.append((*lane, mark + 1, run.first_seq - 1))
        for seq, body in enumerate(run.bodies, run.first_seq):
            if seq > mark:
                self.rows[*lane, seq] = body
        self.marks[lane] = max(mark, run.last_seq)
        return Accepted(self.marks[lane])

    def copy(self) -> "Cloud":
        return Cloud(dict(self.marks), dict(self.rows), list(self.gaps))

    def restore(self, older: "Cloud") -> None:
        self.marks, self.rows, self.gaps = dict(older.marks), dict(older.rows), list(older.gaps)


@dataclass
class Odds:
    """How often what happens to a request; drawn per seed, so that some seeds are calm in most things."""

    lost: float
    lost_answer: float
    duplicate: float
    slow: float
    busy: float

    @classmethod
    def draw(cls, dice: random.Random) -> "Odds":
        return cls(*(dice.choice((0.0, 0.05, 0.3)) for _ in range(5)))


class Wire:
    """The network between the two."""

    def __init__(self, cloud: Cloud, dice: random.Random, told: Counter[str]) -> None:
        self.cloud, self._dice, self._told = cloud, dice, told
        self.odds = Odds.draw(dice)
        self._late: set[asyncio.Task[None]] = set()

    async def send(self, epoch: str, run: Run) -> Answer:
        assert epoch == run.epoch
        dice, odds = self._dice, self.odds
        await asyncio.sleep(dice.expovariate(20.0))
        if dice.random() < odds.lost:
            self._told["requests lost"] += 1
            await asyncio.sleep(dice.uniform(0.1, GIVE_UP_S))
            return NotNow("nothing came back")
        if dice.random() < odds.busy:
            return NotNow("429", dice.choice((0.0, 1.0, 5.0)))
        if dice.random() < odds.duplicate:
            self._told["duplicates, late and out of order"] += 1
            self._later(dice.uniform(0.0, 60.0), run)
        if dice.random() < odds.slow:
            commits_in_s = dice.uniform(0.0, 2 * GIVE_UP_S)
            if commits_in_s > GIVE_UP_S:
                self._told["commits after the gateway gave up"] += 1
                self._later(commits_in_s, run)
                await asyncio.sleep(GIVE_UP_S)
                return NotNow("too slow", is_slow=True)
            await asyncio.sleep(commits_in_s)
        answer = self.cloud.take(run)
        if dice.random() < odds.lost_answer:
            self._told["answers lost"] += 1
            return NotNow("reset")
        return answer

    def _later(self, wait_s: float, run: Run) -> None:
        async def arrive() -> None:
            await asyncio.sleep(wait_s)
            self.cloud.take(run)

        task = asyncio.get_running_loop().create_task(arrive())
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def show(self, latest: object) -> None:
        """Nothing durable travels here."""

    async def settled(self) -> None:
        """Wait until nothing is under way any more."""
        while self._late:
            await asyncio.sleep(1.0)


class World:
    """One seed."""

    def __init__(self, seed: int, folder: Path, told: Counter[str]) -> None:
        self.dice, self.folder, self.told = random.Random(seed), folder, told
        self.cloud = Cloud()
        self.wire = Wire(self.cloud, self.dice, told)
        self.accepted: dict[bytes, Lane] = {}
        self.number = 0
        self.life = 0
        self.story: list[str] = []
        self.has_small_disk = bool(seed % 2)
        """On a full disk what was acknowledged goes first: such a seed has no restored database."""
        self.only_in_cloud: set[bytes] = set()
        """Records of a card that was replaced: a database restored after that loses them for good."""
        self.outbox: InlineOutbox
        self.tasks: list[asyncio.Task[Any]] = []

    async def play(self) -> list[str]:
        """Play the storm, then the calm; return the promises that were broken."""
        loop = asyncio.get_running_loop()
        await self.start()
        while loop.time() < STORM_S:
            await asyncio.sleep(self.dice.expovariate(0.2))
            happens = self.dice.choices(
                (self.crash, self.fill_disk, self.restore_cloud, self.restore_gateway, self.nothing),
                (4, 2, 0, 0, 3) if self.has_small_disk else (4, 0, 0.6, 0.6, 3),
            )[0]
            began_s = loop.time()
            await happens()
            self.story.append(f"{began_s:6.1f} to {loop.time():6.1f} s: {happens.__name__}")
        self.wire.odds = Odds(0, 0, 0, 0, 0)
        self.outbox.full_until_s = 0.0
        await self.wire.settled()
        await asyncio.sleep(30.0)
        self.tasks[2].cancel()
        self.accept(Lane.STATES, 1)
        self.accept(Lane.MOVEMENTS, 1)
        until_s = loop.time() + CALM_S
        while loop.time() < until_s and not await self.is_drained():
            await asyncio.sleep(1.0)
        await asyncio.sleep(5.0)
        await self.stop()
        return self.judge()

    async def is_drained(self) -> bool:
        lanes = await self.outbox.lanes()
        return not any(state.waiting for state in lanes.values()) and not self.outbox._unprobed

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        limits = OutboxLimits(commit_every_s=self.dice.uniform(0.5, 5.0), ballast_bytes=0)
        self.outbox = InlineOutbox(self.folder / "outbox.db", limits, loop.time)
        self.life += 1
        await self.outbox.open(f"{self.life:032x}")
        breaker = Breaker(Backoff(0.5, 20.0, self.dice.random))
        clock = SimpleNamespace(real_s=loop.time)
        publishing = Publishing(self.outbox, self.wire, Reachability(clock), breaker, loop.time)  # type: ignore[arg-type]
        work = (self.outbox.run(), publishing.run(), self.fill(), self.tidy())
        self.tasks = [loop.create_task(one) for one in work]

    async def stop(self) -> None:
        """Stop as a kill does: what was not durable is gone, nothing is written any more."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.outbox._lives.close()
        self.outbox._thread.shutdown()

    def accept(self, lane: Lane, count: int) -> None:
        bodies = []
        for _ in range(count):
            self.number += 1
            bodies.append(b"%d" % self.number)

        def durable(done: asyncio.Future[None]) -> None:
            if not done.cancelled():
                self.accepted |= dict.fromkeys(bodies, lane)

        self.outbox.append(lane, bodies).add_done_callback(durable)

    async def fill(self) -> None:
        while True:
            await asyncio.sleep(self.dice.expovariate(1.0))
            if self.dice.random() < 0.2:
                self.accept(Lane.MOVEMENTS, 1)
            else:
                self.accept(Lane.STATES, self.dice.choice((1, 5, 20, 220)))

    async def tidy(self) -> None:
        while True:
            await asyncio.sleep(20.0)
            await self.outbox.tidy()

    async def nothing(self) -> None:
        await asyncio.sleep(10.0)

    async def crash(self) -> None:
        self.told["crashes"] += 1
        await self.stop()
        await asyncio.sleep(self.dice.uniform(0.1, 10.0))
        await self.start()

    async def fill_disk(self) -> None:
        self.told["full disks"] += 1
        self.outbox.full_until_s = asyncio.get_running_loop().time() + self.dice.uniform(1.0, 30.0)

    async def restore_cloud(self) -> None:
        """The database is restored to what it was a while ago."""
        self.told["databases restored"] += 1
        older = self.cloud.copy()
        await asyncio.sleep(self.dice.uniform(5.0, 40.0))
        self.cloud.restore(older)
        for body in self.only_in_cloud - set(self.cloud.rows.values()):
            self.accepted.pop(body, None)

    async def restore_gateway(self) -> None:
        """The card is replaced by a copy of a while ago; what only the card had since is gone with it."""
        self.told["cards restored"] += 1
        await self.stop()
        copy = self.folder.with_name(f"{self.folder.name}-copy")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.folder, copy)
        on_card = set(self.accepted)
        await self.start()
        await asyncio.sleep(self.dice.uniform(5.0, 40.0))
        await self.stop()
        shutil.rmtree(self.folder)
        shutil.copytree(copy, self.folder)
        await self.wire.settled()  # a card is not changed within the minute that a packet may live
        delivered = set(self.cloud.rows.values())
        gone = self.accepted.keys() - on_card - delivered
        for body in gone:
            del self.accepted[body]
        self.only_in_cloud |= self.accepted.keys() - on_card
        await self.start()

    def judge(self) -> list[str]:
        stored = Counter(self.cloud.rows.values())
        broken = []
        lost = [body for body in self.accepted if body not in stored]
        declared = sum(last - first + 1 for *_, first, last in self.cloud.gaps)
        movements = [body for body in lost if self.accepted[body] is Lane.MOVEMENTS]
        self.told["readings thinned and declared on full disks"] += len(lost) if self.has_small_disk else 0
        if movements or len(lost) > (declared if self.has_small_disk else 0):
            broken.append(
                f"{len(lost)} accepted records lost, {len(movements)} of them movements: {lost[:1]}"
            )
        if doubled := [body for body, times in stored.items() if times > 1]:
            broken.append(f"{len(doubled)} records doubled, the first is {doubled[0]!r}")
        if self.cloud.gaps and not self.has_small_disk:
            broken.append(f"gaps were declared: {self.cloud.gaps[:3]}")
        lanes: dict[tuple[str, Lane], list[tuple[int, int]]] = {}
        for (epoch, lane, seq), body in self.cloud.rows.items():
            lanes.setdefault((epoch, lane), []).append((seq, int(body)))
        for told in lanes.values():
            numbers = [number for _, number in sorted(told)]
            if numbers != sorted(numbers):
                broken.append("records of an epoch changed their order")
        return broken


def play(seed: int, folder: Path, told: Counter[str]) -> tuple[list[str], World]:
    """Play one seed."""
    world = World(seed, folder, told)
    loop = VirtualLoop()
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(world.play()), world
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(asyncio.sleep(0))
        asyncio.set_event_loop(None)
        loop.close()


def run(share: float, folder: Path, seed: int = 1) -> Verdict:
    """Play the seeds from `seed` on."""
    seeds, verdict, told = max(1, round(SEEDS * share)), Verdict(), Counter[str]()
    records = stored = 0
    quick = "/dev/shm" if Path("/dev/shm").is_dir() else None
    for number in range(seed, seed + seeds):
        with tempfile.TemporaryDirectory(dir=quick, prefix="chain-") as place:
            broken, world = play(number, Path(place) / "card", told)
        if seeds == 1:
            print("\n".join(world.story))
        records, stored = records + len(world.accepted), stored + len(world.cloud.rows)
        verdict.broken += [
            f"seed {number}: {one} (./dev soak chain --seed {number} --share 0)" for one in broken
        ]
    verdict.counts = {"seeds": seeds, "accepted": records, "stored": stored, **told}
    verdict.counts["seeds that broke a promise"] = len(verdict.broken)
    return verdict
