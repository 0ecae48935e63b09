"""A sweep finds the number at which the answer turns, says by how much, and can be stopped and gone on with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.build import Data, instance_of

import optimizer
from optimizer.sweep import Sensitivity, sensitivity
from optimizer.sweep.study import verdict

from .conftest import rivals

CAPEX = "facilities.alpha.options.build.capex"


def sweep(folder: Path, data: Data | None = None, **options: Any) -> Sensitivity:
    """A sweep of the two rivals in one process."""
    return sensitivity(instance_of(data or rivals()), folder, **{"workers": 1, "gap": 1e-9, **options})


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Sensitivity:
    return sweep(tmp_path_factory.mktemp("sweep") / "study")


def test_the_number_that_decides_is_found(found: Sensitivity) -> None:
    """At 1.3 times its capex alpha loses to beta by 200 USD; at 0.7 times it stays."""
    ends = {row.end: row for row in found.confirmed[found.confirmed["key"] == CAPEX].itertuples()}
    assert ends["high"].verdict == "changes"
    assert ends["high"].saves_at_least == pytest.approx(200.0)
    assert (ends["high"].comes, ends["high"].goes) == ("beta:build", "alpha:build")
    assert ends["low"].verdict == "keeps"
    assert ends["low"].saves_at_most == pytest.approx(0.0, abs=1e-6)


def test_the_screening_ranks_it_first(found: Sensitivity) -> None:
    """What moves whole plants stands before what moves none; each number stands once."""
    ranking = found.ranking()
    assert ranking["key"].is_unique
    assert ranking["key"].iloc[0] in (CAPEX, "facilities.alpha.options.build.capacity")
    row = found.screen[(found.screen["key"] == CAPEX) & (found.screen["end"] == "high")].iloc[0]
    assert row["moved_usd"] == pytest.approx(2100.0)
    assert row["change_usd"] == pytest.approx(100.0)


def test_only_uncertain_numbers_are_swept(found: Sensitivity) -> None:
    """By default those of confidence C and those that state none; capex of beta is A."""
    assert set(found.screen["confidence"]) == {"C", "none"}
    assert "facilities.beta.options.build.capex" not in set(found.screen["key"])


def test_a_stopped_sweep_goes_on(tmp_path: Path) -> None:
    """Rows that are there are not worked out again, half a row is; the rest is as if it had not been stopped."""
    folder = tmp_path / "study"
    first = sweep(folder, top=0)
    screen = folder / "screen.csv"
    lines = screen.read_text(encoding="utf-8").splitlines(keepends=True)
    screen.write_text("".join(lines[:4]) + lines[4][: len(lines[4]) // 2], encoding="utf-8")
    done: list[tuple[str, int]] = []
    second = sweep(folder, top=1, tell=lambda what, count, _: done.append((what, count)))
    assert next(count for what, count in done if what == "screening") == 4
    assert len(second.screen) == len(first.screen)
    again = second.screen.drop(columns="seconds").sort_values(["key", "end"], ignore_index=True)
    assert again.equals(first.screen.drop(columns="seconds").sort_values(["key", "end"], ignore_index=True))
    assert len(second.confirmed) == 2


def test_another_study_is_not_overwritten(tmp_path: Path) -> None:
    """A folder with something else in it, or with another sweep, is left alone."""
    sweep(tmp_path / "study", top=0, only=["facilities.alpha.options.build.capex"])
    with pytest.raises(optimizer.PlanError, match="another ranges"):
        sweep(tmp_path / "study", top=0, only=["facilities.alpha.options.build.capex"], ranges={"C": 0.5})
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("dear reader", encoding="utf-8")
    with pytest.raises(optimizer.PlanError, match="holds no sensitivity study"):
        sweep(tmp_path / "other")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"confidence": ["D"]}, "confidence 'D' is none of A, B, C, none"),
        ({"ranges": {"C": 1.5}}, "the range of C is 1.5"),
        ({"ranges": {"X": 0.5}}, "there is no confidence 'X'"),
        ({"only": ["facilities.gamma.*"]}, "matches 'facilities.gamma.*'"),
        ({"workers": 0}, "workers is 0"),
        ({"top": -1}, "top is -1"),
    ],
)
def test_settings_that_make_no_sense(options: dict[str, Any], words: str, tmp_path: Path) -> None:
    """Settings are refused before anything is solved or written."""
    with pytest.raises(optimizer.OptionsError) as caught:
        sweep(tmp_path / "study", **options)
    assert words in str(caught.value)
    assert not (tmp_path / "study").exists()


def test_no_base_plan(tmp_path: Path) -> None:
    """Without a plan there is nothing to be sensitive: the status says so."""
    data = rivals()
    data["markets"]["programs"]["demand"] = [{"product": "magnet", "tonnes": 500}]
    found = sweep(tmp_path / "study", data)
    assert found.info["base"]["status"] == "infeasible"
    assert found.screen.empty


@pytest.mark.parametrize(
    ("row", "slack", "word"),
    [
        ({"status": "optimal", "saves_at_least": 50.0, "saves_at_most": 60.0}, 10.0, "changes"),
        ({"status": "optimal", "saves_at_least": 5.0, "saves_at_most": 9.0}, 10.0, "keeps"),
        ({"status": "optimal", "saves_at_least": 5.0, "saves_at_most": 60.0}, 10.0, "within the gap"),
        ({"status": "optimal", "saves_at_least": None, "saves_at_most": None}, 10.0, "changes"),
        ({"status": "infeasible", "saves_at_least": None, "saves_at_most": None}, 10.0, "infeasible"),
    ],
)
def test_verdicts(row: dict[str, Any], slack: float, word: str) -> None:
    """A saving counts only beyond what the base portfolio may be off anyway."""
    assert verdict(row, slack) == word
