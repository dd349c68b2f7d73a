"""One product: what stands there, what was drunk, what to expect and why. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cloud.dashboard.snapshot import ProductView
from cloud.dashboard.words import volume
from cloud.demand.schemas import DemandDay
from cloud.forecasts.schemas import Accuracy, IssuedForecast
from cloud.forecasts.windows import quantile, runs_out, window

PAST_DAYS = 56
AHEAD_DAYS = 14
BANDS = ((0.025, 0.975), (0.1, 0.9), (0.25, 0.75))
"""The 95, 80 and 50 % bands."""
EARLY, LIKELY, LATE = 0.1, 0.5, 0.9
SAME_WITHIN = 0.05
BUSY_FROM, QUIET_TO = 1.15, 0.85
OUT_FROM = 0.02
"""A bottle is changed in a minute or two: only what is longer than that is shown as out of stock."""
LEAST_CHECKED = 40
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


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


def item_view(
    product: ProductView,
    days: Sequence[DemandDay],
    forecast: IssuedForecast | None,
    accuracy: Accuracy,
    today: date,
) -> ItemView:
    """Put the page's words and the chart's figures together. today: the business day that runs."""
    past = sorted((day for day in days if day.day_on > today - timedelta(days=PAST_DAYS)), key=_day_on)
    run_out, run_out_detail = _run_out(product, forecast, today)
    need, need_detail = _need(product, forecast, today)
    return ItemView(
        product=product,
        forecast=forecast,
        run_out=run_out,
        run_out_detail=run_out_detail,
        need=need,
        need_detail=need_detail,
        why=reasons(forecast) if forecast else (),
        trust=_trust(accuracy),
        chart=chart_of(past, forecast, today) if past or forecast else None,
        rows=(*_rows_ahead(forecast, today), *_rows_past(past)),
    )


def reasons(forecast: IssuedForecast) -> tuple[str, ...]:
    """Why the forecast is what it is, each reason a sentence, the most important first."""
    why = forecast.why
    said = [_origin(forecast)]
    level, before = why.get("level_ml"), why.get("level_before_ml")
    if level is not None and before is not None and forecast.days_known >= 28:
        said.append(_level(level, before))
    said += [sentence for sentence in (_week(why.get("weekday"), forecast.run.starts_on),) if sentence]
    said += [str(sentence) for sentence in why.get("said", ())]
    if why.get("days_out", 0.0) >= 0.1:
        said.append(
            f"Out of stock for {why['days_out']:g} of those days: counted as demand that nobody could meet."
        )
    return tuple(said)


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


def _run_out(product: ProductView, forecast: IssuedForecast | None, today: date) -> tuple[str, str]:
    stock = product.stock
    if forecast is None or product.fill_level is None:
        return "", ""
    morning_ml = stock.on_hand_ml + stock.poured_today_ml
    if stock.on_hand_ml < 1.0:
        return "gone already", "None of it is left on the shelf."
    start = max(today, forecast.run.starts_on)
    early, likely, late = (runs_out(forecast, morning_ml, start, chance) for chance in (EARLY, LIKELY, LATE))
    if likely is None:
        return "not within eight weeks", "At this pace it lasts longer than anyone can foresee."
    words = _on(likely, today)
    if early == likely == late:
        return words, "Nearly sure."
    until = _on(late, today) if late else "later"
    return words, f"8 times in 10 between {_on(early or likely, today)} and {until}."


def _on(day: date, today: date) -> str:
    if day == today:
        return "today"
    if (day - today).days < 7:
        return WEEKDAYS[day.weekday()]
    return f"{day:%a} {day.day} {day:%b}"


def _need(product: ProductView, forecast: IssuedForecast | None, today: date) -> tuple[str, str]:
    if forecast is None:
        return "", ""
    week = window(forecast, max(today, forecast.run.starts_on), 7)
    bottle_ml = product.stock.bottle_volume_ml
    most_ml = quantile(week, 0.95)
    most = f"{volume(most_ml)} ({most_ml / bottle_ml:.1f} bottles)"
    detail = f"{week.mean_ml / bottle_ml:.1f} bottles; in 19 of 20 such weeks at most {most}."
    return f"{volume(week.mean_ml)} in 7 days", detail


def _origin(forecast: IssuedForecast) -> str:
    days = forecast.days_known
    if forecast.basis == "own history":
        return f"From {days} days of its own demand here."
    if days == 0:
        return f"Not sold here yet: taken from {forecast.basis}."
    return f"Day {days}: from {forecast.basis}, corrected by its own days."


def _level(level_ml: float, before_ml: float) -> str:
    about = f"About {volume(level_ml)} a day lately"
    change = level_ml / before_ml - 1 if before_ml > 0 else 0.0
    if abs(change) < SAME_WITHIN:
        return f"{about}, as four weeks ago."
    return f"{about}, {abs(100 * change):.0f} % {'more' if change > 0 else 'less'} than four weeks ago."


def _week(factors: Sequence[float] | None, starts_on: date) -> str:
    """Which weekdays are busy, which quiet: 'Friday and Saturday 1.4 times a usual day; Monday 0.7 times.'"""
    if not factors:
        return ""
    named = [(WEEKDAYS[(starts_on.weekday() + place) % 7], factor) for place, factor in enumerate(factors)]
    closed = [name for name, factor in named if factor <= 0]
    busy = [(name, factor) for name, factor in named if factor >= BUSY_FROM]
    quiet = [(name, factor) for name, factor in named if 0 < factor <= QUIET_TO]
    parts = [_days_times(group) for group in (busy, quiet) if group]
    if closed:
        parts.append(f"closed on {_listed(closed)}")
    return f"{_capital('; '.join(parts))}." if parts else "The weekday makes little difference."


def _days_times(days: Sequence[tuple[str, float]]) -> str:
    ordered = sorted(days, key=lambda day: WEEKDAYS.index(day[0]))
    usual = sum(factor for _, factor in ordered) / len(ordered)
    return f"{_listed([name for name, _ in ordered])} {usual:.1f} times a usual day"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _trust(accuracy: Accuracy) -> str:
    """How often such forecasts held: since they are issued, or else when the methods were compared."""
    weekly = accuracy.by_length.get(7)
    if accuracy.drift is not None:
        return f"Take it with care: {accuracy.drift}."
    if weekly is not None and weekly.checked >= LEAST_CHECKED:
        return (
            f"Checked on {weekly.checked:,} weeks of this bar's products: {100 * weekly.under_95:.0f} % "
            f"stayed under the 95 % line, {100 * weekly.under_50:.0f} % under the middle."
        )
    champion = accuracy.champion
    own = [score for score in champion.scores if score["method"] == champion.method] if champion else []
    if own:
        return (
            f"Tried on this bar's own past: {100 * own[0]['under_95']:.0f} % stayed under the 95 % line; "
            "since it is in use there are too few weeks to say."
        )
    return "Not checked against reality yet: that takes a few weeks."


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
