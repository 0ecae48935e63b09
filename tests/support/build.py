"""Instances from plain data, and solving them to the end."""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path
from typing import Any

import yaml

import optimizer
from optimizer.instance.instance import Instance
from optimizer.network.derive import tables_of
from optimizer.network.network import network_of
from optimizer.network.tables import TRUNK, Network, Tables
from optimizer.plan.columns import rows_of

GAP = 1e-9
"""Relative gap that tests ask for: the optimum itself."""

Data = dict[str, Any]


try:
    from yaml import CSafeDumper as SafeDumper
except ImportError:  # a build of PyYAML without its C part
    from yaml import SafeDumper  # type: ignore[assignment]


class _Dumper(SafeDumper):
    """Writes what stands twice twice, and all words in quotes."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


_Dumper.add_representer(str, lambda dumper, word: dumper.represent_scalar("tag:yaml.org,2002:str", word, style='"'))


def text_of(data: Data) -> str:
    """Plain data as an instance file."""
    return str(yaml.dump(data, Dumper=_Dumper, sort_keys=False))


def instance_of(data: Data | str) -> Instance:
    """An instance from plain data or YAML text, checked as if it had been read from a file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "instance.yaml"
        file.write_text(data if isinstance(data, str) else text_of(data), encoding="utf-8")
        return optimizer.load(file)


def network_from(data: Data | str) -> Network:
    """The network of an instance given as data."""
    return network_of(instance_of(data))


def tables_from(data: Data | str, course: str = TRUNK) -> Tables:
    """The tables of one course of an instance given as data."""
    return tables_of(network_from(data), course)


def solve(data: Data | str | Instance, **options: Any) -> optimizer.Plan:
    """Solve to optimality on one core."""
    instance = data if isinstance(data, Instance) else instance_of(data)
    return optimizer.solve(instance, **{"gap": GAP, "threads": 1, **options})


def optimum(data: Data | str | Instance) -> float:
    """The least cost of an instance that has a plan; the plan is checked as well."""
    plan = solve(data)
    assert plan.status == "optimal", (plan.status, plan.info.get("shortfall"))
    assert plan.info["verdict"]["ok"], plan.info["verdict"]
    assert plan.objective is not None
    return plan.objective


def funded(plan: optimizer.Plan) -> list[str]:
    """What a plan funds, facility:option:year, in order of name."""
    return sorted(f"{row.facility}:{row.option}:{row.funded}" for row in rows_of(plan.portfolio))


def one_market(name: str, facilities: Data, **line: Any) -> Data:
    """Plants that make magnets of nothing at 10 USD per t for one market at home, in 2027 and 2028 and undiscounted."""
    return {
        "schema": 1,
        "name": name,
        "base_year": 2027,
        "discount_rate": 0.0,
        "periods": [2027, 2028],
        "domestic": ["USA"],
        "countries": {"USA": "domestic"},
        "materials": {"magnet": {"stage": "magnet"}},
        "recipes": {"make": {"stage": "magnet", "outputs": {"magnet": 1}, "cost": 10, "confidence": "A"}},
        "facilities": facilities,
        "channels": {"open": {}},
        "markets": {"programs": {"channel": "open", "country": "USA", "demand": [{"product": "magnet", **line}]}},
    }


def with_changes(data: Data, **changes: Any) -> Data:
    """A copy of data with sections replaced; None leaves a section out."""
    made = copy.deepcopy(data)
    for key, value in changes.items():
        if value is None:
            made.pop(key, None)
        else:
            made[key] = copy.deepcopy(value)
    return made
