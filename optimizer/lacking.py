"""Why there is no plan: the least that must give way, in the instance's own words.

Rows that ask for something are given a way out, and the sum of what is missing is minimised on the integer model. First
demand, targets and the return to the trunk may give way, in tonnes, and where those cannot the books of a plant, in
USD; if that is not enough, rules and the budget too.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from optimizer.digits import digits
from optimizer.findings import supply_of
from optimizer.findings.finding import amount as amount_of
from optimizer.findings.survey import Survey
from optimizer.instance.finance import MILLION
from optimizer.network.tables import TRUNK, Network, Tables
from optimizer.plan.rules import label_of
from optimizer.solver.compile import Block, Problem, join
from optimizer.solver.extensive import compile_all
from optimizer.solver.highs import Report, Stop, run
from optimizer.solver.options import Options

TONNES = ("demand_is_met_or_short", "target_is_reached", "stock_rejoins_the_trunk", "fill_rate")
BOOKS = "pays_its_way"
RULES = (
    "count_at_least", "count_at_most", "required", "forbidden", "at_most_one_of", "implied", "starts_within_capacity",
    "domestic_content", "exposure_cap", "heavy_content", "diversify", "delivered_content",
    "released_within_cap", "goal_is_reached", "feed_is_recycled", "annual_budget", "total_budget",
    "appropriation_is_kept", "claim_is_served",
)  # fmt: skip
SHOWN = 1e-6
NOT_LEAST = (
    "the search for the least that is missing was cut short: with what follows there would be a plan, and less may do"
)


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Something that cannot be had.

    Attributes:
        kind: `demand`, `target`, `restoring`, `books`, `rule`, `budget`, `claim` or `unknown`.
        course: `trunk` or a scenario.
        subject: market, stockpile, or the rule as written.
        product: material asked for.
        channel: channel asked for.
        period: first year of the period; None where it has none.
        amount: how much is missing.
        unit: of the amount.
        text: the sentence.
    """

    kind: str
    course: str
    subject: str
    product: str
    channel: str
    period: int | None
    amount: float
    unit: str
    text: str

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return dataclasses.asdict(self)


def why_infeasible(
    network: Network,
    options: Options,
    report: Report | None = None,
    stop: Stop | None = None,
    rows: Block | None = None,
) -> list[Shortfall]:
    """The least that is missing.

    Args:
        network: an instance without a plan.
        options: how to solve; the time limit counts for this search by itself.
        report: called with progress.
        stop: asks it to stop.
        rows: more rows that it obeys; they do not give way.

    Returns:
        What gives way, the largest first; before it, where a limit ended the search, that it need not be the least.
        Never empty.
    """
    blocks, tables = compile_all(network)
    problem = join([*blocks.values(), *([] if rows is None else [rows])])
    loose = dataclasses.replace(options, gap=0.01, gap_usd=None)
    deadline = None if options.time_limit is None else time.monotonic() + options.time_limit
    survey = Survey(network)
    for components in ((*TONNES, BOOKS), (*TONNES, BOOKS, *RULES)):
        elastic, slacks = _elastic(problem, components)
        raw = run(elastic, loose, phase="finding what is missing", report=report, stop=stop, deadline=deadline)
        if raw.values is not None:
            found = [
                _describe(network, tables, problem, row, float(raw.values[column]), survey)
                for column, row in slacks
                if raw.values[column] > SHOWN
            ]
            merged = {(item.kind, item.text): item for item in found}
            most = sorted(merged.values(), key=lambda item: (-item.amount, item.text))
            return most if raw.ended == "optimal" else [_unknown(NOT_LEAST), *most]
        if raw.ended != "infeasible":
            break
    return [_unknown("what is missing could not be found in time, or lies in capacities and lanes alone")]


def _unknown(text: str) -> Shortfall:
    return Shortfall("unknown", TRUNK, "", "", "", None, 0.0, "", text)


def _elastic(problem: Problem, components: Iterable[str]) -> tuple[Problem, list[tuple[int, int]]]:
    """The problem with a way out of some rows, and (column, row) of each way out."""
    wanted = set(components)
    rows: list[int] = []
    signs: list[float] = []
    weights: list[float] = []
    scale = np.asarray(abs(problem.matrix).max(axis=1).todense()).ravel()
    for name, block in problem.blocks.items():
        first = problem.row_start[name]
        for i, (component, _) in enumerate(block.rows):
            if component not in wanted:
                continue
            row = first + i
            # Tonnes weigh 1 each; a rule gives way only where tonnes cannot, in units of its own row.
            weight = 1.0 if component in TONNES else 1e4 / max(scale[row], 1e-9)
            if np.isfinite(problem.row_lower[row]):
                rows.append(row)
                signs.append(1.0)
                weights.append(weight)
            if np.isfinite(problem.row_upper[row]) and component != "demand_is_met_or_short":
                rows.append(row)
                signs.append(-1.0)
                weights.append(weight)
    count = len(rows)
    added = sp.csr_array((signs, (rows, range(count))), shape=(problem.rows, count))
    elastic = dataclasses.replace(
        problem,
        matrix=sp.csr_array(sp.hstack([problem.matrix, added], format="csr")),
        lower=np.append(problem.lower, np.zeros(count)),
        upper=np.append(problem.upper, np.full(count, np.inf)),
        integer=np.append(problem.integer, np.zeros(count, dtype=bool)),
        objective=np.append(np.zeros(problem.columns), weights),
        offset=0.0,
    )
    return elastic, [(problem.columns + j, row) for j, row in enumerate(rows)]


