"""`instance.yaml`: the frame with countries, regions, targets and committed plants filled in."""

from __future__ import annotations

from .demand import PROGRAMMES, programmes
from .network import Plant
from .tables import SOURCES, plain, read
from .trade import REGIONS

PARTNER_IS_ALLY_FROM = 0.60
# Greenland is not in the trust table of its own: tier of Denmark, whose row names it.
LIKE = {"GRL": "DNK"}

# Soft targets, USD per t and year missing: own estimates (C), half of the price outside China.
TARGET_SHORTAGE = {
    "magnet_n": 40_000,
    "magnet_h": 45_000,
    "magnet_sh": 50_000,
    "magnet_uh": 90_000,
    "magnet_eh": 110_000,
    "smco": 120_000,
}


def tiers() -> dict[str, str]:
    """Trust tier of each country, in the four words of the instance."""
    found = {}
    for row in read("country_trust"):
        tier = row["trust_tier"]
        if tier == "partner":
            tier = "ally" if float(row["trust_score_0_1"]) >= PARTNER_IS_ALLY_FROM else "exposed"
        found[row["iso3"]] = "ally" if tier == "ntib" else tier
    for code, other in LIKE.items():
        found[code] = found[other]
    return found


def yaml_text(known: dict[str, Plant], scenarios: list[str]) -> str:
    """The text of instance.yaml; `scenarios` are the lines of its base set of futures."""
    dossier = {row["iso3"]: row for row in read("country_trust")}
    countries = []
    for code, tier in sorted(tiers().items()):
        row = dossier[LIKE.get(code, code)]
        score, mark = row["trust_score_0_1"], row["confidence"]
        comment = f"{row['country']}: {row['trust_tier']}, score {score} ({mark})"
        countries.append(f"  {code}: {tier:<9}  # {comment}")
    demand = programmes()
    regions = [f"    {name}: {plain(list(members))}" for name, members in REGIONS.items()]
    asked = {name: [market for market in PROGRAMMES if (market, name) in demand] for name in TARGET_SHORTAGE}
    targets = [
        f"      - {{material: {name}, years_of_demand: 5, of: {plain(asked[name])},\n"
        f"         share: {{2029: 0.3, 2030: 0.6, 2031: 1.0}}, shortage_cost: {cost},\n"
        f"         source: sources/policy.csv pol096 pol098 pol099, confidence: A,\n"
        f"         note: shortage cost is an own estimate}}"
        for name, cost in TARGET_SHORTAGE.items()
    ]
    required = [
        f"    - {{rule: require, facility: {row['facility']}, option: {row['id']}, source: "
        f"sources/projects.csv {row['facility']} {row['id']}, confidence: {row['confidence']},\n"
        f"       note: financed and in construction or commissioning}}"
        for row in read("projects")
        if row["committed"] and row["facility"] in known
    ]
    text = (SOURCES / "frame.yaml").read_text(encoding="utf-8")
    for name, lines in (
        ("countries", countries),
        ("regions", regions),
        ("magnet_targets", targets),
        ("require", required),
        ("scenarios", scenarios),
    ):
        text = text.replace(f"@{name}@", "\n".join(lines))
    return text
