"""Frictions that bind nobody."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.findings.finding import NOTE, Finding, some
from optimizer.findings.survey import Survey


def idle_friction(survey: Survey) -> Iterator[Finding]:
    """Every `frictions` row binds some facility, and contracts have a stricter channel to keep output from."""
    instance = survey.instance
    for stage, row in instance.frictions.items():
        members = {name: record for name, record in instance.facilities.items() if record.stage == stage}
        rises = any(record.raise_ is None for record in members.values()) and row.raise_ not in (None, 1.0)
        holds = any(record.contracted is None for record in members.values()) and bool(row.contracted)
        if not rises and not holds:
            why = f"all its facilities ({some(list(members))}) say it themselves"
            if row.raise_ in (None, 1.0) and not row.contracted:
                why = "a raise of 1 and contracts of 0 are no limit"
            text = f"The frictions of stage {stage} bind nobody: {why}."
            yield Finding("idle_friction", ("frictions", stage), text, {"stage": stage, "why": "no_limit"}, NOTE)
    tied = [name for name, record in instance.facilities.items() if record.contracted]
    tied += [stage for stage, row in instance.frictions.items() if row.contracted]
    if tied and len(instance.channels) == 1:
        text = (
            f"What is contracted ({some(tied)}) binds nobody: contracts keep what looser channels have from stricter "
            f"ones, and there is one channel, {next(iter(instance.channels))}."
        )
        yield Finding("idle_friction", ("channels",), text, {"contracted": tied, "why": "one_channel"}, NOTE)
