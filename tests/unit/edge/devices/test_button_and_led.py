import threading

import pytest

from edge.devices import button as button_module
from edge.devices.button import TareButton
from edge.devices.errors import NoPinsError
from edge.devices.leds import Lamp, StatusLed

gpiozero = pytest.importorskip("gpiozero", reason="gpiozero is not installed (requirements/edge.txt)")
mock = pytest.importorskip("gpiozero.pins.mock")


@pytest.fixture
def factory():
    return mock.MockFactory()


def test_a_held_button_calls_once(factory, monkeypatch) -> None:
    monkeypatch.setattr(button_module, "HOLD_S", 0.01)
    held = threading.Event()
    button = TareButton(17, held.set, pin_factory=factory)
    factory.pin(17).drive_low()
    assert held.wait(10)
    button.close()
    button.close()


def test_a_button_that_is_only_touched_calls_nobody(factory) -> None:
    held = threading.Event()
    button = TareButton(17, held.set, pin_factory=factory)
    factory.pin(17).drive_low()
    factory.pin(17).drive_high()
    button.close()
    assert not held.is_set()


def test_a_lamp_is_steady_when_all_is_well(factory) -> None:
    led = StatusLed(27, pin_factory=factory)
    led.show(Lamp.WELL)
    led.show(Lamp.WELL)
    factory.pin(27).assert_states([False, True])
    led.close()
    led.close()


def test_a_lamp_blinks_when_somebody_should_look(factory) -> None:
    led = StatusLed(27, pin_factory=factory)
    led.show(Lamp.LOOK)
    led.show(Lamp.WELL)
    assert factory.pin(27).state
    led.close()


def test_a_pin_that_is_in_use_is_named(factory) -> None:
    led = StatusLed(27, pin_factory=factory)
    with pytest.raises(NoPinsError, match="GPIO27"):
        TareButton(27, lambda: None, pin_factory=factory)
    led.close()
