"""A block written down as rows of numbers is the block that Pyomo's compiler gives, to the last bit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest
from pyomo.common.errors import PyomoException
from support.build import network_from
from support.cases import Case, cases_in, contract, name_of
from support.generate import generate, under_limits
from support.params import first_fast, some_fast

import optimizer
from optimizer.model import assemble, risk
from optimizer.model.declare import Costs, Model, constraint, new_model, objective, total, variable
from optimizer.model.sheet import Sheet
from optimizer.network.derive import Derived
from optimizer.network.network import network_of
from optimizer.network.slotted import Slotted
from optimizer.network.tables import BASE, TRUNK, Network
from optimizer.solver.compile import Block, compile_block
from optimizer.solver.needs import needs_of
from optimizer.solver.written import build_block, written

OWN = cases_in(Path(__file__).parent / "cases")
VECTORS = ("lower", "upper", "integer", "row_lower", "row_upper", "cost_constant", "objective")


def assert_equal(one: Block, other: Block) -> None:
    """Equal in names, order, pattern and every number."""
    for name in ("name", "columns", "rows", "owners", "cost_keys"):
        assert getattr(one, name) == getattr(other, name), name
    for name in VECTORS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name, strict=True)
    for name in ("matrix", "cost"):
        mine, its = getattr(one, name), getattr(other, name)
        assert mine.shape == its.shape
        for part in ("indptr", "indices", "data"):
            np.testing.assert_array_equal(getattr(mine, part), getattr(its, part), err_msg=f"{name}.{part}")


def assert_written(build: Callable[..., tuple[Model, Costs]], *about: Any) -> None:
    """A sheet takes all that the families say, and gives what Pyomo gives."""
    assert_equal(written(*build(*about, new=Sheet))[0], compile_block(*build(*about)))


def assert_all_written(network: Network) -> None:
    """Every block of an instance."""
    tables = Derived(network)
    assert_written(assemble.investment, network)
    for course in (TRUNK, *network.windows):
        assert_written(assemble.operations, tables[course])
    assert_written(assemble.needs, tables[TRUNK], needs_of(tables[TRUNK]))
    hindsight = {future: 1e6 + i for i, future in enumerate(risk.futures(network))}
    assert_written(assemble.measure, network, hindsight)
    assert_written(assemble.measure, network, hindsight, 2e6)
    assert_written(assemble.one_future, network, BASE)


@pytest.mark.parametrize("case", some_fast([*OWN, *cases_in(contract())], 3), ids=name_of)
def test_small_cases(case: Case) -> None:
    """Every rule of the formulation has a small case."""
    assert_all_written(network_of(optimizer.load(case.folder)))


@pytest.mark.parametrize("seed", first_fast(range(6), 3))
def test_generated_instances(seed: int) -> None:
    """Several rules together, and branches that leave one another."""
    assert_all_written(network_from(generate(seed, scenarios=3, size=2, children=seed % 3)))


@pytest.mark.parametrize("seed", range(3))
def test_rules_in_amounts(seed: int) -> None:
    """Rules of all kinds, in trunk and branches."""
    assert_all_written(network_from(under_limits(generate(seed, scenarios=3, size=2, children=seed % 2))))


@pytest.mark.parametrize("seed", [0, 5, 7])
def test_stock_that_counts_at_the_end(seed: int) -> None:
    """In the trunk and in branches that last to the end, or restore their stock there."""
    data = generate(seed, scenarios=3, children=seed % 2)
    data["stockpiles"]["vault"]["residual"] = 0.5
    assert_all_written(network_from(data))


@pytest.mark.parametrize("measure", ["expected", "cvar", "worst_case", "regret"])
def test_measures(measure: str) -> None:
    """Rows and objective of every measure."""
    data = generate(2, scenarios=3)
    data["risk"] = {"measure": measure} | ({"alpha": 0.8, "weight": 0.5} if measure == "cvar" else {})
    assert_all_written(network_from(data))


@pytest.mark.slow
def test_the_reference_instance() -> None:
    """All courses of 15,000 rows and less."""
    folder = Path(__file__).parents[2] / "instances" / "us_allied_2026"
    assert_all_written(network_of(optimizer.load(folder)))


def twice(m: Model, _: None, i: int) -> Any:
    """Z1. $2 x + x \\le 3$: a column that stands twice in a row."""
    return total([(2.0, m.x[i]), (1.0, m.x[i])]) <= 3


def none(m: Model, _: None, i: int) -> Any:
    """Z2. $0 \\ge i$: a row without columns."""
    return total([(0.0, m.x[1])]) >= i


def unlike(m: Model, _: None, i: int) -> Any:
    """Z3. $2 x \\le 1$: said in Pyomo's own words."""
    return 2.0 * m.x[i] <= 1


def odd(more: Callable[[Model], None]) -> Callable[..., tuple[Model, Costs]]:
    """A block with two columns, and what else is said."""

    def build(new: Callable[[str], Model] = new_model) -> tuple[Model, Costs]:
        m = new("odd")
        variable(m, "x", [1, 2], unit="t", doc="x: something", upper={2: 5.0})
        variable(m, "y", [1], unit="t", doc="y: of any sign", free=True)
        variable(m, "b", ["one"], unit="0 or 1", doc="b: something", binary=True)
        constraint(m, None, [1, 1], twice)
        more(m)
        objective(m, [(3.0, m.y[1]), (1.0, m.x[1])])
        return m, [("activity", 2027, 4.0, m.b["one"]), ("activity", 2027, 5.0, None), ("fixed", 2028, 0.0, m.x[2])]

    return build


