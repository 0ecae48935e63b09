"""A second draw that a guess at every future guides, and what it says of all futures.

The guess is there for every future, the cost of those drawn. Futures are laid in strata by their guess, and drawn more
densely where the tail is; the mean is the regression estimator of survey sampling (Cochran 1977, chapters 5 and 7), the
mean of the worst futures that of Rockafellar and Uryasev (2000) with the same correction. Nothing is asked of the
guess: a poor one widens intervals and does not mislead.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optimizer.evaluation.futures import Z95

Vector = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

LOWER = 4
"""Strata below the tail's, of equal probability."""
WIDER = 2.0
"""The tail's stratum has so many times the probability of the tail: some of the worst futures have a lower guess."""
IN_TAIL = 0.4
"""Share of the draws in the tail's stratum."""
LEAST = 2
"""Draws of a stratum."""


@dataclass(frozen=True, slots=True)
class Strata:
    """Futures by stratum, and how often each was drawn.

    Attributes:
        guess: of every future; finite.
        every: probability of every future, in sum 1.
        of: stratum of each.
        drawn: how often each was drawn.
        number: draws that the whole set is made of; None where its probabilities are given.
    """

    guess: Vector
    every: Vector
    of: Indices
    drawn: Indices
    number: int | None

    @property
    def weights(self) -> Vector:
        """What each future drawn stands for; in sum 1."""
        mass = np.bincount(self.of, self.every)
        size = np.bincount(self.of, self.drawn)
        return mass[self.of] * self.drawn / size[self.of]

    @property
    def as_many_as(self) -> int:
        """A draw without strata that tells a share as well, at most as many as were drawn."""
        mass, size = np.bincount(self.of, self.every), np.bincount(self.of, self.drawn)
        return max(1, round(1.0 / float((mass**2 / size).sum())))


def drawn_by(guess: Vector, every: Vector, number: int, alpha: float, seed: int, made_of: int | None) -> Strata:
    """Draw futures, with replacement, more densely where the guess is high.

    Args:
        guess: of every future; minus infinity where none is known.
        every: probability of every future.
        number: draws.
        alpha: the tail is the worst 1 - alpha.
        seed: of the draw.
        made_of: draws that the whole set is made of.
    """
    known = guess[np.isfinite(guess)]
    guess = np.where(np.isfinite(guess), guess, known.min() if len(known) else 0.0)
    share = every / every.sum()
    order = np.argsort(guess, kind="stable")
    below = np.empty(len(share))
    below[order] = np.cumsum(share[order]) - share[order] / 2  # a future in the middle of its probability
    tail = min(0.5, WIDER * (1.0 - alpha))
    edges = [*(np.arange(1, LOWER) * (1.0 - tail) / LOWER), 1.0 - tail]
    of = np.unique(np.searchsorted(edges, below), return_inverse=True)[1]
    mass = np.bincount(of, share)
    part = mass * (1.0 - IN_TAIL)
    part[-1] = 0.0
    part *= (1.0 - IN_TAIL) / part.sum() if part.sum() else 0.0
    part[-1] = 1.0 - part.sum()
    size = np.maximum(LEAST, np.floor(part * number).astype(np.int64))
    rng = np.random.default_rng(seed)
    drawn = np.zeros(len(share), dtype=np.int64)
    for stratum, count in enumerate(size):
        mine = np.flatnonzero(of == stratum)
        drawn[mine] = rng.multinomial(count, share[mine] / share[mine].sum())
    return Strata(guess, share, of, drawn, made_of)


@dataclass(frozen=True, slots=True)
class _Fit:
    """Values drawn beside what the guess says of every future.

    Attributes:
        values: of the futures drawn, each as often as it was drawn.
        rows: which futures these are.
        predicted: of every future.
    """

    values: Vector
    rows: Indices
    predicted: Vector


def _fit(strata: Strata, values: Vector) -> _Fit:
    """Level by stratum, one slope for all. Source: Cochran 1977, section 7.10."""
    rows = np.repeat(np.arange(len(strata.drawn)), strata.drawn)
    found, guess, of = values[rows], strata.guess[rows], strata.of[rows]
    size = np.bincount(of)
    level, middle = np.bincount(of, found) / size, np.bincount(of, guess) / size
    weight = (np.bincount(strata.of, strata.every) / size)[of]
    apart = guess - middle[of]
    square = float(weight @ apart**2)
    slope = float(weight @ (apart * (found - level[of]))) / square if square > 0 else 0.0
    return _Fit(found, rows, level[strata.of] + slope * (strata.guess - middle[strata.of]))


def _over(strata: Strata, drawn: Vector, every: Vector, rows: Indices) -> tuple[float, float]:
    """The mean of what is known of those drawn, helped by a guess at every future; and the variance of that."""
    of, off = strata.of[rows], drawn - every[rows]
    mass, size = np.bincount(strata.of, strata.every), np.bincount(of)
    middle = np.bincount(of, off) / size
    spread = np.bincount(of, (off - middle[of]) ** 2) / np.maximum(1, size - 1)
    whole = float(strata.every @ every)
    value = whole + float(mass @ middle)
    variance = float(mass**2 @ (spread / size))
    if strata.number:
        variance += float(strata.every @ (every - whole) ** 2) / strata.number
    return value, variance


def mean_of(strata: Strata, values: Vector) -> dict[str, float]:
    """The mean over all futures: value, low, high (95 %).

    Args:
        strata: from `drawn_by`.
        values: by future; what was not drawn does not count.
    """
    fit = _fit(strata, values)
    value, variance = _over(strata, fit.values, fit.predicted, fit.rows)
    return _interval(value, math.sqrt(variance))


def tail_of(strata: Strata, values: Vector, alpha: float) -> dict[str, float]:
    """The mean over the worst 1 - alpha: value, low, high (95 %), as `mean_of`."""
    fit = _fit(strata, values)
    levels = np.unique(np.concatenate((fit.values, np.quantile(fit.predicted, np.linspace(0, 1, 201)))))

    def beyond(level: float) -> tuple[float, float]:
        drawn, every = np.maximum(0.0, fit.values - level), np.maximum(0.0, fit.predicted - level)
        value, variance = _over(strata, drawn, every, fit.rows)
        return level + value / (1.0 - alpha), variance

    value, variance = min((beyond(float(level)) for level in levels), key=lambda found: found[0])
    return _interval(value, math.sqrt(variance) / (1.0 - alpha))


def explained(strata: Strata, values: Vector) -> float:
    """Share of the variance of values that the guess explains."""
    fit = _fit(strata, values)
    weight = strata.weights[fit.rows] / strata.drawn[fit.rows]
    total = float(weight @ (fit.values - weight @ fit.values) ** 2)
    return 1.0 - float(weight @ (fit.values - fit.predicted[fit.rows]) ** 2) / total if total > 0 else 1.0


def _interval(value: float, error: float) -> dict[str, float]:
    return {"value": value, "low": value - Z95 * error, "high": value + Z95 * error}
