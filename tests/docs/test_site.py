"""The documentation as a site: every page is in it, its links hold, formulas are drawn, and nothing is fetched."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support.scripts import module_of

for needed in ("mkdocs", "material", "mkdocstrings", "latex2mathml", "ziamath", "fontTools"):
    pytest.importorskip(needed, reason=f"{needed} is not installed: the extra 'docs'")

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@functools.cache
def hooks() -> ModuleType:
    """What the site adds to the pages."""
    return module_of(DOCS / "mkdocs_hooks.py")


def pages(of: Any) -> Iterator[str]:
    """The pages of a navigation."""
    if isinstance(of, str):
        yield of
    for item in of.values() if isinstance(of, dict) else of if isinstance(of, list) else ():
        yield from pages(item)


def test_every_page_is_in_the_navigation_once() -> None:
    """The index page is its source: a page that is not named there would not be found."""
    listed = list(pages(hooks().navigation((DOCS / "index.md").read_text(encoding="utf-8"))))
    there = {file.relative_to(DOCS).as_posix() for file in DOCS.rglob("*.md")}
    there |= {file.relative_to(DOCS).with_suffix(".md").as_posix() for file in DOCS.rglob("*.ipynb")}
    assert sorted(listed) == sorted(there)


def test_every_formula_has_mathml() -> None:
    """A command that the converter does not know would be shown as it is typed."""
    text = (DOCS / "formulation.md").read_text(encoding="utf-8")
    found = re.findall(r"```math\n(.*?)```", text, re.DOTALL)
    found += re.findall(r"\$([^$\n]+)\$", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    assert len(found) > 200
    for formula in found:
        assert hooks().mathml(formula, block=True).startswith("<math")
    with pytest.raises(ValueError, match="nonsense"):
        hooks().mathml(r"x \nonsense y", block=False)
    assert "&#x203E;" in hooks().mathml(r"\bar K", block=False)


def test_what_stands_under_a_numbered_item_is_indented() -> None:
    """And code in blocks of its own is not."""
    assert hooks().indented("1. a\n   b\n```\n   c\n```\n") == "1. a\n    b\n```\n   c\n```\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


@pytest.mark.slow
def test_the_site_is_built_without_a_warning_and_loads_nothing_from_elsewhere(site: Path) -> None:
    """Links and their anchors hold (mkdocs looks), and no page names a script, a style or a picture of another host."""
    written = list(site.rglob("*.html"))
    assert len(written) > 100
    loads = re.compile(
        r"""<(?:script|img|iframe|source)\b[^>]*\bsrc=["']?(?:https?:)?//|<link\b[^>]*href=["']?https?://"""
    )
    for page in written:
        assert not loads.search(page.read_text(encoding="utf-8")), page
    assert sum(file.stat().st_size for file in site.rglob("*")) < 30e6


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)")
def test_from_the_disk_it_is_searched_and_asks_for_nothing(site: Path) -> None:
    """In light and dark, narrow and wide: nothing runs over the edge, formulas have their font, search answers."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    asked: list[str] = []
    said: list[str] = []
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for scheme, width in (("light", 390), ("dark", 1440)):
            page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 900})
            page.on("request", lambda request: asked.append(request.url))
            page.on("console", lambda message: said.append(message.text))
            page.on("pageerror", lambda error: said.append(str(error)))
            for name in ("index", "tutorial", "commands", "formulation"):
                page.goto((site / f"{name}.html").as_uri())
                assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
            assert page.evaluate("document.fonts.ready.then(() => document.fonts.check('16px Formulas'))")
        page.fill("input.md-search__input", "appropriation")
        page.wait_for_selector(".md-search-result__item", timeout=30_000)
        assert page.locator(".md-search-result__link[href*='appropriations']").count()
        browser.close()
    assert [url for url in asked if not url.startswith("file:")] == []
    assert said == []


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)")
@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1440)])
def test_it_is_read_by_keyboard_and_ear(site: Path, scheme: str, width: int) -> None:
    """axe finds nothing: links that colour alone tells, pale words, what scrolls beyond a keyboard's reach."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    found = []
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for name in ("index", "instance", "decisions/0016-benders"):
            page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 900})
            page.goto((site / f"{name}.html").as_uri())
            if width < 500 and name == "instance":  # its tables are wider than that
                page.wait_for_selector(".md-typeset__scrollwrap[tabindex]")
            page.wait_for_timeout(300)
            found += [(name, one["id"], one["nodes"][0]["html"]) for one in axe.Axe().run(page).response["violations"]]
            page.close()
        browser.close()
    assert found == []
