"""A plan that was re-planned from a year on: what is frozen, and the price of change, against the tables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from optimizer.verifier.case import Case
from optimizer.verifier.exact import total as sum_of
from optimizer.verifier.futures import TRUNK
from optimizer.verifier.objective import number
from optimizer.verifier.verdict import At

PLAN = "plan.json"
ROUNDING = 1e-6
"""Relative, and in tonnes: how far frozen stock may be from what it is stated to be."""


def check_roll(case: Case) -> None:
    """What is frozen is as stated, nothing else is funded before the year, and the price of change adds up.

    What the last plan was, and what has happened, is taken as plan.json gives it.
    """
    said = case.plan.get("roll")
    if said is None:
        return
    try:
        _check(case, said)
    except (AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
        case.ledger.holds("frozen", At(PLAN), False, f"what it says of being re-planned is unsound: {error!r}")


def _check(case: Case, said: Mapping[str, Any]) -> None:
    year = int(said["year"])
    frozen = {(str(f), str(o)): int(t) for f, o, t in said["frozen"]}
    funded = {(row.facility, row.option): row.funded for row in case.rows.portfolio}
    for (facility, option), when in sorted({**frozen, **{k: t for k, t in funded.items() if t < year}}.items()):
        at = At(f"{facility}:{option}", when)
        there, stated = funded.get((facility, option)), frozen.get((facility, option))
        text = f"funded in {there}, and {stated} is frozen: nothing before {year} is decided any more"
        case.ledger.holds("frozen", at, there == stated and when < year, text)
    for stockpile, material, channel, period, tonnes in said["stock"] or ():
        got = case.stock_row(TRUNK, int(period), stockpile, material, channel).closing
        off = max(0.0, abs(got - tonnes) - 2 * ROUNDING * (1.0 + tonnes))
        text = f"{material} of {channel} at the period's end is {got:.10g} t, {tonnes:.10g} is frozen"
        case.ledger.holds("frozen", At(stockpile, int(period), TRUNK), off <= 0, text, off, "t")
    _changes(case, said, {key: t for key, t in funded.items() if key not in frozen})


def _changes(case: Case, said: Mapping[str, Any], funded: Mapping[tuple[str, str], int]) -> None:
    """Each funding that is not as expected, at its price; and what was minimised."""
    ledger = case.ledger
    expected = {(str(f), str(o)): int(t) for f, o, t in said["expected"]}
    each, move = _usd(said["change_usd"]), _usd(said["move_usd"])
    wanted: dict[tuple[str, str], float] = {}
    for key in expected.keys() | funded.keys():
        was, now = expected.get(key), funded.get(key)
        if was != now:
            wanted[key] = each if was is None or now is None else min(each, move * abs(now - was))
    stated = {(row["facility"], row["option"]): row for row in said["changes"]}
    for key in sorted(wanted.keys() | stated.keys()):
        at, row = At(":".join(key)), stated.get(key, {})
        ledger.equal(
            "change", at, _usd(row["usd"]) if "usd" in row else math.nan, wanted.get(key, math.nan), "its price", "USD"
        )
        years = (row.get("was"), row.get("now"))
        text = f"stated as {years}, it is {(expected.get(key), funded.get(key))}"
        ledger.holds("change", at, years == (expected.get(key), funded.get(key)), text)
    total = _usd(said["change"])
    ledger.equal("change", At(PLAN), total, sum_of(wanted.values()), "the price of all changes", "USD")
    for whole, part in (("minimised", "objective"), ("minimised_bound", "bound")):
        without, with_ = number(case.plan.get(part)), number(said[whole])
        if without is not None or with_ is not None:
            got = math.nan if with_ is None else with_
            base = math.nan if without is None else without
            ledger.equal("change", At(PLAN), got, base + total, f"{whole}, the {part} and the price of change", "USD")


def _usd(value: Any) -> float:
    """An amount.

    Raises:
        ValueError: it is no finite number.
    """
    found = number(value)
    if found is None:
        raise ValueError(f"{value!r} is no amount")
    return found
