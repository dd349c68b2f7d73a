"""Keeps what is known of the gateways' time, and gives rows their time when it becomes known.

All of it happens in the transaction of the batch that brought the news. A batch of synchronised rows costs
nothing here but, once a minute, a word on how long its boot has lasted.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from cloud.db.pool import Connection
from cloud.readings.codes import TIME_BOUNDED, TIME_SYNCED, TIME_UNKNOWN
from cloud.readings.columns import EARLIEST, MAX_AHEAD, instant_of, microseconds
from cloud.readings.placing import Newest, Timeline, newest_rows
from cloud.readings.schemas import Incoming, SortedBatch, Stamp
from cloud.readings.times_repo import BootNote, BootTie, Settled, TimesRepo
from contract.anchors import Sent
from contract.timeline import CONTRADICTION_S, DRIFT_PPM, Tie

NOTE_EVERY_NS = 60_000_000_000
"""How much longer a boot must have lasted to be noted again."""
MAX_REMEMBERED = 50_000
"""Boots of which this process remembers how long it has noted them to have lasted."""
SYNCED_ERROR_S = 1.0
"""How far a row's wall time may be off although the kernel called the clock synchronised."""
ARRIVAL_ERROR_S = 0.05
"""What passes here between the arrival of a body and the look at the clock."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a batch says of its gateway's time."""

    notes: tuple[BootNote, ...]
    ties: tuple[BootTie, ...]
    has_unsure: bool


class TimesService:
    """Ties, boots and the rows that wait for them."""

    def __init__(self, repo: TimesRepo) -> None:
        self._repo = repo
        self._noted_ns: OrderedDict[tuple[int, bytes], int] = OrderedDict()

    async def learn(
        self, connection: Connection, incoming: Incoming, *, is_new: bool
    ) -> tuple[Incoming, Timeline | None]:
        """Take what a batch says of time; return it with the times that are known now.

        is_new: nothing of the batch was there already, so it is no replay. The timeline is there when rows
        of other batches may get a time by it.
        """
        known = self._known(incoming, is_new=is_new)
        gateway_no, now = incoming.position.gateway_no, incoming.received_at
        if not (known.notes or known.ties or known.has_unsure):
            return incoming, None
        if known.ties or known.has_unsure:
            await self._repo.lock(connection, gateway_no)
        await self._repo.note_boots(connection, gateway_no, now, known.notes)
        if known.ties:
            await self._repo.note_ties(connection, gateway_no, known.ties)
        if incoming.sorted.anchors:
            await self._repo.keep_anchors(connection, incoming.position, now, incoming.sorted.anchors)
        if not (known.has_unsure or known.ties):
            return incoming, None
        timeline = await self._repo.timeline(connection, gateway_no, now)
        placed = placed_batch(incoming.sorted, timeline, incoming) if known.has_unsure else incoming.sorted
        return replace(incoming, sorted=placed), timeline if known.ties else None

    async def settle(
        self, connection: Connection, incoming: Incoming, timeline: Timeline | None
    ) -> tuple[str, ...]:
        """Give rows that are there already, and those just copied, the times that are known now.

        Returns the movements that have another time.
        """
        unsure = _unsure_notes(incoming.sorted)
        gateway_no = incoming.position.gateway_no
        if unsure:
            await self._repo.note_boots(connection, gateway_no, incoming.received_at, unsure)
        settled: list[Settled] = []
        told = {bytes.fromhex(row.stamp.record.boot_id) for row in incoming.sorted.anchors}
        for boot in timeline.boots if timeline is not None else ():
            bounds = None if timeline is None or boot.ties else timeline.bounds_of(boot.boot_id)
            lied = boot.boot_id in told and boot.lie is not None
            if (boot.ties and boot.unsure) or lied or (bounds is not None and boot.waits):
                scale_nos = list(incoming.speaker.scales.values())
                settled.append(
                    await self._repo.settle(connection, gateway_no, boot, bounds=bounds, scale_nos=scale_nos)
                )
        return tuple(name for each in settled for name in each.movement_ids)

    def committed(self, incoming: Incoming) -> None:
        """Remember how long boots are noted to have lasted."""
        for boot_id, (_, last_ns, _) in _newest(incoming.sorted).items():
            key = (incoming.position.gateway_no, boot_id)
            if last_ns - self._noted_ns.get(key, -NOTE_EVERY_NS) >= NOTE_EVERY_NS:
                self._noted_ns[key] = last_ns
                self._noted_ns.move_to_end(key)
        while len(self._noted_ns) > MAX_REMEMBERED:
            self._noted_ns.popitem(last=False)

    def _known(self, incoming: Incoming, *, is_new: bool) -> Known:
        batch = incoming.sorted
        newest = _newest(batch)
        ties = [*_ties_of_anchors(incoming), *_ties_of_sending(incoming, is_new=is_new)]
        has_unsure = (
            bool((batch.readings.time_quality >= TIME_BOUNDED).any())
            or any(stamp.time_quality >= TIME_BOUNDED for stamp in _stamps(batch))
            or may_lie(batch, incoming.head.sent)
        )
        tied = {tie.boot_id for tie in ties}
        notes = {
            boot_id: BootNote(boot_id, boot_no, last_ns)
            for boot_id, (boot_no, last_ns, _) in newest.items()
            if has_unsure or boot_id in tied or self._is_due(incoming.position.gateway_no, boot_id, last_ns)
        }
        for boot_id, (_, last_ns, wall_at) in newest.items():
            if boot_id in notes and wall_at is not None:
                ties.append(BootTie(boot_id, Tie(last_ns, wall_at, SYNCED_ERROR_S)))
        sent = incoming.head.sent
        if sent is not None and bytes.fromhex(sent.boot_id) in tied - notes.keys():
            boot_id = bytes.fromhex(sent.boot_id)
            notes[boot_id] = BootNote(boot_id, sent.boot_no, 0)
        return Known(tuple(notes.values()), tuple(ties), has_unsure)

    def _is_due(self, gateway_no: int, boot_id: bytes, last_ns: int) -> bool:
        return last_ns - self._noted_ns.get((gateway_no, boot_id), -NOTE_EVERY_NS) >= NOTE_EVERY_NS


