"""A sampled set of futures, operated whole or in part."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from support.build import solve
from support.generate import generate

import optimizer
from optimizer.errors import OptionsError
from optimizer.evaluation.sampled import Sampled, carried_over

EVENTS = {
    "events": {
        "china_stops": {
            "hazard": 0.3,
            "duration": 1,
            "severity": {"values": {0.5: 1, 1: 1}},
            "recovery": 0,
            "effects": [{"affects": "facilities", "where": {"country": "CHN"}, "available": 0.0}],
        },
        "separation_falters": {
            "hazard": 0.2,
            "duration": 1,
            "recovery": 0,
            "effects": [{"affects": "facilities", "where": {"stage": "separation"}, "available": 0.5}],
        },
    }
}


@pytest.fixture(scope="module")
def plan() -> optimizer.Plan:
    """A plan without scenarios, every demand priced so that every future has operations."""
    data = generate(7, scenarios=0)
    for market in data["markets"].values():
        for line in market["demand"]:
            line["shortage_cost"] = line.get("shortage_cost") or 9_000
    return solve(data, gap=0.0)


@pytest.fixture(scope="module")
def drawn(plan: optimizer.Plan, tmp_path_factory: pytest.TempPathFactory) -> optimizer.FutureSet:
    """600 draws."""
    file: Path = tmp_path_factory.mktemp("events") / "events.yaml"
    file.write_text(yaml.safe_dump(EVENTS, sort_keys=False), encoding="utf-8")
    return optimizer.sample(plan.instance, file, number=600, seed=3)


def test_all_futures_of_a_set(plan: optimizer.Plan, drawn: optimizer.FutureSet) -> None:
    """Every draw is operated; the mean lies in its interval and above the trunk; episodes add up to futures."""
    found = optimizer.evaluate(plan.instance, plan, futures=drawn, workers=1)
    about = found.info["statistics"]
    assert found.info["evaluated"] == len(drawn)
    assert found.info["drawn"] == 600
    mean = about["over_trunk"]["mean"]
    assert mean["low"] < mean["value"] < mean["high"]
    assert about["over_trunk"]["tail"]["value"] > mean["value"]
    costs = drawn.costs(found.episodes)
    over = dict(zip(found.futures["future"], found.futures["over_trunk"], strict=True))
    assert over == pytest.approx(costs, rel=1e-6, abs=1.0)


def test_a_part_carried_over_to_all(plan: optimizer.Plan, drawn: optimizer.FutureSet) -> None:
    """The mean of all lies in the interval carried over from a part, which is operated alone."""
    whole = optimizer.evaluate(plan.instance, plan, futures=drawn, workers=1).info["statistics"]["cost"]["mean"]
    part = optimizer.evaluate(plan.instance, plan, futures=drawn, exact=60, workers=1)
    carried = part.info["statistics"]["cost"]["mean_of_all"]
    assert carried["low"] <= whole["value"] <= carried["high"]
    assert part.info["evaluated"] < len(drawn) == part.info["futures"]
    assert part.futures["probability"].sum() == pytest.approx(1.0)


def test_intervals_of_what_is_carried_over_hold_as_often_as_they_say() -> None:
    """Over 200 draws of a known population the 95 % interval holds its mean at least 180 times, and is narrower."""
    rng = np.random.default_rng(7)
    struck = rng.poisson(0.4, size=(3000, 6)).astype(float)
    costs = struck @ rng.uniform(1, 10, 6) + rng.normal(0, 2.0, 3000) + struck[:, 0] * struck[:, 1]
    held, narrower = 0, 0
    for _ in range(200):
        rows = rng.choice(3000, 120)
        part = Sampled(None, [], [], 120, struck[rows], struck, np.full(3000, 1 / 3000), None)  # type: ignore[arg-type]
        found = carried_over(costs[rows], np.full(120, 1 / 120), part, 120)
        held += found["low"] <= costs.mean() <= found["high"]
        narrower += found["high"] - found["low"] < 2 * 1.96 * costs[rows].std() / np.sqrt(120)
    assert held >= 180
    assert narrower == 200


def test_exact_is_for_sets(plan: optimizer.Plan) -> None:
    """Where futures are given one by one, all are operated."""
    with pytest.raises(OptionsError, match="set of futures"):
        optimizer.evaluate(plan.instance, plan, exact=5, workers=1)
