"""The outbox against a model of it: whatever is done, nothing durable is lost or renumbered."""

import asyncio
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from contract.records import Lane
from edge.buffer.outbox import SqliteOutbox
from edge.buffer.upkeep import OutboxLimits
from edge.ports import Run

MEMORY = Path("/dev/shm")
"""Processes end here, disks do not: thousands of flushes to a slow one would only take minutes."""

LANES = st.sampled_from(list(Lane))


class Inline(SqliteOutbox):
    """Without its thread."""

    async def _call(self, work):
        return work()


class OutboxMachine(RuleBasedStateMachine):
    """Accept, commit, send, acknowledge, rewind, tidy, kill, close, open, renew."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(
            tempfile.mkdtemp(prefix="outbox-machine-", dir=MEMORY if MEMORY.is_dir() else None)
        )
        self.now_s = 0.0
        self.number = self.boots = 0
        self.pending: list[tuple[Lane, list[bytes]]] = []
        self.durable: dict[tuple[str, Lane], list[bytes]] = {}
        self.marks: dict[tuple[str, Lane], int] = {}
        self.outbox: Inline
        self.open()

    def do(self, coroutine):
        return self.loop.run_until_complete(coroutine)

    def open(self) -> None:
        self.boots += 1
        limits = OutboxLimits(keep_s=3_600.0, ballast_bytes=0)
        self.outbox = Inline(self.folder / "outbox.db", limits, lambda: self.now_s)
        self.do(self.outbox.open(f"{self.boots:032x}"))

    @rule(lane=LANES, count=st.integers(1, 300))
    def accept(self, lane: Lane, count: int) -> None:
        bodies = [b"%d" % (self.number + n) for n in range(count)]
        self.number += count

        async def append() -> None:
            self.outbox.append(lane, bodies)

        self.do(append())
        self.pending.append((lane, bodies))

    @rule()
    def commit(self) -> None:
        self.do(self.outbox.flush())
        self.note_durable()

    def note_durable(self) -> None:
        for lane, bodies in self.pending:
            self.durable.setdefault((self.outbox.epoch, lane), []).extend(bodies)
        self.pending.clear()

    @rule(lane=LANES, limit=st.integers(1, 700), bytes_=st.integers(1, 5_000))
    def send_and_acknowledge(self, lane: Lane, limit: int, bytes_: int) -> None:
        run = self.do(self.outbox.read(lane, limit, bytes_))
        if run is None:
            return
        key = (run.epoch, lane)
        assert run.gap_from is None
        assert run.first_seq == self.marks.get(key, -1) + 1
        assert list(run.bodies) == self.durable[key][run.first_seq : run.last_seq + 1]
        self.do(self.outbox.acknowledge(run, run.last_seq))
        self.marks[key] = run.last_seq

    @rule(lane=LANES, back=st.integers(1, 400))
    def the_cloud_went_back(self, lane: Lane, back: int) -> None:
        key = (self.outbox.epoch, lane)
        mark = max(-1, self.marks.get(key, -1) - back)
        self.do(self.outbox.acknowledge(Run(lane, 0, (), epoch=self.outbox.epoch), mark))
        self.marks[key] = mark

    @rule()
    def tidy(self) -> None:
        self.now_s += 20.0
        self.do(self.outbox.tidy())

    @rule()
    def kill(self) -> None:
        """What was not committed is gone, marks may be older: as if the cloud had gone back."""
        self.outbox._lives.close()
        self.outbox._thread.shutdown()
        self.pending.clear()
        self.open()
        for store in self.outbox._lives.stores():
            for lane in Lane:
                self.marks[store.epoch, lane] = store.positions[lane].acknowledged

    @rule()
    def close_and_open(self) -> None:
        self.do(self.outbox.close())
        self.note_durable()
        self.open()

    @precondition(lambda self: not self.pending)
    @rule()
    def renew(self) -> None:
        """It is found to be a copy: what lies above the fork gets numbers of a new epoch, in order."""
        old = self.outbox._lives.current
        forks = {lane: position.fork for lane, position in old.positions.items()}
        self.do(self.outbox.renew(Run(Lane.STATES, 0, (), epoch=self.outbox.epoch)))
        for lane, fork in forks.items():
            rows = self.durable.get((old.epoch, lane), [])
            self.durable[old.epoch, lane], moved = rows[:fork], rows[fork:]
            self.durable[self.outbox.epoch, lane] = list(moved)
            self.marks[old.epoch, lane] = min(self.marks.get((old.epoch, lane), -1), fork - 1)

    @invariant()
    def it_knows_how_much_waits(self) -> None:
        lanes = self.do(self.outbox.lanes())
        for lane in Lane:
            epochs = [store.epoch for store in self.outbox._lives.stores()]
            waiting = sum(
                len(self.durable.get((epoch, lane), [])) - 1 - self.marks.get((epoch, lane), -1)
                for epoch in epochs
            )
            pending = sum(len(bodies) for where, bodies in self.pending if where is lane)
            assert lanes[lane].waiting == waiting + pending

    def teardown(self) -> None:
        self.outbox._lives.close()
        self.outbox._thread.shutdown()
        self.loop.close()
        shutil.rmtree(self.folder)


OutboxMachine.TestCase.settings = settings(
    max_examples=15,
    stateful_step_count=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestOutbox = OutboxMachine.TestCase
