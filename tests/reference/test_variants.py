"""Overlays of the reference instance: each changes what it says, by numbers from the sources, and they combine."""

from __future__ import annotations

import csv
import functools
import re
import subprocess
import sys
from pathlib import Path

import pytest

import optimizer
from optimizer.instance.instance import Instance
from optimizer.instance.movement import Freight

FOLDER = Path(__file__).parents[2] / "instances" / "us_allied_2026"
VARIANTS = FOLDER / "variants"
OURS = sorted(path.stem for path in VARIANTS.glob("*.yaml") if path.stem != "library")
FISCAL = range(2027, 2031)
SPLIT = {"usa": "USA", "europe": "EU", "japan": "JPN", "korea": "KOR"}
SLOW = functools.partial(pytest.param, marks=pytest.mark.slow)
GRADES = ("magnet_n", "magnet_h", "magnet_sh", "magnet_uh", "magnet_eh")


@functools.cache
def load(name: str = "") -> Instance:
    """The base, or a variant."""
    return optimizer.load(VARIANTS / f"{name}.yaml" if name else FOLDER)


@functools.cache
def source(name: str) -> tuple[dict[str, str], ...]:
    """The rows of a table of sources."""
    with (FOLDER / "sources" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def rows(name: str, key: str) -> dict[str, dict[str, str]]:
    """The rows of a table of sources by a column."""
    return {row[key]: row for row in source(name)}


def tonnes(instance: Instance, programmes: bool) -> dict[tuple[str, int], float]:
    """Demand by product and year, of programmes or of commercial markets."""
    found: dict[tuple[str, int], float] = {}
    for market in instance.markets.values():
        if (market.channel != "commercial") != programmes:
            continue
        for line in market.demand:
            for year in range(2027, 2037):
                key = (line.product, year)
                found[key] = found.get(key, 0.0) + line.tonnes.at(year, 2027)
    return found


def magnets(instance: Instance, year: int, programmes: bool = True) -> float:
    """NdFeB magnets of a year."""
    return sum(
        value for (product, when), value in tonnes(instance, programmes).items() if when == year and product in GRADES
    )


def rule_names(instance: Instance) -> list[str]:
    """The kinds of rules, in order."""
    return [rule.rule for rule in instance.policy.rules]


def required(instance: Instance) -> set[tuple[str, str | None]]:
    """Facility and option of each rule that requires one."""
    return {(rule.facility, rule.option) for rule in instance.policy.rules if rule.rule == "require"}


def classes(*kinds: str) -> set[tuple[str, str]]:
    """Options whose project has one of these statuses."""
    return {(row["facility"], row["item"]) for row in source("project_status") if row["status"] in kinds} - {
        (row["facility"], "existing") for row in source("project_status")
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", OURS)
def test_each_overlay_loads(name: str) -> None:
    """Every overlay passes every check that an instance passes, and is named as its file is."""
    assert load(name).name == name


@pytest.mark.slow
def test_the_committed_overlays_are_what_the_sources_give() -> None:
    """rebuild.py would write every overlay and table as it stands."""
    done = subprocess.run(
        [sys.executable, FOLDER / "rebuild.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_page_lists_every_overlay() -> None:
    """README.md has a row for each file and none for a file that is not there."""
    listed = re.findall(r"^\| `(\w+)\.yaml`", (VARIANTS / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(path.stem for path in VARIANTS.glob("*.yaml"))


def test_every_option_has_a_status() -> None:
    """project_status.csv has one row for each option of the base, with source and confidence."""
    options = {(name, option.id) for name, facility in load().facilities.items() for option in facility.options}
    told = [(row["facility"], row["item"]) for row in source("project_status")]
    assert len(told) == len(set(told))
    assert {key for key in told if key[1] != "existing"} == options
    assert all(row["source"] and row["confidence"] in "ABC" for row in source("project_status"))


def test_what_operates_requires_nothing_and_forbids_nothing() -> None:
    """The baseline of what operates keeps every option open, and drops the line that the base brings in later."""
    base, variant = load(), load("operates")
    assert "require" not in rule_names(variant)
    assert "forbid" not in rule_names(variant)
    assert variant.facilities["cn_jlmag"].capacity["magnet"].at(2030, 2027) == pytest.approx(0.4 * 40000)
    assert base.facilities["cn_jlmag"].capacity["magnet"].at(2030, 2027) > 0.4 * 40000
    assert all(variant.facilities[name].options == facility.options for name, facility in base.facilities.items())


def test_what_exists_at_the_start_operates() -> None:
    """In the first year the base counts the capacity of the baseline of what operates, and not a tonne more."""
    base, variant = load(), load("operates")
    for name, facility in base.facilities.items():
        for unit, size in facility.capacity.items():
            runs = variant.facilities[name].capacity[unit].at(2027, 2027)
            assert size.at(2027, 2027) == runs, (name, unit)


def test_a_unit_without_output_is_an_option() -> None:
    """White Mesa's heavy circuit and Euclid's second step have no output on record: nothing of them exists."""
    for name, option, unit, runs in (
        ("white_mesa", "heavy_circuit", "heavy", 0),
        ("realloys_euclid", "dy_tb_metal", "heavy_metal", 30),
    ):
        facility = load().facilities[name]
        assert {facility.capacity[unit].at(year, 2027) for year in range(2027, 2037)} == {runs}
        assert option in {item.id for item in facility.options}
        assert (name, option) not in required(load())
    plan = load().facilities["cn_yunsheng"].capacity["magnet"]
    assert [plan.at(year, 2027) for year in (2027, 2031, 2036)] == pytest.approx(3 * [0.4 * 21000])


def test_what_is_financed_adds_what_is_signed() -> None:
    """The financed baseline requires the base's plants and every project signed; the cost said is theirs."""
    base, variant = load(), load("financed")
    signed = classes("construction_financed", "deal_signed") - required(base)
    assert required(variant) == required(base) | signed
    capex = {(name, o.id): o.capex for name, facility in base.facilities.items() for o in facility.options}
    said = re.search(r"cost to complete of (\d+) million USD beside the (\d+) million", variant.description or "")
    assert said is not None
    assert float(said[1]) == pytest.approx(sum(capex[name, option or ""] for name, option in signed) / 1e6, rel=5e-3)
    assert float(said[2]) == pytest.approx(
        sum(capex[name, option or ""] for name, option in required(base)) / 1e6, rel=5e-3
    )


def test_what_has_started_takes_no_room_among_new_starts() -> None:
    """The American limit on fundings has room in the first year for the signed plants there; later it is the base's."""
    limits = []
    for variant in (load(), load("financed")):
        (rule,) = [rule for rule in variant.policy.rules if rule.rule == "starts" and rule.countries == ("USA",)]
        limits.append([rule.max.at(year, 2027) for year in (2027, 2028, 2036)])
    signed = required(load("financed")) - required(load())
    american = [name for name, _ in signed if load().facilities[name].country == "USA"]
    assert limits[1] == [limits[0][0] + len(american), *limits[0][1:]]


def test_signed_offtakes_are_claims() -> None:
    """6000 of 15300 t of Kangankunde's concentrate a year are owed to Eneabba's region."""
    owed = {claim.to: claim for claim in load("financed").facilities["kangankunde"].claims}
    assert owed["oceania"].share == pytest.approx(6000 / 15300, abs=0.005)


def test_what_is_announced_comes_as_announced() -> None:
    """The announced baseline requires every project announced, not before its lead allows, and no stalled one."""
    variant = load("announced")
    assert required(variant) == required(load("financed")) | classes("announced")
    assert not required(variant) & classes("stalled", "studied")
    assert "starts" not in rule_names(variant)
    for name, size in (("cn_jlmag", 60000), ("cn_yunsheng", 36000)):
        assert variant.facilities[name].capacity["magnet"].at(2036, 2027) == pytest.approx(0.4 * size)
    options = {(name, o.id): o for name, facility in variant.facilities.items() for o in facility.options}
    for rule in variant.policy.rules:
        if rule.rule == "require" and rule.by:
            option = options[rule.facility, rule.option or ""]
            assert rule.by >= (option.earliest or 2027) + option.lead


@pytest.mark.parametrize("name", ["", "financed", "announced"])
def test_what_is_required_does_not_exclude_itself(name: str) -> None:
    """Options without `after` are alternatives: one of them at most is required, and what goes before the others."""
    variant = load(name)
    asked = required(variant)
    for facility, record in variant.facilities.items():
        wanted = [option for option in record.options if (facility, option.id) in asked]
        assert sum(option.after is None for option in wanted) <= 1, facility
        assert all(option.after is None or (facility, option.after) in asked for option in wanted), facility


@pytest.mark.slow
@pytest.mark.parametrize("name", ["operates", "financed", "announced"])
def test_alone_nothing_else_may_be_funded(name: str) -> None:
    """In a baseline alone each option is either required or forbidden."""
    variant = load(f"{name}_alone")
    shut = {(rule.facility, rule.option) for rule in variant.policy.rules if rule.rule == "forbid"}
    for facility, record in variant.facilities.items():
        for option in record.options:
            closed = (facility, None) in shut or (facility, option.id) in shut
            assert closed != ((facility, option.id) in required(variant))


@pytest.mark.parametrize("year", FISCAL)
def test_the_base_is_the_planning_row(year: int) -> None:
    """Programme demand of the base is the top-down row."""
    row = rows("demand_mdap", "row_id")["sum_top_down"]
    assert magnets(load(), year) == pytest.approx(float(row[f"ndfeb_t_fy{year}"]), rel=1e-3)
    assert tonnes(load(), True)["smco", year] == pytest.approx(float(row[f"smco_t_fy{year}"]), rel=1e-3)


@pytest.mark.parametrize("year", FISCAL)
def test_bottom_up_leaves_out_the_plug(year: int) -> None:
    """The bottom-up estimate is the base less the unattributed row, which is three quarters of the base."""
    dossier = rows("demand_mdap", "row_id")
    plug = float(dossier["cots_gap"][f"ndfeb_t_fy{year}"])
    variant = load("demand_bottom_up")
    assert magnets(variant, year) == pytest.approx(magnets(load(), year) - plug, rel=2e-3)
    assert magnets(variant, year) == pytest.approx(float(dossier["sum_bottom_up"][f"ndfeb_t_fy{year}"]), rel=2e-3)
    assert tonnes(variant, True)["smco", year] == pytest.approx(
        float(dossier["sum_bottom_up"][f"smco_t_fy{year}"]), rel=5e-3
    )
    assert plug / magnets(load(), year) == pytest.approx(0.75, abs=0.02)


@pytest.mark.parametrize(("year", "ndfeb", "smco"), [(2027, 430, 107), (2030, 535, 132)])
def test_high_demand_is_high_mass_per_unit(year: int, ndfeb: float, smco: float) -> None:
    """The high case is units times high mass, 0.6 of it as spares, and the plug; it comes to what its page says."""
    dossier = rows("demand_mdap", "row_id")
    for kind, said in (("ndfeb", ndfeb), ("smco", smco)):
        built = sum(
            float(row[f"qty_fy{year}"]) * float(row[f"{kind}_kg_per_unit_high"]) / 1000
            for name, row in dossier.items()
            if row[f"{kind}_kg_per_unit_high"] and row[f"qty_fy{year}"] and name != "f35_partner"
        )
        total = 1.6 * built + float(dossier["cots_gap"][f"{kind}_t_fy{year}"])
        variant = load("demand_high")
        found = magnets(variant, year) if kind == "ndfeb" else tonnes(variant, True)["smco", year]
        assert found == pytest.approx(total, rel=1e-3)
        assert found == pytest.approx(said, abs=0.6)


@pytest.mark.parametrize("name", ["memo_by_programme", SLOW("demand_by_sector")])
def test_finer_markets_ask_for_the_same_tonnes(name: str) -> None:
    """Markets taken apart ask for the base's tonnes of every grade in every year."""
    for programmes in (True, False):
        before, after = tonnes(load(), programmes), tonnes(load(name), programmes)
        assert before.keys() == after.keys()
        for key, value in before.items():
            assert after[key] == pytest.approx(value, rel=1.5e-3), key


def test_rules_and_targets_follow_the_programmes() -> None:
    """Every programme's market is bound by the content rule and counted by the reserve for what it asks."""
    variant = load("memo_by_programme")
    strict = {name for name, market in variant.markets.items() if market.channel != "commercial"}
    assert len(strict) == len(rows("demand_mdap", "row_id").keys() & {name.removeprefix("mdap_") for name in strict})
    (rule,) = [rule for rule in variant.policy.rules if rule.rule == "delivered_content"]
    assert set(rule.markets) == strict
    for stock, years in (("nds", 5), ("programme_suppliers", 1)):
        counted = {t.material: set(t.of or ()) for t in variant.stockpiles[stock].targets if t.years_of_demand == years}
        for product in (*GRADES, "smco"):
            asking = {name for name in strict for line in variant.markets[name].demand if line.product == product}
            assert counted[product] == asking


@pytest.mark.parametrize("case", ["low", SLOW("high")])
def test_commercial_range(case: str) -> None:
    """Commercial demand meets the range's ends in 2030 and 2035, region by region."""
    variant = load(f"demand_commercial_{case}")
    dossier = source("demand_commercial")
    for market, region in SPLIT.items():
        sectors = [row for row in dossier if row["region"] == region and row["basis"].startswith("direct use of NdFeB")]
        sectors = [row for row in sectors if "total" not in row["sector"]]
        assert len(sectors) == 9
        for year in (2030, 2035):
            found = sum(line.tonnes.at(year, 2027) for line in variant.markets[market].demand if line.product in GRADES)
            assert found == pytest.approx(sum(float(row[f"{case}_{year}"]) for row in sectors), rel=1e-3)
    rest = rows("demand_commercial", "row_id")["rest_total"]
    share = float(rest[f"{case}_2030"]) / float(rest["t_2030"])
    for line, before in zip(variant.markets["india"].demand, load().markets["india"].demand, strict=True):
        assert line.tonnes.at(2030, 2027) == pytest.approx(share * before.tonnes.at(2030, 2027), rel=1e-3)


@pytest.mark.parametrize("name", ["dfars_2027", "memo_programme", "no_policy", "allies_only", "us_only"])
def test_policy_cases_leave_plants_and_demand_alone(name: str) -> None:
    """A policy case changes policy, channels and stockpiles only."""
    base, variant = load(), load(name)
    for section in ("facilities", "markets", "recipes", "materials", "lanes", "logistics", "scenarios"):
        assert getattr(variant, section) == getattr(base, section), section
    assert required(variant) == required(base)


def test_dfars_bans_covered_countries_only() -> None:
    """Under DFARS all but adversaries qualify, whoever owns them; the money is what has been voted."""
    variant, law = load("dfars_2027"), rows("policy", "row_id")
    assert variant.channels["mdap"].tiers == ("domestic", "ally", "exposed")
    assert not variant.channels["mdap"].max_exposure
    assert {variant.countries[code].raw(2027, 2027) for code in ("CHN", "RUS", "PRK", "IRN")} == {"adversary"}
    voted = sum(float(law[row]["value"]) for row in ("pol058", "pol059", "pol060"))
    assert variant.policy.budget.total == pytest.approx(voted * 1e6)
    assert variant.policy.budget.annual is None
    assert not [target for target in variant.stockpiles["nds"].targets if target.years_of_demand]
    assert {"delivered_content", "count", "diversify"}.isdisjoint(rule_names(variant))


def test_the_memo_adds_a_year_held_by_companies() -> None:
    """The memo's programme keeps the reserve and the content rule, and adds a year's stock that is not public."""
    base, variant, memo = load(), load("memo_programme"), rows("policy", "row_id")
    stock = variant.stockpiles["programme_suppliers"]
    assert {target.years_of_demand for target in stock.targets} == {float(memo["pol100"]["value"])}
    assert stock.public is False
    assert variant.stockpiles["nds"] == base.stockpiles["nds"]
    assert {t.years_of_demand for t in base.stockpiles["nds"].targets} >= {float(memo["pol096"]["value"])}
    (rule,) = [rule for rule in variant.policy.rules if rule.rule == "delivered_content"]
    free = range(2027, 2027 + int(memo["pol097"]["value"]))
    assert [rule.share.at(year, 2027) for year in (*free, 2029)] == [0, 0, 1]
    assert {"count", "diversify"}.isdisjoint(rule_names(variant))
    assert variant.policy.budget.annual is not None
    assert variant.policy.budget.annual.at(2030, 2027) == float(memo["pol101"]["value"]) * 1e6


def test_no_policy_lifts_every_rule_of_the_buyer() -> None:
    """Without policy only facts bind: plants in construction and crews; China serves no programme."""
    variant = load("no_policy")
    assert set(rule_names(variant)) == {"require", "starts"}
    assert "nds" not in variant.stockpiles
    assert "adversary" not in (variant.channels["mdap"].tiers or ())


def test_free_trade_lifts_every_licence() -> None:
    """Without licences Chinese heavies move to each region at the cost of other Chinese exports, without limit."""

    def exports(instance: Instance, tag: str) -> list[Freight]:
        return [row for row in instance.logistics.freight if row.from_ == "china" and tag in row.tags]

    base, variant = load(), load("free_trade")
    cost = {row.to: row.cost for row in exports(base, "china_light")}
    limited = [row for row in exports(base, "china_heavy") if row.capacity is not None]
    assert len(limited) > 50
    assert all(row.capacity is None and row.cost == cost[row.to] for row in exports(variant, "china_heavy"))
    assert exports(variant, "china_light") == exports(base, "china_light")
    assert variant.facilities == base.facilities


@pytest.mark.slow
def test_without_any_policy_china_serves_programmes() -> None:
    """Free trade without American policy shuts nobody out, and lifts what each of the two lifts."""
    variant = load("no_policy_free_trade")
    assert "adversary" in (variant.channels["mdap"].tiers or ())
    assert variant.logistics == load("free_trade").logistics
    assert variant.policy == load("no_policy").policy


def test_allies_count_as_domestic() -> None:
    """The allied case drops American content and nothing else."""
    base, variant = load(), load("allies_only")
    kept = [rule for rule in base.policy.rules if rule.rule not in ("delivered_content", "count")]
    assert list(variant.policy.rules) == kept
    assert variant.channels == base.channels
    assert variant.stockpiles == base.stockpiles


def test_american_material_only() -> None:
    """The American case holds the programmes' channel to the tests of the domestic chain."""
    variant = load("us_only")
    strict, usual = variant.channels["domestic_chain"], variant.channels["mdap"]
    assert (usual.tiers, usual.max_exposure) == (strict.tiers, strict.max_exposure)
    assert variant.stockpiles["nds"].channel == "mdap"


@pytest.mark.slow
@pytest.mark.parametrize(
    "demand", ["bottom_up", "high", "by_programme", "commercial_low", "commercial_high", "by_sector"]
)
@pytest.mark.parametrize(
    "policy", ["dfars_2027", "memo_programme", "no_policy", "allies_only", "us_only", "announced", "free_trade"]
)
def test_cases_combine(tmp_path: Path, demand: str, policy: str) -> None:
    """Any case of demand, then any policy case or baseline: the result is both, rule by rule."""
    if (demand, policy) == ("by_programme", "memo_programme"):  # the companies' stock names the markets
        policy = "memo_by_programme"
    files = [FOLDER, VARIANTS / f"demand_{demand}.yaml", VARIANTS / f"{policy}.yaml"]
    file = tmp_path / "mixed.yaml"
    names = ", ".join(f'"{path}"' for path in files)
    file.write_text(f"extends: [{names}]\nname: mixed\nremove: {{scenarios: all}}\n", encoding="utf-8")
    mixed = optimizer.load(file)
    assert tonnes(mixed, True) == tonnes(load(f"demand_{demand}"), True)
    assert mixed.channels == load(policy).channels
    assert sorted(rule_names(mixed)) == sorted(rule_names(load(policy)))
    assert required(mixed) == required(load(policy))


@pytest.mark.slow
def test_the_page_shows_overlays_that_work(tmp_path: Path) -> None:
    """Every overlay shown in README.md is one that loads."""
    shown = re.findall(r"```yaml\n(.*?)```", (VARIANTS / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len(shown) >= 2
    for number, text in enumerate(shown):
        file = tmp_path / f"shown_{number}.yaml"
        extends = re.sub(r"([\w.]+\.yaml)", lambda found: f'"{VARIANTS / found[1]}"', text.splitlines()[0])
        extends = extends.replace("[..,", f'["{FOLDER}",')
        file.write_text("\n".join([extends, *text.splitlines()[1:]]), encoding="utf-8")
        assert optimizer.load(file).name in text


@pytest.mark.slow
def test_finer_markets_go_with_the_whole_library(tmp_path: Path) -> None:
    """Futures of the library hit programmes that are markets of their own."""
    names = ", ".join(
        f'"{path}"' for path in (FOLDER, VARIANTS / "library.yaml", VARIANTS / "demand_by_programme.yaml")
    )
    file = tmp_path / "mixed.yaml"
    file.write_text(f"extends: [{names}]\nname: mixed\ndiscount_rate: 0.05\n", encoding="utf-8")
    assert len(optimizer.load(file).scenarios) == len(load("library").scenarios)
