"""What cannot change at once when a disruption strikes: the overlays `requalification` and `frictions`."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import yaml

from . import tables
from .overlay import Overlay


def largest_step(ramp: list[float]) -> float:
    """The most of its size by which a plant on a ramp has grown from one year to the next."""
    return round(max(after - before for before, after in pairwise([0.0, *ramp])), 6)


def requalification() -> Overlay:
    """By product: how long programmes wait for a new maker, and what a known one may make meanwhile."""
    found: dict[str, Any] = {}
    for row in tables.read("requalification"):
        said = {name: float(row[name]) for name in ("years", "multiple", "lots")}
        said |= {name: row[name] for name in ("source", "confidence", "note")}
        found.setdefault(row["material"], {"requalification": {}})["requalification"][row["channel"]] = said
    return Overlay(
        "requalification",
        "New makers wait",
        "In a disruption programmes take magnets of a maker that is new to them only once it is qualified "
        "(docs/decisions/0015-new-makers-wait.md). Years follow sources/requalification_times.csv: shorter for "
        "general grades, longer for parts that run hot. The multiple is an own estimate (C): in the first years a "
        "known maker makes half as much again as programmes have from it. Commercial users are bound by nothing.",
        {"materials": found},
    )


def overlay() -> Overlay:
    """Raise and contracts by stage, beside requalification."""
    ramps = {row["id"]: [float(share) for share in yaml.safe_load(row["ramp"])] for row in tables.read("ramps")}
    stages: dict[str, Any] = {}
    for row in tables.read("frictions"):
        said = {"raise": largest_step(ramps[row["ramp"]]), "contracted": float(row["contracted"])}
        stages[row["stage"]] = said | {name: row[name] for name in ("source", "confidence", "note")}
    return Overlay(
        "frictions",
        "A disruption that bites",
        "In a disruption no plant raises its output at once, what is under contract stays where it is for a year "
        "(docs/decisions/0013-a-disruption-that-bites.md), and new makers wait (requalification.yaml). Raise is "
        "the largest yearly step of the ramp of the stage (sources/ramps.csv): a plant that has run before may be "
        "faster, one that lacks people or feed slower. The share contracted is an own estimate from offtakes "
        "whose share is published. All numbers are estimates (C): they say what such frictions would do, and are "
        "no measurement. All plants of a stage are alike here, Chinese ones too.",
        {"add": {"frictions": stages}},
        extends=("..", "requalification.yaml"),
    )
