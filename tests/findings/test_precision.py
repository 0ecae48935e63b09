"""Numbers that double precision, or the tolerances within it, cannot tell: told before a solve and by the check."""

from __future__ import annotations

from pathlib import Path

import pytest
from properties.test_properties import heavier
from support.build import one_market, solve
from support.generate import generate

from optimizer.errors import SolveError
from optimizer.pages.kinds import kind_of

from .conftest import Find

DEAR = "facilities: {plant: {options: [{id: wing, capacity: 20, capex: %s}, {id: hall, capacity: 9, capex: %s}]}}"


@pytest.mark.parametrize(
    ("changes", "what", "path"),
    [
        (
            "markets: {trade: {demand: [{product: magnet, tonnes: 0.000002, shortage_cost: 5}]}}",
            "small",
            ("markets", "trade", "demand", 0, "tonnes"),
        ),
        (
            "stockpiles: {nds: {country: USA, channels: [mdap], materials: [magnet], holding_cost: {magnet: 1}, "
            "targets: [{material: magnet, tonnes: 0.000009, shortage_cost: 5}]}}",
            "small",
            ("stockpiles", "nds", "targets", 0),
        ),
        (
            "markets: {trade: {demand: [{product: magnet, tonnes: 2.0e8, shortage_cost: 5}]}}",
            "large",
            ("markets", "trade", "demand", 0, "tonnes"),
        ),
        ("facilities: {mine: {capacity: {2028: 1.1e8}}}", "large", ("facilities", "mine", "capacity")),
        (DEAR % ("3.0e10", "2.9"), "apart", ("facilities", "plant", "options", 1)),
    ],
)
def test_beyond_precision_trips(find: Find, changes: str, what: str, path: tuple[str | int, ...]) -> None:
    (found,) = find("beyond_precision", changes)
    assert (found.data["what"], found.subject, found.severity) == (what, path, "warning")


@pytest.mark.parametrize(
    "changes",
    [
        "markets: {trade: {demand: [{product: magnet, tonnes: {2027: 0, 2028: 0.00001}, shortage_cost: 5}]}}",
        "facilities: {mine: {capacity: 1.0e8}}",
        DEAR % ("3.0e10", "3.1"),
        DEAR % ("3.0e10", "0"),
    ],
)
def test_beyond_precision_is_quiet(find: Find, changes: str) -> None:
    assert find("beyond_precision", changes) == []


@pytest.mark.parametrize(("tonnes", "told"), [(4e-6, True), (4e-5, False)])
def test_the_check_and_the_page_say_of_what_they_cannot_tell(tonnes: float, told: bool, tmp_path: Path) -> None:
    """A few grams: every row may hold, and they be missing; that stands in the line of the verdict."""
    plant = {"stage": "magnet", "country": "USA", "recipes": ["make"], "capacity": 1, "confidence": "A"}
    plan = solve(one_market("grams", {"home": plant}, tonnes=tonnes, shortage_cost=1e6))
    words = "too fine to check: demand of programs for magnet is 4e-06 t in 2027, and a row may be off by 1e-06 t"
    assert (words in plan.info["verdict"]["summary"]) is told
    folder = plan.save(tmp_path / "plan")
    assert any("Too fine to check" in alert for alert in kind_of(folder).page(folder).alerts) is told
    assert plan.info["verdict"]["ok"]


def test_a_solve_that_fails_by_them_says_so() -> None:
    """A solver that cannot hold rows of gigatonnes fails; the error says what is the matter with the instance."""
    data = heavier(generate(40001, scenarios=1), 1e9)
    with pytest.raises(SolveError, match=r"exactly 0 or 1\. .* is .*,000,000 t: double precision does not hold"):
        solve(data)
