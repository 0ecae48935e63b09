"""A compiled course with more columns, for what a caller lets it do besides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from optimizer.model.declare import Key
from optimizer.solver.compile import Block


def widened(block: Block, extra: Sequence[tuple[Key, int, float]]) -> Block:
    """A block with more columns, held at 0 until a limit lets them be more.

    Args:
        block: a compiled course.
        extra: key, the one row the column stands in, and its coefficient there.
    """
    count = len(extra)
    rows, data = [row for _, row, _ in extra], [coef for _, _, coef in extra]
    more = sp.csr_array((data, (rows, range(count))), shape=(len(block.rows), count))
    zeros = np.zeros(count)
    none = sp.csr_array((block.cost.shape[0], count))
    return replace(
        block,
        columns=[*block.columns, *(key for key, _, _ in extra)],
        lower=np.append(block.lower, zeros),
        upper=np.append(block.upper, zeros),
        integer=np.append(block.integer, zeros.astype(bool)),
        matrix=sp.csr_array(sp.hstack([block.matrix, more], format="csr")),
        cost=sp.csr_array(sp.hstack([block.cost, none], format="csr")),
        objective=np.append(block.objective, zeros),
    )
