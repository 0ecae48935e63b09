"""What the checker derives from an instance, against small sums done by hand."""

from __future__ import annotations

from typing import Any

import pytest
from plan_maker import instance_of
from tree_plan import tree
from verify_plans import claims, lanes, rejoin, rules

from optimizer.verifier.built import Built
from optimizer.verifier.facts import Facts
from optimizer.verifier.futures import TRUNK, Factors, blocks, course, unsound
from optimizer.verifier.objective import tail_mean
from optimizer.verifier.reacted import Reacted
from optimizer.verifier.trust import Trust

HEAD = """
schema: 1
name: readings
base_year: 2027
discount_rate: 0.0
periods: [2027, {year: 2028, years: 2}, 2030, 2031]
domestic: [USA]
countries: {USA: domestic, AUS: ally, CHN: adversary, MYS: {2027: ally, 2029: exposed}}
materials:
  magnet: {stage: magnet, price: {2027: 10, 2029: 20}}
recipes:
  make: {stage: magnet, inputs: {}, outputs: {magnet: 1}}
channels:
  mdap: {tiers: [domestic, ally], max_exposure: {ownership: 0.3, equipment: 0.25}}
  careful: {max_exposure: {ownership: 0.3}, unknown: adversary}
  commercial: {}
markets: {}
"""
KEEN = frozenset({"refit"})


class World:
    """All that follows from an instance and a portfolio."""

    def __init__(self, text: str, funded: dict[tuple[str, str], int] | None = None) -> None:
        self.instance = instance_of(HEAD + text)
        self.facts = Facts(self.instance)
        self.factors = Factors(self.facts)
        self.blocks = blocks(self.instance)
        self.trust = Trust(self.facts, self.factors, 1e-9)
        self.built = Built(self.facts, self.factors, funded or {}, Reacted(self.facts, self.factors, ()))

    def period(self, year: int) -> Any:
        return self.facts.periods[year]

    def ownership(self, facility: str, unknown: float = 0.0) -> float:
        return self.trust.plain_exposure(facility, frozenset(), "ownership", 2027, unknown)


OWNED = """
facilities:
  a: {stage: magnet, country: AUS, recipes: [make], capacity: 1, owners: {mid: 0.5}}
  b: {stage: magnet, country: AUS, recipes: [make], capacity: 1, owners: {x: 0.15, y: 0.1}}
  c: {stage: magnet, country: AUS, recipes: [make], capacity: 1}
owners:
  x: {country: CHN}
  y: {country: CHN}
  fund: {country: USA}
  mid: {country: AUS, owners: {x: 0.4, fund: 0.3}}
"""


def test_look_through_multiplies_shares_and_counts_what_is_not_listed() -> None:
    world = World(OWNED)
    assert world.ownership("a") == pytest.approx(0.5 * 0.4)
    assert world.ownership("a", 1.0) == pytest.approx(0.5 * (0.4 + 0.3) + 0.5)
    assert world.ownership("c") == 0.0
    assert world.ownership("c", 1.0) == 1.0
    assert world.trust.barred(world.blocks[TRUNK], "c", frozenset(), "mdap", world.period(2027)) == ""
    assert world.trust.barred(world.blocks[TRUNK], "c", frozenset(), "careful", world.period(2027))


def test_control_adds_holdings_up_at_every_step() -> None:
    world = World(OWNED + "ownership_rule: {method: control, threshold: 0.25}\n")
    assert world.ownership("a") == 1.0  # mid is controlled, and a by it
    assert world.ownership("b") == 1.0
    below = World(OWNED + "ownership_rule: {method: control, threshold: 0.5, below: zero}\n")
    assert below.ownership("a") == 0.0
    share = World(OWNED + "ownership_rule: {method: control, threshold: 0.5}\n")
    assert share.ownership("a") == pytest.approx(0.2)


