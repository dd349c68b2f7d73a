"""The only caller of occasions/queries.sql."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path

from cloud.db.pool import Database
from cloud.db.queries import load_queries
from cloud.occasions.schemas import Event, Known, NewEvent, Place, WeatherDay

MAX_EVENTS = 2_000

_sql = load_queries(Path(__file__).parent)


class OccasionsRepo:
    """Places, events and weather in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def place(self, site_id: str) -> Place | None:
        """Where a site is, None where nobody said."""
        row = await self._database.row(_sql["place"], {"site_id": site_id})
        return Place(**row) if row else None

    async def put_place(self, site_id: str, place: Place) -> None:
        """Say where a site is."""
        async with self._database.connection() as connection:
            await connection.execute(_sql["put_place"], {"site_id": site_id, **asdict(place)})

    async def events(self, site_id: str, since_on: date, until_on: date, known_at: datetime) -> list[Event]:
        """Events of a range of days, as known at a time, at most MAX_EVENTS."""
        values = {"site_id": site_id, "since_on": since_on, "until_on": until_on, "known_at": known_at}
        rows = await self._database.rows(_sql["events"], {**values, "limit": MAX_EVENTS})
        return [Event(**row) for row in rows]

    async def put_events(
        self, site_id: str, calendar: str, events: Sequence[NewEvent], now: datetime, *, is_whole: bool
    ) -> tuple[int, int]:
        """Write events down and return (added, removed).

        is_whole: what the calendar does not name any more is taken away.
        """
        added = removed = 0
        async with self._database.transaction() as connection:
            if is_whole:
                columns = {
                    "uids": [event.uid for event in events],
                    "names": [event.name for event in events],
                    "starts": [event.starts_on for event in events],
                    "ends": [event.ends_on for event in events],
                }
                values = {"site_id": site_id, "calendar": calendar, "now": now, **columns}
                removed = (await connection.execute(_sql["remove_gone_events"], values)).rowcount
            for event in events:
                values = {"site_id": site_id, "calendar": calendar, "now": now, **asdict(event)}
                added += (await connection.execute(_sql["put_event"], values)).rowcount
        return added, removed

    async def remove_event(self, site_id: str, number: int, now: datetime) -> bool:
        """Take an event away; False where there is none of that number."""
        values = {"site_id": site_id, "number": number, "now": now}
        return await self._database.row(_sql["remove_event"], values) is not None

    async def newest_weather(self, site_id: str) -> datetime | None:
        """When weather was last fetched."""
        row = await self._database.row(_sql["newest_weather"], {"site_id": site_id})
        return row["issued_at"] if row else None

    async def put_weather(self, site_id: str, issued_at: datetime, days: Sequence[WeatherDay]) -> None:
        """Keep what was foretold."""
        values = {
            "site_id": site_id,
            "issued_at": issued_at,
            "days": [day.day_on for day in days],
            "temperatures": [day.temperature_max_c for day in days],
            "rains": [day.precipitation_mm for day in days],
        }
        async with self._database.connection() as connection:
            await connection.execute(_sql["put_weather"], values)

    async def known(self, site_id: str, since_on: date, until_on: date, known_at: datetime) -> Known:
        """All that was known at a time of a range of days."""
        values = {"site_id": site_id, "since_on": since_on, "until_on": until_on, "known_at": known_at}
        weather = [WeatherDay(**row) for row in await self._database.rows(_sql["weather"], values)]
        events = await self.events(site_id, since_on, until_on, known_at)
        return Known(await self.place(site_id), tuple(events), tuple(weather))
