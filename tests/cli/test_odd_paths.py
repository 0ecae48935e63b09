"""Folders and files whose names are no text are paths like others, and are told with their bytes escaped."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import optimizer

from .conftest import TINY, call

ODD = os.fsdecode(b"odd\x80")
TOLD = "odd\\udc80"


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """An instance and two plans of it, all in folders of such names."""
    try:
        (tmp_path / ODD).mkdir()
    except OSError as error:  # a file system may take UTF-8 alone
        pytest.skip(f"no folder can have such a name here: {error}")
    (tmp_path / ODD / "instance.yaml").write_text(TINY, encoding="utf-8")
    plan = optimizer.solve(optimizer.load(tmp_path / ODD), gap=0)
    for number in (1, 2):
        plan.save(tmp_path / f"{ODD}_{number}")
    return tmp_path


@pytest.mark.slow
def test_a_result_is_written_read_and_told(there: Path) -> None:
    """As JSON, in tables, on a page and in a workbook."""
    for words in (
        ["validate", ODD], ["solve", ODD, "-o", f"{ODD}_1"], ["verify", f"{ODD}_1"],
        ["compare", f"{ODD}_1", f"{ODD}_2", "-o", f"{ODD}_both"], ["export", ODD, "-o", f"{ODD}.mps"],
    ):  # fmt: skip
        called = call(*words, "--json", folder=there)
        assert called.code == 0, (words, called.err)
        called.out.encode()
        assert json.loads(called.out)
    written = (there / f"{ODD}_both" / "plans.csv").read_text(encoding="utf-8")
    assert f"{TOLD}_1" in written
    results = [f"{ODD}_1", f"{ODD}_2", f"{ODD}_both"]
    assert call("report", *results, "-o", f"{ODD}.html", folder=there).code == 0
    assert TOLD in (there / f"{ODD}.html").read_text(encoding="utf-8")
    assert call("workbook", f"{ODD}_1", "-o", f"{ODD}.xlsx", folder=there).code == 0


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    """By name, as JSON too."""
    called = call("validate", ODD, "--json", folder=tmp_path)
    assert called.code == 2
    called.out.encode()
    assert json.loads(called.out)["faults"][0]["wrong"].startswith(f"there is no file {ODD}")
