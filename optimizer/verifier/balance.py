"""Material balance: every row of every table is posted to a cell, and every cell must come to nothing."""

from __future__ import annotations

from optimizer.verifier.case import Case
from optimizer.verifier.verdict import At

Cell = tuple[str, int, str, str, str]
"""Scenario, period, place, material, channel."""


class _Book:
    """Net and scale of every cell."""

    def __init__(self) -> None:
        self.net: dict[Cell, float] = {}
        self.scale: dict[Cell, float] = {}

    def post(self, scenario: str, period: int, place: str, material: str, channel: str, tonnes: float) -> None:
        cell = (scenario, period, place, material, channel)
        self.net[cell] = self.net.get(cell, 0.0) + tonnes
        self.scale[cell] = self.scale.get(cell, 0.0) + abs(tonnes)


def check_balance(case: Case) -> None:
    """At every place, for every material, channel, period and scenario: what comes in goes somewhere."""
    book = _Book()
    _post_runs(case, book)
    _post_moves(case, book)
    _post_stock(case, book)
    _post_demand(case, book)
    for cell, net in book.net.items():
        scenario, period, place, material, channel = cell
        kind = case.facts.kind_of_place(place)
        # A country outside all regions has no hub; what is posted there is nowhere.
        name = f"balance_{kind or 'hub'}"
        what = f"{material} ({channel}) in less out"
        case.ledger.equal(name, At(place, period, scenario), net, 0.0, what, "t", book.scale[cell])


def _post_runs(case: Case, book: _Book) -> None:
    for row in case.rows.runs:
        recipe = case.instance.recipes[row.recipe]
        country = case.instance.facilities[row.facility].country
        for material, tonnes in recipe.outputs.items():
            place = case.facts.made_at(row.facility, material)
            book.post(row.scenario, row.period, place, material, row.channel, tonnes * row.run)
        for material, tonnes in recipe.inputs.items():
            place = case.facts.drawn_from(row.facility, country, material)
            book.post(row.scenario, row.period, place, material, row.channel, -tonnes * row.run)


def _post_moves(case: Case, book: _Book) -> None:
    for flow in case.rows.flows:
        book.post(flow.scenario, flow.period, flow.from_, flow.material, flow.channel, -flow.tonnes)
        book.post(flow.scenario, flow.period, flow.to, flow.material, flow.channel, flow.tonnes)
    for down in case.rows.downgrades:
        if down.place not in case.instance.stockpiles:
            book.post(down.scenario, down.period, down.place, down.material, down.from_channel, -down.tonnes)
            book.post(down.scenario, down.period, down.place, down.material, down.to_channel, down.tonnes)
    for over in case.rows.surplus:
        book.post(over.scenario, over.period, over.place, over.material, over.channel, -over.tonnes)


def _post_stock(case: Case, book: _Book) -> None:
    for row in case.rows.stock:
        country = case.instance.stockpiles[row.stockpile].country
        taken_from = case.facts.drawn_from(row.stockpile, country, row.material)
        released_to = row.stockpile if not case.facts.pooled(row.material) else case.facts.hub(country)
        book.post(row.scenario, row.period, taken_from, row.material, row.channel, -row.in_)
        book.post(row.scenario, row.period, released_to, row.material, row.channel, row.out)


def _post_demand(case: Case, book: _Book) -> None:
    for row in case.rows.demand:
        country = case.instance.markets[row.market].country
        place = case.facts.drawn_from(row.market, country, row.material)
        book.post(row.scenario, row.period, place, row.material, row.channel, -row.delivered)
