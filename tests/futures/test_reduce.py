"""Fast forward selection: against doing it by hand, and what a reduced set says."""

from __future__ import annotations

import itertools
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import optimizer
from optimizer import FuturesError, FutureSet, OptionsError, sample
from optimizer.futures import reduce as module
from optimizer.futures.reduce import CostDistances, SeverityDistances, select

from .conftest import CLOSED, drawn, event

EVENTS = {
    "fire": event(0.1, {"values": {1: 1, 3: 1}}, severity={"uniform": [0.2, 1]}),
    "storm": event(0.1, 2, [CLOSED], weight=3),
    "flood": event(0.05, severity={"values": {0.5: 1, 1: 1}}, weight=0),
}


def by_hand(futures: FutureSet) -> np.ndarray[Any, Any]:
    """Distances straight from their definition: severity by event and year, times the weight of the event."""
    tables = []
    for path in futures.paths.values():
        severity: dict[tuple[str, int], float] = {}
        for one in (one for group in path for one in group):
            for year in range(one.onset, one.onset + one.duration):
                severity[one.event, year] = one.severity
        tables.append(severity)
    weights = {name: found.weight for name, found in futures.file.events.events.items()}
    return np.array(
        [
            [
                math.fsum(weights[key[0]] * abs(a.get(key, 0) - b.get(key, 0)) for key in a.keys() | b.keys())
                for b in tables
            ]
            for a in tables
        ]
    )


def left(distances: Any, probability: Any, kept: Any) -> float:
    """The distance of Kantorovich from all to those kept."""
    return float(np.min(distances[list(kept)], axis=0) @ probability)


@pytest.fixture(scope="module")
def futures(tmp_path_factory: pytest.TempPathFactory) -> FutureSet:
    return drawn(tmp_path_factory.mktemp("events"), EVENTS, number=60)


def test_distances_are_differences_in_severity(futures: FutureSet) -> None:
    """The matrix product gives what the definition does."""
    weights = {name: found.weight for name, found in futures.file.events.events.items()}
    found = SeverityDistances(list(futures.paths.values()), weights).rows(np.arange(len(futures)))
    assert found == pytest.approx(by_hand(futures), abs=1e-9)


@pytest.mark.parametrize(("number", "kept_in_memory"), [(1, True), (2, True), (5, False), (12, True)])
def test_selection_is_greedy_step_by_step(
    number: int, kept_in_memory: bool, futures: FutureSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each future chosen lowers the distance most; looking only where it can matter changes nothing."""
    monkeypatch.setattr(module, "BATCH", 7)
    if not kept_in_memory:
        monkeypatch.setattr(module, "KEPT", 10)
    distances = by_hand(futures)
    probability = np.array(list(futures.probability.values()))
    kept: list[int] = []
    for _ in range(number):
        rest = [index for index in range(len(distances)) if index not in kept]
        kept.append(min(rest, key=lambda index: (round(left(distances, probability, [*kept, index]), 9), index)))
    found = futures.reduce(number)
    said = found.info["reduced"]
    assert said["distance"] == pytest.approx(left(distances, probability, kept))
    assert said["distance_of_one"] == pytest.approx(left(distances, probability, kept[:1]))
    names = list(futures.paths)
    assert list(found.paths) == [names[index] for index in sorted(kept)]


def test_greedy_is_near_the_best_choice(futures: FutureSet) -> None:
    """One future is the best one; two are never better than the best two of all, nor much worse."""
    few = FutureSet(
        "few", futures.instance, futures.file, dict(list(futures.paths.items())[:14]), dict(futures.probability)
    )
    distances = by_hand(few)
    probability = np.array([few.probability[name] for name in few.paths])
    for number in (1, 2, 3):
        best = min(left(distances, probability, kept) for kept in itertools.combinations(range(14), number))
        got = few.reduce(number).info["reduced"]["distance"]
        assert got == pytest.approx(best) if number == 1 else best - 1e-12 <= got <= 1.25 * best


def test_more_futures_are_nearer_and_all_are_all(futures: FutureSet) -> None:
    """The distance falls with the number kept, to nothing where all are."""
    found = [futures.reduce(number).info["reduced"]["distance"] for number in range(1, len(futures) + 1)]
    assert all(before >= after for before, after in itertools.pairwise(found))
    assert found[-1] == 0
    whole = futures.reduce(len(futures) + 10)
    assert whole.paths == futures.paths
    assert whole.probability == futures.probability


def test_what_is_dropped_gives_its_probability_to_the_nearest(futures: FutureSet) -> None:
    """And nothing is lost."""
    found = futures.reduce(6)
    distances = by_hand(futures)
    names = list(futures.paths)
    kept = [names.index(name) for name in found.paths]
    assert math.fsum(found.probability.values()) == pytest.approx(1)
    nearest = np.min(distances[kept], axis=0)
    for index, name in enumerate(found.paths):
        only = [
            other for other in range(len(names))
            if distances[kept[index], other] == pytest.approx(nearest[other])
            and sum(distances[one, other] == pytest.approx(nearest[other]) for one in kept) == 1
        ]  # fmt: skip
        assert found.probability[name] >= math.fsum(futures.probability[names[other]] for other in only) - 1e-12


def test_futures_may_be_as_far_apart_as_their_costs(futures: FutureSet) -> None:
    """With costs of episodes the distance is in USD, and bounds how far the mean cost can be off."""
    table = pd.DataFrame(
        [(name, 100.0 * len(one.nodes) + one.onset - 2027) for name, one in futures.episodes.items()],
        columns=["episode", "usd"],
    )
    cost = futures.costs(table)
    found = futures.reduce(4, table)
    said = found.info["reduced"]
    assert (said["by"], said["unit"]) == ("cost", "USD")
    mean = [math.fsum(one.probability[name] * cost[name] for name in one.paths) for one in (futures, found)]
    assert abs(mean[0] - mean[1]) <= said["distance"] + 1e-9
    values = np.array([cost[name] for name in futures.paths])
    direct = select(CostDistances(values), np.array(list(futures.probability.values())), 4)
    assert {list(futures.paths)[index] for index in direct.kept} == set(found.paths)


def test_a_table_of_costs_that_does_not_fit_is_refused(futures: FutureSet) -> None:
    """A missing column, episode or number is named."""
    names = list(futures.episodes)
    table = pd.DataFrame({"episode": names, "usd": 1.0})
    with pytest.raises(FuturesError, match="lacks the column usd"):
        futures.reduce(2, table.rename(columns={"usd": "cost"}))
    with pytest.raises(FuturesError, match=f"has no row for {names[0]}"):
        futures.reduce(2, table[1:])
    with pytest.raises(FuturesError, match=f"has no number for {names[0]}"):
        futures.reduce(2, table.assign(usd=["dear", *[1] * (len(names) - 1)]))
    with pytest.raises(OptionsError, match="keep at least one"):
        futures.reduce(0)


@pytest.mark.slow
def test_ten_thousand_futures_are_reduced_in_well_under_a_minute() -> None:
    """Those of the reference instance, drawn and reduced to twenty."""
    folder = Path(__file__).resolve().parents[2] / "instances" / "us_allied_2026"
    instance = optimizer.load(folder)
    began = time.monotonic()
    found = sample(instance, folder, number=10_000, seed=1)
    drawn_in = time.monotonic() - began
    reduced = found.reduce(20)
    assert len(reduced) == 20
    assert drawn_in < 20
    assert time.monotonic() - began < 60
