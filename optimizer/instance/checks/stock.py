"""What stockpiles hold, what they aim at, and the prices that money needs."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.instance.checks.base import PLACES, at, listed, lost, quoted, region_of, unknown
from optimizer.instance.faults import did_you_mean
from optimizer.instance.fields import WHOLE
from optimizer.instance.instance import Instance
from optimizer.instance.movement import PriceStep, Stockpile
from optimizer.instance.records import Material
from optimizer.instance.source import Source
from optimizer.instance.yaml12 import Path


def _materials_named(source: Source, name: str, stockpile: Stockpile) -> Iterator[tuple[Path, str]]:
    """Where a stockpile names materials other than in its list."""
    path: Path = ("stockpiles", name)
    for key in ("initial", "capacity", "holding_cost", "residual_tonnes", "price_steps"):
        for material in getattr(stockpile, key):
            yield (*path, key, material), material
    for inner, target in listed(source, (*path, "targets"), stockpile.targets):
        yield (*inner, "material"), target.material


def stockpiles_hold_what_they_name(source: Source, instance: Instance) -> None:
    """What a stockpile gives a stock, room, cost, tonnes at the end or target for is among its materials."""
    for name, stockpile in instance.stockpiles.items():
        for path, material in _materials_named(source, name, stockpile):
            if material not in stockpile.materials:
                right = did_you_mean(material, stockpile.materials)
                source.fault(path, f"stockpile '{name}' does not hold '{material}'", right)


def initial_stock_is_in_held_channels(source: Source, instance: Instance) -> None:
    """An initial stock by channel names channels that the stockpile holds."""
    for name, stockpile in instance.stockpiles.items():
        for material, given in stockpile.initial.items():
            if not isinstance(given, dict):
                continue
            path: Path = ("stockpiles", name, "initial", material)
            for channel in given:
                if channel not in stockpile.holds:
                    wrong = f"stockpile '{name}' does not hold channel '{channel}'"
                    source.fault((*path, channel), wrong, did_you_mean(channel, stockpile.holds))


def stored_materials_can_be_stored(source: Source, instance: Instance) -> None:
    """What a stockpile holds may be stored: the material has storage, or the stockpile a holding cost for it."""
    for name, stockpile in instance.stockpiles.items():
        for material in stockpile.materials:
            record = instance.materials.get(material)
            if record is None or record.storage is not None or material in stockpile.holding_cost:
                continue
            if lost(source, "materials", material) or lost(source, "stockpiles", name, "holding_cost"):
                continue
            wrong = f"'{material}' cannot be stored: it has no storage"
            right = f"storage: {{cost: 0, loss: 0}} at {source.where('materials', material)}, or a holding_cost here"
            source.fault(at(source, ("stockpiles", name, "materials"), material), wrong, right)


def lanes_end_where_the_material_is_held(source: Source, instance: Instance) -> None:
    """A lane to or from a stockpile carries what the stockpile holds."""
    for path, lane in listed(source, ("lanes",), instance.lanes):
        if unknown(source, "materials", lane.material):
            continue
        for place in dict.fromkeys((lane.from_, lane.to)):
            stockpile = instance.stockpiles.get(place)
            if stockpile is not None and lane.material not in stockpile.materials:
                wrong = f"stockpile '{place}' does not hold '{lane.material}'"
                right = f"add it to the stockpile's materials; it holds {quoted(stockpile.materials)}"
                source.fault((*path, "material"), wrong, right)


def targets_count_demand_there_is(source: Source, instance: Instance) -> None:
    """Years of demand are of markets that ask for that very material."""
    for name, stockpile in instance.stockpiles.items():
        for path, target in listed(source, ("stockpiles", name, "targets"), stockpile.targets):
            for market in target.of or ():
                record = instance.markets.get(market)
                if record is None or lost(source, "markets", market):
                    continue
                products = [line.product for line in record.demand]
                if target.material not in products:
                    wrong = f"market '{market}' does not ask for '{target.material}'"
                    right = f"it asks for {quoted(dict.fromkeys(products))}" if products else "it asks for nothing"
                    source.fault(at(source, (*path, "of"), market), wrong, right)


def targets_count_stock_there_can_be(source: Source, instance: Instance) -> None:
    """A target counts channels of which the stockpile holds at least one."""
    order = list(instance.channels)
    for name, stockpile in instance.stockpiles.items():
        if any(channel not in order for channel in stockpile.holds):
            continue
        for path, target in listed(source, ("stockpiles", name, "targets"), stockpile.targets):
            asked = [target.channel] if target.channel is not None else []
            if not asked:
                asked = [instance.markets[market].channel for market in target.of or () if market in instance.markets]
            if not asked or any(channel not in order for channel in asked):
                continue
            strictest = min(order.index(channel) for channel in asked)
            if all(order.index(channel) > strictest for channel in stockpile.holds):
                wrong = f"no stock counts: the target asks for channel '{order[strictest]}' or a stricter one"
                right = f"stockpile '{name}' holds {quoted(stockpile.holds)}"
                source.fault((*path, "channel" if target.channel is not None else "of"), wrong, right)


def _unpriced(instance: Instance, material: Material, regions: set[str]) -> list[str]:
    """The regions in which a material has no price."""
    if material.price is None or WHOLE in material.price or instance.logistics.regions is None:
        return []
    return sorted(region for region in regions if region not in material.price)


def public_purchases_have_a_price(source: Source, instance: Instance) -> None:
    """With a budget, what a public stockpile holds has a price."""
    budget = instance.policy.budget
    if budget.annual is None and budget.total is None:
        return
    for name, stockpile in instance.stockpiles.items():
        if not stockpile.is_public:
            continue
        for material in stockpile.materials:
            record = instance.materials.get(material)
            if record is not None and record.price is None and not lost(source, "materials", material, "price"):
                wrong = f"public stockpile '{name}' buys '{material}' under a budget, but '{material}' has no price"
                right = f"give it a price at {source.where('materials', material)}, or public: false here"
                source.fault(at(source, ("stockpiles", name, "materials"), material), wrong, right)


def what_counts_at_the_end_has_a_price(source: Source, instance: Instance) -> None:
    """What a stockpile counts at the horizon's end has a price."""
    for name, stockpile in instance.stockpiles.items():
        for material in stockpile.materials:
            record = instance.materials.get(material)
            if record is None or record.price is not None or not stockpile.counts_at_the_end(material):
                continue
            if lost(source, "materials", material, "price"):
                continue
            wrong = f"'{material}' counts at its price at the horizon's end, but it has no price"
            place = source.where("materials", material)
            right = f"give it a price at {place}, or residual_tonnes: {{{material}: 0}} here"
            source.fault(("stockpiles", name, "residual"), wrong, right)


