"""A report says what the commands say, of what the folders hold, and lets nothing in or out."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

import optimizer
from optimizer.briefs.brief import Brief
from optimizer.errors import OptionsError, PlanError
from optimizer.pages.html import html_of
from optimizer.pages.kinds import KINDS, WITHOUT_PAGE, kind_of
from optimizer.pages.page import Page
from optimizer.pages.pictures import Picture
from optimizer.plan.plan import Plan

from .conftest import Element, Made, Reader, read

NAMES = (
    "plan", "roll", "shortfall", "viability", "measures", "cuts", "calendar", "why", "verdicts", "flips", "comparison",
    "frontier", "alternatives", "waivers", "stress", "explain",
)  # fmt: skip
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)> =cmd(1) ../../etc/passwd </script> &amp; {{ 7 * 7 }}'


@pytest.fixture(scope="session")
def written(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One report on everything."""
    return optimizer.report(made.all, tmp_path_factory.mktemp("written") / "report.html")


def one_page(folder: Path, target: Path) -> Element:
    """The page of a folder."""
    top = read(optimizer.report([folder], target / "one.html"))
    [page] = top.all("section", class_="page")
    return page


def test_every_kind_is_made(made: Made) -> None:
    """The tests below see each kind of result that has a page."""
    assert set(made.found) == set(NAMES)
    assert {kind_of(folder).note for folder in made.all} == {kind.note for kind in KINDS}


@pytest.mark.parametrize("name", NAMES)
def test_a_page_says_what_its_command_says(made: Made, name: str) -> None:
    """What is read back from a folder is told in the same words as the result in memory."""
    kind = kind_of(made[name])
    told, again = Brief(), Brief()
    kind.content.say(told, made.found[name])
    kind.content.say(again, kind.read(made[name], json.loads((made[name] / kind.note).read_text(encoding="utf-8"))))
    assert again.parts == told.parts
    assert told.parts


@pytest.mark.parametrize("number", range(len(NAMES)), ids=NAMES)
def test_a_page_has_its_answer_tables_and_provenance(made: Made, written: Path, number: int) -> None:
    """The answer comes first, in five sentences at most; tables have captions, and heads that say what they head.

    The report has two plans, so it begins with the page that sets them side by side.
    """
    page = read(written).all("section", class_="page")[number + 1]
    [answer] = page.all("div", class_="answer")
    sentences = answer.all("p")
    assert 1 <= len(sentences) <= 5
    assert all(sentence.words.endswith(".") for sentence in sentences)
    assert page.all("h3")[0].words == "Answer"
    for table in page.all("table"):
        assert table.all("caption")[0].words
        heads = table.all("thead")[0].all("th")
        assert all(head.words and head.attributes["scope"] == "col" for head in heads)
        for row in table.all("tbody")[0].all("tr"):
            assert len(row.inside) == len(heads)
    note = json.loads((made[NAMES[number]] / kind_of(made[NAMES[number]]).note).read_text(encoding="utf-8"))
    told = page.all("dl")[0].words
    sha = note.get("instance_sha256") or note["baseline"]["instance_sha256"]
    assert sha in told
    assert note["made"] in told
    assert str(made[NAMES[number]]) in told


def test_pages_are_listed_and_headings_are_in_order(written: Path) -> None:
    """Every page has a link whose target is there; no level of heading is skipped."""
    top = read(written)
    links = [link.attributes["href"] for link in top.all("nav")[0].all("a")]
    assert links == [f"#{page.attributes['id']}" for page in top.all("section", class_="page")]
    levels = [int(level) for level in re.findall(r"<h([1-6])", written.read_text(encoding="utf-8").split("<script")[0])]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_pictures_are_told_in_words_and_drawn_from_data(written: Path) -> None:
    """Each place of a picture has a text alternative, and the data of just these pictures is in the file."""
    top = read(written)
    places = {one.attributes["id"]: one.attributes["aria-label"] for one in top.all("div", role="img")}
    figures = json.loads(top.all("script", id="figures")[0].text)
    assert {figure["id"] for figure in figures} == set(places)
    assert all(re.search(r"\d", words) or "fund" in words for words in places.values()), places
    assert all(trace["x"] for figure in figures for trace in figure["data"])


