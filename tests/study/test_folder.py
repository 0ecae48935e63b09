"""Runs are kept as they end: a study that was stopped, killed, or failed in part goes on, and is never mixed up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from support.build import instance_of

import optimizer
from optimizer.errors import SolveError
from optimizer.instance.write import sha256
from optimizer.run import solve_with, versions
from optimizer.studies import Study, ledger, runs, work
from optimizer.studies.read import read_study
from optimizer.studies.record import results_of
from optimizer.workers import BlamedError

from .conftest import ALPHA, COST, design, rivals, write

GRID = {ALPHA: [900, 1000, 1200]}


SOLVED: dict[str, optimizer.Plan] = {}
"""Plans by their instance: what these tests solve again and again is solved once."""


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Alpha's capex in each run that is solved from here on; one at 1,200 fails while `asked` begins with -1."""
    capex: list[float] = []

    def counted(instance: optimizer.Instance, *args: Any, **kwargs: Any) -> optimizer.Plan:
        usd = instance.facilities["alpha"].options[0].capex
        failing = capex[:1] == [-1]
        capex.append(usd)
        if failing and usd == 1200:
            raise SolveError("the solver stumbled")
        if kwargs.get("rows") is not None:
            return solve_with(instance, *args, **kwargs)
        if (of := sha256(instance)) not in SOLVED:
            SOLVED[of] = solve_with(instance, *args, **kwargs)
        return SOLVED[of]

    monkeypatch.setattr(work, "solve_with", counted)
    return capex


def begun(desk: Path, **options: Any) -> Study:
    """A study of three runs in the folder `study`."""
    parts = options.pop("parts", {"grid": GRID})
    return optimizer.study(write(desk, **parts), desk / "study", **{"workers": 1, **options})


def same(one: Study, other: Study) -> bool:
    """Whether two studies found the same, whenever and however long."""
    return one.results.drop(columns="seconds").equals(other.results.drop(columns="seconds")) and one.portfolios.equals(
        other.portfolios
    )


