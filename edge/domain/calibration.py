"""Counts to grams. Owns the linear calibration of a scale; knows nothing of noise or time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contract.device import COUNTS_MAX, COUNTS_MIN

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A run of samples in grams: NaN where there is nothing to weigh, and how many of each kind."""

    weight_g: Floats
    null: int
    saturated: int


def to_grams(counts: Sequence[int | None], tare_counts: float, counts_per_g: float) -> Calibrated:
    """Turn raw counts into grams: (counts - tare_counts) / counts_per_g.

    A null sample (the converter did not deliver) and one at either end of the 24-bit scale (HX711
    datasheet: full scale is an overload) become NaN.
    """
    raw = np.array(counts, dtype=np.float64)
    saturated = (raw <= COUNTS_MIN) | (raw >= COUNTS_MAX)
    overloaded = int(np.count_nonzero(saturated))
    null = int(np.count_nonzero(np.isnan(raw)))
    if overloaded:
        raw[saturated] = np.nan
    return Calibrated((raw - tare_counts) / counts_per_g, null, overloaded)


SPAN_SIGMA_MAX = 0.002
"""0.2 %: two grams in a kilogram."""
LEAST_LOAD_SHARE = 0.05
"""Of the capacity: a lighter weight says little about a full bottle."""
LINEARITY_MAX_G, LINEARITY_MAX_SHARE = 1.0, 0.0005
"""0.05 % of the heaviest load: cells of this class promise 0.03 to 0.05 % in their datasheets."""
REPEATABILITY_MAX_G = 2.0
CHECK_MAX_G, CHECK_MAX_SHARE = 2.0, 0.003
SPAN_RATIO_MAX = 2.0
"""A cell does not change its span by more; a wrong figure for the weight does."""
TARE_MAX_G = 150.0
"""No bottle is that light: more than this on the pad is something that was forgotten there."""
REDO_AFTER_DAYS = 180
REDO_ZERO_G = 10.0
REDO_TEMPERATURE_C = 15.0


@dataclass(frozen=True, slots=True)
class Point:
    """A known load and what the cell said: mean counts and their standard error."""

    load_g: float
    counts: float
    sigma_counts: float


@dataclass(frozen=True, slots=True)
class Fit:
    """A straight line through points, and how good it is.

    sigma_span is relative (0.001 = 0.1 %). linearity_error_g is the largest distance of a point from the
    line, None with fewer than three loads; repeatability_g the spread of the same load put on again, None
    where none was.
    """

    tare_counts: float
    counts_per_g: float
    sigma_tare_g: float
    sigma_span: float
    linearity_error_g: float | None
    repeatability_g: float | None


class UncalibratableError(ValueError):
    """There is no line through these points."""


def fit_line(points: Sequence[Point]) -> Fit:
    """Fit counts = tare + span * load by least squares; two points give the line through them.

    The error of a point is what its samples say or what the points' own scatter says, whichever is larger.
    Raises UncalibratableError with fewer than two loads, or where the load made no difference.
    """
    load_g = np.array([point.load_g for point in points], dtype=np.float64)
    counts = np.array([point.counts for point in points], dtype=np.float64)
    if np.unique(load_g).size < 2:
        raise UncalibratableError("a span needs two different loads: an empty pad and a known weight")
    away = load_g - load_g.mean()
    s_xx = float(away @ away)
    span = float(away @ counts) / s_xx
    tare = float(counts.mean() - span * load_g.mean())
    residual = counts - tare - span * load_g
    stated = float(np.sqrt(np.mean([point.sigma_counts**2 for point in points])))
    spare = load_g.size - 2
    error = max(stated, float(np.sqrt(residual @ residual / spare)) if spare else 0.0)
    if abs(span) * float(np.ptp(load_g)) < 20 * stated or abs(span) < 1e-3:
        raise UncalibratableError(
            "the weight made no difference: is it on the right scale, and is the cell free to bend?"
        )
    sigma_tare = error * float(np.sqrt(1 / load_g.size + load_g.mean() ** 2 / s_xx))
    return Fit(
        tare,
        span,
        sigma_tare / abs(span),
        error / float(np.sqrt(s_xx)) / abs(span),
        _linearity(load_g, residual, span),
        _repeatability(load_g, counts, span),
    )


def _linearity(load_g: Floats, residual: Floats, span: float) -> float | None:
    loads = np.unique(load_g)
    if loads.size < 3:
        return None
    return float(max(abs(residual[load_g == load].mean()) for load in loads) / abs(span))


