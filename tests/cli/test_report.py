"""`optimizer report`, as it is typed."""

from __future__ import annotations

from pathlib import Path

from .conftest import call


def test_a_report_of_a_plan_and_what_was_asked_of_it(tiny: Path) -> None:
    """Result folders in the order of the pages; the file is named at the end."""
    assert call("solve", "tiny.yaml", folder=tiny).code == 0
    assert call("why", "tiny.yaml", "plant", "-o", "results/why", folder=tiny).code == 0
    called = call("report", "results/tiny", "results/why", folder=tiny)
    assert called.code == 0, called.err
    assert "written to report.html" in called.err
    text = (tiny / "report.html").read_text(encoding="utf-8")
    assert text.index("Plan of tiny") < text.index("Why plant is funded or not")
    called = call("report", "results/tiny", "-o", "other.html", "--json", folder=tiny)
    assert called.document == {"file": "other.html", "folders": ["results/tiny"]}


def test_a_figure_of_a_plan(tiny: Path) -> None:
    """The file is named; a figure that is none ends with 2 and lists those there are."""
    assert call("solve", "tiny.yaml", folder=tiny).code == 0
    called = call("plot", "results/tiny", "--figure", "service", "-o", "service.svg", folder=tiny)
    assert called.code == 0, called.err
    assert "written to service.svg" in called.err
    called = call("plot", "results/tiny", "--figure", "pie", "-o", "pie.svg", folder=tiny)
    assert called.code == 2
    assert "map, flow, timeline" in called.err
    assert not (tiny / "pie.svg").exists()


def test_folders_that_are_none_end_with_2(tiny: Path) -> None:
    """Both are named, and no file is there."""
    called = call("report", "results/gone", "results/lost", "-o", "out.html", folder=tiny)
    assert called.code == 2
    assert "results/gone" in called.err
    assert "results/lost" in called.err
    assert not (tiny / "out.html").exists()


def test_why_does_not_replace_what_is_no_answer_of_it(tiny: Path) -> None:
    """A folder that holds something else is refused before anything is solved."""
    called = call("why", "tiny.yaml", "plant", "-o", ".", folder=tiny)
    assert called.code == 2
    assert "holds no answer of why" in called.err
