"""Settings -> the way to the cloud and back: trust, neighbours, commands, relay."""

import asyncio
import logging
import ssl
from base64 import b64decode
from collections.abc import Callable
from datetime import datetime

import httpx

from contract.layout import SiteLayout
from edge.bench import Bench
from edge.calibration_book import CalibrationBook
from edge.clock import BarClock, steady_s
from edge.command_book import CommandBook
from edge.commander import Commander, LogRing
from edge.domain.backoff import Backoff
from edge.live import Live
from edge.loops.commanding import Commanding
from edge.panel import Panel
from edge.ports import Machine
from edge.remote_desk import RemoteDesk
from edge.settings import Settings
from edge.uplink.cloud_file import CloudFile
from edge.uplink.detour import Detour
from edge.uplink.forwarding import Forwarder
from edge.uplink.session import Session
from edge.uplink.signing import KeyOnDisk
from edge.uplink.tls import trust
from edge.uplink.transport import http_client, http_transport

log = logging.getLogger(__name__)


def cloud_trust(settings: Settings, *, believes_clock: bool) -> ssl.SSLContext:
    """Return which cloud is believed to be ours. Raises TrustError."""
    return trust(settings.data_dir, settings.cloud_ca_file, believes_clock=believes_clock)


def by_neighbours(settings: Settings, context: ssl.SSLContext) -> httpx.AsyncBaseTransport | None:
    """Return a way to the cloud that has detours, where settings name neighbours; None for the usual way."""
    if not settings.relay_urls:
        return None
    entry = CloudFile(settings.data_dir).read()
    if entry is None:
        log.warning(
            "relay_urls are not used: a gateway knows the cloud's key once it was enrolled by a claim"
        )
        return None
    return Detour(
        http_transport(context), http_transport(), settings.relay_urls, b64decode(entry.cloud_key), steady_s
    )


class Remote:
    """What the cloud may ask of this gateway, and what this gateway does for its neighbours."""

    def __init__(
        self,
        settings: Settings,
        clock: BarClock,
        layout: SiteLayout,
        key: KeyOnDisk,
        context: ssl.SSLContext,
        *,
        live: Live,
        book: CalibrationBook,
        in_force: Callable[[str], tuple[float, float]],
        panel: Panel,
        bench: Bench,
        machine: Machine,
        restart: Callable[[], None],
        set_reading_interval: Callable[[float], None],
        set_health_interval: Callable[[float], None],
        backoff: Callable[[], Backoff],
    ) -> None:
        self._settings = settings
        self._http = http_client(settings.cloud_url, context)
        self._session = Session(self._http, settings.gateway_id, key, steady_s)
        self._ring = LogRing()
        self._book = CommandBook(settings.data_dir)
        now: Callable[[], datetime] = clock.now
        commander = Commander(
            layout=layout,
            layout_file=settings.layout_file,
            live=live,
            book=book,
            in_force=in_force,
            panel=panel,
            bench=bench,
            machine=machine,
            session=self._session,
            now=now,
            restart=restart,
            ring=self._ring,
        )
        desk = RemoteDesk(settings, set_reading_interval, set_health_interval)
        self._commanding = Commanding(self._session, self._book, commander, desk, backoff)

    async def run(self) -> None:
        """Ask, work, tell and carry, until cancelled."""
        logging.getLogger().addHandler(self._ring)
        try:
            async with self._http, asyncio.TaskGroup() as tasks:
                tasks.create_task(self._serve_relay(), name="relay")
                await self._session.resume_rotation()
                await asyncio.to_thread(self._book.close_interrupted)
                tasks.create_task(self._commanding.run(), name="commanding")
        finally:
            logging.getLogger().removeHandler(self._ring)

    async def _serve_relay(self) -> None:
        port = self._settings.relay_port
        if port is None:
            return
        try:
            from edge.relay.server import Relay  # noqa: PLC0415
            from edge.serving import serve  # noqa: PLC0415
        except ImportError as error:
            log.warning("no relay: %s is not installed (requirements/edge.txt)", error.name)
            return
        relay, address = Relay(Forwarder(self._http)), str(self._settings.relay_address)
        await serve(relay, address, port, name="relay for neighbours", setting="relay_port", most=32)
