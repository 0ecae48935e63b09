"""optimizer alternatives, as a person calls it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from alternatives.conftest import plants
from support.build import text_of

from optimizer.cli import why as room
from optimizer.near_optimal import Why
from optimizer.near_optimal import why as run

from .conftest import TINY, call


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A folder with an instance."""
    (tmp_path / "plants.yaml").write_text(text_of(plants()), encoding="utf-8")
    return tmp_path


def test_one_screen_a_folder_and_a_document(made: Path) -> None:
    """Portfolios and verdicts on a screen; tables and plans in a folder; again as JSON, from what is kept."""
    asked = ("alternatives", "plants.yaml", "--within-usd", "50", "--gap", "1e-9", "--threads", "1", "-o", "out")
    called = call(*asked, folder=made)
    assert called.code == 0, called.err
    for words in (
        "near-equal is what costs at most 50 USD more, 50.0% of the capex that it funds",
        "1 is 0 without anna:build and with bert:build",
        "proved: there is no other near-equal portfolio in which nothing is funded for nothing",
        "0 in all, 2 in some, 1 in none, 0 not proved",
        "cora:build",
    ):
        assert words in called.out, (words, called.out)
    assert "the best plan" in called.err
    for name in ("portfolios.csv", "options.csv", "funded.csv", "alternatives.json", "plans/0/plan.json"):
        assert (made / "out" / name).is_file(), name
    found = call(*asked, "--json", "-q", folder=made)
    assert found.err == ""
    assert [row["costs_more"] for row in found.document["by_portfolio"]] == pytest.approx([0, 20])
    assert [row["verdict"] for row in found.document["by_option"]] == ["in some", "in some", "in none"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "give a tolerance, one of the two"),
        (("--within-usd", "5", "--within", "0.1"), "give a tolerance, not both"),
        (("--within-usd", "-5"), "within_usd is -5; it is 0 or more"),
        (("--within-usd", "5", "--method", "hedging"), "hedging"),
    ],
)
def test_what_makes_no_sense_is_refused(made: Path, arguments: tuple[str, ...], words: str) -> None:
    called = call("alternatives", "plants.yaml", *arguments, folder=made)
    assert called.code == 2
    assert words in called.err


def test_nothing_to_fund(tmp_path: Path) -> None:
    """An option that cannot be on line within the horizon is none."""
    (tmp_path / "tiny.yaml").write_text(TINY.replace("lead: 1", "lead: 9"), encoding="utf-8")
    called = call("alternatives", "tiny.yaml", "--within-usd", "5", folder=tmp_path)
    assert called.code == 2
    assert "tiny has no option that can be funded and on line within its horizon" in called.err


def test_why_a_plant_is_not_funded(made: Path) -> None:
    """optimizer why: the capex at which it comes in, on a screen and as a document; a name that is not there."""
    called = call("why", "plants.yaml", "cora", "--gap", "1e-9", "--threads", "1", "-q", folder=made)
    assert called.code == 0, called.err
    for words in (
        "cora:build, capex 500 USD, lead 0: not funded",
        "funding it costs 400 USD more",
        "or less, and not",
        "if it is paid 20 USD for each tonne that it makes, and not for less than 20 USD",
    ):
        assert words in called.out, called.out
    document = call("why", "plants.yaml", "anna:build", "--threads", "1", "--json", "-q", folder=made).document
    assert document["by_option"][0]["status"] == "funded"
    called = call("why", "plants.yaml", "anna:refit", folder=made)
    assert called.code == 2
    assert "anna has no option 'refit'; there is build" in called.err


def test_why_stopped_before_an_answer_is_no_answer(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The best plan was found and nothing was asked: that is said, and the exit code is not 0."""

    def stopped(*args: Any, **kwargs: Any) -> Why:
        found = run(*args, **kwargs)
        return Why(found.info | {"status": "stopped"}, found.options.head(0))

    monkeypatch.setattr(room, "run", stopped)
    called = call("why", "plants.yaml", "cora", "--threads", "1", "-q", folder=made)
    assert called.code == 3
    assert "stopped early: nothing was answered by then" in called.out
