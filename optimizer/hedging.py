"""A module that mpi-sppy's generic driver takes: the futures of an instance as its scenarios.

    mpiexec -n 3 python -m mpi4py -m mpisppy.generic_cylinders --module-name optimizer.hedging --instance FOLDER ...

A scenario is the problem of who knows that it comes: the investment, the whole trunk and the branches it is on, from
the same families, with that future's cost alone. All futures have the trunk in common, so what is decided before anyone
knows which comes is the fundings and what branches and later periods see of the trunk: its stock, whom users know, and
what it runs where branches are tied to that. These are equal in all scenarios; the rest of the trunk's operations each
scenario has a copy of (docs/decisions/0021).

Source of the contract: mpi-sppy, "Generic cylinders". Money is scaled inside as it is for our own solves.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import json
import math
import statistics
from pathlib import Path
from typing import Any

import pyomo.environ as pyo

from optimizer.errors import OptionsError
from optimizer.model import assemble, risk
from optimizer.model.declare import Costs, Model, total
from optimizer.network.derive import tables_of
from optimizer.network.derive_adjust import limits_of
from optimizer.network.network import network_of
from optimizer.network.tables import INVESTMENT, TRUNK, Network
from optimizer.run import load
from optimizer.solver.compile import period_of
from optimizer.solver.hedging import FOUND, refused

NAME = "Future"
"""mpi-sppy reads a number at the end of a scenario's name."""
SHARE = 0.1
"""Of a tonne's cost that its penalty is: more, and hedging agrees on stock before its bound is good."""

_asked: dict[str, Any] = {}
"""The instance and where results go, since mpi-sppy asks for the scenarios' names without either."""


def inparser_adder(cfg: Any) -> None:
    """Arguments of our own: the instance, and a folder for what is found."""
    cfg.add_to_config("instance", description="instance file or folder", domain=str, default=None)
    cfg.add_to_config("found", description="folder for bounds and portfolios (default none)", domain=str, default=None)


def kw_creator(cfg: Any) -> dict[str, Any]:
    """What scenarios are made from; mpi-sppy calls this first.

    Raises:
        OptionsError: no instance, or one that is not of two stages with expected cost.
    """
    if not cfg.instance:
        raise OptionsError("--instance FILE|FOLDER is missing")
    _asked["instance"] = cfg.instance
    reason = refused(_network(cfg.instance))
    if reason is not None:
        raise OptionsError(f"mpi-sppy cannot be given this instance: {reason}")
    return {"instance": cfg.instance}


def scenario_names_creator(num_scens: int | None = None, start: int | None = None) -> list[str]:
    """The futures that have a probability, the base first if it has one."""
    names = [f"{NAME}{number}" for number in range(len(futures_of(_network(_asked["instance"]))))]
    first = start or 0
    return names[first : None if num_scens is None else first + num_scens]


def scenario_creator(name: str, instance: str) -> Model:
    """The model of one future, with its probability and what it may not know."""
    network = _network(instance)
    future = futures_of(network)[int(name.removeprefix(NAME))]
    m, parts = model_of(network, future)
    sputils: Any = importlib.import_module("mpisppy.utils.sputils")
    sputils.attach_root_node(m, m.invested, shared_of(network, parts))
    m._mpisppy_probability = network.probability[future]
    return m


def scenario_denouement(rank: int, name: str, scenario: Model) -> None:
    """Nothing: results are written by the hub."""


def futures_of(network: Network) -> list[str]:
    """The futures that weigh in expected cost."""
    return [future for future in risk.futures(network) if network.probability[future] > 0]


def model_of(network: Network, future: str) -> tuple[Model, dict[str, tuple[Model, Costs]]]:
    """All of one future in one Pyomo model; a block's copy of another's column is tied to it by a row.

    Args:
        network: the instance's network.
        future: which comes.

    Returns:
        The model, and its blocks with their costs by name.
    """
    parts = {INVESTMENT: assemble.investment(network)}
    for course in (TRUNK, *risk.branches_of(network, future)):
        parts[course] = assemble.operations(tables_of(network, course))
    m = pyo.ConcreteModel(future)
    for number, (block, _) in enumerate(parts.values()):
        m.add_component(f"part_{number}", block)
    m.same = pyo.ConstraintList()
    for block, _ in parts.values():
        for name, owners in block.owners.items():
            for index, (owner, (component, there)) in owners.items():
                m.same.add(block.component(name)[index] == parts[owner][0].component(component)[there])
    m.money = _money(parts)
    m.tonnes = max(tables_of(network).demand.tonnes.values(), default=0.0)
    first, rest = _costs_of(network, future, parts)
    m.invested = pyo.Expression(expr=first * m.money)
    m.operated = pyo.Var()
    m.operations = pyo.Constraint(expr=m.operated == rest * m.money)
    m.objective = pyo.Objective(expr=m.invested + m.operated)
    return m, parts


def shared_of(network: Network, parts: dict[str, tuple[Model, Costs]]) -> list[Any]:
    """The columns that are equal in all futures, fundings first, in an order that all futures share."""
    investment, trunk = parts[INVESTMENT][0], parts[TRUNK][0]
    limits = limits_of(network.instance)
    found = [*investment.fund.values(), *investment.sequence.values(), *trunk.stock.values(), *trunk.known.values()]
    return found + [var for run, var in trunk.run.items() if run[0] in limits]


