"""The problem in two stages: who reads core and scenarios finds the same optimum, and the same numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support import smps
from support.build import instance_of
from support.cases import OWN, Case, cases_in, name_of
from support.generate import generate
from support.params import some_fast

import optimizer
from optimizer.errors import OptionsError, PlanError
from optimizer.exporting import _smps
from optimizer.network.network import network_of
from optimizer.solver.extensive import problem_of
from optimizer.solver.highs import run
from optimizer.solver.options import Options
from optimizer.solver.solve import begin

ROOT = Path(__file__).resolve().parents[2]
TWO = ROOT / "docs" / "examples" / "two_plants.yaml"
NOT_TWO = (
    "no scenario disrupts", "the measure is", "comes after the branch", "an export is not built", "comes before cost",
)  # fmt: skip


@pytest.mark.parametrize("case", some_fast(cases_in(OWN), 5), ids=name_of)
def test_a_known_optimum_is_that_of_the_scenarios(case: Case, tmp_path: Path) -> None:
    """The number worked out on paper, by a reader that knows nothing of the model; or it is told why there is none."""
    instance = optimizer.load(case.folder)
    if refusable(instance):
        with pytest.raises(OptionsError, match="|".join(NOT_TWO)):
            optimizer.export(instance, tmp_path / "made", "smps")
        assert not list(tmp_path.iterdir())
        return
    made = optimizer.export(instance, tmp_path / "made", "smps")
    found = smps.optimum(made.file) * made.objective_unit_usd
    assert found == pytest.approx(case.expected["objective"], rel=1e-6, abs=1e-3)


def refusable(instance: optimizer.Instance) -> bool:
    """Whether it says something that makes it no problem of two stages: nothing else may be refused."""
    disrupts = [scenario for scenario in instance.scenarios if scenario.effects]
    follows = any(scenario.parent for scenario in instance.scenarios)
    finance = instance.finance is not None and instance.finance.perspective == "public"
    return (
        not disrupts or follows or finance or instance.lexicographic is not None
    ) or instance.risk.measure != "expected"


def test_most_cases_are_of_two_stages() -> None:
    """So that the test before holds something."""
    assert sum(not refusable(optimizer.load(case.folder)) for case in cases_in(OWN)) > 30


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_the_scenarios_have_the_plans_optimum(seed: int, tmp_path: Path) -> None:
    """Of generated instances, with several scenarios that begin and end at other times."""
    optimizer.generate(facilities=20, periods=3, futures=4, seed=seed).save(tmp_path / "made")
    instance = optimizer.load(tmp_path / "made")
    made = optimizer.export(instance, tmp_path / "smps", "smps")
    plan = optimizer.solve(instance, gap=0, gap_usd=None, method="extensive")
    assert made.scenarios == 4
    assert smps.optimum(made.file) * made.objective_unit_usd == pytest.approx(plan.objective, rel=1e-6)


def test_every_number_of_a_branch_is_in_its_scenario(tmp_path: Path) -> None:
    """To the last bit, by name: rows, sides and entries of the extensive form, and nothing more but rows of zeros."""
    instance = instance_of(generate(1, scenarios=2))
    whole = smps.highs_of(optimizer.export(instance, tmp_path / "whole.mps").file).getLp()
    found = smps.read(optimizer.export(instance, tmp_path / "smps", "smps").file)
    matrix = smps.matrix_of(whole).tocsr()
    columns, rows = list(whole.col_names_), list(whole.row_names_)
    entries = {
        (rows[r], columns[c]): value
        for r in range(matrix.shape[0])
        for c, value in zip(matrix[[r]].indices, matrix[[r]].data, strict=True)
    }
    sides = {name: (whole.row_lower_[i], whole.row_upper_[i]) for i, name in enumerate(rows)}
    names, branch = found.columns, found.rows[found.row :]
    assert {name for name, _, _ in found.scenarios} == {"base", *(one.id for one in instance.scenarios)}
    for number, (scenario, _, _) in enumerate(found.scenarios):
        part, low, high = smps.second_stage(found, number)
        here = {}
        for at, name in enumerate(branch):
            if name == "branch/cost":
                continue
            row = name.replace("branch/", f"{scenario}/", 1)
            for column, value in zip(part[[at]].indices, part[[at]].data, strict=True):
                here[row, names[column].replace("branch/", f"{scenario}/", 1)] = value
            if row in sides:
                assert (low[at], high[at]) == sides[row]
            else:
                assert not part[[at]].nnz
                assert low[at] <= 0 <= high[at]
        assert here == {key: value for key, value in entries.items() if key[0].startswith(f"{scenario}/")}


def test_bounds_and_kinds_that_differ_between_branches_are_rows(tmp_path: Path) -> None:
    """SMPS can change neither: no instance of ours has them, and they are held to all the same."""
    network = network_of(instance_of(generate(1, scenarios=2)))
    problem = problem_of(network, begin(network, Options(method="extensive")).blocks, {})
    before = run(problem, Options(gap=1e-9, threads=1))
    assert before.values is not None
    first, second = network.windows
    for name, component, bounds, value in (
        (first, "deliver", problem.upper, 2.0),
        (second, "short", problem.lower, 1.0),
    ):
        keys = problem.blocks[name].columns
        bounds[[problem.place[name][local] for local, key in enumerate(keys) if key[0] == component][::2]] = value
    start = problem.row_start[first]
    ends = np.arange(start, start + len(problem.blocks[first].rows))
    loose = ends[np.isinf(problem.row_lower[ends]) & np.isfinite(problem.row_upper[ends])]
    problem.row_lower[loose] = np.minimum((problem.matrix @ before.values)[loose], problem.row_upper[loose]) - 10.0
    after = run(problem, Options(gap=1e-9, threads=1))
    assert after.objective is not None
    assert before.objective is not None
    assert after.objective > before.objective * (1 + 1e-4)
    made = _smps(network, problem, tmp_path / "made")
    names = smps.read(made.file).rows
    assert any(name.startswith("branch/limit(") for name in names)
    assert len(names) > len(set(names)), "no row is of two kinds"
    assert smps.optimum(made.file) * made.objective_unit_usd == pytest.approx(after.objective, rel=1e-6)


def test_mpi_sppy_reads_stages_and_scenarios(tmp_path: Path) -> None:
    """A reader of others': where stages begin, probabilities, and changes as they are written."""
    reader = pytest.importorskip("mpisppy.problem_io.smps_reader")
    instance = instance_of(generate(1, scenarios=2))
    folder = optimizer.export(instance, tmp_path / "smps", "smps").file
    core, time, stoch = reader._find_smps_files(str(folder))
    found = smps.read(folder)
    stages = reader.parse_tim(time)
    parted = reader.partition_vars_by_stage(reader.get_var_order_from_mps(core), stages)
    assert [len(names) for names in parted.values()] == [found.column, found.core.num_col_ - found.column]
    scenarios = reader.parse_sto_discrete(stoch)
    assert sum(one["probability"] for one in scenarios) == pytest.approx(1, abs=1e-12)
    assert [(one["name"], one["probability"], one["modifications"]) for one in scenarios] == found.scenarios
    assert reader.get_rhs_name_from_mps(core) == smps.RIGHT


