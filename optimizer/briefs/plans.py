"""What a plan says."""

from __future__ import annotations

from typing import Any

import pandas as pd

from optimizer.briefs.brief import Brief, headed
from optimizer.briefs.words import tonnes, usd
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan

SHORT_ROWS = 12
VIOLATIONS = 5
MISSING = 15
SIZE = "t/yr, all units"
"""A plant of several stages counts each: its metal, alloy and magnets together."""


def say(out: Brief, plan: Plan) -> None:
    """What is funded and when, what is short, what it costs, what binds, and whether it holds."""
    info = plan.info
    gap = "" if plan.gap is None else f", gap {plan.gap:.3%} = {usd(info['gap_usd'])}"
    out.print(f"{plan.instance.name}: {plan.status} ({info['why']})", style="bold")
    measure = str(info["risk"]["measure"]).replace("_", " ")
    out.print(f"{measure} cost {usd(plan.objective)}{gap}")
    if weighed := info["cost"].get("preference"):
        rest = usd(sum(info["cost"].values()) - weighed)
        out.print(
            f"of the expected cost {usd(weighed)} is preference, bids weighed dearer, and no money; the rest {rest}"
        )
    _levels(info.get("levels", []), out)
    _portfolio(plan, out)
    _finance(plan, out)
    _reactions(plan.reactions, out)
    _shortfall(plan, out)
    _costs(info["cost"], out)
    _rests(info["confidence"], out)
    _rules(info["rules"], out)
    _verdict(info["verdict"], out)


def _portfolio(plan: Plan, out: Brief) -> None:
    portfolio = plan.portfolio
    if portfolio.empty:
        out.print("\nNothing is funded.")
        return
    names = {name: one.name for name, one in plan.instance.facilities.items() if one.name}
    named = ("name",) if out.rows and names else ()  # a screen has no room for them
    heads = (*named, "facility", "option", "stage", "country", "funded", "on line", SIZE, "capex")
    table = headed("\nFunded", *heads, right=("funded", "on line", SIZE, "capex"))
    for row in rows_of(portfolio.sort_values(["funded", "stage", "facility"])):
        words = (row.facility, row.option, row.stage, row.country, str(row.funded), str(row.online))
        first = (names.get(row.facility, row.facility),) if named else ()
        table.add_row(*first, *words, tonnes(row.capacity), usd(row.capex))
    out.print(table)
    total, public = portfolio["capex"].sum(), portfolio["public_outlay"].sum()
    counted = "1 option" if len(portfolio) == 1 else f"{len(portfolio)} options"
    out.print(f"{counted}, capex {usd(total)}, of it public {usd(public)}")


def _finance(plan: Plan, out: Brief) -> None:
    """What instruments pay, and what is left in the books of what is funded."""
    finance = plan.instance.finance
    if finance is None:
        return
    kinds = {one.id: one.kind for one in finance.instruments}
    outlay = plan.outlay[plan.outlay["instrument"].isin(list(kinds)) & (plan.outlay["account"] != "capex")]
    if finance.instruments:
        table = headed("\nInstruments pay, undiscounted", "instrument", "kind", "recipients", "USD", right=("USD",))
        paid = plan.books[plan.books["item"] == "instrument"]
        for name, kind in kinds.items():
            total = float(outlay.loc[outlay["instrument"] == name, "usd"].sum())
            funded = paid.loc[paid["instrument"] == name, "facility"].nunique()
            chosen = int((plan.recipients["instrument"] == name).sum())
            bought = plan.purchases[plan.purchases["instrument"] == name]
            words = f"{chosen} chosen" if chosen else f"{funded} of what is funded" if funded else ""
            if not bought.empty:
                count = bought["facility"].nunique()
                words = f"{tonnes(bought['tonnes'].sum())} t of {count} facilit{'y' if count == 1 else 'ies'}"
            table.add_row(name, kind.replace("_", " "), words, usd(total))
        out.print(table)
        _owed(plan, out)
        _stakes(plan, out)
    if finance.viability and not plan.books.empty:
        books = plan.books.assign(of=plan.books["item"].eq("instrument"))
        left = books.groupby("facility")["discounted"].sum()
        paid_to = books[books["of"]].groupby("facility")["discounted"].sum().reindex(left.index, fill_value=0.0)
        heads = ("facility", "instruments pay", "left without them", "left")
        title = f"\nPays its way at {finance.hurdle_rate:.1%}, USD at that rate"
        table = headed(title, *heads, right=heads[1:])
        for name in paid_to.sort_values(ascending=False, kind="stable").index[: out.most(SHORT_ROWS)]:
            table.add_row(str(name), usd(paid_to[name]), usd(left[name] - paid_to[name]), usd(max(0.0, left[name])))
        out.print(table)
        if len(left) > out.most(SHORT_ROWS):
            out.print(f"... and {len(left) - out.most(SHORT_ROWS)} more in books.csv")


