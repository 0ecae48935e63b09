"""What leads the answer of a plan: verdicts beyond it, and that they are missing where none are given."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import optimizer
from optimizer.instance.write import sha256
from optimizer.pages.front import UNKNOWN, led, trunk_of
from optimizer.pages.kinds import kind_of
from optimizer.pages.kinds.plan import CONTENT
from optimizer.pages.page import SENTENCES, Page, Sure, counted, listed
from optimizer.pages.study import report
from optimizer.plan.plan import Plan

from .conftest import Made, read


def page_of(folder: Path) -> Page:
    """The page of a folder by itself."""
    return kind_of(folder).page(folder)


def sure(
    over: str = "20 samples", *, variants: bool = True, must: tuple[str, ...] = (), never: tuple[str, ...] = ()
) -> Sure:
    """What a page may know."""
    return Sure(over, variants, must, (), never, ())


def beside(made: Made, *known: tuple[Sure, str]) -> tuple[str, ...]:
    """The plan's answer beside pages that know something, each of a state of the instance."""
    plan = page_of(made["plan"])
    name, digest = plan.instance
    other = page_of(made["verdicts"])
    pages = [
        Page("", "", (), (), (), other.brief, (), (name, digest if state == "same" else state), one)
        for one, state in known
    ]
    return led([*pages, plan])[-1].answer


@pytest.mark.parametrize("kind", ["plan", "roll"])
def test_a_lone_plan_says_that_it_is_one_of_others(made: Made, kind: str) -> None:
    """Its own words follow, five sentences in all at most."""
    page = page_of(made[kind])
    (found,) = led([page])
    assert found.answer[0] == UNKNOWN
    assert found.answer[1:] == page.answer
    assert len(found.answer) <= SENTENCES


@pytest.mark.slow
def test_verdicts_lead_before_alternatives(made: Made) -> None:
    """Those of the data as they stand lead only where nothing else does."""
    folders = [made["plan"], made["alternatives"], made["verdicts"]]
    plan, *others = led([page_of(folder) for folder in folders])
    assert "3 samples of the data within" in plan.answer[0]
    assert all(page.answer == page_of(folder).answer for page, folder in zip(others, folders[1:], strict=True))
    plan, _ = led([page_of(folder) for folder in folders[:2]])
    assert "for the data as they stand" in plan.answer[0]


@pytest.mark.slow
def test_a_plan_against_verdicts_says_so(made: Made) -> None:
    """What it leaves out of what must be funded, and what it funds of what never should be."""
    funded = [f"{row.facility}:{row.option}" for row in made.found["plan"].portfolio.itertuples()]
    mine, missing = sorted(funded)[0], "elsewhere:build"
    first, second, *_ = beside(made, (sure(must=(mine, missing), never=(mine,)), "same"))
    plant = mine.split(":")[0]  # it has no other option, and elsewhere is no plant of this instance
    assert first == f"Must fund, over 20 samples: {plant}, elsewhere: build; this plan leaves out elsewhere: build."
    assert second == f"Toss-up: nothing; never: {plant}, of which this plan funds {plant}."
    first, second, *_ = beside(made, (sure(must=(mine,)), "same"))
    assert first.endswith(f"{plant}; all in this plan.")
    first, second, *_ = beside(made, (sure(must=("elsewhere:build",)), "same"))
    assert second.endswith(f"; not asked: {len(funded)} of this plan's {len(funded)} fundings.")


@pytest.mark.parametrize(
    ("required", "words"),
    [
        (("elsewhere:build", "home:build"), "without any of them there is no plan at all."),
        (("home:build",), "without home there is no plan at all."),
        ((), "elsewhere: build."),
    ],
)
def test_what_a_rule_asks_for_is_told_from_what_is_worth_it(made: Made, required: tuple[str, ...], words: str) -> None:
    """A plant without which there is no plan is sure in another way than one that every good plan has."""
    known = Sure("20 samples", True, ("elsewhere:build", "home:build"), (), (), (), required)
    assert beside(made, (known, "same"))[0].endswith(words)


def test_verdicts_on_another_state_say_so_and_come_after(made: Made) -> None:
    """The trunk's verdicts lead a plan with disruptions only where there are no better ones."""
    first, *_ = beside(made, (sure("the trunk"), "0" * 64))
    assert first.startswith("Must fund, over the trunk, of another state of this instance: nothing")
    first, *_ = beside(made, (sure("the trunk"), "0" * 64), (sure("as it stands", variants=False), "same"))
    assert first.startswith("Must fund, over as it stands: nothing")


