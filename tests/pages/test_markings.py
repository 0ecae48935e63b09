"""How a report and a figure say what is marked."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

import optimizer
from optimizer.plan.plan import Plan

from .conftest import ROOT, Made, read

LABELS = {
    "cui": {"name": "Controlled & <secret>", "banner": "CUI & <b>"},
    "acme": {"name": "Of Acme", "banner": "ACME PROPRIETARY"},
}
BANNER = "CUI & <b>; ACME PROPRIETARY"


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan of a marked instance, and why a plant is not funded."""
    folder = tmp_path_factory.mktemp("marked")
    two = optimizer.load(ROOT / "docs" / "examples" / "two_plants.yaml")
    two = two.replace({"markings": LABELS, "facilities.home.marking": "cui", "materials.magnet.marking": "acme"})
    optimizer.solve(two, gap=0).save(folder / "plan")
    optimizer.why(two, "abroad", folder=folder / "why")
    return folder


def test_the_banner_is_at_the_top_and_the_bottom_of_the_file(marked: Path, tmp_path: Path) -> None:
    """As words, whatever is in them; each page lists what it stands for, and tables have the column."""
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


def test_a_banner_of_one_page_holds_for_the_file(marked: Path, made: Made, tmp_path: Path) -> None:
    """A report on a marked result and one that is not."""
    top = read(optimizer.report([made["why"], marked / "why"], tmp_path / "report.html"))
    assert len(top.all("div", class_="banner")) == 2
    text = optimizer.report([made["why"]], tmp_path / "plain.html").read_text(encoding="utf-8")
    assert "banner" not in text


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("chromium") or not shutil.which("pdftotext"), reason="chromium and pdftotext")
def test_every_printed_page_has_it_twice(marked: Path, tmp_path: Path) -> None:
    """In the head and the foot of each page that a browser prints."""
    file = optimizer.report([marked / "plan", marked / "why"], tmp_path / "report.html")
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--print-to-pdf={tmp_path / 'out.pdf'}"]
    subprocess.run([*command, file.absolute().as_uri()], check=True, capture_output=True, timeout=120)
    said = subprocess.run(["pdftotext", "-layout", tmp_path / "out.pdf", "-"], check=True, capture_output=True)
    pages = said.stdout.decode().split("\f")[:-1]
    assert len(pages) > 2
    assert [page.count("ACME PROPRIETARY") >= 2 for page in pages] == [True] * len(pages)


def test_a_figure_has_it_in_a_corner(marked: Path, tmp_path: Path) -> None:
    """Above all that is drawn; a figure of a plan without marked rows has none, and its size is the same."""
    plan = Plan.read(marked / "plan")
    text = optimizer.plot(plan, "service", tmp_path / "service.svg").read_text(encoding="utf-8")
    assert "<!-- CUI &amp; &lt;b&gt;; ACME PROPRIETARY -->" in text
    bare = Plan(optimizer.load(ROOT / "docs" / "examples" / "two_plants.yaml"), plan.info, plan.tables)
    other = optimizer.plot(bare, "service", tmp_path / "bare.svg").read_text(encoding="utf-8")
    assert "ACME" not in other
    assert text.split("viewBox")[1][:30] == other.split("viewBox")[1][:30]
