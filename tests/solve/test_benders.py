"""Benders finds what the whole problem has, of every risk measure, and says no more than it has proved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from support.build import Data, instance_of
from support.cases import OWN, ROOT, Case, case_data, cases_in, contract, name_of
from support.generate import generate, under_limits
from support.params import first_fast, some_fast
from support.subsets import instance_data, plants

import optimizer
from optimizer.errors import OptionsError, SolveError
from optimizer.network.derive import tables_of
from optimizer.network.network import network_of
from optimizer.network.tables import TRUNK
from optimizer.plan.columns import rows_of
from optimizer.solver import methods as choosing
from optimizer.solver.benders import asking
from optimizer.solver.benders import groups as grouping
from optimizer.solver.benders.bounds import limited, most_made
from optimizer.solver.benders.search import Search
from optimizer.solver.benders.split import split, undivided
from optimizer.solver.compile import Problem, money_of
from optimizer.solver.highs import Stop, run
from optimizer.solver.options import Options
from optimizer.solver.solve import begin

GAP = 1e-6
RISKS: dict[str, Data] = {
    "expected": {"measure": "expected"},
    "cvar": {"measure": "cvar", "alpha": 0.5, "weight": 0.5},
    "tail alone": {"measure": "cvar", "alpha": 0.5, "weight": 1.0},
    "worst_case": {"measure": "worst_case"},
    "regret": {"measure": "regret"},
}


def by_benders(instance: optimizer.Instance, **more: Any) -> optimizer.Plan:
    """The plan that Benders finds."""
    return optimizer.solve(instance, method="benders", **({"gap": GAP, "threads": 1} | more))


@pytest.mark.parametrize("case", some_fast([*cases_in(contract()), *cases_in(OWN)], 3), ids=name_of)
def test_known_optima(case: Case) -> None:
    """What is worked out by hand is found without ever solving the whole."""
    expected = case.expected
    instance = optimizer.load(case.folder)
    if undivided(begin(network_of(instance), Options(threads=1)).blocks):
        with pytest.raises(OptionsError, match="whole numbers"):
            by_benders(instance)
        return
    plan = by_benders(instance, gap=1e-9)
    assert plan.status == expected["status"]
    if plan.status == "optimal":
        assert plan.objective == pytest.approx(expected["objective"], rel=1e-6, abs=1e-6)
        assert plan.info["verdict"]["ok"], plan.info["verdict"]
        assert plan.info["method"] == "benders"


@pytest.mark.parametrize("seed", first_fast([1, 4], 1))
@pytest.mark.parametrize("risk", RISKS)
def test_agrees_with_the_whole_problem(seed: int, risk: str) -> None:
    """Both methods' plans and bounds enclose one value."""
    data = generate(seed, scenarios=3) | {"risk": RISKS[risk]}
    instance = instance_of(data)
    whole = optimizer.solve(instance, method="extensive", gap=GAP, threads=1)
    plan = by_benders(instance)
    assert plan.status == whole.status
    if whole.status != "optimal":
        return
    assert plan.objective == pytest.approx(whole.objective, rel=3e-6, abs=1.0)
    assert whole.objective is not None
    assert plan.info["bound"] <= whole.objective + 1e-6 * abs(whole.objective) + 1.0
    assert plan.info["verdict"]["ok"], plan.info["verdict"]


@pytest.mark.parametrize("seed", first_fast([1, 4, 5], 1))
def test_agrees_with_the_whole_problem_under_rules_in_amounts(seed: int) -> None:
    """As above, with caps and charges."""
    instance = instance_of(under_limits(generate(seed, scenarios=3)))
    whole = optimizer.solve(instance, method="extensive", gap=GAP, threads=1)
    plan = by_benders(instance)
    assert plan.status == whole.status == "optimal"
    assert plan.objective == pytest.approx(whole.objective, rel=3e-6, abs=1.0)
    assert plan.info["verdict"]["ok"], plan.info["verdict"]
    assert whole.info["verdict"]["ok"], whole.info["verdict"]


