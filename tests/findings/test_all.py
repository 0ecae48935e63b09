"""All kinds: each has its tests, none is told of a quiet instance, and all run over every instance at hand."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from optimizer.findings import KINDS, Finding, findings_of
from optimizer.findings.survey import Survey
from optimizer.instance.judge import judge
from optimizer.instance.read import read_source
from optimizer.network.network import network_of

from .conftest import Draw, Find

HERE = Path(__file__).parent
CONTRACT = HERE.parents[2] / "shared" / "contract"
CASES = sorted(path.parent for path in CONTRACT.glob("*/instance.yaml"))


def _findings(folder: Path) -> list[Finding]:
    instance = judge(read_source(folder))
    assert instance is not None
    return findings_of(network_of(instance))


def test_every_kind_has_a_test_that_trips_it_and_one_that_does_not() -> None:
    names = {
        node.name
        for path in HERE.glob("test_*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }
    for kind in KINDS:
        assert any(name.startswith(f"test_{kind.__name__}_trips") for name in names), kind.__name__
        if kind.__name__ != "horizon_summary":
            assert any(name.startswith(f"test_{kind.__name__}_is_quiet") for name in names), kind.__name__


def test_a_function_tells_only_of_its_own_kind(network: Draw) -> None:
    survey = Survey(network("markets: {programs: {demand: [{product: magnet, tonnes: 500, shortage_cost: null}]}}"))
    for kind in KINDS:
        assert {finding.kind for finding in kind(survey)} <= {kind.__name__}


def test_of_a_quiet_instance_only_the_summary_is_told(network: Draw) -> None:
    assert [finding.kind for finding in findings_of(network())] == ["horizon_summary"]


def test_what_cannot_be_met_comes_first(network: Draw) -> None:
    changes = """
    markets:
      programs: {demand: [{product: magnet, tonnes: 500}]}
      trade: {demand: [{product: magnet, tonnes: 600, shortage_cost: 0}]}
    """
    found = [finding.severity for finding in findings_of(network(changes))]
    assert found == sorted(found, key=["cannot", "warning", "note"].index)
    assert found[0] == "cannot"


def test_findings_are_plain_data(network: Draw) -> None:
    changes = "markets: {programs: {demand: [{product: magnet, tonnes: 500, shortage_cost: null}]}}"
    for finding in findings_of(network(changes)):
        again = json.loads(json.dumps(finding.to_dict()))
        assert again["kind"] == finding.kind
        assert again["subject"] == list(finding.subject)


def test_horizon_summary_trips_always(find: Find) -> None:
    (found,) = find("horizon_summary", "scenarios: [{id: s, probability: 0.25, onset: 2028, effects: []}]")
    assert found.severity == "note"
    assert found.data["counts"]["facilities"] == 3
    assert found.data["counts"]["options"] == 1
    assert found.data["demand"] == {
        "mdap": {"magnet": {2027: 10, 2028: 10, 2029: 10}},
        "commercial": {"magnet": {2027: 20, 2028: 20, 2029: 20}},
    }
    assert "3 periods, 2027 to 2029" in found.text


def test_the_summary_counts_futures_with_effects(find: Find) -> None:
    effects = "effects: [{affects: demand, where: {market: trade}, factor: 2}]"
    (found,) = find("horizon_summary", f"scenarios: [{{id: s, probability: 0.25, onset: 2028, {effects}}}]")
    assert found.data["probability"] == {"base": 0.75, "s": 0.25}
    assert "nothing happens with probability 75 %" in found.text


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_contract_cases_are_read_without_exceptions(folder: Path) -> None:
    found = _findings(folder)
    assert found[-1].kind
    expected = (folder / "expected.yaml").read_text(encoding="utf-8")
    if "status: optimal" in expected:
        assert [finding.text for finding in found if finding.severity == "cannot"] == []


@pytest.mark.parametrize("folder", [case for case in CASES if case.name == "infeasible_lead"])
def test_a_lead_that_is_too_long_is_told(folder: Path) -> None:
    found = [finding for finding in _findings(folder) if finding.severity == "cannot"]
    assert len(found) == 1
    assert found[0].subject == ("markets", "prog", "demand", 0)
    for word in ("prog", "2027", "plant_t", "2029"):
        assert word in found[0].text
