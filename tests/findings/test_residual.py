"""Stock that counts for nothing, though its stockpile has a residual."""

from __future__ import annotations

from .conftest import Find

STORE = """
materials: {magnet: {price: 40, storage: {cost: 1}}, oxide: {price: 9, storage: {cost: 1}}}
stockpiles:
  shelf: {country: USA, channel: commercial, materials: [magnet, oxide], release: always, residual: 1%s}
"""


def test_idle_residual_trips(find: Find) -> None:
    (every,) = find("idle_residual", STORE % "")
    assert (every.severity, every.subject) == ("warning", ("stockpiles", "shelf", "residual"))
    assert every.data == {"stockpile": "shelf", "materials": ["magnet", "oxide"]}
    assert "no target asks for it then" in every.text
    (some,) = find("idle_residual", STORE % ", initial: {magnet: 5}")
    assert (some.severity, some.data["materials"]) == ("note", ["oxide"])


def test_idle_residual_trips_on_a_target_that_is_over_and_a_price_of_0(find: Find) -> None:
    over = ", targets: [{material: magnet, tonnes: {2027: 4, 2029: 0}}], residual_tonnes: {oxide: 0}"
    (found,) = find("idle_residual", STORE % over)
    assert found.data["materials"] == ["magnet"]
    free = STORE.replace("price: 40", "price: {2027: 40, 2030: 0}") % ", residual_tonnes: {magnet: 5, oxide: 5}"
    (found,) = find("idle_residual", free)
    assert found.data["materials"] == ["magnet"]


def test_idle_residual_is_quiet_where_something_counts(find: Find) -> None:
    assert find("idle_residual", STORE % ", initial: {magnet: 5}, residual_tonnes: {oxide: 0}") == []
    assert find("idle_residual", STORE % ", residual_tonnes: {magnet: 5, oxide: 5}") == []
    assert find("idle_residual", STORE.replace("residual: 1", "residual: 0") % "") == []
