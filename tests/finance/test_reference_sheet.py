"""Five plants of the reference instance against an ordinary sheet of discounted cash flows: years across, lines down.

The sheet knows nothing of the product's tables of books. It takes what runs and what is sold, what is funded and what
is granted, and the numbers of the instance as they are written, and discounts each year's cash at the hurdle rate.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

import optimizer
from optimizer.plan.plan import Plan

VARIANT = Path(__file__).parents[2] / "instances" / "us_allied_2026" / "variants" / "least_outlay.yaml"
YEARS = range(2027, 2037)
PLANTS = 5


def value(series: Any, year: int) -> float:
    """A number, or one by year that holds on."""
    if not isinstance(series, dict):
        return float(series or 0.0)
    if "start" in series:
        return float(series["start"]) * (1.0 + float(series.get("growth", 0.0))) ** (year - YEARS.start)
    given = [
        amount for since, amount in sorted((int(since), amount) for since, amount in series.items()) if since <= year
    ]
    return float(given[-1]) if given else 0.0


class Sheet:
    """The cash flows of one plant, USD by line and year."""

    def __init__(self, plan: Plan, plant: str) -> None:
        self.data: dict[str, Any] = plan.instance.plain()
        self.plan, self.plant = plan, plant
        self.record = self.data["facilities"][plant]
        self.lines: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
        self._operations()
        self._capital()

    def price(self, material: str, year: int) -> float:
        """Reference price where the plant stands."""
        price = self.data["materials"][material].get("price", 0.0)
        regions = self.data["logistics"]["regions"]
        mine = next(region for region, countries in regions.items() if self.record["country"] in countries)
        return value(price.get(mine, price) if isinstance(price, dict) else price, year)

    @property
    def worth(self) -> float:
        """What is left at the hurdle rate, in dollars of the base year."""
        rate, base = float(self.data["finance"]["hurdle_rate"]), int(self.data["base_year"])
        return sum(usd / (1.0 + rate) ** (year - base) for line in self.lines.values() for year, usd in line.items())

    def _operations(self) -> None:
        domestic = self.data["countries"][self.record["country"]] == "domestic"
        # What is not known of its owners counts as foreign: MP's plants are not eligible so.
        credited = "credit_45x" in set(self.plan.books.loc[self.plan.books["facility"] == self.plant, "instrument"])
        sold = self.plan.sales[self.plan.sales["facility"] == self.plant]
        for row in sold.to_dict("records"):
            usd = row["sold"] * self.price(row["material"], row["period"])
            self.lines["sales"][row["period"]] += usd
            if domestic and self.data["materials"][row["material"]]["stage"] == "mining":
                self.lines["depletion"][row["period"]] += 0.14 * 0.21 * usd
        runs = self.plan.runs[(self.plan.runs["facility"] == self.plant) & (self.plan.runs["scenario"] == "trunk")]
        for row in runs.to_dict("records"):
            recipe, year = self.data["recipes"][row["recipe"]], row["period"]
            inputs = sum(t * self.price(m, year) for m, t in recipe.get("inputs", {}).items()) * row["run"]
            self.lines["inputs"][year] -= inputs
            self.lines["activity"][year] -= row["cost"]
            if credited and recipe["stage"] in ("separation", "metal"):
                share = value({2027: 0.10, 2031: 0.075, 2032: 0.05, 2033: 0.025, 2034: 0.0}, year)
                self.lines["45X"][year] += share * (inputs + row["cost"])

    def _capital(self) -> None:
        funded = self.plan.portfolio[self.plan.portfolio["facility"] == self.plant]
        granted = self.plan.grants[self.plan.grants["facility"] == self.plant]
        for year in YEARS:
            self.lines["fixed"][year] -= value(self.record.get("fixed_cost", 0.0), year)
        for row in funded.to_dict("records"):
            option = next(one for one in self.record["options"] if one["id"] == row["option"])
            spend = option.get("spend") or [1.0]
            aid = granted.loc[granted["option"] == row["option"], "usd"].sum()
            for later, share in enumerate(spend):
                self.lines["capex"][row["funded"] + later] -= (
                    share * option["capex"] * (1.0 - option.get("public_share", 1.0))
                )
                self.lines["grants"][row["funded"] + later] += share * aid
            on, life = row["funded"] + option.get("lead", 0), option.get("life")
            for year in YEARS:
                if year >= on and (life is None or year < on + life):
                    self.lines["fixed"][year] -= option.get("fixed_cost", 0.0)
            if life is not None and on < YEARS.stop:
                self.lines["residual"][YEARS.stop] += option["capex"] * max(0, on + life - YEARS.stop) / life


@pytest.mark.slow
def test_five_plants_are_worth_what_a_sheet_says() -> None:
    """Each is worth nothing less than nothing, and the product's books say the same to a millionth of what passes."""
    instance = optimizer.load(VARIANT, ["scenarios=[]"])
    plan = optimizer.solve(instance, gap=0.02, time_limit=90)
    assert plan.info["verdict"]["ok"], plan.info
    private = plan.portfolio.assign(private=plan.portfolio["capex"] - plan.portfolio["public_outlay"])
    largest = private.groupby("facility")["private"].sum().sort_values(ascending=False).head(PLANTS)
    assert len(largest) == PLANTS
    granted = 0
    for plant in map(str, largest.index):
        sheet = Sheet(plan, plant)
        books = plan.books[plan.books["facility"] == plant]
        passes = float(books["discounted"].abs().sum())
        assert sheet.worth == pytest.approx(float(books["discounted"].sum()), abs=1e-6 * passes), sheet.lines
        assert sheet.worth >= -1e-6 * passes, f"{plant} does not pay its way"
        granted += sum(sheet.lines["grants"].values()) > 0
        assert set(sheet.lines) >= {"sales", "activity", "fixed", "capex"}
    assert granted > 0, "no plant is paid anything, and the sheet says nothing of grants"
