"""Who owns whom, and what follows from it."""

from __future__ import annotations

import copy

import pytest
from support.build import Data, instance_of

from optimizer.network.network import network_of
from optimizer.network.trust import State, Trust

PLAIN = State("", ())
WEB: Data = {
    "schema": 1,
    "name": "web",
    "base_year": 2027,
    "discount_rate": 0.0,
    "periods": [2027, {"year": 2028, "years": 2}],
    "domestic": ["USA"],
    "countries": {"USA": "domestic", "AUS": "ally", "CHN": "adversary", "MYS": {2027: "ally", 2029: "adversary"}},
    "materials": {"magnet": {"stage": "magnet"}},
    "recipes": {"make": {"stage": "magnet", "outputs": {"magnet": 1}, "cost": 10}},
    "owners": {
        "state_fund": {"country": "CHN"},
        "fund": {"country": "MYS"},
        "holding": {"country": "AUS", "owners": {"state_fund": 0.2, "front": 0.4}},
        "front": {"country": "USA", "owners": {"state_fund": 0.25}},
    },
    "facilities": {
        "plant": {
            "stage": "magnet",
            "country": "AUS",
            "recipes": ["make"],
            "capacity": 10,
            "owners": {"holding": 0.5, "front": 0.2},
            "exposure": {"finance": "unknown", "equipment": {2027: 0.1, 2028: 0.2, 2029: 0.4}},
        },
        "works": {"stage": "magnet", "country": "MYS", "recipes": ["make"], "capacity": 10, "owners": {"fund": 1.0}},
        "shop": {"stage": "magnet", "country": "AUS", "recipes": ["make"], "capacity": 10},
    },
    "channels": {"wary": {"tiers": ["domestic", "ally"], "unknown": "adversary"}, "open": {}},
    "markets": {"town": {"channel": "open", "country": "USA", "demand": [{"product": "magnet", "tonnes": 1}]}},
}


def trust_under(rule: dict[str, object] | None = None) -> Trust:
    """The web of owners under an ownership rule."""
    data = copy.deepcopy(WEB)
    if rule is not None:
        data["ownership_rule"] = rule
    return network_of(instance_of(data)).trust


def ownership(trust: Trust, name: str, year: int = 2027, unlisted: float = 0.0) -> float:
    found = trust.exposure(name, PLAIN, "ownership", year, unlisted)
    assert found is not None
    return found


def test_look_through_multiplies_down_the_graph() -> None:
    """front 0.25; holding 0.2 + 0.4*0.25 = 0.3; plant 0.5*0.3 + 0.2*0.25 = 0.2."""
    trust = trust_under()
    assert trust.person("front", 2027, 0.0) == pytest.approx(0.25)
    assert trust.person("holding", 2027, 0.0) == pytest.approx(0.3)
    assert ownership(trust, "plant") == pytest.approx(0.2)


def test_unlisted_shares_count_in_full_where_the_unknown_is_the_adversary() -> None:
    """front 0.25 + 0.75; holding 0.2 + 0.4 + 0.4; plant 0.7 and 0.3 that nobody lists; a shop without owners."""
    trust = trust_under()
    assert ownership(trust, "plant", unlisted=1.0) == pytest.approx(1.0)
    assert ownership(trust, "shop", unlisted=1.0) == 1.0
    assert ownership(trust, "shop") == 0.0


def test_person_without_owners_is_known_by_its_country() -> None:
    """Nobody's holding of a person of a trusted country leaves nothing unlisted."""
    assert ownership(trust_under(), "works", unlisted=1.0) == 0.0


