"""The runs of a study answer as the same instances would one by one, whatever varies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.build import instance_of, text_of
from support.generate import generate

import optimizer
from optimizer.studies import Study
from optimizer.studies.read import read_study

from .conftest import ALPHA, COST, design, rivals, write

TONNES = "markets.programs.demand.magnet.tonnes"


@pytest.fixture(scope="module")
def grid() -> Study:
    """Alpha's capex at three values, with two demands."""
    return optimizer.study(
        design(grid={ALPHA: [900, 1000, 1200], TONNES: {"from": 50, "to": 100, "count": 2}}),
        instance=instance_of(rivals()),
        workers=1,
    )


def test_a_grid_equals_a_loop_by_hand(grid: Study, tmp_path: Path) -> None:
    """Each with each, the last factor changing first; cost, portfolio and figures as of a solve by itself."""
    (tmp_path / "rivals.yaml").write_text(text_of(rivals()), encoding="utf-8")
    points = [(capex, tonnes) for capex in (900, 1000, 1200) for tonnes in (50, 100)]
    assert list(zip(grid.results[ALPHA], grid.results[TONNES], strict=True)) == points
    for run, (capex, tonnes) in enumerate(points, 1):
        overrides = [f"{ALPHA}={capex}", f"{TONNES}={tonnes}"]
        plan = optimizer.solve(optimizer.load(tmp_path / "rivals.yaml", overrides), gap=1e-9, threads=1)
        row = grid.results.set_index("run").loc[run]
        assert row["objective"] == plan.objective
        assert row["instance_sha256"] == plan.info["instance_sha256"]
        assert row["cost_capex"] == pytest.approx(plan.info["cost"]["capex"])
        assert row["cost_activity"] == pytest.approx(2 * tonnes * 10)
        assert row["public_outlay"] == pytest.approx(plan.outlay["usd"].sum())
        mine = grid.portfolios[grid.portfolios["run"] == run].drop(columns="run").reset_index(drop=True)
        pd.testing.assert_frame_equal(mine, plan.portfolio, check_dtype=False)


def test_the_answer_turns_where_the_rivals_are_equal(grid: Study) -> None:
    """Above 1,100 USD beta is funded instead."""
    funded = grid.portfolios.merge(grid.results[["run", ALPHA]], on="run")
    assert set(funded.loc[funded[ALPHA] <= 1000, "facility"]) == {"alpha"}
    assert set(funded.loc[funded[ALPHA] > 1100, "facility"]) == {"beta"}


def test_every_figure_has_its_unit(grid: Study) -> None:
    """Columns that count money, tonnes or seconds say so."""
    units = grid.results.attrs["units"]
    assert units["objective"] == "USD"
    assert units["cost_capex"] == "USD, expected, discounted"
    assert units["short_open"] == "t, expected"
    assert units["seconds"] == "s"
    assert set(units) <= set(grid.results.columns)


def test_marked_rows_are_told_and_change_no_table() -> None:
    """The note says what is marked of the instance; portfolios have the columns that they always have."""
    changes = {"markings": {"cui": {"name": "a", "banner": "A"}}, "facilities.alpha.marking": "cui"}
    marked = instance_of(rivals()).replace(changes)
    found = optimizer.study(design(grid={ALPHA: [900]}), instance=marked, workers=1)
    plain = optimizer.study(design(grid={ALPHA: [900]}), instance=instance_of(rivals()), workers=1)
    assert found.info["markings"] == {"cui": {"name": "a", "banner": "A", "rows": 1}}
    assert "markings" not in plain.info
    pd.testing.assert_frame_equal(found.portfolios, plain.portfolios)


def test_rows_of_a_list_leave_out_what_stays(desk: Path) -> None:
    """A factor that a row leaves out is as the instance has it; blank in the table."""
    found = optimizer.study(write(desk, list_=[{}, {ALPHA: 500}, {TONNES: 0}]), workers=1).results
    assert list(found["objective"]) == pytest.approx([COST, COST - 500, 0])
    assert found[ALPHA].isna().tolist() == [True, False, True]


def test_factors_multiply_several_keys_at_once(desk: Path) -> None:
    """A name may stand for many keys, and for what they are times a number."""
    factors = {"capital": {"times": "facilities.*.options.*.capex"}, "need": {"times": [TONNES]}}
    found = optimizer.study(write(desk, factors=factors, list_=[{"capital": 2, "need": 0.5}]), workers=1).results
    assert found["objective"].tolist() == pytest.approx([2 * 1000 + 2 * 50 * 10])


