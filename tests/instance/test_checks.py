"""Every check lets a sound instance pass and trips on its own kind of fault, with words that help."""

from __future__ import annotations

import contextlib
import copy
import enum
import math
import random
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from optimizer.errors import InstanceError
from optimizer.instance.checks import CHECKS, check
from optimizer.instance.faults import did_you_mean
from optimizer.instance.judge import judge
from optimizer.instance.read import read_source
from optimizer.instance.source import Source
from optimizer.instance.yaml12 import read_yaml

from .conftest import Read, Reader


class Gone(enum.Enum):
    """What a change sets a path to that it takes out; its name in the names of tests is the same in every process."""

    GONE = "gone"


GONE = Gone.GONE


@dataclass(frozen=True)
class Broken:
    """A sound instance with something changed.

    Attributes:
        check: name of the check that must trip.
        words: what the fault must say, its key first.
        changes: value by dotted path; `GONE` takes it out. A path that ends in `+` adds to a list.
    """

    check: str
    words: tuple[str, ...]
    changes: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.check}-{'-'.join(self.changes)}"


def change(data: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    for path, value in changes.items():
        holder: Any = data
        *parts, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        for part in parts:
            holder = holder[part]
        if last == "+":
            holder.append(value)
        elif value is GONE:
            del holder[last]
        else:
            holder[last] = value
    return data


AID = {"id": "aid", "kind": "grant", "max_share": 0.5}
STAKE = {"id": "holding", "kind": "stake", "share": 0.15}
BANK = {"id": "bank", "kind": "loan", "max_share": 0.5, "rate": 0.04, "term": 10}
FUND = {"id": "fund", "usd": 1.0e9, "capex": {"country": "USA"}}
CREDIT = {"id": "credit", "kind": "production_credit", "material": "magnet_sh", "amount": 1.0}
BUY = {"id": "buy", "kind": "purchase", "stockpile": "nds", "material": "ndpr_oxide", "price": 1.0e5}
BUILD = {"id": "build", "capacity": {"light": 1.0}, "capex": 1.0}
PREFERENCE = {"rule": "preference", "markets": ["industry"], "channel": "mdap", "share": 0.5}
FILL_RATE = {"rule": "fill_rate", "markets": ["industry"], "share": 0.5}
CARRIER = {"from": "magnet_us", "to": "programs", "material": "magnet_sh"}

BROKEN = [
    # horizon
    Broken("periods_follow", ("periods.1", "2027", "does not follow", "2028"), {"periods": [2027, 2027, 2029]}),
    Broken("periods_follow", ("periods.1", "2030", "starts in 2028", "years: 3"), {"periods": [2027, 2030]}),
    Broken("periods_follow", ("periods.1", "2026 does not follow", "2028"), {"periods": [2027, 2026]}),
    Broken(
        "periods_follow", ("periods.1", "2028 does not", "2029"), {"periods": [{"year": 2027, "years": 2}, 2028, 2029]}
    ),
    Broken("base_year_comes_first", ("base_year", "2030", "2027 or earlier"), {"base_year": 2030}),
    Broken("scenario_ids_differ", ("scenarios.1.id", "'embargo'", "ids differ"), {"scenarios.1.id": "embargo"}),
    Broken("scenario_ids_differ", ("scenarios.0.id", "'trunk'", "another id"), {"scenarios.0.id": "trunk"}),
    Broken("onsets_begin_periods", ("scenarios.1.onset", "2030", "2027, 2028, 2029"), {"scenarios.1.onset": 2030}),
    Broken(
        "effects_begin_in_time",
        ("scenarios.0.effects.3.from", "4th effect of 'embargo'", "before the onset", "2028 to 2030"),
        {"scenarios.0.effects.3.from": 2027},
    ),
    Broken(
        "effects_begin_in_time",
        ("scenarios.0.effects.3.from", "last year, 2030"),
        {"scenarios.0.effects.3.from": 2031},
    ),
    Broken("probabilities_add_up", ("scenarios", "1.1", "1 or less"), {"scenarios.0.probability": 1.0}),
    # lexicographic
    Broken(
        "levels_are_service_then_cost",
        ("lexicographic", "cost, service", "the one order", "[service, cost]"),
        {"lexicographic": ["cost", "service"]},
    ),
    Broken(
        "levels_are_service_then_cost",
        ("lexicographic", "risk measure is regret", "leave out lexicographic, or risk"),
        {"lexicographic": ["service", "cost"], "risk": {"measure": "regret"}},
    ),
    Broken(
        "the_public_perspective_goes_with_expected_cost",
        ("finance.perspective", "risk measure is regret", "leave out perspective, or risk"),
        {"finance": {"hurdle_rate": 0.1, "perspective": "public"}, "risk": {"measure": "regret"}},
    ),
    # tree
    Broken(
        "parents_exist",
        ("scenarios.1.parent", "there is no scenario 'embrago'", "did you mean 'embargo'?"),
        {"scenarios.1.parent": "embrago"},
    ),
    Broken(
        "parents_exist",
        ("scenarios.1.parent", "'closure' is its own parent", "without parent it leaves the trunk"),
        {"scenarios.1.parent": "closure"},
    ),
    Broken(
        "parents_go_in_no_circle",
        ("scenarios.0.parent", "in a circle: 'embargo' follows 'closure', 'closure' follows 'embargo'", "or none"),
        {"scenarios.1.parent": "embargo", "scenarios.0.parent": "closure"},
    ),
    Broken(
        "parents_begin_earlier",
        ("scenarios.1.onset", "'closure' begins in 2028, not after its parent 'embargo' in 2028", "one of 2029"),
        {"scenarios.1.parent": "embargo", "scenarios.1.onset": 2028},
    ),
    Broken(
        "parents_begin_earlier",
        ("scenarios.0.onset", "not after its parent 'closure' in 2029", "no period begins after 2029"),
        {"scenarios.0.parent": "closure", "scenarios.0.onset": 2029, "scenarios.0.effects.3": GONE},
    ),
    Broken(
        "who_leaves_a_branch_has_effects",
        ("scenarios.1.parent", "the parent 'embargo' has no effects", "name a scenario with effects"),
        {"scenarios.1.parent": "embargo", "scenarios.0.effects": []},
    ),
    Broken(
        "who_leaves_a_branch_has_effects",
        ("scenarios.1.effects", "a parent and no effects", "the future of 'embargo' once more", "add its probability"),
        {"scenarios.1.parent": "embargo", "scenarios.1.effects": []},
    ),
    Broken(
        "beginnings_are_left",
        ("scenarios.0.beginning", "only a beginning, and no scenario has it as parent", "leave 'beginning'"),
        {"scenarios.0.beginning": True, "scenarios.0.probability": 0.0},
    ),
    Broken(
        "beginnings_are_left",
        ("scenarios.0.probability", "'embargo' is only a beginning and has probability", "probability 0, or no"),
        {"scenarios.0.beginning": True, "scenarios.1.parent": "embargo"},
    ),
    # geography
    Broken(
        "countries_have_a_tier", ("facilities.mount.country", "'CAN'", "add CAN"), {"facilities.mount.country": "CAN"}
    ),
    Broken("countries_have_a_tier", ("owners.fund.country", "'XYZ'"), {"owners.fund.country": "XYZ"}),
    Broken("countries_have_a_tier", ("domestic.1", "'CAN'"), {"domestic": ["USA", "CAN"]}),
    Broken(
        "tiers_hold_from_the_start",
        ("countries.MYS", "only from 2028", "2027"),
        {"countries.MYS": {2028: "ally"}},
    ),
    Broken(
        "ids_of_places_differ",
        ("stockpiles.smelter", "a facility already", "instance.yaml:"),
        {"stockpiles.smelter": {"country": "USA", "channel": "mdap", "materials": ["magnet_sh"]}},
    ),
    Broken(
        "countries_lie_in_one_region",
        ("logistics.regions.asia.2", "AUS", "'oceania'", "'asia'"),
        {"logistics.regions.asia": ["CHN", "MYS", "AUS"]},
    ),
    Broken(
        "countries_lie_in_one_region",
        ("facilities.magnet_my.country", "MYS lies in no region", "'asia'"),
        {"logistics.regions.asia": ["CHN"]},
    ),
    Broken("links_lead_elsewhere", ("lanes.4.to", "'nds' to itself"), {"lanes.4.to": "nds"}),
    Broken("links_lead_elsewhere", ("freight.0.to", "to itself"), {"logistics.freight.0.to": "oceania"}),
    Broken(
        "freight_carries_pooled_material",
        ("logistics.freight.2.material", "'magnet_sh' moves on lanes only"),
        {"logistics.freight.2.material": "magnet_sh"},
    ),
    Broken(
        "prices_name_regions",
        ("materials.ndpr_oxide.price.asai", "'asai'", "did you mean 'asia'?"),
        {"materials.ndpr_oxide.price": {"north_america": 1.0, "asai": 2.0}},
    ),
    Broken(
        "prices_name_regions",
        ("materials.ndpr_oxide.price", "no regions", "one price"),
        {"logistics": {}, "scenarios": []},
    ),
    Broken(
        "rules_name_countries",
        ("policy.rules.5.countries.0", "'USS'", "did you mean 'USA'?"),
        {"policy.rules.5.countries": ["USS", "USA"]},
    ),
    # references
    Broken(
        "recipes_name_materials",
        ("recipes.polish.inputs.heavy_fed", "did you mean 'heavy_feed'?"),
        {"recipes.polish.inputs": {"heavy_fed": 6.0}},
    ),
    Broken("recipes_name_materials", ("recipes.dig.outputs.ore", "'ore'"), {"recipes.dig.outputs.ore": 1.0}),
    Broken(
        "recipes_name_materials",
        ("recipes.sinter_uh.channels.0", "did you mean 'mdap'?"),
        {"recipes.sinter_uh.channels": ["mdpa"]},
    ),
    Broken(
        "facilities_name_recipes",
        ("facilities.magnet_my.recipes.0", "did you mean 'sinter_sh'?"),
        {"facilities.magnet_my.recipes": ["sintre_sh"]},
    ),
    Broken(
        "owners_exist",
        ("facilities.plant_c.owners.dragoon", "did you mean 'dragon'?"),
        {"facilities.plant_c.owners": {"dragoon": 1.0}},
    ),
    Broken(
        "owners_exist", ("owners.acme.owners.found", "did you mean 'fund'?"), {"owners.acme.owners": {"found": 0.5}}
    ),
    Broken(
        "owners_exist",
        ("facilities.plant_a.options.2.sets.owners.acne", "did you mean 'acme'?"),
        {"facilities.plant_a.options.2.sets.owners": {"acne": 1.0}},
    ),
    Broken(
        "qualifications_name_channels",
        ("facilities.magnet_us.options.0.qualification.defence", "no channel 'defence'"),
        {"facilities.magnet_us.options.0.qualification": {"defence": 1}},
    ),
    Broken(
        "claims_name_regions",
        ("facilities.plant_a.claims.0.to", "'japan'", "north_america"),
        {"facilities.plant_a.claims.0.to": "japan"},
    ),
    Broken(
        "claims_name_regions",
        ("facilities.plant_a.claims.1.materials.0", "plant_a makes no 'magnet_sh'"),
        {"facilities.plant_a.claims.1.materials": ["magnet_sh"]},
    ),
    Broken(
        "markets_name_channels_and_materials",
        ("markets.programs.channel", "did you mean 'mdap'?"),
        {"markets.programs.channel": "mdpa"},
    ),
    Broken(
        "markets_name_channels_and_materials",
        ("markets.industry.demand.1.product", "did you mean 'magnet_uh'?"),
        {"markets.industry.demand.1.product": "magnet_hu"},
    ),
    Broken(
        "markets_name_channels_and_materials",
        ("markets.programs.demand.0.accepts.1", "'magnet_eh'"),
        {"markets.programs.demand.0.accepts": ["magnet_sh", "magnet_eh"]},
    ),
    Broken(
        "accepts_contains_the_product",
        ("markets.programs.demand.0.accepts", "'magnet_sh'", "[magnet_sh, magnet_uh]"),
        {"markets.programs.demand.0.accepts": ["magnet_uh"]},
    ),
    Broken(
        "stockpiles_name_channels_and_materials",
        ("stockpiles.nds.channel", "did you mean 'mdap'?"),
        {"stockpiles.nds.channel": "mdpa"},
    ),
    Broken(
        "stockpiles_name_channels_and_materials",
        ("stockpiles.buffer.channels.1", "did you mean 'commercial'?"),
        {"stockpiles.buffer.channels": ["mdap", "comercial"]},
    ),
    Broken(
        "stockpiles_name_channels_and_materials",
        ("stockpiles.nds.materials.2", "'gold'"),
        {"stockpiles.nds.materials.+": "gold"},
    ),
    Broken(
        "targets_name_markets_and_channels",
        ("stockpiles.nds.targets.0.of.0", "did you mean 'programs'?"),
        {"stockpiles.nds.targets.0.of": ["program"]},
    ),
    Broken(
        "targets_name_markets_and_channels",
        ("stockpiles.nds.targets.1.channel", "did you mean 'mdap'?"),
        {"stockpiles.nds.targets.1.channel": "mdpa"},
    ),
    Broken(
        "freight_names_regions",
        ("logistics.freight.1.to", "did you mean 'asia'?"),
        {"logistics.freight.1.to": "asai"},
    ),
    Broken(
        "freight_names_regions",
        ("logistics.freight:", "no regions", "logistics.regions"),
        {"logistics.regions": GONE, "scenarios": []},
    ),
    Broken(
        "freight_names_regions",
        ("logistics.freight.2.material", "did you mean 'ndpr_oxide'?"),
        {"logistics.freight.2.material": "ndpr_oxid"},
    ),
    Broken("lanes_name_places", ("lanes.0.from", "did you mean 'magnet_us'?"), {"lanes.0.from": "magnet_use"}),
    Broken("lanes_name_places", ("lanes.0.from", "market", "begins at"), {"lanes.0.from": "industry"}),
    Broken(
        "lanes_name_places",
        ("lanes.1.to", "facility, market or stockpile 'indutsry'", "did you mean 'industry'?"),
        {"lanes.1.to": "indutsry"},
    ),
    Broken("lanes_name_places", ("lanes.0.material", "did you mean"), {"lanes.0.material": "magnet"}),
    Broken("lanes_name_places", ("lanes.0.channel", "did you mean 'mdap'?"), {"lanes.0.channel": "mdpa"}),
    Broken(
        "channels_name_tiers",
        ("channels.mdap.tiers.1", "'allied'", "did you mean 'ally'?"),
        {"channels.mdap.tiers": ["domestic", "allied"]},
    ),
    Broken(
        "frictions_name_stages",
        ("frictions.magnets", "no facility has the stage 'magnets'", "did you mean 'magnet'?"),
        {"frictions": {"magnets": {"raise": 0.3}}},
    ),
    Broken(
        "tiers_of_demand_exist",
        ("planning_case.tier_of.program", "there is no market 'program'", "did you mean 'programs'?"),
        {"planning_case": {"demand_tiers": ["military"], "tier_of": {"program": "military"}}},
    ),
    Broken(
        "tiers_of_demand_exist",
        ("planning_case.tier_of.programs", "'milit' is not among demand_tiers", "did you mean 'military'?"),
        {"planning_case": {"demand_tiers": ["military"], "tier_of": {"programs": "milit"}}},
    ),
    # lists
    Broken(
        "labels_are_declared",
        ("facilities.mount.marking", "there is no marking 'cui'", "none is declared"),
        {"facilities.mount.marking": "cui"},
    ),
    Broken(
        "labels_are_declared",
        ("lanes.2.marking.1", "there is no marking 'ciu'", "declared are cui"),
        {"markings": {"cui": {"name": "Controlled", "banner": "CUI"}}, "lanes.2.marking": ["cui", "ciu"]},
    ),
    Broken("lists_name_nothing_twice", ("domestic.1", "'USA' is listed twice"), {"domestic": ["USA", "USA"]}),
    Broken(
        "lists_name_nothing_twice",
        ("stockpiles.nds.targets.0.of.1", "'programs' is listed twice"),
        {"stockpiles.nds.targets.0.of": ["programs", "programs"]},
    ),
    Broken(
        "lists_name_nothing_twice",
        ("policy.rules.8.facilities.1", "'smelter' is listed twice"),
        {"policy.rules.8.facilities": ["smelter", "smelter"]},
    ),
    # options
    Broken(
        "option_ids_differ",
        ("facilities.magnet_us.options.1.id", "two options 'build'", "instance.yaml:"),
        {"facilities.magnet_us.options.1.id": "build"},
    ),
    Broken(
        "after_names_an_option",
        ("facilities.plant_a.options.1.after", "'extend'", "'pilot'", "plant_a"),
        {"facilities.plant_a.options.1.after": "pilot"},
    ),
    Broken(
        "after_names_an_option",
        ("facilities.plant_a.options.1.after", "'extend' of plant_a is after itself"),
        {"facilities.plant_a.options.1.after": "extend"},
    ),
    Broken(
        "after_runs_in_no_circle",
        ("facilities.plant_a.options.0.after", "build after refit after extend after build"),
        {"facilities.plant_a.options.0.after": "refit", "facilities.plant_a.options.2.after": "extend"},
    ),
    Broken(
        "earliest_is_before_latest",
        ("facilities.plant_a.options.1.latest", "'extend'", "2027", "2028 or later"),
        {"facilities.plant_a.options.1.latest": 2027},
    ),
    Broken(
        "spending_adds_up",
        ("facilities.smelter.options.0.spend", "0.9", "add up to 1"),
        {"facilities.smelter.options.0.spend": [0.3, 0.6]},
    ),
    Broken(
        "react_leaves_exposures",
        ("facilities.plant_a.options.2.react", "'refit' of plant_a both reacts and sets exposures", "leave react out"),
        {"facilities.plant_a.options.2.react": True},
    ),
    Broken(
        "capacities_agree_on_units",
        ("facilities.plant_a.options.1.capacity", "plain", "'light', 'heavy'"),
        {"facilities.plant_a.options.1.capacity": 2000.0},
    ),
    Broken(
        "capacities_agree_on_units",
        ("facilities.plant_c.options.0.capacity.ligth", "'ligth'", "did you mean 'light'?"),
        {"facilities.plant_c.options": [BUILD | {"capacity": {"ligth": 5.0}}]},
    ),
    Broken(
        "capacities_agree_on_units",
        ("facilities.smelter.options.0.capacity", "is plain", "by unit"),
        {"facilities.smelter.options.0.capacity": {"light": 5.0}},
    ),
    Broken(
        "recipes_name_a_unit",
        ("facilities.plant_c.recipes.1", "'polish' names no unit", "'light', 'heavy'"),
        {"recipes.polish.unit": GONE},
    ),
    Broken(
        "recipes_name_a_unit",
        ("facilities.plant_a.recipes.separate", "did you mean 'heavy'?"),
        {"facilities.plant_a.recipes.separate.unit": "heavyy"},
    ),
    # ownership
    Broken(
        "shares_add_up",
        ("facilities.plant_a.owners", "1.1", "1 or less"),
        {"facilities.plant_a.owners.dragon": 0.3},
    ),
    Broken("shares_add_up", ("owners.acme.owners", "owner 'acme'", "1.2"), {"owners.acme.owners.dragon": 0.7}),
    Broken(
        "shares_add_up",
        ("facilities.plant_a.options.2.sets.owners", "after option 'refit'", "1.25"),
        {"facilities.plant_a.options.2.sets.owners": {"acme": 1.0, "fund": 0.25}},
    ),
    Broken(
        "ownership_runs_in_no_circle",
        ("'dragon' holds 'fund' holds 'acme' holds 'dragon'", "owners."),
        {
            "owners.dragon.owners": {"acme": 0.2},
            "owners.fund.owners": {"dragon": 0.2},
            "owners.acme.owners": {"fund": 0.5},
        },
    ),
    Broken(
        "ownership_runs_in_no_circle",
        ("owners.fund.owners.fund", "'fund' holds a share of itself"),
        {"owners.fund.owners": {"fund": 0.2}},
    ),
    # balance
    Broken(
        "elements_balance",
        ("recipes.sinter_sh", "0.03 t of Dy", "takes in 0 t", "a recipe cannot make dysprosium"),
        {"recipes.sinter_sh.inputs": {"ndpr_metal": 0.31}},
    ),
    Broken(
        "elements_balance",
        ("recipes.reduce", "of Nd", "0.75 t", "0.7104 t"),
        {"recipes.reduce.inputs.ndpr_oxide": 1.11},
    ),
    Broken(
        "claims_add_up",
        ("facilities.plant_a.claims", "1.1", "'ndpr_oxide'"),
        {"facilities.plant_a.claims.0.share": 0.8},
    ),
    # stock
    Broken(
        "stockpiles_hold_what_they_name",
        ("stockpiles.nds.initial.dy_oxide", "'nds' does not hold 'dy_oxide'"),
        {"stockpiles.nds.initial": {"dy_oxide": 5.0}},
    ),
    Broken(
        "stockpiles_hold_what_they_name",
        ("stockpiles.nds.capacity.ndpr_oxid", "did you mean 'ndpr_oxide'?"),
        {"stockpiles.nds.capacity": {"ndpr_oxid": 5.0}},
    ),
    Broken(
        "stockpiles_hold_what_they_name",
        ("stockpiles.nds.holding_cost.magnet_uh",),
        {"stockpiles.nds.holding_cost": {"magnet_uh": 5.0}},
    ),
    Broken(
        "stockpiles_hold_what_they_name",
        ("stockpiles.nds.targets.1.material", "does not hold 'dy_oxide'"),
        {"stockpiles.nds.targets.1.material": "dy_oxide"},
    ),
    Broken(
        "initial_stock_is_in_held_channels",
        ("stockpiles.buffer.initial.magnet_sh.comercial", "did you mean 'commercial'?"),
        {"stockpiles.buffer.initial.magnet_sh": {"comercial": 10.0}},
    ),
    Broken(
        "stored_materials_can_be_stored",
        ("stockpiles.nds.materials.0", "'magnet_sh' cannot be stored", "holding_cost"),
        {"materials.magnet_sh.storage": GONE},
    ),
    Broken(
        "lanes_end_where_the_material_is_held",
        ("lanes.8.material", "'buffer' does not hold 'magnet_uh'", "it holds 'magnet_sh'"),
        {"lanes.+": CARRIER | {"to": "buffer", "material": "magnet_uh"}},
    ),
    Broken(
        "targets_count_demand_there_is",
        ("stockpiles.nds.targets.0.of.0", "'programs' does not ask for 'ndpr_oxide'", "'magnet_sh'"),
        {"stockpiles.nds.targets.0.material": "ndpr_oxide"},
    ),
    Broken(
        "targets_count_stock_there_can_be",
        ("stockpiles.nds.targets.1.channel", "'mdap' or a stricter one", "holds 'commercial'"),
        {"stockpiles.nds.channel": "commercial"},
    ),
    Broken(
        "targets_count_stock_there_can_be",
        ("stockpiles.nds.targets.0.of", "no stock counts"),
        {"stockpiles.nds.channel": "commercial", "stockpiles.nds.targets.1": GONE},
    ),
    Broken(
        "public_purchases_have_a_price",
        ("stockpiles.nds.materials.0", "'magnet_sh' has no price", "public: false"),
        {"materials.magnet_sh.price": GONE},
    ),
    Broken(
        "public_purchases_have_a_price",
        ("stockpiles.buffer.materials.0", "public stockpile 'buffer'"),
        {
            "materials.magnet_sh.price": GONE,
            "stockpiles.buffer.public": True,
            "policy.budget": {"total": 1.0e9},
            "stockpiles.nds.public": False,
        },
    ),
    Broken(
        "stockpiles_hold_what_they_name",
        ("stockpiles.nds.residual_tonnes.magnet_uh", "does not hold 'magnet_uh'"),
        {"stockpiles.nds.residual": 0.5, "stockpiles.nds.residual_tonnes": {"magnet_uh": 5.0}},
    ),
    Broken(
        "what_counts_at_the_end_has_a_price",
        ("stockpiles.nds.residual", "'magnet_sh' counts at its price", "residual_tonnes: {magnet_sh: 0}"),
        {"stockpiles.nds.residual": 1.0, "stockpiles.nds.public": False, "materials.magnet_sh.price": GONE},
    ),
    Broken(
        "tonnes_at_the_end_have_a_residual",
        ("stockpiles.nds.residual_tonnes", "it has no residual", "residual: 1"),
        {"stockpiles.nds.residual_tonnes": {"magnet_sh": 5.0}},
    ),
    Broken(
        "stockpiles_hold_what_they_name",
        ("stockpiles.nds.price_steps.dy_oxide", "'nds' does not hold 'dy_oxide'"),
        {"stockpiles.nds.price_steps": {"dy_oxide": [{"above": 50.0, "factor": 1.5}]}},
    ),
    Broken(
        "a_public_share_is_of_a_public_stockpile",
        ("stockpiles.buffer.public_share", "'buffer' is not public", "public: true here"),
        {"stockpiles.buffer.public_share": 0.5},
    ),
    Broken(
        "price_steps_have_a_price_and_a_payer",
        ("stockpiles.buffer.price_steps", "'buffer' is not public", "public: true here"),
        {"stockpiles.buffer.price_steps": {"magnet_sh": [{"above": 50.0, "factor": 1.5}]}},
    ),
    Broken(
        "price_steps_have_a_price_and_a_payer",
        ("stockpiles.nds.price_steps.magnet_sh", "'magnet_sh' has no price", "give it a price at"),
        {
            "stockpiles.nds.price_steps": {"magnet_sh": [{"above": 50.0, "factor": 1.5}]},
            "materials.magnet_sh.price": GONE,
        },
    ),
    Broken(
        "price_steps_rise",
        ("stockpiles.nds.price_steps.magnet_sh", "there is no step", "leave it out"),
        {"stockpiles.nds.price_steps": {"magnet_sh": []}},
    ),
    Broken(
        "price_steps_rise",
        ("stockpiles.nds.price_steps.magnet_sh.0.factor", "a factor of 1 makes no tonne dearer", "over 1"),
        {"stockpiles.nds.price_steps": {"magnet_sh": [{"above": 50.0, "factor": 1.0}]}},
    ),
    Broken(
        "price_steps_rise",
        (
            "stockpiles.nds.price_steps.magnet_sh.1.factor",
            "no more than that of the step before, 2.5",
            "factors that rise",
        ),
        {
            "stockpiles.nds.price_steps": {
                "magnet_sh": [{"above": 50.0, "factor": 2.5}, {"above": 100.0, "factor": 1.5}],
            }
        },
    ),
    Broken(
        "price_steps_rise",
        ("stockpiles.nds.price_steps.magnet_sh.1.above", "above 50 t comes after one above 50 t", "lowest step first"),
        {
            "stockpiles.nds.price_steps": {
                "magnet_sh": [{"above": 50.0, "factor": 1.5}, {"above": 50.0, "factor": 2.5}],
            }
        },
    ),
    Broken(
        "sold_material_has_a_price",
        ("materials.dy_oxide.sell", "sold but has no price"),
        {"materials.dy_oxide.price": GONE},
    ),
    Broken(
        "sold_material_has_a_price",
        ("materials.dy_oxide.disposal", "both sell and disposal", "keep one"),
        {"materials.dy_oxide.disposal": 5.0},
    ),
    Broken(
        "regional_prices_cover_their_use",
        ("materials.ndpr_oxide.price", "stored in 'north_america'", "north_america: ..."),
        {"materials.ndpr_oxide.price": {"asia": 70000.0}},
    ),
    Broken(
        "regional_prices_cover_their_use",
        ("materials.dy_oxide.price", "sold in 'north_america', 'oceania'"),
        {"materials.dy_oxide.price": {"asia": 400000.0}},
    ),
    # policy
    Broken(
        "rules_name_materials_and_channels",
        ("policy.rules.4.materials.0", "did you mean 'dy_oxide'?"),
        {"policy.rules.4.materials": ["dy_oxid", "ndpr_oxide"]},
    ),
    Broken(
        "rules_name_materials_and_channels",
        ("policy.rules.0.channel", "did you mean 'mdap'?"),
        {"policy.rules.0.channel": "mdpa"},
    ),
    Broken(
        "rules_name_materials_and_channels",
        ("policy.rules.1.markets.0", "did you mean 'programs'?"),
        {"policy.rules.1.markets": ["program"]},
    ),
    Broken(
        "rules_over_output_say_of_what",
        ("policy.rules.0", "the 1st rule (domestic_content)", "name a stage"),
        {"policy.rules.0.stage": GONE},
    ),
    Broken(
        "rules_over_output_say_of_what",
        ("policy.rules.4.materials", "the 5th rule (diversify)", "both stage and materials"),
        {"policy.rules.4.stage": "separation"},
    ),
    Broken(
        "rules_over_output_say_of_what",
        ("policy.rules.4.materials", "names no materials"),
        {"policy.rules.4.materials": []},
    ),
    Broken(
        "rules_over_output_match",
        ("policy.rules.2.stage", "the 3rd rule (exposure_cap) matches nothing", "did you mean 'separation'?"),
        {"policy.rules.2.stage": "seperation"},
    ),
    Broken(
        "heavy_content_names_rare_earths",
        ("policy.rules.3.elements.1", "'Ga' is no rare earth"),
        {"policy.rules.3.elements": ["Dy", "Ga"]},
    ),
    Broken(
        "delivered_content_has_demand",
        ("policy.rules.1.markets", "the 2nd rule (delivered_content)", "programs ask for nothing"),
        {"markets.programs.demand": []},
    ),
    Broken(
        "delivered_content_has_demand",
        ("policy.rules.14.markets", "the 15th rule (fill_rate)", "industry ask for nothing"),
        {"markets.industry.demand": [], "policy.rules.+": FILL_RATE},
    ),
    Broken(
        "delivered_content_has_demand",
        (
            "policy.rules.14.products.0",
            "the 15th rule (fill_rate): industry do not ask for 'magnet_hs'",
            "did you mean",
        ),
        {"policy.rules.+": FILL_RATE | {"products": ["magnet_hs"]}},
    ),
    Broken(
        "where_of_rules_matches",
        ("policy.rules.11.where.land", "the 12th rule (release_cap): a facility has no 'land'"),
        {"policy.rules.11.where": {"land": "AUS"}},
    ),
    Broken(
        "where_of_rules_matches",
        ("policy.rules.11.where.country", "no facility has country CAN"),
        {"policy.rules.11.where": {"country": "CAN"}},
    ),
    Broken(
        "where_of_rules_matches",
        ("policy.rules.11.where", "no facility fits country and stage together"),
        {"policy.rules.11.where": {"country": "CHN", "stage": "magnet"}},
    ),
    Broken(
        "rules_name_what_is_released",
        ("policy.rules.11.release", "nothing releases 'residues'", "did you mean 'residue'?"),
        {"policy.rules.11.release": "residues"},
    ),
    Broken(
        "rules_name_what_is_released",
        ("policy.rules.13.where", "no facility that it matches releases 'co2'"),
        {"policy.rules.13.where": {"stage": "magnet"}},
    ),
    Broken(
        "goals_ask_for_something",
        ("policy.rules.12.world_output", "the 13th rule (scale_goal)", "world_output is 0 over the whole horizon"),
        {"policy.rules.12.world_output": {2031: 900}},
    ),
    Broken(
        "goals_ask_for_something",
        ("policy.rules.12", "in no year are both"),
        {"policy.rules.12.share": {2027: 0.1, 2028: 0}},
    ),
    Broken(
        "rules_over_output_say_of_what",
        ("policy.rules.12.materials", "the 13th rule (scale_goal) names both stage and materials"),
        {"policy.rules.12.materials": ["magnet_sh"]},
    ),
    Broken(
        "what_is_preferred_has_a_price",
        ("policy.rules.14.markets.0", "the 15th rule (preference): magnet_uh, which industry accepts, has no price"),
        {"policy.rules.+": PREFERENCE},
    ),
    Broken(
        "delivered_content_has_demand",
        ("policy.rules.14.markets", "the 15th rule (preference)", "industry ask for nothing"),
        {"markets.industry.demand": [], "policy.rules.+": PREFERENCE},
    ),
    Broken(
        "recycling_has_something_to_recycle",
        ("policy.rules.14.stage", "no material has the stage 'recycling'"),
        {"policy.rules.+": {"rule": "recycling", "share": 0.1}},
    ),
    Broken(
        "recycling_has_something_to_recycle",
        ("policy.rules.14", "the 15th rule (recycling): nobody that it matches has options and can take in"),
        {"policy.rules.+": {"rule": "recycling", "stage": "metal", "where": {"stage": "separation"}, "share": 0.1}},
    ),
    Broken(
        "counts_have_bounds",
        ("policy.rules.5", "the 6th rule (count)", "neither min nor max"),
        {"policy.rules.5.min": GONE, "policy.rules.5.max": GONE},
    ),
    Broken(
        "counts_have_bounds",
        ("policy.rules.5.min", "min 3 is over max 2"),
        {"policy.rules.5.min": 3},
    ),
    Broken(
        "rules_over_facilities_match",
        ("policy.rules.5.stage", "no facility has the stage 'magnets'", "did you mean 'magnet'?"),
        {"policy.rules.5.stage": "magnets"},
    ),
    Broken(
        "rules_over_facilities_match",
        ("policy.rules.10.countries", "the 11th rule (starts)", "no facility lies in CAN"),
        {"policy.rules.10.countries": ["CAN"], "countries.CAN": "ally"},
    ),
    Broken(
        "rules_over_facilities_match",
        ("(reactions)", "no facility has the stage 'metals'", "did you mean 'metal'?"),
        {"policy.rules.+": {"rule": "reactions", "stage": "metals", "max": 1}},
    ),
    Broken(
        "rules_over_facilities_match",
        ("policy.rules.5:", "no facility fits stage and countries"),
        {"policy.rules.5.countries": ["CHN"]},
    ),
    Broken(
        "rules_name_what_can_be_funded",
        ("policy.rules.6.facility", "did you mean 'magnet_us'?"),
        {"policy.rules.6.facility": "magnet_usa"},
    ),
    Broken(
        "rules_name_what_can_be_funded",
        ("policy.rules.6.option", "magnet_us has no option 'biuld'", "did you mean 'build'?"),
        {"policy.rules.6.option": "biuld"},
    ),
    Broken(
        "rules_name_what_can_be_funded",
        ("policy.rules.7.facility", "the 8th rule (forbid)", "nothing to fund at mount"),
        {"policy.rules.7": {"rule": "forbid", "facility": "mount"}},
    ),
    Broken(
        "rules_name_what_can_be_funded",
        ("policy.rules.8.facilities.1", "nothing to fund at mount"),
        {"policy.rules.8.facilities": ["smelter", "mount"]},
    ),
    Broken(
        "rules_name_what_can_be_funded",
        ("policy.rules.9.then", "nothing to fund at magnet_my"),
        {"policy.rules.9.then": "magnet_my"},
    ),
    # requalification
    Broken(
        "requalification_names_channels",
        ("materials.magnet_sh.requalification.mdop", "no channel 'mdop'", "did you mean 'mdap'?"),
        {"materials.magnet_sh.requalification": {"mdop": {"years": 2.0, "multiple": 1.5}}},
    ),
    Broken(
        "requalification_names_channels",
        ("facilities.magnet_us.known_for.mdap.0", "magnet_us makes no 'concentrate'"),
        {"facilities.magnet_us.known_for": {"mdap": ["concentrate"]}},
    ),
    Broken(
        "channel_factors_name_channels",
        ("materials.ndpr_oxide.channel_factor.mdop", "no channel 'mdop'", "did you mean 'mdap'?"),
        {"materials.ndpr_oxide.channel_factor": {"mdop": 1.5}},
    ),
    Broken(
        "channel_factors_name_channels",
        ("materials.ndpr_oxide.channel_factor.commercial", "commercial is the loosest channel", "name stricter ones"),
        {"materials.ndpr_oxide.channel_factor": {"commercial": 1.5}},
    ),
    Broken(
        "channel_factors_have_a_price",
        ("materials.ndpr_oxide.channel_factor", "'ndpr_oxide' has a price by channel, but no price", "give"),
        {"materials.ndpr_oxide.channel_factor": {"mdap": 1.5}, "materials.ndpr_oxide.price": GONE},
    ),
    Broken(
        "channel_factors_grow_with_strictness",
        ("materials.ndpr_oxide.channel_factor.mdap", "falls to 0.95 in", "1 or more times the reference price"),
        {"materials.ndpr_oxide.channel_factor": {"mdap": {"start": 1.0, "growth": -0.05}}},
    ),
    Broken(
        "channel_factors_grow_with_strictness",
        ("materials.ndpr_oxide.channel_factor.domestic_chain", "1.2 in", "less than the 1.5 of mdap", "1.5 or more"),
        {
            "channels": {"domestic_chain": {"tiers": ["domestic"]}, "mdap": {}, "commercial": {}},
            "materials.ndpr_oxide.channel_factor": {"domestic_chain": 1.2, "mdap": 1.5},
        },
    ),
    # effects
    Broken(
        "effects_change_something",
        ("scenarios.0.effects.0", "the 1st effect of 'embargo' changes nothing", "available or exposure"),
        {"scenarios.0.effects.0.available": GONE},
    ),
    Broken(
        "effects_change_something",
        ("scenarios.1.effects.0", "available or cost"),
        {"scenarios.1.effects.0.available": GONE},
    ),
    Broken(
        "where_has_known_keys",
        ("scenarios.0.effects.0.where.contry", "have no 'contry'", "did you mean 'country'?"),
        {"scenarios.0.effects.0.where": {"contry": "CHN"}},
    ),
    Broken(
        "where_has_known_keys",
        ("scenarios.1.effects.0.where.equipment", "on lanes"),
        {"scenarios.1.effects.0.where": {"equipment": ">=0.25"}},
    ),
    *(
        Broken(
            "exposures_are_compared",
            ("scenarios.1.effects.3.where.equipment", repr(wrong), "'>=0.25'"),
            {"scenarios.1.effects.3.where": {"equipment": wrong}},
        )
        for wrong in ("=>0.25", ">= 25", "unknown", [">=0.25"], True, 1.5, ">=e")
    ),
    Broken(
        "where_names_what_there_is",
        ("scenarios.0.effects.0.where.country", "no country 'CHM'", "did you mean 'CHN'?"),
        {"scenarios.0.effects.0.where": {"country": ["CHN", "CHM"]}},
    ),
    Broken(
        "where_names_what_there_is",
        ("scenarios.1.effects.1.where.from", "region 'ocenia'", "did you mean 'oceania'?"),
        {"scenarios.1.effects.1.where.from": "ocenia"},
    ),
    Broken(
        "where_names_what_there_is",
        ("scenarios.1.effects.4.where.owner", "no owner 'acne'"),
        {"scenarios.1.effects.4.where.owner": "acne"},
    ),
    Broken(
        "where_names_what_there_is",
        ("scenarios.0.effects.0.where.stage", "1 is no word"),
        {"scenarios.0.effects.0.where": {"stage": 1}},
    ),
    Broken(
        "where_names_what_there_is",
        ("scenarios.0.effects.0.where.stage", "an empty list"),
        {"scenarios.0.effects.0.where": {"stage": []}},
    ),
    Broken(
        "effects_match_something",
        ("scenarios.1.effects.0.where.tags", "no lane or freight row has tags 'mallaca'", "did you mean 'malacca'?"),
        {"scenarios.1.effects.0.where": {"tags": "mallaca"}},
    ),
    Broken(
        "effects_match_something",
        ("scenarios.0.effects.3.where.stage", "no recipe has stage 'seperation'", "did you mean 'separation'?"),
        {"scenarios.0.effects.3.where": {"stage": "seperation"}},
    ),
    Broken(
        "effects_match_something",
        ("scenarios.1.effects.4.where", "no facility fits id and owner", "together"),
        {"scenarios.1.effects.4.where": {"id": "mount", "owner": "acme"}},
    ),
    Broken(
        "effects_match_something",
        ("scenarios.1.effects.2.where.facility", "no option has facility 'mount'"),
        {"scenarios.1.effects.2.where": {"facility": "mount"}},
    ),
    Broken(
        "effects_match_something",
        ("scenarios.0.effects.1.where.material", "no price has material 'tailings'"),
        {"scenarios.0.effects.1.where": {"material": "tailings"}},
    ),
    Broken(
        "effects_match_something",
        ("scenarios.0.effects.2.where.product", "no demand has product 'dy_oxide'"),
        {"scenarios.0.effects.2.where": {"product": "dy_oxide"}},
    ),
    Broken(
        "effects_match_something",
        ("scenarios.1.effects.0", "there is no lane or freight row"),
        {"lanes": [], "logistics.freight": []},
    ),
    # finance
    Broken(
        "instruments_have_names_of_their_own",
        ("finance.instruments.1.id", "a second instrument 'aid'"),
        {"finance": {"hurdle_rate": 0.1, "instruments": [AID, AID]}},
    ),
    Broken(
        "instruments_name_what_exists",
        ("finance.instruments.0.material", "no material 'magnet'", "did you mean"),
        {"finance": {"hurdle_rate": 0.1, "instruments": [CREDIT | {"material": "magnet"}]}},
    ),
    Broken(
        "instruments_name_what_exists",
        ("finance.instruments.0.bonus.channel", "no channel 'mdpa'", "mdap"),
        {"finance": {"hurdle_rate": 0.1, "instruments": [CREDIT | {"bonus": {"amount": 2.0, "channel": "mdpa"}}]}},
    ),
    Broken(
        "instruments_name_what_exists",
        ("finance.instruments.0.stage", "no recipe has the stage 'metals'", "metal"),
        {
            "finance": {
                "hurdle_rate": 0.1,
                "instruments": [{"id": "costs", "kind": "cost_credit", "stage": ["metal", "metals"], "share": 0.1}],
            }
        },
    ),
    Broken(
        "instruments_last_within_the_horizon",
        ("finance.instruments.0", "from 2040", "2027 to 2030"),
        {"finance": {"hurdle_rate": 0.1, "instruments": [AID | {"from": 2040}]}},
    ),
    Broken(
        "who_chooses_says_whom",
        ("finance.instruments.0.recipients", "pays everybody", "decided: true"),
        {"finance": {"hurdle_rate": 0.1, "instruments": [CREDIT | {"recipients": 2}]}},
    ),
    Broken(
        "who_chooses_says_whom",
        ("finance.instruments.0.cap", "pays everybody", "decided: true"),
        {"finance": {"hurdle_rate": 0.1, "instruments": [CREDIT | {"cap": 1.0e6}]}},
    ),
    Broken(
        "who_chooses_says_whom",
        ("finance.instruments.0.cap_per_recipient", "pays everybody", "decided: true"),
        {"finance": {"hurdle_rate": 0.1, "instruments": [CREDIT | {"cap_per_recipient": 1.0e6}]}},
    ),
    Broken(
        "loans_say_who_answers",
        ("finance.instruments.0", "does not say what the government answers for", "guarantee: a share"),
        {"finance": {"hurdle_rate": 0.1, "instruments": [BANK | {"lender": "private"}]}},
    ),
    Broken(
        "loans_say_who_answers",
        ("finance.instruments.0.guarantee", "government's own money", "lender: private"),
        {"finance": {"hurdle_rate": 0.1, "instruments": [BANK | {"guarantee": 0.5}]}},
    ),
    Broken(
        "a_stake_pays_no_less_than_its_share",
        ("finance.instruments.0.pays", "pays 0.1 of private capex for a share of 0.15", "pays: 0.15 or more"),
        {"finance": {"hurdle_rate": 0.1, "instruments": [STAKE | {"pays": 0.1}]}},
    ),
    Broken(
        "instruments_name_what_exists",
        ("finance.instruments.0.stockpile", "no stockpile 'ndz'", "did you mean 'nds'"),
        {"finance": {"hurdle_rate": 0.1, "instruments": [BUY | {"stockpile": "ndz"}]}},
    ),
    Broken(
        "instruments_name_what_exists",
        ("finance.instruments.0.material.1", "no material 'magnet'", "did you mean"),
        {"finance": {"hurdle_rate": 0.1, "instruments": [BUY | {"material": ["ndpr_oxide", "magnet"]}]}},
    ),
    Broken(
        "what_is_bought_is_held_by_a_public_stockpile",
        ("finance.instruments.0.material", "buys dy_oxide for nds, which does not hold it", "it holds magnet_sh, ndpr"),
        {"finance": {"hurdle_rate": 0.1, "instruments": [BUY | {"material": "dy_oxide"}]}},
    ),
    Broken(
        "what_is_bought_is_held_by_a_public_stockpile",
        ("finance.instruments.0.stockpile", "nds, which is not public", "public: true at stockpiles.nds"),
        {"finance": {"hurdle_rate": 0.1, "instruments": [BUY]}, "stockpiles.nds.public": False},
    ),
    Broken(
        "what_is_bought_is_held_by_a_public_stockpile",
        ("finance.instruments.0.stockpile", "governments pay a share of 0.5", "public_share: 1 at stockpiles.nds"),
        {"finance": {"hurdle_rate": 0.1, "instruments": [BUY]}, "stockpiles.nds.public_share": 0.5},
    ),
    Broken(
        "what_is_bought_is_held_by_a_public_stockpile",
        (
            "finance.instruments.0.stockpile",
            "nds, which passes on what it takes in",
            "release: disruption at stockpiles.nds",
        ),
        {
            "finance": {"hurdle_rate": 0.1, "instruments": [BUY]},
            "stockpiles.nds.release": "always",
            "stockpiles.nds.public": True,
        },
    ),
    Broken(
        "exclusions_name_who_chooses",
        ("finance.instruments.0.not_with", "credit pays everybody", "give credit decided: true"),
        {"finance": {"hurdle_rate": 0.1, "instruments": [BUY | {"not_with": ["credit"]}, CREDIT]}},
    ),
    Broken(
        "instruments_last_within_the_horizon",
        ("finance.instruments.0", "from 2027 to 2020", "2027 to 2030"),
        {"finance": {"hurdle_rate": 0.1, "instruments": [BUY | {"until": 2020}]}},
    ),
    Broken(
        "somebody_is_eligible",
        ("finance.instruments.0", "no facility that matches makes what it buys and can bring it to nds"),
        {"finance": {"hurdle_rate": 0.1, "instruments": [BUY | {"where": {"stage": "mining"}}]}},
    ),
    Broken(
        "what_is_paid_by_price_has_one",
        ("finance.instruments.0.material", "buys ndpr_oxide, which has no price"),
        {"finance": {"hurdle_rate": 0.1, "instruments": [BUY]}, "materials.ndpr_oxide.price": GONE},
    ),
    Broken(
        "exclusions_name_who_chooses",
        ("finance.instruments.0.not_with", "no instrument 'bnk'", "did you mean 'bank'"),
        {"finance": {"hurdle_rate": 0.1, "instruments": [AID | {"not_with": ["bnk"]}, BANK]}},
    ),
    Broken(
        "exclusions_name_who_chooses",
        ("finance.instruments.1.not_with", "bank excludes itself", "another"),
        {"finance": {"hurdle_rate": 0.1, "instruments": [AID, BANK | {"not_with": ["aid", "bank"]}]}},
    ),
    Broken(
        "exclusions_name_who_chooses",
        ("finance.instruments.0.not_with", "credit pays everybody", "give credit decided: true"),
        {"finance": {"hurdle_rate": 0.1, "instruments": [AID | {"not_with": ["credit"]}, CREDIT]}},
    ),
    Broken(
        "exclusions_name_who_chooses",
        ("finance.instruments.0.not_with", "credit pays everybody", "decided: true, or leave it out"),
        {"finance": {"hurdle_rate": 0.1, "instruments": [CREDIT | {"not_with": ["aid"]}, AID]}},
    ),
    Broken(
        "somebody_is_eligible",
        ("finance.instruments.0.where", "nobody is eligible for aid"),
        {"finance": {"hurdle_rate": 0.1, "instruments": [AID | {"where": {"country": "MYS", "stage": "mining"}}]}},
    ),
    Broken(
        "appropriations_have_names_of_their_own",
        ("policy.budget.appropriations.1.id", "second appropriation 'fund'", "its own id"),
        {"policy.budget.appropriations": [FUND, FUND | {"capex": {"country": "MYS"}}]},
    ),
    Broken(
        "appropriations_pay_for_something",
        ("policy.budget.appropriations.0", "fund pays for nothing", "say capex, instruments, purchases or holding"),
        {"policy.budget.appropriations": [{"id": "fund", "usd": 1.0}]},
    ),
    Broken(
        "appropriations_pay_for_what_exists",
        ("policy.budget.appropriations.0.instruments.0", "no instrument 'ade'", "did you mean 'aid'"),
        {
            "policy.budget.appropriations": [FUND | {"instruments": ["ade"]}],
            "finance": {"hurdle_rate": 0.1, "instruments": [AID]},
        },
    ),
    Broken(
        "appropriations_pay_for_what_exists",
        ("policy.budget.appropriations.0.instruments.0", "aid counts in no budget", "budget: false"),
        {
            "policy.budget.appropriations": [FUND | {"instruments": ["aid"]}],
            "finance": {"hurdle_rate": 0.1, "instruments": [AID | {"budget": False}]},
        },
    ),
    Broken(
        "appropriations_pay_for_what_exists",
        ("policy.budget.appropriations.0.purchases.0", "no stockpile 'nsd'", "did you mean 'nds'"),
        {"policy.budget.appropriations": [FUND | {"purchases": ["nsd"]}]},
    ),
    Broken(
        "appropriations_pay_for_what_exists",
        ("policy.budget.appropriations.0.holding.0", "buffer is not public", "public: true for buffer"),
        {"policy.budget.appropriations": [FUND | {"holding": ["buffer"]}]},
    ),
    Broken(
        "appropriations_match_facilities",
        ("policy.budget.appropriations.0.capex.county", "a facility has no 'county'", "did you mean 'country'"),
        {"policy.budget.appropriations": [FUND | {"capex": {"county": "USA"}}]},
    ),
    Broken(
        "appropriations_match_facilities",
        ("policy.budget.appropriations.0.capex", "the capex of fund matches nothing", "widen it"),
        {"policy.budget.appropriations": [FUND | {"capex": {"country": "CHN"}}]},
    ),
    Broken(
        "nothing_is_paid_for_twice",
        (
            "policy.budget.appropriations.1.holding.0",
            "the holding of nds is paid for by fund already",
            "one of the two",
        ),
        {
            "policy.budget.appropriations": [
                FUND | {"holding": ["nds"]},
                {"id": "b", "usd": 1, "purchases": ["nds"], "holding": ["nds"]},
            ]
        },
    ),
    Broken(
        "nothing_is_paid_for_twice",
        ("policy.budget.appropriations.1.capex", "capex of magnet_us is paid for by fund already", "narrow"),
        {"policy.budget.appropriations": [FUND, {"id": "b", "usd": 1.0, "capex": {"id": "magnet_us"}}]},
    ),
    Broken(
        "no_branch_spends_an_appropriation",
        ("policy.budget.appropriations.0.capex", "branches may fund magnet_us", "leave out 'react'"),
        {"policy.budget.appropriations": [FUND], "facilities.magnet_us.options.0.react": True},
    ),
    Broken(
        "the_deflator_says_what_dollars_are_worth",
        ("policy.budget.deflator", "a dollar of 2027 is worth nothing", "more than 0"),
        {"policy.budget.appropriations": [FUND], "policy.budget.deflator": {2028: 1.0}},
    ),
    Broken(
        "the_deflator_says_what_dollars_are_worth",
        ("policy.budget.deflator", "no appropriation that it is for", "leave it out"),
        {"policy.budget.deflator": 1.0},
    ),
    Broken(
        "budgets_are_of_the_horizon",
        ("policy.budget.annual", "given for 2031", "the horizon is 2027 to 2030", "leave the year out"),
        {"policy.budget.annual": {2027: 1.0e9, 2031: 2.0e9}},
    ),
    Broken(
        "budgets_are_of_the_horizon",
        ("policy.budget.appropriations.0.usd", "given for 2026", "give for 2027 what is left from before"),
        {"policy.budget.appropriations": [FUND | {"usd": {2026: 1.0e9, 2027: 0.0}}]},
    ),
    Broken(
        "what_is_paid_by_price_has_one",
        ("finance.instruments.0.material", "floor on ndpr_metal, which has no price"),
        {
            "finance": {
                "hurdle_rate": 0.1,
                "instruments": [{"id": "floor", "kind": "price_floor", "material": "ndpr_metal", "floor": 1.0}],
            }
        },
    ),
    Broken(
        "what_is_paid_by_price_has_one",
        ("finance.viability", "heavy_feed has no price where plant_a stands"),
        {"finance": {"hurdle_rate": 0.1, "viability": True}},
    ),
]


def test_sound_instance_passes(read: Reader, sound_text: str) -> None:
    found = read(sound_text)
    assert found.faults == []
    assert found.instance is not None


@pytest.mark.parametrize("case", BROKEN, ids=str)
def test_fault_is_found_by_its_check(case: Broken, read: Reader, sound: dict[str, Any]) -> None:
    found = read(change(sound, case.changes))
    assert found.instance is not None, found.text
    assert len(found.faults) == len(set(found.faults)), found.text
    assert len(found.faults) <= 6, f"one mistake gives few faults: {found.text}"
    fitting = [fault for fault in found.faults if all(word in fault for word in case.words)]
    assert len(fitting) == 1, found.text
    assert re.match(r"instance\.yaml:\d+ ", fitting[0]), "a fault names file and line"
    found.source.faults.clear()
    next(one for one in CHECKS if one.__name__ == case.check)(found.source, found.instance)
    assert fitting[0] in found.faults


def test_every_check_is_tripped() -> None:
    names = [one.__name__ for one in CHECKS]
    assert len(names) == len(set(names))
    assert set(names) == {case.check for case in BROKEN}
    assert all(one.__doc__ and one.__doc__.strip().endswith(".") for one in CHECKS)


def test_faults_come_all_at_once_in_the_order_of_the_file(read: Reader, sound: dict[str, Any]) -> None:
    changes = {
        "scenarios.1.onset": 2030,
        "markets.programs.channel": "mdpa",
        "facilities.magnet_us.options.0.capex": -1.0,
        "recipes.polish.inputs": {"gold": 6.0},
    }
    found = read(change(sound, changes))
    assert "capex" in found.faults[0], "records are judged first"
    lines = [fault.where.line for fault in found.source.faults[1:]]
    assert lines == sorted(lines)
    assert all(word in found.text for word in ("2030", "mdpa", "gold"))


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({"facilities.magnet_us.stage": "Magnet!"}, 1),
        ({"facilities.plant_c.country": "China"}, 1),
        ({"markets.programs.channel": 7}, 1),
        ({"materials.magnet_sh.stage": None}, 1),
        ({"channels.mdap.custody_cost": -1.0}, 1),
        ({"stockpiles.nds.release": "never"}, 1),
        ({"owners.dragon.country": "CN"}, 1),
        ({"scenarios.0.onset": "soon"}, 1),
        ({"periods": [2027, 2028, "later"]}, 1),
        ({"facilities.plant_a.options.0.lead": -1}, 1),
        ({"policy.rules.0.share": 2.0}, 1),
        ({"lanes.0.cost": -1.0, "lanes.3.to": 5}, 2),
    ],
)
def test_a_record_at_fault_is_reported_once(
    changes: dict[str, Any], count: int, read: Reader, sound: dict[str, Any]
) -> None:
    found = read(change(sound, changes))
    assert len(found.faults) == count, found.text


