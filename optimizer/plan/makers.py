"""Whom users of a channel have a product from on the trunk, where a new maker would have to wait."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from optimizer.network.tables import Tables

Values = Mapping[str, Mapping[Any, float]]
Known = dict[tuple[str, str, str, int], float]
"""(facility, material, channel, period) -> t."""

SMALL = 1e-7
"""Tonnes below which nothing is made or taken."""


def made_in(t: Tables, values: Values) -> Known:
    """What each maker makes in a channel and stricter ones, t, from values of the trunk by component and index."""
    runs = values.get("run", {})
    return {
        index: math.fsum(tonnes * runs.get(run, 0.0) for run, tonnes in terms)
        for index, terms in t.requalification.made.items()
    }


def makers_of(t: Tables, values: Values) -> Known:
    """What is counted as had from each maker: what the values say, and what is left in proportion to what is made.

    Which tonne is whose cannot be told of pooled material. Where a solve chose whom to count, that stands; what users
    take beyond it is laid on makers by what they make beyond it.

    Args:
        t: tables of the trunk.
        values: component -> index -> value of `run`, `deliver`, `stock_in` and, where it was chosen, `known`.
    """
    s, made, chosen = t.requalification, made_in(t, values), values.get("known", {})
    runs, deliver, into = (values.get(name, {}) for name in ("run", "deliver", "stock_in"))
    makers: dict[tuple[str, str, int], list[str]] = defaultdict(list)
    for f, material, k, y in s.known:
        makers[material, k, y].append(f)
    found: Known = {}
    for (material, k, y), names in makers.items():
        what = (material, k, y)
        taken = math.fsum(deliver.get(i, 0.0) for i in s.delivered.get(what, ()))
        taken += math.fsum(tonnes * runs.get(run, 0.0) for run, tonnes in s.used.get(what, ()))
        taken += math.fsum(into.get(i, 0.0) for i in s.reserved.get(what, ()))
        had = {f: min(max(0.0, chosen.get((f, *what), 0.0)), made[f, *what]) for f in names}
        spare = {f: made[f, *what] - had[f] for f in names}
        left, room = taken - math.fsum(had.values()), math.fsum(spare.values())
        share = min(1.0, left / room) if left > SMALL and room > SMALL else 0.0
        for f in names:
            tonnes = had[f] + share * spare[f]
            if tonnes > SMALL:
                found[f, *what] = tonnes
    return found
