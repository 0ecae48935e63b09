"""Parts that are alike: one program answers as each would alone, and prices of one say no more than another costs."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from support.build import Data, instance_of
from support.generate import generate
from support.params import first_fast

import optimizer
from optimizer.model.declare import Key
from optimizer.network.network import network_of
from optimizer.solver.benders import alike as alike_parts
from optimizer.solver.benders import asking
from optimizer.solver.benders import groups as grouping
from optimizer.solver.benders.alike import Alike, kind_of
from optimizer.solver.benders.recourse import Answer, Recourse
from optimizer.solver.benders.search import Search
from optimizer.solver.benders.split import Part
from optimizer.solver.benders.tree import Tree
from optimizer.solver.branch import Branch, VagueError
from optimizer.solver.compile import Block, Vector
from optimizer.solver.options import Options
from optimizer.solver.solve import begin

GAP = 1e-6
SEEDS = (1, 4, 5)


@pytest.fixture(autouse=True)
def _shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with very many parts: those that are alike share a program, and a batch of them may do."""
    monkeypatch.setattr(asking, "MEMORY", 0)
    monkeypatch.setattr(asking, "SHARED", 2)
    monkeypatch.setattr(asking, "BATCHES", 3)


def like(seed: int, **more: Any) -> Data:
    """Eight disruptions of one onset and length that do different things."""
    data = generate(seed, scenarios=8) | more
    for scenario in data["scenarios"]:
        scenario |= {"probability": 0.1, "onset": 2027, "duration": 1, "recovery": 1}
    return data


def must(seed: int) -> Data:
    """The same, and all that the army asks for must be met."""
    data = like(seed)
    for line in data["markets"]["army"]["demand"]:
        line["shortage_cost"] = None
    return data


def search_of(data: Data) -> Search:
    """A search with nothing known."""
    network = network_of(instance_of(data))
    begun = begin(network, Options(threads=1))
    return Search(network, begun.blocks, begun.out.tables, begun.out.hindsight, Options(gap=GAP, threads=1))


def points(search: Search, alike: Alike, count: int) -> list[Vector]:
    """What the master might give, parts x linked columns; the first time nothing."""
    draw = np.random.default_rng(7)
    upper = np.minimum(limits(search, alike), 50.0)
    return [np.zeros(upper.shape), *(draw.random(upper.shape) * draw.random() * upper for _ in range(count))]


def limits(search: Search, alike: Alike) -> Vector:
    """The most that the master may give, parts x linked columns."""
    return np.array([search.master.problem.upper[part.columns] for part in alike.parts])


def alone(part: Recourse, given: Vector) -> Answer:
    """What a part answers by a program of its own."""
    return Recourse(part.part, part.columns, part.theta).answer(given)


def near(value: float) -> float:
    """How far two answers may be apart, USD."""
    return 1e-6 * abs(value) + 1e-3


