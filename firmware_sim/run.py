"""The command `run`: a scenario on a broker, with its truth beside it."""

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from contract.layout import SiteLayout
from firmware_sim.bottles import read_state, write_state
from firmware_sim.clock import process_clock
from firmware_sim.demand import Order
from firmware_sim.layout_file import load_layout
from firmware_sim.night import Night
from firmware_sim.node import Broker, ShelfNode
from firmware_sim.play import play
from firmware_sim.sales import sales_orders
from firmware_sim.scenario import Scenario, latest_start, load_scenario
from firmware_sim.truth import TruthFile

log = logging.getLogger(__name__)

WAITS_FOR_OPENING = timedelta(hours=1)
AFTER_CLOSING_S = 365 * 86_400
"""Without --duration the nodes go on after the last guest, until they are stopped."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What `run` was asked for."""

    layout: Path
    scenario: str
    broker: Broker
    seed: int
    truth: Path | None = None
    duration_minutes: float | None = None
    start_state: Path | None = None
    end_state: Path | None = None
    sales: Path | None = None
    sales_day: date | None = None
    camera_shelf: str | None = None
    camera_file: Path | None = None


def run(options: RunOptions) -> None:
    """Play a scenario until its end, its duration, or SIGINT/SIGTERM; raises SimulatorError."""
    layout = load_layout(options.layout)
    scenario = load_scenario(options.scenario)
    stop = threading.Event()
    clock = process_clock(stop)
    origin = night_origin(scenario, layout, clock.now())
    orders = _orders(options, layout, scenario)
    start = read_state(options.start_state) if options.start_state else None
    night = Night(layout, scenario, seed=options.seed, origin=origin, start=start, orders=orders)
    stop_on_signals(stop)
    truth = TruthFile(options.truth, origin) if options.truth else None
    minutes = options.duration_minutes
    seconds = round(minutes * 60) + _whole_s(clock.now() - origin) if minutes else AFTER_CLOSING_S
    links = {node_id: ShelfNode(layout.id, node_id, options.broker) for node_id in night.nodes}
    log.info("%s from %s (bar time), seed %d: %s", options.scenario, origin, options.seed, scenario.title)
    try:
        play(
            night,
            links,
            clock,
            seed=options.seed,
            origin=origin,
            seconds=seconds,
            tell=truth.write if truth else lambda _: None,
            look=_camera(options, layout),
        )
    finally:
        if truth:
            truth.close()
        if options.end_state:
            write_state(options.end_state, night.state())
    _report(night, links)


def night_origin(scenario: Scenario, layout: SiteLayout, now: datetime) -> datetime:
    """Return when this night begins: by the calendar if `now` is within it or shortly before, else now."""
    start = latest_start(scenario, layout.timezone, now + WAITS_FOR_OPENING)
    if now < start + timedelta(minutes=scenario.minutes):
        return start.astimezone(UTC)
    log.warning(
        "bar time is %s, which is not within a %s night from %s; the night is played from now on",
        now,
        scenario.weekday,
        scenario.starts_at,
    )
    return now.replace(microsecond=0)


def stop_on_signals(stop: threading.Event) -> None:
    """Let SIGINT and SIGTERM end the run in order."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())


def _orders(options: RunOptions, layout: SiteLayout, scenario: Scenario) -> Iterator[Order] | None:
    if options.sales is None:
        return None
    return sales_orders(options.sales, options.sales_day, layout, scenario, options.seed)


def _camera(options: RunOptions, layout: SiteLayout) -> Callable[[Night], object]:
    """Keep a picture of a shelf, where one is asked for; OpenCV is imported only then."""
    if options.camera_file is None or options.camera_shelf is None:
        return lambda _: None
    from firmware_sim.shelf_camera import ShelfCamera  # noqa: PLC0415

    return ShelfCamera(layout, options.camera_shelf, options.camera_file, options.seed).look


def _whole_s(span: timedelta) -> int:
    return max(0, int(span.total_seconds()))


def _report(night: Night, links: dict[str, ShelfNode]) -> None:
    dropped = {node_id: link.dropped for node_id, link in links.items() if link.dropped}
    log.info("played %d s of bar time; orders given up: %d", night.at_s, night.staff.given_up)
    if dropped:
        log.warning("frames dropped while the broker was away: %s", dropped)
