"""Owns the way from records as people have them to a clean panel, and says in sentences what it did.

Nothing is mended in silence: every repair and every refusal is a Finding. It knows no files and no clock.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from cloud.forecasting.arrays import Bools, Floats
from cloud.forecasting.doubtful import LEAST_SELLING, outliers, unit_change
from cloud.forecasting.groups import groups_of
from cloud.forecasting.panel import MAX_PERIODS, MAX_SERIES, Ints, Panel, PanelError

MAX_RECORDS = 20_000_000
CLOSED_GAP_DAYS = 14
"""A hole this long in all records is read as a closed house, a shorter one as days without a sale."""
DENSE_SHARE = 0.9
NEGATIVE_SHARE = 0.2
TWICE_SHARE = 0.9
SHORT_DAYS = 14


@dataclass(frozen=True)
class Finding:
    """What was noticed about one series (or the whole file where series is None), in a sentence."""

    kind: str
    series: str | None
    sentence: str
    refused: bool = False


@dataclass(frozen=True)
class Records:
    """Sales as rows: names, days (proleptic ordinals), sold have an element per row; others may be None.

    exposure: share 0..1 of the open time in stock. is_open: 0 or 1.
    """

    names: NDArray[np.str_]
    days: Ints
    sold: Floats
    is_open: Floats | None = None
    exposure: Floats | None = None
    price: Floats | None = None


@dataclass
class _Grid:
    """The rows laid out as series x periods, still uncleaned."""

    names: list[str]
    step_days: int
    last_day: int
    sold: Floats
    rows: Ints
    twice: Bools
    is_open: Bools
    exposure: Floats
    price: Floats | None


def clean(records: Records) -> tuple[Panel, tuple[Finding, ...]]:
    """A panel of the series that can be forecast, and what was found on the way.

    Raises PanelError where nothing is left or the whole file cannot be read as daily or weekly demand.
    """
    _check_size(records)
    grid = _laid_out(records)
    findings: list[Finding] = []
    kept = np.ones(len(grid.names), dtype=bool)
    _close_common_gaps(grid, findings)
    for series in range(len(grid.names)):
        noted = _mend(grid, series)
        findings += noted
        kept[series] = not any(finding.refused for finding in noted)
    if not kept.any():
        raise PanelError(f"No series is left to forecast. {findings[0].sentence}")
    return _panel(grid).only(kept), tuple(findings)


def _check_size(records: Records) -> None:
    if records.sold.size == 0:
        raise PanelError("The file has no rows: give at least one day of one product.")
    if records.sold.size > MAX_RECORDS:
        raise PanelError(
            f"{records.sold.size} rows are too many at once: split the file, at most {MAX_RECORDS}."
        )
    for what, column in (("is_open", records.is_open), ("exposure", records.exposure)):
        if column is not None and ((column < 0) | (column > 1)).any():
            raise PanelError(f"Column {what} must lie between 0 and 1: it is a share of the open time.")


def _step_days(days: Ints) -> int:
    """1 or 7, told from the distinct days; refuses what is rarer than weekly."""
    distinct = np.unique(days)
    if distinct.size < 2:
        return 1
    gaps = np.diff(distinct)
    if np.gcd.reduce(gaps) % 7 == 0:
        return 7
    if int(gaps.min()) > 7:
        raise PanelError(
            f"Records are {float(np.median(gaps)):.0f} days apart: forecasts need daily or weekly demand."
        )
    return 1


def _laid_out(records: Records) -> _Grid:
    names, series = np.unique(records.names, return_inverse=True)
    if names.size > MAX_SERIES:
        raise PanelError(f"{names.size} series are too many at once: split the file, at most {MAX_SERIES}.")
    step, last = _step_days(records.days), int(records.days.max())
    back = (last - records.days) // step
    periods = min(int(back.max()) + 1, MAX_PERIODS)
    fits = back < periods
    cell = (series[fits], periods - 1 - back[fits])
    shape = (names.size, periods)
    sold, rows = np.zeros(shape), np.zeros(shape, dtype=np.int64)
    amounts = records.sold[fits]
    np.add.at(sold, cell, np.nan_to_num(amounts))
    np.add.at(rows, cell, 1)
    largest = np.full(shape, -np.inf)
    np.maximum.at(largest, cell, np.nan_to_num(amounts))
    twice = (rows == 2) & np.isclose(sold, 2 * largest) & (sold > 0)
    begun = np.cumsum(rows, axis=1) > 0
    exposure = _placed(records.exposure, fits, cell, shape, 1.0) * begun
    exposure[cell[0][np.isnan(amounts)], cell[1][np.isnan(amounts)]] = 0.0
    is_open = _placed(records.is_open, fits, cell, shape, 1.0) > 0
    price = None if records.price is None else _placed(records.price, fits, cell, shape, np.nan)
    return _Grid([str(n) for n in names], step, last, sold, rows, twice, is_open, exposure, price)


def _placed(
    column: Floats | None, fits: Bools, cell: tuple[Ints, Ints], shape: tuple[int, int], empty: float
) -> Floats:
    grid = np.full(shape, empty)
    if column is not None:
        given = ~np.isnan(column[fits])
        grid[cell[0][given], cell[1][given]] = column[fits][given]
    return grid


def _close_common_gaps(grid: _Grid, findings: list[Finding]) -> None:
    """Mark holes in which no series has a record as closed, where days without a record are else rare.

    A file that lists only days with a sale has holes of its own; they are days without a sale.
    """
    silent = grid.rows.sum(axis=0) == 0
    edges = np.flatnonzero(np.diff(np.r_[False, silent, False]))
    holes = [
        (int(start), int(end))
        for start, end in zip(edges[::2], edges[1::2], strict=True)
        if (end - start) * grid.step_days >= CLOSED_GAP_DAYS
    ]
    elsewhere = silent.size - sum(end - start for start, end in holes)
    if not holes or (~silent).sum() < DENSE_SHARE * elsewhere:
        return
    for start, end in holes:
        grid.is_open[:, start:end] = False
        sentence = (
            f"No series has a record for {end - start} periods from {_day(grid, start)}: read as closed."
        )
        findings.append(Finding("closed", None, sentence))


def _mend(grid: _Grid, series: int) -> list[Finding]:
    """Repair one series in place; a finding with `refused` takes it out."""
    name, sold, rows = grid.names[series], grid.sold[series], grid.rows[series]
    recorded = rows > 0
    findings: list[Finding] = []
    if (
        grid.twice[series].sum() >= TWICE_SHARE * max((recorded & (sold > 0)).sum(), 1)
        and grid.twice[series].any()
    ):
        sentence = f"{name}: nearly every day is there twice with the same figure; export it once."
        return [Finding("twice", name, sentence, refused=True)]
    if (rows > 1).any():
        findings.append(
            Finding(
                "duplicates",
                name,
                f"{name}: {(rows > 1).sum()} periods have several rows; they were added up.",
            )
        )
    negative = sold < 0
    if negative.sum() > NEGATIVE_SHARE * max((sold != 0).sum(), 1):
        sentence = f"{name}: {negative.sum()} periods are negative; these are not sales, check the column."
        return [Finding("negative", name, sentence, refused=True)]
    if negative.any():
        sold[negative] = 0.0
        findings.append(
            Finding(
                "negative",
                name,
                f"{name}: {negative.sum()} negative periods (returns) were read as nothing sold.",
            )
        )
    return findings + _doubt(grid, series) + _remarks(grid, series)


def _doubt(grid: _Grid, series: int) -> list[Finding]:
    """Take absurd values and everything before a change of unit out of what the forecast learns from."""
    name, sold, exposure = grid.names[series], grid.sold[series], grid.exposure[series]
    findings = []
    change = unit_change(sold)
    if change is not None:
        at, factor = change
        sentence = (
            f"{name}: since {_day(grid, at)} figures are {factor:.3g} times those before, as if the unit had "
            "changed; only what came after is used."
        )
        findings.append(Finding("unit", name, sentence))
        exposure[:at], sold[:at] = 0.0, 0.0
    for at in outliers(sold):
        absurd = f"{name}: {sold[at]:g} on {_day(grid, int(at))} is absurd beside all others"
        sentence = f"{absurd}; that period is left out."
        findings.append(Finding("outlier", name, sentence))
        exposure[at], sold[at] = 0.0, 0.0
    return findings


def _remarks(grid: _Grid, series: int) -> list[Finding]:
    """What the reader should know before trusting the forecast; nothing is changed."""
    name, sold, rows = grid.names[series], grid.sold[series], grid.rows[series]
    begun = np.cumsum(rows) > 0
    missing = int((begun & (rows == 0) & grid.is_open[series]).sum())
    findings = []
    if missing > 0.05 * begun.sum():
        findings.append(
            Finding("gaps", name, f"{name}: {missing} periods without a record were read as nothing sold.")
        )
    if begun.sum() * grid.step_days < SHORT_DAYS:
        sentence = f"{name}: only {begun.sum()} periods of history; the forecast is wide and mostly a guess."
        findings.append(Finding("short", name, sentence))
    if not sold.any():
        findings.append(Finding("no sales", name, f"{name}: nothing was ever sold; the forecast is nothing."))
    elif (sold > 0).sum() < LEAST_SELLING:
        findings.append(
            Finding("rare", name, f"{name}: sold in only {(sold > 0).sum()} periods; not scored.")
        )
    return findings


def _day(grid: _Grid, period: int) -> date:
    return date.fromordinal(grid.last_day - (grid.sold.shape[1] - 1 - period) * grid.step_days)


def _panel(grid: _Grid) -> Panel:
    return Panel(
        ids=tuple(grid.names),
        ends_on=date.fromordinal(grid.last_day),
        step_days=grid.step_days,
        sold=np.maximum(grid.sold, 0.0),
        exposure=grid.exposure,
        is_open=grid.is_open,
        price=grid.price,
        groups=groups_of(grid.names),
    )
