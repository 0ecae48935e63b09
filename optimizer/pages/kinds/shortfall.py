"""The page of a net shortfall."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.briefs.shortfalls import by_of, ordered, say, urgent_of
from optimizer.briefs.words import plan_beside, rough_tonnes
from optimizer.ladder import NetShortfall
from optimizer.ladder.beside import SAME
from optimizer.ladder.measures import PLANNED
from optimizer.ladder.study import EXPECTED
from optimizer.pages.folder import Columns, read_table
from optimizer.pages.page import Content, listed
from optimizer.pages.pictures import Picture, columns, lines, years

TABLES = {
    "shortfall": Columns("measure future tier channel material", "period", "demand short taken_off"),
    "measures": Columns("measure adds status", "fundings", "short taken_off"),
    "stops": Columns("future market tier channel product", "onset period", "weeks short demand"),
}
BESIDE = {
    "differences": Columns(
        "measure future tier channel material", "period", "demand baseline_demand short baseline_short difference"
    ),
    "stop_differences": Columns("future market tier channel change", "", "weeks baseline_weeks later"),
}
"""Tables that a baseline adds."""


def read(folder: Path, info: dict[str, Any]) -> NetShortfall:
    """A net shortfall from its folder."""
    tables = TABLES | BESIDE if info.get("baseline") else TABLES
    return NetShortfall(info, **{name: read_table(folder, name, columns) for name, columns in tables.items()})


def _mean(found: NetShortfall) -> pd.DataFrame:
    return ordered(found, found.shortfall[found.shortfall["future"] == EXPECTED])


def _steps(found: NetShortfall) -> list[str]:
    return [name for name in dict.fromkeys(_mean(found)["measure"]) if name != PLANNED]


def _alerts(found: NetShortfall) -> Iterator[str]:
    if found.info["status"] == "stopped":
        yield "Stopped early: what was not operated by then is blank. The same command goes on from there."


def _by_group(by: str, rows: pd.DataFrame) -> str:
    sums = rows.groupby(by, sort=False)["short"].sum(min_count=1)
    said = {name: "not known" if pd.isna(short) else rough_tonnes(float(short)) for name, short in sums.items()}
    return listed(f"{group} {words}" for group, words in said.items())


def _answer(found: NetShortfall) -> Iterator[str]:
    mean, steps, by = _mean(found), _steps(found), by_of(found)
    if not steps:
        yield "Nothing was operated yet."
        return
    periods = mean["period"]
    first = mean[mean["measure"] == steps[0]]
    yield (
        f"With what stands alone and nothing in stock, short over {periods.min()} to {periods.max()}, on the mean over "
        f"futures: {_by_group(by, first)}, of {rough_tonnes(float(first['demand'].sum()))} asked for."
    )
    if len(steps) > 1:
        last = mean[mean["measure"] == steps[-1]]
        yield f"Net of {listed(steps[1:])}: {_by_group(by, last)}."
        off = mean[mean["measure"].isin(steps[1:])].groupby("measure", sort=False)["taken_off"].sum()
        if off.max() > 0:
            yield f"The step that takes off most is {off.idxmax()}: {rough_tonnes(float(off.max()))}."
    yield _first_stop(found)
    if found.info.get("baseline"):
        yield _beside(found, steps[-1])


def _first_stop(found: NetShortfall) -> str:
    by, strictest = urgent_of(found)
    stops = found.stops[found.stops[by].isin(strictest)].dropna(subset=["weeks"])
    names = ", ".join(strictest)
    if stops.empty:
        return f"No market of {names} stops in any future."
    row = stops.sort_values("weeks", kind="stable").iloc[0]
    return (
        f"First to stop ({names}): {row['market']}, after {row['weeks']:,.0f} weeks of the future {row['future']}, "
        f"for want of {row['product']}."
    )


def _beside(found: NetShortfall, last: str) -> str:
    """What the plan leaves short beside the baseline, net of all measures."""
    by, words = by_of(found), f"Beside {plan_beside(found.info['baseline'])}"
    rows = ordered(found, found.differences[found.differences["future"] == EXPECTED])
    rows = rows[rows["measure"] == last].dropna(subset=["difference"])
    if rows.empty:
        return f"{words}: not known yet."
    sums = rows.groupby(by, sort=False)["difference"].sum()
    said = [_more(str(group), float(tonnes)) for group, tonnes in sums.items()]
    stops = found.stop_differences[found.stop_differences[by].isin(urgent_of(found)[1])]
    changed = stops[stops["change"] != SAME]
    otherwise = listed(changed["market"] + " in " + changed["future"]) or "none"
    return f"{words}, net of all measures, short: {listed(said)}. Otherwise than there stop: {otherwise}."


def _more(group: str, tonnes: float) -> str:
    """By how much a group is shorter than with the baseline."""
    if abs(tonnes) < 1:
        return f"{group} as much"
    return f"{group} {rough_tonnes(abs(tonnes))} {'more' if tonnes > 0 else 'less'}"


def _pictures(found: NetShortfall) -> Iterator[Picture]:
    mean, steps, by = _mean(found), _steps(found), by_of(found)
    sums = pd.DataFrame(
        mean.groupby([by, "measure", "period"], as_index=False, sort=False)["short"].sum(min_count=1)
    ).dropna(subset=["short"])
    for group in dict.fromkeys(mean[by]):
        series = {}
        for name in steps:
            mine = sums[(sums[by] == group) & (sums["measure"] == name)].sort_values("period")
            if len(mine):
                by_year = ([int(year) for year in mine["period"]], [float(short) for short in mine["short"]])
                series[f"{name} (gross)" if name == steps[0] else name] = by_year
        if series:
            said = "; ".join(f"{name} {rough_tonnes(sum(ys))} in all" for name, (_, ys) in series.items())
            yield lines(
                f"Short in {group} by year, with each measure and all before it",
                f"Short by year in {group}, t, on the mean over futures: {said}.",
                series,
                years(),
                "short, t",
            )
    if found.info.get("baseline") and steps:
        yield from _picture_beside(found, steps[-1])


def _picture_beside(found: NetShortfall, last: str) -> Iterator[Picture]:
    """What the plan leaves short beside the baseline by year; none where it is the same in all of them."""
    rows = found.differences[(found.differences["future"] == EXPECTED) & (found.differences["measure"] == last)]
    sums = pd.DataFrame(
        ordered(found, rows)
        .groupby([by_of(found), "period"], as_index=False, sort=False)["difference"]
        .sum(min_count=1)
    ).dropna(subset=["difference"])
    if sums.empty or not sums["difference"].abs().ge(1).any():
        return
    series = {
        str(group): ([int(year) for year in mine["period"]], [float(tonnes) for tonnes in mine["difference"]])
        for group, mine in sums.sort_values("period").groupby(by_of(found), sort=False)
    }
    said = "; ".join(_more(group, sum(tonnes)) for group, (_, tonnes) in series.items())
    yield columns(
        "Short beside the baseline by year, net of all measures",
        f"Short by year less what {plan_beside(found.info['baseline'])} leaves short, t, net of all measures, on the "
        f"mean over futures: in all {said}.",
        series,
        years(),
        "short more than there, t",
        stacked=False,
    )


CONTENT: Content[NetShortfall] = Content(
    title=lambda found: f"Shortfall of {found.info['instance']}, gross and net of each measure",
    say=say,
    alerts=_alerts,
    answer=_answer,
    pictures=_pictures,
    settings=("status", "measures", "tiers", "demand_tiers", "stops_of", "baseline", "seconds"),
)
