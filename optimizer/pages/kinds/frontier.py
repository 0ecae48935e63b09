"""The page of a Pareto front."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from optimizer.briefs.fronts import say
from optimizer.briefs.words import number_of, plain, rough
from optimizer.digits import digits
from optimizer.fronts import Frontier
from optimizer.fronts.sweeps import SURVIVE
from optimizer.pages.folder import Columns, read_table
from optimizer.pages.page import Content, counted, listed
from optimizer.pages.pictures import M, Picture, axis, lines

POINTS = Columns(
    "status verdict how plan limit funded", "options", "objective bound gap_usd dearer_at_least dearer_at_most capex"
)


def read(folder: Path, info: dict[str, Any]) -> Frontier:
    """A front from its folder."""
    words = f"{POINTS.words} cannot" if "cannot" in info else POINTS.words
    return Frontier(info, read_table(folder, "points", Columns(words, POINTS.whole, POINTS.numbers)))


def _keys(found: Frontier) -> list[str]:
    return [sweep["key"] for sweep in found.info["sweeps"]]


def _alerts(found: Frontier) -> Iterator[str]:
    if found.info["stopped_early"]:
        yield "Stopped early: points without a verdict were not reached. The same command goes on from there."
    limited = int((found.points["status"] == "feasible").sum())
    if limited:
        yield f"{counted(limited, 'point')} ended before the gap that was asked for."


def _answer(found: Frontier) -> Iterator[str]:
    points, info = found.points, found.info
    limits = [f"{_words(sweep['key'])} ({sweep['limits']})" for sweep in info["sweeps"]]
    yield f"Least cost against {' and '.join(limits)}, at {counted(len(points), 'point')}."
    known = points.dropna(subset=["objective"])
    if known.empty:
        yield "No point has a plan."
        return
    first, last = _least_and_most(found)
    yield f"It costs least at {_at(found, first)}: {rough(first['objective'])}, {_options(first)} funded."
    least, most = number_of(last["dearer_at_least"]), number_of(last["dearer_at_most"])
    if least is not None and most is not None and not known["dearer_at_least"].gt(0).any():
        yield f"No point is proved to cost more than the loosest; at most it is {rough(most)} more."
    elif least is not None and most is not None:
        yield (
            f"It costs most at {_at(found, last)}: {rough(least)} to {rough(most)} more than at the loosest, "
            f"{_options(last)} funded."
        )
    else:
        yield f"It costs most at {_at(found, last)}: {rough(last['objective'])}, {_options(last)} funded."
    front = int((points["verdict"] == "front").sum())
    if front:
        yield f"{counted(front, 'point')} on the front, proved: every stricter one costs more."
    none = points[points["status"] == "infeasible"]
    if len(none):
        yield f"No plan, proved, at {listed((_at(found, row) for row in none.to_dict('records')), 3)}."


def _least_and_most(found: Frontier) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """The points with a plan that cost least and most."""
    by = ["objective", "dearer_at_most"]
    ordered = found.points.dropna(subset=["objective"]).sort_values(by, kind="stable").to_dict("records")
    return ordered[0], ordered[-1]


def _at(found: Frontier, row: dict[Any, Any]) -> str:
    return ", ".join(f"{_words(key)} = {plain(row[key])}" for key in _keys(found))


def _options(row: dict[Any, Any]) -> str:
    return counted(int(row["options"]), "option")


def _words(key: str) -> str:
    return "losses survived" if key == SURVIVE else key.replace(",", ", ")


def _pictures(found: Frontier) -> Iterator[Picture]:
    """What each point costs more than the loosest, from the least to the most that the bounds leave; else its cost."""
    keys = _keys(found)
    known = found.points.dropna(subset=["objective"])
    if known.empty:
        return
    priced = bool(known["dearer_at_most"].notna().all())
    sides = {"at most": "dearer_at_most", "at least": "dearer_at_least"} if priced else {"best plan found": "objective"}
    points = known.rename(columns={key: f"key{i}" for i, key in enumerate(keys)})
    groups = {"": points}
    if len(keys) > 1:
        sides = dict(list(sides.items())[:1])
        groups = {f"{_words(keys[1])} = {plain(float(str(at)))}": rows for at, rows in points.groupby("key1")}
    series: dict[str, tuple[list[float], list[float]]] = {}
    for group, rows in groups.items():
        ordered = rows.sort_values("key0")
        for side, column in sides.items():
            values = [float(usd) / M for usd in ordered[column].fillna(0.0)]
            series[group or side] = ([float(at) for at in ordered["key0"]], values)
    head = "costs more than the loosest" + (", at most" if priced and len(keys) > 1 else "") if priced else "cost"
    said = listed((f"{name}: {digits(ys[0], 3)} to {digits(ys[-1], 3)} M USD" for name, (_, ys) in series.items()), 8)
    name = _words(keys[0])
    words = f"What it {head if priced else 'costs'} from the lowest to the highest {name}: {said}."
    title = f"What it {head.partition(',')[0]}, by {name}" if priced else f"Least cost by {name}"
    picture = lines(title, words, series, axis(name), f"{head}, M USD")
    layout = picture.layout | {"yaxis": axis(f"{head}, M USD")}
    yield Picture(picture.title, picture.words, picture.data, layout, picture.height)


CONTENT: Content[Frontier] = Content(
    title=lambda found: f"Front of {found.info['instance']}",
    say=say,
    alerts=_alerts,
    answer=_answer,
    pictures=_pictures,
    settings=(
        "sweeps",
        "of",
        "duration",
        "onsets",
        "markets",
        "gap",
        "gap_usd",
        "method",
        "time_limit",
        "threads",
        "seed",
        "solves",
        "seconds",
    ),
)
