"""How figures are said: volumes, bottles, comparisons, movements and doubts. Pure text."""

from datetime import datetime
from zoneinfo import ZoneInfo

from cloud.movements.schemas import DaySummary, MovementLine
from cloud.stock.schemas import SlotStock

SURE_ENOUGH = 0.8
"""From this probability on a movement's slot is named without a word of doubt."""

SAME_WITHIN_SHARE = 0.05
"""Two evenings closer than this are 'about as much'."""


def volume(ml: float) -> str:
    """'410 ml', from a litre on '4.2 l', from a hundred on '120 l'."""
    if abs(ml) < 999.5:
        return f"{ml:.0f} ml"
    litres = ml / 1000
    return f"{litres:.0f} l" if litres >= 100 else f"{litres:.1f} l"


def bottles(count: float) -> str:
    """Bottles in tenths, as bars count them: '1.4'."""
    return f"{max(0.0, count) + 1e-9:.1f}"


def plain_number(value: float) -> str:
    """'2', '2.5': as a person wrote it."""
    return f"{value:g}"


def bottle_label(slot: SlotStock) -> str:
    """Name a drawn bottle for someone who does not see it: 'Campari, 410 of 700 ml, about 59 %'."""
    name = slot.product_name or f"Place {slot.position}"
    if slot.product_id is None:
        return f"{name}, free" if slot.presence not in ("standing", "in_hand") else f"{name}, unnamed bottle"
    if slot.presence == "absent":
        return f"{name}, no bottle in its place"
    if slot.on_hand_ml is None or slot.bottle_volume_ml is None or slot.fill_level is None:
        return f"{name}, level not known"
    hand = ", in the hand" if slot.presence == "in_hand" else ""
    share = round(100 * slot.fill_level)
    by = f", {source(slot.source)}" if slot.source in ("camera", "both") else ""
    return f"{name}, {slot.on_hand_ml:.0f} of {slot.bottle_volume_ml:.0f} ml, about {share} %{hand}{by}"


def source(measured_by: str | None) -> str:
    """Say what a figure was measured by: 'by scale', 'by camera', 'by scale and camera'."""
    return {"scale": "by scale", "camera": "by camera", "both": "by scale and camera"}.get(
        measured_by or "", ""
    )


def against_last_week(day: DaySummary, zone: ZoneInfo) -> str:
    """Compare with the same time a week ago: 'About 0.8 l more than last Friday at this time.'"""
    weekday = f"{day.starts_at.astimezone(zone):%A}"
    before = day.same_time_last_week_ml
    if before is None:
        return f"Nothing recorded last {weekday} to compare with."
    difference = day.poured_ml - before
    if abs(difference) <= SAME_WITHIN_SHARE * max(before, 1.0):
        return f"About as much as last {weekday} at this time."
    side = "more" if difference > 0 else "less"
    return f"About {volume(abs(difference))} {side} than last {weekday} at this time."


_FLOWS = {
    "removal": "taken away",
    "return": "put back",
    "restock": "new bottle",
    "swap": "bottle swapped",
    "empty": "empty now",
}


def movement_amount(line: MovementLine) -> str:
    """What moved: '42 ml', 'new bottle', 'spilled 40 ml', or grams where the density is not known."""
    if line.kind in _FLOWS:
        return _FLOWS[line.kind]
    amount = f"{abs(line.delta_g):.0f} g" if line.volume_ml is None else volume(line.volume_ml)
    return f"spilled {amount}" if line.kind == "spillage" else amount


def movement_sigma(line: MovementLine) -> str:
    """'± 2' behind an amount in ml, else nothing."""
    if line.kind in _FLOWS or line.volume_ml is None or line.volume_sigma_ml is None:
        return ""
    return f"± {max(1, round(line.volume_sigma_ml))}"


def movement_doubts(line: MovementLine) -> list[str]:
    """Every doubt as a short sentence, ours after the gateway's."""
    doubts = list(line.doubts)
    if line.slot_id is not None and line.slot_probability < SURE_ENOUGH:
        doubts.append(f"Perhaps the bottle beside it; {round(100 * line.slot_probability)} % sure.")
    if line.stage == "provisional":
        doubts.append("Still settling.")
    if line.stage == "corrected":
        doubts.append("Corrected since.")
    if line.time_quality >= 2:
        doubts.append("The time is not certain.")
    return doubts


def hour_label(at: datetime, zone: ZoneInfo) -> str:
    """'22:00', local."""
    return f"{at.astimezone(zone):%H:%M}"
