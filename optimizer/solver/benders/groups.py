"""Which parts answer together: one cut for several futures where there are very many.

A cut a future says most, but with a thousand futures the master has thousands of rows, and every node of its tree is
dear. Futures of like onset and length then share a cut, which is the sum of theirs. Source: Birge and Louveaux (1988),
between their one cut and many; Trukhanov, Ntaimo and Schaefer (2010).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.instance.policy import Expected
from optimizer.network.tables import Network
from optimizer.solver.benders.recourse import Recourse
from optimizer.solver.compile import Indices, Vector

MOST = 100
"""Groups that branches are dealt into at most."""


@dataclass(slots=True)
class Group:
    """Parts that share a cut.

    Attributes:
        theta: the master's column for their cost, in units of the first one's.
        parts: their numbers.
        share: what a USD of each weighs in the objective, the first one's being 1.
    """

    theta: int
    parts: list[int]
    share: Vector


def grouped(network: Network, parts: Sequence[Recourse], objective: Vector) -> tuple[list[Group], Indices]:
    """Deal parts into groups: one each, or where there are more branches than that `MOST` for the branches.

    Only where the objective is a weighted sum of what parts cost: other measures look at each future.

    Args:
        network: what is solved.
        parts: in their order.
        objective: of the master, by column.

    Returns:
        Groups, and the columns of the master that nothing is said of any more.
    """
    single = [Group(part.theta, [number], np.ones(1)) for number, part in enumerate(parts)]
    whole = [number for number, part in enumerate(parts) if not part.part.period]
    weight = np.array([objective[part.theta] for part in parts])
    if len(whole) <= MOST or not isinstance(network.instance.risk, Expected) or (weight <= 0).any():
        return single, np.zeros(0, dtype=np.int64)

    def like(number: int) -> tuple[int, int, str]:
        window = network.windows[parts[number].part.course]
        return window.onset, len(window.periods), parts[number].part.course

    found = [single[number] for number, part in enumerate(parts) if part.part.period]
    for some in np.array_split(np.array(sorted(whole, key=like)), MOST):
        members = [int(number) for number in some]
        found.append(Group(parts[members[0]].theta, members, weight[members] / weight[members[0]]))
    leads = {group.theta for group in found}
    return found, np.array([part.theta for part in parts if part.theta not in leads], dtype=np.int64)
