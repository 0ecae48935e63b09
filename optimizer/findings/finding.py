"""What a finding is, and how its numbers are written."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["cannot", "warning", "note"]

CANNOT: Severity = "cannot"
WARNING: Severity = "warning"
NOTE: Severity = "note"
SEVERITIES: tuple[Severity, ...] = (CANNOT, WARNING, NOTE)

SMALL = 1e-6
"""Tonnes and dollars below this are nothing; shares of a quantity too."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a planner should know before solving.

    Attributes:
        kind: what it is about, in snake case; the name of the function that found it.
        subject: path in the instance, as written: sections, ids and numbers of rows.
        text: one or two sentences, with numbers and units.
        data: the numbers behind the text.
        severity: `cannot` (no plan can meet it as written), `warning` or `note`.
    """

    kind: str
    subject: tuple[Hashable, ...]
    text: str
    data: dict[str, Any] = field(default_factory=dict)
    severity: Severity = WARNING

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "kind": self.kind,
            "severity": self.severity,
            "subject": list(self.subject),
            "text": self.text,
            "data": self.data,
        }


def amount(value: float) -> str:
    """A number for readers: thousands apart, four digits at most below ten thousand."""
    if not math.isfinite(value):
        return "unlimited" if value > 0 else f"{value}"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}" if abs(value) >= 1 else f"{value:.3g}"


def percent(share: float) -> str:
    """A share in percent."""
    return f"{100 * share:.3g} %"


def dollars(value: float) -> str:
    """A sum of money."""
    for size, word in ((1e9, "bn USD"), (1e6, "M USD")):
        if abs(value) >= size:
            return f"{value / size:.4g} {word}"
    return f"{amount(value)} USD"


def some(items: Sequence[str], most: int = 4) -> str:
    """The first few of a list in words, and how many more there are."""
    shown = list(items[:most])
    rest = len(items) - len(shown)
    if rest > 0:
        return f"{', '.join(shown)} and {rest} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}" if shown else "none"


def years(periods: Iterable[int]) -> str:
    """Years in words, runs of years joined."""
    ordered = sorted(set(periods))
    runs: list[list[int]] = []
    for year in ordered:
        if runs and year == runs[-1][-1] + 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    return some([str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs], 6)


def count(number: int, one: str, many: str = "") -> str:
    """A number of things in words."""
    return f"{number} {one if number == 1 else many or one + 's'}"
