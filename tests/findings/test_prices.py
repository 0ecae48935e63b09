"""Prices by channel that change nothing."""

from __future__ import annotations

import pytest

from .conftest import Find

FINANCE = "finance: {{hurdle_rate: 0.1, viability: {}}}"
TRADE_ONLY = "markets: {programs: null}"
STORE = """
stockpiles:
  store: {country: USA, channel: mdap, materials: [magnet], holding_cost: {magnet: 1}, TARGETS}
""".replace("TARGETS", "targets: [{material: magnet, tonnes: 5, shortage_cost: 1}]")


def dear(magnet: str = "1.5", oxide: str = "1.0") -> str:
    """Prices, and what trusted users pay times these."""
    return f"""
materials:
  ore: {{stage: mining, price: 1}}
  oxide: {{stage: separation, price: 6, channel_factor: {{mdap: {oxide}}}}}
  magnet: {{stage: magnet, price: 20, channel_factor: {{mdap: {magnet}}}}}
""".replace(", channel_factor: {mdap: 1.0}", "")


def test_idle_channel_factor_trips_where_it_is_1(find: Find) -> None:
    (found,) = find("idle_channel_factor", dear("{2050: 2.0}"), FINANCE.format("true"))
    assert (found.severity, found.subject) == ("warning", ("materials", "magnet", "channel_factor"))
    assert found.data == {"material": "magnet", "why": "reference"}
    assert "users of mdap pay more than the reference price for magnet" in found.text


def test_idle_channel_factor_trips_where_nothing_must_pay_its_way(find: Find) -> None:
    (found,) = find("idle_channel_factor", dear(), FINANCE.format("false"))
    assert (found.severity, found.data["why"], found.data["reserves"]) == ("note", "not_asked", [])
    assert "by the channel_factor of magnet nothing changes" in found.text
    (found,) = find("idle_channel_factor", dear(), STORE)
    assert found.data["reserves"] == ["store"]
    assert "only public outlay for store changes" in found.text


def test_idle_channel_factor_trips_where_nobody_pays_it(find: Find) -> None:
    """The market is of the loosest channel, and there is no reserve."""
    (found,) = find("idle_channel_factor", dear(), FINANCE.format("true"), TRADE_ONLY)
    assert (found.severity, found.data["why"]) == ("warning", "nobody")
    assert "and nobody pays more for it" in found.text


def test_idle_channel_factor_trips_where_nobody_has_it(find: Find) -> None:
    """Oxide is made by nobody who must pay its way, and used by plants that must."""
    (found,) = find("idle_channel_factor", dear(oxide="2.0"), FINANCE.format("true"))
    assert (found.severity, found.data["material"]) == ("note", "oxide")
    assert "plants that use it pay more for it, and nobody has it" in found.text


@pytest.mark.parametrize("changes", [(), (TRADE_ONLY, STORE)])
def test_idle_channel_factor_is_quiet(find: Find, changes: tuple[str, ...]) -> None:
    """Sold to a market, or to a reserve."""
    assert find("idle_channel_factor", dear(), FINANCE.format("true"), *changes) == []
    assert find("idle_channel_factor", *changes) == []
