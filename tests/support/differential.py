"""The same instance by every road: methods, algorithms of HiGHS, and another solver; who stands apart is told."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import highspy

import optimizer
from optimizer.errors import OptionsError
from optimizer.instance.instance import Instance
from optimizer.instance.write import yaml_text
from support import smps
from support.build import GAP

SAME = 2e-6
"""Relative; twice the tolerance of a solver's rows, of which each may use its own."""

ALGORITHMS: dict[str, dict[str, Any]] = {
    "simplex": {"solver": "simplex", "simplex_strategy": 1},
    "primal simplex": {"solver": "simplex", "simplex_strategy": 4},
    "interior point": {"solver": "ipm", "mip_lp_solver": "ipm"},
    "without presolve": {"presolve": "off"},
    "without heuristics, by another seed": {"mip_heuristic_effort": 0.0, "random_seed": 7},
}
"""How else HiGHS can be asked; each of these changes what it does."""


def by_highs(file: Path, settings: dict[str, Any]) -> float:
    """The optimum of a problem in MPS, by one algorithm of HiGHS."""
    highs = smps.highs_of(file)
    for name, value in {"mip_rel_gap": 0.0, "threads": 1, **settings}.items():
        assert highs.setOptionValue(name, value) == highspy.HighsStatus.kOk, name
    highs.run()
    assert highs.getModelStatus() == highspy.HighsModelStatus.kOptimal, highs.getModelStatus()
    return float(highs.getInfo().objective_function_value)


def by_scip(file: Path) -> float:
    """The optimum of a problem in MPS, by SCIP, which shares no code with HiGHS."""
    import pyscipopt  # noqa: PLC0415 (an extra)

    model = pyscipopt.Model()
    model.hideOutput()
    model.readProblem(str(file))
    model.optimize()
    assert model.getStatus() == "optimal", model.getStatus()
    return float(model.getObjVal())


def roads(instance: Instance, folder: Path) -> dict[str, Callable[[], float | None]]:
    """Road -> the least value of the measure by it, USD; None where it does not go."""
    made = optimizer.export(instance, folder / "whole.mps")
    unit = made.objective_unit_usd

    def by_stages() -> float | None:
        try:
            two = optimizer.export(instance, folder / "stages", "smps")
        except OptionsError:
            return None
        return smps.optimum(two.file) * two.objective_unit_usd

    def by_method(method: str) -> Callable[[], float | None]:
        def go() -> float | None:
            plan = optimizer.solve(instance, method=method, gap=GAP, threads=1)
            assert plan.status == "optimal", (method, plan.info["why"])
            assert plan.info["verdict"]["ok"], (method, plan.info["verdict"]["violations"])
            return plan.objective

        return go

    found: dict[str, Callable[[], float | None]] = {name: by_method(name) for name in ("extensive", "benders")}
    found |= {
        f"HiGHS, {name}": lambda given=given: unit * by_highs(made.file, given)  # type: ignore[misc]
        for name, given in ALGORITHMS.items()
    }
    return found | {"SCIP": lambda: unit * by_scip(made.file), "two stages": by_stages}


@dataclass(frozen=True)
class Held:
    """What the roads say of an instance: optima in USD, roads that do not go, the widest relative difference.

    `apart` is what disagrees, with the instance; empty where all agree.
    """

    known: dict[str, float]
    left: list[str]
    widest: float
    apart: str


def held(instance: Instance) -> Held:
    """Go every road."""
    with tempfile.TemporaryDirectory() as folder:
        found = {name: go() for name, go in roads(instance, Path(folder)).items()}
    known = {name: usd for name, usd in found.items() if usd is not None}
    usual = known["extensive"]
    off = {name: abs(usd - usual) for name, usd in known.items()}
    other = {name: known[name] for name, usd in off.items() if usd > SAME * abs(usual) + 1e-3}
    why = f"{other} where the extensive form says {usual}:\n{yaml_text(instance)}" if other else ""
    widest = max(off.values()) / max(abs(usual), 1.0)
    return Held(known, [name for name, usd in found.items() if usd is None], widest, why)
