"""A sampled set of futures as branches of an instance, and its mean from an exact part of it.

Where all futures are too many, some are drawn from them and operated, and a regression on what strikes in each carries
their mean over to all: the regression estimator of survey sampling (Cochran 1977, chapter 7). Its interval comes from
the residuals, so a poor regression widens it and does not mislead.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optimizer.evaluation.futures import Z95, Future
from optimizer.futures import FutureSet
from optimizer.instance.instance import Instance

Vector = npt.NDArray[np.float64]

FOLDS = 10
RIDGE = 1e-3
"""Of the mean square of a column: keeps columns that hardly vary from taking large slopes."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """A set of futures, ready to be operated.

    Attributes:
        instance: its scenarios are the branches of the futures to be operated.
        futures: those futures; of a part each with its share of the draws.
        episodes: their episodes, each once, as futures of their own.
        drawn: how many draws they are, equal ones counted apart; None for the whole of a set that is no sample.
        struck: exact futures x events, severity-years; then those of all futures.
        every: probability of all futures.
        number: draws that the whole set is made of; None where its probabilities are given.
    """

    instance: Instance
    futures: list[Future]
    episodes: list[Future]
    drawn: int | None
    struck: Vector
    struck_all: Vector
    every: Vector
    number: int | None


def sampled_of(
    instance: Instance, futures: FutureSet, exact: int | None, seed: int, weights: Vector | None = None
) -> Sampled:
    """Futures of a set as branches of an instance.

    Args:
        instance: the scenarios that it has are left out.
        futures: the set.
        exact: how many futures are drawn to be operated, with replacement; None for all, each once.
        seed: of that draw.
        weights: what each future stands for where the draw is made already; 0 for those not drawn.
    """
    names = list(futures.paths)
    every = np.array([futures.probability[name] for name in names])
    share = every
    if weights is not None:
        share = weights
    elif exact is not None:
        share = np.random.default_rng(seed).multinomial(exact, every / every.sum()) / exact
    rows = np.flatnonzero(share)
    nodes: dict[str, None] = {}
    episodes: dict[str, Future] = {}
    found = []
    for row in rows:
        name = names[row]
        parts = [futures.episodes[episode] for episode in futures.by_future[name]]
        episodes.update({part.id: Future(part.id, 0.0, part.nodes) for part in parts})
        mine = [node for part in parts for node in part.nodes]
        nodes.update(dict.fromkeys(mine))
        found.append(Future(name, float(share[row]), tuple(mine)))
    scenarios = tuple(
        futures.nodes[name].scenario.model_copy(update={"parent": futures.nodes[name].parent}) for name in nodes
    )
    number = futures.info.get("number")
    if not isinstance(number, int) or {"reduced", "merged"} & futures.info.keys():
        number = None
    struck = _struck(futures, names)
    return Sampled(
        instance.model_copy(update={"scenarios": scenarios}),
        found,
        list(episodes.values()),
        number if exact is None else exact,
        struck[rows],
        struck,
        every,
        number,
    )


def _struck(futures: FutureSet, names: list[str]) -> Vector:
    """Severity-years of each event in each future, by half of the horizon: early and late strikes differ in worth."""
    events = {name: i for i, name in enumerate(futures.file.events.events)}
    years = futures.instance
    middle = (years.first_year + years.end_year) / 2
    out = np.zeros((len(names), 2 * len(events)))
    for row, name in enumerate(names):
        for group in futures.paths[name]:
            for one in group:
                late = one.onset >= middle
                out[row, 2 * events[one.event] + late] += one.severity * one.duration
    return out


def carried_over(values: Vector, weights: Vector, sampled: Sampled, drawn: int) -> dict[str, float]:
    """The mean over all futures, from the values of those operated.

    Args:
        values: of the futures operated.
        weights: their probabilities.
        sampled: the set.
        drawn: draws among those operated.

    Returns:
        value, low, high (95 %), and explained: the share of the variance that what strikes explains, judged on futures
        that the regression has not seen.
    """
    share = weights / weights.sum()
    folds = np.arange(len(values)) % min(FOLDS, len(values))
    residual = np.zeros(len(values))
    for fold in range(min(FOLDS, len(values))):
        here = folds == fold
        slope, level = _fit(sampled.struck[~here], values[~here], share[~here])
        residual[here] = values[here] - level - sampled.struck[here] @ slope
    slope, level = _fit(sampled.struck, values, share)
    everyone = sampled.every / sampled.every.sum()
    value = float(share @ values + (everyone @ sampled.struck_all - share @ sampled.struck) @ slope)
    spread = float(share @ (residual - share @ residual) ** 2)
    total = float(share @ (values - share @ values) ** 2)
    predicted = sampled.struck_all @ slope
    apart = float(everyone @ (predicted - everyone @ predicted) ** 2)
    between = apart / sampled.number if sampled.number else 0.0
    half = Z95 * math.sqrt(spread / drawn + between)
    return {
        "value": value,
        "low": value - half,
        "high": value + half,
        "explained": 1.0 - spread / total if total else 1.0,
    }


def _fit(struck: Vector, values: Vector, weights: Vector) -> tuple[Vector, float]:
    share = weights / weights.sum()
    middle, level = share @ struck, float(share @ values)
    apart = struck - middle
    square = (apart * share[:, None]).T @ apart
    penalty = RIDGE * np.diag(np.maximum(np.diag(square), 1e-12)) + 1e-12 * np.eye(len(middle))
    slope = np.linalg.solve(square + penalty, (apart * share[:, None]).T @ (values - level))
    return slope, level - float(middle @ slope)
