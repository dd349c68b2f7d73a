"""The linear and integer programs of ordering: the one place that knows HiGHS.

Owns how rows and columns become a HiGHS model, and the limits that make an answer the same on any machine:
one thread, nodes and iterations counted, never seconds.
Must not know what a row or a column means.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

UNLIMITED = float(highspy.kHighsInf)


@dataclass(frozen=True, slots=True)
class Answer:
    """Values of all columns and, of a linear program, the dual of each row (>= 0 for a row that pushes
    up).
    """

    objective: float
    columns: Floats
    duals: Floats
    nodes: int = 0


class Program:
    """A minimisation that grows by rows and columns and is solved again from where it stood."""

    def __init__(self) -> None:
        self._highs = _quiet()

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return int(self._highs.getNumRow())

    @property
    def columns(self) -> int:
        """How many columns it has."""
        return int(self._highs.getNumCol())

    def add_row(
        self, lower: float, upper: float, columns: Sequence[int] = (), values: Sequence[float] = ()
    ) -> int:
        """Add lower <= sum(values x columns) <= upper; answers the row's number."""
        self._highs.addRow(lower, upper, len(columns), _ints(columns), _floats(values))
        return self.rows - 1

    def add_column(
        self,
        cost: float,
        upper: float,
        rows: Sequence[int] = (),
        values: Sequence[float] = (),
        lower: float = 0.0,
    ) -> int:
        """Add a column within [lower, upper]; answers its number."""
        self._highs.addCol(cost, lower, upper, len(rows), _ints(rows), _floats(values))
        return self.columns - 1

    def bound_column(self, column: int, lower: float, upper: float) -> None:
        """Change what a column may be."""
        self._highs.changeColBounds(column, lower, upper)

    def solve(self) -> Answer | None:
        """Solve as a linear program; None where nothing satisfies the rows."""
        self._highs.run()
        if self._highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        solution = self._highs.getSolution()
        return Answer(
            float(self._highs.getObjectiveValue()),
            np.array(solution.col_value, dtype=np.float64),
            np.array(solution.row_dual, dtype=np.float64),
        )

    def solve_integer(
        self, start: Floats | None, fixed_at_zero: NDArray[np.bool_], max_nodes: int, gap: float
    ) -> Answer | None:
        """Solve with every column whole, from a feasible `start`; None where no whole solution was found.

        Stops within `gap` (a share of the objective) of its bound or at `max_nodes`.
        """
        highs = _quiet()
        highs.setOptionValue("mip_max_nodes", max_nodes)
        highs.setOptionValue("mip_max_stall_nodes", max_nodes)
        highs.setOptionValue("mip_rel_gap", gap)
        highs.passModel(self._highs.getLp())
        count = self.columns
        whole = np.full(count, int(highspy.HighsVarType.kInteger), dtype=np.uint8)
        highs.changeColsIntegrality(count, np.arange(count, dtype=np.int32), whole)
        for column in np.flatnonzero(fixed_at_zero):
            highs.changeColBounds(int(column), 0.0, 0.0)
        if start is not None:
            highs.setSolution(count, np.arange(count, dtype=np.int32), start)
        highs.run()
        info = highs.getInfo()
        if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return None
        values = np.array(highs.getSolution().col_value, dtype=np.float64)
        return Answer(float(highs.getObjectiveValue()), values, np.zeros(0), int(info.mip_node_count))


def _quiet() -> highspy.Highs:
    highs: highspy.Highs = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in (("output_flag", False), ("threads", 1), ("random_seed", 7), ("parallel", "off")):
        highs.setOptionValue(option, value)
    return highs


def _ints(numbers: Sequence[int]) -> NDArray[np.int32]:
    return np.asarray(numbers, dtype=np.int32)


def _floats(numbers: Sequence[float]) -> Floats:
    return np.asarray(numbers, dtype=np.float64)
