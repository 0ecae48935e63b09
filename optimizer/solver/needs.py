"""Which needs are worth a row: weights of materials from small linear programs, and what the relaxation breaks.

A weight is only a proposal: `optimizer.network.needs` works every number of a row out of it, and the row holds whatever
the weights are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import highspy
import numpy as np
import scipy.sparse as sp

from optimizer.model import assemble
from optimizer.network.needs import SMALL, Cut, Need, Unit
from optimizer.network.tables import BASE, NEEDS, Tables
from optimizer.solver.apart import share_cores
from optimizer.solver.compile import Block, Indices, Vector, join, money_of
from optimizer.solver.highs import INTERIOR_POINT_FROM
from optimizer.solver.loading import answered, load, new_highs, without_needs
from optimizer.solver.written import build_block

ADDED = 1e-3
"""What an option could add counts for this share of what stands, so that of like weights those with small terms win."""
BROKEN = 1e-3
"""A need is worth a row if the relaxation of the trunk misses it by more than this share."""
LARGEST = 20_000
"""Columns of a trunk whose relaxation costs more than needs save: on the reference instance, 58,000 columns, 8 s of
processor time for no row."""
ROUNDS = 5
"""Times that the relaxation is asked."""


def needs_block(t: Tables, investment: Block, trunk: Block, seconds: float = np.inf) -> Block | None:
    """The needs of a trunk that its relaxation breaks, as a block over the columns of others; None without any.

    None either for a trunk of more than `LARGEST` columns.

    Args:
        t: tables of the trunk.
        investment: compiled.
        trunk: compiled.
        seconds: that the relaxation may take.
    """
    if len(trunk.columns) > LARGEST:
        return None
    found = needs_of(t)
    if not found:
        return None
    block = build_block(assemble.needs, t, found)
    rows = _broken(t, investment, trunk, block, seconds)
    if not len(rows):
        return None
    return replace(
        block,
        matrix=sp.csr_array(block.matrix[rows]),
        row_lower=block.row_lower[rows],
        row_upper=block.row_upper[rows],
        rows=[block.rows[i] for i in rows],
    )


def needs_of(t: Tables) -> list[Need]:
    """The needs of a trunk under all weights that are tried, each once."""
    found: dict[object, Need] = {}
    for y in t.periods:
        for k in t.places.channels:
            cut = Cut(t, k, y)
            if cut.demand and any(cut.added.values()):
                for weights in _proposals(cut):
                    need = cut.need(weights)
                    if need is not None:
                        terms = tuple(sorted((start, round(share, 6)) for start, share in need.terms))
                        short = tuple(sorted((key, f"{share:.6g}") for key, share in need.short.items()))
                        found.setdefault((y, terms, short), need)
    return list(found.values())


def _proposals(cut: Cut) -> Iterator[dict[str, float]]:
    """Weights under which the standing capacity of some units leaves most of the demand uncovered.

    Once with all other units at the most that any plan has of them, once with these without limit.
    """
    units = list(cut.recipes)
    program = _Program(cut, units)
    for group in _groups(cut):
        inside = np.array([unit in group for unit in units])
        standing = np.array([cut.standing[unit] for unit in units])
        most = np.array([cut.most(unit) for unit in units])
        cost = np.where(inside, standing + ADDED * (most - standing), most)
        for outside in (np.inf, 0.0):
            weights = program.solve(cost, np.where(inside, np.inf, outside))
            if weights:
                yield weights


def _groups(cut: Cut) -> list[frozenset[Unit]]:
    """Units that make one material, and units of one stage, where something can be funded; each set once."""
    recipes = cut.tables.instance.recipes
    by: dict[tuple[str, str], set[Unit]] = defaultdict(set)
    for unit, names in cut.recipes.items():
        for name in names:
            by["stage", recipes[name].stage].add(unit)
            for material in recipes[name].outputs:
                by["material", material].add(unit)
    groups = dict.fromkeys(frozenset(units) for units in by.values())
    return [group for group in groups if any(cut.added[unit] for unit in group)]


class _Program:
    """Weights of materials, of demand and of units: most of a demand that weighs 1 less what capacity can make."""

    def __init__(self, cut: Cut, units: Sequence[Unit]) -> None:
        recipes, use = cut.tables.instance.recipes, cut.tables.capacity.use
        self._materials = list(cut.tables.instance.materials)
        at = {m: i for i, m in enumerate(self._materials)}
        lines = list(cut.demand)
        self._units = np.arange(len(at) + len(lines), len(at) + len(lines) + len(units), dtype=np.int32)
        rows: list[dict[int, float]] = []
        for column, unit in zip(self._units, units, strict=True):
            for r in cut.recipes[unit]:
                row: dict[int, float] = defaultdict(float)
                for m, amount in recipes[r].outputs.items():
                    row[at[m]] += amount
                for m, amount in recipes[r].inputs.items():
                    row[at[m]] -= amount
                row[int(column)] = -use[unit[0], r]
                rows.append(row)
        for number, key in enumerate(lines, len(at)):
            rows += [{number: 1.0, at[m]: -1.0} for m in cut.accepted[key]]
        demand = np.array([cut.demand[key] for key in lines])
        rows.append({len(at) + i: float(tonnes) for i, tonnes in enumerate(demand)})
        cost = np.concatenate([np.zeros(len(at)), -demand, np.zeros(len(units))])
        self._highs = new_highs(
            cost=cost,
            bounds=(np.zeros(len(cost)), np.full(len(cost), np.inf)),
            rows=(np.full(len(rows), -np.inf), np.append(np.zeros(len(rows) - 1), 1.0)),
            matrix=_matrix(rows, len(cost)),
        )
        _set(self._highs, solver="simplex", presolve="off", threads=1)

    def solve(self, cost: Vector, upper: Vector) -> dict[str, float]:
        """Weights by material; none where capacity covers all.

        Args:
            cost: what each unit can make counts for, by unit.
            upper: the highest weight of a unit.
        """
        count = len(self._units)
        self._highs.changeColsCost(count, self._units, cost)
        self._highs.changeColsBounds(count, self._units, np.zeros(count), upper)
        share_cores(1)
        self._highs.run()
        known = self._highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
        if not known or self._highs.getInfo().objective_function_value > -SMALL:
            return {}
        values = answered(self._highs.getSolution().col_value, self._highs.getNumCol())[: len(self._materials)]
        return {m: float(v) for m, v in zip(self._materials, values, strict=True) if v > 0.0}


def _matrix(rows: Sequence[Mapping[int, float]], width: int) -> sp.csr_array:
    entries = [(i, column, value) for i, row in enumerate(rows) for column, value in row.items() if value]
    at, columns, data = zip(*entries, strict=True)
    return sp.csr_array((data, (at, columns)), shape=(len(rows), width))


def _broken(t: Tables, investment: Block, trunk: Block, needs: Block, seconds: float) -> Indices:
    """The rows that the relaxation of the trunk alone breaks; asked again with these, until it breaks no others."""
    alone = build_block(assemble.one_future, t.network, BASE)
    problem = join([investment, trunk, needs, alone], money_of([investment, trunk]))
    first = problem.row_start[NEEDS]
    rows = np.arange(first, first + len(needs.rows))
    kept = np.zeros(len(rows), dtype=bool)
    highs = load(replace(without_needs(problem), integer=np.zeros_like(problem.integer)))
    share_cores(1)
    _set(highs, threads=1, time_limit=seconds)
    if problem.columns > INTERIOR_POINT_FROM:
        _set(highs, solver="ipx", run_crossover="off")
    matrix = problem.matrix[rows]
    for _ in range(ROUNDS):
        highs.run()
        if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            break
        missed = 1.0 - matrix @ answered(highs.getSolution().col_value, problem.columns) > BROKEN
        fresh = missed & ~kept
        if not fresh.any():
            break
        kept |= fresh
        for row in rows[fresh]:
            highs.changeRowBounds(int(row), 1.0, highspy.kHighsInf)
    return np.flatnonzero(kept)


def _set(highs: highspy.Highs, **settings: object) -> None:
    for name, value in settings.items():
        highs.setOptionValue(name, value)
