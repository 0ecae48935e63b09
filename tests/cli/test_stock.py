"""optimizer stock, as a person calls it."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.build import text_of
from worth.conftest import oxide_or_magnet

from .conftest import call


def test_one_screen_and_a_document(tmp_path: Path) -> None:
    """Which future uses the stock, and what it is held for; a folder where asked; no plan is exit 2."""
    data = oxide_or_magnet("plant")  # magnets cover the future; oxide is held for the target alone
    data["stockpiles"]["nds"]["targets"] = [{"material": "oxide", "tonnes": 1}]
    (tmp_path / "made.yaml").write_text(text_of(data), encoding="utf-8")
    assert call("solve", "made.yaml", "-o", "plan", "--quiet", folder=tmp_path).code == 0
    called = call("stock", "plan", "-o", "out", folder=tmp_path)
    assert called.code == 0, called.err
    for words in ("What is held", "Which stock covers which future", "gone", "100%", "beyond them"):
        assert words in called.out, words
    assert (tmp_path / "out" / "stock_use.csv").is_file()
    document = call("stock", "plan", "--json", folder=tmp_path).document
    stores = {row["material"]: row for row in document["stores"]}
    assert stores["magnet"]["most_used"] == pytest.approx(9)  # the mine digs 20 t: 10 for 2027, 1 to hold
    assert (stores["oxide"]["most_used_by"], stores["oxide"]["never_used"]) == (None, pytest.approx(1))
    assert call("stock", "made.yaml", folder=tmp_path).code == 2
    assert call("stock", "plan", "-o", ".", folder=tmp_path).code == 2
