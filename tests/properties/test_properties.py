"""What holds of every instance: more freedom never costs more, and what means the same costs the same."""

from __future__ import annotations

import copy
import dataclasses
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.build import Data, funded, instance_of, optimum, solve, text_of
from support.generate import POLICY, generate, scaled, under_limits

import optimizer
from optimizer.evaluation import evaluate
from optimizer.network.network import network_of
from optimizer.plan.columns import rows_of
from optimizer.solver.extensive import compile_all, problem_of
from optimizer.solver.highs import run
from optimizer.solver.options import Options

SEEDS = st.integers(0, 10_000)
CLOSE = 1e-6
"""Relative; the solver's tolerances are of that order for the smallest of these instances."""


def no_dearer(free: float, bound: float) -> bool:
    """Whether what is freer costs no more, up to tolerances."""
    return free <= bound + CLOSE * max(1.0, abs(bound))


def more_budget(seed: int, size: int = 1) -> None:
    """Whoever may spend more can still spend less."""
    data = generate(seed, size=size)
    capex = [option["capex"] for record in data["facilities"].values() for option in record.get("options", ())]
    costs = []
    for share in (0.2, 0.5, 1.0):
        data["policy"] = {"budget": {"annual": share * max(capex), "total": 2 * share * max(capex)}}
        costs.append(optimum(data))
    del data["policy"]
    costs.append(optimum(data))
    for tight, loose in itertools.pairwise(costs):
        assert no_dearer(loose, tight), costs


def further_option(seed: int, size: int = 1) -> None:
    """What can be funded need not be."""
    data = generate(seed, size=size)
    less = optimum(data)
    for record in data["facilities"].values():
        if record.get("options"):
            record["options"].append({"id": "other", "capacity": 15, "capex": 90_000, "life": 10})
            record["options"].append({"id": "most", "capacity": 7, "capex": 20_000, "after": "other"})
    assert no_dearer(optimum(data), less)


AT_WORK: Data = {"affects": "facilities", "where": {}, "available": 0.5}
"""Of every facility half is left."""
PLANT, TONNES = ("capex", "fixed_cost"), ("capacity", "tonnes", "start", "initial", "most", "world_output")
"""What is paid for a whole plant, and what is in tonnes."""


def heavier(data: Any, factor: float, key: str = "") -> Any:
    """The same instance with all mass multiplied, and so what is paid for a whole plant; not what a tonne costs."""
    if isinstance(data, dict):
        same = key in TONNES and "start" not in data  # a mapping by material or year
        return {name: heavier(value, factor, key if same else name) for name, value in data.items()}
    if isinstance(data, list):
        return [heavier(item, factor) for item in data]
    return data * factor if key in (*PLANT, *TONNES) and isinstance(data, int | float) else data


def laxer_cap(seed: int, size: int = 1) -> None:
    """Who is trusted under a strict cap is trusted under a lax one."""
    data = generate(seed, size=size)
    costs = []
    for cap in (0.0, 0.2, 0.4, 1.0):
        data["channels"]["strict"]["max_exposure"]["equipment"] = cap
        costs.append(optimum(data))
    for tight, loose in itertools.pairwise(costs):
        assert no_dearer(loose, tight), costs


def tighter_rule(seed: int, size: int = 1) -> None:
    """What keeps to the smaller share keeps to the larger one."""
    data = generate(seed, size=size)
    costs = [optimum(data)]
    for share in (0.9, 0.6, 0.4):
        data["policy"] = {"rules": [{"rule": "diversify", "materials": ["neo"], "by": "country", "share": share}]}
        costs.append(optimum(data))
    for loose, tight in itertools.pairwise(costs):
        assert no_dearer(loose, tight), costs


def split_scenario(seed: int, size: int = 1) -> None:
    """The same future told twice, at half the probability each, is the same future, under every measure."""
    data = generate(seed, size=size, scenarios=1)
    for risk in ({"measure": "expected"}, {"measure": "cvar", "alpha": 0.5, "weight": 0.5}, {"measure": "worst_case"}):
        data["risk"] = risk
        whole = optimum(data)
        halves = copy.deepcopy(data)
        blow = halves["scenarios"][0]
        blow["probability"] /= 2
        halves["scenarios"].append({**copy.deepcopy(blow), "id": "twin"})
        assert optimum(halves) == pytest.approx(whole, rel=CLOSE)


def harmless_scenario(seed: int, size: int = 1) -> None:
    """A future in which nothing happens is no reason to do anything else."""
    data = generate(seed, size=size)
    before = optimum(data)
    data["scenarios"].append({"id": "calm", "probability": 0.4, "onset": 2028, "effects": []})
    assert optimum(data) == pytest.approx(before, rel=CLOSE)


