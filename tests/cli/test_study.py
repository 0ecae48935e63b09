"""optimizer study: what it prints, its exit codes, and its JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimizer.studies import work
from optimizer.studies.record import record_of

from .conftest import TINY_COST, call

STUDY = """study: cost_of_short
instance: tiny.yaml
options: {gap: 0}
factors:
  capex: {times: "facilities.*.options.*.capex"}
grid:
  capex: [1, 30]
"""


@pytest.fixture
def desk(tiny: Path) -> Path:
    (tiny / "study.yaml").write_text(STUDY, encoding="utf-8")
    return tiny


def test_what_a_reader_sees_and_what_a_program_reads(desk: Path) -> None:
    """Each run with its factors, what is funded in how many runs, progress; the second time it is all there."""
    called = call("study", "study.yaml", "--workers", "1", folder=desk)
    assert called.code == 0, called.err
    for part in ("cost_of_short: 2 runs of tiny: 2 optimal", "capex", "1 of 2", "t short, mdap", f"{TINY_COST} USD"):
        assert part in called.out, part
    assert "runs: 0 of 2" in called.err
    assert "runs: 2 of 2" in called.err
    assert "written to results/cost_of_short_study" in called.err
    again = call("study", "study.yaml", "--workers", "1", "--json", "--quiet", folder=desk)
    assert again.err == ""
    document = again.document
    assert document["taken"] == 2
    assert document["factors"] == {"capex": "factor_capex"}
    assert [row["factor_capex"] for row in document["results"]] == [1, 30]
    assert document["results"][0]["objective"] == pytest.approx(TINY_COST)
    assert [row["facility"] for row in document["portfolios"]] == ["plant"]


def test_checking_solves_nothing(desk: Path) -> None:
    """It counts the runs, or names the faults."""
    called = call("study", "study.yaml", "--check", folder=desk)
    assert (called.code, called.out.strip()) == (0, "cost_of_short: no fault; 2 runs of capex")
    assert not (desk / "results").exists()
    called = call(
        "study", "study.yaml", "--check", "--set", "discont_rate=0.1", "--at-most", "1", "--json", folder=desk
    )
    assert called.code == 2
    assert [fault["file"] for fault in called.document["faults"]] == ["--set", "study.yaml"]
    assert "did you mean 'discount_rate'?" in called.err
    assert "the design has 2 runs, and at most 1 are allowed" in called.err


def test_a_changed_study_ends_with_2(desk: Path) -> None:
    """What changed is said, and how to go on."""
    (desk / "study.yaml").write_text(STUDY.replace("[1, 30]", "[1]"), encoding="utf-8")
    assert call("study", "study.yaml", "--workers", "1", "-o", "out", folder=desk).code == 0
    (desk / "study.yaml").write_text(STUDY, encoding="utf-8")
    called = call("study", "study.yaml", "--workers", "1", "-o", "out", folder=desk)
    assert called.code == 2
    assert "study: grid.capex.values is [1, 30], was [1]" in called.err
    assert "--reuse takes over the runs that are the same in both, --anew begins anew" in called.err
    called = call("study", "study.yaml", "--workers", "1", "-o", "out", "--reuse", folder=desk)
    assert called.code == 0
    assert "1 of them were done before" in called.out


def test_a_run_that_fails_ends_with_1(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named with its error; the others are there."""

    def stumbling(plan: object) -> dict[str, object]:
        if plan.instance.facilities["plant"].options[0].capex > 100:  # type: ignore[attr-defined]
            raise MemoryError("no more")
        return record_of(plan)  # type: ignore[arg-type]

    monkeypatch.setattr(work, "record_of", stumbling)
    called = call("study", "study.yaml", "--workers", "1", folder=desk)
    assert called.code == 1
    assert "1 optimal, 1 failed" in called.out
    assert "run 2 failed: MemoryError: no more" in called.out
