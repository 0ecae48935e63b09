"""Demand, feeds, targets and rules on deliveries against capacity."""

from __future__ import annotations

import pytest

from optimizer.findings import supply_of

from .conftest import Draw, Find


def test_supply_counts_existing_capacity_and_options_in_time(network: Draw) -> None:
    drawn = network()
    first = supply_of(drawn, "programs", 0, 2027)
    assert (first.existing, first.possible, first.stock) == (50, 50, 0)
    later = supply_of(drawn, "programs", 0, 2028)
    assert (later.existing, later.possible) == (50, 70)
    assert later.earliest == (("plant", "wing", 2028),)


def test_supply_takes_the_largest_alternative_with_its_expansions(network: Draw) -> None:
    options = """
    facilities:
      plant:
        options:
        - {id: small, capacity: 30, capex: 1, lead: 1}
        - {id: more, capacity: 15, capex: 1, lead: 1, after: small}
        - {id: large, capacity: 40, capex: 1, lead: 0, ramp: [0.5]}
    """
    drawn = network(options)
    # large at half of its size; then small (30) or large (40, funded in 2027); then small with more: 45.
    assert [supply_of(drawn, "trade", 0, t).possible for t in (2027, 2028, 2029)] == [70, 90, 95]
    assert supply_of(drawn, "trade", 0, 2027).earliest == (
        ("plant", "large", 2027), ("plant", "small", 2028), ("plant", "more", 2029),
    )  # fmt: skip


def test_supply_waits_for_qualification_and_counts_no_untrusted_plant(network: Draw) -> None:
    changes = """
    facilities:
      plant: {capacity: 0, options: [{id: wing, capacity: 20, capex: 100, lead: 1, qualification: {mdap: 1}}]}
      tianjin: {stage: magnet, country: CHN, recipes: [press], capacity: 500, owners: {acme: 1}}
    """
    drawn = network(changes)
    assert [supply_of(drawn, "programs", 0, t).possible for t in (2027, 2028, 2029)] == [0, 0, 20]
    assert [supply_of(drawn, "trade", 0, t).possible for t in (2027, 2028, 2029)] == [500, 520, 520]
    assert supply_of(drawn, "programs", 0, 2027).earliest == (("plant", "wing", 2029),)


def test_supply_of_a_refitted_plant_begins_with_the_refit(network: Draw) -> None:
    changes = """
    channels: {mdap: {max_exposure: {equipment: 0}}}
    facilities:
      plant:
        exposure: {equipment: 1}
        options: [{id: refit, capacity: 0, capex: 5, lead: 2, sets: {exposure: {equipment: 0}}}]
    """
    drawn = network(changes)
    assert [supply_of(drawn, "programs", 0, t).possible for t in (2027, 2028, 2029)] == [0, 0, 50]
    assert supply_of(drawn, "programs", 0, 2027).earliest == (("plant", "refit", 2029),)


def test_supply_has_no_option_that_a_rule_forbids(network: Draw) -> None:
    drawn = network("policy: {rules: [{rule: forbid, facility: plant}]}")
    assert supply_of(drawn, "programs", 0, 2029).possible == 50


def test_demand_over_capacity_trips_with_numbers(find: Find) -> None:
    (found,) = find(
        "demand_over_capacity", "markets: {programs: {demand: [{product: magnet, tonnes: 60}]}, trade: null}"
    )
    assert found.severity == "cannot"
    assert found.subject == ("markets", "programs", "demand", 0)
    assert [item["period"] for item in found.data["periods"]] == [2027]
    assert found.data["periods"][0]["missing"] == pytest.approx(10)
    assert "programs needs 60 t/yr of magnet in 2027" in found.text
    assert "50 t/yr existing, 50 t/yr with every option" in found.text
    assert "plant (option wing), on line 2028" in found.text


def test_demand_over_capacity_trips_as_a_warning_where_it_may_go_short(find: Find) -> None:
    changes = (
        "markets: "
        "{programs: {demand: [{product: magnet, tonnes: 71, shortage_cost: {2027: 5, 2029: null}}]}, trade: null}"
    )
    cannot, warning = find("demand_over_capacity", changes)
    assert (cannot.severity, [item["period"] for item in cannot.data["periods"]]) == ("cannot", [2029])
    assert (warning.severity, [item["period"] for item in warning.data["periods"]]) == ("warning", [2027, 2028])
    assert "Also short in 2028." in warning.text


def test_demand_over_capacity_trips_for_markets_together(find: Find) -> None:
    changes = """
    markets:
      programs: {demand: [{product: magnet, tonnes: 45}]}
      trade: {demand: [{product: magnet, tonnes: 40}]}
    """
    (found,) = find("demand_over_capacity", changes)
    assert found.subject == ("channels", "commercial")
    assert found.data["scope"] == "product"
    assert [item["missing"] for item in found.data["periods"]] == pytest.approx([35, 15, 15])


