"""optimizer generate: an instance folder that the other commands take."""

from __future__ import annotations

from pathlib import Path

from .conftest import call


def test_what_is_made_validates_and_says_its_size(tmp_path: Path) -> None:
    """The JSON document counts the rows of each table."""
    called = call("generate", "made", "--facilities", 20, "--futures", 4, "--seed", 7, "--json", folder=tmp_path)
    assert called.code == 0
    assert called.document["rows"]["facilities"] == 20
    assert called.document["rows"]["scenarios"] == 3
    assert called.document["known"] is None
    assert call("validate", "made", folder=tmp_path).code == 0


def test_the_known_optimum_is_told(tmp_path: Path) -> None:
    """In words and in JSON."""
    words = ("generate", "made", "--known", "--facilities", 20, "--periods", 2, "--futures", 3)
    assert "known optimum: " in call(*words, folder=tmp_path).out
    assert call(*words, "--json", folder=tmp_path).document["known"]["objective"] > 0


def test_bad_sizes_end_with_2_and_write_nothing(tmp_path: Path) -> None:
    """All of them are named."""
    called = call("generate", "made", "--facilities", 3, "--futures", 0, folder=tmp_path)
    assert called.code == 2
    assert "facilities is 3" in called.err
    assert "futures is 0" in called.err
    assert not (tmp_path / "made").exists()