def tonnes_at_the_end_have_a_residual(source: Source, instance: Instance) -> None:
    """Who says how much counts at the horizon's end says at what share of the price."""
    for name, stockpile in instance.stockpiles.items():
        if stockpile.residual_tonnes and stockpile.residual <= 0 and not lost(source, "stockpiles", name, "residual"):
            wrong = f"stockpile '{name}' counts nothing at the horizon's end: it has no residual"
            source.fault(
                ("stockpiles", name, "residual_tonnes"), wrong, "give it a residual over 0, such as residual: 1"
            )


def a_public_share_is_of_a_public_stockpile(source: Source, instance: Instance) -> None:
    """Governments pay a share of what a public stockpile costs, and nothing of any other."""
    for name, stockpile in instance.stockpiles.items():
        if stockpile.public_share < 1 and not stockpile.is_public:
            wrong = f"stockpile '{name}' is not public, so that governments pay no share of it"
            source.fault(("stockpiles", name, "public_share"), wrong, "public: true here, or leave the share out")


def price_steps_have_a_price_and_a_payer(source: Source, instance: Instance) -> None:
    """What purchases do to a price is said of a public stockpile, and of a material that has a price."""
    for name, stockpile in instance.stockpiles.items():
        path: Path = ("stockpiles", name, "price_steps")
        if stockpile.price_steps and not stockpile.is_public:
            wrong = f"stockpile '{name}' is not public, so that no government pays what its purchases cost more"
            source.fault(path, wrong, "public: true here, or leave the steps out")
        for material in stockpile.price_steps:
            record = instance.materials.get(material)
            if record is not None and record.price is None and not lost(source, "materials", material, "price"):
                right = f"give it a price at {source.where('materials', material)}, or leave the steps out"
                source.fault((*path, material), f"'{material}' has no price that steps could raise", right)


