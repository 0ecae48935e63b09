"""The page of a plan, made at once or planned again from a year on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.briefs import plans, rests, rolls, survival
from optimizer.briefs.brief import Brief, headed
from optimizer.briefs.words import rough, rough_share, rough_tonnes, usd
from optimizer.pages.network.courses import futures_of, option_of, periods_of
from optimizer.pages.network.figures import FIGURES, KILOGRAM, short_by_future
from optimizer.pages.page import Content, counted, listed
from optimizer.pages.pictures import Figure
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan
from optimizer.replanning.study import BRACKET, CHANGES, Rolled
from optimizer.verifier.verdict import TOO_FINE

CENTS = 0.5
"""USD below which two costs are the same."""
CHECKED = "The independent check says"
"""Of the sentence in which the cost is told; what is proved of it goes on from there."""


def read(folder: Path, _: dict[str, Any]) -> Plan:
    """A plan from its folder."""
    return Plan.read(folder)


def _rolled(plan: Plan) -> Rolled | None:
    info = plan.info.get("roll")
    if info is None:
        return None
    frozen = pd.DataFrame(info["frozen"], columns=["facility", "option", "year"])
    changes = pd.DataFrame(info["changes"], columns=list(CHANGES))
    changes = changes.astype(dict.fromkeys(("was", "now"), "Int64"))
    return Rolled(plan, frozen, changes, pd.DataFrame(info["bracket"], columns=list(BRACKET)))


def _title(plan: Plan) -> str:
    rolled = plan.info.get("roll")
    return f"Plan of {plan.instance.name}" + (f", planned again from {rolled['year']}" if rolled else "")


def _alerts(plan: Plan) -> Iterator[str]:
    if plan.status != "optimal":
        yield f"{plan.status.replace('_', ' ').capitalize()}: {plan.info['why']}."
    if plan.tables and not plan.info["verdict"]["ok"]:
        yield f"The plan does not verify: {plan.info['verdict']['summary']}"
    notes = plan.info["verdict"].get("notes", ()) if plan.tables else ()
    yield from (f"{note[:1].upper()}{note[1:]}." for note in notes if note.startswith(TOO_FINE))
    rolled = _rolled(plan)
    if rolled is not None:
        yield from (f"{note[:1].upper()}{note[1:]}." for note in rolls.notes_of(rolled))


def _answer(plan: Plan) -> Iterator[str]:
    info = plan.info
    if not plan.tables:
        yield f"There is no plan: {info['why']}."
        yield from (f"{item['text'][:1].upper()}{item['text'][1:]}." for item in info.get("shortfall", [])[:3])
        return
    rolled = _rolled(plan)
    if rolled is not None:
        count = len(rolled.changes)
        names = listed((f"{row.facility}:{row.option} {row.change}" for row in rows_of(rolled.changes)), 4)
        said = f"{counted(count, 'change')} against the last plan: {names}" if count else "nothing changes"
        yield f"Planned again from {rolled.info['year']}, {rough(rolled.info['change_usd'])} a change: {said}."
    measure = str(info["risk"]["measure"]).replace("_", " ")
    gap = ""
    if plan.gap is not None and info["gap_usd"] < CENTS:
        gap = "; no plan costs less"
    elif plan.gap is not None:
        gap = f"; no plan costs less by more than {rough(info['gap_usd'])}, {rough_share(plan.gap)}"
    check = str(info["verdict"]["summary"]).split(";")[0]
    yield f"The {measure} cost is {rough(plan.objective or 0.0)}{gap}. {CHECKED}: {check}."
    portfolio = plan.portfolio
    if portfolio.empty:
        yield "Nothing is funded."
    else:
        capex, public = portfolio["capex"].sum(), portfolio["public_outlay"].sum()
        begin = portfolio["funded"].min()
        dearest = portfolio[portfolio["funded"] == begin].sort_values("capex", ascending=False, kind="stable")
        first = listed(option_of(plan, row.facility, row.option) for row in rows_of(dearest))
        yield (
            f"It funds {counted(len(portfolio), 'option')} for {rough(capex)} of capex, of it public {rough(public)}; "
            f"first, in {begin}: {first}."
        )
    yield _served(plan)


def _served(plan: Plan) -> str:
    """What the users of each channel get, undisturbed and in the worst future."""
    futures = futures_of(plan, periods_of(plan))
    in_futures = f"in all {len(futures)} futures" if len(futures) > 1 else "without a disruption"
    short = short_by_future(plan, futures)
    if not any(tons > KILOGRAM for each in short.values() for tons in each):
        return f"Nothing is short {in_futures.replace('all', 'any of', 1)}."
    parts = []
    for channel, each in short.items():
        usual, most = each[0], max(each)
        count = sum(tons > KILOGRAM for tons in each)
        worst = futures[each.index(most)].name
        if count == 0:
            parts.append(f"in {channel} it is met in full {in_futures}")
        elif usual <= KILOGRAM:
            often = f"in {count} of {len(futures)} futures, by {rough_tonnes(most)} at worst ({worst})"
            parts.append(f"in {channel} it is short {often}")
        else:
            more = f" and by {rough_tonnes(most)} at worst ({worst})" if most > usual + KILOGRAM else ""
            more = more if more or len(futures) == 1 else " and no more in any future"
            parts.append(f"in {channel} it is short by {rough_tonnes(usual)} without a disruption{more}")
    return f"Demand {'; '.join([parts[0].replace(' it is ', ' is ', 1), *parts[1:]])}."


def _say(out: Brief, plan: Plan) -> None:
    if not plan.tables:
        plans.say_no_plan(out, plan)
        survival.say(out, plan)
        return
    rolled = _rolled(plan)
    if rolled is not None:
        rolls.say(out, rolled)
    plans.say(out, plan)
    survival.say(out, plan)
    outlay = plan.outlay
    if len(outlay):
        names = list(dict.fromkeys(zip(outlay["account"], outlay["instrument"], strict=True)))
        heads = [f"{account}, {instrument}" for account, instrument in names]
        table = headed("\nPublic outlay by year", "year", *heads, "in all", right=("year", *heads, "in all"))
        sums = outlay.groupby(["year", "account", "instrument"])["usd"].sum()
        for year, mine in outlay.groupby("year"):
            cells = [usd(float(sums.get((year, *name), 0.0))) for name in names]
            table.add_row(str(year), *cells, usd(float(mine["usd"].sum())))
        out.print(table)
    _payers(out, plan)
    rests.say(out, plan)


def _payers(out: Brief, plan: Plan) -> None:
    """Who pays for stock, and whose is what it gives out; what is left is what keeping it takes from its payer."""
    if plan.stock_payers.empty:
        return
    heads = ("bought", "price steps", "held", "given out", "paid less given out")
    sums = plan.stock_payers.groupby(["stockpile", "payer"])[["purchase", "price_step", "holding", "given_out"]].sum()
    title = "\nWho pays for stock: on the trunk, undiscounted, USD at the prices at which it is taken in"
    table = headed(title, "stockpile", "payer", *heads, right=heads)
    for row in rows_of(sums.reset_index()):
        net = row.purchase + row.price_step + row.holding - row.given_out
        amounts = (row.purchase, row.price_step, row.holding, row.given_out, net)
        table.add_row(row.stockpile, row.payer, *(usd(each) for each in amounts))
    out.print(table)


def _pictures(plan: Plan) -> Iterator[Figure]:
    if plan.tables:
        for figures in FIGURES.values():
            yield from figures(plan)


CONTENT: Content[Plan] = Content(
    rows=40,
    title=_title,
    say=_say,
    alerts=_alerts,
    answer=_answer,
    pictures=_pictures,
    plan=lambda plan: plan,
    settings=(
        "status",
        "why",
        "method",
        "method_why",
        "options",
        "sizes",
        "nodes",
        "start",
        "resumed",
        "blocks",
        "seconds",
    ),
)
