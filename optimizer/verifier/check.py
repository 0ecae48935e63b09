"""The check of a whole plan: from a folder, or from an instance and tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.errors import InstanceError, PlanError
from optimizer.folders import instead_of
from optimizer.instance.instance import Instance
from optimizer.instance.judge import judge
from optimizer.instance.marks import MARKINGS, markings_of
from optimizer.instance.read import read_source
from optimizer.instance.write import sha256
from optimizer.verifier.activity import check_element_balance, check_exposure_table, check_runs
from optimizer.verifier.adjust import check_adjustment
from optimizer.verifier.appropriations import check_appropriations
from optimizer.verifier.balance import check_balance
from optimizer.verifier.books import check_finance
from optimizer.verifier.built import Built
from optimizer.verifier.capital import outlay_of_capital
from optimizer.verifier.case import Case
from optimizer.verifier.columns import ROWS
from optimizer.verifier.exact import Exact, exactly
from optimizer.verifier.facts import Facts
from optimizer.verifier.funding_rules import check_funding_rules
from optimizer.verifier.futures import Factors, blocks, unsound
from optimizer.verifier.goals import check_goals
from optimizer.verifier.investment import check_capacity_table, check_investment, funded_options
from optimizer.verifier.levels import check_levels
from optimizer.verifier.makers import check_makers
from optimizer.verifier.money import check_costs, check_outlay, costs_of
from optimizer.verifier.moves import check_claims, check_downgrades, check_flows, check_surplus
from optimizer.verifier.objective import check_objective, check_scenarios, future_costs
from optimizer.verifier.payers import check_stock_payers
from optimizer.verifier.reacted import Reacted
from optimizer.verifier.reactions import check_reactions, reactions_in
from optimizer.verifier.recycling import check_recycling
from optimizer.verifier.releases import check_releases
from optimizer.verifier.residual import check_residual
from optimizer.verifier.rolled import check_roll
from optimizer.verifier.rules import check_rules
from optimizer.verifier.service import check_demand, check_targets
from optimizer.verifier.stores import check_stock
from optimizer.verifier.tables import read_tables
from optimizer.verifier.trust import Trust
from optimizer.verifier.verdict import At, Ledger, Tolerance, Verdict

PLAN = "plan.json"
INSTANCE = Path("instance") / "instance.yaml"
_LATER = (
    "stock_payers",
    "appropriations",
    "makers",
    "releases",
    "goals",
    "residual",
    "grants",
    "financing",
    "owed",
    "recipients",
    "purchases",
    "stakes",
    "sales",
    "premiums",
    "strict_runs",
    "books",
)  # checked with them where they are asked for
_WITHOUT_PLAN = ("infeasible", "no_plan")
_USUAL = Tolerance()
EXACT = "checked in exact arithmetic: numbers are the decimals of the files, and nothing was rounded on the way"


def verify_tables(
    instance: Instance,
    plan: Mapping[str, Any],
    tables: Mapping[str, pd.DataFrame],
    tolerance: Tolerance = _USUAL,
) -> Verdict:
    """Re-check a plan from its tables and its instance alone.

    Args:
        instance: the resolved instance.
        plan: plan.json.
        tables: the result tables by name.
        tolerance: how far rows may be off.

    Returns:
        The verdict. Whatever is wrong with the tables is a violation, never an exception.
    """
    return _check(instance, plan, tables, Ledger(tolerance))


def _check(
    instance: Instance,
    plan: Mapping[str, Any],
    tables: Mapping[str, pd.DataFrame],
    ledger: Ledger,
    *,
    exact: bool = False,
) -> Verdict:
    stated, actual = plan.get("instance_sha256"), sha256(instance)
    text = f"plan.json states {stated}, the instance has {actual}"
    ledger.holds("instance_hash", At(PLAN), stated == actual, text)
    told, due = plan.get(MARKINGS, {}), markings_of(instance)
    if told or due:
        text = f"plan.json states the markings {told}, the rows of the instance have {due}"
        ledger.holds("instance_hash", At(PLAN), told == due, text)
    if plan.get("status") in _WITHOUT_PLAN:
        ledger.holds("status", At(PLAN), False, f"status is {plan.get('status')}: there is no plan to check")
        return ledger.verdict()
    odd = unsound(instance)
    if not ledger.holds("scenario_tree", At("scenarios"), not odd, odd):
        return ledger.verdict()
    if exact:
        instance = exactly(instance)
        ledger.notes.append(EXACT)
    facts = Facts(instance)
    factors = Factors(facts)
    courses = blocks(instance)
    rows = read_tables(facts, courses, ledger, tables, exact=exact)
    case = Case(
        instance=instance,
        facts=facts,
        blocks=courses,
        factors=factors,
        trust=Trust(facts, factors, ledger.tolerance.exposure),
        built=Built(
            facts,
            factors,
            funded_options(facts, rows, ledger),
            Reacted(facts, factors, reactions_in(facts, courses, rows, ledger)),
        ),
        rows=rows,
        plan=plan,
        ledger=ledger,
        stock={(row.scenario, row.period, row.stockpile, row.material, row.channel): row for row in rows.stock},
    )
    check_investment(case)
    check_funding_rules(case)
    check_reactions(case)
    check_element_balance(case)
    check_capacity_table(case)
    check_runs(case)
    check_adjustment(case)
    check_makers(case)
    check_exposure_table(case)
    check_flows(case)
    check_claims(case)
    check_downgrades(case)
    check_surplus(case)
    check_balance(case)
    check_stock(case)
    check_demand(case)
    check_targets(case)
    check_residual(case)
    check_rules(case)
    check_releases(case)
    check_goals(case)
    check_recycling(case)
    money = costs_of(case)
    check_costs(case, money)
    instruments = _of_instruments(case)
    check_outlay(case, instruments)
    check_stock_payers(case)
    check_appropriations(case, instruments)
    costs = future_costs(case, money)
    check_scenarios(case, costs)
    check_objective(case, costs)
    check_levels(case)
    check_roll(case)
    return ledger.verdict()


def _of_instruments(case: Case) -> dict[tuple[int, str, str], float]:
    """What instruments pay by year, kind and name, once finance is checked."""
    found: dict[tuple[int, str, str], float] = {}
    for one in check_finance(case):
        key = (one.period, one.kind, one.instrument)
        found[key] = found.get(key, 0.0) + one.usd
    for year, kind, instrument, usd in outlay_of_capital(case):
        found[year, kind, instrument] = found.get((year, kind, instrument), 0.0) + usd
    return found


def verify(folder: Path | str, *, exact: bool = False, tolerance: Tolerance = _USUAL) -> Verdict:
    """Re-check a result folder from its files alone.

    Args:
        folder: a result folder.
        exact: compute with rational numbers, from the decimals of the files, so that what a row is off by is the
            plan's alone and none of it the check's. It takes two to three times as long.
        tolerance: how far rows may be off.

    Returns:
        The verdict.

    Raises:
        PlanError: the folder lacks plan.json, its instance or a table, or plan.json is no JSON document.

    Example:
        >>> import optimizer
        >>> plan = optimizer.solve(optimizer.load("docs/examples/two_plants.yaml"))
        >>> verdict = optimizer.verify(plan.save("results/two_plants"))
        >>> verdict.ok, len(verdict.violations)
        (True, 0)
    """
    folder = Path(folder)
    plan = _plan(folder, exact)
    if plan.get("status") in _WITHOUT_PLAN:
        raise PlanError(f"{folder}: status is {plan['status']}, there is no plan to check")
    wanted = (
        str(INSTANCE),
        *(f"{table}.csv" for table in ROWS if table not in _LATER),
    )  # that one is checked with them
    lacking = [name for name in wanted if not (folder / name).is_file()]
    if lacking:
        raise PlanError(f"{folder} is no whole result folder: it lacks {', '.join(lacking)}")
    ledger = Ledger(tolerance)
    tables = {file.stem: _table(file, ledger) for file in sorted(folder.glob("*.csv"))}
    instance = _instance(folder / INSTANCE, ledger)
    if instance is None:
        return ledger.verdict()
    return _check(instance, plan, tables, ledger, exact=exact)


def _plan(folder: Path, exact: bool) -> dict[str, Any]:
    if not folder.is_dir():
        raise PlanError(f"there is no folder {folder}")
    file = folder / PLAN
    if not file.is_file():
        raise PlanError(f"{folder} is no result folder: it has no {PLAN}{instead_of(folder, PLAN)}")
    try:
        plan = json.loads(file.read_text(encoding="utf-8"), parse_float=Exact if exact else None)
    except (ValueError, OSError) as error:
        raise PlanError(f"{file} cannot be read: {error}") from error
    if not isinstance(plan, dict):
        raise PlanError(f"{file} is not a mapping")
    return plan


def _table(file: Path, ledger: Ledger) -> pd.DataFrame:
    """A table with all cells as text, so that no cell is taken for what it is not."""
    try:
        return pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8")
    except OSError as error:
        raise PlanError(f"{file} cannot be read: {error}") from error
    except ValueError as error:  # what pandas raises for a file that is no table
        ledger.holds("table_columns", At(file.stem), False, f"{file.name} is no table: {error}")
        return pd.DataFrame()


def _instance(file: Path, ledger: Ledger) -> Instance | None:
    """The instance, or None where it has faults; the faults are violations."""
    try:
        source = read_source(file)
        instance = judge(source)
        faults = [str(fault) for fault in source.faults]
    except InstanceError as error:
        instance, faults = None, [str(fault) for fault in error.faults] or [str(error)]
    if instance is None and not faults:
        faults = ["nothing can be made of it"]
    for fault in faults:
        ledger.holds("instance_reads", At(str(INSTANCE)), False, fault)
    return instance if not faults else None
