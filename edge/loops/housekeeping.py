"""What happens whether or not frames come: silent scales, health, a tidy outbox, the status file."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from contract.records import Health, Lane
from edge.domain.engine import Engine, ScaleView
from edge.domain.refusals import Refusals
from edge.domain.status import LaneStatus, ScaleStatus, Status
from edge.loops.publishing import Reachability
from edge.loops.recording import Recorder
from edge.ports import Clock, Machine, Outbox, ShelfBus

log = logging.getLogger(__name__)

TICK_S = 1.0
"""Bar seconds."""
REPORT_EVERY_S = 2.0
"""Real seconds between two status files."""
ANCHOR_LOOK_EVERY_S = 5.0
"""Real seconds between two questions to the kernel whether its clock is right."""
TIDY_EVERY_S = 20.0
"""Real seconds between two looks at the outbox's size."""


@dataclass(frozen=True, slots=True)
class House:
    """All that housekeeping looks at."""

    gateway_id: str
    software: str
    clock: Clock
    bus: ShelfBus
    engine: Engine
    outbox: Outbox
    recorder: Recorder
    reachability: Reachability
    refusals: Refusals
    machine: Machine
    write_status: Callable[[Status], None]


class Housekeeping:
    """Ticks once a bar second."""

    def __init__(self, house: House, health_interval_s: float) -> None:
        self._house, self._health_interval_s = house, health_interval_s
        self._started_s = self._boot_s()
        self._health_s = self._started_s
        self._reported_s = self._tidied_s = self._anchored_s = 0.0
        self._used_bytes = 0

    def set_health_interval(self, health_interval_s: float) -> None:
        """Take another time between two health records, bar seconds."""
        self._health_interval_s = health_interval_s

    async def run(self) -> None:
        """Tick for ever."""
        while True:
            await self._tick()
            await self._house.clock.sleep(TICK_S)

    async def _tick(self) -> None:
        house, now_s, real_s = self._house, self._boot_s(), self._house.clock.real_s()
        house.recorder.record(house.engine.tick(now_s))
        if real_s - self._anchored_s >= ANCHOR_LOOK_EVERY_S:
            self._anchored_s = real_s
            house.recorder.record_anchors()
        if real_s - self._tidied_s >= TIDY_EVERY_S:
            self._tidied_s = real_s
            self._used_bytes = await house.outbox.tidy()
        if now_s - self._health_s >= self._health_interval_s:
            self._health_s = now_s
            house.recorder.record_now(await self._health())
        if real_s - self._reported_s >= REPORT_EVERY_S:
            self._reported_s = real_s
            self._report(await self.status())

    def _boot_s(self) -> float:
        return self._house.clock.boottime_ns() / 1e9

    def _report(self, status: Status) -> None:
        try:
            self._house.write_status(status)
        except OSError as error:
            if self._house.refusals.note(f"status.json not written ({error.strerror})"):
                log.warning("status.json cannot be written: %s", error)

    async def _health(self) -> Health:
        house = self._house
        lanes = await house.outbox.lanes()
        return Health(
            software=house.software,
            uptime_s=self._boot_s() - self._started_s,
            outbox_waiting=sum(state.waiting for state in lanes.values()),
            outbox_bytes=self._used_bytes,
            disk_free_bytes=house.machine.disk_free_bytes(),
            cpu_temperature_c=house.machine.cpu_temperature_c(),
            clock_synced=house.clock.is_synced(),
            refused=house.refusals.counts(),
            scales=house.engine.health(),
        )

    async def status(self) -> Status:
        """Return the picture that `python -m edge status` shows."""
        house, lanes = self._house, await self._house.outbox.lanes()
        return Status(
            gateway_id=house.gateway_id,
            software=house.software,
            written_at_s=house.clock.real_s(),
            uptime_s=self._boot_s() - self._started_s,
            broker_connected=house.bus.is_connected,
            cloud_reachable=house.reachability.is_reachable,
            cloud_reason=house.reachability.reason,
            last_acknowledged_at_s=house.reachability.acknowledged_at_s,
            clock_synced=house.clock.is_synced(),
            nodes={node: status.state for node, status in house.bus.nodes.items()},
            lanes={lane.value: _lane(lanes[lane].waiting, lanes[lane].acknowledged) for lane in Lane},
            refused=house.refusals.counts(),
            scales=tuple(_scale(view) for view in house.engine.views(self._boot_s())),
        )


def _lane(waiting: int, acknowledged: int) -> LaneStatus:
    return LaneStatus(waiting=waiting, acknowledged=acknowledged)


def _scale(view: ScaleView) -> ScaleStatus:
    return ScaleStatus(
        scale_id=view.scale_id,
        slots=view.slots,
        state=view.quality,
        weight_g=view.weight_g,
        age_s=view.age_s,
        hint=view.hint,
        temperature_c=view.temperature_c,
    )
