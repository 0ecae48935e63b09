"""Facts with those derived from them, and what earlier licence regimes let pass."""

from __future__ import annotations

from .tables import read


def all_facts() -> dict[str, float]:
    """Facts by id, with those that are derived from others."""
    fact = {row["id"]: float(row["value"]) for row in read("facts")}
    fact["mp_reo_annual"] = (fact["mp_reo_q1"] + fact["mp_reo_q2"] + fact["mp_reo_q3"]) * 4 / 3
    fact["mp_reo_guided_2025"] = fact["mp_reo_annual"] + (fact["mp_target_reo"] - fact["mp_reo_annual"]) / 3
    fact["mp_sold_annual"] = (fact["mp_sold_q2"] + fact["mp_sold_q3"]) * 2
    fact["lynas_ndpr_annual"] = (fact["lynas_ndpr_q1"] + fact["lynas_ndpr_q2"] + fact["lynas_ndpr_q3"]) * 4 / 3
    fact["lynas_ndpr_guided_2025"] = (fact["lynas_ndpr_annual"] + fact["lynas_ndpr_guided"]) / 2
    fact["mt_weld_guided_2025"] = (fact["mt_weld_before"] + fact["mt_weld_guided"]) / 2
    fact["china_magnets_2024"] = fact["china_magnets_2024_10m"] * 1.2
    fact["growth"] = (fact["iea_growth"] + fact["china_magnets_2024"] / fact["china_magnets_2023"] - 1) / 2
    return fact


def precedent(regime: str) -> float:
    """Mean share that passes in the first nine months of a regime; straight lines between the months known."""
    known = {int(row["month"]): float(row["share"]) for row in read("precedents") if row["regime"] == regime}
    total = 0.0
    for month in range(1, 10):
        before = max(item for item in known if item <= month)
        after = min((item for item in known if item >= month), default=before)
        step = 0.0 if after == before else (month - before) / (after - before)
        total += known[before] + step * (known[after] - known[before])
    return total / 9


def licence_shares() -> dict[str, float]:
    """Share of the year's reference trade that passes: a free first quarter, then as in the precedents."""
    regimes = {name: precedent(name) for name in ("japan_2010", "gallium_2023", "germanium_2023")}
    passing = {
        "licences": sum(regimes.values()) / len(regimes),
        "licences_short": max(regimes.values()),
        "licences_long": min(regimes.values()),
    }
    return {name: 0.25 + 0.75 * share for name, share in passing.items()}
