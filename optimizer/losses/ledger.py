"""Keeps the answers of a stress test as they come, so that a stopped one is gone on with."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from optimizer.folders import settle, whole_lines, write_new
from optimizer.instance.instance import Instance
from optimizer.instance.marks import MARKING
from optimizer.ledger import StudyFolder
from optimizer.losses.operator import Answer, Line
from optimizer.losses.search import Names
from optimizer.plan.study_markings import Labels

NOTE = "stress.json"
SETS = "sets.csv"
COLUMNS = ("duration", "onset", "size", "lost", "lean", "short", "used", "lines", "lps", "seconds")
"""A row for each set answered; names joined by `;`, `*` for everything; `short` blank where it cannot be answered;
`lines` as market:line:period=tonnes."""

Key = tuple[int, int, Names, bool]
"""(duration, onset, losses, whether little use was sought)."""


class Ledger(StudyFolder):
    """A folder with the settings of a stress test and the answers so far."""

    def __init__(self, folder: Path, settings: dict[str, Any], instance: Instance) -> None:
        """Begin, or go on with a test of the same plan, losses and markets.

        Args:
            folder: where; it may hold an earlier stress test with the same settings.
            settings: what an answer depends on.
            instance: whose rows sets name; where one is marked, the table has a column that says so.

        Raises:
            PlanError: the folder holds something else, or another test.
        """
        super().__init__(folder, NOTE, "a stress test")
        self.begin(settings)
        self._file, self._labels = folder / SETS, Labels(instance)
        self._known: dict[Key, Answer] = self._read()

    def known(self, key: Key) -> Answer | None:
        """The answer to a set; one of little use serves where that was not asked for."""
        duration, onset, names, lean = key
        return self._known.get((duration, onset, names, True)) or (None if lean else self._known.get(key))

    def add(self, key: Key, answer: Answer, seconds: float) -> None:
        """Add an answer at once to the file."""
        duration, onset, names, lean = key
        self._known[key] = answer
        row = (duration, onset, len(names), ";".join(sorted(names)), "yes" if lean else "no")
        short = "" if answer.short is None else answer.short
        with self._file.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            used, lines = ";".join(sorted(answer.used)), _text(answer.lines)
            cells = [*row, short, used, lines, answer.lps, round(seconds, 4)]
            named = {"lost": row[3], "used": used, "markets": lines}
            writer.writerow([*cells, self._labels.of(named)] if self._labels.due else cells)

    def settle(self) -> None:
        """Bring the rows into the order of durations and onsets: they come as workers end."""
        settle(self._file, lambda row: (int(row["duration"]), int(row["onset"])))

    def _read(self) -> dict[Key, Answer]:
        if not self._file.exists() or not whole_lines(self._file):
            heads = (*COLUMNS, MARKING) if self._labels.due else COLUMNS
            write_new(self._file, ",".join(heads) + "\n")
        found: dict[Key, Answer] = {}
        with self._file.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                lean = row["lean"] == "yes"
                short = float(row["short"]) if row["short"] else None
                answer = Answer(short, _names(row["used"]), lean, _lines(row["lines"]), int(row["lps"]))
                found[int(row["duration"]), int(row["onset"]), _names(row["lost"]), lean] = answer
        return found


def _names(text: str) -> Names:
    return frozenset(text.split(";")) if text else frozenset()


def _text(lines: Mapping[Line, float]) -> str:
    return ";".join(f"{market}:{number}:{period}={tonnes!r}" for (market, number, period), tonnes in lines.items())


def _lines(text: str) -> dict[Line, float]:
    found: dict[Line, float] = {}
    for part in text.split(";") if text else ():
        line, _, tonnes = part.partition("=")
        market, number, period = line.split(":")
        found[market, int(number), int(period)] = float(tonnes)
    return found
