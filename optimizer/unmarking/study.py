"""An instance without its marked rows as a folder, or an excerpt of the result folder of a plan or a study."""

from __future__ import annotations

import itertools
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.answers import shown
from optimizer.errors import OptionsError
from optimizer.folders import write_whole
from optimizer.instance.changes import plain_value
from optimizer.instance.faults import did_you_mean, dotted
from optimizer.instance.instance import Instance
from optimizer.instance.marks import MARKINGS, each_row, see
from optimizer.instance.write import sha256, yaml_text
from optimizer.plan.plan import Plan
from optimizer.run import load
from optimizer.unmarking.cut import Cut, Left, cut
from optimizer.unmarking.excerpt import NOTE, note_of, tables_without
from optimizer.unmarking.studies import Excerpt, check_of, excerpt_of, note_in
from optimizer.unmarking.studies import note_of as study_note_of
from optimizer.unmarking.texts import alike, places_of, remaining

PLAN = "plan.json"
SHOWN = 5
"""Places of a word that are told at most."""


@dataclass(frozen=True, slots=True)
class Unmarked:
    """What is left without marked rows, and what is not.

    Attributes:
        instance: without them.
        left: all that is left out, the marked rows first; each with what its absence changes of the problem.
        alike: ids of what stays that hold an id of what does not; to be looked at.
        tables: of an excerpt of a plan or a study.
        rows: of an excerpt, how many are left out by table.
        study: of an excerpt of a study, what else is left out: columns, tables, files; None of others.
        folder: what was written.

    Example:
        >>> import optimizer
        >>> instance = optimizer.load("docs/examples/two_plants.yaml").replace(
        ...     {"markings": {"cui": {"name": "Controlled", "banner": "CUI"}}, "facilities.abroad.marking": "cui"}
        ... )
        >>> found = optimizer.unmarked(instance, "results/two_plants_unmarked")
        >>> list(found.instance.facilities), [one.what for one in found.left if one.marked]
        (['home'], ['facilities.abroad'])
    """

    instance: Instance
    left: Sequence[Left]
    alike: Sequence[str]
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    folder: Path = Path()
    study: Excerpt | None = None

    __repr__ = shown

    @property
    def info(self) -> dict[str, Any]:
        """The same as plain data, but for tables."""
        return {
            "instance": self.instance.name,
            "instance_sha256": sha256(self.instance),
            "folder": str(self.folder),
            "left_out": [
                {
                    "what": one.what,
                    "inside": one.inside,
                    "why": one.why,
                    "changes": one.changes,
                    "marked": one.marked,
                }
                for one in self.left
            ],
            "alike": list(self.alike),
            **({"rows_left_out": self.rows} if self.tables else {}),
            **({} if self.study is None else _study(self.study)),
        }


def _study(made: Excerpt) -> dict[str, Any]:
    return {"columns_left_out": made.columns, "tables_left_out": made.refused, "files_left_out": made.files}


def unmarked(
    given: Path | str | Instance,
    folder: Path | str,
    keep: Collection[str] = (),
    *,
    of: Path | str | Instance | None = None,
) -> Unmarked:
    """Write an instance without its marked rows, or an excerpt of a plan or study without the rows that name them.

    What cannot stand without a marked row goes too, and all of it is told. The instance is written anew, in one file:
    no comment, no table and no file name of the old one is in it.

    Args:
        given: an instance, or its file or folder; or the result folder of a plan, or of a study of one instance.
        folder: where; it must not exist, or be empty.
        keep: labels that may stay; a row goes where it has any other.
        of: the instance of a study, or its file or folder, or a plan of it; for studies alone, whose folders have none.

    Raises:
        InstanceError: the instance has faults, or what is left of it is none; with every fault.
        OptionsError: a label is not declared, no row would go, an id that is left out is another word of what stays, or
            something is in the folder's place; or a study is not of the instance that is given with it.
        PlanError: the folder holds no result, or one of several instances.
    """
    target = Path(folder)
    if target.is_symlink() or (target.exists() and (not target.is_dir() or any(target.iterdir()))):
        raise OptionsError(f"{folder} is there already and holds something; name a folder that is to be made")
    source = None if isinstance(given, Instance) else Path(given)
    study = source is not None and source.is_dir() and not any((source / n).is_file() for n in (PLAN, "instance.yaml"))
    if of is not None and not study:
        raise OptionsError("--of names the instance of a study; an instance and a plan need none")
    if source is not None and (source / PLAN).is_file():
        return _of_plan(Plan.read(source), target, keep)
    if source is not None and study:
        return _of_study(source, target, keep, of)
    instance = given if isinstance(given, Instance) else load(Path(given))
    found = _cut(instance, keep)
    texts = {"instance.yaml": yaml_text(found.instance)}
    _write(target, texts, found)
    return _told(found, target)


