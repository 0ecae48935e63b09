"""One compiled branch, bound to scenario after scenario, answers as each compiled by itself does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.build import network_from
from support.generate import generate
from support.params import first_fast

from optimizer.model import assemble
from optimizer.network.derive import tables_of
from optimizer.network.tables import Network
from optimizer.solver.branch import Branch
from optimizer.solver.given import given_fundings, starts_taken
from optimizer.solver.mould import Mould, shape_of
from optimizer.solver.template import Template
from optimizer.solver.written import build_block


def alike(seed: int) -> dict[str, Any]:
    """An instance whose scenarios have the same onset and length."""
    data = generate(seed, scenarios=8, size=2)
    for market in data["markets"].values():
        for line in market["demand"]:
            line["shortage_cost"] = line.get("shortage_cost") or 9_000
    for facility in data["facilities"].values():
        for option in facility.get("options", ()):
            option.pop("sets", None)
    first = next(iter(data["facilities"]))
    data["scenarios"][0]["effects"].append({"affects": "options", "where": {"id": "build"}, "delay": 1})
    data["scenarios"][3]["effects"].append({"affects": "options", "where": {"id": "build"}, "delay": 2})
    data["scenarios"][4]["effects"].append(
        {"affects": "facilities", "where": {"id": first}, "exposure": {"ownership": 1}}
    )
    data["scenarios"][5]["effects"].append({"affects": "demand", "where": {"market": "army"}, "factor": 1.2})
    for scenario in data["scenarios"]:
        scenario |= {"onset": data["periods"][-2], "duration": 1, "recovery": 1, "probability": 0.1}
        for effect in scenario["effects"]:
            effect.pop("from", None)
            effect.pop("duration", None)
    return data


def some_fundings(network: Network, rng: np.random.Generator) -> list[tuple[str, str, int]]:
    """Some fundings: of alternatives at most one, expansions after what they expand."""
    chosen: dict[tuple[str, str], tuple[str, str, int]] = {}
    roots: set[str] = set()
    for (facility, option), years in network.starts.years.items():
        base = network.starts.base(facility, option)
        if base is None:
            ready = -1 if facility in roots else 0
        else:
            ready = chosen[facility, base][2] + 1 if (facility, base) in chosen else -1
        late = [year for year in years if ready >= 0 and year >= ready]
        if late and rng.random() < 0.8:
            chosen[facility, option] = (facility, option, int(rng.choice(late)))
            roots |= {facility} if base is None else set()
    return list(chosen.values())


def some_given(
    network: Network, template: Template, fundings: list[tuple[str, str, int]], rng: np.random.Generator
) -> dict[Any, float]:
    """The fundings, and some stock."""
    given = dict(given_fundings(network.starts, fundings))
    for column, owner in template.block.owners.items():
        if template.block.columns[column][0] == "opening":
            given[owner] = 500 * rng.random()
    return given


@pytest.mark.parametrize("seed", first_fast([1, 3, 4, 8, 9, 11], 3))
def test_a_template_answers_as_the_branch_itself(seed: int) -> None:
    """At any fundings and stock, and whatever was bound before, the value is that of the scenario's own branch."""
    network = network_from(alike(seed))
    names = list(network.windows)
    rng = np.random.default_rng(seed)
    fundings = some_fundings(network, rng)
    assert len({shape_of(network, network.windows[name]) for name in names}) == 1
    template = Template(Mould(network, names[0], starts_taken(network.starts, fundings)), names[0])
    values = set()
    for name in [*names, *reversed(names)]:
        own = Branch(build_block(assemble.operations, tables_of(network, name)))
        given = some_given(network, template, fundings, rng)
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


def test_what_changes_more_than_numbers_is_another_shape() -> None:
    """Another length is, and the delay of an option that sets exposures; a plain delay is not."""
    data = alike(3)
    data["scenarios"][1]["duration"] = 2
    network = network_from(data)
    shapes = [shape_of(network, network.windows[s["id"]]) for s in data["scenarios"][:4]]
    assert shapes[0] == shapes[2] == shapes[3] != shapes[1]
    for facility in data["facilities"].values():
        for option in facility.get("options", ()):
            option["sets"] = {"exposure": {"equipment": 0.0}}
    network = network_from(data)
    shapes = [shape_of(network, network.windows[s["id"]]) for s in data["scenarios"][:4]]
    assert len({shapes[0], shapes[2], shapes[3]}) == 3


@pytest.mark.parametrize("key", ["frictions", "requalification"])
def test_the_first_blow_makes_a_shape_only_where_years_since_it_count(key: str) -> None:
    """Two children of one onset whose parents struck in other years are alike, but where something waits since then."""
    data = alike(3)
    plain = data["scenarios"][0] | {"probability": 0.01, "duration": 10, "recovery": 0}
    parents = [plain | {"id": f"parent_{n}", "onset": data["periods"][n]} for n in (0, 1)]
    children = [
        plain | {"id": f"child_{n}", "parent": f"parent_{n}", "onset": data["periods"][2], "duration": 1}
        for n in (0, 1)
    ]
    data["scenarios"] = [*parents, *children]
    network = network_from(data)
    assert len({shape_of(network, network.windows[f"child_{n}"]) for n in (0, 1)}) == 1
    if key == "frictions":
        data["frictions"] = {next(iter(data["facilities"].values()))["stage"]: {"raise": 0.2}}
    else:
        wait = {"years": 2, "multiple": 1}
        next(iter(data["materials"].values()))["requalification"] = {next(iter(data["channels"])): wait}
    network = network_from(data)
    assert len({shape_of(network, network.windows[f"child_{n}"]) for n in (0, 1)}) == 2
