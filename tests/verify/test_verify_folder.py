"""Folders that are no plans are refused with a clear text; damaged ones are violations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from verify_plans import rejoin

from optimizer.errors import PlanError
from optimizer.verifier import Tolerance, verify, verify_tables


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="there is no folder"):
        verify(tmp_path / "none")
    with pytest.raises(PlanError, match=r"it has no plan\.json"):
        verify(tmp_path)
    folder = rejoin().write(tmp_path / "plan")
    (folder / "flows.csv").unlink()
    (folder / "instance" / "instance.yaml").unlink()
    with pytest.raises(PlanError, match=r"it lacks instance.*instance.yaml, flows.csv"):
        verify(folder)


@pytest.mark.parametrize("text", ["", "{", "[1]", "null"])
def test_a_plan_json_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    folder = rejoin().write(tmp_path / "plan")
    (folder / "plan.json").write_text(text)
    with pytest.raises(PlanError, match=r"plan\.json"):
        verify(folder)


def test_a_run_without_plan_has_nothing_to_check(tmp_path: Path) -> None:
    folder = rejoin().write(tmp_path / "plan")
    (folder / "plan.json").write_text(json.dumps({"status": "infeasible"}))
    with pytest.raises(PlanError, match="there is no plan to check"):
        verify(folder)


def test_a_changed_instance_is_noticed(tmp_path: Path) -> None:
    folder = rejoin().write(tmp_path / "plan")
    file = folder / "instance" / "instance.yaml"
    file.write_text(file.read_text().replace("CHN: adversary", "CHN: ally"))
    assert {violation.constraint for violation in verify(folder).violations} == {"instance_hash"}


@pytest.mark.parametrize("text", ["", '"', "scenario,period\n1,2,3\n", "\x00"])
def test_a_damaged_table_is_a_violation(tmp_path: Path, text: str) -> None:
    folder = rejoin().write(tmp_path / "plan")
    (folder / "runs.csv").write_text(text)
    assert "table_columns" in {violation.constraint for violation in verify(folder).violations}


def test_a_table_too_many_is_a_violation(tmp_path: Path) -> None:
    folder = rejoin().write(tmp_path / "plan")
    (folder / "more.csv").write_text("a\n1\n")
    assert {violation.constraint for violation in verify(folder).violations} == {"table_present"}


def test_rounding_within_the_tolerance_is_let_pass_and_reported() -> None:
    plan = rejoin()
    plan.edit("stock", {"in": 10 + 5e-7}, scenario="trunk", period=2027)
    verdict = plan.verdict()
    assert verdict.ok
    assert "largest residual 5e-07 t (" in verdict.summary()
    strict = verify_tables(plan.instance, plan.plan, plan.tables, Tolerance(absolute=1e-9, relative=1e-9))
    assert {"stock_balance", "balance_hub"} <= {violation.constraint for violation in strict.violations}
