"""What a plan rests on and how it meets each rule, row by row: what the screen has no room for."""

from __future__ import annotations

from collections import Counter
from typing import Any

from optimizer.briefs.brief import Brief, headed
from optimizer.briefs.words import rough, rough_tonnes, tonnes, usd
from optimizer.network.tables import TRUNK
from optimizer.plan.plan import Plan

GRADES = ("A", "B", "C", "none")
NAMED = 40
"""Plants that are named in a line."""
UNUSED = 1e-3
"""Units of activity up to which a plant counts as not used."""


def say(out: Brief, plan: Plan) -> None:
    """Rules with what is left of each, and the confidence of the numbers and plants behind the plan."""
    _rules(out, plan.info["rules"])
    _confidence(out, plan.info["confidence"])
    _plants(out, plan)
    if all(facility.location is None for facility in plan.instance.facilities.values()):
        out.print("There is no map: no facility of the instance has a place (location).", style="dim")


def _rules(out: Brief, rules: list[dict[str, Any]]) -> None:
    if not rules:
        return
    heads = ("rule", "how it stands", "slack", "unit", "tightest at", "rows that bind", "1 % less of it saves")
    table = headed("\nHow the plan meets each rule, target and budget", *heads, right=(heads[2], heads[5], heads[6]))
    for rule in rules:
        if rule["status"] == "inactive":
            reason = str(rule.get("reason", "no reason given"))
            table.add_row(
                str(rule["label"]), f"inactive, asks for nothing here: {reason}", "", "", "", "", "", style="yellow"
            )
            continue
        saved = rule.get("saved_by_1_percent_usd")
        rows = f"{rule.get('binding_rows', 0):,} of {rule.get('rows', 0):,}"
        slack = rule.get("slack")
        left = "" if slack is None else str(usd(float(slack))) if rule.get("unit") == "USD" else tonnes(float(slack))
        table.add_row(
            str(rule["label"]), str(rule["status"]), left, str(rule.get("unit", "")), str(rule.get("where", "")), rows,
            "not asked" if saved is None else usd(float(saved)),
        )  # fmt: skip
    out.print(table)
    out.print(
        "A rule with slack is met with room to spare; what it costs is another question (optimizer waivers). "
        "An inactive one asks for nothing.",
        style="dim",
    )


def _confidence(out: Brief, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    heads = ("total", *(f"grade {grade}" if grade != "none" else "no grade" for grade in GRADES))
    table = headed("\nGrades of the numbers behind the plan", "what", *heads, "unit", right=heads)
    for row in rows:
        shares = (f"{row[grade]:.0%}" for grade in GRADES)
        total = float(row["total"])
        rounded = rough(total).split(" ") if row["unit"] == "USD" else [_rounded(total), str(row["unit"])]
        table.add_row(str(row["of"]), rounded[0], *shares, " ".join(rounded[1:]))
    out.print(table)
    out.print(
        "Grade A: filed or official; B: press or public study; C: estimate. No grade is as weak as C.", style="dim"
    )


def _rounded(value: float) -> str:
    return rough_tonnes(value).removesuffix(" t")


def _plants(out: Brief, plan: Plan) -> None:
    """Grades of the plants that run without a disruption."""
    runs = plan.runs[(plan.runs["scenario"] == TRUNK) & (plan.runs["run"] > UNUSED)]
    used = list(dict.fromkeys(runs["facility"]))
    if not used:
        return
    facilities = plan.instance.facilities
    grade_of = {name: facilities[name].confidence or "none" if name in facilities else "none" for name in used}
    grades: Counter[str] = Counter(grade_of.values())
    words = ", ".join(f"{grades[grade]} of grade {grade}" if grade != "none" else f"{grades[grade]} without a grade"
                      for grade in GRADES if grades[grade])  # fmt: skip
    weak = [
        (facilities[name].name if name in facilities else None) or name for name in used if grade_of[name] not in "AB"
    ]
    out.print(
        f"\n{len(used)} plants run without a disruption: {words}; {len(weak) / len(used):.0%} are weak (C or none)."
    )
    if weak:
        rest = f" and {len(weak) - NAMED} more" if len(weak) > NAMED else ""
        out.print(f"  weak: {', '.join(weak[:NAMED])}{rest}")
