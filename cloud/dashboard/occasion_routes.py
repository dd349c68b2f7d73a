"""The page of special days: events written down by hand, taken away again, and calendars out of files."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from cloud.dashboard.forms import Fields, form_fields, last, must_be_ours
from cloud.dashboard.pages import site_values
from cloud.dashboard.routes import PageRoute, draw_message, draw_page
from cloud.occasions.calendar_file import MAX_FILE_BYTES
from cloud.occasions.schemas import Event, NewEvent, Place
from cloud.problems import CloudProblem, Malformed, NotFound
from cloud.services import Services

router = APIRouter(include_in_schema=False, route_class=PageRoute)
MAX_FORM_BYTES = 3 * MAX_FILE_BYTES
MAX_CALENDAR_NAME = 60
SHOWN = 30


@dataclass(frozen=True, slots=True)
class Said:
    """What the page answers a form with."""

    fault: str = ""
    words: str = ""
    text: str = ""
    calendar: str = ""
    found: Sequence[NewEvent] | None = None
    """Events of a calendar that is looked at and not yet imported."""
    removed: Event | None = None
    fields: Fields | None = None
    """What stood in the form of an event that was refused."""


@router.get("/{site_id}/special-days")
async def special_days(request: Request, site_id: str) -> Response:
    """What forecasts know of special days."""
    return await _page(request, site_id, Said())


@router.post("/{site_id}/special-days")
async def add_event(request: Request, site_id: str) -> Response:
    """Write an event down; a last day left empty is the first."""
    fields: Fields = {}
    try:
        fields = await form_fields(request, MAX_FORM_BYTES)
        first = _day(last(fields, "starts_on"))
        until = _day(last(fields, "ends_on") or first.isoformat())
        await _services(request).occasions.add_event(site_id, last(fields, "name"), first, until)
    except CloudProblem as problem:
        return await _page(request, site_id, Said(problem.detail, fields=fields))
    return RedirectResponse(f"/{site_id}/special-days", status_code=303)


@router.post("/{site_id}/special-days/place")
async def put_place(request: Request, site_id: str) -> Response:
    """Say where the bar is: for its public holidays and its weather."""
    try:
        fields = await form_fields(request, MAX_FORM_BYTES)
        await _services(request).occasions.put_place(site_id, _place(fields))
    except CloudProblem as problem:
        return await _page(request, site_id, Said(problem.detail))
    return RedirectResponse(f"/{site_id}/special-days#place", status_code=303)


def _place(fields: Fields) -> Place:
    country, _, part = last(fields, "country").strip().upper().partition("-")
    where = [last(fields, name).strip().replace(",", ".") for name in ("latitude", "longitude")]
    if not any(where):
        return Place(country, part or None, None, None)
    try:
        latitude, longitude = (float(text) for text in where)
    except ValueError:
        raise Malformed(
            "give both latitude and longitude in degrees, like 52.49 and 13.39, or none"
        ) from None
    return Place(country, part or None, latitude, longitude)


@router.post("/{site_id}/special-days/calendar")
async def import_calendar(request: Request, site_id: str) -> Response:
    """Show the events of a calendar file; with the button Import bring the site to it."""
    occasions, text, calendar = _services(request).occasions, "", ""
    try:
        fields = await form_fields(request, MAX_FORM_BYTES)
        text = last(fields, "list")
        calendar = last(fields, "calendar").strip().removesuffix(".ics")[:MAX_CALENDAR_NAME] or "calendar"
        if last(fields, "do") != "import":
            found = await occasions.look_at_calendar(site_id, text.encode())
            return await _page(request, site_id, Said(text=text, calendar=calendar, found=found))
        added, removed = await occasions.import_calendar(site_id, calendar, text.encode())
    except CloudProblem as problem:
        return await _page(request, site_id, Said(problem.detail, text=text, calendar=calendar))
    words = f"{calendar}: {added} event{'' if added == 1 else 's'} added, {removed} taken away."
    return await _page(request, site_id, Said(words=words))


@router.post("/{site_id}/special-days/{number}/remove")
async def remove_event(request: Request, site_id: str, number: int) -> Response:
    """Take an event away; the page offers to put it back."""
    must_be_ours(request)
    occasions = _services(request).occasions
    try:
        before = [event for event in await occasions.events(site_id) if event.number == number]
        await occasions.remove_event(site_id, number)
    except NotFound as problem:
        return draw_message(request, "No such event", f"{problem.detail}.", status_code=404)
    return await _page(request, site_id, Said(removed=before[0] if before else None))


async def _page(request: Request, site_id: str, said: Said) -> Response:
    services, now = _services(request), request.app.state.clock.now()
    site = await services.sites.site(site_id)
    today = (await services.sites.day(site_id, now)).on
    events = await services.occasions.events(site_id)
    place = await services.occasions.place(site_id)
    coming = [event for event in events if event.ends_on >= today]
    past = [event for event in reversed(events) if event.ends_on < today]
    values = site_values(request, site, "more") | {
        "coming": coming,
        "past": past,
        "shown": SHOWN,
        "said": said,
        "asked": {name: last(said.fields or {}, name) for name in ("name", "starts_on", "ends_on")},
        "days": days_words,
        "today": today,
        "place": place,
    }
    return draw_page(request, "special_days.html", values, now)


def days_words(first: date, last: date, today: date) -> str:
    """When an event is: 'Fri 4 Dec', 'Fri 4 to Sun 6 Dec', with the year where it is not this one."""
    year = "" if last.year == today.year else f" {last.year}"
    if first == last:
        return f"{first:%a} {first.day} {first:%b}{year}"
    month = "" if (first.year, first.month) == (last.year, last.month) else f" {first:%b}"
    return f"{first:%a} {first.day}{month} to {last:%a} {last.day} {last:%b}{year}"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Malformed(f"{text.strip()[:20]!r} is no day; write it like 2026-12-04") from None


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services
