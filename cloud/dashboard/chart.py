"""Bars of what was poured hour by hour. Pure geometry in a viewBox that is stretched to its place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from cloud.dashboard.words import hour_label, volume

WIDTH = 480.0
HEIGHT = 100.0
GAP_SHARE = 0.28
SMALLEST_BAR = 1.5
"""So that an hour with one small pour is not taken for an hour without."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour: its place in the viewBox, its words, and whether it runs now or is still to come."""

    x: float
    y: float
    width: float
    height: float
    label: str
    amount: str
    is_now: bool
    is_future: bool


@dataclass(frozen=True, slots=True)
class _Hour:
    at: datetime
    ml: float
    phase: str
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class HourChart:
    """Bars in order of time; `busiest` is a sentence, and `ticks` label every sixth hour."""

    bars: tuple[Bar, ...]
    busiest: str
    ticks: tuple[str, ...]


def hour_chart(hours: Sequence[tuple[datetime, float]], now: datetime, zone: ZoneInfo) -> HourChart:
    """Lay out (start of the hour, ml poured) pairs, in order of time."""
    highest = max((ml for _, ml in hours), default=0.0)
    slot = WIDTH / max(1, len(hours))
    bars = tuple(
        _bar(
            index * slot,
            slot,
            ml / highest if highest > 0 else 0.0,
            _Hour(at, ml, _phase(hours, index, now), zone),
        )
        for index, (at, ml) in enumerate(hours)
    )
    ticks = tuple(hour_label(at, zone) for at, _ in hours[::6])
    return HourChart(bars, _busiest(hours, highest, zone), ticks)


def _phase(hours: Sequence[tuple[datetime, float]], index: int, now: datetime) -> str:
    if hours[index][0] > now:
        return "future"
    is_last = index + 1 == len(hours)
    return "now" if is_last or hours[index + 1][0] > now else "past"


def _bar(x: float, slot: float, share: float, hour: _Hour) -> Bar:
    height = max(SMALLEST_BAR, HEIGHT * share) if share > 0 else 0.0
    return Bar(
        x=round(x + slot * GAP_SHARE / 2, 2),
        y=round(HEIGHT - height, 2),
        width=round(slot * (1 - GAP_SHARE), 2),
        height=round(height, 2),
        label=hour_label(hour.at, hour.zone),
        amount=volume(hour.ml),
        is_now=hour.phase == "now",
        is_future=hour.phase == "future",
    )


def _busiest(hours: Sequence[tuple[datetime, float]], highest: float, zone: ZoneInfo) -> str:
    if highest <= 0:
        return "Nothing poured yet."
    at = next(at for at, ml in hours if ml == highest)
    return f"Busiest hour from {hour_label(at, zone)}: {volume(highest)}."
