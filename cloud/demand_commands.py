"""Commands of `python -m cloud admin` about sales, special days, forecasts and jobs."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from cloud.occasions.schemas import Place
from cloud.problems import Malformed
from cloud.sales.schemas import Part
from cloud.services import Services

Run = Callable[[Services, argparse.Namespace], Awaitable[None]]
Describe = Callable[[argparse.ArgumentParser], None]


def say(words: str) -> None:
    """Write a line for the operator."""
    sys.stdout.write(words + "\n")


def _needs(*names: str) -> Describe:
    def describe(command: argparse.ArgumentParser) -> None:
        for name in names:
            command.add_argument(name)

    return describe


def _describe_place(command: argparse.ArgumentParser) -> None:
    _needs("site", "country")(command)
    command.add_argument("--at", metavar="LAT,LON", help="degrees, such as 52.52,13.40")


def _describe_import(command: argparse.ArgumentParser) -> None:
    _needs("site", "file")(command)
    command.add_argument("--preview", action="store_true", help="say what it would do, write nothing")
    for what in ("day", "item", "pieces"):
        command.add_argument(f"--{what}", metavar="HEADING", help=f"the column that holds the {what}")


async def _place(services: Services, options: argparse.Namespace) -> None:
    country, _, subdivision = options.country.partition("-")
    try:
        latitude, longitude = map(float, options.at.split(",")) if options.at else (None, None)
    except ValueError:
        raise Malformed(f"--at {options.at} is not LAT,LON in degrees, such as 52.52,13.40") from None
    await services.occasions.put_place(options.site, Place(country, subdivision or None, latitude, longitude))
    say(f"Site {options.site} is in {options.country}; its forecasts know the public holidays there.")


async def _import_events(services: Services, options: argparse.Namespace) -> None:
    file = Path(options.file)
    text = await asyncio.to_thread(file.read_bytes)
    added, removed = await services.occasions.import_calendar(options.site, file.stem, text)
    say(f"Calendar {file.stem} of {options.site}: {added} events added, {removed} taken away.")


async def _import_sales(services: Services, options: argparse.Namespace) -> None:
    text = await asyncio.to_thread(Path(options.file).read_bytes)
    columns = {"day": options.day, "item": options.item, "pieces": options.pieces}
    sales = services.sales
    act = sales.preview if options.preview else sales.bring_in
    told = await act(options.site, text, columns)
    done = "would be taken over" if options.preview else "taken over"
    say(f"{told.rows} rows {done}, {told.first_on} to {told.last_on}, from {told.columns.day!r}, ")
    say(f"  {told.columns.item!r} and {told.columns.pieces!r}; {told.bad_rows} cannot be read.")
    for fault in told.faults:
        say(f"  {fault}")
    for item in told.unknown:
        hint = f"; like {item.suggestion}" if item.suggestion else ""
        say(f"unknown: {item.name} ({item.pieces:g} sold){hint}: admin name-sale SITE NAME PRODUCT ML")


async def _name_sale(services: Services, options: argparse.Namespace) -> None:
    try:
        part = Part(options.product, float(options.ml))
    except ValueError:
        raise Malformed(f"{options.ml!r} is not a number of millilitres") from None
    await services.sales.name_item(options.site, options.name, [part])
    say(f"A sale of {options.name} takes {part.ml:g} ml of {part.product_id}; its sales so far are counted.")


async def _repeat_forecast(services: Services, options: argparse.Namespace) -> None:
    if not options.issue.isdecimal():
        raise Malformed(f"{options.issue!r} is not the number of an issue; the Item page names it")
    again = await services.issuing.repeat(int(options.issue))
    run = again.run
    say(f"Issue {run.number} of {run.site_id}, {run.made_at:%Y-%m-%d %H:%M} UTC, by {run.method}:")
    if not again.differing:
        say(f"all {again.products} products come out as they were.")
        return
    say(f"{len(again.differing)} of {again.products} come out otherwise: {', '.join(again.differing[:10])}")
    say(f"  the demand it was made of is {'the same' if again.is_same_demand else 'not known as it was'}")
    say(f"  the code is {'the same' if again.is_same_code else 'another: ' + run.provenance['code']}")


async def _jobs(services: Services, options: argparse.Namespace) -> None:
    for job in await services.jobs.jobs(options.site):
        steps = f" {job.done} of {job.total}" if job.total else ""
        say(f"{job.number} {job.task}: {job.status}, {job.words or 'nothing said yet'}{steps}")
        if job.fault and job.status != "done":
            say(f"  attempt {job.attempts}: {job.fault}")


DEMAND_COMMANDS: tuple[tuple[str, Run, Describe, str], ...] = (
    ("place", _place, _describe_place, "say where a site is: DE, US-CA; with --at for its weather"),
    ("import-events", _import_events, _needs("site", "file"), "bring a site's events to a calendar (.ics)"),
    (
        "import-sales",
        _import_sales,
        _describe_import,
        "take over what a till sold (CSV); --preview only looks",
    ),
    (
        "name-sale",
        _name_sale,
        _needs("site", "name", "product", "ml"),
        "say what a name on the till stands for",
    ),
    ("repeat-forecast", _repeat_forecast, _needs("issue"), "make an issue of forecasts again and compare"),
    ("jobs", _jobs, _needs("site"), "print the newest jobs of a site and how far they are"),
)
