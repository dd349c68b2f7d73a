"""The outbox: asyncio outside, one thread with SQLite inside. Owns when records become durable.

Group commit: movements at once, states within a few seconds or 200 records, because a commit writes some
10 kB to an SD card however small the record. A movement takes the waiting states along. An accepted record
is never lost: while the disk refuses, records wait in memory and are tried again every second. They get
their numbers with their commit, so nothing that failed has used one up.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from contract.records import Lane
from edge.buffer.acceptance_log import AcceptanceLog
from edge.buffer.ballast import Ballast
from edge.buffer.damage import is_damage, is_full
from edge.buffer.lives import Lives
from edge.buffer.pending import Pending
from edge.buffer.upkeep import OutboxLimits, Upkeep
from edge.ports import LaneState, Run

log = logging.getLogger(__name__)

GROUP_RECORDS = 200
RETRY_S = 1.0
REACHED_PER_KEEP = 24
"""How finely it is noted which mark was reached when: hourly, where records are kept for a day."""
T = TypeVar("T")


class SqliteOutbox:
    """The durable store of records; open() it, run() its committer, close() it."""

    def __init__(
        self,
        path: Path,
        limits: OutboxLimits,
        steady_s: Callable[[], float],
        acceptance_log: Path | None = None,
    ) -> None:
        """`steady_s` counts real seconds and never goes back: the wall clock decides nothing here."""
        self._limits, self._log_path = limits, acceptance_log
        self._lives = Lives(path, steady_s)
        self._ballast = Ballast(path.with_suffix(".ballast"), limits.ballast_bytes)
        self._upkeep = Upkeep(self._lives, self._ballast, limits)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="outbox")
        self._pending = Pending()
        self._work, self._urgent = asyncio.Event(), asyncio.Event()
        self._committed = {lane: asyncio.Event() for lane in Lane}
        self._commit_lock = asyncio.Lock()
        self._unprobed: set[tuple[str, Lane]] = set()
        self._to_salvage = asyncio.Event()
        self._acceptance: AcceptanceLog | None = None
        self.boot_no = 0
        self.used_bytes = 0

    @property
    def epoch(self) -> str:
        """Name of the file that is in use."""
        return self._lives.current.epoch

    async def open(self, boot_id: str) -> None:
        """Open the file. Raises sqlite3.Error, OSError or OutboxFromTheFutureError."""
        await self._call(lambda: self._open(boot_id))
        for lane in Lane:
            self._committed[lane].set()

    def _open(self, boot_id: str) -> None:
        try:
            self.boot_no = self._lives.open(boot_id)
        except (sqlite3.Error, OSError) as error:
            if not (is_full(error) and self._ballast.give_back()):
                raise
            log.warning("the disk is full: the ballast is given back")
            self.boot_no = self._lives.open(boot_id)
        self._ask_again()
        with suppress(sqlite3.Error):
            self._lives.current.pages.reserve()
        self._ballast.lay()
        if self._log_path is not None:
            self._acceptance = AcceptanceLog(self._log_path)
            self._catch_up(self._acceptance)

    def _catch_up(self, acceptance: AcceptanceLog) -> None:
        """Log what a killed process had committed and not yet logged."""
        store = self._lives.current
        for lane in Lane:
            records = store.bodies_after(lane, acceptance.last_seq(store.epoch, lane))
            acceptance.write(store.epoch, ((lane, seq, body) for seq, body in records))

    async def _call(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _guarded(self, work: Callable[[], T]) -> T:
        """Do something with the files in the thread; a damaged file is set aside and it is done again."""

        def guarded() -> T:
            try:
                return work()
            except Exception as error:
                if not is_damage(error):
                    raise
                self._lives.set_aside(error)
                self._unprobed = {(store.epoch, lane) for store in self._lives.stores() for lane in Lane}
                return work()

        return await self._call(guarded)

    async def _insist(self, work: Callable[[], T]) -> T:
        """Write something that may be written twice: again every RETRY_S while the disk refuses."""
        while True:
            try:
                return await self._guarded(work)
            except (sqlite3.Error, OSError) as error:
                log.warning("the outbox cannot keep a mark (%s): trying again", error)
                await asyncio.sleep(RETRY_S)

    def append(self, lane: Lane, bodies: Sequence[bytes]) -> asyncio.Future[None]:
        """Accept records; the future is done once they are durable.

        Raises OutboxBusyError for states when PENDING_MAX records already wait for the disk.
        """
        durable = self._pending.add(lane, bodies)
        self._work.set()
        if lane is Lane.MOVEMENTS or self._pending.count >= GROUP_RECORDS:
            self._urgent.set()
        return durable

    async def run(self) -> None:
        """Commit for ever, and salvage what was damaged beside it."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._commit_for_ever(), name="commits")
            tasks.create_task(self._salvage_for_ever(), name="salvage")

    async def _salvage_for_ever(self) -> None:
        while True:
            is_more = await self._call(self._lives.salvage_step)
            if is_more:
                continue
            for lane in Lane:
                self._committed[lane].set()
            self._to_salvage.clear()
            await self._to_salvage.wait()

    async def _commit_for_ever(self) -> None:
        while True:
            await self._work.wait()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._urgent.wait(), self._limits.commit_every_s)
            await self._flush_with_retries()

    async def _flush_with_retries(self) -> None:
        complained = False
        while True:
            try:
                await self.flush()
            except (sqlite3.Error, OSError) as error:
                if not complained:
                    waiting = self._pending.count
                    log.warning("the outbox cannot write (%s): %d records wait in memory", error, waiting)
                complained = True
                if not (is_full(error) and await self._guarded(self._upkeep.relieve)):
                    await asyncio.sleep(RETRY_S)
            else:
                return

    async def flush(self) -> None:
        """Commit what waits. Raises sqlite3.Error or OSError, with everything still waiting."""
        async with self._commit_lock:
            self._work.clear()
            self._urgent.clear()
            taken, bodies = self._pending.first()
            if not bodies:
                return
            try:
                await self._guarded(lambda: self._commit(bodies))
            except (sqlite3.Error, OSError):
                self._work.set()
                raise
            durable = self._pending.committed(taken, bodies)
            if self._pending.has_more:
                self._work.set()
                self._urgent.set()
            for lane in bodies:
                self._committed[lane].set()
        for future in durable:
            if not future.done():
                future.set_result(None)

    def _commit(self, bodies: dict[Lane, list[bytes]]) -> None:
        store = self._lives.current
        firsts = store.append(bodies)
        if self._acceptance is not None:
            rows = (
                (lane, seq, body)
                for lane, first in firsts.items()
                for seq, body in enumerate(bodies[lane], first)
            )
            self._acceptance.write(store.epoch, rows)

    async def probe(self, lane: Lane) -> Run | None:
        """Return a run without records that asks for the mark of a lane; None once that is known.

        Every start asks before it sends: a mark beyond what was ever sent from this file gives a copy away.
        """
        for store in self._lives.stores():
            if (store.epoch, lane) in self._unprobed:
                return Run(lane, store.positions[lane].acknowledged + 1, (), epoch=store.epoch)
        return None

    def _ask_again(self) -> None:
        """Ask for all marks: at the start, and when a mark went back (then others may have, too)."""
        self._unprobed = {(store.epoch, lane) for store in self._lives.stores() for lane in Lane}
        for lane in Lane:
            self._committed[lane].set()

    async def read(self, lane: Lane, limit: int, max_bytes: int) -> Run | None:
        """Return the run that follows the acknowledged mark, former files first; None when nothing waits."""
        return await self._guarded(lambda: self._read(lane, limit, max_bytes))

    def _read(self, lane: Lane, limit: int, max_bytes: int) -> Run | None:
        runs = (store.read(lane, limit, max_bytes) for store in self._lives.stores())
        return next((run for run in runs if run is not None), None)

    async def acknowledge(self, run: Run, mark: int) -> None:
        """Note that the cloud has committed up to mark; less than before is a rewind (it was restored)."""
        could_send = self.may_send
        went_back = await self._insist(lambda: self._acknowledge(run, mark))
        if self.may_send and not could_send:
            for lane in Lane:
                self._committed[lane].set()
        self._unprobed.discard((run.epoch, run.lane))
        if went_back:
            self._ask_again()
            self._unprobed.discard((run.epoch, run.lane))

    def _acknowledge(self, run: Run, mark: int) -> bool:
        """Move a mark; True when it went back."""
        store = self._lives.store_of(run.epoch)
        if store is None:
            return False
        if store is self._lives.current:
            self._lives.confirm(run.lane)
        position = store.positions[run.lane]
        went_back = mark < position.acknowledged
        mark = min(mark, position.next_seq - 1)
        store.marks.acknowledge(run.lane, mark, self._limits.keep_s / REACHED_PER_KEEP)
        return went_back

    @property
    def may_send(self) -> bool:
        """Whether the marks of all lanes have been asked for since the start, and none gave a copy away."""
        return all(self._lives.is_confirmed(lane) for lane in Lane)

    def is_strange(self, run: Run, mark: int) -> bool:
        """Whether the cloud's mark tells that this file is a copy: it has what was never given to it here."""
        store = self._lives.current
        if run.epoch != store.epoch:
            return False
        position = store.positions[run.lane]
        known = position.next_seq if self._lives.is_confirmed(run.lane) else position.fork
        return mark >= known and mark > run.last_seq

    async def renew(self, run: Run) -> None:
        """Begin a new epoch: this file is a copy, and its numbers would be given twice."""
        async with self._commit_lock:
            if run.epoch != self.epoch:
                return
            await self._guarded(self._lives.renew)
            self._ask_again()
            if self._acceptance is not None:
                acceptance = self._acceptance
                await self._call(lambda: self._catch_up(acceptance))
        for lane in Lane:
            self._committed[lane].set()

    async def wait(self, lane: Lane) -> None:
        """Return when records were committed to the lane since the last wait."""
        await self._committed[lane].wait()
        self._committed[lane].clear()

    async def lanes(self) -> dict[Lane, LaneState]:
        """Return where every lane stands, with what waits for the disk and in former files."""

        def stand() -> dict[Lane, LaneState]:
            former = {lane: sum(store.lane(lane).waiting for store in self._lives.former) for lane in Lane}
            return {
                lane: LaneState(state.acknowledged, state.next_seq, state.waiting + former[lane])
                for lane in Lane
                for state in (self._lives.current.lane(lane),)
            }

        stored = await self._guarded(stand)
        return {
            lane: LaneState(
                state.acknowledged,
                state.next_seq + self._pending.records[lane],
                state.waiting + self._pending.records[lane],
            )
            for lane, state in stored.items()
        }

    async def tidy(self) -> int:
        """Delete what is old enough; when too large, more; return the bytes in use.

        Too large: the files, their wal and shm, and the ballast together are over max_bytes, or the disk is
        nearly full. First all acknowledged records go, then time is thinned (edge.buffer.thinning); movements
        never go.
        """
        try:
            self.used_bytes = await self._guarded(self._upkeep.tidy)
        except (sqlite3.Error, OSError) as error:
            log.warning("the outbox could not be tidied (%s): tried again", error)
            if is_full(error):
                await self._guarded(self._upkeep.relieve)
        self._to_salvage.set()
        return self.used_bytes

    async def close(self) -> None:
        """Commit what waits and close the files; safe to call twice."""
        with suppress(RuntimeError):
            try:
                await self.flush()
            except (sqlite3.Error, OSError) as error:
                waiting = self._pending.count
                log.warning("the outbox could not write %d records at the end: %s", waiting, error)
            await self._call(self._close)
        self._thread.shutdown()

    def _close(self) -> None:
        with suppress(sqlite3.Error):
            self._lives.current.marks.save()
        self._lives.close()
        if self._acceptance is not None:
            self._acceptance.close()
