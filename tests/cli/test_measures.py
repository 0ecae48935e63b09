"""optimizer measures, as a person calls it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from effectiveness.conftest import mixed
from support.build import solve

from .conftest import Solved, call


@pytest.mark.slow
def test_the_starter_from_end_to_end(solved: Solved) -> None:
    """One table, outlay by dollar, and the folder; the reserve avoids what `shortfall` says that it takes off."""
    called = call("measures", "results/starter", "--outlay", "--workers", "1", folder=solved.folder)
    assert called.code == 0, called.err
    for words in (
        "Shortage avoided",
        "USD per tonne",
        "reserve nds",
        "white_mesa:heavy_pilot",
        "Public outlay",
        "last-in",
    ):
        assert words in called.out, words
    document = call("measures", "results/starter", "--workers", "1", "-q", "--json", folder=solved.folder).document
    rows = {row["measure"]: row for row in document["measures"]}
    call("shortfall", "results/starter", "--workers", "1", "-q", folder=solved.folder)
    ladder = pd.read_csv(solved.results.parent / "starter_shortfall" / "measures.csv").set_index("measure")
    assert rows["nds"]["avoided"] == pytest.approx(ladder.loc["reserve", "taken_off"], abs=0.1)
    outlay = pd.read_csv(solved.results / "outlay.csv")
    assert sum(line["usd"] for line in document["outlay"]) == pytest.approx(outlay["usd"].sum())
    assert rows["nds"]["outlay"] == pytest.approx(outlay.loc[outlay["account"] == "stockpile", "usd"].sum())
    assert (solved.results.parent / "starter_measures" / "measures.csv").is_file()


@pytest.mark.slow
def test_groups_several_plans_and_bad_usage(tmp_path: Path) -> None:
    """By stage; two plans in one table; no such group, no plan."""
    solve(mixed()).save(tmp_path / "one")
    solve(mixed(discount_rate=0.05)).save(tmp_path / "two")
    called = call("measures", "one", "two", "--by", "stage", "--workers", "1", "-q", folder=tmp_path)
    assert called.code == 0, called.err
    for words in ("mixed (one)", "mixed (two)", "better for magnet"):
        assert words in called.out, words
    table = pd.read_csv(tmp_path / "one_measures" / "measures.csv")
    assert set(table["plan"]) == {"one", "two"}
    assert set(table["kind"]) == {"reserve", "stage", "substitution"}
    called = call("measures", "one", "--by", "colour", "-q", "-o", "other", folder=tmp_path)
    assert (called.code, "by is 'colour'" in called.err) == (2, True)
    called = call("measures", "gone", "lost", "-q", "-o", "other", folder=tmp_path)
    assert called.code == 2
    assert "gone is no result folder" in called.err
    assert "lost is no result folder" in called.err
    assert not (tmp_path / "other").exists()
