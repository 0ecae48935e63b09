"""The answer in a screen."""

from __future__ import annotations

from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from optimizer.cli.output import err, out, tonnes, usd
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan

SHORT_ROWS = 12
VIOLATIONS = 5
MISSING = 15


def print_answer(plan: Plan, console: Console = out) -> None:
    """What is funded and when, what is short, what it costs, what binds, and whether it holds."""
    info = plan.info
    gap = "" if plan.gap is None else f", gap {plan.gap:.3%} = {usd(info['gap_usd'])}"
    console.print(f"{plan.instance.name}: {plan.status} ({info['why']})", style="bold", markup=False)
    measure = str(info["risk"]["measure"]).replace("_", " ")
    console.print(f"{measure} cost {usd(plan.objective)}{gap}", markup=False)
    _levels(info.get("levels", []), console)
    _portfolio(plan.portfolio, console)
    _reactions(plan.reactions, console)
    _shortfall(plan, console)
    _costs(info["cost"], console)
    _rests(info["confidence"], console)
    _rules(info["rules"], console)
    _verdict(info["verdict"], console)


class _Whole(Table):
    """A table that breaks between words only: it grows wider than its line rather than break a key or a name."""

    def add_row(self, *cells: Any, **options: Any) -> None:
        """Add a row of words."""
        super().add_row(*cells, **options)
        for column, cell in zip(self.columns, cells, strict=False):
            column.min_width = max(column.min_width or 0, *map(len, str(cell).split(" ")))


