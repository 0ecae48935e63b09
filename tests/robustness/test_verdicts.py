"""Counts, verdicts and regret are those of all portfolios tried one by one, in every sample."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from support.build import instance_of

import optimizer
from optimizer.near_optimal.ledger import LIMIT
from optimizer.near_optimal.solves import Answer, Solves
from optimizer.plan.columns import rows_of
from optimizer.robustness import Verdicts
from optimizer.robustness.tally import MUST, NEVER, TOSS_UP, UNDECIDED

from .conftest import CHAIN, Chain

WITHIN = 150.0
SAMPLES = 17
PLANTS = tuple(CHAIN.capex)


def run(chain: Chain = CHAIN, folder: Path | None = None, **options: Any) -> Verdicts:
    """Verdicts to the optimum, in this process."""
    given = {"samples": SAMPLES, "within_usd": WITHIN, "gap": 1e-9, "workers": 1} | options
    return optimizer.verdicts(instance_of(chain.data()), folder, **given)


@pytest.fixture(scope="module")
def found() -> Verdicts:
    return run(price=True)


def rows_by_key(draws: pd.DataFrame) -> list[dict[str, Any]]:
    """What was drawn, sample by sample."""
    return [{str(key): value for key, value in row.items()} for row in draws.to_dict("records")]


def chains(found: Verdicts) -> list[Chain]:
    return [CHAIN.drawn(row, 0.3) for row in rows_by_key(found.draws)]


def same(found: Verdicts, other: Verdicts, samples: int) -> None:
    """The first samples of two runs are alike: what was drawn, found and funded."""
    for one, two in ((found.draws, other.draws), (found.samples, other.samples), (found.funded, other.funded)):
        first, second = (
            table[table["sample"] <= samples].drop(columns=["seconds", "cpu_seconds"], errors="ignore")
            for table in (one, two)
        )
        pd.testing.assert_frame_equal(first.reset_index(drop=True), second.reset_index(drop=True))


@pytest.mark.slow
def test_counts_are_those_of_every_portfolio(found: Verdicts) -> None:
    """In how many samples all, some and none of the near-optimal portfolios fund a plant."""
    table = found.options.set_index("facility")
    assert set(table.index) == set(PLANTS)
    kinds = set()
    for name in PLANTS:
        said = [chain.verdict(name, WITHIN) for chain in chains(found)]
        kinds |= set(said)
        row = table.loc[name]
        assert [row["in_all"], row["in_some"], row["in_none"]] == [
            said.count(word) for word in ("in all", "in some", "in none")
        ], name
        assert row["not_proved"] == 0
        assert row["samples"] == SAMPLES
    assert kinds == {"in all", "in some", "in none"}  # else nothing was asked of it


def test_regret_is_that_of_every_portfolio(found: Verdicts) -> None:
    """Mean and largest over the samples of what leaving a plant out costs, and the mean of forcing it in."""
    for row in rows_of(found.options):
        out = [chain.extra(row.facility, funded=False) for chain in chains(found)]
        forced = [chain.extra(row.facility, funded=True) for chain in chains(found)]
        assert (row.regret_mean_at_least, row.regret_mean_at_most) == pytest.approx((sum(out) / SAMPLES,) * 2, abs=0.01)
        assert (row.regret_largest_at_least, row.regret_largest_at_most) == pytest.approx((max(out),) * 2, abs=0.01)
        mean = sum(forced) / SAMPLES
        assert (row.forced_in_mean_at_least, row.forced_in_mean_at_most) == pytest.approx((mean, mean), abs=0.01)


def test_best_plans_are_the_best_portfolios(found: Verdicts) -> None:
    """Sample by sample; sample 0 is the data as they stand."""
    samples = found.samples.set_index("sample")
    assert samples.loc[0, "objective"] == pytest.approx(min(CHAIN.costs().values()))
    for number, chain in enumerate(chains(found), 1):
        costs = chain.costs()
        assert samples.loc[number, "objective"] == pytest.approx(min(costs.values()))
        funded = frozenset(found.funded.loc[found.funded["sample"] == number, "facility"])
        assert costs[funded] == pytest.approx(min(costs.values()))


def test_verdicts_follow_from_exact_limits(found: Verdicts) -> None:
    """Of 17 samples all must agree for four fifths at 95 percent: 0.025 ** (1 / 17) is 0.805."""
    for row in rows_of(found.options):
        if row.in_all == SAMPLES:
            assert row.verdict == MUST
            assert row.in_all_low == pytest.approx(0.025 ** (1 / SAMPLES))
        elif row.in_none == SAMPLES:
            assert row.verdict == NEVER
            assert row.in_none_low == pytest.approx(0.025 ** (1 / SAMPLES))
        else:
            assert row.verdict in (TOSS_UP, UNDECIDED)
    assert found.options["verdict"].tolist()[0] == MUST
    assert set(found.options["verdict"]) > {MUST}


@pytest.mark.slow
def test_without_prices_the_intervals_hold_the_truth() -> None:
    """Solves that stop at the tolerance bound what leaving out costs, from both sides."""
    quick = run(samples=6)
    some = [CHAIN.drawn(row, 0.3) for row in rows_by_key(quick.draws)]
    for row in rows_of(quick.options):
        mean = sum(chain.extra(row.facility, funded=False) for chain in some) / len(some)
        assert row.regret_mean_at_least - 0.01 <= mean
        assert row.regret_mean_at_most >= mean - 0.01


@pytest.mark.slow
def test_more_samples_are_added_and_a_broken_run_goes_on(tmp_path: Path, found: Verdicts) -> None:
    """What is there is not done again, half a line is; the end is as if it had run through."""
    folder = tmp_path / "kept"
    run(folder=folder, samples=3, price=True)
    lines = (folder / "samples.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    assert len(lines) == 4
    (folder / "samples.jsonl").write_text("".join(lines[:3]) + lines[3][:40], encoding="utf-8")
    told: list[tuple[int, int]] = []
    again = run(folder=folder, samples=5, price=True, tell=lambda _, done, of: told.append((done, of)))
    assert told[0] == (3, 6)
    assert again.info["taken"] == 3
    same(again, found, 5)
    with pytest.raises(optimizer.PlanError, match="another tolerance"):
        run(folder=folder, within_usd=WITHIN + 1, price=True)


@pytest.mark.slow
def test_options_are_asked_about_one_by_one_too(tmp_path: Path, found: Verdicts) -> None:
    """Of those that were not asked nothing is said; asked later they are added, and the first stay."""
    some = run(folder=tmp_path / "some", option=["bert"], samples=3)
    assert some.options["facility"].tolist() == ["bert"]
    more = run(folder=tmp_path / "some", option=["bert", "dora:build"], samples=3)
    assert set(more.options["facility"]) == {"bert", "dora"}
    assert more.info["taken"] == 0
    back = run(folder=tmp_path / "some", option=["dora"], samples=3)
    assert back.info["taken"] == 4
    assert set(found.options["facility"]) == set(PLANTS)


@pytest.mark.slow
def test_stopped_it_tells_what_is_done(tmp_path: Path, found: Verdicts) -> None:
    """Ctrl-C after the second sample: tables of what there is, and the same call goes on."""

    def interrupt(_what: str, done: int, _of: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    stopped = run(folder=tmp_path / "s", samples=4, price=True, tell=interrupt)
    assert (stopped.info["status"], stopped.info["not_done"]) == ("stopped", 2)
    assert set(stopped.options["samples"]) == {2}
    assert (tmp_path / "s" / "options.csv").is_file()
    whole = run(folder=tmp_path / "s", samples=4, price=True)
    assert whole.info["taken"] == 3
    same(whole, found, 4)


@pytest.mark.slow
def test_in_processes_the_answer_is_the_same(found: Verdicts) -> None:
    """Whoever does the samples, in whatever order."""
    same(run(samples=5, price=True, workers=2), found, 5)


def test_a_sample_that_ends_at_a_limit_decides_nothing(tmp_path: Path) -> None:
    """It counts as not proved; with more time it is done again."""
    cut = run(folder=tmp_path / "cut", time_limit=1e-9, samples=4)
    assert cut.info["by_status"]["limit"] == 4
    assert set(cut.options["verdict"]) <= {UNDECIDED}
    assert not cut.options[["in_all", "in_some", "in_none"]].to_numpy().any()
    whole = run(folder=tmp_path / "cut", samples=4)
    assert whole.info["by_status"] == {"solved": 4, "limit": 0, "infeasible": 0, "not allowed": 0, "failed": 0}
    assert whole.info["taken"] == 0


@pytest.mark.slow
def test_a_plan_that_is_not_the_best_to_the_gap_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a limit ends a sample with a plan, its options are not asked about and count as not proved."""
    solve = Solves.solve
    asked: list[str] = []

    def cut(self: Solves, what: str, *rest: Any, **more: Any) -> tuple[Answer, Any]:
        answer, solved = solve(self, what, *rest, **more)
        asked.append(what)
        return replace(answer, status="feasible", why=LIMIT), solved

    monkeypatch.setattr(Solves, "solve", cut)
    found = run(samples=3)
    assert len(asked) == 4
    assert found.info["by_status"]["limit"] == 3
    assert set(found.options["not_proved"]) == {3}
    assert not found.options[["in_all", "in_some", "in_none"]].to_numpy().any()


