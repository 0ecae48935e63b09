"""Leaves marked rows out of an instance as plain data, and then all that cannot stand without them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from optimizer.errors import Fault, InstanceError
from optimizer.instance.changes import plain_value
from optimizer.instance.instance import Instance
from optimizer.instance.marks import MARKINGS, each_row
from optimizer.instance.sound import sound
from optimizer.instance.source import Source
from optimizer.instance.yaml12 import Path
from optimizer.unmarking.references import REFERENCES, Reference, change_of, loose_part, matches
from optimizer.unmarking.texts import Words, telling

NAMED = ("materials", "recipes", "facilities", "owners", "channels", "markets", "stockpiles")
"""Sections whose ids no word of what stays may be."""
NUMBERED = (("lanes",), ("logistics", "freight"), ("policy", "rules"), ("markets", "*", "demand"),
            ("stockpiles", "*", "targets"))  # fmt: skip
"""Lists whose rows tables of a plan name by their numbers."""
ENDING = "_unmarked"
"""Of the name of what is left."""
LONGEST_ID = 80
ROUNDS = 50
"""In which rows go that are not sound without others, at most."""
INSIDE = ("options", "recipes", "owners", "claims", "demand", "targets", "effects", "requalification", "price_steps")
"""Fields of a record that hold rows."""
SAID = ("id", "rule", "affects", "kind", "from", "to", "material", "product", "facility", "share", "above")
"""Fields by which a row of a list is told from others, as far as it has them."""


@dataclass(frozen=True, slots=True)
class Left:
    """Something that is left out.

    Attributes:
        what: its place in the instance, with what a row of a list says of itself.
        why: that it is marked, or what it names that is left out.
        changes: what its absence changes of the problem, so that somebody must decide on it; empty where it only offers
            something that is not there any more.
        marked: whether it is marked itself.
        inside: the rows in it, which go with it.
    """

    what: str
    why: str
    changes: str = ""
    marked: bool = False
    inside: str = ""


@dataclass(slots=True)
class Cut:
    """What is left of an instance.

    Attributes:
        instance: without the marked rows.
        left: all that is left out, the marked rows first.
        numbers: of the rows of lists that stayed, by the path of the list: the old number of each.
        words: by which what is left out would be known.
    """

    instance: Instance
    left: list[Left]
    numbers: dict[Path, list[int]]
    words: Words


def cut(instance: Instance, keep: Collection[str] = ()) -> Cut:
    """Leave marked rows out, and all that cannot stand without them.

    Args:
        instance: it stays as it is.
        keep: labels that may stay; a row goes where it has any other.

    Raises:
        InstanceError: what is left is no instance; with every fault of it.
    """
    return _Cutter(instance, frozenset(keep)).all()


@dataclass(slots=True)
class _Cutter:
    """Takes rows out of plain data, and knows what they were."""

    instance: Instance
    keep: frozenset[str]
    data: dict[str, Any] = field(init=False)
    left: list[Left] = field(default_factory=list)
    gone: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    words: Words = field(default_factory=Words)
    _first: dict[int, Path] = field(default_factory=dict)
    _out: list[Any] = field(default_factory=list)
    """What is out; kept, so that no other object takes its identity."""

    def __post_init__(self) -> None:
        self.data = plain_value(self.instance.plain())
        self._number(self.data, ())

    def _number(self, value: Any, path: Path) -> None:
        """Note the place that each row has at first: numbers of rows change as others go."""
        inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, item in inside:
            if isinstance(item, dict) and isinstance(value, list):
                self._first[id(item)] = (*path, key)
            self._number(item, (*path, key))

    def all(self) -> Cut:
        """Leave out what must go, and see whether the rest is an instance."""
        laned = {lane["material"] for lane in self.data.get("lanes", ())}
        self._marked()
        while self._dangling():
            pass
        self._declared()
        for path, word in sorted(telling(self.data, self.words), key=lambda one: _last_first(one[0])):
            self._take(path, f"says '{word}', which is left out")
        self._named()
        found = self._sound()
        self._pooled(laned)
        numbers: dict[Path, list[int]] = {}
        for pattern in NUMBERED:
            numbers[pattern] = []  # where none is left
            for path, rows in matches(self.data, pattern):
                numbers[path] = [int(str(self._first[id(row)][-1])) for row in rows]
        return Cut(found, sorted(self.left, key=lambda one: not one.marked), numbers, self.words)

    # What must go

    def _marked(self) -> None:
        """Leave out rows with a label that may not stay; what is inside them goes with them."""
        found = {
            path: [label for label in row.marking if label not in self.keep]
            for path, row in each_row(self.instance)
            if row.marking and not self.keep.issuperset(row.marking)
        }
        outer = [path for path in found if not any(path[:length] in found for length in range(1, len(path)))]
        for path in sorted(outer, key=_last_first):
            labels = found[path]
            self._take(path, f"marked {', '.join(labels)}", marked=True)
            for label in labels:
                self.words.names.add(self.instance.markings[label].name)

    def _dangling(self) -> bool:
        """Leave out what names rows that are not there any more; whether anything did."""
        before = len(self.left)
        for reference in REFERENCES:
            found = list(matches(self.data, reference.pattern))
            for path, value in sorted(found, key=lambda one: _last_first(one[0])):  # as rows go, later numbers change
                self._refer(reference, path, value)
        for path, value in list(matches(self.data, ("facilities", "*", "recipes"))):
            if not value:
                self._take(path[:2], "all its recipes are left out")
        for path, value in list(matches(self.data, ("stockpiles", "*", "price_steps", "*"))):
            if not value:
                self._take(path, "all its steps are left out")
        for name, facility in list(self.data.get("facilities", {}).items()):
            known = {option["id"] for option in facility.get("options", ())}
            for number in reversed(range(len(facility.get("options", ())))):
                after = facility["options"][number].get("after")
                if after is not None and after not in known:
                    self._take(("facilities", name, "options", number), f"follows {after}, which is left out")
        self._options_of_rules()
        return len(self.left) > before

    def _options_of_rules(self) -> None:
        rows = self.data.get("policy", {}).get("rules", [])
        for number in reversed(range(len(rows))):
            facility, option = rows[number].get("facility"), rows[number].get("option")
            options = self.data.get("facilities", {}).get(facility, {}).get("options", ())
            if option is not None and option not in {one["id"] for one in options}:
                self._take(("policy", "rules", number), f"names option {option} of {facility}, which is left out")

    def _refer(self, reference: Reference, path: Path, value: Any) -> None:
        """Leave out the names at a path that are of rows left out, or the row around them."""
        names = [value] if isinstance(value, str) else list(value) if isinstance(value, list | dict) else []
        lost = [name for name in names if isinstance(name, str) and self._lost(reference, name)]
        if not lost:
            return
        if reference.whole or (reference.needed and len(lost) == len(names)):
            are = "is" if len(lost) == 1 else "are"
            self._take(path[: reference.row], f"names {', '.join(lost)}, which {are} left out")
        elif isinstance(value, str):
            self._take(path, "it is left out")
        else:
            for name in lost:
                self._take((*path, value.index(name) if isinstance(value, list) else name), "it is left out")

    def _lost(self, reference: Reference, name: str) -> bool:
        return any(name in self.gone[section] for section in reference.sections) and not any(
            name in self._ids(section) for section in reference.sections
        )

    def _ids(self, section: str) -> Collection[str]:
        if section == "instruments":
            return {one["id"] for one in (self.data.get("finance") or {}).get("instruments", ())}
        held = self.data.get(section, ())
        return held if isinstance(held, dict) else {one["id"] for one in held}

    def _sound(self) -> Instance:
        """The instance that is left; what is about nothing any more goes, until all is sound."""
        name = str(self.data["name"])
        for _ in range(ROUNDS):
            try:
                return sound(Source(name, plain_value(self.data)), name)
            except InstanceError as error:
                loose = {part: fault for fault in error.faults if (part := loose_part(self._path(fault))) is not None}
                if not loose:
                    raise
                for path in sorted(loose, key=_last_first):
                    self._take(path, f"without what is left out: {loose[path].wrong}")
        raise AssertionError("rows go in every round, and there are not so many")  # pragma: no cover

    def _path(self, fault: Fault) -> Path:
        """The path of a fault, with numbers where there are lists."""
        found: list[Any] = []
        holder: Any = self.data
        for part in fault.key.split("."):
            step = int(part) if isinstance(holder, list) and part.isdigit() else part
            found.append(step)
            there = isinstance(holder, dict) or (isinstance(holder, list) and isinstance(step, int))
            holder = holder[step] if there and _has(holder, step) else None
        return tuple(found)

    # What is told of it

    def _declared(self) -> None:
        """Only labels that rows may keep are declared in what is left."""
        kept = {label: said for label, said in self.data.get(MARKINGS, {}).items() if label in self.keep}
        if kept:
            self.data[MARKINGS] = kept
        else:
            self.data.pop(MARKINGS, None)

    def _named(self) -> None:
        """What is left is another instance, and says so."""
        self.data["name"] = f"{str(self.data['name'])[: LONGEST_ID - len(ENDING)]}{ENDING}"
        said = self.data.get("description")
        note = "Rows that are marked are left out, and what cannot stand without them."
        self.data["description"] = f"{said.rstrip()} {note}" if said else note

    def _pooled(self, laned: Collection[str]) -> None:
        """A material whose lanes are all gone moves otherwise than before."""
        still = {lane["material"] for lane in self.data.get("lanes", ())}
        for material in sorted(set(laned) - still):
            if material in self.data["materials"]:
                words = f"{material} moves between hubs now"
                self.left.append(Left("lanes", f"none of {material} is left", words))

    def _take(self, path: Path, why: str, *, marked: bool = False) -> None:
        """Leave out what stands at a path."""
        if not self._there(path):
            return
        holder: Any = self.data
        for part in path[:-1]:
            holder = holder[part]
        value = holder[path[-1]]
        self.left.append(Left(" ".join(self._said(path)), why, change_of(path), marked, _inside(value)))
        holder.pop(path[-1])
        self._out.append(value)
        if len(path) == 2 and path[0] in NAMED:
            self.gone[str(path[0])].add(str(path[1]))
        if isinstance(value, dict) and isinstance(value.get("id"), str):
            self.gone[str(path[-2])].add(value["id"])
        if marked:  # what only went with it is nobody's secret
            self.words.take(value)
            self.words.ids |= {str(path[1])} if len(path) == 2 and path[0] in NAMED else set()

    def _said(self, path: Path) -> Iterator[str]:
        """A place in words: its path as it was at first, and what the row says of itself."""
        holder: Any = self.data
        first: Path = ()
        row: Any = None
        for part in path:
            holder = holder[part] if _has(holder, part) else None
            first = self._first.get(id(holder), (*first, part))
            row = holder if id(holder) in self._first else row
        yield ".".join(map(str, first))
        if isinstance(holder, str) and isinstance(path[-1], int):
            yield holder
        if isinstance(row, dict):
            words = [f"{key}: {row[key]}" for key in SAID if isinstance(row.get(key), str | float | int)]
            yield from [f"({', '.join(words)})"] if words else []

    def _there(self, path: Path) -> bool:
        holder: Any = self.data
        for part in path:
            if not _has(holder, part):
                return False
            holder = holder[part]
        return True


def _inside(value: Any) -> str:
    """The rows in a record, by list: options build, extend; claims asia."""
    rows = {key: value[key] for key in INSIDE if value.get(key)} if isinstance(value, dict) else {}
    return "; ".join(f"{key.replace('_', ' ')} {', '.join(_names(held))}" for key, held in rows.items())


def _names(held: Any) -> Iterator[str]:
    """What rows are called: by their names, or by what tells them apart."""
    for row in held:
        said = (row[key] for key in SAID if key in row) if isinstance(row, dict) else iter((row,))
        yield str(next(said, ""))


def _has(holder: Any, part: Any) -> bool:
    if isinstance(holder, dict):
        return part in holder
    return isinstance(holder, list) and isinstance(part, int) and part < len(holder)


def _last_first(path: Path) -> tuple[Any, ...]:
    return tuple((1, -part, "") if isinstance(part, int) else (0, 0, str(part)) for part in path)
