"""Several plans side by side: what is said is what their folders hold, and different problems are told apart."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import optimizer
from optimizer.briefs.brief import Grid
from optimizer.pages.beside.page import TITLE, beside
from optimizer.pages.beside.pictures import MOST_MAPS
from optimizer.pages.beside.sides import named, problems_of, sides_of
from optimizer.pages.front import led
from optimizer.pages.kinds import kind_of
from optimizer.pages.kinds.plan import CONTENT
from optimizer.pages.network.courses import option_of
from optimizer.pages.page import SENTENCES, Page
from optimizer.pages.pictures import Picture, Shares, View
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan

from .conftest import Made, read

pytestmark = pytest.mark.slow
"""All of it looks at the pages of every kind of study, which take their time to be made."""

HOSTILE = "<img src=x onerror=alert(1)>;$x$ {{ 7 * 7 }}"


def page_of(folder: Path) -> Page:
    """The page of a folder by itself."""
    return kind_of(folder).page(folder)


def pages_of(**plans: Plan) -> list[Page]:
    """Pages of plans, the folder of each called by its name."""
    return [CONTENT.page(plan, plan.info, f"results/{name}") for name, plan in plans.items()]


def page_on(**plans: Plan) -> Page:
    """The page on several plans."""
    first, *_ = beside(pages_of(**plans))
    assert first.title == TITLE
    return first


def changed(plan: Plan, info: Mapping[str, Any] | None = None, **tables: pd.DataFrame) -> Plan:
    """A plan with some of its tables, and of its note, otherwise."""
    return replace(plan, info=plan.info | dict(info or {}), tables=plan.tables | tables)


def grid(page: Page, title: str) -> Grid:
    """A table of a page, by the beginning of its title."""
    [found] = [part for part in page.brief.parts if isinstance(part, Grid) and part.title.strip().startswith(title)]
    return found


def figure(page: Page, title: str) -> Any:
    """A figure of a page, by the beginning of its title."""
    [found] = [one for one in page.pictures if one.title.startswith(title)]
    return found


@pytest.fixture(autouse=True)
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files without plotly's script, which takes most of the time to be read back."""
    monkeypatch.setattr("optimizer.pages.html._plotly", lambda: "")


@pytest.fixture(scope="module")
def base(made: Made) -> Plan:
    """The small plan, with a second funding written into its table."""
    plan = Plan.read(made["plan"])
    [first] = plan.portfolio.to_dict("records")
    second = first | {"facility": "abroad", "option": "expand", "country": "JPN", "capacity": 300.0, "capex": 1e7}
    return changed(plan, portfolio=pd.DataFrame([first, second]))


@pytest.fixture(scope="module")
def other(base: Plan) -> Plan:
    """The same instance, without its last funding and with its first a year later; dearer, within its bound."""
    rows = base.portfolio.sort_values(["facility", "option"]).head(1)
    rows = rows.assign(funded=rows["funded"] + 1, online=rows["online"] + 1)
    outlay = pd.DataFrame({"year": [2028], "account": ["capex"], "instrument": ["grant"], "usd": [7e6]})
    return changed(base, {"objective": (base.objective or 0.0) + 2e6}, portfolio=rows, outlay=outlay)


def test_a_lone_plan_has_no_page_beside_it(made: Made) -> None:
    """Nor have two results of which one is a plan; a plan and one that was rolled begin with theirs."""
    for folders in ([made["plan"]], [made["plan"], made["shortfall"]]):
        pages = [page_of(folder) for folder in folders]
        assert beside(pages) == pages
    pages = [page_of(made[name]) for name in ("shortfall", "plan", "roll")]
    first, *rest = beside(pages)
    assert first.title == TITLE
    assert rest == pages


def test_the_answer_is_short_and_led_by_nothing(base: Plan, other: Plan, made: Made) -> None:
    """Five sentences at most, each a sentence; what is sure leads the plans' own pages."""
    third = Plan.read(made.folder / "changed")
    for plans in ({"a": base, "b": other}, {"a": base, "b": other, "c": third}):
        first, *_ = led(beside(pages_of(**plans)))
        assert 1 <= len(first.answer) <= SENTENCES
        assert all(sentence.endswith(".") for sentence in first.answer)
        assert first.answer == page_on(**plans).answer


