"""The page of a Pareto front."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from optimizer.briefs.fronts import say
from optimizer.briefs.words import plain, rough
from optimizer.fronts import Frontier
from optimizer.pages.folder import Columns, read_table
from optimizer.pages.page import Content, counted, listed
from optimizer.pages.pictures import M, Picture, axis, lines
from optimizer.plan.columns import rows_of

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
    limits = [f"{sweep['key']} ({sweep['limits']})" for sweep in info["sweeps"]]
    yield f"Least cost against {' and '.join(limits)}, at {counted(len(points), 'point')}."
    known = points.dropna(subset=["objective"])
    if known.empty:
        yield "No point has a plan."
        return
    if not known["dearer_at_least"].gt(0).any() and known["dearer_at_least"].notna().any():
        least, most = known["objective"].min(), known["objective"].max()
        yield f"No point is proved to cost more than the loosest: plans cost {rough(least)} to {rough(most)}."
    else:
        ordered = known.sort_values("objective", kind="stable").to_dict("records")
        for row, word in ((ordered[0], "least"), (ordered[-1], "most")):
            at = ", ".join(f"{key} = {plain(row[key])}" for key in _keys(found))
            options = counted(int(row["options"]), "option")
            yield f"It costs {word} at {at}: {rough(row['objective'])}, {options} funded."
    front = int((points["verdict"] == "front").sum())
    if front:
        yield f"{counted(front, 'point')} on the front, proved: every stricter one costs more."
    none = points[points["status"] == "infeasible"]
    if len(none):
        at = listed((", ".join(plain(row[key]) for key in _keys(found)) for _, row in none.iterrows()), 3)
        yield f"No plan, proved, at {at}."


def _pictures(found: Frontier) -> Iterator[Picture]:
    keys = _keys(found)
    known = found.points.dropna(subset=["objective"])
    if known.empty:
        return
    points = known.rename(columns={key: f"key{i}" for i, key in enumerate(keys)})
    groups = {"": points}
    if len(keys) > 1:
        groups = {f"{keys[1]} = {plain(float(str(value)))}": rows for value, rows in points.groupby("key1")}
    series: dict[str, tuple[list[float], list[float]]] = {}
    for name, rows in groups.items():
        ordered = list(rows_of(rows.sort_values("key0")))
        xs = [float(row.key0) for row in ordered]
        series[name or "best plan found"] = (xs, [row.objective / M for row in ordered])
        if len(keys) == 1:
            series["no plan costs less"] = (xs, [row.bound / M for row in ordered])
    said = listed((f"{name}: {ys[0]:,.0f} to {ys[-1]:,.0f} M USD" for name, (_, ys) in series.items()), 8)
    picture = lines(
        f"Least cost against {keys[0]}",
        f"Cost from the lowest to the highest value of {keys[0]}: {said}.",
        series,
        axis(keys[0]),
        "cost, M USD",
    )
    layout = picture.layout | {"yaxis": axis("cost, M USD")}
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