def test_money_is_told_in_one_unit_that_the_head_says(made: Made, tmp_path: Path) -> None:
    """10,000,000 USD of capex under a head that says M USD."""
    page = one_page(made["plan"], tmp_path)
    [table] = [one for one in page.all("table") if one.all("caption")[0].words == "Funded"]
    heads = [head.words for head in table.all("thead")[0].all("th")]
    plan = made.found["plan"].portfolio
    capex = [row.inside[heads.index("capex, M USD")].words for row in table.all("tbody")[0].all("tr")]
    assert sorted(float(cell) for cell in capex) == pytest.approx(sorted(plan["capex"] / 1e6))


def test_the_file_loads_nothing(written: Path) -> None:
    """No address but places in the file, no import in the style, and a policy that forbids the rest."""
    top = read(written)

    def every(one: Element) -> list[Element]:
        return [one, *(deep for inside in one.inside for deep in every(inside))]

    for one in every(top):
        for key in ("src", "href", "srcset", "data", "action", "poster"):
            assert one.attributes.get(key, "#").startswith("#"), one
        assert not any(key.startswith("on") for key in one.attributes), one
    style = top.all("style")[0].text
    assert "@import" not in style
    assert "url(" not in style
    policy = top.all("meta", **{"http-equiv": "Content-Security-Policy"})[0].attributes["content"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
    assert written.stat().st_size < 8_000_000


def test_a_file_without_pictures_has_no_script(made: Made, tmp_path: Path) -> None:
    """An explanation is words alone."""
    target = optimizer.report(made["explain"], tmp_path / "words.html")
    assert "<script" not in target.read_text(encoding="utf-8")
    assert target.stat().st_size < 100_000


@pytest.mark.parametrize("name", NAMES)
def test_hostile_words_stay_words(made: Made, tmp_path: Path, name: str) -> None:
    """A folder from elsewhere may hold anything: it is shown as it is, and runs nowhere.

    A plan's tables name what its instance has; there it is the instance that has such names.
    """
    folder = tmp_path / "folder"
    shutil.copytree(made[name], folder)
    kind = kind_of(folder)
    cell = '"' + HOSTILE.replace('"', '""') + '"'
    of_a_plan = name in ("plan", "roll")
    for file in () if of_a_plan else folder.glob("*.csv"):
        head, rest = file.read_text(encoding="utf-8").split("\n", 1)
        rest = re.sub(r"(?m)(^|(?<=[,;]))(home|abroad|changed)(?=,|$)", lambda _: cell, rest)
        file.write_text(f"{head}\n{rest}", encoding="utf-8")
    if of_a_plan:
        file = folder / "instance" / "instance.yaml"
        named = re.sub(
            r"(?m)^  (home|abroad):$", lambda found: f"{found[0]}\n    name: {json.dumps(HOSTILE)}", file.read_text()
        )
        assert named.count("alert(1)") == 2
        file.write_text(named, encoding="utf-8")
    note = json.loads((folder / kind.note).read_text(encoding="utf-8"))
    note["why"] = note["status"] = HOSTILE
    if "instance" in note and not of_a_plan:
        note["instance"] = HOSTILE
    told = json.dumps(note).replace('"changed"', json.dumps(HOSTILE))
    (folder / kind.note).write_text(told, encoding="utf-8")
    target = optimizer.report(folder, tmp_path / "report.html")
    text = target.read_text(encoding="utf-8")
    top = read(target)
    assert not top.all("img")
    own = [one for one in top.all("script") if one.attributes.get("id") != "figures"]
    assert all("alert(1)" not in one.text for one in own)
    assert HOSTILE in top.all("main")[0].words
    assert "<script>alert" not in text
    for figures in top.all("script", id="figures"):
        assert "<" not in figures.text
        for figure in json.loads(figures.text):
            for words in [trace.get("name", "") for trace in figure["data"]] + _labels(figure):
                assert "<" not in words


def _labels(figure: dict[str, Any]) -> list[str]:
    cells = [cell for trace in figure["data"] for axis in ("x", "y") for cell in trace[axis]]
    titles = [figure["layout"].get(axis, {}).get("title", {}).get("text", "") for axis in ("xaxis", "yaxis")]
    return [cell for cell in cells if isinstance(cell, str)] + titles


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("shortfall", {"status": "stopped"}),
        ("measures", {"status": "stopped"}),
        ("cuts", {"status": "stopped", "why": "it was interrupted"}),
        ("calendar", {"status": "partial", "why": "of 1 funding the last year is not proved"}),
        ("why", {"status": "stopped"}),
        ("verdicts", {"status": "stopped"}),
        ("flips", {"status": "stopped"}),
        ("comparison", {"status": "stopped"}),
        ("frontier", {"stopped_early": True}),
        ("alternatives", {"status": "stopped", "why": "it was interrupted"}),
        ("waivers", {"stopped_early": True}),
        ("stress", {"status": "stopped", "why": "it was interrupted"}),
        ("explain", {"status": "stopped", "why": "the time limit came first"}),
        ("plan", {"status": "feasible", "why": "the time limit came first"}),
    ],
)
def test_what_was_stopped_says_so_before_its_answer(
    made: Made, tmp_path: Path, name: str, change: dict[str, Any]
) -> None:
    """The note stands above the answer; a result that ended by itself has none."""
    assert not one_page(made[name], tmp_path).all("p", class_="alert")
    folder = tmp_path / "stopped"
    shutil.copytree(made[name], folder)
    file = folder / kind_of(folder).note
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | change), encoding="utf-8")
    page = one_page(folder, tmp_path)
    kinds = [one.attributes.get("class", "") for one in page.inside]
    assert "alert" in kinds
    assert kinds.index("alert") < kinds.index("answer")
    if "why" in change:
        assert change["why"] in page.all("p", class_="alert")[0].words


