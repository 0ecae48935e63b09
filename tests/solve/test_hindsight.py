"""What a future costs someone who knows that it comes: the same by every method, and bounded honestly."""

from __future__ import annotations

import copy
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.build import Data, instance_of, solve
from support.cases import OWN, Case, cases_in, contract, name_of
from support.foresight import single_future
from support.generate import generate

import optimizer
from optimizer.errors import OptionsError
from optimizer.model import risk
from optimizer.network.network import network_of
from optimizer.network.tables import BASE, INVESTMENT
from optimizer.solver import hindsight, methods
from optimizer.solver.benders import checkpoint as checkpointing
from optimizer.solver.benders.checkpoint import Checkpoint
from optimizer.solver.benders.split import undivided
from optimizer.solver.extensive import Begun, Solved, compile_all
from optimizer.solver.highs import Progress, Stop, run
from optimizer.solver.hindsight import hindsight_of
from optimizer.solver.options import Options
from optimizer.solver.start import start_of
from optimizer.worth.kept import LIMIT

EXACT, NEAR = 1e-9, 1e-6
TREES = [case for case in cases_in(OWN) if "parent:" in (case.folder / "instance.yaml").read_text(encoding="utf-8")]
REGRET = [case for case in cases_in(contract()) if case.expected.get("hindsight")]


def begun_of(data: Data | optimizer.Instance, method: str = "auto", **options: Any) -> Begun:
    """The compiled blocks of an instance, and how to solve it."""
    network = network_of(data if isinstance(data, optimizer.Instance) else instance_of(data))
    blocks, tables = compile_all(network)
    how = Options(method, **({"gap": EXACT, "threads": 1} | options))
    return Begun(Solved(network, tables, "no_plan", ""), blocks, how, None, None, 0.0, None)


def by(begun: Begun, method: str, **options: Any) -> Begun:
    """The same blocks, to be solved otherwise."""
    return replace(begun, options=replace(begun.options, method=method, **options))


def one_by_one(begun: Begun) -> dict[str, float]:
    """What each future costs with hindsight, each told by the families as a problem of its own."""
    network = begun.out.network
    found = {}
    for future in risk.futures(network):
        raw = run(single_future(network, begun.blocks, future), begun.options)
        assert raw.ended == "optimal"
        assert raw.objective is not None
        found[future] = raw.objective
    return found


def held_to(begun: Begun, gap: float = NEAR) -> None:
    """Both methods, each future by itself and then with the cuts of the others at hand, find what it costs."""
    expected = one_by_one(begun)
    if undivided(begun.blocks) is not None:
        ways = [by(begun, "extensive")]
    else:
        ways = [by(begun, "extensive"), by(begun, "benders", gap=gap)]
    for mine in ways:
        for cuts in (None, Checkpoint(None, "")):
            for future, usd in expected.items():
                solved = hindsight_of(mine, future, None, cuts)
                assert (solved.status, solved.method) == ("optimal", mine.options.method), future
                assert solved.objective == pytest.approx(usd, rel=2 * gap, abs=1e-3), future
                assert solved.bound is not None
                assert solved.bound <= usd + 3e-7 * abs(usd) + 1e-3  # up to the solver's tolerances


@pytest.mark.parametrize("case", [*TREES, *REGRET], ids=name_of)
def test_methods_agree_on_known_cases(case: Case) -> None:
    """Along every path of a tree, and in the case of regret that was agreed on with others."""
    begun = begun_of(optimizer.load(case.folder))
    held_to(begun)
    if case in REGRET:
        assert one_by_one(begun) == pytest.approx(case.expected["hindsight"])


SEEDS = [(3, 1, 0), (14, 1, 2)]
DEAR = (11, 17)
"""Take a third of the time of all, and others have as many scenarios and children."""
MANY = [(seed, 1 + seed % 2, seed % 4) for seed in range(14) if seed not in DEAR]


@pytest.mark.parametrize(
    ("seed", "scenarios", "children"), [*SEEDS, *(pytest.param(*many, marks=pytest.mark.slow) for many in MANY)]
)
def test_methods_agree_on_generated_instances(seed: int, scenarios: int, children: int) -> None:
    """Discounted or not, over long periods, with rules, second blows and branches that rejoin the trunk."""
    held_to(begun_of(generate(seed, scenarios=scenarios, children=children)))


