"""What an explanation says: explain.json and the tables."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.answers import shown
from optimizer.conflict.case import Atom, Case
from optimizer.conflict.change import Change
from optimizer.conflict.search import Conflict
from optimizer.conflict.words import Words, where_of
from optimizer.folders import write_whole
from optimizer.instance.instance import Instance
from optimizer.instance.marks import about
from optimizer.ledger import refuse_other
from optimizer.plan.study_markings import with_study_markings
from optimizer.run import versions
from optimizer.solver.options import Options

FORMAT = 1
NOTE = "explain.json"
CONFLICT = ("conflict", "requirement", "kind", "path", "text", "detail", "years", "scenarios")
"""Columns of conflict.csv."""
REPAIRS = ("conflict", "requirement", "path", "text", "amount", "unit", "least", "restores", "to")
"""Columns of repairs.csv."""

PLAN, EXPLAINED, STOPPED, UNKNOWN = "plan", "explained", "stopped", "unknown"


@dataclass(slots=True)
class Explanation:
    """Why an instance has no plan (docs/explain.md).

    Attributes:
        info: status, what is proved, conflicts and repairs as plain data.
        conflict: conflict, requirement, kind, path, text, detail, years, scenarios.
        repairs: conflict, requirement, path, text, amount, unit, least, restores, to.
    """

    info: dict[str, Any]
    conflict: pd.DataFrame
    repairs: pd.DataFrame

    __repr__ = shown

    @property
    def status(self) -> str:
        """`plan`, `explained`, `stopped` or `unknown`."""
        return str(self.info["status"])

    @staticmethod
    def check_folder(folder: Path | str | None) -> None:
        """Whether an explanation may be written to a folder.

        Raises:
            PlanError: something else is there.
        """
        if folder is not None:
            refuse_other(Path(folder), NOTE, "an explanation")

    def save(self, folder: Path | str) -> Path:
        """Write explain.json, conflict.csv and repairs.csv, whole or not at all.

        Raises:
            PlanError: something else is there.
        """
        self.check_folder(folder)
        target = Path(folder).absolute()
        write_whole(target, self._write)
        return target

    def _write(self, folder: Path) -> None:
        text = json.dumps(self.info, indent=2, ensure_ascii=False, allow_nan=False)
        (folder / NOTE).write_text(text + "\n", encoding="utf-8")
        self.conflict.to_csv(folder / "conflict.csv", index=False, lineterminator="\n")
        self.repairs.to_csv(folder / "repairs.csv", index=False, lineterminator="\n")


@dataclass(slots=True)
class Found:
    """All that is known at the end.

    Attributes:
        instance: as written.
        case: the courses looked at last.
        planned: whether there is a plan.
        conflicts: without a common requirement.
        parts: years and courses of each.
        more: whether there are more conflicts than were told.
        changes: (number of the conflict, change, whether the instance so changed has a plan: `yes`, `no`, or why not
            known).
        helpless: (number of the conflict, requirement) without which there still is no plan.
        stopped: `limit` or `interrupted` where it ended early; empty otherwise.
    """

    instance: Instance
    case: Case | None = None
    planned: bool = False
    conflicts: list[Conflict] = field(default_factory=list)
    parts: list[tuple[Atom, ...]] = field(default_factory=list)
    more: bool = False
    changes: list[tuple[int, Change, str]] = field(default_factory=list)
    helpless: list[tuple[int, str]] = field(default_factory=list)
    stopped: str = ""
    tests: int = 0
    linear: int = 0
    seconds: float = 0.0
    made: str = ""


def explanation_of(found: Found, options: Options) -> Explanation:
    """The explanation of what was found."""
    conflict = _conflict_table(found)
    repairs = _repairs_table(found)
    first = found.conflicts[0] if found.conflicts else None
    info: dict[str, Any] = {
        "format": FORMAT,
        "status": _status(found),
        "why": _why(found),
        **about(found.instance),
        "courses": list(found.case.courses) if found.case is not None else [],
        "conflicts": [
            {
                "requirements": _plain(conflict[conflict["conflict"] == number]),
                "irreducible": one.irreducible,
                "proved_by": "relaxation" if one.relaxed else "integers",
            }
            for number, one in enumerate(found.conflicts)
        ],
        "size": None if first is None else len(first.names),
        "smallest_at_least": None if first is None else first.least,
        "more_conflicts": found.more,
        "repairs": [_of_change(number, change, answer) for number, change, answer in found.changes],
        "no_change_alone": [{"conflict": number, "requirement": name} for number, name in found.helpless],
        "tests": found.tests,
        "tests_by_relaxation": found.linear,
        "options": {"time_limit": options.time_limit, "threads": options.cores, "seed": options.seed},
        "seconds": round(found.seconds, 1),
        "versions": versions(),
        "made": found.made,
    }
    tables = with_study_markings(found.instance, {"conflict": conflict, "repairs": repairs})
    return Explanation(info, **tables)


def _status(found: Found) -> str:
    if found.planned:
        return PLAN
    if not found.conflicts:
        return UNKNOWN
    return STOPPED if found.stopped else EXPLAINED


def _why(found: Found) -> str:
    """What is proved, and what is not."""
    if found.planned:
        return "there is a plan that meets all that must be met"
    ended = {"limit": "the time limit was reached", "interrupted": "it was interrupted"}.get(found.stopped, "")
    if not found.conflicts:
        return f"{ended} before it was known whether there is a plan"
    first = found.conflicts[0]
    size = len(first.names)
    said = ["these requirements cannot be met together: proved"]
    if first.irreducible:
        said.append("without any one of them the others can: proved")
        said.append(
            "no conflict is smaller: proved" if first.smallest else f"a smaller one would have {first.least} or more"
        )
    else:
        said.append("some of them may not be needed for it")
        said.append(f"the smallest has from {first.least} to {size}")
    return "; ".join([*said, *([f"{ended}, so the rest is not known"] if ended else [])])


def _conflict_table(found: Found) -> pd.DataFrame:
    rows = []
    words = None if found.case is None else Words(found.case)
    for number, one in enumerate(found.conflicts):
        parts = found.parts[number] if number < len(found.parts) else ()
        assert found.case is not None
        assert words is not None
        for name in one.names:
            item = found.case.requirements[str(name)]
            mine = [atom for atom in parts if atom[0] == name]
            where = where_of(found.case, mine)
            years = sorted({int(str(row["period"])) for row in where if row["period"] is not None})
            scenarios = list(dict.fromkeys(str(row["course"]) for row in where if row["course"] != "trunk"))
            detail = words.detail(item, mine)
            rows.append(
                (
                    number,
                    item.name,
                    item.kind,
                    item.path,
                    item.text,
                    detail,
                    ";".join(map(str, years)),
                    ";".join(scenarios),
                )
            )
    return pd.DataFrame(rows, columns=list(CONFLICT))


def _repairs_table(found: Found) -> pd.DataFrame:
    rows = []
    for number, change, answer in found.changes:
        row = _of_change(number, change, answer)
        rows.append(tuple("" if column == "to" and row["to"] is None else row[column] for column in REPAIRS))
    return pd.DataFrame(rows, columns=list(REPAIRS)).astype({"amount": "float64", "least": "float64"})


def _of_change(number: int, change: Change, answer: str) -> dict[str, Any]:
    return {
        "conflict": number,
        "requirement": change.requirement,
        "path": change.path,
        "text": change.text,
        "amount": change.amount,
        "unit": change.unit,
        "least": change.least,
        "restores": answer,
        "to": change.to,
    }


def _plain(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items() if key != "conflict"} for row in rows.to_dict("records")]
