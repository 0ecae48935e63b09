"""Rows have labels that are declared."""

from __future__ import annotations

from collections.abc import Iterable

from optimizer.instance.checks.base import at, names, removal
from optimizer.instance.fields import Record
from optimizer.instance.instance import Instance
from optimizer.instance.judge import as_written
from optimizer.instance.marks import MARKING, MARKINGS, each_row
from optimizer.instance.source import Source


def labels_are_declared(source: Source, instance: Instance) -> None:
    """A row has labels that `markings` declares, each once."""
    check_labels(source, instance, names(source, MARKINGS))


def check_labels(source: Source, record: Record, declared: Iterable[str] | None) -> None:
    """Note the labels of rows that are not declared, or listed twice.

    Args:
        source: the file as read; its faults grow.
        record: what was made of it.
        declared: labels that there are; None where that is not known.
    """
    known = None if declared is None else sorted(declared)
    for path, row in each_row(record):
        if not row.marking:
            continue
        place = (*as_written(path, source), MARKING)
        for number, label in enumerate(row.marking):
            if label in row.marking[:number]:
                source.fault(place, f"'{label}' is listed twice", "list it once")
            elif known is not None and label not in known:
                right = removal(source, (MARKINGS,), label) or _declared(known)
                source.fault(at(source, place, label), f"there is no marking '{label}'", right)


def _declared(known: list[str]) -> str:
    if known:
        return f"declared are {', '.join(known)}"
    return "none is declared: markings: {cui: {name: Controlled unclassified information, banner: CUI}}"


CHECKS = (labels_are_declared,)