def test_demand_over_capacity_trips_for_products_of_one_stage(find: Find) -> None:
    changes = """
    materials: {strong: {stage: magnet}}
    recipes: {press_strong: {stage: magnet, inputs: {oxide: 0.5}, outputs: {strong: 1}, cost: 12}}
    facilities: {plant: {recipes: [press, press_strong]}}
    markets:
      trade: null
      programs:
        demand:
        - {product: magnet, tonnes: 30}
        - {product: strong, tonnes: {2027: 30, 2028: 40, 2029: 50}}
    """
    (found,) = find("demand_over_capacity", changes)
    assert (found.data["scope"], found.severity) == ("stage", "cannot")
    assert [(item["period"], item["missing"]) for item in found.data["periods"]] == [(2027, 10), (2029, 10)]


def test_demand_over_capacity_is_quiet_where_working_stock_carries_over(find: Find) -> None:
    changes = """
    materials: {magnet: {storage: {cost: 1}}}
    markets: {trade: null, programs: {demand: [{product: magnet, tonnes: {2027: 45, 2029: 76}}]}}
    stockpiles: {depot: {country: USA, channel: mdap, materials: [magnet], release: always}}
    """
    # 5 t of 2027 and 25 t of 2028 may be kept; 70 t are made in 2029.
    assert find("demand_over_capacity", changes) == []
    assert find("demand_over_capacity", changes.replace("2029: 76", "2029: 101"))[0].data["periods"][0]["missing"] == 1
    small = changes.replace("release: always", "release: always, capacity: {magnet: 5}")
    assert find("demand_over_capacity", small)[0].data["periods"][0]["stock"] == 5
    reserve = changes.replace("release: always", "release: disruption, public: false")
    assert find("demand_over_capacity", reserve)[0].data["periods"][0]["missing"] == 6


def test_feed_over_capacity_trips_upstream(find: Find) -> None:
    changes = """
    facilities: {refinery: {capacity: 20}}
    markets: {programs: {demand: [{product: magnet, tonnes: 50}]}, trade: null}
    """
    (found,) = find("feed_over_capacity", changes)
    assert (found.severity, found.subject) == ("cannot", ("materials", "oxide"))
    # 50 t of magnet take 25 t of oxide, and 20 t can be made.
    assert [item["missing"] for item in found.data["periods"]] == [5, 5, 5]
    assert "at least 25 t/yr of oxide in 2027 (for magnet" in found.text
    assert "20 t/yr existing, 20 t/yr with every option" in found.text


def test_feed_over_capacity_trips_two_levels_up_by_the_sparing_recipe_first(find: Find) -> None:
    changes = """
    recipes: {press_thin: {stage: magnet, inputs: {oxide: 0.2}, outputs: {magnet: 1}, cost: 30}}
    facilities:
      mine: {capacity: 10}
      thin: {stage: magnet, country: USA, recipes: [press_thin], capacity: 20, owners: {acme: 1}}
    markets: {programs: {demand: [{product: magnet, tonnes: 30}]}, trade: null}
    """
    (found,) = find("feed_over_capacity", changes)
    # 20 t at 0.2 and 10 t at 0.5 take 9 t of oxide, those 18 t of ore.
    assert found.subject == ("materials", "ore")
    assert found.data["periods"][0]["asked"] == pytest.approx(18)
    assert found.data["periods"][0]["missing"] == pytest.approx(8)


def test_feed_over_capacity_is_quiet_where_coproducts_share_the_feed(find: Find) -> None:
    changes = """
    materials: {heavy: {stage: separation}, strong: {stage: magnet}}
    recipes:
      refine: {outputs: {oxide: 1, heavy: 1}}
      press_strong: {stage: magnet, inputs: {heavy: 0.5}, outputs: {strong: 1}, cost: 12}
    facilities:
      mine: {capacity: 41}
      strong_plant: {stage: magnet, country: USA, recipes: [press_strong], capacity: 90, owners: {acme: 1}}
    markets: {programs: {demand: [{product: magnet, tonnes: 40}, {product: strong, tonnes: 40}]}, trade: null}
    """
    # Each takes 20 t of its oxide and 40 t of ore, and it is the same ore.
    assert find("feed_over_capacity", changes) == []
    (found,) = find("feed_over_capacity", changes.replace("capacity: 41", "capacity: 39"))
    assert found.data["periods"][0]["missing"] == pytest.approx(1)


