"""What samples say of each option: in how many it is in all, some or none of the near-optimal plans, and a verdict.

Source of the intervals: Clopper and Pearson (1934), exact for independent draws. A share found by a Latin hypercube has
a variance of at most n / (n - 1) times theirs (Owen 1997), and mostly less.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from scipy.stats import beta

from optimizer.near_optimal.facts import ALL, NONE, OPEN, SOME
from optimizer.network.tables import Network
from optimizer.robustness.work import INFEASIBLE, SOLVED, Record

MUST, TOSS_UP, NEVER, UNDECIDED = "must fund", "toss-up", "never", "undecided"
"""Verdicts, in the order in which they are told."""
MOST_SAMPLES = 1000
"""Samples up to which is looked for how many would decide."""

COLUMNS = (
    "facility", "option", "stage", "country", "capex", "verdict", "samples", "in_all", "in_some", "in_none",
    "not_proved", "in_best", "in_all_low", "in_all_high", "in_none_low", "in_none_high", "samples_to_decide",
    "as_data_stand", "no_plan_without", "regret_mean_at_least", "regret_mean_at_most", "regret_largest_at_least",
    "regret_largest_at_most", "forced_in_mean_at_least", "forced_in_mean_at_most",
)  # fmt: skip
"""Columns of `options`: counts of samples, shares, and USD; blank where it is not known."""
BY_VARIANT = ("group", "label", "facility", "option", "samples", "in_all", "in_some", "in_none", "not_proved")
SAMPLES = (
    "sample", "status", "why", "objective", "bound", "capex", "funded", "solves", "limits", "lessened", "seconds",
    "cpu_seconds",
)  # fmt: skip
MONEY = tuple(name for name in COLUMNS if name == "capex" or name.endswith(("_at_least", "_at_most")))


@dataclass(frozen=True, slots=True)
class Counts:
    """In how many samples all, some or none of the near-optimal plans fund an option; the rest is not proved."""

    in_all: int = 0
    in_some: int = 0
    in_none: int = 0
    not_proved: int = 0

    @property
    def samples(self) -> int:
        """All of them."""
        return self.in_all + self.in_some + self.in_none + self.not_proved

    def limits(self, count: int, level: float) -> tuple[float, float]:
        """What the share of draws that a count stands for is at least and at most, whatever is not proved."""
        if not self.samples:
            return 0.0, 1.0
        low = _interval(count, self.samples, level)[0]
        return low, _interval(count + self.not_proved, self.samples, level)[1]

    def verdict(self, share: float, level: float) -> str:
        """What the samples say.

        Args:
            share: of the draws in which an option is in all near-optimal plans to be `must fund`, or in none to be
                `never`.
            level: of the intervals.
        """
        must, never = self.limits(self.in_all, level), self.limits(self.in_none, level)
        if must[0] >= share:
            return MUST
        if never[0] >= share:
            return NEVER
        return TOSS_UP if must[1] < share and never[1] < share else UNDECIDED

    def to_decide(self, share: float, level: float) -> int | None:
        """Of how many samples a verdict would come, if they went on as these; None where so many do not tell either."""
        if not self.samples or self.verdict(share, level) != UNDECIDED:
            return None
        for total in range(self.samples + 1, MOST_SAMPLES + 1):
            counts = [math.floor(n * total / self.samples) for n in (self.in_all, self.in_none, self.not_proved)]
            more = Counts(counts[0], total - sum(counts), counts[1], counts[2])
            if more.verdict(share, level) != UNDECIDED:
                return total
        return None


def counts_of(rows: Iterable[Mapping[str, Any]]) -> Counts:
    """The counts over what samples say of an option."""
    found = [str(row["verdict"]) for row in rows]
    return Counts(*(found.count(verdict) for verdict in (ALL, SOME, NONE, OPEN)))


def table_of_options(
    network: Network, records: Sequence[Record], base: Record | None, capex: Mapping[str, float], share: float,
    level: float,
) -> pd.DataFrame:  # fmt: skip
    """A row for each option: must fund first, then toss-up, never and undecided; in each by what leaving it out costs.

    Args:
        network: of the instance as the data stand.
        records: of the samples.
        base: of the data as they stand; None where they were not solved.
        capex: of options, USD.
        share: see `Counts.verdict`.
        level: of the intervals.
    """
    facilities = network.instance.facilities
    rows = []
    for name in _options([*records, *([base] if base else [])]):
        facility, _, option = name.partition(":")
        said = _said(records, name)
        counts = counts_of(said)
        must, never = counts.limits(counts.in_all, level), counts.limits(counts.in_none, level)
        there = facilities.get(facility)
        standing = {} if base is None else base.get("options", {}).get(name, {})
        rows.append(
            (
                facility, option, None if there is None else there.stage, None if there is None else there.country,
                capex.get(name), counts.verdict(share, level) if counts.samples else UNDECIDED, counts.samples,
                counts.in_all, counts.in_some, counts.in_none, counts.not_proved, sum(row["in_best"] for row in said),
                *must, *never, counts.to_decide(share, level), standing.get("verdict"),
                sum(row["left_out"] is None for row in said), *_money(said, "left_out"),
                *_money(said, "forced_in")[:2],
            )
        )  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict.fromkeys(MONEY, float))
    frame["samples_to_decide"] = frame["samples_to_decide"].astype("Int64")
    order = {verdict: place for place, verdict in enumerate((MUST, TOSS_UP, NEVER, UNDECIDED))}
    keys = frame.assign(
        place=frame["verdict"].map(order), without=-frame["no_plan_without"], share=-frame["in_all"],
        regret=-frame["regret_mean_at_least"].fillna(0.0), size=-frame["capex"].fillna(0.0),
    )  # fmt: skip
    keys = keys.sort_values(["place", "without", "regret", "share", "size"], kind="stable")
    return frame.loc[keys.index].reset_index(drop=True)


def table_by_variant(records: Sequence[Record]) -> pd.DataFrame:
    """A row for each option and overlay: the counts over the samples in which that one was laid."""
    rows = []
    groups: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        for group, label in record.get("labels", {}).items():
            groups.setdefault((group, label), []).append(record)
    for name in _options(records):
        for (group, label), mine in sorted(groups.items()):
            counts = counts_of(_said(mine, name))
            parts = (counts.in_all, counts.in_some, counts.in_none, counts.not_proved)
            rows.append((group, label, *name.split(":"), counts.samples, *parts))
    return pd.DataFrame(rows, columns=list(BY_VARIANT))


def table_of_samples(records: Sequence[Record]) -> pd.DataFrame:
    """A row for each sample, 0 for the data as they stand; a column for each group of overlays."""
    groups = list(dict.fromkeys(group for record in records for group in record.get("labels", {})))
    rows = []
    for record in records:
        funded = record.get("funded")
        row = record | {"funded": None if funded is None else len(funded)}
        rows.append([row.get(name) for name in SAMPLES] + [record.get("labels", {}).get(group) for group in groups])
    frame = pd.DataFrame(rows, columns=[*SAMPLES, *groups])
    return frame.astype({"objective": float, "bound": float, "capex": float, "funded": "Int64", "solves": "Int64",
                         "limits": "Int64"})  # fmt: skip


def table_of_fundings(records: Sequence[Record]) -> pd.DataFrame:
    """A row for each funding of the best plan of each sample."""
    rows = [(record["sample"], *funding) for record in records for funding in record.get("funded", ())]
    return pd.DataFrame(rows, columns=["sample", "facility", "option", "funded"])


def _interval(count: int, of: int, level: float) -> tuple[float, float]:
    tail = (1.0 - level) / 2
    low = float(beta.ppf(tail, count, of - count + 1)) if count else 0.0
    return low, float(beta.ppf(1.0 - tail, count + 1, of - count)) if count < of else 1.0


def _options(records: Sequence[Record]) -> list[str]:
    return list(dict.fromkeys(name for record in records for name in record.get("options", {})))


def _said(records: Sequence[Record], name: str) -> list[Mapping[str, Any]]:
    """What samples say of an option: of one that ended at a limit, or failed, that nothing is proved.

    Samples without any plan, and those that do not have the option, say nothing.
    """
    said: list[Mapping[str, Any]] = []
    for record in records:
        if record["status"] == SOLVED or "options" in record:
            if name in record["options"]:
                said.append(record["options"][name])
        elif record["status"] != INFEASIBLE:
            said.append({"verdict": OPEN, "in_best": False, "left_out": [0.0, None], "forced_in": [0.0, None]})
    return said


def _money(said: Sequence[Mapping[str, Any]], side: str) -> tuple[float | None, ...]:
    """Mean and largest of a cost, each at least and at most, over samples that have a plan; None where not known."""
    known = [row[side] for row in said if row[side] is not None]
    if not known:
        return None, None, None, None
    lows = [float(low) for low, _ in known]
    highs = [high for _, high in known]
    if any(high is None for high in highs):
        return sum(lows) / len(lows), None, max(lows), None
    return sum(lows) / len(lows), sum(highs) / len(highs), max(lows), max(highs)
