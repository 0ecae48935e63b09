"""Plans side by side, in words."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pandas as pd

from optimizer.briefs.brief import Brief, headed
from optimizer.briefs.words import Money, number_of, tonnes, usd
from optimizer.comparison import Comparison
from optimizer.comparison.portfolios import ALL, NONE, SOME
from optimizer.comparison.regret import KEPT
from optimizer.comparison.service import EXPECTED
from optimizer.comparison.verdicts import SAME, TIE, UNLIKE
from optimizer.network.tables import BASE
from optimizer.plan.columns import rows_of

SHOWN = 12
NAMED = 8
SMALL = 1e-3
"""Tonnes, and shares, below which no difference is shown."""
UNASKED = (math.nan,) * 4
CENTS = 0.5
"""USD below which no difference is shown."""


def say(out: Brief, found: Comparison) -> None:
    """The baseline, what each plan costs more, and all that differs."""
    info = found.info
    base, others = info["names"][0], info["names"][1:]
    made = str(info["baseline"]["made"] or "")[:10]
    words = f"Baseline: {base}, made {made}, of {info['baseline']['instance']}"
    out.print(f"{words} {str(info['baseline']['instance_sha256'])[:16]}", style="bold")
    _plans(out, found)
    _edits(out, found, others)
    _portfolios(out, found, base, others)
    _money(out, found, base, others)
    _service(out, found, base, others)
    _exposure(out, found, others)
    _stock(out, found)
    _survival(out, found)
    _rules(out, found)
    _regret(out, found)
    _attribution(out, found)
    if info["status"] == "stopped":
        out.print("\nstopped early: the same command goes on from there", style="yellow")


def _plans(out: Brief, found: Comparison) -> None:
    heads = ("plan", "made", "measure", "cost", "gap", "as it stands", "verdict", "funds", "capex", "public outlay")
    table = headed("", *heads, right=("cost", "gap", "as it stands", "funds", "capex", "public outlay"))
    for row in rows_of(found.plans):
        cells = [row.plan, str(row.made or "")[:10], str(row.measure).replace("_", " "), usd(row.objective)]
        cells += [usd(number_of(row.gap_usd)), _more(row.difference), row.verdict, str(row.fundings), usd(row.capex)]
        table.add_row(*cells, usd(row.public_outlay))
    out.print(table)
    gaps = dict(zip(found.plans["plan"], found.plans["gap_usd"], strict=True))
    base = found.info["names"][0]
    for row in rows_of(found.plans):
        if row.verdict == TIE:
            open_ = f"the searches left {usd(number_of(gaps[base]))} and {usd(number_of(row.gap_usd))} open"
            word = f"{usd(abs(row.difference))} {'more' if row.difference > 0 else 'less'}"
            text = f"{row.plan} costs {word} as it stands, and {open_}: a tie, and no finding."
            out.print(text, style="yellow")
        elif row.verdict == UNLIKE:
            out.print(f"{row.plan} is made for another measure: its cost is not comparable.", style="yellow")
        if row.verdict in (TIE, SAME) and _funds_otherwise(found, row.plan):
            text = "What it funds otherwise is one of several answers of about the same cost."
            out.print(text, style="yellow")
        if row.verified == "no":
            out.print(f"{row.plan} does not verify: see optimizer verify", style="bold red")
        if row.survives is not None and not pd.isna(row.survives):
            out.print(f"{row.plan} survives {row.survives}")


def _funds_otherwise(found: Comparison, plan: str) -> bool:
    mine = found.fundings[found.fundings["plan"] == plan]
    return bool((mine["change"] != "the same").any())


def _edits(out: Brief, found: Comparison, others: Sequence[str]) -> None:
    for name in others:
        words = found.info["edits_of_words"][name]
        mine = found.edits[(found.edits["plan"] == name) & (found.edits["counts"] == "yes")]
        more = f" ({words:,} edits of sources and notes, which no plan depends on)" if words else ""
        if mine.empty:
            if words:
                out.print(f"The instance of {name} is the same{more}.")
            continue
        counts = ", ".join(f"{table} {count}" for table, count in mine["table"].value_counts(sort=False).items())
        table = headed(f"\nWhat changed from {found.info['names'][0]} to {name}", "table", "row", "field", "old", "new")
        for row in rows_of(mine.head(out.most(SHOWN))):
            old, new = (row.change, "") if not row.field and row.change != "changed" else (row.old, row.new)
            table.add_row(row.table, _cut(row.row, 40), row.field, _cut(old), _cut(new))
        out.print(table)
        _rest(out, len(mine))
        out.print(f"{len(mine)} edits: {counts}{more}")
        if found.regret.empty and found.attribution.empty:
            text = (
                f"What {name} costs more is of its instance and of its plan together: --regret operates both plans in "
                "the same futures, --attribute follows the edits."
            )
            out.print(text, style="dim")


def _portfolios(out: Brief, found: Comparison, base: str, others: Sequence[str]) -> None:
    counts = {word: int((found.options["funded_in"] == word).sum()) for word in (ALL, SOME, NONE)}
    text = ", ".join(f"{count} in {word}" for word, count in counts.items())
    out.print(f"\nOptions: {text} of the plans", style="bold")
    years = _years(found, base)
    split = found.options[found.options["funded_in"] == SOME]
    heads = ("facility", "option", "stage", "country", "t/yr", "capex", base, *others)
    _options(out, found, "In some and not in others, by year of funding", split, heads, years)
    both = found.options[found.options["funded_in"] == ALL]
    moved = both[both["first_year"] != both["last_year"]]
    _options(out, found, "In all, but not in the same year", moved, heads, years)
    resized = found.fundings[found.fundings["change"] == "another size or price"]
    for row in rows_of(resized.head(NAMED)):
        size = f"{tonnes(row.baseline_capacity)} -> {tonnes(row.capacity)} t/yr"
        money = f"{usd(row.baseline_capex)} -> {usd(row.capex)}"
        out.print(f"  {row.facility}:{row.option} in {row.plan}: {size}, {money}")
    if counts[ALL] and moved.empty and split.empty:
        out.print("  all plans fund the same options in the same years", style="green")


def _years(found: Comparison, base: str) -> dict[tuple[str, str, str], str]:
    years = {}
    for row in rows_of(found.fundings):
        key = row.facility, row.option
        years[(*key, row.plan)] = "-" if pd.isna(row.funded) else str(row.funded)
        years[(*key, base)] = "-" if pd.isna(row.baseline_funded) else str(row.baseline_funded)
    return years


def _options(
    out: Brief,
    found: Comparison,
    title: str,
    options: pd.DataFrame,
    heads: Sequence[str],
    years: dict[tuple[str, str, str], str],
) -> None:
    if options.empty:
        return
    sizes = {(row.facility, row.option): row for row in rows_of(found.fundings)}
    table = headed(title, *heads, right=tuple(heads[4:]))
    for row in rows_of(options.head(out.most(SHOWN))):
        one = sizes[row.facility, row.option]
        capacity = one.baseline_capacity if pd.isna(one.capacity) else one.capacity
        capex = one.baseline_capex if pd.isna(one.capex) else one.capex
        cells = (row.facility, row.option, row.stage, row.country, _t(capacity), usd(number_of(capex)))
        table.add_row(*cells, *(years.get((row.facility, row.option, name), "-") for name in heads[6:]))
    out.print(table)
    _rest(out, len(options))


def _money(out: Brief, found: Comparison, base: str, others: Sequence[str]) -> None:
    costs = found.costs
    shown = [
        (key, rows) for key, rows in costs.groupby("category", sort=False) if (rows["difference"].abs() > CENTS).any()
    ]
    title = "\nExpected cost, discounted"
    if not shown:
        out.print(f"{title}: the same in every category", style="bold")
    else:
        words = {name: f"{name} less {base}" for name in others}
        table = headed(title, "category", base, *words.values(), "", right=(base, *words.values()))
        for category, rows in shown:
            ties = rows["tie"].eq("yes")
            note = "within the gaps" if ties.all() else f"within the gaps: {', '.join(rows['plan'][ties])}"
            note = note if ties.any() else ""
            cells = [_more(_of(rows, name, "difference")) for name in others]
            table.add_row(str(category).replace("_", " "), usd(rows["baseline"].iloc[0]), *cells, note)
        out.print(table)
    by_year = found.outlay.groupby(["year", "plan"], as_index=False, sort=False)[["usd", "baseline"]].sum()
    if (by_year["usd"] - by_year["baseline"]).abs().gt(CENTS).any():
        words = {name: f"{name} less {base}" for name in others}
        table = headed("\nPublic outlay by year", "year", base, *words.values(), right=(base, *words.values()))
        for year, rows in by_year.groupby("year"):
            values = [_of(rows, name, "usd") - _of(rows, name, "baseline") for name in others]
            table.add_row(str(year), usd(rows["baseline"].iloc[0]), *map(_more, values))
        out.print(table)
    else:
        out.print("Public outlay: the same in every year")


def _service(out: Brief, found: Comparison, base: str, others: Sequence[str]) -> None:
    service = found.service
    heads = ["channel", "in", f"{base} short t", "served"]
    heads += [word for name in others for word in (f"{name} short t", f"{name} served")]
    table = headed("\nShort over the horizon", *heads, right=tuple(heads[2:]))
    summed = _summed(service)
    for channel in dict.fromkeys(service["channel"]):
        for future, word in ((EXPECTED, "mean over futures"), (BASE, "no disruption")):
            # A channel that neither the baseline nor a plan draws on has no row there.
            known = [summed.get((future, channel, name), UNASKED) for name in others]
            asked, short = next((one[:2] for one in known if not math.isnan(one[0])), UNASKED[:2])
            cells = [_t(short), _share(asked, short)]
            for _, _, asked, short in known:
                cells += [_t(short), _share(asked, short)]
            table.add_row(channel, word, *cells)
    out.print(table)
    differ = service[service["difference"].abs() > SMALL]
    differ = differ[differ["future"] != EXPECTED].sort_values("difference", key=lambda x: -x.abs(), kind="stable")
    heads = ["future", "channel", "product", "plan", f"{base} short t", "short t", "difference"]
    _table(out, "\nWhere most differs", heads, 4, differ, lambda row: [
        row.future, row.channel, row.product, row.plan, _t(row.baseline_short), _t(row.short), _t(row.difference, "+"),
    ])  # fmt: skip
    if differ.empty:
        out.print("No future leaves another amount short.")


def _summed(service: pd.DataFrame) -> dict[tuple[str, str, str], tuple[float, float, float, float]]:
    """Future, channel, plan -> t asked for and short in the baseline, then in the plan; NaN where nothing is asked."""
    columns = ["baseline_demand", "baseline_short", "demand", "short"]
    sums = service.groupby(["future", "channel", "plan"], sort=False)[columns].sum(min_count=1)
    return {key: tuple(values) for key, values in zip(sums.index, sums.to_numpy().tolist(), strict=True)}


def _exposure(out: Brief, found: Comparison, others: Sequence[str]) -> None:
    table = found.exposure.dropna(subset=["difference"]).copy()
    for head in ("", "baseline_"):
        table[f"{head}sum"] = table["baseline" if head else "exposure"] * table[f"{head}tonnes"]
    sums = table.groupby(["channel", "stage", "kind", "plan"], as_index=False, sort=False)[
        ["sum", "tonnes", "baseline_sum", "baseline_tonnes"]
    ].sum()
    sums["now"] = sums["sum"] / sums["tonnes"]
    sums["before"] = sums["baseline_sum"] / sums["baseline_tonnes"]
    sums["difference"] = sums["now"] - sums["before"]
    moved = sums[sums["difference"].abs() > SMALL].sort_values("difference", key=lambda x: -x.abs(), kind="stable")
    heads = ["channel", "stage", "kind", "plan", "baseline", "exposure", "difference"]
    _table(out, "\nMean exposure of what is made without a disruption", heads, 4, moved, lambda row: [
        row.channel, row.stage, row.kind, row.plan, f"{row.before:.3f}", f"{row.now:.3f}", f"{row.difference:+.3f}",
    ])  # fmt: skip
    if moved.empty and len(others):
        out.print(f"Mean exposure: no kind moves by {SMALL:g} in any channel and stage")


def _stock(out: Brief, found: Comparison) -> None:
    table = found.stock[found.stock["difference"].abs() > SMALL]
    order = table["difference"].abs().sort_values(ascending=False, kind="stable").index
    most = table.loc[order].drop_duplicates(["plan", "stockpile", "material"])
    heads = ["stockpile", "material", "year", "plan", "baseline t", "t", "difference"]
    _table(out, "\nStock without a disruption, where most differs", heads, 4, most, lambda row: [
        row.stockpile, row.material, str(row.period), row.plan, _t(row.baseline), _t(row.tonnes),
        _t(row.difference, "+"),
    ])  # fmt: skip
    if most.empty:
        out.print("Stock: the same in every year")


def _survival(out: Brief, found: Comparison) -> None:
    heads = [
        "of",
        "lost at once",
        "years",
        "from",
        "plan",
        "worst loss",
        "short t",
        "baseline",
        "short t",
        "single points",
    ]
    _table(out, "\nWorst losses, from the stress tests beside the plans", heads, 6, found.survival, lambda row: [
        row.of, str(row.losses), str(row.duration), row.onsets, row.plan, _lost(row.status, row.worst), _t(row.short),
        _lost(row.baseline_status, row.baseline_worst), _t(row.baseline_short),
        f"{_word(row.baseline_single_points)} -> {_word(row.single_points)}",
    ])  # fmt: skip


def _lost(status: str, worst: str) -> str:
    return status if status == "not asked" else worst or "none"


def _rules(out: Brief, found: Comparison) -> None:
    changed = found.rules[found.rules["changed"] == "yes"]
    heads = ["rule, target or budget", "plan", "baseline", "now"]
    _table(out, "\nWhat binds in one and not in the other", heads, 4, changed, lambda row: [
        _cut(row.label, 90), row.plan, row.baseline_status, row.status,
    ])  # fmt: skip
    if changed.empty:
        out.print("Rules, targets and budget: the same bind")


def _regret(out: Brief, found: Comparison) -> None:
    if found.regret.empty:
        return
    heads = ["instance of", "portfolio", "its stock", "cost", "regret", "at most", "largest", "in", "not met"]
    _table(out, "\nRegret: each portfolio in the futures of each instance", heads, 3, found.regret, lambda row: [
        row.instance_of, row.plan, _stock_held(row), usd(number_of(row.cost)), usd(number_of(row.regret)),
        usd(number_of(row.regret_at_most)), usd(number_of(row.largest_regret)), _word(row.largest_regret_in),
        "-" if pd.isna(row.not_met) else f"{row.not_met:.1%}",
    ])  # fmt: skip
    note = "regret: mean cost less that of the best of these there; at most: less what no plan can be below"
    out.print(note, style="dim")
    if "books" in found.info:
        out.print(f"books of the instances {found.info['books']}", style="dim")
    for row in rows_of(found.regret):
        if row.why:
            out.print(f"  {row.plan} in the instance of {row.instance_of}: {row.why}", style="yellow")
        if row.breaks and not pd.isna(row.breaks):
            out.print(f"  {row.plan} breaks there: {row.breaks}", style="yellow")


def _stock_held(row: Any) -> str:
    return "" if pd.isna(row.cost) else "kept" if row.held == KEPT else "anew"


def _attribution(out: Brief, found: Comparison) -> None:
    for name, about in (found.info.get("together") or {}).items():
        mine = found.attribution[found.attribution["plan"] == name]
        title = f"\nWhat each group of edits does to the cost of {name}, made in this order"
        heads = ["", "group", "edits", "in order", "verdict", "alone", "verdict", "interaction"]
        table = headed(title, *heads, right=("edits", "in order", "alone", "interaction"))
        for row in rows_of(mine):
            cells = [str(row.order), row.group, str(row.edits), _more(row.in_order), _word(row.in_order_verdict)]
            between = number_of(row.interaction_at_least), number_of(row.interaction_at_most)
            open_ = None not in between and (between[0] or 0.0) <= 0.0 <= (between[1] or 0.0) and row.order > 1
            mixed = "within the gaps" if open_ else _more(row.interaction)
            table.add_row(*cells, _more(row.alone), _word(row.alone_verdict), mixed)
        sums = [_more(about["sum_in_order"]), about["verdict"], _more(about["sum_alone"]), ""]
        table.add_row("", "together", str(int(mine["edits"].sum())), *sums, _more(about["interaction"]), style="bold")
        out.print(table)
        note = "interaction: what a group does after those before it, less what it does alone"
        out.print(note, style="dim")
        for row in rows_of(mine):
            out.print(f"  {row.group}: {_cut(row.what, 150)}")
            moved = _moves(row.comes, row.goes, row.shifts)
            alone = _moves(row.alone_comes, row.alone_goes, row.alone_shifts)
            for head, moves, verdict in (("", moved, row.in_order_verdict), ("alone, ", alone, row.alone_verdict)):
                if moves and not (head and moves == moved):
                    tie = " (a tie in cost)" if verdict == TIE else ""
                    out.print(f"    {head}{moves}{tie}")
            for word, why in (("in order", row.why), ("alone", row.alone_why)):
                if isinstance(why, str) and why:
                    out.print(f"    {word}: {why}", style="yellow")


def _moves(comes: Any, goes: Any, shifts: Any) -> str:
    parts = [("funds", _word(comes)), ("drops", _word(goes)), ("shifts", _word(shifts))]
    return "; ".join(f"{word} {_cut(names)}" for word, names in parts if names)


def _table(
    out: Brief, title: str, heads: Sequence[str], words: int, rows: pd.DataFrame, cells: Callable[[Any], Iterable[str]]
) -> None:
    """A table of the first rows; columns after the first `words` hold numbers."""
    if rows.empty:
        return
    table = headed(title, *heads, right=tuple(heads[words:]))
    for row in rows_of(rows.head(out.most(SHOWN))):
        table.add_row(*cells(row))
    out.print(table)
    _rest(out, len(rows))


def _rest(out: Brief, count: int) -> None:
    if count > out.most(SHOWN):
        out.print(f"... and {count - out.most(SHOWN)} more (-o DIR writes all)")


def _of(rows: pd.DataFrame, plan: str, column: str) -> float:
    found = rows.loc[rows["plan"] == plan, column]
    return float(found.iloc[0]) if len(found) else 0.0


def _word(value: Any) -> str:
    return "" if value is None or pd.isna(value) else str(value)


def _more(value: Any) -> str:
    """A difference of money."""
    known = number_of(value)
    if known is None:
        return "-"
    if abs(known) <= CENTS:
        return "0"
    return Money(f"+{usd(known)}", known) if known > 0 else usd(known)


def _t(value: Any, sign: str = "") -> str:
    known = number_of(value)
    if known is None:
        return "-"
    known = 0.0 if abs(known) < SMALL else known
    return f"+{tonnes(known)}" if sign and known > 0 else tonnes(known)


def _share(asked: float, short: float) -> str:
    return f"{1 - short / asked:.2%}" if asked > SMALL else "-"


def _cut(text: Any, length: int = 60) -> str:
    words = _word(text)
    return words if len(words) <= length else words[: length - 3] + "..."