@pytest.mark.parametrize(("data", "hard"), [(like(1), False), (like(5), False), (must(5), True)])
def test_one_program_answers_as_each_part_would_alone(data: Data, hard: bool) -> None:
    """Costs and slopes are those of the part, whichever was asked before; so is what cannot be had."""
    search = search_of(data)
    assert max(len(alike.parts) for alike in search.asking.alike) >= 3
    impossible = possible = 0
    for alike in search.asking.alike:
        asked = points(search, alike, 4)
        found = [alike.answers(given, range(len(alike.parts))) for given in asked]
        for place, part in enumerate(alike.parts):
            for given, answers in zip(asked, found, strict=True):
                mine, own = answers[place], alone(part, given[place])
                impossible += not mine.possible
                possible += mine.possible
                assert mine.possible == own.possible
                assert mine.value == pytest.approx(own.value, rel=1e-6, abs=1e-3)
                constant, slope = mine.cut(given[place])
                for other, there in zip(asked, found, strict=True):
                    if there[place].possible == mine.possible:
                        value = there[place].value
                        assert constant + slope @ other[place] <= value + near(value)
    assert possible
    assert impossible or not hard
    search.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_prices_say_no_more_than_a_part_costs(seed: int) -> None:
    """Prices of a few answers bound every part everywhere, and are exact where and of whom they were asked."""
    search = search_of(like(seed))
    told = 0
    for alike in search.asking.alike:
        upper = limits(search, alike)
        alike.begin(upper)
        asked = points(search, alike, 5)
        last = len(alike.parts) - 1
        own = {0: alike.answers(asked[1], [0])[0], last: alike.answers(asked[2], [last])[0]}
        for place, given in ((0, asked[1]), (last, asked[2])):
            if own[place].possible:
                assert alike.best(given)[0][place] == pytest.approx(own[place].value, rel=1e-6, abs=1e-3)
        firsts = [alike.first(place, upper[place]) for place in range(len(alike.parts))]
        for given in asked:
            values, prices = alike.best(given)
            for place, part in enumerate(alike.parts):
                true = alone(part, given[place])
                if not true.possible:
                    continue
                assert values[place] <= true.value + near(true.value)
                constant, slope = firsts[place]
                assert constant + slope @ given[place] <= true.value + near(true.value)
                assert math.isfinite(constant)
                bound = alike.bound(place, float(values[place]), int(prices[place]))
                assert bound.values is None
                constant, slope = bound.cut(given[place])
                for other in asked:
                    there = alone(part, other[place])
                    if there.possible:
                        assert constant + slope @ other[place] <= there.value + near(there.value)
                told += values[place] > 0.5 * true.value > 0
    assert told, "prices say nothing"
    search.close()


def drawn(seed: int, count: int, *, various: bool = False) -> list[Recourse]:
    """Random parts with one own matrix: columns with and without limits on both sides, rows of every kind.

    Args:
        seed: of the draw.
        count: of parts.
        various: whether a column may have an upper limit in one part and none in another.
    """
    draw = np.random.default_rng(seed)
    own, linked, rows = 7, 2, 5
    matrix = draw.integers(-2, 4, (rows, own)).astype(float)
    ends = np.where(np.arange(own) < 3, np.inf, 1.0)  # some columns have no upper limit
    kind = draw.permutation(np.resize([0, 1, 2, 2], rows))  # at least, at most, between
    owners: dict[int, tuple[str, Key]] = {own + i: ("master", ("given", (i,))) for i in range(linked)}
    columns: list[Key] = [*(("own", (i,)) for i in range(own)), *(("given", (i,)) for i in range(linked))]
    parts = []
    for number in range(count):
        outer = draw.integers(1, 4, (rows, linked)) * np.where(kind == 0, 1.0, -1.0)[:, None]
        if various:
            ends = np.where(draw.random(own) < 0.4, np.inf, 1.0)
        middle = matrix @ draw.uniform(0.5, 1.5, own)
        cost = np.append(draw.uniform(-2.0, 6.0, own) + 8.0 * np.isinf(ends), np.zeros(linked))
        block = Block(
            name=f"part {number}", columns=columns, lower=np.append(draw.uniform(0.0, 0.4, own), np.zeros(linked)),
            upper=np.append(draw.uniform(1.0, 3.0, own) * ends, np.full(linked, 2.0)),
            integer=np.zeros(own + linked, dtype=bool), matrix=sp.csr_array(np.hstack([matrix, outer])),
            row_lower=np.where(kind == 1, -np.inf, middle - 2.0), row_upper=np.where(kind == 0, np.inf, middle + 2.0),
            rows=[("row", (i,)) for i in range(rows)], cost=sp.csr_array(cost[None, :]), cost_keys=[("activity", 2027)],
            cost_constant=draw.uniform(1.0, 9.0, 1), owners=owners, objective=np.zeros(own + linked),
        )  # fmt: skip
        part = Part(block.name, 0, block, np.arange(own + linked), np.arange(rows))
        parts.append(Recourse(part, np.arange(linked), linked + number))
    return parts


