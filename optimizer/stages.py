"""The extensive form as two stages: what every future shares, and one second stage that has the rows of every branch.

Stochastic solvers want scenarios that differ in numbers only. A branch here has the rows and columns of its own years,
so the second stage has those of all branches together, by component and index; what a branch lacks is zero in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from optimizer.instance.policy import Expected, Regret
from optimizer.model.declare import Key
from optimizer.model.risk import COST
from optimizer.network.tables import BASE, TRUNK, Network
from optimizer.solver.compile import Indices, Problem, Vector

ANY = "branch"
"""Block of the second stage's rows and columns, which are no one branch's."""
LIMIT = "limit"
"""Component of a row that says what is a bound in the extensive form, and not the same in every branch."""
SPENT: Key = (COST, None)
"""Column and row of what a branch costs."""
CONSTANT = ("trunk", ("constant", None))
"""Column that is 1 and costs what no decision changes: a constant of the objective is lost on some readers."""

Named = tuple[str, Key]


@dataclass(frozen=True, slots=True)
class Core:
    """The problem with all that any branch has; where branches differ, as the first that has it.

    Attributes:
        columns: (block, (component, index)) of each; those of the first stage come first.
        rows: (block, (component, index)) of each, and `E`, `L` or `G` (equal, at most, at least); the same order.
        first_columns: number of the first stage's.
        first_rows: number of the first stage's.
        matrix: rows x columns.
        sides: right-hand side by row.
        lower: least values, by column.
        upper: highest values, by column.
        integer: whether a column is integer.
        objective: by column; in the second stage 1 for the branch's cost, and 0 for all others.
    """

    columns: list[Named]
    rows: list[tuple[Named, str]]
    first_columns: int
    first_rows: int
    matrix: sp.csr_array
    sides: Vector
    lower: Vector
    upper: Vector
    integer: npt.NDArray[np.bool_]
    objective: Vector

    def activity(self) -> tuple[Vector, Vector]:
        """Least and highest activity, by row."""
        kinds = np.array([kind for _, kind in self.rows])
        return np.where(kinds == "L", -np.inf, self.sides), np.where(kinds == "G", np.inf, self.sides)


@dataclass(frozen=True, slots=True)
class Scenario:
    """What a future has otherwise than the core.

    Attributes:
        name: id of the scenario, or `base` for the future without one.
        probability: they sum to 1.
        entries: rows, columns and values of the matrix.
        sides: rows and values of right-hand sides.
    """

    name: str
    probability: float
    entries: tuple[Indices, Indices, Vector]
    sides: tuple[Indices, Vector]


def faults_of(network: Network) -> list[str]:
    """Why an instance is no problem of two stages, in words."""
    faults = []
    if not network.windows:
        faults.append("no scenario disrupts anything, so there is no second stage; --format mps writes the problem")
    if not isinstance(network.instance.risk, Expected | Regret):  # regret is several problems, which is told as that
        faults.append(
            f"the measure is {network.instance.risk.measure}, and SMPS weighs scenarios by their probability alone; "
            "--format mps writes the problem, or --set 'risk={measure: expected}'"
        )
    for name, path in network.path.items():
        before = sorted(set(path.values()) - {TRUNK, name})
        if before:
            faults.append(
                f"{name} comes after the branch of {' and '.join(before)}, which makes a third stage; "
                "--format mps writes the problem"
            )
    return faults


class _Rows:
    """Rows with one side each, and entries, as they are gathered; stage 0 is the first, the others are branches."""

    def __init__(self) -> None:
        """Begin with none."""
        self.names: dict[tuple[Named, str], int] = {}
        self.at: list[tuple[int, int, float]] = []
        self.entries: list[tuple[int, Indices, Indices, Vector]] = []

    def add(self, stage: int, name: Named, kind: str, side: float) -> int:
        """A row's place in the core."""
        row = self.names.setdefault((name, kind), len(self.names))
        self.at.append((stage, row, side))
        return row


def two_stages(
    network: Network, problem: Problem, columns: Sequence[Named], rows: Sequence[Named]
) -> tuple[Core, list[Scenario]]:
    """The core, and each future by what it changes of the core.

    Args:
        network: without `faults_of`.
        problem: its extensive form.
        columns: (block, (component, index)) of the problem's columns.
        rows: the same of its rows.
    """
    stage_of = {name: number for number, name in enumerate(network.windows, 1)}
    order, place = _columns(stage_of, problem, columns)
    made = _Rows()
    first_rows = _problem_rows(made, stage_of, problem, place, rows)
    objective, offset = problem.objective.copy(), problem.offset
    for name, stage in stage_of.items():
        block, weight = problem.blocks[name], network.probability[name]
        usd, constant = block.cost_of(None)
        used = np.flatnonzero(usd)
        theirs, money = problem.place[name][used], usd[used] * problem.money
        np.subtract.at(objective, theirs, weight * money)
        offset -= weight * constant * problem.money
        row = made.add(stage, (ANY, SPENT), "E", constant * problem.money)
        spent = order[(ANY, SPENT), False]
        made.entries.append((stage, np.full(len(used), row), place[theirs], -money))
        made.entries.append((stage, np.array([row]), np.array([spent]), np.ones(1)))
    lower, upper = _bounds(made, stage_of, problem, place, columns, len(order))
    spent = order[(ANY, SPENT), False]
    lower[spent], upper[spent] = -np.inf, np.inf
    constant_at = order[CONSTANT, False]
    lower[constant_at] = upper[constant_at] = 1.0
    costs = np.zeros(len(order))
    costs[constant_at] = offset
    shared = place < spent
    costs[place[shared]] = objective[shared]
    costs[spent] = 1.0
    stages = np.concatenate([np.full(len(at), stage) for stage, at, _, _ in made.entries])
    width = len(order)
    codes = np.concatenate([at * width + column for _, at, column, _ in made.entries])
    values = np.concatenate([value for *_, value in made.entries])
    every, leading = np.unique(codes, return_index=True)
    sides = np.zeros(len(made.names))
    for _, row, side in reversed(made.at):
        sides[row] = side
    core = Core(
        columns=[name for name, _ in order],
        rows=list(made.names),
        first_columns=spent,
        first_rows=first_rows,
        matrix=sp.csr_array((values[leading], divmod(every, width)), shape=(len(made.names), width)),
        sides=sides,
        lower=lower,
        upper=upper,
        integer=np.array([whole for _, whole in order]),
        objective=costs,
    )
    return core, list(_scenarios(network, made, core, (stages, codes, values), every[every >= first_rows * width]))


