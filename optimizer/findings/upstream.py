"""What demand takes of the chain upstream: the least of every material, against what trusted facilities could make.

Why the least tonnage is a true lower bound, whatever the plan:

- A tonne of a material takes inputs through one of its recipes. The recipes that take least of an input are used first,
  each as far as all trusted facilities together could run it; what is beyond that takes the input by dearer ones.
- Tonnes are rival: what one use takes no other has, so the needs of different uses add up. But one run of a recipe may
  serve two uses with two of its outputs (coproducts). Uses that any recipe joins so are counted once, by the largest.
- A line that accepts several materials is a use of its own, which takes the easiest of them.
- Loops (scrap back into oxide) are cut where they close: a need that is left out can only make the sum too small.
- What earlier periods could make beyond their own need may have been kept, as far as a working stock can hold it.
- Freight, lanes and feeds of feeds are not looked at, and all facilities have their best state and alternative.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from optimizer.findings.demand import Short, all_lines, asked_by, numbers_of, outlook, shorts, stock_text
from optimizer.findings.finding import CANNOT, SMALL, WARNING, Finding, amount, some
from optimizer.findings.supply import Line, Maker, Pool, earliest_of, rates
from optimizer.findings.survey import Survey
from optimizer.network.places import initial_stock

Use = frozenset[str]
"""Materials of which any will do."""
Needs = dict[int, float]
"""t/yr by period."""


@dataclass(slots=True)
class Chain:
    """The makers of a channel and all stricter ones.

    Attributes:
        survey: of the network.
        channel: the loosest channel that counts.
    """

    survey: Survey
    channel: str
    _pools: dict[tuple[Use, str | None], Pool] = field(default_factory=dict)
    _rates: dict[tuple[Use, str, int], float] = field(default_factory=dict)
    _ways: dict[tuple[Use, str], list[tuple[float, str]]] = field(default_factory=dict)
    _recipes: dict[Use, list[str]] = field(default_factory=dict)

    @property
    def within(self) -> tuple[str, ...]:
        """Channels that count."""
        return self.survey.places.stricter_or_equal(self.channel)

    def recipes(self, use: Use) -> list[str]:
        """The recipes that serve a use."""
        if use not in self._recipes:
            names = dict.fromkeys(r for m in sorted(use) for r in self.survey.recipes_of.get(m, ()))
            self._recipes[use] = [name for name in names if self.pool(use, name).makers]
        return self._recipes[use]

    def pool(self, use: Use, recipe: str | None = None) -> Pool:
        """Who serves a use, by one recipe or by any."""
        key = (use, recipe)
        if key not in self._pools:
            self._pools[key] = self._pool(use, recipe)
        return self._pools[key]

    def _pool(self, use: Use, recipe: str | None) -> Pool:
        survey = self.survey
        names = [recipe] if recipe else dict.fromkeys(r for m in sorted(use) for r in survey.recipes_of.get(m, ()))
        found: dict[tuple[str, str], tuple[dict[str, None], float]] = {}
        for name in names:
            tonnes = self.output(use, name)
            for facility in survey.facilities_of.get(name, ()):
                channels = [k for k in self.within if (facility, name, k) in survey.places.runs]
                if channels:
                    key = (facility, survey.unit(facility, name))
                    known, ratio = found.get(key, ({}, 0.0))
                    found[key] = ({**known, **dict.fromkeys(channels)}, max(ratio, tonnes / survey.use(facility, name)))
        makers = tuple(Maker(f, u, tuple(known), ratio) for (f, u), (known, ratio) in found.items())
        stores = [
            store
            for store in survey.places.stocked
            if store[1] in use and store[2] in self.within and survey.instance.stockpiles[store[0]].release == "always"
        ]
        limits = {store[:2]: survey.instance.stockpiles[store[0]].capacity.get(store[1]) for store in stores}
        room = sum(float("inf") if limit is None else limit for limit in limits.values())
        return Pool(makers, sum(initial_stock(survey.instance, *store) for store in stores), room)

    def output(self, use: Use, recipe: str) -> float:
        """Tonnes that serve a use per unit of activity."""
        outputs = self.survey.instance.recipes[recipe].outputs
        return sum(tonnes for material, tonnes in outputs.items() if material in use)

    def most(self, use: Use, recipe: str, period: int) -> float:
        """The most of a use that one recipe makes in a period, t/yr."""
        key = (use, recipe, period)
        if key not in self._rates:
            self._rates[key] = rates(self.survey, self.pool(use, recipe), period)[1]
        return self._rates[key]

    def ways(self, use: Use, material: str) -> list[tuple[float, str]]:
        """(t of a material per t of a use, recipe), the most sparing recipe first."""
        key = (use, material)
        if key not in self._ways:
            recipes = self.survey.instance.recipes
            self._ways[key] = sorted(
                (recipes[name].inputs.get(material, 0.0) / self.output(use, name), name) for name in self.recipes(use)
            )
        return self._ways[key]

    def least(self, use: Use, wanted: float, material: str, period: int) -> float:
        """The least of a material that it takes to make what a use wants, t/yr."""
        ways = self.ways(use, material)
        left, total = wanted, 0.0
        for ratio, recipe in ways:
            if left <= 0:
                break
            made = min(left, self.most(use, recipe, period))
            total += ratio * made
            left -= made
        # What cannot be made at all would take at least what the most sparing recipe takes.
        return total + (ways[0][0] * left if ways and left > 0 else 0.0)

    def made(self, use: Use, needs: Needs) -> Needs:
        """What must be made of a use in each period, after what may have been kept from earlier ones."""
        pool = self.pool(use)
        if pool.room <= 0 and pool.stock <= 0:
            return needs
        kept, found = pool.stock, {}
        for t in self.survey.periods:
            length = self.survey.calendar.years[t]
            found[t] = max(0.0, needs.get(t, 0.0) - kept / length)
            spare = rates(self.survey, pool, t)[1] * length + kept - needs.get(t, 0.0) * length
            kept = min(max(0.0, spare), pool.room)
        return found


@dataclass(slots=True)
class Asked:
    """What demand asks of the chain.

    Attributes:
        direct: by use, t/yr by period that markets ask for.
        upstream: by material, t/yr by period that making other things takes.
        users: by material, the uses that take it.
    """

    direct: dict[Use, Needs] = field(default_factory=dict)
    upstream: dict[str, Needs] = field(default_factory=dict)
    users: dict[str, tuple[Use, ...]] = field(default_factory=dict)

    def total(self, use: Use) -> Needs:
        """All that is asked of a use."""
        found = dict(self.direct.get(use, {}))
        if len(use) == 1:
            for t, tonnes in self.upstream.get(next(iter(use)), {}).items():
                found[t] = found.get(t, 0.0) + tonnes
        return found


def wanted_by(survey: Survey, lines: list[Line], *, hard: bool) -> dict[Use, Needs]:
    """What demand lines want, t/yr, by use and period; with `hard` only what must be met."""
    found: dict[Use, Needs] = {}
    for name, index in lines:
        record = survey.instance.markets[name].demand[index]
        needs = found.setdefault(frozenset(record.accepts or (record.product,)), {})
        for t, tonnes in asked_by(survey, [(name, index)], hard=hard).items():
            needs[t] = needs.get(t, 0.0) + tonnes
    return found


def asked_of(chain: Chain, direct: dict[Use, Needs]) -> Asked:
    """Propagate demand up the chain.

    Args:
        chain: who makes what.
        direct: what markets want, by use and period, t/yr.
    """
    survey = chain.survey
    asked = Asked(direct)
    order = _order(chain, list(asked.direct))
    rank = {use: number for number, use in enumerate(order)}
    users: dict[str, list[Use]] = defaultdict(list)
    for use in order:
        for material in dict.fromkeys(m for r in chain.recipes(use) for m in survey.instance.recipes[r].inputs):
            if rank[frozenset((material,))] > rank[use]:
                users[material].append(use)
    made: dict[Use, Needs] = {}
    for use in order:
        if len(use) == 1 and users.get(material := next(iter(use))):
            asked.upstream[material] = _upstream(chain, material, users[material], made)
            asked.users[material] = tuple(users[material])
        made[use] = chain.made(use, asked.total(use))
    return asked


def _order(chain: Chain, roots: list[Use]) -> list[Use]:
    """Uses, each before what it takes; loops are cut where they close."""
    done: dict[Use, None] = {}
    inside: set[Use] = set()
    stack: list[tuple[Use, bool]] = [(use, False) for use in roots]
    while stack:
        use, left = stack.pop()
        if left:
            done[use] = None
            continue
        if use in inside:
            continue
        inside.add(use)
        stack.append((use, True))
        inputs = dict.fromkeys(m for r in chain.recipes(use) for m in chain.survey.instance.recipes[r].inputs)
        stack += [(frozenset((material,)), False) for material in inputs]
    return list(reversed(done))


def _upstream(chain: Chain, material: str, users: list[Use], made: Mapping[Use, Needs]) -> Needs:
    """What the uses of a material take of it, those joined by coproducts counted once."""
    groups = _joined(chain, users)
    found: Needs = {}
    for t in chain.survey.periods:
        least = {use: chain.least(use, made[use].get(t, 0.0), material, t) for use in users}
        found[t] = sum(max(least[use] for use in group) for group in groups)
    return found


def _joined(chain: Chain, users: list[Use]) -> list[list[Use]]:
    """Uses in groups: those that one recipe can serve with different outputs are in one group."""
    group_of = {use: number for number, use in enumerate(users)}
    recipes = {use: set(chain.recipes(use)) for use in users}
    for i, one in enumerate(users):
        for other in users[i + 1 :]:
            if group_of[one] == group_of[other]:
                continue
            for recipe in recipes[one] & recipes[other]:
                outputs = set(chain.survey.instance.recipes[recipe].outputs)
                if any(a != b for a in one & outputs for b in other & outputs):
                    old, new = group_of[other], group_of[one]
                    group_of = {use: new if number == old else number for use, number in group_of.items()}
                    break
    groups: dict[int, list[Use]] = defaultdict(list)
    for use, number in group_of.items():
        groups[number].append(use)
    return list(groups.values())


def feed_over_capacity(survey: Survey) -> Iterator[Finding]:
    """What demand takes of every material upstream is at most what trusted facilities could make of it."""
    known: dict[tuple[str, int], float] = {}
    lines = all_lines(survey)
    for channel in survey.places.channels:
        chain = Chain(survey, channel)
        here = [line for line in lines if survey.instance.markets[line[0]].channel in chain.within]
        if not any(survey.instance.markets[name].channel == channel for name, _ in here):
            continue
        must = asked_of(chain, wanted_by(survey, here, hard=True))
        want = asked_of(chain, wanted_by(survey, here, hard=False))
        for material in want.upstream:
            use: Use = frozenset((material,))
            pool = chain.pool(use)
            never = shorts(survey, pool, {t: must.total(use).get(t, 0.0) for t in survey.periods})
            short = shorts(survey, pool, {t: want.total(use).get(t, 0.0) for t in survey.periods})
            hard = {item.period for item in never}
            for severity, group in ((CANNOT, never), (WARNING, [item for item in short if item.period not in hard])):
                told = [
                    s for s in group if s.missing > known.get((material, s.period), 0.0) + SMALL * max(1.0, s.missing)
                ]
                for item in told:
                    known[material, item.period] = item.missing
                if told:
                    yield _tell(chain, material, want if severity == WARNING else must, told, severity == CANNOT)


def _tell(chain: Chain, material: str, asked: Asked, told: list[Short], must: bool) -> Finding:
    survey = chain.survey
    pool = chain.pool(frozenset((material,)))
    earliest = earliest_of(survey, pool)
    first = told[0]
    users = ["/".join(sorted(use)) for use in asked.users.get(material, ())]
    which = "hard demand" if must else "demand"
    text = (
        f"The {which} of channel {chain.channel} takes at least {amount(first.asked)} t/yr of {material} in "
        f"{first.period} (for {some(users)}, by the recipes that use least of it); trusted capacity on line by then "
        f"makes at most {amount(first.existing)} t/yr existing, {amount(first.possible)} t/yr with every "
        f"option.{stock_text(first)} {outlook(told, earliest)}"
    )
    data = {
        "channel": chain.channel,
        "material": material,
        "for": users,
        **numbers_of(told, earliest),
    }
    return Finding("feed_over_capacity", ("materials", material), text, data, CANNOT if must else WARNING)