def headed(title: str, *columns: str, right: tuple[str, ...] = ()) -> Table:
    """An empty table with a title and columns; those in `right` hold numbers. Only a terminal has an end of line."""
    kind = Table if out.is_terminal else _Whole
    table = kind(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table


def _portfolio(portfolio: pd.DataFrame, console: Console) -> None:
    if portfolio.empty:
        console.print("\nNothing is funded.")
        return
    heads = ("facility", "option", "stage", "country", "funded", "on line", "t/yr", "capex")
    table = headed("\nFunded", *heads, right=("funded", "on line", "t/yr", "capex"))
    for row in rows_of(portfolio.sort_values(["funded", "stage", "facility"])):
        words = (row.facility, row.option, row.stage, row.country, str(row.funded), str(row.online))
        table.add_row(*words, tonnes(row.capacity), usd(row.capex))
    console.print(table)
    total, public = portfolio["capex"].sum(), portfolio["public_outlay"].sum()
    console.print(f"{len(portfolio)} options, capex {usd(total)}, of it public {usd(public)}", markup=False)


def _levels(levels: list[dict[str, Any]], console: Console) -> None:
    """Where service comes before cost: how short each channel is, and how short any plan must leave it."""
    served = [level for level in levels if level["channel"]]
    if not served:
        return
    heads = ("channel", "t short", "of t demand", "no plan less than", "allowed", "")
    table = headed("\nService first: expected tonnes short, shortage without a price", *heads, right=heads[1:5])
    for level in served:
        ended = "" if level["status"] == "optimal" else f"{level['status']}: {level['why']}"
        numbers = (level["value"], level["demand"], level["bound"], level["cap"])
        table.add_row(level["channel"], *("" if n is None else tonnes(n) for n in numbers), ended)
    console.print(table)


def _reactions(reactions: pd.DataFrame, console: Console) -> None:
    if reactions.empty:
        return
    heads = ("future", "facility", "option", "funded", "on line", "t/yr", "capex")
    table = headed("\nFunded in branches, once a disruption has struck", *heads, right=heads[3:])
    for row in rows_of(reactions.head(SHORT_ROWS)):
        words = (row.scenario, row.facility, row.option, str(row.funded), str(row.online))
        table.add_row(*words, tonnes(row.capacity), usd(row.capex))
    console.print(table)
    if len(reactions) > SHORT_ROWS:
        console.print(f"... and {len(reactions) - SHORT_ROWS} more rows in reactions.csv")


def _shortfall(plan: Plan, console: Console) -> None:
    demand = plan.demand
    short = demand[demand["short"] > 1e-6]
    missed = plan.targets[plan.targets["short"] > 1e-6]
    if short.empty and missed.empty:
        console.print("\nNothing is short, in any future; every target is reached.")
        return
    if not short.empty:
        channel = {name: market.channel for name, market in plan.instance.markets.items()}
        worst = short.assign(channel=short["market"].map(channel))
        keys = ["channel", "product", "period", "scenario"]
        worst = pd.DataFrame(worst.groupby(keys, as_index=False)["short"].sum())
        asked = demand.assign(channel=demand["market"].map(channel))
        asked = pd.DataFrame(asked.groupby(keys, as_index=False)["demand"].sum())
        worst = worst.merge(asked, on=keys)
        order = {name: rank for rank, name in enumerate(plan.instance.channels)}
        worst = worst.sort_values(["channel", "short"], key=lambda s: s.map(order) if s.name == "channel" else -s)
        table = headed("\nShort", "channel", "product", "year", "future", "t", "of t", right=("year", "t", "of t"))
        for row in rows_of(worst.head(SHORT_ROWS)):
            cells = (row.channel, row.product, str(row.period), row.scenario, tonnes(row.short), tonnes(row.demand))
            table.add_row(*cells)
        console.print(table)
        if len(worst) > SHORT_ROWS:
            console.print(f"... and {len(worst) - SHORT_ROWS} more rows in demand.csv")
    if not missed.empty:
        table = headed("\nTargets missed", "stockpile", "material", "year", "t", "of t", right=("year", "t", "of t"))
        for row in rows_of(missed.sort_values("short", ascending=False).head(SHORT_ROWS)):
            table.add_row(row.stockpile, row.material, str(row.period), tonnes(row.short), tonnes(row.level))
        console.print(table)


def _costs(parts: dict[str, float], console: Console) -> None:
    table = headed("\nExpected cost, discounted", "category", "USD", right=("USD",))
    for category, value in sorted(parts.items(), key=lambda item: -abs(item[1])):
        table.add_row(category.replace("_", " "), usd(value))
    console.print(table)


def _rests(rows: list[dict[str, Any]], console: Console) -> None:
    """What share of the answer rests on estimates, in one line."""
    weak = {row["of"]: row["C"] + row["none"] for row in rows}
    named = [f"{weak[of]:.0%} of {of}" for of in ("capex", "activity", "demand", "short") if of in weak]
    stages = {of.removeprefix("capacity: "): share for of, share in weak.items() if of.startswith("capacity: ")}
    named += [f"{share:.0%} of {stage} capacity" for stage, share in stages.items()]
    if named:
        console.print("\nRests on estimates (confidence C or none stated)", style="bold")
        console.print("  " + ", ".join(named), markup=False)


def _rules(rules: list[dict[str, object]], console: Console) -> None:
    priced = [rule for rule in rules if rule["status"] == "binding" and "saved_by_1_percent_usd" in rule]
    priced.sort(key=lambda rule: -float(str(rule["saved_by_1_percent_usd"])))
    counts = {word: sum(rule["status"] == word for rule in rules) for word in ("binding", "slack", "inactive")}
    if rules:
        words = ", ".join(f"{number} {word}" for word, number in counts.items())
        console.print(f"\nRules, targets and budget: {words}", style="bold", markup=False)
    for rule in priced[:3]:
        saved = usd(float(str(rule["saved_by_1_percent_usd"])))
        text = f"  binds hardest: {rule['label']}: 1 % less of it saves {saved} (fundings as they are)"
        console.print(text, markup=False)
    for rule in rules:
        if rule["status"] == "inactive":
            console.print(f"  inactive: {rule['label']}: {rule['reason']}", style="dim", markup=False)


def _verdict(verdict: dict[str, object], console: Console) -> None:
    console.print()
    console.print(str(verdict["summary"]), style="green" if verdict["ok"] else "bold red", markup=False)
    violations = verdict.get("violations")
    if isinstance(violations, list):
        for violation in violations[:VIOLATIONS]:
            console.print(f"  {violation['text'] if isinstance(violation, dict) else violation}", markup=False)


def print_no_plan(plan: Plan, console: Console = err) -> None:
    """Why there is no plan."""
    console.print(f"{plan.instance.name}: {plan.status} ({plan.info['why']})", style="bold red", markup=False)
    missing = plan.info.get("shortfall", [])
    for item in missing[:MISSING]:
        console.print(f"  {item['text']}", markup=False)
    if len(missing) > MISSING:
        console.print(f"  ... and {len(missing) - MISSING} more (--json lists all)")
    if plan.status == "infeasible":
        console.print("optimizer explain says which requirements conflict, and what would restore a plan", markup=False)
