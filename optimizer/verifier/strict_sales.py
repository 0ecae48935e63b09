"""Sales in strict channels: what is neither thrown away nor downgraded is sold, where an instrument pays for it."""

from __future__ import annotations

from collections.abc import Mapping

from optimizer.verifier.case import Case
from optimizer.verifier.futures import TRUNK
from optimizer.verifier.verdict import At

Pool = tuple[str, str, int]
"""Place, material, period."""


def thrown_away(case: Case) -> dict[Pool, dict[str, float]]:
    """What is thrown away on the trunk, t by channel."""
    found: dict[Pool, dict[str, float]] = {}
    for over in case.rows.surplus:
        if over.scenario == TRUNK:
            mine = found.setdefault((over.place, over.material, over.period), {})
            mine[over.channel] = mine.get(over.channel, 0.0) + over.tonnes
    return found


def check_strict_sales(
    case: Case,
    unsold: Mapping[Pool, Mapping[str, float]],
    thrown: Mapping[Pool, Mapping[str, float]],
    size: Mapping[Pool, float],
) -> None:
    """Check that looser material thrown away beside it leaves nobody of a strict channel unpaid.

    Args:
        case: the plan, and its instance.
        unsold: t made and not sold, by channel, where an instrument pays by the tonne.
        thrown: t thrown away, by channel.
        size: t made there.
    """
    out: dict[tuple[str, str, int, str], float] = {}
    for move in case.rows.downgrades:
        if move.scenario == TRUNK:
            cell = (move.place, move.material, move.period, move.from_channel)
            out[cell] = out.get(cell, 0.0) + move.tonnes
    for pool, by_channel in unsold.items():
        place, material, year = pool
        if case.instance.materials[material].sell:
            continue
        at, left, gone = At(f"{place}:{material}", year), 0.0, 0.0
        for channel in list(case.instance.channels)[:-1]:
            left += by_channel.get(channel, 0.0)
            gone += thrown.get(pool, {}).get(channel, 0.0)
            most = gone + out.get((*pool, channel), 0.0)
            text = f"made in {channel} or stricter and not sold"
            case.ledger.at_most("strict_sold", at, left, most, text, scale=size[pool])
