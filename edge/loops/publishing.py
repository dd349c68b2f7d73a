"""Outbox -> cloud, by position. Owns when a batch goes and what an answer does to the marks.

Lanes do not wait for each other: movements go at once, states in batches that grow with the backlog and
shrink on a thin line. Retries are in real time, and shared: while the cloud is away one lane asks for both.
Every answer but an acknowledgement leaves the records where they are.
"""

import asyncio
import logging
from collections.abc import Callable

from contract.batch import MAX_BATCH_BYTES
from contract.records import Lane
from edge.domain.batch_size import BatchSize
from edge.domain.breaker import Breaker
from edge.ports import Accepted, Clock, Elsewhere, NotNow, Outbox, Run, Uplink

log = logging.getLogger(__name__)

HEAD_BYTES = 64 * 1024
BEHIND_S = 4.0
"""States that have waited for longer are a backlog."""


class Reachability:
    """Whether the cloud answers, said in the log once per change and not once per attempt."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.is_reachable: bool | None = None
        self.reason: str | None = None
        self.acknowledged_at_s: float | None = None

    def acknowledged(self) -> None:
        """The cloud has committed something."""
        if self.is_reachable is not True:
            log.info("the cloud takes our records")
        self.is_reachable, self.reason = True, None
        self.acknowledged_at_s = self._clock.real_s()

    def failed(self, reason: str) -> None:
        """The cloud did not take a batch."""
        if reason != self.reason:
            log.warning("records wait here: %s", reason)
        self.is_reachable, self.reason = False, reason


class Publishing:
    """Sends what the outbox holds, for ever."""

    def __init__(
        self,
        outbox: Outbox,
        uplink: Uplink,
        reachability: Reachability,
        breaker: Breaker,
        steady_s: Callable[[], float],
    ) -> None:
        """`breaker` is shared by all that talk to this cloud; `steady_s` counts real seconds."""
        self._outbox, self._uplink, self._reachability = outbox, uplink, reachability
        self._breaker, self._steady_s = breaker, steady_s
        self._sizes = {lane: BatchSize() for lane in Lane}
        self._behind_since_s: float | None = steady_s()

    @property
    def is_behind(self) -> bool:
        """Whether the cloud takes records, and states have been waiting for a while."""
        since_s = self._behind_since_s
        is_late = since_s is not None and self._steady_s() - since_s > BEHIND_S
        return is_late and self._breaker.is_closed

    async def run(self) -> None:
        """Run one publisher per lane."""
        async with asyncio.TaskGroup() as lanes:
            for lane in (Lane.MOVEMENTS, Lane.STATES):
                lanes.create_task(self._publish(lane), name=f"publishing {lane}")

    async def _publish(self, lane: Lane) -> None:
        while True:
            run = await self._next(lane)
            if run is not None and await self._has_waited():
                run = await self._next(lane)  # what was read may have become another file's meanwhile
                if run is None:
                    self._breaker.released()
            if run is None:
                self._note_behind(lane, is_behind=False)
                await self._outbox.wait(lane)
                self._note_behind(lane, is_behind=True)
            else:
                await asyncio.sleep(await self._send(run))

    async def _next(self, lane: Lane) -> Run | None:
        """Every start asks for the marks of all lanes before it sends anything."""
        probe = await self._outbox.probe(lane)
        if probe is not None:
            return probe
        if not self._outbox.may_send:
            return None
        return await self._outbox.read(lane, self._sizes[lane].records, MAX_BATCH_BYTES - HEAD_BYTES)

    def _note_behind(self, lane: Lane, *, is_behind: bool) -> None:
        if lane is Lane.STATES:
            self._behind_since_s = self._steady_s() if is_behind else None

    async def _has_waited(self) -> bool:
        """Wait until the breaker lets a request through; whether that took any time."""
        has_waited = False
        while True:
            wait_s = self._breaker.wait_s(self._steady_s())
            if wait_s <= 0:
                return has_waited
            has_waited = True
            await asyncio.sleep(wait_s)

    async def _send(self, run: Run) -> float:
        """Send one batch and return the real seconds to wait before the next."""
        began_s = self._steady_s()
        answer = await self._uplink.send(run.epoch, run)
        if isinstance(answer, NotNow):
            return self._failed(run, answer)
        if isinstance(answer, Accepted):
            self._sizes[run.lane].took(len(run.bodies), self._steady_s() - began_s)
            self._tell_quarantined(run, answer)
            return await self._move(run, answer.mark, "acknowledged nothing of a batch")
        if isinstance(answer, Elsewhere):
            return await self._move(run, answer.expected_seq - 1, "asked for the batch that it refused")
        if self._sizes[run.lane].refused(len(run.bodies)):
            self._breaker.succeeded()
            return 0.0
        return self._failed(run, NotNow("the cloud calls a batch of one record too large"))

    async def _move(self, run: Run, mark: int, complaint: str) -> float:
        """Follow the cloud's mark, wherever it is; without progress wait as after a failure."""
        begin = run.gap_from if run.gap_from is not None else run.first_seq
        if mark == begin - 1 and run.last_seq >= begin:
            return self._failed(run, NotNow(f"the cloud {complaint} from {begin} on"))
        self._breaker.succeeded()
        if self._outbox.is_strange(run, mark):
            log.warning("the cloud has records up to %d that are not here: beginning a new epoch", mark)
            await self._outbox.renew(run)
            return 0.0
        if mark < begin - 1:
            log.warning("the cloud went back to %d in %s: sending again from there", mark, run.lane)
        await self._outbox.acknowledge(run, mark)
        self._reachability.acknowledged()
        return 0.0

    def _failed(self, run: Run, answer: NotNow) -> float:
        self._reachability.failed(answer.reason)
        if answer.is_slow:
            self._sizes[run.lane].timed_out()
        return self._breaker.failed(self._steady_s(), answer.retry_after_s)

    def _tell_quarantined(self, run: Run, answer: Accepted) -> None:
        for refusal in answer.quarantined:
            log.warning("the cloud put record %d of %s aside: %s", refusal.seq, run.lane, refusal.reason)