def _repeatability(load_g: Floats, counts: Floats, span: float) -> float | None:
    """Pooled standard deviation of loads that were put on more than once."""
    squares, spare = 0.0, 0
    for load in np.unique(load_g):
        same = counts[load_g == load]
        squares += float(((same - same.mean()) ** 2).sum())
        spare += same.size - 1
    return float(np.sqrt(squares / spare)) / abs(span) if spare else None


def reasons_against(
    fit: Fit, points: Sequence[Point], capacity_g: float, previous_counts_per_g: float | None = None
) -> tuple[str, ...]:
    """Return why this calibration must not be used, in words; empty when it may be."""
    heaviest_g = max(point.load_g for point in points)
    least_g = LEAST_LOAD_SHARE * capacity_g
    reasons = []
    if heaviest_g < least_g:
        reasons.append(f"{heaviest_g:g} g is too light for this scale: use at least {least_g:g} g")
    if fit.sigma_span > SPAN_SIGMA_MAX:
        reasons.append(
            f"the span is only known to {fit.sigma_span:.1%} (at most {SPAN_SIGMA_MAX:.1%}): use a heavier "
            "weight, and do not touch the shelf meanwhile"
        )
    reasons += _off_the_line(fit, heaviest_g)
    if previous_counts_per_g is not None:
        ratio = abs(fit.counts_per_g / previous_counts_per_g)
        if not 1 / SPAN_RATIO_MAX <= ratio <= SPAN_RATIO_MAX:
            reasons.append(
                f"the span is {ratio:.3g} times the last one: is the weight really {heaviest_g:g} g? "
                "If the cell was changed, say so (--new-cell)"
            )
    return tuple(reasons)


def _off_the_line(fit: Fit, heaviest_g: float) -> list[str]:
    reasons = []
    most_g = max(LINEARITY_MAX_G, LINEARITY_MAX_SHARE * heaviest_g)
    if fit.linearity_error_g is not None and fit.linearity_error_g > most_g:
        reasons.append(
            f"the loads lie {fit.linearity_error_g:.1f} g off a straight line (at most {most_g:.1f} g): look "
            "for something that touches the pad, and check the weights"
        )
    if fit.repeatability_g is not None and fit.repeatability_g > REPEATABILITY_MAX_G:
        reasons.append(
            f"the same load differs by {fit.repeatability_g:.1f} g (at most {REPEATABILITY_MAX_G:.1f} g): "
            "tighten the cell's screws and put the weight in the middle"
        )
    return reasons


def check_against(fit: Fit, check: Point) -> tuple[float, str | None]:
    """Return by how many grams the check is off, and why that is too much (None when it is not)."""
    error_g = (check.counts - fit.tare_counts) / fit.counts_per_g - check.load_g
    most_g = max(CHECK_MAX_G, CHECK_MAX_SHARE * check.load_g)
    if abs(error_g) <= most_g:
        return error_g, None
    return error_g, (
        f"the check reads {error_g:+.1f} g off (at most {most_g:.1f} g): put the weight in the middle of the "
        "pad and begin again"
    )


def tare_shift(counts: float, tare_counts: float, counts_per_g: float) -> tuple[float, str | None]:
    """Return by how many grams a new tare moves the zero, and why that is too much (None when it is not)."""
    shift_g = (counts - tare_counts) / counts_per_g
    if abs(shift_g) <= TARE_MAX_G:
        return shift_g, None
    return shift_g, (
        f"{shift_g:+.0f} g are on the pad (at most {TARE_MAX_G:.0f} g to tare): take everything off, "
        "or calibrate it"
    )


def zero_seen_g(weight_g: float | None) -> float | None:
    """Return the weight where it can only be an empty pad's zero, g; None where something stands there."""
    return weight_g if weight_g is not None and abs(weight_g) <= TARE_MAX_G else None


def reasons_to_redo(
    age_days: float, zero_g: float | None = None, temperature_change_c: float | None = None
) -> tuple[str, ...]:
    """Return why a calibration should be made again, in words; empty while it should not."""
    reasons = []
    if age_days > REDO_AFTER_DAYS:
        reasons.append(f"it is {age_days:.0f} days old (redo after {REDO_AFTER_DAYS})")
    if zero_g is not None and abs(zero_g) > REDO_ZERO_G:
        reasons.append(f"the empty pad reads {zero_g:+.0f} g (tare it from {REDO_ZERO_G:.0f} g on)")
    if temperature_change_c is not None and abs(temperature_change_c) > REDO_TEMPERATURE_C:
        reasons.append(f"it was made {abs(temperature_change_c):.0f} degrees away from today's temperature")
    return tuple(reasons)
