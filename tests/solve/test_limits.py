"""Limits in amounts beyond their optima: what they charge, whom they blame, what they are told as."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.build import GAP, Data, instance_of, solve, text_of, with_changes
from support.cases import case_data

import optimizer
from optimizer.briefs.brief import Brief
from optimizer.briefs.plans import say

TOWN: Data = {
    "schema": 1,
    "name": "town",
    "base_year": 2027,
    "discount_rate": 0.0,
    "periods": [2027, 2028],
    "domestic": ["USA"],
    "countries": {"USA": "domestic", "AUS": "ally"},
    "materials": {"magnet": {"stage": "magnet", "price": 40}},
    "recipes": {"make": {"stage": "magnet", "outputs": {"magnet": 1}, "cost": 10, "releases": {"residue": 2}}},
    "facilities": {
        "us": {"stage": "magnet", "country": "USA", "recipes": {"make": {"cost": 20}}, "capacity": 6},
        "au": {"stage": "magnet", "country": "AUS", "recipes": ["make"], "capacity": 10},
    },
    "channels": {"home": {"tiers": ["domestic"]}, "open": {}},
    "markets": {"town": {"channel": "open", "country": "USA", "demand": [{"product": "magnet", "tonnes": 10}]}},
}
"""10 t a year must be met: from au at 10 a tonne, of which us can make 6, at 20."""


def under(*rules: Data, **changes: Any) -> Data:
    """The town under some rules."""
    return with_changes(TOWN, policy={"rules": list(rules)}, **changes)


CAP: Data = {"rule": "release_cap", "release": "residue", "where": {"country": "AUS"}, "most": {2028: 12}}


def reported(plan: optimizer.Plan) -> Data:
    """What a plan says of its first rule."""
    return dict(plan.info["rules"][0])


def test_a_cap_binds_and_says_what_a_hundredth_of_it_saves() -> None:
    """Of 12 a year 6 t come from au in 2028; a hundredth more is 0.06 t, which cost 10 less there than from us."""
    plan = solve(under(CAP))
    assert plan.objective == pytest.approx(10 * 10 + 6 * 10 + 4 * 20)
    row = reported(plan)
    assert (row["status"], row["unit"], row["where"]) == ("binding", "of residue", "2028")
    assert row["saved_by_1_percent_usd"] == pytest.approx(0.6)
    assert plan.tables["releases"].groupby("period")["released"].sum().to_dict() == {2027: 20, 2028: 20}
    assert list(plan.tables["releases"]["charge"]) == [0, 0, 0]


def test_a_cap_in_a_branch_holds_where_it_says_so() -> None:
    """In the outage of us the cap leaves 4 t to be short, at 100 each; where it rests, nothing is short."""
    scenario = {"id": "outage", "probability": 0.5, "onset": 2028, "effects": [
        {"affects": "facilities", "where": {"id": "us"}, "available": 0.0}
    ]}  # fmt: skip
    markets = {
        "town": {
            "channel": "open",
            "country": "USA",
            "demand": [{"product": "magnet", "tonnes": 10, "shortage_cost": 100}],
        }
    }
    trunk = 10 * 10 + 6 * 10 + 4 * 20
    for holds, branch in ((True, 6 * 10 + 4 * 100), (False, 10 * 10)):
        data = under(CAP | {"in_disruption": holds}, scenarios=[scenario], markets=markets)
        for method in ("extensive", "benders"):
            plan = solve(data, method=method)
            assert plan.objective == pytest.approx(0.5 * trunk + 0.5 * (100 + branch)), method
            assert plan.info["verdict"]["ok"]


def test_a_cap_that_is_too_low_is_named() -> None:
    """4 a year are 2 t from au, and us makes 6: 2 t of 10 lack. The cap and the demand are what conflict."""
    data = under(CAP | {"most": {2028: 4}})
    plan = solve(data)
    assert plan.status == "infeasible"
    demand = [one for one in plan.info["shortfall"] if one["kind"] == "demand"]
    assert [one["amount"] for one in demand] == [pytest.approx(2)]
    explanation = optimizer.explain(instance_of(data), threads=1)
    assert set(explanation.conflict["requirement"]) == {"demand:town:0", "rule:0"}
    told = explanation.repairs.set_index("requirement").loc["rule:0"]
    assert told["restores"] == "yes"
    assert told["text"] == "rule 0 (release_cap) allowed 4 a year more of residue in 2028"
    assert (told["path"], told["to"]) == ("policy.rules.0.most", {2028: 8.0})


def test_what_a_cap_costs() -> None:
    """Without the cap 4 t in 2028 cost 10 less each."""
    table = optimizer.waivers(instance_of(under(CAP)), gap=GAP).table.set_index("key")
    assert table.loc["policy.rules.0", "saves_at_least"] == pytest.approx(40)


def test_recipes_in_a_table_say_what_they_release(tmp_path: Path) -> None:
    """Cells hold mappings in flow form, of recipes and of what differs at a facility."""
    data = under(CAP)
    (tmp_path / "recipes.csv").write_text(
        'id,stage,outputs,cost,releases\nmake,magnet,{magnet: 1},10,"{residue: 2, co2: 0.5}"\n'
    )
    (tmp_path / "uses.csv").write_text("facility,recipe,cost,releases\nus,make,20,\nau,make,,{residue: 3}\n")
    del data["facilities"]["us"]["recipes"], data["facilities"]["au"]["recipes"]
    data |= {"recipes": "recipes.csv", "facility_recipes": "uses.csv"}
    (tmp_path / "instance.yaml").write_text(text_of(data))
    instance = optimizer.load(tmp_path)
    assert instance.recipes["make"].releases == {"residue": 2, "co2": 0.5}
    assert instance.facilities["au"].recipes["make"].releases == {"residue": 3}
    plan = solve(instance)
    found = {(row.period, row.facility, row.release): row.released for row in plan.tables["releases"].itertuples()}
    assert found[2028, "au", "residue"] == pytest.approx(12)
    assert found[2028, "us", "co2"] == pytest.approx(3)


def test_books_bear_charges() -> None:
    """A plant that sells at 40 and makes at 20 pays its way; charged 11 for each of 2 of residue it does not."""
    option = {"id": "build", "capacity": 10, "capex": 0, "life": 2}
    facilities = {"us": {"stage": "magnet", "country": "USA", "recipes": {"make": {"cost": 20}}, "capacity": 0,
                         "options": [option]}}  # fmt: skip
    markets = with_changes(TOWN)["markets"]
    markets["town"]["demand"][0]["shortage_cost"] = 1000
    finance = {"hurdle_rate": 0.1, "viability": True}
    for usd, made in ((9, 20), (11, 0)):
        rule = {"rule": "release_charge", "release": "residue", "cost": usd}
        plan = solve(under(rule, facilities=facilities, markets=markets, finance=finance))
        assert plan.tables["runs"]["run"].sum() == pytest.approx(made)
        assert plan.tables["releases"]["charge"].sum() == pytest.approx(made * 2 * usd)
        assert plan.info["verdict"]["ok"], plan.info["verdict"]
        assert reported(plan)["status"] == "inactive"


GOAL: Data = {"rule": "scale_goal", "stage": "magnet", "where": {"tier": "domestic"}, "world_output": 40, "share": 0.1}


def test_what_a_goal_costs_and_what_a_year_of_it() -> None:
    """4 t a year from us instead of au cost 10 each more; told by `waivers` for the rule and for each year of it."""
    plan = solve(under(GOAL))
    assert plan.objective == pytest.approx(2 * (6 * 10 + 4 * 20))
    row = reported(plan)
    assert (row["status"], row["unit"], row["rows"]) == ("binding", "t", 2)
    assert row["saved_by_1_percent_usd"] == pytest.approx(2 * 0.04 * 10)
    assert list(plan.tables["goals"]["made"]) == pytest.approx([4, 4])
    table = optimizer.waivers(instance_of(under(GOAL)), gap=GAP).table.set_index("key")
    assert table.loc["policy.rules.0", "saves_at_least"] == pytest.approx(80)
    assert table.loc["policy.rules.0.share.2028", "saves_at_least"] == pytest.approx(40)


def test_a_goal_that_cannot_be_reached_is_named() -> None:
    """us makes 6 t a year and 8 are asked for: 0.15 of the world's output could be had."""
    data = under(GOAL | {"share": {2028: 0.2}})
    plan = solve(data)
    assert plan.status == "infeasible"
    (told,) = plan.info["shortfall"]
    assert told["kind"] == "rule"
    assert told["text"].startswith("rule 0, scale_goal (stage: magnet, ")
    assert told["text"].endswith("fails by 2 in 2028")
    explanation = optimizer.explain(instance_of(data), threads=1)
    assert set(explanation.conflict["requirement"]) == {"rule:0"}
    (repair,) = explanation.repairs.to_dict("records")
    assert repair["restores"] == "yes"
    assert repair["text"] == "rule 0 (scale_goal) asked for less: by 2 t to 6 t in 2028"
    assert repair["to"] == {2027: 0.0, 2028: pytest.approx(0.15)}


