"""When options come on line, on the trunk and where they are delayed."""

from __future__ import annotations

from typing import Any

import pytest
from support.build import Data, network_from, one_market, tables_from, with_changes

from optimizer.network.starts import Start
from optimizer.network.tables import TRUNK

YARD = one_market(
    "yard",
    {
        "plant": {
            "stage": "magnet",
            "country": "USA",
            "recipes": ["make"],
            "capacity": 0,
            "options": [
                {"id": "small", "capacity": 10, "capex": 1, "lead": 1, "latest": 2030},
                {"id": "expand", "capacity": 5, "capex": 1, "lead": 1, "after": "small"},
            ],
        }
    },
    tonnes=1,
) | {"periods": [2027, 2028, {"year": 2029, "years": 2}, 2031]}


def late(*effects: dict[str, Any], onset: int = 2028) -> Data:
    """The yard with a scenario of delays."""
    made = [{"affects": "options", **effect} for effect in effects]
    return with_changes(YARD, scenarios=[{"id": "late", "probability": 0.5, "onset": onset, "effects": made}])


def test_option_is_funded_at_the_start_of_a_period_within_its_years() -> None:
    """`latest` 2030 still lies in the period that starts in 2029; an expansion needs its base on line in time."""
    starts = network_from(YARD).starts
    assert starts.years["plant", "small"] == (2027, 2028, 2029)
    assert starts.years["plant", "expand"] == (2028, 2029)


def test_funding_that_bears_nothing_within_the_horizon_does_not_exist() -> None:
    """With three years of lead only a funding of 2027 or 2028 is on line by 2031."""
    data = with_changes(YARD)
    data["facilities"]["plant"]["options"][0] = {"id": "small", "capacity": 10, "capex": 1, "lead": 3}
    assert network_from(data).starts.years["plant", "small"] == (2027, 2028)


@pytest.mark.parametrize(
    ("effect", "funded", "online"),
    [
        ({"where": {"id": "small"}, "delay": 2, "duration": 1}, 2027, 2030),
        ({"where": {"id": "small"}, "delay": 2, "duration": 1}, 2028, 2031),
        ({"where": {"id": "small"}, "delay": 2, "duration": 1}, 2029, 2030),
        ({"where": {"id": "small"}, "delay": 2, "from": 2029, "duration": 1}, 2027, 2028),
        ({"where": {"id": "small"}, "delay": 2, "from": 2029, "duration": 1}, 2028, 2031),
        ({"where": {"id": "expand"}, "delay": 2}, 2027, 2028),
    ],
    ids=["unfinished", "funded_meanwhile", "funded_after", "finished_before", "unfinished_later", "another_option"],
)
def test_delay_moves_what_is_unfinished_or_funded_meanwhile(effect: dict[str, Any], funded: int, online: int) -> None:
    """A delay catches what is not on line when it begins and what is funded before it ends, and nothing else."""
    tables = tables_from(late(effect), "late")
    assert tables.capacity.online[Start("plant", "small", (funded,))] == online


def test_delays_add_up() -> None:
    """A permit held up for a year and a furnace for two come to three."""
    data = late(
        {"where": {"id": "small"}, "delay": 1, "duration": 1},
        {"where": {"facility": "plant"}, "delay": 2, "duration": 1},
    )
    assert tables_from(data, "late").capacity.online[Start("plant", "small", (2027,))] == 2031


def test_expansion_of_a_delayed_option_waits_for_it() -> None:
    """Funded in 2028, it is begun when its base is on line in 2030, and on line a year later; on the trunk in 2029."""
    data = late({"where": {"id": "small"}, "delay": 2, "duration": 1})
    start = Start("plant", "expand", (2027, 2028))
    assert tables_from(data, "late").capacity.online[start] == 2031
    assert tables_from(data, TRUNK).capacity.online[start] == 2029


def test_history_is_kept_only_where_some_future_needs_it() -> None:
    """Without delays the year of the base's funding changes nothing for its expansion."""
    assert network_from(YARD).starts.paths["plant", "expand"] == (
        Start("plant", "expand", (2028,)),
        Start("plant", "expand", (2029,)),
    )
    paths = network_from(late({"where": {"id": "small"}, "delay": 1})).starts.paths["plant", "expand"]
    assert {start.path for start in paths} == {(2027, 2028), (2027, 2029), (2028, 2029), (2029, 2029)}


def test_ramp_and_life_count_from_the_first_year_on_line() -> None:
    """Half, then all, for three years, 2028 to 2030: the mean over 2029 and 2030 is all, in 2031 nothing is left."""
    data = with_changes(YARD)
    data["facilities"]["plant"]["options"] = [
        {
            "id": "small",
            "capacity": 10,
            "capex": 1,
            "lead": 1,
            "ramp": [0.5],
            "life": 3,
            "latest": 2027,
            "fixed_cost": 4,
        }
    ]
    capacity = tables_from(data).capacity
    start = Start("plant", "small", (2027,))
    sizes = {t: dict(capacity.sizes["plant", "", t]).get(start, 0.0) for t in (2027, 2028, 2029, 2031)}
    assert sizes == {2027: 0.0, 2028: 5.0, 2029: 10.0, 2031: 0.0}
    fixed = {t: dict(terms).get(start) for t, terms in capacity.fixed_of.items()}
    assert fixed == {2028: 4.0, 2029: 8.0}
