"""When branches leave the trunk and come back, and what the trunk weighs meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from support.build import network_from, one_market, with_changes

from optimizer.network.tables import BASE, TRUNK

ISLAND = one_market(
    "island", {"plant": {"stage": "magnet", "country": "USA", "recipes": ["make"], "capacity": 10}}, tonnes=1
) | {"periods": [2027, 2028, {"year": 2029, "years": 2}, {"year": 2031, "years": 2}]}
EFFECT = {"affects": "facilities", "where": {"id": "plant"}, "available": 0.5}


def scenario(name: str, probability: float, onset: int, **more: Any) -> dict[str, Any]:
    return {"id": name, "probability": probability, "onset": onset, "effects": [EFFECT], **more}


@pytest.mark.parametrize(
    ("more", "periods", "until", "restores"),
    [
        ({"duration": 1, "recovery": 0}, (2028,), 2029, True),
        ({"duration": 1, "recovery": 1}, (2028, 2029), 2031, True),
        ({"duration": 1, "recovery": 2}, (2028, 2029), 2031, True),
        ({"duration": 1}, (2028, 2029, 2031), None, True),
        ({"duration": 4, "recovery": 1}, (2028, 2029, 2031), None, True),
        ({"duration": 5}, (2028, 2029, 2031), None, False),
        ({}, (2028, 2029, 2031), None, False),
    ],
    ids=["no_recovery", "one_year", "two_years", "default", "to_the_end", "lasting", "open_ended"],
)
def test_branch_covers_effects_and_recovery(
    more: dict[str, Any], periods: tuple[int, ...], until: int | None, restores: bool
) -> None:
    """A branch ends with the period of its last year of recovery; stocks are restored if the effects end in time."""
    found = network_from(with_changes(ISLAND, scenarios=[scenario("blow", 0.25, 2028, **more)])).windows["blow"]
    assert (found.periods, found.until, found.restores) == (periods, until, restores)


def test_branch_lasts_as_long_as_its_last_effect() -> None:
    """An effect with its own dates may end after the scenario's duration: 2030 and one year of recovery."""
    later = EFFECT | {"from": 2030, "duration": 1}
    blow = scenario("blow", 0.25, 2028, duration=1, recovery=0) | {"effects": [EFFECT, later]}
    found = network_from(with_changes(ISLAND, scenarios=[blow])).windows["blow"]
    assert (found.over, found.periods) == (2031, (2028, 2029))


def test_trunk_weighs_what_no_branch_covers() -> None:
    """P(t) is 1 less the probabilities of the branches that cover t; the base is what is left of all."""
    network = network_from(
        with_changes(
            ISLAND,
            scenarios=[
                scenario("a", 0.3, 2028, duration=1, recovery=0),
                scenario("b", 0.1, 2028, duration=1, recovery=1),
                scenario("c", 0.6, 2031),
            ],
        )
    )
    trunk = {t: weight for (course, t), weight in network.weight.items() if course == TRUNK}
    assert trunk == {2027: 1.0, 2028: 0.6, 2029: 0.9, 2031: 0.4}
    assert network.probability == {BASE: 0.0, "a": 0.3, "b": 0.1, "c": 0.6}


def test_decimal_probabilities_leave_no_dust() -> None:
    """Ten times 0.1 is all there is: the base future has probability 0, not 1e-16."""
    network = network_from(with_changes(ISLAND, scenarios=[scenario(f"s{i}", 0.1, 2031) for i in range(10)]))
    assert network.probability[BASE] == 0.0
    assert network.weight[TRUNK, 2031] == 0.0


def test_scenario_without_effects_has_no_branch() -> None:
    """A future in which nothing happens is the trunk; its probability is the base's."""
    quiet = {"id": "quiet", "probability": 0.4, "onset": 2028, "effects": []}
    network = network_from(with_changes(ISLAND, scenarios=[quiet]))
    assert not network.windows
    assert network.probability == {BASE: 1.0}
    assert set(network.weight.values()) == {1.0}
