"""Scenarios with a parent: which branch they leave, what they inherit, where a future is, what a course weighs."""

from __future__ import annotations

from typing import Any

import pytest
from support.build import Data, network_from, tables_from, with_changes

from optimizer.network.starts import Start
from optimizer.network.tables import BASE, TRUNK

ISLAND: Data = {
    "schema": 1,
    "name": "island",
    "base_year": 2027,
    "discount_rate": 0.0,
    "periods": [2027, 2028, 2029, 2030, 2031],
    "domestic": ["USA"],
    "countries": {"USA": "domestic", "CHN": "adversary"},
    "materials": {"magnet": {"stage": "magnet", "storage": {"cost": 0}}},
    "recipes": {"make": {"stage": "magnet", "outputs": {"magnet": 1}, "cost": 10}},
    "facilities": {
        "plant": {
            "stage": "magnet",
            "country": "USA",
            "recipes": ["make"],
            "capacity": 10,
            "options": [{"id": "wing", "capacity": 5, "capex": 1, "lead": 2, "latest": 2027}],
        }
    },
    "owners": {},
    "channels": {"strict": {"max_exposure": {"ownership": 0.5, "finance": 0.5, "equipment": 0.5}}, "open": {}},
    "markets": {"town": {"channel": "open", "country": "USA", "demand": [{"product": "magnet", "tonnes": 1}]}},
    "stockpiles": {"depot": {"country": "USA", "channel": "open", "materials": ["magnet"], "initial": {"magnet": 1}}},
}
HALF = {"affects": "facilities", "where": {"id": "plant"}, "available": 0.5}


def scenario(name: str, onset: int, parent: str | None = None, probability: float = 0.1, **more: Any) -> Data:
    return {
        "id": name,
        "probability": probability,
        "onset": onset,
        "duration": 1,
        "recovery": 1,
        "effects": [HALF],
        **({} if parent is None else {"parent": parent}),
        **more,
    }


def island(*scenarios: Data) -> Data:
    return with_changes(ISLAND, scenarios=list(scenarios))


CHAIN = (scenario("a", 2028, duration=2), scenario("b", 2029, "a"), scenario("c", 2030, "b"))


def path(course: str, *years: int) -> dict[int, str]:
    """A course in some years, the trunk in all others."""
    return {t: course if t in years else TRUNK for t in ISLAND["periods"]}


def test_a_future_is_on_the_courses_of_its_parents_until_its_own_onset() -> None:
    """A third blow is on the first branch for a year, on the second for a year, then on its own."""
    network = network_from(island(*CHAIN))
    assert network.path[BASE] == path("")
    assert network.path["a"] == path("a", 2028, 2029, 2030)
    assert network.path["b"] == path("b", 2029, 2030) | {2028: "a"}
    assert network.path["c"] == path("c", 2030, 2031) | {2028: "a", 2029: "b"}
    assert [network.windows[name].leaves for name in "abc"] == [None, "a", "b"]
    assert network.left == {"a", "b"}


@pytest.mark.parametrize("order", [(2, 1, 0), (1, 2, 0), (0, 2, 1)])
def test_a_child_may_stand_before_its_parent(order: tuple[int, ...]) -> None:
    """Where a scenario stands in the file says nothing of when it begins."""
    straight, mixed = network_from(island(*CHAIN)), network_from(island(*(CHAIN[i] for i in order)))
    assert mixed.path == straight.path
    assert mixed.weight == straight.weight
    assert mixed.windows == straight.windows
    assert list(mixed.windows) == [CHAIN[i]["id"] for i in order]


def test_a_course_weighs_the_futures_that_are_on_it() -> None:
    """A parent's branch carries its children's probability until they leave it; the trunk has what is left of 1."""
    chain = [{**item, "probability": p} for item, p in zip(CHAIN, (0.1, 0.2, 0.3), strict=True)]
    weight = network_from(island(*chain)).weight
    assert {t: weight["a", t] for t in (2028, 2029, 2030)} == {2028: 0.6, 2029: 0.1, 2030: 0.1}
    assert {t: weight["b", t] for t in (2029, 2030)} == {2029: 0.5, 2030: 0.2}
    assert {t: weight["c", t] for t in (2030, 2031)} == {2030: 0.3, 2031: 0.3}
    assert [weight[TRUNK, t] for t in ISLAND["periods"]] == [1.0, 0.4, 0.4, 0.4, 0.7]


def test_in_every_period_the_weights_are_all_there_is() -> None:
    """Each future is on one course at a time: the weights of a period sum to 1."""
    network = network_from(island(*CHAIN, scenario("d", 2030), scenario("e", 2031, "d", recovery=0)))
    for t in ISLAND["periods"]:
        assert sum(weight for (_, year), weight in network.weight.items() if year == t) == pytest.approx(1.0, abs=1e-15)