def _of_plan(plan: Plan, target: Path, keep: Collection[str]) -> Unmarked:
    found = _cut(plan.instance, keep)
    tables = tables_without(plan, found, keep)
    texts = {f"{name}.csv": table.to_csv(index=False, lineterminator="\n") for name, table in tables.items()}
    texts["instance/instance.yaml"] = yaml_text(found.instance)
    note = json.dumps(note_of(plan, found.instance), indent=2, ensure_ascii=False, allow_nan=False)
    texts[NOTE] = note + "\n"
    _write(target, texts, found)
    gone = {name: len(plan.tables[name]) - len(table) for name, table in tables.items()}
    return _told(found, target, tables, {name: count for name, count in gone.items() if count})


def _of_study(source: Path, target: Path, keep: Collection[str], of: Path | str | Instance | None) -> Unmarked:
    note, said = note_in(source)
    see(said.get(MARKINGS) or {})
    if of is None:
        raise OptionsError(
            f"{source} holds the results of a study and not its instance; name that with --of, so that it is known "
            "what goes with its marked rows"
        )
    if isinstance(of, Instance):
        whole = of
    else:
        whole = Plan.read(of).instance if (Path(of) / PLAN).is_file() else load(Path(of))
    check_of(whole, said, source)
    found = _cut(whole, keep)
    made = excerpt_of(source, note, whole, found, keep=bool(keep))
    texts = {f"{name}.csv": table.to_csv(index=False, lineterminator="\n") for name, table in made.tables.items()}
    texts["instance/instance.yaml"] = yaml_text(found.instance)
    text = json.dumps(study_note_of(said, note, made, found.instance), indent=2, ensure_ascii=False, allow_nan=False)
    texts[NOTE] = text + "\n"
    _write(target, texts, found)
    return replace(_told(found, target, made.tables, made.rows), study=made)


def _cut(instance: Instance, keep: Collection[str]) -> Cut:
    faults = [
        f"there is no marking '{label}' to keep; {did_you_mean(label, instance.markings)}"
        for label in keep
        if label not in instance.markings
    ]
    if not faults and not any(set(row.marking or ()) - set(keep) for _, row in each_row(instance)):
        faults.append(f"{instance.name} has no row with a marking" + (f" besides {', '.join(keep)}" if keep else ""))
    if faults:
        raise OptionsError("\n".join(faults))
    return cut(instance, keep)


def _write(target: Path, texts: dict[str, str], found: Cut) -> None:
    """Write the files, whole or not at all; not where a word of them is an id that is left out."""
    rest = found.instance
    stages = {record.stage for record in rest.materials.values()}
    stages |= {record.stage for record in rest.recipes.values()}
    stages |= {record.stage for record in rest.facilities.values()}
    searched = {name: text for name, text in texts.items() if name != NOTE}
    held = {word: name for name, text in searched.items() for word in remaining(text, found.words, stages)}
    if held:
        data = plain_value(rest.plain())
        lines = []
        for word, name in sorted(held.items()):
            there = [dotted(path) for path in itertools.islice(places_of(data, word), SHOWN)]
            lines.append(f"  '{word}' is left out, and what stays has the word too: {', '.join(there) or name}")
        way = "nothing was written; mark what has such a word too, or rename it:"
        raise OptionsError("\n".join([way, *lines]))

    def fill(made: Path) -> None:
        for name, text in texts.items():
            file = made / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")

    write_whole(target.absolute(), fill)


def _told(
    found: Cut, target: Path, tables: dict[str, pd.DataFrame] | None = None, rows: dict[str, int] | None = None
) -> Unmarked:
    names = alike(plain_value(found.instance.plain()), found.words)
    return Unmarked(found.instance, found.left, names, tables or {}, rows or {}, target)
