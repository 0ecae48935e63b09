"""Evaluate a fixed portfolio, its stock included, over a set of futures."""

from __future__ import annotations

import csv
import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.errors import OptionsError, PlanError
from optimizer.evaluation import courses as work
from optimizer.evaluation.courses import Answer, broken_rows, tasks_of, trunk_of
from optimizer.evaluation.futures import Future, futures_of, statistics, table_of
from optimizer.evaluation.portfolio import Portfolio
from optimizer.evaluation.sampled import Sampled, carried_over, sampled_of
from optimizer.futures import FutureSet
from optimizer.instance.instance import Instance
from optimizer.instance.write import sha256
from optimizer.network.derive_adjust import limits_of
from optimizer.network.network import network_of
from optimizer.network.tables import TRUNK, Network
from optimizer.plan.plan import Plan
from optimizer.solver.extensive import compile_all, problem_of, values_of
from optimizer.solver.first_plan import plan_of
from optimizer.solver.options import Options
from optimizer.workers import Workers

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

    def hurt_most(self, count: int = 10, by: str = "over_trunk") -> pd.DataFrame:
        """The futures with most of a column."""
        return self.futures.sort_values(by, ascending=False, kind="stable").head(count)


def evaluate(
    instance: Instance,
    portfolio: Portfolio | Plan,
    *,
    futures: Sequence[Future] | FutureSet | None = None,
    exact: int | None = None,
    alpha: float = ALPHA,
    folder: Path | str | None = None,
    workers: int = 2,
    seed: int = 0,
    tell: Tell | None = None,
) -> Evaluation:
    """Operate a fixed portfolio in every future.

    The trunk keeps the portfolio's stock; every branch answers at least cost once it is met, knowing no later one.

    Args:
        instance: its scenarios are the branches that futures go through.
        portfolio: what is funded and in stock. Without stock (a planner's own fundings) the stock is what is best
            for the instance's scenarios.
        futures: a set of futures, or which futures go through which of the instance's branches; by default the
            instance's own. Of a sampled set statistics carry intervals.
        exact: of a set of futures, how many are drawn and operated; their mean is carried over to all.
        alpha: the tail mean is over the worst 1 - alpha.
        folder: where answers are kept as they come, and gone on from.
        workers: processes.
        seed: of that draw and of the intervals.
        tell: told of progress.

    Raises:
        OptionsError: an option makes no sense.
        PlanError: the portfolio does not fit the instance, or cannot be operated in it.
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
    planned = instance
    sampled: Sampled | None = None
    if isinstance(futures, FutureSet):
        sampled = sampled_of(instance, futures, exact, seed)
        instance, futures = sampled.instance, sampled.futures
    tell = tell or (lambda _what, _done, _of: None)
    held = Portfolio.of(portfolio) if isinstance(portfolio, Plan) else portfolio
    network = network_of(instance)
    held.check(network.starts)
    tell("trunk", 0, 1)
    if held.stock is None:
        held = _with_stock(network if sampled is None else network_of(planned), held)
    invested, trunk = trunk_of(network, held)
    answers = {TRUNK: trunk}
    kept = _Kept(folder, instance, held) if folder is not None else None
    if kept is not None:
        answers |= kept.read()
    stopped = _answer_all(network, held, answers, kept, workers, tell)
    every = futures_of(network) if futures is None else list(futures)
    known = [future for future in every if all(node in answers for node in future.nodes)]
    table = table_of(network, known, invested, answers)
    channels = instance.served_channels
    drawn = None if sampled is None else sampled.drawn
    if drawn is not None and len(known) < len(every):
        drawn = round(drawn * sum(f.probability for f in known) / sum(f.probability for f in every))
    found_in = statistics(table, channels, alpha, drawn, seed) if len(table) else None
    if found_in is not None and sampled is not None and drawn and len(known) == len(every) and exact is not None:
        _carry_over(found_in, table, sampled, drawn)
    info: dict[str, Any] = {
        "format": FORMAT,
        "status": "stopped" if stopped else "done",
        "instance": instance.name,
        "instance_sha256": sha256(instance),
        "portfolio": held.source,
        "planned_for_sha256": held.instance_sha256,
        "breaks": broken_rows(network, held),
        "fundings": len(held.fundings),
        "futures": len(every) if sampled is None else len(sampled.every),
        "evaluated": len(known),
        "drawn": drawn,
        "branches": len(network.windows),
        "answered": len(answers) - 1,
        "answered_hot": sum(found.hot for found in answers.values()),
        "investment_usd": invested,
        "trunk_usd": sum(trunk.cost.values()),
        "statistics": found_in,
        "seconds": round(time.monotonic() - began, 1),
    }
    found = Evaluation(info, table, _short(answers), _reactions(network, answers))
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
    for name, about in found_in.items():
        if isinstance(about, dict) and "mean" in about:
            carried = carried_over(table[name].to_numpy(dtype=float), weights, sampled, drawn)
            if carried["explained"] > 0:  # else what strikes says nothing of it, and the mean of the draws stands
                about["mean_of_all"] = carried


def _with_stock(network: Network, held: Portfolio) -> Portfolio:
    """The stock that is best for the instance's own scenarios, at given fundings."""
    blocks, _ = compile_all(network)
    problem = problem_of(network, blocks, {})
    found = plan_of(problem, held.fundings, Options(), None, None)
    if found.values is None:
        raise PlanError(
            f"the portfolio of {held.source} holds no plan in '{network.instance.name}': a rule on fundings is broken, "
            f"or something that must be met is not ({'; '.join(broken_rows(network, held)) or 'no rule is broken'})"
        )
    stock = values_of(problem, found.values)[TRUNK].get("stock", {})
    chosen = {(index[:3], index[3]): tonnes for index, tonnes in stock.items()}  # type: ignore[index]
    limits = limits_of(network.instance)
    every = values_of(problem, found.values)[TRUNK].get("run", {}) if limits else {}
    runs: Any = {run: value for run, value in every.items() if run[0] in limits} if limits else None  # type: ignore[index]
    return Portfolio(held.fundings, chosen, held.source, held.instance_sha256, runs)


