"""Progressive hedging by mpi-sppy: the same models, refusals of what it cannot do, and the same answers within gaps."""

from __future__ import annotations

import importlib.util
import shutil
import statistics
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyomo.environ as pyo
import pytest
from pyomo.repn import generate_standard_repn
from support.build import Data, instance_of
from support.cases import cases_in, contract, name_of
from support.foresight import single_future
from support.generate import generate
from typer.testing import CliRunner

import optimizer
from optimizer import hedging
from optimizer.cli import app
from optimizer.errors import OptionsError, SolveError
from optimizer.instance.write import yaml_text
from optimizer.network.network import network_of
from optimizer.network.tables import INVESTMENT
from optimizer.solver import hedging as ranks
from optimizer.solver.extensive import compile_all, problem_of
from optimizer.solver.first_plan import plan_of
from optimizer.solver.highs import run
from optimizer.solver.options import Options

TWO_STAGES = ("co_option", "effects_on_recipes_and_options", "rejoin", "trunk_and_branch")
CASES = [case for case in cases_in(contract()) if case.folder.name in TWO_STAGES]
GAP = 1e-4


def test_a_scenario_is_the_problem_of_who_knows_the_future() -> None:
    """The Pyomo model of each future has the optimum of our matrix, and futures share columns by the same names."""
    network = network_of(instance_of(generate(2, scenarios=2)))
    blocks, _ = compile_all(network)
    names = []
    for future in hedging.futures_of(network):
        m, parts = hedging.model_of(network, future)
        pyo.SolverFactory("appsi_highs").solve(m)
        raw = run(single_future(network, blocks, future), Options(gap=0.0))
        assert pyo.value(m.objective) / m.money == pytest.approx(raw.objective, rel=1e-6)
        names.append([var.name for var in hedging.shared_of(network, parts)])
        first = len(parts[INVESTMENT][0].fund)
        assert all(".fund[" in name for name in names[-1][:first])
    assert len(names) == 3
    assert all(mine == names[0] for mine in names)
    assert sum(network.probability[future] for future in hedging.futures_of(network)) == pytest.approx(1.0)


def costs_in(expression: Any) -> dict[str, float]:
    """Coefficients by the names of columns; none of nothing."""
    repn = generate_standard_repn(expression)
    named = zip(repn.linear_vars, repn.linear_coefs, strict=True)
    return {var.name: coef for var, coef in named if coef} | ({"": repn.constant} if repn.constant else {})


def test_what_futures_share_costs_the_same_in_all_and_no_constant_is_left() -> None:
    """mpi-sppy's L-shaped method takes both from one scenario; what a future sees of the trunk differs, though."""
    network = network_of(optimizer.load("instances/starter"))
    shared, operated, rest = [], [], []
    for future in hedging.futures_of(network):
        m, parts = hedging.model_of(network, future)
        costs = costs_in(m.objective.expr)
        names = {var.name for var in hedging.shared_of(network, parts)}
        assert "" not in costs
        shared.append({name: cost for name, cost in costs.items() if name in names})
        operated.append(costs[m.operated.name])
        rest.append({name: cost for name, cost in costs_in(m.operations.body).items() if name in {*names, ""}})
    assert shared[0]
    assert all(costs == pytest.approx(shared[0]) for costs in shared)
    assert operated == [1.0] * len(operated)
    assert "" in rest[0]  # a constant that would be left, and stock that costs one future more than another
    assert any(costs != pytest.approx(rest[0]) for costs in rest[1:])


def test_penalties_are_of_what_a_column_costs() -> None:
    """Of a funding all of it; of a tonne in stock a share of what a tonne usually costs, which stands in a row."""
    network = network_of(instance_of(generate(2, scenarios=2)))
    future = hedging.futures_of(network)[1]
    m, parts = hedging.model_of(network, future)
    shared = hedging.shared_of(network, parts)
    m._mpisppy_node_list = [SimpleNamespace(nonant_vardata_list=shared)]
    rho = dict(hedging._rho_setter(m))
    first, rest = hedging._costs_of(network, future, parts)
    costs = {name: abs(cost) * m.money for name, cost in costs_in(first + rest).items() if name}
    fund = [var for var in shared if ".fund[" in var.name]
    stock = [var for var in shared if ".stock[" in var.name]
    usual = statistics.median([cost for name, cost in costs.items() if ".fund[" not in name])
    assert fund
    assert stock
    for var in fund:
        assert rho[id(var)] == pytest.approx(max(costs.get(var.name, 0.0), usual))
    for var in stock:
        share = hedging.SHARE / (1.0 + m.tonnes)
        assert rho[id(var)] == pytest.approx(max(costs.get(var.name, 0.0), usual) * share)


