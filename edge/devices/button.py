"""The tare button on a pin. Owns how long it must be held; knows nothing of scales."""

from collections.abc import Callable

from edge.devices.pins import on_pins

HOLD_S = 3.0
"""Long enough that a towel does not do it."""


class TareButton:
    """Calls back, from gpiozero's own thread, once per hold of three seconds."""

    def __init__(self, pin: int, on_hold: Callable[[], None], *, pin_factory: object = None) -> None:
        """Take the pin (BCM number; the button connects it to ground). Raises NoPinsError."""
        (self._button,) = on_pins("Button", pin, hold_time=HOLD_S, bounce_time=None, pin_factory=pin_factory)
        self._button.when_held = on_hold

    def close(self) -> None:
        """Give the pin back; may be called twice."""
        self._button.close()