@pytest.mark.slow
def test_prices_are_those_of_the_whole_problem() -> None:
    """What one more of a rule is worth is told by the parts as by the whole."""
    instance = optimizer.load(ROOT / "instances" / "starter")
    found = {}
    for method in ("extensive", "benders"):
        plan = optimizer.solve(instance, method=method, gap=1e-5, threads=1)
        found[method] = plan
        assert plan.info["verdict"]["ok"]
    one, other = found["extensive"], found["benders"]
    assert {(r.facility, r.option, r.funded) for r in rows_of(one.portfolio)} == {
        (r.facility, r.option, r.funded) for r in rows_of(other.portfolio)
    }
    assert one.objective == pytest.approx(other.objective, rel=2e-5)
    binding = [{rule["label"]: rule["status"] for rule in plan.info["rules"]} for plan in (one, other)]
    assert binding[0] == binding[1]


def test_a_start_is_used_and_a_stop_is_heard() -> None:
    """An earlier portfolio is a plan at once; asked to stop, the best plan is kept and not called optimal."""
    instance = instance_of(generate(5, scenarios=2))
    first = by_benders(instance)
    stop = Stop()
    again = by_benders(instance, start=first)
    assert again.info["start"] == "used"
    assert again.objective == pytest.approx(first.objective, rel=1e-5)
    stop.asked.set()
    assert by_benders(instance, stop=stop).status == "no_plan"


