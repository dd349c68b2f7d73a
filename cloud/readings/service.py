"""Rules of ingest: whose batch it is, where it begins, what becomes of each record, one transaction.

The answer is given after the commit. What a gateway sends twice is stored once: by position (the mark),
never by looking at the records.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from cloud.clock import Clock
from cloud.db.pool import Connection, Database
from cloud.gateways.schemas import Speaker, Tally
from cloud.gateways.service import GatewaysService
from cloud.movements.service import MovementsService
from cloud.problems import Busy, CloudProblem, Malformed, OutOfOrder, Unauthorized
from cloud.readings.codes import LANE_CODES
from cloud.readings.news import heads_of, payload, weighings_of
from cloud.readings.parsing import parse_batch
from cloud.readings.repo import ReadingsRepo
from cloud.readings.schemas import ParsedBatch, Position, SignedBody, SortedBatch
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
        gateways: GatewaysService,
        stock: StockService,
        movements: MovementsService,
        clock: Clock,
        *,
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
        batch = await self._sorted(parsed, speaker, received_at)
        async with self._writers:
            return await self._commit(parsed, batch, speaker, received_at)

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

    async def _sorted(self, parsed: ParsedBatch, speaker: Speaker, received_at: datetime) -> SortedBatch:
        """Sort; where a name is unknown, once more with the layout of this moment."""
        numbered = list(enumerate(parsed.records, start=parsed.first_seq))
        batch = sort_records(numbered, speaker, received_at)
        if batch.quarantined:
            newer = await self._gateways.speaker_anew(speaker.gateway_id)
            if newer is not None and newer is not speaker:
                batch = sort_records(numbered, newer, received_at)
        return batch

    async def _commit(
        self, parsed: ParsedBatch, batch: SortedBatch, speaker: Speaker, received_at: datetime
    ) -> BatchAnswer:
        position = Position(speaker.gateway_no, UUID(hex=parsed.epoch), LANE_CODES[parsed.lane])
        last_seq = parsed.first_seq + len(parsed.records) - 1
        async with self._database.transaction() as connection:
            mark = await self._repo.lock_mark(connection, position)
            _refuse_above(mark, parsed)
            if mark >= parsed.first_seq:
                batch = batch.after(mark)
            if last_seq > mark:
                await self._store(connection, position, mark, parsed, batch, speaker, received_at)
        return _answer(parsed, batch, mark, max(mark, last_seq))

    async def _store(
        self,
        connection: Connection,
        position: Position,
        mark: int,
        parsed: ParsedBatch,
        batch: SortedBatch,
        speaker: Speaker,
        received_at: datetime,
    ) -> None:
        given_up = max(0, parsed.first_seq - mark - 1)
        if parsed.gap is not None and given_up:
            to_seq = parsed.first_seq - 1
            await self._repo.note_gap(connection, position, mark + 1, to_seq, parsed.gap, received_at)
        await self._repo.copy(connection, position, received_at, batch)
        if batch.quarantined:
            await self._repo.quarantine(connection, position, received_at, batch.quarantined)
        tally = Tally(len(batch.quarantined), len(batch.flagged), given_up)
        last_seq = parsed.first_seq + len(parsed.records) - 1
        async with connection.pipeline():
            await self._gateways.saw(connection, position.gateway_no, received_at, tally)
            await self._repo.move_mark(connection, position, last_seq)
            await self._tell(connection, position, batch, speaker)

    async def _tell(
        self, connection: Connection, position: Position, batch: SortedBatch, speaker: Speaker
    ) -> None:
        """Bring the present state of slots, movements and the gateway forward, and say what changed."""
        slots = await self._stock.take(connection, position.epoch, weighings_of(batch.readings))
        heads = heads_of(batch.movements)
        movements = await self._movements.take(connection, speaker.gateway_no, speaker.site_no, heads)
        if batch.healths:
            last = batch.healths[-1]
            own = [scale for scale in last.health.scales if scale.scale_id in speaker.scales]
            health = last.health.model_copy(update={"scales": tuple(own)})
            at = last.stamp.recorded_at
            await self._gateways.note_health(
                connection, speaker.gateway_no, position.epoch, last.stamp.seq, at, health
            )
        names = {place.slot_no: name for name, place in speaker.slots.items()}
        changed_slots = [names[row["slot_no"]] for row in await slots.fetchall()]
        changed_movements = [row["movement_id"].hex for row in await movements.fetchall()]
        news = payload(speaker.site_id, speaker.gateway_id, changed_slots, changed_movements)
        await self._repo.notify(connection, news)


def _refuse_above(mark: int, parsed: ParsedBatch) -> None:
    begins_at = parsed.gap.from_seq if parsed.gap is not None else parsed.first_seq
    if begins_at <= mark + 1:
        return
    raise OutOfOrder(
        f"the next record of {parsed.gateway_id}'s lane {parsed.lane.value} is {mark + 1}, this batch begins at "
        f"{begins_at}; go on from {mark + 1}, or declare a gap from there",
        expected_seq=mark + 1,
    )


def _answer(parsed: ParsedBatch, batch: SortedBatch, mark_before: int, mark: int) -> BatchAnswer:
    already_there = min(max(0, mark_before + 1 - parsed.first_seq), len(parsed.records))
    return BatchAnswer(
        epoch=parsed.epoch,
        lane=parsed.lane,
        mark=mark,
        stored=batch.stored,
        already_there=already_there,
        flagged=len(batch.flagged),
        quarantined=tuple(Refusal(seq=row.seq, reason=row.bad.reason) for row in batch.quarantined),
    )
