"""What tables of studies say of marked rows: by names, lists of names and keys; and nothing where no row is marked."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import optimizer
from optimizer.plan.study_markings import Labels, with_study_markings

from .test_markings import LABELS, MARKED, two

KEY = "facilities.home.options.build.capex"
DEMAND = "markets.programs.demand.magnet.tonnes"
SWEPT = (KEY, "facilities.abroad.capacity", DEMAND)


@pytest.fixture(scope="module")
def instance() -> optimizer.Instance:
    """Proprietary: home, the ban. Controlled: its recipe there, the expansion abroad, the demand."""
    return two().replace({"markings": LABELS} | MARKED)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"key": KEY}, "acme"),
        ({"key": "facilities.home.recipes.press.cost"}, "cui acme"),
        ({"key": "facilities.home.recipes.*.cost"}, "cui acme"),
        ({"key": "facilities.*.options.*.capex"}, "cui acme"),
        ({"key": "facilities.abroad.options.expand.capex"}, "cui"),
        ({"key": "facilities.abroad.options.0.capex"}, "cui"),
        ({"key": "facilities.abroad.capacity"}, ""),
        ({"key": "scenarios.export_ban.probability; materials.magnet.price"}, "acme"),
        ({"path": "markets.programs.demand.magnet.tonnes"}, "cui"),
        ({"path": "policy.budget.annual"}, ""),
        ({"path": "facilities.nobody.capacity"}, ""),
        ({"comes": "abroad:expand", "goes": ""}, "cui"),
        ({"comes": "abroad:expand 2027", "goes": "home:build 2027"}, "cui acme"),
        ({"measure": "home:build"}, "acme"),
        ({"measure": "funded plants"}, ""),
        ({"takes": "abroad;home"}, "acme"),
        ({"used": "programs:0:2027=200.0", "lost": "*"}, "cui"),
        ({"worst_future": "export_ban"}, "acme"),
        ({"with_hindsight": "base;export_ban"}, "acme"),
        ({"funded": "home:build:2027;abroad:expand:2028"}, "cui acme"),
        ({"facility": "abroad", "option": "expand", "key": KEY}, "cui acme"),
        ({"facility": "abroad"}, ""),
    ],
)
def test_names_lists_of_names_and_keys(instance: optimizer.Instance, cells: dict[str, str], said: str) -> None:
    """Each row by hand, alone and in a table."""
    assert Labels(instance).of(cells) == said
    table = pd.DataFrame([cells])
    assert with_study_markings(instance, {"one": table})["one"]["marking"].tolist() == [said]


def test_lanes_and_rules_by_number() -> None:
    """As in stress tests, where a loss may be a lane."""
    instance = two().replace({"markings": LABELS, "facilities.home.marking": "acme"})
    lanes = [
        {"from": "home", "to": "programs", "material": "magnet"},
        {"from": "abroad", "to": "programs", "material": "magnet", "marking": "cui"},
    ]
    instance = instance.replace({"lanes": lanes})
    labels = Labels(instance)
    assert [labels.of({"takes": name}) for name in ("lane:0", "lane:1", "lane:7")] == ["", "cui", ""]


def test_a_row_has_the_labels_of_every_instance(instance: optimizer.Instance) -> None:
    """One marks the plant, the other its option."""
    other = two().replace({"markings": {"more": LABELS["cui"]}, "facilities.home.options.build.marking": "more"})
    row = {"facility": "home", "option": "build"}
    assert Labels([instance, other]).of(row) == "acme more"
    assert Labels([two(), other]).of(row) == "more"
    assert not Labels([two(), two()]).due


def test_without_markings_tables_are_the_same_objects() -> None:
    """So that not a byte of what is written differs, even where labels are declared and no row has one."""
    tables = {"one": pd.DataFrame({"key": [KEY], "facility": ["home"]}), "two": pd.DataFrame({"year": [2027]})}
    for plain in (two(), two().replace({"markings": LABELS})):
        found = with_study_markings(plain, tables)
        assert all(found[name] is table for name, table in tables.items())


def studies(instance: optimizer.Instance) -> None:
    """Every study that writes tables, and that the tests of its own room do not look at for this."""
    alone: dict[str, Any] = {"workers": 1}
    plan = optimizer.solve(instance, gap=0)
    other = optimizer.solve(instance.replace({KEY: 9e7}), gap=0)
    optimizer.compare(plan, other, different_instances=True, names=("a", "b"), folder="compare", **alone)
    optimizer.frontier(instance, {KEY: (3e7, 9e7)}, "frontier", **alone)
    optimizer.viability(plan, hurdle_rate=0.08, folder="viability")
    optimizer.measures(plan, folder="measures", **alone)
    optimizer.stress(plan, "stress", markets=("programs",), **alone)
    optimizer.evaluate(instance, plan, folder="evaluate", **alone)
    optimizer.sensitivity(instance, "sensitivity", only=SWEPT, top=1, **alone)
    optimizer.value(instance, measures=("expected",), folder="value", **alone)
    optimizer.stock_use(plan).save("stock")
    optimizer.why(instance, "abroad", folder="why")
    optimizer.study({"study": "ban", "grid": {KEY: [3e7]}}, "study", instance=instance, **alone)
    must = {"markets.programs.demand.0.shortage_cost": None, "policy.budget.annual": 1.0}
    optimizer.explain(instance.replace(must), folder="explain")
    optimizer.waivers(instance, "waivers", top=1, **alone)


@pytest.fixture(scope="module")
def written(instance: optimizer.Instance, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("marked")
    with contextlib.chdir(folder):
        studies(instance)
    return folder


@pytest.mark.parametrize(
    ("table", "by", "name", "said"),
    [
        ("compare/fundings", "facility", "home", "acme"),
        ("compare/fundings", "facility", "abroad", "cui"),
        ("compare/edits", "key", KEY, "acme"),
        ("compare/futures", "future", "export_ban", "acme"),
        ("compare/futures", "future", "base", ""),
        ("frontier/points", "funded", "home:build:2027", "acme"),
        ("frontier/points", "funded", "abroad:expand:2027", "cui"),
        ("viability/plants", "facility", "home", "acme"),
        ("viability/futures", "future", "export_ban", "acme"),
        ("measures/measures", "measure", "home:build", "acme"),
        ("stress/losses", "loss", "home", "acme"),
        ("stress/losses", "loss", "abroad", ""),
        ("stress/sets", "lost", "home", "cui acme"),
        ("evaluate/futures", "future", "export_ban", "acme"),
        ("sensitivity/screen", "key", KEY, "acme"),
        ("sensitivity/screen", "key", "facilities.abroad.capacity", ""),
        ("sensitivity/confirmed", "key", DEMAND, "cui"),
        ("value/funded", "facility", "home", "acme"),
        ("value/regret", "future", "export_ban", "acme"),
        ("why/options", "option", "expand", "cui"),
        ("study/portfolios", "facility", "home", "acme"),
        ("explain/conflict", "path", "markets.programs.demand.magnet", "cui"),
        ("explain/repairs", "path", "markets.programs.demand.magnet.tonnes", "cui"),
    ],
)
def test_studies_write_it(written: Path, table: str, by: str, name: str, said: str) -> None:
    """By hand, in the last column."""
    found = pd.read_csv(written / f"{table}.csv", dtype=str, keep_default_na=False)
    assert list(found.columns)[-1] == "marking"
    labels = set(found.loc[found[by] == name, "marking"])
    assert labels
    assert all(set(said.split()) <= set(one.split()) for one in labels)
    assert said in labels


def test_a_study_that_is_gone_on_with_reads_it_back(written: Path, instance: optimizer.Instance) -> None:
    """Rows that were written with the column are known again: nothing is solved twice, and the table stays."""
    files = [written / f"{name}.csv" for name in ("sensitivity/screen", "sensitivity/confirmed", "stress/sets")]
    before = [file.read_bytes() for file in files]
    optimizer.sensitivity(instance, written / "sensitivity", only=SWEPT, top=1, workers=1)
    optimizer.stress(optimizer.solve(instance, gap=0), written / "stress", markets=("programs",), workers=1)
    assert [file.read_bytes() for file in files] == before


@pytest.mark.slow
def test_an_unmarked_instance_has_no_such_column(tmp_path: Path) -> None:
    """In no table of any study."""
    with contextlib.chdir(tmp_path):
        studies(two())
    files = sorted(tmp_path.rglob("*.csv"))
    assert len(files) > 50
    for file in files:
        assert "marking" not in file.read_text(encoding="utf-8").splitlines()[0].split(","), file
