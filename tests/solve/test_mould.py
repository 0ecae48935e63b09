"""A block bound from one compiled branch is the block that compiling the branch itself gives."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from support.build import network_from
from support.generate import under_limits
from support.params import first_fast

import optimizer
from optimizer.errors import SolveError
from optimizer.model import assemble, demand
from optimizer.model.declare import constraint
from optimizer.network.derive import Derived, tables_of
from optimizer.network.network import network_of
from optimizer.network.slotted import largest
from optimizer.network.tables import Network
from optimizer.solver.benders.bounds import most_stock
from optimizer.solver.branch import Branch
from optimizer.solver.compile import Block, compile_block
from optimizer.solver.extensive import compile_all
from optimizer.solver.mould import WORTH, Mould, Moulds
from optimizer.synthetic import generate
from solve.test_template import alike


def numbered(keys: Sequence[Hashable]) -> dict[tuple[Hashable, int], int]:
    """Position of each key; of several equal ones each in its turn."""
    seen: Counter[Hashable] = Counter()
    found = {}
    for place, key in enumerate(keys):
        found[key, seen[key]] = place
        seen[key] += 1
    return found


def assert_same(bound: Block, own: Block) -> None:
    """Equal, number by number, once what the mould has besides is 0: what the scenario closes or leaves no capacity."""
    columns, mine = numbered(bound.columns), numbered(own.columns)
    assert set(mine) <= set(columns)
    place = np.array([columns[key] for key in mine])
    more = np.array(sorted(set(range(len(bound.columns))) - set(place.tolist())), dtype=np.int64)
    given = np.array([i for i in more if i in bound.owners], dtype=np.int64)
    assert (bound.lower[np.setdiff1d(more, given)] == 0).all()
    assert abs(sp.csc_array(bound.matrix)[:, given]).sum() == 0
    assert abs(bound.cost[:, given]).sum() == 0
    rows, mine_rows = numbered(bound.rows), numbered(own.rows)
    assert set(mine_rows) <= set(rows)
    at = np.array([rows[key] for key in mine_rows])
    for name, where in (("lower", place), ("upper", place), ("integer", place), ("row_lower", at), ("row_upper", at)):
        np.testing.assert_allclose(
            getattr(bound, name)[where], getattr(own, name), rtol=1e-12, atol=1e-12, err_msg=name
        )
    inner = sp.csr_array(bound.matrix)[at][:, place]
    assert abs(inner - own.matrix).max() <= 1e-9 * max(1.0, abs(own.matrix).max())
    cost, mine_cost = costs_by_key(bound, place), costs_by_key(own, np.arange(len(own.columns)))
    for key in cost.keys() | mine_cost.keys():
        nothing = np.zeros(len(place) + 1)
        np.testing.assert_allclose(cost.get(key, nothing), mine_cost.get(key, nothing), rtol=1e-9, atol=1e-9)
    assert {bound.columns[i]: owner for i, owner in bound.owners.items() if i in set(place.tolist())} == {
        own.columns[i]: owner for i, owner in own.owners.items()
    }
    assert bound.name == own.name


def costs_by_key(block: Block, columns: np.ndarray) -> dict[tuple[str, int], np.ndarray]:
    """The cost of each category and period by column, and its constant."""
    dense = block.cost.toarray()[:, columns]
    return {key: np.append(dense[i], block.cost_constant[i]) for i, key in enumerate(block.cost_keys)}


def assert_as_good(bound: Block, own: Block, rng: np.random.Generator) -> None:
    """At the same fundings and stock both cost the same: what the mould has besides cannot be used."""
    given = {owner: float(rng.random() * (500 if key[0] == "opening" else 1)) for key, owner in by_key(bound).items()}
    values = []
    for block in (bound, own):
        branch = Branch(block)
        branch.give(given)
        values.append(branch.solve().value)
    assert (values[0] is None) == (values[1] is None)
    if values[0] is not None:
        assert values[0] == pytest.approx(values[1], rel=1e-7, abs=1e-2)


def by_key(block: Block) -> dict[Any, Any]:
    """The owner of each linked column."""
    return {block.columns[i]: owner for i, owner in block.owners.items()}


def bound_blocks(network: Network) -> int:
    """Compare every branch that a mould gives; how many there are."""
    moulds, count, rng = Moulds(network), 0, np.random.default_rng(0)
    for course in network.windows:
        block = moulds.block(course)
        if block is not None:
            own = compile_block(*assemble.operations(tables_of(network, course)))
            assert_same(block, own)
            assert_as_good(block, own, rng)
            count += 1
    return count


@pytest.mark.parametrize("seed", first_fast([1, 3, 4, 8, 9, 11], 3))
def test_generated_branches(seed: int) -> None:
    """Delays, closed lanes, bought plants, changed demand and costs."""
    network = network_from(alike(seed))
    assert bound_blocks(network) == len(network.windows)


@pytest.mark.parametrize("seed", [1, 4, 9])
def test_branches_under_rules_in_amounts(seed: int) -> None:
    """Caps on releases and charges, and bids weighed by prices: what a scenario changes stands where it did."""
    data = under_limits(alike(seed))
    *rules, preference = data["policy"]["rules"]
    data["policy"]["rules"] = [*rules, preference | {"share": 0.8}]
    dearer = data["scenarios"][2]["id"]
    data["scenarios"][2]["effects"].append({"affects": "prices", "where": {"material": "neo"}, "factor": 3.0})
    network = network_from(data)
    hit = network.windows[dearer].onset
    weighed, plain = (
        {index: usd for index, usd in tables_of(network, course).rules.preferred.items() if index[3::2] == ("neo", hit)}
        for course in (dearer, data["scenarios"][1]["id"])
    )
    assert weighed
    assert weighed == pytest.approx({index: 3.0 * usd for index, usd in plain.items()})
    assert bound_blocks(network) == len(network.windows)


def test_branches_under_a_fill_rate() -> None:
    """Demand that a scenario changes is in no number of the rule's rows, so that one template serves them."""
    data = alike(4)
    rule = {"rule": "fill_rate", "markets": list(data["markets"]), "share": 0.3, "in_disruption": True}
    data["policy"] = {"rules": [rule]}
    data["scenarios"][1]["effects"].append({"affects": "demand", "factor": 1.5})
    network = network_from(data)
    course = data["scenarios"][1]["id"]
    assert tables_of(network, course).rules.filled
    assert any(component == "fill_rate" for component, _ in compile_all(network)[0][course].rows)
    assert bound_blocks(network) == len(network.windows)