@pytest.mark.parametrize("seed", first_fast(range(12), 4))
def test_prices_hold_whatever_the_limits(seed: int) -> None:
    """Columns that pay up to their limit or must be used, rows that hold from both sides: no cut says too much.

    Each is given something of its own, as those are that leave other branches.
    """
    parts = drawn(seed, 9)
    assert len({kind_of(part) for part in parts}) == 1
    alike = Alike(parts)
    upper = np.full(2, 2.0)
    asked = [np.zeros((9, 2)), *np.random.default_rng(seed).uniform(0.0, 2.0, (4, 9, 2))]
    true = [[alone(part, own) for part, own in zip(alike.parts, given, strict=True)] for given in asked]
    for place in (0, 4):
        for given, answers in zip(asked[:2], true, strict=False):
            mine = alike.answers(given, [place])[0]
            assert mine.possible == answers[place].possible
            assert mine.value == pytest.approx(answers[place].value, abs=2e-6)
            if mine.possible:
                assert alike.best(given)[0][place] == pytest.approx(mine.value, abs=1e-5)
    told = 0
    for since, (given, answers) in itertools.product((0, alike.known - 1), zip(asked, true, strict=True)):
        values, prices = alike.best(given, since)
        for place, answer in enumerate(answers):
            if not np.isfinite(values[place]):
                continue
            bound = alike.bound(place, float(values[place]), int(prices[place]))
            cuts = [bound.cut(given[place]), alike.first(place, upper)]
            for other, there in zip(asked, true, strict=True):
                if there[place].possible:
                    told += 1
                    assert all(c + slope @ other[place] <= there[place].value + 1e-4 for c, slope in cuts)
            if answer.possible:
                assert values[place] <= answer.value + 1e-4
    assert told > 50


@pytest.mark.slow
@pytest.mark.parametrize("various", [False, True])
@pytest.mark.parametrize("seed", first_fast(range(12), 4))
def test_rays_bar_only_what_is_impossible(seed: int, various: bool) -> None:
    """What shows that one part cannot be had bars others where they cannot, and cuts off nothing that can be had."""
    parts = drawn(seed, 9, various=various)
    alike = Alike(parts)
    draw = np.random.default_rng(seed)
    asked = draw.uniform(0.0, 6.0, (12, 9, 2))
    for given in asked[:4]:
        alike.answers(given, [0, 4])
    told, every = 0, np.arange(9)
    for given in asked:
        for place, bar in alike.barred(given, every):
            part, own = alike.parts[place], given[place]
            true = alone(part, own)
            assert not bar.possible
            assert bar.value > 0
            assert not true.possible
            constant, slope = bar.cut(own)
            for other in asked:
                if alone(part, other[place]).possible:
                    assert constant + slope @ other[place] <= 1e-5
            told += 1
    assert told or not alike.rays


@pytest.mark.slow
def test_bars_are_put_to_those_who_were_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a search over branches with stock of their own, parts that nobody asked are cut off too."""
    monkeypatch.setattr(asking, "MISSING", math.inf)
    told, barred = [0], Alike.barred

    def counted(*arguments: Any) -> list[tuple[int, Answer]]:
        found = barred(*arguments)
        told[0] += len(found)
        return found

    monkeypatch.setattr(Alike, "barred", counted)
    data = generate(24, scenarios=6, children=4)
    data.pop("risk", None)
    for row in data["scenarios"]:
        row["probability"] = 0.05
        if "parent" not in row:
            row.update(onset=2027, duration=1, recovery=2)
    whole = optimizer.solve(instance_of(data), method="extensive", gap=GAP, threads=1)
    plan = optimizer.solve(instance_of(data), method="benders", gap=GAP, threads=1)
    assert told[0], "nobody was barred"
    assert plan.status == whole.status == "optimal"
    assert plan.objective == pytest.approx(whole.objective, rel=10 * GAP)


def test_a_point_at_which_one_is_barred_is_no_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the others answer; and what bars it cuts off what was proposed."""
    search = search_of(like(1))
    assert search.run() == "optimal"
    z = search.best.z
    assert z is not None
    assert search._ask(z, z, some=True)[0] is not None
    number = len(search.parts) - 1
    some = search.asking.some

    def barring(*arguments: Any) -> list[Answer]:
        found = some(*arguments)
        search.asking.barred = {number: Answer(False, 1.0, np.zeros(len(search.parts[number].columns)), None)}
        return found

    monkeypatch.setattr(search.asking, "some", barring)
    before = len(search.master.cuts)
    assert search._ask(z, z, some=True)[0] is None
    barred = [cut for cut in search.master.cuts[before:] if cut.theta is None]
    assert [cut.misses(z) for cut in barred] == [pytest.approx(1.0)]
    search.close()


