"""Branch and bound with linear programs alone, for a tree whose leaves prove what their multipliers say.

Nothing that a MIP solver derives on its way (cuts, presolve, reduced costs) could be checked without it; so there is
none of it here, and a tree takes far more nodes than HiGHS. Splits are of single columns and of sums: of an option's
fundings up to a year, whether it is funded by then at all.
"""

from __future__ import annotations

import heapq
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt

from optimizer.errors import SolveError
from optimizer.proof.integers import Rows
from optimizer.proof.rays import Balanced, in_rays
from optimizer.proof.tree import Leaf, Split, Tree
from optimizer.solver.compile import Problem
from optimizer.solver.loading import new_highs

SLACK = 1e-9
"""By how much columns without an upper limit cost less here than they do: their reduced costs are then not below 0 by
rounding, which would prove nothing. In the solver's money; it takes some 3e-6 off the bound of the starter."""
SHARP = 1e-10
"""Tolerance of reduced costs."""
WHOLE = 1e-6
"""How near to a whole number is one."""
TRIED = 6
"""Splits that are tried at a node before one is taken."""
PROBE = 100
"""Iterations of a trial."""
FIRST = 10.0
"""Seconds that the first relaxation has at least: a search that ends before it has proved nothing."""

Tell = Callable[[float, int], None]
"""Called with the bound, in the solver's money, and the number of open leaves."""


@dataclass(slots=True)
class _Node:
    number: int
    bound: float
    point: dict[int, float]
    basis: tuple[npt.NDArray[np.int8], npt.NDArray[np.int8]] | None


