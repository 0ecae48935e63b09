"""The problem of someone who knows which future comes, told by the families alone: what methods are held to."""

from __future__ import annotations

from collections.abc import Mapping

from optimizer.model import assemble, risk
from optimizer.network.tables import INVESTMENT, TRUNK, Network
from optimizer.solver.compile import Block, Problem, join, money_of
from optimizer.solver.written import build_block


def single_future(network: Network, blocks: Mapping[str, Block], future: str) -> Problem:
    """Investment, trunk and the branches on a future's path, at what it costs. Source: design.md 4.3, regret."""
    names = [INVESTMENT, TRUNK, *risk.branches_of(network, future)]
    known = build_block(assemble.one_future, network, future)
    return join([*(blocks[name] for name in names), known], money_of(blocks.values()))