def test_what_a_goal_counts_is_made_though_nobody_takes_it() -> None:
    """No market and no lane leads from a mine abroad; by either method its ore is dug for a goal, and thrown away."""
    extra = with_changes(TOWN)
    extra["materials"]["ore"] = {"stage": "mining", "disposal": 2}
    extra["recipes"]["dig"] = {"stage": "mining", "outputs": {"ore": 1}, "cost": 3}
    extra["facilities"]["mine"] = {"stage": "mining", "country": "AUS", "recipes": ["dig"], "capacity": 9}
    goal = {
        "rule": "scale_goal",
        "materials": ["ore"],
        "where": {"tier": ["ally"]},
        "world_output": 50,
        "share": {2028: 0.1},
    }
    extra["policy"] = {"rules": [goal]}
    for method in ("extensive", "benders"):
        plan = solve(extra, method=method)
        assert plan.objective == pytest.approx(2 * 100 + 5 * (3 + 2))
        assert plan.info["verdict"]["ok"]


def preferring(share: Any, **changes: Any) -> Data:
    """The town when it weighs what is not from the home channel dearer by a share of 40."""
    return under({"rule": "preference", "markets": ["town"], "channel": "home", "share": share}, **changes)


def test_a_preference_turns_at_the_difference_and_is_no_money() -> None:
    """us costs 10 more a tonne, a quarter of the price: below it au is taken, above it us, as far as it goes."""
    for share, weighed, spent in ((0.2, 20 * 8, 200), (0.3, 8 * 12, 200 + 12 * 10)):
        plan = solve(preferring(share))
        assert plan.objective == pytest.approx(weighed + spent)
        assert plan.info["cost"]["preference"] == pytest.approx(weighed)
        assert sum(plan.info["cost"].values()) - plan.info["cost"]["preference"] == pytest.approx(spent)
        assert plan.info["bound"] == pytest.approx(plan.objective)
        assert plan.outlay.empty
        assert plan.info["verdict"]["ok"]
        assert reported(plan)["reason"].endswith("its own category, and no money")


