"""The back-cast of 2025: built from what was known, judged by bands fixed before, told as it came out."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from support.scripts import module_of

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "instances" / "backcast_2025"
SOURCES = sorted((FOLDER / "sources").glob("*.csv"))
TABLES = sorted(file for file in FOLDER.glob("*.csv") if file.name != "observed.csv")
RESULT = ROOT / "benchmarks" / "results" / "2026-11-23-backcast.csv"
PAGE = ROOT / "docs" / "backcast.md"


def rows(file: Path) -> list[dict[str, str]]:
    """The rows of a table."""
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def tables() -> ModuleType:
    """The module that reads the sources of the back-cast."""
    return module_of(FOLDER / "backcasting" / "tables.py")


def test_the_tables_are_as_rebuilt() -> None:
    """The committed tables are what the sources give."""
    done = subprocess.run(
        [sys.executable, str(FOLDER / "rebuild.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.stem)
def test_no_input_was_known_later(file: Path) -> None:
    """Every source row has a source, a confidence, and a day of knowledge in 2024 or before."""
    found = rows(file)
    assert found
    for row in found:
        assert row["source"], row
        assert row["confidence"][:1] in ("A", "B", "C"), row
        assert row["known"] <= "2024-12-31", row


@pytest.mark.parametrize("file", TABLES, ids=lambda file: file.stem)
def test_every_row_of_the_instance_says_where_it_is_from(file: Path) -> None:
    """Every row of the instance has a source and a confidence."""
    for row in rows(file):
        assert row["source"], row
        assert row["confidence"] in ("A", "B", "C"), row


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("x,1,report,A,2025-01-01", "after 2024-12-31"),
        ("x,1,,A,2024-01-01", "no source"),
        ("x,1,report,,2024-01-01", "no confidence"),
        ("x,1,report,A", "not as many cells"),
    ],
)
def test_a_row_that_breaks_the_rules_is_refused(tmp_path: Path, line: str, fault: str) -> None:
    """A fact known in 2025, or without source or confidence, stops the rebuild with its file and line."""
    (tmp_path / "facts.csv").write_text(f"id,value,source,confidence,known\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=rf"facts\.csv line 2: .*{fault}"):
        tables().read("facts", tmp_path)


def test_bands_hold_what_was_published() -> None:
    """Every band holds its published figure and gives its reason, and the result repeats them unchanged."""
    judged = {row["quantity"]: row for row in rows(RESULT)}
    found = rows(FOLDER / "observed.csv")
    assert set(judged) == {row["quantity"] for row in found}
    for row in found:
        assert float(row["band_low"]) <= float(row["observed"]) <= float(row["band_high"]), row
        assert row["source"], row
        assert row["why_this_band"], row
        told = judged[row["quantity"]]
        assert (told["published"], told["band_low"], told["band_high"]) == (
            row["observed"],
            row["band_low"],
            row["band_high"],
        )


def test_in_band_is_what_the_numbers_say() -> None:
    """A quantity told as within its band is, and one told as outside is not; both kinds exist."""
    told = rows(RESULT)
    for row in told:
        inside = float(row["band_low"]) <= float(row["modelled"]) <= float(row["band_high"])
        assert row["in_band"] == ("yes" if inside else "no"), row
    assert {row["in_band"] for row in told} == {"yes", "no"}


def test_the_page_shows_the_committed_table() -> None:
    """The page carries every row of the result with the same figures and the same verdict."""
    lines = [line.split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    shown = {cells[0].removeprefix("| "): cells for cells in lines}
    for row in rows(RESULT):
        cells = shown[row["quantity"]]
        assert cells[2] == f"{row['published']} ({row['confidence']})"
        assert cells[3:7] == [
            f"{row['band_low']} to {row['band_high']}",
            row["modelled"],
            row["difference"],
            row["in_band"],
        ]


@pytest.mark.slow
def test_solving_gives_the_committed_table() -> None:
    """Solving the instance again gives the committed verdicts, and its figures within one percent."""
    solved = module_of(ROOT / "benchmarks" / "backcast.py").rows()
    committed = rows(RESULT)
    assert [row["quantity"] for row in solved] == [row["quantity"] for row in committed]
    futures = ("modelled", "no_controls", "short_regime", "long_regime", "no_controls_more_feed", "as_if_by_decision")
    for now, then in zip(solved, committed, strict=True):
        assert now["in_band"] == then["in_band"]
        for column in futures:
            assert float(now[column]) == pytest.approx(float(then[column]), rel=0.01, abs=0.1), (now, column)