def test_a_check_names_the_line_as_written_after_rows_were_left_out(read: Reader, sound_text: str) -> None:
    text = sound_text.replace("from: magnet_us, to: programs", "from: 1, to: programs").replace(
        "from: nds, to: programs", "from: nsd, to: programs"
    )
    found = read(text)
    number = next(index for index, line in enumerate(text.splitlines(), 1) if "nsd" in line)
    assert found.faults[1].startswith(f"instance.yaml:{number} lanes.4.from: ")


def test_missing_table_blames_no_reference(read: Reader, sound: dict[str, Any]) -> None:
    found = read(change(sound, {"owners": "owners.csv"}))
    assert len(found.faults) == 1
    assert "owners.csv" in found.faults[0]


def test_a_circle_is_told_once(read: Reader, sound: dict[str, Any]) -> None:
    first, second = sound["scenarios"]
    hangs = second | {"id": "hangs", "parent": "embargo"}
    sound["scenarios"] = [hangs, first | {"parent": "closure"}, second | {"parent": "embargo"}]
    for row in sound["scenarios"]:
        row["probability"] = 0.1
    (fault,) = read(sound).faults
    assert "circle: 'closure' follows 'embargo', 'embargo' follows 'closure'" in fault or "circle: 'embargo'" in fault


def test_a_parent_at_fault_blames_no_child(read: Reader, sound: dict[str, Any]) -> None:
    sound["scenarios"][1]["parent"] = "embargo"
    sound["scenarios"][0]["probability"] = 2.0
    found = read(sound)
    assert [fault.key for fault in found.source.faults] == ["scenarios.0.probability"]
    sound["scenarios"][0] |= {"probability": 0.1, "effects": [{"affects": "nothing"}]}
    again = read(sound)
    assert [fault.key for fault in again.source.faults] == ["scenarios.0.effects.0"], again.text


