"""The tables of a study without the rows that name something left out."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any

import pandas as pd

from optimizer.errors import OptionsError, PlanError
from optimizer.instance.fields import Record
from optimizer.instance.instance import Instance
from optimizer.instance.marks import MARKING, about, each_row
from optimizer.instance.write import sha256
from optimizer.instance.yaml12 import Path
from optimizer.plan.study_markings import NamedInStudies, along
from optimizer.unmarking.cut import Cut
from optimizer.unmarking.excerpt import FORMAT
from optimizer.unmarking.texts import remaining

SAYS = (
    "This is an excerpt of the tables of a study: rows that name something marked, or something that went with it, are "
    "left out, and so are columns and tables that do.",
    "Nothing can be gone on with or reported from it: sums over rows are not those of the study.",
    "Figures that are here still rest on all rows of the whole instance, the marked ones too.",
    "The instance beside it is the one without the marked rows; the study was not made of it.",
)
"""What an excerpt says of itself."""
WORDS = (
    "breaks",
    "dates",
    "detail",
    "instead",
    "label",
    "note",
    "reason",
    "requirement",
    "text",
    "what",
    "why",
    "words",
)
"""Columns of sentences, which may tell of anything."""
BY_NUMBER = ("line", "link", "rule", "target")
"""Columns that name a row of a list by its number."""


@dataclass(slots=True)
class Excerpt:
    """What is left of a study.

    Attributes:
        tables: by name.
        rows: how many are left out, by table.
        columns: that are left out, as table.column.
        refused: tables that are left out whole, and why.
        files: of the folder that are not in it: notes, answers, plans.
    """

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    columns: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)


def note_in(folder: File) -> tuple[str, dict[str, Any]]:
    """The note of a study's folder: name of its file, and what it says.

    Raises:
        PlanError: there is none, or it tells of no one instance.
    """
    found = {}
    for file in sorted(folder.glob("*.json")):
        try:
            said = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise PlanError(f"{file} cannot be read: {error}") from error
        if isinstance(said, dict) and ("instance_sha256" in said or "versions" in said or "made" in said):
            found[file.name] = said
    if len(found) != 1:
        raise PlanError(
            f"{folder} is neither an instance (it has no instance.yaml), a plan (it has no plan.json) nor a study"
        )
    [(name, said)] = found.items()
    if not re.fullmatch(r"[0-9a-f]{64}", str(said.get("instance_sha256"))):
        raise PlanError(
            f"{folder}/{name} tells of several instances or none, so there is no one list of rows to leave out; "
            "give a study of one instance"
        )
    if "made" not in said and "status" in said and said["status"] == "begun":
        raise PlanError(f"{folder} is the beginning of a study that has no result yet; call its command again to go on")
    return name, said


def check_of(instance: Instance, said: Mapping[str, Any], folder: File) -> None:
    """Refuse an instance that a study is not of."""
    digest = sha256(instance)
    if digest != said["instance_sha256"]:
        raise OptionsError(
            f"--of: {instance.name} ({digest[:12]}) is not the instance of {folder}, which is of "
            f"{said.get('instance')} ({str(said['instance_sha256'])[:12]}); overlays and --set count too"
        )


def excerpt_of(folder: File, note: str, whole: Instance, found: Cut, *, keep: bool) -> Excerpt:
    """What is left of the tables of a study.

    Args:
        folder: of the study.
        note: name of its note.
        whole: its instance.
        found: that without the marked rows.
        keep: whether labels may stay, so that the column `marking` does.
    """
    gone, made = _Gone(whole, found), Excerpt()
    for file in sorted(folder.iterdir()):
        if file.suffix != ".csv":
            made.files += [] if file.name == note or file.name.startswith(".") else [file.name]
            continue
        try:
            table = pd.read_csv(file, dtype=str, keep_default_na=False)
        except (OSError, ValueError) as error:
            raise PlanError(f"{file} cannot be read: {error}") from error
        if why := gone.number_in(table):
            made.refused[file.stem] = why
            continue
        heads = [head for head in table.columns if not gone.head(head) and (keep or head != MARKING)]
        made.columns += [f"{file.stem}.{head}" for head in table.columns if head not in (*heads, MARKING)]
        kept = [not gone.row(row) for row in table.to_dict("records")]
        made.tables[file.stem] = table.loc[kept, heads]
        if not all(kept):
            made.rows[file.stem] = kept.count(False)
    return made


class _Gone:
    """What is left out of an instance, asked by what cells of studies name."""

    def __init__(self, whole: Instance, found: Cut) -> None:
        self.named = NamedInStudies(whole)
        self.whole, self.found = whole, found
        self.rows = {id(row) for path, row in each_row(whole) if not _stays(whole, found, path)}
        self.words = found.words.pattern(())
        self.channels = [f"_{name}" for name in whole.channels if name not in found.instance.channels]
        self.numbers = re.compile("|".join(_numbered(found)) or r"(?!)")

    def row(self, cells: Mapping[Any, Any]) -> bool:
        """Whether a row names something that is left out."""
        words = {str(head): str(cell) for head, cell in cells.items()}
        if any(id(row) in self.rows for row in self.named.rows(words)):
            return True
        told = [words[head] for head in WORDS if head in words]
        if self.words is not None and any(self.words.search(text) for text in told):
            return True
        rest = " ".join(cell for head, cell in words.items() if head not in ("stage", MARKING))
        return bool(remaining(rest, self.found.words, ()))

    def head(self, head: str) -> bool:
        """Whether the head of a column names something that is left out."""
        named = any(id(row) in self.rows for row in along(self.whole, head.split(".")))
        return named or head.endswith(tuple(self.channels)) or bool(remaining(head, self.found.words, ()))

    def number_in(self, table: pd.DataFrame) -> str:
        """Why a table cannot be cut: it names rows of a list by numbers that are others in what is left."""
        changed = _changed(self.found)
        if changed and any(head in table.columns for head in BY_NUMBER) and len(table):
            lists = ", ".join(".".join(map(str, path)) for path in changed)
            return f"it names rows by number, and those of {lists} have other numbers in what is left"
        for head in table.columns:
            if any(self.numbers.search(cell) for cell in table[head]) or self.numbers.search(head):
                return f"its column {head} names rows by number, and these have other numbers in what is left"
        return ""


def _changed(found: Cut) -> list[Path]:
    """The lists in which a row that stays has another number."""
    return [path for path, numbers in found.numbers.items() if numbers != list(range(len(numbers)))]


def _numbered(found: Cut) -> Iterable[str]:
    """What the number of a row of such a list looks like in a cell."""
    for path in _changed(found):
        yield rf"\b{re.escape('.'.join(map(str, path)))}\.\d"
        if len(path) == 3:
            yield rf"\b{re.escape(str(path[1]))}:\d"
        else:
            yield rf"\b{str(path[-1]).removesuffix('s')}:\d"


def _stays(whole: Instance, found: Cut, path: Path) -> bool:
    """Whether the row at a path of the instance is in what is left."""
    old: Any = whole
    new: Any = found.instance
    for place, part in enumerate(path):
        if isinstance(old, Record):
            name = next(name for name, info in type(old).model_fields.items() if (info.alias or name) == part)
            old, new = getattr(old, name), getattr(new, name)
        elif isinstance(old, Mapping):
            if part not in new:
                return False
            old, new = old[part], new[part]
        else:
            before = int(str(part))
            number = _number(path[:place], before, old, new, found)
            if number is None:
                return False
            old, new = old[before], new[number]
        if new is None:
            return old is None
    return True


def _number(path: Path, number: int, old: Collection[Any], new: Collection[Any], found: Cut) -> int | None:
    """The number in what is left of a row of a list; None where it is not there, or that is not known."""
    if path in found.numbers:
        kept = found.numbers[path]
        return kept.index(number) if number in kept else None
    name = getattr(list(old)[number], "id", None)
    if name is not None:
        return next((place for place, one in enumerate(new) if one.id == name), None)
    return number if len(old) == len(new) else None


def note_of(said: Mapping[str, Any], note: str, made: Excerpt, rest: Instance) -> dict[str, Any]:
    """What an excerpt says of itself: nothing that names a row."""
    return {
        "format": FORMAT,
        "excerpt_of": f"a study ({note})",
        "notes": list(SAYS),
        **about(rest),
        **{key: said.get(key) for key in ("made", "versions")},
        "tables_left_out": sorted(made.refused),
    }
