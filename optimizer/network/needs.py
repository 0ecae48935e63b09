"""Needs: what standing capacity does not cover of a demand, under given weights of materials.

Weigh each material, in some channels alone, so that an activity makes no more weight than it uses, or takes capacity
for what it makes more. Then what markets receive from these channels weighs no more than what capacity can make and
stocks release. What standing capacity cannot make of it is a *need*.

Source: metric inequalities of network design, coefficients reduced (Bienstock and Günlük 1996; Atamtürk 2002).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from optimizer.network.starts import Start
from optimizer.network.tables import Tables, Terms

Unit = tuple[str, str]
"""(facility, unit)."""
Lines = tuple[str, tuple[int, ...]]
"""A market, and those of its demand lines that are looked at together."""

SMALL = 1e-7
"""Shares of a demand that are rounding."""


@dataclass(frozen=True, slots=True)
class Need:
    """What standing capacity does not cover of a demand in a period: 1, and all else in shares of it.

    Attributes:
        period: first year of the period.
        channels: those that count.
        terms: what each start covers.
        short: what a tonne short takes off, (d, i).
        released: what a tonne released covers, m.
    """

    period: int
    channels: frozenset[str]
    terms: Terms
    short: dict[tuple[str, int], float]
    released: dict[str, float]


@dataclass(slots=True)
class Cut:
    """What the needs of a channel and all stricter ones in a period are made of.

    Attributes:
        tables: of the trunk.
        channel: the loosest channel that counts.
        period: first year of the period.
        channels: all that count.
        recipes: what each unit can run in them.
        standing: what each unit can run for the whole period, with nothing funded.
        added: what each start adds to it for these channels.
        demand: t that markets receive from these channels or are short of.
        accepted: materials that can serve it.
    """

    tables: Tables
    channel: str
    period: int
    channels: frozenset[str] = frozenset()
    recipes: dict[Unit, list[str]] = field(default_factory=dict)
    standing: dict[Unit, float] = field(default_factory=dict)
    added: dict[Unit, Terms] = field(default_factory=dict)
    demand: dict[Lines, float] = field(default_factory=dict)
    accepted: dict[Lines, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        t = self.tables
        self.channels = frozenset(t.places.stricter_or_equal(self.channel))
        for f, _, r, k, y in t.capacity.runs:
            if y == self.period and k in self.channels:
                known = self.recipes.setdefault((f, t.capacity.unit[f, r]), [])
                if r not in known:
                    known.append(r)
        for unit in self.recipes:
            self._capacity(*unit)
        self._markets()

    def _capacity(self, f: str, u: str) -> None:
        """Source: rows C1; C2 with C5; C6 where a facility has one state."""
        c, y = self.tables.capacity, self.period
        factor = self.factor(f)
        terms = c.sizes[f, u, y]
        if len(c.states[f]) == 1:
            terms = c.qualified.get((f, u, self.channel, y), terms)
        self.standing[f, u] = factor * c.existing[f, u, y]
        self.added[f, u] = [(start, factor * size) for start, size in terms]

    def factor(self, f: str) -> float:
        """Years of the period in which a facility is available."""
        c, y = self.tables.capacity, self.period
        return self.tables.calendar.years[y] * max(c.available[f, state.id, y] for state in c.states[f])

    def most(self, unit: Unit) -> float:
        """No plan can run a unit for more than this in the period."""
        return self.factor(unit[0]) * self.tables.capacity.most[(*unit, self.period)]

    def _markets(self) -> None:
        """Demand of markets that draw on these channels, and the share of others' that a rule asks of them.

        Source: rows D1 and R5.
        """
        t, y = self.tables, self.period
        markets = t.instance.markets
        served: dict[tuple[str, int], set[str]] = defaultdict(set)
        for d, i, m, k, year in t.demand.deliveries:
            if year == y and k in self.channels:
                served[d, i].add(m)

        def ask(d: str, lines: tuple[int, ...], tonnes: float) -> None:
            accepted = sorted({m for i in lines for m in served[d, i]})
            if accepted and tonnes > self.demand.get((d, lines), 0.0):
                self.demand[d, lines] = tonnes
                self.accepted[d, lines] = tuple(accepted)

        for d, i, year in t.demand.lines:
            if year == y and markets[d].channel in self.channels:
                ask(d, (i,), t.demand.tonnes[d, i, y])
        for (_, d, _, year), (share, channels, lines) in t.rules.delivered.items():
            if year == y and markets[d].channel not in self.channels and self.channels.issuperset(channels):
                ask(d, lines, share * self._whole(d, lines))

    def _whole(self, d: str, lines: tuple[int, ...]) -> float:
        return sum(self.tables.demand.tonnes[d, i, self.period] for i in lines)

    def need(self, weights: Mapping[str, float]) -> Need | None:
        """The need under given weights of materials, which may be any; None where fractions of fundings break none.

        What a rule asks of lines together is short in the same share as they are.
        """
        use = self.tables.capacity.use
        worth = {key: min(weights.get(m, 0.0) for m in accepted) for key, accepted in self.accepted.items()}
        whole = least = sum(worth[key] * tonnes for key, tonnes in self.demand.items())
        covers: dict[Start, float] = defaultdict(float)
        for unit, recipes in self.recipes.items():
            rate = max(0.0, *(self._made(r, weights) / use[unit[0], r] for r in recipes))
            least -= rate * self.standing[unit]
            for start, tonnes in self.added[unit]:
                covers[start] += rate * tonnes
        if least <= SMALL * whole or max(covers.values(), default=0.0) <= least * (1.0 + SMALL):
            return None
        short: dict[tuple[str, int], float] = defaultdict(float)
        for (d, lines), weight in worth.items():
            for i in lines:
                short[d, i] += weight * self.demand[d, lines] / self._whole(d, lines) / least
        return Need(
            period=self.period,
            channels=self.channels,
            terms=[(start, tonnes / least) for start, tonnes in covers.items() if tonnes > 0.0],
            short={key: weight for key, weight in short.items() if weight > 0.0},
            released={m: weight / least for m, weight in weights.items() if weight > 0.0},
        )

    def _made(self, recipe: str, weights: Mapping[str, float]) -> float:
        """Weight that a unit of activity makes more than it uses."""
        record = self.tables.instance.recipes[recipe]
        made = sum(amount * weights.get(m, 0.0) for m, amount in record.outputs.items())
        return made - sum(amount * weights.get(m, 0.0) for m, amount in record.inputs.items())
