"""Options flip at values worked out by hand, between values at which the one and the other is proved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from support.build import Data, instance_of, one_market

import optimizer
from optimizer.errors import InstanceError
from optimizer.plan.columns import rows_of
from optimizer.robustness import Flips
from optimizer.robustness.brackets import changes, next_value
from optimizer.robustness.values import FUNDED, NOT_FUNDED, OPEN

from .conftest import CHAIN

PROBABILITY = "scenarios.embargo.probability"
SHORT = "markets.programs.demand.magnet.shortage_cost"
TONNES, PENALTY, MAKING, CAPEX = 10, 100, 10, 300


def embargoed() -> Data:
    """A plant abroad serves all until an embargo in 2028; one at home for 300 USD would serve instead."""
    home = {"id": "build", "capacity": TONNES, "capex": CAPEX, "lead": 0, "earliest": 2027, "latest": 2027}
    facilities = {
        "abroad": {"stage": "magnet", "country": "JPN", "recipes": ["make"], "capacity": TONNES},
        "home": {"stage": "magnet", "country": "USA", "recipes": ["make"], "capacity": 0, "options": [home]},
    }
    data = one_market("embargoed", facilities, tonnes=TONNES, shortage_cost=PENALTY)
    effects = [{"affects": "facilities", "where": {"country": "JPN"}, "available": 0.0}]
    return data | {
        "countries": {"USA": "domestic", "JPN": "ally"},
        "scenarios": [{"id": "embargo", "probability": 0.1, "onset": 2028, "effects": effects}],
    }


def run(data: Data, keys: Any, folder: Path | None = None, **options: Any) -> Flips:
    return optimizer.flip(instance_of(data), keys, folder, **{"gap": 1e-9} | options)


def only(found: Flips) -> Any:
    assert len(found.flips) == 1
    return next(iter(rows_of(found.flips)))


@pytest.fixture(scope="module")
def embargo() -> Flips:
    return run(embargoed(), [f"{PROBABILITY}=0:0.9"])


def test_fund_if_the_embargo_is_likelier_than(embargo: Flips) -> None:
    """In the embargo's year 10 t are short at 100 USD unless they are made at 10: p * 900 = 300 at a third."""
    row = only(embargo)
    at = CAPEX / (TONNES * (PENALTY - MAKING))
    assert (row.facility, row.before, row.after, row.now) == ("home", NOT_FUNDED, FUNDED, 0.1)
    assert row.last < at < row.first
    assert row.first - row.last <= 0.01 * 0.9
    assert row.closed
    assert row.words == f"fund if {PROBABILITY} is {row.first:.6g} or more, not if it is {row.last:.6g} or less"


def test_what_is_proved_at_each_value_is_what_the_sums_say(embargo: Flips) -> None:
    """The best cost, and what doing otherwise costs, lie within their bounds."""
    for row in rows_of(embargo.values):
        saved = row.value * TONNES * (PENALTY - MAKING)
        least = 2 * TONNES * MAKING + min(CAPEX, saved)
        assert row.objective == pytest.approx(least)
        assert row.state == (FUNDED if saved > CAPEX else NOT_FUNDED)
        assert row.otherwise_at_least <= abs(saved - CAPEX) + 1e-4
        assert row.otherwise_at_most >= abs(saved - CAPEX) - 1e-4


def test_a_shortage_cost_flips_each_plant_where_it_pays() -> None:
    """Anna's 50 t cost 1,500 USD over two years: 15 + 10 a tonne; bert's 40 t 1,700: 21.25 + 10."""
    found = run(CHAIN.data(), {SHORT: (12.0, 60.0)}, option=["anna", "bert"], close=0.02)
    rows = {row.facility: row for row in rows_of(found.flips)}
    for name, at in (("anna", 25.0), ("bert", 31.25)):
        assert (rows[name].before, rows[name].after) == (NOT_FUNDED, FUNDED)
        assert rows[name].last < at < rows[name].first
        assert rows[name].first - rows[name].last <= 0.02 * 48


def test_a_factor_moves_what_the_instance_has() -> None:
    """Anna leaves where its capex is dearer than that of the others in its place, by all portfolios."""
    row = only(run(CHAIN.data(), ["facilities.anna.options.build.capex*=1:4"], option=["anna"]))
    assert (row.before, row.after, row.now) == (FUNDED, NOT_FUNDED, 1.0)
    for factor, verdict in ((row.last, "in all"), (row.first, "in none")):
        capex = {**CHAIN.capex, "anna": 1500 * factor}
        assert replace(CHAIN, capex=capex).verdict("anna", 0.0) == verdict
    assert row.first - row.last <= 0.01 * 3
    assert "or less, not if it is" in row.words


