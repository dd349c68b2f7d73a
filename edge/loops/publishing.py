"""Outbox -> cloud, by position. Owns when a batch goes and what an answer does to the marks.

Lanes do not wait for each other: movements go at once, states in batches that grow with the backlog.
Retries are in real time. Every answer but an acknowledgement leaves the records where they are.
"""

import asyncio
import logging
from collections.abc import Callable

from contract.batch import MAX_BATCH_BYTES, MAX_BATCH_RECORDS
from contract.records import Lane
from edge.domain.backoff import Backoff
from edge.ports import Accepted, Clock, Elsewhere, NotNow, Outbox, Run, TooLarge, Uplink

log = logging.getLogger(__name__)

BATCH_START = 200
HEAD_BYTES = 64 * 1024


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
        self, outbox: Outbox, uplink: Uplink, reachability: Reachability, backoff: Callable[[], Backoff]
    ) -> None:
        self._outbox, self._uplink, self._reachability = outbox, uplink, reachability
        self._backoffs = {lane: backoff() for lane in Lane}
        self._sizes = dict.fromkeys(Lane, BATCH_START)

    async def run(self) -> None:
        """Run one publisher per lane."""
        async with asyncio.TaskGroup() as lanes:
            for lane in (Lane.MOVEMENTS, Lane.STATES):
                lanes.create_task(self._publish(lane), name=f"publishing {lane}")

    async def _publish(self, lane: Lane) -> None:
        while True:
            epoch = self._outbox.epoch
            run = await self._outbox.read(lane, self._sizes[lane], MAX_BATCH_BYTES - HEAD_BYTES)
            if run is None:
                await self._outbox.wait(lane)
            elif epoch == self._outbox.epoch:
                wait_s = await self._send(epoch, run)
                await asyncio.sleep(wait_s)

    async def _send(self, epoch: str, run: Run) -> float:
        """Send one batch and return the real seconds to wait before the next."""
        answer = await self._uplink.send(epoch, run)
        if epoch != self._outbox.epoch:
            return 0.0
        if isinstance(answer, Accepted):
            self._tell_quarantined(run, answer)
            return await self._move(run, answer.mark, "acknowledged nothing of a batch")
        if isinstance(answer, Elsewhere):
            return await self._move(run, answer.expected_seq - 1, "asked for the batch that it refused")
        if isinstance(answer, TooLarge):
            return self._shrink(run)
        return self._failed(run.lane, answer)

    async def _move(self, run: Run, mark: int, complaint: str) -> float:
        """Follow the cloud's mark, wherever it is; without progress wait as after a failure."""
        begin = run.gap_from if run.gap_from is not None else run.first_seq
        if mark == begin - 1 and run.last_seq >= begin:
            return self._failed(run.lane, NotNow(f"the cloud {complaint} from {begin} on"))
        if mark < begin:
            log.warning("the cloud went back to %d in %s: sending again from there", mark, run.lane)
            await self._outbox.rewind(run.lane, mark)
        elif mark > run.last_seq and mark >= (await self._outbox.lanes())[run.lane].next_seq:
            log.warning("the cloud has records up to %d that are not here: beginning a new epoch", mark)
            await self._outbox.renew()
            return 0.0
        else:
            await self._outbox.acknowledge(run.lane, mark)
            self._grow(run)
        self._reachability.acknowledged()
        self._backoffs[run.lane].reset()
        return 0.0

    def _grow(self, run: Run) -> None:
        if len(run.bodies) >= self._sizes[run.lane]:
            self._sizes[run.lane] = min(MAX_BATCH_RECORDS, self._sizes[run.lane] * 2)

    def _shrink(self, run: Run) -> float:
        if len(run.bodies) <= 1:
            return self._failed(run.lane, NotNow("the cloud calls a batch of one record too large"))
        self._sizes[run.lane] = max(1, len(run.bodies) // 2)
        return 0.0

    def _failed(self, lane: Lane, answer: NotNow) -> float:
        self._reachability.failed(answer.reason)
        return self._backoffs[lane].next_s(answer.retry_after_s)

    def _tell_quarantined(self, run: Run, answer: Accepted) -> None:
        for refusal in answer.quarantined:
            log.warning("the cloud put record %d of %s aside: %s", refusal.seq, run.lane, refusal.reason)