def test_columns_that_stand_twice_or_nowhere_and_rows_without_any() -> None:
    """Coefficients add up; what only costs something comes last; of rows without columns those that fail are kept."""
    build = odd(lambda m: constraint(m, None, [-1, 0, 1], none))
    assert_written(build)
    block = build_block(build)
    assert block.rows == [("twice", 1), ("none", 1)]
    assert block.columns == [("y", 1), ("x", 1), ("nothing", None), ("b", "one"), ("x", 2)]
    assert block.matrix.toarray().tolist() == [[0, 3, 0, 0, 0], [0, 0, 1, 0, 0]]


def said(words: Callable[[Model], Any]) -> Callable[[Model], None]:
    """A constraint in other words."""

    def rule(m: Model, _: None, _i: int) -> Any:
        """Z4. $x = 0.5$, or as said."""
        return words(m)

    return lambda m: constraint(m, None, [2], rule)


def test_coefficients_that_cancel_are_none() -> None:
    """And a column that stands nowhere else is not there."""
    build = odd(said(lambda m: total([(1.0, m.x[2]), (1.0, m.x[1]), (-1.0, m.x[2])]) <= 1))
    assert_written(build)
    block = build_block(build)
    assert block.matrix.nnz == 2
    assert block.columns[-1] == ("x", 2)  # it costs 0, and is told


def test_several_coefficients_at_one_place_are_one_number_of_slots() -> None:
    """Their sum depends on all of them; where it may be 0 the shape depends on slots."""
    v: Any = Slotted.slot(0)
    w: Any = Slotted.slot(1)
    block, found = written(*odd(said(lambda m: total([(2.0 * v, m.x[2]), (w, m.x[1]), (3.0, m.x[2])]) <= 1))(new=Sheet))
    rows, columns = block.matrix.tocoo().coords
    numbers = {(block.rows[rows[i]], block.columns[columns[i]]): number.terms for i, number in found["matrix"]}
    assert numbers == {
        (("rule", 2), ("x", 2)): {(0,): 2.0, (): 3.0},
        (("rule", 2), ("x", 1)): {(1,): 1.0},
    }
    with pytest.raises(TypeError, match="shape"):
        written(*odd(said(lambda m: total([(v, m.x[2]), (-1.0, m.x[2])]) <= 1))(new=Sheet))


def own_row(m: Model) -> None:
    """A component that is put on the model without `declare`."""
    m.more = pyo.Constraint(expr=2.0 * m.x[2] <= 1)


def own_rule(m: Model) -> None:
    """A component that says only later what it is."""
    m.more = pyo.Constraint([2], rule=lambda m, i: m.x[i] <= 0.5)


@pytest.mark.parametrize(
    "more",
    [
        own_row,
        own_rule,
        lambda m: constraint(m, None, [2], unlike),
        lambda m: m.x[2].setub(0.5),
        said(lambda m: 0.5 == m.x[2]),  # noqa: SIM300
        said(lambda m: m.x[2] == 2.0 * m.y[1]),
        said(lambda m: (0, total([(2.0, m.x[2])]), 1)),
    ],
    ids=["component", "rule", "expression", "bound", "equal", "columns", "between"],
)
def test_what_is_said_in_pyomo_s_own_words_is_compiled_by_pyomo(more: Callable[[Model], None]) -> None:
    """A sheet loses none of it: it does not take it at all."""
    build = odd(more)
    with pytest.raises((AttributeError, TypeError)):
        build(new=Sheet)
    block = build_block(build)
    assert_equal(block, compile_block(*build()))
    place = block.columns.index(("x", 2))
    assert block.upper[place] == 0.5 or block.matrix.toarray()[-1, place] != 0


@pytest.mark.parametrize(
    "words",
    [
        lambda m: 0 <= total([(1.0, m.x[2])]) <= 1,
        lambda m: (total([(1.0, m.x[2])]) >= 0) and (total([(1.0, m.x[2])]) <= 1),
        lambda m: (total([(1.0, m.x[2])]) or 0) <= 1,
        lambda m: total([(1.0, m.x[2])]) != 1,
        lambda m: total([(1.0, m.x[2])]) <= None,
        lambda m: m.x[2] and True,
    ],
    ids=["between", "and", "or", "unequal", "nothing", "column"],
)
def test_what_pyomo_refuses_no_sheet_takes(words: Callable[[Model], Any]) -> None:
    """Of two limits none is lost, and no variable is taken for true."""
    build = odd(said(words))
    with pytest.raises(TypeError):
        build(new=Sheet)
    with pytest.raises((PyomoException, TypeError)):
        build_block(build)


def test_a_binary_is_at_most_1_and_a_free_variable_without_bounds() -> None:
    """Whatever limit is given besides."""

    def more(m: Model) -> None:
        variable(m, "one", [1, 2], unit="0 or 1", doc="o: something", binary=True, upper={1: 3.0})
        variable(m, "any", [1], unit="t", doc="a: something", free=True, upper=2.0)
        constraint(m, None, [1], both)

    def both(m: Model, _: None, i: int) -> Any:
        """Z5. $o + o + a \\le 1$."""
        return total([(1.0, m.one[i]), (1.0, m.one[2]), (1.0, m.any[i])]) <= 1

    assert_written(odd(more))