def test_a_plan_that_does_not_verify_says_so(made: Made, tmp_path: Path) -> None:
    """The verifier's verdict stands above the answer."""
    folder = tmp_path / "plan"
    shutil.copytree(made["plan"], folder)
    info = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    info["verdict"] |= {"ok": False, "summary": "3 rows do not hold"}
    (folder / "plan.json").write_text(json.dumps(info), encoding="utf-8")
    assert "3 rows do not hold" in one_page(folder, tmp_path).all("p", class_="alert")[0].words


def test_an_instance_without_a_plan_has_a_page(tmp_path: Path, made: Made) -> None:
    """It says what is missing."""
    plan = made.found["plan"]
    hard = plan.instance.replace({"policy.budget.annual": 1.0, "markets.programs.demand.0.shortage_cost": None})
    folder = optimizer.solve(hard, gap=0).save(tmp_path / "none")
    assert Plan.read(folder).status == "infeasible"
    page = one_page(folder, tmp_path)
    assert "There is no plan" in page.all("div", class_="answer")[0].words
    assert "programs" in page.words


def test_all_that_is_wrong_with_folders_is_said_at_once(made: Made, tmp_path: Path) -> None:
    """Missing, foreign, broken, of another format, half done, without a page: named in one pass, nothing written."""
    (tmp_path / "foreign").mkdir()
    cases = {"halved": "lines.csv", "newer": "", "begun": "", "words": "order.csv", "column": "levels.csv"}
    for name in cases:
        shutil.copytree(made["calendar" if name == "halved" else "cuts"], tmp_path / name)
    (tmp_path / "halved" / "lines.csv").unlink()
    note = json.loads((made["cuts"] / "cuts.json").read_text(encoding="utf-8"))
    (tmp_path / "newer" / "cuts.json").write_text(json.dumps(note | {"format": 2}), encoding="utf-8")
    (tmp_path / "begun" / "cuts.json").write_text(json.dumps({"of": "outlay"}), encoding="utf-8")
    order = tmp_path / "words" / "order.csv"
    head, *rest = order.read_text(encoding="utf-8").splitlines()
    place = head.split(",").index("saves")
    row = rest[0].split(",")
    row[place] = "much"
    order.write_text("\n".join([head, ",".join(row), *rest[1:]]) + "\n", encoding="utf-8")
    levels = tmp_path / "column" / "levels.csv"
    levels.write_text(levels.read_text(encoding="utf-8").replace("gives_up", "gives"), encoding="utf-8")
    (tmp_path / "json").mkdir()
    (tmp_path / "json" / "waivers.json").write_text("{", encoding="utf-8")
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "study.json").write_text("{}", encoding="utf-8")
    names = ["gone", "foreign", *cases, "json", "study"]
    with pytest.raises(PlanError) as caught:
        optimizer.report([made["plan"], *(tmp_path / name for name in names)], tmp_path / "report.html")
    faults = str(caught.value).splitlines()
    assert len(faults) == len(names)
    for name, words in {
        "gone": "is no folder", "foreign": "no result folder", "halved": "has no lines.csv", "newer": "format 2",
        "begun": "no result yet", "words": "saves holds what is no number", "column": "lacks the column gives_up",
        "json": "cannot be read", "study": "a study, which has no page",
    }.items():  # fmt: skip
        assert any(str(tmp_path / name) in fault and words in fault for fault in faults), name
    assert not (tmp_path / "report.html").exists()


