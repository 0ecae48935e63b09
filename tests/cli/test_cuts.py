"""optimizer cuts and calendar: what they print, their exit codes, and what they refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import TINY, call

PUBLIC = TINY.replace("lead: 1}", "lead: 1, public_share: 0.5}")


@pytest.fixture
def planned(tiny: Path) -> Path:
    """A folder with a plan that funds one option, half of it public."""
    (tiny / "half.yaml").write_text(PUBLIC.replace("name: tiny", "name: half"), encoding="utf-8")
    assert call("solve", "half.yaml", "--quiet", folder=tiny).code == 0
    return tiny


def test_a_cut_list_as_a_reader_sees_it(planned: Path) -> None:
    """The one option goes at the first cut: 5 t are short in the second year, for 500 USD less 100 and the making."""
    called = call("cuts", "results/half", "--at", "25", "--at", "50", folder=planned)
    assert called.code == 0, called.err
    for part in (
        "half: done", "public capex 50 USD of 100 USD", "-25 %", "-50 %", "350 USD", "gives up plant:build",
        "programs", "The list: the first to give up first", "7.00", "Saved by year, public outlay",
    ):  # fmt: skip
        assert part in called.out, part
    assert "written to results/half_cuts" in called.err
    again = call("cuts", "results/half", "--at", "25", "--at", "50", "--json", folder=planned)
    assert again.document["solved_now"] == 0
    assert [row["gives_up"] for row in again.document["by_levels"]] == ["plant:build", ""]
    assert again.document["by_order"][0]["costs"] == pytest.approx(350)
    names = {path.name for path in (planned / "results" / "half_cuts").iterdir()}
    assert {"cuts.json", "levels.csv", "order.csv", "funded.csv", "outlay.csv", "short.csv", "targets.csv"} <= names


def test_an_instance_is_cut_too_and_its_values_can_be_set(planned: Path) -> None:
    """The tolerance of a plan is that of its instance; a plan's own instance stays as it is."""
    called = call("cuts", "half.yaml", "--set", "discount_rate=0.1", "--at", "50", "--no-order", folder=planned)
    assert called.code == 0, called.err
    assert "gives up plant:build" in called.out
    refused = call("cuts", "results/half", "--set", "discount_rate=0.1", folder=planned)
    assert refused.code == 2
    assert "give the instance to --set values of it" in refused.err


def test_cuts_that_no_plan_can_bear_end_with_1(planned: Path) -> None:
    """What must be met lacks 5 t, and it is said so."""
    hard = PUBLIC.replace("name: tiny", "name: hard").replace(", shortage_cost: 100", "")
    (planned / "hard.yaml").write_text(hard.replace("tonnes: 10", "tonnes: {2027: 5, 2028: 10}"), encoding="utf-8")
    called = call("cuts", "hard.yaml", "--at", "10", folder=planned)
    assert called.code == 1, called.out
    assert "no portfolio at all meets what must be met, with 45 USD" in called.out
    assert "programs lacks 5 t of magnet (mdap) in 2028" in called.out
    never = call("calendar", "hard.yaml", "--within-usd", "1", folder=planned)
    assert never.code == 0
    assert "no plan waits longer" in never.out
    assert "no plan" in never.out


def test_bad_cuts_end_with_2_before_anything_is_written(planned: Path) -> None:
    """All faults at once; a plan that spends no public money; no tolerance for the calendar."""
    called = call("cuts", "results/half", "--at", "0", "--of", "gold", folder=planned)
    assert called.code == 2
    assert "of is 'gold'; there is outlay, grants, capex" in called.err
    assert "a cut of 0 percent" in called.err
    assert not (planned / "results" / "half_cuts").exists()
    (planned / "tiny.yaml").write_text(TINY.replace("lead: 1}", "lead: 1, public_share: 0}"), encoding="utf-8")
    assert call("solve", "tiny.yaml", "--quiet", folder=planned).code == 0
    free = call("cuts", "results/tiny", folder=planned)
    assert free.code == 2
    assert "spends nothing that counts as outlay" in free.err
    bare = call("calendar", "results/half", folder=planned)
    assert bare.code == 2
    assert "give a tolerance: --within-usd" in bare.err
    odd = call("calendar", "results/half", "--within-usd", "1", "--only", "plant", folder=planned)
    assert odd.code == 2
    assert "FACILITY:OPTION" in odd.err


def test_a_calendar_as_a_reader_sees_it(planned: Path) -> None:
    """It can be funded in the first year alone: left out, it costs 350 USD more."""
    called = call("calendar", "results/half", "--within-usd", "10", folder=planned)
    assert called.code == 0, called.err
    for part in (
        "half: done", "Now: to wait a year costs more than that", "plant:build", "350 USD", "2027", "lead 1",
        "must be funded by 2027 to be on line within the horizon", "short programs magnet 2028 5 t",
    ):  # fmt: skip
        assert part in called.out, part
    again = call("calendar", "results/half", "--within-usd", "400", "--json", folder=planned)
    assert again.document["solved_now"] == 0
    (row,) = again.document["by_line"]
    assert row["verdict"] == "never needed"
    assert row["never_at_most"] == pytest.approx(350)
