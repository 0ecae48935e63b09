"""Makes a synthetic instance: a network of the field's shape, of any size, by seed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from optimizer.synthetic.chemistry import chemistry
from optimizer.synthetic.core import core
from optimizer.synthetic.draw import Draw
from optimizer.synthetic.folder import save
from optimizer.synthetic.futures import scenarios
from optimizer.synthetic.known import Known
from optimizer.synthetic.movement import channel_records, channels, distances, freight, lanes, markets, policy, reserve
from optimizer.synthetic.places import REGIONS, TIERS, places
from optimizer.synthetic.planted import planted
from optimizer.synthetic.sizes import BASE_YEAR, DISCOUNT_RATE, Sizes

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Synthetic:
    """A synthetic instance, to be saved as a folder.

    Attributes:
        sizes: what was asked for.
        document: what stands in `instance.yaml`, but for the tables.
        tables: rows of each CSV table.
        known: its optimum, where that was asked for.
        planted: (facility, option, year) of a portfolio that meets what must be met; empty where nothing must.
    """

    sizes: Sizes
    document: dict[str, Any]
    tables: dict[str, list[Row]] = field(repr=False)
    known: Known | None = None
    planted: tuple[tuple[str, str, int], ...] = ()

    def save(self, folder: Path | str) -> Path:
        """Write the instance folder, whole or not at all.

        Raises:
            OptionsError: the folder is there and holds something else than a synthetic instance.
        """
        return save(self, Path(folder))


def generate(
    *,
    facilities: int = 60,
    periods: int = 5,
    futures: int = 10,
    seed: int = 0,
    candidates: float = 0.25,
    channels: int = 2,
    disrupted: float = 0.5,
    name: str = "synthetic",
    known: bool = False,
    must_meet: bool = False,
    children: float = 0.0,
) -> Synthetic:
    """Make a synthetic instance.

    Args:
        facilities: standing and candidate ones together.
        periods: of a year each.
        futures: the undisrupted one and the scenarios.
        seed: the same seed and sizes give the same files, byte for byte.
        candidates: share of the facilities where nothing stands and an option may be funded.
        channels: 1 (commercial), 2 (with mdap) or 3 (with domestic_chain).
        disrupted: probability that any scenario happens.
        name: of the instance.
        known: make one whose optimum is known by construction; see docs/generate.md.
        must_meet: some demand must be met in every future, which a planted portfolio does.
        children: share of the scenarios that leave another's branch, where there is one to leave.

    Raises:
        OptionsError: with every argument that makes no sense.
    """
    sizes = Sizes(facilities, periods, futures, seed, candidates, channels, disrupted, name, known, must_meet, children)
    head = {
        "schema": 1,
        "name": name,
        "title": f"Synthetic: {facilities} facilities, {periods} periods, {futures} futures, seed {seed}",
    }
    if known:
        found = planted(sizes)
        return Synthetic(sizes, head | found.document, _filled(found.tables), found.known)
    document, tables, portfolio = _network(sizes)
    return Synthetic(sizes, head | document, _filled(tables), planted=portfolio)


def _network(sizes: Sizes) -> tuple[Row, dict[str, list[Row]], tuple[tuple[str, str, int], ...]]:
    """A network of the field's shape: document, tables, and what is planted in it."""
    baskets = min(3 + sizes.facilities // 200, 9)
    materials, recipes, need = chemistry(Draw(sizes.seed, "chemistry"), baskets)
    made = places(sizes, list(need), {recipe: row["cost"] for recipe, row in recipes.items()})
    market, demand = markets(sizes)
    stockpile, targets = reserve(sizes)
    asked = core(sizes, made, need, channels(sizes)[0]) if sizes.must_meet else None
    if asked is not None:
        market["core_programmes"] = asked.market
        demand.append(asked.line)
    happening, effects = scenarios(sizes, made, asked.plants if asked else ())
    document = {
        "base_year": BASE_YEAR,
        "discount_rate": DISCOUNT_RATE,
        "periods": list(sizes.years),
        "domestic": ["USA"],
        "countries": dict(TIERS),
        "ownership_rule": {"method": "look_through"},
        "channels": channel_records(sizes),
        "markets": market,
        "logistics": {"regions": REGIONS, "freight": "freight.csv"},
        "stockpiles": stockpile,
        "policy": policy(sizes, made, asked),
    }
    tables = {
        "materials": _listed(materials),
        "recipes": _listed(recipes),
        "facilities": _listed(made.facilities),
        "facility_recipes": made.recipes,
        "facility_owners": made.holders,
        "owners": _listed(made.owners),
        "owner_owners": made.holdings,
        "options": made.options,
        "demand": demand,
        "targets": targets,
        "freight": freight(sizes),
        "lanes": lanes(sizes, made, distances()),
        "scenarios": happening,
        "effects": effects,
    }
    return document, tables, asked.portfolio if asked else ()


def _filled(tables: dict[str, list[Row]]) -> dict[str, list[Row]]:
    return {table: rows for table, rows in tables.items() if rows}


def _listed(records: dict[str, Row]) -> list[Row]:
    return [{"id": name} | row for name, row in records.items()]
