"""The composition root: builds every object, runs the loops, and stops them in order."""

import asyncio
import logging
import random
import signal
import ssl
from collections.abc import Callable
from functools import partial
from importlib.metadata import PackageNotFoundError, version

from contract.layout import SiteLayout
from edge.bench import Bench
from edge.bottle_book import BottleBook, BottleBookError
from edge.buffer.outbox import SqliteOutbox
from edge.buffer.upkeep import OutboxLimits
from edge.bus.parsing import Doorkeeper
from edge.bus.shelf import Broker, MqttShelfBus
from edge.calibration_book import CalibrationBook
from edge.clock import BarClock, steady_s
from edge.domain.backoff import Backoff
from edge.domain.bottle_lives import NO_LIVES, KeptLives
from edge.domain.breaker import Breaker
from edge.domain.engine import Engine
from edge.domain.profiles import profiles
from edge.domain.refusals import Refusals
from edge.domain.status import Status
from edge.domain.tray import BottleWeight
from edge.frame_queue import FrameQueue
from edge.live import Live
from edge.loops.housekeeping import House, Housekeeping
from edge.loops.keeping import Keeping
from edge.loops.publishing import Publishing, Reachability
from edge.loops.recalibrating import Recalibrating
from edge.loops.recording import Recorder
from edge.loops.sampling import Sampling
from edge.loops.showing import Showing
from edge.machine import Machine
from edge.panel import Panel
from edge.remote import Remote, by_neighbours, cloud_trust
from edge.settings import Settings, read_layout
from edge.shelf import Shelf
from edge.status_file import StatusFile
from edge.tap import Tap
from edge.uplink.client import CloudClient
from edge.uplink.signing import KeyOnDisk, key_path
from edge.wiring import drawing_of, esphome_nodes, local_nodes, seeing, serve_page, timekeeping

log = logging.getLogger(__name__)

OUTBOX_NAME = "outbox.db"
RETRY_FIRST_S = 0.5
STOP_LOOPS_S = 2.0
CLOSE_OUTBOX_S = 2.5
"""Together under the 5 s that a stop may take."""


def software() -> str:
    """Name and version of this software."""
    try:
        return f"barback {version('barback')}"
    except PackageNotFoundError:
        return "barback, from source"


def broker_of(settings: Settings) -> Broker:
    """Return where the settings say the broker is."""
    password = settings.broker_password
    return Broker(
        settings.broker_host,
        settings.broker_port,
        settings.broker_user,
        password.get_secret_value() if password else None,
        settings.broker_ca_file,
    )


async def run(settings: Settings, clock: BarClock) -> bool:
    """Run the gateway until SIGTERM or SIGINT; True when it shall start anew.

    Raises SettingsError, KeyFileError, OutboxFromTheFutureError, sqlite3.Error or OSError at start.
    """
    stop = _stop_signal()
    layout, neighbours = read_layout(settings)
    key = KeyOnDisk(key_path(settings.data_dir))
    context = cloud_trust(settings, believes_clock=clock.is_synced())
    detours = by_neighbours(settings, context)
    outbox = await _open_outbox(settings, clock)
    try:
        async with CloudClient(
            settings.cloud_url, settings.gateway_id, key, detours, verify=context
        ) as cloud:
            gateway = _Gateway(settings, clock, layout, neighbours, outbox, cloud, (key, context))
            await gateway.run(stop)
            return gateway.shall_start_anew
    finally:
        await asyncio.wait_for(outbox.close(), CLOSE_OUTBOX_S)
        log.info("stopped; all that was accepted is in the outbox")


async def _open_outbox(settings: Settings, clock: BarClock) -> SqliteOutbox:
    limits = OutboxLimits(
        settings.commit_every_s, settings.keep_acknowledged_h * 3600, settings.outbox_max_mb * 1024 * 1024
    )
    outbox = SqliteOutbox(settings.data_dir / OUTBOX_NAME, limits, steady_s, settings.acceptance_log)
    await outbox.open(clock.boot_id)
    return outbox


def _lines_of(layout: SiteLayout) -> dict[str, tuple[float, float]]:
    return {one.scale_id: (one.tare_counts, one.counts_per_g) for one in profiles(layout)}


def _kept_bottles(book: BottleBook) -> tuple[dict[str, BottleWeight], KeptLives]:
    try:
        return book.read(), book.read_lives()
    except (BottleBookError, OSError) as error:
        log.warning("%s", error)
        return {}, NO_LIVES


def _backoff_maker(settings: Settings) -> Callable[[], Backoff]:
    dice = random.SystemRandom()
    return lambda: Backoff(RETRY_FIRST_S, settings.retry_cap_s, dice.random)