def turned_round(data: Any, keep: tuple[str, ...] = ("channels", "countries", "periods", "regions")) -> Any:
    """The same instance with every table written in the opposite order, but for those whose order has a meaning."""
    made = copy.deepcopy(data)
    for key, value in made.items():
        if key in keep:
            continue
        if isinstance(value, dict):
            made[key] = dict(reversed(value.items()))
        elif isinstance(value, list) and all(isinstance(item, dict) for item in value):
            made[key] = value[::-1]
    for record in made["facilities"].values():
        if "options" in record:
            record["options"] = record["options"][::-1]
    return made


def renamed(data: Data) -> str:
    """The same instance with every name changed, so that they sort otherwise too."""
    names = [*data["materials"], *data["recipes"], *data["facilities"], *data["markets"], *data.get("stockpiles", ())]
    names += [*data["channels"], *(scenario["id"] for scenario in data["scenarios"]), "build", "more"]
    text = text_of(data)
    for number, name in enumerate(sorted(names)):
        text = text.replace(f'"{name}"', f'"z{99 - number}_{name}"')
    return text


def other_words(seed: int, size: int = 1) -> None:
    """Neither what things are called nor the order they are written in is worth a dollar."""
    data = generate(seed, size=size)
    plan = solve(data)
    assert plan.objective is not None
    assert optimum(turned_round(data)) == pytest.approx(plan.objective, rel=CLOSE)
    again = solve(renamed(data))
    assert again.objective == pytest.approx(plan.objective, rel=CLOSE)
    assert again.info["sizes"] == plan.info["sizes"]


def other_money(seed: int, size: int = 1) -> None:
    """Eight times every price is eight times the cost."""
    data = generate(seed, size=size)
    assert optimum(scaled(data, 8)) == pytest.approx(8 * optimum(data), rel=CLOSE)


def other_tonnes(seed: int, size: int = 1) -> None:
    """Eight times every tonne, and every sum for a whole plant, is eight times the cost."""
    data = generate(seed, size=size)
    assert optimum(heavier(data, 8)) == pytest.approx(8 * optimum(data), rel=CLOSE)


def rule_left_out(seed: int, size: int = 1) -> None:
    """Each kind of rule only ever takes choices away."""
    data = under_limits(generate(seed, size=size))
    bound = optimum(data)
    rules = data["policy"]["rules"]
    gone = seed % len(rules)
    data["policy"] = {**data["policy"], "rules": rules[:gone] + rules[gone + 1 :]}
    assert no_dearer(optimum(data), bound), rules[gone]


def harder_blow(seed: int, size: int = 1) -> None:
    """Who has a quarter of the plants could have done the same with a half."""
    data = generate(seed, size=size, scenarios=2)
    for scenario in data["scenarios"]:
        scenario["effects"] = [AT_WORK, *(one for one in scenario["effects"] if one["affects"] != "facilities")]
    mild = optimum(data)
    for scenario in data["scenarios"]:
        scenario["effects"][0] = AT_WORK | {"available": 0.25}
    assert no_dearer(mild, optimum(data))


def evaluated(seed: int, size: int = 1) -> None:
    """Of every future, and their mean."""
    plan = solve(generate(seed, size=size, scenarios=2), gap=0.0)
    found = evaluate(plan.instance, plan, workers=1)
    costs = {row.scenario: row.cost for row in rows_of(plan.scenarios)}
    assert {row.future: row.cost for row in rows_of(found.futures)} == pytest.approx(costs, rel=CLOSE)
    assert found.info["statistics"]["cost"]["mean"]["value"] == pytest.approx(plan.objective, rel=CLOSE)


def relaxation(seed: int, size: int = 1) -> None:
    """Funding in parts is cheaper than funding whole, funding nothing no cheaper than the best."""
    data = generate(seed, size=size)
    network = network_of(instance_of(data))
    problem = problem_of(network, compile_all(network)[0], {})
    relaxed = dataclasses.replace(problem, integer=np.zeros_like(problem.integer))
    bound = run(relaxed, Options(threads=1)).objective
    assert bound is not None
    best = optimum(data)
    assert no_dearer(bound, best)
    idle = dataclasses.replace(
        relaxed,
        lower=np.where(problem.integer, 0.0, problem.lower),
        upper=np.where(problem.integer, 0.0, problem.upper),
    )
    nothing = run(idle, Options(threads=1)).objective
    assert nothing is not None
    assert no_dearer(best, nothing)


