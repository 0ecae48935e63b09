"""Why a plant is not funded: by hand."""

from __future__ import annotations

import dataclasses
from typing import Any

import pandas as pd
import pytest
from support.build import instance_of

import optimizer
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
