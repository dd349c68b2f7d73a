"""Counts what was refused, by reason. Bounded; knows nothing of what was refused."""

MAX_REASONS = 48
OTHER = "other reasons (more than 48 different ones)"


class Refusals:
    """A counter per reason since the start; past the maximum everything new counts as one."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def note(self, reason: str, times: int = 1) -> bool:
        """Count a refusal; True the first time this reason is met, which is when it is worth a log line."""
        known = reason in self._counts or len(self._counts) < MAX_REASONS
        key = reason[:200] if known else OTHER
        first = key not in self._counts
        self._counts[key] = self._counts.get(key, 0) + times
        return first

    def counts(self) -> dict[str, int]:
        """Return a copy: reason to number."""
        return dict(self._counts)
