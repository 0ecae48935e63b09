"""Two instances whose every figure is known by hand."""

from __future__ import annotations

from support.build import Data


def backup(p: float) -> Data:
    """A plant that makes the 10 t asked for at 10 USD; a backup for 300 USD; the plant may be gone, with probability p.

    Not funded: base 100, gone 1000 (short). Funded: base 400, gone 400. With hindsight: base 100, gone 400.
    """
    plant = {"stage": "magnet", "country": "USA", "recipes": ["make"], "capacity": 10}
    build = {"id": "build", "capacity": 10, "capex": 300}
    return {
        "schema": 1,
        "name": "backup",
        "base_year": 2027,
        "discount_rate": 0.0,
        "periods": [2027],
        "domestic": ["USA"],
        "countries": {"USA": "domestic"},
        "materials": {"magnet": {"stage": "magnet"}},
        "recipes": {"make": {"stage": "magnet", "outputs": {"magnet": 1}, "cost": 10}},
        "facilities": {"plant": plant, "backup": {**plant, "capacity": 0, "options": [build]}},
        "channels": {"open": {}},
        "markets": {"town": _market()},
        "scenarios": [
            {
                "id": "gone",
                "probability": p,
                "onset": 2027,
                "effects": [{"affects": "facilities", "where": {"id": "plant"}, "available": 0.0}],
            }
        ],
    }


def reserve(p: float) -> Data:
    """The plant makes 20 t a year and may be gone in 2028; nothing can be built; magnets can be stored at 1 USD a year.

    Nothing stored: base 200, gone 100 + 1000. 10 t stored: base 200 + 10 + 100 + 10 = 320, gone 210. With hindsight:
    base 200, gone 210.
    """
    data = backup(p)
    data["name"] = "reserve"
    data["periods"] = [2027, 2028]
    del data["facilities"]["backup"]
    data["facilities"]["plant"]["capacity"] = 20
    data["materials"]["magnet"] |= {"price": 50, "storage": {"cost": 1}}
    data["stockpiles"] = {
        "nds": {"country": "USA", "channel": "open", "materials": ["magnet"], "release": "disruption"}
    }
    data["scenarios"][0]["onset"] = 2028
    return data


def _market() -> Data:
    return {"channel": "open", "country": "USA", "demand": [{"product": "magnet", "tonnes": 10, "shortage_cost": 100}]}


def oxide_or_magnet(gone: str) -> Data:
    """A mine makes oxide at 5 USD, the plant magnets of it at 10; either may be gone in 2028, with probability 0.3.

    Oxide is stored at 1 USD per t and year, magnets at 3. Nothing stored: 0.7*300 + 0.3*(150 + 1000) = 555 or less.
    Oxide helps where the mine is gone: 0.7*370 + 0.3*310 = 352. Magnets help in both: 0.7*510 + 0.3*330 = 456.
    """
    data = reserve(0.3)
    data["materials"]["magnet"]["storage"]["cost"] = 3
    data["materials"]["oxide"] = {"stage": "separation", "price": 20, "storage": {"cost": 1}}
    data["recipes"]["make"]["inputs"] = {"oxide": 1}
    data["recipes"]["dig"] = {"stage": "separation", "outputs": {"oxide": 1}, "cost": 5}
    data["facilities"]["mine"] = {"stage": "separation", "country": "USA", "recipes": ["dig"], "capacity": 20}
    data["stockpiles"]["nds"]["materials"] = ["oxide", "magnet"]
    data["scenarios"][0]["effects"][0]["where"]["id"] = gone
    return data
