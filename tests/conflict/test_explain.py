"""Conflicts that were planted are found, each requirement of them is needed, and repairs restore a plan."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from support.build import instance_of, solve, with_changes
from support.planting import INTEGER, PLANTERS, SMALL, Data, Planted, plant

import optimizer
from optimizer.conflict.case import case_of
from optimizer.conflict.change import without
from optimizer.conflict.requirement import Requirement, requirements_of
from optimizer.conflict.share import shares_of
from optimizer.instance.instance import Instance
from optimizer.network.calendar import calendar_of

FAST = ("late_windows", "one_of_two_lines")
STARTER = Path(__file__).resolve().parents[2] / "instances" / "starter"


def requirements(instance: Instance) -> dict[str, Requirement]:
    """All requirements of an instance by name."""
    return {item.name: item for item in requirements_of(instance, calendar_of(instance))}


def has_plan(instance: Instance) -> bool:
    """Whether an instance has a plan, by the road of `solve`."""
    plan = solve(instance, gap=0.9)
    assert plan.status in ("optimal", "feasible", "infeasible")
    return plan.status != "infeasible"


def with_only(instance: Instance, names: set[str]) -> Instance:
    """The instance in which these requirements hold and no others."""
    for name, item in requirements(instance).items():
        if name not in names:
            instance = without(instance, item)
    return instance


def check_minimal(instance: Instance, names: set[str]) -> None:
    """These alone leave no plan, and without any one of them there is one: asked by the road of `solve`."""
    known = requirements(instance)
    alone = with_only(instance, names)
    assert not has_plan(alone), f"{names} can be met together"
    for name in sorted(names):
        assert has_plan(without(alone, known[name])), f"{name} is not needed"


def found_in(explanation: optimizer.Explanation) -> set[str]:
    table = explanation.conflict
    return set(table[table["conflict"] == 0]["requirement"])


def explained(planted: Planted, kind: str) -> set[str]:
    """Explain an instance with a planted conflict; what is said of the proof holds."""
    instance = instance_of(planted.data)
    explanation = optimizer.explain(instance, repairs=False, threads=1)
    assert explanation.status == "explained", explanation.info["why"]
    info = explanation.info
    assert info["conflicts"][0]["irreducible"]
    names = found_in(explanation)
    assert info["size"] == len(names)
    assert info["smallest_at_least"] == len(names), "no smaller one is proved not to be there"
    assert len(names) <= len(planted.names)
    assert info["conflicts"][0]["proved_by"] == ("integers" if kind in INTEGER else "relaxation")
    assert not info["more_conflicts"]
    return names


@pytest.mark.parametrize("kind", FAST)
def test_planted_conflict_is_found_and_minimal(kind: str) -> None:
    """What is found is what was planted, and nothing of it can be left out."""
    planted = plant(SMALL, kind, 1)
    names = explained(planted, kind)
    assert names == set(planted.names)
    check_minimal(instance_of(planted.data), names)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "seed"), list(itertools.product(PLANTERS, (2, 3))))
def test_planted_conflicts_of_all_kinds(kind: str, seed: int) -> None:
    """Twenty of them, of ten kinds, two of which only whole fundings make."""
    planted = plant(SMALL, kind, seed)
    names = explained(planted, kind)
    assert names == set(planted.names)
    check_minimal(instance_of(planted.data), names)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["required_over_budget", "no_room", "one_of_two_lines"])
def test_planted_conflict_among_those_of_the_starter(kind: str) -> None:
    """The same among rules, targets and scenarios of a real chain: dropping any one restores a plan of the whole."""
    planted = plant(optimizer.load(STARTER).plain(), kind, 1)
    names = explained(planted, kind)
    assert names == set(planted.names)
    instance = instance_of(planted.data)
    assert not has_plan(instance)
    for name in sorted(names):
        assert has_plan(without(instance, requirements(instance)[name])), name


@pytest.mark.slow
@pytest.mark.parametrize("kind", PLANTERS)
def test_every_requirement_of_a_planted_conflict_has_a_repair(kind: str) -> None:
    """Each can give way by itself, and each change that is told restores a plan."""
    planted = plant(SMALL, kind, 4)
    explanation = optimizer.explain(instance_of(planted.data), threads=1)
    assert found_in(explanation) == set(planted.names)
    assert set(explanation.repairs["restores"]) == {"yes"}
    assert set(explanation.repairs["requirement"]) - {""} == set(planted.names)
    assert explanation.info["no_change_alone"] == []


def test_shares_are_those_of_the_rules_as_compiled() -> None:
    """A rule that asks for another share in place is the rule compiled with that share, coefficient by coefficient."""
    rules: list[Data] = [
        {"rule": "domestic_content", "stage": "magnet", "share": {2028: 0.5}},
        {"rule": "exposure_cap", "channel": "mdap", "stage": "magnet", "kind": "location", "share": 0.2},
        {"rule": "heavy_content", "channel": "mdap", "elements": ["Dy"], "stage": "magnet", "share": 0.01},
        {"rule": "diversify", "materials": ["magnet"], "by": "country", "share": 0.4},
        {"rule": "delivered_content", "markets": ["army"], "channel": "domestic_chain", "share": {2029: 1.0}},
        {"rule": "fill_rate", "markets": ["army"], "share": {2028: 0.8}},
    ]
    data = with_changes(SMALL, policy={"rules": rules})
    data["materials"]["magnet"]["content"] = {"Nd": 0.3, "Dy": 0.02}
    case = case_of(instance_of(data))
    for number, rule in enumerate(rules):
        shares = shares_of(case, number)
        assert shares is not None, rule["rule"]
        loose = (1.0 + shares.strictest) / 2 if shares.at_most else shares.strictest / 2
        rules[number] = {**rule, "share": shares.loosened(loose).plain()}
        other = case_of(instance_of({**data, "policy": {"rules": rules}})).problem
        rules[number] = rule
        made = shares.asked(case.problem, loose)
        assert abs(made.matrix - other.matrix).max() == pytest.approx(0, abs=1e-12), rule["rule"]
        assert abs(made.matrix - case.problem.matrix).max() > 1e-3, rule["rule"]


def test_cap_is_raised_to_the_exposure_that_must_be_let_in() -> None:
    """Of two plants that are too exposed the better one is enough, and is named."""
    data = with_changes(SMALL)
    data["markets"]["army"]["demand"] = [{"product": "magnet", "tonnes": 13}]
    data["owners"] = {"red": {"country": "CHN"}}
    plant_ = {"stage": "magnet", "country": "AUS", "recipes": ["make"], "capacity": 10}
    data["facilities"] |= {
        "half": {**plant_, "owners": {"red": 0.5}},
        "third": {**plant_, "owners": {"red": 0.33}},
    }
    explanation = optimizer.explain(instance_of(data), threads=1)
    assert found_in(explanation) == {"demand:army:0", "trust:mdap:ownership"}
    cap = explanation.repairs[explanation.repairs["requirement"] == "trust:mdap:ownership"].iloc[0]
    assert cap["to"] == pytest.approx(0.33)
    assert cap["text"] == "mdap allowed exposure by ownership of 0.33 instead of 0.2: third could make it"
    assert cap["restores"] == "yes"


def island(**changes: object) -> Data:
    """Demand of 13 t a year from 2027, of which a plant makes 10 and works that can be on line in 2029 another 4."""
    data = with_changes(SMALL, **changes)
    data["markets"]["army"]["demand"] = [{"product": "magnet", "tonnes": 13}]
    return data


def test_repairs_are_the_least_and_restore_a_plan() -> None:
    """3 t lack in 2027 and 2028; the works would be there in time if they came two years earlier, or stock were."""
    store = {"country": "USA", "channel": "mdap", "materials": ["magnet"], "release": "always"}
    data = island(stockpiles={"store": store})
    explanation = optimizer.explain(instance_of(data), threads=1)
    assert explanation.status == "explained"
    assert found_in(explanation) >= {"demand:army:0"}
    repairs = explanation.repairs
    assert set(repairs["restores"]) == {"yes"}
    lowered = repairs[repairs["requirement"] == "demand:army:0"].iloc[0]
    assert (lowered["amount"], lowered["unit"]) == (pytest.approx(6), "t")
    assert "by 3 t to 10 t in 2027 and 2028" in lowered["text"]
    for row in explanation.info["repairs"]:
        assert has_plan(instance_of(data).replace({row["path"]: row["to"]})), row["text"]
    stocked = repairs[repairs["path"] == "stockpiles.store.initial.magnet"].iloc[0]
    assert stocked["amount"] == pytest.approx(6)
    detail = str(explanation.conflict.set_index("requirement").loc["demand:army:0", "detail"])
    for part in ("13 t in 2027", "Trusted capacity on line in 2027: 10 t/yr", "works"):
        assert part in detail


def test_a_smaller_change_does_not_do() -> None:
    """Of a budget, a count and a demand: a little less than the least leaves no plan, by the road of `solve`."""
    data = plant(SMALL, "required_over_budget", 1).data
    explanation = optimizer.explain(instance_of(data), threads=1)
    raised = explanation.repairs[explanation.repairs["requirement"] == "budget:total"].iloc[0]
    assert raised["restores"] == "yes"
    assert raised["least"] == pytest.approx(raised["amount"], rel=1e-3)
    data["policy"]["budget"]["total"] += 0.999 * float(raised["least"])
    assert not has_plan(instance_of(data))


def test_lead_of_an_option_that_is_late() -> None:
    """The works come on line in 2029; from 2028 on they could, if they might be funded in 2027."""
    data = with_changes(SMALL)
    data["markets"]["army"]["demand"] = [{"product": "magnet", "tonnes": {2027: 10, 2028: 13}}]
    explanation = optimizer.explain(instance_of(data), threads=1)
    assert {"demand:army:0", "window:works:build"} <= found_in(explanation)
    texts = dict(zip(explanation.repairs["path"], explanation.repairs["text"], strict=True))
    assert texts["facilities.works.options.build.earliest"] == "works's build could be funded a year earlier, in 2027"
    assert "on line a year earlier, 0 years after" in texts["facilities.works.options.build.lead"]
    assert set(explanation.repairs["restores"]) == {"yes"}


def test_two_conflicts_are_told_apart() -> None:
    """Where two have nothing in common no single change restores a plan, and each has repairs of its own."""
    data = plant(plant(SMALL, "exclusive_and_required", 1).data, "no_room", 1).data
    explanation = optimizer.explain(instance_of(data), threads=1)
    assert set(explanation.conflict["conflict"]) == {0, 1}
    assert {len(one["requirements"]) for one in explanation.info["conflicts"]} == {2, 3}
    assert set(explanation.repairs["restores"]) == {"yes"}
    assert set(explanation.repairs["conflict"]) == {0, 1}


def test_more_conflicts_than_are_told() -> None:
    """Six with nothing in common: five are told, and that there are more."""
    data = plant(SMALL, "required_and_forbidden", 1).data
    site = data["facilities"]["planted_0"]
    data["facilities"] |= {f"planted_{i}": site for i in range(6)}
    data["policy"]["rules"] = [
        {"rule": rule, "facility": f"planted_{i}"} for i in range(6) for rule in ("forbid", "require")
    ]
    explanation = optimizer.explain(instance_of(data), repairs=False, threads=1)
    assert [len(one["requirements"]) for one in explanation.info["conflicts"]] == [2] * 5
    assert explanation.info["more_conflicts"]


def test_what_does_not_help_by_itself_is_told() -> None:
    """A fire leaves the army short, a flood the navy: without the army's demand there is still no plan."""
    data = island()
    data["markets"]["army"]["demand"] = [{"product": "magnet", "tonnes": 10}]
    data["markets"]["navy"] = data["markets"]["army"] | {"demand": [{"product": "coil", "tonnes": 10}]}
    data["materials"]["coil"] = {"stage": "coil"}
    data["recipes"]["wind"] = {"stage": "coil", "outputs": {"coil": 1}, "cost": 10}
    data["facilities"]["coiler"] = data["facilities"]["plant"] | {"stage": "coil", "recipes": ["wind"]}
    data["scenarios"] = [
        {"id": name, "probability": 0.1, "onset": 2029,
         "effects": [{"affects": "facilities", "where": {"id": who}, "available": 0.1}]}
        for name, who in (("fire", "plant"), ("flood", "coiler"))
    ]  # fmt: skip
    explanation = optimizer.explain(instance_of(data), threads=1)
    assert found_in(explanation) == {"demand:army:0"}
    assert explanation.info["no_change_alone"] == [{"conflict": 0, "requirement": "demand:army:0"}]
    assert set(explanation.repairs["restores"]) <= {"no"}


