"""The tables of a plan without the rows that name something left out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.instance.marks import MARKING, about
from optimizer.instance.yaml12 import Path
from optimizer.plan.columns import with_units
from optimizer.plan.markings import PLACES, SECTIONS
from optimizer.plan.plan import Plan
from optimizer.unmarking.cut import Cut

NOTE = "excerpt.json"
FORMAT = 1
SAYS = (
    "This is an excerpt of the tables of a plan: rows that name something marked, or something that went with it, are "
    "left out.",
    "It cannot be verified, and nothing can be planned from it: sums over rows are not those of the plan.",
    "Figures that are here still rest on all rows of the whole instance, the marked ones too: costs, outlay, "
    "probability and service are those of the whole plan.",
    "The instance beside it is the one without the marked rows; the plan was not made for it.",
)
"""What an excerpt says of itself."""
SERVICE = "service_"
_NUMBERED = {"line": ("markets", "market", "demand"), "target": ("stockpiles", "stockpile", "targets")}
"""Columns with the number of a row in a list of a record: section, column that names the record, list."""


def tables_without(plan: Plan, found: Cut, keep: Collection[str]) -> dict[str, pd.DataFrame]:
    """The tables of a plan, without the rows that name something left out; numbers are those of what is left.

    Args:
        plan: the plan.
        found: its instance without the marked rows.
        keep: labels that may stay.
    """
    stays = _Stays(plan.instance, found)
    return {name: with_units(name, _without(frame, stays, keep)) for name, frame in plan.tables.items()}


def _without(frame: pd.DataFrame, stays: _Stays, keep: Collection[str]) -> pd.DataFrame:
    rows = []
    for row in frame.to_dict("records"):
        mine = {str(head): cell for head, cell in row.items()}
        if set(str(mine.get(MARKING) or "").split()) <= set(keep) and (kept := stays.row(mine)) is not None:
            rows.append(kept)
    heads = [head for head in map(str, frame.columns) if stays.column(head) and (keep or head != MARKING)]
    kinds = {head: kind for head, kind in frame.dtypes.items() if head in heads}
    return pd.DataFrame(rows, columns=heads).astype(kinds)


class _Stays:
    """What is left of an instance, asked by what cells name."""

    def __init__(self, whole: Instance, found: Cut) -> None:
        self.whole, self.rest = whole, found.instance
        self.new: dict[Path, dict[int, int]] = {
            path: {old: new for new, old in enumerate(numbers)} for path, numbers in found.numbers.items()
        }
        self.named = {
            "scenario": _gone({s.id for s in whole.scenarios}, {s.id for s in self.rest.scenarios}),
            "instrument": _gone(_instruments(whole), _instruments(self.rest)),
            "appropriation": _gone(_appropriations(whole), _appropriations(self.rest)),
        }

    def column(self, head: str) -> bool:
        """Whether a column stays: service has one for each channel."""
        channel = head.removeprefix(SERVICE)
        return channel == head or channel not in self.whole.channels or channel in self.rest.channels

    def row(self, cells: dict[str, Any]) -> dict[str, Any] | None:
        """A row as it stays; None where it names something left out."""
        for head, section in SECTIONS.items():
            if head in cells and self._is_gone(cells[head], section):
                return None
        for head in PLACES:
            if head in cells and any(self._is_gone(cells[head], s) for s in ("facilities", "markets", "stockpiles")):
                return None
        if any(head in cells and cells[head] in gone for head, gone in self.named.items()):
            return None
        if not self._at_facility(cells):
            return None
        if "channels" in cells:
            mine = str(cells["channels"] or "").split(";")
            cells["channels"] = ";".join(one for one in mine if not self._is_gone(one, "channels"))
        return self._numbered(cells)

    def _is_gone(self, name: Any, section: str) -> bool:
        return name in getattr(self.whole, section) and name not in getattr(self.rest, section)

    def _at_facility(self, cells: Mapping[str, Any]) -> bool:
        """Whether all that a row names of a facility is there: options, and a recipe that it runs."""
        facility = self.rest.facilities.get(str(cells.get("facility", "")))
        if facility is None:
            return True
        before = {option.id for option in self.whole.facilities[str(cells["facility"])].options}
        gone = before - {option.id for option in facility.options}
        if cells.get("option") in gone or gone & set(str(cells.get("state") or "").split("+")):
            return False
        return "recipe" not in cells or cells["recipe"] in facility.recipes

    def _numbered(self, cells: dict[str, Any]) -> dict[str, Any] | None:
        """Numbers of rows as they are in what is left; None where a row is not."""
        for head, (section, named, held) in _NUMBERED.items():
            if head in cells and named in cells:
                number = self.new.get((section, str(cells[named]), held), {}).get(int(cells[head]))
                if number is None:
                    return None
                cells[head] = number
        if "rule" in cells:
            number = self.new["policy", "rules"].get(int(cells["rule"]))
            if number is None:
                return None
            cells["rule"] = number
        kind, _, old = str(cells.get("link", "")).partition(":")
        path: Path | None = {"lane": ("lanes",), "freight": ("logistics", "freight")}.get(kind)
        if path is not None:
            number = self.new[path].get(int(old))
            if number is None:
                return None
            cells["link"] = f"{kind}:{number}"
        return cells


def _gone(before: Collection[str], after: Collection[str]) -> frozenset[str]:
    return frozenset(before) - frozenset(after)


def _instruments(instance: Instance) -> set[str]:
    return set() if instance.finance is None else {one.id for one in instance.finance.instruments}


def _appropriations(instance: Instance) -> set[str]:
    return {one.id for one in instance.policy.budget.appropriations}


def note_of(plan: Plan, rest: Instance) -> dict[str, Any]:
    """What an excerpt says of itself: nothing that names a row."""
    told = ("status", "objective", "bound", "gap", "gap_usd", "risk", "made", "versions")
    return {
        "format": FORMAT,
        "excerpt_of": "a plan",
        "notes": list(SAYS),
        **about(rest),
        **{key: plan.info.get(key) for key in told},
    }
