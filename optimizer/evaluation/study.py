"""Evaluate a fixed portfolio, its stock included, over a set of futures."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.answers import shown
from optimizer.errors import OptionsError, PlanError
from optimizer.evaluation import courses as work
from optimizer.evaluation.agenda import Agenda
from optimizer.evaluation.answer import Answer
from optimizer.evaluation.courses import broken_rows, trunk_of
from optimizer.evaluation.futures import Future, futures_of, statistics, table_of
from optimizer.evaluation.guided import guide_of
from optimizer.evaluation.keep import Kept
from optimizer.evaluation.portfolio import Portfolio
from optimizer.evaluation.sampled import Sampled, carried_over, sampled_of
from optimizer.evaluation.soft import BOOKS, keeps_books, without_books
from optimizer.futures import FutureSet
from optimizer.instance.instance import Instance
from optimizer.instance.marks import about
from optimizer.model.declare import Key
from optimizer.network.derive import tables_of
from optimizer.network.derive_adjust import limits_of
from optimizer.network.derive_requalification import waits_of
from optimizer.network.network import network_of
from optimizer.network.tables import TRUNK, Network
from optimizer.plan.makers import makers_of
from optimizer.plan.plan import Plan
from optimizer.solver.extensive import compile_all, problem_of, values_of
from optimizer.solver.first_plan import plan_of
from optimizer.solver.options import Options
from optimizer.workers import Cluster, on_cluster, workers_of

FORMAT = 1
ALPHA = 0.95

Tell = Callable[[str, int, int], None]
"""Told what is done, how many, of how many."""


@dataclass(slots=True)
class Evaluation:
    """What a portfolio does over a set of futures.

    Attributes:
        info: instance, portfolio, statistics, counts, seconds.
        futures: a row for each future (docs/evaluation.md).
        short: branch, market, product, period, demand, short (t), where any is short.
        reactions: branch, facility, option, funded (year), of what branches fund themselves.
        episodes: of a set of futures: episode, usd (more than the trunk costs meanwhile); `FutureSet.reduce` takes it.
    """

    info: dict[str, Any]
    futures: pd.DataFrame
    short: pd.DataFrame = field(default_factory=pd.DataFrame)
    reactions: pd.DataFrame = field(default_factory=pd.DataFrame)
    episodes: pd.DataFrame = field(default_factory=pd.DataFrame)

    __repr__ = shown

    def hurt_most(self, count: int = 10, by: str = "over_trunk") -> pd.DataFrame:
        """The futures with most of a column."""
        return self.futures.sort_values(by, ascending=False, kind="stable").head(count)


@on_cluster
def evaluate(
    instance: Instance,
    portfolio: Portfolio | Plan | Path | str,
    *,
    futures: Sequence[Future] | FutureSet | None = None,
    exact: int | None = None,
    alpha: float = ALPHA,
    folder: Path | str | None = None,
    workers: int = 2,
    cluster: Cluster = None,
    seed: int = 0,
    tell: Tell | None = None,
) -> Evaluation:
    """Operate a fixed portfolio in every future.

    The trunk keeps the portfolio's stock; every branch answers at least cost once it is met, knowing no later one.

    Args:
        instance: its scenarios are the branches that futures go through.
        portfolio: what is funded and in stock, a result folder, or a CSV file of facility, option, year. Without
            stock (a planner's own fundings) the stock is what is best for the instance's scenarios.
        futures: a set of futures, or which futures go through which of the instance's branches; by default the
            instance's own. Of a sampled set statistics carry intervals.
        exact: of a set of futures, how many are drawn and operated; their mean is carried over to all.
        alpha: the tail mean is over the worst 1 - alpha.
        folder: where answers are kept as they come, and gone on from.
        workers: processes of this machine.
        cluster: whose workers do it instead: the address of a dask scheduler, its scheduler file, or a client.
        seed: of that draw and of the intervals.
        tell: told of progress.

    Raises:
        OptionsError: an option makes no sense.
        PlanError: the portfolio cannot be read, does not fit the instance, or cannot be operated in it.
        SolveError: the solver failed, or the cluster was lost.

    Example:
        >>> import optimizer
        >>> instance = optimizer.load("docs/examples/two_plants.yaml")
        >>> plan = optimizer.solve(instance, gap=0)
        >>> likelier = instance.replace({"scenarios.export_ban.probability": 0.6})
        >>> found = optimizer.evaluate(likelier, plan, workers=1)
        >>> found.futures[["future", "probability", "short_trusted"]].values.tolist()
        [['base', 0.4, 0.0], ['export_ban', 0.6, 0.0]]
    """
    if not 0 <= alpha < 1:
        raise OptionsError(f"alpha is {alpha:g}; it lies in [0, 1)")
    if workers < 1:
        raise OptionsError(f"workers is {workers}; it is 1 or more")
    if exact is not None and exact < 2:
        raise OptionsError(f"exact is {exact}; operate at least 2 futures")
    if exact is not None and not isinstance(futures, FutureSet):
        raise OptionsError("exact is for a set of futures; those given are all operated")
    began = time.monotonic()
    asked_of, instance = instance, without_books(instance).priced("evaluate")
    planned, whole = instance, futures if isinstance(futures, FutureSet) else None
    tell = tell or (lambda _what, _done, _of: None)
    if isinstance(portfolio, Plan):
        held = Portfolio.of(portfolio)
    else:
        held = portfolio if isinstance(portfolio, Portfolio) else Portfolio.read(portfolio)
    held.check(network_of(planned).starts)
    sampled: Sampled | None = None
    guide, unguided = None, "futures are given one by one"
    if whole is not None:
        guide, unguided = guide_of(planned, whole, held.fundings, exact)
        sampled = sampled_of(planned, whole, exact if guide is None else guide.first, seed)
        instance, futures = sampled.instance, sampled.futures
    network = network_of(instance)
    tell("trunk", 0, 1)
    if held.stock is None:
        held = _with_stock(network if sampled is None else network_of(planned), held)
    invested, trunk = trunk_of(network, held)
    answers = {TRUNK: trunk}
    kept = Kept(folder, instance, held) if folder is not None else None
    if kept is not None:
        answers |= kept.read()
    asked = set(network.windows)
    rows = () if guide is None else guide.horizon.rows
    stopped = _answer_all(network, held, answers, kept, workers, cluster, tell, rows)
    if guide is not None and whole is not None and not stopped:
        tell("bounds", 0, len(whole))
        weights = guide.draw(network, held, answers, invested, alpha, seed).weights
        sampled = sampled_of(planned, whole, guide.second, seed, weights)
        instance, futures = sampled.instance, sampled.futures
        network = network_of(instance)
        asked |= set(network.windows)
        stopped = _answer_all(network, held, answers, kept, workers, cluster, tell)
    every = futures_of(network) if futures is None or isinstance(futures, FutureSet) else list(futures)
    known = [future for future in every if all(node in answers for node in future.nodes)]
    table = table_of(network, known, invested, answers)
    channels = instance.served_channels
    drawn = None if sampled is None else sampled.drawn
    if drawn is not None and len(known) < len(every):
        drawn = round(drawn * sum(f.probability for f in known) / sum(f.probability for f in every))
    complete = len(known) == len(every)
    strata = None if guide is None or not complete else guide.strata
    as_many_as = drawn if strata is None else strata.as_many_as
    found_in = statistics(table, channels, alpha, as_many_as, seed) if len(table) else None
    bounds: Any = unguided or "not every future of the draws is operated"
    if found_in is not None and guide is not None and strata is not None:
        guide.improve(found_in, table, alpha)
        bounds = guide.said(table, alpha)
    elif found_in is not None and sampled is not None and drawn and complete and exact is not None and guide is None:
        _carry_over(found_in, table, sampled, drawn)
    info: dict[str, Any] = {
        "format": FORMAT,
        "status": "stopped" if stopped else "done",
        **about(asked_of if sampled is None else instance),
        "portfolio": held.source,
        "planned_for_sha256": held.instance_sha256,
        "breaks": broken_rows(network, held),
        "fundings": len(held.fundings),
        "futures": len(every) if sampled is None else len(sampled.every),
        "evaluated": len(known),
        "drawn": drawn,
        "bounds": bounds,
        "branches": len(asked),
        "answered": len(answers) - 1,
        "answered_hot": sum(found.hot for found in answers.values()),
        "investment_usd": invested,
        "trunk_usd": sum(trunk.cost.values()),
        "statistics": found_in,
        "seconds": round(time.monotonic() - began, 1),
    }
    if keeps_books(asked_of):
        info["books"] = BOOKS
    in_order = {course: answers[course] for course in (TRUNK, *network.windows) if course in answers}
    found = Evaluation(info, table, _short(in_order), _reactions(network, in_order))
    if sampled is not None:
        done = [one for one in sampled.episodes if all(node in answers for node in one.nodes)]
        alone = table_of(network, done, invested, answers)
        found.episodes = pd.DataFrame({"episode": alone["future"], "usd": alone["over_trunk"]})
    if kept is not None:
        kept.close(found)
    return found


def _carry_over(found_in: dict[str, Any], table: pd.DataFrame, sampled: Sampled, drawn: int) -> None:
    """Add the means over all futures of the set, where every future operated has a plan."""
    if (table["status"] != "met").any():
        return
    weights = table["probability"].to_numpy(dtype=float)
    for name, said in found_in.items():
        if isinstance(said, dict) and "mean" in said:
            carried = carried_over(table[name].to_numpy(dtype=float), weights, sampled, drawn)
            if carried["explained"] > 0:  # else what strikes says nothing of it, and the mean of the draws stands
                said["mean_of_all"] = carried


def _with_stock(network: Network, held: Portfolio) -> Portfolio:
    """The stock that is best for the instance's own scenarios, at given fundings."""
    blocks, _ = compile_all(network)
    problem = problem_of(network, blocks, {})
    found = plan_of(problem, held.fundings, Options(), None, None)
    if found.values is None:
        broken = "; ".join(broken_rows(network, held))
        why = f"it breaks {broken}" if broken else "a budget does not reach, or something that must be met is not"
        raise PlanError(f"the portfolio of {held.source} holds no plan in '{network.instance.name}': {why}")
    trunk = values_of(problem, found.values)[TRUNK]
    stock = trunk.get("stock", {})
    chosen = {(index[:3], index[3]): tonnes for index, tonnes in stock.items()}  # type: ignore[index]
    limits = limits_of(network.instance)
    runs: Any = {i: value for i, value in trunk.get("run", {}).items() if i[0] in limits} if limits else None  # type: ignore[index]
    known = makers_of(tables_of(network), trunk) if waits_of(network.instance) else None
    return Portfolio(held.fundings, chosen, held.source, held.instance_sha256, runs, known)


def _answer_all(
    network: Network,
    held: Portfolio,
    answers: dict[str, Answer],
    kept: Kept | None,
    workers: int,
    cluster: Cluster,
    tell: Tell,
    rows: Sequence[Key] = (),
) -> bool:
    """Answer every branch, those that others leave first; whether it was interrupted. Of rows, prices are asked."""
    done = {course for course in network.windows if course in answers}
    if len(done) == len(network.windows):
        return False
    try:
        with workers_of(
            workers,
            cluster,
            work.begin,
            network.instance,
            held.fundings,
            held.stock or {},
            answers[TRUNK].runs,
            answers[TRUNK].known,
            rows,
        ) as pool:
            agenda = Agenda(network, answers, priced=bool(rows))
            for found in pool.drawn(work.answer, agenda.draw):
                answers[found.course] = found
                agenda.answered(found.course)
                if kept is not None:
                    kept.keep(found)
                done.add(found.course)
                tell("branches", len(done), len(network.windows))
    except KeyboardInterrupt:
        return True
    return False


def _short(answers: dict[str, Answer]) -> pd.DataFrame:
    rows = [
        (course, *key, found.demand.get(key, 0.0), tonnes)
        for course, found in answers.items()
        for key, tonnes in sorted(found.short.items())
    ]
    return pd.DataFrame(rows, columns=["branch", "market", "product", "period", "demand", "short"])


def _reactions(network: Network, answers: dict[str, Answer]) -> pd.DataFrame:
    """What each branch funds itself; what it took along is listed where it was funded."""
    rows = [
        (course, facility, option, year)
        for course, found in answers.items()
        for facility, option, year in sorted(found.reacted)
        if course != TRUNK and year >= network.windows[course].onset
    ]
    return pd.DataFrame(rows, columns=["branch", "facility", "option", "funded"])