def test_who_is_in_and_out_and_when(base: Plan, other: Plan) -> None:
    """What only one funds is named with its plan; what both fund in another year has both years."""
    [kept] = [(row.facility, row.option, row.funded) for row in rows_of(other.portfolio)]
    gone = [row for row in rows_of(base.portfolio) if (row.facility, row.option) != kept[:2]]
    assert gone, "the small plan funds two options"
    page = page_on(a=base, b=other)
    [told] = [one for one in page.answer if one.startswith("Both plans fund 1 option, 1 in another year")]
    assert all(f"{option_of(base, row.facility, row.option)} (a)" in told for row in gone)
    table = grid(page, "Funded by some of the plans only")
    at = {head: number for number, head in enumerate(table.heads)}
    assert [row[0] for row in table.rows] == [row.facility for row in gone]
    for cells, row in zip(table.rows, gone, strict=True):
        assert cells[at["a: funded"]] == str(row.funded)
        assert cells[at["a: on line"]] == str(row.online)
        assert cells[at["b: funded"]] == "-"
        assert cells[at["a: capex"]].usd == row.capex  # type: ignore[attr-defined]
    table = grid(page, "Funded by all, but in another year")
    [cells] = table.rows
    assert (cells[0], cells[at["a: funded"]], cells[at["b: funded"]]) == (kept[0], str(kept[2] - 1), str(kept[2]))


def test_plans_that_fund_alike_say_so(base: Plan) -> None:
    """One table of what both fund, and costs that are the same."""
    page = page_on(a=base, b=base)
    assert any(
        sentence.startswith(f"Both plans fund {len(base.portfolio)} options alike; none funds anything else")
        for sentence in page.answer
    )
    assert any(sentence.endswith("; b as much as a.") for sentence in page.answer)
    assert len(grid(page, "Funded by all alike").rows) == len(base.portfolio)


def test_another_size_is_not_alike(base: Plan) -> None:
    """Half of a plant in the same year is told apart from the whole of it."""
    half = changed(base, portfolio=base.portfolio.assign(capacity=base.portfolio["capacity"] / 2))
    page = page_on(a=base, b=half)
    assert f"{len(base.portfolio)} in another size or at another price" in page.answer[0]
    assert len(grid(page, "Funded by all, but in another year").rows) == len(base.portfolio)


def test_costs_of_one_problem_are_set_against_each_other(base: Plan, other: Plan) -> None:
    """2 M USD more within the bounds is a tie; another measure is no difference at all."""
    told = [s for s in page_on(a=base, b=other).answer if s.startswith("Expected cost: ")]
    assert told[0].endswith("2.00 M USD more than a, a tie within what the searches left open.")
    careful = changed(other, {"risk": {"measure": "worst_case"}})
    told = [s for s in page_on(a=base, b=careful).answer if s.startswith("Cost, by measures that are not set against")]
    assert "of worst case cost, by another measure than a." in told[0]
    assert "more than" not in told[0]


def test_plans_of_different_states_are_told_apart(base: Plan, other: Plan, made: Made) -> None:
    """Letters name the problems wherever a plan is named, what differs is counted, no cost is set against another's."""
    third = Plan.read(made.folder / "changed")
    page = page_on(a=base, b=other, c=third)
    first = page.answer[0]
    assert f"A is two_plants of SHA-256 {base.info['instance_sha256'][:8]} (a, b)" in first
    assert f"B is two_plants of SHA-256 {third.info['instance_sha256'][:8]} (c)" in first
    assert "with 1 value otherwise than A (options 1)" in first
    [told] = [sentence for sentence in page.answer if sentence.startswith("Expected cost: ")]
    assert "c (B)" in told
    assert "than c" not in told
    assert told.count("than") == 1
    assert grid(page, "Expected cost by category").heads[1:] == ("a (A)", "b (A)", "c (B)")
    assert [trace["name"] for trace in figure(page, "Cost by year").data] == ["a (A)", "b (A)", "c (B)"]


def test_words_of_an_instance_make_no_other_problem(base: Plan) -> None:
    """A note of a facility changes the SHA-256, and nothing that a plan depends on."""
    renamed = base.instance.replace({"facilities.home.name": "Home"})
    plan = replace(base, instance=renamed, info=base.info | {"instance_sha256": "0" * 64})
    assert len(problems_of({"a": base, "b": plan})) == 1
    assert len(page_on(a=base, b=plan).answer) == SENTENCES - 1


def test_money_is_what_the_folders_hold(base: Plan, other: Plan) -> None:
    """Cost by category from the note, outlay by year from its table, with their sums."""
    page = page_on(a=base, b=other)
    table = grid(page, "Expected cost by category")
    told = {row[0]: row[1].usd for row in table.rows}  # type: ignore[attr-defined]
    for name, usd in base.info["cost"].items():
        assert told[name.replace("_", " ")] == pytest.approx(usd)
    assert told["in all"] == pytest.approx(sum(base.info["cost"].values()))
    table = grid(page, "Public outlay by year")
    sums = base.outlay.groupby("year")["usd"].sum()
    for year, a, b in table.rows[:-1]:
        assert a.usd == pytest.approx(float(sums.get(int(year), 0.0)))  # type: ignore[attr-defined]
        assert b.usd == (7e6 if year == "2028" else 0.0)  # type: ignore[attr-defined]
    assert table.rows[-1][2].usd == 7e6  # type: ignore[attr-defined]
    drawn = figure(page, "Public outlay by year")
    assert isinstance(drawn, Picture)
    bars = dict(zip(drawn.data[1]["x"], drawn.data[1]["y"], strict=True))
    assert bars == {year: 7.0 if year == 2028 else 0.0 for year in {2028, *map(int, sums.index)}}


