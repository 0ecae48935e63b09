"""Each plan's portfolio operated in the futures of each instance, and what it costs more than the best there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.comparison.columns import COLUMNS, Plans, table
from optimizer.errors import PlanError
from optimizer.evaluation import Evaluation, Portfolio, evaluate
from optimizer.network.network import network_of
from optimizer.plan.columns import rows_of
from optimizer.workers import Cluster

Tell = Callable[[str, int, int], None]
"""Told what is done, how many, of how many."""

KEPT, CHOSEN = "fundings and stock", "fundings; stock chosen anew"
"""What is held fixed. The stock is chosen anew only where the plan's cannot be kept in the other instance."""


@dataclass(slots=True)
class Crossing:
    """Plans in the futures of instances.

    Attributes:
        regret: a row for each instance and plan; without regret where not all plans were operated in that instance.
        by_future: a row for each instance, plan and future.
        stopped: whether it was stopped before all were operated.
    """

    regret: pd.DataFrame
    by_future: pd.DataFrame
    stopped: bool = False


@dataclass(slots=True)
class _Cell:
    """One plan in one instance."""

    held: str = KEPT
    found: Evaluation | None = None
    why: str = ""
    cost: dict[str, float] = field(default_factory=dict)

    @property
    def stopped(self) -> bool:
        """Whether it was stopped before every future was operated."""
        return self.found is not None and self.found.info["status"] == "stopped"

    @property
    def expected(self) -> float | None:
        """Mean cost over the futures, USD; None where one is not operated, or lacks something that must be met."""
        if self.found is None or self.found.info["statistics"] is None or self.stopped:
            return None
        about = self.found.info["statistics"]
        return None if about["not_met"]["value"] or about["cost"] is None else float(about["cost"]["mean"]["value"])


def crossed(
    plans: Plans, instances: Sequence[str], folder: Path | None, workers: int, cluster: Cluster, tell: Tell | None
) -> Crossing:
    """Operate every plan's portfolio in every instance.

    Args:
        plans: by name.
        instances: the plans whose instances differ.
        folder: where answers are kept as they come, and gone on from.
        workers: processes of this machine.
        cluster: whose workers do it instead.
        tell: told of progress.
    """
    cells: dict[tuple[str, str], _Cell] = {}
    total, stopped = len(instances) * len(plans), False
    for of in instances:
        for name in plans:
            if stopped:
                break
            head = f"{name} in the instance of {of} ({len(cells) + 1} of {total})"

            def named(what: str, done: int, count: int, head: str = head) -> None:
                if tell is not None:
                    tell(f"{head}: {what}", done, count)

            where = None if folder is None else folder / "operated" / f"{name}_in_{of}"
            cells[of, name] = cell = _operated(plans, of, name, where, workers, cluster, named)
            stopped = cell.stopped
    return Crossing(_regret(plans, instances, cells), _by_future(plans, instances, cells), stopped)


def _operated(
    plans: Plans, of: str, name: str, where: Path | None, workers: int, cluster: Cluster, tell: Tell
) -> _Cell:
    """One plan's portfolio in the futures of one instance; its stock too, where it can be kept there."""
    instance = plans[of].instance
    if instance.lexicographic is not None:
        return _Cell(why="its instance is lexicographic: shortage has no price there, and a regret weighs it by one")
    held = Portfolio.of(plans[name], name)
    try:
        held.check(network_of(instance).starts)
    except PlanError as error:
        return _Cell(why=str(error))
    fundings = replace(held, stock=None, runs=None, known=None)
    why = ""
    for what, portfolio in ((KEPT, held), (CHOSEN, fundings)):
        folder = where if where is None or what == KEPT else where.with_name(f"{where.name}_stock_anew")
        try:
            found = evaluate(instance, portfolio, folder=folder, workers=workers, cluster=cluster, tell=tell)
        except PlanError as error:
            why = str(error)
        else:
            met = found.futures[found.futures["status"] == "met"]
            cost = dict(zip(met["future"], met["cost"].astype(float), strict=True))
            return _Cell(what, found, "" if what == KEPT else why, cost)
    return _Cell(CHOSEN, why=why)


