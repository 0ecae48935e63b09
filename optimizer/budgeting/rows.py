"""Rows over what is funded in which year, and over what a public stockpile takes in: as a block beside the others."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from optimizer.model.declare import Key
from optimizer.near_optimal.rows import Option
from optimizer.network.tables import INVESTMENT
from optimizer.solver.compile import Block

BUDGETING = "budgeting"
"""Name of the block of rows."""

Column = tuple[str, Key]
"""Block, (component, index): fundings of the investment, stock of the trunk."""
Years = Mapping[Option, Sequence[int]]
"""Periods in which each option can be funded."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row: least <= coefficients times columns <= most.

    Attributes:
        coefs: (column, coefficient) of those that are not zero.
        least: at least this.
        most: at most this.
    """

    coefs: tuple[tuple[Column, float], ...]
    least: float = -np.inf
    most: float = np.inf


def fund(option: Option, year: int) -> Column:
    """The column of a funding."""
    return INVESTMENT, ("fund", (*option, year))


def without(options: Collection[Option], years: Years) -> list[Row]:
    """None of some options is funded; no row where none of them can be."""
    terms = [(fund(option, year), 1.0) for option in sorted(options) for year in years.get(option, ())]
    return [Row(tuple(terms), most=0.0)] if terms else []


def required(options: Collection[Option], years: Years) -> list[Row]:
    """Each of some options is funded, in whatever year."""
    return [Row(tuple((fund(o, year), 1.0) for year in years[o]), least=1.0) for o in sorted(options)]


def not_before(option: Option, year: int | None, years: Years) -> list[Row]:
    """An option is not funded before a year; None: never."""
    early = [t for t in years[option] if year is None or t < year]
    return [Row(tuple((fund(option, t), 1.0) for t in early), most=0.0)] if early else []


def within(usd: Iterable[tuple[Column, float]], least: float, most: float) -> Row:
    """Money lies between two amounts, USD; in units of its largest coefficient, since tolerances are absolute."""
    terms = [(column, amount) for column, amount in usd if amount]
    unit = max((abs(amount) for _, amount in terms), default=1.0)
    return Row(tuple((column, amount / unit) for column, amount in terms), least / unit, most / unit)


def block_of(rows: Sequence[Row]) -> Block:
    """Rows as a block over other blocks' columns.

    Args:
        rows: at least one.
    """
    keys = list(dict.fromkeys(column for row in rows for column, _ in row.coefs))
    place = {column: i for i, column in enumerate(keys)}
    entries = [(i, place[column], coef) for i, row in enumerate(rows) for column, coef in row.coefs]
    where, which, data = zip(*entries, strict=True) if entries else ((), (), ())
    width = len(keys)
    return Block(
        name=BUDGETING,
        columns=[key for _, key in keys],
        lower=np.zeros(width),
        upper=np.full(width, np.inf),
        integer=np.zeros(width, dtype=bool),
        matrix=sp.csr_array((list(data), (list(where), list(which))), shape=(len(rows), width)),
        row_lower=np.array([row.least for row in rows]),
        row_upper=np.array([row.most for row in rows]),
        rows=[("budgeting", (i,)) for i in range(len(rows))],
        cost=sp.csr_array((0, width)),
        cost_keys=[],
        cost_constant=np.zeros(0),
        owners=dict(enumerate(keys)),
        objective=np.zeros(width),
    )
