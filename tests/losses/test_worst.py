"""The worst set found is the worst of all, its shortage is what the plan then lacks, and what cures it cures it."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.build import instance_of, solve
from support.generate import generate
from support.params import first_fast

from optimizer.losses.candidates import losses_of
from optimizer.plan.plan import Plan

from .conftest import coast, tried
from .enumeration import every_set, names_of, worst_of_all

STRICT = {"army": 1.0}
PROGRAMS = {"programs": 1.0}


@pytest.fixture(scope="module")
def chain() -> Plan:
    return solve(generate(4, scenarios=1), gap=1e-6)


@pytest.mark.parametrize(
    ("losses", "duration", "short"),
    [(1, 1, 0.0), (2, 1, 0.0), (3, 1, 10.0), (1, 2, 0.0), (2, 2, 5.0), (3, 2, 25.0), (2, 3, 10.0)],
)
def test_what_hand_reckoning_says(plan: Plan, folder: Path, losses: int, duration: int, short: float) -> None:
    """Makers, reserve and demand give the tonnes short after any number of losses for any time."""
    found = tried(plan, folder, losses=losses, duration=duration)
    assert found.proved
    assert found.info["lower"] == pytest.approx(short)
    assert found.info["upper"] == pytest.approx(short)
    assert found.worst["short"].sum() == pytest.approx(short)
    if short:
        assert len(found.info["worst"]["losses"]) == losses
        assert set(found.worst["market"]) == {"programs"}


@pytest.mark.parametrize(("of", "losses"), [("owners", 1), ("owners", 2), ("countries", 2), ("lanes", 1), ("tags", 1)])
def test_every_kind_equals_enumeration(plan: Plan, folder: Path, of: str, losses: int) -> None:
    """Owners, countries, lanes and tags too: as bad as the worst of all sets solved one by one."""
    found = tried(plan, folder, of=of, losses=losses, duration=2)
    assert found.proved
    assert found.info["lower"] == pytest.approx(worst_of_all(plan, of, losses, 2, PROGRAMS), abs=1e-6)


@pytest.mark.parametrize("losses", [1, 2, 3])
def test_a_longer_chain_equals_enumeration(chain: Plan, folder: Path, losses: int) -> None:
    """With mines, separation, magnets and several periods as well."""
    found = tried(chain, folder, of="countries", losses=losses)
    assert found.info["lower"] == pytest.approx(worst_of_all(chain, "countries", losses, 1, STRICT), abs=1e-6)
    assert found.info["lower"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("losses", [2, 3])
def test_lanes_by_two_and_three(plan: Plan, folder: Path, losses: int) -> None:
    """As bad as the worst of all sets of lanes, solved one by one."""
    found = tried(plan, folder, of="lanes", losses=losses, duration=2)
    assert found.info["lower"] == pytest.approx(worst_of_all(plan, "lanes", losses, 2, PROGRAMS), abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("seed", first_fast(range(1, 5), 3))
@pytest.mark.parametrize("of", ["facilities", "countries", "lanes"])
def test_all_sets_of_three_at_most(seed: int, of: str, tmp_path: Path) -> None:
    """Sets of one, two and three, on many instances; singles each for itself."""
    made = solve(generate(seed, scenarios=1), gap=1e-6)
    names = names_of(made.instance, of)
    if not names:
        assert not losses_of(made.instance, of)
        return
    most = 3 if len(names) <= 10 else 2
    onsets = [t.year for t in made.instance.periods if t.years == 1]
    rows = list(every_set(made, of, min(most, len(names)), onsets, 1, STRICT))
    for losses in range(1, min(most, len(names)) + 1):
        found = tried(made, tmp_path / str(losses), of=of, losses=losses, onsets=onsets)
        worst = max(harm for lost, _, harm in rows if len(lost) <= losses)
        assert found.info["lower"] == pytest.approx(max(0.0, worst), abs=1e-4), losses
    singles = dict(zip(found.losses["loss"], found.losses["tonnes_short"], strict=True))
    for name in names:
        worst = max(harm for lost, _, harm in rows if lost == (name,))
        assert singles[name] == pytest.approx(max(0.0, worst), abs=1e-4), name


def test_single_losses_are_told_each(plan: Plan, folder: Path) -> None:
    """Two years without Australia leave 10 t a year and the reserve: 5 t short; a year is covered."""
    found = tried(plan, folder, of="countries", duration=2)
    rows = found.losses.set_index("loss")
    assert rows.loc["AUS", "tonnes_short"] == pytest.approx(5.0)
    assert rows.loc["AUS", "single_point_of_failure"] == "yes"
    assert rows.loc["AUS", "takes"] == "bert;cora"
    assert rows.loc["AUS", "survives_years"] == 1
    assert rows.loc["AUS", "survives_or_more"] == "no"
    assert rows.loc["USA", "single_point_of_failure"] == "no"
    assert rows.loc["USA", "survives_years"] == 2
    assert rows.loc["USA", "survives_or_more"] == "yes"
    assert found.info["single_points_of_failure"] == ["AUS"]


def test_time_to_survive_goes_beyond_the_duration(plan: Plan, folder: Path) -> None:
    """Asked for longer losses, the year in which Australia's is no longer covered is found from a test of one year."""
    found = tried(plan, folder, of="countries", duration=1, time_to_survive=3)
    rows = found.losses.set_index("loss")
    assert found.info["lower"] == 0.0
    assert rows.loc["AUS", "survives_years"] == 1
    assert rows.loc["JPN", "survives_years"] == 3


