"""Whether the cloud is worth asking: after a run of failures one asks for all. Pure; reads no clock.

Closed: everybody sends. After `MAX_FAILURES` in a row it opens, and nobody sends until a wait is over; then
one is let through (half open). Its success closes it for all, its failure opens it again, for longer.
Waits are drawn with full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter", 2015).
"""

from edge.domain.backoff import Backoff

MAX_FAILURES = 3


class Breaker:
    """Shared by everything that talks to one cloud. Times are real seconds that never go back."""

    def __init__(self, backoff: Backoff) -> None:
        self._backoff = backoff
        self._failures = 0
        self._opens_at_s = 0.0
        self._is_probing = False

    @property
    def is_closed(self) -> bool:
        """Whether everybody may send."""
        return self._failures < MAX_FAILURES

    def wait_s(self, now_s: float) -> float:
        """Return how long to wait before sending; 0 lets the caller through, who must then report back."""
        if now_s < self._opens_at_s:
            return self._opens_at_s - now_s
        if self.is_closed:
            return 0.0
        if self._is_probing:
            return 0.1
        self._is_probing = True
        return 0.0

    def released(self) -> None:
        """Whoever was let through has nothing to send after all: the next one may."""
        self._is_probing = False

    def succeeded(self) -> None:
        """The cloud answered."""
        self._failures, self._opens_at_s, self._is_probing = 0, 0.0, False
        self._backoff.reset()

    def failed(self, now_s: float, at_least_s: float = 0.0) -> float:
        """The cloud did not, or asked for patience; return how long everybody waits now, s."""
        self._failures += 1
        self._is_probing = False
        wait_s = self._backoff.next_s(at_least_s)
        self._opens_at_s = max(self._opens_at_s, now_s + wait_s)
        return wait_s