def _owed(plan: Plan, out: Brief) -> None:
    """What is lent and paid in, and the most that is owed at any year's end."""
    if plan.owed.empty:
        return
    by_year = plan.owed.groupby("year")[["usd", "public"]].sum()
    year = int(str(by_year["public"].idxmax()))
    repaid = plan.financing["instrument"].isin(list(plan.owed["instrument"]))
    out.print(
        f"Lent and paid in {usd(plan.financing.loc[repaid, 'usd'].sum())}; most of it is at risk at the end of {year}: "
        f"{usd(by_year['usd'][year])} owed, of which the government stands to lose {usd(by_year['public'][year])}."
    )


def _stakes(plan: Plan, out: Brief) -> None:
    """What is paid in for stakes, and what comes of them."""
    if plan.stakes.empty:
        return
    paid, earned, borne = (plan.stakes[name].sum() for name in ("paid_in", "earned", "borne"))
    count = plan.stakes["facility"].nunique()
    where = "facility" if count == 1 else "facilities"
    out.print(
        f"Stakes in {count} {where}: {usd(paid)} paid in, {usd(earned)} earned, which pays for nothing else, and "
        f"{usd(borne)} of losses borne (undiscounted)."
    )


def _levels(levels: list[dict[str, Any]], out: Brief) -> None:
    """Where service comes before cost: how short each channel is, and how short any plan must leave it."""
    for level in levels:
        if level["level"] == "outlay":
            ended = "" if level["status"] == "optimal" else f"; {level['status']}: {level['why']}"
            least = "unknown" if level["bound"] is None else usd(level["bound"])
            paid = "unknown" if level["value"] is None else usd(level["value"])
            out.print(f"\nPublic outlay first: {paid} discounted; no plan has less than {least}{ended}")
    served = [level for level in levels if level["channel"]]
    if not served:
        return
    heads = ("channel", "t short", "of t demand", "no plan less than", "allowed", "")
    table = headed("\nService first: expected tonnes short, shortage without a price", *heads, right=heads[1:5])
    for level in served:
        ended = "" if level["status"] == "optimal" else f"{level['status']}: {level['why']}"
        numbers = (level["value"], level["demand"], level["bound"], level["cap"])
        table.add_row(level["channel"], *("" if n is None else tonnes(n) for n in numbers), ended)
    out.print(table)


def _reactions(reactions: pd.DataFrame, out: Brief) -> None:
    if reactions.empty:
        return
    heads = ("future", "facility", "option", "funded", "on line", SIZE, "capex")
    table = headed("\nFunded in branches, once a disruption has struck", *heads, right=heads[3:])
    for row in rows_of(reactions.head(out.most(SHORT_ROWS))):
        words = (row.scenario, row.facility, row.option, str(row.funded), str(row.online))
        table.add_row(*words, tonnes(row.capacity), usd(row.capex))
    out.print(table)
    if len(reactions) > out.most(SHORT_ROWS):
        out.print(f"... and {len(reactions) - out.most(SHORT_ROWS)} more rows in reactions.csv")


