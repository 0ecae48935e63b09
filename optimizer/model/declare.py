"""Puts variables and constraints on a model; nobody else makes a Var or a Constraint.

A model is Pyomo's, or a `Sheet` that takes down the same as rows of numbers.

A constraint is a function of a model, tables and an index. Its name is the component's name and its docstring
begins with its label and formula, from which the formulation page is made.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression

from optimizer.model.sheet import Column, Sheet, Sum, members

Model = Any
"""A pyomo ConcreteModel, or a Sheet; Pyomo ships no types."""
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
    free: bool = False,
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
        free: of any sign, without bounds.
    """
    found = list(index)
    if isinstance(m, Sheet):
        at = members(found)
        given = 1.0 if binary else None if free else upper
        most = [given.get(i) for i in at] if isinstance(given, Mapping) else [given] * len(at)
        least = -math.inf if free else 0.0
        m.declare(name, at, least, [math.inf if value is None else value for value in most], binary=binary)
        return
    if isinstance(upper, Mapping):
        bounds: Any = lambda _, *i: (0, upper.get(i if len(i) > 1 else i[0]))  # noqa: E731
    else:
        bounds = (0, upper)
    domain = pyo.Binary if binary else pyo.Reals if free else pyo.NonNegativeReals
    bounds = None if binary or free else bounds
    setattr(m, name, pyo.Var(found, domain=domain, bounds=bounds, doc=f"{doc} [{unit}]"))


def linked(m: Model, name: str, owners: Mapping[Any, tuple[str, Key]], *, doc: str, unit: str) -> None:
    """Declare variables that are another block's: on joining they become the owner's columns.

    Args:
        m: model.
        name: component name here.
        owners: index -> (block, (component, index) there).
        doc: symbol and meaning.
        unit: unit.
    """
    if isinstance(m, Sheet):
        m.link(name, owners)
        return
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
    if isinstance(m, Sheet):
        for at in members(index):
            m.put(rule.__name__, at, rule(m, tables, *(at if type(at) is tuple else (at,))))
        return

    def row(model: Model, *i: Any) -> Any:
        found = rule(model, tables, *i)
        if found is True:
            return pyo.Constraint.Feasible
        if found is False:
            return model.nothing >= 1
        return found

    setattr(m, rule.__name__, pyo.Constraint(list(index), rule=row, doc=(rule.__doc__ or "").strip()))


def objective(m: Model, terms: Iterable[Term]) -> None:
    """Declare what is minimised."""
    said = total(terms)
    if isinstance(m, Sheet):
        m.minimise(said)
    else:
        m.objective = pyo.Objective(expr=said)


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
    if type(variables[0]) is Column:
        return Sum(coefs, variables)
    return LinearExpression(constant=0.0, linear_coefs=coefs, linear_vars=variables)