def _columns(
    stage_of: dict[str, int], problem: Problem, columns: Sequence[Named]
) -> tuple[dict[tuple[Named, bool], int], Indices]:
    """Columns of the core with whether they are integer, in their order; and the one that each of the problem's is."""
    integer = problem.integer.tolist()
    order: dict[tuple[Named, bool], int] = {}
    place = np.zeros(problem.columns, dtype=np.int64)
    for column, name in enumerate(columns):
        if name[0] not in stage_of:
            place[column] = order.setdefault((name, integer[column]), len(order))
    for name in (CONSTANT, (ANY, SPENT)):
        order[name, False] = len(order)
    for column, (block, key) in enumerate(columns):
        if block in stage_of:
            place[column] = order.setdefault(((ANY, key), integer[column]), len(order))
    return order, place


def _problem_rows(
    made: _Rows, stage_of: dict[str, int], problem: Problem, place: Indices, rows: Sequence[Named]
) -> int:
    """Add the problem's rows, those with two sides twice; returns how many the first stage has."""
    low, high = problem.row_lower.tolist(), problem.row_upper.tolist()
    matrix = problem.matrix.copy()
    matrix.eliminate_zeros()
    first = 0
    for later in (False, True):
        taken, at, stages = [], [], []
        for row, (block, key) in enumerate(rows):
            stage = stage_of.get(block, 0)
            if (stage > 0) != later:
                continue
            named = (ANY if later else block, key)
            equal = low[row] == high[row]
            kinds = [("E", low[row])] if equal else [("L", high[row]), ("G", low[row])]
            for kind, side in kinds:
                if np.isfinite(side):
                    taken.append(row)
                    at.append(made.add(stage, named, kind, side))
                    stages.append(stage)
        part = matrix[np.array(taken, dtype=np.int64)].tocoo()
        theirs, cores = np.array(stages, dtype=np.int64)[part.row], np.array(at, dtype=np.int64)[part.row]
        for stage in range(len(stage_of) + 1):
            mine = theirs == stage
            made.entries.append((stage, cores[mine], place[part.col[mine]], part.data[mine]))
        if not later:
            first = len(made.names)
    return first


def _bounds(made: _Rows, stage_of: dict[str, int], problem: Problem, place: Indices, columns: Sequence[Named],
            width: int) -> tuple[Vector, Vector]:  # fmt: skip
    """Bounds of the core's columns, the widest of any branch; a branch that has others gets rows for them."""
    lower, upper = np.full(width, np.inf), np.full(width, -np.inf)
    np.minimum.at(lower, place, problem.lower)
    np.maximum.at(upper, place, problem.upper)
    narrow = np.flatnonzero((problem.lower != lower[place]) | (problem.upper != upper[place]))
    for column in np.flatnonzero(np.isin(place, place[narrow])).tolist():
        block, (component, index) = columns[column]
        parts = index if isinstance(index, tuple) else (index,)
        for kind, bound in (("L", problem.upper[column]), ("G", problem.lower[column])):
            if np.isfinite(bound):
                row = made.add(stage_of[block], (ANY, (LIMIT, (component, *parts))), kind, float(bound))
                made.entries.append((stage_of[block], np.array([row]), place[[column]], np.ones(1)))
    return lower, upper


def _scenarios(network: Network, made: _Rows, core: Core, entries: tuple[Indices, Indices, Vector],
               every: Indices) -> Iterator[Scenario]:  # fmt: skip
    """Each future with what is otherwise in it; in that without a scenario a second stage that says 0 = 0."""
    stages, codes, values = entries
    width = len(core.columns)
    rows, columns = np.divmod(every, width)
    usual = core.matrix[rows, columns]
    second = np.arange(core.first_rows, len(core.rows))
    futures = [(BASE, 0)] if network.probability[BASE] > 0 else []
    for name, stage in [*futures, *((name, number) for number, name in enumerate(network.windows, 1))]:
        here, sides = np.zeros(len(every)), np.zeros(len(core.rows))
        if stage:
            mine = stages == stage
            here[np.searchsorted(every, codes[mine])] = values[mine]
            for _, row, side in (at for at in made.at if at[0] == stage):
                sides[row] = side
        else:  # the branch's cost is nothing then, and still a number
            here[columns == core.first_columns] = 1.0
        other, unlike = here != usual, sides[second] != core.sides[second]
        yield Scenario(
            name=name,
            probability=network.probability[name],
            entries=(rows[other], columns[other], here[other]),
            sides=(second[unlike], sides[second][unlike]),
        )
