"""Rows of a model as text: `+1 run[plant,,make,mdap,2027] -10 fund[plant,build,2027] <= 5`."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pyomo.environ as pyo
from pyomo.repn import generate_standard_repn

from optimizer.model import assemble
from optimizer.model.declare import LABEL
from optimizer.network.tables import TRUNK, Network
from optimizer.solver.needs import needs_of
from support.build import network_from, tables_from


def label_of(function_or_component: Any) -> str | None:
    """The label at the head of a rule's docstring, or of a constraint's."""
    text = getattr(function_or_component, "doc", None) or function_or_component.__doc__ or ""
    found = LABEL.match(text.strip())
    return found.group(1) if found else None


def labels_in_model() -> dict[str, str]:
    """Every label of every family, with the function that bears it."""
    found: dict[str, str] = {}
    for family in (*assemble.FIRST, *assemble.SECOND, *assemble.IMPLIED, *assemble.OVER_FUTURES):
        for name, function in inspect.getmembers(family, inspect.isfunction):
            label = label_of(function)
            if function.__module__ == family.__name__ and label is not None:
                assert label not in found, f"{name} and {found[label]} are both {label}"
                found[label] = name
    return found


def investment(text: str) -> Any:
    """The investment block of an instance, given as YAML."""
    return assemble.investment(network_from(text))[0]


def operations(text: str, course: str = TRUNK) -> Any:
    """The block of one course, trunk or branch."""
    return assemble.operations(tables_from(text, course))[0]


def needs(text: str) -> Any:
    """The block of needs of the trunk."""
    tables = tables_from(text)
    return assemble.needs(tables, needs_of(tables))[0]


def measure(text: str, hindsight: dict[str, float] | None = None, ceiling: float | None = None) -> Any:
    """The block over futures."""
    network: Network = network_from(text)
    return assemble.measure(network, hindsight, ceiling)[0]


def constraint_of(model: Any, label: str) -> Any:
    """The constraint that bears a label."""
    found = [item for item in model.component_objects(pyo.Constraint) if label_of(item) == label]
    assert len(found) == 1, f"{label} is borne by {[item.name for item in found]}"
    return found[0]


def indices(model: Any, label: str) -> set[Any]:
    """The indices of the rows of a label."""
    return set(constraint_of(model, label).keys())


def row(model: Any, label: str, *index: Any) -> str:
    """One row, its terms in alphabetical order."""
    data = constraint_of(model, label)[index if len(index) != 1 else index[0]]
    body = generate_standard_repn(data.body)
    assert body.is_linear()
    terms = [
        f"{coef:+.10g} {var.parent_component().local_name}[{_index(var.index())}]"
        for coef, var in zip(body.linear_coefs, body.linear_vars, strict=True)
        if coef
    ]
    sense, side = ("=", data.upper) if data.equality else ("<=", data.upper) if data.has_ub() else (">=", data.lower)
    return " ".join([*sorted(terms), sense, f"{pyo.value(side) - body.constant:.10g}"])


def _index(index: Any) -> str:
    return ",".join(str(part) for part in index) if isinstance(index, tuple) else str(index)


def sorted_row(text: str) -> str:
    """A row written by hand, its terms in the order of `row`."""
    words = " ".join(text.split())
    found = re.fullmatch(r"(.*?) ?(<=|>=|=) (\S+)", words)
    assert found is not None, f"no row: {text}"
    terms = re.findall(r"[+-]\S+ \S+", found.group(1))
    assert " ".join(terms) == found.group(1), f"no row: {text}"
    return " ".join([*sorted(terms), found.group(2), found.group(3)])


def check(model: Any, label: str, index: tuple[Any, ...], text: str) -> None:
    """Hold a row against what was written by hand."""
    assert row(model, label, *index) == sorted_row(text)