def price_steps_rise(source: Source, instance: Instance) -> None:
    """Each price step is above the one before it and has a larger factor, the first one over 1."""
    for name, stockpile in instance.stockpiles.items():
        for material, steps in stockpile.price_steps.items():
            path: Path = ("stockpiles", name, "price_steps", material)
            before: PriceStep | None = None
            if not steps and not lost(source, *path):
                source.fault(path, f"there is no step for '{material}'", "[{above: 50, factor: 1.5}], or leave it out")
            for inner, step in listed(source, path, steps):
                if step.factor <= 1:
                    wrong = f"a factor of {step.factor:g} makes no tonne dearer than the reference price"
                    source.fault((*inner, "factor"), wrong, "a factor over 1")
                elif before is not None and step.factor <= before.factor:
                    wrong = f"a factor of {step.factor:g} is no more than that of the step before, {before.factor:g}"
                    right = "factors that rise: more bought at once never makes a tonne cheaper"
                    source.fault((*inner, "factor"), wrong, right)
                if before is not None and step.above <= before.above:
                    wrong = f"a step above {step.above:g} t comes after one above {before.above:g} t"
                    source.fault((*inner, "above"), wrong, "the lowest step first, each level once")
                before = step


def sold_material_has_a_price(source: Source, instance: Instance) -> None:
    """Material that is sold has a price, and is not disposed of at a cost as well."""
    for name, material in instance.materials.items():
        if not material.sell:
            continue
        if material.price is None and not lost(source, "materials", name, "price"):
            source.fault(("materials", name, "sell"), f"'{name}' is sold but has no price", "give it a price")
        if material.disposal > 0:
            wrong = f"'{name}' has both sell and disposal"
            source.fault(("materials", name, "disposal"), wrong, "surplus is either sold or disposed of; keep one")


def regional_prices_cover_their_use(source: Source, instance: Instance) -> None:
    """A price by region is given for every region where it is used: of stockpiles that hold it, and of sales."""
    regions = region_of(instance)
    holds: dict[str, set[str]] = {name: set() for name in instance.materials}
    places: set[str] = set()
    for section in PLACES:
        for place in getattr(instance, section).values():
            if place.country in regions:
                places.add(regions[place.country])
    for stockpile in instance.stockpiles.values():
        for material in stockpile.materials:
            if material in holds and stockpile.country in regions:
                holds[material].add(regions[stockpile.country])
    for name, record in instance.materials.items():
        lacking = _unpriced(instance, record, places if record.sell else holds[name])
        if lacking:
            use = "sold" if record.sell else "stored"
            wrong = f"'{name}' is {use} in {quoted(lacking)}, where it has no price"
            source.fault(("materials", name, "price"), wrong, f"add {', '.join(f'{item}: ...' for item in lacking)}")


CHECKS = (
    stockpiles_hold_what_they_name,
    initial_stock_is_in_held_channels,
    stored_materials_can_be_stored,
    lanes_end_where_the_material_is_held,
    targets_count_demand_there_is,
    targets_count_stock_there_can_be,
    public_purchases_have_a_price,
    what_counts_at_the_end_has_a_price,
    tonnes_at_the_end_have_a_residual,
    a_public_share_is_of_a_public_stockpile,
    price_steps_have_a_price_and_a_payer,
    price_steps_rise,
    sold_material_has_a_price,
    regional_prices_cover_their_use,
)
