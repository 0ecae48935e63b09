"""The figures of the page on the reference instance: one function each, one set of colours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import matplotlib as mpl
import numpy as np
from facts import BASE, COUNTED_IN, GRADES, STAGES, TIERS, UNITS, Facts, Funded
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from optimizer.plan.columns import rows_of

COLOURS = {
    "domestic": "#0072B2",
    "ally": "#56B4E9",
    "exposed": "#E69F00",
    "adversary": "#999999",
    "feed": "#009E73",
    "separation": "#CC79A7",
    "demand": "#000000",
    "short": "#D55E00",
    "committed": "#0072B2",
    "chosen": "#E69F00",
}
"""Okabe and Ito's palette, told apart by colour-blind readers and, with the hatches, in print."""

HATCHES = {"domestic": "", "ally": "//", "exposed": "..", "adversary": "xx"}
GRADE_COLOURS = {"A": "#0072B2", "B": "#56B4E9", "C": "#E69F00", "none": "#DDDDDD"}
GRADE_HATCHES = {"A": "", "B": "//", "C": "..", "none": ""}

STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "reference",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"],
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "hatch.linewidth": 0.5,
    "legend.frameon": False,
    "figure.facecolor": "white",
}


def grid(axes: Axes, way: Literal["x", "y", "both"]) -> None:
    """Light lines behind the bars."""
    axes.grid(axis=way, color="#DDDDDD", linewidth=0.6)
    axes.set_axisbelow(True)


