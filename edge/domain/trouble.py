"""Whether a scale's samples can be believed at all. Knows nothing of bottles."""

from collections.abc import Sequence

from contract.records import Quality
from edge.domain.calibration import Calibrated

NOT_READY_S = 3.0
"""A converter that delivers nothing for this long is not there."""
STUCK_SAMPLES = 50
"""A 24-bit converter never gives the same counts twice in a row for long; a dead one does."""
SATURATED_SHARE = 0.5


class Trouble:
    """Follows the raw counts of one scale; `quality` is None while nothing is wrong."""

    def __init__(self) -> None:
        self.quality: Quality | None = None
        self._null_s = 0.0
        self._same = 0
        self._last: int | None = None

    def judge(self, counts: Sequence[int | None], calibrated: Calibrated, rate_hz: float) -> bool:
        """Take a run of raw counts; return whether its samples are to be weighed."""
        self._count_same(counts)
        all_null = calibrated.null == len(counts)
        self._null_s = self._null_s + len(counts) / rate_hz if all_null else 0.0
        self.quality = self._quality(len(counts), calibrated)
        return self.quality is None

    def silence(self) -> None:
        """No frame has come for a while."""
        self.quality = Quality.SILENT

    def _quality(self, samples: int, calibrated: Calibrated) -> Quality | None:
        if calibrated.saturated >= SATURATED_SHARE * samples:
            return Quality.SATURATED
        if self._null_s >= NOT_READY_S:
            return Quality.NOT_READY
        return Quality.STUCK if self._same >= STUCK_SAMPLES else None

    def _count_same(self, counts: Sequence[int | None]) -> None:
        for value in counts:
            if value is None:
                continue
            self._same = self._same + 1 if value == self._last else 1
            self._last = value
