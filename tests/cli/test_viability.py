"""optimizer viability, as a person calls it."""

from __future__ import annotations

from pathlib import Path

import pytest
from finance.conftest import GRANT, plant
from support.build import solve, text_of

from .conftest import call

CRASH = ("--crash", "magnet=0.5:2029:2")


def test_from_an_instance_to_who_closes(tmp_path: Path) -> None:
    """Solved and tested by commands: one screen, a folder, a document."""
    (tmp_path / "plant.yaml").write_text(text_of(plant({"instruments": [GRANT]})), encoding="utf-8")
    assert call("solve", "plant.yaml", "-q", "-o", "plan", folder=tmp_path).code == 0
    called = call("viability", "plan", *CRASH, "--floor", "magnet=8000", folder=tmp_path)
    assert called.code == 0, called.err
    for words in (
        "2 of 2 plants, 1 of 1 funded ones, tested in 2 futures, at a hurdle rate of 10.0%",
        "Close in crash:magnet=0.5:2029:2",
        "-496,364 USD", "stays", "7,100", "700,000 USD", "nobody plans again",
    ):  # fmt: skip
        assert words in called.out, words
    assert "written to plan_viability" in called.err
    assert (tmp_path / "plan_viability" / "payments.csv").is_file()
    document = call("viability", "plan", *CRASH, "--floor", "magnet=0.9*reference", "--json", folder=tmp_path).document
    assert document["hurdle_rate"] == 0.1
    assert document["floors_asked"] == {"magnet": "0.9*reference"}
    [crashed] = [row for row in document["futures"] if row["future"] != "base"]
    assert (crashed["closes_without"], crashed["closes"]) == (1, 0)
    assert crashed["pays"] == pytest.approx(2 * 100 * (8100 - 4500))
    shown = call("viability", "plan", "--future", "base", folder=tmp_path)
    assert "no plant closes in base that would not close in the same year without it" in shown.out


@pytest.mark.slow
def test_what_is_asked_wrongly_leaves_nothing(tmp_path: Path) -> None:
    """Exit code 2, the option and what would be right; no folder."""
    solve(plant(None)).save(tmp_path / "plan")
    rate = ("--hurdle-rate", "0.1")
    for words, said in (
        ((), "no finance section, so no hurdle rate is known: give one, --hurdle-rate such as 0.08"),
        ((*rate, "--floor", "magnet"), "--floor magnet is not of the form"),
        ((*rate, "--floor", "magnet=1", "--floor", "magnet=2"), "--floor magnet is given twice: 1 and 2"),
        ((*rate, "--floor-for", "all"), "no --floor is given"),
        ((*rate, "--future", "crsh"), "there is no future 'crsh'; there is base"),
        ((*rate, "--crash", "magnet=0.5"), "--crash magnet=0.5 is not of the form"),
    ):
        called = call("viability", "plan", *words, folder=tmp_path)
        assert called.code == 2, words
        assert said in " ".join(called.err.split()), words
    assert not (tmp_path / "plan_viability").exists()
