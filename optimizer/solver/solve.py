"""Which method solves a problem, and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from optimizer.errors import OptionsError, SolveError
from optimizer.instance.policy import Expected
from optimizer.network.tables import Network
from optimizer.solver.benders.solve import decompose
from optimizer.solver.benders.split import undivided
from optimizer.solver.compile import Block
from optimizer.solver.extensive import Begun, Solved, begin, finish
from optimizer.solver.first_plan import LARGE
from optimizer.solver.highs import Report, Stop
from optimizer.solver.options import Options


def solve(
    network: Network,
    options: Options,
    report: Report | None = None,
    stop: Stop | None = None,
    portfolio: Collection[tuple[str, str, int]] | None = None,
    rows: Block | None = None,
    hindsight: Mapping[str, float] | None = None,
) -> Solved:
    """Solve an instance by the method asked for. Arguments as of `extensive.solve`.

    Raises:
        OptionsError: the method asked for cannot solve it.
        SolveError: the solver failed.
    """
    begun = begin(network, options, report, stop, rows, hindsight)
    if begun.over:
        return begun.out
    out = begun.out
    out.method, out.method_why = method_of(begun, options)
    if out.method == "benders":
        try:
            return decompose(begun, options, report, stop, portfolio)
        except SolveError as error:
            if options.method != "auto":
                raise
            out.method, out.method_why = "extensive", f"Benders failed: {error}"
    return finish(begun, options, report, stop, portfolio)


def method_of(begun: Begun, options: Options) -> tuple[str, str]:
    """The method that solves what was begun, and why it does.

    Raises:
        OptionsError: Benders was asked for and cannot.
    """
    reason = undivided(begun.blocks)
    if options.method == "benders" and reason is not None:
        raise OptionsError(f"method is 'benders', but {reason}; 'extensive' can solve it")
    if options.method != "auto":
        return options.method, "it was asked for"
    if reason is not None:
        return "extensive", reason
    branches = len(begun.out.network.windows)
    columns = sum(len(block.columns) - len(block.owners) for block in begun.blocks.values())
    if not branches or columns < LARGE:
        return "extensive", f"{columns:,} columns: small enough to be solved whole"
    measure = begun.out.network.instance.risk
    if not isinstance(measure, Expected):
        return "extensive", f"under '{measure.measure}' Benders has not been measured on large problems"
    return "benders", f"{columns:,} columns in {branches} branches and a trunk: its parts are small beside the whole"
