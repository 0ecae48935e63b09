"""What a plan of an instance with marked rows says of them, and that the checker finds it where it is wrong."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import optimizer
from optimizer.plan.columns import COLUMNS
from optimizer.plan.markings import with_markings

ROOT = Path(__file__).resolve().parents[2]
LABELS = {
    "cui": {"name": "Controlled", "banner": "CUI"},
    "acme": {"name": "Of Acme", "banner": "ACME PROPRIETARY"},
}
MARKED = {
    "facilities.home.marking": "acme",
    "facilities.home.recipes.press.marking": "cui",
    "facilities.abroad.options.expand.marking": "cui",
    "markets.programs.demand.0.marking": "cui",
    "scenarios.export_ban.marking": "acme",
}


def two() -> optimizer.Instance:
    return optimizer.load(ROOT / "docs" / "examples" / "two_plants.yaml")


@pytest.fixture(scope="module")
def plain() -> optimizer.Plan:
    return optimizer.solve(two(), gap=0)


@pytest.fixture(scope="module")
def plan() -> optimizer.Plan:
    """Two plants of which one is proprietary, and more rows marked."""
    return optimizer.solve(two().replace({"markings": LABELS} | MARKED), gap=0)


def test_every_table_says_what_its_rows_name(plan: optimizer.Plan) -> None:
    """By hand: the plant, its use of the recipe, the scenario whose branch it is; in the order of declaration."""
    assert all(list(table.columns)[-1] == "marking" for table in plan.tables.values())
    assert plan.portfolio[["facility", "marking"]].to_numpy().tolist() == [["home", "acme"]]
    runs = plan.runs.groupby(["scenario", "facility"])["marking"].unique().explode().to_dict()
    assert runs["trunk", "home"] == runs["export_ban", "home"] == "cui acme"
    assert runs["trunk", "abroad"] == ""
    assert set(plan.demand.query("scenario == 'trunk'")["marking"]) == {"cui"}
    assert set(plan.demand.query("scenario == 'export_ban'")["marking"]) == {"cui acme"}
    assert plan.scenarios["marking"].tolist() == ["", "acme"]
    assert set(plan.outlay["marking"]) == {""}  # names no row: it rests on all


def test_the_plan_is_the_same_plan(plan: optimizer.Plan, plain: optimizer.Plan) -> None:
    """Markings are in no equation: cost and every cell of every table are as without them."""
    assert plan.objective == plain.objective
    assert "markings" not in plain.info
    for name, table in plain.tables.items():
        assert "marking" not in table.columns
        pd.testing.assert_frame_equal(plan.tables[name].drop(columns="marking"), table, obj=name)
    assert [rule["label"] for rule in plan.info["rules"]] == [rule["label"] for rule in plain.info["rules"]]


def test_the_note_says_what_is_marked(plan: optimizer.Plan) -> None:
    """Name, banner and number of rows of each label."""
    assert plan.info["markings"] == {"cui": LABELS["cui"] | {"rows": 3}, "acme": LABELS["acme"] | {"rows": 2}}
    keys = list(plan.info)
    assert keys[keys.index("instance") :][:3] == ["instance", "instance_sha256", "markings"]


def test_it_comes_back_and_is_verified(plan: optimizer.Plan, tmp_path: Path) -> None:
    """From the folder: its instance, every cell, and the checker agrees."""
    folder = plan.save(tmp_path / "plan")
    read = optimizer.Plan.read(folder)
    assert read.instance == plan.instance
    for name, table in plan.tables.items():
        assert read.tables[name]["marking"].tolist() == table["marking"].tolist(), name
    verdict = optimizer.verify(folder)
    assert verdict.ok, verdict.summary()
    assert verdict.checked["cell_values"] > sum(map(len, plan.tables.values()))


def test_every_kind_of_name_is_known() -> None:
    """A cell for each column that names something, each by itself: records, numbered rows, states, places, links."""
    every = two().replace(
        {
            "markings": {label: {"name": label, "banner": label.upper()} for label in "abcdefghijklmnop"},
            "facilities.home.marking": "a",
            "facilities.home.options.build.marking": "b",
            "recipes.press.marking": "c",
            "facilities.home.recipes.press.marking": "d",
            "materials.magnet.marking": "e",
            "channels.trusted.marking": "f",
            "markets.programs.marking": "g",
            "markets.programs.demand.0.marking": "h",
            "stockpiles": {
                "nds": {"country": "USA", "channel": "trusted", "materials": ["magnet"], "marking": "i",
                        "targets": [{"material": "magnet", "tonnes": 1, "shortage_cost": 1, "marking": "j"}]},
            },
            "lanes": [{"from": "home", "to": "programs", "material": "magnet"},
                      {"from": "home", "to": "nds", "material": "magnet", "marking": "k"},
                      {"from": "nds", "to": "programs", "material": "magnet"}],
            "policy.rules": [{"rule": "forbid", "facility": "abroad", "marking": "l"}],
            "scenarios.export_ban.marking": "m",
            "policy.budget": {"appropriations": [{"id": "fund", "usd": 1e9, "capex": {}, "marking": "n"}]},
            "finance": {"hurdle_rate": 0.1, "instruments": [
                {"id": "aid", "kind": "grant", "max_share": 0.5, "marking": "o"}]},
        }
    )  # fmt: skip
    cells: dict[str, tuple[dict[str, Any], str]] = {
        "facility": ({"facility": "home"}, "a"),
        "option": ({"facility": "home", "option": "build"}, "a b"),
        "state": ({"facility": "home", "state": "build"}, "a b"),
        "both in one word": ({"option": "home:build"}, "a b"),
        "recipe": ({"recipe": "press"}, "c"),
        "use": ({"facility": "home", "recipe": "press"}, "a c d"),
        "material": ({"material": "magnet"}, "e"),
        "product": ({"product": "magnet"}, "e"),
        "channel": ({"channel": "trusted"}, "f"),
        "users": ({"users": "trusted"}, "f"),
        "channels": ({"channels": "trusted"}, "f"),
        "market": ({"market": "programs"}, "g"),
        "line": ({"market": "programs", "line": 0}, "g h"),
        "stockpile": ({"stockpile": "nds"}, "i"),
        "target": ({"stockpile": "nds", "target": 0}, "i j"),
        "link": ({"link": "lane:1"}, "k"),
        "another link": ({"link": "lane:0"}, ""),
        "ends": ({"from": "nds", "to": "programs"}, "g i"),
        "place": ({"place": "hub:world"}, ""),
        "rule": ({"rule": 0}, "l"),
        "scenario": ({"scenario": "export_ban"}, "m"),
        "future": ({"future": "export_ban"}, "m"),
        "appropriation": ({"appropriation": "fund"}, "n"),
        "instrument": ({"instrument": "aid"}, "o"),
        "another facility": ({"facility": "abroad", "recipe": "press"}, "c"),
    }
    frames = {name: pd.DataFrame([given]) for name, (given, _) in cells.items()}
    found = {name: frame["marking"].item() for name, frame in with_markings(every, frames).items()}
    assert found == {name: due for name, (_, due) in cells.items()}
    (same,) = with_markings(every, {"sum": pd.DataFrame({"usd": [1.0]})}).values()
    assert list(same.columns) == ["usd"]
    folder = optimizer.solve(every, gap=0)
    assert folder.info["verdict"]["ok"], folder.info["verdict"]["summary"]


Break = Callable[[Path], object]


def cell(name: str, old: str, new: str) -> Break:
    def edit(folder: Path) -> None:
        file = folder / f"{name}.csv"
        lines = file.read_text(encoding="utf-8").splitlines()
        number = next(n for n, line in enumerate(lines) if line.endswith(old) and n)
        lines[number] = lines[number].removesuffix(old) + new
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")

    return edit


def without(name: str) -> Break:
    def edit(folder: Path) -> None:
        file = folder / f"{name}.csv"
        pd.read_csv(file, dtype=str, keep_default_na=False).drop(columns="marking").to_csv(file, index=False)

    return edit


def noted(**values: Any) -> Break:
    def edit(folder: Path) -> None:
        file = folder / "plan.json"
        info = json.loads(file.read_text(encoding="utf-8"))
        info["markings"].update(values)
        file.write_text(json.dumps(info), encoding="utf-8")

    return edit


@pytest.mark.parametrize(
    ("edit", "constraint", "says"),
    [
        (cell("runs", ",cui acme", ",cui"), "cell_values", "marking is 'cui', should be 'cui acme'"),
        (cell("runs", ",cui acme", ",acme cui"), "cell_values", "marking is 'acme cui', should be 'cui acme'"),
        (cell("demand", ",cui", ","), "cell_values", "marking is '', should be 'cui'"),
        (cell("portfolio", ",acme", ",secret"), "cell_values", "marking is 'secret', should be 'acme'"),
        (without("runs"), "table_columns", "no column marking"),
        (without("stakes"), "table_columns", "no column marking"),
        (noted(cui=LABELS["cui"] | {"rows": 2}), "instance_hash", "plan.json states the markings"),
        (noted(other=LABELS["cui"] | {"rows": 2}), "instance_hash", "plan.json states the markings"),
    ],
)
def test_the_checker_finds_what_is_wrong(
    edit: Break, constraint: str, says: str, plan: optimizer.Plan, tmp_path: Path
) -> None:
    """A cell, the column or the note: nothing else is at fault."""
    folder = plan.save(tmp_path / "plan")
    edit(folder)
    verdict = optimizer.verify(folder)
    assert {violation.constraint for violation in verdict.violations} == {constraint}
    assert says in verdict.violations[0].text


def test_a_column_that_is_not_due_is_told(plain: optimizer.Plan, tmp_path: Path) -> None:
    """An instance without marked rows has no such column and no such note; no row more is checked than before."""
    folder = plain.save(tmp_path / "plan")
    assert {name: list(pd.read_csv(folder / f"{name}.csv").columns) for name in ("runs", "flows")} == {
        name: list(COLUMNS[name]) for name in ("runs", "flows")
    }
    shutil.copytree(folder, tmp_path / "other")
    table = pd.read_csv(folder / "runs.csv", dtype=str, keep_default_na=False).assign(marking="")
    table.to_csv(folder / "runs.csv", index=False)
    verdict = optimizer.verify(folder)
    assert [(one.constraint, one.text) for one in verdict.violations] == [("table_columns", "extra column marking")]
