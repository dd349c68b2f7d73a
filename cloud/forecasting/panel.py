"""Owns the shape in which demand enters the maths: many series side by side, aligned at their end.

It must not know where the figures come from, nor what time it is.
"""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from cloud.forecasting.arrays import Bools, Floats
from cloud.forecasting.occasions import Occasions

Ints = NDArray[np.int64]

MAX_SERIES = 100_000
MAX_PERIODS = 4_000
"""Eleven years of days; a longer history is cut to its newest part before it comes here."""


class PanelError(ValueError):
    """The demand history cannot be forecast as it stands; the message says what to change."""


@dataclass(frozen=True)
class Panel:
    """Demand of n series over T periods that all end on the same day.

    sold: (n, T) quantity sold or poured per period, >= 0, any one base unit per series.
    exposure: (n, T) share 0..1 of the open time in which the product was in stock; 0 before a series begins.
    is_open: (n, T) whether the site was open; closed periods teach nothing about demand.
    price: (n, T) price per unit or NaN, or None where unknown.
    groups: (n,) number of the site (or other family) a series belongs to, 0-based; series of a group share
    what they know about weekdays.
    step_days: 1 for days, 7 for weeks.
    occasions: what is special about the periods and those to come, in step with sold; None: nothing known.
    """

    ids: tuple[str, ...]
    ends_on: date
    step_days: int
    sold: Floats
    exposure: Floats
    is_open: Bools
    price: Floats | None = None
    groups: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    occasions: "Occasions | None" = None

    def __post_init__(self) -> None:
        """Check shapes and ranges once, so that the maths need not."""
        n, periods = self.sold.shape
        if n == 0 or periods == 0:
            raise PanelError("There is no series to forecast: give at least one series with one period.")
        if n > MAX_SERIES or periods > MAX_PERIODS:
            raise PanelError(
                f"{n} series of {periods} periods are too many for one panel: split it, "
                f"at most {MAX_SERIES} series of {MAX_PERIODS} periods."
            )
        if self.step_days not in (1, 7):
            raise PanelError(f"A period of {self.step_days} days is not known: give daily or weekly demand.")
        if not np.isfinite(self.sold).all() or (self.sold < 0).any():
            raise PanelError("Demand must be finite and not negative: clean it with history.clean first.")
        if ((self.exposure < 0) | (self.exposure > 1)).any():
            raise PanelError("Exposure is the share of open time in stock: it must lie between 0 and 1.")
        if self.exposure.shape != (n, periods) or self.is_open.shape != (n, periods) or len(self.ids) != n:
            raise PanelError("ids, sold, exposure and is_open must describe the same series and periods.")
        if self.groups.size == 0:
            object.__setattr__(self, "groups", np.zeros(n, dtype=np.int64))

    @property
    def series(self) -> int:
        """The number of series."""
        return len(self.ids)

    @property
    def periods(self) -> int:
        """The number of periods of the longest series."""
        return int(self.sold.shape[1])

    @property
    def season(self) -> int:
        """Periods in a week: 7 for days, 1 for weeks."""
        return 7 // self.step_days

    def periods_in(self, days: int) -> int:
        """How many periods cover that many days, at least one."""
        return max(1, days // self.step_days)

    def phases(self) -> Ints:
        """(T,) place of each period in its week, counted so that the first period after the end has 0."""
        return np.asarray((np.arange(self.periods) - self.periods) % self.season, dtype=np.int64)

    def until(self, periods: int) -> "Panel":
        """The same series without their newest periods: what was known after the first `periods` ones."""
        left_out = self.periods - periods
        return replace(
            self,
            ends_on=self.ends_on - timedelta(days=left_out * self.step_days),
            sold=self.sold[:, :periods],
            exposure=self.exposure[:, :periods],
            is_open=self.is_open[:, :periods],
            price=None if self.price is None else self.price[:, :periods],
        )

    def only(self, keep: Bools) -> "Panel":
        """The series where keep (n,) is true, in the same order."""
        return replace(
            self,
            ids=tuple(name for name, kept in zip(self.ids, keep, strict=True) if kept),
            sold=self.sold[keep],
            exposure=self.exposure[keep],
            is_open=self.is_open[keep],
            price=None if self.price is None else self.price[keep],
            groups=np.unique(self.groups[keep], return_inverse=True)[1].astype(np.int64),
        )


def sums_before(values: Floats) -> Floats:
    """(n, T + 1) running totals: element t is the sum of the first t periods."""
    n = values.shape[0]
    return np.concatenate([np.zeros((n, 1)), np.cumsum(values, axis=1)], axis=1)


def window_sums(values: Floats, length: int) -> Floats:
    """(n, T - length + 1) sums of `length` neighbouring periods; element t begins at period t."""
    totals = sums_before(values)
    return np.asarray(totals[:, length:] - totals[:, :-length])
