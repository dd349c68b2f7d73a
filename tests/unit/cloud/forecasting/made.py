"""Made-up demand for tests: Poisson days with a weekday pattern, seeded."""

from datetime import date

import numpy as np

from cloud.forecasting.arrays import Floats
from cloud.forecasting.history import Records
from cloud.forecasting.panel import Panel

WEEK = np.array([0.5, 0.6, 0.8, 1.0, 1.3, 1.6, 1.2])
LAST = date(2026, 11, 20)


def panel_from(sold: Floats, exposure: Floats | None = None, step_days: int = 1) -> Panel:
    """A panel of open, fully stocked series, or with the exposure given."""
    return Panel(
        ids=tuple(f"bar|product {number:03}" for number in range(len(sold))),
        ends_on=LAST,
        step_days=step_days,
        sold=np.asarray(sold, dtype=np.float64),
        exposure=np.ones(sold.shape) if exposure is None else exposure,
        is_open=np.ones(sold.shape, dtype=bool),
    )


def poisson_panel(series: int = 20, days: int = 400, mean: float = 4.0, seed: int = 5) -> Panel:
    """Poisson demand with the same week for all, rates between half and twice the mean."""
    dice = np.random.default_rng(seed)
    rates = mean * np.exp(dice.uniform(-0.7, 0.7, series))
    week = np.resize(WEEK, days + 7)[-days:]
    return panel_from(dice.poisson(rates[:, None] * week[None, :]))


def records(series: dict[str, list[float]], last: date = LAST) -> Records:
    """One row per day, all series ending on the same day."""
    names = [name for name, sold in series.items() for _ in sold]
    days = [last.toordinal() - len(sold) + 1 + at for sold in series.values() for at in range(len(sold))]
    sold = [amount for amounts in series.values() for amount in amounts]
    return Records(np.array(names), np.array(days), np.array(sold, dtype=np.float64))
