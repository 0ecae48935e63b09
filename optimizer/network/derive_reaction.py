"""What a branch may fund, what the plan may have funded of it, and what must be on line before, for one course."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.network.starts import Start
from optimizer.network.tables import CapacityTables, Network, ReactionTables


def reaction_tables(
    network: Network, course: str, capacity: CapacityTables, reactions: Sequence[Start]
) -> ReactionTables:
    """What a branch funds.

    Args:
        network: what all courses share.
        course: the branch, or the trunk, which funds nothing itself.
        capacity: the course's own.
        reactions: what the branch may fund, and what it may have taken along.
    """
    tables = ReactionTables()
    if not reactions:
        return tables
    last = network.windows[course].periods[-1]
    tables.planned = {key: tuple(t for t in years if t <= last) for key, years in network.starts.years.items()}
    for start in reactions:
        index = (start.facility, start.option, start.year)
        tables.starts.setdefault(index[:2], []).append(start)
        if start.course == course:
            tables.own.append(index)
        else:
            tables.inherited[index] = start.course
    for f, o, t in tables.own:
        before = network.starts.base(f, o)
        if before is not None:
            ways = (*network.starts.paths[f, before], *tables.starts.get((f, before), ()))
            stop = network.calendar.span[t].stop
            tables.ready[f, o, t] = [start for start in ways if capacity.online[start] < stop]
    return tables