class _Gateway:
    """The loops of one gateway, wired."""

    def __init__(  # noqa: PLR0917 (the composition root takes what it composes)
        self,
        settings: Settings,
        clock: BarClock,
        layout: SiteLayout,
        neighbours: frozenset[str],
        outbox: SqliteOutbox,
        cloud: CloudClient,
        identity: tuple[KeyOnDisk, ssl.SSLContext],
    ) -> None:
        refusals, reachability = Refusals(), Reachability(clock)
        backoff = _backoff_maker(settings)
        self._timekeeping = timekeeping(settings.data_dir, clock, outbox.boot_no)
        cloud.timekeeper = self._timekeeping
        nodes = frozenset(profile.node for profile in profiles(layout))
        self._outbox = outbox
        live = Live(layout)
        frames = FrameQueue(refusals, live.offer)
        self._local = local_nodes(settings, clock, frames.put)
        self._bus = MqttShelfBus(
            broker_of(settings),
            layout.id,
            door=Doorkeeper(layout.id, nodes, neighbours),
            refusals=refusals,
            boottime_s=lambda: clock.boottime_ns() / 1e9,
            backoff=backoff(),
            frames=frames,
            esphome=esphome_nodes(settings),
        )
        bottle_book = BottleBook(settings.data_dir, layout)
        bottles, lives = _kept_bottles(bottle_book)
        engine = Engine(
            layout,
            namespace=f"{settings.gateway_id}/{outbox.epoch}/{clock.boot_id}",
            started_s=clock.boottime_ns() / 1e9,
            reading_interval_s=settings.reading_interval_s,
            refusals=refusals,
            bottles=bottles,
            lives=lives,
        )
        self._keeping = Keeping(bottle_book, engine, refusals)
        book, lines = CalibrationBook(settings.data_dir), _lines_of(layout)
        self._recalibrating = Recalibrating(book, engine, refusals, lines)
        self._recalibrating.look()
        self._tap = Tap(settings.data_dir, live)
        in_force, status_file = self._recalibrating.in_force, StatusFile(settings.data_dir)
        panel = Panel(
            settings,
            list(lines),
            live,
            book,
            in_force=in_force,
            now=clock.now,
            needs_broker=nodes != {node.node_id for node in self._local},
        )
        bench = Bench(layout, live, book, in_force, clock.now)
        engine.in_work = lambda: live.in_work | bench.in_work
        self._panel = panel

        def show(status: Status) -> None:
            for shown in (bench.show, panel.show, status_file.write):
                shown(status)

        recorder = Recorder(
            outbox, clock, refusals, self._timekeeping, boot_no=outbox.boot_no, boot_id=clock.boot_id
        )
        self._seeing = seeing(settings, clock, layout, engine, recorder)
        self._page = partial(serve_page, settings, bench, clock, drawing_of(self._seeing, layout, settings))
        told = self._seeing.told if self._seeing else _nobody
        self._sampling = Sampling(frames, engine, recorder, told)
        self._publishing = Publishing(outbox, cloud, reachability, Breaker(backoff()), steady_s)
        self._showing = Showing(
            settings.gateway_id, engine, outbox, cloud, self._publishing, self._timekeeping, steady_s
        )
        house = House(
            gateway_id=settings.gateway_id,
            software=software(),
            clock=clock,
            bus=Shelf(self._bus, {node.node_id: node.status for node in self._local}),
            engine=engine,
            outbox=outbox,
            recorder=recorder,
            reachability=reachability,
            refusals=refusals,
            machine=Machine(settings.data_dir),
            write_status=show,
        )
        self._housekeeping = Housekeeping(house, settings.health_interval_s)
        self.shall_start_anew = False
        self._stop = asyncio.Event()
        self._remote = Remote(
            settings,
            clock,
            layout,
            *identity,
            live=live,
            book=book,
            in_force=in_force,
            panel=panel,
            bench=bench,
            machine=house.machine,
            restart=self._start_anew,
            set_reading_interval=engine.set_reading_interval,
            set_health_interval=self._housekeeping.set_health_interval,
            backoff=backoff,
        )
        log.info("%s: %d scales on %d nodes", settings.gateway_id, len(engine.health()), len(nodes))

    def _start_anew(self) -> None:
        self.shall_start_anew = True
        self._stop.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Run all loops until `stop`; then those that bring records stop before those that keep them."""
        async with asyncio.TaskGroup() as tasks:
            started = [
                *(tasks.create_task(node.run(), name=f"cells of {node.node_id}") for node in self._local),
                tasks.create_task(self._bus.run(), name="bus"),
                tasks.create_task(self._tap.run(), name="tap"),
                tasks.create_task(self._panel.run(), name="panel"),
                tasks.create_task(self._page(), name="local page"),
                tasks.create_task(self._recalibrating.run(), name="recalibrating"),
                tasks.create_task(self._remote.run(), name="remote"),
                *([tasks.create_task(self._seeing.run(), name="seeing")] if self._seeing else []),
                tasks.create_task(self._sampling.run(), name="sampling"),
                tasks.create_task(self._keeping.run(), name="keeping"),
                tasks.create_task(self._housekeeping.run(), name="housekeeping"),
                tasks.create_task(self._publishing.run(), name="publishing"),
                tasks.create_task(self._showing.run(), name="showing"),
                tasks.create_task(self._outbox.run(), name="outbox"),
            ]
            waiting = [asyncio.ensure_future(event.wait()) for event in (stop, self._stop)]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for each in waiting:
                each.cancel()
            log.info("stopping")
            for task in started:
                task.cancel()
                await asyncio.wait([task], timeout=STOP_LOOPS_S / len(started))


def _nobody(_: object) -> None:
    """No camera is told anything."""


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
