"""The module that mpi-sppy's L-shaped method takes here: optimizer.hedging, and HiGHS under a name that it can use.

mpi-sppy 0.14 makes its cuts by pyomo.contrib.benders, which asks a plug-in for its name, and for the sign of its duals
by that name. `appsi_highs` has no name; `highs` has one, but keeps rows from solve to solve by their place in memory,
and loses duals of rows that were taken out and put in again. Here `appsi_highs` is begun anew with each solve, under
the name whose sign is known.
"""

from __future__ import annotations

from typing import Any

from pyomo.opt import SolverFactory

from optimizer.hedging import (
    _rho_setter,
    custom_writer,
    hub_and_spoke_dict_callback,
    inparser_adder,
    kw_creator,
    scenario_creator,
    scenario_denouement,
    scenario_names_creator,
)

__all__ = [
    "_rho_setter",
    "custom_writer",
    "hub_and_spoke_dict_callback",
    "inparser_adder",
    "kw_creator",
    "scenario_creator",
    "scenario_denouement",
    "scenario_names_creator",
]


@SolverFactory.register("highs_anew", doc="appsi_highs, begun anew with each solve")
class HighsAnew:
    """What pyomo.contrib.benders and mpi-sppy ask of a plug-in."""

    name = "highs"

    def __init__(self, **_: Any) -> None:
        self.options: dict[str, Any] = {}
        self.last: Any = None

    def available(self, exception_flag: bool = True) -> bool:
        """Whether HiGHS is installed."""
        return bool(SolverFactory("appsi_highs").available(exception_flag))

    def solve(self, model: Any, **given: Any) -> Any:
        """Solve a model from nothing."""
        self.last = SolverFactory("appsi_highs")
        self.last.options.update(self.options)
        return self.last.solve(model, **given)
