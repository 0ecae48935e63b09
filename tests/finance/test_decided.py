"""Credits and floors whose recipients are chosen, and instruments of which nobody takes two, by hand."""

from __future__ import annotations

import io
import re
import time
from itertools import permutations
from typing import Any

import pytest
from rich.console import Console
from support.build import instance_of, solve

import optimizer
from finance.conftest import GRANT, LEFT, YEARS, Data, plant, worth
from optimizer.briefs.brief import Brief
from optimizer.briefs.plans import say
from optimizer.network.network import network_of
from optimizer.network.tables import INVESTMENT
from optimizer.solver import highs, least_outlay
from optimizer.solver.extensive import compile_all, problem_of
from optimizer.solver.first_plan import plan_of
from optimizer.solver.options import Options
from optimizer.solver.start import start_of

CREDIT = {"id": "credit", "kind": "production_credit", "material": "magnet", "amount": 800.0, "decided": True}
FLOOR = {"id": "floor", "kind": "price_floor", "material": "magnet", "floor": 9800.0, "decided": True}
AN = 100 * sum(worth(year) for year in YEARS)
"""What a dollar a tonne is worth at the hurdle rate: 100 t in each of three years."""


def two(*instruments: Data, tonnes: float = 200.0, **changes: Any) -> Data:
    """A second plant like the first, and twice the demand."""
    data = plant({"instruments": list(instruments)}, tonnes=tonnes, **changes)
    data["facilities"]["forge"] = data["facilities"]["works"] | {}
    return data


def sound(data: Data) -> optimizer.Plan:
    plan = solve(data)
    assert plan.status == "optimal"
    assert plan.info["verdict"]["ok"], plan.info["verdict"]
    return plan


def recipients(plan: optimizer.Plan) -> set[tuple[str, str]]:
    return set(zip(plan.recipients["instrument"], plan.recipients["facility"], strict=True))


def paid(plan: optimizer.Plan, instrument: str) -> dict[int, float]:
    found = plan.outlay[plan.outlay["instrument"] == instrument]
    return dict(zip(found["year"], found["usd"], strict=True))


def granted(plan: optimizer.Plan) -> float:
    return float(plan.grants["usd"].sum())


@pytest.mark.parametrize("one", [CREDIT, FLOOR])
def test_who_is_chosen_is_paid(one: Data) -> None:
    """800 USD on each of 100 t a year: worth 198,948 where 185,991 are missing."""
    assert 800 * AN > -LEFT
    plan = sound(plant({"instruments": [one]}))
    assert len(plan.portfolio) == 1
    assert recipients(plan) == {(one["id"], "works")}
    assert paid(plan, one["id"]) == pytest.approx(dict.fromkeys(YEARS, 80_000.0))


def test_so_many_are_chosen_at_most() -> None:
    """Of two plants one; all in all both, and without a limit both."""
    assert len(sound(two(CREDIT | {"recipients": 1})).portfolio) == 1
    plan = sound(two(CREDIT | {"recipients": 2}))
    assert len(plan.portfolio) == 2
    assert recipients(plan) == {("credit", "works"), ("credit", "forge")}
    assert len(sound(two(CREDIT)).portfolio) == 2


def test_only_the_chosen_are_paid() -> None:
    """A credit on oxide that nobody needs: the mine has no books, and is not chosen; as an entitlement it is paid."""
    oxide = CREDIT | {"material": "oxide", "amount": 10.0}
    plan = sound(plant({"instruments": [GRANT, oxide]}))
    assert recipients(plan) == set()
    assert not paid(plan, "credit")
    assert granted(plan) == pytest.approx(-LEFT, rel=1e-5)
    everybody = sound(plant({"instruments": [GRANT, oxide | {"decided": False}]}))
    assert paid(everybody, "credit") == pytest.approx(dict.fromkeys(YEARS, 1000.0))


