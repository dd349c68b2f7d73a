"""An HX711 that speaks the datasheet's protocol bit by bit on gpiozero's mock pins, in a time of its own."""

from collections import deque

import pytest

pytest.importorskip("gpiozero", reason="gpiozero is not installed (requirements/edge.txt)")

from gpiozero.pins.mock import MockFactory, MockPin

DOUT, SCK = 5, 6
GAIN_OF_PULSES = {25: 128, 26: 32, 27: 64}


class Time:
    """Every look at the clock takes a microsecond; sleeping takes what it takes and wakes the chip."""

    def __init__(self) -> None:
        self.ns = 0
        self.looks = 0
        self.stalls: dict[int, int] = {}
        self.chip: Chip | None = None

    def now_ns(self) -> int:
        self.looks += 1
        self.ns += 1_000
        return self.ns

    def sleep(self, seconds: float) -> None:
        self.ns += int(seconds * 1e9)
        if self.chip is not None:
            self.chip.pass_time()


class Chip:
    """Converts `inputs` one after the other; each is counts, or a dict of gain to counts."""

    def __init__(self, inputs, *, rate_sps: int = 10, clock: Time | None = None) -> None:
        self.clock = clock or Time()
        self.clock.chip = self
        self.factory = MockFactory()
        self.inputs = deque(inputs)
        self.gain, self.period_ns = 128, int(1e9 / rate_sps)
        self.pulses, self.bits = 0, 0
        self.asleep = False
        self.high_since_ns: int | None = None
        self.ready_ns = self.clock.ns + self.period_ns
        self.stall_pulse: int | None = None
        self.extra_pulse: int | None = None
        self.dout = self.factory.pin(DOUT)
        chip = self

        class Clocked(MockPin):
            def _change_state(self, value):
                changed = super()._change_state(value)
                if changed:
                    chip.edge(value)
                return changed

        self.sck = self.factory.pin(SCK, pin_class=Clocked)
        self.dout._change_state(True)

    @property
    def is_ready(self) -> bool:
        return not self.asleep and not self.pulses and bool(self.inputs) and self.clock.ns >= self.ready_ns

    def pass_time(self) -> None:
        if self.pulses in GAIN_OF_PULSES:
            self.gain, self.pulses = GAIN_OF_PULSES[self.pulses], 0
        if self.is_ready:
            self._set(False)

    def edge(self, rising: bool) -> None:
        if rising:
            self.high_since_ns = self.clock.ns
            self._rise()
            if self.extra_pulse == self.pulses:
                self._rise()
            return
        if self.stall_pulse == self.pulses:
            self.clock.ns += 70_000
            self.stall_pulse = None
        if self.high_since_ns is not None and self.clock.ns - self.high_since_ns > 60_000:
            self._start_anew()

    def _rise(self) -> None:
        if self.pulses == 0 and not self.is_ready:
            return
        self.pulses += 1
        if self.pulses == 1:
            value = self.inputs.popleft()
            value = value[self.gain] if isinstance(value, dict) else value
            self.bits = value & 0xFFFFFF
            self.ready_ns = self.clock.ns + self.period_ns
        self._set(self.pulses > 24 or bool(self.bits >> (24 - self.pulses) & 1))

    def _start_anew(self) -> None:
        self.gain, self.pulses = 128, 0
        self.ready_ns = self.clock.ns + 4 * self.period_ns
        self._set(True)

    def _set(self, high: bool) -> None:
        self.dout._change_state(bool(high))
