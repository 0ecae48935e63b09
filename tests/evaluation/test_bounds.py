"""Bounds on futures from the prices of others: never above what a future costs, and an answer guided by them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from support.build import instance_of, solve
from support.generate import generate
from support.params import first_fast

import optimizer
from optimizer.errors import SolveError
from optimizer.evaluation.agenda import Agenda
from optimizer.evaluation.along import branches_of, effects_of
from optimizer.evaluation.answer import Answer
from optimizer.evaluation.bounds import Bounds
from optimizer.evaluation.courses import answer, begin, trunk_of
from optimizer.evaluation.futures import table_of
from optimizer.evaluation.horizon import Horizon
from optimizer.evaluation.portfolio import Portfolio
from optimizer.evaluation.sampled import sampled_of
from optimizer.evaluation.strata import drawn_by, mean_of, tail_of
from optimizer.futures import FutureSet
from optimizer.network.effects import Window
from optimizer.network.network import network_of
from optimizer.network.tables import TRUNK, Network

EVENTS: dict[str, Any] = {
    "china_stops": {
        "hazard": 0.3,
        "duration": 1,
        "severity": {"values": {0.5: 1, 1: 1}},
        "recovery": 0,
        "effects": [{"affects": "facilities", "where": {"country": "CHN"}, "available": 0.0}],
    },
    "separation_falters": {
        "hazard": 0.2,
        "duration": {"values": {1: 1, 2: 1}},
        "severity": {"uniform": [0.2, 1]},
        "recovery": 1,
        "effects": [{"affects": "facilities", "where": {"stage": "separation"}, "available": 0.5}],
    },
    "dear_activity": {
        "hazard": 0.3,
        "duration": 1,
        "severity": {"uniform": [0.2, 1]},
        "recovery": 0,
        "effects": [{"affects": "recipes", "where": {"stage": "separation"}, "cost": 1.6}],
    },
    "surge": {
        "hazard": 0.2,
        "duration": 1,
        "severity": {"uniform": [0.2, 1]},
        "recovery": 1,
        "effects": [{"affects": "demand", "where": {"market": "army"}, "factor": 1.5}],
    },
    "late": {
        "hazard": 0.2,
        "duration": 1,
        "recovery": 0,
        "effects": [{"affects": "options", "where": {"id": "build"}, "delay": 1, "scale": "none"}],
    },
    "bought": {
        "hazard": 0.2,
        "duration": 1,
        "recovery": 0,
        "effects": [{"affects": "facilities", "where": {"country": "AUS"}, "exposure": {"ownership": 1}}],
    },
}  # fmt: skip


def priced(seed: int) -> dict[str, Any]:
    """An instance in which every demand has a price, so that every future has operations."""
    data = generate(seed, scenarios=0, size=2)
    data["periods"] = [2027, 2028, {"year": 2029, "years": 2}, 2031]
    for market in data["markets"].values():
        for line in market["demand"]:
            line["shortage_cost"] = line.get("shortage_cost") or 9_000
    for facility in data["facilities"].values():
        for option in facility.get("options", ()):
            option.pop("sets", None)
    return data


def sampled_set(plan: optimizer.Plan, folder: Path, number: int, seed: int) -> FutureSet:
    """Futures of the events above that match something in the instance."""
    file = folder / "events.yaml"
    file.write_text(yaml.safe_dump({"events": EVENTS}, sort_keys=False), encoding="utf-8")
    return optimizer.sample(plan.instance, file, number=number, seed=seed)


def operated(network: Network, held: Portfolio, horizon: Horizon, priced_: set[str]) -> tuple[float, dict[str, Answer]]:
    """Every branch answered, with prices of some."""
    invested, trunk = trunk_of(network, held)
    answers = {TRUNK: trunk}
    home = begin(network.instance, held.fundings, held.stock or {}, trunk.runs, trunk.known, horizon.rows)
    agenda = Agenda(network, answers, priced=True)
    while task := agenda.draw(0):
        for found in answer(home, task):
            answers[found.course] = found
            agenda.answered(found.course)
    for course in answers.keys() - priced_:
        answers[course].prices = None
    return invested, answers


def plain(window: Window) -> Window:
    """A branch with its effects said once: their years stand beside them."""
    return replace(
        window,
        effects=tuple(
            item._replace(effect=item.effect.model_copy(update={"from_": None, "duration": None}))
            for item in window.effects
        ),
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", first_fast([1, 2, 3, 5, 8, 9], 2))
def test_no_bound_is_above_the_cost(seed: int, tmp_path: Path) -> None:
    """By the prices of a fifth of the futures, every episode of all costs at least its bound; some are met exactly."""
    plan = solve(priced(seed), gap=0.0)
    futures = sampled_set(plan, tmp_path, 120, seed)
    held = Portfolio.of(plan)
    horizon = Horizon(plan.instance, effects_of(futures), held.fundings)
    sampled = sampled_of(plan.instance, futures, None, 0)
    network = network_of(sampled.instance)
    part = {node for future in sampled.futures[:24] for node in future.nodes}
    invested, answers = operated(network, held, horizon, part)
    bounds = Bounds(horizon, held.stock or {}, network.calendar.periods)
    for course in part:
        found = answers[course].prices
        assert found is not None
        bounds.learn(network.windows[course], found)
    paths = {name: branches_of(futures, episode) for name, episode in futures.episodes.items()}
    for name, episode in futures.episodes.items():
        assert [plain(window) for window, _ in paths[name]] == [plain(network.windows[node]) for node in episode.nodes]
    least = bounds.of(paths)
    alone = table_of(network, sampled.episodes, invested, answers)
    over = dict(zip(alone["future"], alone["over_trunk"], strict=True))
    trunk = answers[TRUNK].cost
    cost = {name: over[name] + sum(trunk[t] for _, on in paths[name] for t in on) for name in paths}
    assert len(cost) > 20
    for name, usd in cost.items():
        assert least[name][0] <= usd + 1e-6 * abs(usd) + 1.0, name
    near = [name for name, usd in cost.items() if least[name][0] >= usd - 1e-6 * abs(usd) - 1.0]
    assert len(near) > len(cost) / 4


@pytest.mark.slow
def test_a_branch_is_bounded_by_its_own_prices_exactly(tmp_path: Path) -> None:
    """Prices of all branches together give each episode that is a single branch its cost."""
    plan = solve(priced(4), gap=0.0)
    futures = sampled_set(plan, tmp_path, 30, 4)
    held = Portfolio.of(plan)
    horizon = Horizon(plan.instance, effects_of(futures), held.fundings)
    sampled = sampled_of(plan.instance, futures, None, 0)
    network = network_of(sampled.instance)
    _, answers = operated(network, held, horizon, set(network.windows))
    alone = [name for name, episode in futures.episodes.items() if len(episode.nodes) == 1]
    assert len(alone) > 3
    for name in alone:
        bounds = Bounds(horizon, held.stock or {}, network.calendar.periods)
        assert bounds.of({name: branches_of(futures, futures.episodes[name])})[name][0] == -np.inf
        found = answers[name].prices
        assert found is not None
        bounds.learn(network.windows[name], found)
        usd = bounds.of({name: branches_of(futures, futures.episodes[name])})[name][0]
        assert usd == pytest.approx(sum(answers[name].cost.values()), rel=1e-6)


def test_periods_tied_by_more_than_stock_have_no_bounds(tmp_path: Path) -> None:
    """Where plants rise from what the trunk runs, or new makers wait, nothing is said."""
    data = priced(4)
    plan = solve(data, gap=0.0)
    futures = sampled_set(plan, tmp_path, 30, 4)
    frictions = {next(iter(data["facilities"].values()))["stage"]: {"raise": 0.2}}
    with pytest.raises(SolveError, match="more than stock"):
        Horizon(instance_of(data | {"frictions": frictions}), effects_of(futures), ())
    assert any(effect.affects == "options" for effect in effects_of(futures))
    for facility in data["facilities"].values():
        for option in facility.get("options", ()):
            option["sets"] = {"exposure": {"equipment": 0.0}}
    with pytest.raises(SolveError, match="more than numbers"):
        Horizon(instance_of(data), effects_of(futures), ())


@pytest.mark.slow
def test_a_guided_part_of_a_set(tmp_path: Path) -> None:
    """What all futures cost lies in the intervals of a guided part, which are narrower than those of its own draws."""
    plan = solve(priced(7), gap=0.0)
    futures = sampled_set(plan, tmp_path, 1500, 7)
    whole = optimizer.evaluate(plan.instance, plan, futures=futures, workers=1).info["statistics"]
    kept = tmp_path / "kept"
    part = optimizer.evaluate(plan.instance, plan, futures=futures, exact=100, workers=1, folder=kept)
    bounds, about = part.info["bounds"], part.info["statistics"]
    assert bounds["first_draw"] == 25
    assert part.info["evaluated"] <= 75 < len(futures)
    for name in ("cost", "over_trunk"):
        for what in ("mean", "tail"):
            assert about[name][what]["low"] <= whole[name][what]["value"] <= about[name][what]["high"]
        assert about[name]["explained"] > 0.5
    assert bounds["bound_over_cost_usd"] < 1.0
    assert bounds["mean_at_least_usd"] <= whole["cost"]["mean"]["value"]
    assert bounds["tail_at_least_usd"] <= whole["cost"]["tail"]["value"]
    assert part.futures["probability"].sum() == pytest.approx(1.0)
    lines = (kept / "answers.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (kept / "answers.jsonl").write_text("".join(lines[: len(lines) // 2]), encoding="utf-8")
    again = optimizer.evaluate(plan.instance, plan, futures=futures, exact=100, workers=1, folder=kept)
    assert list(again.futures["future"]) == list(part.futures["future"])
    for what in ("mean", "tail"):
        assert again.info["statistics"]["cost"][what] == pytest.approx(about["cost"][what], rel=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("noise", [0.3, 2.0])
def test_intervals_of_a_guided_draw_hold_as_often_as_they_say(noise: float) -> None:
    """Over 200 draws of a known population the 95 % intervals hold mean and tail at least 180 times."""
    rng = np.random.default_rng(11)
    cost = rng.gamma(2.0, 3.0, 4000)
    bound = 0.8 * cost - noise * rng.random(4000)
    bound[:5] = -np.inf
    every = np.full(4000, 1 / 4000)
    mean, tail = cost.mean(), np.sort(cost)[-200:].mean()
    held = {"mean": 0, "tail": 0}
    width = []
    for seed in range(200):
        strata = drawn_by(bound, every, 120, 0.95, seed, None)
        values = np.where(strata.drawn > 0, cost, 0.0)
        found = {"mean": mean_of(strata, values), "tail": tail_of(strata, values, 0.95)}
        for name, true in (("mean", mean), ("tail", tail)):
            held[name] += found[name]["low"] <= true <= found[name]["high"]
        width.append(found["mean"]["high"] - found["mean"]["low"])
        assert strata.weights.sum() == pytest.approx(1.0)
        assert strata.drawn.sum() == pytest.approx(120, abs=6)
    assert held["mean"] >= 180
    assert held["tail"] >= 175
    assert np.mean(width) < noise * 2 * 1.96 * cost.std() / np.sqrt(120)
