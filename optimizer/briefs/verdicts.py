"""What verdicts on options say."""

from __future__ import annotations

from typing import Any

import pandas as pd

from optimizer.briefs.brief import Brief, headed
from optimizer.briefs.words import Money, Span, number_of, usd
from optimizer.plan.columns import rows_of
from optimizer.robustness import Verdicts
from optimizer.robustness.tally import MUST, NEVER, TOSS_UP, UNDECIDED

ROWS = 25
TOLD = 5
_STATES = {
    "limit": "ended at a limit",
    "infeasible": "without any plan",
    "not allowed": "whose numbers are no instance",
    "failed": "failed",
}


def say(out: Brief, found: Verdicts) -> None:
    """What verdicts on options say."""
    info = found.info
    for line in _heads(info):
        out.print(line, style="bold" if line.startswith(info["instance"]) else None)
    for line in troubles_of(found):
        out.print(line, style="yellow")
    share, level = f"{info['share']:.0%}", f"{info['level']:.0%}"
    titles = {
        MUST: f"Must fund: in all near-optimal plans in {share} of what the data allow, or more",
        TOSS_UP: f"Toss-up: proved to be neither in all nor in none in {share}: the data decide, or it matters little",
        NEVER: f"Never: in no near-optimal plan in {share} of what the data allow, or more",
        UNDECIDED: f"Undecided: {info['by_status']['solved']} samples do not tell",
    }
    for verdict, title in titles.items():
        mine = found.options[found.options["verdict"] == verdict]
        if len(mine):
            _table(out, title, verdict, mine, found)
        else:
            out.print(f"\n{title.partition(':')[0]}: none", style="bold")
    out.print(
        "\nin all, some, none: samples in which all, some or none of the near-optimal plans fund it; share: of what "
        f"the data allow, at {level}, what is not proved counted either way; left out: what the best plan without it "
        "costs more, in USD",
        style="dim",
    )


def _heads(info: dict[str, Any]) -> list[str]:
    states = info["by_status"]
    solved = f"{states['solved']} solved"
    others = [f"{states[state]} {word}" for state, word in _STATES.items() if states[state]]
    others += [f"{info['not_done']} not done"] if info["not_done"] else []
    lines = [f"{info['instance']}: {info['samples']} samples of the data: {', '.join([solved, *others])}"]
    moved = [
        f"{count} numbers of confidence {grade} by {info['ranges'][grade]:.0%} either way"
        for grade, count in info["by_confidence"].items()
    ]
    moved += [
        f"{key} ({values if isinstance(values, str) else ', '.join(map(str, values))})" for key, values in info["vary"]
    ]
    moved += [f"{group} ({', '.join(labels)})" for group, labels in info["groups"].items()]
    lines.append(f"what moves: {'; '.join(moved)}")
    capex = (info["base"] or {}).get("capex")
    share = (
        f", {info['within_usd'] / capex:.1%} of the capex that the best plan of the data as they stand funds"
        if capex
        else ""
    )
    lines.append(f"near-optimal: a plan that costs at most {usd(info['within_usd'])} more than the best found{share}")
    counts = info["verdicts"]
    lines.append(
        f"of {sum(counts.values())} options: " + ", ".join(f"{count} {word}" for word, count in counts.items())
    )
    return lines


def troubles_of(found: Verdicts) -> list[str]:
    """What a reader must know of samples that tell less than was asked."""
    info = found.info
    lines = ["stopped early; the same command goes on from here"] if info["status"] == "stopped" else []
    if info["by_status"]["limit"]:
        lines.append("a sample that ended at a limit decides nothing: of its options nothing is counted as proved")
    if info["by_status"]["infeasible"]:
        lines.append("samples without any plan say nothing of options and are left out of the shares")
    if info["cannot_be_funded"]:
        lines.append(f"cannot be funded and on line within the horizon: {', '.join(info['cannot_be_funded'])}")
    if info["lessened"]:
        lines.append(f"in {info['lessened']} samples probabilities added to more than 1 and were lessened, each alike")
    bad = found.samples[found.samples["status"].isin(("not allowed", "failed"))]
    lines += [f"sample {row.sample} {row.status}: {row.why}" for row in rows_of(bad.head(TOLD))]
    return lines + ([f"... and {len(bad) - TOLD} more in samples.csv"] if len(bad) > TOLD else [])


