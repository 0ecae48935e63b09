"""What a stress test says: its verdict, stress.json and the tables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from optimizer.losses.ask import Asked, Scope
from optimizer.losses.candidates import KINDS
from optimizer.losses.case import Case
from optimizer.losses.operator import Line
from optimizer.losses.restore import Aftermath
from optimizer.losses.search import FULL, Onset

PROVED, STOPPED = "proved", "stopped"

LOSSES = (
    "loss", "takes", "worst_onset", "tonnes_short", "answerable", "single_point_of_failure", "survives_years",
    "survives_or_more", "complete",
)  # fmt: skip
"""Columns of losses.csv; `tonnes_short` weighted, beyond those without a loss."""
WORST = ("market", "product", "period", "demand", "short", "short_without_loss")
"""Columns of worst.csv."""


@dataclass(slots=True)
class Told:
    """All that is known at the end.

    Attributes:
        asked: what was asked.
        scope: what was tried.
        states: what is known, by onset.
        survives: years of its loss that are covered at every onset, by loss.
        survival_known: whether `survives` is complete.
        after: what the worst set leaves, and what would restore service.
        demand: demand by line, of the branch of the worst set.
        stopped: why it ended early; empty otherwise.
    """

    asked: Asked
    scope: Scope
    states: list[Onset]
    survives: dict[str, int] = field(default_factory=dict)
    survival_known: bool = False
    after: Aftermath | None = None
    demand: Mapping[Line, float] = field(default_factory=dict)
    stopped: str = ""

    @property
    def worst(self) -> Onset | None:
        """The onset of the worst set found; of equal ones the fewest losses, then the earliest."""
        known = [state for state in self.states if state.lower is not None]
        return max(known, key=lambda s: (s.lower or 0.0, -len(s.worst), -s.onset), default=None)

    @property
    def proved(self) -> bool:
        """Whether every onset was searched to the end."""
        return all(state.done for state in self.states)

    @property
    def lower(self) -> float | None:
        """Weighted tonnes short beyond those without a loss, after the worst set found."""
        return None if self.worst is None else self.worst.lower

    @property
    def upper(self) -> float:
        """Weighted tonnes short beyond those without a loss that no set exceeds."""
        return max(state.upper for state in self.states)


def info_of(case: Case, told: Told) -> dict[str, Any]:
    """What stress.json says, but for the settings and the run."""
    asked, worst, after = told.asked, told.worst, told.after
    set_: dict[str, Any] | None = None
    if worst is not None and worst.lower:
        set_ = {
            "losses": sorted(worst.worst),
            "onset": worst.onset,
            "duration": asked.duration,
            "answerable": math.isfinite(worst.short),
            "cannot": after.cannot if after is not None else [],
            "tonnes_short": _finite(worst.short),
            "beyond_those_without_a_loss": _finite(worst.lower),
        }
    restores = None
    if after is not None:
        left = _finite(after.stock_left)
        done = left is not None and left <= FULL
        restores = {"stock": after.stock, "stock_alone": done, "stock_left_short": left, "options": after.options}
    return {
        "status": PROVED if told.proved else STOPPED,
        "why": told.stopped or "no set of the size asked for is worse",
        "verdict": verdict(told),
        "losses": asked.losses,
        "candidates": len(case.losses),
        "duration": asked.duration,
        "left_out": list(told.scope.left_out),
        "worst": set_,
        "lower": None if told.lower is None else _finite(told.lower),
        "upper": _finite(told.upper),
        "restores": restores,
        "short_without_loss": _without(case, told),
        "single_points_of_failure": sorted(name for name in case.losses if _harm(told, name)[1] > FULL),
        "onsets": [
            {
                "onset": s.onset,
                "proved": s.done,
                "without_loss": None if s.without is None else _finite(s.without),
                "lower": None if s.lower is None else _finite(s.lower),
                "upper": _finite(s.upper),
                "worst": sorted(s.worst),
                "sets": s.solved,
                "lps": s.lps,
            }
            for s in told.states
        ],
        "sets": sum(s.solved for s in told.states),
        "lps": sum(s.lps for s in told.states),
    }


def verdict(told: Told) -> str:
    """The answer in a sentence or two."""
    asked, worst = told.asked, told.worst
    lasting = "1 year" if asked.duration == 1 else f"{asked.duration} years"
    one = KINDS[asked.of]
    any_ = f"any single loss of {'an' if one[0] in 'aeiou' else 'a'} {one}"
    if asked.losses > 1:
        any_ = f"the loss of any {asked.losses} {asked.of}"
    if worst is None or worst.without is None:
        return "Nothing is known yet."
    if math.isinf(worst.without):
        return f"Even without a loss what must be done cannot be, from {worst.onset}."
    bare = max((s for s in told.states if s.without is not None), key=lambda s: s.without or 0.0)
    even = ""
    if bare.without and bare.without > FULL:
        even = f"The named markets are short even without a loss, by up to {_t(bare.without)} (from {bare.onset}). "
    if worst.lower:
        names = " and ".join(sorted(worst.worst))
        which = "The worst loss" if told.proved else "The worst loss found"
        text = f"{which} is that of {names} from {worst.onset} for {lasting}: "
        if math.isinf(worst.short):
            cannot = "; ".join(told.after.cannot) if told.after is not None else "what must be done cannot be"
            text += f"it cannot be answered ({cannot})."
        else:
            text += f"{_t(worst.lower)} short{' beyond that' if even else ''}."
    elif told.proved:
        text = f"The named markets are served in full after {any_} for {lasting}."
        if even:
            text = f"{any_[0].upper()}{any_[1:]} for {lasting} makes nothing more short."
    else:
        text = f"No loss found makes {'more' if even else 'anything'} short."
    if not told.proved:
        bound = f"at most {_t(told.upper)}" if math.isfinite(told.upper) else "without a bound"
        text += f" Stopped early ({told.stopped}): the worst may be {bound}."
    return even + text


def losses_table(case: Case, told: Told) -> pd.DataFrame:
    """A row for each single loss, the worst first."""
    rows = []
    for name, loss in case.losses.items():
        onset, harm, complete = _harm(told, name)
        survives = told.survives.get(name) if told.survival_known else None
        more = "" if survives is None else "yes" if survives >= told.asked.longest else "no"
        short = None if math.isinf(harm) else harm
        takes = ";".join(sorted(loss.facilities | loss.links))
        answerable, single = ("no" if math.isinf(harm) else "yes"), ("yes" if harm > FULL else "no")
        if not complete and harm <= FULL:
            answerable = single = ""
        words = (answerable, single, survives, more, "yes" if complete else "no")
        rows.append((harm, (name, takes, onset, short, *words)))
    rows.sort(key=lambda row: -row[0])
    frame = pd.DataFrame([row for _, row in rows], columns=list(LOSSES))
    return frame.astype({"worst_onset": "Int64", "survives_years": "Int64", "tonnes_short": "float64"})


def _harm(told: Told, name: str) -> tuple[int | None, float, bool]:
    """The worst onset of a single loss, its weighted tonnes short beyond those without, and whether that is all."""
    found = [(harm, state.onset) for state in told.states if (harm := state.harm_of(name)) is not None]
    harm, onset = max(found, key=lambda pair: (pair[0], -pair[1]), default=(0.0, None))
    return (onset if harm > FULL else None), harm, len(found) == len(told.states)


def worst_table(case: Case, told: Told) -> pd.DataFrame:
    """What the worst set leaves short, by market, product and period."""
    if told.after is None:
        return pd.DataFrame([], columns=list(WORST))
    rows: dict[tuple[str, str, int], list[float]] = {}
    for lines, place in ((told.after.lines, 0), (told.after.without, 1)):
        for (market, number, period), tonnes in lines.items():
            product = case.instance.markets[market].demand[number].product
            rows.setdefault((market, product, period), [0.0, 0.0])[place] += tonnes
    asked: dict[tuple[str, str, int], float] = {}
    for (market, number, period), tonnes in told.demand.items():
        key = (market, case.instance.markets[market].demand[number].product, period)
        asked[key] = asked.get(key, 0.0) + tonnes
    found = [(*key, asked.get(key, 0.0), *tonnes) for key, tonnes in sorted(rows.items())]
    return pd.DataFrame(found, columns=list(WORST))


def _without(case: Case, told: Told) -> list[dict[str, Any]]:
    """Per market that is short even without a loss: the most tonnes in any one branch, and its onset."""
    found: dict[str, tuple[float, int]] = {}
    for state in told.states:
        by_market: dict[str, float] = {}
        for (market, _, _), tonnes in state.lines.items():
            by_market[market] = by_market.get(market, 0.0) + tonnes
        for market, tonnes in by_market.items():
            if tonnes > FULL and tonnes > found.get(market, (0.0, 0))[0]:
                found[market] = (tonnes, state.onset)
    order = list(case.weights)
    return [
        {"market": market, "tonnes": tonnes, "onset": onset}
        for market, (tonnes, onset) in sorted(found.items(), key=lambda item: order.index(item[0]))
    ]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _t(tonnes: float) -> str:
    return f"{tonnes:,.0f} t" if tonnes >= 100 else f"{tonnes:,.3g} t"
