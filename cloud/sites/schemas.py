"""What the sites feature hands out."""

from dataclasses import dataclass
from datetime import date, datetime, time


@dataclass(frozen=True, slots=True)
class SiteSummary:
    """A site and the rules of its business day."""

    site_id: str
    name: str
    organisation: str
    timezone: str
    """An IANA name such as 'Europe/Berlin'."""
    day_ends_at: time
    """Local time at which the business day ends."""


@dataclass(frozen=True, slots=True)
class BusinessDay:
    """[starts_at, ends_at) in UTC: 24 hours of local time, so 23 or 25 real ones when the clocks change."""

    on: date
    starts_at: datetime
    ends_at: datetime
