"""Why a plant is not funded: by hand."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from support.build import instance_of
from support.generate import generate
from support.params import first_fast

import optimizer
from optimizer.briefs.reasons import lines_of, wide_of
from optimizer.errors import OptionsError
from optimizer.near_optimal import Why
from optimizer.near_optimal.solves import Solves
from optimizer.solver.options import Options

from .conftest import plants

EXACT = Options(gap=1e-9, threads=1)


def row_of(found: Why) -> dict[str, Any]:
    (row,) = found.options.to_dict("records")
    return {str(key): value for key, value in row.items()}


def test_the_capex_at_which_a_plant_comes_in() -> None:
    """Cora at 500 costs 400 more than anna at 100, and would be as good as she at 100."""
    row = row_of(optimizer.why(instance_of(plants()), "cora", options=EXACT))
    assert row["status"] == "not funded"
    assert row["costs_at_least"] == pytest.approx(400)
    assert row["costs_at_most"] == pytest.approx(400)
    assert row["enters_at_capex"] <= 100 <= row["not_at_capex"]
    assert row["not_at_capex"] - row["enters_at_capex"] <= 0.01 * 500


def test_within_a_tolerance() -> None:
    """As good as 60 more is a capex of 160; bert is near-equal as he is, and anna is funded: without her 20 more."""
    instance = instance_of(plants())
    row = row_of(optimizer.why(instance, "cora", "build", within_usd=60, options=EXACT))
    assert row["enters_at_capex"] <= 160 <= row["not_at_capex"]
    assert row_of(optimizer.why(instance, "bert", within_usd=60, options=EXACT))["status"] == "near-equal"
    row = row_of(optimizer.why(instance, "anna", within_usd=60, options=EXACT))
    assert row["status"] == "funded"
    assert row["costs_at_most"] == pytest.approx(20)


def test_the_lead_at_which_a_plant_comes_in() -> None:
    """Dora costs 60 and is on line in 2028 alone: 10 t short in 2027 cost 900 more; with no lead she is the best."""
    data = plants()
    data["facilities"]["dora"] = data["facilities"]["anna"] | {
        "options": [{"id": "build", "capacity": 10, "capex": 60, "lead": 1, "latest": 2027}]
    }
    row = row_of(optimizer.why(instance_of(data), "dora", options=EXACT))
    assert row["status"] == "not funded"
    assert (row["enters_at_lead"], row["not_at_lead"]) == (0, 1)
    # Anna is funded beside her, so that at no capex the two cost what anna does alone, and more at any.
    assert 0 <= row["enters_at_capex"] <= 0.01 * 60
    assert 0 < row["not_at_capex"] <= 0.02 * 60
    # And what is on line too late for the horizon cannot be funded but with a shorter lead.
    data["facilities"]["dora"]["options"][0]["lead"] = 5
    row = row_of(optimizer.why(instance_of(data), "dora", options=EXACT))
    assert row["status"] == "cannot be funded"
    assert (row["enters_at_lead"], row["not_at_lead"]) == (0, 1)


def test_a_lead_that_a_limit_ended_is_not_told_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dora at 400 comes in at no lead, proved; where the solves end before their bounds are there, that is not told."""
    data = plants()
    data["facilities"]["dora"] = data["facilities"]["anna"] | {
        "options": [{"id": "build", "capacity": 10, "capex": 400, "lead": 1, "latest": 2027}]
    }
    row = row_of(optimizer.why(instance_of(data), "dora", options=EXACT))
    assert pd.isna(row["enters_at_lead"])
    assert row["not_at_lead"] == 0
    solve = Solves.solve

    def ended_early(self: Solves, what: str, *rest: Any, **more: Any) -> Any:
        answer, solved = solve(self, what, *rest, **more)
        return (dataclasses.replace(answer, bound=0.0) if "with a lead" in what else answer), solved

    monkeypatch.setattr(Solves, "solve", ended_early)
    row = row_of(optimizer.why(instance_of(data), "dora", options=EXACT))
    assert pd.isna(row["enters_at_lead"])
    assert row["not_at_lead"] == 1


def test_the_payment_at_which_a_plant_comes_in() -> None:
    """Cora costs 400 more and makes 20 t: 20 USD a tonne. At 250 it is 7.5, and a little cheaper she is funded."""
    row = row_of(optimizer.why(instance_of(plants()), "cora", options=EXACT))
    assert (row["enters_at_price"], row["not_at_price"]) == (pytest.approx(20), pytest.approx(20))
    data = plants()
    data["facilities"]["cora"]["options"][0]["capex"] = 250
    row = row_of(optimizer.why(instance_of(data), "cora", options=EXACT))
    assert row["enters_at_price"] == pytest.approx(7.5)
    for paid, funded in ((7.4, "anna"), (7.6, "cora")):
        data["facilities"]["cora"]["recipes"] = {"make": {"cost": 10 - paid}}
        assert list(optimizer.solve(instance_of(data), gap=0.0, threads=1).portfolio["facility"]) == [funded]


