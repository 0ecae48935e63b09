"""Applies `--set KEY=VALUE` to an instance as read."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from optimizer.errors import Fault, Where
from optimizer.instance.faults import did_you_mean, dotted
from optimizer.instance.folder import list_ids
from optimizer.instance.instance import Instance
from optimizer.instance.source import Source
from optimizer.instance.yaml12 import Path, read_yaml, scalar


def override(source: Source, given: str, option: str = "--set") -> None:
    """Apply one KEY=VALUE.

    Args:
        source: the instance as read.
        given: KEY=VALUE.
        option: what it was given with, for messages.
    """
    key, equals, text = given.partition("=")
    where = Where(option, 0)
    if not equals or not key:
        source.faults.append(Fault(where, given, "not of the form KEY=VALUE", f"{option} policy.budget.annual=5e9"))
        return
    document = read_yaml(text, option) if text[:1] in ("{", "[", '"', "'") else None
    value = document.data if document is not None else scalar(text)
    if document is not None and document.faults:
        source.faults.extend(document.faults)
        return
    holder: Any = source.data
    path: list[Hashable] = []
    parts = key.split(".")
    for part in parts[:-1]:
        found = _step(holder, part)
        if found is None:
            if not _may_begin(holder, path, part):
                known = [str(name) for name in holder] if isinstance(holder, Mapping) else list_ids(holder)
                wrong = f"'{dotted(tuple(path)) or 'the instance'}' has no '{part}'"
                source.faults.append(Fault(where, key, wrong, did_you_mean(part, known)))
                return
            holder[part] = {}
            found = part
        path.append(found)
        holder = holder[found]
    last = _step(holder, parts[-1])
    if last is None:
        if not isinstance(holder, dict):
            source.faults.append(Fault(where, key, f"'{parts[-1]}' is not there"))
            return
        last = scalar(parts[-1]) if parts[-1].isdigit() else parts[-1]
    holder[last] = value
    source.places[*path, last] = where


def writable(data: Any) -> Any:
    """Plain data with lists in the place of tuples, as files are read."""
    if isinstance(data, Mapping):
        return {key: writable(value) for key, value in data.items()}
    return [writable(item) for item in data] if isinstance(data, list | tuple) else data


def path_of(data: Any, key: str) -> Path | None:
    """Where a dotted key leads in an instance as plain data; None where nothing stands there."""
    path: Path = ()
    for part in key.split("."):
        found = _step(data, part)
        if found is None:
            return None
        path, data = (*path, found), data[found]
    return path


def _may_begin(holder: Any, path: list[Hashable], part: str) -> bool:
    """Whether an override may begin a mapping that is not written yet."""
    if not isinstance(holder, dict):
        return False
    if not path:
        return part in Instance.model_fields
    return path[0] in ("policy", "logistics", "planning_case")


def _step(holder: Any, part: str) -> Hashable | None:
    """The key or index in a holder that a part of a dotted path names."""
    if isinstance(holder, dict):
        if part in holder:
            return part
        number = scalar(part)
        return number if isinstance(number, int) and number in holder else None
    if isinstance(holder, list):
        for index, item in enumerate(holder):
            if isinstance(item, dict) and part in (item.get("id"), item.get("product")):
                return index
        if part.isdigit() and int(part) < len(holder):
            return int(part)
    return None