def _describe(
    network: Network, tables: Mapping[str, Tables], problem: Problem, row: int, amount: float, survey: Survey
) -> Shortfall:
    course, (component, index) = problem.name_of_row(row)
    at = "" if course in (TRUNK, "investment") else f" in scenario {course}"
    i: Any = index
    if component == "demand_is_met_or_short":
        return _of_demand(network, course, i, amount, at, survey)
    if component == "target_is_reached":
        p, number, t = i
        material = network.instance.stockpiles[p].targets[number].material
        text = f"{p} lacks {digits(amount)} t of {material} to its target {number} at the end of {t}{at}"
        return Shortfall("target", course, p, material, "", t, amount, "t", text)
    if component == "stock_rejoins_the_trunk":
        p, material, k = i
        after = at or " the branch"
        text = f"{p} lacks {digits(amount)} t of {material} ({k}) to be back at the trunk's level after{after}"
        return Shortfall("restoring", course, p, material, k, None, amount, "t", text)
    if component in ("annual_budget", "total_budget"):
        when = f" in {i}" if component == "annual_budget" else ""
        text = f"the {component.replace('_', ' ')} is {_usd(amount)} too small{when}"
        return Shortfall("budget", course, component, "", "", i if when else None, amount, "USD", text)
    if component == "appropriation_is_kept":
        a, first, last = i
        when = f" in {first}" if first == last else f" from {first} to {last}"
        text = f"the appropriation {a} is {_usd(amount)} too small{when}"
        return Shortfall("budget", course, a, "", "", last, amount, "USD", text)
    if component == BOOKS:
        assert network.instance.finance is not None
        rate = network.instance.finance.hurdle_rate
        usd = amount * MILLION
        text = f"{i} does not pay its way: {_usd(usd)} are missing, discounted at the hurdle rate of {rate:.4g}"
        return Shortfall("books", course, i, "", "", None, usd, "USD", text)
    if component == "claim_is_served":
        f, region, material, t = i
        text = f"{f} owes {region} {digits(amount)} t more of {material} in {t}{at} than can be brought there"
        return Shortfall("claim", course, f, material, "", t, amount, "t", text)
    number, period = _rule_of(tables, course, component, i)
    label = label_of(network.instance.policy.rules[number])
    when = f" in {period}" if period is not None else ""
    if component == "fill_rate":
        text = f"rule {number}, {label}: {digits(amount)} t more would have to be delivered{when}{at}"
        return Shortfall("rule", course, label, "", "", period, amount, "t", text)
    text = f"rule {number}, {label}, fails by {digits(amount)}{when}{at}"
    return Shortfall("rule", course, label, "", "", period, amount, "", text)


def _usd(usd: float) -> str:
    """An amount of money to four digits, written out."""
    return f"{digits(usd)} USD"


def _of_demand(network: Network, course: str, index: Any, amount: float, at: str, survey: Survey) -> Shortfall:
    d, line, t = index
    market = network.instance.markets[d]
    product = market.demand[line].product
    supply = supply_of(network, d, line, t, survey=survey)
    earliest = ", ".join(f"{f} ({o}, on line {year})" for f, o, year in supply.earliest[:3])
    text = (
        f"{d} lacks {digits(amount)} t of {product} ({market.channel}) in {t}{at}; trusted capacity on line by then"
        f"{' if nothing happened' if at else ''}: "
        f"{amount_of(supply.existing)} t/yr, with every option {amount_of(supply.possible)} t/yr"
    )
    asked = network.calendar.mean(market.demand[line].tonnes, t)
    if supply.possible >= asked:
        text += "; the last step could make it: its feed, other demand, a rule or the budget holds it back"
    else:
        text += f"; earliest: {earliest}" if earliest else "; no option could add to it"
    return Shortfall("demand", course, d, product, market.channel, t, amount, "t", text)


def _rule_of(tables: Mapping[str, Tables], course: str, component: str, index: Any) -> tuple[int, int | None]:
    """(number of the rule, period) of a row."""
    if component == "delivered_content":
        return index[0], index[3]
    if component in ("domestic_content", "exposure_cap", "heavy_content", "diversify"):
        row = tables[course].rules.output[index]
        return row.rule, row.period
    if component in (
        "fill_rate",
        "starts_within_capacity",
        "released_within_cap",
        "goal_is_reached",
        "feed_is_recycled",
    ):
        return index[0], index[-1]
    return index, None