def test_what_is_no_problem_of_two_stages_is_refused(tmp_path: Path) -> None:
    """With all reasons, and nothing is written."""
    data = generate(1, scenarios=2, children=1)
    data["risk"] = {"measure": "worst_case"}
    with pytest.raises(OptionsError, match=r"measure is worst_case(.|\n)*comes after the branch of"):
        optimizer.export(instance_of(data), tmp_path / "made", "smps")
    with pytest.raises(OptionsError, match="no scenario disrupts anything"):
        optimizer.export(instance_of(generate(1, scenarios=0)), tmp_path / "made", "smps")
    with pytest.raises(OptionsError, match="format is 'lp'; 'mps' and 'smps' are written"):
        optimizer.export(optimizer.load(TWO), tmp_path / "made", "lp")
    assert not list(tmp_path.iterdir())


def test_only_an_exported_folder_is_replaced(tmp_path: Path) -> None:
    """Made again it is the same to the byte; somebody else's folder or file is left as it is."""
    instance, folder = optimizer.load(TWO), tmp_path / "two"
    first = {file.name: file.read_bytes() for file in optimizer.export(instance, folder, "smps").file.iterdir()}
    assert set(first) == {"problem.cor", "problem.tim", "problem.sto", "names.csv"}
    again = optimizer.export(instance, folder, "smps").file
    assert {file.name: file.read_bytes() for file in again.iterdir()} == first
    (folder / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(PlanError, match="was not written here"):
        optimizer.export(instance, folder, "smps")
    assert (folder / "mine.txt").is_file()
    (tmp_path / "odd" / "problem.cor").mkdir(parents=True)
    with pytest.raises(PlanError, match="was not written here"):
        optimizer.export(instance, tmp_path / "odd", "smps")
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    with pytest.raises(PlanError, match="is a file; name a folder"):
        optimizer.export(instance, tmp_path / "file", "smps")
    assert {path.name for path in tmp_path.iterdir()} == {"two", "odd", "file"}
