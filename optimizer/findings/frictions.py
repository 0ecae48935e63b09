"""Frictions that bind nobody."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.findings.finding import NOTE, Finding, some
from optimizer.findings.survey import Survey
from optimizer.instance.instance import Instance


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


def idle_requalification(survey: Survey) -> Iterator[Finding]:
    """Every `requalification` waits for some years, some maker is new, and someone takes the product in the channel."""
    instance, order = survey.instance, list(survey.instance.channels)
    for name, material in instance.materials.items():
        makers = [
            facility
            for facility, record in instance.facilities.items()
            if any(name in instance.recipes[recipe].outputs for recipe in record.recipes)
        ]
        for channel, row in material.requalification.items():
            strict = order[: order.index(channel) + 1]
            new = [f for f in makers if name not in instance.facilities[f].known_for.get(channel, ())]
            why, text = "", ""
            if row.years == 0:
                why, text = "no_years", "its years are 0"
            elif not new:
                why, text = "all_known", f"all its makers ({some(makers)}) are known there already"
            elif not _taken(instance, name, strict):
                why, text = "nobody_takes", "no market, reserve or process takes it there"
            if why:
                text = f"The requalification of {name} for {channel} binds nobody: {text}."
                subject = ("materials", name, "requalification", channel)
                yield Finding("idle_requalification", subject, text, {"material": name, "why": why}, NOTE)


def _taken(instance: Instance, material: str, channels: list[str]) -> bool:
    """Whether a market, a reserve or a process takes a material in some of the channels."""
    for market in instance.markets.values():
        if market.channel in channels and any(material in (line.accepts or (line.product,)) for line in market.demand):
            return True
    for stockpile in instance.stockpiles.values():
        held = set(stockpile.holds).intersection(channels)
        if stockpile.release == "disruption" and material in stockpile.materials and held:
            return True
    return any(material in recipe.inputs for recipe in instance.recipes.values())
