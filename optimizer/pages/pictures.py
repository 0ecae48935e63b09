"""Pictures of a page, as plotly has them; colours are left to the page, which is light or dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any

from optimizer.briefs.brief import Grid

BAR = 30
"""Pixels of a bar."""
AROUND = 130
"""Pixels of axes and legend."""
MOST_BARS = 25
"""In a picture; the table holds the rest."""
M = 1e6
"""USD in a M USD."""
SHADES = (0.0005, 0.05, 0.1, 0.25, 0.5)
"""Lack of service, or exposure, over which a cell is a shade darker."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure.

    Attributes:
        title: above it.
        words: the same for those who do not see it: what it shows, and its main numbers.
        data: traces; `meta` of each has the number of its colour.
        layout: axes.
        height: in pixels.
        grid: its numbers as a table; None where a table of the page has them.
    """

    title: str
    words: str
    data: tuple[dict[str, Any], ...]
    layout: dict[str, Any]
    height: int = 340
    grid: Grid | None = None

    def with_grid(self, grid: Grid) -> Picture:
        """The same with its numbers as a table."""
        return replace(self, grid=grid)


@dataclass(frozen=True, slots=True)
class View:
    """A figure that a script of the page draws, by year and future: its data are in the file once.

    Attributes:
        kind: `map` or `flow`, the name of the script.
        title: above it.
        words: see `Picture`.
        data: numbers and words; the script sets words as text, never as markup.
        grid: its numbers without a disruption, as a table.
        notes: below it.
        panes: views of its kind that it sets side by side; it has no data of its own then.
    """

    kind: str
    title: str
    words: str
    data: dict[str, Any]
    grid: Grid
    notes: tuple[str, ...] = ()
    panes: tuple[Pane, ...] = ()


@dataclass(frozen=True, slots=True)
class Pane:
    """One of several views that are drawn side by side, with their controls in common.

    Attributes:
        name: of what it shows.
        view: as it stands on another page of the report, which has its data.
        end: the first year that none of its periods has.
    """

    name: str
    view: View
    end: int


@dataclass(frozen=True, slots=True)
class Shares:
    """A table of shares whose cells are shaded.

    Attributes:
        title: above it.
        words: see `Picture`.
        heads: of the columns of shares.
        rows: name and a share for each column, None where there is none.
        of: what the names are.
        caption: of the table.
        blank: what a cell without a share says.
        low_is_bad: whether a low share is bad; else a high one.
    """

    title: str
    words: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[float | None, ...]], ...]
    of: str
    caption: str
    blank: str
    low_is_bad: bool = True


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a graph.

    Attributes:
        name: beside it, cut where there is no room.
        kind: number of its kind in `Graph.kinds`.
        told: more about it, for who points at it.
        end: of the name, never cut.
    """

    name: str
    kind: int
    told: str = ""
    end: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """From a mark to one of a later column, both by column and row, with the share of one that the other has."""

    begin: tuple[int, int]
    end: tuple[int, int]
    share: float
    leads: bool
    """Whether it is on a way to what the graph warns of."""


@dataclass(frozen=True, slots=True)
class Graph:
    """Marks in columns with lines between them; `pages.graphs` says where they stand.

    Attributes:
        title: above it.
        words: see `Picture`.
        heads: of the columns.
        columns: marks of each column, from above.
        links: between them.
        kinds: what marks of a kind are.
        leads: what a link that leads is.
        grid: see `Picture`.
        notes: below it.
    """

    title: str
    words: str
    heads: tuple[str, ...]
    columns: tuple[tuple[Mark, ...], ...]
    links: tuple[Link, ...]
    kinds: tuple[str, ...]
    leads: str
    grid: Grid
    notes: tuple[str, ...] = ()


Figure = Picture | View | Shares | Graph
"""What a page may draw."""


def shade(share: float | None, low_is_bad: bool) -> int:
    """How dark a share is shaded, from 0 (nothing to worry about) to 5."""
    if share is None:
        return 0
    lack = 1.0 - share if low_is_bad else share
    return sum(lack > least for least in SHADES)


