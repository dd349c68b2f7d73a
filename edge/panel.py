"""What people touch on the gateway itself: the lamp and the tare button. Part of the composition root."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from contract.records import Quality
from edge.calibrate_command import tared
from edge.calibration_book import CalibrationBook
from edge.devices.button import TareButton
from edge.devices.errors import NoPinsError
from edge.devices.leds import Lamp, StatusLed
from edge.domain.status import Status
from edge.domain.steadiness import Hold
from edge.live import Live
from edge.loops.taring import Taring
from edge.settings import Settings

log = logging.getLogger(__name__)

Made = TypeVar("Made")
TROUBLES = {Quality.SATURATED, Quality.STUCK, Quality.SILENT, Quality.NOT_READY}


def lamp_of(status: Status, *, needs_broker: bool = True) -> Lamp:
    """Return what the lamp says of a status: look, when a scale is in trouble or the broker is away.

    A gateway whose cells all hang on its own pins needs no broker.
    The cloud does not count: nobody behind the bar can do anything about it, and nothing is lost.
    """
    in_trouble = any(scale.state in TROUBLES for scale in status.scales)
    is_cut_off = needs_broker and not status.broker_connected
    return Lamp.LOOK if in_trouble or is_cut_off else Lamp.WELL


class Panel:
    """Lamp and button, as far as the settings name pins; one that cannot be had is said and done without."""

    def __init__(
        self,
        settings: Settings,
        scales: list[str],
        live: Live,
        book: CalibrationBook,
        *,
        in_force: Callable[[str], tuple[float, float]],
        now: Callable[[], datetime],
        needs_broker: bool = True,
        pin_factory: object = None,
    ) -> None:
        self._settings, self._book, self._now, self._pin_factory = settings, book, now, pin_factory
        self._led: StatusLed | None = None
        self._needs_broker = needs_broker
        self._lamp, self._is_busy, self._is_sought = Lamp.LOOK, False, False
        self._taring = Taring(
            scales,
            hold=live.hold,
            in_force=in_force,
            keep=self._keep,
            begun=self._begun,
            ended=self._ended,
        )

    async def run(self) -> None:
        """Hold the pins and tare at each press, until cancelled."""
        button = None
        try:
            if self._settings.status_led_pin is not None:
                self._led = self._made(StatusLed, self._settings.status_led_pin)
            if self._settings.tare_button_pin is not None:
                pressed = self._from_any_thread(self._taring.press)
                button = self._made(
                    lambda pin, **options: TareButton(pin, pressed, **options),
                    self._settings.tare_button_pin,
                )
            self._light()
            await self._taring.run()
        finally:
            for device in (self._led, button):
                if device is not None:
                    device.close()
            self._led = None

    def show(self, status: Status) -> None:
        """Let the lamp follow a status."""
        self._lamp = lamp_of(status, needs_broker=self._needs_broker)
        self._light()

    @property
    def has_lamp(self) -> bool:
        """Whether there is a lamp to show anything with."""
        return self._led is not None

    def seek(self, *, is_sought: bool) -> None:
        """Let the lamp flash while somebody looks for this gateway."""
        self._is_sought = is_sought
        self._light()

    def _light(self) -> None:
        if self._led is not None:
            lamp = Lamp.FIND if self._is_sought else self._lamp
            self._led.show(Lamp.BUSY if self._is_busy else lamp)

    def _from_any_thread(self, call: Callable[[], None]) -> Callable[[], None]:
        loop = asyncio.get_running_loop()

        def called() -> None:
            loop.call_soon_threadsafe(call)

        return called

    def _begun(self) -> None:
        self._is_busy = True
        self._light()

    def _ended(self) -> None:
        self._is_busy = False
        self._light()

    async def _keep(self, scale_id: str, hold: Hold, counts_per_g: float) -> None:
        entry = tared(hold, counts_per_g, self._now(), "button")
        await asyncio.to_thread(self._book.add, scale_id, entry)

    def _made(self, make: Callable[..., Made], pin: int) -> Made | None:
        try:
            return make(pin, pin_factory=self._pin_factory)
        except NoPinsError as error:
            log.warning("%s; going on without it", error)
            return None
