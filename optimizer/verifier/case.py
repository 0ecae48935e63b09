"""A plan under check: the instance, what follows from it, the rows, and the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from optimizer.instance.instance import Instance, Period
from optimizer.verifier.built import Built
from optimizer.verifier.columns import Stock
from optimizer.verifier.facts import Facts
from optimizer.verifier.futures import TRUNK, Block, Factors
from optimizer.verifier.reacted import Reacted
from optimizer.verifier.tables import Rows
from optimizer.verifier.trust import State, Trust
from optimizer.verifier.verdict import Ledger

StockKey = tuple[str, int, str, str, str]


@dataclass(slots=True)
class Case:
    """What every check is given.

    Attributes:
        instance: the resolved instance.
        facts: what follows from it alone.
        blocks: trunk and branches.
        factors: effects.
        trust: exposures and who may run what.
        built: the portfolio.
        rows: the result tables.
        plan: plan.json.
        ledger: where rows checked are noted.
        stock: stock rows by scenario, period, stockpile, material, channel.
    """

    instance: Instance
    facts: Facts
    blocks: dict[str, Block]
    factors: Factors
    trust: Trust
    built: Built
    rows: Rows
    plan: Mapping[str, Any]
    ledger: Ledger
    stock: dict[StockKey, Stock]

    @property
    def reacted(self) -> Reacted:
        """What branches fund themselves."""
        return self.built.reacted

    @property
    def trunk(self) -> Block:
        """The undisrupted course of operations."""
        return self.blocks[TRUNK]

    def each_period(self) -> Iterator[tuple[Block, Period]]:
        """Every block with every period it covers."""
        for block in self.blocks.values():
            for period in block.periods:
                yield block, period

    def stock_row(self, scenario: str, period: int, stockpile: str, material: str, channel: str) -> Stock:
        """A row of the stock table; what is not in the table is zero."""
        key = (scenario, period, stockpile, material, channel)
        return self.stock.get(key) or Stock(*key, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)

    def state_of(self, text: str) -> State:
        """The state that a cell names."""
        return frozenset(part.strip() for part in text.split("+") if part.strip())
