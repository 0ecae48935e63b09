"""Gives values of an instance as read anew, by their key: `--set KEY=VALUE`, and what comes from Python or a study."""

from __future__ import annotations

import copy
from collections.abc import Hashable, Mapping
from typing import Any

from optimizer.errors import Fault, Where
from optimizer.folders import as_text
from optimizer.instance.faults import did_you_mean, dotted
from optimizer.instance.instance import Instance
from optimizer.instance.movement import Stockpile
from optimizer.instance.source import Source
from optimizer.instance.yaml12 import Path, read_yaml, scalar

ANY = "*"
"""A part of a key that stands for every name there."""


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
    if as_text(given) != given:
        source.faults.append(Fault(where, as_text(given), "no text: half a character, or bytes that are no UTF-8"))
        return
    document = read_yaml(text, option) if text[:1] in ("{", "[", '"', "'") else None
    if document is not None and document.faults:
        source.faults.extend(document.faults)
        return
    assign(source, key, document.data if document is not None else scalar(text), where)


def assign(source: Source, key: str, value: Any, where: Where) -> None:
    """Give a value anew; what is wrong with the key is noted in the source.

    Args:
        source: the instance as read.
        key: a dotted path; a row of a list is named by its id or product, or by its number; `*` as a part stands for
            every name there, and those that do not have the rest of the key are passed over.
        value: plain data.
        where: who says so.
    """
    if ANY in key.split("."):
        found_like = paths_like(source.data, key)
        if not found_like:
            source.faults.append(Fault(where, key, "nothing in the instance is named so", "a key that it states"))
        for like in found_like:
            assign(source, dotted(like), copy.deepcopy(value), where)
        return
    holder: Any = source.data
    path: list[Hashable] = []
    parts = key.split(".")
    for part in parts[:-1]:
        found = _step(holder, part)
        if found is None:
            if not _may_begin(holder, path, part):
                wrong = f"'{dotted(tuple(path)) or 'the instance'}' has no '{part}'"
                source.faults.append(Fault(where, key, wrong, _known_in(holder, part)))
                return
            holder[part] = {}
            found = part
            source.places[*path, part] = where
        path.append(found)
        holder = holder[found]
    last = _step(holder, parts[-1])
    if last is None:
        if not isinstance(holder, dict):
            source.faults.append(Fault(where, key, f"'{parts[-1]}' is not there"))
            return
        last = scalar(parts[-1]) if parts[-1].isdigit() else parts[-1]
    holder[last] = value
    _forget(source, (*path, last))
    source.places[*path, last] = where


def path_of(data: Any, key: str) -> Path | None:
    """Where a dotted key without `*` leads in an instance as plain data; None where nothing stands there."""
    return None if ANY in key.split(".") else next(iter(paths_like(data, key)), None)


def multiply(source: Source, key: str, factor: float, where: Where) -> None:
    """Multiply a number, a series or a mapping of them by a factor; what is wrong is noted in the source.

    Args:
        source: the instance as read.
        key: as `assign` takes it; `*` as a part stands for every name there, and those without a value are passed over.
        factor: by how much; the growth of a series stays.
        where: who says so.
    """
    found = paths_like(source.data, key)
    amounts = {path: value for path, value in found.items() if _has_amount(value)}
    if not amounts:
        words = [repr(value) for value in found.values() if not isinstance(value, dict | list)]
        wrong = f"{words[0]} is no number to be multiplied" if words else "nothing is written there to be multiplied"
        source.faults.append(Fault(where, key, wrong, "name a number or a series that the instance states"))
    for path, value in amounts.items():
        holder: Any = source.data
        for part in path[:-1]:
            holder = holder[part]
        holder[path[-1]] = times(value, factor)
        _forget(source, path)
        source.places[path] = where


def paths_like(data: Any, key: str) -> dict[Path, Any]:
    """What stands under a key in which `*` stands for every name, by its path."""
    found: dict[Path, Any] = {(): data}
    for part in key.split("."):
        stepped: dict[Path, Any] = {}
        for path, holder in found.items():
            if part != ANY:
                step = _step(holder, part)
                steps: list[Any] = [] if step is None else [step]
            else:
                steps = list(holder) if isinstance(holder, dict) else list(range(len(_rows(holder))))
            stepped |= {(*path, step): holder[step] for step in steps}
        found = stepped
    return found


def _rows(holder: Any) -> list[Any]:
    return holder if isinstance(holder, list) else []


def _has_amount(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_amount(item) for item in value.values())
    return isinstance(value, int | float) and not isinstance(value, bool)


def times(value: Any, factor: float) -> Any:
    """A number, a series or a mapping of them times a factor; years, growth and words stay."""
    if isinstance(value, dict):
        return {key: item if key == "growth" else times(item, factor) for key, item in value.items()}
    return value * factor if _has_amount(value) else value


def _forget(source: Source, path: Path) -> None:
    """What stood inside a value that is given anew has no place any more."""
    for inside in [known for known in source.places if len(known) > len(path) and known[: len(path)] == path]:
        del source.places[inside]


def _may_begin(holder: Any, path: list[Hashable], part: str) -> bool:
    """Whether a value may begin a mapping that is not written yet."""
    if not isinstance(holder, dict):
        return False
    if not path:
        return part in Instance.model_fields
    if path[0] == "stockpiles" and len(path) == 2:
        return part in Stockpile.model_fields
    return path[0] in ("policy", "logistics", "planning_case")


def _known_in(holder: Any, part: str) -> str:
    """What would be right instead of a part of a key that a holder does not have."""
    if isinstance(holder, Mapping):
        return did_you_mean(part, [str(name) for name in holder])
    if not isinstance(holder, list):
        return "nothing stands below it"
    names = [str(item.get("id") or item.get("product") or "") for item in holder if isinstance(item, dict)]
    if any(names) or not holder:
        return did_you_mean(part, filter(None, names))
    return f"its rows are numbered from 0 to {len(holder) - 1}" if len(holder) > 1 else "its one row is numbered 0"


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
