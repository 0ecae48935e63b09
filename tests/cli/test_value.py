"""optimizer value, as a person calls it."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.build import text_of
from worth.conftest import backup

from .conftest import call


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A folder with an instance."""
    (tmp_path / "made.yaml").write_text(text_of(backup(0.3)), encoding="utf-8")
    return tmp_path


@pytest.mark.slow
def test_one_screen_a_folder_and_a_document(made: Path) -> None:
    """Figures, tables of measures, regret and fundings; again as JSON, from what is kept."""
    called = call("value", "made.yaml", "--workers", "1", "-o", "out", "--quiet", folder=made)
    assert called.code == 0, called.err
    for words in ("EVPI", "VSS", "Each plan under each measure", "Regret:", "backup:build", "30 USD more on average"):
        assert words in called.out, words
    assert len(called.out.splitlines()) < 50
    document = call("value", "made.yaml", "--workers", "1", "-o", "out", "-q", "--json", folder=made).document
    assert document["evpi"]["value"] == pytest.approx(370 - 190)
    assert [row["plan"] for row in document["by_measure"]] == ["expected", "base", "cvar", "worst_case", "regret"]


def test_being_able_to_respond_has_lines_of_its_own(made: Path) -> None:
    """Where an option reacts, what that is worth, and the plan of who cannot; the evaluation can do without."""
    data = backup(0.3)
    data["facilities"]["backup"]["options"][0]["react"] = {"capex_factor": 1.2}
    (made / "made.yaml").write_text(text_of(data), encoding="utf-8")
    arguments = ("--measures", "expected", "--workers", "1", "-o", "out", "-q")
    called = call("value", "made.yaml", *arguments, folder=made)
    assert called.code == 0, called.err
    for words in ("being able to respond: to fund in a branch", "162 USD", "a plan that counts on it", "no response"):
        assert words in called.out, words
    called = call("solve", "made.yaml", "-q", folder=made)
    assert "Funded in branches" in called.out
    document = call("solve", "made.yaml", "-q", "--json", folder=made).document
    assert [row["scenario"] for row in document["reactions"]] == ["gone"]
    plan = ("--portfolio", "out/plans/expected", "--workers", "1", "-q")
    called = call("evaluate", "made.yaml", *plan, "-o", "with", folder=made)
    assert "branches fund 1 options in 1 of them" in called.out
    assert (made / "with" / "reactions.csv").read_text(encoding="utf-8").splitlines()[1] == "gone,backup,build,2027"
    document = call("evaluate", "made.yaml", *plan, "--no-react", "-o", "without", "--json", folder=made).document
    assert document["statistics"]["cost"]["mean"]["value"] == pytest.approx(370)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--measures", "mean"), "measure 'mean'"),
        (("--measures", ","), "names none"),
        (("--alpha", "1"), "alpha is 1"),
        (("--set", "scenarios=[]"), "no scenario with effects"),
        (("-o", "."), "holds no study of value"),
    ],
)
def test_what_makes_no_sense_is_refused(made: Path, arguments: tuple[str, ...], words: str) -> None:
    """Exit 2, with words that say what is wrong."""
    called = call("value", "made.yaml", *arguments, folder=made)
    assert called.code == 2
    assert words in " ".join(called.err.split())


def test_no_plan_is_exit_1(made: Path) -> None:
    """Demand that cannot be met and must be."""
    (made / "made.yaml").write_text(text_of(backup(0.3)).replace("\"shortage_cost\": 100", "\"shortage_cost\": null")
                                    .replace("\"tonnes\": 10", "\"tonnes\": 1000"), encoding="utf-8")  # fmt: skip
    called = call("value", "made.yaml", "-o", "out", "-q", folder=made)
    assert called.code == 1
    assert "infeasible" in called.out
