"""The business day: what is poured at 02:00 belongs to yesterday. Pure; correct where the clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cloud.sites.schemas import BusinessDay


def business_day(now: datetime, timezone: str, day_ends_at: time) -> BusinessDay:
    """Return the business day that `now` (aware) lies in."""
    zone = ZoneInfo(timezone)
    on = now.astimezone(zone).date()
    if now < _begin(on, zone, day_ends_at):
        on -= timedelta(days=1)
    return business_day_on(on, timezone, day_ends_at)


def business_day_on(on: date, timezone: str, day_ends_at: time) -> BusinessDay:
    """Return the business day of a date: it begins on that date at day_ends_at, local time."""
    zone = ZoneInfo(timezone)
    return BusinessDay(on, _begin(on, zone, day_ends_at), _begin(on + timedelta(days=1), zone, day_ends_at))


def hours_of(day: BusinessDay) -> list[datetime]:
    """Return the start of each hour of a day, UTC: 24 of them, 23 or 25 where the clocks change."""
    count = -(-(day.ends_at - day.starts_at) // timedelta(hours=1))
    return [day.starts_at + timedelta(hours=hour) for hour in range(count)]


def same_local_time(now: datetime, timezone: str, days_ago: int) -> datetime:
    """Return the instant, UTC, at which clocks on the wall showed the same time some days ago."""
    local = now.astimezone(ZoneInfo(timezone)) - timedelta(days=days_ago)
    return local.astimezone(UTC)


def _begin(on: date, zone: ZoneInfo, day_ends_at: time) -> datetime:
    return datetime.combine(on, day_ends_at, zone).astimezone(UTC)
