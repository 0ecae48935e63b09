"""optimizer shortfall, as a person calls it."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.build import solve
from worth.conftest import backup

from .conftest import call


def test_one_screen_and_a_document(tmp_path: Path) -> None:
    """Gross and net, by material and by year, and who stops first; again as JSON; a wrong future is named."""
    solve(backup(0.4)).save(tmp_path / "plan")
    called = call("shortfall", "plan", "--future", "gone", "--workers", "1", folder=tmp_path)
    assert called.code == 0, called.err
    for words in ("what is short in gone", "standing (gross)", "funded plants", "By channel and year", "First to stop"):
        assert words in called.out, words
    assert (tmp_path / "plan_shortfall" / "shortfall.csv").is_file()
    document = call("shortfall", "plan", "--workers", "1", "-q", "--json", folder=tmp_path).document
    rows = {row["measure"]: row["short"] for row in document["by_measure"]}
    assert rows["standing"] == pytest.approx(4)
    called = call("shortfall", "plan", "--future", "gnoe", "--workers", "1", "-q", "-o", "other", folder=tmp_path)
    assert called.code == 2
    assert "there is no future 'gnoe'; there is expected, base, gone" in called.err
    assert not (tmp_path / "other").exists()


@pytest.mark.slow
def test_beside_a_baseline_on_screen_and_on_its_page(tmp_path: Path) -> None:
    """The difference by measure, and who stops no more; the page says the same; a baseline without a plan is named."""
    solve(backup(0.4)).save(tmp_path / "plan")
    last = backup(0.4)
    del last["facilities"]["backup"]
    solve(last).save(tmp_path / "last")
    words = ("shortfall", "plan", "--baseline", "last", "--workers", "1")
    called = call(*words, "--future", "gone", folder=tmp_path)
    assert called.code == 0, called.err
    flat = " ".join(called.out.split())
    assert "Beside the plan of backup made 20" in flat
    assert "funded plants -10 0" in flat
    assert "gone town 0 stops no more" in flat
    report = call("report", "plan_shortfall", "-o", "report.html", folder=tmp_path)
    assert report.code == 0, report.err
    page = " ".join((tmp_path / "report.html").read_text(encoding="utf-8").split())
    assert "net of all measures, short: open 4.00 t less. Otherwise than there stop: town in gone." in page
    assert "Short beside the baseline by year, net of all measures" in page
    assert "on the mean over futures: in all open 4.00 t less" in page
    document = call(*words, "-q", "--json", folder=tmp_path).document
    assert {row["change"] for row in document["stop_differences"]} == {"the same", "stops no more"}
    called = call("shortfall", "plan", "--baseline", "nowhere", "-q", "-o", "other", folder=tmp_path)
    assert called.code == 2
    assert "nowhere" in called.err
    assert not (tmp_path / "other").exists()
