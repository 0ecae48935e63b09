"""Why there is no plan, in words."""

from __future__ import annotations

from typing import Any

from optimizer.briefs.brief import Brief
from optimizer.conflict import Explanation


def say(out: Brief, found: Explanation) -> None:
    """Why there is no plan, in words."""
    info = found.info
    if found.status == "plan":
        out.print(f"{info['instance']}: {info['why']}; nothing is to be explained", style="bold green")
        return
    if not info["conflicts"]:
        out.print(f"{info['instance']}: {info['why']}", style="bold yellow")
        return
    out.print(f"{info['instance']}: there is no plan", style="bold red")
    for number, conflict in enumerate(info["conflicts"]):
        _conflict(out, number, conflict, info)
    if info["more_conflicts"]:
        out.print("\nThere are more conflicts beside these.")
    out.print(f"\n{info['why']}", style="green" if found.status == "explained" else "yellow")
    text = f"{info['tests']} sets tested, {info['tests_by_relaxation']} settled by the linear relaxation"
    out.print(f"{text}, {info['seconds']:,.0f} s", style="dim")


def _conflict(out: Brief, number: int, conflict: dict[str, Any], info: dict[str, Any]) -> None:
    several = len(info["conflicts"]) > 1
    head = f"Conflict {number + 1}: cannot" if several else "Cannot"
    alone = len(conflict["requirements"]) == 1
    course = ", ".join(name for name in info["courses"] if name != "trunk")
    among = f" (undisturbed, and in {course})" if course else ""
    less = ""
    if conflict["irreducible"] and not alone:
        less = "; without any one of them the others can"
    together = "" if alone else " together"
    out.print(f"\n{head} be met{together}{among}{less}", style="bold")
    for row in conflict["requirements"]:
        out.print(f"  {row['text']}  [{row['path']}]")
        if row["detail"]:
            out.print(f"      {row['detail']}", style="dim")
    if conflict["proved_by"] == "integers":
        out.print("  (only because an option is funded whole or not at all)", style="dim")
    _repairs(out, number, info, several)


def _repairs(out: Brief, number: int, info: dict[str, Any], several: bool) -> None:
    mine = [row for row in info["repairs"] if row["conflict"] == number]
    helpless = [row for row in info["no_change_alone"] if row["conflict"] == number]
    if not mine and not helpless:
        return
    besides = ", once the other conflicts are resolved" if several else ""
    out.print(f"\nBy itself each of these restores a plan{besides}, if", style="bold")
    for row in mine:
        if row["restores"] == "yes":
            out.print(f"  {row['text']}")
    for row in mine:
        if row["restores"] != "yes":
            why = "does not restore a plan in every scenario" if row["restores"] == "no" else row["restores"]
            out.print(f"  not enough or not known: {row['text']} ({why})", style="yellow")
    texts = {row["requirement"]: row["text"] for conflict in info["conflicts"] for row in conflict["requirements"]}
    for row in helpless:
        out.print(f"  no change alone: {texts[row['requirement']]}", style="dim")