def _shortfall(plan: Plan, out: Brief) -> None:
    demand = plan.demand
    short = demand[demand["short"] > 1e-6]
    missed = plan.targets[plan.targets["short"] > 1e-6]
    goals = plan.goals[plan.goals["short"] > 1e-6]
    if short.empty and missed.empty and goals.empty:
        out.print("\nNothing is short, in any future; every target is reached.")
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
        for row in rows_of(worst.head(out.most(SHORT_ROWS))):
            cells = (row.channel, row.product, str(row.period), row.scenario, tonnes(row.short), tonnes(row.demand))
            table.add_row(*cells)
        out.print(table)
        if len(worst) > out.most(SHORT_ROWS):
            out.print(f"... and {len(worst) - out.most(SHORT_ROWS)} more rows in demand.csv")
    if not missed.empty:
        table = headed("\nTargets missed", "stockpile", "material", "year", "t", "of t", right=("year", "t", "of t"))
        for row in rows_of(missed.sort_values("short", ascending=False).head(out.most(SHORT_ROWS))):
            table.add_row(row.stockpile, row.material, str(row.period), tonnes(row.short), tonnes(row.level))
        out.print(table)
    if not goals.empty:
        table = headed("\nGoals missed", "rule", "year", "t", "of t", right=("rule", "year", "t", "of t"))
        for row in rows_of(goals):
            table.add_row(str(row.rule), str(row.period), tonnes(row.short), tonnes(row.level))
        out.print(table)


def _costs(parts: dict[str, float], out: Brief) -> None:
    table = headed("\nExpected cost, discounted", "category", "USD", right=("USD",))
    for category, value in sorted(parts.items(), key=lambda item: -abs(item[1])):
        table.add_row(category.replace("_", " "), usd(value))
    out.print(table)


def _rests(rows: list[dict[str, Any]], out: Brief) -> None:
    """What share of the answer rests on estimates, in one line."""
    weak = {row["of"]: row["C"] + row["none"] for row in rows}
    named = [f"{weak[of]:.0%} of {of}" for of in ("capex", "activity", "demand", "short") if of in weak]
    stages = {of.removeprefix("capacity: "): share for of, share in weak.items() if of.startswith("capacity: ")}
    named += [f"{share:.0%} of {stage} capacity" for stage, share in stages.items()]
    if named:
        out.print("\nRests on estimates (confidence C or none stated)", style="bold")
        out.print("  " + ", ".join(named))


def _rules(rules: list[dict[str, object]], out: Brief) -> None:
    priced = [rule for rule in rules if rule["status"] == "binding" and "saved_by_1_percent_usd" in rule]
    priced.sort(key=lambda rule: -float(str(rule["saved_by_1_percent_usd"])))
    counts = {word: sum(rule["status"] == word for rule in rules) for word in ("binding", "slack", "inactive")}
    if rules:
        words = ", ".join(f"{number} {word}" for word, number in counts.items())
        out.print(f"\nRules, targets and budget: {words}", style="bold")
    for rule in priced[:3]:
        saved = usd(float(str(rule["saved_by_1_percent_usd"])))
        text = f"  binds hardest: {rule['label']}: 1 % less of it saves {saved} (fundings as they are)"
        out.print(text)
    for rule in rules:
        if rule["status"] == "inactive":
            out.print(f"  inactive: {rule['label']}: {rule['reason']}", style="dim")


def _verdict(verdict: dict[str, object], out: Brief) -> None:
    out.print()
    out.print(str(verdict["summary"]), style="green" if verdict["ok"] else "bold red")
    violations = verdict.get("violations")
    if isinstance(violations, list):
        for violation in violations[: out.most(VIOLATIONS)]:
            out.print(f"  {violation['text'] if isinstance(violation, dict) else violation}")


def say_no_plan(out: Brief, plan: Plan) -> None:
    """Why there is no plan."""
    out.print(f"{plan.instance.name}: {plan.status} ({plan.info['why']})", style="bold red")
    missing = plan.info.get("shortfall", [])
    for item in missing[: out.most(MISSING)]:
        out.print(f"  {item['text']}")
    if len(missing) > out.most(MISSING):
        out.print(f"  ... and {len(missing) - out.most(MISSING)} more (--json lists all)")
    if plan.status == "infeasible":
        out.print("optimizer explain says which requirements conflict, and what would restore a plan")
