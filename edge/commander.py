"""Does what the cloud asks for: blink, tare, calibrate, restart, diagnostics, layout, new key."""

import asyncio
import json
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from pathlib import Path

from pydantic import JsonValue

from contract.commands import MAX_RESULT_CHARACTERS, CommandKind
from contract.layout import SiteLayout
from edge.bench import Bench
from edge.calibrate_command import tared
from edge.calibration_book import BookError, CalibrationBook
from edge.live import Live
from edge.panel import Panel
from edge.ports import Machine, NotNow, Outcome
from edge.remote_calibrating import RemoteCalibrating
from edge.uplink.session import Session

log = logging.getLogger(__name__)

NO_SUCH_SCALE = Outcome(is_done=False, detail="there is no such slot or scale on this gateway")
TARE_WITHIN_S = 15.0
LOG_LINES = 200
LOG_LINE_MAX = 300


class LogRing(logging.Handler):
    """Keeps the newest lines of the log for diagnostics."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: deque[str] = deque(maxlen=LOG_LINES)
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self.lines.append(self.format(record)[:LOG_LINE_MAX])


class Commander:
    """Implements edge.ports.Commander on the gateway's own objects."""

    def __init__(
        self,
        *,
        layout: SiteLayout,
        layout_file: Path,
        live: Live,
        book: CalibrationBook,
        in_force: Callable[[str], tuple[float, float]],
        panel: Panel,
        bench: Bench,
        machine: Machine,
        session: Session,
        now: Callable[[], datetime],
        restart: Callable[[], None],
        ring: LogRing,
    ) -> None:
        self._layout, self._layout_file, self._live, self._book = layout, layout_file, live, book
        self._in_force, self._panel, self._bench, self._machine = in_force, panel, bench, machine
        self._session, self._now, self._ring = session, now, ring
        self.restart = restart
        self._calibrating = RemoteCalibrating(bench)
        self._seeking: asyncio.Task[None] | None = None
        self._deeds: dict[str, Callable[[Mapping[str, JsonValue]], Awaitable[Outcome]]] = {
            CommandKind.IDENTIFY: self._identify,
            CommandKind.TARE: self._tare,
            CommandKind.RESTART: self._restart,
            CommandKind.DIAGNOSTICS: self._diagnostics,
            CommandKind.LAYOUT: self._fetch_layout,
            CommandKind.ROTATE_KEY: self._rotate_key,
            CommandKind.CALIBRATE: self._calibrate,
        }

    async def do(self, kind: str, arguments: Mapping[str, JsonValue]) -> Outcome:
        """Do one command."""
        deed = self._deeds.get(kind)
        if deed is None:
            return Outcome(is_done=False, detail=f"this gateway's software does not know {kind!r}: update it")
        try:
            return await deed(arguments)
        except (OSError, ValueError, RuntimeError) as error:
            return Outcome(is_done=False, detail=str(error))

    async def _identify(self, arguments: Mapping[str, JsonValue]) -> Outcome:
        seconds = arguments.get("seconds", 20)
        if not isinstance(seconds, int | float) or not 1 <= seconds <= 120:
            return Outcome(is_done=False, detail="seconds must be 1 to 120")
        if self._seeking is not None:
            self._seeking.cancel()
        self._seeking = asyncio.create_task(self._be_sought(float(seconds)), name="identify")
        where = (
            "its lamp flashes"
            if self._panel.has_lamp
            else "it has no lamp (status_led_pin); its own page says so"
        )
        return Outcome(is_done=True, detail=f"{where}, for {seconds:.0f} s")

    async def _be_sought(self, seconds: float) -> None:
        try:
            self._bench.is_sought = True
            self._panel.seek(is_sought=True)
            await asyncio.sleep(seconds)
        finally:
            self._bench.is_sought = False
            self._panel.seek(is_sought=False)

    async def _tare(self, arguments: Mapping[str, JsonValue]) -> Outcome:
        scale_id = self._scale_of(arguments)
        if scale_id is None:
            return NO_SUCH_SCALE
        with self._live.working(scale_id):
            hold = await self._live.hold(scale_id, TARE_WITHIN_S)
        if isinstance(hold, str):
            return Outcome(is_done=False, detail=hold)
        _, counts_per_g = self._in_force(scale_id)
        entry = tared(hold, counts_per_g, self._now(), "tare")
        try:
            await asyncio.to_thread(self._book.add, scale_id, entry)
        except BookError as error:
            return Outcome(is_done=False, detail=str(error))
        return Outcome(is_done=True, detail=f"{scale_id}: the zero is {hold.counts:.0f} counts now")

    async def _calibrate(self, arguments: Mapping[str, JsonValue]) -> Outcome:
        scale_id = self._scale_of(arguments)
        if scale_id is None:
            return NO_SUCH_SCALE
        return await self._calibrating.do(scale_id, arguments)

    def _scale_of(self, arguments: Mapping[str, JsonValue]) -> str | None:
        slots = {slot.id: slot.scale for shelf in self._layout.shelves for slot in shelf.slots}
        slot, scale = arguments.get("slot"), arguments.get("scale")
        named = slots.get(slot) if isinstance(slot, str) else scale
        return named if isinstance(named, str) and named in self._bench.scales else None

    async def _restart(self, _arguments: Mapping[str, JsonValue]) -> Outcome:
        return Outcome(is_done=True, then_restart=True)

    async def _diagnostics(self, _arguments: Mapping[str, JsonValue]) -> Outcome:
        status = self._bench.status
        lines = list(self._ring.lines)
        while True:
            result = json.dumps(
                {
                    "status": None if status is None else status.model_dump(mode="json"),
                    "disk_free_bytes": self._machine.disk_free_bytes(),
                    "cpu_temperature_c": self._machine.cpu_temperature_c(),
                    "log": lines,
                }
            )
            if len(result) <= MAX_RESULT_CHARACTERS:
                return Outcome(is_done=True, detail=f"status and {len(lines)} log lines", result=result)
            if not lines:
                return Outcome(is_done=False, detail="the status alone is too large to be sent")
            lines = lines[(len(lines) + 1) // 2 :]

    async def _fetch_layout(self, _arguments: Mapping[str, JsonValue]) -> Outcome:
        fetched = await self._session.layout()
        if isinstance(fetched, NotNow):
            return Outcome(is_done=False, detail=fetched.reason)
        if fetched == self._layout:
            return Outcome(is_done=True, detail="the layout is as it was")
        fresh = self._layout_file.with_name(self._layout_file.name + ".tmp")
        fresh.write_text(fetched.model_dump_json())
        fresh.replace(self._layout_file)
        return Outcome(is_done=True, then_restart=True)

    async def _rotate_key(self, _arguments: Mapping[str, JsonValue]) -> Outcome:
        problem = await self._session.rotate_key()
        if problem is not None:
            return Outcome(is_done=False, detail=problem)
        return Outcome(is_done=True, detail="a new key signs from now on; the old one counts for a day more")
