"""events.yaml of the reference instance: hazards, durations and severities follow from the tables of sources."""

from __future__ import annotations

import math
from functools import cache
from types import ModuleType
from typing import Any

import pytest
import yaml

import optimizer
from optimizer.futures import EventsFile, read_events

from .conftest import FOLDER, Row, rows

EMBARGOES = "export_controls"
SLIPS = {"slip_moderate": "moderate", "slip_severe": "severe", "failures": "failed"}


@cache
def table() -> dict[str, Row]:
    return {row["id"]: row for row in rows("sources/disruptions")}


@cache
def file() -> EventsFile:
    return read_events(FOLDER, optimizer.load(FOLDER))


@cache
def library() -> dict[str, Any]:
    text = (FOLDER / "variants" / "library.yaml").read_text(encoding="utf-8")
    return {row["id"]: row for row in yaml.safe_load(text)["add"]["scenarios"]}


def words(cell: str) -> list[str]:
    return [word for word in cell.split(";") if word]


def test_every_single_disruption_is_an_event() -> None:
    """Each of the library but those that are two at once; with source, confidence and note."""
    assert set(file().events.events) == {name for name, row in table().items() if not row["of"]}
    for name, event in file().events.events.items():
        assert event.source, name
        assert name in event.source
        assert event.confidence in ("A", "B", "C")
        assert event.note


def test_effects_are_those_of_the_library() -> None:
    """An event at severity 1 does what its scenario does."""
    written = yaml.safe_load(file().text)["events"]
    for name, event in written.items():
        assert event["effects"] == library()[name]["effects"], name


def test_hazards_are_those_of_the_table() -> None:
    """The chance to strike in a year, causes included, is that of at least one event at the rate of the table."""
    causes = file().events.causes
    for name, event in file().events.events.items():
        if name in SLIPS:
            continue
        spared = 1 - event.hazard.at(2030, 2027)
        spared *= 1 - causes[EMBARGOES].hazard.at(2030, 2027) * causes[EMBARGOES].hits.get(name, 0)
        assert 1 - spared == pytest.approx(1 - math.exp(-float(table()[name]["hazard_per_year"])), rel=6e-3), name


def test_embargoes_share_the_events_that_several_rows_count() -> None:
    """The cause hits the rows of embargoes that count an event which another counts too, by their share of these."""
    embargoes = [row for row in table().values() if row["class"] == "embargo" and "china" in row["watched"]]
    counted = [date for row in embargoes for date in words(row["counted"])]
    shared = {date for date in counted if counted.count(date) > 1}
    assert shared == {"2025-04-04", "2026-01-06"}
    cause = file().events.causes[EMBARGOES]
    (years,) = {until - since for row in embargoes for since, until in yaml.safe_load(row["watched"]).values()}
    assert cause.hazard.at(2030, 2027) == pytest.approx(1 - math.exp(-(len(shared) + 0.5) / years), rel=6e-3)
    follows = {row["id"]: len(shared & set(words(row["counted"]))) for row in embargoes}
    expected = {name: (count + 0.5) / (len(shared) + 1) for name, count in follows.items() if count}
    assert cause.hits == pytest.approx(expected, rel=2e-3)


def test_slips_are_one_draw(rebuild: ModuleType) -> None:
    """At most one of the three, in the first year alone, each as probable as in the library."""
    record = rebuild.disruptions.record
    cause = file().events.causes["projects_slip"]
    assert cause.exclusive
    assert [cause.hazard.at(year, 2027) for year in (2027, 2028, 2036)] == [record.COMMON, 0, 0]
    chances = record.chances("first_of_kind_plant")
    assert cause.hits == pytest.approx({name: chances[kind] for name, kind in SLIPS.items()}, rel=2e-3)
    for name in SLIPS:
        assert file().events.events[name].hazard.at(2027, 2027) == 0
        assert record.COMMON * cause.hits[name] == pytest.approx(library()[name]["probability"], abs=2e-4)


def test_durations_weigh_what_was_seen_against_what_is_assumed() -> None:
    """Events counted last as long as those seen, to the nearest year; half an event as long as assumed."""
    seen = 0
    for name, event in file().events.events.items():
        row = table()[name]
        counted, assumed = len(words(row["counted"])), float(row["duration"])
        if not counted or not row["duration_observed"] or row["class"] == "delay":
            expected = {assumed: 1.0}
        else:
            expected = {max(1.0, math.floor(float(row["duration_observed"]) + 0.5)): counted / (counted + 0.5)}
            expected[assumed] = expected.get(assumed, 0) + 0.5 / (counted + 0.5)
        lasts = event.duration
        total = math.fsum(lasts.weights)
        found = {years: weight / total for years, weight in zip(lasts.numbers, lasts.weights, strict=True)}
        assert found == pytest.approx(expected), name
        seen += len(expected) > 1
    assert seen >= 5


def test_severities_weigh_what_was_seen_against_what_is_assumed() -> None:
    """Each event counted counts with its reading, or in full without one; half an event in full."""
    readings: dict[str, dict[str, float]] = {}
    for row in rows("sources/disruption_severity"):
        assert row["reading"]
        assert row["source"].startswith("sources/disruption_events.csv")
        assert row["date"] in row["source"] or row["disruption"] in ("lamp_outage", "kalgoorlie_outage")
        assert row["confidence"] in ("A", "B", "C")
        readings.setdefault(row["disruption"], {})[row["date"]] = float(row["seen"])
    for name, event in file().events.events.items():
        counted = words(table()[name]["counted"])
        assert set(readings.get(name, {})) <= set(counted), name
        values = [*(readings.get(name, {}).get(date, 1.0) for date in counted), 1.0]
        weights = [*(1.0 for _ in counted), 0.5]
        mean = math.fsum(v * w for v, w in zip(values, weights, strict=True)) / math.fsum(weights)
        hard = event.severity
        total = math.fsum(hard.weights)
        found = math.fsum(v * w for v, w in zip(hard.numbers, hard.weights, strict=True)) / total
        assert found == pytest.approx(mean), name


def test_a_reading_of_an_event_that_is_not_counted_is_refused(
    rebuild: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stops the rebuild with the row named."""
    events = rebuild.events
    item = rebuild.disruptions.Disruption(dict(table()["myanmar_stop"]), None)
    assert events.severity(item)[0] == {"values": {0.38: 1, 0.5: 1, 0.56: 1, 1.0: 0.5}}
    row = {"disruption": "myanmar_stop", "date": "2023-09-04", "seen": "0.1", "reading": "little"}
    monkeypatch.setattr(events, "read", lambda _: [row])
    with pytest.raises(ValueError, match=r"myanmar_stop: \['2023-09-04'\] are not counted"):
        events.severity(item)
    monkeypatch.setattr(events, "read", lambda _: [row | {"date": "2018-05-01", "seen": "1.5"}])
    with pytest.raises(ValueError, match=r"myanmar_stop 2018-05-01: seen is 1\.5"):
        events.severity(item)
