"""By which algorithm a large problem begins: interior point where most of it costs, simplex where little does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from optimizer.solver import highs
from optimizer.solver.compile import Problem
from optimizer.solver.options import Options


def problem(columns: int, costed: int, *, integer: bool) -> Problem:
    """At least as many units as there are costs, of columns of which the first ones cost 1 and the rest nothing."""
    objective = np.zeros(columns)
    objective[:costed] = 1.0
    whole = np.zeros(columns, dtype=bool)
    whole[0] = integer
    matrix = sp.csr_array(np.ones((1, columns)) * (objective > 0))
    return Problem(
        {}, {}, {}, matrix, np.array([float(costed)]), np.array([np.inf]), np.zeros(columns), np.ones(columns), whole,
        objective, 0.0, 1.0,
    )  # fmt: skip


@pytest.mark.parametrize("integer", [False, True])
@pytest.mark.parametrize(
    ("columns", "costed", "begun"), [(30_000, 20_000, True), (30_000, 300, False), (900, 900, False)]
)
def test_where_few_columns_cost_simplex_begins(
    monkeypatch: pytest.MonkeyPatch, columns: int, costed: int, begun: bool, integer: bool
) -> None:
    """One column costs under public outlay; interior point took 20 times as long there on the reference instance."""
    given: dict[str, Any] = {}
    keep = highs._set

    def watched(solver: Any, settings: dict[str, Any]) -> None:
        given.update(settings)
        keep(solver, settings)

    monkeypatch.setattr(highs, "_set", watched)
    raw = highs.run(problem(columns, costed, integer=integer), Options(threads=1), clean=False)
    assert raw.objective == pytest.approx(costed)
    assert (given.get("mip_lp_solver" if integer else "solver") == "ipx") is begun