def bracket(row: dict[str, Any]) -> float:
    """The payment at which it comes in, which is shown to be not much more than has to be paid."""
    assert 0.98 * row["enters_at_price"] <= row["not_at_price"] <= row["enters_at_price"]
    return float(row["enters_at_price"])


def test_a_payment_is_for_what_a_plant_makes_more_than_in_the_best_plan() -> None:
    """4 t of cora stand and are made in any plan: 340 more are for 12 t more.

    8 t more would be made for the payment alone, at 5, and thrown away; they are not paid. If they were, 19 USD were
    enough, and that no less than 28 is can be shown by no bound here.
    """
    data = plants()
    data["facilities"]["cora"] |= {"capacity": 4, "recipes": {"make": {"cost": 5}}}
    row = row_of(optimizer.why(instance_of(data), "cora", options=EXACT))
    assert row["costs_at_most"] == pytest.approx(340)
    assert row["enters_at_price"] == pytest.approx(340 / 12)
    assert 0.98 * 19 <= row["not_at_price"] <= 19


def test_a_payment_is_discounted_and_of_the_mean_over_futures() -> None:
    """The second year is worth 1 / 1.25, and a quarter of it has half the demand: 10 t and 0.8 times 8.75 t."""
    data = plants() | {"discount_rate": 0.25}
    lull = {"affects": "demand", "where": {"market": "programs"}, "factor": 0.5}
    data["scenarios"] = [{"id": "lull", "probability": 0.25, "onset": 2028, "duration": 1, "effects": [lull]}]
    row = row_of(optimizer.why(instance_of(data), "cora", options=EXACT))
    assert row["costs_at_most"] == pytest.approx(400)
    assert row["enters_at_price"] == pytest.approx(400 / 17)
    # All that she can make is 18 t; the tonne more costs 10 and is thrown away: 410 over 18, no bound is above.
    assert 0.98 * 410 / 18 <= row["not_at_price"] <= 410 / 18
    # A payment counts in a mean; other measures do not add it up.
    data["risk"] = {"measure": "worst_case"}
    row = row_of(optimizer.why(instance_of(data), "cora", options=EXACT))
    assert row["status"] == "not funded"
    assert pd.isna(row["enters_at_price"])
    assert pd.isna(row["not_at_price"])


def test_a_plant_that_would_make_nothing_is_paid_to() -> None:
    """Anna stands and makes a tonne for 9: cora, built, would wait. Paid 26 she makes all: 500 + 20 (10 - 26) = 180."""
    data = plants()
    data["facilities"] = {name: data["facilities"][name] for name in ("anna", "cora")}
    data["facilities"]["anna"] |= {"capacity": 10, "recipes": {"make": {"cost": 9}}, "options": []}
    found = optimizer.why(instance_of(data), "cora", options=EXACT)
    row = row_of(found)
    assert row["costs_at_most"] == pytest.approx(500)
    assert bracket(row) == pytest.approx(26)
    (line,) = (line for line in lines_of(found.options.iloc[0], 0.0) if "each tonne" in line)
    assert line.startswith("it comes in if it is paid 26 USD for each tonne that it makes, and not for less than 2")


def test_a_payment_is_for_products_that_are_sold_elsewhere() -> None:
    """Cora digs 2 t for a tonne of magnets, of which 3 t of dross are left that nobody takes: 400 more over 20 t."""
    data = plants()
    data["materials"] |= {"ore": {"stage": "mining"}, "dross": {"stage": "magnet"}}
    data["recipes"] |= {
        "dig": {"stage": "mining", "outputs": {"ore": 1}, "unit": "pit", "confidence": "A"},
        "melt": {
            "stage": "magnet", "inputs": {"ore": 2}, "outputs": {"magnet": 1, "dross": 3}, "cost": 10,
            "unit": "oven", "confidence": "A",
        },
    }  # fmt: skip
    data["facilities"]["cora"] |= {"recipes": ["dig", "melt"], "capacity": {"pit": 0, "oven": 0}}
    data["facilities"]["cora"]["options"][0]["capacity"] = {"pit": 20, "oven": 10}
    row = row_of(optimizer.why(instance_of(data), "cora", options=EXACT))
    assert row["costs_at_most"] == pytest.approx(400)
    assert bracket(row) == pytest.approx(20)


