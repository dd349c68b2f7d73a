"""Checks what a gateway needs, one by one, and says what to do. Owns the order; prints nothing itself."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx

from edge.app import broker_of
from edge.bus.shelf import can_connect
from edge.clock import BarClock, steady_s
from edge.domain.profiles import profiles
from edge.ports import LoadCell, NotNow
from edge.settings import LocalCell, Settings, SettingsError, read_layout
from edge.status_file import probe_durability
from edge.uplink.client import is_healthy
from edge.uplink.session import Session
from edge.uplink.signing import KeyFileError, KeyOnDisk, key_path, load_key
from edge.uplink.tls import TrustError, trust
from edge.wiring import opener

READS = 8
"""Of a cell; one that is discarded now and then is no fault."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report; `problem` is None when all is well."""

    name: str
    problem: str | None
    detail: str = ""


async def checks(settings: Settings, clock: BarClock) -> list[Check]:
    """Run all checks; a failed one does not stop the next. Pins have one user: not beside a gateway."""
    cells = [(cell, opener(cell)) for cell in settings.local_cells]
    return [
        Check("settings", None, f"gateway {settings.gateway_id}"),
        _layout(settings),
        Check("data directory", probe_durability(settings.data_dir), str(settings.data_dir)),
        _key(settings),
        *[await asyncio.to_thread(try_cell, cell, opened) for cell, opened in cells],
        await _reach("broker", f"{settings.broker_host}:{settings.broker_port}", _broker(settings)),
        await _reach("cloud", settings.cloud_url, lambda: _cloud(settings, clock)),
        await _reach("enrolment", settings.gateway_id, lambda: _enrolment(settings, clock)),
        _clock(clock),
    ]


def _layout(settings: Settings) -> Check:
    try:
        layout, _ = read_layout(settings)
    except SettingsError as error:
        return Check("layout", str(error))
    found = profiles(layout)
    nodes = sorted({profile.node for profile in found})
    return Check("layout", None, f"{layout.name}: {len(found)} scales on {', '.join(nodes) or 'no node'}")


def _key(settings: Settings) -> Check:
    try:
        load_key(key_path(settings.data_dir))
    except KeyFileError as error:
        return Check("key", str(error))
    return Check("key", None, str(key_path(settings.data_dir)))


def try_cell(cell: LocalCell, opened: Callable[[], LoadCell]) -> Check:
    """Read one cell on this machine's own pins until it says something, a second at most."""
    name = f"cell {cell.node}/{cell.channel}"
    where = f"pins {cell.dout} and {cell.sck}" if cell.kind == "hx711" else str(cell.path)
    try:
        device = opened()
    except (OSError, ValueError, ImportError) as error:
        return Check(
            name, f"{where} cannot be opened ({error}): is the gateway running, is the wiring right?"
        )
    try:
        read = [device.read() for _ in range(READS)]
    except OSError as error:
        return Check(name, f"{where} cannot be read ({error}): check its plug and its power")
    finally:
        device.close()
    counts = [one for one in read if one is not None]
    if not counts:
        return Check(name, f"{where} gives no values: check its plug and its power")
    return Check(name, None, f"{where}: {counts[-1]} counts")


def _broker(settings: Settings) -> Callable[[], Awaitable[str | None]]:
    return lambda: can_connect(broker_of(settings))


async def _reach(name: str, where: str, knock: Callable[[], Awaitable[str | None]]) -> Check:
    return Check(name, await knock(), where)


async def _cloud(settings: Settings, clock: BarClock) -> str | None:
    try:
        context = trust(settings.data_dir, settings.cloud_ca_file, believes_clock=clock.is_synced())
    except TrustError as error:
        return str(error)
    return await is_healthy(settings.cloud_url, context)


async def _enrolment(settings: Settings, clock: BarClock) -> str | None:
    """Ask for the layout under our key: are we let in, and is it the layout that we have?"""
    try:
        context = trust(settings.data_dir, settings.cloud_ca_file, believes_clock=clock.is_synced())
        own, _ = read_layout(settings)
        if not key_path(settings.data_dir).exists():
            return "there is no key yet: python -m edge enrol --token CODE"
        key = KeyOnDisk(key_path(settings.data_dir))
    except (TrustError, SettingsError, KeyFileError):
        return "it cannot be tried before what is said above"
    async with httpx.AsyncClient(base_url=settings.cloud_url, verify=context) as http:
        found = await Session(http, settings.gateway_id, key, steady_s).layout()
    if isinstance(found, NotNow):
        return found.reason
    return None if found == own else "the cloud has another layout: ask for it with the button Fetch layout"


def _clock(clock: BarClock) -> Check:
    problem = (
        None
        if clock.is_synced()
        else (
            "the kernel does not call the clock synchronised: check NTP (`timedatectl`, `chronyc tracking`), "
            "or set trust_host_clock where the host keeps the clock right"
        )
    )
    return Check("clock", problem, clock.now().isoformat(timespec="seconds"))


def report(results: list[Check]) -> str:
    """Return one line per check: ok or FAIL, and what to do next."""
    return "\n".join(
        f"ok    {check.name}: {check.detail}"
        if check.problem is None
        else f"FAIL  {check.name}: {check.problem}"
        for check in results
    )