def test_what_is_forgotten_takes_nothing_else_along(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prices that were the best of no part for longest go first; those of the round stay, and what they are worth."""
    monkeypatch.setattr(alike_parts, "PRICES", 2)
    alike, most = Alike(drawn(3, 9)), 0
    for given in np.random.default_rng(3).uniform(0.0, 2.0, (8, 9, 2)):
        alike.answers(given, range(9))
        values, prices = alike.best(given)
        for place in range(9):
            alike.bound(place, float(values[place]), int(prices[place]))
        most = max(most, alike.known)
        alike.forget()
        assert alike.best(given)[0] == pytest.approx(values)
    assert alike.known < most


@pytest.mark.parametrize("seed", first_fast(SEEDS, 1))
def test_some_answers_lead_to_the_optimum_of_all(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one batch asked a round, and shared cuts, plan and bound are those of the whole problem."""
    monkeypatch.setattr(asking, "MISSING", math.inf)
    monkeypatch.setattr(grouping, "MOST", 2)
    data = like(seed)
    whole = optimizer.solve(instance_of(data), method="extensive", gap=GAP, threads=1)
    bounds, bound = [0], Alike.bound

    def counted(*arguments: Any) -> Answer:
        bounds[0] += 1
        return bound(*arguments)

    monkeypatch.setattr(Alike, "bound", counted)
    plan = optimizer.solve(instance_of(data), method="benders", gap=GAP, threads=1)
    assert bounds[0], "all were asked"
    assert plan.status == whole.status == "optimal"
    assert plan.objective == pytest.approx(whole.objective, rel=3e-6, abs=1.0)
    assert whole.objective is not None
    assert plan.info["bound"] <= whole.objective * (1 + 1e-6) + 1.0
    assert plan.info["verdict"]["ok"], plan.info["verdict"]


@pytest.mark.parametrize("seed", [1, 4])
@pytest.mark.parametrize("steps", [True, False])
def test_a_portfolio_is_done_with_only_once_all_were_asked(
    seed: int, steps: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Samples may move its stock; that there is nothing new to say of a proposal all parts have said."""
    monkeypatch.setattr(asking, "MISSING", 1e12)
    search, asked, proposals, done = search_of(like(seed)), set[bytes](), list[bytes](), list[bytes]()
    every, propose, settled = search.asking.every, Tree.next, Tree.settled

    def all_asked(z: Vector) -> list[Answer]:
        asked.add(z.tobytes())
        return every(z)

    def proposing(tree: Tree, over: Any) -> Any:
        point = propose(tree, over)
        proposals.append(b"" if point is None else point.z.tobytes())
        return point

    def done_with(tree: Tree) -> None:
        done.append(proposals[-1])
        settled(tree)

    monkeypatch.setattr(search.asking, "every", all_asked)
    monkeypatch.setattr(Tree, "next", proposing)
    monkeypatch.setattr(Tree, "settled", done_with)
    if not steps:
        monkeypatch.setattr(search, "settle", lambda *_: None)
    assert search.run() == "optimal"
    assert done
    assert asked.issuperset(done)
    search.close()


def test_a_batch_of_nobody_ends_no_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """With fewer parts than batches some are asked in every round, whichever turn it is."""
    monkeypatch.setattr(asking, "BATCHES", 32)
    search = search_of(like(5))
    search.first_cuts(range(len(search.groups)))
    shared = [number for number in range(len(search.parts)) if search.asking.is_shared(number)]
    assert 2 <= len(shared) < 32
    z = np.zeros(search.master.problem.columns)
    for _ in range(32):
        answers = search.asking.some(z, 0.0)
        assert any(answers[number].values is not None for number in shared)
    search.close()


@pytest.mark.slow
def test_where_no_prices_hold_all_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prices by which a column pays too much are not believed, and the plan is found without them."""
    monkeypatch.setattr(alike_parts, "PAYS", -math.inf)
    instance = instance_of(like(5))
    whole = optimizer.solve(instance, method="extensive", gap=GAP, threads=1)
    plan = optimizer.solve(instance, method="benders", gap=GAP, threads=1)
    assert plan.status == whole.status == "optimal"
    assert plan.objective == pytest.approx(whole.objective, rel=3e-6, abs=1.0)


@pytest.mark.parametrize("seed", first_fast([4, 5], 1))
def test_what_must_be_met_is_met(seed: int) -> None:
    """What a sample says is possible and is not, the answers of all parts tell."""
    data = must(seed)
    whole = optimizer.solve(instance_of(data), method="extensive", gap=GAP, threads=1)
    plan = optimizer.solve(instance_of(data), method="benders", gap=GAP, threads=1)
    assert plan.status == whole.status
    if whole.status == "optimal":
        assert plan.objective == pytest.approx(whole.objective, rel=3e-6, abs=1.0)
        assert plan.info["verdict"]["ok"], plan.info["verdict"]


@pytest.mark.slow
@pytest.mark.parametrize("risk", [{"measure": "cvar", "alpha": 0.5, "weight": 0.5}, {"measure": "worst_case"}])
def test_other_measures_ask_every_part(risk: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a tail or the worst counts, nothing is judged by a sample; the program is shared all the same."""
    data = like(4, risk=risk)
    whole = optimizer.solve(instance_of(data), method="extensive", gap=GAP, threads=1)

    def never(*_: object) -> None:
        raise AssertionError("a part was not asked")

    monkeypatch.setattr(Alike, "bound", never)
    plan = optimizer.solve(instance_of(data), method="benders", gap=GAP, threads=1)
    assert plan.status == whole.status
    assert plan.objective == pytest.approx(whole.objective, rel=3e-6, abs=1.0)


@pytest.mark.slow
def test_two_threads_find_what_one_finds() -> None:
    """Which core answers first changes nothing."""
    found = [
        optimizer.solve(instance_of(like(5)), method="benders", gap=1e-3, threads=threads) for threads in (1, 2, 2)
    ]
    assert len({plan.objective for plan in found}) == 1
    assert len({plan.info["bound"] for plan in found}) == 1


@pytest.mark.parametrize("shared", [False, True])
def test_what_the_solver_cannot_tell_is_told_by_what_is_missing(shared: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where HiGHS ends a part with 'Unknown' in every way, what it lacks says that it is impossible; or it is told."""
    parts = drawn(2, 9)
    draw = np.random.default_rng(2).uniform(0.0, 6.0, (40, 2))
    own = [alone(parts[0], given) for given in draw]
    lacking = next(i for i, answer in enumerate(own) if not answer.possible)
    able = next(i for i, answer in enumerate(own) if answer.possible)
    plain = Branch.solve

    def vague(self: Branch) -> Any:
        if not np.array_equal(self.charged, self._cost):
            return plain(self)
        raise VagueError("HiGHS ended it with 'Unknown'")

    alike = Alike(parts)
    place = next(i for i, part in enumerate(alike.parts) if part is parts[0])

    def ask(given: Vector) -> Answer:
        if shared:
            return alike.answers(np.tile(given, (len(parts), 1)), [place])[0]
        return Recourse(parts[0].part, parts[0].columns, parts[0].theta).answer(given)

    monkeypatch.setattr(Branch, "solve", vague)
    found = ask(draw[lacking])
    assert not found.possible
    assert found.value == pytest.approx(own[lacking].value)
    with pytest.raises(VagueError, match="'Unknown'"):
        ask(draw[able])
