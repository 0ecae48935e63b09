"""What the checks between records share: names as written, places as written, references."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from optimizer.instance.faults import did_you_mean
from optimizer.instance.instance import Instance
from optimizer.instance.source import Source
from optimizer.instance.yaml12 import Path

Check = Callable[[Source, Instance], None]

NOUNS = {
    "materials": "material",
    "recipes": "recipe",
    "facilities": "facility",
    "owners": "owner",
    "channels": "channel",
    "markets": "market",
    "stockpiles": "stockpile",
    "countries": "country",
    "regions": "region",
}
PLACES = ("facilities", "markets", "stockpiles")

Item = TypeVar("Item")


def raw(source: Source, *path: Hashable) -> Any:
    """The value at a path as written; None where there is none."""
    value: Any = source.data
    for part in path:
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return None
    return value


def listed(source: Source, path: Path, records: Sequence[Item]) -> Iterator[tuple[Path, Item]]:
    """The records of a list, each with its path as written: what was left out before it counts too."""
    written = raw(source, *path)
    count = len(written) if isinstance(written, list) else len(records)
    kept = [index for index in range(count) if (*path, index) not in source.removed]
    for index, record in zip(kept, records, strict=False):
        yield (*path, index), record


def whole(source: Source, *sections: str) -> bool:
    """Whether nothing in these sections was left out, so that what they lack they lack as written."""
    return not any(path and path[0] in sections for path in source.removed)


def lost(source: Source, *head: Hashable) -> bool:
    """Whether something at or under a path was left out."""
    return any(path[: len(head)] == head for path in source.removed)


def _section(section: str) -> Path:
    return ("logistics", "regions") if section == "regions" else (section,)


def names(source: Source, section: str) -> set[str] | None:
    """The ids of a section as written; None where the section itself could not be read."""
    path = _section(section)
    if any(path[:length] in source.removed for length in range(1, len(path) + 1)):
        return None
    if section == "regions":
        regions = raw(source, *path)
        return {str(key) for key in regions} if isinstance(regions, Mapping) else set()
    return source.ids(section)


def unknown(source: Source, section: str, name: object) -> bool:
    """Whether a name is surely not an id of the section."""
    written = raw(source, *_section(section))
    if isinstance(written, Mapping) and name in written:
        return False
    known = names(source, section)
    return known is not None and name not in known


def at(source: Source, path: Path, name: str) -> Path:
    """The path of a name that a list or a mapping holds."""
    value = raw(source, *path)
    if isinstance(value, list) and name in value:
        return (*path, value.index(name))
    return (*path, name) if isinstance(value, Mapping) and name in value else path


def refer(source: Source, section: str, path: Path, name: str) -> bool:
    """Check that a name at a path is an id of a section.

    Returns:
        Whether it is, or cannot be told.
    """
    if not unknown(source, section, name):
        return True
    right = removal(source, _section(section), name) or did_you_mean(name, names(source, section) or ())
    source.fault(path, f"there is no {NOUNS[section]} '{name}'", right)
    return False


def removal(source: Source, path: Path, name: object) -> str:
    """Which overlay removed what a reference names; empty where none did."""
    rows = source.gone.get(path, ())
    places = [where for gone, where in rows if gone == name or (isinstance(gone, dict) and gone.get("id") == name)]
    return f"{places[0]} removed it: change or remove this too" if places else ""


def refer_all(source: Source, section: str, path: Path, given: Iterable[str] | None) -> bool:
    """Check that every name that a list or mapping at a path holds is an id of a section."""
    found = [refer(source, section, at(source, path, name), name) for name in given or ()]
    return all(found)


def orderly(source: Source, instance: Instance) -> bool:
    """Whether the periods follow one another, so that the horizon is known."""
    periods = instance.periods
    return whole(source, "periods") and all(b.year == a.end for a, b in itertools.pairwise(periods))


def names_of_their_own(source: Source, found: Iterable[tuple[Path, str]], noun: str) -> None:
    """Check that no two records have one id.

    Args:
        source: where faults are noted.
        found: path and id of each record.
        noun: what the records are.
    """
    seen: set[str] = set()
    for path, name in found:
        if name in seen:
            source.fault((*path, "id"), f"a second {noun} '{name}'", "give each its own id")
        seen.add(name)


def region_of(instance: Instance) -> dict[str, str]:
    """The region of each country that lies in one."""
    regions = instance.logistics.regions or {}
    return {country: region for region, countries in regions.items() for country in countries}


def ordinal(index: int) -> str:
    """The number of a list's item as a reader counts: 0 gives 1st."""
    number = index + 1
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def quoted(items: Iterable[str]) -> str:
    """Words in quotes, with commas."""
    return ", ".join(f"'{item}'" for item in items)
