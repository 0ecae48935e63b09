"""optimizer verify: a plan from its files alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd

from .conftest import Solved, call


def test_the_starter_verifies(solved: Solved) -> None:
    """What solve wrote holds when it is read back."""
    called = call("verify", "results/starter", folder=solved.folder)
    assert called.code == 0
    assert called.out.startswith("verified:")


def test_a_changed_cell_is_named(solved: Solved, tmp_path: Path) -> None:
    """More delivered than there is: exit 1, with the constraint, the place, the period and the amount."""
    copy = tmp_path / "copy"
    shutil.copytree(solved.results, copy)
    table = pd.read_csv(copy / "demand.csv")
    row = table.index[(table["scenario"] == "trunk") & (table["period"] == 2030) & (table["delivered"] > 1)][0]
    table.loc[row, "delivered"] += 7.0
    table.to_csv(copy / "demand.csv", index=False)
    called = call("verify", "copy", folder=tmp_path)
    assert called.code == 1
    for words in ("demand_met", "2030", "7"):
        assert words in called.out
    document = call("verify", "copy", "--json", folder=tmp_path).document
    assert document["ok"] is False
    assert document["violations"]


def test_what_is_no_result_exits_2(tmp_path: Path) -> None:
    """A folder without plan.json is no plan."""
    called = call("verify", ".", folder=tmp_path)
    assert called.code == 2
    assert "no result folder" in called.err
    assert called.out == ""
