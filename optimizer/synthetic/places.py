"""Facilities: where they are, what stands, what may be funded, who owns them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from optimizer.errors import OptionsError
from optimizer.synthetic.chemistry import HEAVY, OXIDE
from optimizer.synthetic.draw import Draw, rounded
from optimizer.synthetic.sizes import Sizes

Row = dict[str, Any]

TIERS = {
    "USA": "domestic", "CAN": "ally", "GBR": "ally", "DEU": "ally", "FRA": "ally", "EST": "ally", "JPN": "ally",
    "KOR": "ally", "AUS": "ally", "BRA": "ally", "MYS": "partner", "VNM": "partner", "IND": "partner",
    "CHN": "adversary", "RUS": "adversary",
}  # fmt: skip
REGIONS = {
    "north_america": ["USA", "CAN"],
    "europe": ["GBR", "DEU", "FRA", "EST"],
    "east_asia": ["JPN", "KOR"],
    "oceania": ["AUS"],
    "south_america": ["BRA"],
    "south_asia": ["MYS", "VNM", "IND"],
    "china": ["CHN", "RUS"],
}
FUNDED = ("domestic", "ally")
"""Tiers whose facilities public money goes to."""
COST_LEVEL = {"domestic": 1.2, "ally": 1.0, "partner": 0.85, "adversary": 0.65}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of facility.

    Attributes:
        stage: its step of the chain.
        share: of all facilities.
        need: capacity for a tonne of magnets a year.
        capex: USD per unit of capacity a year.
        lead: least and most years to first output.
        homes: countries with a weight each.
    """

    stage: str
    share: float
    need: float
    capex: float
    lead: tuple[int, int]
    homes: Mapping[str, float]


_INDUSTRY = {"USA": 3, "CAN": 1, "GBR": 1, "DEU": 2, "FRA": 1, "EST": 1, "JPN": 3, "KOR": 2, "VNM": 1, "IND": 1}
_MINES = {"USA": 2, "CAN": 1, "AUS": 3, "BRA": 2, "MYS": 1, "VNM": 1, "IND": 1}
HEAVY_SHARE = 0.3
"""Share of heavy magnets in what a chain is made for; demand asks for about as many."""
KINDS: dict[str, Kind] = {
    "mine": Kind("mining", 0.23, OXIDE * 5.5, 22_000, (1, 3), _MINES),
    "light": Kind("separation", 0.17, OXIDE, 145_000, (1, 2), {**_INDUSTRY, "AUS": 2, "MYS": 2, "BRA": 1}),
    "heavy": Kind("separation", 0.07, HEAVY * HEAVY_SHARE, 640_000, (1, 2), {**_INDUSTRY, "AUS": 2, "MYS": 2}),
    "metal": Kind("metal", 0.15, 1.25 * 0.31 + 0.02 * HEAVY_SHARE, 70_000, (1, 2), _INDUSTRY),
    "alloy": Kind("alloy", 0.12, 1.25, 35_000, (1, 2), _INDUSTRY),
    "magnet": Kind("magnet", 0.20, 1.0, 175_000, (1, 2), _INDUSTRY),
    "recycling": Kind("recycling", 0.06, 0.05, 95_000, (1, 1), _INDUSTRY),
}
TONNES_PER_FACILITY = 60.0
"""t of trusted magnets a year for each facility of the network, so that plants of a large network are no larger."""


@dataclass(slots=True)
class Places:
    """What stands and what may be funded.

    Attributes:
        facilities: by id.
        options: rows with `facility`.
        recipes: rows of facility and recipe, with what differs there.
        owners: by id.
        holdings: rows of held, owner and share.
        holders: rows of facility, owner and share.
        by_kind: facilities of each kind.
        ores: what each mine digs and each light plant takes.
    """

    facilities: dict[str, Row] = field(default_factory=dict)
    options: list[Row] = field(default_factory=list)
    recipes: list[Row] = field(default_factory=list)
    owners: dict[str, Row] = field(default_factory=dict)
    holdings: list[Row] = field(default_factory=list)
    holders: list[Row] = field(default_factory=list)
    by_kind: dict[str, list[str]] = field(default_factory=dict)
    ores: dict[str, tuple[str, ...]] = field(default_factory=dict)


def split(number: int, shares: Sequence[float], least: int = 0) -> list[int]:
    """A whole number split by shares, largest remainders first; each at least so much."""
    total = sum(shares)
    exact = [max(0, number - least * len(shares)) * share / total for share in shares]
    found = [least + math.floor(value) for value in exact]
    order = sorted(range(len(shares)), key=lambda i: (math.floor(exact[i]) - exact[i], i))
    for i in order[: number - sum(found)]:
        found[i] += 1
    return found


