"""Writes docs/reference.md and its figures from a solved plan of the reference instance.

First `optimizer solve instances/us_allied_2026 --gap 1e-3 --time-limit 900 -o PLAN`, then
`python docs/reference/make.py PLAN`; it needs the extra `docs`.
The prose stands in `page.md.j2`; every number in it comes from the plan or from the instance's tables.
"""

from __future__ import annotations

import argparse
import re
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import jinja2
import numpy as np
from facts import BASE, RICH, UNITS, Facts, table_facts
from figures import FIGURES, draw, grade_order, short_name
from records import backcast, library, library_made, newest, qualified, sensitive, survived

import optimizer
from optimizer import Plan
from optimizer.instance.policy import Starts
from optimizer.instance.write import sha256

ROOT = Path(__file__).resolve().parents[2]
FULL = 0.97
"""From this share in use on a unit counts as full."""
SPARE = 0.85
"""Below this share in use heavy units as a group count as having room."""
SHORT = 0.001
"""From this share of demand on the grades that need most heavies count as short."""


def bn(usd: float) -> str:
    """Billions of USD."""
    return f"{usd / 1e9:.1f}" if abs(usd) >= 1e9 else f"{usd / 1e9:.2f}"


def mn(usd: float) -> str:
    """Millions of USD."""
    return f"{usd / 1e6:,.0f}"


def t(tonnes: float) -> str:
    """Tonnes, to the tonne."""
    return f"{tonnes:,.0f}"


def pct(share: float) -> str:
    """A share in percent."""
    value = 100 * share
    return (
        "0"
        if abs(value) < 0.005
        else "under 0.1"
        if abs(value) < 0.05
        else f"{value:.1f}"
        if value < 10
        else f"{value:.0f}"
    )


