"""A calibration as three steps for a person on a ladder: empty, known weight, check. Pure; no clock, no file.

With more than one known weight the middle step is repeated, and the line has its linearity; the check puts
the first weight on once more, unless another is named, so that there is always a repeatability.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from edge.domain.calibration import (
    Fit,
    Point,
    UncalibratableError,
    check_against,
    fit_line,
    reasons_against,
)
from edge.domain.steadiness import Hold

MAX_LOADS = 10
LEAST_CHANGE_SIGMAS = 20.0


class StepKind(Enum):
    """What the person does now."""

    EMPTY = "empty"
    LOAD = "load"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class Step:
    """One step and the load it wants on the pad, g."""

    kind: StepKind
    load_g: float

    @property
    def words(self) -> str:
        """What to do, in one sentence."""
        if self.kind is StepKind.EMPTY:
            return "Take everything off the pad."
        if self.kind is StepKind.LOAD:
            return f"Put {self.load_g:g} g in the middle of the pad."
        return f"Lift everything off, then put {self.load_g:g} g back on."


@dataclass(frozen=True, slots=True)
class Verdict:
    """The line and whether it may be used; `reasons` is empty when it may."""

    fit: Fit
    check_error_g: float
    reasons: tuple[str, ...]

    @property
    def is_accepted(self) -> bool:
        """Whether the statistics allow it."""
        return not self.reasons

    @property
    def lines(self) -> tuple[str, ...]:
        """The statistics, a line each, for people."""
        fit = self.fit
        found = [
            f"span {fit.counts_per_g:.2f} counts per g, known to {fit.sigma_span:.2%}",
            f"zero known to {fit.sigma_tare_g:.2f} g",
        ]
        if fit.linearity_error_g is not None:
            found.append(f"at most {fit.linearity_error_g:.1f} g off a straight line")
        if fit.repeatability_g is not None:
            found.append(f"the same weight again differs by {fit.repeatability_g:.1f} g")
        return (*found, f"the check is {self.check_error_g:+.1f} g off")


class StepRefusedError(ValueError):
    """This was not what the step asked for."""


class Session:
    """One calibration in progress. Raises ValueError for weights that cannot calibrate anything."""

    def __init__(
        self,
        loads_g: Sequence[float],
        *,
        capacity_g: float,
        check_g: float | None = None,
        previous_counts_per_g: float | None = None,
    ) -> None:
        loads = list(loads_g)
        if not 1 <= len(loads) <= MAX_LOADS or len(set(loads)) < len(loads):
            raise ValueError(f"give 1 to {MAX_LOADS} different weights, in grams")
        for load_g in [*loads, *([] if check_g is None else [check_g])]:
            if not 1 <= load_g <= 1.2 * capacity_g:
                raise ValueError(f"{load_g:g} g: this scale takes 1 to {1.2 * capacity_g:g} g; give grams")
        self._capacity_g, self._previous = capacity_g, previous_counts_per_g
        self._steps = [Step(StepKind.EMPTY, 0.0), *(Step(StepKind.LOAD, load_g) for load_g in loads)]
        self._steps.append(Step(StepKind.CHECK, loads[0] if check_g is None else check_g))
        self._points: list[Point] = []

    @property
    def step(self) -> Step | None:
        """What is to be done now; None when all steps are done."""
        return self._steps[len(self._points)] if len(self._points) < len(self._steps) else None

    @property
    def number(self) -> int:
        """1, 2 or 3: which of the three steps this is."""
        step = self.step
        return 3 if step is None or step.kind is StepKind.CHECK else 1 if step.kind is StepKind.EMPTY else 2

    @property
    def loads_g(self) -> tuple[float, ...]:
        """What was put on so far, g."""
        return tuple(point.load_g for point in self._points)

    def take(self, hold: Hold) -> None:
        """Take the cell at rest as this step's point. Raises StepRefusedError when nothing has changed."""
        step = self.step
        assert step is not None, "all steps are done"
        if step.kind is StepKind.LOAD:
            last = self._points[-1]
            least = LEAST_CHANGE_SIGMAS * max(hold.sigma_counts, last.sigma_counts)
            if abs(hold.counts - last.counts) < least:
                raise StepRefusedError(
                    "the pad reads as before: is the weight on it, and is this the right scale?"
                )
        self._points.append(Point(step.load_g, hold.counts, hold.sigma_counts))

    def back(self) -> None:
        """Do the last step again; at the first there is nothing to do."""
        if self._points:
            self._points.pop()

    def verdict(self) -> Verdict:
        """Judge; all steps must be done. Raises UncalibratableError.

        The line rests on all points but the check, so that the check is a check; the repeatability on all.
        """
        assert self.step is None, "steps are missing"
        *points, check = self._points
        fit = fit_line(points)
        check_error_g, wrong = check_against(fit, check)
        reasons = reasons_against(fit, points, self._capacity_g, self._previous)
        return Verdict(self._with_repeatability(fit), check_error_g, (*reasons, wrong) if wrong else reasons)

    def _with_repeatability(self, fit: Fit) -> Fit:
        try:
            repeatability_g = fit_line(self._points).repeatability_g
        except UncalibratableError:
            repeatability_g = None
        return Fit(
            fit.tare_counts,
            fit.counts_per_g,
            fit.sigma_tare_g,
            fit.sigma_span,
            fit.linearity_error_g,
            repeatability_g,
        )