def test_a_hub_without_extensions_is_left_as_it_is() -> None:
    """The L-shaped method takes none, and would fail on ours; it writes at the end alone."""

    class Hub:
        def __init__(self, options: Any) -> None: ...

    hub = {"opt_class": Hub, "opt_kwargs": {"options": {}}}
    hedging.hub_and_spoke_dict_callback(hub, [], SimpleNamespace(found="folder"))
    assert hub == {"opt_class": Hub, "opt_kwargs": {"options": {}}}


def with_risk(data: Data) -> Data:
    return data | {"risk": {"measure": "worst_case"}}


def with_parent(data: Data) -> Data:
    first, second = data["scenarios"]
    first["onset"], second["onset"] = data["periods"][:2]
    for scenario in (first, second):
        scenario.pop("duration", None)
        for effect in scenario["effects"]:
            effect.pop("from", None)
            effect.pop("duration", None)
    second["parent"] = first["id"]
    return data


def without_scenarios(data: Data) -> Data:
    return data | {"scenarios": []}


def with_reactions(data: Data) -> Data:
    for facility in data["facilities"].values():
        for option in facility.get("options", []):
            option["react"] = True
    return data


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (with_risk, "hedging minimises expected cost, and risk is 'worst_case'"),
        (with_parent, "scenarios have a parent, and hedging knows two stages"),
        (without_scenarios, "no scenario has effects"),
        (with_reactions, "options that react are decided in branches"),
    ],
)
def test_what_it_cannot_do_is_refused(change: Any, words: str) -> None:
    """Before anything is built, with a method that can."""
    instance = instance_of(change(generate(2, scenarios=2)))
    with pytest.raises(OptionsError, match=f"method is 'hedging', but {words}.*; 'extensive' can solve it"):
        optimizer.solve(instance, method="hedging")


def test_without_the_extra_it_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 2, what is missing and the line to type."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    command = ["solve", "instances/starter", "--method", "hedging", "-o", str(tmp_path / "plan"), "--quiet"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 2
    assert "needs mpisppy and mpi4py and mpiexec" in result.stderr
    assert "pip install '.[mpi]'" in result.stderr
    assert not (tmp_path / "plan").exists()


@pytest.fixture(scope="module")
def mpi() -> None:
    """Skips, and says so, where MPI itself cannot start; a missing package is a fault."""
    hello = [ranks.mpiexec(), "-n", "2", sys.executable, "-m", "mpi4py", "-c", "from mpi4py.MPI import COMM_WORLD"]
    tried = subprocess.run(hello, capture_output=True, text=True, timeout=120, check=False)
    if tried.returncode:
        pytest.skip(f"MPI CANNOT START ON THIS MACHINE, hedging is not tested: {tried.stderr[-500:]}")


def agree(instance: optimizer.Instance, **options: Any) -> optimizer.Plan:
    """Three methods: no bound is above another's plan. The plan of hedging, which the check has passed."""
    plans = {"hedging": optimizer.solve(instance, method="hedging", threads=1, **options)}
    for method in ("extensive", "benders"):
        plans[method] = optimizer.solve(instance, method=method, gap=options.get("gap", GAP), threads=1)
    for plan in plans.values():
        assert plan.objective is not None
        assert plan.info["verdict"]["ok"], plan.info["verdict"]["summary"]
        for other in plans.values():
            if other.bound is not None:
                assert other.bound <= plan.objective + 1e-6 * (1.0 + abs(plan.objective))
    mine = plans["hedging"]
    assert mine.info["method"] == "hedging"
    assert (mine.status == "optimal") == (mine.gap is not None and mine.gap <= options.get("gap", GAP))
    return mine


@pytest.mark.slow
@pytest.mark.usefixtures("mpi")
@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_agreed_optima_are_found(case: Any) -> None:
    """Three ranks reach the gap on the small instances whose optima were worked out by hand."""
    found = agree(optimizer.load(case.folder), gap=GAP, time_limit=60)
    assert found.status == "optimal"
    assert found.objective == pytest.approx(case.expected["objective"], rel=2 * GAP)


