"""Rules of ingest: whose batch it is, where it begins, what becomes of each record, one transaction.

The answer is given after the commit. What a gateway sends twice is stored once: by position (the mark),
never by looking at the records.
"""

import asyncio
import logging
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from cloud.clock import Clock
from cloud.db.pool import Connection, Database
from cloud.gateways.schemas import HealthNote, Speaker, Tally
from cloud.gateways.service import GatewaysService
from cloud.movements.service import MovementsService
from cloud.problems import CloudProblem, Malformed, OutOfOrder, Unauthorized
from cloud.readings.admission import Admission
from cloud.readings.codes import LANE_CODES
from cloud.readings.columns import instant_of
from cloud.readings.news import heads_of, sights_of, slots_of, weighings_of
from cloud.readings.parsing import parse_batch
from cloud.readings.repo import ReadingsRepo
from cloud.readings.schemas import (
    BatchHead,
    GapRow,
    HealthRow,
    Incoming,
    ParsedBatch,
    Position,
    SignedBody,
    SortedBatch,
)
from cloud.readings.sorting import sort_records
from cloud.readings.swift import read_swiftly
from cloud.readings.teller import Teller
from cloud.readings.times import TimesService
from cloud.readings.times_repo import TimesRepo
from cloud.stock.service import StockService
from contract.batch import BatchAnswer, Refusal

log = logging.getLogger(__name__)


