"""Appropriations: what is given for a purpose is spent in its years, or lost; by hand, by enumeration, by methods."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest
from support.build import network_from

import optimizer
from optimizer.network.appropriations import available, periods_together
from optimizer.plan.plan import Plan

from .conftest import Data, plant
from .test_purchase import BUY, bought


def solved(data: Data, **options: Any) -> Plan:
    """A plan that passes the check."""
    plan = optimizer.solve(network_from(data).instance, **options)
    assert plan.info["verdict"]["ok"], plan.info["verdict"]["violations"]
    return plan


def built(fund: Data, *, deflator: Any = None, **option: Any) -> bool:
    """Whether works that cost 500,000 of public money, 200,000 in 2027 and 300,000 in 2028, can be built."""
    return not solved(plant_with(fund, deflator=deflator, **option)).portfolio.empty


def plant_with(fund: Data, *, deflator: Any = None, **option: Any) -> Data:
    """The plant, half of it public, out of one appropriation."""
    data = plant(None)
    data["facilities"]["works"]["options"][0] |= {"public_share": 0.5, "spend": [0.4, 0.6]} | option
    one = {"id": "fund", "capex": {"stage": "magnet"}} | fund
    data["policy"] = {"budget": {"appropriations": [one]} | ({} if deflator is None else {"deflator": deflator})}
    return data


@pytest.mark.parametrize(
    ("usd", "years", "enough"),
    [
        ({2027: 200_000, 2028: 300_000}, 1, True),
        ({2027: 250_000, 2028: 250_000}, 1, False),
        ({2027: 250_000, 2028: 250_000}, 2, True),
        ({2027: 500_000, 2028: 0}, 1, False),
        ({2027: 500_000, 2028: 0}, 2, True),
        ({2027: 199_000, 2028: 900_000}, 4, False),
    ],
)
def test_money_is_there_for_its_years(usd: dict[int, float], years: int, enough: bool) -> None:
    """What is left of a year serves the next where it is available for two; nothing serves a year before it."""
    assert built({"usd": usd, "available_for": years}) is enough


def test_dollars_are_those_of_the_time() -> None:
    """300,000 in 2028 are 330,000 where a dollar of it is 1.1."""
    usd = {2027: 200_000, 2028: 320_000}
    assert built({"usd": usd})
    assert built({"usd": usd}, deflator={2027: 1.0, 2028: 1.06})
    assert not built({"usd": usd}, deflator={2027: 1.0, 2028: 1.1})
    assert not built({"usd": usd}, deflator={"start": 1.0, "growth": 0.1})


def test_the_table_tells_what_is_spent_and_lost() -> None:
    plan = solved(plant_with({"usd": {2027: 260_000, 2028: 250_000, 2030: 5_000}, "available_for": 2}))
    assert plan.appropriations.to_numpy().tolist() == [
        [2027, "fund", 260_000.0, 200_000.0, 0.0, 60_000.0],
        [2028, "fund", 250_000.0, 300_000.0, 0.0, 10_000.0],
        [2029, "fund", 250_000.0, 0.0, 10_000.0, 250_000.0],
        [2030, "fund", 5_000.0, 0.0, 250_000.0, 5_000.0],
    ]
    assert plan.appropriations.attrs["units"] == dict.fromkeys(["given", "spent", "expired", "left"], "USD") | {
        "year": "year"
    }
    report = next(row for row in plan.info["rules"] if row["label"] == "appropriation fund")
    assert (report["status"], report["slack"], report["where"]) == ("slack", 10_000.0, "2027 to 2028")


def test_what_no_appropriation_pays_for_is_not_limited() -> None:
    data = plant_with({"usd": 0.0})
    assert solved(data).portfolio.empty
    data["facilities"]["works"]["options"][0]["public_share"] = 0.0
    with pytest.raises(optimizer.InstanceError, match="the capex of fund matches nothing"):
        solved(data)
    data["facilities"]["mine"]["options"] = [{"id": "more", "capacity": 1, "capex": 1.0}]
    data["policy"]["budget"]["appropriations"][0]["capex"] = {"id": "mine"}
    assert solved(data).portfolio.facility.tolist() == ["works"]


def aided(fund: Data) -> Plan:
    """A plant that needs aid to pay its way: a grant of capex, or 20 USD for each 1,000 t of magnets."""
    instruments = [
        {"id": "aid", "kind": "grant", "max_share": 0.9},
        {"id": "credit", "kind": "production_credit", "material": "magnet", "amount": 4_000.0, "decided": True},
    ]
    data = plant({"instruments": instruments}, price=7_500.0)
    data["policy"] = {"budget": {"appropriations": [fund]}}
    return solved(data)


def test_instruments_are_paid_out_of_one() -> None:
    """The least aid is a grant; where there is none to give, the credit is paid year by year, and may not be saved."""
    free = aided({"id": "fund", "usd": 1.0e9, "instruments": ["aid", "credit"]})
    assert set(free.outlay.instrument) == {"aid"}
    credit = aided({"id": "fund", "usd": 0.0, "instruments": ["aid"]})
    assert set(credit.outlay.instrument) == {"credit"}
    assert credit.appropriations.spent.sum() == 0
    paid = aided({"id": "fund", "usd": {2027: 0, 2028: 400_000}, "instruments": ["aid", "credit"]})
    assert paid.appropriations.spent.tolist() == pytest.approx([0.0, 400_000.0, 400_000.0, 400_000.0], abs=1.0)
    short = aided({"id": "fund", "usd": {2027: 0, 2028: 399_000}, "instruments": ["aid", "credit"]})
    assert short.demand.short.sum() > paid.demand.short.sum(), "a thousand USD less, and the plant runs as before"


def reserve(usd: Any, years: int = 1) -> Data:
    """A public reserve that is to hold 50 t by 2029, bought at 9,000 USD a tonne and held for nothing."""
    data = plant(None)
    data["materials"]["magnet"]["storage"] = {"cost": 0.0}
    data["facilities"]["works"] |= {"capacity": 200, "options": []}
    data["stockpiles"] = {
        "nds": {
            "country": "USA", "channel": "trusted", "materials": ["magnet"],
            "targets": [{"material": "magnet", "tonnes": {2029: 50}, "shortage_cost": 1.0e5}],
        }
    }  # fmt: skip
    one = {"id": "dla", "usd": usd, "available_for": years, "purchases": ["nds"], "holding": ["nds"]}
    data["policy"] = {"budget": {"appropriations": [one]}}
    return data


def test_a_reserve_is_bought_as_money_is_given() -> None:
    """150,000 USD a year buy 16.67 t; what is not spent in 2027 buys as much in 2028 if it is still there."""
    plan = solved(reserve({2027: 150_000, 2030: 0}))
    bought = plan.stock[plan.stock.scenario == "trunk"].groupby("period")["in"].sum()
    assert bought.reindex([2027, 2028, 2029]).tolist() == pytest.approx([150 / 9] * 3)
    assert plan.targets[plan.targets.period == 2029].short.tolist() == pytest.approx([0.0], abs=1e-6)
    assert solved(reserve({2027: 450_000, 2028: 0}, 1)).targets.short.sum() == pytest.approx(0.0, abs=1e-6)
    late = solved(reserve({2027: 0, 2029: 300_000, 2030: 0}))
    assert late.targets[late.targets.period == 2029].short.tolist() == pytest.approx([50 - 300 / 9])


def test_runs_of_periods_say_when_money_suffices() -> None:
    """Hall's condition against a search by hand: every way to pay each year's dollars out of years that serve it."""
    generator = random.Random(5)
    seen = set()
    for _ in range(200):
        years = generator.randint(1, 4)
        given = [generator.randint(0, 3) for _ in range(4)]
        spent = [generator.randint(0, 3) for _ in range(4)]
        data = plant_with({"usd": dict(zip(range(2027, 2031), map(float, given), strict=True)), "available_for": years})
        network = network_from(data)
        (one,) = network.instance.policy.budget.appropriations
        kept = all(
            sum(spent[first - 2027 : last - 2026]) <= available(network.calendar, one, first, last)
            for _, first, last in periods_together(network)
        )
        assert kept == _payable(given, spent, years)
        seen.add((kept, years))
    assert len(seen) == 8


def _payable(given: list[int], spent: list[int], years: int) -> bool:
    """Whether each dollar spent can be given a dollar of its own, by augmenting paths."""
    dollars = [year for year, usd in enumerate(given) for _ in range(usd)]
    due = [year for year, usd in enumerate(spent) for _ in range(usd)]
    holder: dict[int, int] = {}

    def find(one: int, tried: set[int]) -> bool:
        for i, year in enumerate(dollars):
            if year <= due[one] < year + years and i not in tried:
                tried.add(i)
                if i not in holder or find(holder[i], tried):
                    holder[i] = one
                    return True
        return False

    return all(find(one, set()) for one in range(len(due)))


def two_plants(usd: Any, years: int) -> Data:
    """Works and others, either for 500,000 of public money, in any year; one disruption stops the mine's lane."""
    data = plant_with({"usd": usd, "available_for": years}, latest=2029)
    other = {key: value for key, value in data["facilities"]["works"].items() if key != "options"}
    option = data["facilities"]["works"]["options"][0]
    data["facilities"]["others"] = other | {"options": [option | {"capacity": 60, "capex": 0.7e6}]}
    data["markets"]["programs"]["demand"][0]["tonnes"] = 150
    data["scenarios"] = [
        {"id": "outage", "probability": 0.2, "onset": 2029, "duration": 1,
         "effects": [{"affects": "facilities", "where": {"id": "works"}, "available": 0.5}]},
    ]  # fmt: skip
    return data


