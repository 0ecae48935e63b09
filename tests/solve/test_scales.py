"""Cents beside tens of billions, grams beside megatonnes: two chains in one instance, each planned as if alone."""

from __future__ import annotations

import pytest
import yaml
from properties.test_properties import heavier
from support.build import Data, instance_of, optimum, solve, text_of
from support.generate import generate, scaled
from support.params import first_fast

import optimizer
from optimizer.plan.columns import rows_of

OWN = ("materials", "recipes", "facilities", "markets", "stockpiles")
CLOSE = 1e-6
SEEDS = [50003, 50005, 50009]
"""Whose best fundings are the only best ones."""


def named(data: Data, tag: str) -> Data:
    """The same instance with a tag on all that is not shared."""
    text = text_of(data)
    for name in sorted((name for key in OWN for name in data.get(key, ())), key=len, reverse=True):
        text = text.replace(f'"{name}"', f'"{name}_{tag}"').replace(f'"to_{name}"', f'"to_{name}_{tag}"')
    found: Data = yaml.safe_load(text)
    return found


def joined(one: Data, other: Data) -> Data:
    """Two chains that share countries, channels and disruptions, and nothing else."""
    data, more = named(one, "one"), named(other, "other")
    for key in OWN:
        data[key] = data.get(key, {}) | more.get(key, {})
    data["lanes"] = [*data.get("lanes", ()), *more.get("lanes", ())]
    return data


def chain(seed: int) -> Data:
    """A chain whose disruption names nothing of its own."""
    data = generate(seed, scenarios=1, regions=False)
    data["scenarios"][0]["effects"] = [{"affects": "facilities", "where": {"country": "CHN"}, "available": 0.0}]
    return data


def of_the_other(plan: optimizer.Plan) -> tuple[list[str], float]:
    """What a plan funds of the second chain, and the tonnes that it is short."""
    fundings = [f"{row.facility}:{row.option}:{row.funded}" for row in rows_of(plan.portfolio)]
    short = sum(row.short for row in rows_of(plan.tables["demand"]) if row.market.endswith("_other"))
    return sorted(name for name in fundings if "_other:" in name), short


@pytest.mark.parametrize("seed", first_fast(SEEDS, 1))
@pytest.mark.parametrize(("up", "down"), [(1e5, 1.0), (1.0, 1e-5), (1e5, 1e-3)])
def test_a_small_chain_beside_a_large_one_is_planned_as_if_alone(seed: int, up: float, down: float) -> None:
    """Capital of 40 to 400 thousand USD and plants of 10 to 40 t, times this in the one chain and that in the other.

    So 0.40 USD and 100 grams beside 400,000 USD and 40 t; and 40 USD and 10 kg beside 40 bn USD and 4 megatonnes.
    """
    alike = solve(joined(chain(seed), chain(seed)))
    plan = solve(joined(heavier(chain(seed), up), heavier(chain(seed), down)))
    assert plan.info["verdict"]["ok"]
    assert alike.objective is not None
    assert plan.objective == pytest.approx(alike.objective / 2 * (up + down), rel=CLOSE)
    want, short = of_the_other(alike)
    funded, lacking = of_the_other(plan)
    assert funded == want
    assert lacking == pytest.approx(short * down, rel=1e-4, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_beyond_that_it_is_told(seed: int) -> None:
    """Ten cents and ten grams beside tens of billions: the cost holds, what is funded of the small one is anything."""
    data = joined(heavier(chain(seed), 1e5), heavier(chain(seed), 1e-6))
    plan = solve(data)
    assert plan.info["verdict"]["ok"]
    assert plan.objective == pytest.approx(optimum(chain(seed)) * 1e5, rel=1e-9)
    found = [one for one in optimizer.diagnose(instance_of(data)) if one.kind == "beyond_precision"]
    assert "apart" in {one.data["what"] for one in found}


@pytest.mark.slow
@pytest.mark.parametrize("tonnes", [1e-6, 1e-3, 1e3, 1e6])
@pytest.mark.parametrize("money", [1e-3, 1e3, 1e6])
def test_the_answer_scales_over_many_orders(tonnes: float, money: float) -> None:
    """All mass times this, all money times that: from a thousandth of a dollar to tens of quadrillions."""
    data = chain(50004)
    assert optimum(scaled(heavier(data, tonnes), money)) == pytest.approx(optimum(data) * tonnes * money, rel=CLOSE)
