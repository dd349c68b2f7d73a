"""When to look. Pure: times are handed in, seconds of bar time (boot) and of real time.

A look is worth most when a shelf has just settled after a movement; between movements a schedule keeps the
camera's own state known. A device that needs long for a look looks less often.
"""

from dataclasses import dataclass

SETTLED_S = 1.5
"""After a movement is known: the hand has left the picture."""
AGAIN_S = 12.0
"""After a look that found something wrong, to make sure."""
LEAST_GAP_S = 2.0
REST = 4.0
"""Times the length of the last look that pass before the next: at most a fifth of one core."""
MAX_WAIT_S = 20.0
"""A shelf that never settles is looked at all the same."""


@dataclass(slots=True)
class LookSchedule:
    """The next look of one camera."""

    every_s: float
    _asked_s: float | None = None
    _asked_first_s: float | None = None
    _last_s: float = float("-inf")
    _ready_real_s: float = float("-inf")

    def ask(self, now_s: float, within_s: float = SETTLED_S) -> None:
        """Something happened: look soon. Several wishes in a row move the look, but not for ever."""
        if self._asked_first_s is None:
            self._asked_first_s = now_s
        self._asked_s = min(now_s + within_s, self._asked_first_s + MAX_WAIT_S)

    def is_due(self, now_s: float, real_s: float) -> bool:
        """Whether to look now."""
        if real_s < self._ready_real_s:
            return False
        return now_s - self._last_s >= self.every_s or (self._asked_s is not None and now_s >= self._asked_s)

    def looked(self, now_s: float, real_s: float, took_s: float, *, is_strange: bool = False) -> None:
        """A look is over; took_s is its processor time, real seconds."""
        self._last_s, self._asked_s, self._asked_first_s = now_s, None, None
        self._ready_real_s = real_s + max(LEAST_GAP_S if took_s > 0.2 else 0.0, REST * took_s)
        if is_strange:
            self.ask(now_s, AGAIN_S)
