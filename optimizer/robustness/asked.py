"""The options that are asked about."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.errors import Fault, Where
from optimizer.instance.instance import Instance
from optimizer.near_optimal.rows import Option


def asked_of(instance: Instance, given: Sequence[str], faults: list[Fault]) -> tuple[Option, ...] | None:
    """The options that `FACILITY` or `FACILITY:OPTION` name; None where none is named.

    Args:
        instance: from `load`.
        given: names.
        faults: what is wrong with them is added.
    """
    found: list[Option] = []
    for text in given:
        name, colon, which = text.partition(":")
        there = [item.id for item in instance.facilities[name].options] if name in instance.facilities else None
        if there is None:
            like = [other for other in instance.facilities if name and (name in other or other in name)][:5]
            near = f"there is {', '.join(like)}" if like else "FACILITY or FACILITY:OPTION"
            faults.append(Fault(Where("--option"), text, f"{instance.name} has no facility '{name}'", near))
        elif not there:
            faults.append(Fault(Where("--option"), text, f"{name} has no options: there is nothing to fund"))
        elif colon and which not in there:
            near = f"there is {', '.join(there)}"
            faults.append(Fault(Where("--option"), text, f"{name} has no option '{which}'", near))
        else:
            found += [(name, item) for item in there if not colon or item == which]
    return tuple(dict.fromkeys(found)) if given else None
