"""Plans of instances whose every figure is known by hand, solved once."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from support.build import Data, solve
from worth.conftest import backup

import optimizer
from optimizer.plan.columns import rows_of


def dearer(p: float, capex: float) -> Data:
    """The plant and its backup, which costs `capex`: not funded 100 + 900 p, funded 100 + capex."""
    data = backup(p)
    data["facilities"]["backup"]["options"][0]["capex"] = capex
    return data


@pytest.fixture(scope="session")
def without() -> optimizer.Plan:
    """Nothing is funded: 0.7 * 100 + 0.3 * 1000 = 370."""
    return solve(backup(0.3))


@pytest.fixture(scope="session")
def funded() -> optimizer.Plan:
    """The backup is funded: 400; without it 460."""
    return solve(backup(0.4))


def gapped(plan: optimizer.Plan, **changes: Any) -> optimizer.Plan:
    """The same plan as a search would have left it that stopped earlier."""
    return optimizer.Plan(plan.instance, plan.info | changes, plan.tables)


def only(table: pd.DataFrame, **keys: Any) -> Any:
    """The one row with these values."""
    for column, value in keys.items():
        table = table[table[column] == value]
    (row,) = rows_of(table)
    return row
