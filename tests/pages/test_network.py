"""What the figures of a plan show is what its tables hold: positions, states, what moves, and shares."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest

import optimizer
from optimizer.errors import OptionsError, PlanError
from optimizer.pages.network.balance import BEFORE, OTHER, USERS, moved_of, stages_in_order
from optimizer.pages.network.charts import service, timeline
from optimizer.pages.network.drawn_map import map_of
from optimizer.pages.network.figures import FIGURES
from optimizer.pages.network.geography import HEIGHT, WIDTH, on_paper, outlines, rings
from optimizer.pages.network.standing import BUILDING, LOST, NOTHING, ON_LINE, STANDS, standing_of
from optimizer.pages.pictures import Shares, View, percent, shade
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan

from .conftest import NAME, Made, read


def test_places_are_where_equal_earth_has_them() -> None:
    """The middle of the map's width is Greenwich; the formula's edge is 2.7063 radii east, its pole 1.3173 north."""
    assert on_paper(0.0, 0.0)[0] == pytest.approx(WIDTH / 2)
    assert on_paper(0.0, 180.0)[0] == pytest.approx(WIDTH)
    top, equator, bottom = (on_paper(lat, 0.0)[1] for lat in (80.0, 0.0, -57.0))
    assert top == pytest.approx(0.0)
    assert bottom == pytest.approx(HEIGHT)
    assert equator - on_paper(90.0, 0.0)[1] == pytest.approx(1.3173628 * WIDTH / (2 * 2.7066300))


def test_outlines_are_countries_and_nothing_but_numbers() -> None:
    """Rings close, Washington lies inside one and the middle of the Pacific in none; the path is numbers alone."""
    assert all(ring[0] == ring[-1] for ring in rings())

    def inside(lat: float, lon: float) -> bool:
        x, y = on_paper(lat, lon)
        crossed = 0
        for ring in rings():
            for (x1, y1), (x2, y2) in itertools.pairwise(ring):
                if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
                    crossed += 1
        return crossed % 2 == 1

    assert inside(38.9, -77.3)
    assert inside(35.0, 105.0)
    assert not inside(0.0, -150.0)
    assert re.fullmatch(r"[Mlz0-9 .\-]+", outlines())


def test_a_plant_is_what_the_tables_say(made: Made) -> None:
    """Abroad stands and is lost in the ban; home is nothing, built, on line."""
    plan = Plan.read(made["plan"])
    standing = standing_of(plan)
    online = {row.facility: (row.funded, row.online) for row in rows_of(plan.portfolio)}
    for name in ("home", "abroad"):
        for year, letter in zip(standing.periods, standing.of[name]["trunk"], strict=True):
            funded, on = online.get(name, (9999, 9999))
            usual = STANDS if name == "abroad" else NOTHING
            expected = ON_LINE if year >= on else BUILDING if year >= funded else usual
            assert letter == expected, (name, year)
    [ban] = [n for n, future in enumerate(standing.futures) if future.id == "export_ban"]
    path = standing.futures[ban].path
    assert path[0] == "trunk"
    assert path[1] == "export_ban"
    assert standing.of["abroad"]["export_ban"][1] == LOST
    assert standing.kept["export_ban", standing.periods[1], "abroad"] == 0.0
    counts = standing.counts(ban, 1)
    assert counts[LOST] == 1
    assert sum(counts.values()) <= 2


def test_what_moves_is_what_is_made_and_used(made: Made) -> None:
    """Tonnes to users are those of the table of demand; tonnes out of the stage are what runs make."""
    plan = Plan.read(made["plan"])
    moved = moved_of(plan)
    for (course, period), many in moved.items():
        mine = (plan.demand["scenario"] == course) & (plan.demand["period"] == period)
        delivered = plan.demand.loc[mine, "delivered"].sum()
        assert sum(t for _, end, _, t in many if end[0] == USERS) == pytest.approx(delivered)
        runs = (plan.runs["scenario"] == course) & (plan.runs["period"] == period)
        assert sum(t for begin, _, _, t in many if begin[0] == "magnet") == pytest.approx(
            plan.runs.loc[runs, "run"].sum()
        )
        assert not any(begin[0] == BEFORE or end[0] == OTHER for begin, end, *_ in many)


def test_stages_stand_so_that_least_goes_back() -> None:
    """A chain given out of order is put in order; recycling's small way back does not turn it round."""
    a, b, c = (("mine", "k"), ("melt", "k"), ("press", "k"))
    moved = {("trunk", 1): [(a, b, "ore", 10.0), (b, c, "metal", 9.0), (c, b, "scrap", 2.0)]}
    assert stages_in_order(moved, ["press", "mine", "melt"]) == ["mine", "melt", "press"]


def test_service_and_shades(made: Made) -> None:
    """Each cell is delivered over asked; a shade is darker the more is lacking, and 100 % is all of it."""
    plan = Plan.read(made["plan"])
    [table] = service(plan)
    demand = plan.demand
    for name, cells in table.rows:
        for head, share in zip(table.heads, cells, strict=True):
            year = int(head)
            course = (
                "export_ban"
                if name == "export_ban" and ((demand["scenario"] == "export_ban") & (demand["period"] == year)).any()
                else "trunk"
            )
            rows = demand[(demand["scenario"] == course) & (demand["period"] == year)]
            assert share == pytest.approx(1 - rows["short"].sum() / rows["demand"].sum())
    assert [shade(share, low_is_bad=True) for share in (None, 1.0, 0.99, 0.92, 0.8, 0.6, 0.2)] == [0, 0, 1, 2, 3, 4, 5]
    assert [shade(share, low_is_bad=False) for share in (0.0, 0.04, 0.3, 1.0)] == [0, 1, 4, 5]
    assert [percent(share) for share in (1.0, 0.9999, 0.99985, 0.5, 0.0)] == [
        "100 %",
        "99.9 %",
        "99.9 %",
        "50.0 %",
        "0 %",
    ]


