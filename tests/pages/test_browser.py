"""A report in a browser: nothing is asked of a network, every picture is drawn, and a keyboard gets everywhere."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import optimizer
from optimizer.plan.plan import Plan

from .conftest import Made

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ALONE = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-quic",
]  # fmt: skip
GRAVE = ("serious", "critical")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)"),
]


@pytest.fixture(scope="module")
def address(made: Made, tmp_path_factory: pytest.TempPathFactory) -> str:
    file = optimizer.report(made.all, tmp_path_factory.mktemp("browser") / "report.html")
    return file.absolute().as_uri()


@pytest.fixture(scope="module")
def mapped(placed: Plan, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A report on a plan whose plant has a place, and so a map."""
    folder = tmp_path_factory.mktemp("mapped")
    return optimizer.report(placed.save(folder / "plan"), folder / "report.html").absolute().as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=ALONE)
        yield started
        started.close()


def opened(browser: Any, address: str, **how: Any) -> tuple[Any, list[str], list[str]]:
    """A page with all its pictures, what its console said, and what it asked for."""
    page = browser.new_page(**how)
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.wait_for_selector("html[data-drawn]", timeout=30_000)
    return page, said, asked


SCREENS = [(390, "dark"), (1440, "light")]


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_every_picture_is_drawn_and_nothing_else_is_loaded(browser: Any, address: str, scheme: str, width: int) -> None:
    """Nothing on the console, no request besides the file, marks in every picture, nothing wider than the page."""
    how = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
    page, said, asked = opened(browser, address, **how)
    assert said == []
    assert asked == [address]
    pictures = page.locator(".picture")
    assert pictures.count() >= 9
    for number in range(pictures.count()):
        one = pictures.nth(number)
        assert one.locator(".point path, .scatterlayer path.point").count() > 0, one.get_attribute("aria-label")
        assert one.bounding_box()["width"] > width / 3
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_stands_in_the_way_of_a_reader(browser: Any, address: str, scheme: str) -> None:
    """axe-core finds nothing serious in contrast, names, headings, tables and what the keyboard reaches."""
    page, _, _ = opened(browser, address, color_scheme=scheme)
    found = axe.Axe().run(page).response["violations"]
    grave = {one["id"]: [node["html"][:200] for node in one["nodes"][:3]] for one in found if one["impact"] in GRAVE}
    assert grave == {}
    page.close()


def test_the_keyboard_reaches_pages_and_tables(browser: Any, address: str) -> None:
    """First the way to the pages, then the list of pages; a link of it leads there; a wide table can be scrolled."""
    page, _, _ = opened(browser, address)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the pages"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    link = page.evaluate("document.activeElement.getAttribute('href')")
    assert link == "#page-2"
    page.keyboard.press("Enter")
    assert page.url.endswith("#page-2")
    page.wait_for_function("Math.abs(document.querySelector('#page-2').getBoundingClientRect().top) < 60")
    page.locator("section > .scroll").first.focus()
    assert page.evaluate("document.activeElement.className") == "scroll"
    page.close()


def test_on_paper_it_is_dark_on_light(browser: Any, address: str, tmp_path: Path) -> None:
    """Whatever the screen was; each page of the report begins a sheet."""
    page, _, _ = opened(browser, address, color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    sheets = page.pdf(path=tmp_path / "report.pdf", format="A4")
    assert sheets.count(b"/Type /Page\n") >= page.locator("section.page").count()
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_year_and_future_are_chosen_by_keyboard(browser: Any, mapped: str, scheme: str) -> None:
    """Arrow keys move the year; the sentence, marks and table follow, nothing is loaded, and axe-core finds nothing."""
    page, said, asked = opened(browser, mapped, color_scheme=scheme)
    for kind, marks in (("map", ".mark"), ("flow", ".band")):
        view = page.locator(f".view.{kind}")
        view.locator("input[type=range]").focus()
        before = view.locator(".said").text_content()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        after = view.locator(".said").text_content()
        assert before.startswith("2027")
        assert after.startswith("2029")
        assert view.locator(f".drawing {marks}").count() > 0
        view.locator("select").first.select_option("1")
        assert "export_ban" in view.locator(".said").text_content()
        assert view.locator("svg script, .drawing img").count() == 0
    page.locator(".map select").last.select_option(index=1)
    assert "funded" in page.locator(".map .about").text_content()
    found = axe.Axe().run(page).response["violations"]
    assert {one["id"] for one in found if one["impact"] in GRAVE} == set()
    assert said == []
    assert asked == [mapped]
    page.close()


@pytest.fixture(scope="module")
def several(placed: Plan, made: Made, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A report on two plans with places, one of which funds less, and one of another state of the instance."""
    folder = tmp_path_factory.mktemp("several")
    less = replace(placed, tables=placed.tables | {"portfolio": placed.portfolio.head(1)})
    plans = [placed.save(folder / "whole"), less.save(folder / "less"), made.folder / "changed"]
    return optimizer.report(plans, folder / "report.html").absolute().as_uri()


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_maps_side_by_side_follow_one_slider(browser: Any, several: str, scheme: str, width: int) -> None:
    """Year, future and place are chosen once, by keyboard; both maps, sentences and tables follow, on one scale."""
    page, said, asked = opened(browser, several, color_scheme=scheme, viewport={"width": width, "height": 900})
    view = page.locator("#page-1 .view.map")
    assert view.count() == 1
    assert view.locator("input[type=range]").count() == 1
    drawings, told = view.locator(".drawing"), view.locator(".said")
    assert drawings.count() == told.count() == 2
    boxes = [drawings.nth(number).bounding_box() for number in range(2)]
    beside = abs(boxes[0]["y"] - boxes[1]["y"]) < 2 and boxes[1]["x"] > boxes[0]["x"] + boxes[0]["width"]
    assert beside == (width > 1000)
    view.locator("input[type=range]").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    for number, name in enumerate(("whole (A)", "less (A)")):
        assert told.nth(number).text_content().startswith(f"{name}: 2029, No disruption.")
        assert drawings.nth(number).locator(".mark").count() == 1
        assert drawings.nth(number).locator("svg").get_attribute("aria-label").startswith(f"{name}: Map of")
    view.locator("select").first.select_option("1")
    assert all("export_ban" in told.nth(number).text_content() for number in range(2))
    view.locator("select").last.select_option(index=1)
    assert view.locator(".about li").count() == 2
    assert view.locator(".drawing .chosen").count() == 2
    assert page.locator("#page-2 .view.map .chosen").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = axe.Axe().run(page).response["violations"]
    assert {one["id"] for one in found if one["impact"] in GRAVE} == set()
    assert said == []
    assert asked == [several]
    page.close()