def test_a_tree_of_thousands_is_checked_in_no_time(read: Reader, sound: dict[str, Any]) -> None:
    blow = sound["scenarios"][0] | {"probability": 0.0}
    chain = [blow | {"id": f"s{i}", "parent": f"s{(i + 1) % 1000}"} for i in range(1000)]
    began = time.process_time()
    faults = read(sound | {"scenarios": chain}).faults
    assert [fault for fault in faults if "circle" in fault]
    assert time.process_time() - began < 20


def test_probabilities_are_summed_as_decimals(read: Reader, sound: dict[str, Any]) -> None:
    tenth = {"probability": 0.1, "onset": 2028, "effects": []}
    sound["scenarios"] = [tenth | {"id": f"s{index}"} for index in range(10)]
    assert read(sound).faults == [], "ten tenths are 1, though not as floats in every order"
    sound["scenarios"].append(tenth | {"id": "more", "probability": 1e-12})
    assert "add up to 1.000000000001" in read(sound).text


@pytest.mark.parametrize("good", [">=0.25", "> 0", " <= 1.0", "<.5", "==1", "== 1e-3", 0.5, 1, 0])
def test_comparisons(good: object, read: Reader, sound: dict[str, Any]) -> None:
    found = read(change(sound, {"scenarios.1.effects.3.where": {"equipment": good}}))
    assert found.faults == []


