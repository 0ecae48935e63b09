"""Bars, lines and tables of shares on paper, from the same traces as on a page."""

from __future__ import annotations

import math
import textwrap
from collections import defaultdict
from html import unescape
from typing import Any

from optimizer.pages.pictures import Picture, Shares, percent, shade

TONES = ("#0b61a4", "#b35900", "#1b7f5c", "#8e3b8e", "#b3262e", "#5a6472")
"""As on a page in the light."""
SHADES = ("#ffffff", "#fdf3dc", "#fbe3b5", "#f6c98b", "#eda56b", "#a63a2b")
MARKS = "osD^Xv"
WIDEST = 46
"""Letters of a name; the rest is cut."""
RULE = "#d5dae0"
COLUMNS = 4
"""Of a legend."""
WRAPPED = 48
"""Letters of a line of the title of a table of shares: beside its names there is no room for more."""
YEARS = 18
"""On an axis up to which each has its mark."""


def words(text: Any, most: int = 0) -> str:
    """Words for matplotlib: as before a page's escaping, cut if need be; none begins with `_`, which it hides."""
    plain = unescape(str(text))
    plain = plain if not most or len(plain) <= most else f"{plain[: most - 1]}…"
    return f" {plain}" if plain.startswith("_") else plain


def titled(axis: Any, title: str, rows: int = 0) -> None:
    """Put the title above, at the left, with room for so many rows of a legend below it."""
    axis.set_title(words(title), loc="left", fontsize=9, fontweight="bold", pad=6 + 13 * rows)


def draw(axis: Any, picture: Picture) -> None:
    """Draw bars or lines."""
    lying = any(trace.get("orientation") == "h" for trace in picture.data)
    stacked = picture.layout.get("barmode") in ("relative", "stack")
    tops: dict[tuple[Any, bool], float] = defaultdict(float)
    bars = [trace for trace in picture.data if trace["type"] == "bar"]
    for number, trace in enumerate(picture.data):
        colour, name = TONES[int(trace.get("meta", number)) % len(TONES)], words(trace.get("name", ""))
        if trace["type"] == "scatter":
            axis.plot(trace["x"], trace["y"], marker=MARKS[number % len(MARKS)], ms=4, lw=1.3, color=colour, label=name)
        elif lying:
            _lying(axis, trace, colour, name)
        else:
            _upright(axis, trace, colour, name, tops, stacked, (len(bars), bars.index(trace)))
    if lying:
        names = [words(name, WIDEST) for name in picture.data[0]["y"]]
        axis.set_yticks(range(len(names)), names, fontsize=6.5)
        axis.set_ylim(len(names) - 0.4, -0.6)
    for which, given in (("x", picture.layout.get("xaxis", {})), ("y", picture.layout.get("yaxis", {}))):
        text = given.get("title", {}).get("text", "")
        getattr(axis, f"set_{which}label")(words(text))
        if given.get("range"):
            getattr(axis, f"set_{which}lim")(*given["range"])
    if picture.layout.get("xaxis", {}).get("dtick") == 1:
        low, high = axis.get_xlim()
        axis.set_xticks(
            [year for year in range(math.ceil(low), math.floor(high) + 1) if high - low < YEARS or year % 5 == 0]
        )
    axis.grid(axis="x" if lying else "y", color=RULE, lw=0.6)
    legend = picture.layout.get("showlegend")
    titled(axis, picture.title, math.ceil(len(picture.data) / COLUMNS) if legend else 0)
    if legend:
        axis.legend(
            frameon=False, fontsize=7, ncols=COLUMNS, loc="lower left", bbox_to_anchor=(0, 1.0), borderaxespad=0.2
        )


def _lying(axis: Any, trace: dict[str, Any], colour: str, name: str) -> None:
    begin = trace.get("base") or [0.0] * len(trace["x"])
    there = [n for n, long in enumerate(trace["x"]) if long is not None and begin[n] is not None]
    axis.barh(
        there, [trace["x"][n] for n in there], left=[begin[n] for n in there], height=0.7, color=colour, label=name
    )


def _upright(axis: Any, trace: dict[str, Any], colour: str, name: str, tops: dict[tuple[Any, bool], float],
             stacked: bool, place: tuple[int, int]) -> None:  # fmt: skip
    xs, ys = trace["x"], [y or 0.0 for y in trace["y"]]
    if not stacked:
        count, number = place
        wide = 0.8 / count
        axis.bar([x - 0.4 + wide * (number + 0.5) for x in xs], ys, width=wide, color=colour, label=name)
        return
    bottoms = [tops[x, y < 0] for x, y in zip(xs, ys, strict=True)]
    axis.bar(xs, ys, bottom=bottoms, width=0.7, color=colour, label=name)
    for x, y in zip(xs, ys, strict=True):
        tops[x, y < 0] += y


def draw_shares(axis: Any, shares: Shares) -> None:
    """Draw a table of shares, shaded, each with its number."""
    axis.set_xlim(0, len(shares.heads))
    axis.set_ylim(len(shares.rows), 0)
    for y, (_, cells) in enumerate(shares.rows):
        for x, share in enumerate(cells):
            dark = shade(share, shares.low_is_bad)
            axis.add_patch(_cell(x, y, SHADES[dark]))
            said = shares.blank if share is None else percent(share)
            axis.text(
                x + 0.5,
                y + 0.5,
                said,
                ha="center",
                va="center",
                fontsize=6,
                color="w" if dark == len(SHADES) - 1 else "k",
            )
    axis.set_xticks([x + 0.5 for x in range(len(shares.heads))], map(words, shares.heads))
    axis.set_yticks(
        [y + 0.5 for y in range(len(shares.rows))], [words(name, WIDEST) for name, _ in shares.rows], fontsize=6.5
    )
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    titled(axis, textwrap.fill(shares.title, WRAPPED))


def _cell(x: int, y: int, colour: str) -> Any:
    from matplotlib.patches import Rectangle  # noqa: PLC0415

    return Rectangle((x, y), 1, 1, facecolor=colour, edgecolor="w", lw=0.8)
