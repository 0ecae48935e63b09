"""The test of viability: every facility in every future, at that future's prices, with production held as planned."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.answers import shown
from optimizer.closures.asked import FUNDED, Floor, crashes_of, floors_of, recipients_of
from optimizer.closures.books import books_of
from optimizer.closures.futures import Prices, futures_of, weightless
from optimizer.closures.operations import Operations, operations_of
from optimizer.closures.pays import Payer, payer_of
from optimizer.closures.tables import COLUMNS, NO, YES, Rows, add, tables_of
from optimizer.errors import OptionsError, PlanError
from optimizer.folders import write_whole
from optimizer.instance.instance import Instance
from optimizer.instance.marks import about
from optimizer.ledger import refuse_other
from optimizer.network.derive_markets import price_at
from optimizer.network.network import network_of
from optimizer.network.tables import TRUNK, Network
from optimizer.plan.plan import Plan
from optimizer.plan.study_markings import with_study_markings
from optimizer.run import versions

FORMAT = 1
NOTE = "viability.json"
MAKES, USES = "makes", "uses"


@dataclass(slots=True)
class Viability:
    """Whether plants go on in each future, and what floors cost there (docs/viability.md).

    Attributes:
        info: instance, hurdle rate, what was asked, what lacks a price, surplus that was dealt out.
        viability: a row for each facility and future: value of going on without and with floors, verdict, losses,
            least floor (USD, USD per t).
        results: operating result by facility, future and year, USD.
        payments: what each instrument pays whom, by future and year, USD; negative where the government earns.
        liability: what each instrument pays in each future, USD.
        instruments: expected over futures, and worst, USD.
        plants: a row for each facility, over all futures.
        futures: a row for each future, over all facilities.
        remedies: by future what grants make all that is funded break even in it, and what floors pay instead, USD.
        needs: what each of these lacks in a future, as a grant, and as the least floor on its product.
        floors: the least floor by product at which no plant closes, USD per t.
        lacking: facilities that are not tested since something they make or use has no price where they stand.
    """

    info: dict[str, Any]
    viability: pd.DataFrame = field(default_factory=pd.DataFrame)
    results: pd.DataFrame = field(default_factory=pd.DataFrame)
    payments: pd.DataFrame = field(default_factory=pd.DataFrame)
    liability: pd.DataFrame = field(default_factory=pd.DataFrame)
    instruments: pd.DataFrame = field(default_factory=pd.DataFrame)
    plants: pd.DataFrame = field(default_factory=pd.DataFrame)
    futures: pd.DataFrame = field(default_factory=pd.DataFrame)
    remedies: pd.DataFrame = field(default_factory=pd.DataFrame)
    needs: pd.DataFrame = field(default_factory=pd.DataFrame)
    floors: pd.DataFrame = field(default_factory=pd.DataFrame)
    lacking: pd.DataFrame = field(default_factory=pd.DataFrame)

    __repr__ = shown

    def save(self, folder: Path | str) -> Path:
        """Write the tables, whole or not at all.

        Args:
            folder: where; it must not exist, or hold an earlier test of viability, which is then replaced.

        Raises:
            PlanError: something else is there.
        """
        target = Path(folder).absolute()
        refuse_other(target, NOTE, "a test of viability")
        write_whole(target, partial(_write, self))
        return target


def viability(
    plan: Plan | Path | str,
    *,
    hurdle_rate: float | None = None,
    crashes: Iterable[str] = (),
    floors: Mapping[str, float | str] | None = None,
    floor_for: Iterable[str] = (FUNDED,),
    folder: Path | str | None = None,
) -> Viability:
    """Whether each plant goes on in each future at its prices, with production held as planned.

    A plant closes where the value at the onset of going on as planned, without what is sunk, is below 0 at the hurdle
    rate (docs/viability.md). Nobody plans again: it is a test, not an equilibrium.

    Args:
        plan: with tables, or its result folder.
        hurdle_rate: real, per year; default that of the instance's `finance`.
        crashes: futures of prices alone, `MATERIAL[,MATERIAL]|all=FACTOR:FROM:YEARS`.
        floors: floors that the instance does not have: material, or `all`, -> USD per t, `reference` or
            `0.9*reference`.
        floor_for: whom these pay: `funded`, `all`, or tiers of trust.
        folder: where the tables are written.

    Raises:
        OptionsError: something that is asked makes no sense, or no hurdle rate is known.
        PlanError: there is no plan, or the folder holds something else.
    """
    began = time.monotonic()
    read = plan if isinstance(plan, Plan) else Plan.read(plan)
    if not read.tables:
        raise PlanError(f"the run ended without a plan: {read.status} ({read.info.get('why')})")
    instance = read.instance
    _no_stakes(read)
    rate = _rate(instance, hurdle_rate)
    asked, floored = crashes_of(instance, crashes), floors_of(instance, floors or {})
    to = recipients_of(floor_for)
    if folder is not None:
        refuse_other(Path(folder), NOTE, "a test of viability")
    network = network_of(instance)
    tested = futures_of(network, asked)
    operations = operations_of(network, read, {course for one in tested for course in one.path.values()})
    prices = Prices(network, {one.name: one.crash for one in tested if one.crash is not None})
    payer = payer_of(network, read, operations, prices, floored, to)
    _somebody_is_paid(payer, floors or {}, floored, to)
    books = books_of(network, read, operations, payer, rate)
    lacking = _lacking(network, operations)
    without_price = {row[0] for row in lacking}
    names = [name for name in instance.facilities if name in operations.standing and name not in without_price]
    rows, products, base = Rows(), dict[str, str](), books.in_future(tested[0])[0]
    for one in tested:
        add(rows, books, one, names, products, base)
    frames = tables_of(rows, books, tested, lacking)
    info = {
        "format": FORMAT,
        "status": "done",
        **about(instance, read.info.get("instance_sha256")),
        "plan_status": read.status,
        "hurdle_rate": rate,
        "crashes_asked": [crash.name for crash in asked],
        "floors_asked": {floor.material: _told(floor) for floor in floored},
        "floor_for": list(to) if floored else [],
        "tested": int(frames["viability"]["facility"].nunique()),
        "not_tested": len(without_price),
        "funded": len(operations.funded),
        "funded_tested": int(frames["viability"].query("funded == @YES")["facility"].nunique()),
        "weightless": weightless(network),
        "shared_surplus": [
            {"course": one.course, "year": one.period, "place": one.place, "material": one.material,
             "tonnes": one.tonnes, "makers": list(one.makers)}
            for one in operations.shared
        ],
        "versions": versions(),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - began, 3),
    }  # fmt: skip
    found = Viability(info, **with_study_markings(instance, frames))
    if folder is not None:
        found.save(folder)
    return found


def _no_stakes(plan: Plan) -> None:
    """What a government with a stake has of a plant in each future is not worked out."""
    held = sorted(set(plan.tables["stakes"]["facility"])) if "stakes" in plan.tables else []
    if held:
        raise OptionsError(
            f"governments have stakes in {', '.join(held)}, and what they would have of a plant's results in each "
            "future is not worked out: plan without instruments of kind stake, or compare `books`"
        )


def _rate(instance: Instance, given: float | None) -> float:
    if given is None:
        if instance.finance is None:
            raise OptionsError(
                f"{instance.name} has no finance section, so no hurdle rate is known: give one, "
                "--hurdle-rate such as 0.08"
            )
        return instance.finance.hurdle_rate
    if not 0.0 <= given <= 1.0:
        raise OptionsError(f"--hurdle-rate is {given:g}; it is a share per year from 0 to 1, such as 0.08")
    return given


def _told(floor: Floor) -> float | str:
    if floor.usd is not None:
        return floor.usd
    return "reference" if floor.times == 1.0 else f"{floor.times:g}*reference"


def _somebody_is_paid(
    payer: Payer, given: Mapping[str, float | str], floors: Iterable[Floor], to: tuple[str, ...]
) -> None:
    """Each floor on a named material has somebody whom it may pay; one on all pays somebody at least."""
    paid = {floor.material: payer.paid_by(floor) for floor in floors}
    idle = [name for name, some in paid.items() if not some and name in given]
    if paid and not any(paid.values()):
        idle = list(paid)
    if idle:
        raise OptionsError(
            f"--floor on {', '.join(idle)} pays nobody: none of those whom --floor-for names ({', '.join(to)}) makes "
            "it in this plan"
        )


def _lacking(network: Network, operations: Operations) -> list[tuple[Any, ...]]:
    """(facility, funded, material, makes or uses, t) of what has no price where a facility stands that runs it.

    Tonnes are of the trunk over the horizon.
    """
    instance = network.instance
    amounts: dict[tuple[str, str, str], float] = defaultdict(float)
    for (course, _), runs in operations.runs.items():
        for run in runs:
            recipe = instance.recipes[run.recipe]
            for use, many in ((MAKES, recipe.outputs), (USES, recipe.inputs)):
                for material, each in many.items():
                    amounts[run.facility, material, use] += each * run.run if course == TRUNK else 0.0
    first, found = network.calendar.first_year, []
    for (name, material, use), tonnes in sorted(amounts.items()):
        if price_at(network, material, instance.facilities[name].country, first) is None:
            found.append((name, YES if name in operations.funded else NO, material, use, tonnes))
    return found


def _write(found: Viability, folder: Path) -> None:
    for name in COLUMNS:
        getattr(found, name).to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    text = json.dumps(found.info, indent=2, ensure_ascii=False, allow_nan=False)
    (folder / NOTE).write_text(text + "\n", encoding="utf-8")