def listed(words: Sequence[str]) -> str:
    """Words as a list in a sentence."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def spans(years: Sequence[int]) -> str:
    """Years as spans: 2027, 2029 to 2031."""
    runs: list[list[int]] = []
    for year in sorted(years):
        if runs and year == runs[-1][1] + 1:
            runs[-1][1] = year
        else:
            runs.append([year, year])
    return listed([str(a) if a == b else f"{a} to {b}" for a, b in runs])


def span(low: float, high: float) -> str:
    """Two shares as a range in percent."""
    return pct(low) if pct(low) == pct(high) else f"{pct(low)} to {pct(high)}"


Flags = np.ndarray[Any, np.dtype[np.bool_]]


def heavies_of(facts: Facts) -> dict[str, Any]:
    """In which years heavy feed or heavy separation is at its limit while only grades that need heavies are short.

    A full mine is no bottleneck while nothing is short; and where leaner grades are short too (`mixed`), what all have
    in common is a limit as well. A shortage of a year that costs less than the gap is a tie and counts as none.
    """
    data = facts.heavies
    by_year = facts.short_by_year(loosest=True)
    rich = [product for product in by_year if facts.intensity.get(product, 0.0) >= RICH]
    lean = [p for p in by_year if p not in rich and facts.instance.materials[p].content.get("Nd", 0.0) > 0]

    gap = float(facts.plan.info.get("gap_usd") or 0.0)
    costs = demand_facts(facts)["by_product"]

    def lacks(products: list[str]) -> Flags:
        sums = [[sum(by_year[p][y][of] for p in products) for of in (0, 1)] for y in facts.years]
        usd = [sum(by_year[p][y][1] * costs.get(p, 0.0) for p in products) for y in facts.years]
        return np.array([s > SHORT * d and worth >= gap for (d, s), worth in zip(sums, usd, strict=True)])

    lacking, also = lacks(rich), lacks(lean)
    short = lacking & ~also
    full = (data["rich_use"] >= FULL).to_numpy()
    room = (data["use"] < SPARE).to_numpy()
    years = np.array(facts.years)
    return {
        "data": data,
        "grades": listed([short_name(product) for product in sorted(rich, key=grade_order)]),
        "feed": years[short & full & room].tolist(),
        "both": years[short & full & ~room].tolist(),
        "separation": years[short & ~full & ~room].tolist(),
        "neither": years[short & ~full & room].tolist(),
        "mixed": years[lacking & also].tolist(),
        "calm": years[~lacking].tolist(),
        "use": data["use"][short & full & room],
        "idle": (data["feed"] - data["mined"])[short & full & room],
        "both_use": data["use"][short & full & ~room],
    }


def use_table(facts: Facts) -> list[list[str]]:
    """Percent in use of each kind of unit outside adversary countries, a row per kind of the reference instance."""
    rows = []
    for unit in ("mine", "light", "heavy", "metal", "heavy_metal", "alloy", "magnet", "smco_alloy", "smco"):
        shares = facts.in_use(unit)
        if any(share is not None for share in shares):
            rows.append([unit.replace("_", " "), *("" if s is None else f"{100 * s:.0f}" for s in shares)])
    return rows


def metal_use(facts: Facts) -> list[float | None]:
    """Share of metal lines outside adversary countries in use, in the years in which heavy feed is the limit."""
    feed = heavies_of(facts)["feed"]
    return [s for y, s in zip(facts.years, facts.in_use("metal"), strict=True) if y in feed] or [None]


def tie_tonnes(facts: Facts) -> float:
    """Commercial shortage of a year, t, that costs as much as the gap at the lowest shortage cost, not discounted."""
    return float(facts.plan.info.get("gap_usd") or 0.0) / (demand_facts(facts)["commercial_costs"][0] or 1.0)


def small_cells(facts: Facts) -> list[str]:
    """Grades that are short, but in no year by as much as the gap weighs."""
    gap = float(facts.plan.info.get("gap_usd") or 0.0)
    costs = demand_facts(facts)["by_product"]
    found = []
    for product, years in facts.short_by_year(loosest=True).items():
        most = max(short for _, short in years.values())
        if 0 < most * costs.get(product, 0.0) < gap:
            found.append(short_name(product))
    return found


def smco_short(facts: Facts) -> list[int]:
    """Years in which commercial users lack samarium-cobalt magnets, without disruptions."""
    return [year for year, (_, short) in facts.short_by_year(loosest=True).get("smco", {}).items() if short > 0]


def hardest(facts: Facts) -> list[str]:
    """Futures in which commercial users go short by half as much again as without disruption, hardest first."""
    last = list(facts.instance.channels)[-1]
    shares = {future: facts.short(future, last, column="share") for future in facts.futures}
    return sorted((f for f in shares if f != BASE and shares[f] > 1.5 * shares[BASE]), key=lambda f: -shares[f])


def committed_magnets(facts: Facts) -> float:
    """Magnet capacity of the committed domestic options, t a year."""
    options = {(n, o.id): o for n, plant in facts.instance.facilities.items() for o in plant.options}
    rows = [row for row in facts.portfolio if row.required and row.country in facts.instance.domestic]
    return sum(options[r.facility, r.option].capacity.get(unit, 0.0) for r in rows for unit in UNITS["magnets"])


def shortage_table(facts: Facts) -> list[list[str]]:
    """Undisrupted shortage of commercial users in percent of demand, a row per grade that is ever short."""
    by_year = facts.short_by_year(loosest=True)
    rows = []
    for product in sorted(by_year, key=grade_order):
        shares = [short / (demand or 1.0) for demand, short in by_year[product].values()]
        if max(shares) > SHORT / 2:
            rows.append([short_name(product), *(pct(s) for s in shares)])
    return rows


def trusted_short(facts: Facts) -> list[dict[str, Any]]:
    """Futures in which markets with a trusted channel go short."""
    rows = []
    for future in facts.futures:
        course = facts.course(future)
        last = list(facts.instance.channels)[-1]
        part = course[[facts.instance.markets[name].channel != last for name in course["market"]]]
        short = float(part["short"].sum())
        if short > 0.01:
            years = sorted({int(y) for y in part[part["short"] > 1e-6]["period"]})
            rows.append(
                {"future": future, "short": short, "share": short / part["demand"].sum(), "years": spans(years)}
            )
    return rows


def use_of(facts: Facts, facility: str, unit: str) -> list[float]:
    """Share of an undisrupted unit's capacity in use, by year."""
    part = facts.trunk("capacity")
    part = part[(part["facility"] == facility) & (part["unit"] == unit) & (part["capacity"] > 0)]
    return [float(used / size) for used, size in zip(part["used"], part["capacity"], strict=True)]


