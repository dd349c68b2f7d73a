"""The HX711 behind the kernel's own driver (avia,hx711), through sysfs. Knows nothing of grams.

The kernel clocks the chip with interrupts off, which no Python can; where the driver is there it is the
better way. Its raw value is offset binary (drivers/iio/adc/hx711.c: `value ^= 0x800000`), so that counts are
raw - 2^23. The kernel does not look at DOUT after the last pulse, therefore the median.
"""

import errno
from pathlib import Path

from contract.device import COUNTS_MAX, COUNTS_MIN
from edge.devices.believing import middle
from edge.devices.errors import DeviceClosedError, DeviceMissingError, NotReadyError

OFFSET = 2**23
DRIVER_NAME = "hx711"
_NOT_READY = {errno.EIO, errno.ETIMEDOUT, errno.EAGAIN, errno.EBUSY}


class IioCell:
    """One input of one chip. `device` is its folder, such as /sys/bus/iio/devices/iio:device0.

    `channel` 0 is the chip's input A, 1 its input B.
    """

    def __init__(self, device: Path, *, channel: int = 0, median_of: int = 1) -> None:
        """Look whether the device is there. Raises DeviceMissingError."""
        self._raw = device / f"in_voltage{channel}_raw"
        self._median_of = median_of
        self._is_closed = False
        name = _line(device / "name")
        if name != DRIVER_NAME or not self._raw.exists():
            raise DeviceMissingError(
                f"{device} is no HX711 (its name is {name or 'missing'}): load the device tree overlay of "
                "avia,hx711, or use kind hx711 with two pins"
            )

    def read(self) -> int | None:
        """Wait for the next conversion (or several) and return counts; None when none was a 24-bit number.

        Raises NotReadyError, DeviceMissingError or DeviceClosedError.
        """
        if self._is_closed:
            raise DeviceClosedError(f"{self._raw} was closed; make a new one")
        read = [self._convert() for _ in range(self._median_of)]
        return middle([counts for counts in read if counts is not None])

    def close(self) -> None:
        """Nothing is held open between reads; a later read is refused all the same."""
        self._is_closed = True

    def _convert(self) -> int | None:
        try:
            counts = int(self._raw.read_text()) - OFFSET
        except ValueError:
            return None
        except OSError as error:
            if error.errno in _NOT_READY:
                raise NotReadyError(
                    f"{self._raw}: {error.strerror}: check the chip's plug and supply"
                ) from None
            raise DeviceMissingError(f"{self._raw} went away ({error.strerror}): check the overlay") from None
        return counts if COUNTS_MIN <= counts <= COUNTS_MAX else None


def _line(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
