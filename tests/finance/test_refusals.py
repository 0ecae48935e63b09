"""Instruments that nobody is eligible for, without a price or out of the horizon are named, all in one pass."""

from __future__ import annotations

from typing import Any

import pytest
from support.build import instance_of

from finance.conftest import GRANT, Data, plant
from optimizer.errors import InstanceError


def refused(finance: Data, **changes: Any) -> str:
    with pytest.raises(InstanceError) as found:
        instance_of(plant(finance, **changes))
    return str(found.value)


OFFTAKE = {"kind": "purchase", "stockpile": "nds", "material": "magnet", "price": 1.0}


@pytest.mark.parametrize(
    ("instrument", "words"),
    [
        ({"kind": "gift"}, ("no kind is called 'gift'", "grant, loan, price_floor")),
        ({"kind": "grant"}, ("max_share", "missing")),
        ({"kind": "grant", "max_share": 1.5}, ("max_share", "1.5")),
        ({"kind": "grant", "max_share": 0.5, "where": {"country": "CHN"}}, ("nobody is eligible for more",)),
        ({"kind": "grant", "max_share": 0.5, "where": {"stage": "separation"}}, ("nobody is eligible", "capex")),
        ({"kind": "grant", "max_share": 0.5, "where": {"contry": "USA"}}, ("no 'contry'", "country")),
        ({"kind": "grant", "max_share": 0.5, "where": {"stages": ["magnet"]}}, ("no 'stages'", "did you mean 'stage'")),
        ({"kind": "grant", "max_share": 0.5, "from": 2040}, ("2040", "2027 to 2030")),
        ({"kind": "grant", "max_share": 0.5, "from": 2029, "until": 2028}, ("ends before it begins",)),
        ({"kind": "loan", "max_share": 0.5, "rate": 0.05}, ("term", "missing")),
        ({"kind": "loan", "max_share": 0.5, "rate": 0.05, "term": 0}, ("term", "0")),
        ({"kind": "loan", "max_share": 0.5, "rate": -0.05, "term": 5}, ("rate", "-0.05")),
        ({"kind": "loan", "max_share": 0.5, "rate": 0.05, "term": 5, "lender": "bank"}, ("lender", "private")),
        ({"kind": "loan", "max_share": 0.5, "rate": 0.05, "term": 5, "expected_loss": 2.0}, ("expected_loss", "2")),
        ({"kind": "loan", "max_share": 0.5, "rate": 0.05, "term": 5, "where": {"id": "mine"}},
         ("nobody is eligible", "has an option with capex")),
        ({"kind": "loan", "max_share": 0.5, "rate": 0.05, "term": 5, "until": 2020}, ("2020", "2027 to 2030")),
        ({"kind": "equity", "max_share": 0.5, "dividend": 0.05}, ("redeemed", "missing")),
        ({"kind": "equity", "max_share": 0.5, "dividend": 0.05, "redeemed": 3, "profit_share": 0.2}, ("unknown key",)),
        ({"kind": "stake", "pays": 0.3}, ("share", "missing")),
        ({"kind": "stake", "share": 0.0}, ("share", "0")),
        ({"kind": "stake", "share": 1.2}, ("share", "1.2")),
        ({"kind": "stake", "share": 0.3, "pays": 0.2}, ("more pays 0.2 of private capex for a share", "or more")),
        ({"kind": "stake", "share": 0.3, "recipients": 0}, ("recipients", "0")),
        ({"kind": "stake", "share": 0.3, "max_share": 0.2}, ("unknown key",)),
        ({"kind": "stake", "share": 0.3, "where": {"id": "mine"}},
         ("nobody is eligible", "has an option with capex that is not public")),
        ({"kind": "cost_credit", "stage": "magnet", "share": 0.1, "decided": True}, ("unknown key",)),
        ({"kind": "production_credit", "material": "magnets", "amount": 1.0}, ("no material 'magnets'", "magnet")),
        ({"kind": "production_credit", "material": "magnet", "amount": 1.0, "where": {"id": "mine"}},
         ("nobody is eligible", "makes what it pays on")),
        ({"kind": "production_credit", "material": "magnet", "amount": 1.0,
          "bonus": {"amount": 2.0, "channel": "domestic"}}, ("no channel 'domestic'",)),
        ({"kind": "cost_credit", "stage": "magnets", "share": 0.1}, ("no recipe has the stage 'magnets'", "magnet")),
        ({"kind": "depletion", "stage": "mining", "rate": 0.2, "tax_rate": 0.2}, ("no material has the stage",)),
        ({"kind": "price_floor", "material": "magnet", "floor": 1.0, "upsides": 0.1}, ("unknown key",)),
        ({"kind": "purchase", "material": "magnet", "price": 1.0}, ("stockpile", "missing")),
        (OFFTAKE, ("no stockpile 'nds'",)),
        (OFFTAKE | {"price": "market"}, ("price", "'market' is not a number", "or 'reference'")),
        (OFFTAKE | {"price": -1.0}, ("price", "-1")),
        (OFFTAKE | {"decided": True}, ("unknown key",)),
        (OFFTAKE | {"recipients": 0}, ("recipients",)),
    ],
)  # fmt: skip
def test_an_instrument_at_fault_is_named(instrument: Data, words: tuple[str, ...]) -> None:
    """What is wrong, and what would be right."""
    text = refused({"instruments": [{"id": "more", **instrument}]})
    assert [word for word in words if word not in text] == [], text


