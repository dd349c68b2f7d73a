"""The status lamp on a pin. Owns what each rhythm means; knows nothing of why."""

from enum import Enum

from edge.devices.pins import on_pins


class Lamp(Enum):
    """Seconds on and off; a lamp that is off says that the gateway does not run."""

    WELL = (1.0, 0.0)
    """Steady."""
    LOOK = (1.0, 1.0)
    """Slow: something is to be done, `status` says what."""
    BUSY = (0.1, 0.1)
    """Fast: do not touch, a tare is being taken."""
    FIND = (0.05, 0.35)
    """Flashes: somebody looks for this gateway."""


class StatusLed:
    """One lamp."""

    def __init__(self, pin: int, *, pin_factory: object = None) -> None:
        """Take the pin (BCM number). Raises NoPinsError."""
        (self._led,) = on_pins("LED", pin, pin_factory=pin_factory)
        self._shown: Lamp | None = None

    def show(self, lamp: Lamp) -> None:
        """Show a rhythm until the next; the same one again changes nothing."""
        if lamp is self._shown:
            return
        self._shown = lamp
        on_s, off_s = lamp.value
        if off_s:
            self._led.blink(on_s, off_s)
        else:
            self._led.on()

    def close(self) -> None:
        """Put the lamp out and give the pin back; may be called twice."""
        self._led.close()
