"""Case folders: an instance, and an `expected.yaml` with its optimum and the computation by hand."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

import optimizer
from support.build import GAP, Data, funded, instance_of, with_changes

ROOT = Path(__file__).resolve().parents[2]
OWN = ROOT / "tests" / "solve" / "cases"


def contract() -> Path:
    """Where the cases agreed with others lie: `OPTIMIZER_CONTRACT`, or next to the project."""
    given = os.environ.get("OPTIMIZER_CONTRACT")
    return Path(given) if given else ROOT.parent / "shared" / "contract"


@dataclass(frozen=True)
class Case:
    """One instance and what is known of it."""

    folder: Path

    @property
    def expected(self) -> dict[str, Any]:
        """What `expected.yaml` says."""
        found = yaml.safe_load((self.folder / "expected.yaml").read_text(encoding="utf-8"))
        assert isinstance(found, dict)
        return found


def cases_in(folder: Path) -> list[Case]:
    """The cases of a folder by name; none where there is no such folder."""
    return [Case(file.parent) for file in sorted(folder.glob("*/expected.yaml"))]


def name_of(case: Case) -> str:
    """A case's name in test ids."""
    return case.folder.name


def case_data(name: str, **changes: Any) -> Data:
    """One of our own cases as plain data, with sections replaced."""
    text = (OWN / name / "instance.yaml").read_text(encoding="utf-8")
    plain: Data = json.loads(json.dumps(instance_of(text).plain()), object_hook=_with_years)
    return with_changes(plain, **changes)


def _with_years(data: dict[str, Any]) -> dict[Any, Any]:
    """A mapping as it was before it was written as JSON: years are numbers."""
    return {int(key) if key.isdigit() else key: value for key, value in data.items()}


def blank(table: pd.DataFrame) -> pd.DataFrame:
    """A table whose empty cells are all empty in the same way."""
    return table.astype(object).where(table.notna(), "")


def check(case: Case, folder: Path | None = None) -> optimizer.Plan:
    """Solve a case and hold it against what is expected; with a folder, save it and check it again from its files."""
    expected = case.expected
    plan = optimizer.solve(optimizer.load(case.folder), gap=GAP, threads=1)
    assert plan.status == expected["status"], plan.info.get("shortfall", plan.info["why"])
    if plan.status == "infeasible":
        text = "\n".join(item["text"] for item in plan.info["shortfall"])
        for word in expected.get("blame", ()):
            assert str(word) in text, f"{word} is missing from: {text}"
        return plan
    assert plan.objective == pytest.approx(expected["objective"], rel=1e-6, abs=1e-6)
    if "funded" in expected:
        assert funded(plan) == sorted(expected["funded"])
    verdict = plan.info["verdict"]
    assert verdict["ok"], verdict
    if folder is None:
        return plan
    plan.save(folder)
    again = optimizer.verify(folder)
    assert again.ok, [str(violation) for violation in again.violations]
    read = optimizer.Plan.read(folder)
    assert read.instance == plan.instance
    for name, table in plan.tables.items():
        pd.testing.assert_frame_equal(blank(read.tables[name]), blank(table), check_dtype=False, obj=name)
    return plan