@pytest.mark.slow
@pytest.mark.usefixtures("mpi")
def test_generated_instances_agree() -> None:
    """A network with fundings, stock and two disruptions; it may end short of the gap, and then says so."""
    agree(instance_of(generate(5, scenarios=2)), gap=1e-3, time_limit=15)


@pytest.mark.slow
@pytest.mark.usefixtures("mpi")
def test_the_starter_with_one_disruption_agrees() -> None:
    """To one percent, in the first rounds."""
    outage = (
        "{id: separation_outage, probability: 0.15, onset: 2030, duration: 1, recovery: 1, "
        "effects: [{affects: facilities, where: {id: lynas_malaysia}, available: 0.2}]}"
    )
    found = agree(optimizer.load("instances/starter", [f"scenarios=[{outage}]"]), gap=1e-2, time_limit=90)
    assert found.status == "optimal"


@pytest.mark.slow
@pytest.mark.usefixtures("mpi")
def test_a_time_limit_is_kept_and_told() -> None:
    """The starter, far too short: whatever there is is verified, and is not called optimal without a bound."""
    found = optimizer.solve(optimizer.load("instances/starter"), method="hedging", gap=1e-6, time_limit=12, threads=1)
    assert found.status in ("feasible", "no_plan")
    assert "the time limit was reached" in found.info["why"]
    if found.tables:
        assert found.info["verdict"]["ok"]


@pytest.mark.slow
@pytest.mark.usefixtures("mpi")
def test_the_extensive_form_of_mpi_sppy_agrees_and_writes_its_portfolio(tmp_path: Path) -> None:
    """The driver's --EF, with the same module and folder: our optimum, and fundings that cost it."""
    instance = instance_of(generate(5, scenarios=2))
    (tmp_path / "instance.yaml").write_text(yaml_text(instance), encoding="utf-8")
    command = [ranks.mpiexec(), "-n", "1", sys.executable, "-m", "mpi4py", "-m", "mpisppy.generic_cylinders"]
    command += [f"--module-name={ranks.MODULE}", f"--instance={tmp_path / 'instance.yaml'}", f"--found={tmp_path}"]
    command += ["--EF", "--EF-solver-name=appsi_highs", f"--EF-mipgap={GAP}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    plan = optimizer.solve(instance, method="extensive", gap=GAP, threads=1)
    network = network_of(instance)
    money = hedging.model_of(network, hedging.futures_of(network)[0])[0].money
    said = float(done.stdout.split("EF objective: ")[1].split()[0]) / money
    assert plan.objective is not None
    assert said == pytest.approx(plan.objective, rel=2 * GAP)
    (chosen,) = ranks._portfolios(tmp_path)
    blocks, _ = compile_all(network)
    found = plan_of(problem_of(network, blocks, {}), chosen, Options(gap=GAP), None, None)
    assert found.objective == pytest.approx(plan.objective, rel=2 * GAP)


@pytest.mark.slow
@pytest.mark.usefixtures("mpi")
def test_ranks_that_fail_are_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what they said last."""
    monkeypatch.setattr(ranks, "MODULE", "optimizer.nowhere")
    with pytest.raises(SolveError, match=r"the ranks of MPI failed: .*optimizer\.nowhere"):
        optimizer.solve(instance_of(generate(2, scenarios=1)), method="hedging")


def test_a_bound_above_a_plan_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is wrong, a gap between the two would say nothing; what rounding explains is no fault."""
    instance = instance_of(generate(5, scenarios=2))
    best = optimizer.solve(instance, method="extensive", gap=GAP, threads=1)
    assert best.objective is not None
    rows = best.portfolio.to_dict("records")
    chosen = tuple((str(row["facility"]), str(row["option"]), int(row["funded"])) for row in rows)
    claims = [best.objective * 1.01]
    monkeypatch.setattr(ranks, "_run", lambda *_: ranks._Known(claims[0], [chosen], 1))
    with pytest.raises(SolveError, match="is above a plan of"):
        optimizer.solve(instance, method="hedging", gap=GAP, threads=1)
    claims[0] = best.objective * (1 + 1e-9)
    found = optimizer.solve(instance, method="hedging", gap=GAP, threads=1)
    assert found.bound == found.objective == pytest.approx(best.objective, rel=1e-6)
