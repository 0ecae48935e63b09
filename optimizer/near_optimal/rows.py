"""Rows over what is funded at all, in whatever year: as a block over the columns of the investment."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from optimizer.network.tables import INVESTMENT
from optimizer.solver.compile import Block

NEAR = "near"
"""Name of the block of rows."""

Option = tuple[str, str]
"""Facility, option."""
Chosen = frozenset[Option]
"""What a portfolio funds, whenever."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row over y, with y of an option the sum of its fundings over the years: 1 where it is funded, else 0.

    Attributes:
        coefs: by option, those that are not zero.
        least: the coefficients times y are at least this.
    """

    coefs: Mapping[Option, float]
    least: float


def without(options: Collection[Option]) -> list[Row]:
    """None of some options is funded."""
    return [Row({option: -1.0}, 0.0) for option in options]


def required(options: Collection[Option]) -> list[Row]:
    """Each of some options is funded."""
    return [Row({option: 1.0}, 1.0) for option in options]


def apart(chosen: Chosen, options: Collection[Option], least: int) -> Row:
    """A portfolio differs from a chosen one by at least so many options: sum of |y - y'| >= least."""
    return Row({option: -1.0 if option in chosen else 1.0 for option in options}, float(least - len(chosen)))


def outside(small: Chosen, large: Chosen, options: Collection[Option]) -> Row:
    """A portfolio is not between two: it leaves out something of the small one, or funds something beyond the large."""
    coefs = dict.fromkeys(small, -1.0) | {option: 1.0 for option in options if option not in large}
    return Row(coefs, float(1 - len(small)))


def distance(one: Chosen, other: Chosen) -> int:
    """Options that one of two portfolios funds and the other does not."""
    return len(one ^ other)


def block_of(rows: Sequence[Row], years: Mapping[Option, Sequence[int]]) -> Block:
    """Rows as a block over the investment's columns.

    Args:
        rows: at least one.
        years: periods in which each option can be funded.
    """
    columns = {(option, t): 0 for row in rows for option in row.coefs for t in years[option]}
    columns = {key: i for i, key in enumerate(columns)}
    entries = [
        (i, columns[option, t], coef)
        for i, row in enumerate(rows)
        for option, coef in row.coefs.items()
        for t in years[option]
    ]
    where, which, data = zip(*entries, strict=True) if entries else ((), (), ())
    width = len(columns)
    keys = [("fund", (*option, t)) for option, t in columns]
    return Block(
        name=NEAR,
        columns=list(keys),
        lower=np.zeros(width),
        upper=np.ones(width),
        integer=np.zeros(width, dtype=bool),
        matrix=sp.csr_array((list(data), (list(where), list(which))), shape=(len(rows), width)),
        row_lower=np.array([row.least for row in rows]),
        row_upper=np.full(len(rows), np.inf),
        rows=[("near", (i,)) for i in range(len(rows))],
        cost=sp.csr_array((0, width)),
        cost_keys=[],
        cost_constant=np.zeros(0),
        owners={i: (INVESTMENT, key) for i, key in enumerate(keys)},
        objective=np.zeros(width),
    )
