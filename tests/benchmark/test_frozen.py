"""The frozen instances stay what they are, and what is stated of them holds."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
from pathlib import Path

import pytest

import optimizer
from optimizer.benchmark.frozen import Benchmark, Stated, held, known_folder
from optimizer.errors import OptionsError, PlanError
from optimizer.instance.instance import Instance
from optimizer.instance.write import plain_text, sha256

FILES = {
    "must_40_5_5": "ba3cc2121882760c18c914c9f8f8bd803b953198041cd5795b26cf34485be67a",
    "s120_10_10": "d163a781703bd88c78c9f1abe79042921e2c6c186b419e48f0d68196259b1af5",
    "s240_20_2": "24537ecd50445790067dd8db34a249160c37d2c6da4cf39f0da644fa4ba91c1a",
    "s60_5_1": "a6817c0d538df6e32f7c8e8c666b5807567524023dd7f5eecade5332f21296bf",
    "s60_5_10": "74219b23675595c7662bb740d259fa7a2a310ccfad47bce43b59c9fed796f4bd",
    "s60_5_100": "cdd8a73d3207cf83e2891fd9df161f82c0a99fcd9cd79aadea116839399dcc0e",
    "tree_60_8_20": "cd6c6ea9e1ff5963d511d9ac7b5df6d30ef08f0635bc8052c4d17dea2270a2f0",
}
"""SHA-256 of the files of each, by name, one after another. A generator that makes others changes none of them."""
SMALLEST = "s60_5_1"
ROUNDING = 1e-6


@pytest.fixture(scope="module")
def frozen() -> dict[str, Benchmark]:
    return optimizer.benchmarks()


def within(one: Benchmark, objective: float, bound: float, gap: float) -> None:
    """A solve to a gap agrees with what is stated: no plan below the bound, no bound above the plan, and near it."""
    best, least = one.objective.usd, one.bound.usd
    assert objective >= least * (1 - ROUNDING)
    assert bound <= best * (1 + ROUNDING)
    assert objective <= best * (1 + gap + ROUNDING)


@pytest.mark.parametrize("name", FILES)
def test_its_files_are_what_they_were(name: str, frozen: dict[str, Benchmark]) -> None:
    """To the byte; and they load as the instance whose values are stated, under its name."""
    digest = hashlib.sha256()
    for file in sorted(frozen[name].folder.iterdir()):
        digest.update(file.read_bytes())
    assert digest.hexdigest() == FILES[name]
    instance = frozen[name].load()
    assert (instance.name, sha256(instance)) == (name, frozen[name].instance_sha256)


def test_all_are_told(frozen: dict[str, Benchmark]) -> None:
    """Each has its folder, a portfolio, and numbers in the order that they must have; all under a megabyte."""
    assert set(frozen) == set(FILES)
    root = known_folder().parent
    assert {folder.name for folder in root.iterdir() if folder.is_dir()} == {*FILES, known_folder().name}
    assert {file.name for file in known_folder().iterdir()} == {"values.json", *(f"{name}.csv" for name in FILES)}
    assert sum(file.stat().st_size for file in root.rglob("*") if file.is_file()) < 1_000_000
    for one in frozen.values():
        assert one.bound.usd <= one.objective.usd
        assert one.proved is None or one.proved.usd <= one.bound.usd
        assert one.gap < (0.04 if one.name == "s240_20_2" else 0.002)


def test_the_page_tells_what_the_table_says(frozen: dict[str, Benchmark]) -> None:
    """Sizes, values and times of each, in its two lines."""
    lines = Path("docs/benchmarks.md").read_text(encoding="utf-8").splitlines()
    for name, one in frozen.items():
        sizes, times = (
            [cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line.startswith(f"| `{name}`")
        )
        numbers = [one.objective.usd, one.bound.usd, *([] if one.proved is None else [one.proved.usd])]
        assert sizes[2:5] == [f"{number:,}" for number in (one.rows, one.columns, one.binaries)]
        assert [cell for cell in (*sizes[5:7], sizes[8]) if cell != "-"] == [f"{usd / 1e6:,.2f}" for usd in numbers]
        assert sizes[7] == f"{one.gap:.3%}"
        assert times[2] == f"{one.objective.processor_seconds:,.0f}"


@pytest.mark.parametrize("name", ["s60_5_1", "must_40_5_5"])
def test_its_sizes_are_those_of_its_export(name: str, frozen: dict[str, Benchmark], tmp_path: Path) -> None:
    """As a reader who exports it counts them."""
    made = optimizer.export(frozen[name].load(), tmp_path / "problem.mps")
    one = frozen[name]
    assert (made.rows, made.columns, made.binaries, made.nonzeros) == (
        one.rows,
        one.columns,
        one.binaries,
        one.nonzeros,
    )


def only_its_portfolio(one: Benchmark, folder: Path) -> Instance:
    """The instance, where nothing but what the best known plan funds may be funded, and in no other year."""
    with one.portfolio.open(encoding="utf-8", newline="") as file:
        funded = {(row["facility"], row["option"]): int(row["year"]) for row in csv.DictReader(file)}
    plain, kept = one.load().plain(), 0
    for name, facility in plain["facilities"].items():
        years = {option["id"]: funded.get((name, option["id"])) for option in facility.get("options", [])}
        left = [option for option in facility.get("options", []) if years[option["id"]] is not None]
        facility["options"] = [option | dict.fromkeys(("earliest", "latest"), years[option["id"]]) for option in left]
        kept += len(left)
    assert kept == len(funded)
    (folder / "held.yaml").write_text(plain_text(plain), encoding="utf-8")
    return optimizer.load(folder / "held.yaml")


@pytest.mark.slow
def test_the_smallest_is_solved_within_what_is_stated(frozen: dict[str, Benchmark]) -> None:
    """To a hundredth."""
    plan = optimizer.solve(frozen[SMALLEST].load(), gap=1e-2, threads=1)
    assert plan.status == "optimal"
    within(frozen[SMALLEST], objective_of(plan), bound_of(plan), 1e-2)


@pytest.mark.slow
def test_the_portfolio_of_the_smallest_costs_what_is_stated(frozen: dict[str, Benchmark], tmp_path: Path) -> None:
    """Fundings held, the rest is operations."""
    one = frozen[SMALLEST]
    plan = optimizer.solve(only_its_portfolio(one, tmp_path), gap=1e-6, threads=1)
    assert objective_of(plan) == pytest.approx(one.objective.usd, rel=1e-5)
    assert objective_of(plan) >= one.bound.usd * (1 - ROUNDING)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["must_40_5_5", "s60_5_10"])
def test_others_are_solved_within_what_is_stated(name: str, frozen: dict[str, Benchmark]) -> None:
    """To two percent; the others take minutes."""
    plan = optimizer.solve(frozen[name].load(), gap=2e-2, threads=1)
    assert plan.status == "optimal"
    within(frozen[name], objective_of(plan), bound_of(plan), 2e-2)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["must_40_5_5", "s60_5_10", "tree_60_8_20"])
def test_portfolios_cost_what_is_stated(name: str, frozen: dict[str, Benchmark], tmp_path: Path) -> None:
    """Those of more futures too."""
    one = frozen[name]
    plan = optimizer.solve(only_its_portfolio(one, tmp_path), gap=1e-5, threads=1)
    assert objective_of(plan) <= one.objective.usd * (1 + 2e-5)
    assert objective_of(plan) >= one.bound.usd * (1 - ROUNDING)


def test_what_must_be_met_needs_fundings(frozen: dict[str, Benchmark], tmp_path: Path) -> None:
    """With nothing to fund there is no plan."""
    one = frozen["must_40_5_5"]
    plain = one.load().plain()
    for facility in plain["facilities"].values():
        facility.pop("options", None)
    plain["policy"].pop("rules", None)
    (tmp_path / "nothing.yaml").write_text(plain_text(plain), encoding="utf-8")
    assert optimizer.solve(optimizer.load(tmp_path / "nothing.yaml"), threads=1).status == "infeasible"


def objective_of(plan: optimizer.Plan) -> float:
    assert plan.objective is not None
    return plan.objective


def bound_of(plan: optimizer.Plan) -> float:
    assert plan.bound is not None
    return plan.bound


BEST = Stated(1000.0, "", "", "", "", 0, 0)


def invented(bound: float, proved: float | None) -> Benchmark:
    """One whose best plan costs 1000 USD."""
    other = None if proved is None else dataclasses.replace(BEST, usd=proved)
    return Benchmark("x", "", "", 1, 1, 1, 1, BEST, dataclasses.replace(BEST, usd=bound), other)


@pytest.mark.parametrize(
    ("objective", "bound", "contradicts", "improves"),
    [
        (1000.0, 990.0, "", ""),
        (1010.0, 980.0, "", ""),
        (1000.0005, 990.0005, "", ""),
        (995.0, 990.0, "", "a plan of 995 USD, and the best known costs 1,000 USD"),
        (1000.0, 995.0, "", "a bound of 995 USD, and the best known is 990 USD"),
        (985.0, None, "a plan of 985 USD, where a solver said 990 USD is the least", ""),
        (970.0, None, "a plan of 970 USD, where 980 USD is proved to be the least", ""),
        (None, 1001.0, "a bound of 1,001 USD, where a plan of 1,000 USD is known", ""),
        (1002.0, 1003.0, "a plan of 1,002 USD with a bound of 1,003 USD of its own", ""),
    ],
)
def test_values_are_held_against_what_is_known(
    objective: float | None, bound: float | None, contradicts: str, improves: str
) -> None:
    """What cannot be true is told with what it contradicts; what is better is told; a rounding is neither."""
    standing = invented(990.0, 980.0).against(objective, bound)
    assert (contradicts in standing.contradictions) == bool(contradicts)
    assert bool(standing.contradictions) == bool(contradicts)
    assert standing.better == ((improves,) if improves else ())
    if objective is not None:
        assert standing.above == pytest.approx(objective / 1000 - 1)
        assert standing.above_bound == pytest.approx(objective / 990 - 1)


def test_a_copy_is_the_same_and_overwrites_nothing(frozen: dict[str, Benchmark], tmp_path: Path) -> None:
    """Under its own name, wherever it is put."""
    copied = frozen[SMALLEST].copy(tmp_path / "mine")
    assert sha256(optimizer.load(copied)) == frozen[SMALLEST].instance_sha256
    with pytest.raises(OptionsError, match="holds something"):
        frozen[SMALLEST].copy(tmp_path / "mine")


def test_a_plan_of_something_else_is_refused(tmp_path: Path) -> None:
    """It would be held against numbers that are not its own."""
    plan = optimizer.solve(optimizer.load("docs/examples/two_plants.yaml"))
    with pytest.raises(PlanError, match="not a frozen instance"):
        held(plan.save(tmp_path / "plan"))
