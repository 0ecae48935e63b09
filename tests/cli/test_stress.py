"""optimizer stress: what it prints, and its exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import TINY, call

# Two plants of 10 t serve 10 t a year; either may be lost, not both.
PAIR = TINY.replace("capacity: 5", "capacity: 10").replace(
    "channels: {mdap: {}}",
    "  left: {stage: magnet, country: USA, recipes: [make], capacity: 10}\nchannels: {mdap: {}, open: {}}",
)


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    (tmp_path / "pair.yaml").write_text(PAIR, encoding="utf-8")
    assert call("solve", "pair.yaml", "-o", "plan", folder=tmp_path).code == 0
    return tmp_path


def test_a_plan_that_survives(pair: Path) -> None:
    """The verdict is a sentence; the proof status is told; the folder stands beside the plan."""
    called = call("stress", "plan", "--workers", "1", folder=pair)
    assert called.code == 0, called.err
    assert "The named markets are served in full after any single loss of a facility for 1 year." in called.out
    assert "proved: 2 of 2 onsets" in called.out
    assert "written to plan_stress_facilities" in called.err
    assert (pair / "plan_stress_facilities" / "stress.json").is_file()


def test_a_plan_that_does_not(pair: Path) -> None:
    """The worst loss is named with tonnes, product and year, and what would cure it."""
    called = call("stress", "plan", "--losses", "2", "--workers", "1", "--onset", "2028", folder=pair)
    assert called.code == 0, called.err
    for part in ("The worst loss is that of left and plant from 2028 for 1 year: 10 t short", "magnet", "2028",
                 "stock alone does not", "no option not funded does it alone"):  # fmt: skip
        assert part in called.out, part


def test_json(pair: Path) -> None:
    """One document with the certificate and both tables."""
    called = call("stress", "plan", "--of", "countries", "--workers", "1", "--json", "--quiet", folder=pair)
    assert called.code == 0, called.err
    assert called.document["worst"]["losses"] == ["USA"]
    assert called.document["single_losses"][0]["tonnes_short"] == pytest.approx(10)
    assert called.document["short"][0]["product"] == "magnet"
    assert called.err == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--losses", "0"), "losses is 0; it is 1 to 2"),
        (("--losses", "3", "--markets", "moon"), "there is no market 'moon'"),
        (("--of", "ships"), "of is 'ships'; it is one of facilities, owners, countries, lanes, tags"),
        (("--weight", "programs"), "--weight programs is not of the form MARKET=W"),
        (("--duration", "3"), "duration is 3; it is 1 to 2"),
        (("--onset", "2031"), "onset 2031 is no first year of a period"),
    ],
)
def test_bad_usage(words: tuple[str, ...], said: str, pair: Path) -> None:
    """What makes no sense ends with 2, says why, and writes nothing."""
    called = call("stress", "plan", *words, folder=pair)
    assert called.code == 2
    assert said in called.err
    assert not (pair / "plan_stress_facilities").exists()


def test_no_plan(tmp_path: Path) -> None:
    """A folder that holds no plan ends with 2."""
    called = call("stress", "nothing", folder=tmp_path)
    assert called.code == 2
    assert "is no result folder" in called.err


def test_stopped_before_anything_is_known(pair: Path) -> None:
    """Then the exit code is 3, and what is not known is not told as if it were."""
    called = call("stress", "plan", "--time-limit", "1e-9", "--workers", "1", folder=pair)
    assert called.code == 3
    assert "Nothing is known yet" in called.out
    assert "stopped: 0 of 2 onsets" in called.out


# Beside the pair a third plant that pays only where both may be lost.
TRIO = PAIR.replace(
    "channels: {mdap",
    "  third: {stage: magnet, country: USA, recipes: [make], capacity: 0, "
    "options: [{id: build, capacity: 10, capex: 70, earliest: 2027, latest: 2027}]}\nchannels: {mdap",
)


def test_solve_survive(tmp_path: Path) -> None:
    """The third plant is built so that two may be lost; the screen says what that costs."""
    (tmp_path / "trio.yaml").write_text(TRIO, encoding="utf-8")
    called = call("solve", "trio.yaml", "--survive", "2", "-o", "plan", folder=tmp_path)
    assert called.code == 0, called.err
    assert "survives the loss of any 2 facilities for 1 year, for 70 USD more than without that" in called.out
    called = call("stress", "plan", "--losses", "2", "--workers", "1", folder=tmp_path)
    assert "served in full after the loss of any 2 facilities" in called.out


def test_solve_survive_what_cannot_be(tmp_path: Path) -> None:
    """All three lost leave everything short: exit code 1, with what is missing."""
    (tmp_path / "trio.yaml").write_text(TRIO, encoding="utf-8")
    called = call("solve", "trio.yaml", "--survive", "3", "-o", "plan", folder=tmp_path)
    assert called.code == 1
    assert "the loss of left and plant and third from 2027 for 1 year cannot be survived: at least 10 t" in called.err
    assert not (tmp_path / "plan").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--of", "owners"), "K is missing"),
        (("--survive", "0"), "losses is 0; it is 1 to 2"),
        (("--survive", "1", "--markets", "moon"), "there is no market 'moon'"),
    ],
)
def test_bad_usage_of_survive(words: tuple[str, ...], said: str, pair: Path) -> None:
    """What makes no sense ends with 2 and says why."""
    called = call("solve", "pair.yaml", *words, folder=pair)
    assert called.code == 2
    assert said in called.err
