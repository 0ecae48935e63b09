"""What the page on the reference instance says, taken from a plan and from the instance's tables."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer import Plan
from optimizer.instance.instance import Instance
from optimizer.instance.policy import Require
from optimizer.instance.records import Option
from optimizer.plan.columns import rows_of

TRUNK = "trunk"
BASE = "base"
TIERS = ("domestic", "ally", "exposed", "adversary")
HEAVIES = ("Dy", "Tb")
GRADES = ("A", "B", "C", "none")

STAGES = ("mining", "cracking", "separation", "metal", "alloy", "magnet", "recycling")

UNITS: dict[str, tuple[str, ...]] = {
    "mining": ("mine",),
    "light separation": ("light",),
    "heavy separation": ("heavy",),
    "metal": ("metal", "heavy_metal"),
    "alloy": ("alloy", "smco_alloy"),
    "magnets": ("magnet", "smco"),
    "recycling": ("recycle", "loop", "powder"),
}
"""Units of the reference instance by step of the chain. Cracking and the collecting of scrap are not drawn."""

STAGE_OF = {"light separation": "separation", "heavy separation": "separation", "magnets": "magnet"}
"""Stage of a step of the chain, where it has another name."""

COUNTED_IN = {
    "mining": "kt oxide",
    "light separation": "kt of feed",
    "heavy separation": "kt of feed",
}
"""What a step is counted in, where it is not kt of its product."""


@dataclass(frozen=True, slots=True)
class Funded:
    """An option that the plan funds.

    Attributes:
        facility: its id.
        option: its id there.
        name: the facility's name.
        stage: of the units that it adds, as metal for a magnet maker's metal line; of the facility if they are several.
        country: of the facility.
        funded: year.
        online: first year on line.
        ramp: shares of capacity from the first year on line; all of it afterwards.
        capex: USD.
        required: whether a rule requires the facility.
        confidence: of its row.
    """

    facility: str
    option: str
    name: str
    stage: str
    country: str
    funded: int
    online: int
    ramp: tuple[float, ...]
    capex: float
    required: bool
    confidence: str


def stage_of(option: Option, facility: str) -> str:
    """The stage of all units that an option adds; that of its facility where they are of several stages or of none."""
    step_of = {unit: step for step, units in UNITS.items() for unit in units}
    steps = {step_of.get(unit, "") for unit in option.capacity}
    stages = {STAGE_OF.get(step, step) for step in steps}
    return stages.pop() if len(stages) == 1 and "" not in stages else facility


class Facts:
    """A plan read for the page.

    Attributes:
        plan: the plan.
        instance: its instance.
        years: first years of the periods.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.instance: Instance = plan.instance
        self.years = [period.year for period in plan.instance.periods]

    def tier(self, facility: str, year: int) -> str:
        """Trust tier of a facility's country in a year."""
        country = self.instance.facilities[facility].country
        return str(self.instance.countries[country].raw(year, self.years[0]))

    def trunk(self, table: str) -> pd.DataFrame:
        """The undisrupted rows of a result table."""
        frame: pd.DataFrame = self.plan.tables[table]
        return frame[frame["scenario"] == TRUNK]

    @cached_property
    def chain(self) -> pd.DataFrame:
        """Capacity in t a year by step, year and tier, what stands and what the plan adds, before disruptions."""
        steps = {unit: step for step, units in UNITS.items() for unit in units}
        found: dict[tuple[str, int, str], list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
        for row in rows_of(self.trunk("capacity")):
            if row.unit in steps:
                sums = found[steps[row.unit], row.period, self.tier(row.facility, row.period)]
                sums[0] += row.existing
                sums[1] += row.funded
                sums[2] += row.used
        rows = [(*key, *sums) for key, sums in found.items()]
        return pd.DataFrame(rows, columns=["step", "year", "tier", "existing", "funded", "used"])

    def capacity(self, step: str, year: int, tiers: tuple[str, ...] = TIERS, column: str = "") -> float:
        """Capacity of a step in a year, t: existing, funded, used, or existing and funded together."""
        chain = self.chain
        part = chain[(chain["step"] == step) & (chain["year"] == year) & chain["tier"].isin(tiers)]
        return float(part[column].sum() if column else part["existing"].sum() + part["funded"].sum())

    @cached_property
    def portfolio(self) -> list[Funded]:
        """The funded options by stage, then year, then facility; those that a rule requires are marked."""
        options: dict[tuple[str, str], Option] = {
            (name, option.id): option for name, plant in self.instance.facilities.items() for option in plant.options
        }
        rules = [rule for rule in self.instance.policy.rules if isinstance(rule, Require)]
        required = {(rule.facility, rule.option) for rule in rules}
        found = []
        for row in rows_of(self.plan.tables["portfolio"]):
            option = options[row.facility, row.option]
            is_required = (row.facility, row.option) in required or (row.facility, None) in required
            found.append(
                Funded(
                    row.facility, row.option, self.instance.facilities[row.facility].name or row.facility,
                    stage_of(option, str(row.stage)), row.country, int(row.funded), int(row.online), option.ramp,
                    float(row.capex), is_required, option.confidence or "none",
                )
            )  # fmt: skip
        rank = {stage: number for number, stage in enumerate(STAGES)}
        return sorted(found, key=lambda f: (rank.get(f.stage, len(rank)), f.stage, f.funded, f.online, f.facility))

    def content(self, material: str) -> float:
        """Dysprosium and terbium in a tonne of a material, t."""
        return sum(self.instance.materials[material].content.get(element, 0.0) for element in HEAVIES)

    @cached_property
    def intensity(self) -> dict[str, float]:
        """Dy + Tb that the leanest recipe of each demanded product takes in, t per t."""
        wanted = {line.product for market in self.instance.markets.values() for line in market.demand}
        found: dict[str, float] = {}
        for recipe in self.instance.recipes.values():
            for product in wanted & set(recipe.outputs):
                if recipe.stage == "recycling":
                    continue
                takes = sum(amount * self.content(name) for name, amount in recipe.inputs.items())
                takes /= recipe.outputs[product]
                found[product] = min(takes, found.get(product, takes))
        return found

    @cached_property
    def heavies(self) -> pd.DataFrame:
        """Dysprosium and terbium outside adversary countries by year, t of element, before disruptions.

        Columns: `feed` what the mines on line hold when they run full; `mined` what they bring up; `rich` and
        `rich_mined` the mines of heavies among them, t of oxide; `separation` what the heavy units could take at the
        mean content of the concentrate they run on; `separated`; `use` and `rich_use` the shares of heavy units and of
        mines of heavies in use; `demand` what all demand takes by the leanest recipe; `programmes` the part of markets
        with a trusted channel.
        """
        carried = {
            name: self.content(next(iter(r.outputs))) for name, r in self.instance.recipes.items() if r.unit == "mine"
        }
        rows = {year: dict.fromkeys(HEAVY_COLUMNS, 0.0) for year in self.years}
        rich: dict[str, float] = {}
        for name, plant in self.instance.facilities.items():
            rich[name] = max((carried.get(recipe, 0.0) for recipe in plant.recipes), default=0.0)
        for row in rows_of(self.trunk("capacity")):
            if self.tier(row.facility, row.period) == "adversary":
                continue
            at = rows[row.period]
            if row.unit == "mine":
                at["feed"] += row.capacity * rich[row.facility]
                at["mined"] += row.used * rich[row.facility]
                if rich[row.facility] >= RICH:
                    at["rich"] += row.capacity
                    at["rich_mined"] += row.used
            elif row.unit == "heavy":
                at["heavy_units"] += row.capacity
                at["heavy_used"] += row.used
        for row in rows_of(self.trunk("runs")):
            recipe = self.instance.recipes[row.recipe]
            if recipe.unit == "heavy" and self.tier(row.facility, row.period) != "adversary":
                rows[row.period]["separated"] += row.run * sum(
                    amount * self.content(name) for name, amount in recipe.inputs.items()
                )
        loosest = list(self.instance.channels)[-1]
        for row in rows_of(self.trunk("demand")):
            takes = row.demand * self.intensity.get(row.product, 0.0)
            rows[row.period]["demand"] += takes
            if self.instance.markets[row.market].channel != loosest:
                rows[row.period]["programmes"] += takes
        frame = pd.DataFrame.from_dict(rows, orient="index")
        used = frame["heavy_used"].sum()
        mean = frame["separated"].sum() / used if used else 0.0
        frame["separation"] = frame["heavy_units"] * mean
        frame["use"] = frame["heavy_used"] / frame["heavy_units"].where(frame["heavy_units"] > 0)
        frame["rich_use"] = frame["rich_mined"] / frame["rich"].where(frame["rich"] > 0)
        frame["feed_use"] = frame["mined"] / frame["feed"].where(frame["feed"] > 0)
        return frame.fillna(0.0)

    def in_use(self, unit: str) -> list[float | None]:
        """Share of a kind of unit outside adversary countries that is in use, by year, before disruptions."""
        sums = {year: [0.0, 0.0] for year in self.years}
        for row in rows_of(self.trunk("capacity")):
            if row.unit == unit and self.tier(row.facility, row.period) != "adversary":
                sums[row.period][0] += row.used
                sums[row.period][1] += row.capacity
        return [used / size if size > 0 else None for used, size in sums.values()]

    @cached_property
    def futures(self) -> list[str]:
        """The base future, then the others as listed."""
        return [str(name) for name in self.plan.tables["scenarios"]["scenario"]]

    def course(self, future: str) -> pd.DataFrame:
        """Demand and shortage over the horizon of a future: the trunk outside its window, the branch within."""
        demand = self.plan.tables["demand"]
        trunk = demand[demand["scenario"] == TRUNK]
        if future == BASE:
            return trunk
        branch = demand[demand["scenario"] == future]
        return pd.concat([trunk[~trunk["period"].isin(set(branch["period"]))], branch])

    @cached_property
    def shortages(self) -> pd.DataFrame:
        """Short in t and as a share of demand over the horizon: future, channel, product (`all` for a channel)."""
        channels = {name: market.channel for name, market in self.instance.markets.items()}
        rows = []
        for future in self.futures:
            course = self.course(future)
            course = course.assign(channel=[channels[name] for name in course["market"]])
            for channel, part in course.groupby("channel"):
                sums = part.groupby("product")[["demand", "short"]].sum()
                for product, (demand, short) in sums.iterrows():
                    rows.append((future, channel, product, demand, short))
                rows.append((future, channel, "all", part["demand"].sum(), part["short"].sum()))
        frame = pd.DataFrame(rows, columns=["future", "channel", "product", "demand", "short"])
        frame["share"] = frame["short"] / frame["demand"].where(frame["demand"] > 0)
        return frame.fillna(0.0)

    def short(self, future: str, channel: str, product: str = "all", column: str = "short") -> float:
        """Shortage of a future in a channel."""
        s = self.shortages
        part = s[(s["future"] == future) & (s["channel"] == channel) & (s["product"] == product)]
        return float(part[column].sum())

    def short_by_year(self, loosest: bool) -> dict[str, dict[int, tuple[float, float]]]:
        """Undisrupted demand and shortage in t, by product and year.

        Args:
            loosest: of the markets with the loosest channel, or of the others.
        """
        last = list(self.instance.channels)[-1]
        found: dict[str, dict[int, tuple[float, float]]] = {}
        for row in rows_of(self.trunk("demand")):
            if (self.instance.markets[row.market].channel == last) == loosest:
                years = found.setdefault(str(row.product), dict.fromkeys(self.years, (0.0, 0.0)))
                demand, short = years[row.period]
                years[row.period] = (demand + float(row.demand), short + float(row.short))
        return found

    @cached_property
    def reserve(self) -> pd.DataFrame:
        """Public reserves by year, trunk: target, held and short (t), and purchase, holding and grants (USD)."""
        rows = {year: dict.fromkeys(("target", "counted", "short", "held", "purchase", "holding", "grants"), 0.0)
                for year in self.years}  # fmt: skip
        for row in rows_of(self.plan.tables["targets"]):
            at = rows[row.period]
            at["target"] += row.level
            at["short"] += row.short
            at["counted"] += row.level - row.short
        public = {name for name, pile in self.instance.stockpiles.items() if pile.public}
        for row in rows_of(self.trunk("stock")):
            if row.stockpile in public:
                rows[row.period]["held"] += row.closing
        for row in rows_of(self.plan.tables["outlay"]):
            if row.year in rows:
                rows[row.year][row.instrument if row.account == "stockpile" else "grants"] += row.usd
        return pd.DataFrame.from_dict(rows, orient="index")

    @property
    def budget(self) -> float | None:
        """The yearly budget in USD, if there is one."""
        annual = self.instance.policy.budget.annual if self.instance.policy.budget else None
        return None if annual is None else annual.at(self.years[0], self.years[0])

    def makers(self, channel: str) -> dict[str, dict[str, float]]:
        """Who makes what is wanted in a channel before disruptions: t over the horizon by product and facility."""
        wanted = {line.product for market in self.instance.markets.values() for line in market.demand}
        found: dict[str, dict[str, float]] = {}
        for row in rows_of(self.trunk("runs")):
            for product, per in self.instance.recipes[row.recipe].outputs.items():
                if row.channel == channel and product in wanted:
                    plants = found.setdefault(product, {})
                    plants[row.facility] = plants.get(row.facility, 0.0) + per * row.run
        return found

    @property
    def confidence(self) -> list[dict[str, Any]]:
        """What the plan rests on, as plan.json has it."""
        return list(self.plan.info.get("confidence", []))

    def rests(self, of: str, grade: str = "C") -> float:
        """Share of a subject that rests on rows of a confidence."""
        return next((float(row[grade]) for row in self.confidence if row["of"] == of), 0.0)


RICH = 0.02
"""From this content of Dy + Tb in its concentrate on a mine counts as one of heavies: clays and xenotime."""

HEAVY_COLUMNS = (
    "feed",
    "mined",
    "rich",
    "rich_mined",
    "heavy_units",
    "heavy_used",
    "separated",
    "demand",
    "programmes",
)


def table(folder: Path, name: str) -> list[dict[str, str]]:
    """A table of the instance as committed; empty where it has none of that name."""
    file = folder / f"{name}.csv"
    if not file.is_file():
        return []
    with file.open(encoding="utf-8", newline="") as text:
        return [{key: cell or "" for key, cell in row.items()} for row in csv.DictReader(text)]


def table_facts(folder: Path) -> dict[str, Any]:
    """What the page says of the instance's own tables."""
    confidence = table(folder, "confidence")
    grades = {grade: sum(int(row[grade]) for row in confidence) for grade in GRADES}
    coverage = table(folder, "coverage")
    totals = table(folder / "sources", "published_totals")
    record = Counter(
        row["outcome"] for row in table(folder / "sources", "project_record") if row["class"] == "first_of_kind_plant"
    )
    return {
        "facilities": len(table(folder, "facilities")),
        "options": len(table(folder, "options")),
        "claims": len(table(folder, "claims")),
        "grades": grades,
        "rows": sum(grades.values()),
        "by_table": confidence,
        "collected": sum(int(row["rows"]) for row in coverage),
        "used": sum(int(row["used"]) for row in coverage),
        "outliers": sum(1 for row in table(folder, "capex_intensity") if row["outlier"]),
        "priced": len(table(folder, "capex_intensity")),
        "totals": len(totals),
        "missed": [row for row in totals if row["miss"]],
        "first_of_kind": record,
        "plug": plug(folder),
    }


def plug(folder: Path) -> dict[str, float]:
    """The unattributed part of programme demand for NdFeB in 2027, t, as its note in the sources gives it."""
    found = {row["row_id"]: row for row in table(folder / "sources", "demand_mdap")}
    gap, total = found.get("cots_gap", {}), found.get("sum_top_down", {})
    return {name: float(row.get("ndfeb_t_fy2027") or 0.0) for name, row in (("gap", gap), ("total", total))}
