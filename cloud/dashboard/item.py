"""One product: what stands there, what was drunk, what to expect and why. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cloud.dashboard.item_words import need_of, reasons, run_out_of, trust
from cloud.dashboard.snapshot import ProductView
from cloud.dashboard.words import volume
from cloud.demand.schemas import DemandDay
from cloud.forecasts.schemas import Accuracy, IssuedForecast
from cloud.forecasts.windows import quantile

PAST_DAYS = 56
AHEAD_DAYS = 14
BANDS = ((0.025, 0.975), (0.1, 0.9), (0.25, 0.75))
"""The 95, 80 and 50 % bands."""
OUT_FROM = 0.02
"""A bottle is changed in a minute or two: only what is longer than that is shown as out of stock."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One day of the table beside the chart; amounts in words."""

    day: str
    amount: str
    note: str
    is_ahead: bool


@dataclass(frozen=True, slots=True)
class ItemView:
    """Everything the Item page says of one product."""

    product: ProductView
    forecast: IssuedForecast | None
    run_out: str
    run_out_detail: str
    need: str
    need_detail: str
    why: tuple[str, ...]
    trust: str
    chart: dict[str, Any] | None
    rows: tuple[TableRow, ...]
    is_being_made: bool = False
    """Whether a worker is at it, or about to be."""


def item_view(
    product: ProductView,
    days: Sequence[DemandDay],
    forecast: IssuedForecast | None,
    accuracy: Accuracy,
    today: date,
) -> ItemView:
    """Put the page's words and the chart's figures together. today: the business day that runs."""
    past = sorted((day for day in days if day.day_on > today - timedelta(days=PAST_DAYS)), key=_day_on)
    run_out, run_out_detail = run_out_of(product, forecast, today)
    need, need_detail = need_of(product, forecast, today)
    return ItemView(
        product=product,
        forecast=forecast,
        run_out=run_out,
        run_out_detail=run_out_detail,
        need=need,
        need_detail=need_detail,
        why=reasons(forecast) if forecast else (),
        trust=trust(accuracy),
        chart=chart_of(past, forecast, today) if past or forecast else None,
        rows=(*_rows_ahead(forecast, today), *_rows_past(past)),
    )


def chart_of(past: Sequence[DemandDay], forecast: IssuedForecast | None, today: date) -> dict[str, Any]:
    """The chart's columns: x in Unix seconds at noon UTC of each day, amounts in ml, None where not known."""
    known = {day.day_on: day for day in past}
    first = min(known, default=today)
    last = today + timedelta(days=AHEAD_DAYS - 1) if forecast else today - timedelta(days=1)
    on = [first + timedelta(days=day) for day in range((last - first).days + 1)]
    ahead = {day: forecast.day(day) for day in on if forecast and day >= max(today, forecast.run.starts_on)}
    return {
        "x": [_noon(day) for day in on],
        "poured": [round(known[day].quantity_ml, 1) if day in known else None for day in on],
        "out": [_out(known[day]) if day in known else 0.0 for day in on],
        "mean": [round(ahead[day].mean_ml, 1) if day in ahead else None for day in on],
        "bands": [
            [
                [round(quantile(ahead[day], level), 1) if day in ahead else None for day in on]
                for level in band
            ]
            for band in BANDS
        ],
        "now": _noon(today) - 43_200,
    }


def _day_on(day: DemandDay) -> date:
    return day.day_on


def _noon(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())


def _out(day: DemandDay) -> float:
    """Share of the open time without any, 0 where it was but a change of bottles."""
    share = 1.0 - day.exposure
    return round(share, 3) if share >= OUT_FROM else 0.0


def _rows_ahead(forecast: IssuedForecast | None, today: date) -> list[TableRow]:
    if forecast is None:
        return []
    start = max(today, forecast.run.starts_on)
    rows = []
    for day in (start + timedelta(days=ahead) for ahead in range(AHEAD_DAYS)):
        told = forecast.day(day)
        spread = f"{volume(quantile(told, 0.1))} to {volume(quantile(told, 0.9))} in 8 of 10"
        rows.append(TableRow(_row_day(day), volume(told.mean_ml), spread, is_ahead=True))
    return rows


def _rows_past(past: Sequence[DemandDay]) -> list[TableRow]:
    return [
        TableRow(
            _row_day(day.day_on),
            volume(day.quantity_ml),
            f"out of stock {100 * _out(day):.0f} % of the time" if _out(day) else "",
            is_ahead=False,
        )
        for day in reversed(past)
    ]


def _row_day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"
