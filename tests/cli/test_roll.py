"""optimizer roll, as a person calls it."""

from __future__ import annotations

from pathlib import Path

import pytest
from replanning.conftest import PLANTS, chain
from support.build import solve, text_of

from optimizer.briefs.rolls import nothing_of

from .conftest import call


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with last year's plan, and the instance as it is now."""
    folder = tmp_path_factory.mktemp("roll")
    solve(chain()).save(folder / "last")
    dearer = {name: (size, {"bert": 1600.0, "cora": 900.0}.get(name, usd)) for name, (size, usd) in PLANTS.items()}
    (folder / "chain.yaml").write_text(text_of(chain(dearer)), encoding="utf-8")
    return folder


ASKED = ("roll", "last", "chain.yaml", "--year", "2028", "--gap", "1e-9", "--threads", "1")


def test_a_screen_a_folder_and_a_document(made: Path) -> None:
    """What is frozen, what changes, what it is worth; a result folder that verifies; the same as JSON."""
    called = call(*ASKED, "--change-usd", "60", "--bracket", "--each", "-o", "out", folder=made)
    assert called.code == 0, called.err
    for words in (
        "chain, planned again from 2028; the last plan: last",
        "frozen, by last: anna:build (2027)",
        "Changes against the last plan",
        "cora",
        "What changing is worth",
        "no change",
        "re-planned",
        "free",
        "of cost for",
        "verified:",
    ):
        assert words in called.out, (words, called.out)
    assert "re-planned: " in called.err
    assert call("verify", "out", folder=made).code == 0
    again = call(*ASKED, "--change-usd", "60", "--json", "-q", "-o", "again", folder=made)
    assert again.err == ""
    roll = again.document["roll"]
    assert roll["change"] == sum(row["usd"] for row in roll["changes"])
    assert roll["minimised"] == pytest.approx(again.document["objective"] + roll["change"])
    assert [row["plan"] for row in roll["bracket"]] == ["no change", "re-planned"]


def test_at_a_huge_price_nothing_changes(made: Path) -> None:
    """And the screen says so."""
    called = call(*ASKED, "--change-usd", "1e9", "-o", "kept", folder=made)
    assert called.code == 0, called.err
    assert "Nothing changes against the last plan: no change is worth its price." in called.out


@pytest.mark.parametrize(
    ("bound", "words", "wide"),
    [
        (995.0, "no change is worth its price.", False),
        (960.0, "no change is worth 40 USD more than its price; what is worth less the gap leaves open", False),
        (700.0, "no change is worth 300 USD more than its price; what is worth less the gap leaves open", True),
        (None, "no change is worth its price, of those tried; nothing is proved.", True),
    ],
)
def test_nothing_changes_is_said_as_far_as_the_gap_proves_it(bound: float | None, words: str, wide: bool) -> None:
    """A change costs 60: a gap of 5 is none, one of 40 is told, one of 300 is worth several changes."""
    text, warned = nothing_of({"minimised": 1000.0, "minimised_bound": bound, "change_usd": 60.0})
    assert words in text
    assert warned is wide


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--change-usd", "-1"), 2, "change_usd is -1; it is 0 or more"),
        (("--change-usd", "1", "--year", "2050"), 2, "year is 2050; the horizon of chain"),
        (("--change-usd", "1", "--funded", "none.csv"), 2, "none.csv is neither"),
        (
            ("--change-usd", "1", "--set", "facilities.anna.options.build.earliest=2028"),
            2,
            "anna:build was funded in 2027",
        ),
        (("--change-usd", "1", "--set", "policy.rules=[{rule: forbid, facility: anna}]"), 1, "breaks: rule 0, forbid"),
        (("--change-usd", "1", "-o", "."), 2, "is no result folder"),
    ],
)
def test_what_cannot_be_is_told(made: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    """Bad input ends with 2, no plan with 1; nothing is written."""
    called = call(*ASKED, "-q", *(() if "-o" in arguments else ("-o", "bad")), *arguments, folder=made)
    assert called.code == code, called.err
    assert words in called.err
    assert not (made / "bad").exists()


def test_what_has_passed_and_what_slipped_are_told(made: Path, tmp_path: Path) -> None:
    """A scenario that begins before the year, and a funding that did not happen."""
    (made / "funded.csv").write_text("facility,option,year\n", encoding="utf-8")
    effects = "[{affects: demand, factor: 1.1}]"
    surge = f"scenarios=[{{id: surge, probability: 0.1, onset: 2027, duration: 1, recovery: 1, effects: {effects}}}]"
    asked = (*ASKED, "-q", "--change-usd", "1", "--funded", "funded.csv", "--set", surge, "-o", tmp_path / "out")
    called = call(*asked, folder=made)
    assert called.code == 0, called.err
    assert "begins before 2028 and is still a scenario at its probability: surge" in called.err
    assert "planned before 2028 and not funded so: anna:build (2027)" in called.err
