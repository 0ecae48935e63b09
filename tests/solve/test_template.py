"""One compiled branch, bound to scenario after scenario, answers as each compiled by itself does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.build import network_from
from support.generate import generate

from optimizer.model import assemble
from optimizer.network.derive import tables_of
from optimizer.network.tables import Network
from optimizer.solver.branch import Branch, given_fundings
from optimizer.solver.compile import compile_block
from optimizer.solver.template import Template, shape_of


def alike(seed: int) -> dict[str, Any]:
    """An instance whose scenarios differ in factors only."""
    data = generate(seed, scenarios=8, size=2)
    for market in data["markets"].values():
        for line in market["demand"]:
            line["shortage_cost"] = line.get("shortage_cost") or 9_000
    for scenario in data["scenarios"]:
        scenario |= {"onset": data["periods"][-2], "duration": 1, "recovery": 1, "probability": 0.1}
        kept = [e for e in scenario["effects"] if e["affects"] != "options" and "exposure" not in e]
        for effect in kept:
            effect.pop("from", None)
            effect.pop("duration", None)
        scenario["effects"] = kept or [{"affects": "facilities", "where": {"stage": "separation"}, "available": 0.4}]
    return data


def some_given(network: Network, template: Template, rng: np.random.Generator) -> dict[Any, float]:
    """Some fundings, at most one a facility, and some stock."""
    chosen: dict[str, tuple[str, str, int]] = {}
    for (facility, option), years in network.starts.years.items():
        if years and network.starts.base(facility, option) is None and rng.random() < 0.7:
            chosen[facility] = (facility, option, int(rng.choice(years)))
    given = dict(given_fundings(network.starts, chosen.values()))
    for column, owner in template.block.owners.items():
        if template.block.columns[column][0] == "opening":
            given[owner] = 500 * rng.random()
    return given


@pytest.mark.parametrize("seed", [1, 3, 4, 8, 9, 11])
def test_a_template_answers_as_the_branch_itself(seed: int) -> None:
    """At any fundings and stock, and whatever was bound before, the value is that of the scenario's own branch."""
    network = network_from(alike(seed))
    names = list(network.windows)
    assert len({shape_of(network.windows[name]) for name in names}) == 1
    template = Template(network, names[0])
    rng = np.random.default_rng(seed)
    values = set()
    for name in [*names, *reversed(names)]:
        own = Branch(compile_block(*assemble.operations(tables_of(network, name))))
        given = some_given(network, template, rng)
        own.give(given)
        template.bind(name)
        template.give(given)
        expected, found = own.solve(), template.solve()
        assert (found.value is None) == (expected.value is None)
        if expected.value is not None:
            assert found.value == pytest.approx(expected.value, rel=1e-7, abs=1e-2)
            assert found.values is not None
            assert sum(template.cost_in(found.values).values()) == pytest.approx(found.value, rel=1e-9, abs=1e-3)
            values.add(round(expected.value))
    assert len(values) > 1


def test_delays_and_years_make_another_shape() -> None:
    """What changes more than numbers is not served by the same template."""
    data = alike(3)
    data["scenarios"][1]["duration"] = 2
    data["scenarios"][2]["effects"].append({"affects": "options", "where": {"id": "build"}, "delay": 1})
    network = network_from(data)
    shapes = [shape_of(network.windows[s["id"]]) for s in data["scenarios"][:4]]
    assert shapes[0] == shapes[3]
    assert len({*shapes[:3]}) == 3
