"""How long there was something to pour: from what the scales said to a share of the open time. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from cloud.demand.schemas import ScaleDay

OUT_BELOW_ML = 20.0
"""Less than half a measure of 4 cl: nothing can be poured from it."""
LEAST_GAP = timedelta(minutes=30)
"""Shorter gaps are changes of bottles: the last sip waits for an order, the next bottle is at hand."""

Span = tuple[datetime, datetime]


def exposures(days: Iterable[ScaleDay], open_spans: dict[date, Span]) -> dict[tuple[int, date], float]:
    """Return by (product_no, day) the share 0..1 of the open time in which one of its scales had some.

    A scale that said nothing at all, neither before nor during the day, was not seen: it adds nothing. Days
    that were not open are left out.
    """
    spans: dict[tuple[int, date], list[Span]] = defaultdict(list)
    for day in days:
        opening = open_spans.get(day.day_on)
        if opening is not None:
            spans[day.product_no, day.day_on] += spans_in_stock(day, opening)
    return {key: _share(found, open_spans[key[1]]) for key, found in spans.items()}


def spans_in_stock(day: ScaleDay, opening: Span) -> list[Span]:
    """Return the spans of the open time in which a scale held more than OUT_BELOW_ML."""
    opens, closes = opening
    found: list[Span] = []
    since, level_ml = opens, day.start_ml
    for at, after_ml in (*day.changes, (closes, 0.0)):
        until = min(max(at, opens), closes)
        # Before the first word of a scale nobody knows: what is changed then stood there.
        if (level_ml is None or level_ml > OUT_BELOW_ML) and until >= since:
            found.append((since, until))
        since, level_ml = until, after_ml
    return found


def _share(spans: Sequence[Span], opening: Span) -> float:
    """Share of the open time without its gaps of LEAST_GAP and more; an open instant counts as a whole."""
    opens, closes = opening
    if closes <= opens:
        return 1.0 if spans else 0.0
    missing_s, reached = 0.0, opens
    for start, end in (*sorted(spans), (closes, closes)):
        gap = start - reached
        missing_s += gap.total_seconds() if gap >= LEAST_GAP else 0.0
        reached = max(reached, end)
    return 1.0 - missing_s / max(missing_s, (closes - opens).total_seconds())