def placed_batch(batch: SortedBatch, timeline: Timeline, incoming: Incoming) -> SortedBatch:
    """Return a batch with the times that are known now; what got one is flagged no longer."""
    at = incoming.received_at
    placed = replace(
        batch,
        readings=timeline.place_readings(batch.readings, at),
        movements=[row._replace(stamp=timeline.place_stamp(row.stamp, at)) for row in batch.movements],
        healths=[row._replace(stamp=timeline.place_stamp(row.stamp, at)) for row in batch.healths],
    )
    no_longer = _timeless(batch) - _timeless(placed)
    placed.flagged = [seq for seq in batch.flagged if seq not in no_longer]
    return placed


def may_lie(batch: SortedBatch, sent: Sent | None) -> bool:
    """Whether rows that a kernel dated are to be held against what the cloud's own clock said of their boots.

    Rows of the boot that sends, on the line of its synchronised clock of this moment, need not: had that
    clock been contradicted, it would not be called synchronised.
    """
    if sent is None:
        return False
    readings, boot_id = batch.readings, bytes.fromhex(sent.boot_id)
    line = (sent.boottime_ns, sent.wall_at if sent.synced else None)
    is_synced = readings.time_quality == TIME_SYNCED
    if is_synced.any():
        told = readings if is_synced.all() else readings.where(is_synced)
        if (told.boot_id != np.void(boot_id)).any() or _off_line(told.boottime_ns, told.recorded_us, line):
            return True
    stamps = [stamp for stamp in _stamps(batch) if stamp.time_quality == TIME_SYNCED]
    if any(stamp.record.boot_id != sent.boot_id for stamp in stamps):
        return True
    boottime_ns = np.array([stamp.record.boottime_ns for stamp in stamps], np.int64)
    at_us = np.array([microseconds(stamp.recorded_at) for stamp in stamps], np.int64)
    return bool(stamps) and _off_line(boottime_ns, at_us, line)


