"""What users of stricter channels pay above the reference price, and whose use of what counts for it, on the trunk."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping

from optimizer.instance.records import Recipe
from optimizer.network.derive_markets import factor_at, priced_channels
from optimizer.network.tables import CapacityTables, Network
from optimizer.network.tables_finance import FinanceTables, PremiumIndex

Made = tuple[str, str]
"""(recipe, material that it makes)."""


def premiums(network: Network, capacity: CapacityTables, tables: FinanceTables) -> None:
    """What each sale of who must pay its way may bring above the reference price, and the activity that asks for it."""
    materials = {sale[2] for sale in tables.sold}
    priced = {name: found for name in materials if (found := priced_channels(network, name))}
    used = {users: used_by(network, users) for users in {users for found in priced.values() for users in found}}
    for sale in tables.sold:
        name, _, material, k, t = sale
        price, before = tables.price.get((name, material, t), 0.0), 1.0
        for users in priced.get(material, ()):  # loosest first
            factor = factor_at(network, material, users, t)
            asked = k in network.places.stricter_or_equal(users) and material in used[users]
            if price and factor > before and asked:
                tables.premium[*sale[:-1], users, t] = price * (factor - 1.0)
            before = factor
    at: dict[str, set[int]] = defaultdict(set)
    of: dict[str, set[str]] = defaultdict(set)
    for index in tables.premium:
        at[index[4]].add(index[5])
        of[index[4]].add(index[2])
        tables.premium_users.setdefault((index[2], index[4], index[5]), []).append(index)
        tables.premium_of.setdefault((*index[:4], index[5]), []).append(index)
    for material, users, t in tables.premium_users:  # who pays the price of a stricter channel is a user of this one
        mine: list[PremiumIndex] = []
        for stricter in network.places.stricter_or_equal(users):
            mine += [i for i in tables.premium_users.get((material, stricter, t), ()) if i[4] == stricter]
        tables.premium_users[material, users, t] = mine
    for users in sorted(of):
        _activity(network, capacity, tables, users, at[users], asking(network, users, of[users], used[users]))


def used_by(network: Network, users: str) -> set[str]:
    """Materials that users of a channel or a stricter one take, or that go into what they take."""
    recipes = network.instance.recipes
    found, before = set(taken_by(network, users)), 0
    while len(found) > before:
        before = len(found)
        for recipe in recipes.values():
            if found & set(recipe.outputs):
                found |= set(recipe.inputs)
    return found


def taken_by(network: Network, users: str) -> set[str]:
    """Materials that markets of a channel or a stricter one accept, and that public reserves hold in these."""
    instance, counted = network.instance, set(network.places.stricter_or_equal(users))
    found = {
        material
        for market in instance.markets.values()
        if market.channel in counted
        for line in market.demand
        for material in line.accepts or (line.product,)
    }
    for stockpile in instance.stockpiles.values():
        if stockpile.is_public_reserve and counted & set(stockpile.holds):
            found |= set(stockpile.materials)
    return found


def asking(network: Network, users: str, wanted: Iterable[str], used: set[str]) -> list[Made]:
    """Recipes, each with what it makes for users of a channel, whose inputs count as taken by these, without circles.

    What comes back as an input of what it is made from (swarf of a magnet, oxide of the swarf) would otherwise be its
    own user. The product that is worth most comes first, and of these what is nearest to a market.

    Args:
        network: what is solved.
        users: the channel.
        wanted: materials of which it is asked who takes them.
        used: what these users take, or what goes into that.
    """
    recipes = network.instance.recipes
    counted, pairs = set(wanted), dict[Made, None]()
    before = -1
    while len(pairs) > before:
        before = len(pairs)
        for name, recipe in recipes.items():
            if counted & set(recipe.inputs):
                pairs |= dict.fromkeys((name, material) for material in recipe.outputs if material in used)
                counted |= {material for material in recipe.outputs if material in used}
    far = _steps(network, users, recipes)
    order = sorted(pairs, key=lambda pair: (pair[1] != _main(network, recipes[pair[0]]), far.get(pair[1], math.inf)))
    into: dict[str, set[str]] = defaultdict(set)
    kept = []
    for name, material in order:
        inputs = set(recipes[name].inputs)
        if not inputs & _made_from(material, into):
            kept.append((name, material))
            for each in inputs:
                into[each].add(material)
    return kept


def _made_from(material: str, into: Mapping[str, set[str]]) -> set[str]:
    """A material and all that is made from it."""
    found, open_ = {material}, [material]
    while open_:
        new = into.get(open_.pop(), set()) - found
        found |= new
        open_ += new
    return found


def _steps(network: Network, users: str, recipes: Mapping[str, Recipe]) -> dict[str, int]:
    """Recipes between a material and what markets of these users accept."""
    counted = set(network.places.stricter_or_equal(users))
    markets = [market for market in network.instance.markets.values() if market.channel in counted]
    found = {m: 0 for market in markets for line in market.demand for m in line.accepts or (line.product,)}
    now = set(found)
    while now:
        step = 1 + max(found[m] for m in now)
        now = {m for recipe in recipes.values() if now & set(recipe.outputs) for m in recipe.inputs} - set(found)
        found |= dict.fromkeys(now, step)
    return found


def _main(network: Network, recipe: Recipe) -> str:
    """What a recipe makes that is worth most at its highest reference price of the first period; else, by tonnes."""
    calendar, materials = network.calendar, network.instance.materials

    def value(material: str) -> tuple[float, float]:
        prices = (materials[material].price or {}).values()
        best = max((calendar.mean(series, calendar.periods[0]) for series in prices), default=0.0)
        return recipe.outputs[material] * best, recipe.outputs[material]

    return max(recipe.outputs, key=value)


def _activity(
    network: Network, capacity: CapacityTables, tables: FinanceTables, users: str, periods: set[int], pairs: list[Made]
) -> None:
    strict, recipes = set(network.places.stricter_or_equal(users)), {name for name, _ in pairs}
    for run in capacity.runs:
        if run[2] in recipes and run[3] in strict and run[4] in periods:
            tables.strict_runs.setdefault((run[2], users, run[4]), []).append(run)
    outputs = {name: network.instance.recipes[name].outputs for name in recipes}
    for name, material in pairs:
        for t in sorted(periods):
            if (name, users, t) in tables.strict_runs:
                tables.strict[name, material, users, t] = outputs[name][material]