def test_auto_takes_the_method_that_suits_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large problems are dealt out; where that fails, the whole is solved after all, and the plan says so."""
    instance = instance_of(generate(5, scenarios=2))
    small = optimizer.solve(instance, gap=GAP, threads=1)
    assert small.info["method"] == "extensive"
    assert "small enough" in small.info["method_why"]
    monkeypatch.setattr(choosing, "DEALT", 1)
    large = optimizer.solve(instance, gap=GAP, threads=1)
    assert large.info["method"] == "benders"
    assert large.objective == pytest.approx(small.objective, rel=1e-5)

    undisturbed = instance_of(generate(5, scenarios=0))
    alone = optimizer.solve(undisturbed, gap=GAP, threads=1)
    assert alone.info["method"] == "extensive"
    assert "one future" in alone.info["method_why"]
    monkeypatch.setattr(choosing, "TRUNK_DEALT", 1)
    apart = optimizer.solve(undisturbed, gap=GAP, threads=1)
    assert apart.info["method"] == "benders"
    assert "one future" in apart.info["method_why"]
    assert apart.objective == pytest.approx(alone.objective, rel=1e-5)

    def fails(*_: object) -> None:
        raise SolveError("the master has no end")

    monkeypatch.setattr(choosing, "decompose", fails)
    after_all = optimizer.solve(instance, gap=GAP, threads=1)
    assert after_all.info["method"] == "extensive"
    assert "the master has no end" in after_all.info["method_why"]
    assert after_all.objective == pytest.approx(small.objective, rel=1e-6)
    with pytest.raises(SolveError):
        by_benders(instance)


@pytest.mark.slow
def test_no_plan_within_the_tolerances_is_not_called_infeasible(monkeypatch: pytest.MonkeyPatch) -> None:
    """Portfolios that are done with and hold no plan are no proof that there is none."""
    monkeypatch.setattr(Search, "_within_rows", lambda *_: False)
    plan = by_benders(instance_of(instance_data(plants(1, 3))))
    assert plan.status == "no_plan"
    assert "tolerances" in plan.info["why"]


def test_every_cut_holds_at_every_portfolio_found() -> None:
    """No cut says more than a part costs at a point where it was asked."""
    network = network_of(instance_of(generate(3, scenarios=3)))
    begun = begin(network, Options(threads=1))
    search = Search(network, begun.blocks, begun.out.tables, {}, Options(gap=1e-6, threads=1))
    assert search.run() == "optimal"
    z = search.best.z
    assert z is not None
    for cut in search.master.cuts:
        assert cut.misses(z) <= 1e-6 * max(1.0, abs(cut.constant))
    assert search.bound <= search.best.objective * (1 + 1e-9)
    search.close()


def test_dealing_out_loses_nothing() -> None:
    """Every row, own column and cost of a course is the master's or one part's."""
    network = network_of(instance_of(generate(4, scenarios=3)))
    blocks = begin(network, Options(threads=1)).blocks
    dealt = split(network, blocks, 1.0 / money_of(blocks.values()))
    for name in ("trunk", *network.windows):
        block = blocks[name]
        mine = [part for part in dealt.parts if part.course == name]
        assert len(dealt.master[name].rows) + sum(len(part.rows) for part in mine) == len(block.rows)
        own = sum(len(part.block.columns) - len(part.block.owners) for part in mine)
        assert len(dealt.master[name].columns) - len(mine) + own == len(block.columns)
        cost = dealt.master[name].cost[:, : len(dealt.master[name].columns) - len(mine)].sum()
        assert cost + sum(part.block.cost.sum() for part in mine) == pytest.approx(block.cost.sum(), rel=1e-12)


def test_a_start_that_presolve_makes_cheaper_is_no_optimum() -> None:
    """HiGHS 1.16 calls 270.2 the optimum of this program when it starts from a point of 287.2, its true optimum."""
    rows = [
        [1, 1, 0, 0, 0], [0, 0, 1, 0, 0], [-1, 0, 1, 0, 0], [17.35537190082644, 0, 0, 1, 0],
        [33.884297520661164, 33.884297520661164, 16.942148760330582, 0, 1], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1],
    ]  # fmt: skip
    none = -np.inf
    problem = Problem(
        blocks={}, place={}, row_start={},
        matrix=sp.csr_array(np.array(rows, dtype=float)),
        row_lower=np.array([none, none, none, 117.35537103305785, 187.1900809504132, 100.0, 136.36363636363635]),
        row_upper=np.array([1.0, 1.0, 0.0, np.inf, np.inf, np.inf, np.inf]),
        lower=np.array([0.0, 0.0, 0.0, none, none]), upper=np.array([1.0, 1.0, 1.0, np.inf, np.inf]),
        integer=np.array([True, True, True, False, False]),
        objective=np.array([33.884297520661164, 16.528925619834723, 16.942148760330582, 1.0, 1.0]),
        offset=0.0, money=1.0,
    )  # fmt: skip
    plain = run(problem, Options(gap=1e-9, threads=1))
    start = np.array([1.0, 0.0, 1.0, 100.0, 136.36363636363637])
    raw = run(problem, Options(gap=1e-9, threads=1), start=start)
    assert plain.objective is not None
    assert raw.objective == pytest.approx(plain.objective)
    assert raw.ended != "optimal" or raw.bound == pytest.approx(raw.objective)


def test_known_makers_have_a_limit_in_the_master() -> None:
    """Where branches gain by makers that are known, the master cannot count on ever more of them."""
    instance = optimizer.load(OWN / "a_second_maker_is_kept")
    network = network_of(instance)
    begun = begin(network, Options(threads=1))
    block = begun.blocks[TRUNK]
    known = [i for i, (component, _) in enumerate(block.columns) if component == "known"]
    assert known
    assert np.isinf(block.upper[known]).all()
    tables = tables_of(network)
    block = limited(block, TRUNK, {}, most_made(tables))
    assert block.upper[known] == pytest.approx(200.0)  # what both plants make in the year


def many(seed: int) -> Data:
    """A generated instance of six disruptions."""
    data = generate(seed, scenarios=6)
    for scenario in data["scenarios"]:
        scenario["probability"] = 0.1
    return data


@pytest.mark.parametrize("seed", first_fast([1, 4, 5], 1))
def test_futures_that_share_a_cut(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few cuts for many futures lead to the same optimum."""
    instance = instance_of(many(seed))
    whole = optimizer.solve(instance, method="extensive", gap=GAP, threads=1)
    network = network_of(instance)
    begun = begin(network, Options(threads=1))
    monkeypatch.setattr(grouping, "MOST", 2)
    search = Search(network, begun.blocks, begun.out.tables, {}, Options(gap=1e-6, threads=1))
    branches = [group for group in search.groups if not search.parts[group.parts[0]].part.period]
    assert len(branches) == 2
    assert sum(len(group.parts) for group in branches) == len(network.windows)
    search.close()
    plan = by_benders(instance)
    assert plan.status == whole.status
    if whole.status == "optimal":
        assert plan.objective == pytest.approx(whole.objective, rel=3e-6, abs=1.0)
        assert plan.info["verdict"]["ok"], plan.info["verdict"]


