"""The cheapest plan whose named markets are served in full after any K losses.

A plan is found, then stressed. Each set of losses that leaves it short by v at fundings and stock x gives a row
v + slope (y - x) <= 0 for any fundings and stock y: the operator's shortage is convex in what it is given, so at any y
it is at least the left side, and a plan that survives the set obeys the row. The rows cut off x; the plan is found
again with all rows so far, until the stress test finds nothing short. No row cuts off a plan that survives, so the last
plan is the cheapest of those that do, within the gap (generalised Benders decomposition: Geoffrion 1972, J. Optim.
Theory Appl. 10), and the last stress test is its proof.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from optimizer.errors import OptionsError
from optimizer.instance.instance import Instance
from optimizer.losses.ask import Asked, Scope, check
from optimizer.losses.candidates import losses_of
from optimizer.losses.case import Case, case_of
from optimizer.losses.operator import Operator
from optimizer.losses.rows import Lost, Row, block_of, kept_in, plain
from optimizer.losses.search import EVERYTHING, FULL, Names, Onset, Search
from optimizer.model import assemble
from optimizer.model.declare import Key
from optimizer.network.derive import tables_of
from optimizer.network.network import network_of
from optimizer.network.tables import INVESTMENT, TRUNK
from optimizer.plan.plan import Plan
from optimizer.run import checkpoint_of, solve_with
from optimizer.solver.benders.checkpoint import Checkpoint
from optimizer.solver.compile import Block, Vector, join
from optimizer.solver.given import given_by
from optimizer.solver.highs import Progress, Report, Stop, run
from optimizer.solver.options import Options
from optimizer.solver.refusals import regret_refused
from optimizer.solver.written import build_block
from optimizer.workers import Cluster, on_cluster

LEAST_ROUNDS = 30
"""Rounds in which the least that a loss leaves short is sought; what is known then is a bound."""


@on_cluster
def survive(
    instance: Instance,
    *,
    losses: int,
    of: str = "facilities",
    duration: int = 1,
    onsets: Sequence[int] = (),
    markets: Sequence[str] = (),
    options: Options | None = None,
    start: Plan | None = None,
    report: Report | None = None,
    stop: Stop | None = None,
    checkpoint: Checkpoint | None = None,
    cluster: Cluster = None,
) -> Plan:
    """Find the cheapest plan whose named markets are served in full after any K losses.

    Args:
        instance: from `load`.
        losses: K.
        of: `facilities`, `owners`, `countries`, `lanes` or `tags`.
        duration: years of a loss.
        onsets: first years of periods in which it may begin; default all.
        markets: to be served; default all whose channel is not the loosest.
        options: how to solve; the time limit is that of all rounds together.
        start: what the same search found before it was stopped; it goes on with the rows of that plan.
        report: called with progress.
        stop: asks it to stop.
        checkpoint: where Benders keeps what it knows, from round to round and for a later run; by default in memory.
        cluster: whose workers answer for Benders's parts while a plan is sought: the address of a dask scheduler, its
            scheduler file, or a client. Losses are tried here.

    Returns:
        The plan. `info["survive"]` says what it survives, what that costs, the rounds and rows it took; without a plan,
        which losses cannot be survived and what is missing.

    Raises:
        OptionsError: what is asked makes no sense, or the measure is regret, or the cluster cannot be used.
        SolveError: the solver failed, or the cluster was lost.
        PlanError: the plan to start from was not made by this search.
    """
    options = options or Options()
    asked = Asked(losses, of, duration, tuple(onsets), tuple(markets))
    scope = check(instance, asked)
    instance.priced("survive")
    if faults := regret_refused("survive", instance):
        raise OptionsError(*faults)
    known = [] if start is None else kept_in(start, instance, asked, scope)
    kept = checkpoint or checkpoint_of(instance)
    return _Rounds(instance, asked, scope, options, report, stop, kept, start, known, cluster).plan()


class _Rounds:
    """Rounds of planning and stressing."""

    def __init__(
        self,
        instance: Instance,
        asked: Asked,
        scope: Scope,
        options: Options,
        report: Report | None,
        stop: Stop | None,
        checkpoint: Checkpoint,
        start: Plan | None,
        rows: Sequence[Row],
        cluster: Cluster,
    ) -> None:
        self._checkpoint, self._cluster = checkpoint, cluster
        self._instance, self._asked, self._scope, self._options = instance, asked, scope, options
        self._report, self._stop = report, stop
        self._began = time.monotonic()
        self._start, self._rows = start, list(rows)
        self._operators: dict[int, Operator] = {}
        self._lps = 0

    def plan(self) -> Plan:
        """Plan and stress until nothing is short."""
        first: Plan | None = None  # without the demand to survive; a run that goes on does not ask it
        rounds = 0
        while True:
            rounds += 1
            plan = self._solve()
            info: dict[str, Any] = {
                "losses": self._asked.losses,
                "of": self._asked.of,
                "duration": self._asked.duration,
                "onsets": list(self._scope.onsets),
                "left_out": list(self._scope.left_out),
                "markets": list(self._scope.weights),
                "rounds": rounds,
                "rows": len(self._rows),
                "not_survived": list(dict.fromkeys(_words(row.lost) for row in self._rows)),
                "proved": False,
                "without_usd": None if first is None else first.objective,
                "seconds": round(time.monotonic() - self._began, 1),
            }
            plan.info["survive"] = info
            if not plan.tables:
                if plan.status == "infeasible" and self._rows:
                    info["cannot"] = self._missing()
                return plan
            if first is None and not self._rows:
                first = plan
            found = self._stressed(plan)
            info |= {"lps": self._lps, "seconds": round(time.monotonic() - self._began, 1)}
            info |= _cost(first, self._start, plan)
            self._rows += found or ()
            info["kept"] = json.dumps([plain(row) for row in self._rows], separators=(",", ":"))
            if found is None or self._over():
                plan.info["why"] += "; it was stopped before all losses were tried"
                return plan
            if not found:
                info["proved"] = True
                return plan

    def _over(self) -> bool:
        limit = self._options.time_limit
        return (self._stop is not None and self._stop.asked.is_set()) or (
            limit is not None and time.monotonic() - self._began >= limit
        )

    def _solve(self) -> Plan:
        limit = self._options.time_limit
        left = None if limit is None else max(1.0, limit - (time.monotonic() - self._began))
        rows = block_of(self._rows) if self._rows else None
        options = replace(self._options, time_limit=left)
        # Rows of losses change no part, so that every cut of one round holds in the next.
        kept = self._checkpoint
        return solve_with(
            self._instance, options, self._start, self._report, self._stop, rows,
            checkpoint=kept, cluster=self._cluster,
        )  # fmt: skip

    def _stressed(self, plan: Plan) -> list[Row] | None:
        """Rows of losses that leave the plan short; none where it survives all, None where it was stopped."""
        case = self._case(plan)
        found: list[Row] = []
        for number, onset in enumerate(self._scope.onsets):
            self._tell(f"stress test {number + 1} of {len(self._scope.onsets)}, {len(found)} losses not survived")
            if self._over():
                self._rows += found
                return None
            operator = self._operator(case, onset)
            found += self._of_onset(operator, case, onset)
        return found

    def _case(self, plan: Plan) -> Case:
        return case_of(plan, self._scope.weights, losses_of(self._instance, self._asked.of))

    def _of_onset(self, operator: Operator, case: Case, onset: int) -> list[Row]:
        """Rows of one onset; sets of more than one loss are tried once no single one leaves the plan short."""
        state = Onset(onset, self._asked.duration)
        asking = Search(state, case.losses, self._asked.losses).run()
        found: list[Row] = []
        answer = None
        while True:
            try:
                ask = next(asking) if answer is None else asking.send(answer)
            except StopIteration:
                return found
            if state.single and found:
                return found
            everything = EVERYTHING in ask.lost
            lost = sorted(case.losses if everything else ask.lost)
            answer = operator.answer(lost, lean=ask.lean)
            self._lps += answer.lps
            if not everything and (answer.short is None or answer.short > FULL):
                found.append(self._row(operator, onset, ask.lost))

    def _operator(self, case: Case, onset: int) -> Operator:
        """The operator of an onset, compiled once; every plan is given to it in turn."""
        if onset not in self._operators:
            self._operators[onset] = Operator(case, onset, self._asked.duration)
        operator = self._operators[onset]
        operator.given = given_by(operator.network, case.plan)
        operator.branch.give(operator.given)
        return operator

    def _row(self, operator: Operator, onset: int, lost: Names) -> Row:
        short, response = operator.shortfall(sorted(lost))
        self._lps += 1
        linked, owners = operator.branch.linked, operator.branch.block.owners
        slopes: dict[tuple[str, Key], float] = {}
        at = 0.0
        for column, slope in zip(linked, response.slope, strict=True):
            if slope:
                key = owners[int(column)]
                slopes[key] = slopes.get(key, 0.0) + float(slope)  # stock may open a branch and be its goal at once
                at += float(slope) * operator.given.get(key, 0.0)
        return Row((onset, lost), slopes, at - short)

    def _missing(self) -> list[dict[str, Any]]:
        """Losses that no plan survives, each with the least that it leaves short; else those it fails at together."""
        network = network_of(self._instance)
        base = [build_block(assemble.investment, network), build_block(assemble.operations, tables_of(network))]
        sets = list(dict.fromkeys(row.lost for row in self._rows))
        found: list[dict[str, Any]] = []
        for onset, names in sets:
            least, lines = self._least(base, (onset, names))
            if least > FULL:
                row = {"losses": sorted(names), "onset": onset, "tonnes_short_at_least": least}
                found.append(row | {"short": lines})
        if not found:
            names = frozenset(name for _, lost in sets for name in lost)
            row = {"losses": sorted(names), "onset": None, "tonnes_short_at_least": None, "short": []}
            found.append(row)
        return sorted(found, key=lambda item: -(item["tonnes_short_at_least"] or 0.0))

    def _least(self, base: Sequence[Block], lost: Lost) -> tuple[float, list[dict[str, Any]]]:
        """The least weighted tonnes short that fundings and the trunk allow after some losses; and what lacks there.

        Found as plans are, with the tonnes by which the rows of the losses are broken as the objective. Scenarios of
        the instance are not asked, so that it is a bound.
        """
        rows = [row for row in self._rows if row.lost == lost]
        if lost[0] not in self._operators and self._start is not None:  # a row of an earlier run
            self._operator(
                case_of(self._start, self._scope.weights, losses_of(self._instance, self._asked.of)), lost[0]
            )
        operator = self._operators[lost[0]]
        options = replace(self._options, time_limit=None, gap=1e-6, gap_usd=None)
        least, lines = 0.0, list[dict[str, Any]]()
        for _ in range(LEAST_ROUNDS):
            self._tell(f"what is missing after {_words(lost)}: at least {least:,.4g} t")
            problem = join([*base, block_of(rows, broken=True)])
            raw = run(problem, options, stop=self._stop)
            if raw.bound is None or raw.values is None:
                break
            least = max(least, raw.bound)
            operator.given = {
                (name, key): float(value)
                for name in (INVESTMENT, TRUNK)
                for key, value in zip(problem.blocks[name].columns, problem.local(name, raw.values), strict=True)
                if key[0] in ("fund", "sequence", "stock", "run", "known")
            }
            operator.branch.give(operator.given)
            rows.append(self._row(operator, *lost))
            short, response = operator.shortfall(sorted(lost[1]))
            lines = self._lines(operator, response.values)
            if short <= least + FULL:
                break
        return least, lines if least > FULL else []

    def _lines(self, operator: Operator, values: Vector | None) -> list[dict[str, Any]]:
        """What lacks, by market, product and period."""
        if values is None:
            return []
        found = operator.lines(values)
        for (market, number, period), column in operator.unmet.items():
            if values[column] > FULL:
                found[market, int(number), int(period)] = float(values[column])
        markets = self._instance.markets
        return [
            {"market": m, "product": markets[m].demand[number].product, "period": period, "tonnes": tonnes}
            for (m, number, period), tonnes in found.items()
        ]

    def _tell(self, phase: str) -> None:
        if self._report is not None:
            self._report(Progress(phase, time.monotonic() - self._began, None, None, 0))


def _cost(first: Plan | None, start: Plan | None, plan: Plan) -> dict[str, float | None]:
    """What surviving costs, between bounds: a plan that survives is a plan without the demand to survive too."""
    before = {} if start is None else start.info["survive"]
    without, bound = before.get("without_usd"), before.get("without_at_least_usd")
    if first is not None:
        without, bound = first.objective, first.bound
    known = {"without_usd": without, "without_at_least_usd": bound}
    if without is None or plan.objective is None or bound is None or plan.bound is None:
        return known
    best = min(without, plan.objective)
    return known | {
        "without_usd": best,
        "costs_at_least_usd": max(0.0, plan.bound - best),
        "costs_at_most_usd": max(0.0, plan.objective - bound),
    }


def _words(lost: Lost) -> str:
    onset, names = lost
    return f"{' and '.join(sorted(names)) or 'nothing'} from {onset}"
