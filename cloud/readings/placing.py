"""Gives rows the times that anchors and neighbouring boots allow (contract.timeline). Pure.

A row that its gateway's synchronised clock has dated stays as it is; all others take the best that is known.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from cloud.readings.codes import TIME_BOUNDED, TIME_CORRECTED, TIME_SYNCED, TIME_UNKNOWN
from cloud.readings.columns import EARLIEST, MAX_AHEAD, ReadingColumns, instant_of, microseconds
from cloud.readings.schemas import Stamp
from contract.timeline import CONTRADICTION_S, DRIFT_PPM, Boot, Tie, TimeQuality, believed, place

MICROSECONDS_PER_NS = 1e-3
LIE_MARGIN = timedelta(minutes=5)
"""A wrong clock drifts and is slewed like any other, and a boot lasts longer than was noted."""


@dataclass(frozen=True, slots=True)
class KnownBoot:
    """A boot as the cloud knows it; its number only orders it among others."""

    boot_id: bytes
    boot_no: int
    last_ns: int
    ties: tuple[Tie, ...] = ()
    unsure: bool = False
    """Rows of it have a time that an anchor would correct."""
    waits: bool = False
    """Rows of it have no time yet."""

    @property
    def lie(self) -> tuple[datetime, datetime] | None:
        """Between which times its rows lie whose kernel called a wrong clock right; None where none did."""
        wrong = set(self.ties) - set(believed(self.ties))
        if not wrong:
            return None
        begins_at = min(tie.at(0) for tie in wrong) - LIE_MARGIN
        return begins_at, max(tie.at(self.last_ns) for tie in wrong) + LIE_MARGIN


@dataclass(frozen=True, slots=True)
class Bounds:
    """A boot without a tie: the middle of its bounds, `begins_us` at its start and faster by `stretch`."""

    begins_us: int
    stretch: float


class Timeline:
    """The boots of one gateway, in their order."""

    def __init__(self, boots: Iterable[KnownBoot], now: datetime) -> None:
        self.boots = tuple(sorted(boots, key=lambda boot: boot.boot_no))
        self._now = now
        self._by_id = {boot.boot_id: place for place, boot in enumerate(self.boots)}
        self._numbered = [Boot(place, boot.last_ns, boot.ties) for place, boot in enumerate(self.boots)]

    def bounds_of(self, boot_id: bytes) -> Bounds | None:
        """Return the bounds of a boot that is over and lies between two that are tied; None otherwise."""
        place_no = self._by_id.get(boot_id)
        if place_no is None or not any(boot.ties for boot in self.boots[place_no + 1 :]):
            return None
        last_ns = max(1_000, self.boots[place_no].last_ns)
        first, last = (place(self._numbered, place_no, at_ns, self._now) for at_ns in (0, last_ns))
        if TimeQuality.UNKNOWN in (first.quality, last.quality):
            return None
        length_us = microseconds(last.at) - microseconds(first.at)
        return Bounds(microseconds(first.at), length_us / (last_ns * MICROSECONDS_PER_NS))

    def ties_of(self, boot_id: bytes) -> tuple[Tie, ...]:
        """Return what ties a boot to UTC."""
        place_no = self._by_id.get(boot_id)
        return () if place_no is None else self.boots[place_no].ties

    def place_readings(self, columns: ReadingColumns, received_at: datetime) -> ReadingColumns:
        """Return readings with the times that are known now."""
        columns = self._without_lies(columns)
        recorded_us, quality = columns.recorded_us.copy(), columns.time_quality.copy()
        unsure = quality >= TIME_BOUNDED
        for boot_id in {bytes(each) for each in columns.boot_id[unsure].tolist()}:
            rows = np.flatnonzero(unsure & (columns.boot_id == np.void(boot_id)))
            at = self._at(boot_id, columns.boottime_ns[rows])
            if at is not None:
                can_be = _can_be(at, received_at)
                recorded_us[rows[can_be]], quality[rows[can_be]] = at[can_be], TIME_CORRECTED
                continue
            rows = rows[quality[rows] == TIME_UNKNOWN]
            bounds = self.bounds_of(boot_id)
            if bounds is not None and len(rows):
                middle_us = (
                    bounds.begins_us + columns.boottime_ns[rows] * bounds.stretch * MICROSECONDS_PER_NS
                )
                recorded_us[rows] = np.minimum(middle_us, microseconds(received_at))
                quality[rows] = TIME_BOUNDED
        return replace(columns, recorded_us=recorded_us, time_quality=quality)

    def _without_lies(self, columns: ReadingColumns) -> ReadingColumns:
        """Unbelieve what kernels called synchronised and the cloud's own ties contradict."""
        quality, claimed_us = columns.time_quality.copy(), columns.claimed_us.copy()
        for boot_id in {bytes(each) for each in columns.boot_id.tolist()}:
            rows = np.flatnonzero((quality == TIME_SYNCED) & (columns.boot_id == np.void(boot_id)))
            lies = rows[self._contradicted(boot_id, columns.boottime_ns[rows], columns.recorded_us[rows])]
            quality[lies], claimed_us[lies] = TIME_BOUNDED, columns.recorded_us[lies]
        return replace(columns, time_quality=quality, claimed_us=claimed_us)

    def _contradicted(
        self, boot_id: bytes, boottime_ns: NDArray[np.int64], said_us: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        clouds = tuple(tie for tie in self.ties_of(boot_id) if tie.is_clouds)
        if not clouds or not len(boottime_ns):
            return np.zeros(len(boottime_ns), bool)
        at_us, error_s = _by(clouds, boottime_ns)
        contradicted: NDArray[np.bool_] = np.abs(said_us - at_us) > (CONTRADICTION_S + error_s) * 1e6
        return contradicted

    def place_stamp(self, stamp: Stamp, received_at: datetime) -> Stamp:
        """Return a stamp with the time that is known now."""
        boot_id, boottime_ns = bytes.fromhex(stamp.record.boot_id), stamp.record.boottime_ns
        if stamp.time_quality == TIME_SYNCED:
            said_us = np.array([microseconds(stamp.recorded_at)], np.int64)
            if self._contradicted(boot_id, np.array([boottime_ns], np.int64), said_us).any():
                stamp = stamp._replace(time_quality=TIME_BOUNDED, claimed_at=stamp.recorded_at)
        if stamp.time_quality < TIME_BOUNDED:
            return stamp
        at = self._at(boot_id, np.array([boottime_ns], np.int64))
        if at is not None and not _can_be(at, received_at).all():
            return stamp
        if at is not None:
            return stamp._replace(recorded_at=instant_of(at[0]), time_quality=TIME_CORRECTED)
        bounds = self.bounds_of(boot_id) if stamp.time_quality == TIME_UNKNOWN else None
        if bounds is None:
            return stamp
        middle = instant_of(round(bounds.begins_us + boottime_ns * bounds.stretch * MICROSECONDS_PER_NS))
        return stamp._replace(recorded_at=min(middle, received_at), time_quality=TIME_BOUNDED)

    def _at(self, boot_id: bytes, boottime_ns: NDArray[np.int64]) -> NDArray[np.int64] | None:
        ties = believed(self.ties_of(boot_id))
        return _by(ties, boottime_ns)[0] if ties else None


def _by(ties: Sequence[Tie], boottime_ns: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return when moments of a boot were by the tie that leaves the smallest error, us, and that error, s."""
    from_ns = np.array([tie.boottime_ns for tie in ties], np.int64)
    utc_us = np.array([microseconds(tie.utc_at) for tie in ties], np.int64)
    since_ns = boottime_ns[:, None] - from_ns[None, :]
    error_s = np.array([tie.error_s for tie in ties]) + np.abs(since_ns) * (DRIFT_PPM * 1e-15)
    best, row = np.argmin(error_s, axis=1), np.arange(len(boottime_ns))
    at: NDArray[np.int64] = utc_us[best] + since_ns[row, best] // 1000
    return at, error_s[row, best]


def _can_be(at_us: NDArray[np.int64], received_at: datetime) -> NDArray[np.bool_]:
    """Whether a tie gives a time that can be: a boot clock that is not one could point centuries away."""
    latest_us = microseconds(received_at + MAX_AHEAD)
    return (at_us >= microseconds(EARLIEST)) & (at_us <= latest_us)


Newest = tuple[int, int, datetime | None]
"""boot_no, highest boot time in ns, and its wall time if that was synchronised."""


def newest_rows(columns: ReadingColumns, stamps: Sequence[Stamp]) -> dict[bytes, Newest]:
    """Return by boot_id what the newest row of each boot in a batch says."""
    found: dict[bytes, Newest] = {}
    for boot_id in dict.fromkeys(columns.boot_id.tolist()):
        rows = np.flatnonzero(columns.boot_id == np.void(boot_id))
        last = rows[np.argmax(columns.boottime_ns[rows])]
        is_synced = columns.time_quality[last] == TIME_SYNCED
        wall_at = instant_of(columns.recorded_us[last]) if is_synced else None
        found[bytes(boot_id)] = (int(columns.boot_no[last]), int(columns.boottime_ns[last]), wall_at)
    for stamp in stamps:
        record = stamp.record
        boot_id = bytes.fromhex(record.boot_id)
        wall_at = stamp.recorded_at if stamp.time_quality == TIME_SYNCED else None
        if boot_id not in found or found[boot_id][1] < record.boottime_ns:
            found[boot_id] = (record.boot_no, record.boottime_ns, wall_at)
    return found