@pytest.mark.slow
@pytest.mark.parametrize(("usd", "years"), list(itertools.product((200_000, {2027: 350_000, 2029: 200_000}), (1, 3))))
def test_methods_agree(usd: Any, years: int) -> None:
    """By Benders as by the extensive form, and as of all portfolios tried one by one."""
    data = two_plants(usd, years)
    whole = solved(data, method="extensive", gap=1e-7)
    parts = solved(data, method="benders", gap=1e-7)
    assert parts.objective == pytest.approx(whole.objective, rel=2e-7)
    best = None
    for works, others in itertools.product((None, 2027, 2028, 2029), repeat=2):
        tried = two_plants(usd, years)
        rules = tried["policy"].setdefault("rules", [])
        for name, year in (("works", works), ("others", others)):
            if year is None:
                rules.append({"rule": "forbid", "facility": name})
            else:
                tried["facilities"][name]["options"][0] |= {"earliest": year, "latest": year}
                rules.append({"rule": "require", "facility": name, "by": 2030})
        plan = optimizer.solve(network_from(tried).instance, gap=1e-7)
        if plan.objective is not None:
            best = plan.objective if best is None else min(best, plan.objective)
    assert best is not None
    assert whole.objective == pytest.approx(best, rel=2e-7)


def test_it_is_named_where_it_stands_in_the_way() -> None:
    """Demand that must be met asks for the works; the fund is 50,000 too small in 2028."""
    data = plant_with({"usd": {2027: 250_000, 2028: 250_000}})
    data["markets"]["programs"]["demand"] = [{"product": "magnet", "tonnes": {2027: 0, 2029: 100}}]
    data["facilities"]["works"]["options"][0]["latest"] = 2027
    instance = network_from(data).instance
    plan = optimizer.solve(instance)
    assert plan.status == "infeasible"
    found = optimizer.explain(instance, threads=1)
    assert set(found.conflict["requirement"]) == {"budget:appropriation:fund", "demand:programs:0"}
    more = found.repairs[found.repairs["requirement"] == "budget:appropriation:fund"].iloc[0]
    assert more["text"] == "the appropriation fund were more: by 50,000 USD in 2028"
    assert more["restores"] == "yes"


