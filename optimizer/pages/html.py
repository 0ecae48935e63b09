"""Sets pages in HTML: all that comes from an instance is escaped, and nothing is loaded from anywhere."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from typing import Any

from optimizer.errors import OptionsError
from optimizer.instance.marks import banner_of, together
from optimizer.pages.blocks import Table, blocks_of, table_of
from optimizer.pages.graphs import drawn_of
from optimizer.pages.network.geography import outlines
from optimizer.pages.page import Page
from optimizer.pages.pictures import Figure, Graph, Picture, Shares, View, percent, shade
from optimizer.run import versions

INSTALL = "install it with: pip install '.[report]' at the root of the project"
MARK = '<meta name="generator" content="trusted-supply-optimizer">'
"""By which an earlier report is known."""
PART = "optimizer.pages"
SCRIPTS = ("map.js", "flow.js")


def html_of(pages: Sequence[Page], title: str = "") -> str:
    """A whole file.

    Args:
        pages: in order.
        title: of the file; default that of the page where there is one, else what instances they are of.

    Raises:
        OptionsError: jinja2, or plotly where there is a picture, is not installed.
    """
    try:
        import jinja2  # noqa: PLC0415 (an extra: only a report needs it)
    except ModuleNotFoundError as error:
        raise OptionsError(f"a report needs jinja2, which is not installed; {INSTALL}") from error
    figures = {
        f"figure-{number}-{place}": picture
        for number, page in enumerate(pages, 1)
        for place, picture in enumerate(page.pictures, 1)
    }
    banner = banner_of(together(page.markings for page in pages))
    pictures = {name: one for name, one in figures.items() if isinstance(one, Picture)}
    views = {name: one for name, one in figures.items() if isinstance(one, View)}
    scripts = [*([_plotly()] if pictures else []), *map(_text, SCRIPTS if views else ()), _text("report.js")]
    scripts = scripts if pictures or views else []
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=jinja2.FunctionLoader(_text),
    )
    for name, kind in (("table", Table), ("view", View), ("shares", Shares), ("graph", Graph)):
        environment.tests[name] = lambda block, kind=kind: isinstance(block, kind)
    environment.globals |= {"shade": shade, "percent": percent, "drawn_of": drawn_of}
    text: str = environment.get_template("report.html").render(
        mark=MARK,
        title=title or _title(pages),
        banner=banner,
        pages=[_set(number, page) for number, page in enumerate(pages, 1)],
        names=_names(pages),
        style=_text("report.css") + (_text("marked.css") if banner else ""),
        figures=_json([_drawn(name, picture) for name, picture in pictures.items()]),
        views=_json(list(_seen(views))),
        outlines=_json(outlines() if any(view.kind == "map" for view in views.values()) else ""),
        scripts=scripts,
        hashes=" ".join(f"'sha256-{_sha256(script)}'" for script in scripts) or "'none'",
        proofs=any(page.proof is not None for page in pages),
        version=versions()["trusted-supply-optimizer"],
    )
    return text


def _title(pages: Sequence[Page]) -> str:
    if len(pages) == 1:
        return pages[0].title
    names = dict.fromkeys(value for page in pages for name, value in page.provenance if name == "instance")
    return f"Report on {', '.join(names) or 'plans'}"


def _names(pages: Sequence[Page]) -> list[str]:
    """Titles for the list of pages; where two are alike, with their folders."""
    counts = Counter(page.title for page in pages)
    return [page.title if counts[page.title] == 1 else f"{page.title} ({page.source})" for page in pages]


def _set(number: int, page: Page) -> dict[str, Any]:
    pictures = [
        (f"figure-{number}-{place}", picture, _numbers(picture)) for place, picture in enumerate(page.pictures, 1)
    ]
    return {
        "id": f"page-{number}",
        "page": page,
        "blocks": list(blocks_of(page.brief, page.title)),
        "pictures": pictures,
    }


def _seen(views: Mapping[str, View]) -> Iterator[dict[str, Any]]:
    """Views as their script takes them; one that sets others side by side names those that have the data."""
    names = {id(view): name for name, view in views.items()}
    for name, view in views.items():
        panes = [{"name": pane.name, "end": pane.end, "of": names[id(pane.view)]} for pane in view.panes]
        yield {"id": name, "kind": view.kind, "words": view.words, "data": view.data, "panes": panes}


def _numbers(figure: Figure) -> Table | None:
    """A figure's numbers as a table, where no other table of the page has them."""
    grid = None if isinstance(figure, Shares) else figure.grid
    return None if grid is None else table_of(grid, figure.title)


def _drawn(name: str, picture: Picture) -> dict[str, Any]:
    """A picture as plotly takes it; plotly's own records refuse a trace that is none."""
    try:
        from plotly.graph_objects import Figure  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise OptionsError(f"a report with pictures needs plotly, which is not installed; {INSTALL}") from error
    made = Figure(data=list(picture.data), layout=picture.layout, skip_invalid=False).to_plotly_json()
    layout = {key: value for key, value in made["layout"].items() if key != "template"}
    return {"id": name, "data": made["data"], "layout": layout | {"height": picture.height}}


def _plotly() -> str:
    try:
        from plotly.offline import get_plotlyjs  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise OptionsError(f"a report with pictures needs plotly, which is not installed; {INSTALL}") from error
    return str(get_plotlyjs())


def _json(value: Any) -> str:
    """JSON that ends no script, whatever names are in it."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _text(name: str) -> str:
    return resources.files(PART).joinpath("templates", name).read_text(encoding="utf-8")


def _sha256(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