def places(sizes: Sizes, ores: Sequence[str], recipe_costs: Mapping[str, float]) -> Places:
    """Facilities of all kinds: adversary, standing and candidate ones."""
    made = Places()
    _owners(made, sizes)
    companies = _companies(made)
    counts = split(sizes.facilities, [kind.share for kind in KINDS.values()], least=2)
    hostiles = [max(1, round(0.25 * count)) for count in counts]
    candidates = _candidates(sizes, [count - 1 - h for count, h in zip(counts, hostiles, strict=True)])
    tonnes = TONNES_PER_FACILITY * sizes.facilities
    for (name, kind), count, hostile, funded in zip(KINDS.items(), counts, hostiles, candidates, strict=True):
        draw = Draw(sizes.seed, f"facilities/{name}")
        groups = {"standing": count - hostile - funded, "candidate": funded, "hostile": hostile}
        needed = kind.need * tonnes
        # Standing plants make most of what programmes ask for, some stages less: there the chain is short.
        total = {
            "hostile": needed * draw.within(4.5, 5.5),
            "standing": needed * draw.within(0.5, 1.2),
            "candidate": needed * draw.within(1.2, 1.8),
        }
        made.by_kind[name] = []
        taken: Counter[str] = Counter()
        for group, number in groups.items():
            for i, share in enumerate(draw.shares(number)):
                clean = group == "standing" and i == 0
                country = _country(draw, kind, group, clean)
                taken[country] += 1
                facility = f"{name}_{country.lower()}_{taken[country]}"
                _facility(made, draw, facility, kind, country, group, share * total[group], clean)
                _holder(made, draw, facility, companies["clean" if clean else group])
                made.by_kind[name].append(facility)
                made.ores[facility] = _ores(draw, name, len(made.by_kind[name]) - 1, ores)
                _recipes(made, draw, facility, name, country, recipe_costs)
                size = share * total[group]
                if group == "candidate":
                    _options(made, draw, sizes, facility, name, kind, size)
                elif group == "standing" and sizes.candidates and TIERS[country] in FUNDED and draw.chance(0.6):
                    _expansion(made, draw, sizes, facility, name, kind, size)
    holding = {row["owner"] for row in (*made.holdings, *made.holders)} | {row["held"] for row in made.holdings}
    made.owners = {name: row for name, row in made.owners.items() if name in holding}
    return made


def _country(draw: Draw, kind: Kind, group: str, clean: bool) -> str:
    if group == "hostile":
        return draw.weighted({"CHN": 9, "RUS": 1})
    homes = {c: w for c, w in kind.homes.items() if group == "standing" or TIERS[c] in FUNDED}
    found = draw.weighted(homes)
    return "USA" if clean else found


def _facility(
    made: Places, draw: Draw, name: str, kind: Kind, country: str, group: str, capacity: float, clean: bool
) -> None:
    standing = 0 if group == "candidate" else rounded(capacity)
    equipment = draw.weighted({0.0: 5, 0.1: 2, 0.2: 2, 0.35: 2 if group == "standing" else 0.5})
    finance = draw.weighted({0.0: 6, 0.2: 1})
    made.facilities[name] = {
        "stage": kind.stage,
        "country": country,
        "capacity": standing,
        "fixed_cost": rounded(0.02 * kind.capex * standing),
        "exposure": {"equipment": 0.0 if clean else equipment, "finance": 0.0 if clean else finance},
    }


def _holder(made: Places, draw: Draw, facility: str, companies: Sequence[str]) -> None:
    owner = draw.one_of(companies)
    share = 1.0 if draw.chance(0.7) else draw.within(0.5, 0.95)
    made.holders.append({"facility": facility, "owner": owner, "share": share})


def _companies(made: Places) -> dict[str, list[str]]:
    """Who may hold a facility, by group of facilities; `clean`: nobody with a share of an adversary."""
    held = {row["held"] for row in made.holdings}
    companies = [owner for owner in made.owners if owner.startswith("company_")]
    hostile = [owner for owner in companies if TIERS[made.owners[owner]["country"]] == "adversary"]
    friendly = [owner for owner in companies if owner not in set(hostile)]
    clean = [owner for owner in friendly if owner not in held]
    return {"hostile": hostile, "standing": friendly, "candidate": clean, "clean": clean}