def test_nobody_is_chosen_for_nothing() -> None:
    """At a price at which it pays its way nothing is paid, though it might be."""
    plan = sound(plant({"instruments": [CREDIT]}, price=9800.0))
    assert len(plan.portfolio) == 1
    assert recipients(plan) == set()


def test_the_upside_is_owed_by_the_chosen_only() -> None:
    """A floor of 8,000 where the price is 9,000, of which the government has 30 percent: nobody would agree to it."""
    upside = FLOOR | {"floor": 8000.0, "upside": 0.3}
    plan = sound(plant({"instruments": [GRANT, upside]}))
    assert granted(plan) == pytest.approx(-LEFT, rel=1e-5)
    assert recipients(plan) == set()
    everybody = sound(plant({"instruments": [GRANT, upside | {"decided": False}]}))
    assert granted(everybody) == pytest.approx(-LEFT + 300 * AN, rel=1e-5)


def test_nobody_agrees_to_what_only_takes() -> None:
    """Nobody of whom no books are kept either: a floor on oxide below its price would bring 30 percent of 1,000."""
    taking = FLOOR | {"material": "oxide", "floor": 4000.0, "upside": 0.3}
    plan = sound(plant({"instruments": [GRANT, taking]}))
    assert recipients(plan) == set()
    assert not paid(plan, "floor")


def test_nobody_is_chosen_for_what_the_government_earns() -> None:
    """The mine would have 10,000 in 2028 and owe 5,500 in two years: at 10 percent both would gain by it."""
    floor = FLOOR | {"material": "oxide", "floor": {2027: 5100, 2029: 4000}, "upside": 0.055}
    assert 10_000 * worth(2028) > 5500 * (worth(2029) + worth(2030))
    plan = sound(plant({"instruments": [GRANT, floor]}))
    assert recipients(plan) == set()
    assert granted(plan) == pytest.approx(-LEFT, rel=1e-5)


def test_who_is_chosen_is_so_in_all_years() -> None:
    """1,000 a tonne in 2028, and half of 1,000 owed in 2029 and 2030: the plant gains, the government loses nothing."""
    floor = FLOOR | {"floor": {2027: 10_000, 2029: 8000}, "upside": 0.5}
    gains = 100_000 * worth(2028) - 50_000 * (worth(2029) + worth(2030))
    assert gains == pytest.approx(12_021, abs=1)
    plan = sound(plant({"instruments": [GRANT, floor]}))
    assert recipients(plan) == {("floor", "works")}
    assert paid(plan, "floor") == pytest.approx({2028: 100_000.0, 2029: -50_000.0, 2030: -50_000.0})
    assert granted(plan) == pytest.approx(-LEFT - gains, rel=1e-5)


def test_and_for_all_tonnes() -> None:
    """The years that are paid are worth more to the plant than those that are owed; it cannot have them alone.

    Discounted at 20 percent the government pays more than it has back: 83,333 in 2028, 63,657 later. A grant of 12,021
    less costs less than that difference.
    """
    floor = FLOOR | {"floor": {2027: 10_000, 2029: 8000}, "upside": 0.5}
    assert pytest.approx(19_676, abs=1) == 100_000 / 1.2 - 50_000 * (1.2**-2 + 1.2**-3)
    plan = sound(plant({"instruments": [GRANT, floor]}, discount_rate=0.2))
    assert recipients(plan) == set()
    assert granted(plan) == pytest.approx(-LEFT, rel=1e-5)


def test_a_cap_on_what_the_chosen_are_paid() -> None:
    """All tonnes of a recipient are paid for: what is capped is made less of. 239,000 USD are 298.75 t in all."""
    assert len(sound(plant({"instruments": [CREDIT | {"cap": 240_001.0}]})).portfolio) == 1
    plan = sound(plant({"instruments": [CREDIT | {"cap": 239_000.0}]}))
    made = plan.runs[plan.runs["recipe"] == "press"]["run"].sum()
    assert made == pytest.approx(298.75)
    assert sum(paid(plan, "credit").values()) == pytest.approx(239_000.0)
    assert sound(plant({"instruments": [CREDIT | {"cap": 200_000.0}]})).portfolio.empty