@pytest.mark.parametrize(
    "changes",
    [
        {"channels.mdap.tiers": ["domestic", "ally", "exposed", "adversary"]},
        {"facilities.plant_a.capacity": {2027: 0.0, 2029: 0.0}},
        {"facilities.plant_c.options": [BUILD, BUILD | {"id": "refit", "capacity": 0.0, "after": "build"}]},
        {"lanes.+": CARRIER | {"cost": 50.0, "capacity": 10.0}},
        {"logistics.freight.+": {"from": "oceania", "to": "asia", "cost": 300.0}},
        {"markets.industry.demand.+": {"product": "magnet_sh", "tonnes": 10.0}},
        {"stockpiles.buffer.initial": {"magnet_sh": 10.0}},
        {"materials.magnet_sh.price": GONE, "policy.budget": {}},
        {"materials.magnet_sh.storage": GONE, "stockpiles.nds.holding_cost.magnet_sh": 1.0,
         "stockpiles.buffer.holding_cost": {"magnet_sh": 0.0}},
        {"scenarios.0.effects.0.where": {}},
        {"scenarios.0.effects.0.where": {"country": ["CHN", "USA"], "stage": ["separation", "magnet"]}},
        {"scenarios.0.effects.0.where": {"tier": "exposed", "region": "asia"}},
        {"scenarios.1.probability": 0.8},
        {"recipes.dig.outputs": {"concentrate": 1.0, "tailings": 20.0}},
        {"facilities.plant_a.claims.0.until": 2026, "facilities.plant_a.claims.0.share": 1.0},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_allowed(changes: dict[str, Any], read: Reader, sound: dict[str, Any]) -> None:
    assert read(change(sound, changes)).faults == []


def test_a_large_instance_is_checked_in_no_time(read: Reader, sound: dict[str, Any]) -> None:
    facility = sound["facilities"]["magnet_us"]
    for number in range(300):
        sound["facilities"][f"m{number}"] = facility
        sound["lanes"].append(CARRIER | {"from": f"m{number}"})
    found = read(sound)
    assert found.faults == []


def test_many_unknown_names_are_told_in_no_time() -> None:
    """Looking for what each may have meant among a thousand names took 23 ms a name."""
    known = [f"facility_number_{number}" for number in range(1000)]
    begun = time.process_time()
    hints = [did_you_mean(f"facility_nomber_{number}", known) for number in range(0, 1000, 5)]
    assert time.process_time() - begun < 3
    assert hints[1] == "did you mean 'facility_number_5'?"
    assert did_you_mean("x" * 10_000, known).startswith("there is facility_number_0")


def test_a_long_chain_of_owners(read: Reader, sound: dict[str, Any]) -> None:
    for number in range(3000):
        sound["owners"][f"h{number}"] = {"country": "USA", "owners": {f"h{number + 1}": 1.0}}
    sound["owners"]["h3000"] = {"country": "USA"}
    assert read(sound).faults == []


CONTRACT = Path(__file__).parents[3] / "shared" / "contract"


def _folders(part: str) -> list[Any]:
    folders = sorted(path.parent for path in (CONTRACT / part).glob("*/instance.yaml"))
    return [pytest.param(folder, id=folder.name) for folder in folders]


def _checked(folder: Path) -> Read:
    source = read_source(folder)
    instance = judge(source)
    if instance is not None:
        check(source, instance)
    return Read(source, instance)


@pytest.mark.parametrize("folder", _folders("."))
def test_contract_cases_are_sound(folder: Path) -> None:
    assert _checked(folder).faults == []


@pytest.mark.parametrize("folder", _folders("broken"))
def test_broken_contract_cases_are_refused(folder: Path) -> None:
    expected = read_yaml((folder / "expected.yaml").read_text(encoding="utf-8"), "expected.yaml").data
    try:
        text = _checked(folder).text
    except InstanceError as error:
        text = str(error)
    assert text
    missing = [word for word in expected["mentions"] if str(word).lower() not in text.lower()]
    assert missing == []


def test_all_faults_of_prices_by_channel_are_told_at_once(read: Reader, sound: dict[str, Any]) -> None:
    """A factor below 1, one of an unknown channel, one of the loosest, and one of what has no price."""
    factors = {"mdap": {2027: 1.2, 2029: 0.9}, "mdop": 1.5, "commercial": 1.1}
    data = change(sound, {"materials.ndpr_oxide.channel_factor": factors, "materials.ndpr_oxide.price": GONE})
    text = read(data).text
    for words in (
        "channel_factor.mdap: in 2029 0.9 is out of range; 1 or more",
        "channel_factor.mdop: there is no channel 'mdop'",
        "channel_factor.commercial: commercial is the loosest", "'ndpr_oxide' has a price by channel, but no price",
    ):  # fmt: skip
        assert words in text, text


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(inner for key, item in items for inner in _paths(item, (*path, key)))]


MANGLED = [
    None, True, 5, -1, "x", "Bad Id", [], {}, ["a"], {"a": 1}, {2027: 1}, 1e300, math.inf, [[1]], {"a": {"b": [1]}},
    2027, "unknown", "mdap", {5: 6}, [None], {None: 1}, "", "4e8", 10**400,
]  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_whatever_stands_there_is_reported_and_breaks_nothing(seed: int, sound: dict[str, Any]) -> None:
    chance = random.Random(seed)
    paths = _paths(sound)[1:]
    for _ in range(30):
        data = copy.deepcopy(sound)
        for *parts, last in chance.sample(paths, 3):
            holder: Any = data
            with contextlib.suppress(KeyError, IndexError, TypeError):
                for part in parts:
                    holder = holder[part]
                if chance.random() < 0.3:
                    del holder[last]
                else:
                    holder[last] = copy.deepcopy(chance.choice(MANGLED))
        source = Source("instance.yaml", data)
        instance = judge(source)
        if instance is None:
            assert source.faults
        else:
            check(source, instance)
        assert all(str(fault) for fault in source.faults)
