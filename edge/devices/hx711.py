"""The HX711 load cell converter on two pins. Owns the chip's protocol; knows nothing of grams.

From the datasheet (Avia Semiconductor, HX711): DOUT low says that a conversion is there. 24 pulses on
PD_SCK clock it out, highest bit first, each bit valid after the rising edge; 25, 26 or 27 pulses in all
choose channel and gain of the next one and leave DOUT high. PD_SCK high for 60 us powers the chip down;
low again, it starts anew with channel A and gain 128.

On a busy machine a thread can be put aside in the middle of a pulse. So every pulse is timed, and DOUT is
looked at after the last one: a read that fails either is discarded and counted, never passed on.
"""

from collections.abc import Callable
from dataclasses import dataclass

from edge.clock import pause, pulse_ns
from edge.devices.believing import middle
from edge.devices.errors import BadGainError, DeviceClosedError, NotReadyError
from edge.devices.pins import on_pins

PULSES_OF_GAIN = {128: 25, 32: 26, 64: 27}
"""Channel A, B, A."""
POWER_DOWN_NS = 60_000
BITS = 24
RATES_SPS = (10, 80)
SETTLING_S = {10: 0.4, 80: 0.05}
"""After power up, and after a change of channel or gain (datasheet, "output settling time")."""
POLL_S = 0.001


@dataclass(slots=True)
class Counters:
    """What was read and what was discarded since the start."""

    conversions: int = 0
    power_downs: int = 0
    """A pulse lasted 60 us or longer."""
    out_of_step: int = 0
    """DOUT was low after the last pulse: chip and gateway had not counted the same pulses."""
    after_reset: int = 0
    """Converted with the wrong gain, because the chip had started anew."""


class Hx711:
    """One chip. `dout` and `sck` are BCM numbers; `gain` 128 and 64 read channel A, 32 channel B.

    `rate_sps` says how the chip's RATE pin is wired (10 or 80). With `median_of` 3 a read takes the median
    of three conversions, for which 80 a second leave time.
    """

    def __init__(
        self,
        dout: int,
        sck: int,
        *,
        gain: int = 128,
        rate_sps: int = 10,
        median_of: int = 1,
        pin_factory: object = None,
        now_ns: Callable[[], int] = pulse_ns,
        sleep: Callable[[float], None] = pause,
    ) -> None:
        """Take the pins. Raises BadGainError or NoPinsError."""
        if gain not in PULSES_OF_GAIN or rate_sps not in RATES_SPS:
            raise BadGainError(
                f"gain {gain} at {rate_sps} a second: an HX711 has 128, 64 and 32 at 10 or 80 a second"
            )
        self.counters = Counters()
        self._name = f"HX711 on GPIO{dout} (DOUT) and GPIO{sck} (PD_SCK)"
        self._pulses, self._is_reset = PULSES_OF_GAIN[gain], True
        self._period_s, self._timeout_s = 1 / rate_sps, 2 / rate_sps + SETTLING_S[rate_sps]
        self._median_of, self._now_ns, self._sleep = median_of, now_ns, sleep
        self._sck, self._dout = None, None
        (self._sck,) = on_pins("OutputDevice", sck, pin_factory=pin_factory)
        try:
            (self._dout,) = on_pins(
                "InputDevice", dout, pull_up=None, active_state=True, pin_factory=pin_factory
            )
        except BaseException:
            self.close()
            raise

    def read(self) -> int | None:
        """Wait for the next conversion (or three) and return counts; None when every one was discarded.

        Raises NotReadyError or DeviceClosedError.
        """
        if self._sck is None:
            raise DeviceClosedError(f"the {self._name} was closed; make a new one")
        read = [self._convert() for _ in range(self._median_of)]
        return middle([counts for counts in read if counts is not None])

    def close(self) -> None:
        """Power the chip down (PD_SCK stays high until the pin is given back) and free the pins."""
        for device in (self._sck, self._dout):
            if device is not None:
                device.close()
        self._sck = self._dout = None

    def _convert(self) -> int | None:
        self._wait_ready()
        self.counters.conversions += 1
        counts, longest_ns, is_high = self._clock_out()
        was_reset, self._is_reset = self._is_reset, longest_ns >= POWER_DOWN_NS
        if self._is_reset:
            self.counters.power_downs += 1
        elif not is_high:
            self.counters.out_of_step += 1
        elif was_reset and self._pulses != PULSES_OF_GAIN[128]:
            self.counters.after_reset += 1
        else:
            return counts
        return None

    def _wait_ready(self) -> None:
        """Sleep through most of a conversion, then look every millisecond."""
        deadline_ns = self._now_ns() + int(self._timeout_s * 1e9)
        if self._dout_is_high():
            self._sleep(0.7 * self._period_s)
        while self._dout_is_high():
            if self._now_ns() > deadline_ns:
                raise NotReadyError(
                    f"the {self._name} gave nothing for {self._timeout_s:g} s: check its plug, its supply "
                    "and the two pin numbers"
                )
            self._sleep(POLL_S)

    def _dout_is_high(self) -> bool:
        assert self._dout is not None
        return bool(self._dout.pin.state)

    def _clock_out(self) -> tuple[int, int, bool]:
        """Return the counts, the longest time that PD_SCK may have been high, ns, and DOUT at the end.

        The loop is bare on purpose: everything in it lengthens a pulse.
        """
        assert self._sck is not None
        assert self._dout is not None
        sck, dout, now_ns = self._sck.pin, self._dout.pin, self._now_ns
        value, longest_ns = 0, 0
        for pulse in range(self._pulses):
            begun_ns = now_ns()
            sck.state = 1
            if pulse < BITS:
                value = value << 1 | (1 if dout.state else 0)
            sck.state = 0
            longest_ns = max(longest_ns, now_ns() - begun_ns)
        return value - ((value & 1 << BITS - 1) << 1), longest_ns, bool(dout.state)
