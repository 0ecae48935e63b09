"""Words by which what is left out would still be known: in texts, tags and names of what stays."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from optimizer.instance.instance import Instance
from optimizer.instance.yaml12 import Path
from optimizer.plan.columns import COLUMNS

NAME = "name"
TEXTS = (NAME, "title", "description", "source", "note", "authority", "intensity", "force", "losses")
"""Keys of free text."""
TAGS = "tags"
CONDITIONS = ("where", "capex")
"""Keys of conditions, which may name tags."""
SHORT, FEW = 3, 3
"""Letters of an id or a name from which it is looked for, and words of any other text."""

_WORD = re.compile(r"[a-z0-9_]+")


@dataclass(slots=True)
class Words:
    """What is looked for.

    Attributes:
        ids: of records that are left out; no word of what stays may be one.
        row_ids: of options, scenarios and other rows, which may be anybody's.
        tags: of what is left out.
        names: of what is left out, for readers.
        texts: other texts of it.
    """

    ids: set[str] = field(default_factory=set)
    row_ids: set[str] = field(default_factory=set)
    tags: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)

    def take(self, value: Any) -> None:
        """Take in the texts of something that is left out, and of all inside it."""
        if isinstance(value, Mapping):
            for key, item in value.items():
                if key in TEXTS and isinstance(item, str):
                    (self.names if key == NAME else self.texts).add(item)
                elif key == "id":
                    self.row_ids.add(str(item))
                elif key == TAGS and isinstance(item, list):
                    self.tags |= set(map(str, item))
                self.take(item)
        elif isinstance(value, list):
            for item in value:
                self.take(item)

    def pattern(self, stays: Collection[str]) -> re.Pattern[str] | None:
        """What finds them in a text, upper and lower case alike.

        Args:
            stays: whole texts of what stays: what these say by themselves is nobody else's.
        """
        words = {one for one in self.ids if len(one) >= SHORT}
        words |= {one for one in self.row_ids if len(one) >= SHORT and re.search("[0-9_]", one)}
        apart = [r"[\s_-]+".join(map(re.escape, re.split("_+", one.strip("_")))) for one in sorted(words)]
        texts = {one for one in self.names if len(one) >= SHORT} | {t for t in self.texts if len(t.split()) >= FEW}
        found = [*apart, *(r"\s+".join(map(re.escape, one.split())) for one in sorted(texts - set(stays)))]
        if not found:
            return None
        return re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(sorted(found, key=len, reverse=True))})(?![A-Za-z0-9])", re.I)


def telling(data: Mapping[str, Any], words: Words) -> Iterator[tuple[Path, str]]:
    """Texts and tags of what stays that tell of something left out: where, and the word."""
    texts = [(path, text) for path, text in _texts(data, ()) if path[-1] in TEXTS]
    pattern = words.pattern([text for _, text in texts])
    for path, text in texts:
        if path != (NAME,) and pattern is not None and (found := pattern.search(text)):
            yield path, found[0]
    yield from _tags(data, words)


def _tags(data: Mapping[str, Any], words: Words) -> Iterator[tuple[Path, str]]:
    """Tags that are an id left out; in conditions those that nothing has any more, beside one that something has."""
    given = [(path, tag) for path, tag in _texts(data, ()) if path[-2:-1] == (TAGS,)]
    carried = {tag for path, tag in given if path[-3] not in CONDITIONS}
    for path, tag in given:
        if path[-3] not in CONDITIONS:
            if tag in words.ids:
                yield path, tag
        elif tag in words.tags - carried and any(other[:-1] == path[:-1] and one in carried for other, one in given):
            yield path, tag


def remaining(text: str, words: Words, stages: Collection[str]) -> list[str]:
    """Ids of records left out that are still a word of a text, other than as a stage or a word of the format."""
    return sorted((words.ids & set(_WORD.findall(text))) - set(stages) - _format_words())


@functools.cache
def _format_words() -> frozenset[str]:
    """Keys of instances, words that may stand there, and columns of tables."""
    found = {column for columns in COLUMNS.values() for column in columns} | set(COLUMNS)
    waiting: list[Any] = [Instance.model_json_schema(by_alias=True)]
    while waiting:
        this = waiting.pop()
        if isinstance(this, Mapping):
            found |= {str(key) for key in this.get("properties", ())}
            found |= {str(word) for word in (*this.get("enum", ()), this.get("const", ""))}
            waiting.extend(this.values())
        elif isinstance(this, list):
            waiting.extend(this)
    return frozenset(found)


def places_of(data: Any, word: str, path: Path = ()) -> Iterator[Path]:
    """Where a word stands by itself: as a name, or as all of a text."""
    inside = data.items() if isinstance(data, Mapping) else enumerate(data) if isinstance(data, list) else ()
    for key, item in inside:
        if word in (key, item):
            yield (*path, key)
        yield from places_of(item, word, (*path, key))


def alike(data: Mapping[str, Any], words: Words) -> list[str]:
    """Ids of what stays that hold an id of what does not, as `plant_a_lane` holds `plant_a`."""
    ids = {one for one in words.ids if len(one) > SHORT}
    return sorted(own for own in set(_ids(data)) if any(f"_{one}_" in f"_{own}_" and own != one for one in ids))


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    inside = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        if isinstance(item, str):
            yield (*path, key), item
        else:
            yield from _texts(item, (*path, key))


def _ids(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if isinstance(key, str):
                yield key
            if key == "id" and isinstance(item, str):
                yield item
            yield from _ids(item)
    elif isinstance(value, list):
        for item in value:
            yield from _ids(item)