def test_within_a_tolerance_there_is_an_open_zone() -> None:
    """900 p and 300 are no farther apart than 90 USD from p = 0.2333 to 0.4333: both are near-optimal there."""
    row = only(run(embargoed(), [f"{PROBABILITY}=0:0.9"], within_usd=90.0))
    assert row.last < 210 / 900 <= row.open_from <= row.open_to <= 390 / 900 < row.first
    assert row.open_from - row.last <= 0.009
    assert row.first - row.open_to <= 0.009
    assert "open from" in row.words


def test_a_limit_leaves_it_open(tmp_path: Path) -> None:
    """Nothing is proved at a value whose solve was cut short; given time, the same folder goes on."""
    cut = run(embargoed(), [f"{PROBABILITY}=0:0.9"], tmp_path / "f", option=["home"], time_limit=1e-9)
    row = only(cut)
    assert (row.before, row.after) == (OPEN, OPEN)
    assert row.words.startswith("not proved")
    assert cut.info["by_status"]["limit"] == cut.info["values"]
    whole = run(embargoed(), [f"{PROBABILITY}=0:0.9"], tmp_path / "f", option=["home"])
    assert only(whole).after == FUNDED


def test_where_nothing_flips_it_says_so() -> None:
    row = only(run(embargoed(), [f"{PROBABILITY}=0:0.1"], option=["home"]))
    assert row.words == "not funded at every value that was looked at"
    none = run(embargoed(), [f"{PROBABILITY}=0:0.1"])
    assert none.flips.empty
    assert none.info["keys"][0]["options"] == []


def test_a_broken_run_goes_on(tmp_path: Path, embargo: Flips) -> None:
    """Values that are there are not solved again, half a line is; another gap is refused."""
    keys = [f"{PROBABILITY}=0:0.9"]
    first = run(embargoed(), keys, tmp_path / "f")
    lines = (tmp_path / "f" / "values.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    assert first.info["asked"] == len(lines)
    (tmp_path / "f" / "values.jsonl").write_text("".join(lines[:-2]) + lines[-2][:30], encoding="utf-8")
    again = run(embargoed(), keys, tmp_path / "f")
    assert again.info["asked"] == 2
    pd.testing.assert_frame_equal(again.flips, embargo.flips)
    with pytest.raises(optimizer.PlanError, match="another gap"):
        run(embargoed(), keys, tmp_path / "f", gap=1e-3)


def test_every_fault_is_told_in_one_pass() -> None:
    keys = [f"{PROBABILITY}=0.5:0.1", "scenarios.embrago.probability=0:1", "discount_rate=0:0", f"{SHORT}=1,2",
            f"{PROBABILITY}=0:1.5"]  # fmt: skip
    with pytest.raises(InstanceError) as caught:
        run(embargoed(), keys, option=["hme"])
    text = str(caught.value)
    for part in ("0.5:0.1 goes down", "did you mean 'embargo'", "0:0 is empty", "not of the form KEY=A:B",
                 "no facility 'hme'", PROBABILITY):  # fmt: skip
        assert part in text, part
    with pytest.raises(InstanceError, match="no key is given"):
        run(embargoed(), [])
    with pytest.raises(optimizer.OptionsError, match="close is 2"):
        run(embargoed(), [f"{PROBABILITY}=0:0.9"], close=2)


def search(low: float, high: float, close: float, state: Any, first: tuple[float, ...] = ()) -> dict[float, str]:
    """All values that are asked for, of an option whose state at each is known."""
    states = {value: state(value) for value in (low, high, *first)}
    for _ in range(100):
        value = next_value(states, close)
        if value is None:
            return states
        states[value] = state(value)
    raise AssertionError("the search does not end")


def test_brackets_close_on_what_is_there() -> None:
    """In, out and open again, with an open zone: each edge is found to the width asked for."""

    def state(value: float) -> str:
        if 0.30 < value < 0.35:
            return OPEN
        return FUNDED if 0.35 <= value < 0.70 else NOT_FUNDED

    found = changes(search(0.0, 1.0, 0.01, state, (0.5,)))
    assert [(one.before, one.after) for one in found] == [(NOT_FUNDED, FUNDED), (FUNDED, NOT_FUNDED)]
    first, second = found
    assert first.last is not None
    assert first.first is not None
    assert 0.29 <= first.last <= 0.30
    assert 0.35 <= first.first <= 0.36
    assert second.open_from is None
    assert second.last is not None
    assert second.first is not None
    assert second.last < 0.70 <= second.first <= second.last + 0.01


def test_an_end_where_nothing_is_proved_is_an_edge_too() -> None:
    found = changes(search(0.0, 1.0, 0.01, lambda value: OPEN if value < 0.42 else FUNDED))
    assert len(found) == 1
    assert (found[0].before, found[0].after, found[0].last) == (OPEN, FUNDED, None)
    assert 0.42 <= found[0].first <= 0.43  # type: ignore[operator]
    nothing = changes(search(0.0, 1.0, 0.01, lambda _: OPEN))
    assert (nothing[0].before, nothing[0].after) == (OPEN, OPEN)