def test_bars_of_what_is_funded_end_with_its_life_and_the_horizon(made: Made) -> None:
    """Home: built from funding to on line, then at full size to the end of 2029."""
    plan = Plan.read(made["plan"])
    picture = timeline(plan)
    assert picture is not None
    traces = {trace["name"]: trace for trace in picture.data}
    for n, row in enumerate(rows_of(plan.portfolio.sort_values(["funded", "online", "facility"]))):
        assert traces["being built"]["base"][n] == row.funded
        assert traces["being built"]["x"][n] == row.online - row.funded
        assert traces["at full size"]["base"][n] + traces["at full size"]["x"][n] == 2030


def test_a_map_needs_a_place_and_says_who_has_none(made: Made, placed: Plan) -> None:
    """Without any there is none; with one there is, and the other plant is named below it."""
    assert map_of(Plan.read(made["plan"])) is None
    drawn = map_of(placed)
    assert isinstance(drawn, View)
    assert any("1 facility has no place" in note and "abroad" in note for note in drawn.notes)
    [place] = drawn.data["places"]
    assert place["at"] == [round(x, 1) for x in on_paper(40.0, -100.0)]
    assert drawn.data["facilities"] == [[NAME, "USA", "magnet"]]
    assert json.loads(json.dumps(drawn.data, allow_nan=False))


def test_hostile_names_are_words_on_page_and_paper(placed: Plan, tmp_path: Path) -> None:
    """In the map's data and in bars, and as text of an SVG; a `$` begins no mathematics."""
    folder = placed.save(tmp_path / "plan")
    target = optimizer.report(folder, tmp_path / "report.html")
    top = read(target)
    assert not [one for one in top.all("script") if one.text.strip() == "alert(1)"]
    [views] = top.all("script", id="views")
    assert "<" not in views.text
    assert any(NAME in json.dumps(view, ensure_ascii=False).replace('\\"', '"') for view in json.loads(views.text))
    assert "<script>alert" not in target.read_text(encoding="utf-8")
    file = optimizer.plot(placed, "timeline", tmp_path / "bars.svg")
    text = file.read_text(encoding="utf-8")
    assert "<script" not in text
    assert "trusted-supply-optimizer" in text


@pytest.mark.parametrize("suffix", ["svg", "png", "pdf"])
def test_a_figure_is_the_same_bytes_twice(placed: Plan, tmp_path: Path, suffix: str) -> None:
    """Whatever the format; the second replaces the first, and a file of somebody else is left alone."""
    file = tmp_path / f"map.{suffix}"
    first = optimizer.plot(placed, "map", file, year=2028, future="export_ban").read_bytes()
    assert optimizer.plot(placed, "map", file, year=2028, future="export_ban").read_bytes() == first
    file.write_bytes(b"mine")
    with pytest.raises(PlanError, match="no figure of this package"):
        optimizer.plot(placed, "map", file)
    assert file.read_bytes() == b"mine"


def test_every_figure_that_there_is_can_be_drawn(made: Made, tmp_path: Path) -> None:
    """On paper each has its file, and each that lacks data says what is missing."""
    plan = Plan.read(made["plan"])
    drawn = []
    for name in FIGURES:
        try:
            drawn.append(optimizer.plot(plan, name, tmp_path / f"{name}.svg").stem)
        except OptionsError as error:
            assert f"no data for the figure {name}: " in str(error)  # noqa: PT017
    assert {"flow", "timeline", "service", "cost"} <= set(drawn)
    assert "map" not in drawn


def test_all_that_is_wrong_with_a_figure_is_said_at_once(placed: Plan, tmp_path: Path) -> None:
    """Name and format in one pass, year and future in another; the names there are are listed."""
    with pytest.raises(OptionsError) as caught:
        optimizer.plot(placed, "chart", tmp_path / "chart.gif")
    assert ", ".join(FIGURES) in str(caught.value)
    assert ".svg, .png or .pdf" in str(caught.value)
    with pytest.raises(OptionsError) as caught:
        optimizer.plot(placed, "map", tmp_path / "map.svg", year=2050, future="peace")
    assert "2027, 2028, 2029" in str(caught.value)
    assert "base, export_ban" in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_without_matplotlib_it_says_what_to_install(
    placed: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The extra is named."""
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    with pytest.raises(OptionsError, match=r"needs matplotlib.*\[plot\]"):
        optimizer.plot(placed, "timeline", tmp_path / "bars.svg")


def test_a_page_says_how_each_rule_is_met(made: Made, tmp_path: Path) -> None:
    """A row for every rule of the note, with its status."""
    top = read(optimizer.report(made["plan"], tmp_path / "report.html"))
    rules: list[dict[str, Any]] = Plan.read(made["plan"]).info["rules"]
    told = [t for t in top.all("table") if t.all("caption")[0].words.startswith("How the plan meets")]
    assert len(told) == (1 if rules else 0)
    for table in told:
        assert len(table.all("tbody")[0].all("tr")) == len(rules)
    assert top.all("table", class_="shares")
    assert isinstance(next(iter(service(Plan.read(made["plan"])))), Shares)
