"""Ore baskets to materials: contents, classes of heavy concentrate, recoveries.

Feeds are counted in tonnes of rare earth oxide (REO), so their content does not depend on the
grade of what is shipped; the grade enters as `freight_factor`. Two splits are made uniform, because
pooled products have one composition: Nd to Pr (75 to 25 everywhere) and, within a class of heavy
concentrate, Dy to Tb. Totals of Nd + Pr and of Dy + Tb are those of the basket.
"""

from __future__ import annotations

from dataclasses import dataclass

from .tables import Row, by, number, read

# t of oxide per t of element: La2O3, CeO2, Sm2O3, Tb4O7, Dy2O3; Nd2O3 and Pr6O11 at 75 to 25.
OXIDE = {"La": 1.1728, "Ce": 1.2284, "NdPr": 1.17685, "Sm": 1.1596, "Tb": 1.1762, "Dy": 1.1477}
ND_SHARE = 0.75

# Recoveries of separation (recipes.csv rc025-rc044): light cut, then heavy cut.
LIGHT = 0.97
HEAVY = {"Dy": 0.94, "Tb": 0.93, "Sm": 0.95}
SURPLUS = {"La": 0.96, "Ce": 0.95}

# Recovery of cracking by mineral (recipes.csv rc009, rc015; eudialyte: upstream cost table).
CRACKING = {"bastnaesite": 0.93, "eudialyte": 0.85}
CRACKING_DEFAULT = 0.95

# Bayan Obo: the USGS basket rounds Dy and Tb up; the facility row uses 0.04 pct of REO. The split
# is an own estimate.
BASKET_FIXES = {"bayan_obo": {"dy": 0.028, "tb": 0.012}}

# Classes of heavy concentrate by t of Sm oxide per t of Dy + Tb oxide: what lies at or above.
CLASSES = (("seg_a", 7.0), ("seg_b", 4.0), ("seg_c", 1.5), ("seg_d", 0.8), ("seg_e", 0.0))

# REO in what is shipped, t per t: upstream cost table and facility rows; the rest own estimates.
GRADES = {
    "conc_browns_range": 0.25,
    "conc_yangibana": 0.27,
    "conc_mt_weld": 0.40,
    "conc_murray_hms": 0.59,
}
GRADE_BY_MINERAL = {"eudialyte": 0.02, "monazite": 0.55, "bastnaesite": 0.60}
CARBONATE_GRADE = 0.50
OTHER_GRADE = 0.40


@dataclass(frozen=True)
class Basket:
    """An ore basket, shares of oxide in REO."""

    id: str
    row: Row
    oxide: dict[str, float]

    @property
    def ndpr(self) -> float:
        """Nd + Pr oxide."""
        return self.oxide["nd"] + self.oxide["pr"]

    @property
    def dytb(self) -> float:
        """Dy + Tb oxide."""
        return self.oxide["dy"] + self.oxide["tb"]

    @property
    def heavy(self) -> float:
        """Everything from Sm on, with Y."""
        return sum(self.oxide[key] for key in ("sm", "eu", "gd", "tb", "dy", "ho_to_lu", "y"))

    @property
    def seg(self) -> str:
        """Its class of heavy concentrate."""
        ratio = self.oxide["sm"] / self.dytb
        return next(name for name, least in CLASSES if ratio >= least)

    @property
    def cracking(self) -> float:
        """Recovery when its mineral is cracked."""
        return next(
            (share for word, share in CRACKING.items() if word in self.row["mineral"]),
            CRACKING_DEFAULT,
        )


@dataclass(frozen=True)
class Class:
    """A class of heavy concentrate: oxide shares of one tonne."""

    id: str
    dytb: float
    tb_share: float
    sm: float
    baskets: tuple[str, ...]

    @property
    def oxide(self) -> dict[str, float]:
        """Oxide of each element, t per t."""
        return {
            "Sm": self.sm,
            "Tb": self.dytb * self.tb_share,
            "Dy": self.dytb * (1 - self.tb_share),
        }

    @property
    def content(self) -> dict[str, float]:
        """Element, t per t."""
        return {element: number(share / OXIDE[element], 5) for element, share in self.oxide.items()}