def test_what_restores_service(plan: Plan, folder: Path) -> None:
    """Two makers lost for two years: 5 t more in the reserve, or Dora, would close the gap."""
    found = tried(plan, folder, losses=2, duration=2, onsets=[2027])
    held = found.info["restores"]["stock"]
    assert [(row["material"], row["stockpile"]) for row in held] == [("magnet", "vault")]
    assert held[0]["tonnes"] == pytest.approx(5.0, abs=1e-5)
    assert found.info["restores"]["stock_alone"]
    (option,) = found.info["restores"]["options"]
    assert (option["facility"], option["option"], option["online"], option["restores"]) == ("dora", "build", 2027, True)
    cured = coast()
    cured["stockpiles"]["vault"]["initial"] = {"magnet": 10}
    assert tried(solve(cured), folder.parent / "more", losses=2, duration=2, onsets=[2027]).info["lower"] == 0.0
    cured = coast()
    cured["policy"] = {"rules": [{"rule": "require", "facility": "dora", "by": 2027}]}
    assert tried(solve(cured), folder.parent / "dora", losses=2, duration=2, onsets=[2027]).info["lower"] == 0.0


def test_what_a_rule_forbids_is_no_cure(folder: Path) -> None:
    """An option that may not be funded is not offered."""
    data = coast()
    data["policy"] = {"rules": [{"rule": "forbid", "facility": "dora"}]}
    found = tried(solve(data), folder, losses=2, duration=2, onsets=[2027])
    assert found.info["restores"]["options"] == []


def test_demand_that_must_be_met(folder: Path) -> None:
    """Where it cannot be, no tonnes are told as if it could: the loss cannot be answered, and by how much."""
    data = coast()
    del data["markets"]["programs"]["demand"][0]["shortage_cost"]
    found = tried(solve(data), folder, losses=3, duration=1)
    worst = found.info["worst"]
    assert found.proved
    assert not worst["answerable"]
    assert worst["tonnes_short"] is None
    assert worst["cannot"] == ["must-meet demand of programs: 10 t of magnet or more"]
    assert sorted(worst["losses"]) == ["anna", "bert", "cora"]
    assert "cannot be answered" in found.info["verdict"]
    assert found.info["restores"]["stock"][0]["tonnes"] == pytest.approx(10.0, abs=1e-5)


def test_short_even_without_a_loss(folder: Path) -> None:
    """Then it is said, and harm counts beyond it: each maker lost takes 10 t more."""
    data = coast()
    data["facilities"]["dora"]["options"] = []
    data["markets"]["programs"]["demand"][0]["tonnes"] = 37
    found = tried(solve(data), folder, onsets=[2028])
    assert found.info["onsets"][0]["without_loss"] == pytest.approx(9.0)  # 7 a year over two years, less the reserve
    assert found.info["lower"] == pytest.approx(10.0)
    assert found.info["short_without_loss"][0]["market"] == "programs"
    assert found.info["verdict"].startswith("The named markets are short even without a loss, by up to 9 t")


def test_weights_turn_the_choice(folder: Path) -> None:
    """Both markets named, weights say which one the operator serves, and what the loss counts."""
    data = coast()
    asked = {"losses": 2, "duration": 1, "onsets": [2027], "markets": ["programs", "cars"]}
    even = tried(solve(data), folder, **asked)
    assert even.info["lower"] == pytest.approx(5.0)
    tilted = tried(solve(data), folder.parent / "tilted", **asked, weights={"cars": 3.0})
    assert tilted.info["lower"] == pytest.approx(5.0)
    assert set(tilted.worst["market"]) == {"programs"}
    cars = tried(solve(data), folder.parent / "cars", losses=3, markets=["cars"], weights={"cars": 2.0})
    assert cars.info["lower"] == pytest.approx(10.0)


def test_a_loss_that_would_end_inside_a_period_is_left_out(folder: Path) -> None:
    """A year's loss in a period of two years has no exact meaning; the onset is named as left out."""
    data = coast()
    data["periods"] = [2027, {"year": 2028, "years": 2}]
    found = tried(solve(data), folder, losses=3)
    assert found.info["left_out"] == [2028]
    assert [row["onset"] for row in found.info["onsets"]] == [2027]
    longer = tried(solve(data), folder.parent / "longer", losses=3, duration=2, onsets=[2028])
    assert longer.info["lower"] == pytest.approx(25.0)


def test_what_each_kind_takes_along() -> None:
    """An owner takes what it holds directly, a lane all rows between two places, a tag all rows of it."""
    instance = instance_of(coast())
    assert losses_of(instance, "owners")["acme"].facilities == {"anna", "bert"}
    assert losses_of(instance, "lanes")["bert>cars"].links == {"lane:3"}
    assert losses_of(instance, "tags")["strait"].links == {"lane:2", "lane:3", "lane:4", "lane:5"}
    assert list(losses_of(instance, "countries")) == ["USA", "AUS", "JPN"]