def _answer_all(
    network: Network, held: Portfolio, answers: dict[str, Answer], kept: _Kept | None, workers: int, tell: Tell
) -> bool:
    """Answer every branch, those that others leave first; whether it was interrupted."""
    of = len(network.windows)
    if of <= len(answers) - 1:
        return False
    try:
        with Workers(
            workers, work.begin, network.instance, held.fundings, held.stock or {}, answers[TRUNK].runs
        ) as pool:
            while tasks := tasks_of(network, answers, workers):
                for found in pool.results(work.answer, tasks):
                    answers[found.course] = found
                    if kept is not None:
                        kept.keep(found)
                    tell("branches", len(answers) - 1, of)
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


class _Kept:
    """A folder that keeps answers as they come."""

    def __init__(self, folder: Path | str, instance: Instance, held: Portfolio) -> None:
        """Begin, or go on with the same evaluation."""
        self.folder = Path(folder)
        given: list[Any] = [sorted(held.fundings), sorted((held.stock or {}).items())]
        given += [sorted(held.runs.items())] if held.runs is not None else []
        fixed = json.dumps(given, default=list)
        self._of = hashlib.sha256((sha256(instance) + fixed).encode()).hexdigest()
        note = self.folder / "evaluation.json"
        ours = note.is_file() or (self.folder / "answers.jsonl").is_file()
        if self.folder.exists() and not ours and any(self.folder.iterdir()):
            raise PlanError(f"{folder} is there already and holds no evaluation; name another one with -o")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._file = self.folder / "answers.jsonl"

    def read(self) -> dict[str, Answer]:
        """The answers kept; none where they are of another instance or portfolio, and then they are put away."""
        if not self._file.is_file():
            self._start()
            return {}
        found: dict[str, Answer] = {}
        lines = self._file.read_text(encoding="utf-8").splitlines(keepends=True)
        if not lines or not lines[0].endswith("\n") or json.loads(lines[0]).get("of") != self._of:
            self._start()
            return {}
        whole = [line for line in lines if line.endswith("\n")]
        for line in whole[1:]:
            answer = _answer(json.loads(line))
            found[answer.course] = answer
        if len(whole) < len(lines):
            self._file.write_text("".join(whole), encoding="utf-8")
        return found

    def _start(self) -> None:
        self._file.write_text(json.dumps({"of": self._of}) + "\n", encoding="utf-8")

    def keep(self, found: Answer) -> None:
        """Keep one answer."""
        plain = asdict(found)
        for name in ("cost", "short", "demand", "stock", "runs"):
            plain[name] = [[*_flat(key), value] for key, value in getattr(found, name).items()]
        plain["reacted"] = [[*key, value] for key, value in found.reacted.items()]
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(plain) + "\n")

    def close(self, found: Evaluation) -> None:
        """Write the tables."""
        found.futures.to_csv(self.folder / "futures.csv", index=False, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
        found.short.to_csv(self.folder / "short.csv", index=False, lineterminator="\n")
        if len(found.reactions):
            found.reactions.to_csv(self.folder / "reactions.csv", index=False, lineterminator="\n")
        if len(found.episodes):
            found.episodes.to_csv(self.folder / "episodes.csv", index=False, lineterminator="\n")
        text = json.dumps(found.info, indent=2, ensure_ascii=False)
        (self.folder / "evaluation.json").write_text(text + "\n", encoding="utf-8")


def _flat(key: Any) -> list[Any]:
    if isinstance(key, tuple):
        return [part for item in key for part in _flat(item)]
    return [key]


def _answer(plain: dict[str, Any]) -> Answer:
    return Answer(
        plain["course"],
        cost=dict(plain["cost"]),
        short={(market, product, period): t for market, product, period, t in plain["short"]},
        demand={(market, product, period): t for market, product, period, t in plain["demand"]},
        stock={((place, material, channel), period): t for place, material, channel, period, t in plain["stock"]},
        runs={(f, s, r, k, period): value for f, s, r, k, period, value in plain.get("runs", ())},
        reacted={(f, o, period): value for f, o, period, value in plain.get("reacted", ())},
        hot=plain["hot"],
    )
