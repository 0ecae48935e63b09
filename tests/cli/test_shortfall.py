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
