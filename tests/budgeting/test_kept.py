"""Which kept answers stand, and what service is told of futures."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.build import solve
from support.subsets import instance_data

from optimizer.budgeting.ledger import LIMIT, Ledger
from optimizer.budgeting.rows import Row, fund
from optimizer.budgeting.told import EXPECTED, short_of
from optimizer.budgeting.work import Question, Reply
from optimizer.solver.options import Options

from .enumeration import plants

QUESTION = Question("without plant0", (Row(((fund(("plant0", "build"), 2027), 1.0),), most=0.0),))


def kept(folder: Path, **options: float) -> Reply | None:
    """The answer that stands when a folder is gone on with."""
    return Ledger(folder, "note.json", "study", {}, Options(**options)).known(QUESTION)  # type: ignore[arg-type]


def test_an_answer_to_a_wider_gap_is_asked_anew(tmp_path: Path) -> None:
    """Unless it happens to be as near as is asked now; and so is one that a shorter limit cut off."""
    answers = {
        "wide": Reply("optimal", "the gap asked for is reached", 100.0, 99.5),
        "near": Reply("optimal", "the gap asked for is reached", 100.0, 99.95),
        "none": Reply("infeasible", "no plan meets all that must be met", None, None),
    }
    for name, reply in answers.items():
        Ledger(tmp_path / name, "note.json", "study", {}, Options(gap=1e-2)).add(QUESTION, reply, None)
        assert kept(tmp_path / name, gap=1e-2) == reply
        assert kept(tmp_path / name, gap=1e-3) == (None if name == "wide" else reply), name
        assert kept(tmp_path / name, gap=1e-4, gap_usd=1.0) == reply
    cut = Reply("feasible", LIMIT, 100.0, 90.0)
    Ledger(tmp_path / "cut", "note.json", "study", {}, Options(gap=1e-2, time_limit=10)).add(QUESTION, cut, None)
    assert kept(tmp_path / "cut", gap=1e-2, time_limit=10) == cut
    assert kept(tmp_path / "cut", gap=1e-2, time_limit=20) is None
    assert kept(tmp_path / "cut", gap=1e-2) is None


def test_the_mean_over_futures_is_by_probability() -> None:
    """A storm in the second year, one time in four."""
    storm = [{"affects": "facilities", "where": {"stage": "magnet"}, "available": 0.5}]
    scenario = {"id": "storm", "probability": 0.25, "onset": 2028, "duration": 1, "effects": storm}
    found = short_of(solve(instance_data(plants(60)) | {"scenarios": [scenario]}))
    cell = ("programs", "open", "magnet", 2028)
    assert found["storm", *cell] > found["base", *cell] + 10
    mean = 0.75 * found["base", *cell] + 0.25 * found["storm", *cell]
    assert found[EXPECTED, *cell] == pytest.approx(mean)
