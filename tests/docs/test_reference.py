"""The report on the reference instance: its numbers, its figures, and the script that writes both."""

from __future__ import annotations

import csv
import importlib
import json
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

import optimizer
from optimizer import Plan

ROOT = Path(__file__).resolve().parents[2]
TABLES = ROOT / "instances" / "us_allied_2026"
PAGE = ROOT / "docs" / "reference.md"

SMALL = """
schema: 1
name: small
base_year: 2026
discount_rate: 0.0
periods: [2027, 2028]
domestic: [USA]
countries: {USA: domestic, CHN: adversary}
materials:
  conc: {stage: mining, content: {Dy: 0.04}}
  dy_oxide: {stage: separation, content: {Dy: 0.8}, price: 1000}
  magnet_uh: {stage: magnet, content: {Dy: 0.04}, price: 2000, storage: {cost: 10}}
recipes:
  dig: {stage: mining, unit: mine, outputs: {conc: 1}}
  split: {stage: separation, unit: heavy, inputs: {conc: 20}, outputs: {dy_oxide: 1}, capacity_use: 20}
  press: {stage: magnet, unit: magnet, inputs: {dy_oxide: 0.05}, outputs: {magnet_uh: 1}}
facilities:
  pit:
    stage: mining
    country: USA
    recipes: [dig]
    capacity: {mine: 80}
    options:
      - {id: deep, capacity: {mine: 20}, capex: 1000, public_share: 0.5}
  second_pit:
    stage: mining
    country: USA
    recipes: [dig]
    capacity: {mine: 0}
    options:
      - {id: wide, capacity: {mine: 100}, capex: 2000, lead: 1, ramp: [0.5]}
  chinese_pit: {stage: mining, country: CHN, recipes: [dig], capacity: {mine: 7000}}
  works: {stage: separation, country: USA, recipes: [split], capacity: {heavy: 400}}
  hall: {stage: magnet, country: USA, recipes: [press], capacity: {magnet: 1000}}
channels:
  mdap: {tiers: [domestic, ally]}
  commercial: {}
markets:
  navy:
    {channel: mdap, country: USA, demand: [{product: magnet_uh, tonnes: 10, shortage_cost: 9000}]}
  town:
    {channel: commercial, country: USA, demand: [{product: magnet_uh, tonnes: 300, shortage_cost: 500}]}
lanes:
  - {from: pit, to: works, material: conc}
  - {from: second_pit, to: works, material: conc}
  - {from: works, to: hall, material: dy_oxide}
  - {from: hall, to: navy, material: magnet_uh}
  - {from: hall, to: town, material: magnet_uh}
  - {from: hall, to: depot, material: magnet_uh}
stockpiles:
  depot:
    country: USA
    channel: mdap
    materials: [magnet_uh]
    release: disruption
    public: true
    targets: [{material: magnet_uh, tonnes: {2027: 4, 2028: 20}, shortage_cost: 900}]
policy:
  budget: {annual: 100000}
  rules: [{rule: require, facility: pit, option: deep}]
"""
"""Mines of 100 t, later 150 t, feed a heavy unit of 400 t; 4 percent Dy, and 4 percent in what a magnet takes."""