def test_holdings_in_a_circle_settle() -> None:
    world = World(
        """
facilities:
  a: {stage: magnet, country: AUS, recipes: [make], capacity: 1, owners: {p: 1.0}}
owners:
  x: {country: CHN}
  p: {country: AUS, owners: {q: 0.5, x: 0.25}}
  q: {country: AUS, owners: {p: 0.5}}
"""
    )
    assert world.ownership("a") == pytest.approx(0.25 / (1 - 0.25))


STATES = """
facilities:
  plant:
    stage: magnet
    country: MYS
    recipes: [make]
    capacity: 10
    exposure: {equipment: 0.5, finance: unknown}
    options:
      - {id: refit, capacity: 0, capex: 1, lead: 1, life: 2, sets: {exposure: {equipment: 0.1}}}
  yard:
    stage: magnet
    country: USA
    recipes: [make]
    capacity: 0
    options:
      - {id: base, capacity: 10, capex: 1, lead: 1, ramp: [0.5], life: 3}
      - {id: more, capacity: 4, capex: 1, lead: 1, after: base}
scenarios:
  - id: embargo
    probability: 0.1
    onset: 2028
    duration: 1
    recovery: 1
    effects:
      - {affects: facilities, where: {equipment: ">=0.25"}, available: 0.5}
      - {affects: facilities, where: {country: MYS}, available: 0.8}
      - {affects: prices, where: {material: magnet}, factor: 3}
      - {affects: facilities, where: {id: yard}, exposure: {equipment: 0.9}}
      - {affects: facilities, where: {id: yard}, exposure: {equipment: 0.4}}
  - id: strike
    probability: 0.1
    onset: 2028
    duration: 2
    effects:
      - {affects: options, where: {facility: yard}, delay: 1}
"""


def test_a_state_holds_for_its_years_and_is_spared_what_hits_the_others() -> None:
    world = World(STATES, {("plant", "refit"): 2028})
    trunk, embargo = world.blocks[TRUNK], world.blocks["embargo"]
    # Funded 2028, on line 2029 and 2030: half of the period 2028-29, all of 2030, nothing of 2031.
    assert world.built.states(trunk, "plant", world.period(2028)) == {frozenset(): 0.5, KEEN: 0.5}
    assert world.built.states(trunk, "plant", world.period(2030)) == {KEEN: 1.0}
    assert world.built.states(trunk, "plant", world.period(2031)) == {frozenset(): 1.0}
    # 2028 of two years: 0.5 x 0.8 for what is exposed, 0.8 for the refit; 2029 undisturbed.
    assert world.trust.available(embargo, "plant", frozenset(), world.period(2028)) == pytest.approx((0.4 + 1) / 2)
    assert world.trust.available(embargo, "plant", KEEN, world.period(2028)) == pytest.approx((0.8 + 1) / 2)
    assert "MYS is exposed in 2029" in world.trust.barred(trunk, "plant", KEEN, "mdap", world.period(2028))


def test_the_highest_exposure_that_effects_set_counts_as_a_mean() -> None:
    world = World(STATES)
    embargo = world.blocks["embargo"]
    assert world.trust.exposure(embargo, "yard", frozenset(), "equipment", world.period(2028), 0.0) == 0.45
    assert world.trust.barred(embargo, "yard", frozenset(), "mdap", world.period(2028))


def test_prices_are_means_of_years_and_of_factors() -> None:
    world = World(STATES)
    price = world.factors.price(world.blocks["embargo"], world.period(2028), "magnet", "world")
    assert price == pytest.approx(15 * 2)


def test_a_branch_covers_its_recovery_and_no_more() -> None:
    world = World(STATES)
    assert [period.year for period in world.blocks["embargo"].periods] == [2028]
    assert world.blocks["embargo"].restores
    # Effects end with 2029, three years of recovery: to 2032, past the horizon.
    assert [period.year for period in world.blocks["strike"].periods] == [2028, 2030, 2031]
    assert world.blocks["strike"].restores


