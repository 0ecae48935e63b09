"""Makes records of what was read; what is at fault is noted and left out, so that further checks can go on."""

from __future__ import annotations

import copy
from collections.abc import Hashable
from typing import Any, TypeVar

from pydantic import ValidationError

from optimizer.instance.faults import faults_of
from optimizer.instance.fields import Record
from optimizer.instance.instance import Instance
from optimizer.instance.marks import see
from optimizer.instance.source import Source
from optimizer.instance.yaml12 import Path

Made = TypeVar("Made", bound=Record)


def judge(source: Source) -> Instance | None:
    """Make records of the data; what is at fault is noted and left out, so that further checks can go on.

    Returns:
        The instance, possibly without the parts at fault; None where nothing can be made of it.
    """
    instance = made_of(Instance, copy.deepcopy(source.data), source)
    if instance is not None:
        see(instance)
    return instance


def made_of(kind: type[Made], data: dict[str, Any], source: Source) -> Made | None:
    """Make a record of a kind of the data, which shrink; what is at fault is noted in the source and left out."""
    for _ in range(8):
        try:
            return kind.model_validate(data)
        except ValidationError as error:
            found = faults_of(error, data, source.places, source.file, lambda path: as_written(path, source), kind)
            source.faults.extend(fault for fault, path in found if not _follows(as_written(path, source), source))
            if not _remove(data, {path for _, path in found}, source, kind):
                return None
    return None


def as_written(path: Path, source: Source) -> Path:
    """A path in what is left as it was written: items of lists that were left out before it count too."""
    holder: Any = source.data
    found: Path = ()
    for part in path:
        step = part
        if isinstance(holder, list) and isinstance(step, int):
            for gone in sorted(int(str(item[-1])) for item in source.removed if item[:-1] == found):
                step += gone <= step
        found = (*found, step)
        holder = holder[step] if _has(holder, step) else None
    return found


def _follows(path: Path, source: Source) -> bool:
    """Whether a fault only follows from what was left out: it is missing now, or its record lacks it."""
    return any(gone == path or gone[:-1] == path for gone in source.removed)


def _remove(data: dict[str, Any], paths: set[Path], source: Source, kind: type[Record]) -> bool:
    """Take the values at paths out of the data, or the records around them where a key is missing.

    Returns:
        False if what is at fault cannot be left out.
    """
    there = {_nearest(data, path) for path in paths}
    there = {path for path in there if not any(path[:length] in there for length in range(len(path)))}
    source.removed |= {as_written(path, source) for path in there}
    for path in sorted(there, key=_last_first):
        required = len(path) == 1 and kind.model_fields.get(str(path[0]))
        if not path or (required and required.is_required()):
            return False
        holder: Any = data
        for part in path[:-1]:
            holder = holder[part]
        del holder[path[-1]]
    return True


def _nearest(data: dict[str, Any], path: Path) -> Path:
    """The longest part of a path that there is."""
    holder: Any = data
    for length, part in enumerate(path):
        if not _has(holder, part):
            return path[:length]
        holder = holder[part]
    return path


def _last_first(path: Path) -> tuple[Any, ...]:
    return tuple((1, -part) if isinstance(part, int) else (0, str(part)) for part in path)


def _has(holder: Any, part: Hashable) -> bool:
    if isinstance(holder, dict):
        return part in holder
    return isinstance(holder, list) and isinstance(part, int) and part < len(holder)
