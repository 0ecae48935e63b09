"""One file with a figure of a plan."""

from __future__ import annotations

import io
import textwrap
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from optimizer.errors import OptionsError, PlanError
from optimizer.folders import write_new
from optimizer.instance.marks import banner_of, markings_of
from optimizer.pages.network.figures import FIGURES
from optimizer.pages.paper import charts, graph, network
from optimizer.pages.pictures import Figure, Graph, Picture, Shares
from optimizer.plan.plan import Plan
from optimizer.run import versions

FORMATS = ("svg", "png", "pdf")
MARK = "trusted-supply-optimizer"
"""By which an earlier figure is known."""
INSTALL = "install it with: pip install '.[plot]' at the root of the project"
DOTS = 200
"""Per inch, of a PNG."""
LETTERS, LINE, GAP = 90, 0.16, 0.06
"""Of a banner: letters of a line, its height, and the room around it; inches."""
STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 8.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "text.parse_math": False,
    "svg.hashsalt": MARK,
    "pdf.fonttype": 42,
}
"""Names of an instance are no mathematics, and the same plan gives the same file."""


def plot(
    plan: Plan | Path | str, figure: str, file: Path | str, *, year: int | None = None, future: str = "base"
) -> Path:
    """Draw a figure of a plan for a paper.

    Args:
        plan: a plan, or its result folder.
        figure: its name: map, flow, timeline, stock, service, short, cost, outlay, heavies, exposure,
            ownership.
        file: where, ending in svg, png or pdf; an earlier figure there is replaced.
        year: first year of a period, of map and flow; default the last.
        future: of map and flow: `base` or a scenario.

    Returns:
        The file that was written.

    Raises:
        OptionsError: there is no such figure, format, year or future, the plan has no data for it, or matplotlib is not
            installed.
        PlanError: there is no plan in the folder, or something else than a figure is in the file's place.

    Example:
        >>> import optimizer
        >>> plan = optimizer.solve(optimizer.load("docs/examples/two_plants.yaml"))
        >>> optimizer.plot(plan, "timeline", "results/timeline.svg").name
        'timeline.svg'
    """
    target = Path(file)
    _check(figure, target)
    found = plan if isinstance(plan, Plan) else Plan.read(plan)
    if not found.tables:
        raise PlanError(f"the run of {found.instance.name} ended without a plan, so there is nothing to draw")
    figures = list(FIGURES[figure](found))
    if not figures:
        raise OptionsError(f"the plan has no data for the figure {figure}: {LACKS.get(figure, 'a table has no rows')}")
    banner = banner_of(markings_of(found.instance))
    data = _bytes(figures, target.suffix[1:].lower(), year, future, banner)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_new(target, data)
    return target


LACKS = {
    "map": "no facility of the instance has a place (location)",
    "timeline": "nothing is funded",
    "stock": "no stockpile has a target",
    "short": "nothing is short without a disruption",
    "heavies": "no material has dysprosium or terbium in its content, or none is made",
    "exposure": "nothing is made in a trusted channel, or no plant there is exposed",
    "ownership": "nothing is made in a trusted channel, or no holder of a plant there is listed",
}


def _check(figure: str, target: Path) -> None:
    faults = []
    if figure not in FIGURES:
        faults.append(f"there is no figure '{figure}'; there are {', '.join(FIGURES)}")
    if target.suffix[1:].lower() not in FORMATS:
        faults.append(f"{target} ends in no format of a figure; let it end in .svg, .png or .pdf")
    if faults:
        raise OptionsError("\n".join(faults))
    if target.is_dir():
        raise PlanError(f"{target} is a folder; name a file for the figure with -o")
    if target.exists() and MARK.encode() not in target.read_bytes():
        raise PlanError(f"{target} is there already and is no figure of this package; name another file with -o")


def _bytes(figures: Sequence[Figure], suffix: str, year: int | None, future: str, banner: str) -> bytes:
    try:
        import matplotlib as mpl  # noqa: PLC0415 (an extra: only a figure needs it)
        from matplotlib.figure import Figure as Sheet  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise OptionsError(f"a figure needs matplotlib, which is not installed; {INSTALL}") from error
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")
        heights = [_height(one) for one in figures]
        sheet = Sheet(figsize=(7.2, sum(heights)), layout="constrained")
        axes = sheet.subplots(len(figures), 1, squeeze=False, height_ratios=heights)
        for one, (axis,) in zip(figures, axes, strict=True):
            _draw(axis, one, year, future)
        if banner:
            _mark(sheet, banner)
        out = io.BytesIO()
        sheet.savefig(out, format=suffix, dpi=DOTS, metadata=_metadata(figures, suffix))
    return out.getvalue()


def _mark(sheet: Any, banner: str) -> None:
    """Write a banner into the corner at the top right, above all that is drawn."""
    lines = textwrap.wrap(banner, LETTERS)
    room = (len(lines) * LINE + GAP) / sheet.get_figheight()
    sheet.get_layout_engine().set(rect=(0, 0, 1, 1 - room))
    sheet.text(
        0.99, 1 - GAP / sheet.get_figheight(), charts.words("\n".join(lines)), ha="right", va="top", weight="bold"
    )


def _height(figure: Figure) -> float:
    """Inches."""
    if isinstance(figure, Picture):
        return max(2.6, figure.height / 130.0)
    if isinstance(figure, Graph):
        return graph.height_of(figure)
    return 0.9 + 0.2 * len(figure.rows) if isinstance(figure, Shares) else 4.2


def _draw(axis: Any, figure: Figure, year: int | None, future: str) -> None:
    if isinstance(figure, Picture):
        charts.draw(axis, figure)
    elif isinstance(figure, Shares):
        charts.draw_shares(axis, figure)
    elif isinstance(figure, Graph):
        graph.draw(axis, figure)
    else:
        network.draw(axis, figure, year, future)


def _metadata(figures: Sequence[Figure], suffix: str) -> dict[str, Any]:
    made = f"{MARK} {versions()[MARK]}"
    title, words = figures[0].title, " ".join(figure.words for figure in figures)
    if suffix == "svg":
        return {"Title": title, "Description": words, "Creator": made, "Date": None}
    if suffix == "pdf":
        return {"Title": title, "Subject": words, "Creator": made, "CreationDate": None}
    return {"Title": title, "Description": words, "Software": made}
