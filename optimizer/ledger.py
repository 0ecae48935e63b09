"""The folder of a study: what it was asked, what was answered so far, and what came of it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.errors import PlanError
from optimizer.folders import whole_lines, write_new
from optimizer.instance.instance import Instance
from optimizer.plan.plan import Plan
from optimizer.plan.study_markings import with_study_markings

Row = dict[str, Any]


def refuse_other(folder: Path, note: str, what: str) -> None:
    """Refuse a folder that holds something else.

    Args:
        folder: where a study is to be written.
        note: name of the file that says what a folder holds.
        what: the same in words, with its article.

    Raises:
        PlanError: the folder is there, is not empty and has no such file.
    """
    if folder.exists() and not (folder / note).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise PlanError(f"{folder} is there already and holds no {_bare(what)}; name another one with -o")


class StudyFolder:
    """Keeps answers line by line as they come, so that a stopped study is gone on with.

    Without a folder nothing is kept.

    Attributes:
        folder: where; None where everything stays in memory.
    """

    def __init__(self, folder: Path | str | None, note: str, what: str) -> None:
        """Look at the folder.

        Args:
            folder: where; it may hold an earlier run of the same study.
            note: name of the file that says what the study is, and at the end what came of it.
            what: the same in words, with its article.

        Raises:
            PlanError: the folder holds something else.
        """
        self.folder = None if folder is None else Path(folder)
        self.note, self.what = note, what
        if self.folder is not None:
            refuse_other(self.folder, note, what)

    def noted(self) -> Row | None:
        """What the note there says; None where there is none.

        Raises:
            PlanError: it is no note.
        """
        file = None if self.folder is None else self.folder / self.note
        if file is None or not file.is_file():
            return None
        try:
            return dict(json.loads(file.read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            raise PlanError(f"{file} is no note of {self.what}; name another folder with -o") from error

    def begin(self, settings: Mapping[str, Any]) -> None:
        """Begin, or go on with the same study.

        Args:
            settings: what an answer depends on.

        Raises:
            PlanError: the folder holds a study with other settings.
        """
        if self.folder is None:
            return
        there = self.noted()
        if there is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.write_note(settings)
        else:
            self.refuse_changed(there, settings)

    def refuse_changed(self, there: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
        """Refuse a folder of the same kind of study that depends on something else.

        Args:
            there: settings of the earlier run.
            settings: those of this one.

        Raises:
            PlanError: a setting differs.
        """
        asked = json.loads(json.dumps(settings))
        other = " and ".join(key.replace("_", " ") for key, value in asked.items() if there.get(key) != value)
        if other:
            raise PlanError(f"{self.folder} holds {self.what} with another {other}; name another one with -o")

    def rows(self, name: str) -> list[Row]:
        """Lines of a file from before; one half written is dropped.

        Raises:
            PlanError: a line is none of ours.
        """
        file = None if self.folder is None else self.folder / name
        if file is None or not file.is_file():
            return []
        found = []
        for number, line in enumerate(whole_lines(file).splitlines(), 1):
            try:
                found.append(dict(json.loads(line)))
            except (ValueError, TypeError) as error:
                raise PlanError(f"{file}:{number} is no line of {self.what}; take the line out") from error
        return found

    def add_row(self, name: str, row: Mapping[str, Any]) -> None:
        """Add a line at once to a file."""
        if self.folder is None:
            return
        with (self.folder / name).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def plan_in(self, place: str) -> Plan | None:
        """The plan that is kept in a place of the folder, if there is one."""
        if self.folder is None or not (self.folder / place / "plan.json").is_file():
            return None
        return Plan.read(self.folder / place)

    def keep_in(self, place: str, plan: Plan) -> None:
        """Keep a plan in a place of the folder."""
        if self.folder is not None:
            plan.save(self.folder / place)

    def finish(
        self,
        info: Mapping[str, Any],
        tables: Mapping[str, pd.DataFrame],
        instances: Instance | Sequence[Instance],
    ) -> None:
        """Write what came of it, each file whole or not at all; the note last.

        Args:
            info: the note.
            tables: by name.
            instances: whose rows the tables name; where one is marked, they get a column that says so.
        """
        if self.folder is None:
            return
        for name, table in with_study_markings(instances, tables).items():
            write_new(self.folder / f"{name}.csv", table.to_csv(index=False, lineterminator="\n"))
        self.write_note(info)

    def write_note(self, info: Mapping[str, Any]) -> None:
        """Write the note."""
        if self.folder is not None:
            text = json.dumps(info, indent=2, ensure_ascii=False, allow_nan=False)
            write_new(self.folder / self.note, text + "\n")


def _bare(what: str) -> str:
    return what.removeprefix("a ").removeprefix("an ")