def test_conflict_in_a_scenario_names_it() -> None:
    """What can be met undisturbed and not in a fire is told with the scenario; the rest is left out."""
    fire = {"affects": "facilities", "where": {"id": "plant"}, "available": 0.5}
    scenario = {"id": "fire", "probability": 0.1, "onset": 2029, "effects": [fire]}
    data = island(scenarios=[scenario])
    data["markets"]["army"]["demand"] = [{"product": "magnet", "tonnes": 10}]
    explanation = optimizer.explain(instance_of(data), repairs=False, threads=1)
    assert explanation.info["courses"] == ["trunk", "fire"]
    demand = explanation.conflict.set_index("requirement").loc["demand:army:0"]
    assert demand["scenarios"] == "fire"
    assert "in scenario fire: 10 t in" in demand["detail"]


def test_an_instance_with_a_plan_is_not_explained() -> None:
    """It says that there is a plan, and invents nothing."""
    explanation = optimizer.explain(instance_of(SMALL), threads=1)
    assert explanation.status == "plan"
    assert explanation.conflict.empty
    assert explanation.repairs.empty
    assert explanation.info["conflicts"] == []


def test_a_limit_says_what_is_proved_and_what_not() -> None:
    """Stopped at once, nothing is known; the status is not that of an explanation."""
    instance = instance_of(plant(SMALL, "whole_or_not_at_all", 1).data)
    explanation = optimizer.explain(instance, time_limit=1e-3, threads=1)
    assert explanation.status == "unknown"
    assert "before it was known whether there is a plan" in explanation.info["why"]


def test_folder_holds_the_answer(tmp_path: Path) -> None:
    """explain.json and both tables; what is something else is not written over."""
    instance = instance_of(plant(SMALL, "required_and_forbidden", 1).data)
    folder = tmp_path / "why"
    explanation = optimizer.explain(instance, repairs=False, threads=1, folder=folder)
    assert sorted(path.name for path in folder.iterdir()) == ["conflict.csv", "explain.json", "repairs.csv"]
    assert explanation.status in (folder / "explain.json").read_text(encoding="utf-8")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(optimizer.PlanError, match="holds no explanation"):
        optimizer.explain(instance, repairs=False, folder=tmp_path / "other")
