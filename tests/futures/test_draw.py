"""Drawing futures: frequencies, what draws depend on, common causes, periods of several years."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from optimizer import InstanceError, OptionsError, sample
from optimizer.futures.draw import draw, expected
from optimizer.futures.file import read_events
from optimizer.instance.instance import Instance
from optimizer.network.calendar import calendar_of

from .conftest import CLOSED, FIRE, drawn, event, file_of, strikes, yard

NUMBER = 10_000
SURE = 1e-4
"""Two-sided: a right sample fails such a test once in ten thousand, and the seed is fixed."""


def in_bounds(count: int, trials: int, chance: float) -> bool:
    low, high = binom.interval(1 - SURE, trials, chance)
    return bool(low <= count <= high)


@pytest.mark.parametrize("duration", [1, 3, {"values": {1: 1, 4: 2}}, {"uniform": [0.5, 2.5]}])
def test_an_event_strikes_as_often_as_its_hazard_says(duration: Any, tmp_path: Path) -> None:
    """In every year, of the futures in which it is not active, within exact binomial bounds."""
    instance = yard()
    file = read_events(file_of(tmp_path, {"fire": event(0.3, duration)}), instance)
    found = draw(file.events, calendar_of(instance), NUMBER, seed=3)
    free = np.full(NUMBER, 2027)
    for year in range(2027, 2037):
        which = found.onset == year
        assert (free[found.future[which]] <= year).all()
        assert in_bounds(int(which.sum()), int((free <= year).sum()), 0.3), year
        free[found.future[which]] = year + found.years[which]
    # The expectation that is printed beside a sample is exact: the sample's mean is as near as its spread allows.
    counts = np.bincount(found.future, minlength=NUMBER)
    hoped = expected(file.events, calendar_of(instance))["fire"]
    assert abs(counts.mean() - hoped) < 4 * counts.std() / NUMBER**0.5


def test_hazards_by_year_and_durations_are_kept(tmp_path: Path) -> None:
    """An event strikes only in the years that its hazard names, and lasts as its distribution says."""
    hazard = {2029: 0.5, 2031: 0.0}
    found = drawn(tmp_path, {"fire": event(hazard, {"values": {1: 1, 2: 3}})}, number=NUMBER)
    rows = found.occurrences
    assert set(rows["onset"]) == {2029, 2030}
    first = rows.query("onset == 2029")
    futures = found.futures.set_index("future")["probability"]
    share = futures[first["future"]].to_numpy() * NUMBER
    assert in_bounds(round(share.sum()), NUMBER, 0.5)
    assert in_bounds(round(share[(first["duration"] == 2).to_numpy()].sum()), round(share.sum()), 0.75)


def test_draws_of_an_event_depend_on_no_other(tmp_path: Path) -> None:
    """Adding, changing or moving events leaves the strikes of the others as they were, future by future."""
    kept = event(0.2, {"uniform": [0, 3]}, severity={"uniform": [0.2, 1]})
    alone = drawn(tmp_path, {"fire": kept, "storm": event(0.001, 1, [CLOSED])}, number=300)
    more = drawn(
        tmp_path,
        {"storm": event(0.4, 2, [CLOSED]), "flood": event(0.3), "fire": kept},
        {"war": {"hazard": 0.5, "hits": {"flood": 0.9}}},
        number=300,
    )
    others = drawn(tmp_path, {"fire": kept, "storm": event(0.001, 1, [CLOSED])}, number=300, seed=2)

    def by_number(found: Any) -> set[Any]:
        # Equal futures are merged under the first one's name, so each set is unfolded over all its futures.
        file, calendar = found.file, found.chains.calendar
        where = list(file.events.events).index("fire")
        hits = draw(file.events, calendar, 300, found.info["seed"])
        mine = hits.event == where
        columns = (hits.future, hits.onset, hits.years, hits.steps)
        return set(zip(*(column[mine].tolist() for column in columns), strict=True))

    assert by_number(alone) == by_number(more) != by_number(others)


def test_a_longer_set_begins_with_the_shorter_one(tmp_path: Path) -> None:
    """Future by future, and a longer horizon too leaves what strikes before its end."""
    events = {"fire": event(0.2, {"uniform": [0, 3]}, severity={"uniform": [0.2, 1]})}
    few = draw(read_events(file_of(tmp_path, events), yard()).events, calendar_of(yard()), 100, 5)
    many = draw(read_events(file_of(tmp_path, events), yard()).events, calendar_of(yard()), 250, 5)
    longer = yard(periods=list(range(2027, 2043)))
    later = draw(read_events(file_of(tmp_path, events), longer).events, calendar_of(longer), 100, 5)
    for field in ("future", "onset", "years", "steps"):
        assert (getattr(many, field)[many.future < 100] == getattr(few, field)).all()
        assert (getattr(later, field)[later.onset < 2037] == getattr(few, field)).all()


def test_a_cause_makes_events_strike_together(tmp_path: Path) -> None:
    """Two events that share a cause strike in one year as often as that says, far more often than by chance."""
    causes = {"war": {"hazard": {2027: 0.2, 2028: 0}, "hits": {"fire": 0.7, "storm": 0.6}}}
    events = {"fire": event({2027: 0.1, 2028: 0}), "storm": event({2027: 0.05, 2028: 0}, 1, [CLOSED])}
    found = drawn(tmp_path, events, causes, number=NUMBER)
    share = found.futures.set_index("future")["probability"] * NUMBER
    fire, storm = ({future for future, *_ in strikes(found, name)} for name in ("fire", "storm"))
    by_war = [1 - 0.9 * 0.3, 1 - 0.95 * 0.4]
    both = 0.8 * 0.1 * 0.05 + 0.2 * by_war[0] * by_war[1]
    assert in_bounds(round(share[sorted(fire & storm)].sum()), NUMBER, both)
    assert both > 2 * (0.8 * 0.1 + 0.2 * by_war[0]) * (0.8 * 0.05 + 0.2 * by_war[1])
    hoped = found.info["strikes"]["fire"]["expected"]
    assert hoped == pytest.approx(1 - 0.9 * (1 - 0.2 * 0.7))
    assert in_bounds(round(share[sorted(fire)].sum()), NUMBER, hoped)


def test_an_exclusive_cause_hits_at_most_one(tmp_path: Path) -> None:
    """One draw decides which of its events follows; each as often as stated, never two."""
    causes = {"slip": {"hazard": {2027: 0.5, 2028: 0}, "exclusive": True, "hits": {"late": 0.5, "never": 0.3}}}
    events = {"late": event(0), "never": event(0, 1, [CLOSED])}
    found = drawn(tmp_path, events, causes, number=NUMBER)
    share = found.futures.set_index("future")["probability"] * NUMBER
    late, never = ({future for future, *_ in strikes(found, name)} for name in ("late", "never"))
    assert not late & never
    assert in_bounds(round(share[sorted(late)].sum()), NUMBER, 0.25)
    assert in_bounds(round(share[sorted(never)].sum()), NUMBER, 0.15)


def test_strikes_begin_with_a_period(tmp_path: Path) -> None:
    """In a period of several years a strike moves to its first year, and there is one a period at most."""
    instance = yard(periods=[2027, {"year": 2028, "years": 3}, {"year": 2031, "years": 2}, 2033])
    found = drawn(tmp_path, {"fire": event(0.5)}, instance=instance, number=NUMBER)
    rows = found.occurrences
    assert set(rows["onset"]) == {2027, 2028, 2031, 2033}
    assert not rows.duplicated(["future", "onset"]).any()
    share = found.futures.set_index("future")["probability"]
    in_three_years = share[rows.query("onset == 2028")["future"]].sum()
    assert binomtest(round(in_three_years * NUMBER), NUMBER, 1 - 0.5**3).pvalue > SURE
    assert found.info["strikes"]["fire"]["expected"] == pytest.approx(0.5 + 0.875 + 0.75 + 0.5)


def test_durations_end_with_the_horizon_and_what_does_nothing_is_left_out(tmp_path: Path) -> None:
    """A strike lasts to the horizon's end at most; one whose severity leaves nothing is in no future."""
    events = {
        "long": event({2035: 1.0}, 7),
        "dud": event(1.0, 1, [CLOSED], severity={"values": {0: 1}}),
        "short": event(1.0, 1, [{"affects": "options", "where": {"facility": "plant"}, "delay": 1}], severity=0.4),
        "beyond": event({2036: 1.0}, 1, [FIRE | {"after": 1}]),
    }
    found = drawn(tmp_path, events, number=10)
    assert found.occurrences.to_dict("records") == [
        {"future": "f00001", "event": "long", "onset": 2035, "duration": 2, "severity": 1.0}
    ]
    assert found.info["strikes"]["dud"]["drawn"] == 10