def three(years: list[int]) -> list[int]:
    """The first year, the middle one and the last, each once."""
    return sorted({years[0], years[len(years) * 4 // 10], years[-1]})


def chain(facts: Facts) -> Figure:
    """Capacity by step and tier: what stands in the first year, then what is on line with the plan."""
    years = three(facts.years)
    steps = [step for step in UNITS if facts.capacity(step, years[-1]) > 0]
    figure = Figure(figsize=(7.6, max(1.2 * len(steps) + 0.9, 2.6)), layout="constrained")
    for number, step in enumerate(steps):
        axes = figure.add_subplot(len(steps), 1, number + 1)
        labels = []
        for line, year in enumerate(years):
            left = 0.0
            for tier in TIERS:
                for column in ("existing", "funded"):
                    if line == 0 and column == "funded":
                        continue
                    size = facts.capacity(step, year, (tier,), column) / 1000
                    if size <= 0:
                        continue
                    edge = "black" if column == "funded" else "white"
                    axes.barh(line, size, left=left, height=0.7, color=COLOURS[tier], hatch=HATCHES[tier],
                              edgecolor=edge, linewidth=1.3 if column == "funded" else 0.4,
                              zorder=3 if column == "funded" else 2)  # fmt: skip
                    left += size
            labels.append(f"{year} stands" if line == 0 else f"{year} plan")
        axes.set_yticks(range(len(labels)), labels)
        axes.invert_yaxis()
        axes.set_title(f"{step}, {COUNTED_IN.get(step, 'kt of product')} a year", loc="left", pad=3)
        axes.xaxis.set_major_locator(MaxNLocator(6))
        grid(axes, "x")
    tiers = [Patch(facecolor=COLOURS[tier], hatch=HATCHES[tier], edgecolor="white", label=tier) for tier in TIERS]
    added = Patch(facecolor="white", edgecolor="black", linewidth=1.3, label="added by the plan (outlined)")
    figure.legend(handles=[*tiers, added], loc="outside lower center", ncols=5, handlelength=2.2)
    return figure


def heavies(facts: Facts) -> Figure:
    """Dysprosium and terbium outside adversary countries: in feed, in heavy separation, in demand."""
    data = facts.heavies
    years = np.array(facts.years, dtype=float)
    figure = Figure(figsize=(7.6, 5.6), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[2, 1])
    width = 0.27
    upper.bar(years - width, data["separation"], width, color=COLOURS["separation"],
              label="heavy units on line could take")  # fmt: skip
    upper.bar(years, data["feed"], width, color=COLOURS["feed"], hatch="//", edgecolor="white",
              label="mines on line could give")  # fmt: skip
    upper.bar(years + width, data["separated"], width, color=COLOURS["ally"], hatch="..", edgecolor="white",
              label="separated in the plan")  # fmt: skip
    upper.plot(years, data["demand"], color=COLOURS["demand"], marker="o", markersize=3.5, linewidth=1.3,
               label="all demand of the markets here, leanest recipe")  # fmt: skip
    upper.set_ylabel("t of Dy + Tb a year")
    upper.set_ylim(bottom=0)
    upper.legend(loc="upper left", fontsize=8)
    grid(upper, "y")
    for column, name, colour, mark in (
        ("use", "heavy units", COLOURS["separation"], "s"),
        ("rich_use", "mines of heavies (clay, xenotime)", COLOURS["feed"], "^"),
    ):
        lower.plot(years, 100 * data[column], color=colour, marker=mark, markersize=4, linewidth=1.3, label=name)
    lower.set_ylim(0, 105)
    lower.set_ylabel("in use, percent")
    lower.legend(loc="lower right", ncols=2, fontsize=8)
    lower.set_xticks(facts.years)
    grid(lower, "y")
    return figure


def label_of(funded: Funded) -> str:
    """A short name of an option: plant, option, country."""
    name = funded.name.split(" (")[0]
    name = name if len(name) <= 34 else name[:33].rstrip() + "…"
    return f"{name}: {funded.option.replace('_', ' ')}, {funded.country}"


def timeline(facts: Facts) -> Figure:
    """When each option is funded, built and ramped, by stage."""
    rows = facts.portfolio
    last = facts.years[-1] + 1
    stages = [stage for stage in dict.fromkeys((*STAGES, *(row.stage for row in rows))) if any(
        row.stage == stage for row in rows)]  # fmt: skip
    figure = Figure(figsize=(7.6, max(0.19 * (len(rows) + 1.4 * len(stages)) + 1.1, 2.6)), layout="constrained")
    axes = figure.add_subplot()
    place, places, names = 0.0, [], []
    for stage in stages:
        axes.text(facts.years[0] - 0.02, place, stage.upper(), va="center", fontsize=7.5, fontweight="bold")
        place += 1
        for row in (row for row in rows if row.stage == stage):
            colour = COLOURS["committed"] if row.required else COLOURS["chosen"]
            if row.online > row.funded:
                axes.barh(place, min(row.online, last) - row.funded, left=row.funded, height=0.66, facecolor="white",
                          edgecolor=colour, linewidth=1.1, hatch="////")  # fmt: skip
            for year in range(row.online, last):
                share = row.ramp[year - row.online] if year - row.online < len(row.ramp) else 1.0
                axes.barh(place, 1, left=year, height=0.66, color=colour, alpha=0.12 + 0.88 * share**2, linewidth=0)
            places.append(place)
            names.append(label_of(row))
            place += 1
        place += 0.4
    axes.set_yticks(places, names, fontsize=7)
    axes.set_ylim(place - 0.4, -0.8)
    axes.set_xlim(facts.years[0] - 0.05, last)
    axes.set_xticks([year + 0.5 for year in facts.years], [str(year) for year in facts.years])
    axes.tick_params(axis="x", top=True, labeltop=True, length=0)
    axes.tick_params(axis="y", length=0)
    for year in facts.years:
        axes.axvline(year, color="#EEEEEE", linewidth=0.6, zorder=0)
    figure.legend(
        handles=[
            Patch(facecolor=COLOURS["committed"], label="committed: a rule requires it"),
            Patch(facecolor=COLOURS["chosen"], label="chosen by this plan"),
            Patch(facecolor="white", edgecolor="black", hatch="////", label="funded, not on line"),
            Patch(facecolor="#777777", alpha=0.35, label="ramp (paler: less)"),
        ],
        loc="outside lower center",
        ncols=4,
        fontsize=7.5,
    )
    return figure


def service(facts: Facts) -> Figure:
    """Share of demand that is short over the horizon, by future and by channel and product."""
    channels = [name for name in facts.instance.channels if (facts.shortages["channel"] == name).any()]
    columns = [(channel, "all") for channel in channels]
    loosest = channels[-1]
    products = sorted(set(facts.shortages[facts.shortages["channel"] == loosest]["product"]) - {"all"}, key=grade_order)
    columns += [(loosest, product) for product in products]
    shares = np.array([[100 * facts.short(future, c, p, "share") for c, p in columns] for future in facts.futures])
    figure = Figure(figsize=(7.6, max(0.34 * len(facts.futures) + 1.5, 3.0)), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=max(float(shares.max()), 1.0), aspect="auto")
    for (line, column), share in np.ndenumerate(shares):
        dark = share > 0.6 * max(float(shares.max()), 1.0)
        text = "0" if share < 0.005 else f"{share:.1f}" if share >= 0.05 else "<0.1"
        axes.text(column, line, text, ha="center", va="center", fontsize=8, color="white" if dark else "black")
    names = [f"{c},\nall" if p == "all" else short_name(p) for c, p in columns]
    axes.set_xticks(range(len(columns)), names, fontsize=7.5)
    axes.xaxis.tick_top()
    axes.set_yticks(range(len(facts.futures)), [future_name(facts, future) for future in facts.futures])
    axes.axvline(len(channels) - 0.5, color="white", linewidth=5)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    figure.colorbar(image, ax=axes, label="short, percent of demand over the horizon", shrink=0.9, pad=0.02)
    return figure


def grade_order(product: str) -> int:
    """Grades from cool to hot, then the rest."""
    order = ("magnet_n", "magnet_h", "magnet_sh", "magnet_uh", "magnet_eh", "smco")
    return order.index(product) if product in order else len(order)


def short_name(product: str) -> str:
    """A grade as people write it."""
    return "SmCo" if product == "smco" else product.removeprefix("magnet_").upper()


def future_name(facts: Facts, future: str) -> str:
    """A future with its probability and years."""
    row = next(row for row in rows_of(facts.plan.tables["scenarios"]) if row.scenario == future)
    name = "no disruption" if future == BASE else future.replace("_", " ")
    years = "" if future == BASE else f", from {int(row.onset)}"
    return f"{name} ({100 * float(row.probability):.1f} %{years})"


def reserve(facts: Facts) -> Figure:
    """Tonnes of the public reserve against its target, and its cost against the budget."""
    data = facts.reserve
    years = np.array(facts.years, dtype=float)
    figure = Figure(figsize=(7.6, 6.2), layout="constrained")
    stock, cost, scale = figure.subplots(3, 1, height_ratios=[2, 2, 0.75])
    stock.bar(years, data["counted"] / 1000, 0.6, color=COLOURS["domestic"], label="held towards the target")
    lacks = data[data["short"] > 0]
    stock.bar(lacks.index, lacks["short"] / 1000, 0.6, bottom=lacks["counted"] / 1000, color="white", hatch="////",
              edgecolor=COLOURS["short"], label="short of the target")  # fmt: skip
    stock.plot(years, data["held"] / 1000, color="black", marker="o", markersize=3.5, linewidth=1,
               label="held in all")  # fmt: skip
    stock.set_ylabel("kt")
    stock.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, fontsize=8)
    cost.bar(years, data["purchase"] / 1e6, 0.6, color=COLOURS["domestic"], label="purchases")
    cost.bar(years, data["holding"] / 1e6, 0.6, bottom=data["purchase"] / 1e6, color=COLOURS["exposed"], hatch="..",
             edgecolor="white", label="holding")  # fmt: skip
    cost.set_ylabel("M USD a year")
    cost.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, fontsize=8)
    for axes in (stock, cost):
        axes.set_xticks(facts.years)
        axes.set_ylim(bottom=0)
        grid(axes, "y")
    on_scale(facts, scale)
    return figure


def on_scale(facts: Facts, axes: Axes) -> None:
    """The dearest year of the reserve and of public outlay on the scale of the budget."""
    data = facts.reserve
    piles = (data["purchase"] + data["holding"]) / 1e9
    public = piles + data["grants"] / 1e9
    top = (facts.budget / 1e9 if facts.budget else float(public.max())) or 1.0
    for line, (name, series) in enumerate((("reserve", piles), ("reserve and grants", public))):
        axes.barh(line, series.max(), height=0.6, color=COLOURS["domestic" if line == 0 else "ally"])
        text = f"{series.max():.2f} bn USD in {series.idxmax()}"
        axes.text(series.max() + 0.01 * top, line, text, va="center", fontsize=8)
        axes.text(-0.01 * top, line, name, va="center", ha="right", fontsize=8)
    axes.set_xlim(0, top * 1.02)
    axes.axvline(top, color="black", linewidth=1.5)
    axes.set_yticks([])
    axes.set_ylim(1.6, -0.6)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("dearest year, bn USD; the line at the right is the yearly budget")


def confidence(facts: Facts) -> Figure:
    """What the plan rests on, by the confidence of the rows behind it."""
    rows = facts.confidence
    figure = Figure(figsize=(7.6, max(0.27 * len(rows) + 1.1, 2.6)), layout="constrained")
    axes = figure.add_subplot()
    for line, row in enumerate(rows):
        left = 0.0
        for grade in GRADES:
            share = 100 * float(row[grade])
            axes.barh(line, share, left=left, height=0.72, color=GRADE_COLOURS[grade], hatch=GRADE_HATCHES[grade],
                      edgecolor="white", linewidth=0.4)  # fmt: skip
            left += share
    axes.set_yticks(range(len(rows)), [amount(row) for row in rows])
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{share:.0f} %"))
    grid(axes, "x")
    shown = [grade for grade in GRADES if any(float(row[grade]) > 0 for row in rows)]
    names = {"A": "A filed or official", "B": "B press or public study", "C": "C own estimate", "none": "not stated"}
    figure.legend(
        handles=[
            Patch(facecolor=GRADE_COLOURS[grade], hatch=GRADE_HATCHES[grade], edgecolor="white", label=names[grade])
            for grade in shown
        ],
        loc="outside lower center",
        ncols=4,
    )  # fmt: skip
    return figure


def amount(row: dict[str, object]) -> str:
    """A subject of the confidence table with its total."""
    total, unit = float(str(row["total"])), str(row["unit"])
    return f"{row['of']} ({total / 1e9:,.1f} bn USD)" if unit == "USD" else f"{row['of']} ({total / 1000:,.0f} k{unit})"


FIGURES: dict[str, Callable[[Facts], Figure]] = {
    "chain": chain,
    "heavies": heavies,
    "timeline": timeline,
    "service": service,
    "reserve": reserve,
    "confidence": confidence,
}
"""The figures by the name of their file."""


def draw(facts: Facts, folder: Path, kind: str = "svg") -> list[Path]:
    """Write the figures; two runs on one plan write the same bytes.

    Args:
        facts: the plan.
        folder: where to.
        kind: `svg`, or `png` to look at them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    with mpl.rc_context(STYLE):
        for name, function in FIGURES.items():
            file = folder / f"reference-{name}.{kind}"
            metadata = {"Date": None} if kind == "svg" else None
            function(facts).savefig(file, format=kind, dpi=110, metadata=metadata)
            files.append(file)
    return files
