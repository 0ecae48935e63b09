"""Prices by channel that change nothing."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.findings.finding import NOTE, WARNING, Finding, some
from optimizer.findings.survey import Survey
from optimizer.network.derive_finance import finance_tables
from optimizer.network.derive_markets import factor_at, priced_channels


def idle_channel_factor(survey: Survey) -> Iterator[Finding]:
    """What users of a channel pay above the reference price is paid by somebody, to somebody whose books are kept."""
    instance, network = survey.instance, survey.network
    named = [material for material, record in instance.materials.items() if record.channel_factor]
    if not named:
        return
    kept = instance.finance is not None and instance.finance.viability
    tables = finance_tables(network, survey.tables)
    sold = {index[2] for index in tables.premium}
    for material in named:
        path, data = ("materials", material, "channel_factor"), {"material": material}
        dear = {
            k for k in network.places.channels if any(factor_at(network, material, k, t) > 1.0 for t in survey.periods)
        }
        if not dear:
            who = some(priced_channels(network, material))
            text = f"In no year do users of {who} pay more than the reference price for {material}."
            yield Finding("idle_channel_factor", path, text, data | {"why": "reference"}, WARNING)
            continue
        reserves = [
            name
            for name, record in instance.stockpiles.items()
            if record.is_public_reserve and material in record.materials and dear & set(record.holds)
        ]
        used = kept and any(run[3] in dear and material in instance.recipes[run[2]].inputs for run in tables.inputs)
        if not kept:
            who = f"only public outlay for {some(reserves)} changes" if reserves else "nothing changes"
            text = f"Nothing must pay its way, so that by the channel_factor of {material} {who}."
            yield Finding("idle_channel_factor", path, text, data | {"why": "not_asked", "reserves": reserves}, NOTE)
        elif material not in sold:
            who = some(reserves + (["plants that use it"] if used else []))
            text = f"Nobody who must pay its way sells {material} to users of {some(sorted(dear))}" + (
                f": {who} pay more for it, and nobody has it." if reserves or used else ", and nobody pays more for it."
            )
            why = {"why": "nobody", "reserves": reserves}
            yield Finding("idle_channel_factor", path, text, data | why, NOTE if reserves or used else WARNING)