def test_equal_futures_are_one(tmp_path: Path) -> None:
    """Futures in which the same happens are merged; probabilities are exact shares of the number drawn."""
    found = drawn(tmp_path, {"fire": event({2030: 0.25, 2031: 0})}, number=1000)
    assert len(found) == 2
    share = found.futures["probability"]
    assert share.sum() == 1.0
    assert all(round(1000 * value, 9) == round(1000 * value) for value in share)
    assert found.undisturbed == pytest.approx(1 - found.mean_disruptions)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"number": 0}, "number is 0"),
        ({"number": 2_000_000}, "number is 2000000"),
        ({"reduce": 0}, "reduce is 0; keep at least one future"),
        ({"costs": []}, "costs are for a reduction"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, Any], said: str, tmp_path: Path, instance: Instance) -> None:
    """They are refused with the way out."""
    file = file_of(tmp_path, {"fire": event(0.1)})
    with pytest.raises(OptionsError, match=said):
        sample(instance, file, **options)


def test_events_of_another_instance_are_refused(tmp_path: Path, instance: Instance) -> None:
    """What they name must be there."""
    file = file_of(tmp_path, {"fire": event(0.1, 1, [FIRE | {"where": {"country": "AUS"}}])})
    with pytest.raises(InstanceError, match="there is no country 'AUS'"):
        sample(instance, file, number=10)
