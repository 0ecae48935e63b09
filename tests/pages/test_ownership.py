"""The graph of who owns what trusted supply rests on: shares by hand, and against the exposures of the plan."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.build import instance_of

import optimizer
from optimizer.instance.yaml12 import read_yaml
from optimizer.pages.graphs import ROW, drawn_of
from optimizer.pages.network.ownership import AGAINST, HOLDER, LESS, owned_of, ownership
from optimizer.pages.pictures import Graph, Mark
from optimizer.plan.plan import Plan

from .conftest import NAME, ROOT, read

ALL = 1e-6
OWNERS: dict[str, Any] = {
    "maker": {"country": "USA", "owners": {"fund": 0.5, "dragon": 0.1}},
    "fund": {"country": "VNM", "owners": {"dragon": 0.2}},
    "dragon": {"country": "CHN", "owners": {"state": 0.9}},
    "state": {"country": "CHN"},
}


def two_plants() -> dict[str, Any]:
    """As plain data."""
    file = ROOT / "docs" / "examples" / "two_plants.yaml"
    return dict(read_yaml(file.read_text(encoding="utf-8"), file.name).data)


def plan_of(owners: dict[str, Any], **held: Any) -> Plan:
    """The two plants with owners: what is held by whom, by plant."""
    data = two_plants()
    data["countries"] |= {"CHN": "adversary", "VNM": "exposed"}
    data["owners"] = owners
    data["channels"]["open"] = {}
    for plant, holders in held.items():
        data["facilities"][plant]["owners"] = holders
    return optimizer.solve(instance_of(data), gap=0)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_of(OWNERS, home={"maker": 0.6, "fund": 0.4})


def test_shares_are_products_along_every_way_up(plan: Plan) -> None:
    """Home is held by the maker and its fund; the dragon has a part through both, and nobody stands above it."""
    found = owned_of(plan)
    assert set(found.plants) == {"home", "abroad"}
    had = found.of("home")
    assert had == pytest.approx({"maker": 0.6, "fund": 0.4 + 0.6 * 0.5, "dragon": 0.6 * 0.1 + 0.7 * 0.2})
    assert had["dragon"] == pytest.approx(found.plants["home"])
    assert {name: found.column[name] for name in ("maker", "fund", "dragon")} == {"maker": 1, "fund": 2, "dragon": 3}
    assert found.exposed == pytest.approx({"maker": 0.2, "fund": 0.2, "dragon": 1.0})


def test_the_graph_says_through_whom(plan: Plan) -> None:
    """In words, marks, lines and a table; a plant without a listed holder is named below."""
    graph = ownership(plan)
    assert graph is not None
    assert graph.words == (
        "1 plant and 3 holders. An adversary has a part in 1 plant: home 20.0%; through dragon (CHN)."
    )
    assert graph.notes[0] == "No holder is listed of abroad."
    assert [[mark.name + mark.end for mark in column] for column in graph.columns] == [
        ["home 20.0%"], ["maker (USA)"], ["fund (VNM)"], ["dragon (CHN)"],
    ]  # fmt: skip
    assert [column[0].kind for column in graph.columns[1:]] == [HOLDER, LESS, AGAINST]
    assert all(link.leads for link in graph.links)
    assert len(graph.links) == 5
    assert [row[1:] for row in graph.grid.rows] == [
        ("maker (USA)", "60.0%", "directly", "domestic"),
        ("fund (VNM)", "70.0%", "maker (USA) and directly", "exposed"),
        ("dragon (CHN)", "20.0%", "maker (USA) and fund (VNM)", "adversary"),
    ]


def test_where_no_way_leads_to_an_adversary_it_says_so() -> None:
    """And where nobody is listed there is no graph."""
    graph = ownership(plan_of({"maker": {"country": "USA"}}, home={"maker": 1.0}, abroad={"maker": 0.5}))
    assert graph is not None
    assert graph.words == "2 plants and 1 holder. No listed holder leads to an adversary."
    assert not any(link.leads for link in graph.links)
    assert ownership(plan_of({"maker": {"country": "USA"}})) is None


def test_a_plant_that_changes_hands_stands_with_its_most_exposed_holders() -> None:
    """Home is the dragon's in part until it is built; once it is, it runs in the other state alone."""
    data = two_plants()
    data["countries"] |= {"CHN": "adversary"}
    data["owners"] = {"dragon": {"country": "CHN"}, "maker": {"country": "USA"}}
    data["channels"]["open"] = {}
    data["facilities"]["abroad"]["capacity"] = 100  # so that home runs in 2027 too
    home = data["facilities"]["home"]
    home |= {"capacity": 50, "owners": {"dragon": 0.3, "maker": 0.7}}
    home["options"][0]["sets"] = {"owners": {"maker": 1.0}}
    found = owned_of(optimizer.solve(instance_of(data), gap=0))
    assert found.plants["home"] == pytest.approx(0.3)
    assert found.years["home"] == 2027
    assert found.of("home") == pytest.approx({"dragon": 0.3, "maker": 0.7})