def demand_facts(facts: Facts) -> dict[str, Any]:
    """Sums of demand over the horizon and the range of shortage costs, trusted markets and the others."""
    last = list(facts.instance.channels)[-1]
    lines = [(m.channel == last, line) for m in facts.instance.markets.values() for line in m.demand]
    found: dict[str, Any] = {}
    for loose, name in ((False, "trusted"), (True, "commercial")):
        costs = [
            line.shortage_cost.at(year, facts.years[0])
            for kind, line in lines if kind == loose and line.shortage_cost is not None for year in facts.years
        ]  # fmt: skip
        found[name] = sum(demand for years in facts.short_by_year(loose).values() for demand, _ in years.values())
        found[f"{name}_costs"] = (min(costs, default=0.0), max(costs, default=0.0))
    found["by_product"] = {
        line.product: line.shortage_cost.at(facts.years[0], facts.years[0])
        for loose, line in lines if loose and line.shortage_cost is not None
    }  # fmt: skip
    found["total"] = found["trusted"] + found["commercial"]
    return found


def rarest(facts: Facts, gap_usd: float) -> dict[str, Any]:
    """The least probable future, and how many t of commercial shortage in it weigh as much as the gap."""
    futures = facts.plan.tables["scenarios"].set_index("scenario")["probability"]
    name = str(futures.astype(float).idxmin())
    cost = demand_facts(facts)["commercial_costs"][0] or 1.0
    return {"future": name, "probability": float(futures[name]), "t": gap_usd / float(futures[name]) / cost}


def binding_starts(facts: Facts) -> list[str]:
    """Countries of the limits on starts that bind, with the limit and the year."""
    found = []
    for row in facts.plan.info.get("rules", []):
        rule = facts.instance.policy.rules[row["rule"]] if row["rule"] is not None else None
        if isinstance(rule, Starts) and row["status"] == "binding":
            countries = listed([str(c) for c in rule.countries or ("all",)])
            found.append(
                f"{countries} ({rule.max.at(int(row['where']), facts.years[0]):.0f} a year, in {row['where']})"
            )
    return found


def command_of(facts: Facts) -> str:
    """The command that made the plan, as its options have it."""
    options = facts.plan.info.get("options", {})
    words = [f"optimizer solve instances/{facts.instance.name}"]
    words += [
        f"--{key.replace('_', '-')} {options[key]:g}" for key in ("gap", "gap_usd", "time_limit") if options.get(key)
    ]
    return " ".join(words)