def test_preferences_add_up() -> None:
    """Two of an eighth and a half are as one of five eighths."""
    rules = [{"rule": "preference", "markets": ["town"], "channel": "home", "share": share} for share in (0.125, 0.5)]
    one = preferring(0.625)
    assert solve(under(*rules)).objective == pytest.approx(solve(one).objective)


def test_a_preference_rests_in_branches_unless_it_says_so() -> None:
    """In a branch in which nothing happens but for a price that nobody pays, weighing follows the price there."""
    boom = {"id": "boom", "probability": 0.5, "onset": 2028, "effects": [
        {"affects": "prices", "where": {"material": "magnet"}, "factor": 0.5}
    ]}  # fmt: skip
    trunk = 10 * 10 + 10 * 8
    for holds, branch in ((False, 100), (True, 100 + 10 * 4)):
        data = preferring(0.2, scenarios=[boom])
        data["policy"]["rules"][0]["in_disruption"] = holds
        for method in ("extensive", "benders"):
            plan = solve(data, method=method)
            assert plan.objective == pytest.approx(trunk + 0.5 * trunk + 0.5 * branch)
            assert plan.info["verdict"]["ok"]


def test_what_a_preference_costs() -> None:
    """Without it 20 t of weighing at 8 fall away; of each year half."""
    table = optimizer.waivers(instance_of(preferring(0.2)), gap=GAP).table.set_index("key")
    assert table.loc["policy.rules.0", "saves_at_least"] == pytest.approx(160)
    assert table.loc["policy.rules.0.share.2028", "saves_at_least"] == pytest.approx(80)


