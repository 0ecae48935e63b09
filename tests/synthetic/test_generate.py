"""Synthetic instances: without faults, of the size asked for, the same bytes by seed, with a plan in every case."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

import optimizer
from optimizer.errors import OptionsError
from optimizer.evaluation import Portfolio
from optimizer.instance.instance import Instance
from optimizer.network.network import network_of
from optimizer.network.tables import INVESTMENT
from optimizer.solver.extensive import compile_all, problem_of
from optimizer.solver.highs import run
from optimizer.solver.options import Options


def loaded(folder: Path, **asked: int | float | str) -> Instance:
    """The instance of a synthetic one, read from its files."""
    optimizer.generate(**asked).save(folder)  # type: ignore[arg-type]
    return optimizer.load(folder)


def content(folder: Path) -> dict[str, bytes]:
    """The bytes of each file."""
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


@pytest.mark.parametrize(
    ("facilities", "periods", "futures", "seed", "channels"),
    [(20, 1, 1, 0, 1), (20, 1, 5, 1, 2), (33, 3, 8, 2, 3), (60, 5, 10, 1, 2), (150, 12, 40, 4, 3), (600, 4, 3, 5, 2)],
)
def test_it_has_no_faults_and_the_size_asked_for(
    tmp_path: Path, facilities: int, periods: int, futures: int, seed: int, channels: int
) -> None:
    """Every check of an instance holds, and what was asked for is there."""
    made = loaded(
        tmp_path / "made", facilities=facilities, periods=periods, futures=futures, seed=seed, channels=channels
    )
    assert len(made.facilities) == facilities
    assert len(made.periods) == periods
    assert len(made.scenarios) == futures - 1
    assert len(made.channels) == channels
    nothing = [f for f in made.facilities.values() if all(size.at(2027, 2027) == 0 for size in f.capacity.values())]
    assert len(nothing) == round(0.25 * facilities)
    assert all(f.options for f in nothing)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    """Files are the same byte for byte."""
    for name, seed in (("one", 3), ("same", 3), ("other", 4)):
        optimizer.generate(facilities=40, futures=20, seed=seed).save(tmp_path / name)
    assert content(tmp_path / "one") == content(tmp_path / "same")
    assert content(tmp_path / "one") != content(tmp_path / "other")


def test_a_larger_set_of_futures_begins_with_the_smaller_one(tmp_path: Path) -> None:
    """The network is the same, and so is what the first futures bring; their probabilities are smaller."""
    few, many = (loaded(tmp_path / str(n), facilities=40, futures=n, seed=3) for n in (6, 30))
    assert few.facilities == many.facilities
    assert few.lanes == many.lanes
    for one, same in zip(few.scenarios, many.scenarios, strict=False):
        assert one.model_copy(update={"probability": 0.0}) == same.model_copy(update={"probability": 0.0})
        assert one.probability > same.probability


@pytest.mark.parametrize(("futures", "disrupted"), [(2, 1.0), (7, 0.3), (3000, 1.0)])
def test_probabilities_add_up_to_what_was_asked_for(futures: int, disrupted: float) -> None:
    """As exact decimals never over it, and short of it by less than a billionth a future."""
    made = optimizer.generate(facilities=20, futures=futures, disrupted=disrupted)
    total = math.fsum(float(row["probability"]) for row in made.tables["scenarios"])
    assert disrupted - 1e-9 * futures <= total <= disrupted + 1e-12


def test_scenarios_that_leave_others_while_these_last(tmp_path: Path) -> None:
    """A parent comes earlier, and its branch has not rejoined when it is left; the others are as they were."""
    flat, tree = (loaded(tmp_path / str(share), facilities=20, periods=6, futures=40, seed=2, children=share)
                  for share in (0.0, 0.5))  # fmt: skip
    by_id = {scenario.id: scenario for scenario in tree.scenarios}
    left = [scenario for scenario in tree.scenarios if scenario.parent is not None]
    assert 10 <= len(left) <= 25
    for scenario in left:
        parent = by_id[scenario.parent or ""]
        end = math.inf if parent.duration is None else parent.onset + parent.duration + parent.recovery
        assert parent.onset < scenario.onset < end
    assert list(by_id) == [scenario.id for scenario in flat.scenarios]
    for one, same in zip(flat.scenarios, tree.scenarios, strict=True):
        if same.parent is None:
            assert one == same
    network = network_of(tree)
    assert network.left
    with pytest.raises(OptionsError, match="known and children do not go together"):
        optimizer.generate(known=True, children=0.5)


def test_every_argument_that_makes_no_sense_is_named_at_once() -> None:
    """All of them, with what would be right."""
    with pytest.raises(OptionsError) as error:
        optimizer.generate(
            facilities=5,
            periods=0,
            futures=0,
            seed=-1,
            candidates=2,
            channels=4,
            disrupted=0,
            name="A b",
            children=2,
        )
    for word in ("facilities", "periods", "futures", "seed", "candidates", "channels", "disrupted", "name", "children"):
        assert word in str(error.value)


def test_candidates_that_do_not_fit_are_refused_with_the_most_that_do() -> None:
    """Beside one that stands and the adversary's."""
    with pytest.raises(OptionsError, match=r"of 20 facilities at most 0\.3 "):
        optimizer.generate(facilities=20, candidates=0.5)
    most = optimizer.generate(facilities=20, candidates=0.3)
    assert sum(row["capacity"] == 0 for row in most.tables["facilities"]) == 6


