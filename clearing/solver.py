"""HiGHS kept alive: a linear program whose rows, columns and bounds change between solves.

The one idea to know: presolve is off and the dual simplex starts from the last basis, because
merit-order structures make presolve take most of the time while the simplex needs almost nothing.
One thread and a fixed seed, so that the same numbers give the same vertex.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import highspy
import numpy as np
from numpy.typing import NDArray

from clearing.curves import FloatArray
from clearing.problem import IntArray

_OPTIONS: Final[dict[str, Any]] = {
    "output_flag": False,
    "presolve": "off",
    "solver": "simplex",
    "simplex_strategy": 1,  # dual
    "threads": 1,
    "parallel": "off",
    "random_seed": 0,
}
#: Share of the largest bound by which a bound may be missed.
_ACCURACY: Final = 1e-14
#: Bounds of this size say "no limit".
_NO_BOUND: Final = 2.0**53
#: What HiGHS takes as no bound.
_INFINITY: Final = float(highspy.kHighsInf)


#: Where a column or a row stands in a basis.
LOWER, BASIC, UPPER, FREE, HELD = range(5)
_STATUS: Final = (
    highspy.HighsBasisStatus.kLower,
    highspy.HighsBasisStatus.kBasic,
    highspy.HighsBasisStatus.kUpper,
    highspy.HighsBasisStatus.kZero,
    highspy.HighsBasisStatus.kNonbasic,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """Where all columns and rows of a program stand."""

    columns: IntArray
    rows: IntArray


class SolverFailedError(Exception):
    """The solver did not end with an optimum; the message is its own word for how it ended."""


class Program:
    """One living linear program: minimise cost · x within row and column bounds."""

    def __init__(
        self,
        *,
        cost: FloatArray,
        lower: FloatArray,
        upper: FloatArray,
        row_lower: FloatArray,
        row_upper: FloatArray,
        start: NDArray[np.int32],
        index: NDArray[np.int32],
        value: FloatArray,
    ) -> None:
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(cost), len(row_lower)
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, lower, upper
        lp.row_lower_, lp.row_upper_ = row_lower, row_upper
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = start, index, value
        self._highs = highspy.Highs()  # type: ignore[no-untyped-call]  # its class is not annotated
        for name, setting in _OPTIONS.items():
            self._highs.setOptionValue(name, setting)
        # The smallest amount that counts grows with the largest: doubles have sixteen digits.
        largest = _largest(lower, upper, row_lower, row_upper)
        tolerance = float(np.clip(largest * _ACCURACY, 1e-7, 1e-3))
        self._highs.setOptionValue("primal_feasibility_tolerance", tolerance)
        self._highs.passModel(lp)
        self.columns: FloatArray = np.zeros(len(cost))
        self.objective = 0.0
        self.solves = 0

    def solve(self, *, roughly: bool = False) -> None:
        """Find the optimum from the last basis; `columns` and `objective` then hold it.

        Args:
            roughly: what the simplex has when it can not decide is good enough.

        Raises:
            SolverFailedError: there is no optimum, or none was found.
        """
        self._highs.run()
        status = self._highs.getModelStatus()
        if status == highspy.HighsModelStatus.kUnknown:
            # A stale basis can leave the simplex undecided; once more from nothing decides it.
            self._highs.clearSolver()
            self._highs.run()
            status = self._highs.getModelStatus()
        undecided = status == highspy.HighsModelStatus.kUnknown and roughly
        if status != highspy.HighsModelStatus.kOptimal and not undecided:
            raise SolverFailedError(self._highs.modelStatusToString(status))
        self.solves += 1
        solution = self._highs.getSolution()
        self.columns = np.array(solution.col_value, dtype=np.float64)
        self.objective = float(self._highs.getObjectiveValue())

    def start_from(self, basis: Basis) -> None:
        """Begin the next solve from a basis; the solver mends one that does not fit."""
        given = highspy.HighsBasis()
        given.col_status = [_STATUS[code] for code in basis.columns.tolist()]
        given.row_status = [_STATUS[code] for code in basis.rows.tolist()]
        given.valid = True
        self._highs.setBasis(given)

    @property
    def row_duals(self) -> FloatArray:
        """Duals of the rows at the last optimum; read before the program is changed."""
        return np.array(self._highs.getSolution().row_dual, dtype=np.float64)

    @property
    def column_duals(self) -> FloatArray:
        """Reduced costs of the columns at the last optimum; read before the program is changed."""
        return np.array(self._highs.getSolution().col_dual, dtype=np.float64)

    @property
    def n_rows(self) -> int:
        """Number of rows now."""
        return int(self._highs.getNumRow())

    @property
    def n_columns(self) -> int:
        """Number of columns now."""
        return int(self._highs.getNumCol())

    def add_rows(
        self,
        lower: FloatArray,
        upper: FloatArray,
        columns: NDArray[Any],
        coefficients: FloatArray,
    ) -> None:
        """Add rows of equal length: `columns` and `coefficients` are (rows, entries)."""
        count, entries = columns.shape
        self._highs.addRows(
            count,
            _bounded(lower),
            _bounded(upper),
            count * entries,
            (np.arange(count) * entries).astype(np.int32),
            columns.reshape(-1).astype(np.int32),
            np.ascontiguousarray(coefficients.reshape(-1)),
        )

    def drop_rows(self, first: int) -> None:
        """Remove all rows from `first` on."""
        rows = np.arange(first, self.n_rows, dtype=np.int32)
        if len(rows):
            self._highs.deleteRows(len(rows), rows)

    def add_columns(
        self, cost: FloatArray, upper: FloatArray, rows: NDArray[Any], coefficients: FloatArray
    ) -> None:
        """Add columns 0 <= x <= upper that stand in one row each."""
        count = len(cost)
        self._highs.addCols(
            count,
            cost,
            np.zeros(count),
            _bounded(upper),
            count,
            np.arange(count, dtype=np.int32),
            rows.astype(np.int32),
            coefficients,
        )

    def set_bounds(self, columns: IntArray, lower: FloatArray, upper: FloatArray) -> None:
        """Give columns new bounds."""
        self._highs.changeColsBounds(
            len(columns), columns.astype(np.int32), _bounded(lower), _bounded(upper)
        )

    def set_whole(self, columns: IntArray) -> None:
        """Ask for whole numbers in some columns."""
        kinds = np.full(len(columns), int(highspy.HighsVarType.kInteger), dtype=np.uint8)
        self._highs.changeColsIntegrality(len(columns), columns.astype(np.int32), kinds)

    def set_costs(self, columns: IntArray, cost: FloatArray) -> None:
        """Give columns new costs."""
        self._highs.changeColsCost(len(columns), columns.astype(np.int32), cost)

    def set_row_bounds(self, rows: IntArray, lower: FloatArray, upper: FloatArray) -> None:
        """Give rows new bounds."""
        self._highs.changeRowsBounds(  # type: ignore[attr-defined]  # missing in its type stubs
            len(rows), rows.astype(np.int32), _bounded(lower), _bounded(upper)
        )


def _largest(*bounds: FloatArray) -> float:
    """The largest of all bounds that are bounds at all."""
    sizes = [np.abs(array[np.abs(array) < _NO_BOUND]) for array in bounds]
    return max((float(size.max(initial=0.0)) for size in sizes), default=0.0)


def _bounded(values: FloatArray) -> FloatArray:
    return np.clip(np.asarray(values, dtype=np.float64), -_INFINITY, _INFINITY)


def whole_numbers(
    *,
    cost: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    row_lower: FloatArray,
    row_upper: FloatArray,
    matrix: FloatArray,
    whole: int,
) -> FloatArray | None:
    """The cheapest point of a small program whose first `whole` columns are whole numbers.

    `matrix` is (rows, columns). None where nothing fits.
    """
    rows, columns = np.nonzero(matrix.T)[::-1]
    start = np.searchsorted(columns, np.arange(len(cost) + 1))
    program = Program(
        cost=cost,
        lower=lower,
        upper=upper,
        row_lower=row_lower,
        row_upper=row_upper,
        start=start.astype(np.int32),
        index=rows.astype(np.int32),
        value=matrix[rows, columns],
    )
    program.set_whole(np.arange(whole))
    try:
        program.solve()
    except SolverFailedError:
        return None
    return program.columns
