"""The record of projects that slipped or failed, by class, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from scipy.special import betaincinv

from .tables import Out, by, read

CLASSES = ("first_of_kind_plant", "greenfield_mine", "expansion", "brownfield_restart")
KINDS = ("on_time", "moderate", "severe", "failed")
# A slip below half a year is on time; from half to one and a half years moderate; from there on severe.
MODERATE, SEVERE = 0.5, 1.5
PRIOR = 0.5  # Jeffreys: half a project in each kind
# Share of a slip that has a common cause, and so the correlation of two projects' slips. Own estimate (C): money,
# crews, furnace makers and know-how are short for all at once, ore and plant are each project's own. Range 0.3-0.7.
COMMON = 0.5


@dataclass(frozen=True)
class Project:
    """A project of the record.

    Attributes:
        id: its name in the record.
        cls: its class.
        slip: years late at the milestone; None where it failed or nothing can be said yet.
        kind: one of `KINDS`; empty where it is not decided.
    """

    id: str
    cls: str
    slip: float | None
    kind: str


def projects() -> list[Project]:
    """The projects of the record, judged."""
    found = []
    for row in by("project_record", "id").values():
        if row["class"] not in CLASSES:
            raise ValueError(f"project_record.csv {row['id']}: no class '{row['class']}'")
        slip = float(row["slip_years"]) if row["slip_years"] else None
        if row["planned"] and row["actual"]:
            dated = float(row["actual"]) - float(row["planned"])
            if slip is None or abs(slip - dated) > 0.011:
                raise ValueError(f"project_record.csv {row['id']}: the dates give a slip of {dated:.2f} years")
        found.append(Project(row["id"], row["class"], slip, _kind(row["id"], row["outcome"], slip)))
    return found


def _kind(name: str, outcome: str, slip: float | None) -> str:
    if outcome in ("open", "failed"):
        return "failed" if outcome == "failed" else ""
    if outcome not in ("reached", "late") or slip is None:
        raise ValueError(f"project_record.csv {name}: outcome '{outcome}' with slip {slip}")
    return "on_time" if slip < MODERATE else "moderate" if slip < SEVERE else "severe"


def counts(cls: str) -> dict[str, int]:
    """Decided projects of a class by kind."""
    found = [project.kind for project in projects() if project.cls == cls]
    return {kind: found.count(kind) for kind in KINDS}


def chances(cls: str) -> dict[str, float]:
    """Probability of each kind for a project of a class: the mean of the posterior under Jeffreys' prior."""
    seen = counts(cls)
    total = sum(seen.values()) + PRIOR * len(KINDS)
    return {kind: (number + PRIOR) / total for kind, number in seen.items()}


def interval(cls: str, kind: str) -> tuple[float, float]:
    """The 80 percent interval of such a probability."""
    seen = counts(cls)
    inside = seen[kind] + PRIOR
    outside = sum(seen.values()) + PRIOR * len(KINDS) - inside
    return float(betaincinv(inside, outside, 0.1)), float(betaincinv(inside, outside, 0.9))


def delay(kind: str, cls: str) -> int:
    """Whole years late of the middle project of a class that slipped so, at least one."""
    slips = [project.slip for project in projects() if project.cls == cls and project.kind == kind]
    known = [slip for slip in slips if slip is not None]
    if not known:
        raise ValueError(f"project_record.csv: no {kind} slip of class {cls}")
    return max(1, int(median(known) + 0.5))


def common_futures() -> dict[str, float]:
    """Probability of each future in which first-of-kind plants slip together."""
    chance = chances("first_of_kind_plant")
    return {
        "slip_moderate": COMMON * chance["moderate"],
        "slip_severe": COMMON * chance["severe"],
        "failures": COMMON * chance["failed"],
    }


def option_classes(facilities: Iterable[Out], options: Iterable[Out]) -> dict[str, list[str]]:
    """Facilities with options, by class.

    A facility is classed by its first option: an expansion where every unit that it adds stands already, a greenfield
    mine where it adds a mine alone, else a plant that its operator has not run before. `option_classes.csv` holds the
    exceptions.
    """
    exceptions = {row["facility"]: row["class"] for row in read("option_classes")}
    stands = {row["id"]: _units(row["capacity"]) for row in facilities}
    found: dict[str, list[str]] = {cls: [] for cls in CLASSES}
    seen: set[str] = set()
    for row in options:
        name = row["facility"]
        if name in seen:
            continue
        seen.add(name)
        adds = _units(row["capacity"])
        rule = "greenfield_mine" if adds <= {"mine"} else "first_of_kind_plant"
        found[exceptions.get(name, "expansion" if adds <= stands[name] else rule)].append(name)
    if unknown := set(exceptions) - seen:
        raise ValueError(f"option_classes.csv: {sorted(unknown)} have no option")
    return found


def _units(capacity: Any) -> set[str]:
    """Units with a capacity above zero in any year."""
    if not isinstance(capacity, Mapping):
        return {""} if capacity else set()
    return {unit for unit, value in capacity.items() if (any(value.values()) if isinstance(value, Mapping) else value)}
