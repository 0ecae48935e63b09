"""Frictions that bind nobody."""

from __future__ import annotations

from .conftest import Find


def test_idle_friction_trips_on_no_limit(find: Find) -> None:
    free, said = find(
        "idle_friction",
        "frictions: {mining: {raise: 1, contracted: 0}, magnet: {raise: 0.3}}\nfacilities: {plant: {raise: 0.2}}",
    )
    assert (free.severity, free.subject) == ("note", ("frictions", "mining"))
    assert "are no limit" in free.text
    assert said.subject == ("frictions", "magnet")
    assert "all its facilities (plant) say it themselves" in said.text


def test_idle_friction_trips_on_one_channel(find: Find) -> None:
    changes = """
    facilities: {plant: {contracted: 0.5}}
    channels: {mdap: null}
    markets: {programs: {channel: commercial}}
    """
    (found,) = find("idle_friction", changes)
    assert (found.data["contracted"], found.data["why"]) == (["plant"], "one_channel")


def test_idle_friction_is_quiet_where_it_binds(find: Find) -> None:
    changes = "frictions: {mining: {raise: 0.5}, magnet: {contracted: 0.6}}\nfacilities: {refinery: {raise: 0.2}}"
    assert find("idle_friction", changes) == []


def test_idle_requalification_trips(find: Find) -> None:
    changes = """
    materials:
      magnet: {requalification: {mdap: {years: 0, multiple: 1}, commercial: {years: 2, multiple: 1}}}
    facilities: {plant: {known_for: {commercial: [magnet]}}}
    """
    zero, known = find("idle_requalification", changes)
    assert (zero.severity, zero.data["why"]) == ("note", "no_years")
    assert zero.subject == ("materials", "magnet", "requalification", "mdap")
    assert known.data["why"] == "all_known"
    assert "all its makers (plant) are known there already" in known.text


def test_idle_requalification_trips_where_nobody_takes_it(find: Find) -> None:
    changes = """
    materials: {magnet: {requalification: {mdap: {years: 2, multiple: 1}}}}
    markets: {programs: {channel: commercial}}
    """
    (found,) = find("idle_requalification", changes)
    assert found.data["why"] == "nobody_takes"


def test_idle_requalification_is_quiet_where_it_binds(find: Find) -> None:
    changes = "materials: {magnet: {requalification: {mdap: {years: 2, multiple: 1}}}}"
    assert find("idle_requalification", changes) == []
