"""One HTML file from result folders: each has its page, and the file needs nothing besides itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from optimizer.errors import OptionsError, PlanError
from optimizer.folders import as_text, write_new
from optimizer.pages.beside.page import beside
from optimizer.pages.folder import as_written
from optimizer.pages.front import led
from optimizer.pages.html import MARK, html_of
from optimizer.pages.kinds import kind_of
from optimizer.pages.page import Page
from optimizer.pages.proofs import with_proofs

PAGES = "folders read"
"""What is told while folders are read; proofs are told by the folder that they lie in."""


def report(
    folders: Sequence[Path | str] | Path | str,
    file: Path | str = "report.html",
    *,
    title: str = "",
    tell: Callable[[str, int, int], None] | None = None,
) -> Path:
    """Write one HTML file with a page for each result folder.

    It opens offline, in light and dark, and prints. Nothing is computed anew: pages show what the folders hold; a proof
    of a bound that lies beside a plan is gone through, and the page says what it proves. Where
    two plans or more are among them, a page that sets these side by side comes first. A plan's answer begins with what
    verdicts, or alternatives, on its instance say where their folder is among those given.

    Args:
        folders: result folders of `solve`, `roll`, `shortfall`, `cuts`, `calendar`, `why`, `verdicts`, `flip`,
            `compare`, `frontier`, `alternatives`, `waivers`, `stress` and `explain`, in the order of their pages.
        file: where; an earlier report there is replaced.
        title: of the file; default names the instances.
        tell: called with what is done, how many, of how many.

    Returns:
        The file that was written.

    Raises:
        OptionsError: no folder is given, one is given twice, or jinja2 or plotly is not installed.
        PlanError: folders are missing, broken, of another format or without a page, all of them named; or something
            else than a report is in the file's place.

    Example:
        >>> import optimizer
        >>> plan = optimizer.solve(optimizer.load("docs/examples/two_plants.yaml"))
        >>> folder = plan.save("results/two_plants")
        >>> optimizer.report([folder], "results/two_plants.html").name
        'two_plants.html'
    """
    given = [Path(folders)] if isinstance(folders, (Path, str)) else [Path(folder) for folder in folders]
    target = Path(file)
    _check(given, target)
    pages = with_proofs(_pages(given, tell), tell)
    with as_written(", ".join(map(str, given)), "results"):
        text = as_text(html_of(led(beside(pages)), title))
    target.parent.mkdir(parents=True, exist_ok=True)
    write_new(target, text)
    return target


def _check(given: Sequence[Path], target: Path) -> None:
    if not given:
        raise OptionsError("give a result folder, such as results/starter: a report has a page for each")
    real = [folder.resolve() for folder in given]
    twice = [str(folder) for number, folder in enumerate(given) if real[number] in real[:number]]
    if twice:
        raise OptionsError(f"given twice: {', '.join(dict.fromkeys(twice))}")
    if target.is_dir():
        raise PlanError(f"{target} is a folder; name a file for the report with -o, such as report.html")
    if target.exists():
        with target.open("rb") as there:
            if MARK.encode() not in there.read(4096):
                raise PlanError(f"{target} is there already and is no report; name another file with -o")


def _pages(given: Sequence[Path], tell: Callable[[str, int, int], None] | None) -> list[Page]:
    """The page of each folder; all that is wrong with any is said at once."""
    pages, faults = [], []
    for number, folder in enumerate(given):
        if tell is not None:
            tell(PAGES, number, len(given))
        try:
            pages.append(kind_of(folder).page(folder))
        except PlanError as error:
            faults.append(str(error))
    if faults:
        raise PlanError("\n".join(faults))
    return pages
