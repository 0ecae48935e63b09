"""Demand that must be met, and a portfolio that meets it in every future, planted.

The first plant of each kind stands in the domestic country and is clean: from mine to magnet they are a chain of their
own, at one hub, with a lane for the ore. No scenario strikes them. What the chain makes, enlarged by an option of each
of its plants, bounds the demand; docs/generate.md has the proof.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from optimizer.synthetic.chemistry import OXIDE, RECIPES
from optimizer.synthetic.draw import Draw, rounded
from optimizer.synthetic.places import KINDS, Places
from optimizer.synthetic.sizes import Sizes

LINKS = ("mine", "light", "metal", "alloy", "magnet")
"""Kinds of plants that a magnet without heavies passes."""
LARGER = 0.6
"""What a planted option adds, as a share of what stands."""
ASKED = 0.9
"""Share of what the chain makes that is asked for."""


@dataclass(frozen=True, slots=True)
class Core:
    """The planted part.

    Attributes:
        plants: facilities of the chain.
        portfolio: (facility, option, year) of each planted funding.
        outlay: public money that it takes, USD, in the first year.
        market: the market's record.
        line: its demand line.
    """

    plants: tuple[str, ...]
    portfolio: tuple[tuple[str, str, int], ...]
    outlay: float
    market: dict[str, Any]
    line: dict[str, Any]


def core(sizes: Sizes, made: Places, need: Mapping[str, float], channel: str) -> Core:
    """Plant the chain's options among those of the network, and ask for what they allow.

    Args:
        sizes: what is asked of the instance.
        made: its facilities; options are added.
        need: t of ore for a tonne of NdPr oxide, by ore.
        channel: the strictest.
    """
    draw = Draw(sizes.seed, "core")
    alloy = RECIPES["sinter"]["inputs"]["alloy"]
    plants = tuple(made.by_kind[kind][0] for kind in LINKS)
    (ore,) = made.ores[plants[0]]
    takes = (OXIDE * need[ore], OXIDE, alloy * RECIPES["cast"]["inputs"]["ndpr_metal"], alloy, 1.0)
    most = min(made.facilities[f]["capacity"] / take for f, take in zip(plants, takes, strict=True))
    demand = {sizes.years[0]: _less(ASKED * most)}
    portfolio = []
    outlay = 0.0
    if sizes.periods > 1:
        demand[sizes.years[1]] = _less(ASKED * (1 + LARGER) * most)
        for kind, facility in zip(LINKS, plants, strict=True):
            size = rounded(LARGER * made.facilities[facility]["capacity"], 5)
            capex = rounded(KINDS[kind].capex * draw.within(1.0, 1.5) * size)
            public = draw.within(0.2, 1.0)
            made.options.append({"facility": facility, "id": "core", "capacity": size, "capex": capex, "lead": 1,
                                 "fixed_cost": rounded(0.03 * capex), "life": 20, "public_share": public})  # fmt: skip
            portfolio.append((facility, "core", sizes.years[0]))
            outlay += capex * public
    line = {"market": "core_programmes", "product": "magnet_n", "tonnes": demand}
    return Core(plants, tuple(portfolio), outlay, {"channel": channel, "country": "USA"}, line)


def _less(value: float) -> float:
    """To three digits, downwards: rounding up could ask for too much."""
    short = rounded(value)
    return short if short <= value else rounded(value * 0.995)