def _candidates(sizes: Sizes, room: Sequence[int]) -> list[int]:
    """Candidates of each kind, by the room there is beside one that stands and the adversary's.

    Raises:
        OptionsError: there is not room for all.
    """
    wanted = round(sizes.candidates * sizes.facilities)
    if wanted > sum(room):
        most = math.floor(100 * sum(room) / sizes.facilities) / 100
        raise OptionsError(
            f"candidates is {sizes.candidates}; of {sizes.facilities} facilities at most {most} can be candidates"
        )
    return split(wanted, room) if wanted else [0] * len(room)


def _owners(made: Places, sizes: Sizes) -> None:
    """Companies, some of them held in part by an adversary's fund, directly or through a holding."""
    draw = Draw(sizes.seed, "owners")
    made.owners["state_fund"] = {"country": "CHN"}
    made.owners["offshore_holding"] = {"country": "GBR"}
    made.holdings.append({"held": "offshore_holding", "owner": "state_fund", "share": 0.6})
    for number in range(max(6, sizes.facilities // 3)):
        name = f"company_{number + 1}"
        country = "CHN" if number % 4 == 1 else draw.weighted(_INDUSTRY)
        made.owners[name] = {"country": country}
        if country != "CHN" and number % 4 == 2:
            holder = draw.one_of(("state_fund", "offshore_holding"))
            made.holdings.append({"held": name, "owner": holder, "share": draw.within(0.05, 0.6)})


def _ores(draw: Draw, kind: str, number: int, ores: Sequence[str]) -> tuple[str, ...]:
    if kind == "mine":
        return (ores[number % len(ores)],)
    if kind == "light":
        return tuple(draw.some_of(ores, 2 if draw.chance(0.6) else 1)) if number else tuple(ores)
    return ()


def _recipes(made: Places, draw: Draw, facility: str, kind: str, country: str, costs: Mapping[str, float]) -> None:
    of_kind = {
        "heavy": ("separate_heavy",),
        "metal": ("reduce", "reduce_heavy"),
        "alloy": ("cast",),
        "magnet": ("sinter", "diffuse"),
        "recycling": ("recycle",),
        "mine": tuple(f"mine_{ore}" for ore in made.ores[facility]),
        "light": tuple(f"separate_{ore}" for ore in made.ores[facility]),
    }
    level = COST_LEVEL[TIERS[country]]
    for recipe in of_kind[kind]:
        cost = rounded(costs[recipe] * level * draw.within(0.85, 1.2))
        made.recipes.append({"facility": facility, "recipe": recipe, "cost": cost})


def _options(made: Places, draw: Draw, sizes: Sizes, facility: str, name: str, kind: Kind, size: float) -> None:
    """One option, and for some a larger alternative or an expansion."""
    offer = _Offer(made, draw, sizes, facility, name, kind, size)
    offer.add("build", 1.0, 1.0)
    second = draw.weighted({"none": 4, "large": 3, "expand": 3})
    if second == "large":
        offer.add("large", 1.8, 1.5)
    elif second == "expand":
        offer.add("expand", 0.6, 0.45, after="build", lead=min(1, offer.lead))


def _expansion(made: Places, draw: Draw, sizes: Sizes, facility: str, name: str, kind: Kind, size: float) -> None:
    """One expansion of what stands, or a choice of two."""
    offer = _Offer(made, draw, sizes, facility, name, kind, size)
    offer.add("expand", 0.4, 0.36)
    if draw.chance(0.4):
        offer.add("double", 1.0, 0.8)


class _Offer:
    """Options of one facility: what they have in common."""

    def __init__(
        self, made: Places, draw: Draw, sizes: Sizes, facility: str, name: str, kind: Kind, size: float
    ) -> None:
        level = COST_LEVEL[TIERS[made.facilities[facility]["country"]]]
        self.rows = made.options
        self.capex = kind.capex * level * draw.within(0.8, 1.3) * size
        self.size = size
        self.lead = min(draw.whole(*kind.lead), max(0, sizes.periods - 1))
        trusted = name == "magnet" and sizes.channels > 1
        self.common = {
            "facility": facility,
            "lead": self.lead,
            "ramp": [0.5] if draw.chance(0.5) else None,
            "life": 20,
            "public_share": draw.within(0.2, 1.0),
            "qualification": {"mdap": 1} if draw.chance(0.5) and trusted else None,
        }

    def add(self, option: str, size: float, price: float, **more: Any) -> None:
        """An option of a share of the size, at a share of its price."""
        self.rows.append({
            "facility": self.common["facility"],
            "id": option,
            "capacity": rounded(self.size * size),
            "capex": rounded(self.capex * price),
            "fixed_cost": rounded(0.03 * self.capex * price),
        } | self.common | more)  # fmt: skip