def test_a_delay_moves_what_is_unfinished_and_its_expansion_waits() -> None:
    world = World(STATES, {("yard", "base"): 2028, ("yard", "more"): 2028})
    trunk, strike = world.blocks[TRUNK], world.blocks["strike"]
    assert world.built.online(trunk, "yard", "base") == 2029
    assert world.built.online(strike, "yard", "base") == 2030
    # Construction waits until 2030, takes a year, and is delayed itself.
    assert world.built.online(strike, "yard", "more") == 2032
    early = World(STATES, {("yard", "base"): 2027})
    assert early.built.online(early.blocks["strike"], "yard", "base") == 2029
    done = World(
        STATES.replace("onset: 2028\n    duration: 2", "onset: 2030\n    duration: 2"), {("yard", "base"): 2027}
    )
    assert done.built.online(done.blocks["strike"], "yard", "base") == 2028


def test_ramp_and_life_count_by_their_mean() -> None:
    world = World(STATES, {("yard", "base"): 2027})
    trunk = world.blocks[TRUNK]
    # On line 2028 at half, 2029 and 2030 in full, gone in 2031.
    sizes = [world.built.added(trunk, "yard", "", world.period(year)) for year in (2027, 2028, 2030, 2031)]
    assert sizes == [0.0, 7.5, 10.0, 0.0]


def test_the_tail_is_the_worst_share_of_the_probability() -> None:
    costs = {"base": 260.0, "half": 260.0, "gone": 760.0}
    chances = {"base": 0.5, "half": 0.3, "gone": 0.2}
    assert tail_mean(costs, chances, 0.5) == pytest.approx(460)
    assert tail_mean(costs, chances, 0.0) == pytest.approx(360)
    assert tail_mean(costs, chances, 0.9) == pytest.approx(760)


@pytest.mark.parametrize(
    ("risk", "objective", "more"),
    [
        # Futures of the rejoin case: 500 and 740, a half each.
        ("{measure: cvar, alpha: 0.5, weight: 0.4}", 0.6 * 620 + 0.4 * 740, {}),
        ("{measure: worst_case}", 740.0, {}),
        ("{measure: regret}", 240.0, {"hindsight": {"base": 400.0, "outage": 500.0}}),
    ],
)
def test_every_risk_measure_is_recomputed(risk: str, objective: float, more: dict[str, Any]) -> None:
    plan = rejoin()
    plan.change("scenarios:", f"risk: {risk}\nscenarios:")
    plan.plan |= {"objective": objective, "bound": objective, **more}
    verdict = plan.verdict()
    assert verdict.ok, "\n".join(map(str, verdict.violations))
    assert bool(verdict.notes) == bool(more)
    plan.plan |= {"objective": objective + 1, "bound": objective + 1}
    assert {violation.constraint for violation in plan.verdict().violations} == {"objective"}


def test_a_scenario_without_effects_changes_nothing() -> None:
    plan = rejoin()
    plan.change("scenarios:", "scenarios:\n  - {id: quiet, probability: 0.3, onset: 2028, effects: []}")
    plan.edit("scenarios", {"probability": 0.2}, scenario="base")
    assert plan.verdict().ok
    plan.add("scenarios", "quiet", 0.3, 2028, None, 500, 1)
    assert plan.verdict().ok
    plan.add("runs", "quiet", 2028, "plant", "", "make", "commercial", 10, 100)
    assert {violation.constraint for violation in plan.verdict().violations} == {"branch_periods"}


def test_the_layer_of_a_claim_may_end_at_the_users() -> None:
    """Freight into the claimant's region may name its users, where the surplus then lies."""
    plan = claims()
    plan.drop("flows", from_="owed:asia>asia")
    plan.edit("flows", {"to": "users:asia"}, from_="owed:oceania>asia")
    plan.edit("surplus", {"place": "users:asia"}, place="owed:asia>asia")
    verdict = plan.verdict()
    assert verdict.ok, "\n".join(map(str, verdict.violations))