def test_blocks_serve_every_future(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is built again for a future, and none changes what the next one is solved with."""
    begun = begun_of(generate(14, scenarios=1, children=2))
    before = copy.deepcopy(begun.blocks)
    monkeypatch.setattr("optimizer.solver.extensive.compile_all", None)
    for method in ("benders", "extensive"):
        hindsight_of(by(begun, method), "blow_0")
    for name, block in begun.blocks.items():
        for part in ("lower", "upper", "row_lower", "row_upper", "cost_constant", "objective"):
            assert np.array_equal(getattr(block, part), getattr(before[name], part)), (name, part)
        assert np.array_equal(block.matrix.data, before[name].matrix.data)
        assert np.array_equal(block.cost.data, before[name].cost.data)
    assert begun.out.objective is None
    assert begun.out.network.weight


@pytest.mark.parametrize("method", ["extensive", "benders"])
def test_a_target_of_the_plan_is_none_of_a_future(method: str) -> None:
    """Who asks whether a plan costs at most so much still measures regret from optima."""
    begun = begun_of(generate(14, scenarios=2))
    optimum = one_by_one(begun)[BASE]
    solved = hindsight_of(by(begun, method, target=3 * abs(optimum)), BASE)
    assert solved.status == "optimal"
    assert solved.objective == pytest.approx(optimum, rel=1e-6)


@pytest.mark.parametrize("method", ["extensive", "benders"])
def test_a_start_is_tried_first(method: str) -> None:
    """The plan of all futures is one of each; nothing better may be left out for it."""
    data = generate(14, scenarios=2)
    start = start_of(solve(data))
    begun = begun_of(data)
    for future, usd in one_by_one(begun).items():
        solved = hindsight_of(by(begun, method), future, start)
        assert solved.start == "used"
        assert solved.objective == pytest.approx(usd, rel=1e-6)


def regretful(data: Data) -> Data:
    """The same instance, for least regret."""
    return data | {"risk": {"measure": "regret"}}


@pytest.mark.slow
def test_regret_takes_its_hindsights_by_the_method_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Benders and the whole say the same of every future, and progress says whose optimum is sought."""
    data = regretful(generate(14, scenarios=1, children=1))
    asked: list[tuple[str, ...]] = []
    solve_one = methods.solve_begun

    def noted(begun: Begun, *more: Any) -> Solved:
        solved = solve_one(begun, *more)
        asked.append((solved.method, *(f for f, p in begun.out.network.probability.items() if p == 1.0)))
        return solved

    monkeypatch.setattr(hindsight, "solve_begun", noted)
    told: list[Progress] = []
    whole = solve(data, method="extensive")
    dealt = solve(data, method="benders", gap=NEAR, report=told.append)
    futures = list(whole.info["hindsight"])
    assert futures == [BASE, "blow_0", "child_0"]
    assert asked == [("extensive", future) for future in futures] + [("benders", future) for future in futures]
    assert dealt.info["hindsight"] == pytest.approx(whole.info["hindsight"], rel=2 * NEAR)
    heads = [progress.phase.partition(":")[0] for progress in told if progress.phase.startswith("hindsight")]
    assert list(dict.fromkeys(heads)) == [f"hindsight of {future}" for future in futures]
    scale = max(abs(usd) for usd in whole.info["hindsight"].values())
    assert dealt.objective == pytest.approx(whole.objective, abs=5 * NEAR * scale)


def test_auto_chooses_for_each_future_by_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """A future may be small enough to be solved whole where all futures together are not."""
    begun = begun_of(generate(14, scenarios=2))
    monkeypatch.setattr(methods, "DEALT", 1)
    assert hindsight_of(begun, "blow_0").method == "benders"
    alone = hindsight_of(begun, BASE)
    assert (alone.method, "one future alone" in alone.method_why) == ("extensive", True)


def reacting() -> Data:
    """Two disruptions; in each of them options may be funded too."""
    data = generate(14, scenarios=2)
    for record in data["facilities"].values():
        for option in record.get("options", ()):
            option.update({} if "sets" in option else {"react": {"lead": 0}})
    return data


def test_a_future_that_funds_something_itself_is_solved_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its branch takes decisions that are whole numbers; Benders asked for is refused before anything is solved."""
    monkeypatch.setattr(methods, "DEALT", 1)
    begun = begun_of(reacting())
    solved = hindsight_of(begun, "blow_0")
    assert (solved.method, "whole numbers" in solved.method_why) == ("extensive", True)
    assert solved.objective == pytest.approx(one_by_one(begun)["blow_0"], rel=1e-7)

    def never(*_: Any) -> Solved:
        raise AssertionError("a hindsight was sought")

    monkeypatch.setattr(hindsight, "solve_begun", never)
    with pytest.raises(OptionsError, match="whole numbers"):
        solve(regretful(reacting()), method="benders")


@pytest.mark.parametrize("method", ["extensive", "benders"])
def test_stopped_before_every_future_is_known_there_is_no_plan(method: str) -> None:
    """Ctrl-C in the second future: no plan, and it is said what is missing."""
    stop = Stop()

    def ask(progress: Progress) -> None:
        if progress.phase.startswith("hindsight of blow_0"):
            stop.asked.set()

    plan = solve(regretful(generate(14, scenarios=2)), method=method, report=ask, stop=stop)
    assert plan.status == "no_plan"
    assert "interrupted while the optimum of blow_" in plan.info["why"]


def test_a_limit_is_told_in_the_words_by_which_a_study_goes_on() -> None:
    """Past its time a future has no optimum, and the study of value knows that more time may find one."""
    begun = replace(begun_of(generate(14, scenarios=2), "benders"), deadline=time.monotonic() - 1.0)
    solved = hindsight_of(begun, "blow_0")
    assert (solved.status, solved.why, solved.objective) == ("no_plan", LIMIT, None)


def test_fundings_of_a_future_are_told() -> None:
    """The plan that is found says what it funds, by either method the same where nothing else costs as little."""
    begun = begun_of(generate(14, scenarios=2))
    for future in risk.futures(begun.out.network):
        mine = [
            {key for key, value in hindsight_of(by(begun, method), future).values[INVESTMENT].get("fund", {}).items()
             if value > 0.5}
            for method in ("extensive", "benders")
        ]  # fmt: skip
        assert mine[0] == mine[1]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["benders", "extensive"])
def test_what_was_found_before_a_stop_is_not_sought_again(
    method: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Stopped after two futures a run by regret has these in its file; a narrower gap or another instance is anew."""
    instance = instance_of(generate(4, scenarios=3) | {"risk": {"measure": "regret"}})
    fresh = optimizer.solve(instance, method=method, gap=NEAR, threads=1)
    monkeypatch.setattr(checkpointing, "EVERY", 0.0)
    file, stop = tmp_path / "made.checkpoint", Stop()
    sought: list[str] = []

    def noting(begun: Begun, future: str, *given: Any) -> Solved:
        sought.append(future)
        found = hindsight_of(begun, future, *given)
        if len(sought) == 2:
            stop.asked.set()
        return found

    monkeypatch.setattr(hindsight, "hindsight_of", noting)
    stopped = optimizer.solve(instance, method=method, gap=NEAR, threads=1, checkpoint=file, stop=stop)
    assert stopped.status == "no_plan"
    assert "with hindsight was sought" in stopped.info["why"]
    asked: dict[str, Any] = {"method": method, "threads": 1, "checkpoint": file}
    sought.clear()
    plan = optimizer.solve(instance, gap=NEAR, **asked)
    every = risk.futures(network_of(instance))
    assert sought == every[2:]
    assert plan.info["hindsight"] == pytest.approx(fresh.info["hindsight"], rel=1e-9)
    assert plan.objective == pytest.approx(fresh.objective, rel=3 * NEAR, abs=1.0)
    assert plan.info["verdict"]["ok"], plan.info["verdict"]
    for gap, again in ((10 * NEAR, []), (NEAR / 10, every)):
        sought.clear()
        optimizer.solve(instance, gap=gap, **asked)
        assert sought == again
    sought.clear()
    optimizer.solve(instance.replace(discount_rate=0.03), gap=NEAR, **asked)
    assert sought == every
