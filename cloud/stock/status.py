"""What to think of a bottle, in one word and one sentence: ok, low, out, check, offline or stale.

Pure: from what the services hand out, the time and the site's zone. Owns the thresholds and their words;
knows no page and no database.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from cloud.stock.schemas import ProductStock, ShelfStock, SlotStock

OFFLINE_AFTER = timedelta(minutes=5)
"""A gateway that is well speaks every minute; five silent ones are an outage and not a hiccup."""

STALE_AFTER = timedelta(minutes=45)
"""A standing bottle is written down every 15 minutes; three missed states are too many."""

IN_HAND_TOO_LONG = timedelta(minutes=20)
"""No pour takes that long: the bottle stands somewhere else by now."""

OUT_BELOW_ML = 20.0
"""Less than half a measure of 4 cl: nothing can be poured from it."""

LOW_BELOW_SHARE = 0.25
"""Of what should stand on the shelf; of one 700 ml bottle that is four measures."""


class Status(StrEnum):
    """Worst first; the order decides what a person is shown first."""

    OUT = "out"
    OFFLINE = "offline"
    CHECK = "check"
    LOW = "low"
    STALE = "stale"
    OK = "ok"

    @property
    def rank(self) -> int:
        """0 is the worst."""
        return list(Status).index(self)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A status, what happened, and what to do about it ("" where nothing is to be done)."""

    status: Status
    sentence: str
    remedy: str = ""


_QUALITY_WORDS = {
    "saturated": ("The scale is pressed against its end.", "Look for something wedged under the shelf."),
    "stuck": (
        "The scale repeats one value and does not move.",
        "Lift the bottle once; if it stays so, have the cell checked.",
    ),
    "silent": ("The scale says nothing.", "Check the plug of the shelf node."),
    "not_ready": ("The scale does not get ready to weigh.", "Check the cable between the cell and its node."),
}


