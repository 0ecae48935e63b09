"""Every constraint catches a plan that breaks it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from plan_maker import Plan
from verify_plans import PLANS

from optimizer.verifier import CONSTRAINTS, verify

Change = Callable[[Plan], object]


def edit(table: str, values: dict[str, Any], **where: Any) -> Change:
    return lambda plan: plan.edit(table, values, **where)


def add(table: str, *cells: Any) -> Change:
    return lambda plan: plan.add(table, *cells)


def react(scenario: str, facility: str, option: str, country: str, size: int, capex: int, public: int) -> Change:
    """A branch funds another option in 2030."""
    return add("reactions", scenario, facility, option, "magnet", country, 2030, 2030, size, capex, public, "")


def drop(table: str, **where: Any) -> Change:
    return lambda plan: plan.drop(table, **where)


def change(old: str, new: str) -> Change:
    return lambda plan: plan.change(old, new)


def filled(share: float) -> Change:
    """A rule on what trade gets in the closure, where it is 5.81 of 6 t."""
    rule = f"{{rule: fill_rate, markets: [trade], share: {share}, in_disruption: true}}"
    return change("scenarios:\n  - id: closure", f"policy: {{rules: [{rule}]}}\nscenarios:\n  - id: closure")


def state(**values: Any) -> Change:
    return lambda plan: plan.plan.update(values)


def put(name: str, frame: pd.DataFrame) -> Change:
    return lambda plan: plan.tables.update({name: frame})


def without(table: str, column: str) -> Change:
    return lambda plan: plan.tables.update({table: plan.tables[table].drop(columns=column)})


def with_column(table: str, column: str) -> Change:
    return lambda plan: plan.tables.update({table: plan.tables[table].assign(**{column: 0})})


def level(number: int, **values: Any) -> Change:
    return lambda plan: plan.plan["levels"][number].update(values)


def roll(**values: Any) -> Change:
    return lambda plan: plan.plan["roll"].update(values)


def less_served(plan: Plan) -> None:
    """In the outage a tonne less is made and delivered, which saves its cost; all that is stated of it agrees."""
    plan.edit("runs", {"run": 4, "cost": 40}, scenario="outage", channel="commercial")
    plan.edit("capacity", {"used": 9}, scenario="outage")
    plan.edit("demand", {"delivered": 4, "short": 8}, scenario="outage", market="trade")
    plan.edit("costs", {"usd": 90, "discounted": 90}, scenario="outage")
    plan.edit("scenarios", {"cost": 230, "service_commercial": 13 / 24}, scenario="outage")
    plan.plan |= {"objective": 267.5, "bound": 267.5}
    plan.plan["levels"][1] |= {"value": 7.25}


def held_with_another(plan: Plan) -> None:
    """Two stakes of which one excludes the other."""
    plan.change("share: 0.7", "not_with: [holding], share: 0.6")
    plan.add("financing", "rest", "works", "build", 2027, 280, 280)


def granted_and_chosen(plan: Plan) -> None:
    """What a grant excludes is chosen beside it."""
    plan.add("grants", "aid", "works", "build", 2027, 1)
    plan.add("recipients", "other", "works")


def unheld(plan: Plan) -> None:
    """Bought in a channel that the store does not hold."""
    plan.change("channels: [trusted, open], mat", "channels: [trusted], mat")
    plan.edit("purchases", {"channel": "open"}, instrument="buy")


def elsewhere(plan: Plan) -> None:
    """The store is where no freight leads."""
    plan.change("{USA: domestic}", "{USA: domestic, AUS: ally}")
    plan.change("store: {country: USA", "store: {country: AUS")
    plan.change("finance:\n", "logistics: {regions: {here: [USA], there: [AUS]}}\nfinance:\n")


def made_of_itself(plan: Plan) -> None:
    """Magnets are made into oxide, for users of the magnets that are made of it."""
    plan.change(
        "facilities:\n", "  melt: {stage: magnet, inputs: {magnet: 1}, outputs: {oxide: 1}, cost: 1}\nfacilities:\n"
    )
    plan.add("strict_runs", 2028, "melt", "oxide", "trusted", 1)


def stepped(plan: Plan) -> None:
    """Bought at the price of the looser channel, as what trusted users do not pay."""
    plan.edit("premiums", {"tonnes": 5, "usd": 40}, material="magnet")


def unqualified(plan: Plan) -> None:
    plan.change("qualification: {mdap: 1}", "qualification: {mdap: 2}")
    plan.change("latest: 2028", "latest: 2028, qualification: {commercial: 1}")


def unpriced(plan: Plan) -> None:
    plan.change(", price: 40", "")
    plan.change("{budget: {annual: 400}}", "{}")


def uphill(plan: Plan) -> None:
    """Five tonnes move up inside the store."""
    plan.drop("downgrades", place="depot")
    plan.edit("stock", {"downgraded_in": 5, "downgraded_out": 0, "closing": 14}, channel="mdap", **TRUNK_2027)
    plan.edit("stock", {"downgraded_in": 0, "downgraded_out": 5, "closing": -9}, channel="commercial", **TRUNK_2027)


TRUNK_2027 = {"scenario": "trunk", "period": 2027}
TRUNK_2028 = {"scenario": "trunk", "period": 2028}
TRUNK_2029 = {"scenario": "trunk", "period": 2029}
OUTAGE_2028 = {"scenario": "outage", "period": 2028}
OUTAGE_2029 = {"scenario": "outage", "period": 2029}
CLOSURE = {"scenario": "closure"}

MUTATIONS: list[tuple[str, str, Change]] = [
    # The files themselves.
    ("instance_hash", "rejoin", state(instance_sha256="0" * 64)),
    ("instance_hash", "rejoin", lambda plan: plan.plan.pop("instance_sha256")),
    ("table_present", "rejoin", lambda plan: plan.tables.pop("surplus")),
    ("table_present", "rejoin", put("bribes", pd.DataFrame({"usd": [1.0]}))),
    ("table_columns", "rejoin", without("runs", "cost")),
    ("table_columns", "rejoin", with_column("runs", "colour")),
    ("table_columns", "rejoin", without("scenarios", "service_commercial")),
    ("cell_values", "rejoin", edit("runs", {"run": float("nan")}, **TRUNK_2027)),
    ("cell_values", "rejoin", edit("runs", {"run": "many"}, **TRUNK_2027)),
    ("cell_values", "rejoin", edit("runs", {"run": float("inf")}, **TRUNK_2027)),
    ("cell_values", "rejoin", edit("runs", {"period": 2027.5}, **TRUNK_2027)),
    ("cell_values", "rejoin", edit("scenarios", {"service_commercial": "good"}, scenario="base")),
    ("duplicate_row", "rejoin", add("runs", "trunk", 2027, "plant", "", "make", "commercial", 20, 200)),
    ("known_ids", "rejoin", edit("runs", {"facility": "nowhere"}, **TRUNK_2027)),
    ("known_ids", "rejoin", edit("runs", {"period": 2050}, **TRUNK_2027)),
    ("known_ids", "rejoin", edit("runs", {"scenario": "rapture"}, **OUTAGE_2029)),
    ("known_ids", "rejoin", edit("costs", {"period": 2050}, **TRUNK_2029)),
    ("known_ids", "rejoin", edit("demand", {"line": 7}, **TRUNK_2027)),
    ("known_ids", "rejoin", edit("targets", {"target": 7}, period=2027)),
    ("known_ids", "rejoin", edit("targets", {"channel": "mdap"}, period=2027)),
    ("known_ids", "funding", edit("runs", {"state": "gold"}, period=2028)),
    ("known_ids", "funding", edit("exposure", {"state": "more"}, period=2028)),
    ("known_ids", "funding", add("portfolio", "plant", "none", "magnet", "USA", 2027, 2028, 1, 1, 1, "")),
    ("known_ids", "lanes", edit("capacity", {"unit": "side"}, facility="plant")),
    ("known_ids", "claims", edit("surplus", {"place": "owed:asia>mars"}, period=2027)),
    ("nonnegative", "rejoin", edit("runs", {"run": -20}, **TRUNK_2027)),
    ("branch_periods", "rejoin", add("runs", "outage", 2030, "plant", "", "make", "commercial", 1, 10)),
    ("element_balance", "rules", change("inputs: {}, outputs: {nd: 1}", "inputs: {dy: 1}, outputs: {nd: 1}")),
    # Investment.
    ("funded_once", "funding", add("portfolio", "plant", "new", "magnet", "USA", 2028, 2029, 10, 100, 50, "")),
    ("alternatives", "funding", add("portfolio", "plant", "big", "magnet", "USA", 2028, 2029, 20, 500, 500, "")),
    ("expansion_after", "funding", edit("portfolio", {"funded": 2027, "online": 2028}, option="more")),
    ("expansion_after", "funding", drop("portfolio", option="new")),
    ("funding_window", "funding", edit("portfolio", {"funded": 2029, "online": 2030}, option="more")),
    ("funding_window", "funding", change("public_share: 0.5", "public_share: 0.5\n        earliest: 2028")),
    ("funding_window", "funding", change("periods: [2027, 2028, 2029]", "periods: [{year: 2027, years: 2}, 2029]")),
    ("online_within_horizon", "funding", add("portfolio", "works", "slow", "magnet", "AUS", 2027, 2032, 10, 1, 1, "")),
    ("online_year", "funding", edit("portfolio", {"online": 2027}, option="new")),
    ("portfolio_facts", "funding", edit("portfolio", {"country": "CHN"}, option="new")),
    ("portfolio_facts", "funding", edit("portfolio", {"confidence": "A"}, option="more")),
    ("portfolio_capacity", "funding", edit("portfolio", {"capacity": 11}, option="new")),
    ("portfolio_capex", "funding", edit("portfolio", {"capex": 99}, option="new")),
    ("portfolio_outlay", "funding", edit("portfolio", {"public_outlay": 100}, option="new")),
    # Capacity and activity.
    ("capacity_existing", "rejoin", edit("capacity", {"existing": 21}, **TRUNK_2027)),
    ("capacity_funded", "funding", edit("capacity", {"funded": 15}, period=2029)),
    ("capacity_funded", "funding", change("lead: 1\n        life: 4", "lead: 1\n        ramp: [0.7]\n        life: 4")),
    ("capacity_available", "rejoin", edit("capacity", {"available": 0.5}, **OUTAGE_2028)),
    ("capacity_total", "rejoin", edit("capacity", {"capacity": 12}, **OUTAGE_2028)),
    ("capacity_total", "rejoin", drop("capacity", **TRUNK_2027)),
    ("capacity_used", "rejoin", edit("capacity", {"used": 19}, **TRUNK_2027)),
    ("capacity_limit", "rejoin", change("2027: 20, 2028: 12", "2027: 19, 2028: 12")),
    ("capacity_limit", "rejoin", change("id: plant}, available: 0.0", "id: plant}, available: 0.5, duration: 2")),
    ("state_holds", "funding", edit("runs", {"state": ""}, period=2028)),
    ("qualified_capacity", "funding", unqualified),
    ("recipe_at_facility", "funding", edit("runs", {"recipe": "other_make"}, period=2028)),
    ("recipe_channel", "rules", edit("runs", {"channel": "mdap"}, facility="us", recipe="get_nd")),
    ("trusted_channel", "rules", edit("runs", {"channel": "mdap"}, facility="au", recipe="get_dy")),
    ("trusted_channel", "rules", edit("runs", {"channel": "home"}, facility="au", recipe="get_dy")),
    ("trusted_channel", "funding", edit("runs", {"state": ""}, period=2029, channel="mdap")),
    ("run_cost", "rejoin", edit("runs", {"cost": 199}, **TRUNK_2027)),
    ("run_cost", "funding", change("custody_cost: 2", "custody_cost: 3")),
    ("exposure_values", "rules", edit("exposure", {"ownership": 0.4}, facility="au")),
    ("exposure_values", "rules", edit("exposure", {"ownership": "none"}, facility="au")),
    ("exposure_values", "rules", drop("exposure", facility="au")),
    ("exposure_channels", "rules", edit("exposure", {"channels": "mdap;commercial"}, facility="au")),
    # Adjustment.
    ("raised_activity", "bites", edit("runs", {"run": 60}, scenario="out", period=2027, channel="commercial")),
    ("raised_activity", "bites", change("raise: 0.1", "raise: 0.05")),
    ("raised_activity", "bites", change("capacity: 100}", "capacity: 100, raise: 0.05, contracted: 0}")),
    ("raised_activity", "tree", change("capacity: 12}", "capacity: 12, raise: 0.05}")),
    ("contracted_capacity", "bites", change("capacity: 100}", "capacity: 69}")),
    ("contracted_capacity", "bites", change("where: {id: other}, available: 0.0", "where: {}, available: 0.3")),
    ("contracted_gain", "bites", edit("runs", {"run": 17}, scenario="out", period=2027, channel="mdap")),
    ("contracted_gain", "bites", change("contracted: 0.9", "contracted: 1")),
    # Requalification.
    ("maker_row", "requalified", change("capacity: 70}", "capacity: 70, known_for: {mdap: [magnet]}}")),
    ("maker_row", "requalified", change("years: 1.5", "years: 0")),
    ("maker_row", "requalified", edit("makers", {"channel": "commercial"}, period=2027, facility="spare")),
    ("maker_made", "requalified", edit("makers", {"made": 60}, period=2027, facility="main")),
    ("maker_made", "requalified", edit("makers", {"made": 30, "tonnes": 30}, period=2027, facility="spare")),
    ("maker_made", "requalified", edit("makers", {"tonnes": 21}, period=2027, facility="spare")),
    ("maker_taken", "requalified", change("release: disruption", "release: always")),
    ("maker_taken", "requalified", edit("demand", {"delivered": 79}, scenario="trunk", period=2027)),
    ("new_maker", "requalified", edit("makers", {"tonnes": 19}, period=2027, facility="spare")),
    ("new_maker", "requalified", drop("makers", period=2028, facility="spare")),
    ("new_maker", "requalified", edit("runs", {"run": 28}, scenario="out", period=2027)),
    ("new_maker", "requalified", change("years: 1.5", "years: 1.6")),
    ("new_maker", "requalified", change("multiple: 1.25", "multiple: 1.2")),
    ("new_maker", "requalified", change("lots: 2", "lots: 1.9")),
    ("new_maker", "requalified", change("spare: {stage: magnet, country: USA, recipes: [make_dear], capacity: 90}",
                                         "spare: {stage: magnet, country: USA, recipes: [make_dear], capacity: 89}")),
    ("table_present", "requalified", lambda plan: plan.tables.pop("makers")),
    # Movement.
    ("link_exists", "lanes", edit("flows", {"link": "lane:9"}, link="lane:0")),
    ("link_exists", "lanes", edit("flows", {"link": "mule"}, link="lane:0")),
    ("link_serves", "lanes", edit("flows", {"link": "lane:1", "cost": 20}, link="lane:0", **TRUNK_2027)),
    ("link_serves", "lanes", edit("flows", {"to": "trade"}, link="lane:3", **TRUNK_2027)),
    ("link_serves", "lanes", edit("flows", {"material": "alloy"}, link="lane:3", **TRUNK_2027)),
    ("link_serves", "claims", edit("flows", {"to": "hub:asia"}, link="freight:1")),
    ("link_serves", "claims", edit("flows", {"material": "ore"}, link="freight:1")),
    ("link_serves", "claims", edit("flows", {"from": "pit"}, link="hub", from_="mine")),
    ("link_serves", "claims", edit("flows", {"from": "pit"}, link="claim", from_="mine")),
    ("link_serves", "claims", edit("flows", {"from": "hub:asia"}, link="claim", from_="owed:asia>asia")),
    ("link_serves", "claims", edit("flows", {"from": "owed:asia>asia"}, link="hub", from_="hub:asia")),
    ("link_capacity", "lanes", change("cost: 2, capacity: 10", "cost: 2, capacity: 8")),
    ("link_capacity", "lanes", change("where: {tags: strait}", "where: {from: plant, to: depot}")),
    ("link_capacity", "claims", change("capacity: 5}", "capacity: 4}")),
    ("flow_cost", "lanes", edit("flows", {"cost": 40}, link="lane:0", **TRUNK_2027)),
    ("claim_share", "claims", change("share: 0.4", "share: 0.5")),
    ("downgrade_order", "lanes", edit("downgrades", {"from_channel": "commercial"}, place="works")),
    ("downgrade_place", "lanes", edit("downgrades", {"place": "hub:world"}, place="works")),
    ("downgrade_place", "lanes", add("downgrades", "trunk", 2027, "works", "scrap", "mdap", "commercial", 1)),
    ("surplus_place", "lanes", edit("surplus", {"place": "prog"}, place="works")),
    ("surplus_place", "lanes", edit("surplus", {"place": "plant"}, place="hub:world")),
    ("surplus_place", "claims", edit("surplus", {"place": "owed:oceania>asia"}, period=2027)),
    ("surplus_cost", "lanes", edit("surplus", {"cost": -8}, place="hub:world", **TRUNK_2027)),
    ("surplus_cost", "lanes", edit("surplus", {"cost": 0}, place="works")),
    ("balance_facility", "lanes", edit("runs", {"run": 12}, facility="works", channel="mdap", **TRUNK_2027)),
    ("balance_facility", "claims", edit("flows", {"tonnes": 5}, link="claim", from_="mine")),
    ("balance_hub", "rejoin", edit("runs", {"run": 19}, **TRUNK_2027)),
    ("balance_hub", "claims", edit("flows", {"tonnes": 7}, link="hub", from_="mine")),
    ("balance_owed", "claims", edit("surplus", {"tonnes": 2}, period=2027)),
    ("balance_users", "claims", edit("demand", {"delivered": 5}, market="jp")),
    ("balance_market", "lanes", edit("flows", {"tonnes": 8}, link="lane:3", **TRUNK_2027)),
    ("balance_stockpile", "lanes", edit("stock", {"in": 8}, channel="mdap", **TRUNK_2027)),
    # Stock and targets.
    ("stock_held", "lanes", add("stock", "trunk", 2027, "depot", "alloy", "mdap", *[0] * 8, 1, 0)),
    ("stock_opening", "rejoin", edit("stock", {"opening": 11}, **TRUNK_2028)),
    ("stock_opening", "rejoin", edit("stock", {"opening": 11}, **OUTAGE_2028)),
    ("stock_opening", "rejoin", drop("stock", **TRUNK_2029)),
    ("stock_opening", "lanes", edit("stock", {"opening": 11}, channel="mdap", **TRUNK_2027)),
    ("stock_loss", "lanes", edit("stock", {"lost": 0.8}, channel="mdap", **TRUNK_2028)),
    ("stock_balance", "rejoin", edit("stock", {"closing": 11}, **TRUNK_2027)),
    ("stock_balance", "rejoin", edit("stock", {"in": 9}, **TRUNK_2027)),
    ("stock_capacity", "rejoin", change("capacity: {magnet: 11}", "capacity: {magnet: 9}")),
    ("stock_downgrade", "lanes", edit("downgrades", {"tonnes": 4}, place="depot")),
    ("stock_downgrade", "lanes", edit("stock", {"downgraded_in": 6}, channel="commercial", **TRUNK_2027)),
    ("stock_downgrade", "lanes", uphill),
    ("stock_discard", "rejoin", edit("stock", {"discarded": 1}, **TRUNK_2028)),
    ("reserve_release", "rejoin", edit("stock", {"out": 1}, **TRUNK_2028)),
    ("reserve_release", "rejoin", edit("stock", {"out": 1}, **OUTAGE_2029)),
    ("reserve_release", "lanes", change("release: always", "release: disruption")),
    ("reserve_discard", "lanes", change("release: always", "release: disruption")),
    ("stock_cost", "lanes", edit("stock", {"cost": 11}, channel="mdap", **TRUNK_2027)),
    ("rejoin", "rejoin", edit("stock", {"bought_back": 7, "cost": 280}, **OUTAGE_2029)),
    ("buy_back", "rejoin", edit("stock", {"bought_back": 1}, **TRUNK_2028)),
    ("buy_back", "rejoin", edit("stock", {"bought_back": 1, "cost": 40}, **OUTAGE_2028)),
    ("buy_back", "rejoin", unpriced),
    ("stock_cost", "rejoin", change("capacity: {magnet: 11}", "capacity: {magnet: 11}\n    buy_back: 1.5")),
    ("target_level", "rejoin", edit("targets", {"level": 9}, period=2027)),
    ("target_level", "rejoin", drop("targets", period=2027)),
    ("target_level", "rejoin", change("tonnes: {2027: 10}}", "years_of_demand: 1.5, of: [trade]}")),
    ("target_stock", "rejoin", edit("targets", {"stock": 11}, period=2027)),
    ("target_met", "rejoin", change("tonnes: {2027: 10}", "tonnes: {2027: 11}")),
    ("target_met", "rejoin", edit("targets", {"short": 1}, period=2027)),
    ("target_cost", "rejoin", edit("targets", {"cost": 1}, period=2027)),
    ("residual_counted", "left", edit("residual", {"counted": 5, "usd": 125}, scenario="trunk")),
    ("residual_counted", "left", edit("residual", {"most": 5}, scenario="trunk")),
    ("residual_counted", "left", edit("residual", {"counted": 3, "usd": 75}, scenario="lasting")),
    ("residual_counted", "left", edit("residual", {"counted": 2, "usd": 50}, scenario="passing")),
    ("residual_counted", "left", drop("residual", scenario="lasting")),
    ("residual_counted", "left", add("residual", "trunk", 2027, "vault", "magnet", 4, 4, 50, 100)),
    ("residual_counted", "left", change("residual: 0.5", "residual: 0.5\n    residual_tonnes: {magnet: 5}")),
    ("residual_counted", "left", change("2028: 4}", "2028: 5}")),
    ("residual_counted", "left", change("    residual: 0.5\n", "")),
    ("residual_value", "left", edit("residual", {"price": 40}, scenario="trunk")),
    ("residual_value", "left", edit("residual", {"usd": 200}, scenario="trunk")),
    ("residual_value", "left", change("2029: 50", "2029: 60")),
    ("residual_value", "left", change("residual: 0.5", "residual: 0.4")),
    ("costs", "left", drop("costs", category="residual_stock", scenario="trunk")),
    ("discounting", "left", edit("costs", {"discounted": -80}, category="residual_stock", scenario="trunk")),
    ("table_present", "left", lambda plan: plan.tables.pop("residual")),
    # Demand.
    ("demand_level", "rejoin", edit("demand", {"demand": 9}, **TRUNK_2027)),
    ("demand_level", "rejoin", drop("demand", **TRUNK_2027)),
    ("demand_met", "rejoin", edit("demand", {"delivered": 9}, **TRUNK_2027)),
    ("demand_material", "rules", edit("demand", {"material": "nd"}, market="prog")),
    ("demand_channel", "rules", edit("demand", {"channel": "commercial"}, market="prog", channel="home")),
    ("hard_demand", "lanes", edit("demand", {"delivered": 8, "short": 1}, market="prog", **TRUNK_2027)),
    ("shortage_cost", "lanes", edit("demand", {"cost": 9}, market="trade", channel="commercial", **CLOSURE)),
    # Policy.
    ("domestic_content", "rules", change("separation, share: 0.5}", "separation, share: 0.6}")),
    ("domestic_content", "rules", change("separation, share: 0.5}", "separation, share: 0.55, each: material}")),
    ("exposure_cap", "rules", change("kind: ownership, share: 0.25", "kind: ownership, share: 0.2")),
    ("heavy_content", "rules", change("stage: separation, share: 0.4", "stage: separation, share: 0.6")),
    ("diversify", "rules", change("by: country, share: 0.6", "by: country, share: 0.5")),
    ("diversify", "rules", change("by: country, share: 0.6", "by: owner, share: 0.5")),
    ("diversify", "rules", change("by: country, share: 0.6", "by: facility, share: 0.5")),
    ("delivered_content", "rules", change("share: {2027: 0.5}", "share: {2027: 0.7}")),
    ("fill_rate", "lanes", filled(0.97)),
    ("fill_rate", "rules", edit("demand", {"delivered": 9, "short": 1}, market="trade", product="dy")),
    ("release_cap", "limits", change("most: {2028: 15}", "most: {2028: 14}")),
    ("release_cap", "limits", change("most: {2028: 15}", "most: {2027: 15}")),
    ("release_cap", "limits", change("{tier: ally}, most", "{}, most")),
    ("release_cap", "limits", change("most: {2028: 15}", "by: country, most: {2027: 29, 2028: 15}")),
    ("released", "limits", edit("releases", {"released": 29}, **TRUNK_2027)),
    ("released", "limits", drop("releases", facility="us")),
    ("released", "limits", add("releases", "trunk", 2027, "us", "residue", 1, 0)),
    ("released", "limits", change("{make: {releases: {residue: 3}}}", "[make]")),
    ("release_charge", "limits", edit("releases", {"charge": 29}, **TRUNK_2027)),
    ("run_cost", "limits", change("cost: {2027: 1}", "cost: {2027: 1, 2028: 2}")),
    ("run_cost", "limits", change("where: {country: AUS}", "where: {}")),
    ("table_present", "limits", lambda plan: plan.tables.pop("releases")),
    ("scale_goal", "limits", edit("goals", {"short": 4, "cost": 8}, period=2028)),
    ("scale_goal", "limits", change(", shortage_cost: 2}", "}")),
    ("goal_level", "limits", edit("goals", {"level": 14}, period=2028)),
    ("goal_level", "limits", change("share: {2028: 0.25}", "share: 0.25")),
    ("goal_level", "limits", change("share: {2028: 0.25}", "share: {2028: 0.25, 2029: 0.3}")),
    ("goal_made", "limits", edit("goals", {"made": 11}, period=2028)),
    ("goal_made", "limits", change("magnet, where: {country: USA}", "magnet, where: {}")),
    ("goal_cost", "limits", edit("goals", {"cost": 11}, period=2028)),
    ("recycling", "recycles", change("share: 0.5", "share: 0.51")),
    ("recycling", "recycles", change("share: 0.5", "materials: [oxide], share: 0.5")),
    ("recycling", "recycles", change("lead: 1", "lead: 0")),
    ("recycling", "recycles", edit("runs", {"run": 4, "cost": 20}, recipe="remelt")),
    ("costs", "weighs", drop("costs", category="preference")),
    ("costs", "weighs", edit("costs", {"usd": 40}, category="preference")),
    ("costs", "weighs", change("2028: 0.5", "2028: 0.4")),
    ("costs", "weighs", change("price: 10", "price: 20")),
    ("costs", "weighs", change("channel: home, share", "channel: open, share")),
    ("scenario_cost", "weighs", edit("scenarios", {"cost": 441}, scenario="base")),
    ("objective", "weighs", state(objective=522.0, bound=522.0)),
    ("costs", "limits", drop("costs", category="goal_shortage")),
    ("known_ids", "limits", add("goals", 2028, 1, 0, 0, 0, 0)),
    ("known_ids", "limits", add("goals", 2028, 9, 0, 0, 0, 0)),
    ("table_present", "limits", lambda plan: plan.tables.pop("goals")),
    ("count", "funding", change("min: 1, by: 2028", "min: 1, by: 2027")),
    ("count", "funding", change("min: 1, by: 2028", "max: 0")),
    ("require", "funding", change("facility: plant, by: 2028", "facility: plant, by: 2027")),
    ("require", "funding", change("facility: plant, by: 2028", "facility: plant, option: big")),
    ("forbid", "funding", change("{rule: forbid, facility: works}", "{rule: forbid, facility: plant, option: more}")),
    ("exclusive", "funding", add("portfolio", "works", "slow", "magnet", "AUS", 2027, 2032, 10, 1, 1, "")),
    ("implies", "funding", change("if: works, then: plant", "if: plant, then: works")),
    ("implies", "funding", change("if: works, then: plant", "if: plant, then: plant, by: 2027")),
    ("starts", "funding", change("max: 1}", "max: {2027: 0, 2028: 1}}")),
    ("budget_annual", "funding", change("annual: 65", "annual: 55")),
    ("budget_annual", "rejoin", change("annual: 400", "annual: 399")),
    ("budget_total", "funding", change("total: 100", "total: 79")),
    ("budget_appropriation", "appropriated", change("2028: 40", "2028: 32")),
    ("budget_appropriation", "appropriated", change("available_for: 2", "available_for: 1")),
    ("budget_appropriation", "appropriated", change("2028: 1.05", "2028: 1.2")),
    ("budget_appropriation", "appropriated", change("public_share: 0.5", "public_share: 0.9")),
    ("appropriations", "appropriated", edit("appropriations", {"spent": 60}, year=2028)),
    ("appropriations", "appropriated", edit("appropriations", {"expired": 0}, year=2029)),
    ("appropriations", "appropriated", edit("appropriations", {"left": 37}, year=2028)),
    ("appropriations", "appropriated", edit("appropriations", {"given": 45}, year=2027)),
    ("appropriations", "appropriated", edit("appropriations", {"appropriation": "purse"}, year=2027)),
    ("appropriations", "appropriated", drop("appropriations", year=2029)),
    ("appropriations", "appropriated", change("capex: {country: USA}", "capex: {country: AUS}")),
    ("table_present", "appropriated", lambda plan: plan.tables.pop("appropriations")),
    ("outlay", "rejoin", drop("outlay", year=2027)),
    ("outlay", "rejoin", edit("outlay", {"year": 2020}, year=2027)),
    ("outlay", "funding", edit("outlay", {"usd": 40}, year=2027)),
    ("outlay", "stepped", drop("outlay", year=2028, instrument="price_step")),
    ("outlay", "stepped", edit("outlay", {"usd": 90}, year=2027, instrument="price_step")),
    ("outlay", "stepped", edit("outlay", {"instrument": "purchase"}, year=2027, instrument="price_step")),
    ("outlay", "stepped", change("factor: 1.5", "factor: 1.4")),
    ("outlay", "stepped", change("above: 6", "above: 6.5")),
    ("budget_annual", "stepped", change("2028: 90}\n    total", "2028: 89}\n    total")),
    ("budget_annual", "stepped", change("factor: 2}", "factor: 2.1}")),
    ("budget_total", "stepped", change("total: 310", "total: 309")),
    ("budget_appropriation", "stepped", change("usd: {2027: 130, 2028: 90}", "usd: {2027: 129, 2028: 90}")),
    ("budget_appropriation", "stepped", change("above: 4", "above: 3")),
    ("appropriations", "stepped", edit("appropriations", {"spent": 90}, year=2027)),
    ("outlay", "shared", edit("outlay", {"usd": 90}, year=2027, instrument="purchase")),
    ("outlay", "shared", change("public_share: 0.5", "public_share: 0.4")),
    ("stock_payers", "shared", change("public_share: 0.5", "public_share: 0.4")),
    ("stock_payers", "shared", edit("stock_payers", {"purchase": 90}, period=2027, payer="public")),
    ("stock_payers", "shared", edit("stock_payers", {"price_step": 0}, period=2028, payer="holder")),
    ("stock_payers", "shared", edit("stock_payers", {"holding": 1}, period=2028, payer="holder")),
    ("stock_payers", "shared", edit("stock_payers", {"given_out": 5}, period=2027, payer="public")),
    ("stock_payers", "shared", edit("stock_payers", {"payer": "nobody"}, period=2027, payer="public")),
    ("stock_payers", "shared", drop("stock_payers", period=2027, payer="holder")),
    ("table_present", "shared", lambda plan: plan.tables.pop("stock_payers")),
    ("budget_annual", "shared", change("public_share: 0.5", "public_share: 0.6")),
    ("budget_appropriation", "shared", change("public_share: 0.5", "public_share: 0.6")),
    # Money and futures.
    ("costs", "rejoin", edit("costs", {"usd": 1}, **OUTAGE_2029, category="activity")),
    ("costs", "rejoin", drop("costs", **OUTAGE_2029)),
    ("costs", "rejoin", add("costs", "trunk", 2027, "bribes", 5, 5)),
    ("costs", "funding", edit("costs", {"usd": -75}, category="credit")),
    ("discounting", "funding", edit("costs", {"discounted": -50}, category="credit")),
    ("discounting", "funding", edit("costs", {"discounted": 60}, period=2028, category="activity")),
    ("scenario_facts", "rejoin", edit("scenarios", {"probability": 0.4}, scenario="outage")),
    ("scenario_facts", "rejoin", edit("scenarios", {"until": 2029}, scenario="outage")),
    ("scenario_facts", "rejoin", edit("scenarios", {"onset": 2029}, scenario="outage")),
    ("scenario_facts", "rejoin", drop("scenarios", scenario="outage")),
    ("scenario_facts", "rejoin", edit("scenarios", {"onset": 2029}, scenario="base")),
    ("scenario_facts", "rejoin", lambda plan: plan.tables.update(scenarios=plan.tables["scenarios"].iloc[::-1])),
    ("scenario_cost", "rejoin", edit("scenarios", {"cost": 700}, scenario="outage")),
    ("scenario_service", "lanes", edit("scenarios", {"service_commercial": 1}, scenario="closure")),
    ("scenario_service", "lanes", edit("scenarios", {"service_commercial": None}, scenario="closure")),
    # The tree of futures.
    ("scenario_tree", "tree", change("parent: first", "parent: nobody")),
    ("scenario_tree", "tree", change("parent: first", "parent: third")),
    ("scenario_tree", "tree", change("parent: first", "parent: second")),
    ("scenario_tree", "tree", change("onset: 2028", "onset: 2029")),
    ("stock_opening", "tree", edit("stock", {"opening": 10, "closing": 4}, scenario="second", period=2029)),
    ("stock_opening", "tree", edit("stock", {"opening": 2, "closing": -2}, scenario="third")),
    ("stock_opening", "tree", edit("stock", {"closing": 7}, scenario="first", period=2028)),
    ("stock_opening", "tree", change("parent: first", "name: alone")),
    ("capacity_available", "tree", edit("capacity", {"available": 0.5, "capacity": 6}, scenario="second", period=2029)),
    ("capacity_available", "tree", change("parent: first", "name: alone")),
    ("capacity_available", "tree", change("duration: 2", "duration: 1")),
    ("capacity_limit", "tree", edit("runs", {"run": 4, "cost": 40}, scenario="second", period=2029)),
    ("branch_periods", "tree", add("runs", "first", 2031, "plant", "", "make", "commercial", 1, 10)),
    ("branch_periods", "tree", add("runs", "second", 2028, "plant", "", "make", "commercial", 1, 10)),
    ("reserve_release", "tree", edit("stock", {"out": 1, "closing": 1}, scenario="second", period=2030)),
    ("rejoin", "tree", edit("stock", {"bought_back": 7, "cost": 280}, scenario="second", period=2030)),
    ("rejoin", "tree", edit("stock", {"bought_back": 5, "cost": 200}, scenario="first", period=2030)),
    ("scenario_facts", "tree", edit("scenarios", {"until": 2030}, scenario="second")),
    ("scenario_cost", "tree", edit("scenarios", {"cost": 870}, scenario="second")),
    ("scenario_cost", "tree", edit("scenarios", {"cost": 460}, scenario="third")),
    ("scenario_cost", "tree", change("parent: second", "name: alone")),
    ("scenario_service", "tree", edit("scenarios", {"service_commercial": 1}, scenario="third")),
    # Service before cost.
    ("service_level", "served", level(1, value=6.0)),
    ("service_level", "served", level(1, demand=23.0, tolerance=0.23)),
    ("service_level", "served", level(1, best=6.0, bound=6.0, cap=6.24)),
    ("service_level", "served", less_served),
    ("outlay_level", "thrifty", level(0, value=60.0)),
    ("outlay_level", "thrifty", level(0, cap=40.0, best=40.0, bound=40.0)),
    ("levels", "thrifty", level(0, cap=80.0)),
    ("levels", "thrifty", level(0, tolerance=20.0, cap=60.0)),
    ("levels", "thrifty", level(0, bound=30.0)),
    ("levels", "thrifty", level(0, status="not reached")),
    ("levels", "thrifty", level(0, level="service")),
    ("shortage_cost", "served", edit("demand", {"cost": 3}, scenario="trunk", market="trade")),
    ("levels", "served", level(1, cap=9.0)),
    ("levels", "served", level(1, tolerance=2.4, cap=9.4)),
    ("levels", "served", level(1, bound=7.1)),
    ("levels", "served", level(1, best=8.0)),
    ("levels", "served", level(0, channel="commercial")),
    ("levels", "served", level(0, cap=None)),
    ("levels", "served", state(levels=None)),
    ("levels", "served", lambda plan: plan.plan["levels"].pop(0)),
    ("levels", "served", lambda plan: plan.plan["levels"].reverse()),
    ("levels", "served", change("lexicographic: {levels: [service, cost], tolerance: 0.01}\n", "")),
    ("status", "served", level(0, status="feasible")),
    ("status", "served", level(2, status="not reached")),
    ("objective", "served", state(objective=277.0, bound=277.0)),
    # What is funded must pay its way.
    ("no_finance", "aided", lambda plan: plan.change(plan.text[plan.text.index("finance:") :], "")),
    ("capital_funded", "aided", edit("grants", {"funded": 2028})),
    ("capital_eligible", "aided", change("from: 2027", "from: 2028")),
    ("capital_share", "aided", edit("grants", {"usd": 251})),
    ("capital_share", "aided", change("public_share: 0", "public_share: 0.97")),
    ("capital_cap", "aided", change("cap: 25", "cap: 19")),
    ("capital_cap", "aided", change("cap: 25", "cap_per_recipient: 19")),
    ("sale_made", "aided", edit("sales", {"made": 11})),
    ("sale_made", "aided", edit("sales", {"sold": 11})),
    ("sale_made", "aided", lambda plan: plan.drop("sales")),
    ("sale_price", "aided", edit("sales", {"price": 81})),
    ("sale_used", "aided", edit("sales", {"sold": 9})),
    ("strict_sold", "priced", edit("sales", {"sold": 7}, facility="works")),
    ("books", "aided", edit("books", {"usd": 801}, item="sales")),
    ("books", "aided", edit("books", {"discounted": 641}, item="sales")),
    ("books", "aided", lambda plan: plan.drop("books", item="residual")),
    ("books", "aided", edit("runs", {"run": 11}, recipe="press")),
    ("viable", "aided", change("hurdle_rate: 0.25", "hurdle_rate: 0.26")),
    ("viable", "aided", change("amount: 2}", "amount: 1}")),
    ("outlay", "aided", change("amount: 2}", "amount: 1}")),
    ("known_ids", "aided", edit("grants", {"instrument": "gift"})),
    # Loans, shares, and who is chosen.
    ("no_finance", "lent", lambda plan: plan.change(plan.text[plan.text.index("finance:") :], "")),
    ("table_present", "lent", lambda plan: plan.tables.pop("financing")),
    ("table_present", "lent", lambda plan: plan.tables.pop("owed")),
    ("table_present", "lent", lambda plan: plan.tables.pop("recipients")),
    ("duplicate_row", "lent", add("recipients", "floor", "works")),
    ("duplicate_row", "lent", add("owed", 2027, "bank", "works", "build", 1, 1)),
    ("known_ids", "lent", edit("financing", {"instrument": "thrift"}, instrument="bank")),
    ("known_ids", "lent", edit("financing", {"instrument": "aid"}, instrument="bank")),
    ("known_ids", "lent", add("grants", "bank", "works", "build", 2027, 1)),
    ("capital_funded", "lent", edit("financing", {"funded": 2028}, instrument="bank")),
    ("capital_funded", "lent", edit("financing", {"option": "extend"}, instrument="shares")),
    ("capital_eligible", "lent", change("from: 2027", "from: 2028")),
    ("capital_eligible", "lent", change("from: 2027", "where: {country: AUS}")),
    ("capital_share", "lent", change("max_share: 0.2", "max_share: 0.19")),
    ("capital_share", "lent", change("max_share: 0.1", "max_share: 0.07")),
    ("capital_share", "lent", change("public_share: 0", "public_share: 0.73")),
    ("capital_cap", "lent", change("cap: 100", "cap: 99")),
    ("capital_cap", "lent", change("cap_per_recipient: 40", "cap_per_recipient: 39")),
    ("capital_cost", "lent", edit("financing", {"cost": 14}, instrument="bank")),
    ("capital_cost", "lent", edit("financing", {"cost": 0}, instrument="shares")),
    ("capital_cost", "lent", change("expected_loss: 0.2", "expected_loss: 0.3")),
    ("capital_cost", "lent", change("cap: 100", "lender: private, guarantee: 0.8")),
    ("capital_cost", "lent", change("discount_rate: 0.05", "discount_rate: 0.06")),
    ("capital_cost", "lent", change("dividend: 0.1", "dividend: 0.2")),
    ("owed", "lent", edit("owed", {"usd": 50}, year=2028, instrument="bank")),
    ("owed", "lent", edit("owed", {"public": 104}, year=2028, instrument="bank")),
    ("owed", "lent", drop("owed", year=2027, instrument="shares")),
    ("owed", "lent", add("owed", 2029, "bank", "works", "build", 1, 1)),
    ("owed", "lent", change("rate: 0.1, term", "rate: 0.11, term")),
    ("owed", "lent", change("cap: 100", "lender: private, guarantee: 0.8")),
    ("books", "lent", change("rate: 0.1, term", "rate: 0.11, term")),
    ("books", "lent", change("dividend: 0.1", "dividend: 0.2")),
    ("books", "lent", edit("books", {"usd": -115}, year=2029, instrument="bank")),
    ("books", "lent", drop("books", year=2029, instrument="shares")),
    ("books", "lent", drop("recipients", instrument="floor")),
    ("outlay", "lent", drop("recipients", instrument="floor")),
    ("outlay", "lent", change("expected_loss: 0.2", "expected_loss: 0.3")),
    ("outlay", "lent", edit("outlay", {"usd": 0}, instrument="shares", year=2028)),
    ("outlay", "lent", change("floor: 83, decided: true, cap: 30, recipients: 1", "floor: 84")),
    ("recipients", "lent", add("recipients", "bank", "works")),
    ("recipients", "lent", add("recipients", "gift", "works")),
    ("recipients", "lent", add("recipients", "floor", "mine")),
    ("recipients", "lent", add("recipients", "other", "mine")),
    ("recipients", "lent", change("floor: 83, decided: true, cap: 30, recipients: 1", "floor: 83")),
    ("recipient_gains", "lent", change("floor: 83", "floor: 70, upside: 0.5")),
    ("award_cap", "lent", change("cap: 30", "cap: 29")),
    ("award_cap", "lent", change("cap: 30", "cap_per_recipient: 29")),
    ("not_with", "lent", granted_and_chosen),
    ("not_with", "lent", change("cap: 100", "not_with: [shares]")),
    ("not_with", "lent", change("expected_loss: 0.5, cap", "not_with: [floor], expected_loss: 0.5, cap")),
    # Purchases for a stockpile.
    ("no_finance", "bought", lambda plan: plan.change(plan.text[plan.text.index("finance:") :], "")),
    ("table_present", "bought", lambda plan: plan.tables.pop("purchases")),
    ("duplicate_row", "bought", add("purchases", "buy", 2028, "works", "", "magnet", "trusted", 1, 10)),
    ("known_ids", "bought", edit("purchases", {"instrument": "gift"}, instrument="more")),
    ("purchase_eligible", "bought", change("price: 90", "price: 80")),
    ("purchase_eligible", "bought", change("price: 90", "price: {2027: 90, 2028: 0}")),
    ("purchase_eligible", "bought", change("price: 90", "price: reference")),
    ("purchase_eligible", "bought", change("price: 90", "price: 90, until: 2027")),
    ("purchase_eligible", "bought", change("price: 90", "price: 90, where: {country: AUS}")),
    ("purchase_eligible", "bought", change("material: magnet, price: 90", "material: oxide, price: 90")),
    ("purchase_eligible", "bought", unheld),
    ("purchase_eligible", "bought", elsewhere),
    ("purchase_sold", "bought", edit("purchases", {"tonnes": 8}, instrument="more")),
    ("purchase_sold", "bought", edit("purchases", {"channel": "open"}, instrument="more")),
    ("purchase_sold", "bought", edit("sales", {"sold": 5})),
    ("purchase_arrives", "bought", edit("purchases", {"tonnes": 4}, instrument="more")),
    ("purchase_arrives", "bought", edit("purchases", {"channel": "open"}, instrument="more")),
    ("purchase_arrives", "bought", edit("stock", {"in": 1}, channel="open")),
    ("purchase_arrives", "shipped", edit("flows", {"tonnes": 3}, link="lane:1", channel="trusted")),
    ("purchase_arrives", "shipped", edit("flows", {"to": "trade"}, link="lane:1", channel="open")),
    ("purchase_arrives", "shipped", edit("flows", {"from": "mine"}, link="lane:1", channel="open")),
    ("purchase_arrives", "shipped", edit("flows", {"period": 2027}, link="lane:1", channel="open")),
    ("purchase_sold", "biennial", edit("purchases", {"tonnes": 8}, instrument="buy")),
    ("purchase_most", "biennial", change("tonnes: 3", "tonnes: 2")),
    ("purchase_most", "biennial", change("tonnes: 3", "tonnes: {2027: 9, 2029: 2}")),
    ("purchase_eligible", "biennial", change("tonnes: 3", "tonnes: {2027: 9, 2029: 0}")),
    ("purchase_paid", "biennial", change("2029: 87", "2029: 88")),
    ("purchase_eligible", "bought", change("viability: true", "viability: false")),
    ("purchase_most", "bought", change("tonnes: 3", "tonnes: 2")),
    ("purchase_paid", "bought", edit("purchases", {"usd": 29}, instrument="buy")),
    ("purchase_paid", "bought", change("price: 90", "price: 91")),
    ("award_cap", "bought", change("cap: 30", "cap: 29")),
    ("award_cap", "bought", change("cap: 30", "cap_per_recipient: 29")),
    ("recipients", "bought", add("purchases", "buy", 2028, "mine", "", "magnet", "trusted", 1, 10)),
    ("not_with", "bought", change("recipients: 1", "not_with: [more]")),
    ("books", "bought", drop("purchases", instrument="more")),
    ("outlay", "bought", drop("purchases", instrument="more")),
    ("outlay", "bought", edit("outlay", {"usd": 270}, account="purchase", instrument="buy")),
    ("viable", "bought", change("price: 90", "price: 89")),
    # Stakes.
    ("no_finance", "staked", lambda plan: plan.change(plan.text[plan.text.index("finance:") :], "")),
    ("table_present", "staked", lambda plan: plan.tables.pop("stakes")),
    ("table_present", "staked", lambda plan: plan.tables.pop("financing")),
    ("duplicate_row", "staked", add("stakes", "holding", "works", 2027, 0, 0, 0, 0)),
    ("known_ids", "staked", edit("financing", {"instrument": "gift"})),
    ("capital_eligible", "staked", change("from: 2027", "from: 2028")),
    ("capital_eligible", "staked", change("viability: true", "viability: false")),
    ("capital_share", "staked", edit("financing", {"usd": 250, "cost": 250})),
    ("capital_cap", "staked", change("cap: 240", "cap: 239")),
    ("capital_cost", "staked", edit("financing", {"cost": 0})),
    ("stake_paid", "staked", edit("financing", {"usd": 230, "cost": 230})),
    ("stake_paid", "staked", change("pays: 0.6", "pays: 0.7")),
    ("stake_paid", "staked", change("pays: 0.6, ", "")),
    ("stake_paid", "staked", change("public_share: 0.2", "public_share: 0.1")),
    ("stake_whole", "staked", add("financing", "rest", "works", "build", 2027, 280, 280)),
    ("not_with", "staked", held_with_another),
    ("stakes", "staked", edit("stakes", {"paid_in": 241}, year=2027)),
    ("stakes", "staked", edit("stakes", {"result": -41}, year=2028)),
    ("stakes", "staked", edit("stakes", {"borne": 15}, year=2028)),
    ("stakes", "staked", edit("stakes", {"earned": 270}, year=2030)),
    ("stakes", "staked", drop("stakes", year=2031)),
    ("stakes", "staked", add("stakes", "holding", "mine", 2030, 0, 0, 0, 0)),
    ("stakes", "staked", add("stakes", "gift", "works", 2030, 0, 0, 0, 0)),
    ("stakes", "staked", change("share: 0.4", "share: 0.41")),
    ("stakes", "staked", change("life: 4", "life: 5")),
    ("stakes", "staked", drop("financing")),
    ("books", "staked", edit("books", {"usd": -270}, year=2030, instrument="holding")),
    ("books", "staked", change("share: 0.4", "share: 0.41")),
    ("outlay", "staked", edit("outlay", {"usd": 16}, year=2028, account="stake")),
    ("outlay", "staked", drop("outlay", year=2029)),
    ("viable", "staked", change("hurdle_rate: 0.25", "hurdle_rate: 0.6")),
    # Prices by channel.
    ("no_finance", "priced", lambda plan: plan.change(plan.text[plan.text.index("finance:") :], "")),
    ("table_present", "priced", lambda plan: plan.tables.pop("premiums")),
    ("duplicate_row", "priced", add("premiums", 2028, "works", "", "magnet", "trusted", "trusted", 1, 8)),
    ("premium_sold", "priced", edit("sales", {"sold": 7})),
    ("premium_sold", "priced", edit("premiums", {"channel": "open"})),
    ("premium_price", "priced", edit("premiums", {"usd": 65})),
    ("premium_price", "priced", edit("premiums", {"users": "open"})),
    ("premium_price", "priced", edit("premiums", {"channel": "open"})),
    ("premium_price", "priced", change("trusted: 1.1", "trusted: 1.2")),
    ("premium_price", "priced", change("trusted: 1.1", "trusted: {2029: 1.1}")),
    ("premium_price", "priced", change("viability: true", "viability: false")),
    ("premium_users", "priced", edit("premiums", {"tonnes": 9, "usd": 72}, material="magnet")),
    ("premium_users", "priced", change("trade: {channel: trusted", "trade: {channel: open")),
    ("premium_users", "priced", change("store: {country", "store: {release: always, public: true, country")),
    ("premium_users", "priced", change("store: {country", "store: {public: false, country")),
    ("premium_users", "priced", edit("premiums", {"tonnes": 9, "usd": 18}, material="oxide")),
    ("premium_users", "priced", drop("strict_runs")),
    ("strict_run", "priced", edit("strict_runs", {"run": 11})),
    ("strict_run", "priced", edit("runs", {"channel": "open"}, recipe="press")),
    ("strict_used", "priced", edit("strict_runs", {"run": 9})),
    ("strict_used", "priced", edit("strict_runs", {"material": "oxide"})),
    ("strict_circle", "priced", made_of_itself),
    ("purchase_at_price", "priced", stepped),
    ("purchase_eligible", "priced", change("price: 90", "price: 88")),
    ("purchase_paid", "priced", change("price: 90", "price: 91")),
    ("books", "priced", edit("premiums", {"tonnes": 7, "usd": 56}, material="magnet")),
    ("books", "priced", change(", channel_factor: {trusted: 1.2}", "")),
    ("outlay", "priced", edit("outlay", {"usd": 480}, account="stockpile", instrument="purchase")),
    ("outlay", "priced", edit("outlay", {"usd": 100}, account="depletion")),
    ("outlay", "priced", drop("premiums")),
    # Planned again from a year on.
    ("frozen", "replanned", roll(frozen=[])),
    ("frozen", "replanned", roll(frozen=[["anna", "build", 2027], ["cora", "build", 2027]])),
    ("frozen", "replanned", roll(year=2027)),
    ("frozen", "replanned", roll(year="soon")),
    ("frozen", "replanned", roll(change_usd="much")),
    ("frozen", "replanned", roll(stock=[["depot", "magnet", "commercial", 2027, 4.0]])),
    ("change", "replanned", roll(change=24.0, minimised=404.0, minimised_bound=404.0)),
    ("change", "replanned", roll(minimised=380.0)),
    ("change", "replanned", roll(minimised_bound=380.0)),
    ("change", "replanned", roll(changes=[])),
    ("change", "replanned", roll(move_usd=10.0)),
    ("change", "replanned", roll(expected=[["bert", "build", 2028]])),
    ("change", "replanned", lambda plan: plan.plan["roll"]["changes"][0].update(usd=4.0)),
    ("change", "replanned", lambda plan: plan.plan["roll"]["changes"][0].update(was=2027)),
    ("objective", "replanned", state(objective=405.0, bound=405.0)),
    # What branches fund.
    ("reaction_allowed", "reacts", change("        react: {lead: 0, capex_factor: 1.2}\n", "")),
    ("reaction_allowed", "reacts", change("- {rule: starts", "- {rule: forbid, facility: works}\n    - {rule: starts")),
    ("reaction_allowed", "reacts", change("latest: 2029, con", "latest: 2029, sets: {exposure: {finance: 0}}, con")),
    ("reaction_window", "reacts", edit("reactions", {"funded": 2027, "online": 2027}, option="more")),
    ("reaction_window", "reacts", edit("reactions", {"funded": 2028, "online": 2028}, scenario="second")),
    ("reaction_window", "reacts", change("earliest: 2029, latest: 2029", "earliest: 2030")),
    ("reaction_window", "reacts", change("earliest: 2029, latest: 2029", "latest: 2028")),
    ("reaction_window", "reacts", edit("reactions", {"scenario": "trunk"}, option="more")),
    ("reaction_online", "reacts", edit("reactions", {"online": 2029}, funded=2028)),
    ("reaction_online", "reacts", change("{lead: 0, capex", "{lead: 1, capex")),
    ("reaction_online", "reacts", change("{lead: 0, capex", "{capex")),
    ("reaction_facts", "reacts", edit("reactions", {"country": "USA"}, facility="works")),
    ("reaction_facts", "reacts", edit("reactions", {"confidence": "A"}, facility="works")),
    ("reaction_facts", "reacts", edit("reactions", {"capacity": 5}, funded=2028)),
    ("reaction_facts", "reacts", edit("reactions", {"capex": 100}, funded=2028)),
    ("reaction_facts", "reacts", edit("reactions", {"public_outlay": 120}, funded=2028)),
    ("known_ids", "reacts", edit("reactions", {"option": "none"}, facility="works")),
    ("reaction_once", "reacts", react("blow", "spare", "more", "USA", 2, 20, 20)),
    ("reaction_once", "reacts", react("second", "spare", "build", "USA", 4, 120, 60)),
    ("reaction_once", "reacts", add("portfolio", "works", "build", "magnet", "AUS", 2029, 2029, 2, 40, 40, "B")),
    ("reaction_alternatives", "reacts", react("blow", "spare", "big", "USA", 9, 20, 20)),
    ("reaction_alternatives", "reacts", add("portfolio", "spare", "big", "magnet", "USA", 2030, 2030, 9, 20, 20, "")),
    ("reaction_after", "reacts", drop("reactions", option="build", scenario="blow")),
    ("reaction_after", "reacts", change("{lead: 0, capex", "{lead: 2, capex")),
    ("reaction_starts", "reacts", change("{rule: starts, max: 1}", "{rule: starts, max: 0.5}")),
    ("reaction_starts", "reacts", add("portfolio", "mill", "build", "magnet", "AUS", 2029, 2029, 1, 5, 5, "")),
    ("reaction_surge", "reacts", change("max: 1.0", "max: 0.5")),
    ("reaction_surge", "reacts", edit("reactions", {"funded": 2028, "online": 2028}, option="more")),
    ("reaction_exclusive", "reacts", react("second", "mill", "build", "AUS", 1, 5, 5)),
    ("reaction_exclusive", "reacts", add("portfolio", "mill", "build", "magnet", "AUS", 2027, 2027, 1, 5, 5, "")),
    ("reaction_budget_annual", "reacts", change("annual: 60", "annual: 59")),
    ("reaction_budget_annual", "reacts", change("public_share: 0.5", "public_share: 0.6")),
    ("reaction_budget_total", "reacts", change("total: 100", "total: 99")),
    ("reaction_budget_total", "reacts", add("portfolio", "mill", "build", "magnet", "AUS", 2031, 2031, 1, 5, 5, "")),
    ("capacity_funded", "reacts", edit("capacity", {"funded": 6, "capacity": 6}, scenario="second", facility="spare")),
    ("capacity_limit", "reacts", edit("runs", {"run": 5, "cost": 50}, scenario="second", facility="spare")),
    ("qualified_capacity", "reacts", change("life: 8", "life: 8\n        qualification: {commercial: 1}")),
    ("costs", "reacts", drop("costs", scenario="blow", category="capex", period=2028)),
    ("costs", "reacts", drop("costs", scenario="second", category="fixed")),
    ("costs", "reacts", edit("costs", {"usd": -60, "discounted": -60}, category="credit")),
    ("costs", "reacts", change("capex_factor: 1.2", "capex_factor: 1.3")),
    ("costs", "reacts", change("life: 8", "life: 4")),
    ("discounting", "reacts", edit("costs", {"discounted": 119}, scenario="blow", category="capex", period=2028)),
    ("scenario_cost", "reacts", edit("scenarios", {"cost": 630}, scenario="second")),
    ("objective", "tree", state(objective=637.5, bound=637.5)),
    ("objective", "tree", lambda plan: plan.change("scenarios:", "risk: {measure: worst_case}\nscenarios:")),
    ("risk_measure", "rejoin", state(risk={"measure": "worst_case"})),
    ("objective", "rejoin", state(objective=600.0, bound=600.0)),
    ("objective", "rejoin", state(objective=None)),
    ("objective", "rejoin", lambda plan: plan.change("scenarios:", "risk: {measure: worst_case}\nscenarios:")),
    ("objective", "rejoin", lambda plan: plan.change("scenarios:", "risk: {measure: regret}\nscenarios:")),
    ("gap", "rejoin", state(bound=700.0)),
    ("gap", "rejoin", state(bound=500.0, gap_usd=120.0)),
    ("gap", "rejoin", state(gap_usd=5.0)),
    ("gap", "rejoin", state(bound=None)),
    ("status", "rejoin", state(status="splendid")),
    ("status", "rejoin", state(status="infeasible")),
    ("status", "rejoin", state(bound=310.0, gap=0.5, gap_usd=310.0)),
]  # fmt: skip

OF_FOLDERS = {"instance_reads"}
"""Constraints that only a folder can break; tested below."""


FIRST = {constraint: number for number, (constraint, _, _) in reversed([*enumerate(MUTATIONS)])}
"""Of each constraint the first of the broken plans."""


@pytest.mark.parametrize(
    ("constraint", "name", "mutate"),
    [
        pytest.param(*one, marks=() if number in FIRST.values() else pytest.mark.slow)
        for number, one in enumerate(MUTATIONS)
    ],
    ids=[f"{number}-{constraint}" for number, (constraint, _, _) in enumerate(MUTATIONS)],
)
def test_a_broken_plan_is_caught_by_name(constraint: str, name: str, mutate: Change) -> None:
    plan = PLANS[name]()
    mutate(plan)
    verdict = plan.verdict()
    assert not verdict.ok
    assert constraint in {violation.constraint for violation in verdict.violations}
    assert verdict.summary().startswith("not verified: ")
    json.dumps(verdict.to_dict())


def test_every_constraint_has_a_mutation() -> None:
    assert {constraint for constraint, _, _ in MUTATIONS} | OF_FOLDERS == set(CONSTRAINTS)


def test_an_instance_with_faults_is_a_violation(tmp_path: Path) -> None:
    folder = PLANS["rejoin"]().write(tmp_path / "plan")
    file = folder / "instance" / "instance.yaml"
    file.write_text(file.read_text().replace("onset: 2028", "onset: soon"))
    verdict = verify(folder)
    assert {violation.constraint for violation in verdict.violations} == {"instance_reads"}