def _regret(plans: Plans, instances: Sequence[str], cells: Mapping[tuple[str, str], _Cell]) -> pd.DataFrame:
    rows = []
    for of in instances:
        here = {name: cells[of, name] for name in plans if (of, name) in cells}
        costs = {name: cell.expected for name, cell in here.items() if cell.expected is not None}
        whole = _whole(plans, here)
        best = min(costs, key=lambda name: costs[name], default=None) if whole else None
        bound = _bound(plans, of)
        worst = _largest(here) if whole else {}
        for name, cell in here.items():
            cost = cell.expected
            row: dict[str, Any] = {"instance_of": of, "plan": name, "held": cell.held, "cost": cost, "why": cell.why}
            row["best"] = best
            if cost is not None and best is not None:
                row["regret"] = cost - costs[best]
                row["regret_at_most"] = None if bound is None else max(cost - bound, cost - costs[best])
            if cell.found is not None:
                about = cell.found.info["statistics"]
                row["not_met"] = None if about is None else about["not_met"]["value"]
                row["breaks"] = "; ".join(cell.found.info["breaks"])
            row["largest_regret"], row["largest_regret_in"] = worst.get(name, (None, None))
            rows.append(row)
    numbers = ("cost", "regret", "regret_at_most", "largest_regret", "not_met")
    return table("regret", rows).astype(dict.fromkeys(numbers, float))


def _whole(plans: Plans, here: Mapping[str, _Cell]) -> bool:
    """Whether every plan was operated in an instance, or cannot be; else the best of them is not known."""
    return len(here) == len(plans) and not any(cell.stopped for cell in here.values())


def _bound(plans: Plans, of: str) -> float | None:
    """What no plan of an instance costs less than on average, by the search for the plan made for it."""
    own = plans[of]
    if own.info.get("risk", {}).get("measure") != "expected" or own.info.get("survive"):
        return None
    return own.bound


def _largest(here: Mapping[str, _Cell]) -> dict[str, tuple[float, str]]:
    """The largest regret of each plan over the futures that may come, and the future."""
    found: dict[str, tuple[float, str]] = {}
    for name, cell in here.items():
        if cell.found is None:
            continue
        for row in rows_of(cell.found.futures):
            if row.probability <= 0 or row.future not in cell.cost:
                continue
            least = min(other.cost[row.future] for other in here.values() if row.future in other.cost)
            regret = cell.cost[row.future] - least
            if name not in found or regret > found[name][0]:
                found[name] = (regret, row.future)
    return found


def _by_future(plans: Plans, instances: Sequence[str], cells: Mapping[tuple[str, str], _Cell]) -> pd.DataFrame:
    rows = []
    channels: list[str] = []
    for of in instances:
        here = {name: cells[of, name] for name in plans if (of, name) in cells}
        served = plans[of].instance.served_channels
        channels += [channel for channel in served if channel not in channels]
        for name, cell in here.items():
            if cell.found is None:
                continue
            for row in rows_of(cell.found.futures):
                cost = cell.cost.get(row.future)
                known = [other.cost[row.future] for other in here.values() if row.future in other.cost]
                least = min(known, default=None) if _whole(plans, here) else None
                one = {"instance_of": of, "plan": name, "future": row.future, "probability": row.probability}
                one |= {"cost": cost, "least": least}
                one["regret"] = None if cost is None or least is None else cost - least
                one |= {f"short_{channel}": getattr(row, f"short_{channel}") for channel in served}
                rows.append(one)
    columns = [*COLUMNS["regret_by_future"], *(f"short_{channel}" for channel in channels)]
    numbers = columns[columns.index("probability") :]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(numbers, float))