def test_another_folder_is_not_written_over(tmp_path: Path) -> None:
    """A folder that this did not write stays as it was; one that it did is replaced."""
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "instance.yaml").write_text("schema: 1\n", encoding="utf-8")
    with pytest.raises(OptionsError, match="no synthetic instance"):
        optimizer.generate(facilities=20).save(mine)
    assert content(mine) == {"instance.yaml": b"schema: 1\n"}
    made = optimizer.generate(facilities=20, futures=1)
    made.save(tmp_path / "made")
    optimizer.generate(facilities=20, futures=4).save(tmp_path / "made")
    made.save(tmp_path / "made")
    assert "scenarios.csv" not in content(tmp_path / "made")


@pytest.mark.parametrize(("seed", "channels"), [(0, 2), (1, 3), (2, 1)])
def test_funding_nothing_and_making_nothing_is_a_plan(tmp_path: Path, seed: int, channels: int) -> None:
    """In the trunk and in every branch: the whole problem has a solution with all fundings and activity at 0."""
    network = network_of(loaded(tmp_path / "made", facilities=30, futures=8, seed=seed, channels=channels))
    blocks, _ = compile_all(network)
    problem = problem_of(network, blocks, {})
    upper = problem.upper.copy()
    for name, block in problem.blocks.items():
        idle = [i for i, (component, _) in enumerate(block.columns) if component in ("fund", "run")]
        upper[problem.place[name][idle]] = 0.0
    assert run(replace(problem, upper=upper), Options(threads=1)).ended == "optimal"


@pytest.mark.slow
def test_the_choice_is_one_and_disruptions_change_it(tmp_path: Path) -> None:
    """Some options are funded and not all; with its scenarios the network takes another portfolio than without."""
    portfolios = []
    for futures in (1, 4):
        made = loaded(tmp_path / str(futures), facilities=20, periods=3, futures=futures, seed=2, disrupted=0.9)
        plan = optimizer.solve(made, gap=1e-4, threads=1)
        assert plan.info["verdict"]["ok"]
        portfolios.append({(row.facility, row.option, row.funded) for row in plan.portfolio.itertuples()})
        assert 0 < len(portfolios[-1]) < sum(len(facility.options) for facility in made.facilities.values())
    assert portfolios[0] != portfolios[1]


@pytest.mark.parametrize(("seed", "channels", "periods"), [(0, 2, 4), (1, 3, 3), (2, 1, 2), (3, 2, 1)])
def test_the_planted_portfolio_meets_what_must_be_met(tmp_path: Path, seed: int, channels: int, periods: int) -> None:
    """In every future, and with no plant running but those of the planted chain."""
    made = optimizer.generate(
        facilities=30, periods=periods, futures=8, seed=seed, channels=channels, disrupted=1.0, must_meet=True
    )
    made.save(tmp_path / "made")
    instance = optimizer.load(tmp_path / "made")
    assert all("shortage_cost" not in line for line in instance.plain()["markets"]["core_programmes"]["demand"])
    portfolio = Portfolio.read(tmp_path / "made" / "planted_portfolio.csv").fundings if made.planted else ()
    assert sorted(portfolio) == sorted(made.planted)
    chain = {facility for facility, _, _ in portfolio}
    network = network_of(instance)
    blocks, _ = compile_all(network)
    problem = problem_of(network, blocks, {})
    lower, upper = problem.lower.copy(), problem.upper.copy()
    for name, block in problem.blocks.items():
        for column, (component, index) in zip(problem.place[name], block.columns, strict=True):
            if component == "fund" and name == INVESTMENT:
                lower[column] = upper[column] = float(index in portfolio)
            elif component == "run" and chain and index[0] not in chain:  # type: ignore[index]
                upper[column] = 0.0
    assert run(replace(problem, lower=lower, upper=upper), Options(threads=1)).ended == "optimal"


def test_what_must_be_met_is_more_than_its_chain_makes_without_what_is_planted() -> None:
    """From the second year on; in the first it is nine tenths of what stands."""
    made = optimizer.generate(facilities=30, futures=2, seed=0, must_meet=True)
    (line,) = [row for row in made.tables["demand"] if row["market"] == "core_programmes"]
    first, later = line["tonnes"].values()
    assert later > 1.3 * first / 0.9
    assert len(made.planted) == 5
    with pytest.raises(OptionsError, match="do not go together"):
        optimizer.generate(known=True, must_meet=True)