@pytest.mark.slow
def test_what_must_be_met_and_cannot_is_told() -> None:
    """Samples without a plan are counted apart, and say nothing of options; where the data have none nothing is run."""
    data = CHAIN.data()
    line = data["markets"]["programs"]["demand"][0]
    del line["shortage_cost"]
    line["tonnes"] = 130  # 140 t can be built
    some = optimizer.verdicts(instance_of(data), samples=8, within_usd=WITHIN, gap=1e-9, workers=1, option=["dora"])
    states = some.info["by_status"]
    assert states["infeasible"] > 0
    assert states["solved"] > 0
    assert states["solved"] + states["infeasible"] == 8
    assert set(some.options["samples"]) == {states["solved"]}
    line["tonnes"] = 200
    none = optimizer.verdicts(instance_of(data), samples=8, gap=1e-9, workers=1)
    assert (none.info["plan"], none.info["status"]) == (False, "infeasible")


def test_a_rule_that_leaves_no_plan_without_an_option_is_told() -> None:
    """Its regret has no number."""
    data = CHAIN.data(policy={"rules": [{"rule": "require", "facility": "cora", "option": "build", "by": 2027}]})
    found = optimizer.verdicts(instance_of(data), samples=3, within_usd=WITHIN, gap=1e-9, workers=1, option=["cora"])
    row = found.options.iloc[0]
    assert (row["in_all"], row["no_plan_without"]) == (3, 3)
    assert pd.isna(row["regret_mean_at_least"])