def test_a_note_that_lacks_a_key_is_named(made: Made, tmp_path: Path) -> None:
    """A note that was tampered with is a fault of the folder, not of the program."""
    shutil.copytree(made["cuts"], tmp_path / "cuts")
    note = json.loads((tmp_path / "cuts" / "cuts.json").read_text(encoding="utf-8"))
    del note["spends"]
    (tmp_path / "cuts" / "cuts.json").write_text(json.dumps(note), encoding="utf-8")
    with pytest.raises(PlanError, match=r"cuts\.json is no note of a cut list .*spends"):
        optimizer.report(tmp_path / "cuts", tmp_path / "report.html")


def test_only_a_report_is_replaced(made: Made, tmp_path: Path) -> None:
    """An earlier report is; a file of somebody else, or a folder, is not."""
    target = tmp_path / "report.html"
    optimizer.report(made["explain"], target)
    before = target.read_bytes()
    optimizer.report(made["why"], target)
    assert target.read_bytes() != before
    (tmp_path / "mine.html").write_text("<p>mine</p>", encoding="utf-8")
    with pytest.raises(PlanError, match="no report"):
        optimizer.report(made["why"], tmp_path / "mine.html")
    assert (tmp_path / "mine.html").read_text(encoding="utf-8") == "<p>mine</p>"
    with pytest.raises(PlanError, match="is a folder"):
        optimizer.report(made["why"], tmp_path)
    with pytest.raises(OptionsError, match="given twice"):
        optimizer.report([made["why"], made["why"]], target)
    with pytest.raises(OptionsError, match="give a result folder"):
        optimizer.report([], target)


@pytest.mark.parametrize("library", ["jinja2", "plotly.offline"])
def test_what_is_not_installed_is_named(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    """With the way to install it."""
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(OptionsError, match=rf"needs {library.split('.', maxsplit=1)[0]}.*\[report\]"):
        optimizer.report(made["shortfall"], tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()


def test_two_pages_of_one_title_are_told_apart(made: Made, tmp_path: Path) -> None:
    """By their folders; the page on both has a title of its own."""
    top = read(optimizer.report([made["plan"], made.folder / "changed"], tmp_path / "two.html"))
    names = [link.words for link in top.all("nav")[0].all("a")]
    assert len(set(names)) == 3
    assert names[0] == "Plans side by side"
    assert str(made["plan"]) in names[1]


def test_a_folder_has_a_page_or_is_said_to_have_none() -> None:
    """No note is in both lists."""
    assert not {kind.note for kind in KINDS} & set(WITHOUT_PAGE)


def test_no_value_of_a_picture_ends_its_script() -> None:
    """Even one that nothing else has escaped: it comes back as it was, out of one script."""
    picture = Picture("title", "words", ({"type": "bar", "x": ["</script><script>alert(1)"], "y": [1.0]},), {})
    page = Page("title", "folder", (), ("Answer.",), (picture,), Brief(), ())
    reader = Reader()
    reader.feed(html_of([page]))
    [figures] = reader.top.all("script", id="figures")
    assert "<" not in figures.text
    assert json.loads(figures.text)[0]["data"][0]["x"] == ["</script><script>alert(1)"]
