"""How late a supplier comes: from deliveries seen so far, and from what a person thinks before there are any.

Pure. Must not know where deliveries are kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

THOUGHT_WEIGHS = 4.0
"""What a person thinks counts as much as so many deliveries: a month of weekly ones outweighs it."""
MAX_DELAY_DAYS = 14.0


@dataclass(frozen=True, slots=True)
class Lateness:
    """Days beyond the promised day: mean (never below 0: nobody plans with being early) and spread.

    `deliveries` were seen, of which `on_time_share` came on their day or before; None before the first.
    """

    mean_days: float
    sigma_days: float
    deliveries: int
    on_time_share: float | None


def lateness_of(delays_days: Sequence[int], usual_days: float = 0.0, spread_days: float = 0.0) -> Lateness:
    """The delays seen, and what a person thinks as if it were THOUGHT_WEIGHS deliveries more.

    Raises ValueError where what is thought lies outside 0..MAX_DELAY_DAYS.
    """
    for word, value in (("usual delay", usual_days), ("spread", spread_days)):
        if not 0 <= value <= MAX_DELAY_DAYS:
            raise ValueError(f"a {word} of {value:g} days is not 0 to {MAX_DELAY_DAYS:g}")
    seen = [min(float(delay), MAX_DELAY_DAYS) for delay in delays_days]
    weight = THOUGHT_WEIGHS + len(seen)
    mean = (THOUGHT_WEIGHS * usual_days + sum(seen)) / weight
    squares = sum((delay - mean) ** 2 for delay in seen)
    variance = (THOUGHT_WEIGHS * (spread_days**2 + (usual_days - mean) ** 2) + squares) / weight
    on_time = sum(delay <= 0 for delay in seen) / len(seen) if seen else None
    return Lateness(max(0.0, mean), sqrt(variance), len(seen), on_time)


def whole_days(mean_days: float) -> int:
    """By how many days a promised day is moved in a plan; halves go up."""
    return int(mean_days + 0.5)


def spread_in_plan(mean_days: float, sigma_days: float) -> float:
    """Days by which deliveries still differ from the day planned with."""
    return sqrt(sigma_days**2 + (mean_days - whole_days(mean_days)) ** 2)