def _table(out: Brief, title: str, verdict: str, mine: pd.DataFrame, found: Verdicts) -> None:
    side = "in_none" if verdict == NEVER else "in_all"
    words = "share in none" if verdict == NEVER else "share in all"
    cost = "forced in, mean" if verdict == NEVER else "left out, mean"
    heads = ("option", "capex", "in all", "some", "none", "not proved", words, cost, "largest", "as data stand", "")
    screen = headed(f"\n{title}", *heads, right=heads[1:9])
    for row in rows_of(mine.head(out.most(ROWS))):
        counts = (str(getattr(row, name)) for name in ("in_all", "in_some", "in_none", "not_proved"))
        between = f"{getattr(row, f'{side}_low'):.0%} to {getattr(row, f'{side}_high'):.0%}"
        money = (_between(row, "forced_in_mean"), "") if verdict == NEVER else (
            _between(row, "regret_mean"), _between(row, "regret_largest"))  # fmt: skip
        if row.no_plan_without == row.samples and verdict == MUST:
            money = ("no plan without it", "")
        standing = "" if pd.isna(row.as_data_stand) else row.as_data_stand
        screen.add_row(
            f"{row.facility}:{row.option}", usd(number_of(row.capex)), *counts, between, *money, standing,
            _why(row, verdict),
        )  # fmt: skip
    out.print(screen)
    if len(mine) > out.most(ROWS):
        out.print(f"... and {len(mine) - out.most(ROWS)} more in options.csv")
    if verdict in (TOSS_UP, UNDECIDED):
        for row in rows_of(mine.head(out.most(ROWS))):
            for line in _by_variant(row, found):
                out.print(line)


def _between(row: Any, name: str) -> str:
    least, most = (number_of(getattr(row, f"{name}_{end}")) for end in ("at_least", "at_most"))
    if least is None:
        return "-"
    if most is None:
        return Span(f"at least {_short(least)}", least, None)
    if most - least <= max(0.01 * most, 1.0):
        return _short(most)
    if least > 0.01 * most:
        return Span(f"{_short(least)} to {_short(most)}", least, most)
    return Span(f"up to {_short(most)}", None, most)


def _short(value: float) -> str:
    """USD in a column of them: 4.51 bn, 12.3 M, 45,000."""
    size = abs(value)
    if size >= 1e9:
        return Money(f"{value / 1e9:,.3g} bn", value)
    return Money(f"{value / 1e6:,.3g} M" if size >= 1e5 else f"{value:,.0f}", value)


def _why(row: Any, verdict: str) -> str:
    """What a reader should know besides."""
    parts = []
    if 0 < row.no_plan_without < row.samples:
        parts.append(f"no plan without it in {row.no_plan_without}")
    if verdict == TOSS_UP and row.in_some > row.samples / 2:
        parts.append("either way within the tolerance in most")
    if verdict == UNDECIDED:
        many = number_of(row.samples_to_decide)
        if row.not_proved > row.samples / 2:
            parts.append("more samples do not help: too little is proved")
        elif many is not None:
            parts.append(f"{many:.0f} like these would tell")
    return "; ".join(parts)


def _by_variant(row: Any, found: Verdicts) -> list[str]:
    """In how many samples of each overlay it is in all, where they differ."""
    table = found.by_variant
    mine = table[(table["facility"] == row.facility) & (table["option"] == row.option)]
    words = []
    for group, rows in mine.groupby("group", sort=False):
        rates = rows["in_all"] / rows["samples"].clip(lower=1)
        if len(rows) > 1 and rates.max() - rates.min() >= 0.5:
            said = ", ".join(f"{one.in_all} of {one.samples} {one.label}" for one in rows_of(rows))
            words.append(f"  {row.facility}:{row.option} by {group}, in all in {said}")
    return words
