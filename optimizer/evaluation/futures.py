"""Futures made of courses: what each costs and where it is short, and what that says of all of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from optimizer.evaluation.answer import Answer
from optimizer.network.tables import BASE, TRUNK, Network

Vector = npt.NDArray[np.float64]

RESAMPLES = 2000
"""Bootstrap samples of an interval (Efron 1979)."""
Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Future:
    """One future.

    Attributes:
        id: name.
        probability: probability, or share of a sample.
        nodes: the scenarios whose branches it goes through, by onset; none for the base.
    """

    id: str
    probability: float
    nodes: tuple[str, ...] = ()


def futures_of(network: Network) -> list[Future]:
    """The futures of an instance's own scenarios, the base among them."""
    found = [Future(BASE, network.probability[BASE])]
    for name, path in network.path.items():
        if name == BASE:
            continue
        nodes = tuple(dict.fromkeys(course for course in path.values() if course != TRUNK))
        found.append(Future(name, network.probability[name], nodes))
    return found


def path_of(network: Network, future: Future) -> dict[int, str]:
    """The course of a future in each period: the last branch that has begun, while it lasts; else the trunk."""
    path = dict.fromkeys(network.calendar.periods, TRUNK)
    for node in sorted(future.nodes, key=lambda name: network.windows[name].onset):
        window = network.windows[node]
        for t in path:
            if t >= window.onset:
                path[t] = node if t in window.periods else TRUNK
    return path


COLUMNS = ("future", "probability", "disruptions", "status", "cost", "over_trunk")


def table_of(
    network: Network, futures: Sequence[Future], invested: float, answers: Mapping[str, Answer]
) -> pd.DataFrame:
    """A row for each future.

    Returns:
        future, probability, disruptions (number), status (`met`, or `not met` where something that must be met is
        not), cost (discounted USD) and over_trunk (USD more than undisrupted), and for every channel c that a market
        draws on: `short_c` (t) and `service_c` (share of demand served).
    """
    channels = network.instance.served_channels
    trunk = answers[TRUNK]
    undisrupted = invested + math.fsum(trunk.cost.values())
    sums = {name: _by_channel(network, found) for name, found in answers.items()}
    rows = []
    for future in futures:
        path = path_of(network, future)
        met = all(answers[course].met for course in set(path.values()))
        row: dict[str, Any] = dict.fromkeys(COLUMNS)
        row |= {"future": future.id, "probability": future.probability, "disruptions": len(future.nodes)}
        row["status"] = "met" if met else "not met"
        if met:
            row["cost"] = invested + math.fsum(answers[course].cost.get(t, 0.0) for t, course in path.items())
            row["over_trunk"] = row["cost"] - undisrupted
        for channel in channels:
            short = math.fsum(sums[course]["short"].get((channel, t), 0.0) for t, course in path.items())
            wanted = math.fsum(sums[course]["demand"].get((channel, t), 0.0) for t, course in path.items())
            row[f"short_{channel}"] = short if met else None
            row[f"service_{channel}"] = (1.0 - short / wanted if wanted else 1.0) if met else None
        rows.append(row)
    served = [f"{what}_{channel}" for channel in channels for what in ("short", "service")]
    return pd.DataFrame(rows, columns=[*COLUMNS, *served])


def _by_channel(network: Network, found: Answer) -> dict[str, dict[tuple[str, int], float]]:
    sums: dict[str, dict[tuple[str, int], float]] = {"short": {}, "demand": {}}
    for what, tonnes in (("short", found.short), ("demand", found.demand)):
        for (market, _, period), t in tonnes.items():
            key = (network.instance.markets[market].channel, period)
            sums[what][key] = sums[what].get(key, 0.0) + t
    return sums


def tail_mean(values: Vector, weights: Vector, alpha: float) -> float:
    """Mean over the worst 1 - alpha of the probability (Rockafellar and Uryasev 2000)."""
    order = np.argsort(-values)
    left = (1.0 - alpha) * weights.sum()
    part = np.minimum(weights[order], np.maximum(0.0, left - (np.cumsum(weights[order]) - weights[order])))
    return float(part @ values[order] / part.sum())


def statistics(
    table: pd.DataFrame, channels: Sequence[str], alpha: float, sampled: int | None, seed: int
) -> dict[str, Any]:
    """What the futures say together.

    Args:
        table: from `table_of`.
        channels: those that markets draw on, strictest first.
        alpha: the tail is the worst 1 - alpha.
        sampled: futures drawn, equal ones counted apart; None where probabilities are given and exact.
        seed: of the bootstrap.

    Returns:
        Mean and tail mean of cost, cost over the trunk and shortage by channel, the chance of any shortage by channel
        and of something not met; each `{value, low, high}`, a 95 % interval where futures were sampled.
    """
    met = table[table["status"] == "met"]
    weights = met["probability"].to_numpy(dtype=float)
    every = table["probability"].to_numpy(dtype=float)
    failed = 1.0 - float(weights.sum() / every.sum())
    resampled = _resampled(weights, sampled, seed)
    out: dict[str, Any] = {"alpha": alpha, "not_met": _chance(failed, sampled)}
    columns = {"cost": "cost", "over_trunk": "over_trunk"} | {f"short_{k}": f"short_{k}" for k in channels}
    for name, column in columns.items():
        values = met[column].to_numpy(dtype=float)
        if not len(values):
            out[name] = None
            continue
        out[name] = {
            "mean": _interval(lambda w, v=values: float(w @ v / w.sum()), weights, resampled),
            "tail": _interval(lambda w, v=values: tail_mean(v, w, alpha), weights, resampled),
            "worst": float(values.max()),
        }
    for channel in channels:
        any_short = met[f"short_{channel}"].to_numpy(dtype=float) > 1e-3
        share = float(weights[any_short].sum() / weights.sum()) if len(met) else math.nan
        out[f"any_short_{channel}"] = _chance(share, sampled)
        service = met[f"service_{channel}"].to_numpy(dtype=float)
        out[f"service_{channel}"] = float(weights @ service / weights.sum()) if len(met) else None
    return out


def _resampled(weights: Vector, sampled: int | None, seed: int) -> Vector | None:
    if sampled is None or not len(weights):
        return None
    rng = np.random.default_rng(seed)
    return rng.multinomial(sampled, weights / weights.sum(), size=RESAMPLES).astype(float)


def _interval(measure: Any, weights: Vector, resampled: Vector | None) -> dict[str, float | None]:
    if resampled is None:
        return {"value": measure(weights), "low": None, "high": None}
    found = np.array([measure(w) for w in resampled])
    low, high = np.quantile(found, [0.025, 0.975])
    return {"value": measure(weights), "low": float(low), "high": float(high)}


def _chance(share: float, sampled: int | None) -> dict[str, float | None]:
    """A probability, with the interval of Wilson (1927) where it was sampled."""
    share = min(1.0, max(0.0, share)) if share > 1e-12 else 0.0
    if sampled is None or math.isnan(share):
        return {"value": share, "low": None, "high": None}
    spread = Z95**2 / sampled
    middle = (share + spread / 2) / (1 + spread)
    half = Z95 / (1 + spread) * math.sqrt(share * (1 - share) / sampled + spread / (4 * sampled))
    return {"value": share, "low": max(0.0, middle - half), "high": min(1.0, middle + half)}
