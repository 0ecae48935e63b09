"""The small instances whose optima were agreed by hand, and the broken ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.cases import Case, cases_in, check, contract, name_of
from support.params import some_fast
from typer.testing import CliRunner

from optimizer.cli import app

CASES = cases_in(contract())
BROKEN = cases_in(contract() / "broken")


def test_the_contract_is_there_whole_or_not_at_all() -> None:
    """A clone without the agreed cases is a clone; one with them has sound cases and broken ones."""
    assert bool(CASES) == bool(BROKEN) == contract().is_dir()


@pytest.mark.parametrize("case", some_fast(CASES, 2), ids=name_of)
def test_agreed_optimum_is_found(case: Case, tmp_path: Path) -> None:
    """The optimum that was worked out by hand is found, and its plan passes the check, from its files too."""
    check(case, tmp_path / "plan")


@pytest.mark.parametrize("case", BROKEN, ids=name_of)
def test_broken_instance_is_refused(case: Case, tmp_path: Path) -> None:
    """A faulty instance is refused before anything is solved or written, and the message names the fault."""
    target = tmp_path / "plan"
    result = CliRunner().invoke(app, ["solve", str(case.folder), "-o", str(target)])
    assert result.exit_code == case.expected["exit"] == 2
    text = result.stderr.lower()
    for word in case.expected["mentions"]:
        assert str(word).lower() in text, f"{word} is missing from: {text}"
    assert not list(tmp_path.iterdir())
