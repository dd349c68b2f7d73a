"""What the gateway can say about the computer it runs on. Owns the paths of /sys; never raises."""

import shutil
from pathlib import Path

THERMAL = Path("/sys/class/thermal/thermal_zone0/temp")


class Machine:
    """The Pi itself."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir

    def disk_free_bytes(self) -> int | None:
        """Free bytes where the data lies; None when it cannot be said."""
        try:
            return shutil.disk_usage(self._data_dir).free
        except OSError:
            return None

    def cpu_temperature_c(self) -> float | None:
        """Temperature of the processor, degrees C; None where there is no sensor or it talks nonsense."""
        try:
            celsius = int(THERMAL.read_text()) / 1000
        except (OSError, ValueError):
            return None
        return celsius if -60 <= celsius <= 150 else None
