"""Whether a scale's samples can be believed at all. Knows nothing of bottles."""

from collections.abc import Sequence

from contract.records import Quality
from edge.domain.calibration import Calibrated

NOT_READY_S = 3.0
"""A converter that delivers nothing for this long is not there."""
STUCK_SAMPLES = 50
"""A 24-bit converter never gives the same counts twice in a row for long; a dead one does."""
KNOWN_SAMPLES, USUAL_SAMPLES, FROZEN_SAMPLES = 200, 3, 8
"""Of a converter that never gave more than 3 equal counts in a row in 200 samples, 8 are enough: a value that
froze for a second or two must not look like a weight. One that rounds its counts repeats them always."""
SATURATED_SHARE = 0.5


class Trouble:
    """Follows the raw counts of one scale; `quality` is None while nothing is wrong."""

    def __init__(self) -> None:
        self.quality: Quality | None = None
        self._null_s = 0.0
        self._same = 0
        self._longest = 0
        self._samples = 0
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
        return Quality.STUCK if self._same >= self._too_many else None

    @property
    def _too_many(self) -> int:
        """So many equal counts in a row are no weight."""
        is_lively = self._samples >= KNOWN_SAMPLES and self._longest <= USUAL_SAMPLES
        return FROZEN_SAMPLES if is_lively else STUCK_SAMPLES

    def _count_same(self, counts: Sequence[int | None]) -> None:
        for value in counts:
            if value is None:
                continue
            if value == self._last:
                self._same += 1
            else:
                self._learn(self._same)
                self._same = 1
            self._last = value

    def _learn(self, same: int) -> None:
        """A run of equal counts is over. One that was taken for a frozen converter teaches nothing."""
        self._samples += same
        if same < self._too_many:
            self._longest = max(self._longest, same)
