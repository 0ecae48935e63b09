"""What the tests of findings share: a small instance without any finding, and changes to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml

from optimizer.findings import Finding, findings_of
from optimizer.instance.checks import check
from optimizer.instance.judge import judge
from optimizer.instance.read import read_source
from optimizer.instance.yaml12 import read_yaml
from optimizer.network.eligible import ineligible
from optimizer.network.network import laundering, network_of
from optimizer.network.tables import Network

QUIET = """
schema: 1
name: quiet
base_year: 2027
discount_rate: 0.0
periods: [2027, 2028, 2029]
domestic: [USA]
countries: {USA: domestic, AUS: ally, CHN: adversary}
materials:
  ore: {stage: mining}
  oxide: {stage: separation}
  magnet: {stage: magnet}
recipes:
  dig: {stage: mining, outputs: {ore: 1}, cost: 1}
  refine: {stage: separation, inputs: {ore: 2}, outputs: {oxide: 1}, cost: 4}
  press: {stage: magnet, inputs: {oxide: 0.5}, outputs: {magnet: 1}, cost: 10}
owners:
  acme: {country: USA}
facilities:
  mine: {stage: mining, country: AUS, recipes: [dig], capacity: 100, owners: {acme: 1}, source: a, confidence: A}
  refinery:
    {stage: separation, country: AUS, recipes: [refine], capacity: 40, owners: {acme: 1}, source: a, confidence: A}
  plant:
    stage: magnet
    country: USA
    recipes: [press]
    capacity: 50
    owners: {acme: 1}
    source: a
    confidence: A
    options:
    - {id: wing, capacity: 20, capex: 100, lead: 1, source: a, confidence: A}
channels:
  mdap: {tiers: [domestic, ally], max_exposure: {ownership: 0.2}, custody_cost: 1}
  commercial: {}
markets:
  programs:
    channel: mdap
    country: USA
    demand:
    - {product: magnet, tonnes: 10, shortage_cost: 500, source: a, confidence: A}
  trade:
    channel: commercial
    country: USA
    demand:
    - {product: magnet, tonnes: 20, shortage_cost: 100, source: a, confidence: A}
"""


class Dumper(yaml.SafeDumper):
    """Writes what stands twice twice."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def merged(base: Any, change: Any) -> Any:
    """A document with changes: mappings are merged, null takes a key away, all else replaces.

    Keys keep the order of the base; where the change names all of them, its own.
    """
    if not isinstance(base, dict) or not isinstance(change, dict):
        return change
    found = {key: base.get(key) for key in change} if base.keys() <= change.keys() else dict(base)
    for key, value in change.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = merged(found.get(key), value)
    return found


def _data(text: str) -> Any:
    document = read_yaml(dedent(text), "changes")
    assert document.faults == []
    return document.data or {}


Draw = Callable[..., Network]
Find = Callable[..., list[Finding]]


@pytest.fixture
def network(tmp_path: Path) -> Draw:
    """The network of the quiet instance with changes; the instance must be without fault."""

    def draw(*changes: str) -> Network:
        data = _data(QUIET)
        for change in changes:
            data = merged(data, _data(change))
        (tmp_path / "instance.yaml").write_text(yaml.dump(data, Dumper=Dumper, sort_keys=False), encoding="utf-8")
        source = read_source(tmp_path)
        instance = judge(source)
        assert instance is not None, source.faults
        check(source, instance)
        assert [str(fault) for fault in (*source.faults, *laundering(instance), *ineligible(instance))] == []
        return network_of(instance)

    return draw


@pytest.fixture
def find(network: Draw) -> Find:
    """The findings of one kind in the quiet instance with changes."""

    def found(kind: str, *changes: str) -> list[Finding]:
        return [finding for finding in findings_of(network(*changes)) if finding.kind == kind]

    return found
