"""What every scale of a gateway shows now: brings the present forward while days of backlog are on their way.

Nothing of it is kept but the newest state of each slot, and a durable row of a later position replaces it.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from pydantic import ValidationError

from cloud.clock import Clock
from cloud.db.pool import Database
from cloud.gateways.schemas import Speaker, Tally
from cloud.gateways.service import GatewaysService
from cloud.problems import Malformed, Unauthorized
from cloud.readings.codes import QUALITY_CODES
from cloud.readings.schemas import SignedBody
from cloud.readings.teller import Teller
from cloud.stock.schemas import Weighing
from cloud.stock.service import StockService
from contract.latest import Latest, LatestAnswer, latest_signing_input
from contract.records import Quality

_EPOCH = datetime.fromtimestamp(0, UTC)
MAX_AGE_S = 86_400.0
"""What is older than a day is called a day old."""


class LatestService:
    """Takes what gateways say of this very moment."""

    def __init__(
        self,
        database: Database,
        *,
        gateways: GatewaysService,
        stock: StockService,
        clock: Clock,
        teller: Teller,
    ) -> None:
        self._database = database
        self._gateways = gateways
        self._stock = stock
        self._clock = clock
        self._teller = teller

    async def take(self, signed: SignedBody) -> LatestAnswer:
        """Bring the slots of a gateway to what they show. Raises Unauthorized, Malformed or Unavailable.

        Readings of scales and slots that are not the gateway's are passed over: their durable twins are
        quarantined, with the reason.
        """
        said = latest_signing_input(signed.body)
        speaker, _ = await self._gateways.signer(signed.gateway_id, signed.signature, said)
        latest = _read(signed)
        received_at = self._clock.now()
        weighings = weighings_now(latest, speaker, received_at_s=received_at.timestamp())
        async with self._database.transaction() as connection:
            if weighings:
                await self._stock.take_latest(connection, UUID(hex=latest.epoch), weighings)
            await self._gateways.saw(connection, speaker.gateway_no, received_at, Tally())
            await self._gateways.note_waiting(connection, speaker.gateway_no, received_at, latest.waiting)
        numbers = {weighing.slot_no for weighing in weighings}
        slots = [name for name, place in speaker.slots.items() if place.slot_no in numbers]
        self._teller.tell(speaker.site_id, speaker.gateway_id, slots)
        return LatestAnswer(received_at=received_at)


def _read(signed: SignedBody) -> Latest:
    try:
        latest = Latest.model_validate_json(signed.body)
    except (ValidationError, OverflowError) as error:
        raise Malformed(f"these are no latest readings of version 1: {str(error)[:200]}") from None
    if latest.gateway_id != signed.gateway_id:
        raise Unauthorized(
            f"{signed.gateway_id!r} signed readings of {latest.gateway_id!r}; "
            "a gateway can only speak for itself"
        )
    return latest


def weighings_now(latest: Latest, speaker: Speaker, *, received_at_s: float) -> list[Weighing]:
    """Return the state of each slot, by slot number, dated by the arrival and the gateway's boot clock."""
    found: dict[int, Weighing] = {}
    sent_at_s = received_at_s - (latest.sent.round_trip_s or 0.0) / 2
    for each in latest.readings:
        reading = each.reading
        if reading.scale_id not in speaker.scales or not speaker.slots.keys() >= set(reading.slots):
            continue
        age_s = min(max(0.0, (latest.sent.boottime_ns - each.boottime_ns) / 1e9), MAX_AGE_S)
        at = _EPOCH + timedelta(seconds=sent_at_s - age_s)
        is_ok = reading.quality is Quality.OK
        for slot in reading.slots:
            slot_no = speaker.slots[slot].slot_no
            found[slot_no] = Weighing(
                slot_no=slot_no,
                seq=latest.next_seq - 1,
                seen_at=at,
                quality=QUALITY_CODES[reading.quality],
                is_shared=len(reading.slots) > 1,
                weight_g=reading.weight_g if is_ok else None,
                sigma_g=reading.sigma_g if is_ok else None,
                weighed_at=at if is_ok else None,
            )
    return [found[slot_no] for slot_no in sorted(found)]
