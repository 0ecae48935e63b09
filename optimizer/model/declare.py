"""Puts variables and constraints on a model; nobody else makes a Var or a Constraint.

A constraint is a function of a model, tables and an index. Its name is the component's name and its docstring
begins with its label and formula, from which the formulation page is made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression

Model = Any
"""A pyomo ConcreteModel; Pyomo ships no types."""
Index = Hashable
Term = tuple[float, Any]
"""(coefficient, variable)."""
Costs = list[tuple[str, int, float, Any]]
"""(category, period, discounted USD per unit of the variable, variable); a constant has variable None."""
Key = tuple[str, Index]
"""(component, index)."""

LABEL = re.compile(r"([A-Z]+[0-9]+)\. ")


def new_model(name: str) -> Model:
    """An empty model that can tell which of its variables belong to another block."""
    m = pyo.ConcreteModel()
    m.block = name  # Pyomo puts quotes around a name that looks like a number
    m.owners = {}
    m.nothing = pyo.Var(bounds=(0, 0), doc="zero; holds rows that nothing can satisfy")
    return m


def variable(
    m: Model,
    name: str,
    index: Iterable[Index],
    *,
    doc: str,
    unit: str,
    upper: Mapping[Index, float] | float | None = None,
    binary: bool = False,
) -> None:
    """Declare a variable, 0 or more.

    Args:
        m: model.
        name: component name, as in formulas, tables and messages.
        index: all indices.
        doc: symbol and meaning, `x: what it is`.
        unit: unit.
        upper: upper bound, one for all or by index.
        binary: 0 or 1.
    """
    members = list(index)
    if isinstance(upper, Mapping):
        bounds: Any = lambda _, *i: (0, upper.get(i if len(i) > 1 else i[0]))  # noqa: E731
    else:
        bounds = (0, upper)
    domain = pyo.Binary if binary else pyo.NonNegativeReals
    setattr(m, name, pyo.Var(members, domain=domain, bounds=None if binary else bounds, doc=f"{doc} [{unit}]"))


def linked(m: Model, name: str, owners: Mapping[Any, tuple[str, Key]], *, doc: str, unit: str) -> None:
    """Declare variables that are another block's: on joining they become the owner's columns.

    Args:
        m: model.
        name: component name here.
        owners: index -> (block, (component, index) there).
        doc: symbol and meaning.
        unit: unit.
    """
    setattr(m, name, pyo.Var(list(owners), doc=f"{doc} [{unit}]"))
    m.owners[name] = dict(owners)


def constraint(m: Model, tables: Any, index: Iterable[Index], rule: Callable[..., Any]) -> None:
    """Declare a family of rows, one for each index.

    Raises:
        TypeError: the rule's docstring has no label.
    """
    if not LABEL.match((rule.__doc__ or "").strip()):
        text = f"{rule.__name__} has no label: its docstring begins with one, such as 'C1. $formula$: sentence.'"
        raise TypeError(text)
    members = list(index)

    def row(model: Model, *i: Any) -> Any:
        found = rule(model, tables, *i)
        if found is True:
            return pyo.Constraint.Feasible
        if found is False:
            return model.nothing >= 1
        return found

    setattr(m, rule.__name__, pyo.Constraint(members, rule=row, doc=(rule.__doc__ or "").strip()))


def total(terms: Iterable[Term]) -> Any:
    """Sum of coefficient x variable; 0 for no terms."""
    coefs: list[float] = []
    variables: list[Any] = []
    for coef, var in terms:
        if coef:
            coefs.append(coef)
            variables.append(var)
    if not coefs:
        return 0.0
    return LinearExpression(constant=0.0, linear_coefs=coefs, linear_vars=variables)