def test_a_cap_on_what_one_of_the_chosen_is_paid() -> None:
    """239,000 USD for each of two plants are 298.75 t of each in all; twice that for both together is as much."""
    plan = sound(two(CREDIT | {"cap_per_recipient": 239_000.0}))
    made = plan.runs[plan.runs["recipe"] == "press"].groupby("facility")["run"].sum()
    assert made.to_dict() == pytest.approx({"works": 298.75, "forge": 298.75})
    assert sum(paid(plan, "credit").values()) == pytest.approx(478_000.0)
    assert sound(two(CREDIT | {"cap_per_recipient": 200_000.0})).portfolio.empty
    plan = sound(two(CREDIT | {"cap": 478_000.0}))
    assert sum(paid(plan, "credit").values()) == pytest.approx(478_000.0)
    assert plan.runs[plan.runs["recipe"] == "press"]["run"].sum() == pytest.approx(597.5)


def test_what_is_earned_adds_nothing_to_a_cap() -> None:
    """100,000 are paid in 2028 and had back later: a cap of 99,000 is too little."""
    floor = FLOOR | {"floor": {2027: 10_000, 2029: 8000}, "upside": 0.5}
    plan = sound(plant({"instruments": [GRANT, floor | {"cap": 100_001.0}]}))
    assert recipients(plan) == {("floor", "works")}
    plan = sound(plant({"instruments": [GRANT, floor | {"cap": 99_000.0}]}))
    assert recipients(plan) == set()


def test_what_the_chosen_are_paid_counts_in_the_budget() -> None:
    """80,000 a year: with a little less than that the plant cannot be chosen for all it must make."""
    for annual, enough in ((80_001.0, True), (70_000.0, False)):
        plan = sound(plant({"instruments": [CREDIT]}, policy={"budget": {"annual": annual}}))
        assert len(plan.portfolio) == enough, annual
    plan = sound(plant({"instruments": [CREDIT | {"budget": False}]}, policy={"budget": {"annual": 0.0}}))
    assert len(plan.portfolio) == 1


def test_a_bonus_is_paid_to_the_chosen() -> None:
    """100 USD a tonne, 800 where it is made in the trusted channel."""
    plan = sound(plant({"instruments": [CREDIT | {"amount": 100.0, "bonus": {"amount": 800.0, "channel": "trusted"}}]}))
    assert paid(plan, "credit") == pytest.approx(dict.fromkeys(YEARS, 80_000.0))


def test_a_chosen_and_a_grant_add_up() -> None:
    """400 USD a tonne, and a grant for what is still missing; a credit is worth more than it costs at 20 percent."""
    plan = sound(plant({"instruments": [GRANT, CREDIT | {"amount": 400.0}]}, discount_rate=0.2))
    assert recipients(plan) == {("credit", "works")}
    assert granted(plan) == pytest.approx(-LEFT - 400 * AN, rel=1e-4)


BANK = {"id": "bank", "kind": "loan", "max_share": 0.5, "rate": 0.0, "term": 2}
"""Half of capex: worth 500,000 x (1 - 0.5 x (0.826 + 0.751)) = 105,560."""
AID = GRANT | {"max_share": 0.1}
"""100,000 USD at most."""
HALF = CREDIT | {"amount": 400.0}
"""Worth 99,474."""


@pytest.mark.parametrize(("one", "other"), list(permutations([BANK, AID, HALF], 2)))
def test_nobody_takes_two_that_exclude_each_other(one: Data, other: Data) -> None:
    """Two of three bring the 185,991 that are missing, one does not; which of the two says so is nothing to it."""
    assert len(sound(plant({"instruments": [one, other]})).portfolio) == 1
    assert sound(plant({"instruments": [one | {"not_with": [other["id"]]}, other]})).portfolio.empty


