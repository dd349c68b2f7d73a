"""What the occasions feature hands out."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Where a site is. country: ISO 3166 ('DE'); subdivision: its part ('BE'), None for the whole country."""

    country: str
    subdivision: str | None
    latitude: float | None
    longitude: float | None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that moves demand on some days; days are business days, both ends included."""

    number: int
    name: str
    starts_on: date
    ends_on: date
    calendar: str
    """'by hand', or the name of the imported calendar."""


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event that is to be written down."""

    uid: str
    name: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class WeatherDay:
    """The weather of a day as it was foretold at issued_at."""

    day_on: date
    issued_at: datetime
    temperature_max_c: float
    precipitation_mm: float


@dataclass(frozen=True, slots=True)
class Known:
    """All that was known of a site's special days at a time."""

    place: Place | None
    events: tuple[Event, ...]
    weather: tuple[WeatherDay, ...]
    """At most one per day: the newest that was issued before the day began, else the first after."""