@pytest.mark.parametrize("lasts", [False, True])
@pytest.mark.parametrize("seed", [1, 3])
def test_branches_whose_stock_counts_at_the_end(seed: int, lasts: bool) -> None:
    """Their own where effects last, the trunk's where it is restored; prices of a scenario change nothing of it."""
    data = alike(seed)
    data["stockpiles"]["vault"] |= {"residual": 0.5, "residual_tonnes": {"neo": 4}}
    for scenario in data["scenarios"]:
        if lasts:
            del scenario["duration"]
        scenario["effects"].append({"affects": "prices", "where": {"material": "neo"}, "factor": 3.0})
    network = network_from(data)
    tables = tables_of(network, data["scenarios"][0]["id"])
    assert tables.residual.worth == tables_of(network).residual.worth != {}
    assert tables.window is not None
    assert tables.window.restores == (not lasts)
    assert bound_blocks(network) == len(network.windows)


def test_branches_that_leave_another_belong_to_their_parents() -> None:
    """A second blow looks at the stock of the branch that it leaves, whichever gave the mould."""
    data = alike(4)
    children = []
    for scenario in data["scenarios"]:
        scenario |= {"onset": 2027, "duration": 2}
        child = {"id": f"{scenario['id']}_again", "parent": scenario["id"], "onset": 2028, "duration": 1}
        children.append(child | {"recovery": 1, "probability": 0.01, "effects": scenario["effects"]})
    data["scenarios"] += children
    network = network_from(data)
    assert {window.leaves for window in network.windows.values()} > {None}
    assert bound_blocks(network) >= 2 * WORTH