def test_a_payment_that_is_found_is_what_decides() -> None:
    """With the recipe's cost less what is found, and less a little less, another portfolio is the best."""
    data = plants()
    data["facilities"]["cora"]["options"][0]["capex"] = 250
    data["facilities"]["cora"]["recipes"] = {"make": {"cost": 50}}
    comes = bracket(row_of(optimizer.why(instance_of(data), "cora", options=EXACT)))
    assert comes == pytest.approx(47.5)
    for paid, funded in ((comes - 0.1, "anna"), (comes + 0.1, "cora")):
        data["facilities"]["cora"]["recipes"] = {"make": {"cost": 50 - paid}}
        assert list(optimizer.solve(instance_of(data), gap=0.0, threads=1).portfolio["facility"]) == [funded]


@pytest.mark.parametrize("seed", first_fast((0, 1, 2, 3), 1))
def test_both_methods_find_like_payments(seed: int) -> None:
    """No payment that one shows to be enough is below one that the other proves not to be."""
    instance = instance_of(generate(seed, scenarios=2))
    best = optimizer.solve(instance, gap=1e-7, threads=1)
    funded = set(zip(best.portfolio["facility"], best.portfolio["option"], strict=True))
    for name, facility in instance.facilities.items():
        for option in facility.options:
            if (name, option.id) in funded:
                continue
            one, other = (
                row_of(optimizer.why(instance, name, option.id, options=Options(gap=1e-7, threads=1, method=method)))
                for method in ("extensive", "benders")
            )
            assert one["status"] == other["status"]
            for mine, its in ((one, other), (other, one)):
                if pd.notna(mine["not_at_price"]) and pd.notna(its["enters_at_price"]):
                    assert mine["not_at_price"] <= its["enters_at_price"] * (1 + 1e-3)


def test_what_is_paid_is_not_taken_from_blocks_that_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are kept by the instance, which says nothing of a payment."""
    monkeypatch.setenv("OPTIMIZER_CACHE", str(tmp_path))
    for _ in range(2):
        assert bracket(row_of(optimizer.why(instance_of(plants()), "cora", options=EXACT))) == pytest.approx(20)


def test_a_gap_as_wide_as_the_capex_is_told() -> None:
    """A best plan that may be 60 too dear is too coarse for a capex of 500; 40 is not, nor for what is funded."""
    found = optimizer.why(instance_of(plants()), "cora", options=EXACT)
    assert wide_of(found) == ""
    best = found.info["best"]
    wide = dataclasses.replace(found, info=found.info | {"bound": best - 60})
    assert "which may be 60 USD too dear, 12% of the capex asked about" in wide_of(wide)
    assert wide_of(dataclasses.replace(found, info=found.info | {"bound": best - 40})) == ""
    funded = optimizer.why(instance_of(plants()), "anna", options=EXACT)
    assert wide_of(dataclasses.replace(funded, info=funded.info | {"bound": best - 60})) == ""


@pytest.mark.parametrize(
    ("lead", "enters", "stays", "words"),
    [
        (2, 1, 2, "it comes in with a lead of 1 year"),
        (2, None, 0, "at no shorter lead does it come in"),
        (2, None, 2, "not with a lead of 2 years; with a shorter one none was found, and nothing proved"),
        (2, None, None, "no shorter lead was found at which it comes in; that there is none was not proved"),
        (0, None, 0, ""),
    ],
)
def test_what_is_said_of_leads_is_what_is_proved(lead: int, enters: int | None, stays: int | None, words: str) -> None:
    """None found is not none: where a limit ended a solve, the screen says so."""
    found = optimizer.why(instance_of(plants()), "cora", options=EXACT)
    table = found.options.assign(lead=lead, enters_at_lead=enters, not_at_lead=stays)
    said = lines_of(next(table.itertuples()), 0.0)
    assert [line for line in said if "lead" in line or "shorter" in line] == ([words] if words else [])


@pytest.mark.parametrize(
    ("facility", "option", "words"),
    [
        ("zora", None, "no facility 'zora'"),
        ("ann", None, "there is anna"),
        ("anna", "refit", "no option 'refit'; there is build"),
    ],
)
def test_what_is_not_there_is_refused(facility: str, option: str | None, words: str) -> None:
    with pytest.raises(OptionsError, match=words):
        optimizer.why(instance_of(plants()), facility, option)
