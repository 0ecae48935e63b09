"""What no plant changes at once when a disruption strikes: the overlay `frictions`."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import yaml

from . import tables
from .overlay import Overlay


def largest_step(ramp: list[float]) -> float:
    """The most of its size by which a plant on a ramp has grown from one year to the next."""
    return round(max(after - before for before, after in pairwise([0.0, *ramp])), 6)


def overlay() -> Overlay:
    """Raise and contracts by stage."""
    ramps = {row["id"]: [float(share) for share in yaml.safe_load(row["ramp"])] for row in tables.read("ramps")}
    stages: dict[str, Any] = {}
    for row in tables.read("frictions"):
        said = {"raise": largest_step(ramps[row["ramp"]]), "contracted": float(row["contracted"])}
        stages[row["stage"]] = said | {name: row[name] for name in ("source", "confidence", "note")}
    return Overlay(
        "frictions",
        "A disruption that bites",
        "In a disruption no plant raises its output at once, and what is under contract stays where it is for a year "
        "(docs/decisions/0013-a-disruption-that-bites.md). Raise is the largest yearly step of the ramp of the stage "
        "(sources/ramps.csv): a plant that has run before may be faster, one that lacks people or feed slower. The "
        "share contracted is an own estimate from offtakes whose share is published. All numbers are estimates (C): "
        "they say what such frictions would do, and are no measurement. All plants of a stage are alike here, Chinese "
        "ones too.",
        {"add": {"frictions": stages}},
    )
