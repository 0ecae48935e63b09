"""Stock that counts for nothing at the horizon's end, though its stockpile has a residual."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.findings.finding import NOTE, WARNING, Finding, some
from optimizer.findings.survey import Survey
from optimizer.network.derive_markets import stock_tables
from optimizer.network.derive_residual import residual_tables
from optimizer.network.tables import TRUNK


def idle_residual(survey: Survey) -> Iterator[Finding]:
    """Of everything that a stockpile with a residual holds some tonnes count at the horizon's end."""
    stockpiles = {name: one for name, one in survey.instance.stockpiles.items() if one.residual > 0}
    if not stockpiles:
        return
    stock = stock_tables(survey.network, survey.periods, None, TRUNK)
    counted = {key[:2] for key in residual_tables(survey.network, survey.periods, stock).most}
    for name, one in stockpiles.items():
        idle = [m for m in one.materials if (name, m) not in counted and one.residual_tonnes.get(m) != 0]
        if not idle:
            continue
        every = all((name, m) not in counted for m in one.materials)
        text = (
            f"Of {some(idle)} nothing counts at the horizon's end at {name}, though it has a residual: no target asks "
            "for it then and there is none at the start, or its price is 0. residual_tonnes says how much may count."
        )
        data = {"stockpile": name, "materials": idle}
        yield Finding("idle_residual", ("stockpiles", name, "residual"), text, data, WARNING if every else NOTE)
