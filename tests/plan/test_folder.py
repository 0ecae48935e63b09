"""The result folder: written whole or not at all, read back as it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from support.build import Data, instance_of, solve
from support.cases import OWN, ROOT, blank
from support.generate import generate

import optimizer
from optimizer.plan.columns import COLUMNS


@pytest.fixture(scope="module")
def plan() -> optimizer.Plan:
    """A plan with fundings, stock, lanes and two branches."""
    return solve(generate(30, scenarios=2))


def files(folder: Path) -> dict[str, bytes]:
    """Everything in a folder, by path."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


FINANCE = (
    "grants",
    "financing",
    "owed",
    "recipients",
    "purchases",
    "stakes",
    "sales",
    "premiums",
    "strict_runs",
    "books",
)
LACKS = (
    "reactions",
    "surplus",
    "downgrades",
    "targets",
    "stock",
    "makers",
    "releases",
    "goals",
    "residual",
    "appropriations",
    *FINANCE,
)
"""Tables that say nothing of these plans."""


def test_plan_read_back_is_the_plan_saved(plan: optimizer.Plan, tmp_path: Path) -> None:
    """Instance, plan.json and every table come back as they were, cell by cell."""
    read = optimizer.Plan.read(plan.save(tmp_path / "plan"))
    assert read.instance == plan.instance
    assert read.info == plan.info
    assert list(read.tables) == list(plan.tables)
    for name, table in plan.tables.items():
        assert not table.empty or name in LACKS, name
        pd.testing.assert_frame_equal(blank(read.tables[name]), blank(table), check_dtype=False, obj=name)


def test_folder_saved_again_is_the_same_folder(plan: optimizer.Plan, tmp_path: Path) -> None:
    """Reading and writing once more changes no byte."""
    first = plan.save(tmp_path / "plan")
    second = optimizer.Plan.read(first).save(tmp_path / "again")
    assert files(second) == files(first)


def test_saved_plan_passes_the_check(plan: optimizer.Plan, tmp_path: Path) -> None:
    """The files alone are enough to check the plan."""
    verdict = optimizer.verify(plan.save(tmp_path / "plan"))
    assert verdict.ok, [str(violation) for violation in verdict.violations]


def test_instance_in_the_folder_can_be_run_again(plan: optimizer.Plan, tmp_path: Path) -> None:
    """The folder holds the resolved instance: loaded from there it gives the same optimum."""
    again = solve(optimizer.load(plan.save(tmp_path / "plan") / "instance"))
    assert again.objective == pytest.approx(plan.objective, rel=1e-9)
    assert again.info["instance_sha256"] == plan.info["instance_sha256"]


def test_earlier_result_is_replaced(plan: optimizer.Plan, tmp_path: Path) -> None:
    """A result folder makes way for the next result, stale files and all, and nothing else is left beside it."""
    folder = tmp_path / "plan"
    solve(generate(0)).save(folder)
    (folder / "stale.csv").write_text("left over")
    plan.save(folder)
    assert optimizer.Plan.read(folder).info == plan.info
    assert not (folder / "stale.csv").exists()
    assert [file.name for file in tmp_path.iterdir()] == ["plan"]


def test_foreign_folder_is_left_alone(plan: optimizer.Plan, tmp_path: Path) -> None:
    """A folder of somebody else's files is refused, and so is a file."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "thesis.tex").write_text("years of work")
    with pytest.raises(optimizer.PlanError, match="no result folder"):
        plan.save(folder)
    with pytest.raises(optimizer.PlanError, match="no result folder"):
        plan.save(folder / "thesis.tex")
    assert files(tmp_path) == {"mine/thesis.tex": b"years of work"}


def test_empty_folder_is_taken(plan: optimizer.Plan, tmp_path: Path) -> None:
    """An empty folder is nobody's."""
    (tmp_path / "plan").mkdir()
    assert optimizer.Plan.read(plan.save(tmp_path / "plan")).status == "optimal"


