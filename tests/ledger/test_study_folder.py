"""The folder of a study: gone on with, never mixed up, nothing half written in it."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import optimizer
from optimizer.errors import PlanError
from optimizer.ledger import StudyFolder, refuse_other

NOTE, LINES = "study.json", "rows.jsonl"
SETTINGS = {"instance": "a", "keys": ("b", "c")}


def begun(folder: Path | None, settings: dict[str, object] | None = None) -> StudyFolder:
    made = StudyFolder(folder, NOTE, "a study of things")
    made.begin(SETTINGS if settings is None else settings)
    return made


def test_the_same_study_goes_on(tmp_path: Path) -> None:
    """Rows are there again, without the half of one that was being written when it was killed."""
    folder = tmp_path / "out"
    first = begun(folder)
    first.add_row(LINES, {"n": 1, "name": "Fürth"})
    first.add_row(LINES, {"n": 2})
    with (folder / LINES).open("a", encoding="utf-8") as file:
        file.write('{"n": 3, "na')
    again = begun(folder)
    assert again.rows(LINES) == [{"n": 1, "name": "Fürth"}, {"n": 2}]
    again.add_row(LINES, {"n": 4})
    assert [row["n"] for row in begun(folder).rows(LINES)] == [1, 2, 4]


def test_another_study_is_refused_with_what_differs(tmp_path: Path) -> None:
    """By the names of all settings that are not the same; a list is the same as a tuple."""
    begun(tmp_path / "out")
    with pytest.raises(PlanError, match="holds a study of things with another instance and of whom; name another"):
        begun(tmp_path / "out", {"instance": "z", "keys": ["b", "c"], "of_whom": 1})


def test_what_is_none_of_ours_is_left_alone(tmp_path: Path) -> None:
    """A folder with something else, a file in its place, a note or a line that is none; an empty folder is taken."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    for name in ("other", "file"):
        with pytest.raises(PlanError, match="is there already and holds no study of things"):
            begun(tmp_path / name)
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["thesis.txt"]
    (tmp_path / "empty").mkdir()
    assert begun(tmp_path / "empty").rows(LINES) == []
    (tmp_path / "empty" / LINES).write_text("[1]\n{}\n", encoding="utf-8")
    with pytest.raises(PlanError, match=r"rows\.jsonl:1 is no line of a study of things"):
        begun(tmp_path / "empty").rows(LINES)
    (tmp_path / "empty" / NOTE).write_text("{", encoding="utf-8")
    with pytest.raises(PlanError, match="is no note of a study of things"):
        begun(tmp_path / "empty")
    with pytest.raises(PlanError, match="holds no egg"):
        refuse_other(tmp_path / "other", NOTE, "an egg")


def test_it_ends_with_tables_and_a_note_that_begins_again(tmp_path: Path) -> None:
    """What is written last says all that was asked, and no file of the way there is left."""
    folder = tmp_path / "out"
    begun(folder).finish(SETTINGS | {"found": 1.5}, {"table": pd.DataFrame({"a": [1]})}, ())
    assert sorted(path.name for path in folder.iterdir()) == [NOTE, "table.csv"]
    assert json.loads((folder / NOTE).read_text(encoding="utf-8")) == {
        "instance": "a", "keys": ["b", "c"], "found": 1.5,
    }  # fmt: skip
    begun(folder)


def test_tables_say_what_is_marked_of_what_they_name(tmp_path: Path) -> None:
    """Of an instance with marked rows, where a table names any; what is in memory stays as it is."""
    two = optimizer.load(Path(__file__).parents[2] / "docs" / "examples" / "two_plants.yaml")
    marked = two.replace({"markings": {"cui": {"name": "a", "banner": "A"}}, "facilities.home.marking": "cui"})
    table, other = pd.DataFrame({"facility": ["home", "abroad"]}), pd.DataFrame({"a": [1]})
    begun(tmp_path / "marked").finish(SETTINGS, {"table": table, "other": other}, marked)
    assert (tmp_path / "marked" / "table.csv").read_text(encoding="utf-8") == "facility,marking\nhome,cui\nabroad,\n"
    assert (tmp_path / "marked" / "other.csv").read_text(encoding="utf-8") == "a\n1\n"
    assert list(table.columns) == ["facility"]
    begun(tmp_path / "plain").finish(SETTINGS, {"table": table}, two)
    assert (tmp_path / "plain" / "table.csv").read_text(encoding="utf-8") == "facility\nhome\nabroad\n"


def test_without_a_folder_nothing_is_kept() -> None:
    """The same calls, and no file."""
    memory = begun(None)
    memory.add_row(LINES, {"n": 1})
    memory.finish({}, {}, ())
    assert memory.rows(LINES) == []
    assert memory.noted() is None