def test_other_measures_look_at_each_future(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a tail or the worst counts, no future shares its cut."""
    monkeypatch.setattr(grouping, "MOST", 2)
    network = network_of(instance_of(many(4) | {"risk": RISKS["cvar"]}))
    begun = begin(network, Options(threads=1))
    search = Search(network, begun.blocks, begun.out.tables, {}, Options(gap=1e-6, threads=1))
    assert all(len(group.parts) == 1 for group in search.groups)
    search.close()


@pytest.mark.parametrize("seed", [1, 5])
def test_parts_that_give_their_memory_back_answer_alike(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing kept in the solver but a basis the optimum is the same."""
    instance = instance_of(generate(seed, scenarios=3))
    kept = by_benders(instance)
    monkeypatch.setattr(asking, "MEMORY", 0)
    plan = by_benders(instance)
    assert plan.status == kept.status
    assert plan.objective == pytest.approx(kept.objective, rel=3e-6, abs=1.0)


@pytest.mark.parametrize("risk", RISKS)
def test_what_is_bought_back_weighs_what_the_end_of_its_branch_weighs(risk: str) -> None:
    """A branch that another leaves is less likely at its end than at its beginning.

    Half of the futures release x of 10 t in 2028, which saves 35x in the mean; three in ten then buy back what they
    do not make again, for 12x, and two in ten are short of it in 2029 at 100. Were the 40 a t weighed by the half, it
    would cost 20x and x would be 2.
    """
    data = case_data("child_rejoins_at_price", risk=RISKS[risk])
    data["markets"]["town"]["demand"][0]["shortage_cost"] = {2027: 70, 2029: 100}
    instance = instance_of(data)
    whole = optimizer.solve(instance, method="extensive", gap=GAP, threads=1)
    plan = by_benders(instance)
    assert plan.info["verdict"]["ok"], plan.info["verdict"]
    assert plan.objective == pytest.approx(whole.objective, rel=3e-6)
    assert whole.objective is not None
    assert plan.info["bound"] <= whole.objective * (1 + 1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2, 3, 5])
def test_agrees_with_the_whole_problem_on_trees(seed: int) -> None:
    """Futures that leave others' branches, under each measure."""
    data = generate(seed, scenarios=1 + seed % 2, children=1 + seed % 3) | {"risk": list(RISKS.values())[seed % 5]}
    instance = instance_of(data)
    whole = optimizer.solve(instance, method="extensive", gap=GAP, threads=1)
    plan = by_benders(instance)
    assert plan.info["verdict"]["ok"], plan.info["verdict"]
    assert plan.objective == pytest.approx(whole.objective, rel=3e-6, abs=1.0)
    assert whole.objective is not None
    assert plan.info["bound"] <= whole.objective + 1e-6 * abs(whole.objective) + 1.0


@pytest.mark.slow
def test_no_portfolio_is_given_up_while_parts_have_something_new_to_say(tmp_path: Path) -> None:
    """By worst case many stocks of a portfolio are alike to the master; that its value stands proves nothing."""
    made = optimizer.generate(
        seed=173, facilities=33, periods=4, futures=6, channels=3, candidates=0.2, children=0.6, disrupted=0.5
    )
    instance = optimizer.load(made.save(tmp_path / "made")).replace(risk={"measure": "worst_case"})
    plan = by_benders(instance, gap=1e-3)
    assert plan.status == "optimal", plan.info["why"]
    assert plan.info["verdict"]["ok"]


@pytest.mark.parametrize("seed", first_fast([3, 9, 23], 1))
def test_a_plan_of_long_periods_passes_the_check_under_a_tail(seed: int) -> None:
    """What stands by a solver's tolerance runs in each of three years, and is no more than a tolerance all the same."""
    data = generate(seed, scenarios=2, children=seed % 2)
    last = data["periods"][-1]
    data["periods"][-1] = {"year": last["year"] if isinstance(last, dict) else last, "years": 3}
    data["risk"] = {"measure": "cvar", "alpha": 0.7, "weight": 0.6}
    plan = optimizer.solve(instance_of(data), method="benders", gap=1e-6, threads=1)
    assert plan.status == "optimal"
    assert plan.info["verdict"]["ok"], plan.info["verdict"]["violations"]
