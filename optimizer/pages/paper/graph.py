"""A graph on paper, with its marks and lines where a page has them."""

from __future__ import annotations

from typing import Any

from optimizer.pages.graphs import BELOW, drawn_of
from optimizer.pages.paper.charts import titled, words
from optimizer.pages.pictures import Graph

COLOURS = ("#1b7f5c", "#5a6472", "#b35900", "#b3262e")
"""Of kinds of marks, as on a page in the light."""
MARKS = "soD^"
LEADS, LINK, HEAD = "#b3262e", "#c4c9cf", "#525b66"
POINTS = 0.45
"""Of a line for each unit of its width."""
LETTERS, LINE = 4.6, 16.0
"""Size of letters; height of a line of the legend."""


def height_of(graph: Graph) -> float:
    """Inches that a graph takes."""
    return 0.4 + drawn_of(graph).height / 135.0 + 0.12 * len(graph.kinds)


def draw(axis: Any, graph: Graph) -> None:
    """Draw a graph with its legend below."""
    from matplotlib.patches import PathPatch  # noqa: PLC0415
    from matplotlib.path import Path  # noqa: PLC0415

    drawn = drawn_of(graph)
    axis.set_axis_off()
    axis.set_xlim(0, drawn.width)
    axis.set_ylim(drawn.height + LINE * (len(graph.kinds) + 1), 0)
    titled(axis, graph.title)
    for number, (x, head) in enumerate(drawn.heads):
        axis.text(
            x, 16, words(head), fontsize=LETTERS, color=HEAD, ha="right" if number == 0 else "left", weight="bold"
        )
    for line in drawn.lines:
        turns = [(line.x1 + line.reach, line.y1), (line.x2 - line.reach, line.y2)]
        way = Path([(line.x1, line.y1), *turns, (line.x2, line.y2)], [Path.MOVETO, *[Path.CURVE4] * 3])
        colour = LEADS if line.leads else LINK
        axis.add_patch(PathPatch(way, fill=False, lw=line.wide * POINTS, color=colour, capstyle="butt"))
    for one in (mark for column in drawn.marks for mark in column):
        kind = one.mark.kind
        axis.plot(one.x, one.y, MARKS[kind], ms=3, color=COLOURS[kind], zorder=4)
        side = "right" if one.left else "left"
        axis.text(one.text, one.y, words(one.name), fontsize=LETTERS, ha=side, va="center", zorder=5)
    for number, meaning in enumerate(graph.kinds):
        y = drawn.height + BELOW + LINE * number
        axis.plot(10, y, MARKS[number], ms=3, color=COLOURS[number])
        axis.text(22, y, words(meaning), fontsize=LETTERS, va="center")
    y = drawn.height + BELOW + LINE * len(graph.kinds)
    axis.plot([4, 16], [y, y], lw=1.5, color=LEADS)
    axis.text(22, y, words(graph.leads), fontsize=LETTERS, va="center")