def _costs_of(network: Network, future: str, parts: dict[str, tuple[Model, Costs]]) -> tuple[Any, Any]:
    """What a future costs, discounted USD: the investment, which is equal in all futures, and the rest.

    The rest goes into one column, so that what is equal in all futures costs the same in all, and no constant is left:
    a trunk's stock costs a future only what of the trunk it sees, and mpi-sppy's L-shaped method takes the costs of
    common columns from one scenario, and a constant once for the first stage and once more for each scenario.
    """
    model, _ = assemble.one_future(network, future)
    terms: dict[bool, list[tuple[float, Any]]] = {True: [], False: []}
    constant = 0.0
    for weight, var in risk.cost_terms(model, network, future):
        owner, key = model.owners[var.parent_component().local_name][var.index()]
        for _, period, usd, column in parts[owner][1]:
            if period_of(key) not in (None, period):
                continue
            if column is None:
                constant += weight * usd
            else:
                terms[owner == INVESTMENT].append((weight * usd, column))
    return total(terms[True]), total(terms[False]) + constant


def _money(parts: dict[str, tuple[Model, Costs]]) -> float:
    """Units of money inside the solver per USD, from the blocks that all futures have: the same in each."""
    largest = max((abs(usd) for name in (INVESTMENT, TRUNK) for _, _, usd, var in parts[name][1] if var is not None))
    return 10.0 ** -max(0, len(str(int(largest))) - 3)


@functools.lru_cache(maxsize=1)
def _network(instance: str) -> Network:
    return network_of(load(instance))


def _rho_setter(scenario: Model) -> list[tuple[int, float]]:
    """Penalties: of a funding what it costs, of a tonne what a tonne costs over the tonnes that may move.

    Source: cost-proportional and SEP, Watson and Woodruff 2011, Computational Management Science 8; the range of
    tonnes, there taken from the first solves, is here the largest demand, for stock is often nothing in all of these.
    """
    repn: Any = importlib.import_module("pyomo.repn")
    every = [repn.generate_standard_repn(part) for part in (scenario.objective.expr, scenario.operations.body)]
    coefs = {
        id(var): abs(coef)
        for terms in every
        for coef, var in zip(terms.linear_coefs, terms.linear_vars, strict=True)
        if coef and var is not scenario.operated
    }
    whole = {id(var) for var in scenario.part_0.fund.values()}
    usual = statistics.median([coef for key, coef in coefs.items() if key not in whole] or [1.0])
    tonnes = 1.0 + scenario.tonnes
    shared = scenario._mpisppy_node_list[0].nonant_vardata_list
    return [
        (id(var), max(coefs.get(id(var), 0.0), usual) * (1.0 if id(var) in whole else SHARE / tonnes)) for var in shared
    ]


def hub_and_spoke_dict_callback(hub: dict[str, Any], spokes: list[dict[str, Any]], cfg: Any) -> None:  # noqa: ARG001
    """Have the hub write what is known after every round, so that a run that is stopped has not been for nothing.

    The L-shaped method and column generation take no extensions, and write at the end alone.
    """
    if not cfg.found or "extensions" not in inspect.signature(hub["opt_class"].__init__).parameters:
        return
    extension: Any = importlib.import_module("mpisppy.extensions.extension")
    vanilla: Any = importlib.import_module("mpisppy.utils.cfg_vanilla")
    folder = Path(cfg.found)

    class Writer(extension.Extension):  # type: ignore[misc]
        """Writes bounds and the portfolios of the hub's scenarios."""

        def post_iter0_after_sync(self) -> None:
            self._write()

        def enditer_after_sync(self) -> None:
            self._write()

        def post_everything(self) -> None:
            self._write()

        def _write(self) -> None:
            write(folder, self.opt, self.opt.spcomm)

    vanilla.extension_adder(hub, Writer)


def custom_writer(wheel: Any, cfg: Any) -> None:
    """Write the bounds at the end, when the last of the spokes have come in, and the incumbent's portfolio.

    With --EF there is no wheel but the extensive form, whose portfolio is written.
    """
    if not cfg.found:
        return
    if not hasattr(wheel, "on_hub"):
        write(Path(cfg.found), wheel, None)
        return
    if wheel.on_hub():
        write(Path(cfg.found), wheel.spcomm.opt, wheel.spcomm)
    if wheel._determine_innerbound_winner():
        write(Path(cfg.found), wheel.spcomm.opt, None)


def write(folder: Path, opt: Any, hub: Any) -> None:
    """Write what a rank knows: bounds in USD where it is of the hub, and the portfolio of each of its scenarios."""
    money = next(iter(opt.local_scenarios.values())).money
    known: dict[str, Any] = {"portfolios": [], "round": getattr(opt, "_PHIter", 0), "incumbent": hub is None}
    for scenario in opt.local_scenarios.values():
        fund = scenario.part_0.fund
        known["portfolios"].append(sorted(index for index, var in fund.items() if (var.value or 0.0) > 0.5))
    if hub is not None:
        alone = opt.best_bound_obj_val  # of the first solves, each future with hindsight; later hedging's own
        known["bound"] = _finite(max(hub.BestOuterBound, -math.inf if alone is None else alone) / money)
        known["objective"] = _finite(hub.BestInnerBound / money)
    rank = opt.global_rank if hasattr(opt, "global_rank") else opt.spcomm.global_rank
    half = folder / f"{FOUND}-{rank}.half"
    half.write_text(json.dumps(known), encoding="utf-8")
    half.replace(folder / f"{FOUND}-{rank}.json")


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