def test_service_is_delivered_over_asked_in_the_worst_future_too(base: Plan) -> None:
    """The ban is the worst future where anything is short; a market served in full in both is told in a line."""
    half = base.demand.assign(short=base.demand["demand"].where(base.demand["scenario"] == "export_ban", 0.0) / 2)
    short = changed(base, demand=half.assign(delivered=half["demand"] - half["short"]))
    page = page_on(a=base, b=short)
    [_, side] = sides_of(named(pages_of(a=base, b=short)), problems_of({"a": base, "b": short}))
    assert side.strictest == "trusted"
    assert side.worst is not None
    assert side.worst.id == "export_ban"
    lost = half.loc[half["scenario"] == "export_ban", "short"].sum()
    assert side.short(side.worst, "trusted") == pytest.approx(lost)
    [told] = [sentence for sentence in page.answer if sentence.startswith("Short in trusted")]
    drawn = figure(page, "Short in the worst future of each plan: trusted")
    assert sum(drawn.data[1]["y"]) == pytest.approx(lost)
    assert f"b 0 t without a disruption, {lost:,.0f} t at worst (export_ban)" in told
    rows = [row for row in grid(page, "Service by market").rows if row[3] == "b"]
    assert [row[2].split(" (")[0] for row in rows] == ["No disruption", "export_ban"]
    assert rows[0][4:] == ("100 %",) * 3
    bans = set(half.loc[half["scenario"] == "export_ban", "period"])
    assert rows[1][4:] == tuple("50.0 %" if year in bans else "100 %" for year in (2027, 2028, 2029))
    table = figure(page, "Service in every future, side by side: trusted")
    assert isinstance(table, Shares)
    assert table.heads == ("a", "a, lowest year", "b", "b, lowest year")
    assert dict(table.rows)["No disruption"][2:] == (1.0, 1.0)
    [(_, cells)] = [row for row in table.rows if row[0].startswith("export_ban")]
    assert cells[2:] == pytest.approx((1 - lost / base.demand.query("scenario == 'trunk'")["demand"].sum(), 0.5))


def test_a_future_that_is_no_worse_is_not_drawn_again(base: Plan) -> None:
    """Where as much is short without a disruption the answer says so, and there is one picture."""
    trunk = base.demand["scenario"] == "trunk"
    lost = base.demand.assign(short=base.demand["demand"].where(trunk, 0.0) / 2)
    page = page_on(a=base, b=changed(base, demand=lost))
    total = lost.loc[trunk, "short"].sum()
    assert f"b {total:,.0f} t without a disruption, and no more in any future." in page.answer[-1]
    assert [one.title for one in page.pictures if one.title.startswith("Short")] == [
        "Short without a disruption: trusted"
    ]


def test_a_market_that_is_always_served_is_told_in_a_line(base: Plan) -> None:
    """The table has only those that are short somewhere; where none is, there is no table."""
    full = changed(base, demand=base.demand.assign(short=0.0, delivered=base.demand["demand"]))
    page = page_on(a=full, b=full)
    lines = [part.text for part in page.brief.parts if not isinstance(part, Grid)]
    assert any(line.startswith("Served in full by every plan") and line.endswith(": programs.") for line in lines)
    assert "Nothing is short in any future in trusted, the strictest channel with users." in page.answer
    assert not [one for one in page.pictures if one.title.startswith("Short")]


def test_stock_stands_against_its_targets(base: Plan) -> None:
    """What counts is the level less what is missing; a year without a target says so."""
    rows = {"period": [2028, 2029], "stockpile": ["reserve"] * 2, "target": [0, 0], "material": ["magnet"] * 2}
    rows |= {"channel": ["trusted"] * 2, "level": [100.0, 200.0], "stock": [100.0, 150.0], "short": [0.0, 50.0]}
    held = changed(base, targets=pd.DataFrame(rows | {"cost": [0.0, 0.0]}))
    late = changed(base, targets=pd.DataFrame(rows | {"cost": [0.0, 0.0]}).tail(1))
    assert [row[3:] for row in grid(page_on(a=held, b=late), "Stock that counts").rows] == [
        ("a", "100 of 100", "150 of 200"),
        ("b", "none asked", "150 of 200"),
    ]


