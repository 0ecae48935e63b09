"""Correct plans pass, in memory and from a folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from verify_plans import PLANS

from optimizer.verifier import verify


@pytest.mark.parametrize("name", PLANS)
def test_a_correct_plan_passes(name: str) -> None:
    verdict = PLANS[name]().verdict()
    assert verdict.ok, "\n".join(map(str, verdict.violations))
    assert verdict.summary().startswith("verified: ")


@pytest.mark.parametrize("name", PLANS)
def test_a_correct_folder_passes(name: str, tmp_path: Path) -> None:
    verdict = verify(PLANS[name]().write(tmp_path / name))
    assert verdict.ok, "\n".join(map(str, verdict.violations))
