"""optimizer compare, as a person calls it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from comparison.conftest import dearer
from support.build import solve
from worth.conftest import backup

from .conftest import call


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with last year's plan and this year's."""
    folder = tmp_path_factory.mktemp("made")
    solve(backup(0.3)).save(folder / "last")
    solve(dearer(0.4, 200)).save(folder / "next")
    return folder


@pytest.mark.slow
def test_one_screen_a_folder_and_a_document(made: Path) -> None:
    """What changed, who comes, what it costs, regret and what each edit does; again as JSON, from what is kept."""
    words = ("compare", "last", "next", "--different-instances", "--regret", "--attribute", "--workers", "1")
    called = call(*words, "-o", "out", folder=made)
    assert called.code == 0, called.err
    for text in (
        "Baseline: last, made ", "What changed from last to next", "0 in all, 1 in some, 0 in none", "costs less",
        "Expected cost, discounted", "Short over the horizon", "Regret: each portfolio", "made in this order",
        "together", "funds backup:build",
    ):  # fmt: skip
        assert text in called.out, text
    assert "of its instance and of its plan together" not in called.out  # the two are told apart below
    assert len(called.out.splitlines()) < 90
    assert (made / "out" / "attribution.csv").is_file()
    document = call(*words, "-o", "out", "-q", "--json", folder=made).document
    assert document["together"]["next"]["sum_in_order"] == pytest.approx(-70)
    assert [row["verdict"] for row in document["plans"]] == ["baseline", "costs less"]
    assert {row["key"] for row in document["edits"]} == {
        "facilities.backup.options.build.capex", "scenarios.gone.probability",
    }  # fmt: skip


def test_without_a_folder_nothing_is_written(made: Path) -> None:
    """A plan beside itself: the same throughout, and no folder."""
    before = sorted(made.iterdir())
    called = call("compare", "last", "last", folder=made)
    assert called.code == 0, called.err
    for text in ("the same in every category", "the same in every year", "the same bind", "No future leaves another"):
        assert text in called.out, text
    assert sorted(made.iterdir()) == before


@pytest.mark.slow
def test_a_channel_that_one_plan_of_three_draws_on_is_shown(made: Path, tmp_path: Path) -> None:
    """Whichever place that plan has: nothing is asked of the channel in the others, and that is no 0."""
    data = backup(0.3)
    data["channels"] = {"strict": {}, **data["channels"]}
    line = {"product": "magnet", "tonnes": 10, "shortage_cost": 1000}
    data["markets"]["fort"] = {"channel": "strict", "country": "USA", "demand": [line]}
    plan = solve(data)
    shutil.copytree(made / "last", tmp_path / "last")
    plan.save(tmp_path / "fort")
    for place in range(3):
        plans = ["last", "last"]
        plans.insert(place, "fort")
        called = call("compare", *plans, "--different-instances", folder=tmp_path)
        assert called.code == 0, called.err
        (row,) = (line.split() for line in called.out.splitlines() if line.startswith("strict   mean over futures"))
        shown = ["-"] * 6
        shown[2 * place : 2 * place + 2] = ["0", "100.00%"]
        assert row[4:] == shown
        assert "costs more is of its instance and of its plan together: --regret" in called.out


@pytest.mark.slow
def test_stress_tests_beside_the_plans_are_set_side_by_side(made: Path, tmp_path: Path) -> None:
    """The plant is lost: 10 t short without the backup, none with it; a test of another plan does not count."""
    made = Path(shutil.copytree(made, tmp_path / "made"))
    for plan in ("last", "next"):
        called = call("stress", plan, "--markets", "town", "--workers", "1", "-q", folder=made)
        assert called.code == 0, called.err
    document = call("compare", "last", "next", "--different-instances", "-q", "--json", folder=made).document
    (row,) = document["survival"]
    assert (row["worst"], row["baseline_worst"], row["difference"]) == ("", "plant", pytest.approx(-10))
    assert (row["single_points"], row["baseline_single_points"]) == (0, 1)
    (made / "next_stress_facilities").rename(made / "last_stress_of_another")
    called = call("compare", "last", "next", "--different-instances", folder=made)
    assert "Worst losses" in called.out
    assert "not asked" in called.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("last", "next"), "next is of another instance than last"),
        (("last",), "two plans or more"),
        (("last", "nowhere"), "nowhere is no result folder"),
        (("last", "last", "--attribute"), "nothing to attribute"),
        (("last", "next", "--different-instances", "--attribute", "--by", "file"), "by is 'file'"),
        (
            ("last", "next", "--different-instances", "--attribute", "--group", "prices"),
            "--group prices is not of the form",
        ),
        (("last", "next", "--different-instances", "-o", "last"), "holds no comparison"),
    ],
)
def test_bad_input_is_named(made: Path, arguments: tuple[str, ...], words: str) -> None:
    """Exit 2, and what is wrong."""
    called = call("compare", *arguments, folder=made)
    assert called.code == 2
    assert words in called.err