def test_maps_have_one_set_of_controls_and_their_data_once(placed: Plan, tmp_path: Path) -> None:
    """The view names those of the plans' pages, which alone hold numbers and places."""
    folders = [placed.save(tmp_path / name) for name in ("one", "two")]
    top = read(optimizer.report(folders, tmp_path / "report.html"))
    views = json.loads(top.all("script", id="views")[0].text)
    both, *maps = [view for view in views if view["kind"] == "map"]
    assert both["data"] == {}
    assert [pane["of"] for pane in both["panes"]] == [one["id"] for one in maps]
    assert [pane["name"] for pane in both["panes"]] == ["one", "two"]
    assert [pane["end"] for pane in both["panes"]] == [2030, 2030]
    assert all(one["data"]["places"] and not one["panes"] for one in maps)
    [view] = [one for one in top.all("div") if one.attributes.get("id") == both["id"]]
    assert len(view.all("div", class_="controls")) == 1
    assert [one.all("strong")[0].words for one in view.all("p", class_="said")] == ["one:", "two:"]
    assert len(view.all("div", class_="drawing")) == len(view.all("details")) == 2


def test_more_maps_than_can_be_read_are_on_their_own_pages(base: Plan, placed: Plan) -> None:
    """Four are drawn; the fifth, one without places and futures of one plan alone are named below."""
    plans = {f"p{number}": placed for number in range(MOST_MAPS + 1)}
    drawn = figure(page_on(**plans, bare=base), "The networks side by side")
    assert isinstance(drawn, View)
    assert [pane.name for pane in drawn.panes] == [f"p{number}" for number in range(MOST_MAPS)]
    assert any("the maps of p4 are on their own pages" in note for note in drawn.notes)
    assert any(note.endswith("in bare.") for note in drawn.notes)
    calm = changed(placed, scenarios=placed.scenarios.head(1))
    drawn = figure(page_on(a=placed, b=calm), "The networks side by side")
    assert "Futures of a that not all of these plans have are on its own page: export_ban." in drawn.notes
    assert not [one for one in page_on(a=placed, b=base).pictures if isinstance(one, View)]


def test_a_folder_without_a_plan_is_named(base: Plan, tmp_path: Path, made: Made) -> None:
    """It is left out of what is set side by side; where one plan is left, nothing is."""
    hard = base.instance.replace({"policy.budget.annual": 1.0, "markets.programs.demand.0.shortage_cost": None})
    none = Plan.read(optimizer.solve(hard, gap=0).save(tmp_path / "none"))
    page = page_on(a=base, b=none)
    assert page.answer == ("Only a of the 2 folders holds a plan: there is nothing to set side by side.",)
    assert any(alert.startswith("b: infeasible") for alert in page.alerts)
    assert not page.pictures
    assert [row[0] for row in grid(page, "The plans").rows] == ["a", "b"]
    page = page_on(a=base, b=none, c=base)
    assert any(alert.startswith("b: infeasible") for alert in page.alerts)
    assert grid(page, "Expected cost by category").heads == ("category", "a", "c")
    folders = [made["plan"], tmp_path / "none"]
    assert "There is no plan" in read(optimizer.report(folders, tmp_path / "report.html")).all("main")[0].words


def test_folders_of_one_name_are_told_apart(base: Plan) -> None:
    """By as many parts of their paths as it takes."""
    pages = [CONTENT.page(base, base.info, f"results/{year}/plan") for year in (2026, 2027)]
    assert list(named(pages)) == ["2026_plan", "2027_plan"]


def test_the_name_of_a_folder_stays_words(base: Plan, other: Plan, tmp_path: Path) -> None:
    """In sentences, heads and series; it becomes no element, and its semicolon splits nothing."""
    folders = [base.save(tmp_path / HOSTILE), other.save(tmp_path / "other")]
    top = read(optimizer.report(folders, tmp_path / "report.html"))
    assert not top.all("img")
    page = top.all("section", class_="page")[0]
    assert f"({HOSTILE})" in page.all("div", class_="answer")[0].words
    figures = json.loads(top.all("script", id="figures")[0].text)
    assert all("<" not in str(trace["name"]) for one in figures for trace in one["data"])


def test_every_plan_is_told_with_its_folder_and_state(made: Made, tmp_path: Path) -> None:
    """Where the page comes from: folders, SHA-256, dates; a copy of a folder is another plan of the same name."""
    copy = Path(shutil.copytree(made["plan"], tmp_path / "plan"))
    first, *_ = beside([page_of(made["plan"]), page_of(copy)])
    told = dict(first.provenance)
    assert len(told) == 2
    info = json.loads((copy / "plan.json").read_text(encoding="utf-8"))
    for folder, words in zip((made["plan"], copy), told.values(), strict=True):
        assert words.startswith(f"{folder}; instance two_plants; instance, SHA-256 {info['instance_sha256']}")
        assert info["made"] in words
