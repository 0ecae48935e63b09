"""The page of plans side by side."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.briefs.comparisons import say
from optimizer.briefs.words import number_of, rough, rough_tonnes
from optimizer.comparison import Comparison
from optimizer.comparison.columns import COLUMNS
from optimizer.comparison.portfolios import ALL, NONE, SOME
from optimizer.comparison.service import EXPECTED
from optimizer.comparison.verdicts import SAME, TIE, UNLIKE
from optimizer.digits import digits
from optimizer.pages.folder import Columns, read_table
from optimizer.pages.page import Content, listed
from optimizer.pages.pictures import M, Picture, columns, label, labels, years
from optimizer.plan.columns import rows_of

WORDS = frozenset((
    "plan", "baseline", "instance", "instance_sha256", "made", "status", "measure", "verdict", "survives", "verified",
    "facility", "option", "stage", "country", "funded_in", "plans", "change", "category", "tie", "account", "future",
    "channel", "product", "market", "kind", "stockpile", "material", "of", "onsets", "markets", "baseline_status",
    "worst", "baseline_worst", "label", "changed", "unit", "table", "row", "field", "old", "new", "counts", "key",
    "instance_of", "held", "best", "largest_regret_in", "breaks", "why", "group", "what", "in_order_verdict",
    "alone_verdict", "comes", "goes", "shifts", "alone_comes", "alone_goes", "alone_shifts", "alone_status",
    "alone_why",
))  # fmt: skip
"""Columns of text in one table or another; `baseline` holds numbers in most."""
WHOLE = frozenset((
    "first_year", "last_year", "funded", "baseline_funded", "years_later", "online", "baseline_online", "year",
    "period", "losses", "order", "edits", "duration", "single_points", "baseline_single_points", "fundings",
))  # fmt: skip
CENTS = 0.5
"""USD below which no difference is shown."""
MAY_LACK = ("survival", "edits", "regret", "regret_by_future", "attribution")
"""Tables that are there only where something was asked or lies beside the plans."""


def _columns(name: str) -> Columns:
    words = WORDS if name == "plans" else WORDS - {"baseline"}
    mine = COLUMNS[name]
    return Columns(
        " ".join(column for column in mine if column in words),
        " ".join(column for column in mine if column in WHOLE),
        " ".join(column for column in mine if column not in words | WHOLE),
    )


def read(folder: Path, info: dict[str, Any]) -> Comparison:
    """A comparison from its folder."""
    tables = {}
    for name in COLUMNS:
        if name in MAY_LACK and not (folder / f"{name}.csv").is_file():
            tables[name] = pd.DataFrame(columns=list(COLUMNS[name]))
        else:
            tables[name] = read_table(folder, name, _columns(name))
    tables["plans"]["survives"] = tables["plans"]["survives"].replace("", None)
    return Comparison(info, **tables)


def _alerts(found: Comparison) -> Iterator[str]:
    if found.info["status"] == "stopped":
        yield "Stopped early: the same command goes on from there."
    for row in rows_of(found.plans):
        if row.verified == "no":
            yield f"{row.plan} does not verify."
        if row.status not in ("optimal", ""):
            yield f"{row.plan} is {row.status}: the search for it ended before the gap that was asked for."


def _answer(found: Comparison) -> Iterator[str]:
    base = found.info["names"][0]
    others = [row for row in rows_of(found.plans) if row.plan != base]
    for row in others[:2]:
        if row.verdict == UNLIKE:
            yield f"{row.plan} is made for another measure than {base}: its cost is not comparable."
        elif row.verdict == SAME:
            yield f"{row.plan} costs as much as {base}."
        else:
            word = "more" if row.difference > 0 else "less"
            tie = ", which is within what the searches left open: a tie" if row.verdict == TIE else ", proved"
            yield f"{row.plan} costs {rough(abs(row.difference))} {word} than {base}{tie}."
    counts = {word: int((found.options["funded_in"] == word).sum()) for word in (ALL, SOME, NONE)}
    split = found.options[found.options["funded_in"] == SOME]
    names = listed((f"{row.facility}:{row.option}" for row in rows_of(split)), 4)
    yield (
        f"{counts[ALL]} options are funded in all plans, {counts[SOME]} in some"
        + (f" ({names})" if names else "")
        + f", {counts[NONE]} in none."
    )
    mean = found.service[found.service["future"] == EXPECTED]
    for row in others[:1]:
        by = mean[mean["plan"] == row.plan].groupby("channel", as_index=False, sort=False)
        sums = by[["short", "baseline_short"]].sum(min_count=1).dropna()
        said = [
            f"{one.channel} {rough_tonnes(one.short)}, was {rough_tonnes(one.baseline_short)}" for one in rows_of(sums)
        ]
        if said:
            yield f"Short over the horizon in {row.plan}, on the mean over futures: {listed(said)}."
    for name, about in (found.info.get("together") or {}).items():
        sums = number_of(about["sum_in_order"])
        if sums is not None:
            most = _most(found, name)
            yield f"The edits that lead to {name} come to {rough(sums)} together, made in order{most}."


def _most(found: Comparison, plan: str) -> str:
    """The group of edits that does most, and whether that is a finding."""
    rows = found.attribution[found.attribution["plan"] == plan].dropna(subset=["in_order"])
    if rows.empty:
        return ""
    [row] = rows_of(rows.loc[[rows["in_order"].abs().idxmax()]])
    tie = ", a tie" if row.in_order_verdict == TIE else ""
    return f"; most by {row.group}: {rough(row.in_order)}{tie}"


def _attribution(found: Comparison) -> Iterator[Picture]:
    """What each group of edits does to the cost, made in order and alone."""
    for plan, rows in found.attribution.groupby("plan", sort=False):
        names = labels(list(rows["group"]))
        series = {
            word: (names, [None if pd.isna(usd) else float(usd) / M for usd in rows[column]])
            for word, column in (("in order", "in_order"), ("alone", "alone"))
        }
        said = listed((f"{row.group} {digits(row.in_order / M, 3, '+')} M USD" for row in rows_of(rows)), 8)
        words = f"What each group of edits does to the cost of {plan}, made in order: {said}."
        title = f"What each group of edits does to the cost of {plan}"
        yield columns(title, words, series, {"type": "category"}, "costs more, M USD", stacked=False)


def _pictures(found: Comparison) -> Iterator[Picture]:
    yield from _attribution(found)
    base = found.info["names"][0]
    parts = found.costs[found.costs["category"] != "total"]
    moved = parts.groupby("category")["difference"].transform(lambda usd: usd.abs().max()) > CENTS
    costs: dict[str, tuple[list[str], list[float]]] = {}
    for row in rows_of(parts[moved]):
        names, values = costs.setdefault(str(row.plan), ([], []))
        names.append(label(str(row.category).replace("_", " ")))
        values.append(row.difference / M)
    if costs:
        said = "; ".join(
            f"{name}: " + listed((f"{x} {digits(y, 3, '+')} M USD" for x, y in zip(*xy, strict=True)), 8)
            for name, xy in costs.items()
        )
        words = f"Difference of expected cost to {base}: {said}."
        x = {"type": "category"}
        yield columns(f"Expected cost by category, less {base}", words, costs, x, "difference, M USD", stacked=False)
    by_year = found.outlay.groupby(["plan", "year"], as_index=False, sort=True)[["usd", "baseline"]].sum()
    if not (by_year["usd"] - by_year["baseline"]).abs().gt(CENTS).any():
        return
    outlay: dict[str, tuple[list[int], list[float]]] = {}
    for row in rows_of(by_year):
        for name, usd in ((base, row.baseline), (str(row.plan), row.usd)):
            known, spent = outlay.setdefault(name, ([], []))
            if int(row.year) not in known:
                known.append(int(row.year))
                spent.append(usd / M)
    said = "; ".join(f"{name} {sum(ys):,.0f} M USD in all" for name, (_, ys) in outlay.items())
    words = f"Public outlay by year: {said}."
    yield columns("Public outlay by year", words, outlay, years(), "outlay, M USD", stacked=False)


CONTENT: Content[Comparison] = Content(
    title=lambda found: f"{' and '.join(found.info['names'][1:])} beside {found.info['names'][0]}",
    say=say,
    alerts=_alerts,
    answer=_answer,
    pictures=_pictures,
    settings=(
        "status",
        "baseline",
        "names",
        "instances",
        "edits_that_count",
        "edits_of_words",
        "by",
        "groups",
        "options",
        "seconds",
    ),
)
