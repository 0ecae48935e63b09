"""The plan of the reference instance that is kept in version control, and what stands beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import optimizer
from optimizer.instance.write import sha256

ROOT = Path(__file__).resolve().parents[2]
PLAN = ROOT / "results" / "us_allied_2026"
SURE = ROOT / "results" / "us_allied_2026_sure"
REPORT = ROOT / "results" / "us_allied_2026.html"


def test_it_is_of_the_instance_as_it_stands() -> None:
    """And verdicts, report and page are of this plan."""
    instance = optimizer.load(ROOT / "instances" / "us_allied_2026")
    about = json.loads((PLAN / "plan.json").read_text(encoding="utf-8"))
    digest = about["instance_sha256"]
    assert digest == sha256(instance)
    text = REPORT.read_text(encoding="utf-8")
    assert digest in text
    assert about["made"] in text
    page = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert digest[:16] in page
    # Verdicts are on the trunk.
    verdicts = json.loads((SURE / "verdicts.json").read_text(encoding="utf-8"))
    assert verdicts["instance_sha256"] == sha256(instance.replace({"scenarios": []}))


@pytest.mark.slow
def test_it_passes_the_check() -> None:
    """Every row, worked out again from the tables."""
    assert optimizer.verify(PLAN).ok