def baskets() -> dict[str, Basket]:
    """All baskets."""
    found = {}
    keys = ("la", "ce", "pr", "nd", "sm", "eu", "gd", "tb", "dy", "ho_to_lu", "y")
    for name, row in by("ore_baskets", "basket_id").items():
        values = {key: float(row[key]) for key in keys} | BASKET_FIXES.get(name, {})
        found[name] = Basket(name, row, {key: value / 100 for key, value in values.items()})
    return found


def feeds() -> list[str]:
    """All feeds: concentrates (`conc_`) and mixed carbonates (`carb_`) that move on lanes."""
    return list(dict.fromkeys(row["feed"] for row in read("feed_lanes")))


def basket_of(feed: str) -> str:
    """The basket of a feed."""
    return feed.removeprefix("conc_").removeprefix("carb_")


def classes(known: dict[str, Basket]) -> dict[str, Class]:
    """Classes of heavy concentrate, from the baskets that the instance uses.

    Dy + Tb share and Tb share are means over the baskets; Sm is the least ratio to Dy + Tb among
    them, so that no basket yields more Sm than it holds.
    """
    used = sorted({basket_of(feed) for feed in feeds()})
    found = {}
    for name, _ in CLASSES:
        members = [known[basket] for basket in used if known[basket].seg == name]
        dytb = sum(item.dytb / item.heavy for item in members) / len(members)
        tb_share = sum(item.oxide["tb"] for item in members) / sum(item.dytb for item in members)
        ratio = min(item.oxide["sm"] / item.dytb for item in members)
        found[name] = Class(
            name,
            round(dytb, 4),
            round(tb_share, 3),
            round(int(ratio * 1000) / 1000 * dytb, 5),
            tuple(item.id for item in members),
        )
    return found


def feed_content(basket: Basket, kind: Class) -> dict[str, float]:
    """Element, t per t of REO: uniform splits of Nd to Pr and Dy to Tb, totals of the basket."""
    ndpr = basket.ndpr / OXIDE["NdPr"]
    found = {
        "La": basket.oxide["la"] / OXIDE["La"],
        "Ce": basket.oxide["ce"] / OXIDE["Ce"],
        "Pr": ndpr * (1 - ND_SHARE),
        "Nd": ndpr * ND_SHARE,
        "Sm": basket.oxide["sm"] / OXIDE["Sm"],
        "Tb": basket.dytb * kind.tb_share / OXIDE["Tb"],
        "Dy": basket.dytb * (1 - kind.tb_share) / OXIDE["Dy"],
    }
    return {element: number(value, 5) for element, value in found.items()}


def grade(feed: str, basket: Basket) -> float:
    """REO in what is shipped, t per t."""
    if feed.startswith("carb_"):
        return CARBONATE_GRADE
    if feed in GRADES:
        return GRADES[feed]
    minerals = basket.row["mineral"]
    return next((share for word, share in GRADE_BY_MINERAL.items() if word in minerals), OTHER_GRADE)


def separation(feed: str, basket: Basket, kind: Class) -> tuple[float, dict[str, float]]:
    """Feed used and outputs for one tonne of NdPr oxide; a concentrate is cracked on the way."""
    recovery = basket.cracking if feed.startswith("conc_") else 1.0
    used = 1 / (basket.ndpr * LIGHT * recovery)
    inside = used * recovery
    outputs = {
        "ndpr_oxide": 1.0,
        "la_oxide": inside * basket.oxide["la"] * SURPLUS["La"],
        "ce_oxide": inside * basket.oxide["ce"] * SURPLUS["Ce"],
        kind.id: inside * basket.dytb * LIGHT / kind.dytb,
    }
    # Feed is rounded up and products down, so that rounding never makes an element.
    shrink = 1 - 2e-5
    return number(used * (1 + 2e-5), 6), {
        name: (1 if value == 1 else number(value * shrink, 5)) for name, value in outputs.items()
    }


def heavy_separation(kind: Class) -> tuple[float, dict[str, float]]:
    """Concentrate used and outputs for one tonne of Dy oxide."""
    used = 1 / (kind.oxide["Dy"] * HEAVY["Dy"])
    shrink = 1 - 2e-4
    return number(used, 6), {
        "dy_oxide": 1,
        "tb_oxide": number(used * kind.oxide["Tb"] * HEAVY["Tb"] * shrink, 5),
        "sm_oxide": number(used * kind.oxide["Sm"] * HEAVY["Sm"] * shrink, 5),
    }