def clock_time(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """Local wall time in words: '22:40' within the last 20 hours, else 'Thu 22:40', or with its date."""
    local, age = at.astimezone(zone), now - at
    if age < timedelta(hours=20):
        return f"{local:%H:%M}"
    return f"{local:%a %H:%M}" if age < timedelta(days=6) else f"{local.day} {local:%b %H:%M}"


def is_offline(seen_at: datetime | None, now: datetime) -> bool:
    """Whether a gateway that was last heard at seen_at (None: never) counts as offline."""
    return seen_at is None or now - seen_at > OFFLINE_AFTER


def gateway_verdict(
    name: str, seen_at: datetime | None, outbox_waiting: int | None, now: datetime, zone: ZoneInfo
) -> Verdict:
    """Judge a gateway by when it was last heard."""
    if seen_at is None:
        return Verdict(
            Status.OFFLINE, f"Gateway {name} has not reported yet.", "Switch it on and register its key."
        )
    if not is_offline(seen_at, now):
        return Verdict(Status.OK, f"Gateway {name} is online.")
    waiting = f", {outbox_waiting:,} readings were waiting" if outbox_waiting else ""
    return Verdict(
        Status.OFFLINE,
        f"Gateway {name} offline since {clock_time(seen_at, now, zone)}{waiting}.",
        "Check its power and network; what it weighs meanwhile will be sent when it is back.",
    )


def slot_verdict(slot: SlotStock, shelf: ShelfStock, now: datetime, zone: ZoneInfo) -> Verdict:
    """Judge one place on a shelf: first whether its figure can be believed, then the figure."""
    return _cannot_know(slot, shelf, now, zone) or _doubtful(slot, now, zone) or _by_level(slot)


def _cannot_know(slot: SlotStock, shelf: ShelfStock, now: datetime, zone: ZoneInfo) -> Verdict | None:
    if slot.product_id is None:
        return _unassigned(slot)
    if slot.scale_id is None and slot.measured_at is None:
        return Verdict(Status.CHECK, "No scale stands under this place.", "Count it by hand.")
    if is_offline(shelf.gateway_seen_at, now):
        return gateway_verdict(shelf.gateway_name, shelf.gateway_seen_at, None, now, zone)
    return None


def _unassigned(slot: SlotStock) -> Verdict:
    if slot.presence in ("standing", "in_hand"):
        return Verdict(
            Status.CHECK, "A bottle stands here that nobody has named.", "Assign a product to this place."
        )
    return Verdict(Status.OK, "This place is free.")


def _doubtful(slot: SlotStock, now: datetime, zone: ZoneInfo) -> Verdict | None:
    if slot.quality in _QUALITY_WORDS:
        sentence, remedy = _QUALITY_WORDS[slot.quality]
        return Verdict(Status.CHECK, sentence, remedy)
    if slot.measured_at is None:
        return Verdict(Status.CHECK, "It has not been weighed yet.", "Put the bottle on its place.")
    since = clock_time(slot.measured_at, now, zone)
    if slot.presence == "in_hand" and now - slot.measured_at > IN_HAND_TOO_LONG:
        return Verdict(Status.CHECK, f"Taken at {since} and not put back.", "Put it back on its place.")
    if slot.presence == "unknown":
        return Verdict(
            Status.CHECK, "The scale cannot tell whether a bottle stands here.", "Lift it and put it back."
        )
    if now - slot.measured_at > STALE_AFTER:
        return Verdict(Status.STALE, f"Not weighed since {since}.", "Lift the bottle once and put it back.")
    return None


def _by_level(slot: SlotStock) -> Verdict:
    if slot.presence == "absent":
        return Verdict(Status.OUT, "No bottle stands in its place.", "Put a bottle there.")
    # A hand does not fill a bottle: what it last weighed is the most that can be in it.
    if slot.on_hand_ml is None or slot.fill_level is None:
        return Verdict(
            Status.CHECK,
            "Its weight cannot be turned into millilitres.",
            "Give the product its empty weight.",
        )
    if slot.on_hand_ml < OUT_BELOW_ML:
        return Verdict(Status.OUT, "The bottle is empty.", "Change the bottle.")
    if slot.fill_level < LOW_BELOW_SHARE:
        return Verdict(Status.LOW, f"About {slot.on_hand_ml:.0f} ml left.", "Have the next bottle ready.")
    return Verdict(Status.OK, "In the hand." if slot.presence == "in_hand" else "Enough in it.")


def product_verdict(product: ProductStock, places: Sequence[Verdict]) -> Verdict:
    """Judge a product over all its places; `places` are the verdicts of its slots.

    What is in the store room is not weighed, so a par above what the shelf can hold does not make it low:
    the target is par, but at most one bottle for each place.
    """
    if not places:
        return Verdict(Status.CHECK, "It stands on no shelf.", "Assign a place to it.")
    doubtful = [place for place in places if place.status in (Status.OFFLINE, Status.CHECK, Status.STALE)]
    if len(doubtful) == len(places):
        return min(doubtful, key=lambda place: place.status.rank)
    level = _product_level(product, len(places) - len(doubtful), places)
    if level.status is not Status.OK or not doubtful:
        return level
    worst = min(doubtful, key=lambda place: place.status.rank)
    return Verdict(worst.status, f"At one of its places: {worst.sentence}", worst.remedy)


def _product_level(product: ProductStock, known: int, places: Sequence[Verdict]) -> Verdict:
    if known == 1 and len(places) == 1:
        return places[0] if places[0].status in (Status.OUT, Status.OK) else _low_or_ok(product, 1)
    if product.on_hand_ml < OUT_BELOW_ML:
        return Verdict(Status.OUT, "Nothing left at any of its places.", "Change the bottles.")
    return _low_or_ok(product, known)


def _low_or_ok(product: ProductStock, known: int) -> Verdict:
    target_bottles = min(product.par_bottles or known, float(known))
    if product.bottles >= LOW_BELOW_SHARE * target_bottles:
        return Verdict(Status.OK, "Enough on the shelf.")
    return Verdict(Status.LOW, f"About {product.on_hand_ml:.0f} ml left.", "Have the next bottle ready.")
