"""How a report and a figure say what is marked."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import optimizer
from optimizer.plan.plan import Plan

from .conftest import ROOT, read

LABELS = {
    "cui": {"name": "Controlled & <secret>", "banner": "CUI & <b>"},
    "acme": {"name": "Of Acme", "banner": "ACME PROPRIETARY"},
}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
BANNER = "CUI & <b>; ACME PROPRIETARY"


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan of a marked instance, and why a plant is not funded; and the same of one without marked rows."""
    folder = tmp_path_factory.mktemp("marked")
    two = optimizer.load(ROOT / "docs" / "examples" / "two_plants.yaml")
    optimizer.why(two, "abroad", folder=folder / "plain")
    two = two.replace({"markings": LABELS, "facilities.home.marking": "cui", "materials.magnet.marking": "acme"})
    optimizer.solve(two, gap=0).save(folder / "plan")
    optimizer.why(two, "abroad", folder=folder / "why")
    return folder


@pytest.mark.slow
def test_the_banner_is_at_the_top_and_the_bottom_of_the_file(marked: Path, tmp_path: Path) -> None:
    """As words, whatever is in them; each page lists what it stands for."""
    top = read(optimizer.report([marked / "plan", marked / "why"], tmp_path / "report.html"))
    (body,) = top.all("body")
    banners = [one for one in body.inside if one.attributes.get("class") == "banner"]
    assert [one.words for one in banners] == [BANNER, BANNER]
    assert body.inside[0] is banners[0]
    assert body.inside.index(banners[1]) > [one.name for one in body.inside].index("footer")
    provenance = [section.all("dl")[0].words for section in body.all("section", class_="page")]
    assert all(
        "CUI & <b>: Controlled & <secret> (1 row); ACME PROPRIETARY: Of Acme (1 row)" in one for one in provenance
    )


def test_a_banner_of_one_page_holds_for_the_file(marked: Path, tmp_path: Path) -> None:
    """A report on a marked result and one that is not."""
    top = read(optimizer.report([marked / "plain", marked / "why"], tmp_path / "report.html"))
    assert len(top.all("div", class_="banner")) == 2
    text = optimizer.report([marked / "plain"], tmp_path / "plain.html").read_text(encoding="utf-8")
    assert "banner" not in text


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)")
def test_a_printed_page_begins_and_ends_with_it(marked: Path, tmp_path: Path) -> None:
    """On paper the banners are head and foot of the one table that the file is, which browsers repeat on every page."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    file = optimizer.report([marked / "plan", marked / "why"], tmp_path / "report.html")
    asked = "id => (({display, breakInside}) => [display, breakInside])(getComputedStyle(document.getElementById(id)))"
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.goto(file.absolute().as_uri())
        assert page.locator("#banner-top").bounding_box()["y"] == 0
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.body).display") == "table"
        assert page.evaluate(asked, "banner-top") == ["table-header-group", "avoid"]
        assert page.evaluate(asked, "banner-bottom") == ["table-footer-group", "avoid"]
        browser.close()


def test_a_figure_has_it_in_a_corner(marked: Path, tmp_path: Path) -> None:
    """Above all that is drawn; a figure of a plan without marked rows has none, and its size is the same."""
    plan = Plan.read(marked / "plan")
    text = optimizer.plot(plan, "service", tmp_path / "service.svg").read_text(encoding="utf-8")
    assert "<!-- CUI &amp; &lt;b&gt;; ACME PROPRIETARY -->" in text
    bare = Plan(optimizer.load(ROOT / "docs" / "examples" / "two_plants.yaml"), plan.info, plan.tables)
    other = optimizer.plot(bare, "service", tmp_path / "bare.svg").read_text(encoding="utf-8")
    assert "ACME" not in other
    assert text.split("viewBox")[1][:30] == other.split("viewBox")[1][:30]
