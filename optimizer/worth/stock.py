"""Which tonnes of stock cover which futures, read from a plan's tables."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.answers import shown
from optimizer.errors import PlanError
from optimizer.folders import write_whole
from optimizer.instance.marks import about
from optimizer.instance.write import sha256
from optimizer.ledger import refuse_other
from optimizer.network.network import network_of
from optimizer.network.tables import BASE, TRUNK, Network
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan
from optimizer.plan.study_markings import with_study_markings
from optimizer.worth.solves import measured_by

Store = tuple[str, str, str]
"""Stockpile, material, channel."""

Rows = dict[tuple[str, int, Store], Any]
"""Course, period, store -> row of the stock table."""

COLUMNS = {
    "use": (
        "stockpile", "material", "channel", "future", "probability", "onset", "opening", "released", "surplus",
        "taken_in", "bought_back", "used", "share_used",
    ),
    "stores": (
        "stockpile", "material", "channel", "held", "held_in", "futures", "used_on_average", "most_used",
        "most_used_by", "never_used",
    ),
    "held": (
        "stockpile", "material", "period", "held", "for_targets", "ahead_of_targets", "beyond_targets",
        "against_futures", "next_used", "next_used_by",
    ),
    "targets": ("stockpile", "target", "material", "status", "last_percent_usd"),
}  # fmt: skip
"""Columns of each table; tonnes, USD, shares."""
SMALL = 1e-6
MARK = "stock.json"


@dataclass(slots=True)
class StockUse:
    """What a plan's stock does (docs/value.md).

    Attributes:
        info: instance, whether there are futures.
        use: a row for each store and future that has stock or takes some.
        stores: a row for each store: what it holds at most, which future uses most, what none uses.
        held: a row for each stockpile, material and period on the trunk: for targets, ahead of them, beyond them.
        targets: what the last percent of each target costs.
    """

    info: dict[str, Any]
    use: pd.DataFrame = field(default_factory=pd.DataFrame)
    stores: pd.DataFrame = field(default_factory=pd.DataFrame)
    held: pd.DataFrame = field(default_factory=pd.DataFrame)
    targets: pd.DataFrame = field(default_factory=pd.DataFrame)

    __repr__ = shown

    def save(self, folder: Path | str) -> Path:
        """Write `stock_TABLE.csv` and what they are of.

        Raises:
            PlanError: something else is there.
        """
        target = Path(folder).absolute()
        refuse_other(Path(folder), MARK, "a use of stock")
        write_whole(target, self._write)
        return target

    def _write(self, folder: Path) -> None:
        for name in COLUMNS:
            getattr(self, name).to_csv(folder / f"stock_{name}.csv", index=False, lineterminator="\n")
        pd.Series(self.info).to_json(folder / MARK, indent=2)


def stock_use(plan: Plan, base: Plan | None = None) -> StockUse:
    """Which tonnes of a plan's stock cover which futures; nothing is solved.

    Args:
        plan: with tables.
        base: the plan of the same instance without scenarios; what is held beyond it is held against futures.

    Raises:
        PlanError: the run ended without a plan, or the base is of something else.
    """
    network = network_of(plan.instance)
    if base is not None:
        _check(plan, base)
    rows: Rows = {
        (row.scenario, int(row.period), (row.stockpile, row.material, row.channel)): row
        for row in rows_of(plan.stock.rename(columns={"in": "taken", "out": "given"}))
    }
    idle = _idle(plan)
    stores = sorted({store for _, _, store in rows})
    futures = [name for name in network.path if name != BASE]
    use = [found for name in futures for store in stores if (found := _used(network, rows, idle, name, store))]
    info = {
        **about(plan.instance, plan.info.get("instance_sha256")),
        "futures": len(futures),
    }
    tables = {
        "use": use,
        "stores": [_store(network, rows, store, use) for store in stores],
        "held": _held(network, plan, base, rows, stores, use),
        "targets": _targets(plan),
    }
    made = {name: pd.DataFrame(tables[name], columns=list(COLUMNS[name])) for name in COLUMNS}
    return StockUse(info, **with_study_markings(plan.instance, made))


def _check(plan: Plan, base: Plan) -> None:
    """Whether a base is the plan of the same instance without scenarios."""
    if base.instance.scenarios:
        raise PlanError("the base plan has scenarios; solve it with --set 'scenarios=[]'")
    if sha256(measured_by(plan.instance, "base", 0.0)) != sha256(measured_by(base.instance, "base", 0.0)):
        raise PlanError("the base plan is of another instance; it is the same one without scenarios")


def _idle(plan: Plan) -> dict[tuple[str, int, str], float]:
    """Course, period, material -> the share of what is released that ends as surplus: that much need not have left."""
    released: dict[tuple[str, int, str], float] = defaultdict(float)
    surplus: dict[tuple[str, int, str], float] = defaultdict(float)
    for row in rows_of(plan.stock.rename(columns={"in": "taken", "out": "given"})):
        released[row.scenario, int(row.period), row.material] += float(row.given)
    for row in rows_of(plan.surplus):
        surplus[row.scenario, int(row.period), row.material] += float(row.tonnes)
    return {key: min(1.0, surplus.get(key, 0.0) / tonnes) for key, tonnes in released.items() if tonnes > SMALL}


def _used(
    network: Network, rows: Rows, idle: dict[tuple[str, int, str], float], future: str, store: Store
) -> dict[str, Any] | None:
    """What a future does with a store, from its first day off the trunk to its last."""
    path = {t: course for t, course in network.path[future].items() if course != TRUNK}
    mine = {t: rows.get((course, t, store)) for t, course in path.items()}
    first = min(path)
    opening = float(getattr(mine[first], "opening", 0.0))
    released = surplus = taken = bought = net = used = 0.0
    for t, row in mine.items():
        if row is None:
            continue
        needless = row.given * idle.get((path[t], t, store[1]), 0.0)
        surplus += needless
        if _strikes(network, path[t], t):
            released += row.given
        taken += row.taken
        bought += row.bought_back
        net += row.given - needless + row.downgraded_out - row.taken - row.downgraded_in
        used = max(used, net)
    used = min(used, opening)
    if max(opening, released, taken, bought) <= SMALL:
        return None
    keys = dict(zip(("stockpile", "material", "channel"), store, strict=True))
    return keys | {
        "future": future,
        "probability": network.probability[future],
        "onset": first,
        "opening": opening,
        "released": released,
        "surplus": surplus,
        "taken_in": taken,
        "bought_back": bought,
        "used": used,
        "share_used": used / opening if opening > SMALL else None,
    }


def _strikes(network: Network, course: str, period: int) -> bool:
    """Whether an effect of a branch is active in a period."""
    years = network.calendar.span[period]
    return any(year in active.years for active in network.windows[course].effects for year in years)


def _store(network: Network, rows: Rows, store: Store, use: list[dict[str, Any]]) -> dict[str, Any]:
    closing = {t: _closing(rows, t, store) for t in network.calendar.periods}
    top = max(closing, key=lambda t: closing[t])
    mine = [row for row in use if (row["stockpile"], row["material"], row["channel"]) == store]
    most = max(mine, key=lambda row: float(row["used"]), default=None)
    most_used = 0.0 if most is None else float(most["used"])
    return dict(zip(("stockpile", "material", "channel"), store, strict=True)) | {
        "held": closing[top],
        "held_in": top,
        "futures": sum(row["used"] > SMALL for row in mine),
        "used_on_average": math.fsum(row["probability"] * row["used"] for row in mine),
        "most_used": most_used,
        "most_used_by": most["future"] if most is not None and most_used > SMALL else None,
        "never_used": max(0.0, closing[top] - most_used),
    }


def _closing(rows: Rows, period: int, store: Store) -> float:
    row = rows.get((TRUNK, period, store))
    return 0.0 if row is None else float(row.closing)


def _held(
    network: Network, plan: Plan, base: Plan | None, rows: Rows, stores: list[Store], use: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Stock on the trunk: what targets ask for, what later ones will, and what is held beyond both.

    Targets on one material are nested (each counts its channel and the stricter ones), so the largest is what all of
    them ask for together.
    """
    asked: dict[tuple[str, str, int], float] = {}
    for row in rows_of(plan.targets):
        key = (row.stockpile, row.material, int(row.period))
        asked[key] = max(asked.get(key, 0.0), min(float(row.level), float(row.stock)))
    without: dict[tuple[str, str, int], float] = defaultdict(float)
    for row in () if base is None else rows_of(base.stock):
        without[row.stockpile, row.material, int(row.period)] += float(row.closing)
    periods = list(network.calendar.periods)
    following = dict(itertools.pairwise(periods))
    found = []
    for stockpile, material in dict.fromkeys(store[:2] for store in stores):
        for t in periods:
            held = math.fsum(_closing(rows, t, store) for store in stores if store[:2] == (stockpile, material))
            now = min(held, asked.get((stockpile, material, t), 0.0))
            later = max((asked.get((stockpile, material, y), 0.0) for y in periods if y > t), default=0.0)
            ahead = min(held - now, max(0.0, later - now))
            uses: dict[str, float] = {}
            for item in use:
                if (item["stockpile"], item["material"], item["onset"]) == (stockpile, material, following.get(t)):
                    uses[item["future"]] = uses.get(item["future"], 0.0) + item["used"]
            most = max(uses, key=lambda name: uses[name], default=BASE)
            if held <= SMALL:
                continue
            found.append(
                {
                    "stockpile": stockpile,
                    "material": material,
                    "period": t,
                    "held": held,
                    "for_targets": now,
                    "ahead_of_targets": ahead,
                    "beyond_targets": held - now - ahead,
                    "against_futures": None if base is None else held - without[stockpile, material, t],
                    "next_used": uses.get(most, 0.0),
                    "next_used_by": most if uses.get(most, 0.0) > SMALL else None,
                }
            )
    return found


def _targets(plan: Plan) -> list[dict[str, Any]]:
    """The targets in plan.json; what the last percent costs comes from its duals, with fundings as they are."""
    reports = {report["label"]: report for report in plan.info.get("rules", []) if report["kind"] == "target"}
    found = []
    for name, stockpile in plan.instance.stockpiles.items():
        for number, target in enumerate(stockpile.targets):
            report = reports.get(f"target {number} of {name} ({target.material})", {})
            found.append(
                {
                    "stockpile": name,
                    "target": number,
                    "material": target.material,
                    "status": report.get("status"),
                    "last_percent_usd": report.get("saved_by_1_percent_usd"),
                }
            )
    return found
