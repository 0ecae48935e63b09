"""The horizon: periods, their years, and what a dollar of each is worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from optimizer.instance.instance import Instance
from optimizer.instance.series import Series
from optimizer.network.slotted import mean


@dataclass(frozen=True, slots=True)
class Calendar:
    """Periods, named by their first year.

    Attributes:
        periods: first years, ascending.
        span: calendar years of each period.
        years: number of years of each period.
        previous: the period before, None for the first.
        discount: worth of a dollar of a period in dollars of the base year.
        base_year: year to which cash flows are discounted.
        rate: discount rate per year.
    """

    periods: tuple[int, ...]
    span: dict[int, range]
    years: dict[int, int]
    previous: dict[int, int | None]
    discount: dict[int, float]
    base_year: int
    rate: float

    @property
    def first_year(self) -> int:
        """First year of the horizon."""
        return self.periods[0]

    @property
    def end_year(self) -> int:
        """The first year after the horizon."""
        return self.span[self.periods[-1]].stop

    def discount_of(self, year: int) -> float:
        """Worth of a dollar of a year: that of its period, or its own after the horizon.

        Source: design.md 3, cash flow of a period is discounted from its first year.
        """
        period = self.period_of(year)
        return float((1.0 + self.rate) ** -((period if period is not None else year) - self.base_year))

    def period_of(self, year: int) -> int | None:
        """The period that contains a year; None outside the horizon."""
        for period in self.periods:
            if year in self.span[period]:
                return period
        return None

    def at(self, series: Series, year: int) -> float:
        """The value of a series in a year."""
        return series.at(year, self.first_year)

    def mean(self, series: Series, period: int) -> float:
        """The mean of a series over the years of a period."""
        return series.mean(self.span[period], self.first_year)

    def mean_of(self, period: int, value: Callable[[int], float]) -> float:
        """The mean over the years of a period of a function of the year."""
        span = self.span[period]
        if len(span) == 1:
            return value(span.start)
        found: float = mean(value(year) for year in span)
        return found


def calendar_of(instance: Instance) -> Calendar:
    """The calendar of an instance."""
    periods = tuple(period.year for period in instance.periods)
    return Calendar(
        periods=periods,
        span={period.year: period.span for period in instance.periods},
        years={period.year: period.years for period in instance.periods},
        previous=dict(zip(periods, (None, *periods[:-1]), strict=True)),
        discount={year: float((1.0 + instance.discount_rate) ** -(year - instance.base_year)) for year in periods},
        base_year=instance.base_year,
        rate=instance.discount_rate,
    )