def test_a_facility_takes_the_one_and_another_the_other() -> None:
    """Two plants, a grant for one of them and a credit for one."""
    aid = GRANT | {"cap": 190_000.0, "not_with": ["credit"]}
    plan = sound(two(aid, CREDIT | {"recipients": 1}))
    assert len(plan.portfolio) == 2
    chosen = {facility for _, facility in recipients(plan)}
    assert len(chosen) == 1
    assert set(plan.grants["facility"]) == {"works", "forge"} - chosen


def test_the_cheaper_of_two_is_taken() -> None:
    """A credit of 240,000 in all, or a grant of 185,991; at 30 percent the credit costs less, for it is paid later."""
    credit = CREDIT | {"not_with": ["aid"]}
    plan = sound(plant({"instruments": [GRANT, credit]}))
    assert recipients(plan) == set()
    assert granted(plan) == pytest.approx(-LEFT, rel=1e-5)
    plan = sound(plant({"instruments": [GRANT, credit]}, discount_rate=0.3))
    assert 80_000 * sum(1.3 ** (2027 - year) for year in YEARS) < -LEFT
    assert recipients(plan) == {("credit", "works")}
    assert plan.grants.empty


def test_both_methods_agree() -> None:
    """Benders deals out what is paid to the chosen, and its master chooses them."""
    data = two(CREDIT | {"recipients": 1, "not_with": ["aid"]}, GRANT | {"cap": 190_000.0}, FLOOR | {"recipients": 1})
    one, other = solve(data, method="extensive"), solve(data, method="benders")
    assert one.objective == pytest.approx(other.objective)
    assert len(one.portfolio) == 2
    for plan in (one, other):
        assert plan.info["verdict"]["ok"]


def test_a_plan_to_start_from_leaves_open_who_is_chosen() -> None:
    """Fundings alone are given."""
    data = two(CREDIT)
    plan = sound(data)
    again = solve(data, start=plan)
    assert again.objective == pytest.approx(plan.objective)
    assert len(again.recipients) == 2


def begun_with(data: Data, recipients: set[tuple[str, str]] | None) -> set[object]:
    """Who is chosen in the plan in which both plants are funded, which a search begins with."""
    network = network_of(instance_of(data))
    blocks, _ = compile_all(network)
    problem = problem_of(network, blocks, {})
    both = [("works", "build", 2027), ("forge", "build", 2027)]
    found = plan_of(problem, both, Options(), None, None, recipients)
    assert found.values is not None
    mine = problem.blocks[INVESTMENT]
    local = problem.local(INVESTMENT, found.values)
    return {key[1] for i, key in enumerate(mine.columns) if key[0] == "recipient" and local[i] > 0.5}


def test_a_longer_menu_begins_with_the_plan_of_a_shorter_one() -> None:
    """Who took what stays so where that is a plan; else it is open, and the credit alone pays for both."""
    both = {("credit", "works"), ("credit", "forge")}
    assert begun_with(two(GRANT, CREDIT), set()) == set()
    assert begun_with(two(GRANT, CREDIT), {("credit", "works")}) == {("credit", "works")}
    assert begun_with(two(CREDIT), set()) == begun_with(two(CREDIT), None) == both


