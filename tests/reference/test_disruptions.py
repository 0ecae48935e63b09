"""The scenario library of the reference instance follows from the record that it cites."""

from __future__ import annotations

import csv
import math
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from statistics import median
from types import ModuleType
from typing import Any

import pytest
import yaml
from scipy.stats import gamma

import optimizer
from optimizer.instance.instance import Instance

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "instances" / "us_allied_2026"
YEARS = 10
SLIPS = ("slip_moderate", "slip_severe", "failures")
# Half of a slip is taken as common to all first-of-kind plants (docs/scenarios.md).
COMMON = 0.5

Row = dict[str, str]
Scenarios = dict[str, dict[str, Any]]


@cache
def table(name: str) -> tuple[Row, ...]:
    with (FOLDER / "sources" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple({key: cell or "" for key, cell in row.items()} for row in csv.DictReader(file))


@cache
def rows() -> dict[str, Row]:
    return {row["id"]: row for row in table("disruptions")}


@cache
def library() -> Scenarios:
    overlay = yaml.safe_load((FOLDER / "variants" / "library.yaml").read_text(encoding="utf-8"))
    return {row["id"]: row for row in overlay["add"]["scenarios"]}


@cache
def base() -> Scenarios:
    document = yaml.safe_load((FOLDER / "instance.yaml").read_text(encoding="utf-8"))
    return {row["id"]: row for row in document["scenarios"]}


@cache
def instance() -> Instance:
    return optimizer.load(FOLDER)


def words(cell: str) -> list[str]:
    return [word for word in cell.split(";") if word]


def rate(row: Row) -> tuple[float, float, float]:
    """Mean and 80 percent interval of events per year, by Jeffreys' prior."""
    shape = len(words(row["counted"])) + 0.5
    watched = yaml.safe_load(row["watched"]).values()
    scale = float(row["share"] or 1) / math.fsum(until - since for since, until in watched)
    return shape * scale, float(gamma.ppf(0.1, shape) * scale), float(gamma.ppf(0.9, shape) * scale)


def decided(cls: str) -> Counter[str]:
    """Projects of a class that are on time, late or failed, judged from dates alone."""
    found: Counter[str] = Counter()
    for row in table("project_record"):
        if row["class"] != cls or row["outcome"] == "open":
            continue
        if row["outcome"] == "failed":
            found["failed"] += 1
        else:
            slip = late(row)
            found["on_time" if slip < 0.5 else "moderate" if slip < 1.5 else "severe"] += 1
    return found


def late(row: Row) -> float:
    if row["planned"] and row["actual"]:
        return float(row["actual"]) - float(row["planned"])
    return float(row["slip_years"])


def common(kind: str) -> float:
    seen = decided("first_of_kind_plant")
    return COMMON * (seen[kind] + 0.5) / (sum(seen.values()) + 2)


def hazards() -> dict[str, float]:
    """Hazard of every row but slips: counted ones first, then two at once."""
    found = {name: rate(row)[0] for name, row in rows().items() if row["watched"]}
    state = {"slip_moderate": common("moderate")}
    for name, row in rows().items():
        if not row["of"]:
            continue
        one, other = words(row["of"])
        if other in state:
            found[name] = found[one] * state[other]
            continue
        begins = found[one] * (1 - math.exp(-found[other] * float(rows()[one]["duration"])))
        found[name] = begins + found[other] * (1 - math.exp(-found[one] * float(rows()[other]["duration"])))
    return found


def test_there_are_enough_disruptions_of_every_kind() -> None:
    """At least twenty, and each kind that the library promises is there."""
    assert len(rows()) >= 20
    promised = "embargo feed licence outage long_outage market chokepoint input delay ownership compound slip"
    assert {row["class"] for row in rows().values()} == set(promised.split())


def test_every_event_cited_is_on_record() -> None:
    """What is counted and what a severity rests on are dates of the event table, and none stands there twice."""
    events = Counter(row["date"] for row in table("disruption_events"))
    assert max(events.values()) == 1
    for name, row in rows().items():
        cited = {*words(row["counted"]), *words(row["rests_on"])}
        assert cited or "facilities.csv" in row["source"], name
        assert cited <= set(events), f"{name}: {cited - set(events)}"
        for date in re.findall(r"\d{4}-\d\d-\d\d", row["source"]):
            assert date in events, f"{name} cites {date}"


def test_counted_events_lie_in_the_years_watched() -> None:
    """An event that is counted happened while somebody was looking."""
    for name, row in rows().items():
        if not row["watched"]:
            continue
        spans = yaml.safe_load(row["watched"]).values()
        for date in words(row["counted"]):
            year = int(date[:4]) + (int(date[5:7]) - 0.5) / 12
            assert any(since - 0.05 <= year <= until for since, until in spans), f"{name} {date}"


def test_hazards_follow_from_the_events_counted() -> None:
    """Mean and interval in the table are those of the events and years that the row names."""
    for name, row in rows().items():
        if row["watched"]:
            written = [float(row[key]) for key in ("hazard_per_year", "hazard_low", "hazard_high")]
            assert written == pytest.approx(rate(row), rel=6e-3), name
            assert written[1] < written[0] < written[2]


def test_two_at_once_follow_from_the_single_ones() -> None:
    """A compound is as frequent as chance makes it, and rarer than either of its parts."""
    found = hazards()
    compounds = {name: row for name, row in rows().items() if row["of"]}
    assert compounds
    for name, row in compounds.items():
        assert float(row["hazard_per_year"]) == pytest.approx(found[name], rel=6e-3), name
        assert all(found[name] < found[part] for part in words(row["of"]) if part in found)


def test_slips_in_the_record_are_what_the_dates_say() -> None:
    """A slip with both dates is their difference; open and failed projects have none."""
    for row in table("project_record"):
        if row["planned"] and row["actual"]:
            assert float(row["slip_years"]) == pytest.approx(late(row), abs=0.011), row["id"]
        if row["outcome"] in ("open", "failed"):
            assert not row["slip_years"], row["id"]
        else:
            assert row["slip_years"], row["id"]
    assert sum(decided("first_of_kind_plant").values()) >= 10


def test_probabilities_of_slips_follow_from_the_record() -> None:
    """The three futures hold the common part of what first-of-kind plants did."""
    for name, kind in zip(SLIPS, ("moderate", "severe", "failed"), strict=True):
        assert library()[name]["probability"] == pytest.approx(common(kind), abs=1e-4)


def test_delays_are_those_of_the_middle_project() -> None:
    """Years late in a slip future are the median slip of its kind and class; a failure outlasts the horizon."""

    def middle(cls: str, low: float, high: float) -> int:
        known = [late(r) for r in table("project_record") if r["class"] == cls and r["outcome"] in ("reached", "late")]
        return max(1, int(median([slip for slip in known if low <= slip < high]) + 0.5))

    first, mine = "first_of_kind_plant", "greenfield_mine"
    delays = {name: [effect["delay"] for effect in library()[name]["effects"]] for name in SLIPS}
    assert delays["slip_moderate"] == [middle(first, 0.5, 1.5)]
    assert delays["slip_severe"][:2] == [middle(first, 1.5, 99), middle(mine, 1.5, 99)]
    assert delays["slip_severe"][3] == middle("expansion", 0.5, 1.5)
    assert min(delays["failures"]) >= YEARS


def test_no_project_is_on_time_in_every_future() -> None:
    """Every facility with an option, expansions too, comes late in one of the futures of the base set."""
    late_somewhere: set[str] = set()
    for scenario in yaml.safe_load((FOLDER / "instance.yaml").read_text(encoding="utf-8"))["scenarios"]:
        for effect in scenario["effects"]:
            if effect["affects"] == "options" and scenario["id"] in SLIPS:
                late_somewhere |= set(effect["where"]["facility"])
    with (FOLDER / "options.csv").open(encoding="utf-8", newline="") as file:
        assert {row["facility"] for row in csv.DictReader(file)} == late_somewhere


def test_probabilities_follow_from_hazards_and_sum_below_one() -> None:
    """Each is the chance to be the first within the horizon, of what slips leave."""
    found = hazards()
    total = math.fsum(found.values())
    left = (1 - sum(common(kind) for kind in ("moderate", "severe", "failed"))) * (1 - math.exp(-total * YEARS))
    for name, hazard in found.items():
        assert library()[name]["probability"] == pytest.approx(left * hazard / total, abs=1e-4), name
    assert set(library()) == {*found, *SLIPS}
    assert 0.99 < math.fsum(row["probability"] for row in library().values()) < 1


def test_base_set_is_drawn_from_the_library() -> None:
    """At most ten futures, each with the effects of its row and the probability of the rows that it stands for."""
    assert 0 < len(base()) <= 10
    for name, scenario in base().items():
        members = [key for key, row in rows().items() if row["base"] == name]
        assert name in members
        for key in ("effects", "onset", "duration"):
            assert scenario[key] == library()[name][key], f"{name}: {key}"
        expected = math.fsum(library()[member]["probability"] for member in members)
        assert scenario["probability"] == pytest.approx(expected, abs=1e-9), name
        assert all(member in scenario["note"] for member in members if member != name)
    assert {row["base"] for row in rows().values() if row["base"]} == set(base())


def test_losses_over_months_become_availability_over_years() -> None:
    """What is lost for some months is spread over the years of the effect."""
    seen = 0
    for name, scenario in library().items():
        written = [row for row in table("disruption_effects") if row["disruption"] == name]
        assert len(written) == len(scenario["effects"])
        for row, effect in zip(written, scenario["effects"], strict=True):
            if row["lost"]:
                years = int(row["duration"] or scenario["duration"])
                lost = float(row["lost"]) * float(row["months"]) / (12 * years)
                assert effect["available"] == pytest.approx(1 - lost, abs=6e-4), name
                seen += 1
    assert seen > 10


def test_onsets_are_spread() -> None:
    """Apart from slips no year holds more than a third of the weight, and every onset leaves years to see."""
    weight: Counter[int] = Counter()
    for name, scenario in library().items():
        if name not in SLIPS:
            weight[scenario["onset"]] += scenario["probability"]
        assert 2027 <= scenario["onset"] <= 2033
    assert max(weight.values()) < sum(weight.values()) / 3


def test_every_library_scenario_fits_the_instance() -> None:
    """Each is read by the schema and touches something that is there."""
    kept = instance().model_dump(mode="python", by_alias=True)
    for name, scenario in library().items():
        assert scenario["source"]
        assert scenario["confidence"] in ("A", "B", "C")
        for effect in scenario["effects"]:
            for key in ("facility", "id", "owner"):
                named = effect["where"].get(key, [])
                section = "owners" if key == "owner" else "facilities"
                gone = {*([named] if isinstance(named, str) else named)} - set(kept[section])
                assert not gone, f"{name}: {gone}"


@pytest.mark.slow
def test_the_whole_library_has_no_faults_and_no_idle_effect(tmp_path: Path) -> None:
    """With the library in place of the base set the instance is sound, and every effect changes something."""
    text = (FOLDER / "instance.yaml").read_text(encoding="utf-8")
    head, tail = text.split("\nscenarios:\n")
    merged = yaml.safe_dump({"scenarios": list(library().values())}, width=10_000, sort_keys=False)
    (tmp_path / "instance.yaml").write_text(f"{head}\n{merged}\nrisk: {tail.split('risk: ', 1)[1]}", encoding="utf-8")
    for file in FOLDER.glob("*.csv"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    found = optimizer.validate(tmp_path)
    assert not found.faults
    assert found.instance is not None
    assert len(found.instance.scenarios) == len(library())
    assert not [finding.text for finding in found.findings if finding.kind == "idle_effect"]


def test_page_shows_every_row() -> None:
    """docs/scenarios.md has each disruption with its hazard and probability, and each project of the record."""
    page = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
    lines = {match[1]: line for line in page.splitlines() if (match := re.match(r"\| `(\w+)` \| [A-Z\d]", line))}
    assert set(lines) == set(rows())
    found = hazards()
    for name, line in lines.items():
        assert f"{library()[name]['probability']:.4f}" in line, name
        if name in found:
            assert f"{found[name]:.3f} (" in line, name
    assert all(row["project"] in page for row in table("project_record"))


def test_wrong_hazard_and_unknown_event_are_refused(rebuild: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hazard that the events do not give, and an event that is not on record, stop the rebuild with the row named."""
    disruptions = rebuild.disruptions
    good = {name: dict(row) for name, row in rows().items()}
    events = {row["date"]: dict(row) for row in table("disruption_events")}

    def given(name: str, _: str) -> dict[str, Row]:
        return good if name == "disruptions" else events

    monkeypatch.setattr(disruptions, "by", given)
    good["myanmar_stop"]["hazard_per_year"] = "0.5"
    with pytest.raises(ValueError, match=r"myanmar_stop: hazard_per_year is '0.5' and should be 0.271"):
        disruptions.library([], [])
    good["myanmar_stop"]["counted"] = "2018-05-02"
    with pytest.raises(ValueError, match=r"myanmar_stop: no event of \['2018-05-02'\]"):
        disruptions.library([], [])


@pytest.mark.slow
def test_committed_files_are_as_rebuilt() -> None:
    """What stands in the repository is what the sources give."""
    run = subprocess.run(
        [sys.executable, str(FOLDER / "rebuild.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