def _off_line(
    boottime_ns: NDArray[np.int64], at_us: NDArray[np.int64], line: tuple[int, datetime | None]
) -> bool:
    sent_ns, wall_at = line
    if wall_at is None:
        return True
    since_ns = boottime_ns - sent_ns
    off_us = np.abs(at_us - microseconds(wall_at) - since_ns // 1_000)
    return bool((off_us > CONTRADICTION_S * 1e6 + np.abs(since_ns) * (DRIFT_PPM * 1e-9)).any())


def _timeless(batch: SortedBatch) -> set[int]:
    readings = batch.readings.seq[batch.readings.time_quality == TIME_UNKNOWN].tolist()
    return {*readings, *(stamp.seq for stamp in _stamps(batch) if stamp.time_quality == TIME_UNKNOWN)}


def _stamps(batch: SortedBatch) -> Iterable[Stamp]:
    return [*(row.stamp for row in batch.movements), *(row.stamp for row in batch.healths)]


def _newest(batch: SortedBatch) -> dict[bytes, Newest]:
    return newest_rows(batch.readings, [*_stamps(batch), *(row.stamp for row in batch.anchors)])


def _ties_of_anchors(incoming: Incoming) -> Iterable[BootTie]:
    for row in incoming.sorted.anchors:
        record, anchor = row.stamp.record, row.anchor
        if EARLIEST <= anchor.utc_at <= incoming.received_at + MAX_AHEAD:
            tie = Tie(record.boottime_ns, anchor.utc_at, anchor.error_s, anchor.source == "cloud")
            yield BootTie(bytes.fromhex(record.boot_id), tie)


def _ties_of_sending(incoming: Incoming, *, is_new: bool) -> Iterable[BootTie]:
    """The cloud's own clock: only for a gateway without one, and only where nothing lay on the way."""
    sent = incoming.head.sent
    if sent is None or sent.synced or sent.round_trip_s is None or incoming.is_relayed or not is_new:
        return
    half_s = sent.round_trip_s / 2
    utc_at = incoming.received_at - timedelta(seconds=half_s)
    yield BootTie(bytes.fromhex(sent.boot_id), Tie(sent.boottime_ns, utc_at, half_s + ARRIVAL_ERROR_S))


def _unsure_notes(batch: SortedBatch) -> list[BootNote]:
    """Return the boots of a batch with rows that an anchor would correct, and where these lie."""
    found: dict[bytes, list[tuple[int, int, int, datetime]]] = {}
    unsure = batch.readings.where(batch.readings.time_quality >= TIME_BOUNDED)
    columns = (unsure.boot_id, unsure.boot_no, unsure.boottime_ns, unsure.time_quality, unsure.recorded_us)
    for boot_id, boot_no, at_ns, quality, at_us in zip(*(each.tolist() for each in columns), strict=True):
        found.setdefault(bytes(boot_id), []).append((boot_no, at_ns, quality, instant_of(at_us)))
    for stamp in _stamps(batch):
        if stamp.time_quality >= TIME_BOUNDED:
            record = stamp.record
            row = (record.boot_no, record.boottime_ns, stamp.time_quality, stamp.recorded_at)
            found.setdefault(bytes.fromhex(record.boot_id), []).append(row)
    return [_unsure_note(boot_id, rows) for boot_id, rows in found.items()]


def _unsure_note(boot_id: bytes, rows: list[tuple[int, int, int, datetime]]) -> BootNote:
    stored = [at for _, _, quality, at in rows if quality < TIME_UNKNOWN]
    return BootNote(
        boot_id,
        boot_no=rows[0][0],
        last_ns=max(at_ns for _, at_ns, _, _ in rows),
        unsure=True,
        waits=len(stored) < len(rows),
        unsure_from=min(stored, default=None),
        unsure_to=max(stored, default=None),
    )
