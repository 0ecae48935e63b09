"""Rounds of planning and stressing, until a plan is short of nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from optimizer.digits import digits
from optimizer.losses.ask import Asked
from optimizer.losses.operator import Operator
from optimizer.losses.operators import Operators, Over, Say
from optimizer.losses.rows import Lost, Row, block_of, plain
from optimizer.losses.search import FULL
from optimizer.model import assemble
from optimizer.network.derive import tables_of
from optimizer.network.network import network_of
from optimizer.network.tables import INVESTMENT, TRUNK
from optimizer.plan.plan import Plan
from optimizer.solver.compile import Block, Vector, join
from optimizer.solver.highs import Stop, run
from optimizer.solver.options import Options
from optimizer.solver.written import build_block

LEAST_ROUNDS = 30
"""Rounds in which the least that a loss leaves short is sought; what is known then is a bound."""

Solve = Callable[[Block | None, Plan | None], Plan]
"""Finds a plan that obeys rows of losses, none at first, beginning with the plan of the round before."""


class Rounds:
    """Rounds of planning and stressing.

    Attributes:
        rows: of all losses that left a plan short so far.
    """

    def __init__(
        self,
        asked: Asked,
        operators: Operators,
        rows: Sequence[Row],
        solve: Solve,
        options: Options,
        over: Over,
        say: Say,
        stop: Stop | None = None,
        before: Mapping[str, Any] | None = None,
    ) -> None:
        """Begin with rows that are known.

        Args:
            asked: what is to be survived.
            operators: of the instance.
            rows: of losses, from before.
            solve: finds a plan.
            options: how to solve, for what is missing where there is none.
            over: whether there is no time left.
            say: called with what is being done.
            stop: asks it to stop.
            before: what an earlier run of the same search said of itself.
        """
        self.rows = list(rows)
        self._asked, self._operators, self._solve, self._options = asked, operators, solve, options
        self._over, self._say, self._stop = over, say, stop
        self._before = dict(before or {})
        self._began = time.monotonic()
        self._first: Plan | None = None  # without the demand to survive; a run that goes on does not ask it

    def plan(self) -> Plan:
        """Plan and stress until nothing is short."""
        scope, rounds = self._operators.scope, 0
        last: Plan | None = None
        while True:
            rounds += 1
            plan = self._solve(block_of(self.rows) if self.rows else None, last)
            info: dict[str, Any] = {
                "losses": self._asked.losses,
                "of": self._asked.of,
                "duration": self._asked.duration,
                "onsets": list(scope.onsets),
                "left_out": list(scope.left_out),
                "markets": list(scope.weights),
                "rounds": rounds,
                "rows": len(self.rows),
                "not_survived": list(dict.fromkeys(words_of(row.lost) for row in self.rows)),
                "proved": False,
                "without_usd": None if self._first is None else self._first.objective,
                "seconds": round(time.monotonic() - self._began, 1),
            }
            plan.info["survive"] = info
            if not plan.tables:
                if plan.status == "infeasible" and self.rows:
                    return self._without(plan)
                return plan if last is None else _left(last, info, str(plan.info["why"]))
            if self._first is None and not self.rows:
                self._first = plan
            found, whole = self._operators.short(plan, self._asked.losses, self._over, self._say)
            info |= {"lps": self._operators.lps, "seconds": round(time.monotonic() - self._began, 1)}
            info |= self._cost(plan)
            self.rows += found
            last = plan
            info["kept"] = json.dumps([plain(row) for row in self.rows], separators=(",", ":"))
            if not whole or (found and self._over()):
                plan.info["why"] += "; it was stopped before all losses were tried"
                return plan
            if not found:
                info["proved"] = True
                return plan

    def _cost(self, plan: Plan) -> dict[str, float | None]:
        """What surviving costs, between bounds: a plan that survives is one without the demand to survive too."""
        without, bound = self._before.get("without_usd"), self._before.get("without_at_least_usd")
        if self._first is not None:
            without, bound = self._first.objective, self._first.bound
        known = {"without_usd": without, "without_at_least_usd": bound}
        if without is None or plan.objective is None or bound is None or plan.bound is None:
            return known
        best = min(without, plan.objective)
        return known | {
            "without_usd": best,
            "costs_at_least_usd": max(0.0, plan.bound - best),
            "costs_at_most_usd": max(0.0, plan.objective - bound),
        }

    def _without(self, plan: Plan) -> Plan:
        """An answer without a plan: why; the instance may have none whatever is lost."""
        found = self._missing()
        if not found and self._first is None and not self._before:
            bare = self._solve(None, None)
            if bare.status == "infeasible":
                bare.info["survive"] = plan.info["survive"]
                return bare
        names = frozenset(name for row in self.rows for name in row.lost[1])
        together = {"losses": sorted(names), "onset": None, "tonnes_short_at_least": None, "short": []}
        plan.info["survive"]["cannot"] = found or [together]
        return plan

    def _missing(self) -> list[dict[str, Any]]:
        """Losses that no plan survives, each with the least that it leaves short."""
        network = network_of(self._operators.instance)
        base = [build_block(assemble.investment, network), build_block(assemble.operations, tables_of(network))]
        found: list[dict[str, Any]] = []
        for onset, names in dict.fromkeys(row.lost for row in self.rows):
            least, lines = self._least(base, (onset, names))
            if least > FULL:
                row = {"losses": sorted(names), "onset": onset, "tonnes_short_at_least": least}
                found.append(row | {"short": lines})
        return sorted(found, key=lambda item: -(item["tonnes_short_at_least"] or 0.0))

    def _least(self, base: Sequence[Block], lost: Lost) -> tuple[float, list[dict[str, Any]]]:
        """The least weighted tonnes short that fundings and the trunk allow after some losses; and what lacks there.

        Found as plans are, with the tonnes by which the rows of the losses are broken as the objective. Scenarios of
        the instance are not asked, so that it is a bound.
        """
        rows = [row for row in self.rows if row.lost == lost]
        operator = self._operators.at(lost[0])
        options = replace(self._options, time_limit=None, gap=1e-6, gap_usd=None)
        least, lines = 0.0, list[dict[str, Any]]()
        for _ in range(LEAST_ROUNDS):
            self._say(f"what is missing after {words_of(lost)}: at least {digits(least)} t")
            problem = join([*base, block_of(rows, broken=True)])
            raw = run(problem, options, stop=self._stop)
            if raw.bound is None or raw.values is None:
                break
            least = max(least, raw.bound)
            operator.give(
                {
                    (name, key): float(value)
                    for name in (INVESTMENT, TRUNK)
                    for key, value in zip(problem.blocks[name].columns, problem.local(name, raw.values), strict=True)
                    if key[0] in ("fund", "sequence", "stock", "run", "known")
                }
            )
            rows.append(self._operators.row(*lost))
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
        markets = self._operators.instance.markets
        return [
            {"market": m, "product": markets[m].demand[number].product, "period": period, "tonnes": tonnes}
            for (m, number, period), tonnes in found.items()
        ]


def _left(last: Plan, info: Mapping[str, Any], why: str) -> Plan:
    """The plan of the round before, where a round was stopped before it had one: no row of losses is lost."""
    mine = last.info["survive"]
    last.info["survive"] = mine | {key: info[key] for key in ("rounds", "rows", "not_survived", "seconds")}
    last.info["why"] += f"; a plan that obeys all {info['rows']} rows of losses was not found: {why}"
    return last


def words_of(lost: Lost) -> str:
    """Losses in words."""
    onset, names = lost
    return f"{' and '.join(sorted(names)) or 'nothing'} from {onset}"