class ReadingsService:
    """Takes signed batches: as many at a time as admission lets in, max_writers of them use the database."""

    def __init__(
        self,
        database: Database,
        repo: ReadingsRepo,
        *,
        gateways: GatewaysService,
        stock: StockService,
        movements: MovementsService,
        clock: Clock,
        admission: Admission,
        teller: Teller,
        max_writers: int = 4,
    ) -> None:
        self._database = database
        self._repo = repo
        self._gateways = gateways
        self._stock = stock
        self._movements = movements
        self._clock = clock
        self._admission = admission
        self._writers = asyncio.Semaphore(max_writers)
        self._times = TimesService(TimesRepo())
        self._teller = teller

    def admitted(self) -> AbstractAsyncContextManager[None]:
        """Hold one of the places for requests in flight. Raises Busy when none gets free in time."""
        return self._admission.admitted()

    async def take(self, signed: SignedBody) -> BatchAnswer:
        """Verify, sort and commit one batch.

        Raises Unauthorized, Malformed, OutOfOrder (with expected_seq) or Unavailable; then nothing of it is
        stored.
        """
        speaker = await self._gateways.speaker(signed.gateway_id, signed.signature, signed.body)
        received_at = self._clock.now()
        head, batch, speaker = await self._read(signed, speaker, received_at)
        position = Position(speaker.gateway_no, UUID(hex=head.epoch), LANE_CODES[head.lane])
        async with self._writers:
            incoming = Incoming(head, batch, speaker, position, received_at, signed.is_relayed)
            return await self._commit(incoming)

    async def count_refusal(self, gateway_id: str, problem: CloudProblem) -> None:
        """Count, for its gateway, a batch that was refused before it was read."""
        await self._gateways.count_refusal(gateway_id, problem.title.lower())

    async def _read(
        self, signed: SignedBody, speaker: Speaker, received_at: datetime
    ) -> tuple[BatchHead, SortedBatch, Speaker]:
        """Read and sort a batch at once, or record by record where not all of it is as usual."""
        swift = read_swiftly(signed.body, speaker, received_at)
        if swift is not None:
            return swift.head, swift.sorted, speaker
        parsed = await self._parsed(signed)
        batch, speaker = await self._sorted(parsed, speaker, received_at)
        return parsed.head, batch, speaker

    async def _parsed(self, signed: SignedBody) -> ParsedBatch:
        try:
            parsed = parse_batch(signed.body)
        except Malformed:
            await self._gateways.count_refusal(signed.gateway_id, "malformed batch")
            raise
        if parsed.head.gateway_id != signed.gateway_id:
            await self._gateways.count_refusal(signed.gateway_id, "batch of another gateway")
            raise Unauthorized(
                f"{signed.gateway_id!r} signed a batch of {parsed.head.gateway_id!r}; "
                "a gateway can only speak for itself"
            )
        return parsed

    async def _sorted(
        self, parsed: ParsedBatch, speaker: Speaker, received_at: datetime
    ) -> tuple[SortedBatch, Speaker]:
        """Sort; where a name is unknown, once more with the layout of this moment. Return which it was."""
        numbered = list(enumerate(parsed.records, start=parsed.head.first_seq))
        batch = sort_records(numbered, speaker, received_at)
        if batch.quarantined:
            newer = await self._gateways.speaker_anew(speaker.gateway_id)
            if newer is not None and newer is not speaker:
                return sort_records(numbered, newer, received_at), newer
        return batch, speaker

    async def _commit(self, incoming: Incoming) -> BatchAnswer:
        """Begin and lock, copy, bring the present forward and commit: four round trips."""
        corrected: tuple[str, ...] = ()
        async with self._database.transaction_by_hand() as connection:
            mark = await self._repo.begin(connection, incoming.position)
            _refuse_above(mark, incoming.head)
            is_new = mark < incoming.head.first_seq
            if not is_new:
                incoming = replace(incoming, sorted=incoming.sorted.after(mark))
            if incoming.head.last_seq > mark:
                incoming, timeline = await self._times.learn(connection, incoming, is_new=is_new)
                await self._repo.copy(connection, incoming.position, incoming.received_at, incoming.sorted)
                corrected = await self._times.settle(connection, incoming, timeline)
                await self._finish(connection, mark, incoming)
        if incoming.head.last_seq > mark:
            self._times.committed(incoming)
            self._tell(incoming.speaker, incoming.sorted, corrected)
        return _answer(incoming, mark)

    async def _finish(self, connection: Connection, mark: int, incoming: Incoming) -> None:
        position, batch, now = incoming.position, incoming.sorted, incoming.received_at
        given_up = max(0, incoming.head.first_seq - mark - 1)
        async with connection.pipeline():
            if given_up and incoming.head.gap is not None:
                gap = GapRow(mark + 1, mark + given_up, incoming.head.gap.reason)
                await self._repo.note_gap(connection, position, now, gap)
            if batch.quarantined:
                await self._repo.quarantine(connection, position, now, batch.quarantined)
            if batch.sightings:
                await self._repo.forget_sightings(connection, position, now)
            await self._repo.move_mark(connection, position, incoming.head.last_seq)
            await self._bring_forward(connection, incoming, given_up)
            await self._repo.commit(connection)

    async def _bring_forward(self, connection: Connection, incoming: Incoming, given_up: int) -> None:
        """Bring slots, movements and last the gateway to what the batch says.

        Everything that locks rows of slots and of a gateway takes them in this order (as settling does),
        so that the lanes of a gateway never wait for each other in a circle.
        """
        speaker, batch, epoch = incoming.speaker, incoming.sorted, incoming.position.epoch
        if weighings := weighings_of(batch.readings):
            await self._stock.take(connection, epoch, weighings)
        if sights := sights_of(batch.sightings):
            await self._stock.take_sights(connection, epoch, sights)
        if heads := heads_of(batch.movements):
            await self._movements.take(connection, speaker.gateway_no, speaker.site_no, heads)
        states_to = instant_of(batch.readings.recorded_us[-1]) if len(batch.readings) else None
        tally = Tally(len(batch.quarantined), len(batch.flagged), given_up, states_to)
        await self._gateways.saw(connection, speaker.gateway_no, incoming.received_at, tally)
        if batch.healths:
            note = _note(epoch, batch.healths[-1], speaker)
            await self._gateways.note_health(connection, speaker.gateway_no, note)

    def _tell(self, speaker: Speaker, batch: SortedBatch, corrected: tuple[str, ...]) -> None:
        numbers = slots_of(batch.readings) | {slot_no for row in batch.sightings for slot_no in row.slot_nos}
        slots = [name for name, place in speaker.slots.items() if place.slot_no in numbers]
        movements = [*(row.movement.movement_id for row in batch.movements), *corrected]
        self._teller.tell(speaker.site_id, speaker.gateway_id, slots, movements)


def _refuse_above(mark: int, head: BatchHead) -> None:
    begins_at = head.gap.from_seq if head.gap is not None else head.first_seq
    if begins_at <= mark + 1:
        return
    raise OutOfOrder(
        f"the next record of {head.gateway_id}'s lane {head.lane.value} is {mark + 1}, "
        f"this batch begins at {begins_at}; go on from {mark + 1}, or declare a gap from there",
        expected_seq=mark + 1,
    )


def _note(epoch: UUID, row: HealthRow, speaker: Speaker) -> HealthNote:
    own = tuple(scale for scale in row.health.scales if scale.scale_id in speaker.scales)
    health = row.health.model_copy(update={"scales": own})
    return HealthNote(epoch, row.stamp.seq, row.stamp.recorded_at, health)


def _answer(incoming: Incoming, mark: int) -> BatchAnswer:
    head, fresh = incoming.head, incoming.sorted
    return BatchAnswer(
        epoch=head.epoch,
        lane=head.lane,
        mark=max(mark, incoming.head.last_seq),
        stored=fresh.stored,
        already_there=min(max(0, mark + 1 - head.first_seq), head.count),
        flagged=len(fresh.flagged),
        quarantined=tuple(Refusal(seq=row.seq, reason=row.bad.reason) for row in fresh.quarantined),
        received_at=incoming.received_at,
    )
