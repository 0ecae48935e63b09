"""Series: three forms, their values by year, their means, and what is out of range."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from optimizer.instance.fields import (
    WHOLE,
    AmountSeries,
    CapacitySeries,
    CapacitySize,
    ExposureSeries,
    PriceSeries,
    ShareSeries,
    ShortageSeries,
    Tier,
)
from optimizer.instance.series import Series

AMOUNT: TypeAdapter[Series] = TypeAdapter(AmountSeries)
SHARE: TypeAdapter[Series] = TypeAdapter(ShareSeries)
SHORTAGE: TypeAdapter[Series] = TypeAdapter(ShortageSeries)
EXPOSURE: TypeAdapter[Series] = TypeAdapter(ExposureSeries)
TIER: TypeAdapter[Series] = TypeAdapter(Tier)
CAPACITY: TypeAdapter[dict[str, Series]] = TypeAdapter(CapacitySeries)
SIZE: TypeAdapter[dict[str, float]] = TypeAdapter(CapacitySize)
PRICE: TypeAdapter[dict[str, Series]] = TypeAdapter(PriceSeries)


def refused(adapter: TypeAdapter[Any], value: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        adapter.validate_python(value)
    return caught.value.errors()[0]["msg"]


def values(series: Series, *years: int) -> list[float]:
    return [series.at(year, 2027) for year in years]


def test_a_number_holds_in_every_year() -> None:
    series = AMOUNT.validate_python(5)
    assert values(series, 1990, 2027, 2190) == [5, 5, 5]
    assert series.given(1990)
    assert series.first_year is None


def test_steps_hold_until_the_next_one_and_are_zero_before_the_first() -> None:
    series = AMOUNT.validate_python({2030: 20, 2028: 10})
    assert values(series, 2027, 2028, 2029, 2030, 2100) == [0, 10, 10, 20, 20]
    assert not series.given(2027)
    assert series.given(2028)
    assert series.first_year == 2028
    assert series.plain() == {2028: 10, 2030: 20}


def test_growth_starts_in_the_first_period_and_goes_on_past_the_horizon() -> None:
    series = AMOUNT.validate_python({"start": 100, "growth": 0.1})
    assert series.at(2027, 2027) == 100
    assert series.at(2029, 2027) == pytest.approx(121)
    assert series.at(2127, 2027) == pytest.approx(100 * 1.1**100)
    assert series.at(2026, 2027) == pytest.approx(100 / 1.1)
    assert series.plain() == {"start": 100, "growth": 0.1}


def test_shrinking() -> None:
    assert values(AMOUNT.validate_python({"start": 100, "growth": -1.0}), 2027, 2028) == [100, 0]
    assert "out of range" in refused(AMOUNT, {"start": 100, "growth": -1.5})


def test_means_count_the_years_before_the_first_one_given_as_zero() -> None:
    series = AMOUNT.validate_python({2028: 10, 2030: 40})
    assert series.mean(range(2027, 2028), 2027) == 0
    assert series.mean(range(2027, 2029), 2027) == 5
    assert series.mean(range(2027, 2031), 2027) == 15
    growing = AMOUNT.validate_python({"start": 100, "growth": 0.1})
    assert growing.mean(range(2027, 2030), 2027) == pytest.approx((100 + 110 + 121) / 3)
    assert series.mean_of(range(2027, 2029), lambda year: year - 2027.0) == 0.5


def test_null_where_it_means_something() -> None:
    series = SHORTAGE.validate_python({2027: 900, 2029: None})
    assert series.raw(2028, 2027) == 900
    assert series.raw(2029, 2027) is None
    assert series.at(2029, 2027) == 0
    assert SHORTAGE.validate_python(None).raw(2027, 2027) is None
    assert "not a number" in refused(AMOUNT, None)
    assert "not a number" in refused(AMOUNT, {2027: None})


def test_words_where_they_mean_something() -> None:
    series = EXPOSURE.validate_python({2027: "unknown", 2029: 0.5})
    assert series.raw(2027, 2027) == "unknown"
    assert values(series, 2028, 2029) == [0, 0.5]
    assert EXPOSURE.validate_python("unknown").raw(2050, 2027) == "unknown"
    assert "'unknown'" in refused(EXPOSURE, "unkown")
    assert "'unknown' is not a number" in refused(SHARE, "unknown")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (-1, "-1 is out of range|0 or more"),
        ({2027: -1}, "in 2027 -1 is out of range"),
        ({"start": -1, "growth": 0}, "start -1 is out of range"),
        ("5", "'5' is not a number"),
        (True, "True is not a number"),
        (math.inf, "not a finite number"),
        (math.nan, "not a finite number"),
        ({2027: math.inf}, "not a finite number"),
        (10**400, "not a finite number"),
        ({2027: 0xF << 5000}, "not a finite number"),
        ({}, "an empty mapping"),
        ({"2027": 1}, "'2027' is not a year"),
        ({True: 1}, "True is not a year"),
        ({2027.0: 1}, "2027.0 is not a year"),
        ({27: 1}, "27 is not a year"),
        ({"start": 1}, "do not go together|{start: 10, growth: 0.02}"),
        ({"start": 1, "growth": 0, 2027: 1}, "do not go together"),
        ([1, 2], "is not a number"),
        ({2027: {2028: 1}}, "is not a number"),
    ],
)
def test_refused(value: Any, words: str) -> None:
    assert words in refused(AMOUNT, value)


def test_shares_lie_in_the_unit_interval() -> None:
    assert SHARE.validate_python({2027: 0, 2028: 1}).values == (0, 1)
    assert "1.01 is out of range|a number in [0, 1]" in refused(SHARE, 1.01)
    assert "out of range" in refused(SHARE, {2027: -0.01})


def test_tiers() -> None:
    series = TIER.validate_python({2027: "ally", 2030: "exposed"})
    assert [series.raw(year, 2027) for year in (2027, 2029, 2030)] == ["ally", "ally", "exposed"]
    assert TIER.validate_python("neutral_zone").raw(2027, 2027) == "neutral_zone"
    for wrong in ("Ally", 1, None, {}, {2027: None}, {"2027": "ally"}):
        assert refused(TIER, wrong)


def test_by_unit_or_by_region() -> None:
    assert CAPACITY.validate_python({"light": 40, "heavy": {2029: 5}})["heavy"].at(2030, 2027) == 5
    assert CAPACITY.validate_python({2027: 40})[WHOLE].at(2027, 2027) == 40
    assert CAPACITY.validate_python({"start": 4, "growth": 0.5})[WHOLE].at(2028, 2027) == 6
    assert SIZE.validate_python({"light": 40}) == {"light": 40}
    assert SIZE.validate_python(40) == {WHOLE: 40}
    assert PRICE.validate_python({"asia": 70, "europe": {2027: 90}})["asia"].at(2027, 2027) == 70
    assert refused(CAPACITY, {"light": 40, 2027: 5})
    assert refused(CAPACITY, {"light": -1})
    assert refused(SIZE, {2027: 40})
    assert refused(PRICE, {"Asia": 70})


@pytest.mark.parametrize("adapter", [CAPACITY, PRICE])
@pytest.mark.parametrize("value", [5.0, {2027: 5.0}, {"start": 5.0, "growth": 0.1}, {"a": 5.0, "b": {2027: 1.0}}])
def test_by_name_is_written_as_it_was_read(adapter: TypeAdapter[Any], value: Any) -> None:
    assert adapter.dump_python(adapter.validate_python(value)) == value


NUMBERS = st.floats(0, 1e12, allow_nan=False)
STEPS = st.dictionaries(st.integers(1900, 2200), NUMBERS, min_size=1, max_size=6)


@given(st.one_of(NUMBERS, STEPS, st.fixed_dictionaries({"start": NUMBERS, "growth": st.floats(-1, 10)})))
def test_a_series_is_written_as_it_was_read(value: Any) -> None:
    series = AMOUNT.validate_python(value)
    assert AMOUNT.validate_python(AMOUNT.dump_python(series)) == series
    assert series.plain() == value


@given(STEPS, st.integers(1900, 2190), st.integers(1, 10))
def test_a_mean_lies_between_its_values(steps: dict[int, float], year: int, years: int) -> None:
    series = AMOUNT.validate_python(steps)
    span = range(year, year + years)
    each = [series.at(one, 2027) for one in span]
    slack = 1e-9 * (1 + max(each))
    assert min(each) - slack <= series.mean(span, 2027) <= max(each) + slack