def percent(share: float) -> str:
    """A share in per cent; what is not all of it is never told as 100 %."""
    return "100 %" if share >= 1.0 - 5e-5 else "0 %" if share <= 0 else f"{min(share, 0.999):.1%}".replace("%", " %")


def label(words: Any) -> str:
    """Words of the data as plotly may have them: it reads tags in its labels."""
    return escape(str(words), quote=False)


def labels(many: Sequence[Any]) -> list[str]:
    """Several of them."""
    return [label(words) for words in many]


def axis(title: str, **more: Any) -> dict[str, Any]:
    """An axis with its title, unit included."""
    return {"title": {"text": label(title)}, **more}


def years(title: str = "year") -> dict[str, Any]:
    """An axis of years."""
    return axis(title, dtick=1, tickformat="d")


def lines(title: str, words: str, series: Mapping[str, tuple[Sequence[Any], Sequence[float | None]]],
          x: Mapping[str, Any], y: str) -> Picture:  # fmt: skip
    """Lines with a mark at each value.

    Args:
        title: of the picture.
        words: its text alternative.
        series: (x, y) by name.
        x: the horizontal axis.
        y: title of the vertical axis, with its unit.
    """
    marks = ("circle", "square", "diamond", "triangle-up", "x", "star")
    data = [
        {
            "type": "scatter", "mode": "lines+markers", "name": label(name), "x": list(xs), "y": list(ys),
            "meta": number, "marker": {"symbol": marks[number % len(marks)], "size": 8},
        }
        for number, (name, (xs, ys)) in enumerate(series.items())
    ]  # fmt: skip
    layout = {"xaxis": dict(x), "yaxis": axis(y, rangemode="tozero"), "showlegend": len(data) > 1}
    return Picture(title, words, tuple(data), layout)


def columns(title: str, words: str, series: Mapping[str, tuple[Sequence[Any], Sequence[float | None]]],
            x: Mapping[str, Any], y: str, *, stacked: bool) -> Picture:  # fmt: skip
    """Upright bars, beside or on one another; arguments as of `lines`."""
    data = [
        {"type": "bar", "name": label(name), "x": list(xs), "y": list(ys), "meta": number}
        for number, (name, (xs, ys)) in enumerate(series.items())
    ]
    mode = "relative" if stacked else "group"
    places = max((len(set(xs)) for xs, _ in series.values()), default=1)
    layout = {
        "xaxis": dict(x), "yaxis": axis(y), "barmode": mode, "showlegend": len(data) > 1,
        "bargap": max(0.25, 1.0 - 0.15 * places),
    }  # fmt: skip
    return Picture(title, words, tuple(data), layout)


def bars(title: str, words: str, names: Sequence[str],
         series: Mapping[str, tuple[Sequence[float | None], Sequence[float | None]]], x: Mapping[str, Any],
         *, stacked: bool = False) -> Picture:  # fmt: skip
    """Lying bars, one line for each name.

    Args:
        title: of the picture.
        words: its text alternative.
        names: of the lines, from above.
        series: (where bars begin, how long they are) by name of the series, None where a line has no such bar.
        x: the horizontal axis.
        stacked: bars begin where the one before ends.
    """
    data = []
    for number, (name, (begin, length)) in enumerate(series.items()):
        trace: dict[str, Any] = {
            "type": "bar", "orientation": "h", "name": label(name), "y": labels(names), "x": list(length),
            "meta": number,
        }  # fmt: skip
        if not stacked:
            trace["base"] = list(begin)
        data.append(trace)
    layout = {
        "xaxis": dict(x),
        "yaxis": {"type": "category", "autorange": "reversed", "categoryarray": labels(names)},
        "barmode": "stack" if stacked else "overlay",
        "showlegend": len(data) > 1,
    }
    return Picture(title, words, tuple(data), layout, AROUND + BAR * len(names))
