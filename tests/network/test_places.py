"""Where material can lie: only where something can bring it, and only where it leads to a use."""

from __future__ import annotations

import pytest
from support.build import Data, network_from, optimum, tables_from, with_changes
from support.generate import generate

from optimizer.network import derive_flow
from optimizer.network.places import Places

CHAIN: Data = {
    "schema": 1,
    "name": "chain",
    "base_year": 2027,
    "discount_rate": 0.0,
    "periods": [2027],
    "domestic": ["USA"],
    "countries": {"USA": "domestic", "AUS": "ally", "JPN": "ally", "CHN": "adversary"},
    "channels": {"strict": {"tiers": ["domestic", "ally"]}, "open": {}},
    "materials": {
        "ore": {"stage": "mining"},
        "oxide": {"stage": "separation"},
        "slag": {"stage": "separation"},
        "magnet": {"stage": "magnet", "storage": {"cost": 1}},
        "toy": {"stage": "magnet"},
    },
    "recipes": {
        "dig": {"stage": "mining", "outputs": {"ore": 1}},
        "split": {"stage": "separation", "inputs": {"ore": 1}, "outputs": {"oxide": 1, "slag": 1}},
        "press": {"stage": "magnet", "inputs": {"oxide": 1}, "outputs": {"magnet": 1}},
        "play": {"stage": "magnet", "inputs": {"magnet": 1}, "outputs": {"toy": 1}},
    },
    "facilities": {
        "mine": {"stage": "mining", "country": "CHN", "recipes": ["dig"], "capacity": 10},
        "plant": {"stage": "separation", "country": "AUS", "recipes": ["split"], "capacity": 10},
        "works": {"stage": "magnet", "country": "USA", "recipes": ["press", "play"], "capacity": 10},
        "ruin": {"stage": "mining", "country": "AUS", "recipes": ["dig"], "capacity": 0},
    },
    "markets": {
        "army": {
            "channel": "strict",
            "country": "USA",
            "demand": [{"product": "magnet", "tonnes": 1, "shortage_cost": 9}],
        },
        "cars": {"channel": "open", "country": "USA", "demand": [{"product": "magnet", "tonnes": 1}]},
    },
}


def test_chain_of_custody_begins_at_the_mine() -> None:
    """An ally's plant that has none but the adversary's ore cannot run the strict channel."""
    places = network_from(CHAIN).places
    assert {run for run in places.runs if run[0] in ("plant", "works")} == {
        ("plant", "split", "open"),
        ("works", "press", "open"),
    }
    assert ("hub:world", "magnet", "strict") not in places.reached


def test_channel_opens_with_a_trusted_mine() -> None:
    """As soon as the ruin has capacity, trusted ore flows to the army."""
    data = with_changes(CHAIN)
    data["facilities"]["ruin"]["capacity"] = 1
    runs = network_from(data).places.runs
    assert {("ruin", "dig", "strict"), ("plant", "split", "strict"), ("works", "press", "strict")} <= runs


def test_what_nobody_asks_for_is_not_made() -> None:
    """No market takes toys, so nobody makes them; slag comes along with oxide and may be thrown away, no more."""
    tables = tables_from(CHAIN)
    assert not [run for run in tables.capacity.runs if run[2] == "play"]
    assert ("hub:world", "slag", "open", 2027) in tables.flow.surplus
    assert ("hub:world", "slag", "open") not in tables.places.useful


def test_facility_without_capacity_fills_nothing() -> None:
    """Where nothing stands and nothing can be funded nothing is made."""
    assert not [run for run in network_from(CHAIN).places.runs if run[0] == "ruin"]


def test_regions_without_freight_are_not_linked() -> None:
    """The adversary's ore reaches the ally's plant only over a row, and rows run one way."""
    regions = {"america": ["USA"], "oceania": ["AUS"], "japan": ["JPN"], "china": ["CHN"]}
    rows = [{"from": "oceania", "to": "america"}, {"from": "oceania", "to": "china"}]
    apart = with_changes(CHAIN, logistics={"regions": regions, "freight": rows})
    assert not network_from(apart).places.runs
    linked = with_changes(CHAIN, logistics={"regions": regions, "freight": [*rows, {"from": "china", "to": "oceania"}]})
    assert ("works", "press", "open") in network_from(linked).places.runs


def test_store_passes_on_no_channel_that_it_does_not_hold() -> None:
    """What a store of strict material alone is sent in the open channel neither enters nor leaves it."""
    data = with_changes(
        CHAIN,
        stockpiles={"vault": {"country": "USA", "channel": "strict", "materials": ["magnet"], "release": "always"}},
        lanes=[
            {"from": "works", "to": "vault", "material": "magnet"},
            {"from": "vault", "to": "army", "material": "magnet"},
            {"from": "vault", "to": "cars", "material": "magnet"},
        ],
    )
    data["facilities"]["ruin"]["capacity"] = 1
    tables = tables_from(data)
    moved = {(tables.places.arcs[a].start, tables.places.arcs[a].end, k) for a, _, k, _ in tables.flow.flows}
    assert ("works", "vault", "strict") in moved
    assert ("vault", "cars", "strict") in moved
    assert not [move for move in moved if "vault" in move and move[2] == "open"]


@pytest.mark.parametrize("seed", [2, 3, 4, 5, 6, 8])
def test_what_is_left_out_of_the_model_is_of_no_use(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Freight that goes in circles, and downgrading far from the source, change no optimum when they are allowed."""
    data = generate(seed, regions=True)
    lean = optimum(data)
    few = _movements(data)

    def all_freight(places: Places, _drawn: object) -> set[tuple[int, str, str]]:
        return {(number, *cell[1:]) for number, _ in enumerate(places.arcs) for cell in places.reached}

    monkeypatch.setattr(derive_flow, "needed_freight", all_freight)
    monkeypatch.setattr(Places, "descends_at", lambda places, place, material, _: places.downgrades_at(place, material))
    monkeypatch.setattr(derive_flow, "_wastes", lambda *_: True)
    many = _movements(data)
    assert many > few
    assert optimum(data) == pytest.approx(lean, rel=1e-7)


def _movements(data: Data) -> int:
    flow = tables_from(data).flow
    return len(flow.flows) + len(flow.downgrades) + len(flow.surplus)