def test_an_overlay_changes_one_by_its_id(tmp_path: Any) -> None:
    """A cut, a repealed credit, a continuing resolution are overlays."""
    base = tmp_path / "base"
    base.mkdir()
    (base / "instance.yaml").write_text(_text(plant_with({"usd": {2027: 200_000, 2028: 300_000}})), encoding="utf-8")
    cut = tmp_path / "cut.yaml"
    cut.write_text(
        "extends: base\nname: cut\npolicy: {budget: {appropriations: [{id: fund, usd: {2027: 200000, 2028: 1}}]}}\n",
        encoding="utf-8",
    )
    assert not optimizer.solve(optimizer.load(base)).portfolio.empty
    assert optimizer.solve(optimizer.load(cut)).portfolio.empty


def _text(data: Data) -> str:
    from optimizer.instance.write import plain_text  # noqa: PLC0415

    return plain_text(data)


def test_what_a_purchase_pays_above_the_price_is_paid_out_of_one() -> None:
    """The stockpile's own purchase, at the reference price, and what the offtake adds are two payers' money."""
    funds: list[Data] = [
        {"id": "dla", "usd": 1.0e9, "purchases": ["nds"]},
        {"id": "dpa", "usd": 1.0e9, "instruments": ["offtake"]},
    ]
    needed: dict[str, Any] = {"price": 8_500.0, "policy": {"budget": {"appropriations": funds}}}
    plan = solved(bought(BUY | {"price": 13_000.0}, **needed))
    spent = plan.appropriations.set_index(["appropriation", "year"])["spent"]
    accounts = plan.outlay.groupby(["account", "year"])["usd"].sum()
    for fund, account in (("dla", "stockpile"), ("dpa", "purchase")):
        assert spent[fund].sum() > 0
        for year in (2027, 2028, 2029, 2030):
            assert spent[fund, year] == pytest.approx(accounts.get((account, year), 0.0), abs=1e-3)
    funds[1]["usd"] = 0.95 * float(spent["dpa"].max())
    spread = solved(bought(BUY | {"price": 13_000.0}, **needed)).appropriations
    assert spread[spread.appropriation == "dpa"].spent.max() <= 0.95 * spent["dpa"].max() + 1.0
    funds[1]["usd"] = 0.0
    none = optimizer.solve(network_from(bought(BUY | {"price": 13_000.0}, **needed)).instance)
    assert none.status == "infeasible", "the reserve must be filled, and nobody pays its way without"
