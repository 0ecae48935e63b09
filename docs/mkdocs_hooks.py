"""What the site has that the Markdown has not: navigation, formulas, notebooks, and the files that pages link to.

The pages are written for a reader of the repository. Here links to files outside `docs/` become links to pages that
show them, so that the site is whole by itself; formulas become MathML, which browsers draw without a script, in a font
that comes along: without one for mathematics their subscripts stand on the line.
"""

from __future__ import annotations

import html
import importlib.util
import io
import json
import os
import re
from pathlib import Path
from typing import Any

from fontTools import subset
from latex2mathml.converter import convert
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
LINK = re.compile(r"(?<!!)\[(?P<text>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<target>[^)\s]+)\)")
COMMENT = re.compile(r"^<!-- .*? -->$", re.MULTILINE)
FORMULA = re.compile(r'<(span|div) class="arithmatex">\\([(\[])(.*?)\\[)\]]</\1>', re.DOTALL)
LINE = re.compile(r"\.html\?line=(\d+)(?=\")")
BAR = re.compile(r'<mover>(<m[in]>[^<]*</m[in]>)<mo stretchy="true">&#x000AF;</mo></mover>')
"""A bar over a letter as it is converted: a macron, which the font draws as a dash."""
EMPTY_HEAD = re.compile(r"<th([^>]*)></th>")
"""A head that heads nothing is a cell."""
LONG = 80
"""Letters from which a formula may be wider than a page: it scrolls, and a keyboard has to reach it."""
LANGUAGES = {".py": "python", ".yaml": "yaml", ".toml": "toml", ".json": "json"}
WORDS = {*LANGUAGES, ".md", ".ipynb", ".csv", ".j2", ".sh", ".txt", ""}
"""Files that are shown as pages, by suffix; others are given as they are."""
HIDDEN = "---\nsearch:\n  exclude: true\n---\n"
"""Front matter of pages that search leaves out."""

FONT = "assets/formulas.woff"
LETTERS = (
    (0x20, 0x7E),
    (0xA0, 0xFF),
    (0x2B0, 0x3FF),
    (0x2000, 0x22FF),
    (0x27E8, 0x27E9),
    (0x2A00, 0x2AFF),
    (0x1D400, 0x1D7FF),
)
"""What the formulas are written with, as ranges of code points."""

shown: dict[Path, str] = {}
"""File of the project -> address of the page that shows it."""
origins: dict[str, Path] = {}
"""Address of such a page -> file, for the links on it."""


def navigation(text: str) -> list[Any]:
    """The navigation that an index page lists: a section a heading, a page a link; a README has its folder under it."""
    sections: list[Any] = [{"Home": "index.md"}]
    taken = {"index.md"}
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        title, _, body = part.partition("\n")
        entries: list[Any] = []
        for match in LINK.finditer(body):
            page = match["target"].replace(".ipynb", ".md")
            if not page.endswith(".md") or page.startswith("..") or page in taken:
                continue
            taken.add(page)
            folder = (DOCS / page).parent
            others = sorted({file.name for file in folder.glob("*.md")} - {"README.md"})
            if page.endswith("/README.md") and others:
                inside = [f"{page.removesuffix('README.md')}{name}" for name in others]
                entries.append({match["text"]: [page, *inside]})
            else:
                entries.append({match["text"][:1].upper() + match["text"][1:]: page})
        sections.append({title.strip(): entries})
    return sections


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Navigation from the index page."""
    config.nav = navigation((DOCS / "index.md").read_text(encoding="utf-8"))
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Pages for the notebooks, and for what pages link to outside the documentation."""
    shown.clear()
    origins.clear()
    waiting = [Path(file.abs_src_path or "") for file in files.documentation_pages()]
    seen = set(waiting)
    while waiting:
        page = waiting.pop()
        text = _markdown(page)
        for match in LINK.finditer(text):
            file = _file(page, match["target"])
            if file is None or file in seen or not file.exists():
                continue
            if file.suffix == ".md" and file.is_relative_to(DOCS):
                continue
            seen.add(file)
            if file.is_file() and file.suffix not in WORDS:
                if not file.is_relative_to(DOCS):
                    shown[file] = f"project/{file.relative_to(ROOT).as_posix()}"
                    files.append(File.generated(config, shown[file], abs_src_path=str(file)))
                continue
            address = _address(file)
            shown[file] = address
            if file.is_file() and file.suffix in (".md", ".ipynb"):
                origins[address] = file
                waiting.append(file)
            where = InclusionLevel.UNDEFINED if file.suffix == ".ipynb" else InclusionLevel.NOT_IN_NAV
            files.append(File.generated(config, address, content=_content(file), inclusion=where))
    files.append(File.generated(config, FONT, content=font()))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    """Links that lead somewhere on the site; no comments, which would glue a table to the paragraph before it."""
    address = page.file.src_uri
    origin = origins.get(address, DOCS / address)
    return indented(COMMENT.sub("", LINK.sub(lambda match: _link(match, origin, address), markdown)))


