"""Marked rows at the command line: the banner before anything else, `markings` in every document, and the cut."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import TINY, TINY_COST, call

MARKED = TINY.replace(
    "facilities:\n  plant:\n",
    "markings:\n"
    "  cui: {name: Controlled, banner: CUI}\n"
    "  acme: {name: Of Acme, banner: ACME PROPRIETARY}\n"
    "  spare: {name: Not in use, banner: SPARE}\n"
    "facilities:\n"
    "  other: {stage: magnet, country: USA, recipes: [make], capacity: 0, marking: [acme, cui], note: By Acme only}\n"
    "  plant:\n"
    "    marking: cui\n",
)
BANNER = "CUI; ACME PROPRIETARY"
DOCUMENT = {
    "cui": {"name": "Controlled", "banner": "CUI", "rows": 2},
    "acme": {"name": "Of Acme", "banner": "ACME PROPRIETARY", "rows": 1},
}


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a marked instance and its plan."""
    folder = tmp_path_factory.mktemp("marked")
    (folder / "tiny.yaml").write_text(MARKED, encoding="utf-8")
    called = call("solve", "tiny.yaml", folder=folder)
    assert called.code == 0, called.err
    assert called.out.splitlines()[0] == BANNER
    return folder


SAYING = (
    ("validate", "tiny.yaml"),
    ("verify", "results/tiny"),
    ("stock", "results/tiny"),
    ("why", "tiny.yaml", "plant", "-o", "results/why"),
)
"""Commands that print in each way there is."""


@pytest.mark.parametrize("words", SAYING, ids=lambda words: words[0])
def test_the_banner_is_the_first_line_and_markings_are_in_the_document(words: tuple[str, ...], marked: Path) -> None:
    """Whichever way a command prints, and once."""
    called = call(*words, folder=marked)
    assert called.code == 0, called.err
    assert called.out.splitlines()[0] == BANNER
    assert called.out.count("ACME PROPRIETARY") == 1
    assert call(*words, "--json", folder=marked).document["markings"] == DOCUMENT


@pytest.mark.parametrize(
    "words",
    [
        ("report", "results/tiny", "-o", "report.html"),
        ("workbook", "results/tiny", "-o", "tiny.xlsx"),
        ("plot", "results/tiny", "--figure", "service", "-o", "service.svg"),
    ],
    ids=lambda words: words[0],
)
def test_a_file_and_its_document_are_marked(words: tuple[str, ...], marked: Path) -> None:
    """What is written to a file says so in the document that tells of it."""
    called = call(*words, "--json", folder=marked)
    assert called.code == 0, called.err
    assert called.document["markings"] == DOCUMENT


def test_faults_and_no_plan_are_marked_on_standard_error(marked: Path, tmp_path: Path) -> None:
    """A fault may name what is marked."""
    (tmp_path / "bad.yaml").write_text(MARKED.replace("recipes: [make], capacity: 0", "recipes: [mak], capacity: 0"))
    called = call("validate", "bad.yaml", folder=tmp_path)
    assert (called.code, called.out) == (2, "")
    assert called.err.splitlines()[0] == BANNER
    called = call("validate", "bad.yaml", "--json", folder=tmp_path)
    assert (called.code, called.document["markings"]) == (2, DOCUMENT)
    hard = ("--set", "markets.programs.demand.magnet.shortage_cost=null", "-o", "results/hard")
    called = call("solve", "tiny.yaml", *hard, "--quiet", folder=marked)
    assert (called.code, called.out) == (1, "")
    assert called.err.splitlines()[0] == BANNER


def test_the_next_command_begins_anew(marked: Path, tiny: Path) -> None:
    """What one command has read is not said by the next."""
    assert call("validate", "tiny.yaml", folder=marked).out.startswith(BANNER)
    assert "CUI" not in call("validate", "tiny.yaml", folder=tiny).out
    assert "markings" not in call("validate", "tiny.yaml", "--json", folder=tiny).document


def test_a_version_to_hand_over(marked: Path) -> None:
    """All that goes is told; the cut solves to its own optimum, and says nothing of what is gone."""
    called = call("unmarked", "tiny.yaml", "-o", "partner", "--keep", "cui", folder=marked)
    assert called.code == 0, called.err
    assert called.out.splitlines()[0] == BANNER
    assert "tiny_unmarked: 1 marked row left out" in called.out
    assert [file.name for file in (marked / "partner").iterdir()] == ["instance.yaml"]
    text = (marked / "partner" / "instance.yaml").read_text(encoding="utf-8")
    assert not {"other", "Acme", "acme", "spare"} & set(text.replace(":", " ").split())
    called = call("solve", "partner", "--json", "--gap", 0, folder=marked)
    assert called.document["objective"] == pytest.approx(TINY_COST)
    assert called.document["markings"] == {"cui": DOCUMENT["cui"] | {"rows": 1}}
    called = call("unmarked", "tiny.yaml", "-o", "again", "--keep", "cui", "--json", folder=marked)
    assert [one["what"] for one in called.document["left_out"]] == ["facilities.other"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--keep", "ciu"), "there is no marking 'ciu' to keep; did you mean 'cui'?"),
        (("--keep", "cui", "--keep", "acme"), "tiny has no row with a marking besides cui, acme"),
        ((), "1 fault in tiny_unmarked"),
    ],
)
def test_where_nothing_is_written(words: tuple[str, ...], says: str, tmp_path: Path) -> None:
    """Exit 2, and no folder: an unknown label, nothing to leave out, a rest that is no instance."""
    text = MARKED.replace("materials: {magnet: {stage: magnet}}", "materials: {magnet: {stage: magnet}}\nfrictions: {}")
    text = text.replace("recipes: {make: {", "recipes: {make: {marking: cui, ") if not words else text
    text = text.replace("channels: {mdap: {}}", "channels: {mdap: {marking: cui}}") if not words else text
    (tmp_path / "tiny.yaml").write_text(text, encoding="utf-8")
    called = call("unmarked", "tiny.yaml", "-o", "made", *words, folder=tmp_path)
    assert called.code == 2
    assert says in called.err
    assert not (tmp_path / "made").exists()


def test_an_excerpt_of_a_plan(marked: Path) -> None:
    """No `plan.json`, so that nothing takes it for one; its note says what its figures rest on."""
    called = call("unmarked", "results/tiny", "-o", "excerpt", "--keep", "cui", folder=marked)
    assert called.code == 0, called.err
    assert "cannot be verified or planned from" in called.out
    note = json.loads((marked / "excerpt" / "excerpt.json").read_text(encoding="utf-8"))
    assert any("still rest on all rows" in line for line in note["notes"])
    called = call("verify", "excerpt", folder=marked)
    assert called.code == 2
    assert "plan.json" in called.err
    assert call("unmarked", "results/why", "-o", "other", folder=marked).code == 2