def test_what_has_ended_is_not_done_again(desk: Path, asked: list[float]) -> None:
    """Called again it does nothing, and says the same; with a line lost, and one cut in half, it does these two."""
    first = begun(desk)
    again = begun(desk)
    assert asked == [900, 1000, 1200]
    assert same(first, again)
    assert again.info["taken"] == 3
    runs = desk / "study" / "runs.jsonl"
    lines = runs.read_text(encoding="utf-8").splitlines(keepends=True)
    runs.write_text(lines[0] + lines[1][: len(lines[1]) // 2], encoding="utf-8")
    third = begun(desk)
    assert asked[3:] == [1000, 1200]
    assert same(first, third)


def test_the_tables_are_those_of_the_answer(desk: Path) -> None:
    """CSV and Parquet hold what is returned; study.json says what it is of."""
    found = begun(desk)
    folder = desk / "study"
    for name, frame in (("results", found.results), ("portfolios", found.portfolios)):
        parquet = pd.read_parquet(folder / f"{name}.parquet")
        pd.testing.assert_frame_equal(parquet, frame, check_dtype=False)
        assert parquet.attrs["units"] == frame.attrs["units"]
        text = pd.read_csv(folder / f"{name}.csv")
        pd.testing.assert_frame_equal(text[["run"]], frame[["run"]])
        assert list(text.columns) == list(frame.columns)
    assert pd.read_csv(folder / "results.csv")["objective"].tolist() == found.results["objective"].tolist()
    info = json.loads((folder / "study.json").read_text(encoding="utf-8"))
    assert (info["status"], info["runs"], info["instance"]) == ("done", 3, "rivals")
    assert sorted(path.name for path in folder.iterdir()) == [
        "instances", "portfolios.csv", "portfolios.parquet", "results.csv", "results.parquet", "runs.jsonl",
        "study.json",
    ]  # fmt: skip


def test_without_pyarrow_there_is_the_csv(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And how to have Parquet too."""
    monkeypatch.setattr(ledger, "PARQUET", "no_such_module")
    found = begun(desk, parts={"list_": [{}]})
    assert "pip install '.[parquet]'" in found.info["parquet"]
    assert (desk / "study" / "results.csv").is_file()
    assert not (desk / "study" / "results.parquet").exists()


def test_a_run_that_fails_ends_no_other(desk: Path, asked: list[float]) -> None:
    """Its row says why, its traceback is kept, and it is tried again when the study is called again."""
    asked.append(-1)
    found = begun(desk)
    assert found.results["status"].tolist() == ["optimal", "optimal", "failed"]
    assert found.results["error"].tolist() == ["", "", "SolveError: the solver stumbled"]
    assert found.info["failed"] == [3]
    (trace,) = (desk / "study" / "errors").iterdir()
    assert "in counted" in trace.read_text(encoding="utf-8")
    asked[:] = []
    again = begun(desk)
    assert asked == [1200]
    assert again.results["status"].tolist() == ["optimal"] * 3
    assert not list((desk / "study" / "errors").iterdir())


def test_a_study_that_changed_is_refused_with_what_changed(desk: Path, asked: list[float]) -> None:
    """The design, the instance, the portfolio, --set: nothing is touched, until told to begin anew or to reuse."""
    begun(desk)
    before = (desk / "study" / "study.json").read_bytes()
    longer = {"grid": {ALPHA: [900, 1000, 1100]}}
    with pytest.raises(optimizer.PlanError, match=r"study: grid\.facil.*\[900, 1000, 1100\], was \[900, 1000, 1200"):
        begun(desk, parts=longer)
    with pytest.raises(optimizer.PlanError, match=r"--set is discount_rate=0\.1, was nothing"):
        begun(desk, overrides=["discount_rate=0.1"])
    text = (desk / "rivals.yaml").read_text(encoding="utf-8")
    (desk / "rivals.yaml").write_text(text.replace('"cost": 10', '"cost": 11'), encoding="utf-8")
    with pytest.raises(optimizer.PlanError, match=r"instance: recipes\.make\.cost is 11, was 10"):
        begun(desk)
    assert (desk / "study" / "study.json").read_bytes() == before
    found = begun(desk, anew=True)
    assert found.info["taken"] == 0
    assert found.results["objective"][1] == pytest.approx(COST + 200)
    asked[:] = []
    reused = begun(desk, parts=longer, reuse=True)
    assert asked == [1100]
    assert reused.info["taken"] == 2
    assert begun(desk, parts=longer).info["taken"] == 3


def test_another_version_is_another_study(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was answered by other code is not taken for an answer of this one."""
    begun(desk, parts={"list_": [{}]})
    monkeypatch.setattr(runs, "versions", lambda: versions() | {"highspy": "1.0.0"})
    with pytest.raises(optimizer.PlanError, match=r"version of highspy is 1\.0\.0, was"):
        begun(desk, parts={"list_": [{}]})


def test_a_changed_portfolio_is_refused(desk: Path) -> None:
    """Its content counts, not its name."""
    parts = {"factors": {"held": {"portfolios": {"beta": "beta.csv"}}}, "grid": {"held": ["beta"]}}
    begun(desk, parts=parts)
    (desk / "beta.csv").write_text("facility,option,year\nalpha,build,2027\n", encoding="utf-8")
    with pytest.raises(optimizer.PlanError, match="portfolio 'beta': its fundings or stock"):
        begun(desk, parts=parts)


def test_ctrl_c_keeps_what_has_ended(desk: Path, asked: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    """Its status says so, the other runs are told as not run, and called again it does these and no other."""

    def interrupted(instance: optimizer.Instance, *args: Any, **kwargs: Any) -> optimizer.Plan:
        if instance.facilities["alpha"].options[0].capex == 1000:
            raise KeyboardInterrupt
        return solve_with(instance, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(work, "solve_with", interrupted)
        found = begun(desk)
    assert found.info["status"] == "stopped"
    assert found.info["by_status"] == {"optimal": 1, "not run": 2}
    assert json.loads((desk / "study" / "study.json").read_text(encoding="utf-8"))["status"] == "stopped"
    assert pd.read_csv(desk / "study" / "results.csv")["status"].tolist() == ["optimal", "not run", "not run"]
    again = begun(desk)
    assert asked == [1000, 1200]
    assert (again.info["status"], again.info["taken"]) == ("done", 1)
    assert again.results["status"].tolist() == ["optimal"] * 3


@pytest.mark.parametrize("what", ["options", "portfolio", "version", "instance"])
def test_only_runs_with_the_same_answer_are_reused(what: str, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a study with another gap, portfolio, version or instance no run is one of this study."""
    parts: dict[str, Any] = {"list_": [{}]}
    if what == "portfolio":
        parts = {"factors": {"held": {"portfolios": {"beta": "beta.csv"}}}, "grid": {"held": ["beta"]}}
    begun(desk, parts=parts)
    assert begun(desk, parts=parts, reuse=True).info["taken"] == 1
    if what == "options":
        parts["options"] = {"gap": 1e-2}
    elif what == "portfolio":
        (desk / "beta.csv").write_text("facility,option,year\nalpha,build,2027\n", encoding="utf-8")
    elif what == "instance":
        text = (desk / "rivals.yaml").read_text(encoding="utf-8")
        (desk / "rivals.yaml").write_text(text.replace('"cost": 10', '"cost": 11'), encoding="utf-8")
    else:
        monkeypatch.setattr(runs, "versions", lambda: versions() | {"highspy": "1.0.0"})
    assert begun(desk, parts=parts, reuse=True).info["taken"] == 0


def test_a_run_is_of_the_instance_that_was_read(desk: Path) -> None:
    """Where a process resolves another one than the run is known by, it says so and gives no answer."""
    case, (run,) = read_study(write(desk, list_=[{}]))
    (found,) = work.done(work.Desk(case, plans=False), replace(run, instance_sha256="0" * 64))
    assert found.record["status"] == "failed"
    assert "another one here" in found.record["error"]


def test_a_folder_with_something_else_is_left_alone(desk: Path) -> None:
    """As is a line of it that is no record."""
    (desk / "study").mkdir()
    (desk / "study" / "letter.txt").write_text("dear reader", encoding="utf-8")
    for options in ({}, {"anew": True}):
        with pytest.raises(optimizer.PlanError, match="holds no study"):
            begun(desk, **options)
    (desk / "study" / "letter.txt").unlink()
    begun(desk, parts={"list_": [{}]})
    (desk / "study" / "runs.jsonl").write_text("dear reader\n", encoding="utf-8")
    with pytest.raises(optimizer.PlanError, match=r"runs\.jsonl:1 is no record"):
        begun(desk, parts={"list_": [{}]})


def test_plans_are_kept_on_request(desk: Path, asked: list[float]) -> None:
    """Each run's folder is one that can be checked; asked for later, the runs that lack it are done again."""
    parts = {"list_": [{}, {ALPHA: 1200}]}
    begun(desk, parts=parts)
    with pytest.raises(optimizer.PlanError, match="of run 2 no plan is kept"):
        begun(desk, parts=parts).plan(2)
    found = begun(desk, parts=parts, plans=True)
    assert asked == [1000, 1200] * 2
    plan = found.plan(2)
    assert plan.objective == found.results["objective"][1]
    assert optimizer.verify(desk / "study" / found.results["folder"][1]).ok
    with pytest.raises(optimizer.PlanError, match="there is no run 3"):
        found.plan(3)


def test_in_memory_there_is_no_folder() -> None:
    """Without one nothing is written, and the answer is the same."""
    found = optimizer.study(design(list_=[{}]), instance=instance_of(rivals()), workers=1)
    assert found.folder is None
    assert found.results["objective"].tolist() == pytest.approx([COST])


@pytest.mark.slow
def test_a_study_that_is_killed_and_gone_on_with_equals_one_run_through(desk: Path) -> None:
    """Killed twice in the middle, it ends with the same tables, and no run that had ended was done again."""
    file = write(desk, grid={ALPHA: {"from": 900, "to": 1290, "count": 24}})
    command = [sys.executable, "-m", "optimizer", "study", str(file), "-o", str(desk / "killed"), "--workers", "2"]
    runs = desk / "killed" / "runs.jsonl"
    seen = 0
    for _ in range(2):
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
        until = time.monotonic() + 400
        while time.monotonic() < until and lines(runs) < seen + 4 and process.poll() is None:
            time.sleep(0.01)
        assert process.poll() is None, "it ended before it could be killed"
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=60)
        seen = lines(runs)
        assert 4 <= seen < 24
    kept = runs.read_bytes()
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    after = runs.read_bytes()
    assert after.startswith(kept[: kept.rfind(b"\n") + 1])
    assert lines(runs) == 24
    hashes = [json.loads(line)["hash"] for line in after.splitlines()]
    assert len(set(hashes)) == 24
    through = optimizer.study(file, desk / "through", workers=1)
    gone_on = optimizer.study(file, desk / "killed", workers=1)
    assert gone_on.info["taken"] == 24
    assert same(gone_on, through)
    for name in ("results", "portfolios"):
        one, other = (pd.read_csv(desk / where / f"{name}.csv") for where in ("killed", "through"))
        pd.testing.assert_frame_equal(
            one.drop(columns="seconds", errors="ignore"), other.drop(columns="seconds", errors="ignore")
        )


def lines(file: Path) -> int:
    """Whole lines of a file."""
    return file.read_bytes().count(b"\n") if file.is_file() else 0


def test_a_run_over_which_processes_died_says_so(desk: Path) -> None:
    """Its row is kept as that of one that failed, and it is tried again."""
    case, (run,) = read_study(write(desk, list_=[{}]))
    (found,) = work.given_up(run, BlamedError("a process died 4 times over one task"))
    table = results_of(list(case.factors), [(1, run.point, found.record)])
    assert table["status"].tolist() == ["died"]
    assert "died 4 times" in table["error"][0]
    ledger_ = ledger.Ledger(desk / "study", {"study": {}}, {}, "resume")
    ledger_.keep(run, found.record, None)
    assert not ledger_.finished(ledger_.known()[run.hash], plans=False)
