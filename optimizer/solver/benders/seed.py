"""First slopes: what one more of what is decided is worth to each part, from the relaxation of the whole problem.

With these slopes one answer of each part makes the master's relaxation as good as that of the whole problem: the
slopes are the prices at which the whole relaxation would hand its fundings and stock to its parts (Geoffrion 1974).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.model.declare import Key
from optimizer.network.tables import Network
from optimizer.solver.benders.recourse import Recourse
from optimizer.solver.compile import Block, Problem, Vector
from optimizer.solver.extensive import problem_of
from optimizer.solver.first_plan import SAFETY
from optimizer.solver.highs import Report, Stop, run
from optimizer.solver.options import Options


@dataclass(frozen=True, slots=True)
class Seed:
    """What the relaxation of the whole problem tells.

    Attributes:
        slopes: by part, USD per unit by linked column.
        bound: on all plans, USD.
        point: (block, key) -> value, of the master's columns.
    """

    slopes: list[Vector]
    bound: float | None
    point: dict[tuple[str, Key], float]


WEIGHTLESS = 1e-9
"""Weight under which a part's prices are rounding."""


def relaxation(
    network: Network,
    blocks: Mapping[str, Block],
    parts: Sequence[Recourse],
    wanted: Container[tuple[str, Key]],
    hindsight: Mapping[str, float],
    options: Options,
    report: Report | None,
    stop: Stop | None,
    deadline: float | None,
) -> Seed:
    """First slopes of every part, with the relaxation's own bound and point.

    Slopes are 0 where the relaxation was not solved in time; there is no bound and no point then.
    """
    whole = problem_of(network, blocks, hindsight)
    relaxed = dataclasses.replace(whole, integer=np.zeros_like(whole.integer))
    raw = run(
        relaxed, options, phase="relaxing all futures", report=report, stop=stop, deadline=deadline, crossover=False
    )
    if raw.ended != "optimal" or raw.duals is None or raw.objective is None:
        return Seed([np.zeros(len(part.columns)) for part in parts], None, {})
    weights = _weights(whole, raw.duals)
    assert raw.values is not None
    point = {
        (name, key): float(raw.values[whole.place[name][i]])
        for name, block in whole.blocks.items()
        for i, key in enumerate(block.columns)
        if i not in block.owners and (name, key) in wanted
    }
    slopes = [_slope(part, whole, raw.duals, weights) for part in parts]
    return Seed(slopes, raw.objective - SAFETY * abs(raw.objective), point)


def _slope(part: Recourse, whole: Problem, duals: Vector, weights: Mapping[tuple[str, int], float]) -> Vector:
    course, period = part.part.course, part.part.period
    weight = weights.get((course, period), weights.get((course, 0), 0.0))
    if weight <= WEIGHTLESS:
        return np.zeros(len(part.columns))
    mine = duals[whole.row_start[course] + part.part.rows]
    linked = np.array(sorted(part.part.block.owners), dtype=np.int64)
    return np.asarray(-(part.part.block.matrix.T @ mine)[linked] / weight, dtype=np.float64)


def _weights(whole: Problem, duals: Vector) -> dict[tuple[str, int], float]:
    """What a USD of a course weighs in a period, or in all of them (period 0), at the relaxation's optimum."""
    found: dict[tuple[str, int], float] = {}
    risk = whole.blocks["risk"]
    first = whole.rows - len(whole.cost_columns)
    place = {key: first + number for number, key in enumerate(whole.cost_columns)}
    for i, (owner, (_, index)) in risk.owners.items():
        period = int(str(index))
        if (row := place.get((owner, period or None))) is not None:
            found[owner, period] = float(duals[row]) * whole.money
        else:
            found[owner, period] = float(risk.objective[i])
    return found
