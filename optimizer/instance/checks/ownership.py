"""Holdings: no circles, and no more than the whole of anything."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from optimizer.instance.checks.base import listed
from optimizer.instance.fields import Holding
from optimizer.instance.instance import Instance
from optimizer.instance.source import Source
from optimizer.instance.yaml12 import Path

TOLERANCE = 1e-9


def _holdings(source: Source, instance: Instance) -> Iterator[tuple[Path, str, Mapping[str, Holding]]]:
    """Path, name and holders of everything that is held."""
    for name, facility in instance.facilities.items():
        yield ("facilities", name, "owners"), f"facility '{name}'", facility.owners
        for path, option in listed(source, ("facilities", name, "options"), facility.options):
            if option.sets is not None and option.sets.owners is not None:
                what = f"facility '{name}' after option '{option.id}'"
                yield (*path, "sets", "owners"), what, option.sets.owners
    for name, owner in instance.owners.items():
        yield ("owners", name, "owners"), f"owner '{name}'", owner.owners


def shares_add_up(source: Source, instance: Instance) -> None:
    """The shares held of one facility or legal person add up to 1 at most."""
    for path, what, holders in _holdings(source, instance):
        total = math.fsum(holding.share for holding in holders.values())
        if total > 1 + TOLERANCE:
            source.fault(path, f"the shares of {what} add up to {total:.10g}", "1 or less")


def ownership_runs_in_no_circle(source: Source, instance: Instance) -> None:
    """No legal person holds itself, alone or through others."""
    done: set[str] = set()
    for start in instance.owners:
        if start in done:
            continue
        chain = [start]
        open_ = [iter(instance.owners[start].owners)]
        while open_:
            holder = next(open_[-1], None)
            if holder is None:
                done.add(chain.pop())
                open_.pop()
            elif holder in chain:
                _report(source, chain[chain.index(holder) :])
            elif holder in instance.owners and holder not in done:
                chain.append(holder)
                open_.append(iter(instance.owners[holder].owners))


def _report(source: Source, held: list[str]) -> None:
    """Report a circle, given as names each of which is held by the next."""
    last = held[-1]
    path: Path = ("owners", last, "owners", held[0])
    if len(held) == 1:
        source.fault(path, f"'{last}' holds a share of itself", "leave it out: own shares carry no control")
        return
    order = " holds ".join(f"'{name}'" for name in [held[0], *reversed(held)])
    source.fault(path, f"a circle of holdings: {order}", "leave out one of these holdings")


CHECKS = (shares_add_up, ownership_runs_in_no_circle)
