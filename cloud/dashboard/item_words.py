"""What is said of one product: when it runs out, what a week needs, why, how far to believe it. Pure."""

from collections.abc import Sequence
from datetime import date

from cloud.dashboard.snapshot import ProductView
from cloud.dashboard.words import volume
from cloud.forecasts.schemas import Accuracy, IssuedForecast
from cloud.forecasts.windows import quantile, runs_out, window

EARLY, LIKELY, LATE = 0.1, 0.5, 0.9
SAME_WITHIN = 0.05
SEASON_FROM = 0.1
BUSY_FROM, QUIET_TO = 1.15, 0.85
LEAST_CHECKED = 40
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def reasons(forecast: IssuedForecast) -> tuple[str, ...]:
    """Why the forecast is what it is, each reason a sentence, the most important first."""
    why = forecast.why
    said = [_origin(forecast)]
    level, before = why.get("level_ml"), why.get("level_before_ml")
    if level is not None and before is not None and forecast.days_known >= 28:
        said.append(_level(level, before))
    said += [sentence for sentence in (_week(why.get("weekday"), forecast.run.starts_on),) if sentence]
    said += _season(why.get("last_year"), forecast.run.method)
    said += [str(sentence) for key in ("said", "left_out") for sentence in why.get(key, ())]
    if why.get("days_out", 0.0) >= 0.1:
        said.append(
            f"Out of stock for {why['days_out']:g} of those days: counted as demand that nobody could meet."
        )
    return tuple(said)


def run_out_of(product: ProductView, forecast: IssuedForecast | None, today: date) -> tuple[str, str]:
    """The likeliest day, and the span of 8 cases in 10; "" where nobody can know."""
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
    words = _day_name(likely, today)
    if early == likely == late:
        return words, "Nearly sure."
    until = _day_name(late, today) if late else "later"
    return words, f"8 times in 10 between {_day_name(early or likely, today)} and {until}."


def _day_name(day: date, today: date) -> str:
    if day == today:
        return "today"
    if (day - today).days < 7:
        return WEEKDAYS[day.weekday()]
    return f"{day:%a} {day.day} {day:%b}"


def need_of(product: ProductView, forecast: IssuedForecast | None, today: date) -> tuple[str, str]:
    """What seven days are expected to take, and at most; "" without a forecast."""
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


def _season(last_year: float | None, method: str) -> list[str]:
    """What the coming weeks did a year ago, and whether this method foresees such a turn."""
    if last_year is None or abs(last_year - 1) < SEASON_FROM:
        return []
    change = f"{abs(100 * (last_year - 1)):.0f} % {'more' if last_year > 1 else 'less'}"
    then = f"A year ago the coming four weeks sold {change} than the four before"
    return [f"{then}." if method == "ensemble" else f"{then}; this method follows such a turn as it comes."]


def _days_times(days: Sequence[tuple[str, float]]) -> str:
    ordered = sorted(days, key=lambda day: WEEKDAYS.index(day[0]))
    usual = sum(factor for _, factor in ordered) / len(ordered)
    return f"{_listed([name for name, _ in ordered])} {usual:.1f} times a usual day"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def trust(accuracy: Accuracy) -> str:
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
