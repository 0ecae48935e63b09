"""Against every portfolio, tried one by one: none is missed, and each verdict is the true one."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from support.build import Data, instance_of
from support.generate import generate

import optimizer
from optimizer.instance.instance import Instance
from optimizer.near_optimal import Alternatives
from optimizer.near_optimal.facts import ALL, NONE
from optimizer.near_optimal.rows import Chosen
from optimizer.plan.columns import rows_of
from optimizer.solver.options import Options

from .enumeration import Costs, every_portfolio, forced, lean, near, verdicts

EXACT = Options(gap=1e-9, threads=1)
MANY = 200


def few(seed: int, **more: Any) -> Data:
    """A generated instance with four options at most, each in one year or the other."""
    data = generate(seed, **{"scenarios": 1, **more})
    left = 4
    for record in data["facilities"].values():
        kept = record.get("options", [])[: max(left, 0)]
        left -= len(kept)
        record["options"] = [{**option, "latest": 2028} for option in kept]
    return data


def sets_of(found: Alternatives) -> list[Chosen]:
    """What each portfolio of the list funds."""
    return [frozenset((row.facility, row.option) for row in rows_of(plan.portfolio)) for plan in found.plans.values()]


def spread(costs: Costs) -> list[float]:
    """Tolerances between the costs of neighbouring portfolios, so that no rounding decides."""
    best = min(costs.values())
    more = sorted({round(cost - best, 3) for cost in costs.values()})
    steps = [(low + high) / 2 for low, high in itertools.pairwise(more) if high - low > 1e-6 * best]
    return [steps[0], steps[len(steps) // 2]] if len(steps) > 1 else steps


def check(
    instance: Instance, costs: Costs, within: float, *, list_lean: bool, options: Options = EXACT
) -> Alternatives:
    found = optimizer.alternatives(instance, within_usd=within, count=MANY, lean=list_lean, price=True, options=options)
    best = min(costs.values())
    assert found.info["best"] == pytest.approx(best, rel=1e-7)
    wanted = lean(costs, within) if list_lean else set(near(costs, within))
    listed = sets_of(found)
    assert len(set(listed)) == len(listed)
    assert set(listed) == wanted
    assert found.info["no_others"]
    for chosen, cost in zip(listed, found.portfolios["cost"], strict=True):
        assert cost == pytest.approx(costs[chosen], rel=1e-7)
    table = found.options.set_index(["facility", "option"])
    true = verdicts(costs, within, list(table.index))
    assert dict(table["verdict"]) == true
    for option, row in table.iterrows():
        usd = forced(costs, option, funded=not row["in_best"])  # type: ignore[arg-type]
        side = "left_out" if row["in_best"] else "forced_in"
        if usd is None:
            assert row[[f"{side}_at_least", f"{side}_at_most"]].isna().all()
            continue
        slack = 1e-6 * best
        assert row[f"{side}_at_least"] <= usd + slack
        assert row[f"{side}_at_most"] >= usd - slack
        assert row[f"{side}_at_most"] - row[f"{side}_at_least"] <= slack
        if true[option] in (ALL, NONE):  # type: ignore[index]
            proof = "least_without" if true[option] == ALL else "least_with"  # type: ignore[index]
            assert row[proof] > best + within
    return found


def test_no_portfolio_is_missed() -> None:
    """All that are within the tolerance are listed when asked for, whatever they fund for nothing."""
    instance = instance_of(few(1))
    costs = every_portfolio(instance)
    assert len(costs) > 4
    check(instance, costs, spread(costs)[0], list_lean=False)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3, 4, 6, 7, 8, 9])
def test_no_portfolio_of_more_instances_is_missed(seed: int) -> None:
    instance = instance_of(few(seed, scenarios=None))
    costs = every_portfolio(instance)
    for within in spread(costs):
        check(instance, costs, within, list_lean=True)
        check(instance, costs, within, list_lean=False)


@pytest.mark.slow
@pytest.mark.parametrize("risk", [{"measure": "cvar", "alpha": 0.5, "weight": 0.5}, {"measure": "worst_case"}])
def test_other_measures_of_risk(risk: Data) -> None:
    """What is near-equal is so by the measure that the instance asks for."""
    data = few(4) | {"risk": risk}
    instance = instance_of(data)
    costs = every_portfolio(instance)
    for within in spread(costs):
        check(instance, costs, within, list_lean=False)


@pytest.mark.slow
def test_by_the_extensive_form() -> None:
    """Where Benders cannot solve it, or is not asked to, the answers are the same."""
    instance = instance_of(few(2))
    costs = every_portfolio(instance)
    options = Options(method="extensive", gap=1e-9, threads=1)
    check(instance, costs, spread(costs)[-1], list_lean=True, options=options)