@pytest.mark.parametrize(("probability", "child", "expected"), [(0.0, 0.2, (0.2, 0.0)), (0.2, 0.0, (0.2, 0.2))])
def test_a_branch_of_probability_0_weighs_what_its_children_do(
    probability: float, child: float, expected: tuple[float, float]
) -> None:
    """Before a child leaves, its parent's branch counts for it; a child of probability 0 adds nothing."""
    tree = island(scenario("a", 2028, probability=probability), scenario("b", 2029, "a", probability=child))
    weight = network_from(tree).weight
    assert (weight["a", 2028], weight["a", 2029]) == expected


def test_an_inherited_effect_keeps_its_years_and_the_branch_waits_for_it() -> None:
    """A blow of a year within one of three: effects end with the longer one, then the child's own recovery begins."""
    found = network_from(island(scenario("a", 2028, duration=3, recovery=0), scenario("b", 2029, "a"))).windows["b"]
    assert [(item.scenario, item.years) for item in found.effects] == [
        ("a", range(2028, 2031)),
        ("b", range(2029, 2030)),
    ]
    assert (found.over, found.periods, found.until, found.restores) == (2031, (2029, 2030, 2031), None, True)


def test_a_parent_that_lasts_to_the_end_leaves_nothing_to_restore() -> None:
    """What is inherited counts for the end of a branch too: an open-ended embargo has none."""
    open_ended = scenario("a", 2028)
    del open_ended["duration"]
    found = network_from(island(open_ended, scenario("b", 2029, "a", recovery=0))).windows["b"]
    assert (found.periods, found.until, found.restores) == ((2029, 2030, 2031), None, False)


@pytest.mark.parametrize("onset", [2030, 2031])
def test_a_child_leaves_the_trunk_once_its_parent_is_back_there(onset: int) -> None:
    """In the year of return, and after it, nothing is inherited; the future has been on the parent's branch before."""
    network = network_from(island(scenario("a", 2028), scenario("b", onset, "a", recovery=0)))
    assert network.windows["a"].until == 2030
    assert network.windows["b"].leaves is None
    assert [item.scenario for item in network.windows["b"].effects] == ["b"]
    assert network.path["b"] == path("a", 2028, 2029) | {onset: "b"}
    assert network.weight["a", 2028] == 0.2
    assert not network.left


def test_factors_of_parent_and_child_multiply() -> None:
    """Half of half is a quarter, while both last."""
    tree = island(scenario("a", 2028, duration=2), scenario("b", 2029, "a"))
    available = tables_from(tree, "b").capacity.available
    assert [available["plant", "", t] for t in (2029, 2030)] == [0.25, 1.0]
    assert tables_from(tree, "a").capacity.available["plant", "", 2029] == 0.5


def test_a_reserve_releases_while_an_inherited_effect_is_active() -> None:
    """Own and inherited effects alike open the reserve, recovery closes it."""
    tree = island(scenario("a", 2028, duration=3), scenario("b", 2029, "a"))
    assert tables_from(tree, "b").stock.releases == {("depot", 2029), ("depot", 2030)}


def test_exposures_of_parent_and_child_shut_out_together() -> None:
    """An owner bought in the parent's future stays so in the child's, where the plant's finance is bought as well."""
    bought = [{"affects": "facilities", "where": {"id": "plant"}, "exposure": {"ownership": 1.0}}]
    tree = island(
        scenario("a", 2028, duration=3, effects=bought),
        scenario("b", 2029, "a", effects=[HALF]),
        scenario("c", 2029, effects=[HALF]),
    )
    assert {k for _, _, _, k, t in tables_from(tree, "b").capacity.runs if t == 2029} == {"open"}
    assert {k for _, _, _, k, t in tables_from(tree, "c").capacity.runs if t == 2029} == {"strict", "open"}


def test_what_only_parent_and_child_together_allow_is_in_the_network() -> None:
    """Two effects that lift one exposure each: the strict channel opens only in the branch that has both."""
    lift = [
        [{"affects": "facilities", "where": {"id": "plant"}, "exposure": {kind: 0.0}}]
        for kind in ("equipment", "finance")
    ]
    tree = island(scenario("a", 2028, duration=3, effects=lift[0]), scenario("b", 2029, "a", effects=lift[1]))
    tree["facilities"]["plant"]["exposure"] = {"finance": 1.0, "equipment": 1.0}
    channels = {course: {k for _, _, _, k, _ in tables_from(tree, course).capacity.runs} for course in ("a", "b")}
    assert channels == {"a": {"open"}, "b": {"strict", "open"}}


@pytest.mark.parametrize(("recovery", "online"), [(3, 2032), (0, 2029)], ids=["in_its_branch", "back_on_the_trunk"])
def test_a_delay_finds_what_an_earlier_one_has_delayed(recovery: int, online: int) -> None:
    """Planned for 2029 and late until 2031, the wing is unfinished in 2031; on the trunk it has long been there."""
    late, later = ([{"affects": "options", "where": {"id": "wing"}, "delay": years}] for years in (2, 1))
    tree = island(scenario("a", 2028, effects=late, recovery=recovery), scenario("b", 2031, "a", effects=later))
    start = Start("plant", "wing", (2027,))
    assert tables_from(tree, "a").capacity.online[start] == 2031
    assert tables_from(tree, "b").capacity.online[start] == online
