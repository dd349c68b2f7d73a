"""Turns what was seen into durable records. Owns the time that a record carries; knows no file."""

import asyncio
import logging
from collections.abc import Sequence

from contract.records import LANE_OF_KIND, Body, Lane, Record
from edge.domain.engine import Seen
from edge.domain.refusals import Refusals
from edge.domain.timekeeping import wall_at
from edge.loops.timekeeping import Timekeeping
from edge.ports import Clock, Outbox, OutboxBusyError

log = logging.getLogger(__name__)


class Recorder:
    """Gives bodies their boot and wall time and hands them to the outbox."""

    def __init__(
        self,
        outbox: Outbox,
        clock: Clock,
        refusals: Refusals,
        timekeeping: Timekeeping,
        *,
        boot_no: int,
        boot_id: str,
    ) -> None:
        self._outbox, self._clock, self._refusals = outbox, clock, refusals
        self._timekeeping = timekeeping
        self._boot_no, self._boot_id = boot_no, boot_id

    def record(self, seen: Sequence[Seen]) -> list[asyncio.Future[None]]:
        """Accept what was seen, in order; each future is done when its records are durable."""
        by_lane: dict[Lane, list[bytes]] = {}
        for one in seen:
            body = self._json(one.at_s, one.body)
            by_lane.setdefault(LANE_OF_KIND[one.body.kind], []).append(body)
        return [future for lane, bodies in by_lane.items() if (future := self._append(lane, bodies))]

    def record_now(self, body: Body) -> list[asyncio.Future[None]]:
        """Accept a body of this moment."""
        future = self._append(LANE_OF_KIND[body.kind], [self._json(self._clock.boottime_ns() / 1e9, body)])
        return [future] if future else []

    def record_anchors(self) -> None:
        """Look at the clocks and accept the anchors that are due."""
        self._timekeeping.look()
        for given in self._timekeeping.due():
            self._append(Lane.MOVEMENTS, [self._json(given.boottime_ns / 1e9, given.anchor)])

    def _append(self, lane: Lane, bodies: list[bytes]) -> asyncio.Future[None] | None:
        try:
            return self._outbox.append(lane, bodies)
        except OutboxBusyError as error:
            if self._refusals.note("reading not accepted: the disk does not keep up", len(bodies)):
                log.warning("%s", error)
            return None

    def _json(self, at_s: float, body: Body) -> bytes:
        now, now_s = self._clock.now(), self._clock.boottime_ns() / 1e9
        record = Record(
            boot_no=self._boot_no,
            boot_id=self._boot_id,
            boottime_ns=max(0, int(at_s * 1e9)),
            wall_at=wall_at(at_s, now_s, now),
            synced=self._timekeeping.is_synced(),
            body=body,
        )
        return record.model_dump_json().encode()
