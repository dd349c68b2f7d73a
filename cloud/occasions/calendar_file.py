"""Events out of an iCalendar file (RFC 5545), repeated ones unrolled. Pure."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cloud.occasions.schemas import NewEvent
from cloud.problems import Malformed

MAX_FILE_BYTES = 2_000_000
MAX_UNROLLED = 2_000
MAX_DAYS = 31
"""An event of more than a month is a season, which the level follows by itself."""
UNROLL_YEARS = 3
MAX_NAME = 120


def read_events(text: bytes, timezone: str, day_ends_at: time, today: date) -> list[NewEvent]:
    """The events of a calendar from three years ago to three years ahead, in business days of the site.

    Raises Malformed for a file that is none, is over MAX_FILE_BYTES or unrolls to over MAX_UNROLLED events.
    """
    from icalendar import Calendar  # noqa: PLC0415

    if len(text) > MAX_FILE_BYTES:
        raise Malformed(f"the calendar has over {MAX_FILE_BYTES:,} bytes; export a shorter range")
    try:
        calendar = Calendar.from_ical(text)
        found = [
            event
            for each in calendar.walk("VEVENT")
            for event in _occurrences(each, timezone, day_ends_at, today)
        ]
    except (ValueError, KeyError, IndexError, AttributeError) as error:
        raise Malformed(f"this is not an iCalendar file: {error}") from None
    if len(found) > MAX_UNROLLED:
        raise Malformed(f"{len(found):,} events are too many; export a calendar of at most {MAX_UNROLLED:,}")
    return found


def _occurrences(entry: object, timezone: str, day_ends_at: time, today: date) -> Iterator[NewEvent]:
    start = entry.decoded("dtstart")  # type: ignore[attr-defined]
    if entry.get("dtend"):  # type: ignore[attr-defined]
        length = entry.decoded("dtend") - start  # type: ignore[attr-defined]
    else:
        length = timedelta(days=0 if isinstance(start, datetime) else 1)
    name = str(entry.get("summary", "")).strip()[:MAX_NAME]  # type: ignore[attr-defined]
    uid = str(entry.get("uid", "")).strip() or name  # type: ignore[attr-defined]
    first, last = today - timedelta(days=365 * UNROLL_YEARS), today + timedelta(days=365 * UNROLL_YEARS)
    for at in _starts(entry, start, first, last):
        starts_on = _business_day(at, timezone, day_ends_at)
        end = at + length - (timedelta(days=1) if not isinstance(at, datetime) else timedelta(microseconds=1))
        ends_on = max(starts_on, _business_day(max(at, end), timezone, day_ends_at))
        if name and first <= starts_on <= last and (ends_on - starts_on).days < MAX_DAYS:
            yield NewEvent(uid, name, starts_on, ends_on)


def _starts(entry: object, start: date, first: date, last: date) -> Iterator[date]:
    """The first occurrence and, where there is a rule, those it unrolls to, less the exceptions."""
    from dateutil.rrule import rrulestr  # noqa: PLC0415

    rule = entry.get("rrule")  # type: ignore[attr-defined]
    if rule is None:
        yield start
        return
    at = start if isinstance(start, datetime) else datetime.combine(start, time())
    plain = at.replace(tzinfo=None)
    parts = [part for part in rule.to_ical().decode().split(";") if not part.startswith("UNTIL=")]
    if until := rule.get("UNTIL"):
        parts.append(f"UNTIL={_on_the_wall(until[0], at):%Y%m%dT%H%M%S}")
    repeats = rrulestr(";".join(parts), dtstart=plain)
    skipped = _exceptions(entry)
    for count, each in enumerate(repeats.xafter(datetime.combine(first, time()), inc=True)):
        if each.date() > last or count > MAX_UNROLLED:
            return
        if each.date() not in skipped:
            yield each.replace(tzinfo=at.tzinfo) if isinstance(start, datetime) else each.date()


def _on_the_wall(until: date, start: datetime) -> datetime:
    """The end of a rule on the clocks that its beginning is told by."""
    if not isinstance(until, datetime):
        return datetime.combine(until, time.max)
    return until.astimezone(start.tzinfo).replace(tzinfo=None) if until.tzinfo and start.tzinfo else until


def _exceptions(entry: object) -> set[date]:
    listed = entry.get("exdate")  # type: ignore[attr-defined]
    entries = listed if isinstance(listed, list) else [listed] if listed is not None else []
    return {
        each.dt.date() if isinstance(each.dt, datetime) else each.dt
        for group in entries
        for each in group.dts
    }


def _business_day(at: date, timezone: str, day_ends_at: time) -> date:
    """A whole day is its own business day; an instant before the bar closes belongs to the day before."""
    if not isinstance(at, datetime):
        return at
    zone = ZoneInfo(timezone)
    local = at.replace(tzinfo=zone) if at.tzinfo is None else at.astimezone(UTC).astimezone(zone)
    return local.date() - timedelta(days=1 if local.time() < day_ends_at else 0)
