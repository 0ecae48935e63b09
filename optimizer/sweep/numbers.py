"""The numbers of an instance that may be swept, and an instance with one of them moved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from optimizer.instance.fields import Record
from optimizer.instance.instance import Instance
from optimizer.instance.override import times
from optimizer.instance.yaml12 import Path

STATED = "none"
"""Stands for the confidence of a row that states none."""

FIELDS: Mapping[str, tuple[str, ...]] = {
    "options": ("capex", "capacity", "fixed_cost"),
    "facilities": ("capacity", "fixed_cost"),
    "recipes": ("cost",),
    "demand": ("tonnes", "shortage_cost"),
    "targets": ("tonnes", "shortage_cost"),
    "materials": ("price",),
    "scenarios": ("probability",),
}
"""The fields that are swept, by the kind of row."""


@dataclass(frozen=True, slots=True)
class Number:
    """One number, or a few that are moved together.

    Attributes:
        key: as `--set` takes it; with `*` where several are moved together.
        kind: kind of row.
        field: name of the field.
        confidence: A, B, C or none.
        source: where it comes from.
        value: as the instance has it; None for several.
        paths: where it stands in the instance as plain data.
    """

    key: str
    kind: str
    field: str
    confidence: str
    source: str
    value: Any
    paths: tuple[Path, ...]


def numbers_of(instance: Instance) -> list[Number]:
    """Every number that may be swept, in the order of the instance.

    A facility's own recipe costs move together, and so do the costs of all lanes and of all freight rows of one
    confidence: one by one they are many and small.
    """
    plain = instance.plain()
    found: list[Number] = []

    def add(kind: str, record: Record, path: Path, key: str) -> None:
        row = _at(plain, path)
        names = [name for name in FIELDS[kind] if isinstance(row, Mapping) and not _is_zero(row.get(name))]
        found.extend(_number(f"{key}.{name}", kind, name, record, row[name], ((*path, name),)) for name in names)

    for name, material in instance.materials.items():
        add("materials", material, ("materials", name), f"materials.{name}")
    for name, recipe in instance.recipes.items():
        add("recipes", recipe, ("recipes", name), f"recipes.{name}")
    for name, facility in instance.facilities.items():
        here: Path = ("facilities", name)
        add("facilities", facility, here, f"facilities.{name}")
        for index, option in enumerate(facility.options):
            add("options", option, (*here, "options", index), f"facilities.{name}.options.{option.id}")
        for grade, paths in _by_grade(facility.recipes.items(), plain, (*here, "recipes")).items():
            key = f"facilities.{name}.recipes.*.cost"
            found.append(Number(key, "facility_recipes", "cost", grade, facility.source or "", None, paths))
    for name, market in instance.markets.items():
        for index, line in enumerate(market.demand):
            path: Path = ("markets", name, "demand", index)
            add("demand", line, path, f"markets.{name}.demand.{line.product}")
    for name, stockpile in instance.stockpiles.items():
        for index, target in enumerate(stockpile.targets):
            add("targets", target, ("stockpiles", name, "targets", index), f"stockpiles.{name}.targets.{index}")
    for index, scenario in enumerate(instance.scenarios):
        add("scenarios", scenario, ("scenarios", index), f"scenarios.{scenario.id}")
    for kind, rows, head in (
        ("freight", instance.logistics.freight, ("logistics", "freight")),
        ("lanes", instance.lanes, ("lanes",)),
    ):
        for grade, paths in _by_grade(enumerate(rows), plain, head).items():
            key = f"{'.'.join(str(part) for part in head)}.*.cost ({grade})"
            found.append(Number(key, kind, "cost", grade, "", None, paths))
    return found


def scaled(instance: Instance, number: Number, factor: float) -> Instance:
    """The instance with one number times a factor; a probability at most what the others leave.

    Raises:
        pydantic.ValidationError: the moved number is not allowed there.
    """
    plain = instance.plain()
    for path in number.paths:
        holder = _at(plain, path[:-1])
        holder[path[-1]] = times(holder[path[-1]], factor)
    if number.kind == "scenarios":
        index = number.paths[0][1]
        others = [s for i, s in enumerate(instance.scenarios) if i != index]
        left = Decimal(1) - sum((Decimal(repr(float(s.probability))) for s in others), Decimal(0))
        row = plain["scenarios"][index]
        row["probability"] = min(row["probability"], float(left))
    return Instance.model_validate(plain)


def _number(key: str, kind: str, name: str, record: Any, value: Any, paths: tuple[Path, ...]) -> Number:
    return Number(key, kind, name, record.confidence or STATED, record.source or "", value, paths)


def _by_grade(rows: Any, plain: Any, head: Path) -> dict[str, tuple[Path, ...]]:
    """The paths of the costs of rows that have one, by the confidence of the row."""
    found: dict[str, tuple[Path, ...]] = {}
    for key, record in rows:
        row = _at(plain, (*head, key))
        if isinstance(row, Mapping) and not _is_zero(row.get("cost")):
            grade = getattr(record, "confidence", None) or STATED
            found[grade] = (*found.get(grade, ()), (*head, key, "cost"))
    return found


def _at(data: Any, path: Path) -> Any:
    """What stands at a path; None where there is nothing, as under a name in a plain list of names."""
    for part in path:
        if isinstance(data, Mapping):
            data = data.get(part)
        else:
            data = data[part] if isinstance(data, list | tuple) and isinstance(part, int) else None
    return data


def _leaves(value: Any) -> Iterator[float]:
    """The amounts in a number, a series, or a mapping of them."""
    if isinstance(value, bool):
        return
    if isinstance(value, int | float):
        yield value
    elif isinstance(value, Mapping):
        if "start" in value:
            yield from _leaves(value["start"])
        else:
            for item in value.values():
                yield from _leaves(item)


def _is_zero(value: Any) -> bool:
    return not any(_leaves(value))
