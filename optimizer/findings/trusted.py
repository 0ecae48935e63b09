"""Whom each condition of a channel shuts out, how near others are, and what is not known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from optimizer.findings.finding import NOTE, SMALL, WARNING, Finding, amount, count, percent, some
from optimizer.findings.survey import Survey
from optimizer.instance.fields import EXPOSURE_KINDS
from optimizer.network.trust import ADVERSARY, TOLERANCE

TIER = "tier"
NEAR_SHARE = 0.2
NEAR = 0.05


@dataclass(slots=True)
class Judged:
    """A facility under one condition of a channel.

    Attributes:
        facility: its id.
        lowest: least exposure, in the periods in which it fails; else over the horizon, where it passes.
        highest: largest one.
        out: periods in which it fails the condition in every state.
        alone: whether no other condition of the channel shuts it out then.
    """

    facility: str
    lowest: float
    highest: float
    out: tuple[int, ...]
    alone: bool


def shut_out(survey: Survey) -> Iterator[Finding]:
    """Whom each condition of each channel shuts out, with tonnes, and who is admitted but near the cap."""
    for channel, record in survey.instance.channels.items():
        conditions = [
            *([TIER] if record.tiers is not None else []),
            *(k for k in EXPOSURE_KINDS if k in record.max_exposure),
        ]
        failing = {name: _failing(survey, name, channel) for name in survey.instance.facilities}
        for kind in conditions:
            judged = [_judge(survey, name, channel, kind, failing[name]) for name in survey.instance.facilities]
            out = [item for item in judged if item.out]
            cap = record.max_exposure.get(kind, 0.0) if kind != TIER else 0.0  # type: ignore[call-overload]
            near = [item for item in judged if not item.out and kind != TIER and is_near(item.highest, cap)]
            if out or near:
                yield _tell(survey, channel, kind, cap, out, near)


def is_near(exposure: float, cap: float) -> bool:
    """Whether an admitted exposure is within 20 percent of the cap, or within 0.05 of it."""
    return exposure > SMALL and exposure >= cap - max(NEAR_SHARE * cap, NEAR) - SMALL


def _failing(survey: Survey, name: str, channel: str) -> dict[int, list[frozenset[str]]]:
    """The conditions that each attainable state of a facility fails, by period."""
    found = {}
    for t in survey.periods:
        found[t] = [
            frozenset(kind for kind, _, _ in survey.network.trust.shut_out(name, state, channel, t))
            for state in survey.network.trust.states[name]
            if survey.attainable(name, state, t)
        ]
    return found


def _judge(survey: Survey, name: str, channel: str, kind: str, failing: dict[int, list[frozenset[str]]]) -> Judged:
    record = survey.instance.channels[channel]
    out = tuple(t for t, states in failing.items() if states and all(kind in failed for failed in states))
    alone = all(any(failed == {kind} for failed in failing[t]) for t in out)
    if kind == TIER:
        return Judged(name, 1.0, 1.0, out, alone)
    values = [
        survey.network.trust.counted(name, state, kind, t, record)
        for state in survey.network.trust.states[name]
        for t in out or survey.periods
        if survey.attainable(name, state, t)
    ]
    if not out:
        cap = record.max_exposure[kind]  # type: ignore[index]
        values = [value for value in values if value <= cap + TOLERANCE] or values
    return Judged(name, min(values), max(values), out, alone)


def _tell(survey: Survey, channel: str, kind: str, cap: float, out: list[Judged], near: list[Judged]) -> Finding:
    rows = sorted((_row(survey, item) for item in out), key=lambda row: (-row["possible"], row["facility"]))
    close = sorted((_row(survey, item) for item in near), key=lambda row: (-row["exposure"], row["facility"]))
    stages: dict[str, dict[str, float]] = defaultdict(lambda: {"existing": 0.0, "possible": 0.0})
    for row in rows:
        stages[row["stage"]]["existing"] += row["existing"]
        stages[row["stage"]]["possible"] += row["possible"]
    whole = [stage for stage in stages if _all_out(survey, stage, {row["facility"] for row in rows})]
    condition = "its tiers" if kind == TIER else f"the cap of {amount(cap)} on {kind} exposure"
    parts = []
    if rows:
        biggest = some(
            [f"{row['facility']} ({_why(survey, row, kind)}, {amount(row['possible'])} t/yr)" for row in rows], 3
        )
        tonnes = some([f"{stage} {amount(each['possible'])} t/yr" for stage, each in stages.items()], 6)
        alone = sum(1 for row in rows if row["alone"])
        parts.append(
            f"Channel {channel}: {condition} shut{'' if kind == TIER else 's'} out {len(rows)} of "
            f"{len(survey.instance.facilities)} facilities ({alone} by this condition alone), {tonnes} with options; "
            f"the biggest: {biggest}."
        )
        if whole:
            parts.append(f"That is every facility of stage {some(whole)}.")
    if close:
        listed = some([f"{row['facility']} ({amount(row['exposure'])})" for row in close])
        lead = "Near it" if rows else f"Channel {channel}: near {condition}"
        parts.append(f"{lead}, but admitted: {listed}.")
    data = {
        "channel": channel,
        "condition": kind,
        "cap": None if kind == TIER else cap,
        "stages": dict(stages),
        "shut_out": rows,
        "near": close,
    }
    subject = ("channels", channel, "tiers") if kind == TIER else ("channels", channel, "max_exposure", kind)
    return Finding("shut_out", subject, " ".join(parts), data, WARNING if whole else NOTE)


def _why(survey: Survey, row: dict[str, Any], kind: str) -> str:
    if kind == TIER:
        return survey.instance.facilities[row["facility"]].country
    return f"exposure {amount(row['lowest'])}"


def _row(survey: Survey, item: Judged) -> dict[str, Any]:
    existing, possible = survey.tonnes(item.facility)
    record = survey.instance.facilities[item.facility]
    return {
        "facility": item.facility,
        "country": record.country,
        "stage": record.stage,
        "exposure": item.highest,
        "lowest": item.lowest,
        "periods": list(item.out),
        "alone": item.alone,
        "existing": existing,
        "possible": possible,
    }


def _all_out(survey: Survey, stage: str, out: set[str]) -> bool:
    members = [
        name for name, record in survey.instance.facilities.items() if record.stage == stage and not survey.idle(name)
    ]
    return bool(members) and all(name in out for name in members)


def unknown_exposure(survey: Survey) -> Iterator[Finding]:
    """Exposures that a cap asks for are known; for those that are not, what they count as."""
    for channel, record in survey.instance.channels.items():
        for kind in EXPOSURE_KINDS:
            if kind not in record.max_exposure:
                continue
            names = [name for name in survey.instance.facilities if _is_unknown(survey, name, kind)]
            if not names:
                continue
            tonnes = {name: survey.tonnes(name)[1] for name in names}
            names.sort(key=lambda name: (-tonnes[name], name))
            counts = 1.0 if record.unknown == ADVERSARY else 0.0
            what = "holders that are not all listed" if kind == "ownership" else f"unknown {kind} exposure"
            all_tonnes = sum(survey.tonnes(name)[1] for name in survey.instance.facilities)
            share = sum(tonnes.values()) / all_tonnes if all_tonnes > 0 else 0.0
            text = (
                f"{count(len(names), 'facility has', 'facilities have')} {what} ({percent(share)} of all capacity with "
                f"options); in channel {channel} that counts as {amount(counts)}, "
                f"{'so the cap may shut them out' if counts else 'so the cap does not see it'}: "
                f"{some([f'{name} ({amount(tonnes[name])} t/yr)' for name in names])}."
            )
            data = {
                "channel": channel,
                "exposure": kind,
                "counts_as": counts,
                "cap": record.max_exposure[kind],
                "tonnes": {name: tonnes[name] for name in names},
            }
            subject = ("channels", channel, "max_exposure", kind)
            yield Finding("unknown_exposure", subject, text, data, NOTE if counts or kind == "ownership" else WARNING)


def _is_unknown(survey: Survey, name: str, kind: str) -> bool:
    trust = survey.network.trust
    state = trust.states[name][0]
    if kind == "ownership":
        low = trust.exposure(name, state, kind, survey.calendar.first_year, 0.0)
        high = trust.exposure(name, state, kind, survey.calendar.first_year, 1.0)
        return low != high
    years = [year for t in survey.periods for year in survey.calendar.span[t]]
    return any(trust.exposure(name, state, kind, year) is None for year in years)
