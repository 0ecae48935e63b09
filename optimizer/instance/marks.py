"""Which rows of an instance are marked, by which labels, and what every output says of that."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any, get_args

from pydantic import BaseModel

from optimizer.instance.fields import Record, Row
from optimizer.instance.instance import Instance
from optimizer.instance.write import sha256
from optimizer.instance.yaml12 import Path

MARKING, MARKINGS = "marking", "markings"
"""The key of a row, and the column of a table, with its labels; the section that declares them, and what notes say."""

Markings = dict[str, dict[str, Any]]
"""By label: `name`, `banner` and `rows`, the number of rows that have it."""

SEEN: ContextVar[Markings | None] = ContextVar("seen", default=None)
"""Markings of all that a command has read; None outside of commands."""


def each_row(record: Record, path: Path = ()) -> Iterator[tuple[Path, Row]]:
    """The rows of a record, itself and all inside it, each with its path.

    Args:
        record: an instance, or a part of one.
        path: of the record.
    """
    if isinstance(record, Row):
        yield path, record
    for name, key in _holding(type(record)):
        yield from _inside(getattr(record, name), (*path, key))


def _inside(value: Any, path: Path) -> Iterator[tuple[Path, Row]]:
    if isinstance(value, Record):
        yield from each_row(value, path)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _inside(item, (*path, key))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _inside(item, (*path, index))


@functools.cache
def _holding(kind: type[Record]) -> tuple[tuple[str, str], ...]:
    """Fields in which there may be records: name, and key as it is written."""
    fields = kind.model_fields.items()
    return tuple((name, info.alias or name) for name, info in fields if _may_hold(info.annotation))


def _may_hold(annotation: Any) -> bool:
    if parts := get_args(annotation):
        return any(map(_may_hold, parts))
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def in_order(labels: Iterable[str], instance: Instance) -> tuple[str, ...]:
    """Labels in the order in which the instance declares them, each once."""
    given = set(labels)
    return tuple(label for label in instance.markings if label in given)


def markings_of(instance: Instance, *more: Record) -> Markings:
    """The labels that rows have, in the order in which they are declared; none where no row is marked.

    Args:
        instance: whose rows are counted.
        more: what else has rows with its labels, such as the events of a set of futures.
    """
    if not instance.markings:
        return {}
    count = dict.fromkeys(instance.markings, 0)
    for _, row in (item for record in (instance, *more) for item in each_row(record)):
        for label in set(row.marking or ()) & count.keys():
            count[label] += 1
    return {
        label: {"name": one.name, "banner": one.banner, "rows": count[label]}
        for label, one in instance.markings.items()
        if count[label]
    }


def about_all(instances: Iterable[Instance]) -> dict[str, Any]:
    """What the note of a result of several instances says of their markings; nothing where no row is marked."""
    markings = together(map(markings_of, instances))
    return {MARKINGS: markings} if markings else {}


def together(given: Iterable[Markings]) -> Markings:
    """Markings of several instances as one: of a label the most rows that one of them has.

    Where two declare a label differently both are kept, the later under a name with a number.
    """
    found: Markings = {}
    for markings in given:
        for label, said in markings.items():
            name, number = label, 1
            while name in found and any(found[name][key] != said[key] for key in ("name", "banner")):
                number += 1
                name = f"{label}_{number}"
            most = max(said["rows"], found[name]["rows"]) if name in found else said["rows"]
            found[name] = {**said, "rows": most}
    return found


def banner_of(markings: Markings) -> str:
    """The line that an output shows first; empty where nothing is marked."""
    return "; ".join(dict.fromkeys(said["banner"] for said in markings.values()))


def lines_of(markings: Markings) -> list[str]:
    """What each banner stands for, a line each."""
    return [
        f"{said['banner']}: {said['name']} ({said['rows']:,} {'row' if said['rows'] == 1 else 'rows'})"
        for said in markings.values()
    ]


def about(instance: Instance, digest: str | None = None, *more: Record) -> dict[str, Any]:
    """What the note of a result says of its instance: name, hash, and the markings of its rows where any is marked.

    Args:
        instance: the instance.
        digest: its hash, where it is known.
        more: what else has rows with its labels.
    """
    markings = markings_of(instance, *more)
    said = {"instance": instance.name, "instance_sha256": sha256(instance) if digest is None else digest}
    return said | ({MARKINGS: markings} if markings else {})


def see(what: Instance | Markings) -> None:
    """Take note of markings for the command that runs, so that it says them before anything else."""
    seen = SEEN.get()
    if seen is not None:
        seen |= together([seen, markings_of(what) if isinstance(what, Instance) else what])