def test_shares_of_adversaries_are_the_exposure_of_the_plan() -> None:
    """On the reference plan: what the graph adds up is what the model counts, plant by plant."""
    found = owned_of(Plan.read(ROOT / "results" / "us_allied_2026"))
    assert len(found.plants) > 40
    for plant, exposure in found.plants.items():
        against = sum(share for owner, share in found.of(plant).items() if found.tiers[owner] == "adversary")
        assert against == pytest.approx(exposure, abs=ALL), plant
    assert sum(exposure > ALL for exposure in found.plants.values()) == 5


def test_holdings_that_meet_again_and_again_are_no_matter() -> None:
    """Forty floors of two that both hold both below: two ways up each, and more ways in all than can be walked."""
    floors = 40
    owners: dict[str, Any] = {}
    for floor in range(floors):
        above = {f"{side}{floor + 1}": 0.5 for side in "ab"} if floor + 1 < floors else {}
        owners |= {f"{side}{floor}": {"country": "JPN", "owners": above} for side in "ab"}
    found = owned_of(plan_of(owners, home={"a0": 0.5, "b0": 0.5}))
    assert found.of("home") == pytest.approx(dict.fromkeys(owners, 0.5))
    graph = ownership(plan_of(owners, home={"a0": 0.5, "b0": 0.5}))
    assert graph is not None
    assert len(graph.columns) == floors + 1


def test_marks_have_room(plan: Plan) -> None:
    """None on another, names cut to their room but never in their end, lines that lead on top."""
    graph = ownership(plan)
    assert graph is not None
    crowd = tuple(Mark("a very long name of somebody " * 6, HOLDER, "", f" ({n})") for n in range(9))
    many = replace(graph, columns=(graph.columns[0], crowd), heads=graph.heads[:2], links=())
    drawn = drawn_of(many)
    ys = sorted(one.y for one in drawn.marks[1])
    assert all(after - before >= ROW for before, after in itertools.pairwise(ys))
    assert drawn.height > ys[-1]
    for number, one in enumerate(drawn.marks[1]):
        assert one.name.endswith(f"… ({number})")
        assert one.after <= drawn.width
    drawn = drawn_of(graph)
    assert all(line.x1 < line.x2 for line in drawn.lines)
    leads = [line.leads for line in drawn_of(_some_lead(graph)).lines]
    assert leads == sorted(leads)


def _some_lead(graph: Graph) -> Graph:
    return replace(graph, links=tuple(replace(link, leads=n % 2 == 0) for n, link in enumerate(graph.links)))


def test_hostile_names_are_words_in_the_drawing(plan: Plan, tmp_path: Path) -> None:
    """On a page and on paper, and the page has the graph with its text alternative."""
    folder = plan.save(tmp_path / "plan")
    file = folder / "instance" / "instance.yaml"
    text = file.read_text(encoding="utf-8")
    changed = text.replace("  dragon:\n", f"  dragon:\n    name: {json.dumps(NAME)}\n", 1)
    assert changed != text
    file.write_text(changed, encoding="utf-8")
    page = optimizer.report(folder, tmp_path / "report.html")
    whole = page.read_text(encoding="utf-8")
    assert NAME not in whole
    (drawing,) = [one for one in read(page).all("svg", role="img") if "holders" in one.attributes["aria-label"]]
    assert NAME in drawing.attributes["aria-label"]
    assert any(NAME in one.words for one in drawing.all("title"))
    for suffix in ("svg", "png", "pdf"):
        assert optimizer.plot(folder, "ownership", tmp_path / f"ownership.{suffix}").stat().st_size > 1000


def test_a_plan_without_listed_holders_has_no_such_figure(tmp_path: Path) -> None:
    """It is refused by name."""
    bare = plan_of({"maker": {"country": "USA"}})
    with pytest.raises(optimizer.OptionsError, match="no holder of a plant there is listed"):
        optimizer.plot(bare, "ownership", tmp_path / "ownership.svg")