@pytest.mark.parametrize(
    ("rule", "front", "holding", "plant"),
    [
        ({"method": "control", "threshold": 0.25}, 1.0, 1.0, 1.0),
        ({"method": "control", "threshold": 0.3}, 0.25, 1.0, 1.0),
        ({"method": "control", "threshold": 0.5}, 0.25, 0.3, 0.2),
        ({"method": "control", "threshold": 0.3, "below": "zero"}, 0.0, 0.0, 0.0),
        ({"method": "control", "threshold": 0.2, "below": "zero"}, 1.0, 1.0, 1.0),
        ({"method": "control", "threshold": 0.26, "below": "zero"}, 0.0, 0.0, 0.0),
    ],
)
def test_control_counts_in_full_from_the_threshold(
    rule: dict[str, object], front: float, holding: float, plant: float
) -> None:
    """Holdings add up in each company; at the threshold they are control, and so on down the graph."""
    trust = trust_under(rule)
    assert trust.person("front", 2027, 0.0) == pytest.approx(front)
    assert trust.person("holding", 2027, 0.0) == pytest.approx(holding)
    assert ownership(trust, "plant") == pytest.approx(plant)


def test_owner_turns_adversary_with_its_country() -> None:
    """A fund of a country that changes sides in 2029 counts from that year on."""
    trust = trust_under()
    assert [ownership(trust, "works", year) for year in (2027, 2028, 2029)] == [0.0, 0.0, 1.0]
    assert [trust.exposure("works", PLAIN, "location", year) for year in (2028, 2029)] == [0.0, 1.0]


def test_exposures_count_by_their_mean_and_unknown_as_the_channel_says() -> None:
    """0.2 and 0.4 make 0.3; the unknown is 1 where the channel is wary, else 0."""
    trust = trust_under()
    wary, open_ = trust.instance.channels["wary"], trust.instance.channels["open"]
    assert trust.counted("plant", PLAIN, "equipment", 2028, open_) == pytest.approx(0.3)
    assert trust.exposure("plant", PLAIN, "finance", 2027) is None
    assert trust.counted("plant", PLAIN, "finance", 2027, wary) == 1.0
    assert trust.counted("plant", PLAIN, "finance", 2027, open_) == 0.0


def test_tier_must_hold_in_every_year_of_a_period() -> None:
    """Malaysia is no ally in 2029, so not in the period 2028 to 2029; the open channel does not mind."""
    trust = trust_under()
    assert trust.may_run("works", PLAIN, "wary", 2027)
    assert not trust.may_run("works", PLAIN, "wary", 2028)
    assert trust.may_run("works", PLAIN, "open", 2028)


@pytest.mark.parametrize(("cap", "allowed"), [(0.2, True), (0.2 - 5e-10, True), (0.2 - 5e-9, False)])
def test_cap_itself_is_allowed(cap: float, allowed: bool) -> None:
    """An exposure at its cap is within it, whatever the last digit of a product of shares."""
    data = copy.deepcopy(WEB)
    data["channels"]["wary"] = {"max_exposure": {"ownership": cap}}
    trust = network_of(instance_of(data)).trust
    assert trust.may_run("plant", PLAIN, "wary", 2027) is allowed


def test_states_are_the_sets_of_options_that_can_stand_together() -> None:
    """Two alternatives never hold together, an expansion may hold with or without what else is set."""
    data = copy.deepcopy(WEB)
    clean = {"exposure": {"equipment": 0.0}}
    data["facilities"]["plant"]["options"] = [
        {"id": "a", "capacity": 0, "capex": 1, "sets": clean},
        {"id": "b", "capacity": 0, "capex": 1, "sets": {"owners": {"front": 1.0}}},
        {"id": "c", "capacity": 0, "capex": 1, "after": "a", "sets": {"exposure": {"finance": 0.0}}},
        {"id": "d", "capacity": 5, "capex": 1, "after": "a"},
    ]
    trust = network_of(instance_of(data)).trust
    found = {state.id: state for state in trust.states["plant"]}
    assert "a+b" not in found
    assert "a+b+c" not in found
    assert {"", "a", "b", "a+c"} <= set(found)
    assert trust.exposure("plant", found["a+c"], "equipment", 2029) == 0.0
    assert trust.exposure("plant", found["a+c"], "finance", 2029) == 0.0
    assert ownership(trust, "plant") == pytest.approx(0.2)
    assert trust.exposure("plant", found["b"], "ownership", 2027) == pytest.approx(0.25)
