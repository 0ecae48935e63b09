"""optimizer evaluate, as a person calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.build import text_of
from support.generate import generate

from .conftest import call


@pytest.fixture
def solved(tmp_path: Path) -> Path:
    """A folder with an instance and its plan."""
    (tmp_path / "made.yaml").write_text(text_of(generate(5, scenarios=2)), encoding="utf-8")
    assert call("solve", "made.yaml", "-o", "plan", "--quiet", folder=tmp_path).code == 0
    return tmp_path


def test_a_plan_is_evaluated_and_written(solved: Path) -> None:
    """One screen, a folder, and one JSON document where asked."""
    called = call("evaluate", "made.yaml", "--portfolio", "plan", "--workers", "1", "-o", "out", folder=solved)
    assert called.code == 0, called.err
    assert "The futures that hurt most" in called.out
    assert {"evaluation.json", "futures.csv", "short.csv", "answers.jsonl"} <= {
        f.name for f in (solved / "out").iterdir()
    }
    again = call("evaluate", "made.yaml", "--portfolio", "plan", "--workers", "1", "-o", "out", "--json", folder=solved)
    document = json.loads(again.out)
    plan = json.loads((solved / "plan" / "plan.json").read_text(encoding="utf-8"))
    assert document["statistics"]["cost"]["mean"]["value"] == pytest.approx(plan["objective"], rel=1e-6)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--portfolio", "nowhere"), "neither a result folder nor a CSV file"),
        (("--portfolio", "plan", "--alpha", "1"), "alpha is 1"),
        (("--portfolio", "plan", "--exact", "5"), "set of futures"),
        (("--portfolio", "plan", "-o", "plan"), "holds no evaluation"),
        (("--portfolio", "plan", "--futures", "plan"), "plan"),
    ],
)
def test_what_makes_no_sense_is_refused(solved: Path, arguments: tuple[str, ...], words: str) -> None:
    """Exit 2, with words that say what is wrong."""
    called = call("evaluate", "made.yaml", *arguments, folder=solved)
    assert called.code == 2
    assert words in " ".join(called.err.split())
