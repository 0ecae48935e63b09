"""Edits in groups that can be made one after another, each leaving a sound instance."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from optimizer.comparison.edits import ORDER, Edit, edited, told
from optimizer.errors import OptionsError
from optimizer.instance.checks import check
from optimizer.instance.instance import Instance
from optimizer.instance.judge import judge
from optimizer.instance.source import Source
from optimizer.network.eligible import ineligible
from optimizer.network.network import laundering

LEVELS = ("table", "row", "edit")
"""How edits are put together: all of a table, all of a row, each by itself."""
SHOWN = 3
"""Edits of a group that are told in words."""


@dataclass(frozen=True, slots=True)
class Group:
    """Edits that are made together.

    Attributes:
        name: of the group; with `+` where groups had to be joined, for neither leaves a sound instance by itself.
        edits: what is changed.
        after: the instance once this group, and all before it, are made.
        alone: the instance with this group only; None where that is not sound.
        why: the first fault of that.
    """

    name: str
    edits: tuple[Edit, ...]
    after: Instance
    alone: Instance | None
    why: str = ""

    @property
    def what(self) -> str:
        """The first few edits in words."""
        parts = [told(edit) for edit in self.edits[:SHOWN]]
        more = len(self.edits) - len(parts)
        return "; ".join(parts) + (f"; and {more} more" if more else "")


def grouped(
    old: Instance, new: Instance, edits: Sequence[Edit], by: str, named: Mapping[str, Sequence[str]]
) -> list[Group]:
    """The groups, in the order in which they are made.

    Args:
        old: the instance that edits begin from.
        new: what it is once all are made.
        edits: what the model sees of `edits_of(old, new)`.
        by: one of `LEVELS`.
        named: patterns of keys by name of a group; these come first, in this order, and the first that fits counts.

    Raises:
        OptionsError: a pattern fits no edit.
    """
    parts = _parts(edits, by, named)
    groups: list[Group] = []
    made: list[Edit] = []
    waiting: list[str] = []
    held: list[Edit] = []
    for number, (name, mine) in enumerate(parts.items()):
        waiting.append(name)
        held += mine
        last = number == len(parts) - 1
        after = new if last else sound(edited(old, new, [*made, *held]))
        if isinstance(after, str):
            continue  # with the next it may be one
        first = not made
        alone = after if first else sound(edited(old, new, held))
        why = alone if isinstance(alone, str) else ""
        groups.append(
            Group(" + ".join(waiting), tuple(held), after, alone if isinstance(alone, Instance) else None, why)
        )
        made += held
        waiting, held = [], []
    return groups


def _parts(edits: Sequence[Edit], by: str, named: Mapping[str, Sequence[str]]) -> dict[str, list[Edit]]:
    if by not in LEVELS:
        raise OptionsError(f"by is '{by}'; there is {', '.join(LEVELS)}")
    found: dict[str, list[Edit]] = {name: [] for name in named}
    for edit in sorted(edits, key=lambda edit: ORDER.index(edit.table) if edit.table in ORDER else len(ORDER)):
        fits = (name for name, patterns in named.items() if any(fnmatch.fnmatchcase(edit.key, one) for one in patterns))
        name = next(fits, None)
        if name is None:
            row = " ".join(part for part in (edit.table, edit.row) if part)
            name = {"table": edit.table, "row": row, "edit": " ".join((row, edit.field)).strip()}[by]
        found.setdefault(name, []).append(edit)
    empty = [name for name, mine in found.items() if not mine]
    if empty:
        keys = [edit.key for edit in edits[:SHOWN]]
        raise OptionsError(f"no edit fits the group {', '.join(empty)}; keys are such as {', '.join(keys)}")
    return found


def sound(data: dict[str, object]) -> Instance | str:
    """The instance that plain data are, checked as if it had been read; else its first fault."""
    source = Source("the edited instance", data)
    instance = judge(source)
    if instance is not None:
        check(source, instance)
        if not source.faults:
            source.faults.extend((*laundering(instance), *ineligible(instance)))
    if instance is None or source.faults:
        return str(source.faults[0]) if source.faults else "nothing can be made of it"
    return instance
