"""What a dollar of a year is worth, and what a series is worth in a period."""

from __future__ import annotations

import pytest
from support.build import instance_of, one_market

from optimizer.instance.series import Series
from optimizer.network.calendar import Calendar, calendar_of
from optimizer.network.network import network_of
from optimizer.network.starts import Start

PLANT = one_market(
    "dates",
    {
        "plant": {
            "stage": "magnet",
            "country": "USA",
            "recipes": ["make"],
            "capacity": 0,
            "options": [
                {"id": "build", "capacity": 10, "capex": 1000, "lead": 2, "life": 20, "spend": [0.25, 0.25, 0.5]}
            ],
        }
    },
    tonnes=1,
) | {
    "base_year": 2026,
    "discount_rate": 0.08,
    "periods": [2027, {"year": 2028, "years": 3}, {"year": 2031, "years": 5}],
}


@pytest.fixture(scope="module")
def calendar() -> Calendar:
    return calendar_of(instance_of(PLANT))


def test_horizon_ends_with_its_last_period(calendar: Calendar) -> None:
    """Nine years from 2027 end with 2035."""
    assert calendar.first_year == 2027
    assert calendar.end_year == 2036
    assert calendar.previous == {2027: None, 2028: 2027, 2031: 2028}
    assert [calendar.period_of(year) for year in (2026, 2027, 2030, 2031, 2035, 2036)] == [
        None, 2027, 2028, 2031, 2031, None,
    ]  # fmt: skip


@pytest.mark.parametrize(("year", "factor"), [(2027, 0.9259), (2028, 0.8573), (2031, 0.6806), (2036, 0.4632)])
def test_present_value_is_the_textbooks(calendar: Calendar, year: int, factor: float) -> None:
    """Present value of 1 at 8 % after 1, 2, 5 and 10 years, as printed in tables of interest."""
    assert calendar.discount_of(year) == pytest.approx(factor, abs=5e-5)


def test_cash_flow_of_a_period_is_discounted_from_its_first_year(calendar: Calendar) -> None:
    """A dollar of 2030 is a dollar of the period that began in 2028; after the horizon each year stands for itself."""
    assert calendar.discount_of(2030) == calendar.discount_of(2028) == calendar.discount[2028]
    assert calendar.discount_of(2037) == pytest.approx(1.08**-11)


def test_spending_over_years_is_discounted_year_by_year() -> None:
    """1000 spent as 250, 250, 500 from 2031 on falls into one period, from 2027 on into two."""
    starts = network_of(instance_of(PLANT)).starts
    assert starts.capex(Start("plant", "build", (2031,))) == pytest.approx(1000 * 0.6806, abs=0.05)
    assert starts.spend(Start("plant", "build", (2028,))) == ((2028, 250.0), (2029, 250.0), (2030, 500.0))
    late = Start("plant", "build", (2027,))
    assert starts.capex(late) == pytest.approx(250 * 1.08**-1 + 750 * 1.08**-2)


def test_credit_is_the_unexpired_life_at_the_horizons_end() -> None:
    """On line 2029 to 2048: at the start of 2036 13 of 20 years are left, worth 650, ten years away."""
    starts = network_of(instance_of(PLANT)).starts
    assert starts.credit(Start("plant", "build", (2027,))) == pytest.approx(1000 * 13 / 20 * 1.08**-10)


@pytest.mark.parametrize(
    ("series", "means"),
    [
        (Series(constant=6.0), (6, 6, 6)),
        (Series(steps=((2028, 6.0), (2030, 9.0))), (0, 7, 9)),
        (Series(start=100.0, growth=0.1), (100, (110 + 121 + 133.1) / 3, 100 * (1.1**9 - 1.1**4) / 0.1 / 5)),
    ],
    ids=["plain", "stepped", "growing"],
)
def test_series_counts_by_its_mean(calendar: Calendar, series: Series, means: tuple[float, ...]) -> None:
    """In a period of several years a series is the mean of its years; before its first year it is 0."""
    assert [calendar.mean(series, period) for period in calendar.periods] == pytest.approx(means)