def test_unreachable_demand_trips_when_makers_are_shut_out(find: Find) -> None:
    (found,) = find("unreachable_demand", "facilities: {plant: {country: CHN, options: null}}")
    assert (found.severity, found.data["reason"]) == ("warning", "shut_out")
    assert "plant (country CHN is adversary)" in found.text


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ("materials: {novel: {stage: magnet}}", "nobody_makes_it"),
        ("facilities: {plant: {capacity: 0, options: null}}", "no_capacity"),
        ("recipes: {press: {channels: [commercial]}}", "recipe_not_allowed"),
        ("facilities: {refinery: {country: CHN}}", "no_feed"),
        ("logistics: {regions: {here: [USA, CHN], there: [AUS]}, freight: []}\nfacilities: {plant: {country: AUS},"
         " refinery: {country: AUS}}", "no_way"),
    ],
)  # fmt: skip
def test_unreachable_demand_trips_with_the_reason(find: Find, changes: str, reason: str) -> None:
    product = "novel" if reason == "nobody_makes_it" else "magnet"
    line = f"markets: {{programs: {{demand: [{{product: {product}, tonnes: 10}}]}}}}"
    found = [finding for finding in find("unreachable_demand", changes, line) if "programs" in finding.subject]
    assert [(finding.severity, finding.data["reason"]) for finding in found] == [("cannot", reason)]
    again = find("demand_over_capacity", changes, line)
    assert not any("programs" in finding.subject for finding in again)


def test_unreachable_demand_is_quiet_for_stock_at_the_start(find: Find) -> None:
    changes = """
    materials: {magnet: {storage: {cost: 1}}}
    facilities: {plant: {country: CHN, options: null}}
    stockpiles: {depot: {country: USA, channel: mdap, materials: [magnet], initial: {magnet: 30}, release: always}}
    """
    assert find("unreachable_demand", changes) == []
    assert find("demand_over_capacity", changes) == []


TARGET = """
materials: {magnet: {storage: {cost: 1}, price: 100}}
stockpiles:
  depot:
    country: USA
    channel: mdap
    materials: [magnet]
    initial: {magnet: 20}
    public: false
    targets: [{material: magnet, tonnes: {2028: 141, 2029: 100}}]
"""


def test_target_over_capacity_trips(find: Find) -> None:
    (found,) = find("target_over_capacity", TARGET)
    # 20 t at the start, 50 t of 2027, 70 t of 2028.
    assert found.severity == "cannot"
    assert found.subject == ("stockpiles", "depot", "targets", 0)
    assert found.data["periods"] == [{"period": 2028, "level": 141, "possible": 140}]
    soft = TARGET.replace("100}}]", "100}, shortage_cost: 9}]")
    assert [finding.severity for finding in find("target_over_capacity", soft)] == ["warning"]
    small = TARGET.replace("public: false", "public: false\n    capacity: {magnet: 99}")
    assert "it holds 99 t" in find("target_over_capacity", small)[0].text


def test_target_over_capacity_is_quiet_in_reach(find: Find) -> None:
    assert find("target_over_capacity", TARGET.replace("141", "140")) == []


def test_target_before_demand_trips(find: Find) -> None:
    (found,) = find("target_before_demand", TARGET)
    assert found.data["demand"] == {"programs": 10}
    assert "starves the market" in found.text


def test_target_before_demand_is_quiet_for_soft_targets_and_hard_demand(find: Find) -> None:
    assert find("target_before_demand", TARGET.replace("100}}]", "100}, shortage_cost: 9}]")) == []
    hard = "markets: {programs: {demand: [{product: magnet, tonnes: 10}]}}"
    assert find("target_before_demand", TARGET, hard) == []


DELIVERED = """
channels:
  home: {tiers: [domestic], max_exposure: {ownership: 0.2}, custody_cost: 2}
  mdap: {tiers: [domestic, ally], max_exposure: {ownership: 0.2}, custody_cost: 1}
  commercial: {}
facilities:
  refinery: {country: USA, capacity: 2}
  mine: {country: USA}
  abroad: {stage: magnet, country: AUS, recipes: [press], capacity: 50, owners: {acme: 1}}
  second: {stage: separation, country: AUS, recipes: [refine], capacity: 50, owners: {acme: 1}}
policy: {rules: [{rule: delivered_content, markets: [programs], channel: home, share: {2028: 0.5}}]}
"""


def test_rule_over_capacity_trips_for_feeds_of_a_domestic_chain(find: Find) -> None:
    (found,) = find("rule_over_capacity", DELIVERED)
    # Half of 10 t takes 2.5 t of oxide, and the domestic refinery makes 2 t.
    assert (found.severity, found.subject) == ("warning", ("policy", "rules", 0))
    assert [(item["period"], item["missing"]) for item in found.data["periods"]] == [(2028, 0.5), (2029, 0.5)]
    hard = DELIVERED + "markets: {programs: {demand: [{product: magnet, tonnes: 10}]}}"
    assert [finding.severity for finding in find("rule_over_capacity", hard)] == ["cannot"]


def test_rule_over_capacity_trips_for_products(find: Find) -> None:
    changes = DELIVERED.replace("capacity: 2}", "capacity: 40}") + (
        "markets: {programs: {demand: [{product: magnet, tonnes: 144, shortage_cost: 5}]}}"
    )
    (found,) = find("rule_over_capacity", changes)
    assert found.data["product"] == "magnet"
    assert found.data["periods"][0]["asked"] == 72
    assert found.data["periods"][0]["possible"] == 70


def test_rule_over_capacity_is_quiet_in_reach(find: Find) -> None:
    assert find("rule_over_capacity", DELIVERED.replace("capacity: 2}", "capacity: 3}")) == []