def test_the_screen_says_what_is_no_money() -> None:
    """The line under the cost, and goals that are missed."""
    data = preferring(0.2)
    data["policy"]["rules"].append(GOAL | {"share": 0.5, "shortage_cost": 1})
    brief = Brief()
    say(brief, solve(data))
    out = "\n".join(getattr(part, "text", "") or getattr(part, "title", "") for part in brief.parts)
    assert "of the expected cost 160 USD is preference, bids weighed dearer, and no money; the rest 240 USD" in out
    assert "Goals missed" in out


def test_recycling_binds_who_is_funded_and_no_other() -> None:
    """A smelter that is not enlarged melts what it likes, and the rule is inactive."""
    data = case_data("recycling_once_funded")
    row = reported(solve(data))
    assert (row["status"], row["where"], row["rows"]) == ("binding", "2028 smelter", 1)
    data["policy"]["rules"] = [*data["policy"]["rules"], {"rule": "forbid", "facility": "smelter"}]
    alone = solve(data)
    assert reported(alone)["status"] == "inactive"
    assert alone.objective == pytest.approx(3 * (4 * 6 + 6 * 100))
    assert set(alone.runs["recipe"]) == {"split", "melt"}


def test_a_share_that_cannot_be_recycled_is_named() -> None:
    """Of 3 t of swarf a year no more than 4 t of metal are made with half of the feed recycled."""
    data = case_data("recycling_once_funded")
    data["facilities"]["yard"]["capacity"] = 3
    data["markets"]["users"]["demand"] = [{"product": "metal", "tonnes": {2028: 7}}]
    assert solve(data).status == "infeasible"
    explanation = optimizer.explain(instance_of(data), threads=1)
    assert set(explanation.conflict["requirement"]) == {"demand:users:0", "rule:0"}
    assert set(explanation.repairs["restores"]) == {"yes"}


def expanded(latest: int) -> Data:
    """A base of nearly nothing that ends with 2028, and 10 t added to it, by a programme that asks for recycling."""
    data = case_data("recycling_once_funded")
    data["periods"] = [2027, 2028, 2029, 2030]
    base = {"id": "build", "capacity": 0.001, "capex": 1, "lead": 0, "life": 2, "latest": latest}
    more = {"id": "more", "capacity": 10, "capex": 1, "lead": 1, "after": "build", "latest": 2028}
    data["facilities"]["smelter"] |= {"capacity": 0, "options": [base, more]}
    data["facilities"]["yard"]["capacity"] = 9
    return data


def test_an_expansion_recycles_when_its_base_is_gone() -> None:
    """Of 9 t of swarf a year 3 t of metal, and 9 more of oxide; that the base might be built later changes nothing."""
    early, late = (solve(expanded(latest)) for latest in (2027, 2030))
    assert early.objective == pytest.approx(late.objective)
    for plan in (early, late):
        assert {(row.facility, row.option) for row in plan.portfolio.itertuples()} >= {("smelter", "more")}
        by_year = plan.runs[plan.runs["period"] >= 2029].groupby(["period", "recipe"])["run"].sum()
        for year in (2029, 2030):
            assert 3 * by_year[year, "remelt"] >= 0.5 * (3 * by_year[year, "remelt"] + by_year[year, "melt"]) - 1e-6
    assert solve(expanded(2030), method="benders").objective == pytest.approx(early.objective)


def test_what_nobody_is_bound_by_says_so() -> None:
    """A rule under which nobody is funded has bound nobody in the plan, and may be why."""
    data = case_data("recycling_once_funded")
    data["facilities"]["yard"]["capacity"] = 0
    data["facilities"]["smelter"]["capacity"] = 0
    plan = solve(data)
    assert plan.portfolio.empty
    assert (
        reported(plan)["reason"] == "nobody whom it binds is funded; optimizer waivers says whether that is its doing"
    )


def test_a_facility_says_name_by_name_what_it_releases() -> None:
    """What it does not name is as the recipe has it."""
    data = with_changes(TOWN)
    data["recipes"]["make"]["releases"] = {"residue": 2, "co2": 1}
    data["facilities"]["au"]["recipes"] = {"make": {"releases": {"residue": 1}}}
    plan = solve(data)
    released = plan.releases[plan.releases["facility"] == "au"].groupby("release")["released"].sum()
    made = plan.runs.loc[plan.runs["facility"] == "au", "run"].sum()
    assert made > 0
    assert released.to_dict() == pytest.approx({"residue": made, "co2": made})
