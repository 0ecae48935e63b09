"""Perspective public: what governments pay is least, and cost only among plans with as little."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.build import instance_of, solve
from support.params import first_fast

import optimizer
from finance.conftest import GRANT, LEFT, YEARS, Data, plant, worth
from finance.test_decided import PLANTS, three
from finance.test_random import PERIODS, SPENDS, instruments
from optimizer.briefs.plans import say
from optimizer.cli.output import show
from optimizer.errors import InstanceError, OptionsError
from optimizer.verifier import verify_tables

LOAN = {"id": "bank", "kind": "loan", "max_share": 0.5, "rate": 0.02, "term": 5}
SERVED = ["service", "cost"]


def public(*chosen: Data, **changes: Any) -> Data:
    """One plant, service first, then public outlay."""
    return plant({"perspective": "public", "instruments": list(chosen)}, **({"lexicographic": SERVED} | changes))


def served(plan: optimizer.Plan) -> tuple[int, ...]:
    """Tonnes short by channel, within the tolerance of service."""
    return tuple(round(one["value"]) for one in plan.info["levels"] if one["level"] == "service")


def level(plan: optimizer.Plan, name: str = "outlay") -> Data:
    """A level of a plan."""
    found: Data = next(one for one in plan.info["levels"] if one["level"] == name)
    return found


def test_the_least_grant_is_what_is_missing_by_hand() -> None:
    """Nothing else pays for the plant, and without it the programmes would go short of three years."""
    plan = solve(public(GRANT))
    assert plan.status == "optimal"
    assert plan.info["verdict"]["ok"], plan.info["verdict"]
    assert [one["level"] for one in plan.info["levels"]] == ["service", "outlay", "cost"]
    # The last hundredth of a tonne of the service's tolerance need not be made.
    assert level(plan)["best"] == pytest.approx(-LEFT, rel=2e-6)
    assert level(plan)["value"] == pytest.approx(float(plan.outlay["usd"].sum()))
    assert plan.info["method_why"].startswith("what governments pay is to be least")


def test_a_dearer_plant_is_taken_where_governments_pay_less_for_it() -> None:
    """The state pays half of one plant, which costs the system less; the other pays its way by itself."""
    data = public(GRANT)
    works = data["facilities"]["works"]
    data["recipes"]["press"]["cost"] = 700.0
    data["recipes"]["press_dear"] = data["recipes"]["press"] | {"cost": 1000.0}
    data["facilities"]["mill"] = works | {
        "recipes": ["press_dear"],
        "options": [works["options"][0] | {"capex": 1.09e6}],
    }
    works["options"] = [works["options"][0] | {"capex": 1.2e6, "public_share": 0.5}]
    least = solve(data)
    system = solve(data | {"finance": data["finance"] | {"perspective": "system"}})
    assert list(system.portfolio["facility"]) == ["works"]
    assert list(least.portfolio["facility"]) == ["mill"]
    assert system.objective is not None
    assert least.objective is not None
    assert system.objective < least.objective
    assert float(system.outlay["usd"].sum()) == pytest.approx(0.6e6)
    assert level(least)["value"] == pytest.approx(0.0, abs=2.0)


@pytest.mark.parametrize("elsewhere", ["same hub", "another hub"])
def test_a_credit_is_not_dodged_by_throwing_away_what_others_make(elsewhere: str) -> None:
    """Programmes take 100 t of trusted magnets a year: they are sold and paid for, whatever is dumped beside them."""
    credit = {"id": "credit", "kind": "production_credit", "material": "magnet", "amount": 800.0,
              "where": {"tiers": ["domestic"]}}  # fmt: skip
    data = public(credit)
    data["finance"]["viability"] = False
    data["facilities"]["works"] |= {"capacity": 100, "options": []}
    data["facilities"]["smelter"] = data["facilities"]["mine"] | {"country": "CHN"}
    data["facilities"]["rival"] = data["facilities"]["works"] | {"country": "CHN", "capacity": 500}
    wanted = {"product": "magnet", "tonnes": 10.0, "shortage_cost": 1.0e5}
    data["markets"]["trade"] = {"channel": "commercial", "country": "USA", "demand": [wanted]}
    if elsewhere == "another hub":
        data["logistics"] = {
            "regions": {"home": ["USA"], "abroad": ["CHN"]},
            "freight": [{"from": "abroad", "to": "home", "cost": 1.0}],
        }
    plan = solve(data)
    assert plan.status == "optimal"
    assert plan.info["verdict"]["ok"], plan.info["verdict"]
    # The last hundredths of a tonne of the service's tolerance need not be made.
    assert level(plan)["best"] == pytest.approx(4 * 100 * 800.0, rel=2e-4)
    paid = plan.outlay[plan.outlay["instrument"] == "credit"]
    assert float(paid["usd"].sum()) == pytest.approx(4 * 100 * 800.0, rel=2e-4)


def test_public_outlay_is_the_least_of_all_portfolios_and_grants() -> None:
    """Every set of three plants, funded or not: what the cheapest needs, the grant of each by its own books."""
    finance = {"instruments": [{"id": "aid", "kind": "grant", "max_share": 1.0}]}
    data = three(finance)
    data["lexicographic"] = SERVED
    found = []
    for chosen in itertools.product((False, True), repeat=len(PLANTS)):
        only = {name for name, taken in zip(PLANTS, chosen, strict=True) if taken}
        facilities = {
            name: facility if name not in PLANTS or name in only else facility | {"options": []}
            for name, facility in data["facilities"].items()
        }
        plan = solve(data | {"facilities": facilities} | ({} if only else {"finance": None}))
        found.append((*served(plan), float(plan.outlay["usd"].sum())))
    best = min(found)
    least = solve(data | {"finance": data["finance"] | {"perspective": "public"}})
    assert served(least) == best[:2]
    # Operations may be such that governments pay less still, by what the tolerance of service leaves open.
    assert 0.999 * best[2] <= level(least)["value"] <= best[2] + 10.0


@pytest.mark.slow
@pytest.mark.parametrize("seed", first_fast(range(8), 3))
def test_an_instrument_with_recipients_of_its_own_never_raises_public_outlay(seed: int) -> None:
    """What may be left alone can only help; an entitlement is paid for whether it helps or not: there is none here."""
    dice = random.Random(seed)
    chosen = [one | {"not_with": []} for one in instruments(dice) if one["kind"] != "price_floor"]
    data = three(
        {"hurdle_rate": dice.choice([0.08, 0.15]), "perspective": "public"}, price=dice.choice([9000.0, 9400.0])
    )
    data |= {"lexicographic": SERVED, "discount_rate": dice.choice([0.0, 0.07]), "periods": dice.choice(PERIODS)}
    for name in PLANTS:
        option = data["facilities"][name]["options"][0]
        data["facilities"][name]["options"] = [
            option | {"spend": dice.choice(SPENDS), "latest": 2030, "public_share": dice.choice([0.0, 0.1])}
        ]
    # A grant of all there is to begin with, so that service is the same whatever else is on the menu.
    menu: list[Data] = [{"id": "all", "kind": "grant", "max_share": 1.0}]
    before = None
    for one in [None, *chosen]:
        menu += [] if one is None else [one]
        plan = solve(data | {"finance": data["finance"] | {"instruments": list(menu)}})
        assert plan.status == "optimal"
        assert plan.info["verdict"]["ok"], plan.info["verdict"]
        outlay = level(plan)["value"]
        assert before is None or outlay <= before + 5.0
        before = outlay


def test_credits_that_do_not_count_in_the_budget_count_here() -> None:
    """A tax credit is no appropriation, and public money nevertheless: by hand, the credit on 100 t a year."""
    credit = {"id": "tax", "kind": "production_credit", "material": "magnet", "amount": 500.0, "budget": False}
    plan = solve(public(GRANT, credit))
    paid = 3 * 100 * 500.0
    assert level(plan)["best"] == pytest.approx(paid + -LEFT - sum(100 * 500 * worth(y) for y in YEARS), rel=1e-5)
    assert plan.info["verdict"]["ok"]


def test_what_a_plan_states_of_public_outlay_is_held_to_the_tables() -> None:
    """Its value, its cap, its tolerance and its optimality."""
    plan = solve(public(GRANT))
    at = [one["level"] for one in plan.info["levels"]].index("outlay")

    def stated(**changes: Any) -> set[str]:
        levels = [dict(one) for one in plan.info["levels"]]
        levels[at] |= changes
        verdict = verify_tables(plan.instance, plan.info | {"levels": levels}, plan.tables)
        return {violation.constraint for violation in verdict.violations}

    value = level(plan)["value"]
    assert stated() == set()
    assert stated(value=value + 100.0) == {"outlay_level"}
    assert stated(value=None) == {"outlay_level"}
    assert stated(cap=value - 100.0) == {"outlay_level"}
    assert stated(cap=value + 1e4) == {"levels"}
    assert stated(tolerance=1e5) == {"levels"}
    assert stated(bound=value - 1e5) == {"levels"}
    assert stated(best=None) == {"levels"}
    levels = [one for one in plan.info["levels"] if one["level"] != "outlay"]
    verdict = verify_tables(plan.instance, plan.info | {"levels": levels}, plan.tables)
    assert {violation.constraint for violation in verdict.violations} == {"levels"}


def test_by_cost_alone_no_level_of_outlay_is_stated() -> None:
    """And with nothing that must be served nothing is paid: the least there is."""
    assert "levels" not in solve(plant({"instruments": [GRANT]})).info
    idle = solve(plant({"perspective": "public", "instruments": [GRANT]}))
    assert [one["level"] for one in idle.info["levels"]] == ["outlay", "cost"]
    assert level(idle)["value"] == 0
    assert idle.portfolio.empty


def test_it_goes_with_expected_cost_alone() -> None:
    """A worst case of what the trunk pays is no other than its mean; refused, with the way out."""
    with pytest.raises(InstanceError, match=r"perspective.*expected"):
        instance_of(public(GRANT, lexicographic=None, risk={"measure": "worst_case"}))


def test_the_screen_says_what_governments_pay_and_what_they_must(capsys: pytest.CaptureFixture[str]) -> None:
    """Beside what channels are short of."""
    show(say, solve(public(GRANT)))
    printed = capsys.readouterr().out
    assert "Public outlay first" in printed
    assert "185," in printed


def test_what_compares_plans_by_cost_alone_refuses_it(tmp_path: Path) -> None:
    """A target of cost would end the level of outlay; each study says so, and how to ask."""
    instance = instance_of(public(GRANT, lexicographic=None))
    studies: dict[str, Callable[[], object]] = {
        "alternatives": lambda: optimizer.alternatives(instance, within_usd=1.0),
        "why": lambda: optimizer.why(instance, "works"),
        "waivers": lambda: optimizer.waivers(instance),
        "sensitivity": lambda: optimizer.sensitivity(instance, tmp_path / "sensitivity"),
        "value": lambda: optimizer.value(instance),
        "survive": lambda: optimizer.survive(instance, losses=1),
        "frontier": lambda: optimizer.frontier(instance, ["policy.budget.total=0:2000000:3"]),
    }
    for name, study in studies.items():
        with pytest.raises(OptionsError, match=rf"public perspective.*{name}.*perspective=system"):
            study()


@pytest.mark.slow
def test_benders_finds_the_same_least_outlay() -> None:
    """Asked for by name it deals the row of outlay out like any other."""
    data = three({"perspective": "public", "instruments": [{"id": "all", "kind": "grant", "max_share": 1.0}]})
    data["lexicographic"] = SERVED
    whole, dealt = (solve(data, method=method, gap=1e-6) for method in ("extensive", "benders"))
    assert dealt.info["method"] == "benders"
    assert dealt.info["verdict"]["ok"]
    assert level(dealt)["best"] == pytest.approx(level(whole)["best"], rel=1e-5)
    assert dealt.objective == pytest.approx(whole.objective, rel=1e-5)


def test_what_stock_is_worth_at_the_end_is_no_payment() -> None:
    """A public reserve that counts costs governments what it costs without; it only lessens the cost that comes after.

    2 t are asked for from 2029 on, and at 9,000 a tonne are all that counts: filling it up takes 18,000 of outlay.
    """
    data = public(GRANT, tonnes=90.0)
    data["stockpiles"] = {
        "nds": {
            "country": "USA",
            "channel": "trusted",
            "materials": ["magnet"],
            "holding_cost": {"magnet": 1.0},
            "targets": [{"material": "magnet", "tonnes": {2027: 0, 2029: 2}}],
            "residual": 0.01,
        }
    }
    some = solve(data)
    data["stockpiles"]["nds"]["residual"] = 1.0
    all_ = solve(data)
    for plan, share in ((some, 0.01), (all_, 1.0)):
        assert plan.info["verdict"]["ok"], plan.info["verdict"]
        (row,) = plan.tables["residual"].itertuples()
        assert (row.counted, row.price, row.usd) == pytest.approx((2.0, 9000.0, share * 18_000.0))
    assert level(all_)["best"] == pytest.approx(level(some)["best"], rel=1e-6)
    assert all_.objective is not None
    assert some.objective is not None
    assert all_.objective == pytest.approx(some.objective - 0.99 * 18_000.0, abs=1.0)


def test_what_counts_at_the_end_buys_nothing_that_governments_pay_for() -> None:
    """Where nobody asks for it, a reserve that counts stays empty: filling it is outlay, and outlay comes first."""
    data = public(GRANT, tonnes=90.0)
    data["stockpiles"] = {
        "nds": {
            "country": "USA",
            "channel": "trusted",
            "materials": ["magnet"],
            "holding_cost": {"magnet": 1.0},
            "residual": 1.0,
            "residual_tonnes": {"magnet": 2.0},
        }
    }
    least = solve(data)
    assert least.tables["residual"]["counted"].to_list() == pytest.approx([0.0], abs=1e-3)
    system = solve(data | {"finance": data["finance"] | {"perspective": "system"}})
    assert system.tables["residual"]["counted"].to_list() == pytest.approx([2.0])