def context(facts: Facts, tables: Path) -> dict[str, Any]:
    """What the template may use."""
    plan = facts.plan
    portfolio = facts.portfolio
    reserve = facts.reserve
    piles = reserve["purchase"] + reserve["holding"]
    results = ROOT / "benchmarks" / "results"
    last = list(facts.instance.channels)[-1]
    short_of = {future: facts.short(future, last, column="share") for future in facts.futures}
    return {
        "facts": facts,
        "info": plan.info,
        "command": command_of(facts),
        "made": str(plan.info.get("made", ""))[:10],
        "same": sha256(optimizer.load(tables)) == plan.info.get("instance_sha256"),
        "gap_usd": float(plan.info.get("gap_usd") or 0.0),
        "gap": plan.gap or 0.0,
        "committed": [row for row in portfolio if row.required],
        "chosen": [row for row in portfolio if not row.required],
        "stages": [
            (stage, [row for row in portfolio if row.stage == stage])
            for stage in dict.fromkeys(row.stage for row in portfolio)
        ],
        "reserve": reserve,
        "piles": piles,
        "public": piles + reserve["grants"],
        "budget": facts.budget,
        "heavies": heavies_of(facts),
        "metal_use": metal_use(facts),
        "tie_t": tie_tonnes(facts),
        "small_cells": small_cells(facts),
        "smco_short": smco_short(facts),
        "smco_use": [share for share in facts.in_use("smco") if share is not None],
        "shortages": shortage_table(facts),
        "trusted_short": trusted_short(facts),
        "makers": facts.makers(next(iter(facts.instance.channels))),
        "wanted": demand_facts(facts),
        "rarest": rarest(facts, float(plan.info.get("gap_usd") or 0.0)),
        "starts": binding_starts(facts),
        "short_of": short_of,
        "hardest": hardest(facts),
        "in_use": use_table(facts),
        "committed_magnets": committed_magnets(facts),
        "loosest": last,
        "use_of": use_of,
        "rests": {row["of"]: row for row in facts.confidence},
        "tables": table_facts(tables),
        "backcast": backcast(dated := newest(results, "backcast", "csv")), "backcast_date": dated.name[:10],
        "survived": survived(results, facts.instance.name, plan.info),
        "library": library(newest(results, "library-effects", "json")),
        "library_made": library_made(newest(results, "library-effects", "json"), str(plan.info["instance_sha256"])),
        "requalified": qualified(newest(results, f"{facts.instance.name}-stress-requalification", "json")),
        "sensitive": sensitive(
            newest(results, "sensitivity-screen", "csv"), newest(results, "sensitivity-confirmed", "csv"),
            facts.instance,
        ),
        "bn": bn, "mn": mn, "t": t, "pct": pct, "listed": listed, "spans": spans, "span": span,
        "BASE": BASE,
    }  # fmt: skip


def page(facts: Facts, tables: Path) -> str:
    """The text of the page."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    return wrapped(environment.get_template("page.md.j2").render(context(facts, tables)))


def wrapped(text: str) -> str:
    """The text with its paragraphs and list items filled to the width of a line; all else as it is."""
    blocks: list[list[str]] = [[]]
    for line in text.splitlines():
        item = re.match(r"(- |\d+\. )", line)
        if not line.strip() or line[0] in "|#!" or item:
            blocks.append([])
        if line.strip():
            blocks[-1].append(line.strip())
        else:
            blocks.append([""])
            blocks.append([])
    lines: list[str] = []
    for block in (block for block in blocks if block):
        if block[0][:1] in ("|", "#", "!", ""):
            lines += block
            continue
        mark = re.match(r"(- |\d+\. )?", block[0])
        indent = " " * len(mark.group(0)) if mark else ""
        lines += textwrap.wrap(
            " ".join(block), 120, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        )
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


def write(plan: Plan, tables: Path, folder: Path) -> list[Path]:
    """Write page and figures.

    Args:
        plan: the solved plan.
        tables: the folder of the instance as committed.
        folder: where the page goes; figures go to `figures` in it.
    """
    facts = Facts(plan)
    files = draw(facts, folder / "figures")
    assert len(files) == len(FIGURES)
    target = folder / "reference.md"
    target.write_text(page(facts, tables), encoding="utf-8")
    return [target, *files]


def main() -> int:
    """Read the plan named, write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("plan", type=Path, help="result folder of `optimizer solve`")
    parser.add_argument("--tables", type=Path, help="folder of the instance; default instances/NAME")
    parser.add_argument("--out", type=Path, default=ROOT / "docs", help="where the page goes; default docs")
    given = parser.parse_args()
    plan = Plan.read(given.plan)
    tables = given.tables or ROOT / "instances" / plan.instance.name
    for file in write(plan, tables, given.out):
        sys.stdout.write(f"{file}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
