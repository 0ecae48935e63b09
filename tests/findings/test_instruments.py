"""Instruments that help nobody."""

from __future__ import annotations

import pytest

from .conftest import Find

PRICED = """
materials:
  ore: {stage: mining, price: 1}
  oxide: {stage: separation, price: 6}
  magnet: {stage: magnet, price: 20}
"""
STORE = """
stockpiles:
  store: {country: USA, channel: mdap, materials: [magnet, oxide], holding_cost: {magnet: 1, oxide: 1}}
"""
BUY = "{{id: bank, kind: purchase, stockpile: store, material: magnet, {}}}"


def with_finance(instrument: str, viability: str = "true") -> str:
    store = STORE if "store" in instrument else ""
    return f"{PRICED}\n{store}\nfinance: {{hurdle_rate: 0.1, viability: {viability}, instruments: [{instrument}]}}"


@pytest.mark.parametrize(
    ("instrument", "why", "words"),
    [
        ("{id: bank, kind: loan, max_share: 0.5, rate: 0.1, term: 5}", "dear", "(loan) helps nobody"),
        ("{id: bank, kind: loan, max_share: 0.5, rate: 0.15, term: 5}", "dear", "hurdle rate of 10.0%"),
        ("{id: bank, kind: equity, max_share: 0.5, dividend: 0.3, redeemed: 5}", "dear", "(equity) helps nobody"),
        ("{id: bank, kind: grant, max_share: 0.5, from: 2029}", "nobody", "no funding within the horizon"),
        ("{id: bank, kind: price_floor, material: magnet, floor: 15, decided: true}", "pays_nothing", "paid"),
        ("{id: bank, kind: production_credit, material: magnet, amount: 0, decided: true}", "pays_nothing", "paid"),
        (BUY.format("price: reference"), "reference", "sold at the reference price without it"),
        (BUY.format("price: 20"), "pays_nothing", "in no year is its price above"),
        (BUY.format("price: {2027: 20, 2030: 30}"), "pays_nothing", "in no year is its price above"),
        (BUY.format("price: 30").replace("magnet", "oxide"), "nobody", "nobody who must pay its way"),
    ],
)  # fmt: skip
def test_idle_instrument_trips(find: Find, instrument: str, why: str, words: str) -> None:
    (found,) = find("idle_instrument", with_finance(instrument))
    assert (found.severity, found.subject, found.data["why"]) == ("warning", ("finance", "instruments", 0), why)
    assert "bank" in found.text
    assert words in found.text


def test_idle_instrument_trips_where_nothing_must_pay_its_way(find: Find) -> None:
    (found,) = find("idle_instrument", with_finance("{id: aid, kind: grant, max_share: 0.5}", "false"))
    assert (found.severity, found.data) == ("note", {"instruments": ["aid"], "why": "not_asked"})


@pytest.mark.parametrize(
    "instrument",
    [
        "{id: bank, kind: loan, max_share: 0.5, rate: 0.09, term: 5}",
        "{id: bank, kind: equity, max_share: 0.5, dividend: 0.09, redeemed: 5}",
        "{id: bank, kind: grant, max_share: 0.5}",
        "{id: bank, kind: price_floor, material: magnet, floor: {2027: 15, 2029: 21}, upside: 0.2, decided: true}",
        "{id: bank, kind: price_floor, material: magnet, floor: 15, upside: 0.2}",
        "{id: bank, kind: production_credit, material: magnet, amount: 1, decided: true}",
        BUY.format("price: {2027: reference, 2029: 21}"),
    ],
)
def test_idle_instrument_is_quiet(find: Find, instrument: str) -> None:
    assert find("idle_instrument", with_finance(instrument)) == []


@pytest.mark.parametrize(
    "instrument",
    [
        "{id: bank, kind: price_floor, material: magnet, floor: 20, upside: 0.2}",
        "{id: bank, kind: price_floor, material: magnet, floor: 15}",
        "{id: bank, kind: production_credit, material: magnet, amount: {2026: 1, 2027: 0}}",
        "{id: bank, kind: cost_credit, stage: magnet, share: {2045: 0.1}}",
    ],
)
@pytest.mark.parametrize("viability", ["true", "false"])
def test_an_instrument_for_all_that_pays_nobody_trips(find: Find, instrument: str, viability: str) -> None:
    """A floor that the price is never below, a credit that is over or begins after the horizon: said, and no fault."""
    (found,) = find("idle_instrument", with_finance(instrument, viability))
    assert (found.severity, found.data) == ("note", {"instrument": "bank", "why": "pays_nobody"})
    assert ("optimizer viability" in found.text) == ("floor" in instrument)


@pytest.mark.parametrize("instrument", ["{id: bank, kind: cost_credit, stage: magnet, share: {2028: 0.1}}"])
@pytest.mark.parametrize("viability", ["true", "false"])
def test_an_instrument_for_all_that_pays_is_quiet(find: Find, instrument: str, viability: str) -> None:
    assert find("idle_instrument", with_finance(instrument, viability)) == []


def stands(capacity: int, *options: str) -> str:
    """The plant with so much of it standing, and other options."""
    each = ["{id: wing, capacity: 20, capex: 100, lead: 1, public_share: 0.5, source: a, confidence: A}", *options]
    return f"facilities: {{plant: {{capacity: {capacity}, options: [{', '.join(each)}]}}}}"


WING = "{id: more, after: wing, capacity: 9, capex: 9, lead: 1, public_share: 1, source: a, confidence: A}"


@pytest.mark.parametrize(
    ("instrument", "why", "words"),
    [
        ("{id: bank, kind: stake, share: 0.2}", "fair", "what is left keeps its sign"),
        ("{id: bank, kind: stake, share: 0.2, pays: 0.2}", "fair", "it pays 0.2 of what is private of capex for 0.2"),
        ("{id: bank, kind: stake, share: 0.2, pays: 0.5, from: 2029}", "nobody", "no funding within the horizon"),
    ],
)
def test_a_stake_that_changes_nothing_trips(find: Find, instrument: str, why: str, words: str) -> None:
    (found,) = find("idle_instrument", with_finance(instrument), stands(0))
    assert (found.subject, found.data["why"]) == (("finance", "instruments", 0), why)
    assert words in found.text


@pytest.mark.parametrize(
    ("instrument", "plant"),
    [
        ("{id: bank, kind: stake, share: 0.2, pays: 0.3}", stands(0)),
        ("{id: bank, kind: stake, share: 0.2}, {id: aid, kind: grant, max_share: 0.4}", stands(0)),
        ("{id: bank, kind: stake, share: 0.2}", stands(50)),
        ("{id: bank, kind: stake, share: 0.2}", stands(0, WING)),
        ("{id: bank, kind: stake, share: 0.2, until: 2027}", stands(0)),
    ],
)
def test_a_stake_that_may_change_something_is_quiet(find: Find, instrument: str, plant: str) -> None:
    """A premium; a grant that is not shared; a plant that stood before; fundings that it does not pay for."""
    assert find("idle_instrument", with_finance(instrument), plant) == []
