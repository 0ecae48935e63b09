"""What moves, how far, with what, and what is refused."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.build import instance_of

import optimizer
from optimizer.errors import InstanceError
from optimizer.robustness.case import AS_IT_IS, Case, Given, case_of
from optimizer.robustness.keys import keyed

from .conftest import CHAIN

RANGES = {"A": 0.05, "B": 0.15, "C": 0.3, "none": 0.3}
CAPEX = "facilities.anna.options.build.capex"


def case(vary: Any = (), instance: optimizer.Instance | None = None, **given: Any) -> Case:
    found, faults = keyed(vary, "--vary", lists=True)
    whole = Given(**{"confidence": ("C", "none"), "ranges": RANGES, "vary": tuple(found)} | given)
    return case_of(instance or instance_of(CHAIN.data()), whole, faults)


def test_each_number_is_spread_evenly_over_its_range() -> None:
    """Ten draws have one in each tenth of every range, whatever comes after; those of a seed are always the same."""
    mine = case()
    draws = list(islice(mine.draws(3), 20))
    for block in (draws[:10], draws[10:]):
        tenths = np.sort(np.floor(np.array([draw.shares for draw in block]) * 10), axis=0)
        assert (tenths == np.arange(10)[:, None]).all()
    assert list(islice(mine.draws(3), 5)) == draws[:5]
    assert next(mine.draws(4)) != draws[0]


def test_a_draw_is_the_instance_with_its_numbers_moved() -> None:
    """Numbers of confidence A stay; the others are what the draw says."""
    mine = case()
    draw = next(mine.draws(0))
    values = mine.values(draw)
    drawn, lessened = mine.drawn(draw)
    assert not lessened
    assert drawn.facilities["anna"].options[0].capex == pytest.approx(1500 * (1 + 0.3 * values[CAPEX]))
    assert drawn.recipes["make"].cost == 10
    assert "recipes.make.cost" not in values


def test_what_moves_together_moves_by_one_share() -> None:
    """A pattern is one coordinate of the draw."""
    mine = case(together=("facilities.*.capex",))
    assert len(mine.names) == len(case().names) - 3
    draw = next(mine.draws(0))
    drawn, _ = mine.drawn(draw)
    factors = {drawn.facilities[name].options[0].capex / usd for name, usd in CHAIN.capex.items()}
    assert max(factors) == pytest.approx(min(factors))
    assert max(factors) == pytest.approx(1 + 0.3 * mine.values(draw)["facilities.*.capex"])


def test_a_key_has_its_own_range_and_no_other() -> None:
    """A range, a list, or a factor; the number does not move by its confidence too."""
    mine = case({CAPEX: (100, 200), "discount_rate": [0.0, 0.05], "markets.programs.demand.magnet.tonnes*": (1, 2)})
    assert mine.names[:3] == (CAPEX, "discount_rate", "markets.programs.demand.magnet.tonnes x")
    assert CAPEX not in mine.names[3:]
    assert "markets.programs.demand.magnet.tonnes" not in mine.names
    for draw in islice(mine.draws(0), 10):
        drawn, _ = mine.drawn(draw)
        assert 100 <= drawn.facilities["anna"].options[0].capex <= 200
        assert drawn.discount_rate in (0.0, 0.05)
        assert 100 <= drawn.markets["programs"].demand[0].tonnes.at(2027, 2027) <= 200
    rates = Counter(mine.drawn(draw)[0].discount_rate for draw in islice(mine.draws(0), 10))
    assert rates == {0.0: 5, 0.05: 5}


def test_overlays_of_a_group_are_drawn_and_groups_are_crossed(tmp_path: Path) -> None:
    """Of each group one or none; numbers that an overlay brings move too."""
    (tmp_path / "base.yaml").write_text("name: base\n", encoding="utf-8")
    for name, text in {
        "more": "markets: {programs: {demand: [{product: magnet, tonnes: 200}]}}",
        "less": "markets: {programs: {demand: [{product: magnet, tonnes: 50}]}}",
        "dear": "discount_rate: 0.1",
    }.items():
        (tmp_path / f"{name}.yaml").write_text(f"extends: base.yaml\nname: {name}\n{text}\n", encoding="utf-8")
    groups = {"demand": (tmp_path / "more.yaml", tmp_path / "less.yaml"), "money": (tmp_path / "dear.yaml",)}
    mine = case(overlays=groups, only=("*.capex",))
    assert mine.groups == {"demand": (AS_IT_IS, "more", "less"), "money": (AS_IT_IS, "dear")}
    seen = set()
    for draw in islice(mine.draws(0), 30):
        drawn, _ = mine.drawn(draw)
        demand, money = mine.labels(draw)
        seen.add((demand, money))
        tonnes = {AS_IT_IS: 100, "more": 200, "less": 50}[demand]
        assert drawn.markets["programs"].demand[0].tonnes.at(2027, 2027) == tonnes
        assert drawn.discount_rate == (0.1 if money == "dear" else 0.0)
    assert len(seen) == 6


def test_probabilities_that_add_to_more_than_1_are_lessened() -> None:
    """Each alike, and it is said."""
    scenarios = [
        {"id": name, "probability": 0.5, "onset": 2028,
         "effects": [{"affects": "facilities", "where": {"country": "USA"}, "available": share}]}
        for name, share in (("half", 0.5), ("none", 0.0))
    ]  # fmt: skip
    mine = case((), instance_of(CHAIN.data(scenarios=scenarios)), only=("scenarios.*",))
    kinds = set()
    for draw in islice(mine.draws(0), 10):
        drawn, lessened = mine.drawn(draw)
        kinds.add(lessened)
        wanted = [0.5 * (1 + 0.3 * mine.values(draw)[f"scenarios.{name}.probability"]) for name in ("half", "none")]
        assert lessened == (sum(wanted) > 1)
        found = [scenario.probability for scenario in drawn.scenarios]
        assert found == pytest.approx([p / max(1.0, sum(wanted)) for p in wanted])
    assert kinds == {True, False}


def test_every_fault_is_told_in_one_pass(tmp_path: Path) -> None:
    """Keys, ranges, patterns, options and overlays that are not there or are none."""
    (tmp_path / "wrong.yaml").write_text(
        "extends: base.yaml\nname: wrong\nfacilities: {nobody: {capacity: 1}}\n", encoding="utf-8"
    )
    (tmp_path / "base.yaml").write_text("name: base\n", encoding="utf-8")
    vary = ["facilities.ana.capacity=1:2", f"{CAPEX}=5:1", "discount_rate=0.1:0.1", "nonsense", f"{CAPEX}=3",
            "discount_rate=0.01:7"]  # fmt: skip
    with pytest.raises(InstanceError) as caught:
        optimizer.verdicts(
            instance_of(CHAIN.data()), vary=vary, option=["erna", "bert:buy"],
            overlays=["money=nowhere.yaml", f"demand={tmp_path / 'wrong.yaml'}"],
        )  # fmt: skip
    text = str(caught.value)
    for part in ("5:1 goes down", "0.1:0.1 is empty", "nonsense: not of the form KEY=A:B", "did you mean 'anna'",
                 "no facility 'erna'", "bert has no option 'buy'; there is build", "nothing to choose from",
                 "nowhere.yaml: there is no such file", "nobody"):  # fmt: skip
        assert part in text, part
    with pytest.raises(InstanceError) as caught:
        optimizer.verdicts(
            instance_of(CHAIN.data()), vary=["discount_rate=0.01:7"], only=["*.capexx"],
            overlays=["money=nowhere.yaml", f"demand={tmp_path / 'wrong.yaml'}"],
        )  # fmt: skip
    text = str(caught.value)
    for part in ("nowhere.yaml: there is no such file", "nobody", "discount_rate", "*.capexx"):
        assert part in text, part


def test_levels_before_cost_are_refused() -> None:
    """An instance that puts service before cost has no one cost that leaving an option out adds to."""
    instance = instance_of(CHAIN.data(lexicographic=["service", "cost"]))
    with pytest.raises(optimizer.OptionsError, match="lexicographic"):
        optimizer.verdicts(instance, within_usd=1.0)
    with pytest.raises(optimizer.OptionsError, match="lexicographic"):
        optimizer.flip(instance, {CAPEX: (1.0, 2.0)})


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"samples": 0}, "samples is 0"),
        ({"within_usd": 0.0}, "within_usd is 0"),
        ({"within_usd": 1.0, "within": 0.1}, "both of within_usd and within"),
        ({"share": 0.3, "level": 1.0}, "share is 0.3.*level is 1"),
        ({"confidence": ("D",)}, "confidence 'D'"),
        ({"ranges": {"C": 1.5}}, "the range of C is 1.5"),
        ({"method": "hedging"}, "hedging"),
        ({"confidence": ("B",)}, "nothing moves"),
    ],
)
def test_settings_without_sense_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(optimizer.OptionsError, match=words):
        optimizer.verdicts(instance_of(CHAIN.data()), **options)
