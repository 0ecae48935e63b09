"""The problem in a file: another reader finds the same optimum in it, under names that say what is what."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import highspy
import pytest

import optimizer
from optimizer.errors import OptionsError, PlanError
from optimizer.network.network import network_of
from optimizer.solver.extensive import problem_of
from optimizer.solver.loading import load as loaded
from optimizer.solver.options import Options
from optimizer.solver.solve import begin

ROOT = Path(__file__).resolve().parents[2]
TWO = ROOT / "docs" / "examples" / "two_plants.yaml"
NAME = re.compile(r"[A-Za-z0-9_.~%-]+/[A-Za-z0-9_.~%-]+(\([A-Za-z0-9_.~%,-]+\))?\Z")


def read(file: Path) -> Any:
    """A HiGHS object with what the file says."""
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    assert highs.readModel(str(file)) == highspy.HighsStatus.kOk
    return highs


def optimum_of(file: Path, unit: float) -> float:
    """What the least of the problem in a file costs, USD."""
    highs = read(file)
    highs.setOptionValue("mip_rel_gap", 0.0)
    highs.run()
    assert highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return float(highs.getInfo().objective_function_value) * unit


@pytest.mark.parametrize(
    "risk",
    [
        {"measure": "expected"},
        pytest.param({"measure": "cvar", "alpha": 0.9, "weight": 0.5}, marks=pytest.mark.slow),
        pytest.param({"measure": "worst_case"}, marks=pytest.mark.slow),
    ],
)
def test_the_file_has_the_plans_optimum(tmp_path: Path, risk: dict[str, Any]) -> None:
    """Under each measure that is one problem; with the constant, and in the unit that is told."""
    optimizer.generate(facilities=20, periods=2, futures=2, seed=4).save(tmp_path / "made")
    instance = optimizer.load(tmp_path / "made").replace({"risk": risk})
    made = optimizer.export(instance, tmp_path / "made.mps")
    plan = optimizer.solve(instance, gap=0, gap_usd=None, method="extensive")
    assert plan.objective is not None
    assert optimum_of(made.file, made.objective_unit_usd) == pytest.approx(plan.objective, rel=1e-6)
    info = read(made.file).getLp()
    assert (made.rows, made.columns) == (info.num_row_, info.num_col_)
    assert made.binaries == sum(kind == highspy.HighsVarType.kInteger for kind in info.integrality_)


def test_every_number_comes_back_to_the_last_bit(tmp_path: Path) -> None:
    """Costs, coefficients and sides as the solver has them; what is 0 may be left out."""
    optimizer.generate(facilities=20, periods=2, futures=2, seed=4).save(tmp_path / "made")
    instance = optimizer.load(tmp_path / "made")
    there = read(optimizer.export(instance, tmp_path / "made.mps").file).getLp()
    problem = problem_of(network_of(instance), begin(network_of(instance), Options()).blocks, {})
    here = loaded(problem).getLp()
    for name in ("col_cost_", "col_lower_", "col_upper_", "row_lower_", "row_upper_"):
        assert list(getattr(there, name)) == list(getattr(here, name))
    assert there.offset_ == here.offset_
    assert [list(there.a_matrix_.value_), list(there.a_matrix_.index_), list(there.a_matrix_.start_)] == [
        list(here.a_matrix_.value_), list(here.a_matrix_.index_), list(here.a_matrix_.start_)
    ]  # fmt: skip


def test_names_say_what_is_what(tmp_path: Path) -> None:
    """Every row and column has one of its own, without blanks, and those of the formulation are found."""
    instance = optimizer.load(TWO)
    lp = read(optimizer.export(instance, tmp_path / "two.mps").file).getLp()
    for names in (list(lp.col_names_), list(lp.row_names_)):
        assert len(set(names)) == len(names)
        assert all(map(NAME.match, names))
    fundings = {name for name in lp.col_names_ if name.startswith("investment/fund(")}
    assert {name.split(",")[0] for name in fundings} == {"investment/fund(home", "investment/fund(abroad"}
    assert any(name.startswith("trunk/run(") for name in lp.col_names_)


def test_marked_rows_put_a_banner_on_the_file(tmp_path: Path) -> None:
    """After the line by which it is known; without markings there is none."""
    text = TWO.read_text(encoding="utf-8")
    assert not optimizer.export(optimizer.load(TWO), tmp_path / "plain.mps").banner
    marked = text + 'markings: {cui: {name: "Controlled", banner: "CUI (draft)"}}\n'
    marked = marked.replace("  home:\n", "  home:\n    marking: cui\n", 1)
    (tmp_path / "marked.yaml").write_text(marked, encoding="utf-8")
    made = optimizer.export(optimizer.load(tmp_path / "marked.yaml"), tmp_path / "marked.mps")
    assert made.banner == "CUI (draft)"
    lines = made.file.read_text(encoding="utf-8").splitlines()
    assert lines[1] == "* CUI (draft)"
    plain = (tmp_path / "plain.mps").read_text(encoding="utf-8").splitlines()
    assert lines[5:] == plain[4:]


def test_an_instance_of_several_solves_is_refused(tmp_path: Path) -> None:
    """All that is wrong is told at once, with the way out, and nothing is written."""
    instance = optimizer.load(TWO).replace({"risk": {"measure": "regret"}})
    with pytest.raises(OptionsError, match=r"does not end in \.mps(.|\n)*measure regret"):
        optimizer.export(instance, tmp_path / "two.lp")
    instance = optimizer.load(TWO).replace({"lexicographic": ["service", "cost"]})
    with pytest.raises(OptionsError, match="--set lexicographic=null"):
        optimizer.export(instance, tmp_path / "two.mps")
    assert not list(tmp_path.iterdir())


def test_only_an_export_is_replaced(tmp_path: Path) -> None:
    """Somebody else's file, a folder and a place that is not there are left as they are."""
    instance, file = optimizer.load(TWO), tmp_path / "two.mps"
    file.write_text("NAME mine\n", encoding="utf-8")
    with pytest.raises(PlanError, match="was not written here"):
        optimizer.export(instance, file)
    assert file.read_text(encoding="utf-8") == "NAME mine\n"
    file.unlink()
    first = optimizer.export(instance, file).file.read_bytes()
    assert optimizer.export(instance, file).file.read_bytes() == first
    with pytest.raises(PlanError, match="is no folder"):
        optimizer.export(instance, tmp_path / "none" / "two.mps")
    (tmp_path / "folder.mps").mkdir()
    with pytest.raises(PlanError, match="is a folder"):
        optimizer.export(instance, tmp_path / "folder.mps")
    assert {path.name for path in tmp_path.iterdir()} == {"two.mps", "folder.mps"}
