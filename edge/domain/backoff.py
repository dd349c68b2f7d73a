"""How long to wait before trying again: doubled, capped, full jitter. Draws no dice of its own."""

from collections.abc import Callable

EXPONENT_MAX = 16
LEAST_S = 0.1


class Backoff:
    """Real seconds between attempts: anywhere up to first_s * 2^n, at most cap_s."""

    def __init__(self, first_s: float, cap_s: float, dice: Callable[[], float]) -> None:
        """`dice` gives numbers in 0..1, so that a street of gateways does not knock at once."""
        self._first_s, self._cap_s, self._dice = first_s, cap_s, dice
        self._failures = 0

    def next_s(self, at_least_s: float = 0.0) -> float:
        """Note a failure and return how long to wait: at least what was asked for, and not all at once."""
        whole_s = min(self._cap_s, self._first_s * float(2 ** min(self._failures, EXPONENT_MAX)))
        self._failures += 1
        jittered_s = max(LEAST_S, whole_s * self._dice())
        return jittered_s if at_least_s <= 0 else at_least_s + min(jittered_s, at_least_s)

    def reset(self) -> None:
        """Start small again: it worked."""
        self._failures = 0