def script(name: str) -> ModuleType:
    """A module of the page's script."""
    folder = str(ROOT / "docs" / "reference")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return importlib.import_module(name)


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """A plan of the small instance, read back from its folder."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "instance.yaml").write_text(SMALL, encoding="utf-8")
    optimizer.solve(optimizer.load(folder / "instance.yaml"), gap=1e-9).save(folder / "plan")
    return Plan.read(folder / "plan")


def rows(name: str) -> list[dict[str, str]]:
    with (TABLES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def cells(page: str, first: str) -> str:
    """What stands beside a word in a table of two columns."""
    found = re.search(rf"^\| {re.escape(first)} \| (.*?) \|$", page, re.M)
    assert found is not None, first
    return found.group(1)


def test_page_counts_what_the_tables_hold() -> None:
    """Counts on the page are those of the instance as committed; where they differ, the page is to be made again."""
    page = PAGE.read_text(encoding="utf-8")
    again = "docs/reference.md is stale: solve again and run docs/reference/make.py"
    counts = [str(len(rows(name))) for name in ("facilities", "options", "claims")]
    assert cells(page, "facilities, fundable options, prior claims") == ", ".join(counts), again
    graded = [*rows("materials"), *rows("recipes"), *rows("facilities"), *rows("facility_recipes"), *rows("options")]
    graded += [*rows("owners"), *rows("facility_owners"), *rows("owner_owners"), *rows("claims"), *rows("demand")]
    graded += [*rows("lanes"), *rows("freight")]
    by = [str(sum(row["confidence"] == grade for row in graded)) for grade in "ABC"]
    assert cells(page, "rows with confidence A / B / C") == " / ".join(by), again
    priced = rows("capex_intensity")
    outside = sum(bool(row["outlier"]) for row in priced)
    assert cells(page, "options outside the published range of cost") == f"{outside} of {len(priced)}", again
    coverage = rows("coverage")
    used, collected = (sum(int(row[key]) for row in coverage) for key in ("used", "rows"))
    assert cells(page, "collected rows used").startswith(f"{used} of {collected};"), again
    totals = rows("sources/published_totals")
    assert cells(page, "published totals missed").startswith(f"{sum(bool(r['miss']) for r in totals)} of {len(totals)}")
    rules = yaml.safe_load((TABLES / "instance.yaml").read_text(encoding="utf-8"))["policy"]["rules"]
    required = sum(rule["rule"] == "require" for rule in rules)
    assert f"**Surely funded** are the {required} options" in page, again


def test_every_figure_of_the_page_is_there_and_no_other() -> None:
    """The page shows each figure in docs/figures once, each is SVG with its words as text, and none is left over."""
    shown = re.findall(r"^!\[.+\]\(figures/(reference-\w+\.svg)\)$", PAGE.read_text(encoding="utf-8"), re.M)
    there = sorted(file.name for file in (ROOT / "docs" / "figures").glob("reference-*"))
    assert sorted(shown) == there
    assert len(shown) == 6
    for name in shown:
        text = (ROOT / "docs" / "figures" / name).read_text(encoding="utf-8")
        assert "<text" in text
        assert "<dc:date>" not in text


def test_page_names_plan_gap_and_instance() -> None:
    """A reader can repeat the plan: command, day, instance and gap stand at the head."""
    page = PAGE.read_text(encoding="utf-8")
    assert re.search(r"\| plan \| `optimizer solve instances/us_allied_2026 .*`, 20\d\d-\d\d-\d\d \|", page)
    assert re.search(r"\| instance \| SHA-256 `[0-9a-f]{16}`", page)
    assert re.search(r"\| gap \| [\d.]+ percent, \*\*[\d,]+ M USD\*\*", page)


def test_heavies_outside_adversaries(plan: Plan) -> None:
    """Feed, separation and demand in t of dysprosium, with mines of adversaries left out."""
    data = script("facts").Facts(plan).heavies
    assert data["feed"].tolist() == pytest.approx([4.0, 6.0])
    assert data["separated"].tolist() == pytest.approx([4.0, 6.0])
    assert data["separation"].tolist() == pytest.approx([16.0, 16.0])
    assert data["use"].tolist() == pytest.approx([0.25, 0.375])
    assert data["rich_use"].tolist() == pytest.approx([1.0, 1.0])
    assert data["demand"].tolist() == pytest.approx([310 * 0.04] * 2)
    assert data["programmes"].tolist() == pytest.approx([10 * 0.04] * 2)


def test_portfolio_tells_committed_from_chosen(plan: Plan) -> None:
    """Only what a rule requires counts as committed."""
    portfolio = script("facts").Facts(plan).portfolio
    assert [(row.option, row.required, row.online) for row in portfolio] == [
        ("deep", True, 2027),
        ("wide", False, 2028),
    ]


def test_shortages_and_reserve(plan: Plan) -> None:
    """Programmes come first, then the reserve; the town has the rest: 100 t, then 150 t, less 10 and the stock."""
    facts = script("facts").Facts(plan)
    held = [4.0, 20.0]
    assert facts.reserve["held"].tolist() == pytest.approx(held)
    assert facts.reserve["short"].tolist() == pytest.approx([0.0, 0.0])
    assert facts.reserve["purchase"].sum() == pytest.approx(20 * 2000)
    assert facts.reserve["grants"].tolist() == pytest.approx([500 + 2000, 0.0])
    assert facts.budget == 100000
    assert facts.short("base", "mdap") == pytest.approx(0.0)
    assert facts.short("base", "commercial") == pytest.approx(600 - (100 - 10 - 4) - (150 - 10 - 16))
    assert facts.capacity("mining", 2028, ("domestic",), "funded") == pytest.approx(20 + 50)
    assert facts.capacity("mining", 2028, ("adversary",)) == pytest.approx(7000)


def written(plan: Plan, folder: Path) -> str:
    pytest.importorskip("matplotlib")
    pytest.importorskip("jinja2")
    folder.mkdir()
    tables = folder / "tables"
    tables.mkdir()
    (tables / "instance.yaml").write_text(SMALL, encoding="utf-8")
    files = script("make").write(plan, tables, folder)
    assert len(files) == 7
    return (folder / "reference.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_page_says_what_the_plan_says(plan: Plan, tmp_path: Path) -> None:
    """Full mines, an idle heavy unit and short heavy grades: the page calls feed the limit, and repeats the sums."""
    page = " ".join(written(plan, tmp_path / "one").split())
    assert "heavy feed, in 2027 to 2028" in page
    assert "the 1 options that rules require" in page
    assert "stands at 25 to 38 percent" in page
    assert "not** the instance" not in page
    for name in re.findall(r"figures/[\w-]+\.svg", page):
        assert (tmp_path / "one" / name).is_file()


@pytest.mark.slow
def test_two_runs_write_the_same(plan: Plan, tmp_path: Path) -> None:
    """Page and figures are the same bytes in a second run."""
    written(plan, tmp_path / "one")
    written(plan, tmp_path / "two")
    files = [p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*") if p.is_file()]
    assert len(files) == 8
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_page_does_not_name_a_bottleneck_where_all_grades_are_short(plan: Plan) -> None:
    """Where heavy units are full too, or nothing is short, the script does not call feed the limit."""
    pytest.importorskip("matplotlib")
    pytest.importorskip("jinja2")
    make: Any = script("make")
    facts = script("facts").Facts(plan)
    found = make.heavies_of(facts)
    assert (found["feed"], found["both"], found["calm"]) == ([2027, 2028], [], [])
    facts.heavies.loc[2027, "use"] = 0.95
    assert make.heavies_of(facts)["both"] == [2027]
    demand = plan.tables["demand"].copy()
    demand.loc[demand["period"] == 2028, "short"] = 0.0
    changed = Plan(plan.instance, plan.info, plan.tables | {"demand": demand})
    found = make.heavies_of(script("facts").Facts(changed))
    assert (found["feed"], found["calm"]) == ([2027], [2028])
    # Shortages that cost less than the gap are ties: no year is named for them.
    tied = Plan(plan.instance, plan.info | {"gap_usd": 1e15}, plan.tables)
    found = make.heavies_of(script("facts").Facts(tied))
    assert (found["feed"], found["both"], found["calm"]) == ([], [], [2027, 2028])


def test_the_numbers_that_matter_come_ranked_with_what_whole_solves_say(plan: Plan, tmp_path: Path) -> None:
    """Each number once, at its worse end, in words; first by what whole solves show, then by the capex it moves."""
    head = "key,end,factor,change_usd,moved_usd\n"
    screen = tmp_path / "2026-01-02-sensitivity-screen.csv"
    screen.write_text(
        f"{head}facilities.pit.options.deep.capex,low,0.7,-1e9,1e9\nfacilities.pit.options.deep.capex,high,1.3,1e9,3e9\n"
        "markets.town.demand.magnet_uh.tonnes,low,0.7,-4e9,2e9\nfacilities.pit.capacity,low,0.7,,\n",
        encoding="utf-8",
    )
    confirmed = tmp_path / "2026-01-02-sensitivity-confirmed.csv"
    confirmed.write_text(
        "key,end,factor,verdict,saves_at_least\n"
        "markets.town.demand.magnet_uh.tonnes,high,1.3,keeps,0\n"
        "markets.town.demand.magnet_uh.tonnes,low,0.7,changes,664e6\n",
        encoding="utf-8",
    )
    found = script("records").sensitive(screen, confirmed, plan.instance)
    assert (found["numbers"], found["moving"], found["date"]) == (3, 2, "2026-01-02")
    assert [(row["words"], row["factor"], row["verdict"]) for row in found["rows"]] == [
        ("demand for UH: town", "0.7", "x 0.7: changes, 664 M USD too dear; x 1.3: keeps"),
        ("capex of pit (deep)", "1.3", ""),
        ("capacity of pit", "0.7", ""),
    ]
    assert script("records").sensitive(tmp_path / "none.csv", confirmed, plan.instance)["rows"] == []


def test_a_later_run_of_fewer_kinds_does_not_hide_the_others(tmp_path: Path) -> None:
    """Each kind of loss comes from the newest file that tested it, with its date; one that was short is not told."""

    def kept(date: str, objective: float, *tests: tuple[str, int, int, str, float]) -> None:
        keys = ("of", "losses", "duration", "status", "upper")
        document = {
            "date": f"{date}T10:00:00+00:00",
            "plan": {"instance_sha256": "a", "objective": objective},
            "tests": [dict(zip(keys, test, strict=True)) for test in tests],
        }
        (tmp_path / f"{date}-small-stress.json").write_text(json.dumps(document), encoding="utf-8")

    kept(
        "2026-01-01", 1.0, ("facilities", 3, 3, "proved", 0.0), ("owners", 2, 2, "proved", 0.0),
        ("tags", 1, 2, "stopped", 0.0), ("countries", 2, 2, "proved", 0.0),
    )  # fmt: skip
    kept(
        "2026-01-02", 2.0, ("facilities", 1, 1, "proved", 0.0), ("facilities", 2, 2, "proved", 7.0),
        ("countries", 1, 1, "proved", 3.0),
    )  # fmt: skip
    records = script("records")
    found = records.survived(tmp_path, "small", {"instance_sha256": "a", "objective": 2.0})
    assert found == [
        {"date": "2026-01-02", "plan": "this plan", "words": ["any 1 of the facilities lost for 1 year"]},
        {
            "date": "2026-01-01",
            "plan": "another plan of the instance",
            "words": ["any 2 of the owners lost for 2 years"],
        },
    ]
    assert {row["plan"] for row in records.survived(tmp_path, "small", {"instance_sha256": "b", "objective": 2.0})} == {
        "a plan of an earlier state of the instance"
    }
    assert records.survived(tmp_path, "other", {}) == []


def test_effects_of_the_library_say_of_which_state_they_are(tmp_path: Path) -> None:
    """The date of the record, and that it is of an earlier instance where it is, or does not say of which."""
    file = tmp_path / "2026-01-02-library-effects.json"
    made = script("records").library_made
    assert made(file, "a") == ""
    file.write_text(json.dumps({"instance_sha256": "a", "results": []}), encoding="utf-8")
    assert made(file, "a") == "2026-01-02"
    assert made(file, "b") == "2026-01-02 and of an earlier state of the instance"
    file.write_text(json.dumps({"results": []}), encoding="utf-8")
    assert made(file, "a").endswith("earlier state of the instance")


def test_the_worst_loss_under_requalification_is_read_from_its_record(tmp_path: Path) -> None:
    """The loss of one plant for a year is told, not a harder one; without a record, or a shortage, nothing is."""
    file = tmp_path / "requalification.json"
    qualified = script("records").qualified
    assert qualified(file) == {}
    worst = {"of": "facilities", "losses": 1, "duration": 1, "worst": {"tonnes_short": 206.2, "onset": 2028}}
    harder = {"of": "facilities", "losses": 2, "duration": 2, "worst": {"tonnes_short": 318.0, "onset": 2027}}
    file.write_text(json.dumps({"date": "2026-01-02T10:00", "tests": [harder, worst]}), encoding="utf-8")
    assert qualified(file) == {"short": 206.2, "onset": 2028, "date": "2026-01-02"}
    file.write_text(json.dumps({"date": "2026-01-02T10:00", "tests": [worst | {"worst": None}]}), encoding="utf-8")
    assert qualified(file) == {}