def indented(markdown: str) -> str:
    """What stands under a numbered item by four blanks, where three are enough for readers of the repository."""
    lines, inside = [], False
    for line in markdown.splitlines():
        inside ^= line.startswith("```")
        lines.append(f" {line}" if line.startswith("   ") and not inside else line)
    return "\n".join(lines) + "\n"


def on_page_content(html_: str, page: Page, config: MkDocsConfig, files: Files, **_: Any) -> str:  # noqa: ARG001
    """Formulas as MathML; links to a line of a file, which mkdocs would not find on the page yet.

    Raises:
        ValueError: a formula holds a command that has no MathML.
    """
    lined = LINE.sub(r".html#__codelineno-0-\1", html_)
    told = EMPTY_HEAD.sub(r"<td\1></td>", lined)
    return FORMULA.sub(lambda match: mathml(html.unescape(match[3]), block=match[2] == "["), told)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:  # noqa: ARG001
    """What the theme leaves without a name for those who do not see it."""
    return output.replace(
        'data-md-component="search" role="dialog"', 'data-md-component="search" role="dialog" aria-label="Search"'
    )


def mathml(formula: str, *, block: bool) -> str:
    """A formula of LaTeX as MathML.

    Raises:
        ValueError: it holds a command that has no MathML.
    """
    found = str(convert(formula.strip(), display="block" if block else "inline"))
    found = BAR.sub(r'<mover accent="true">\1<mo stretchy="false">&#x203E;</mo></mover>', found)
    if block and len(formula.strip()) >= LONG:
        found = found.replace("<math ", '<math tabindex="0" ', 1)
    if unknown := re.findall(r"\\[a-zA-Z]+", found):
        raise ValueError(f"{', '.join(unknown)} has no MathML: {formula}")
    return found


def font() -> bytes:
    """STIX Two Math (SIL Open Font License), as far as formulas need it."""
    spec = importlib.util.find_spec("ziamath")  # imported, it warns
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("ziamath is not installed: the extra 'docs'")
    options = subset.Options(flavor="woff", layout_features=["*"])
    loaded = subset.load_font(str(Path(spec.origin).parent / "fonts" / "STIXTwoMath-Regular.ttf"), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[point for first, last in LETTERS for point in range(first, last + 1)])
    subsetter.subset(loaded)
    written = io.BytesIO()
    subset.save_font(loaded, written, options)
    return written.getvalue()


def _markdown(file: Path) -> str:
    """The text of a page as Markdown, notebooks too."""
    text = file.read_text(encoding="utf-8")
    return notebook(json.loads(text)) if file.suffix == ".ipynb" else text


def notebook(document: dict[str, Any]) -> str:
    """An executed notebook as Markdown: its words, its code, and what the code printed as text."""
    parts: list[str] = []
    for cell in document["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
            continue
        parts.append(f"```python\n{source}\n```")
        for output in cell.get("outputs", ()):
            text = output.get("text") or output.get("data", {}).get("text/plain") or ()
            if text:
                parts.append(f"```text\n{''.join(text).rstrip()}\n```")
    return "\n\n".join(parts) + "\n"


def _file(page: Path, target: str) -> Path | None:
    """The file of the project that a link leads to; None for addresses and anchors."""
    if re.match(r"[a-z]+:|#", target):
        return None
    file = Path(os.path.normpath(page.parent / target.partition("#")[0]))
    return file if file.is_relative_to(ROOT) else None


def _address(file: Path) -> str:
    if file.suffix == ".ipynb":
        return file.relative_to(DOCS).with_suffix(".md").as_posix()
    name = file.relative_to(ROOT).as_posix()
    return f"project/{name}" if file.suffix == ".md" else f"project/{name}.md"


def _content(file: Path) -> str:
    """The page that shows a file or lists a folder."""
    name = file.relative_to(ROOT).as_posix()
    if file.is_dir():
        names = [item.name for item in sorted(file.iterdir()) if not item.name.startswith((".", "__"))]
        listed = "\n".join(f"- `{item}`" for item in names)
        return f"{HIDDEN}# {name}\n\nA folder of the project:\n\n{listed}\n"
    if file.suffix in (".md", ".ipynb"):
        return _markdown(file)
    text = file.read_text(encoding="utf-8")
    fence = "`" * 4
    kind = LANGUAGES.get(file.suffix, "text")
    return f'{HIDDEN}# `{name}`\n\n{fence}{kind} linenums="1"\n{text.rstrip()}\n{fence}\n'


def _link(match: re.Match[str], origin: Path, address: str) -> str:
    """A link of a page as one that holds on the site."""
    target = match["target"]
    file = _file(origin, target)
    if file is None:
        return match[0]
    anchor = target.partition("#")[2]
    if file in shown:
        to = shown[file]
        if number := re.fullmatch(r"L(\d+)", anchor):
            to, anchor = f"{to}?line={number[1]}", ""
    elif file.is_relative_to(DOCS):
        to = file.relative_to(DOCS).as_posix()
    else:
        return match[0]
    relative = os.path.relpath(to, Path(address).parent)
    return f"[{match['text']}]({relative}{'#' if anchor else ''}{anchor})"