def test_overlays_and_portfolios_are_factors(desk: Path) -> None:
    """A held portfolio costs what it costs there, however good another one is; overlays combine."""
    factors = {
        "demand": {"overlays": {"base": None, "more": "more.yaml"}},
        "policy": {"overlays": {"free": None, "no_alpha": ["no_alpha.yaml"]}},
        "held": {"portfolios": {"sought": None, "beta": "beta.csv"}},
    }
    grid = {"demand": "all", "policy": ["free", "no_alpha"], "held": "all"}
    found = optimizer.study(write(desk, factors=factors, grid=grid), workers=1)
    cost = found.results.set_index(["demand", "policy", "held"])["objective"]
    assert cost["base", "free", "sought"] == pytest.approx(COST)
    assert cost["base", "free", "beta"] == pytest.approx(COST + 100)
    assert cost["base", "no_alpha", "sought"] == pytest.approx(COST + 100)
    # 20 t short in each of two years, or a second plant for 1,100: the second is better. Held, it is not there.
    assert cost["more", "free", "sought"] == pytest.approx(2100 + 2 * 120 * 10)
    assert cost["more", "free", "beta"] == pytest.approx(1100 + 2 * 100 * 10 + 2 * 20 * 1000)
    assert found.results["verified"].all()
    short = found.results.set_index(["demand", "policy", "held"])["short_open"]
    assert short["more", "no_alpha", "beta"] == pytest.approx(40)


def test_stock_of_a_plan_is_held_or_chosen_anew(tmp_path: Path) -> None:
    """A plan that holds more stock than is best: it is held, at what evaluating it says, or only the fundings are."""
    instance = instance_of(generate(5, scenarios=2))
    plan = optimizer.solve(instance, gap=1e-9, threads=1)
    trunk = plan.stock["scenario"] == "trunk"
    assert plan.stock.loc[trunk, "closing"].sum() > 0
    plan.tables["stock"].loc[trunk, ["in", "closing"]] *= 1.05
    plan.save(tmp_path / "plan")
    held = {"kept": {"path": str(tmp_path / "plan")}, "chosen": {"path": str(tmp_path / "plan"), "stock": "chosen"}}
    found = optimizer.study(
        design(factors={"held": {"portfolios": held}}, grid={"held": "all"}), instance=instance, workers=1
    )
    assert found.info["by_status"] == {"optimal": 2}
    kept, chosen = found.results["objective"]
    other = optimizer.evaluate(instance, plan, workers=1)
    assert kept == pytest.approx(other.info["statistics"]["cost"]["mean"]["value"], rel=1e-6)
    assert chosen == pytest.approx(plan.objective, rel=1e-6)
    assert kept > chosen * (1 + 1e-5)


def test_a_portfolio_that_breaks_a_rule_says_so(desk: Path) -> None:
    """Alpha is held where it may not be funded: no plan, and why."""
    (desk / "alpha.csv").write_text("facility,option,year\nalpha,build,2027\n", encoding="utf-8")
    factors = {"policy": {"overlays": {"no_alpha": "no_alpha.yaml"}}, "held": {"portfolios": {"alpha": "alpha.csv"}}}
    found = optimizer.study(write(desk, factors=factors, grid={"policy": "all", "held": "all"}), workers=1).results
    assert found["status"].tolist() == ["infeasible"]
    assert "breaks a rule" in found["why"][0]


def test_samples_are_spread_evenly_and_by_seed(desk: Path) -> None:
    """Every tenth of each range has one of ten samples; logarithms and whole numbers too."""
    over = {
        ALPHA: [500, 1500],
        "facilities.beta.options.build.capex": {"from": 10, "to": 1000, "scale": "log"},
        TONNES: {"from": 1, "to": 10, "whole": True},
    }
    sample = {"runs": 10, "seed": 3, "over": over}
    found, again, other = (
        [run.point for run in read_study(write(desk, latin_hypercube=sample | {"seed": seed}))[1]] for seed in (3, 3, 4)
    )
    plain, logs, whole = (np.array([point[name].value for point in found]) for name in over)
    assert sorted(np.floor((plain - 500) / 100)) == list(range(10))
    assert sorted(np.floor(np.log10(logs / 10) / 0.2)) == list(range(10))
    assert sorted(whole) == list(range(1, 11))
    assert found == again
    assert not {point[ALPHA].value for point in found} & {point[ALPHA].value for point in other}


def test_parts_of_a_design_are_crossed(desk: Path) -> None:
    """Each row of the list, with each point of the grid, with each sample; runs that are the same are done once."""
    told: list[tuple[str, int, int]] = []
    found = optimizer.study(
        write(
            desk,
            list_=[{}, {"discount_rate": 0.0}],
            grid={TONNES: [50, 100]},
            latin_hypercube={"runs": 2, "over": {ALPHA: [900, 1000]}},
        ),
        workers=1,
        tell=lambda what, done, of: told.append((what, done, of)),
    )
    assert len(found.results) == 8
    assert found.info["distinct"] == 4
    assert [done for what, done, _ in told if what == "runs"] == [0, 2, 4, 6, 8]
    assert found.results["objective"][:4].tolist() == found.results["objective"][4:].tolist()