def break_table(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = iter(range(1000))
    write = pd.DataFrame.to_csv

    def to_csv(table: pd.DataFrame, *args: Any, **more: Any) -> Any:
        if next(calls) == 4:
            raise OSError("no space left on device")
        return write(table, *args, **more)

    monkeypatch.setattr(pd.DataFrame, "to_csv", to_csv)


def break_json(monkeypatch: pytest.MonkeyPatch) -> None:
    def dumps(*_: Any, **__: Any) -> str:
        raise OSError("no space left on device")

    monkeypatch.setattr("optimizer.plan.plan.json.dumps", dumps)


def break_rename(monkeypatch: pytest.MonkeyPatch) -> None:
    rename, failures = Path.replace, iter([True])

    def replace(path: Path, target: Path) -> Path:
        if (path / "plan.json").is_file() and target.name == "plan" and next(failures, False):
            raise OSError("no space left on device")
        return rename(path, target)

    monkeypatch.setattr(Path, "replace", replace)


@pytest.mark.parametrize("breaks", [break_table, break_json, break_rename])
def test_writing_that_fails_leaves_the_old_result_whole(
    breaks: Callable[[pytest.MonkeyPatch], None],
    plan: optimizer.Plan,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A disk that fills up in the middle costs the new result, not the old one, and leaves nothing half-written."""
    folder = solve(generate(0)).save(tmp_path / "plan")
    before = files(folder)
    breaks(monkeypatch)
    with pytest.raises(OSError, match="no space"):
        plan.save(folder)
    assert [file.name for file in tmp_path.iterdir()] == ["plan"]
    assert files(folder) == before


@pytest.mark.parametrize("breaks", [break_table, break_json])
def test_writing_that_fails_leaves_nothing_where_nothing_was(
    breaks: Callable[[pytest.MonkeyPatch], None],
    plan: optimizer.Plan,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No half result lies around after a run that died."""
    breaks(monkeypatch)
    with pytest.raises(OSError, match="no space"):
        plan.save(tmp_path / "plan")
    assert not list(tmp_path.iterdir())


NUMBERS: Data = {
    "schema": 1,
    "name": "2027",
    "base_year": 2027,
    "discount_rate": 0.0,
    "periods": [2027],
    "domestic": ["USA"],
    "countries": {"USA": "domestic"},
    "materials": {"007": {"stage": "1"}, "na": {"stage": "2"}},
    "recipes": {"1e5": {"stage": "1", "outputs": {"007": 1}, "cost": 10}, "null": {"stage": "2", "outputs": {"na": 1}}},
    "facilities": {
        "0012": {
            "stage": "1",
            "country": "USA",
            "recipes": ["1e5"],
            "capacity": 0,
            "options": [{"id": "01", "capacity": 10, "capex": 5}],
        },
        "nan": {"stage": "2", "country": "USA", "recipes": ["null"], "capacity": 10},
    },
    "channels": {"1": {}},
    "markets": {
        "10": {
            "channel": "1",
            "country": "USA",
            "demand": [{"product": "007", "tonnes": 1}, {"product": "na", "tonnes": 1}],
        }
    },
    "scenarios": [
        {
            "id": "00",
            "probability": 0.5,
            "onset": 2027,
            "effects": [{"affects": "recipes", "where": {"id": "1e5"}, "cost": 2}],
        }
    ],
}


def test_ids_that_look_like_numbers_stay_words(tmp_path: Path) -> None:
    """007 is not 7, `nan` is a plant and `null` a recipe, in the files and out of them."""
    plan = solve(NUMBERS)
    read = optimizer.Plan.read(plan.save(tmp_path / "plan"))
    assert read.instance == plan.instance == instance_of(NUMBERS)
    assert list(read.portfolio["facility"]) == ["0012"]
    assert list(read.portfolio["option"]) == ["01"]
    assert set(read.runs["facility"]) == {"0012", "nan"}
    assert set(read.runs["recipe"]) == {"1e5", "null"}
    assert set(read.demand["product"]) == {"007", "na"}
    assert set(read.runs["scenario"]) == {"trunk", "00"}
    assert optimizer.verify(tmp_path / "plan").ok


def test_tables_are_data_frames_by_name(plan: optimizer.Plan) -> None:
    """`plan.portfolio` and its sisters are pandas tables; what is no table is no attribute."""
    for name in COLUMNS:
        assert isinstance(getattr(plan, name), pd.DataFrame), name
        assert getattr(plan, name) is plan.tables[name]
    with pytest.raises(AttributeError):
        _ = plan.portfolios


def documented() -> dict[str, list[str]]:
    """Table of a plan -> columns, as docs/results.md lists them before it comes to the folders of studies."""
    found = {}
    page, _, _ = (ROOT / "docs" / "results.md").read_text(encoding="utf-8").partition("\n## The folder of")
    for line in page.splitlines():
        parts = [part.strip() for part in line.split("|")[1:-1]]
        if len(parts) == 2 and parts[0].startswith("`") and "," in parts[1] and parts[0].strip("`") in COLUMNS:
            depth, plain = 0, ""
            for sign in parts[1]:
                depth += (sign == "(") - (sign == ")")
                plain += sign if depth == 0 and sign != ")" else ""
            found[parts[0].strip("`")] = [word.strip().split(" ")[0] for word in plain.split(",")]
    return found


def test_tables_have_the_columns_that_are_documented(plan: optimizer.Plan) -> None:
    """The page on results lists every table with its columns, in their order."""
    pages = documented()
    assert set(pages) == set(plan.tables)
    for name, columns in pages.items():
        given = list(plan.tables[name].columns)
        if columns[-1].startswith("service_"):
            channels = ["service_strict", "service_open"]
            assert given == [*columns[:-1], *channels], name
        else:
            assert given == columns, name


@pytest.mark.parametrize(
    ("file", "text", "word"),
    [
        ("plan.json", None, "no plan.json"),
        ("plan.json", "{", "cannot be read"),
        ("plan.json", "[]", "not a plan"),
        ("plan.json", '{"status": "optimal", "format": 99}', "format 99"),
        ("runs.csv", None, "incomplete"),
        ("runs.csv", "scenario,period\n", "lacks the column"),
        ("instance/instance.yaml", None, "instance"),
        ("instance/instance.yaml", "schema: 1\n", "instance has faults"),
    ],
)
def test_folder_that_is_not_whole_is_refused(
    file: str, text: str | None, word: str, plan: optimizer.Plan, tmp_path: Path
) -> None:
    """A result folder that lacks a part, or whose part is not ours, is refused with the name of the part."""
    folder = plan.save(tmp_path / "plan")
    if text is None:
        (folder / file).unlink()
    else:
        (folder / file).write_text(text, encoding="utf-8")
    with pytest.raises(optimizer.PlanError, match=word):
        optimizer.Plan.read(folder)


def test_plan_json_is_plain_json(plan: optimizer.Plan, tmp_path: Path) -> None:
    """plan.json holds what a run must tell: no NaN, and every key that the design lists."""
    text = (plan.save(tmp_path / "plan") / "plan.json").read_text(encoding="utf-8")
    info = json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert {
        "status", "objective", "bound", "gap", "cost", "seconds", "sizes", "instance", "instance_sha256", "versions",
        "method", "options", "rules", "verdict",
    } <= set(info)  # fmt: skip
    assert info["options"]["seed"] == 0


def test_rows_under_a_billionth_are_left_out(plan: optimizer.Plan) -> None:
    """A table of activity, flows or surplus holds what happens, not what is zero."""
    for name, column in (("runs", "run"), ("flows", "tonnes"), ("surplus", "tonnes"), ("downgrades", "tonnes")):
        assert (plan.tables[name][column].abs() > 1e-9).all(), name


@pytest.mark.parametrize(
    ("name", "status"), [("count_max_by", "binding"), ("diversify_by_facility", "binding"), ("starts", "binding")]
)
def test_rules_are_reported(name: str, status: str) -> None:
    """Every rule of the instance says whether it binds."""
    plan = solve((OWN / name / "instance.yaml").read_text(encoding="utf-8"))
    assert [(item["rule"], item["status"]) for item in plan.info["rules"]] == [(0, status)]