def test_all_faults_in_one_pass() -> None:
    """Two of the same name, one of them out of the horizon."""
    text = refused({"instruments": [GRANT, GRANT | {"until": 2020}]})
    assert "a second instrument 'aid'" in text
    assert "2020" in text


def test_books_and_floors_need_prices() -> None:
    """A floor on a material without a price; a recipient whose input has none."""
    materials = {"oxide": {"stage": "separation"}, "magnet": {"stage": "magnet"}}
    floor = {"id": "more", "kind": "price_floor", "material": "magnet", "floor": 1.0}
    text = refused({"instruments": [floor]}, materials=materials)
    assert "more is a floor on magnet, which has no price" in text
    assert "oxide has no price where works stands" in text


@pytest.mark.parametrize(
    ("instrument", "words"),
    [
        ({"kind": "cost_credit", "stage": "magnet", "share": 0.1, "counts": ["inputs"]},
         "oxide has no price where works stands, and more pays by it"),
        ({"kind": "depletion", "stage": "separation", "rate": 0.1, "tax_rate": 0.2},
         "oxide has no price where mine stands, and more pays by it"),
    ],
)  # fmt: skip
def test_what_is_paid_by_a_price_that_is_not_there(instrument: Data, words: str) -> None:
    """Without books too: else it would pay nothing, and say nothing."""
    materials = {"oxide": {"stage": "separation"}, "magnet": {"stage": "magnet", "price": 9000.0}}
    finance = {"viability": False, "instruments": [{"id": "more", **instrument}]}
    assert words in refused(finance, materials=materials)
    instance_of(plant(finance))


def test_a_price_elsewhere_is_no_price_here() -> None:
    """A floor on what has a price in another region only."""
    materials = {"oxide": {"stage": "separation", "price": 1.0}, "magnet": {"stage": "magnet", "price": {"asia": 9.0}}}
    more = {"id": "more", "kind": "price_floor", "material": "magnet", "floor": 1.0}
    floor = {"viability": False, "instruments": [more]}
    logistics = {"regions": {"america": ["USA"], "asia": ["CHN"]}}
    assert "magnet has no price where works stands" in refused(floor, materials=materials, logistics=logistics)


CREDIT = {"kind": "production_credit", "material": "magnet", "amount": 100.0}
HELD: Data = {"owners": {"holding": 0.6, "public": 0.4}}
"""Of the holding an adversary has half: 0.3 of what it holds 0.6 of."""


def traded(instrument: Data, works: Data) -> Data:
    """The plant with an instrument, owners down the graph, and a country that is no longer domestic from 2029 on."""
    data = plant({"instruments": [{**instrument, "id": "more"}]})
    data["countries"]["USA"] = {2027: "domestic", 2029: "ally"}
    state = {"country": "CHN"}
    holding = {"country": "USA", "owners": {"state": 0.5, "public": 0.5}}
    data["owners"] = {"state": state, "public": {"country": "USA"}, "holding": holding}
    data["facilities"]["works"] |= works
    return data


@pytest.mark.parametrize(
    ("instrument", "works", "words"),
    [
        (CREDIT | {"max_exposure": {"ownership": 0.25}}, HELD,
         ("all are over its max_exposure", "nearest is works with 0.3 of ownership exposure in 2027")),
        (CREDIT | {"max_exposure": {"ownership": 0.25}}, {}, ("nearest is works with 1 of ownership", "counts as 1")),
        (CREDIT | {"max_exposure": {"equipment": 0.25, "finance": 0.1}},
         {"exposure": {"equipment": 0.1, "finance": "unknown"}}, ("nearest is works with 1 of finance exposure",)),
        (CREDIT | {"max_exposure": {"equipment": 0.25}}, {"exposure": {"equipment": {2027: 0.9, 2029: 0.4}}},
         ("nearest is works with 0.4 of equipment exposure in 2029",)),
        (CREDIT | {"where": {"ownership": ">=0.5"}}, HELD, ("in any year, by exposures, tiers",)),
        (CREDIT | {"where": {"tier": "ally"}, "until": 2028}, {}, ("in any year, by exposures, tiers and its years",)),
        (GRANT | {"max_exposure": {"ownership": 0.25}}, HELD, ("nearest is works with 0.3",)),
    ],
)  # fmt: skip
def test_who_is_shut_out_by_exposures_is_not_eligible(instrument: Data, works: Data, words: tuple[str, ...]) -> None:
    """An entitlement that nobody may have is named as a fault, with who comes nearest; so is a grant."""
    with pytest.raises(InstanceError) as found:
        instance_of(traded(instrument, works))
    text = str(found.value)
    assert "finance.instruments.0: nobody is eligible for more" in text
    assert [word for word in words if word not in text] == [], text


@pytest.mark.parametrize(
    ("instrument", "works"),
    [
        (CREDIT | {"max_exposure": {"equipment": 0.25}}, {"exposure": {"equipment": {2027: 0.9, 2030: 0.25}}}),
        (CREDIT | {"max_exposure": {"ownership": 0.3}}, HELD),
        (CREDIT | {"where": {"tier": "ally"}, "until": 2029}, {}),
        (CREDIT | {"where": {"ownership": ">=0.3"}}, HELD),
    ],
)
def test_who_is_eligible_in_one_year_is(instrument: Data, works: Data) -> None:
    """At a cap that is just met, in a tier that comes with a year, at a threshold."""
    instance_of(traded(instrument, works))


def test_books_need_a_hurdle_rate_and_a_perspective_that_there_is() -> None:
    """Both are refused by name."""
    assert "hurdle_rate" in refused({"hurdle_rate": None})
    assert "one of 'system' or 'public'" in refused({"perspective": "private"})