@pytest.mark.slow
def test_verdicts_on_the_trunk_say_that_scenarios_are_what_they_lack(made: Made) -> None:
    """They are known by their hash, and lead before those of a state that differs otherwise."""
    instance = Plan.read(made["plan"]).instance
    assert instance.scenarios, "else there is nothing to lack"
    trunk = sha256(instance.replace(scenarios=[]))
    said = f"Must fund, over the trunk, without the {counted(len(instance.scenarios), 'scenario')} that this plan is"
    other = sure("elsewhere")
    for known in (
        [(sure("the trunk", variants=False), trunk), (other, "0" * 64)],
        [(other, "0" * 64), (sure("the trunk"), trunk)],
    ):
        first, *_ = beside(made, *known)
        assert first.startswith(said)
    first, *_ = beside(made, (sure("the trunk"), trunk), (sure("as it stands", variants=False), "same"))
    assert first.startswith("Must fund, over as it stands: nothing")


def test_a_plan_without_scenarios_has_no_other_trunk(made: Made) -> None:
    """A plan without scenarios has none to take away."""
    instance = Plan.read(made["plan"]).instance
    assert trunk_of(instance.replace(scenarios=[])) is None


def test_verdicts_on_another_instance_are_not_taken(made: Made) -> None:
    """A name that is not the plan's has nothing to say of it."""
    plan, verdicts = page_of(made["plan"]), page_of(made["verdicts"])
    other = Page("", "", (), (), (), verdicts.brief, (), ("another", plan.instance[1]), sure())
    assert led([other, plan])[1].answer[0] == UNKNOWN


def test_verdicts_without_a_sample_that_was_solved_say_nothing(made: Made, tmp_path: Path) -> None:
    """They hold no verdict, only that nothing is known."""
    folder = Path(shutil.copytree(made["verdicts"], tmp_path / "none"))
    note = json.loads((folder / "verdicts.json").read_text(encoding="utf-8"))
    note["by_status"]["solved"] = 0
    (folder / "verdicts.json").write_text(json.dumps(note), encoding="utf-8")
    assert led([page_of(made["plan"]), page_of(folder)])[0].answer[0] == UNKNOWN


def test_the_report_shows_it(made: Made, tmp_path: Path) -> None:
    """The first paragraph of the plan's answer in the file."""
    file = report([made["plan"], made["verdicts"]], tmp_path / "both.html")
    answer = read(file).all("div", class_="answer")[0]
    assert answer.all("p")[0].words.startswith("Must fund, over 3 samples of the data within")


def test_many_names_are_counted(made: Made) -> None:
    """A sentence names a few, and says how many more there are."""
    names = tuple(f"plant_{number}:build" for number in range(20))
    first, *_ = beside(made, (sure(must=names), "same"))
    assert listed((name.replace(":", ": ") for name in names), 6) in first
    assert "and 14 more" in first


@pytest.mark.parametrize(
    ("trunk", "ban", "said"),
    [
        ({}, {}, "Nothing is short in any of 2 futures."),
        ({2027: 4e-4}, {2029: 5e-4}, "Nothing is short in any of 2 futures."),
        ({2027: 10.0}, {}, "Demand in trusted is short by 10.0 t without a disruption and no more in any future."),
        ({}, {2029: 123.4}, "Demand in trusted is short in 1 of 2 futures, by 123 t at worst (export_ban)."),
        (
            {2027: 10.0, 2029: 30.0}, {2028: 5.0, 2029: 200.0},
            "Demand in trusted is short by 40.0 t without a disruption and by 215 t at worst (export_ban).",
        ),
    ],
)  # fmt: skip
def test_the_answer_says_what_demand_is_met(
    made: Made, trunk: dict[int, float], ban: dict[int, float], said: str
) -> None:
    """In every future: one that comes in 2028 has what was short in 2027 too."""
    plan = Plan.read(made["plan"])
    lost = {("trunk", year): tonnes for year, tonnes in trunk.items()}
    lost |= {("export_ban", year): tonnes for year, tonnes in ban.items()}
    rows = zip(plan.demand["scenario"], plan.demand["period"], strict=True)
    demand = plan.demand.assign(short=[lost.get((scenario, year), 0.0) for scenario, year in rows])
    assert demand["short"].sum() == pytest.approx(sum(lost.values()))
    assert list(CONTENT.answer(replace(plan, tables=plan.tables | {"demand": demand})))[-1] == said


def test_each_channel_is_told_for_itself(made: Made) -> None:
    """Also of a plan without disruptions."""
    instance = Plan.read(made["plan"]).instance
    line = {"product": "magnet", "tonnes": {2027: 900, 2028: 0, 2029: 0}, "shortage_cost": 1000}
    data = {"channels.open": {}, "markets.industry": {"channel": "open", "country": "USA", "demand": [line]}}
    plan = optimizer.solve(instance.replace(data | {"scenarios": []}), gap=0)
    said = list(CONTENT.answer(plan))[-1]
    assert said == (
        "Demand in trusted is met in full without a disruption; in open it is short by 900 t without a disruption."
    )
