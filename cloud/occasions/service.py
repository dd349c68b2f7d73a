"""Rules of special days: where a site is, its events, and weather, fetched rarely and kept as issued."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import uuid4

from cloud.clock import Clock
from cloud.occasions import weather
from cloud.occasions.calendar_file import MAX_DAYS, MAX_NAME, read_events
from cloud.occasions.repo import OccasionsRepo
from cloud.occasions.schemas import Event, Known, NewEvent, Place
from cloud.problems import Malformed, NotFound
from cloud.sites.service import SitesService

FETCH_EVERY = timedelta(hours=6)
"""Of one site: what is younger is not asked for again."""
ASK_AT_MOST_EVERY_S = 1.0
"""Of one process, whatever the number of sites."""
BY_HAND = "by hand"
log = logging.getLogger(__name__)


class OccasionsService:
    """Keeps what is special about days and hands it out as it was known at a time."""

    def __init__(self, repo: OccasionsRepo, sites: SitesService, clock: Clock, weather_url: str) -> None:
        self._repo = repo
        self._sites = sites
        self._clock = clock
        self._weather_url = weather_url
        self._asking = asyncio.Lock()
        self._asked_s = -ASK_AT_MOST_EVERY_S

    async def place(self, site_id: str) -> Place | None:
        """Where a site is; None where nobody said."""
        return await self._repo.place(site_id)

    async def put_place(self, site_id: str, place: Place) -> None:
        """Say where a site is. Raises NotFound, Malformed."""
        await self._sites.site(site_id)
        if not (len(place.country) == 2 and place.country.isalpha() and place.country.isupper()):
            raise Malformed(f"{place.country!r} is not a country; give its two letters, such as DE or US")
        if place.latitude is not None and not (
            -90 <= place.latitude <= 90 and -180 <= (place.longitude or 0) <= 180
        ):
            raise Malformed("latitude is -90 to 90 and longitude -180 to 180, in degrees")
        await self._repo.put_place(site_id, place)

    async def events(self, site_id: str) -> list[Event]:
        """The events of a site from half a year ago on. Raises NotFound."""
        now = self._clock.now()
        today = (await self._sites.day(site_id, now)).on
        return await self._repo.events(site_id, today - timedelta(days=183), date.max, now)

    async def add_event(self, site_id: str, name: str, starts_on: date, ends_on: date) -> None:
        """Write down an event by hand. Raises NotFound, Malformed."""
        await self._sites.site(site_id)
        if not name.strip() or len(name) > MAX_NAME or not 0 <= (ends_on - starts_on).days < MAX_DAYS:
            raise Malformed(
                f"an event has a name of up to {MAX_NAME} letters and up to {MAX_DAYS} days, first day first"
            )
        event = NewEvent(uuid4().hex, name.strip(), starts_on, ends_on)
        await self._repo.put_events(site_id, BY_HAND, [event], self._clock.now(), is_whole=False)

    async def remove_event(self, site_id: str, number: int) -> None:
        """Take an event away. Raises NotFound."""
        await self._sites.site(site_id)
        if not await self._repo.remove_event(site_id, number, self._clock.now()):
            raise NotFound(f"there is no event {number} at {site_id!r}")

    async def import_calendar(self, site_id: str, calendar: str, text: bytes) -> tuple[int, int]:
        """Bring a site's events of one calendar to what a file says; return (added, removed).

        Raises NotFound, Malformed.
        """
        events = await self.look_at_calendar(site_id, text)
        return await self._repo.put_events(site_id, calendar, events, self._clock.now(), is_whole=True)

    async def look_at_calendar(self, site_id: str, text: bytes) -> Sequence[NewEvent]:
        """The events of a calendar file, by day; nothing is written. Raises NotFound, Malformed."""
        site = await self._sites.site(site_id)
        events = read_events(text, site.timezone, site.day_ends_at, self._clock.now().date())
        return sorted(events, key=lambda event: (event.starts_on, event.name))

    async def known(self, site_id: str, since_on: date, until_on: date, known_at: datetime) -> Known:
        """All that was known at a time of a range of days."""
        return await self._repo.known(site_id, since_on, until_on, known_at)

    async def refresh_weather(self, site_id: str) -> bool:
        """Fetch the weather where it is wanted and old; return whether it was.

        Off without a URL or a place. A service that does not answer is said in the log and changes nothing.
        """
        place = await self._repo.place(site_id)
        if not self._weather_url or place is None or place.latitude is None or place.longitude is None:
            return False
        now = self._clock.now()
        newest = await self._repo.newest_weather(site_id)
        if newest is not None and now - newest < FETCH_EVERY:
            return False
        site = await self._sites.site(site_id)
        async with self._asking:
            await asyncio.sleep(max(0.0, self._asked_s + ASK_AT_MOST_EVERY_S - self._clock.monotonic_s()))
            self._asked_s = self._clock.monotonic_s()
            try:
                days = await asyncio.to_thread(
                    weather.fetch, self._weather_url, place.latitude, place.longitude, site.timezone, now
                )
            except weather.WeatherError as error:
                log.warning("No weather for %s: %s", site_id, error)
                return False
        await self._repo.put_weather(site_id, now, days)
        return True
