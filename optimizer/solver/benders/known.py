"""What a search knows, told by names and contents: another run of the same problem, or of one like it, takes it on.

A cut says of one part what it costs at least, whatever the rest of the problem is. So it holds as long as that part's
own numbers, the columns it looks at and their limits are what they were; a fingerprint of all of these tells. Bound,
best plan and fixed fundings are of the whole problem, and are taken only where all of it is the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from optimizer.model.caps import SHORT
from optimizer.model.declare import Key
from optimizer.solver.benders.dealt import Dealt
from optimizer.solver.benders.master import Cut
from optimizer.solver.benders.recourse import Recourse
from optimizer.solver.benders.tree import Tree
from optimizer.solver.compile import Indices, Vector

AGAIN = 1e-7
"""Relative difference at which the best plan of an earlier run counts as found again."""


@dataclass(slots=True)
class Known:
    """What a search knows.

    Attributes:
        whole: fingerprint of the whole problem.
        groups: fingerprint of each group of parts that share a cut; mostly they are one each.
        names: of columns of the master; arrays give positions in it.
        money: units of money of the cuts per USD.
        objective: of the best plan, USD; not a number without one.
        bound: on all plans, USD; not a number without one.
        stage: how far the search has come.
        gap: relative gap that the tree was grown for.
        gap_usd: gap in USD that it was.
        rounds: times that the master was asked.
        answered: times that a part was.
        seconds: that it has taken.
        arrays: `cut_group`, `cut_cost` (whether it bounds the part's cost), `cut_constant`, `cut_idle`, `cut_in_use`,
            `cut_first` (of its entries), and by entry `column`, `slope`; `best`, `core`, `fixed`, each with `_value`;
            `seen` (fundings of portfolios tried, by row) and `visits`; `tree_` before what `Tree.kept` tells.
    """

    whole: str
    groups: list[str]
    names: list[str]
    money: float
    objective: float
    bound: float
    stage: int
    gap: float
    gap_usd: float
    rounds: int
    answered: int
    seconds: float
    arrays: dict[str, npt.NDArray[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Carried:
    """What was taken on.

    Attributes:
        same: whether the whole problem is the same.
        kept: whether each group is as it was, and so has its cuts again.
        cuts: how many those are.
        best: a point to begin from; None where there was none.
        seconds: that finding it took.
    """

    same: bool
    kept: list[bool]
    cuts: int
    best: Vector | None
    seconds: float


def spelt(block: str, key: Key) -> str:
    """The name of a column of the master."""
    return json.dumps([block, *key], default=str)


def fingerprints(dealt: Dealt) -> tuple[str, list[str]]:
    """Of the whole problem as it was dealt out, and of each group of parts."""
    problem = dealt.master.problem
    names = [""] * problem.columns
    for (block, key), column in dealt.master.column.items():
        names[column] = spelt(block, key)
    single = [_of_part(part, names, problem.upper) for part in dealt.parts]
    groups = [
        single[group.parts[0]] if len(group.parts) == 1 else _digest((group.share,), [single[i] for i in group.parts])
        for group in dealt.groups
    ]
    arrays = (
        *_sparse(problem.matrix), problem.row_lower, problem.row_upper, problem.lower, problem.upper,
        problem.integer, problem.objective, np.array([problem.offset, problem.money]),
    )  # fmt: skip
    return _digest(arrays, [*names, *groups]), groups


def _of_part(part: Recourse, names: Sequence[str], upper: Vector) -> str:
    """Of all that a part's cost depends on; first cuts hold up to the upper limits of what it looks at."""
    block = part.part.block
    cost, constant = block.cost_of(None)
    arrays = (
        *_sparse(block.matrix), block.row_lower, block.row_upper, block.lower, block.upper, cost,
        np.array([constant]), np.array(sorted(block.owners)), upper[part.columns],
    )  # fmt: skip
    return _digest(arrays, [names[column] for column in part.columns])


def _sparse(matrix: Any) -> tuple[npt.NDArray[Any], ...]:
    return matrix.indptr, matrix.indices, matrix.data


def _digest(arrays: Iterable[npt.NDArray[Any]], names: Iterable[str]) -> str:
    found = hashlib.sha256()
    for array in arrays:
        plain = np.ascontiguousarray(array, dtype=np.float64 if array.dtype.kind == "f" else np.int64)
        found.update(f"{len(plain)};".encode())
        found.update(plain.tobytes())
    for name in names:
        found.update(f"{name}\n".encode())
    return found.hexdigest()


def known_of(dealt: Dealt, whole: str, groups: list[str], seconds: float) -> Known:
    """What is known by now.

    Args:
        dealt: the search.
        whole: fingerprint of the whole problem.
        groups: of each group of parts.
        seconds: that this run has taken.
    """
    cuts = dealt.master.cuts
    owned = [1 if cut.theta is not None else 0 for cut in cuts]  # the first entry is the part's cost
    columns = _joined([cut.columns[skip:] for cut, skip in zip(cuts, owned, strict=True)], np.int64)
    best = dealt.best.z if dealt.best.z is not None else dealt.hint
    points = {"best": best, "core": dealt.core}
    at = {name: np.flatnonzero(z) if z is not None else np.zeros(0, np.int64) for name, z in points.items()}
    fixed = dealt.master.fixed
    used = np.unique(np.concatenate([columns, *at.values(), fixed]))
    names = {column: spelt(*name) for name, column in dealt.master.column.items()}
    there = np.isin(used, np.fromiter(names, np.int64))  # columns that hold a cost of the measure have no name
    place = np.full(dealt.master.problem.columns, -1, dtype=np.int64)
    place[used[there]] = np.arange(int(there.sum()))
    sizes = [len(cut.columns) - skip for cut, skip in zip(cuts, owned, strict=True)]
    arrays: dict[str, npt.NDArray[Any]] = {
        "cut_group": np.array([cut.group for cut in cuts], dtype=np.int64),
        "cut_cost": np.array(owned, dtype=bool),
        "cut_constant": np.array([cut.constant for cut in cuts], dtype=np.float64),
        "cut_idle": np.array([cut.idle for cut in cuts], dtype=np.int64),
        "cut_in_use": np.array([cut.in_use for cut in cuts], dtype=bool),
        "cut_first": np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        "column": place[columns],
        "slope": _joined([cut.coefs[skip:] for cut, skip in zip(cuts, owned, strict=True)], np.float64),
        "fixed": place[fixed],
        "fixed_value": dealt.master.problem.lower[fixed],
        "seen": np.array([np.frombuffer(row) for row in dealt.seen]).astype(np.uint8),
        "visits": np.array(list(dealt.seen.values()), dtype=np.int64),
    }
    if dealt.tree is not None and dealt.options.target is None:  # one with a target has given up more than a gap allows
        arrays |= {f"tree_{name}": array for name, array in dealt.tree.kept().items()}
    for name, z in points.items():
        mine = at[name][place[at[name]] >= 0]
        arrays[name] = place[mine]
        arrays[f"{name}_value"] = z[mine] if z is not None else np.zeros(0)
    return Known(
        whole=whole,
        groups=groups,
        names=[names[int(column)] for column in used[there]],
        money=dealt.money,
        objective=dealt.best.objective if dealt.best.z is not None else float("nan"),
        bound=dealt.bound if np.isfinite(dealt.bound) else float("nan"),
        stage=dealt.stage,
        gap=dealt.options.gap,
        gap_usd=dealt.options.gap_usd or 0.0,
        rounds=dealt.rounds,
        answered=dealt.asking.answered,
        seconds=dealt.seconds_before + seconds,
        arrays=arrays,
    )


def carry(dealt: Dealt, known: Known, whole: str, groups: Sequence[str]) -> Carried:
    """Take on what holds here: cuts of parts that are as they were; all else only if the whole problem is the same.

    What stands on the best plan there was is left to `grow`.

    Args:
        dealt: the search, with nothing known.
        known: of an earlier one.
        whole: fingerprint of the whole problem here.
        groups: of each group here.
    """
    same = known.whole == whole
    place, arrays = _places(dealt, known), known.arrays
    by_group: dict[int, list[int]] = {}
    for number, group in enumerate(arrays["cut_group"]):
        by_group.setdefault(int(group), []).append(number)
    kept, count = [], 0
    for group, before in enumerate(_matched(known.groups, groups)):
        mine = by_group.get(before, []) if before is not None else []
        # Without a cut on its cost a group's share of the objective would have no end.
        kept.append(any(arrays["cut_cost"][mine]))
        if kept[-1]:
            count += len(mine)
            for number in mine:
                dealt.master.add(_cut(dealt, known, place, group, number))
    dealt.seconds_before = known.seconds if any(kept) else 0.0
    if same:
        dealt.bound = known.bound if np.isfinite(known.bound) else -np.inf
        dealt.stage = known.stage
        dealt.rounds, dealt.asking.answered = known.rounds, known.answered
        dealt.core = _point(dealt, arrays, "core", place)
        dealt.seen = {
            row.astype(np.float64).tobytes(): int(visits)
            for row, visits in zip(arrays["seen"], arrays["visits"], strict=True)
        }
    return Carried(same, kept, count, _point(dealt, arrays, "best", place), known.seconds)


def grow(dealt: Dealt, known: Known) -> None:
    """Take on which fundings are fixed, and the tree, of the same problem.

    Not where its best plan was not found again: what was fixed and given up cost as much as that one, and may cost less
    than the best plan here. Nor the tree where a narrower gap is asked for: what was given up may hold a plan that
    counts now.
    """
    arrays, options = known.arrays, dealt.options
    if dealt.best.objective > known.objective + AGAIN * abs(known.objective):  # never where there was none
        return
    if len(arrays["fixed"]):
        dealt.master.fix(_places(dealt, known)[arrays["fixed"]], arrays["fixed_value"])
    tree = {name.removeprefix("tree_"): array for name, array in arrays.items() if name.startswith("tree_")}
    if tree and options.gap >= known.gap and (options.gap_usd or 0.0) >= known.gap_usd:
        dealt.tree = Tree(dealt.master, dealt.aim)
        dealt.tree.take(tree)


def said_by(dealt: Dealt) -> Known:
    """What parts said in a search, for another over the same parts in this run: cuts that are in use."""
    return in_use(known_of(dealt, "", [""] * len(dealt.groups), 0.0))


def learn(dealt: Dealt, known: Known, prices: Mapping[str, float]) -> list[bool]:
    """Take on what parts said where shortage had prices: here it has none, and the master says how short they are.

    What a part costs with prices on what it is short of, less these prices times how short the master lets it be, is
    never more than what it costs when it is just that short. Source: Geoffrion (1974).

    Args:
        dealt: the search, over the same parts in the same order.
        known: of the search with prices.
        prices: channel -> USD a t short.

    Returns:
        Which groups have a cut on their cost by it.
    """
    if len(known.groups) != len(dealt.groups):
        return [False] * len(dealt.groups)
    place, arrays = _places(dealt, known), known.arrays
    short = [_short_of(dealt, group, prices) for group in range(len(dealt.groups))]
    kept = [False] * len(dealt.groups)
    for number, group in enumerate(arrays["cut_group"]):
        cut = _cut(dealt, known, place, int(group), number)
        if cut.theta is not None:
            columns, coefs = short[group]
            cut.columns, cut.coefs = np.append(cut.columns, columns), np.append(cut.coefs, coefs)
            kept[group] = True
        dealt.master.add(cut)
    return kept


def _short_of(dealt: Dealt, number: int, prices: Mapping[str, float]) -> tuple[Indices, Vector]:
    """The master's columns of what a group's parts are short of, and what these cost in a cut on the group's cost."""
    columns: list[int] = []
    coefs: list[float] = []
    group = dealt.groups[number]
    for i, share in zip(group.parts, group.share, strict=True):
        part = dealt.parts[i]
        owners = part.part.block.owners
        for column, local in zip(part.columns, sorted(owners), strict=True):
            _, (component, index) = owners[local]
            if component == SHORT and index[0] in prices:  # type: ignore[index]
                columns.append(int(column))
                coefs.append(float(share) * prices[index[0]] * dealt.money)  # type: ignore[index]
    return np.array(columns, dtype=np.int64), np.array(coefs)


def in_use(known: Known) -> Known:
    """What is known without the cuts that were put aside, so that it does not grow from problem to problem."""
    arrays = known.arrays
    kept, sizes = arrays["cut_in_use"], np.diff(arrays["cut_first"])
    entries = np.repeat(kept, sizes)
    by_cut = ("cut_group", "cut_cost", "cut_constant", "cut_idle", "cut_in_use")
    fewer = {name: arrays[name][kept] for name in by_cut}
    fewer |= {name: arrays[name][entries] for name in ("column", "slope")}
    fewer["cut_first"] = np.concatenate([[0], np.cumsum(sizes[kept])]).astype(np.int64)
    return replace(known, arrays=arrays | fewer)


def _places(dealt: Dealt, known: Known) -> Indices:
    """The master's columns here, by name of what is known; -1 for what is not here."""
    column = {spelt(*name): at for name, at in dealt.master.column.items()}
    return np.array([column.get(name, -1) for name in known.names], dtype=np.int64)


def _matched(before: Sequence[str], now: Sequence[str]) -> list[int | None]:
    """For each group now the one before with the same contents; of several the one of the same order among them."""
    there: dict[str, list[int]] = {}
    for number, name in enumerate(before):
        there.setdefault(name, []).append(number)
    found: list[int | None] = []
    taken: dict[str, int] = {}
    for name in now:
        like = there.get(name)
        if like is None:
            found.append(None)
            continue
        found.append(like[min(taken.get(name, 0), len(like) - 1)])
        taken[name] = taken.get(name, 0) + 1
    return found


def _cut(dealt: Dealt, known: Known, place: Indices, group: int, number: int) -> Cut:
    arrays = known.arrays
    span = slice(int(arrays["cut_first"][number]), int(arrays["cut_first"][number + 1]))
    columns, coefs, constant = (
        place[arrays["column"][span]],
        arrays["slope"][span],
        float(arrays["cut_constant"][number]),
    )
    theta = None
    if arrays["cut_cost"][number]:
        theta, scale = dealt.groups[group].theta, dealt.money / known.money
        columns, coefs, constant = np.append(theta, columns), np.append(1.0, coefs * scale), constant * scale
    in_use, idle = bool(arrays["cut_in_use"][number]), int(arrays["cut_idle"][number])
    return Cut(columns, coefs.copy(), constant, group, theta, idle, in_use)


def _point(dealt: Dealt, arrays: dict[str, npt.NDArray[Any]], name: str, place: Indices) -> Vector | None:
    """A point that was kept, in the columns of here that it knows; the rest is 0. None where there is none."""
    if not len(arrays[name]):
        return None
    z = np.zeros(dealt.master.problem.columns)
    at = place[arrays[name]]
    z[at[at >= 0]] = arrays[f"{name}_value"][at >= 0]
    return z


def _joined(arrays: Sequence[npt.NDArray[Any]], kind: Any) -> npt.NDArray[Any]:
    return np.concatenate([np.zeros(0, kind), *arrays])