def test_the_plan_to_start_from_takes_half_of_the_time_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its program has a deadline of its own: else it outlasts the limit where it is hard, and no plan is sought."""
    asked: list[float] = []

    def noted(*given: Any, **named: Any) -> Any:
        if named["phase"] == "the plan to start from":
            asked.append(named["deadline"])
        return highs.run(*given, **named)

    plan = sound(two(CREDIT))
    monkeypatch.setattr("optimizer.solver.first_plan.run", noted)
    began = time.monotonic()
    optimizer.solve(instance_of(two(CREDIT)), start=plan, time_limit=100.0)
    assert len(asked) == 1
    assert began < asked[0] <= time.monotonic() + 50.0


def test_a_start_says_who_takes_what() -> None:
    """Of a plan: who is chosen, who is granted and who is lent something."""
    plan = sound(plant({"instruments": [CREDIT | {"amount": 400.0}, GRANT | {"max_share": 0.05}, BANK]}))
    found = start_of(plan).recipients
    tables = (plan.recipients, plan.grants, plan.financing)
    assert found is not None
    assert set(found) == {(i, f) for one in tables for i, f in zip(one["instrument"], one["facility"], strict=True)}
    assert ("credit", "works") in found


@pytest.mark.slow
def test_instruments_never_make_a_plan_dearer() -> None:
    """One added to any others: each is a help that may be left; only what everybody gets may cost somebody."""
    instruments: list[Data] = [
        GRANT | {"max_share": 0.02},
        BANK | {"max_share": 0.1, "not_with": ["aid"]},
        {"id": "shares", "kind": "equity", "max_share": 0.1, "dividend": 0.03, "redeemed": 3, "not_with": ["credit"]},
        CREDIT | {"amount": 300.0, "recipients": 1},
        FLOOR | {"floor": {2027: 9800, 2030: 8000}, "upside": 0.1, "not_with": ["bank"]},
    ]
    costs: dict[frozenset[int], float] = {}
    for mask in range(2 ** len(instruments)):
        chosen = frozenset(i for i in range(len(instruments)) if mask >> i & 1)
        names = {str(instruments[i]["id"]) for i in chosen}
        mine = []
        for i in sorted(chosen):
            one = dict(instruments[i])
            if "not_with" in one:
                one["not_with"] = [name for name in one["not_with"] if name in names]
            mine.append(one)
        plan = sound(two(*mine, price=9600.0))
        assert plan.objective is not None
        costs[chosen] = plan.objective
    for chosen, cost in costs.items():
        for i in chosen:
            assert cost <= costs[chosen - {i}] * (1 + 1e-6)
    assert len({round(cost) for cost in costs.values()}) > 2


PLANTS = {"works": (1.0e6, 2000.0), "forge": (0.9e6, 2300.0), "mill": (1.1e6, 1800.0)}
"""Capex, and USD per t."""


def three(finance: Data, *, stands: float = 0.0, price: float = 9000.0) -> Data:
    """Three plants that differ, one of them in two units, for 250 t in two channels; part of one stands."""
    data = plant(finance, price=price)
    data["markets"]["programs"]["demand"][0]["tonnes"] = 150.0
    data["markets"]["trade"] = {
        "channel": "commercial", "country": "USA",
        "demand": [{"product": "magnet", "tonnes": 100.0, "shortage_cost": 5.0e5}],
    }  # fmt: skip
    data["materials"]["scrap"] = {"stage": "magnet", "price": 100.0}
    first = data["facilities"].pop("works")
    for name, (capex, cost) in PLANTS.items():
        press = data["recipes"]["press"] | {"cost": cost, "outputs": {"magnet": 1.0, "scrap": 0.1}}
        data["recipes"][f"press_{name}"] = press
        option = first["options"][0] | {"capex": capex}
        data["facilities"][name] = first | {"recipes": [f"press_{name}"], "options": [option]}
    data["facilities"]["forge"] |= {"capacity": stands, "fixed_cost": 500.0}
    mill = data["facilities"]["mill"]
    mill |= {"capacity": {"one": 0, "two": 0}, "recipes": {"press_mill": {"unit": "one"}, "press": {"unit": "two"}}}
    mill["options"] = [mill["options"][0] | {"capacity": {"one": 60, "two": 40}}]
    return data


def cheapest(finances: list[Data], **changes: Any) -> float:
    """The least cost over instances that differ in finance."""
    costs = [solve(three(finance, **changes)).objective for finance in finances]
    return min(cost for cost in costs if cost is not None)


ANY = [[name for i, name in enumerate(PLANTS) if mask >> i & 1] for mask in range(8)]
"""Every set of plants."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "one", [CREDIT | {"amount": 1000.0}, FLOOR | {"material": ["magnet", "scrap"], "floor": 9900.0}]
)
@pytest.mark.parametrize("stands", [0.0, 30.0])
@pytest.mark.parametrize("budget", [0.0, 120_000.0])
def test_choosing_is_the_best_of_all_choices(one: Data, stands: float, budget: float) -> None:
    """What is decided costs what the best set of recipients costs, each tried as an entitlement of just these."""
    rest = {"policy": {"budget": {"annual": budget}}} if budget else {}
    aid = GRANT | {"max_share": 0.08}

    def data(instrument: Data) -> Data:
        return {"instruments": [aid, instrument]}

    def best(data: list[Data]) -> float:
        costs = [solve(three(finance, stands=stands) | rest).objective for finance in data]
        return min(cost for cost in costs if cost is not None)

    plain = {key: value for key, value in one.items() if key != "decided"}
    each = [data(plain | {"where": {"id": names}}) for names in ANY if names]
    plan = sound(three(data(one), stands=stands) | rest)
    assert plan.objective == pytest.approx(min(best(each), best([{"instruments": [aid]}])), rel=1e-6)
    limited = sound(three(data(one | {"recipients": 1}), stands=stands) | rest)
    single = [data(plain | {"where": {"id": names}}) for names in ANY if len(names) == 1]
    assert limited.objective == pytest.approx(min(best(single), best([{"instruments": [aid]}])), rel=1e-6)