@pytest.mark.slow
def test_a_synthetic_instance_of_many_futures(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Most of its branches come from moulds."""
    folder = tmp_path_factory.mktemp("made") / "many"
    generate(facilities=24, periods=4, futures=60, seed=5).save(folder)
    network = network_of(optimizer.load(folder))
    assert bound_blocks(network) > 40


def test_branches_that_may_fund_something_are_compiled_by_themselves() -> None:
    """What comes on line when is more than numbers."""
    data = alike(3)
    for facility in data["facilities"].values():
        for option in facility.get("options", ()):
            option["react"] = True
    network = network_from(data)
    assert network.reactions
    assert bound_blocks(network) == 0
    blocks, _ = compile_all(network)
    assert set(network.windows) < set(blocks)


@pytest.mark.parametrize("seed", [1, 4, 9])
def test_limits_of_stock_hold_without_the_tables_of_branches(seed: int) -> None:
    """What the trunk's tables allow is no less than what the branch's own would."""
    network = network_from(alike(seed))
    quick = most_stock(network, Derived(network))
    exact = most_stock(dataclasses.replace(network, reactions={"": ()}), Derived(network))
    assert set(quick) == set(exact)
    assert all(quick[key] >= exact[key] - 1e-9 for key in exact)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda d, _: d * d,
        lambda d, _: largest([d, 3.0 * d - 1.0]),
        lambda d, e: d + e,
        lambda d, e: d * e + 1.0,
        lambda d, e: d * e * e,
    ],
    ids=["square", "largest", "sum", "product and constant", "three"],
)
def test_a_number_of_another_kind_is_refused(monkeypatch: pytest.MonkeyPatch, wrong: Callable[[Any, Any], Any]) -> None:
    """The branches are then built by themselves, and a mould says why there is none."""

    def another(m: Any, t: Any, d: str, i: int, y: int) -> Any:
        r"""D1. $\sum v + u = f(D, D')$: a demand that depends on itself and another."""
        said: Any = demand.demand_is_met_or_short(m, t, d, i, y)
        tonnes = t.demand.tonnes
        others = [other for key, other in tonnes.items() if key[2] == y and key != (d, i, y) and other]
        if tonnes[d, i, y] and others:
            said.side = wrong(said.side, others[0])
        return said

    data = alike(4)
    network = network_from(data)
    assert bound_blocks(network) == len(network.windows)
    monkeypatch.setattr(demand, "constraints", lambda m, t: constraint(m, t, t.demand.lines, another))
    moulds = Moulds(network)
    assert [moulds.block(course) for course in network.windows] == [None] * len(network.windows)
    with pytest.raises(SolveError, match="plain product"):
        Mould(network, next(iter(network.windows)), [])


REFITTED = [0.0, {2027: 0.2, 2028: 0.2, 2029: 0.0}]
"""Exposure of equipment once refitted, at once or from the second year of a period on; it is 0.2 before."""


def refitted(exposure: Any) -> dict[str, Any]:
    """Plants under contracts, hit by their exposure: what is left of one depends on whether it is refitted."""
    data = alike(6)
    data["frictions"] = {stage: {"contracted": 0.5} for stage in {f["stage"] for f in data["facilities"].values()}}
    for facility in data["facilities"].values():
        facility["exposure"] = {"equipment": 0.2}
        for option in facility.get("options", ()):
            option["sets"] = {"exposure": {"equipment": exposure}}
    onset = data["periods"][-2] if exposure == 0.0 else data["periods"][-1]["year"]
    for number, scenario in enumerate(data["scenarios"]):
        scenario |= {"onset": onset, "duration": 2, "recovery": 0}
        rest = [effect for effect in scenario["effects"] if effect["affects"] != "options"]
        hit = {"affects": "facilities", "where": {"equipment": ">=0.2" if number % 2 else "<0.2"}}
        other = {"affects": "facilities", "where": {"equipment": ">=0.2" if number % 3 else "<0.2"}, "available": 0.8}
        scenario["effects"] = [*rest, hit | {"available": [0.0, 0.3, 0.7, 0.9][number % 4]}, other]
    return data


@pytest.mark.parametrize("exposure", REFITTED, ids=["at once", "within a period"])
def test_states_of_a_plant_under_contracts_are_hit_unlike(exposure: Any) -> None:
    """Which of them is the most available changes from scenario to scenario; one mould serves all."""
    network = network_from(refitted(exposure))
    assert any(len(states) > 1 for states in network.trust.states.values())
    most = set()
    for course in network.windows:
        tables = tables_of(network, course)
        for (facility, t), available in tables.adjust.available.items():
            states = [tables.capacity.available[facility, s.id, t] for s in tables.capacity.states[facility]]
            most |= {i for i, found in enumerate(states) if found == available and len(set(states)) > 1}
    assert most >= {0, 1}
    assert bound_blocks(network) == len(network.windows)
