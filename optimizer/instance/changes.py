"""An instance in memory with something changed: back to one as read, so that it is checked as files are."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel

from optimizer.errors import Fault, InstanceError, Where
from optimizer.instance.instance import Instance
from optimizer.instance.overlay import lay_data, lay_on
from optimizer.instance.override import assign, override
from optimizer.instance.read import main_file
from optimizer.instance.series import Series
from optimizer.instance.sound import sound
from optimizer.instance.source import Source

REPLACE, OVERLAY = "replace", "overlay"
"""What a change from Python is called in messages, in the place of a file."""


def replaced(instance: Instance, changes: Mapping[str, Any]) -> Instance:
    """An instance with values given anew.

    Args:
        instance: it stays as it is.
        changes: key -> value, keys as `assign` takes them.

    Raises:
        InstanceError: with every fault found.
    """
    source = source_of(instance)
    for key, value in changes.items():
        assign(source, key, plain_value(value), Where(REPLACE))
    return sound(source, instance.name)


def overlaid(instance: Instance, overlay: Path | str | Mapping[str, Any]) -> Instance:
    """An instance with an overlay laid on it.

    Args:
        instance: it stays as it is.
        overlay: a file or folder, or what it would say as plain data.

    Raises:
        InstanceError: with every fault found.
    """
    source = source_of(instance)
    if isinstance(overlay, Mapping):
        return sound(lay_data(source, plain_value(overlay), OVERLAY), instance.name)
    file = main_file(Path(overlay))
    if not file.is_file():
        raise InstanceError(str(overlay), [Fault(Where(), "", f"there is no overlay '{overlay}'")])
    return sound(lay_on(source, [file]), str(overlay))


def overridden(instance: Instance, overrides: Sequence[str], option: str = "--set") -> Instance:
    """An instance with `KEY=VALUE` texts applied.

    Args:
        instance: it stays as it is.
        overrides: as `--set` takes them.
        option: what they were given with, for messages.

    Raises:
        InstanceError: with every fault found.
    """
    source = source_of(instance)
    for given in overrides:
        override(source, given, option)
    return sound(source, instance.name)


def edited(instance: Instance, edit: Callable[[dict[str, Any]], None], name: str) -> Instance:
    """An instance whose plain data are edited.

    Args:
        instance: it stays as it is.
        edit: changes the data in place.
        name: what the edited instance is called in messages.

    Raises:
        InstanceError: with every fault found.
    """
    source = source_of(instance, name)
    edit(source.data)
    return sound(source, name)


def source_of(instance: Instance, name: str | None = None) -> Source:
    """An instance as if it had been read; a name, by default its own, stands for its file."""
    return Source(name or instance.name, plain_value(instance.plain()))


def plain_value(value: Any) -> Any:
    """What a value would say in a file: records, series of years and numbers of other libraries as plain data."""
    if isinstance(value, BaseModel):
        return plain_value(value.model_dump(by_alias=True, exclude_none=True, exclude_defaults=True))
    if isinstance(value, Series):
        return plain_value(value.plain())
    if isinstance(value, pd.Series):
        return {plain_value(key): plain_value(item) for key, item in value.items()}
    if isinstance(value, Mapping):
        return {plain_value(key): plain_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain_value(item) for item in value]
    if isinstance(value, np.ndarray):
        return plain_value(value.tolist())
    return value.item() if isinstance(value, np.generic) else value


def copied(source: Source) -> Source:
    """A copy that may be changed."""
    return Source(
        source.file,
        copy.deepcopy(source.data),
        dict(source.places),
        list(source.faults),
        set(source.removed),
        dict(source.gone),
        source.label,
    )