@pytest.mark.parametrize("price", [9200.0, 9500.0])
def test_excluding_is_the_best_of_all_choices(price: float) -> None:
    """As if every set of plants were tried with the one, and the rest with the other."""
    aid, bank = GRANT | {"max_share": 0.12, "cap": 2.0e5}, BANK | {"max_share": 0.6}
    finances: list[Data] = []
    for names in ANY:
        others = [name for name in PLANTS if name not in names]
        mine = [one | {"where": {"id": of}} for one, of in ((aid, names), (bank, others)) if of]
        finances.append({"instruments": mine})
    plan = sound(three({"instruments": [aid | {"not_with": ["bank"]}, bank]}, price=price))
    assert plan.objective == pytest.approx(cheapest(finances, price=price), rel=1e-6)
    both = sound(three({"instruments": [aid, bank]}, price=price))
    assert both.objective is not None
    assert plan.objective is not None
    assert both.objective <= plan.objective * (1 + 1e-6)


def test_recipients_stay_where_they_are_not_chosen_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan's own, and the least for these."""
    monkeypatch.setattr(least_outlay, "SECONDS", 0.0)
    plan = sound(two(CREDIT, GRANT | {"cap": 190_000.0}))
    assert len(plan.portfolio) == 2
    assert "not brought to its least" in plan.info["why"]
    assert granted(plan) <= -LEFT * (1 + 1e-5) * (2 - len(recipients(plan)))
    monkeypatch.undo()
    assert "least" not in sound(two(CREDIT, GRANT | {"cap": 190_000.0})).info["why"]


def test_the_brief_says_who_is_chosen_and_what_is_owed() -> None:
    """Two loans of 881,000 USD without interest, and in another instance two that are chosen."""
    bank = BANK | {"max_share": 1.0}
    out = io.StringIO()
    for plan in (sound(two(bank)), sound(two(CREDIT))):
        brief = Brief()
        say(brief, plan)
        brief.print_to(Console(file=out, width=200))
    text = out.getvalue()
    assert "Lent and paid in 1.76 M USD; most of it is at risk at the end of 2027: 1.76 M USD owed" in text
    assert re.search(r"credit +production credit +2 chosen +480,000 USD", text)
