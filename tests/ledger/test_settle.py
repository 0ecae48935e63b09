"""Rows that came as workers ended, in an order of their own."""

from __future__ import annotations

from pathlib import Path

from optimizer.folders import settle


def test_rows_are_ordered_and_nothing_else_changes(tmp_path: Path) -> None:
    """To the letter, quotes too; rows that are alike stay as they were."""
    file = tmp_path / "rows.csv"
    file.write_text('key,end,words\nb,low,1\na,low,"x, ""y"""\nb,high,2\na,low,0\n', encoding="utf-8")
    settle(file, lambda row: ("ab".index(row["key"]), row["end"]))
    assert file.read_text(encoding="utf-8") == 'key,end,words\na,low,"x, ""y"""\na,low,0\nb,high,2\nb,low,1\n'
    assert [there.name for there in tmp_path.iterdir()] == ["rows.csv"]


def test_a_table_without_rows_stays(tmp_path: Path) -> None:
    """Its heads are all that it has."""
    file = tmp_path / "rows.csv"
    file.write_text("key,end\n", encoding="utf-8")
    settle(file, lambda row: row["key"])
    assert file.read_text(encoding="utf-8") == "key,end\n"