class Search:
    """A tree in the making.

    Args:
        problem: the extensive form.
        instance_sha256: of the instance.

    Attributes:
        tree: as far as it goes; it may be asked for at any time.
        rows: the problem in whole numbers.
    """

    def __init__(self, problem: Problem, instance_sha256: str, threads: int = 1) -> None:
        self.tree = Tree(instance_sha256, problem.rows, problem.columns)
        self.rows = Rows(problem)
        self._problem = problem
        self._integer = np.flatnonzero(problem.integer)
        self._sums = _sums(problem)
        rays = in_rays(problem)
        self._balanced = Balanced(problem, rays)
        cost = problem.objective - np.where(np.isinf(problem.upper) & np.isfinite(problem.lower) & ~rays, SLACK, 0.0)
        self._highs = new_highs(
            cost=cost,
            bounds=(problem.lower, problem.upper),
            rows=(problem.row_lower, problem.row_upper),
            matrix=problem.matrix,
            offset=problem.offset,
        )
        _set(self._highs, dual_feasibility_tolerance=SHARP, threads=threads)
        self._at: dict[int, int] = {}
        """Split of more than one column -> its row in HiGHS."""
        self._gain: dict[tuple[Any, bool], list[float]] = defaultdict(list)
        self._target = float("inf")

    def run(self, target: float, deadline: float, stop: Callable[[], bool], tell: Tell) -> float:
        """Divide the leaf that proves least until all prove enough.

        Args:
            target: what is enough, in the solver's money.
            deadline: of `time.monotonic`.
            stop: whether to stop now.
            tell: called after each split.

        Returns:
            The least that is proved at a leaf; minus infinity where HiGHS did not solve the first relaxation in time,
            or its multipliers prove nothing.

        Raises:
            SolveError: HiGHS says that the relaxation has no solution.
        """
        self._target = target
        first = self._first(deadline)
        if first is None:
            return -float("inf")
        waiting = [(first.bound, 0, first)]
        done = float("inf")
        while waiting and waiting[0][0] < target and not stop() and time.monotonic() < deadline:
            node = heapq.heappop(waiting)[2]
            split = self._choose(node, deadline, stop)
            if split is None:  # every integer column is whole, so that no split proves more
                heapq.heappush(waiting, (node.bound, node.number, node))
                break
            for child in self._divide(node, split):
                if child.basis is None:
                    done = min(done, child.bound)
                else:
                    heapq.heappush(waiting, (child.bound, child.number, child))
            tell(min([done, *(bound for bound, _, _ in waiting[:1])]), len(waiting))
        return min([done, *(bound for bound, _, _ in waiting)])

    def _first(self, deadline: float) -> _Node | None:
        highs = self._highs
        # Interior point takes a third of the time of the simplex method on the trunk of the reference instance; what
        # it cannot tell of a problem without a solution, the other can.
        for solver in ("ipx", "simplex"):
            _set(highs, solver=solver, run_crossover="on", time_limit=max(FIRST, deadline - time.monotonic()))
            highs.run()
            status = highs.getModelStatus()
            if status in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kTimeLimit):
                break
        _set(highs, solver="simplex", time_limit=float("inf"))
        if status == highspy.HighsModelStatus.kTimeLimit:
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            raise SolveError(f"the relaxation was not solved: {highs.modelStatusToString(status)}")
        leaf, bound = self._best(0, Leaf.of(np.zeros(self._problem.rows)), -float("inf"), self._said())
        self.tree.leaves[0] = leaf
        return None if bound == -float("inf") else self._node(0, bound)

    def _said(self) -> Leaf:
        duals = np.array(self._highs.getSolution().row_dual)
        own = {split: float(duals[row]) for split, row in self._at.items() if duals[row]}
        return Leaf.of(duals[: self._problem.rows], own)

    def _best(self, node: int, known: Leaf, bound: float, *said: Leaf) -> tuple[Leaf, float]:
        """Of what proves something at a node, what proves most, and how much, rounded down."""
        for leaf in said:
            for balanced in (False, True):
                whole = leaf.whole(self.rows.rows)
                one = Leaf.of(self._balanced.of(whole), leaf.of_splits) if balanced else leaf
                found = self.rows.proved(one.whole(self.rows.rows), self.tree.cuts(node, one.of_splits))
                if found is None:
                    continue
                if (mine := float(np.nextafter(float(found), -np.inf))) > bound:
                    known, bound = one, mine
                break
        return known, bound

    def _node(self, number: int, bound: float) -> _Node:
        basis = self._highs.getBasis()
        statuses = (
            np.array([int(status) for status in basis.col_status], dtype=np.int8),
            np.array([int(status) for status in basis.row_status], dtype=np.int8),
        )
        values = np.array(self._highs.getSolution().col_value)
        point = {int(j): float(values[j]) for j in self._integer if values[j] > WHOLE}
        return _Node(number, bound, point, statuses)

    def _candidates(self, node: _Node) -> list[tuple[float, Split]]:
        """(how far from whole, split)."""
        found: list[tuple[float, Split]] = []
        for j, value in node.point.items():
            share = value - np.floor(value)
            if WHOLE < share < 1 - WHOLE:
                found.append((min(share, 1 - share), Split((j,), int(np.floor(value)))))
        for columns in self._sums:
            best: tuple[float, Split] | None = None
            total = 0.0
            for last, j in enumerate(columns):
                total += node.point.get(j, 0.0)
                share = total - np.floor(total)
                if last and WHOLE < share < 1 - WHOLE and j in node.point:
                    mine = (min(share, 1 - share), Split(columns[: last + 1], int(np.floor(total))))
                    best = mine if best is None or mine[0] > best[0] else best
            if best is not None:
                found.append(best)
        return found

    def _choose(self, node: _Node, deadline: float, stop: Callable[[], bool]) -> Split | None:
        """The split that promises most on both sides: by what was gained before, else by a trial."""
        candidates = self._candidates(node)
        unknown = [one for one in candidates if (one[1].columns, True) not in self._gain]
        unknown.sort(key=lambda one: -one[0] * self._weight(one[1]))
        for _, split in unknown[:TRIED]:
            if stop() or time.monotonic() >= deadline:
                break
            for high in (False, True):
                self._learn(split, high, self._try(node, split, high))

        def promise(one: tuple[float, Split]) -> float:
            low, high = (self._gain[one[1].columns, side] for side in (False, True))
            return max(sum(low) / len(low), 1e-12) * max(sum(high) / len(high), 1e-12)

        tried = [one for one in candidates if (one[1].columns, True) in self._gain]
        if tried:
            return max(tried, key=promise)[1]
        return candidates[0][1] if candidates else None

    def _weight(self, split: Split) -> float:
        return 1e-6 + max(abs(float(self._problem.objective[j])) for j in split.columns)

    def _try(self, node: _Node, split: Split, high: bool) -> float:
        self._place(node, self.tree.way(node.number), (split, high))
        _set(self._highs, simplex_iteration_limit=PROBE)
        self._highs.run()
        _set(self._highs, simplex_iteration_limit=2**31 - 1)
        if self._highs.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
            return max(0.0, self._target - node.bound)
        return float(self._highs.getInfo().objective_function_value) - node.bound

    def _divide(self, node: _Node, split: Split) -> list[_Node]:
        """Both sides of a split; one without a basis is not divided further, for HiGHS has no point of it."""
        tree = self.tree
        number = len(tree.splits)
        tree.splits.append(split)
        found = []
        known = tree.leaves[node.number]
        for high in (False, True):
            child = len(tree.parent)
            tree.parent.append(node.number)
            tree.split.append(number)
            tree.high.append(high)
            self._place(node, tree.way(child))
            self._highs.run()
            status = self._highs.getModelStatus()
            # What holds at a node holds on each side of its split.
            leaf, bound = self._best(child, known, node.bound, known)
            if status == highspy.HighsModelStatus.kOptimal:
                leaf, bound = self._best(child, leaf, bound, self._said())
                self._learn(split, high, bound - node.bound)
                made = self._node(child, bound)
            else:
                if status == highspy.HighsModelStatus.kInfeasible:
                    leaf, bound = self._best(child, leaf, bound, *self._nothing(known))
                made = _Node(child, bound, {}, None)
            tree.leaves[child] = leaf
            found.append(made)
        del tree.leaves[node.number]
        return found

    def _learn(self, split: Split, high: bool, gain: float) -> None:
        """Of a sum the last four gains count."""
        mine = self._gain[split.columns, high]
        mine.append(max(0.0, gain))
        del mine[:-4]

    def _nothing(self, known: Leaf) -> list[Leaf]:
        """Multipliers that prove any cost where nothing is feasible: those known and so much of HiGHS's ray.

        The ray alone would prove that there is no plan, but for its rounding; beside multipliers with some slack it may
        have some.
        """
        said = self._highs.getDualRay()
        if len(said) < 3 or not said[1]:
            return []
        ray = np.array(said[2])
        ray = ray / max(float(np.abs(ray).max()), 1e-30)
        found = []
        for much in (1e2, 1e4, 1e6, -1e2, -1e4, -1e6):
            own = dict(known.of_splits)
            for split, row in self._at.items():
                if ray[row]:
                    own[split] = own.get(split, 0.0) + much * float(ray[row])
            whole = known.whole(self.rows.rows) + much * ray[: self.rows.rows]
            found.append(Leaf.of(whole, own))
        return found

    def _place(self, node: _Node, way: list[tuple[int, bool]], more: tuple[Split, bool] | None = None) -> None:
        """Give HiGHS the limits of a node, and the basis that its parent ended with."""
        problem, highs = self._problem, self._highs
        lower, upper = problem.lower.copy(), problem.upper.copy()
        sides = [(self.tree.splits[split], high, split) for split, high in way]
        if more is not None:
            sides.append((*more, -1))
        free = set(self._at)
        for split, high, number in sides:
            if len(split.columns) == 1:
                j = split.columns[0]
                if high:
                    lower[j] = max(lower[j], split.number + 1)
                else:
                    upper[j] = min(upper[j], split.number)
                continue
            limits = (split.number + 1, np.inf) if high else (-np.inf, split.number)
            row = self._at.get(number)
            if row is None:
                row = self._at[number] = highs.getNumRow()
                count = len(split.columns)
                highs.addRow(*limits, count, np.array(split.columns, dtype=np.int32), np.ones(count))
            else:
                highs.changeRowBounds(row, *limits)
            free.discard(number)
        for number in free:
            highs.changeRowBounds(self._at[number], -np.inf, np.inf)
        mine = self._integer.astype(np.int32)
        highs.changeColsBounds(len(mine), mine, lower[mine], upper[mine])
        basis = highspy.HighsBasis()
        if node.basis is None:
            raise ValueError("a node without a basis is divided")
        columns, rows = node.basis
        basis.col_status = [_STATUS[status] for status in columns]
        basis.row_status = [_STATUS[status] for status in rows] + [highspy.HighsBasisStatus.kBasic] * (
            highs.getNumRow() - len(rows)
        )
        basis.valid = True
        highs.setBasis(basis)


_STATUS = {int(status): status for status in highspy.HighsBasisStatus.__members__.values()}


def _set(highs: Any, **settings: Any) -> None:
    for name, value in settings.items():
        if highs.setOptionValue(name, value) == highspy.HighsStatus.kError:
            raise SolveError(f"HiGHS does not take {name} = {value!r}")


def _sums(problem: Problem) -> list[tuple[int, ...]]:
    """Integer columns that differ in their last index alone (the year), in its order."""
    found: dict[Any, list[tuple[Any, int]]] = defaultdict(list)
    for name, block in problem.blocks.items():
        for i, (component, index) in enumerate(block.columns):
            if block.integer[i] and i not in block.owners and isinstance(index, tuple):
                found[name, component, index[:-1]].append((index[-1], int(problem.place[name][i])))
    return [tuple(j for _, j in sorted(mine)) for mine in found.values() if len(mine) > 1]
