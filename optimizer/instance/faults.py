"""From pydantic's errors to faults that say where, what is wrong and what would be right."""

from __future__ import annotations

import difflib
import functools
import heapq
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from optimizer.errors import Fault, Where
from optimizer.instance.fields import flatten
from optimizer.instance.instance import Instance
from optimizer.instance.written import written_out
from optimizer.instance.yaml12 import Path

CHANGES = ("change", "changes", "edit", "modify", "set", "update")
"""Keys that are looked for in overlays, and that no file has."""
CHANGED = "what is changed stands under its own section, as in an instance: facilities: {plant_a: {capacity: 300}}"
NUMBERS = ("float_type", "int_type")
MISSING = " is missing"
"""How the words end that say that a key is not there."""
_MANY = 40
"""Names that are compared letter by letter with a word that is not known; of more, those with its beginning and end."""
_LONGEST = 200
"""Letters of a word beyond which nothing like it is looked for."""


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """What would be right instead of a word that is not known."""
    return _hint(str(word), frozenset(known))


@functools.lru_cache(maxsize=1024)
def _hint(word: str, known: frozenset[str]) -> str:
    names = sorted(known)
    likely = [] if len(word) > _LONGEST else names
    if len(likely) > _MANY:  # comparing each would take longer than all the rest, where many words are not known
        likely = heapq.nlargest(_MANY, names, key=lambda name: _ends_in_common(name, word))
    close = difflib.get_close_matches(word, likely, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    if not names:
        return "there are none"
    shown = ", ".join(names[:12])
    return f"there is {shown}" + (f" and {len(names) - 12} more" if len(names) > 12 else "")


def _ends_in_common(name: str, word: str) -> int:
    """Letters that two words have in common at their beginning and at their end."""
    first, last = ((name, word), (name[::-1], word[::-1]))
    return len(os.path.commonprefix(first)) + len(os.path.commonprefix(last))  # noqa: RUF071 (letters are meant)


def dotted(path: Path) -> str:
    """A path as a reader writes it."""
    return ".".join(str(part) for part in path)


def place_of(path: Path, places: Mapping[Path, Where], default: str) -> Where:
    """The place of a path, or of the nearest thing around it."""
    for length in range(len(path), -1, -1):
        found = places.get(path[:length])
        if found is not None:
            return found.at(path[length]) if length < len(path) else found
    return Where(default)


def raw_path(loc: tuple[int | str, ...], data: Any) -> Path:
    """The path in the data as written of a pydantic location: without union tags and wrapped values."""
    path: list[Any] = []
    for number, part in enumerate(loc):
        last = number == len(loc) - 1
        if isinstance(data, Mapping):
            if part in data:
                path.append(part)
                data = data[part]
            elif last and isinstance(part, str) and not part.startswith(("[", "function-")):
                path.append(part)
        elif isinstance(data, list | tuple) and isinstance(part, int) and part < len(data):
            path.append(part)
            data = data[part]
    return tuple(path)


def _record_at(loc: tuple[int | str, ...], root: type[BaseModel]) -> type[BaseModel] | None:
    """The record class in which a location's last part is a key."""
    kinds: list[Any] = [root]
    for part in loc[:-1]:
        found: list[Any] = []
        for kind in kinds:
            for option in flatten(kind):
                if isinstance(option, type) and issubclass(option, BaseModel):
                    for name, info in option.model_fields.items():
                        if part in (info.alias or name, name):
                            found.append(info.annotation)
                    tag = option.model_fields.get("rule") or option.model_fields.get("affects")
                    tag = tag or option.model_fields.get("measure")
                    if tag is not None and part in get_args(tag.annotation):
                        found.append(option)
                elif get_origin(option) in (dict, tuple, list):
                    found.extend(arg for arg in get_args(option)[-2:] if arg is not Ellipsis)
        kinds = found
    for kind in kinds:
        for option in flatten(kind):
            if isinstance(option, type) and issubclass(option, BaseModel):
                return option
    return None


def _text(error: ErrorDetails, root: type[BaseModel]) -> tuple[str, str]:
    """What is wrong and what would be right, in words a planner uses."""
    kind, context = error["type"], error.get("ctx") or {}
    value = error["input"]
    shown = repr(value) if isinstance(value, str | int | float | bool) or value is None else f"a {_noun(value)}"
    if kind == "extra_forbidden":
        record = _record_at(error["loc"], root)
        known = [info.alias or name for name, info in record.model_fields.items()] if record else []
        if len(error["loc"]) == 1 and str(error["loc"][0]) in CHANGES:
            return f"unknown key '{error['loc'][0]}'", CHANGED
        return f"unknown key '{error['loc'][-1]}'", did_you_mean(error["loc"][-1], known)
    if kind == "missing":
        return f"'{error['loc'][-1]}'{MISSING}", ""
    if kind in ("greater_than_equal", "greater_than", "less_than_equal", "less_than"):
        word = {
            "greater_than_equal": f"{context.get('ge')} or more",
            "greater_than": f"more than {context.get('gt')}",
            "less_than_equal": f"{context.get('le')} or less",
            "less_than": f"less than {context.get('lt')}",
        }[kind]
        return f"{shown} is out of range", word
    if kind == "union_tag_invalid":
        tags = [tag.strip(" '") for tag in str(context.get("expected_tags", "")).split(",")]
        name = str(context.get("discriminator", "")).strip("'")
        hint = did_you_mean(context.get("tag"), tags)
        return f"no {name} is called '{context.get('tag')}'", f"{hint} ({', '.join(tags)})" if "mean" in hint else hint
    if kind == "union_tag_not_found":
        return f"{str(context.get('discriminator', '')).strip(chr(39))} is missing", ""
    if kind == "string_pattern_mismatch":
        return f"{shown} does not fit", _pattern(str(context.get("pattern")))
    if kind == "string_type":
        return f"{shown} is not a word", "quote it if it is meant as a name"
    if kind in ("float_type", "int_type", "bool_type", "model_type", "dict_type", "tuple_type", "list_type"):
        return f"{shown} does not fit", f"{_wanted(kind)}{written_out(value) if kind in NUMBERS else ''}"
    if kind == "finite_number":
        return f"{shown} is not a finite number", "a finite number"
    if kind == "literal_error":
        return f"{shown} is not known", f"one of {context.get('expected')}"
    message = error["msg"]
    wrong, _, right = message.partition("|")
    return wrong, right


def _noun(value: object) -> str:
    if isinstance(value, Mapping):
        return "mapping"
    if isinstance(value, list | tuple):
        return "list"
    return type(value).__name__


def _wanted(kind: str) -> str:
    return {
        "float_type": "a number",
        "int_type": "a whole number",
        "bool_type": "true or false",
        "model_type": "a mapping",
        "dict_type": "a mapping",
        "tuple_type": "a list",
        "list_type": "a list",
    }[kind]


def _pattern(pattern: str) -> str:
    if "A-Z" in pattern:
        return "a country is three capital letters (ISO 3166 alpha-3)"
    return "ids are made of a-z, 0-9 and _"


def faults_of(
    error: ValidationError,
    data: Any,
    places: Mapping[Path, Where],
    file: str,
    as_written: Callable[[Path], Path] = lambda path: path,
    root: type[BaseModel] = Instance,
) -> list[tuple[Fault, Path]]:
    """The faults of a validation, each with its path in the data.

    Args:
        error: what the validation raised.
        data: what was validated.
        places: file and line by path as written.
        file: name of the main file.
        as_written: turns a path in the data into the path as written, where items were left out of lists.
        root: the record that the data are to be.
    """
    found: list[tuple[Fault, Path]] = []
    seen: set[tuple[Path, str]] = set()
    for details in error.errors(include_url=False):
        path = raw_path(details["loc"], data)
        wrong, right = _text(details, root)
        if (path, wrong) in seen:
            continue
        seen.add((path, wrong))
        written = as_written(path)
        found.append((Fault(place_of(written, places, file), dotted(written), wrong, right), path))
    return found