def test_a_claim_at_home_goes_straight_to_the_users() -> None:
    plan = claims()
    plan.change("{to: asia, share: 0.4}", "{to: oceania, share: 0.4}")
    plan.drop("flows", scenario="trunk")
    plan.add("flows", "trunk", 2027, "claim", "mine", "users:oceania", "oxide", "commercial", 4, 0)
    plan.add("flows", "trunk", 2027, "hub", "mine", "hub:oceania", "oxide", "commercial", 6, 0)
    caught = {violation.constraint for violation in plan.verdict().violations}
    assert not caught & {"link_serves", "claim_share", "balance_facility"}
    assert "balance_users" in caught  # nobody there takes the four tonnes


def test_what_is_owed_is_reached_on_lanes_too() -> None:
    """Half of what the plant makes is owed to America, where the depot and the markets are."""
    regions = "logistics: {regions: {america: [USA], oceania: [AUS]}}\nscenarios:"
    capacity = "recipes: [press], capacity: {main: 100}"
    for share in ("1.0", "0.5"):
        plan = lanes()
        plan.change("scenarios:", regions)
        plan.change(capacity, f"{capacity}, claims: [{{to: america, share: {share}, materials: [magnet]}}]")
        plan.edit("surplus", {"place": "hub:oceania"}, place="hub:world")
        assert plan.verdict().ok
    plan.change("to: america", "to: oceania")
    assert {violation.constraint for violation in plan.verdict().violations} == {"claim_share"}


def test_a_store_may_leave_its_downgrades_to_the_stock_table() -> None:
    plan = lanes()
    plan.drop("downgrades", place="depot")
    assert plan.verdict().ok


def test_a_share_that_is_not_yet_given_does_not_bind() -> None:
    plan = rules()
    plan.change("stage: separation, share: 0.5}", "stage: separation, share: {2028: 1.0}}")
    plan.change("kind: ownership, share: 0.25}", "kind: ownership, share: {2028: 0.0}}")
    plan.change("by: country, share: 0.6}", "by: country, share: {2028: 0.1}}")
    assert plan.verdict().ok


def test_a_future_is_on_its_parents_course_until_its_own_onset() -> None:
    """third has been on first and second before, and leaves the trunk when these are over."""
    instance = tree().instance
    found = blocks(instance)
    on = {future: [course(found, future, period).name for period in instance.periods] for future in ("base", *found)}
    assert on == {
        "base": [TRUNK] * 5,
        TRUNK: [TRUNK] * 5,
        "first": [TRUNK, "first", "first", "first", TRUNK],
        "second": [TRUNK, "first", "second", "second", TRUNK],
        "third": [TRUNK, "first", "second", "second", "third"],
    }
    assert [(name, found[name].leaves) for name in ("second", "third")] == [
        ("second", found["first"]),
        ("third", found[TRUNK]),
    ]
    assert [span[1:] for span in found["second"].spans] == [(2028, 2030), (2029, 2030)]
    assert unsound(instance) == ""


@pytest.mark.parametrize(("recovery", "online"), [(3, 2032), (0, 2029)])
def test_a_delay_finds_what_an_inherited_one_has_delayed(recovery: int, online: int) -> None:
    """Funded in 2027 for 2029, late until 2031 in its parent's branch; on the trunk it is there in time."""
    late = f"""
facilities:
  yard:
    stage: magnet
    country: USA
    recipes: [make]
    capacity: 0
    options: [{{id: new, capacity: 1, capex: 1, lead: 2}}]
scenarios:
  - id: first
    probability: 0.1
    onset: 2028
    duration: 1
    recovery: {recovery}
    effects: [{{affects: options, where: {{id: new}}, delay: 2}}]
  - id: second
    parent: first
    probability: 0.1
    onset: 2031
    effects: [{{affects: options, where: {{id: new}}, delay: 1}}]
"""
    world = World(late, {("yard", "new"): 2027})
    assert world.built.online(world.blocks["first"], "yard", "new") == 2031
    assert world.built.online(world.blocks["second"], "yard", "new") == online
