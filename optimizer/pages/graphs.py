"""Where the marks of a graph stand and how its lines run, on a page and on paper alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.pages.pictures import Graph, Mark

WIDTH = 1000.0
"""Of a graph of up to five columns; more make it wider."""
ROW, TOP, BELOW = 20.0, 34.0, 8.0
"""Height of a row; room for the heads; room below the last row."""
FIRST = 320.0
"""Where the marks of the first column stand, their names to the left of them."""
BETWEEN = 110.0
"""From them to the second column, which has names to its right, as all that follow."""
NARROW = 180.0
"""The least that a column with its names takes."""
LETTER, BESIDE = 5.7, 10.0
"""Width of a letter, about; from a mark to its name."""
LINE = 28.0
"""The least that is left of a line between a name and the next mark."""
THIN, THICK = 1.0, 7.0
"""Of a line for a share of nothing and of all."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A mark with its place.

    Attributes:
        mark: what stands there.
        x: from the left.
        y: from above.
        name: cut to its room.
        left: whether the name stands to the left.
    """

    mark: Mark
    x: float
    y: float
    name: str
    left: bool

    @property
    def text(self) -> float:
        """Where the name begins, or ends if it stands to the left."""
        return self.x - BESIDE if self.left else self.x + BESIDE

    @property
    def after(self) -> float:
        """From where lines go on to the right."""
        return self.x + 6.0 if self.left else self.x + BESIDE + LETTER * len(self.name) + 4.0


@dataclass(frozen=True, slots=True)
class Line:
    """A line between two marks.

    Attributes:
        x1, y1, x2, y2: its ends.
        reach: how far from its ends it is level.
        wide: how wide it is.
        leads: see `Link`.
        told: the link in words.
    """

    x1: float
    y1: float
    x2: float
    y2: float
    reach: float
    wide: float
    leads: bool
    told: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A graph with all in its place; marks by column.

    Attributes:
        heads: (x, words) of each column.
        marks: placed, by column.
        width: of all.
        lines: those that lead last, so that they are on top.
        height: of all.
    """

    heads: tuple[tuple[float, str], ...]
    marks: tuple[tuple[Placed, ...], ...]
    lines: tuple[Line, ...]
    width: float
    height: float


def drawn_of(graph: Graph) -> Drawn:
    """Set marks level with the middle of what they are linked to, as far as there is room."""
    others = max(1, len(graph.columns) - 1)
    step = max(NARROW, (WIDTH - FIRST - BETWEEN) / others)
    at = [FIRST, *(FIRST + BETWEEN + step * number for number in range(others))][: len(graph.columns)]
    linked: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for link in graph.links:
        linked[link.end].append(link.begin)
    place: dict[tuple[int, int], Placed] = {}
    for column, marks in enumerate(graph.columns):
        room = FIRST - 2 * BESIDE if column == 0 else step - BESIDE - LINE
        wanted = []
        for row in range(len(marks)):
            ys = [place[begin].y for begin in linked[column, row] if begin in place]
            wanted.append((sum(ys) / len(ys) if ys else TOP + ROW * row, row))
        last = TOP - ROW
        for y, row in sorted(wanted):
            last = max(last + ROW, y)
            name = _cut(marks[row], int(room / LETTER))
            place[column, row] = Placed(marks[row], at[column], last, name, column == 0)
    return Drawn(
        tuple(zip(at, graph.heads, strict=True)),
        tuple(tuple(place[c, r] for r in range(len(marks))) for c, marks in enumerate(graph.columns)),
        tuple(sorted(_lines(graph, place), key=lambda line: line.leads)),
        FIRST + BETWEEN + step * others,
        max((one.y for one in place.values()), default=TOP) + ROW / 2 + BELOW,
    )


def _cut(mark: Mark, most: int) -> str:
    room = most - len(mark.end)
    return (mark.name if len(mark.name) <= room else f"{mark.name[: room - 1]}…") + mark.end


def _lines(graph: Graph, place: dict[tuple[int, int], Placed]) -> Iterator[Line]:
    for link in graph.links:
        begin, end = place[link.begin], place[link.end]
        x1, x2 = begin.after, end.x - 6.0
        told = f"{end.mark.name} has {link.share:.1%} of {begin.mark.name}"
        wide = THIN + (THICK - THIN) * min(1.0, link.share)
        yield Line(x1, begin.y, x2, end.y, (x2 - x1) / 2.0, wide, link.leads, told)
