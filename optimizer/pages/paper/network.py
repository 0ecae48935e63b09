"""The map and the flow of material of one year and future on paper, from the data that a page draws from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from optimizer.errors import OptionsError
from optimizer.pages.network.drawn_map import three
from optimizer.pages.network.geography import HEIGHT, WIDTH, rings
from optimizer.pages.network.standing import BUILDING, CUT, LOST, NOTHING, ON_LINE, STANDS, UNTRUSTED, WORDS
from optimizer.pages.paper.charts import titled, words
from optimizer.pages.pictures import View

MARKS = {STANDS: "o", BUILDING: "s", ON_LINE: "D", UNTRUSTED: "^", CUT: "$/$", LOST: "X"}
INK, GREEN, RED = "#1b2027", "#1b7f5c", "#b3262e"
FACES = {STANDS: INK, BUILDING: "w", ON_LINE: GREEN, UNTRUSTED: RED, CUT: RED, LOST: RED}
TONES = ("#0b61a4", "#b35900", "#1b7f5c", "#8e3b8e", "#5a6472", "#6b7a00", "#00788a", "#b3262e")
"""Of stages and channels, as on a page in the light."""
LAND, COAST, SEA = "#e3e6de", "#a7afa2", "#f4f7fa"
WIDEST = 5.0
"""Points of the widest line."""
BAR, GAP, HIGH, LEAST = 12.0, 14.0, 330.0, 34.0
"""Of the flow: width of a node, room below it, the highest column, the lowest node with its words."""


def draw(axis: Any, view: View, year: int | None, future: str) -> None:
    """Draw a view.

    Args:
        axis: where.
        view: the map or the flow.
        year: first year of a period; default the last.
        future: `base` or a scenario.

    Raises:
        OptionsError: there is no such year or future.
    """
    data = view.data
    ids = [one["id"] for one in data["futures"]]
    faults = []
    if year is not None and year not in data["years"]:
        faults.append(f"no period of the plan begins in {year}; there are {', '.join(map(str, data['years']))}")
    if future not in ids:
        faults.append(f"there is no future '{future}'; there are {', '.join(ids)}")
    if faults:
        raise OptionsError("\n".join(faults))
    at = len(data["years"]) - 1 if year is None else data["years"].index(year)
    which = data["futures"][ids.index(future)]
    axis.set_axis_off()
    titled(axis, f"{view.title}: {data['years'][at]}, {which['name']}")
    if view.kind == "map":
        _map(axis, data, at, which["path"][at])
    else:
        _flow(axis, data, at, which["path"][at])


def _map(axis: Any, data: dict[str, Any], at: int, course: int) -> None:
    from matplotlib.collections import PolyCollection  # noqa: PLC0415
    from matplotlib.lines import Line2D  # noqa: PLC0415

    axis.set_xlim(0, WIDTH)
    axis.set_ylim(HEIGHT, 0)
    axis.set_aspect("equal")
    axis.patch.set_facecolor(SEA)
    axis.add_collection(PolyCollection(list(rings()), facecolor=LAND, edgecolor=COAST, lw=0.3))
    found: dict[tuple[int, int, int], float] = defaultdict(float)
    for begin, end, material, tonnes in _fours(data["courses"][course]["lines"][at]):
        found[int(begin), int(end), data["materials"][int(material)][1]] += tonnes
    most = max(found.values(), default=1.0)
    for (begin, end, stage), tonnes in sorted(found.items(), key=lambda one: one[1]):
        _line(axis, data["places"][begin]["at"], data["places"][end]["at"], stage, tonnes / most)
    ends = {n for begin, end, _ in found for n in (begin, end) if not data["places"][n]["facilities"]}
    hub: dict[str, Any] = {"marker": "o", "ms": 4.5, "mfc": "w", "mec": INK, "mew": 0.8}
    for n in ends:
        axis.plot(*data["places"][n]["at"], **hub)
    seen = set()
    own, usual = data["courses"][course]["is"], data["courses"][0]["is"]
    for place in data["places"]:
        here = [(f, own.get(f, usual[f])[at]) for f in place["facilities"]]
        here = [(f, letter) for f, letter in here if letter != NOTHING]
        for k, (_, letter) in enumerate(here):
            seen.add(letter)
            x = place["at"][0] + 7.0 * (k - (len(here) - 1) / 2)
            axis.plot(x, place["at"][1], **_mark(letter))
    keys = [Line2D([], [], ls="", label=said, **_mark(letter)) for letter, said in WORDS.items() if letter in seen]
    keys += [Line2D([], [], ls="", label="middle of a region, or a market or stockpile", **hub)] if ends else []
    stages = sorted({stage for *_, stage in found})
    named = [words(f"moves what {data['stages'][s]} makes") for s in stages]
    keys += [Line2D([], [], color=_stage(s), lw=2, label=name) for s, name in zip(stages, named, strict=True)]
    axis.legend(handles=keys, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=3, frameon=False, fontsize=6.5)
    widest = f"widest line {three(most):,} t. " if found else ""
    axis.text(2, HEIGHT - 4, f"{widest}Outlines: Natural Earth", fontsize=5.5, va="bottom")


def _mark(letter: str) -> dict[str, Any]:
    edge = GREEN if letter == BUILDING else RED if letter == CUT else "w"
    thick = 1.0 if letter == BUILDING else 0.4
    return {"marker": MARKS[letter], "ms": 4.2, "mfc": FACES[letter], "mec": edge, "mew": thick}


def _stage(number: int) -> str:
    return TONES[number % len(TONES)]


def _line(axis: Any, begin: list[float], end: list[float], stage: int, share: float) -> None:
    """An arc with a head; the shorter way round the globe, so that one over the Pacific is drawn at both edges."""
    (x1, y1), (x2, y2) = begin, end
    around = 0.0 if abs(x2 - x1) <= WIDTH / 2 else -WIDTH if x2 > x1 else WIDTH
    bend = 0.1 + 0.03 * (stage % 4)
    for shift in {0.0, -around}:
        arrow = {
            "arrowstyle": "-|>", "color": _stage(stage), "alpha": 0.6, "lw": 0.4 + WIDEST * share, "shrinkA": 0,
            "shrinkB": 2, "mutation_scale": 5 + 5 * share, "connectionstyle": f"arc3,rad={bend}", "clip_on": True,
            "clip_box": axis.bbox,
        }  # fmt: skip
        tip, tail = (x2 + around + shift, y2), (x1 + shift, y1)
        axis.annotate("", xy=tip, xytext=tail, annotation_clip=False, arrowprops=arrow)


def _fours(flat: list[Any]) -> Iterator[tuple[Any, Any, Any, Any]]:
    return zip(flat[::4], flat[1::4], flat[2::4], flat[3::4], strict=True)


def _flow(axis: Any, data: dict[str, Any], at: int, course: int) -> None:
    said, held = data["measures"][0]
    found: dict[tuple[int, int], float] = defaultdict(float)
    for begin, end, material, tonnes in _fours(data["moved"][course][at]):
        if held[material] > 0:
            found[begin, end] += tonnes * held[material]
    into: dict[int, float] = defaultdict(float)
    out: dict[int, float] = defaultdict(float)
    for (begin, end), amount in found.items():
        out[begin] += amount
        into[end] += amount
    size = {n: max(into[n], out[n]) for n in {*into, *out}}
    sums = [sum(size.get(n, 0.0) for n in column) for column in data["columns"]]
    per = HIGH / max(max(sums, default=0.0), 1e-9)
    step = (WIDTH - 150.0) / max(1, len(data["columns"]) - 1)
    top: dict[int, tuple[float, float]] = {}
    low = 0.0
    for c, column in enumerate(data["columns"]):
        y = 0.0
        for n in column:
            if size.get(n, 0.0) <= 0:
                continue
            top[n] = (c * step, y)
            _node(axis, data, n, top[n], size[n], size[n] * per)
            y += max(size[n] * per, LEAST) + GAP
        low = max(low, y)
    _bands(axis, data, found, top, per)
    axis.set_xlim(0, WIDTH)
    axis.set_ylim(low, -16)
    axis.text(0, -4, words(f"t of {said}"), fontsize=6.5)


def _node(axis: Any, data: dict[str, Any], n: int, at: tuple[float, float], amount: float, high: float) -> None:
    from matplotlib.patches import Rectangle  # noqa: PLC0415

    (x, y), (name, channel) = at, data["nodes"][n]
    axis.add_patch(Rectangle((x, y), BAR, max(high, 1.0), color=_tone(data, n), lw=0))
    axis.text(x + BAR + 3, y + 1, words(f"{name}\n{channel}\n{three(amount):,} t"), fontsize=5, va="top", zorder=5)


def _tone(data: dict[str, Any], n: int) -> str:
    return TONES[data["channels"].index(data["nodes"][n][1]) % len(TONES)]


def _bands(axis: Any, data: dict[str, Any], found: dict[tuple[int, int], float], top: dict[int, tuple[float, float]],
           per: float) -> None:  # fmt: skip
    from matplotlib.patches import PathPatch  # noqa: PLC0415
    from matplotlib.path import Path  # noqa: PLC0415

    left = {n: y for n, (_, y) in top.items()}
    starts = {}
    for begin, end in sorted(found, key=lambda one: (top[one[0]][1], top[one[1]][1])):
        starts[begin, end] = left[begin]
        left[begin] += found[begin, end] * per
    right = {n: y for n, (_, y) in top.items()}
    for begin, end in sorted(found, key=lambda one: (top[one[1]][1], top[one[0]][1])):
        wide = max(found[begin, end] * per, 0.4)
        (x1, _), (x2, _) = top[begin], top[end]
        x1, y1, y2 = x1 + BAR, starts[begin, end], right[end]
        right[end] += found[begin, end] * per
        reach = (x2 - x1) / 2 if x2 > x1 else 60.0
        corners = [
            (x1, y1), (x1 + reach, y1), (x2 - reach, y2), (x2, y2),
            (x2, y2 + wide), (x2 - reach, y2 + wide), (x1 + reach, y1 + wide), (x1, y1 + wide), (x1, y1),
        ]  # fmt: skip
        codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
        axis.add_patch(PathPatch(Path(corners, codes), facecolor=_tone(data, begin), alpha=0.4, lw=0))
