"""Whether plans are of one instance, and what differs where they are not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from optimizer.comparison.columns import Plans, table
from optimizer.comparison.edits import Edit, counts, edits_of, told, written
from optimizer.errors import PlanError

SHOWN = 8
"""Edits that a refusal names."""
LONG = 120
"""Characters of an edit that it shows."""


def changes_from(plans: Plans) -> dict[str, list[Edit]]:
    """What the instance of each plan but the baseline has otherwise."""
    names = list(plans)
    base = plans[names[0]]
    found = {}
    for name in names[1:]:
        same = plans[name].info.get("instance_sha256") == base.info.get("instance_sha256")
        found[name] = [] if same else edits_of(base.instance, plans[name].instance)
    return found


def distinct(plans: Plans, changes: Mapping[str, Sequence[Edit]]) -> dict[str, str]:
    """For each plan the first one whose instance is the same but for words."""
    names = list(plans)
    firsts: dict[str, str] = {names[0]: names[0]}
    for name in names[1:]:
        known = [first for first in dict.fromkeys(firsts.values()) if _alike(plans, changes, first, name)]
        firsts[name] = known[0] if known else name
    return firsts


def _alike(plans: Plans, changes: Mapping[str, Sequence[Edit]], first: str, name: str) -> bool:
    if first == next(iter(plans)):
        return all(edit.words for edit in changes[name])
    if plans[first].info.get("instance_sha256") == plans[name].info.get("instance_sha256"):
        return True
    return all(edit.words for edit in edits_of(plans[first].instance, plans[name].instance))


def refusal(plans: Plans, changes: Mapping[str, Sequence[Edit]]) -> None:
    """Refuse plans of different instances; words that the model does not read make no difference.

    Raises:
        PlanError: naming both and what differs.
    """
    names = list(plans)
    base = plans[names[0]]
    faults = []
    for name in names[1:]:
        edits = [edit for edit in changes[name] if not edit.words]
        if not edits:
            continue
        tables = ", ".join(f"{table} {count}" for table, count in counts(edits).items())
        lines = [
            f"{name} is of another instance than {names[0]}: {plans[name].instance.name} {_hash(plans[name].info)}, "
            f"not {base.instance.name} {_hash(base.info)}",
            f"  {len(edits)} {'value differs' if len(edits) == 1 else 'values differ'}, by table: {tables}",
            *(f"  {_cut(told(edit))}" for edit in edits[:SHOWN]),
        ]
        if len(edits) > SHOWN:
            lines.append(f"  ... and {len(edits) - SHOWN} more")
        faults += lines
    if faults:
        faults.append("Plans of different instances are compared with --different-instances (different_instances=True)")
        raise PlanError("\n".join(faults))


def table_of(changes: Mapping[str, Sequence[Edit]]) -> pd.DataFrame:
    """A row for each edit."""
    rows = [
        {
            "plan": name,
            "table": edit.table,
            "row": edit.row,
            "field": edit.field,
            "change": edit.change,
            "old": written(edit.old),
            "new": written(edit.new),
            "ratio": _ratio(edit.old, edit.new),
            "counts": "no" if edit.words else "yes",
            "key": edit.key,
        }
        for name, edits in changes.items()
        for edit in edits
    ]
    return table("edits", rows).astype({"ratio": float})


def _ratio(old: Any, new: Any) -> float | None:
    """New over old, of plain numbers."""
    plain = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (old, new))
    return new / old if plain and old else None


def _hash(info: Mapping[str, Any]) -> str:
    return str(info.get("instance_sha256"))[:16]


def _cut(text: str) -> str:
    return text if len(text) <= LONG else text[: LONG - 3] + "..."
