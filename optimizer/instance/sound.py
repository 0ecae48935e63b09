"""From an instance as read to one without a fault, however it was made: from files, in Python, or by a study."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from optimizer.errors import Fault, InstanceError, Where
from optimizer.instance.checks import check
from optimizer.instance.faults import MISSING
from optimizer.instance.instance import Instance
from optimizer.instance.judge import judge
from optimizer.instance.source import Source

Further = Callable[[Instance], list[Fault]]

FURTHER: list[Further] = []
"""Checks of an instance without faults that rooms above this one add; `optimizer.run` does."""


def sound(source: Source, name: str) -> Instance:
    """Make an instance of what was read, and check it.

    Args:
        source: as read; its faults grow.
        name: what it is called in the message.

    Raises:
        InstanceError: with every fault found, in the order of the files.
    """
    instance = judge(source)
    if instance is not None:
        check(source, instance)
        if not source.faults:
            source.faults.extend(_placed(fault, source) for further in FURTHER for fault in further(instance))
    if source.faults or instance is None:
        raise InstanceError(name, sorted(_told_once(source.faults), key=lambda fault: fault.where))
    return instance


def _placed(fault: Fault, source: Source) -> Fault:
    """A fault at the place of its key, where it says none."""
    if fault.where != Where():
        return fault
    path = tuple(int(part) if part.isdigit() else part for part in fault.key.split("."))
    return dataclasses.replace(fault, where=source.where(*path))


def _told_once(faults: list[Fault]) -> list[Fault]:
    """Faults without those that only say that a key is missing whose cell of a sheet is at fault already."""
    at_fault = {fault.where for fault in faults if fault.where.column and not fault.wrong.endswith(MISSING)}
    return [fault for fault in faults if not (fault.wrong.endswith(MISSING) and fault.where in at_fault)]
