"""Rules of ingest: whose batch it is, where it begins, what becomes of each record, one transaction.

The answer is given after the commit. What a gateway sends twice is stored once: by position (the mark),
never by looking at the records.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from cloud.clock import Clock
from cloud.db.pool import Connection, Database
from cloud.gateways.schemas import HealthNote, Speaker, Tally
from cloud.gateways.service import GatewaysService
from cloud.movements.service import MovementsService
from cloud.problems import Busy, CloudProblem, Malformed, OutOfOrder, Unauthorized
from cloud.readings.codes import LANE_CODES
from cloud.readings.news import heads_of, payload, sights_of, weighings_of
from cloud.readings.parsing import parse_batch
from cloud.readings.repo import ReadingsRepo
from cloud.readings.schemas import (
    GapRow,
    HealthRow,
    Incoming,
    ParsedBatch,
    Position,
    SignedBody,
    SortedBatch,
)
from cloud.readings.sorting import sort_records
from cloud.stock.service import StockService
from contract.batch import BatchAnswer, Refusal

RETRY_WHEN_BUSY_S = 2
log = logging.getLogger(__name__)


class ReadingsService:
    """Takes signed batches: at most max_ingests at a time, of which max_writers use the database at once."""

    def __init__(
        self,
        database: Database,
        repo: ReadingsRepo,
        *,
        gateways: GatewaysService,
        stock: StockService,
        movements: MovementsService,
        clock: Clock,
        max_ingests: int = 32,
        max_writers: int = 4,
    ) -> None:
        self._database = database
        self._repo = repo
        self._gateways = gateways
        self._stock = stock
        self._movements = movements
        self._clock = clock
        self._free_places = max_ingests
        self._writers = asyncio.Semaphore(max_writers)

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """Hold one of the places for requests in flight. Raises Busy when none is free."""
        if self._free_places == 0:
            raise Busy(
                "as many batches are in flight as this process takes; keep yours and send it again",
                retry_after_s=RETRY_WHEN_BUSY_S,
            )
        self._free_places -= 1
        try:
            yield
        finally:
            self._free_places += 1

    async def take(self, signed: SignedBody) -> BatchAnswer:
        """Verify, sort and commit one batch.

        Raises Unauthorized, Malformed, OutOfOrder (with expected_seq) or Unavailable; then nothing of it is
        stored.
        """
        speaker = await self._gateways.speaker(signed.gateway_id, signed.signature, signed.body)
        parsed = await self._parsed(signed)
        received_at = self._clock.now()
        batch, speaker = await self._sorted(parsed, speaker, received_at)
        position = Position(speaker.gateway_no, UUID(hex=parsed.epoch), LANE_CODES[parsed.lane])
        async with self._writers:
            return await self._commit(Incoming(parsed, batch, speaker, position, received_at))

    async def count_refusal(self, gateway_id: str, problem: CloudProblem) -> None:
        """Count, for its gateway, a batch that was refused before it was read."""
        await self._gateways.count_refusal(gateway_id, problem.title.lower())

    async def _parsed(self, signed: SignedBody) -> ParsedBatch:
        try:
            parsed = parse_batch(signed.body)
        except Malformed:
            await self._gateways.count_refusal(signed.gateway_id, "malformed batch")
            raise
        if parsed.gateway_id != signed.gateway_id:
            await self._gateways.count_refusal(signed.gateway_id, "batch of another gateway")
            raise Unauthorized(
                f"{signed.gateway_id!r} signed a batch of {parsed.gateway_id!r}; "
                "a gateway can only speak for itself"
            )
        return parsed

    async def _sorted(
        self, parsed: ParsedBatch, speaker: Speaker, received_at: datetime
    ) -> tuple[SortedBatch, Speaker]:
        """Sort; where a name is unknown, once more with the layout of this moment. Return which it was."""
        numbered = list(enumerate(parsed.records, start=parsed.first_seq))
        batch = sort_records(numbered, speaker, received_at)
        if batch.quarantined:
            newer = await self._gateways.speaker_anew(speaker.gateway_id)
            if newer is not None and newer is not speaker:
                return sort_records(numbered, newer, received_at), newer
        return batch, speaker

    async def _commit(self, incoming: Incoming) -> BatchAnswer:
        """Begin and lock, copy, bring the present forward and commit: four round trips."""
        async with self._database.transaction_by_hand() as connection:
            mark = await self._repo.begin(connection, incoming.position)
            _refuse_above(mark, incoming.parsed)
            fresh = incoming.sorted
            if mark >= incoming.parsed.first_seq:
                fresh = fresh.after(mark)
            if incoming.last_seq > mark:
                await self._store(connection, mark, replace(incoming, sorted=fresh))
        return _answer(incoming, fresh, mark)

    async def _store(self, connection: Connection, mark: int, incoming: Incoming) -> None:
        position, batch, now = incoming.position, incoming.sorted, incoming.received_at
        given_up = max(0, incoming.parsed.first_seq - mark - 1)
        await self._repo.copy(connection, position, now, batch)
        async with connection.pipeline():
            if given_up and incoming.parsed.gap is not None:
                gap = GapRow(mark + 1, mark + given_up, incoming.parsed.gap.reason)
                await self._repo.note_gap(connection, position, now, gap)
            if batch.quarantined:
                await self._repo.quarantine(connection, position, now, batch.quarantined)
            if batch.sightings:
                await self._repo.forget_sightings(connection, position, now)
            await self._repo.move_mark(connection, position, incoming.last_seq)
            tally = Tally(len(batch.quarantined), len(batch.flagged), given_up)
            await self._gateways.saw(connection, position.gateway_no, now, tally)
            await self._tell(connection, incoming)
            await self._repo.commit(connection)

    async def _tell(self, connection: Connection, incoming: Incoming) -> None:
        """Bring the present state of slots, movements and the gateway forward, and say what they are."""
        speaker, batch, epoch = incoming.speaker, incoming.sorted, incoming.position.epoch
        weighings, heads = weighings_of(batch.readings), heads_of(batch.movements)
        if batch.healths:
            note = _note(epoch, batch.healths[-1], speaker)
            await self._gateways.note_health(connection, speaker.gateway_no, note)
        if weighings:
            await self._stock.take(connection, epoch, weighings)
        sights = sights_of(batch.sightings)
        if sights:
            await self._stock.take_sights(connection, epoch, sights)
        if heads:
            await self._movements.take(connection, speaker.gateway_no, speaker.site_no, heads)
        names = {place.slot_no: name for name, place in speaker.slots.items()}
        changed = {one.slot_no for one in weighings} | {one.slot_no for one in sights}
        slots = [names[slot_no] for slot_no in sorted(changed)]
        movements = [head.movement_id for head in heads]
        await self._repo.notify(connection, payload(speaker.site_id, speaker.gateway_id, slots, movements))


def _refuse_above(mark: int, parsed: ParsedBatch) -> None:
    begins_at = parsed.gap.from_seq if parsed.gap is not None else parsed.first_seq
    if begins_at <= mark + 1:
        return
    raise OutOfOrder(
        f"the next record of {parsed.gateway_id}'s lane {parsed.lane.value} is {mark + 1}, "
        f"this batch begins at {begins_at}; go on from {mark + 1}, or declare a gap from there",
        expected_seq=mark + 1,
    )


def _note(epoch: UUID, row: HealthRow, speaker: Speaker) -> HealthNote:
    own = tuple(scale for scale in row.health.scales if scale.scale_id in speaker.scales)
    health = row.health.model_copy(update={"scales": own})
    return HealthNote(epoch, row.stamp.seq, row.stamp.recorded_at, health)


def _answer(incoming: Incoming, fresh: SortedBatch, mark: int) -> BatchAnswer:
    parsed = incoming.parsed
    return BatchAnswer(
        epoch=parsed.epoch,
        lane=parsed.lane,
        mark=max(mark, incoming.last_seq),
        stored=fresh.stored,
        already_there=min(max(0, mark + 1 - parsed.first_seq), len(parsed.records)),
        flagged=len(fresh.flagged),
        quarantined=tuple(Refusal(seq=row.seq, reason=row.bad.reason) for row in fresh.quarantined),
    )
