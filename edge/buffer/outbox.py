"""The outbox: asyncio outside, one thread with SQLite inside. Owns when rows become durable.

Group commit: movements at once, states within a few seconds or 200 rows, because a commit writes some
10 kB to an SD card however small the row. A movement takes the waiting states along. An accepted record
is never lost: when the disk refuses, the rows wait in memory and are tried again every second.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from contract.records import Lane
from edge.buffer.acceptance_log import AcceptanceLog
from edge.buffer.store import NewRow, Store
from edge.ports import LaneState, OutboxBusyError, Run

log = logging.getLogger(__name__)

GROUP_ROWS = 200
PENDING_MAX = 50_000
"""Rows that wait for the disk; past this new states are refused (movements never)."""
RETRY_S = 1.0
TRIM_STEPS = 20
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OutboxLimits:
    """How often to commit (real s), how long to keep what was acknowledged, and how large to grow."""

    commit_every_s: float = 5.0
    keep_s: float = 86_400.0
    max_bytes: int = 512 * 1024 * 1024


class SqliteOutbox:
    """The durable store of records; open() it, run() its committer, close() it."""

    def __init__(
        self,
        path: Path,
        limits: OutboxLimits,
        real_s: Callable[[], float],
        acceptance_log: Path | None = None,
    ) -> None:
        self._path, self._limits, self._real_s = path, limits, real_s
        self._log_path = acceptance_log
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="outbox")
        self._pending: list[tuple[NewRow, ...]] = []
        self._pending_rows = 0
        self._durable: list[asyncio.Future[None]] = []
        self._work, self._urgent = asyncio.Event(), asyncio.Event()
        self._committed = {lane: asyncio.Event() for lane in Lane}
        self._commit_lock = asyncio.Lock()
        self._next = dict.fromkeys(Lane, 0)
        self._mark = dict.fromkeys(Lane, -1)
        self._acceptance: AcceptanceLog | None = None
        self._store: Store
        self.epoch = ""
        self.boot_no = 0
        self.used_bytes = 0

    async def open(self, boot_id: str) -> None:
        """Open the file. Raises sqlite3.Error, OSError or OutboxFromTheFutureError."""
        await self._call(lambda: self._open(boot_id))
        for lane in Lane:
            self._committed[lane].set()

    def _open(self, boot_id: str) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._store = Store(self._path)
        identity = self._store.identify(boot_id)
        self.epoch, self.boot_no = identity.epoch, identity.boot_no
        self._load_lanes()
        if self._log_path is not None:
            self._acceptance = AcceptanceLog(self._log_path)
            self._catch_up(self._acceptance)

    def _load_lanes(self) -> None:
        for lane in Lane:
            state = self._store.lane(lane)
            self._next[lane], self._mark[lane] = state.next_seq, state.acknowledged

    def _catch_up(self, acceptance: AcceptanceLog) -> None:
        """Log what a killed process had committed and not yet logged."""
        for lane in Lane:
            rows = self._store.bodies_after(lane, acceptance.last_seq(self.epoch, lane))
            acceptance.write(self.epoch, ((lane, seq, body) for seq, body in rows))

    async def _call(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def append(self, lane: Lane, bodies: Sequence[bytes]) -> asyncio.Future[None]:
        """Accept records; the future is done once they are durable.

        Raises OutboxBusyError for states when PENDING_MAX rows already wait for the disk.
        """
        if lane is Lane.STATES and self._pending_rows >= PENDING_MAX:
            raise OutboxBusyError(f"{PENDING_MAX} rows wait for the disk: check the SD card")
        first, now = self._next[lane], self._real_s()
        self._next[lane] = first + len(bodies)
        self._pending.append(tuple(NewRow(lane, first + i, body, now) for i, body in enumerate(bodies)))
        self._pending_rows += len(bodies)
        durable: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._durable.append(durable)
        self._work.set()
        if lane is Lane.MOVEMENTS or self._pending_rows >= GROUP_ROWS:
            self._urgent.set()
        return durable

    async def run(self) -> None:
        """Commit for ever."""
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
                    log.warning(
                        "the outbox cannot write (%s): %d rows wait in memory", error, self._pending_rows
                    )
                complained = True
                await asyncio.sleep(RETRY_S)
            else:
                return

    async def flush(self) -> None:
        """Commit what waits. Raises sqlite3.Error or OSError, with everything still waiting."""
        async with self._commit_lock:
            self._work.clear()
            self._urgent.clear()
            batches, durable = len(self._pending), list(self._durable)
            rows = [row for batch in self._pending for row in batch]
            if not rows:
                return
            try:
                await self._call(lambda: self._commit(rows))
            except (sqlite3.Error, OSError):
                self._work.set()
                raise
            del self._pending[:batches], self._durable[: len(durable)]
            self._pending_rows -= len(rows)
            for lane in {row.lane for row in rows}:
                self._committed[lane].set()
        for future in durable:
            if not future.done():
                future.set_result(None)

    def _commit(self, rows: list[NewRow]) -> None:
        self._store.append(rows)
        if self._acceptance is not None:
            self._acceptance.write(self.epoch, ((row.lane, row.seq, row.body) for row in rows))

    async def read(self, lane: Lane, limit: int, max_bytes: int) -> Run | None:
        """Return the run that follows the acknowledged mark; None when nothing waits."""
        return await self._call(lambda: self._store.read(lane, self._mark[lane], limit, max_bytes))

    async def acknowledge(self, lane: Lane, mark: int) -> None:
        """Note that the cloud has committed up to mark."""
        await self._move(lane, mark)

    async def rewind(self, lane: Lane, mark: int) -> None:
        """Go back: the cloud has only up to mark (its database was restored)."""
        await self._move(lane, mark)

    async def _move(self, lane: Lane, mark: int) -> None:
        self._mark[lane] = mark
        await self._call(lambda: self._store.move_mark(lane, mark))

    async def renew(self) -> None:
        """Begin a new epoch: this file was restored from a copy and numbers would be given twice."""
        await self._flush_with_retries()
        async with self._commit_lock:
            rows_waiting = self._pending
            self.epoch = await self._call(self._store.renew)
            await self._call(self._load_lanes)
            self._renumber(rows_waiting)
            if self._acceptance is not None:
                acceptance = self._acceptance
                await self._call(lambda: self._catch_up(acceptance))

    def _renumber(self, waiting: list[tuple[NewRow, ...]]) -> None:
        for index, batch in enumerate(waiting):
            lane = batch[0].lane
            waiting[index] = tuple(row._replace(seq=self._next[lane] + i) for i, row in enumerate(batch))
            self._next[lane] += len(batch)

    async def wait(self, lane: Lane) -> None:
        """Return when records were committed to the lane since the last wait."""
        await self._committed[lane].wait()
        self._committed[lane].clear()

    async def lanes(self) -> dict[Lane, LaneState]:
        """Return where every lane stands, rows that still wait for the disk included."""
        stored = await self._call(lambda: {lane: self._store.lane(lane) for lane in Lane})
        return {
            lane: LaneState(
                state.acknowledged, self._next[lane], state.waiting + self._next[lane] - state.next_seq
            )
            for lane, state in stored.items()
        }

    async def tidy(self) -> int:
        """Delete acknowledged rows that are old enough; when too large, more; return the bytes in use.

        Over max_bytes first all acknowledged rows go, then the oldest waiting states (declared to the
        cloud as a gap); movements never go.
        """
        self.used_bytes = await self._call(self._tidy)
        return self.used_bytes

    def _tidy(self) -> int:
        before = self._real_s() - self._limits.keep_s
        for _ in range(TRIM_STEPS):
            if not self._store.trim(before):
                break
        for _ in range(TRIM_STEPS):
            if self._store.used_bytes() <= self._limits.max_bytes:
                break
            if not self._store.trim(self._real_s() + 1) and not self._thin():
                break
        return self._store.used_bytes()

    def _thin(self) -> int:
        given_up = self._store.thin()
        log.warning("the outbox is full: the %d oldest waiting readings were thinned out", given_up)
        return given_up

    async def close(self) -> None:
        """Commit what waits and close the file; safe to call twice."""
        with suppress(RuntimeError):
            try:
                await self.flush()
            except (sqlite3.Error, OSError) as error:
                log.warning("the outbox could not write %d rows at the end: %s", self._pending_rows, error)
            await self._call(self._close)
        self._thread.shutdown()

    def _close(self) -> None:
        self._store.close()
        if self._acceptance is not None:
            self._acceptance.close()