RISKS: tuple[dict[str, Any], ...] = (
    {"measure": "expected"},
    {"measure": "cvar", "alpha": 0.8, "weight": 0.5},
    {"measure": "cvar", "alpha": 0.5, "weight": 1.0},
    {"measure": "worst_case"},
    {"measure": "regret"},
)


def checked(seed: int, size: int = 1) -> None:
    """Whatever the measure, the rules and the gap asked for, the checker finds nothing wrong with the plan."""
    data = generate(seed, size=size)
    data["risk"] = RISKS[seed % len(RISKS)]
    data["policy"] = POLICY
    for gap in (1e-9, 0.3):
        plan = solve(data, gap=gap)
        assert plan.status == "optimal"
        assert plan.info["verdict"]["ok"], plan.info["verdict"]["violations"]


def risk_order(seed: int, size: int = 1) -> None:
    """The mean is no more than the mean of a tail, and that no more than the worst."""
    data = generate(seed, size=size, scenarios=2)
    values = []
    for risk in (
        {"measure": "expected"},
        {"measure": "cvar", "alpha": 0.4, "weight": 1.0},
        {"measure": "worst_case"},
    ):
        data["risk"] = risk
        values.append(optimum(data))
    for milder, harder in itertools.pairwise(values):
        assert no_dearer(milder, harder), values


def fixed_portfolio(seed: int, size: int = 1) -> None:
    """Leaving no choice but the one that was made leaves its cost."""
    data = generate(seed, size=size)
    plan = solve(data)
    assert plan.objective is not None
    chosen = {tuple(item.split(":")) for item in funded(plan)}
    years = {(facility, option): int(year) for facility, option, year in chosen}
    for name, record in data["facilities"].items():
        for option in record.get("options", ()):
            year = years.get((name, option["id"]))
            option.update({"earliest": year, "latest": year} if year is not None else {"earliest": 2100})
    data["policy"] = {"rules": [{"rule": "require", "facility": f, "option": o} for f, o in years]}
    again = solve(data)
    assert set(funded(again)) == {":".join(item) for item in chosen}
    assert again.objective == pytest.approx(plan.objective, rel=CLOSE)


LAWS: dict[str, Callable[..., None]] = {
    "more_budget": more_budget,
    "further_option": further_option,
    "laxer_cap": laxer_cap,
    "tighter_rule": tighter_rule,
    "split_scenario": split_scenario,
    "harmless_scenario": harmless_scenario,
    "other_words": other_words,
    "other_money": other_money,
    "other_tonnes": other_tonnes,
    "rule_left_out": rule_left_out,
    "harder_blow": harder_blow,
    "evaluated": evaluated,
    "relaxation": relaxation,
    "checked": checked,
    "risk_order": risk_order,
    "fixed_portfolio": fixed_portfolio,
}
LONG = [
    "more_budget",
    "laxer_cap",
    "tighter_rule",
    "split_scenario",
    "other_money",
    "other_tonnes",
    "evaluated",
    "risk_order",
]
"""Laws that a fast run leaves to the slow one."""


def held(name: str, size: int, profile: settings) -> None:
    """Put seeds to a law."""

    @profile
    @given(SEEDS)
    def holds(seed: int) -> None:
        LAWS[name](seed, size=size)

    holds()


@pytest.mark.parametrize("name", [pytest.param(law, marks=pytest.mark.slow) if law in LONG else law for law in LAWS])
def test_every_law_holds(name: str) -> None:
    """What a law's own words say, of small instances."""
    held(name, 1, settings(settings.get_profile("few")))


DEAR = {"laxer_cap": 4, "further_option": 4, "tighter_rule": 4, "risk_order": 3, "split_scenario": 3}
"""Laws that take longest, and on how many instances they are tried."""


@pytest.mark.slow
@pytest.mark.parametrize("name", LAWS)
def test_every_law_holds_of_larger_instances(name: str) -> None:
    """What holds of small instances holds with two facilities of a stage in each country, and of many more of them."""
    held(name, 2, settings(settings.get_profile("many"), max_examples=DEAR.get(name, 6)))


def test_generated_instances_differ_and_can_be_made_again() -> None:
    """A seed is an instance; another seed is another."""
    assert generate(5) == generate(5)
    assert generate(5) != generate(6)
    kinds = [generate(seed) for seed in range(40)]
    assert {"lanes" in data for data in kinds} == {True, False}
    assert {"stockpiles" in data for data in kinds} == {True, False}
    assert {"logistics" in data for data in kinds} == {True, False}
    assert {len(data["scenarios"]) for data in kinds} == {0, 1, 2}
    assert all(isinstance(instance_of(data), optimizer.Instance) for data in kinds[:10])
