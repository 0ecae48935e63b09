"""What the formulation reads: index sets and numbers of one course of operations.

A *course* is the trunk, or the branch of one scenario. A scenario is not an index: each course has tables of its
own, of the same shape, and the families of `optimizer.model` are written for one of them.

Index letters: f facility, u unit, s state, r recipe, k channel, t period (its first year), p place, m material,
a arc, d market, i line or target, o option, l rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from optimizer.instance.instance import Instance
from optimizer.instance.policy import OutputRule
from optimizer.instance.records import Requalification
from optimizer.network.calendar import Calendar
from optimizer.network.effects import Window
from optimizer.network.places import Cell, Places
from optimizer.network.starts import Start, Starts
from optimizer.network.tables_finance import FinanceTables
from optimizer.network.trust import State, Trust

TRUNK = "trunk"
BASE = "base"
INVESTMENT = "investment"
NEEDS = "needs"

RunIndex = tuple[str, str, str, str, int]
"""(facility, state, recipe, channel, period)."""
Terms = list[tuple[Start, float]]
Funding = tuple[str, str, int]
"""(facility, option, period)."""


@dataclass(frozen=True, slots=True)
class Network:
    """What all courses of an instance share."""

    instance: Instance
    calendar: Calendar
    trust: Trust
    starts: Starts
    places: Places
    windows: dict[str, Window]
    """Scenario with effects -> its branch."""
    probability: dict[str, float]
    """Future -> probability; `base` is the whole trunk."""
    path: dict[str, dict[int, str]]
    """Future -> period -> the course it is on."""
    weight: dict[tuple[str, int], float]
    """(course, period) -> P: probability that the future is on this course then."""
    left: frozenset[str]
    """The branches that another branch leaves."""
    reactions: dict[str, tuple[Start, ...]]
    """Branch -> what it may fund itself; branches that may fund nothing are left out."""
    paid: Mapping[tuple[str, str], float] = field(default_factory=dict)
    """USD that somebody pays for a unit of activity, (f, r). No instance says it: `why` asks what would be enough."""


@dataclass(slots=True)
class CapacityTables:
    """Capacity and activity."""

    runs: list[RunIndex] = field(default_factory=list)
    """Activity that can be: (f, s, r, k, t)."""
    use: dict[tuple[str, str], float] = field(default_factory=dict)
    """Capacity taken by a unit of activity, (f, r)."""
    unit: dict[tuple[str, str], str] = field(default_factory=dict)
    """Unit a recipe runs on, (f, r)."""
    states: dict[str, tuple[State, ...]] = field(default_factory=dict)
    """States of a facility."""
    existing: dict[tuple[str, str, int], float] = field(default_factory=dict)
    """Existing capacity, t/yr, (f, u, t)."""
    sizes: dict[tuple[str, str, int], Terms] = field(default_factory=dict)
    """Capacity that each start gives, t/yr, (f, u, t)."""
    qualified: dict[tuple[str, str, str, int], Terms] = field(default_factory=dict)
    """Capacity of each start that may serve a channel, t/yr, (f, u, k, t); only where some may not."""
    most: dict[tuple[str, str, int], float] = field(default_factory=dict)
    """No plan has more capacity than this, t/yr, (f, u, t)."""
    available: dict[tuple[str, str, int], float] = field(default_factory=dict)
    """Factor on capacity, (f, s, t)."""
    setting: dict[tuple[str, str, int], Terms] = field(default_factory=dict)
    """Share of the period in which each start has an option with `sets` on line, (f, o, t)."""
    run_cost: dict[tuple[str, str, str, int], float] = field(default_factory=dict)
    """USD per unit of activity, custody and charges on releases included, (f, r, k, t)."""
    fixed: dict[tuple[str, int], float] = field(default_factory=dict)
    """USD of existing capacity in a period, (f, t)."""
    fixed_of: dict[int, Terms] = field(default_factory=dict)
    """USD of each start in a period, t."""
    exposure: dict[tuple[str, str, str, str, int], float] = field(default_factory=dict)
    """Exposure as a channel counts it, (f, s, kind, k, t); only where a rule asks."""
    online: dict[Start, int] = field(default_factory=dict)
    """First year on line of each start."""


@dataclass(slots=True)
class FlowTables:
    """Movement of material."""

    cells: list[tuple[str, str, str, int]] = field(default_factory=list)
    """Balances: (p, m, k, t)."""
    flows: list[tuple[int, str, str, int]] = field(default_factory=list)
    """Movement that can be: (a, m, k, t); a numbers `Places.arcs`."""
    downgrades: list[tuple[str, str, str, int]] = field(default_factory=list)
    """Moves to the next looser channel, (p, m, k, t)."""
    surplus: list[tuple[str, str, str, int]] = field(default_factory=list)
    """Surplus that can be, (p, m, k, t)."""
    made: dict[Cell, list[tuple[str, str, float]]] = field(default_factory=dict)
    """(f, r, t of output) that fill a cell."""
    used: dict[Cell, list[tuple[str, str, float]]] = field(default_factory=dict)
    """(f, r, t of input) that draw from a cell."""
    incoming: dict[Cell, list[int]] = field(default_factory=dict)
    """Arcs into a cell."""
    outgoing: dict[Cell, list[int]] = field(default_factory=dict)
    """Arcs out of a cell."""
    stores_in: dict[Cell, list[str]] = field(default_factory=dict)
    """Stockpiles that draw from a cell (pooled materials)."""
    stores_out: dict[Cell, list[str]] = field(default_factory=dict)
    """Stockpiles that release to a cell (pooled materials)."""
    gross: dict[str, float] = field(default_factory=dict)
    """Gross tonnes per tonne, m."""
    cost: dict[tuple[int, int], float] = field(default_factory=dict)
    """USD per gross t, (a, t)."""
    limits: dict[tuple[str, int], float] = field(default_factory=dict)
    """Gross t in a period over all arcs of a link, (link, t)."""
    of_link: dict[str, list[int]] = field(default_factory=dict)
    """Arcs of a link."""
    surplus_cost: dict[tuple[str, str, int], float] = field(default_factory=dict)
    """USD per t of surplus, negative where it is sold, (p, m, t)."""
    owed: dict[tuple[str, str, str, int], float] = field(default_factory=dict)
    """Share of the output that is owed, (f, region, m, t)."""


@dataclass(slots=True)
class DemandTables:
    """Markets."""

    lines: list[tuple[str, int, int]] = field(default_factory=list)
    """(d, i, t)."""
    tonnes: dict[tuple[str, int, int], float] = field(default_factory=dict)
    """Demand in a period, t."""
    shortage_cost: dict[tuple[str, int, int], float] = field(default_factory=dict)
    """USD per t short; absent where demand must be met."""
    deliveries: list[tuple[str, int, str, str, int]] = field(default_factory=list)
    """(d, i, m, k, t)."""
    at: dict[Cell, list[tuple[str, int]]] = field(default_factory=dict)
    """Lines that draw from a cell."""


@dataclass(slots=True)
class StockTables:
    """Stockpiles."""

    stores: list[Cell] = field(default_factory=list)
    """(stockpile, m, k) that can hold anything."""
    opening: dict[Cell, float] = field(default_factory=dict)
    """Stock before the first period, t; in a branch that leaves later it is that of the trunk."""
    keep: dict[tuple[str, str, int], float] = field(default_factory=dict)
    """Share of the opening stock left at the end of a period, (stockpile, m, t)."""
    releases: set[tuple[str, int]] = field(default_factory=set)
    """(stockpile, t) in which it releases."""
    next_channel: dict[Cell, str] = field(default_factory=dict)
    """The next looser channel it holds."""
    capacity: dict[tuple[str, str], float] = field(default_factory=dict)
    """Most it holds, t, (stockpile, m)."""
    holding: dict[tuple[str, str, int], float] = field(default_factory=dict)
    """USD per t of closing stock for a period, (stockpile, m, t)."""
    disposal: dict[str, float] = field(default_factory=dict)
    """USD per t discarded, m."""
    laned: set[tuple[str, str]] = field(default_factory=set)
    """(stockpile, m) that are filled and released by lanes."""
    price: dict[tuple[str, str, int], float] = field(default_factory=dict)
    """Reference price, USD per t, (stockpile, m, t); absent without a price."""
    paid: dict[tuple[str, str, str, int], float] = field(default_factory=dict)
    """What is paid for a tonne taken in, USD, (stockpile, m, k, t): a public reserve pays the price of its channel."""
    buy_back: dict[tuple[str, str, int], float] = field(default_factory=dict)
    """USD per t bought back at a branch's end, (stockpile, m, t); absent without a price."""
    public: dict[str, float] = field(default_factory=dict)
    """Share of purchases and holding that is public outlay, by public stockpile."""
    steps: dict[tuple[str, str, int, int], tuple[float, float]] = field(default_factory=dict)
    """(t in a period, USD that a t above costs more than one below), (stockpile, m, j, t); trunk only."""
    targets: dict[tuple[str, int, int], float] = field(default_factory=dict)
    """Level at the end of a period, t, (stockpile, i, t); trunk only."""
    counts: dict[tuple[str, int], list[Cell]] = field(default_factory=dict)
    """Stores that count for a target, (stockpile, i)."""
    target_cost: dict[tuple[str, int, int], float] = field(default_factory=dict)
    """USD per t missing in a period; absent where the target must be met."""


@dataclass(slots=True)
class ResidualTables:
    """What stock counts at the horizon's end; empty for a course that is over before, and without `residual`."""

    worth: dict[tuple[str, str, int], float] = field(default_factory=dict)
    """Discounted USD per t that counts, (stockpile, m, t), t the last period."""
    most: dict[tuple[str, str, int], float] = field(default_factory=dict)
    """Most that counts, t: what all levels that are asked for then ask together, (stockpile, m, t)."""
    rows: dict[tuple[str, str, int, int], tuple[float, tuple[Cell, ...]]] = field(default_factory=dict)
    """(stockpile, m, i, t) -> by what the most is above level i, t, and the stores that count for it."""


@dataclass(frozen=True, slots=True)
class OutputRow:
    """One row of a rule over output: a rule, channel, group and period.

    Attributes:
        rule: number of the rule in the instance.
        record: the rule.
        channel: channel whose output counts.
        group: material with `each`, then what `diversify` compares; empty else.
        period: first year of the period.
        share: the share of the period.
        total: materials that count.
        part: facilities whose output is the part, for shares of facilities.
    """

    rule: int
    record: OutputRule
    channel: str
    group: str
    period: int
    share: float
    total: tuple[str, ...]
    part: frozenset[str]


@dataclass(frozen=True, slots=True)
class RecyclingRow:
    """What a recycling rule asks of a facility in a period once an option of it is funded.

    Attributes:
        share: of the feed, at least.
        feed: activity with t of feed, and t of it that are recycled, per unit of it.
        most: t of feed at most without the option, by what stands and all other options; 0 where there is nothing else.
        starts: fundings of the option, of which at most one is taken.
    """

    share: float
    feed: tuple[tuple[RunIndex, float, float], ...]
    most: float
    starts: tuple[Start, ...]


@dataclass(slots=True)
class RuleTables:
    """Rules on operations."""

    output: list[OutputRow] = field(default_factory=list)
    """Rows over what is made."""
    delivered: dict[tuple[int, str, str, int], tuple[float, tuple[str, ...], tuple[int, ...]]] = field(
        default_factory=dict
    )
    """(l, d, product, t) -> least share, channels that count, lines."""
    filled: dict[tuple[int, int], tuple[float, tuple[tuple[str, int], ...]]] = field(default_factory=dict)
    """(l, t) -> least share, lines (d, i) that count."""
    released: dict[tuple[int, str, int], tuple[float, list[tuple[RunIndex, float]]]] = field(default_factory=dict)
    """(l, group, t) -> highest amount of the period, activity with the amount released per unit that counts."""
    goals: dict[tuple[int, int], tuple[float, list[tuple[RunIndex, float]]]] = field(default_factory=dict)
    """(l, t) -> least t of the period, activity with t made per unit that count; trunk only."""
    goal_cost: dict[tuple[int, int], float] = field(default_factory=dict)
    """USD per t missing; absent where the goal must be reached, (l, t)."""
    preferred: dict[tuple[int, str, int, str, str, int], float] = field(default_factory=dict)
    """USD per t by which a delivery is weighed dearer, (l, d, i, m, k, t)."""
    recycled: dict[tuple[int, str, str, int], RecyclingRow] = field(default_factory=dict)
    """What is asked of a facility, (l, f, o, t); trunk only."""


@dataclass(slots=True)
class ReactionTables:
    """What a branch funds; empty on the trunk, and where no option reacts."""

    own: list[Funding] = field(default_factory=list)
    """What it may fund itself, (f, o, t)."""
    inherited: dict[Funding, str] = field(default_factory=dict)
    """What it may have taken along, (f, o, t) -> the branch that funds it."""
    starts: dict[tuple[str, str], list[Start]] = field(default_factory=dict)
    """Both by option, (f, o)."""
    planned: dict[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)
    """Periods up to the branch's last in which the plan may fund it, (f, o)."""
    ready: dict[Funding, list[Start]] = field(default_factory=dict)
    """Starts of the option before that are on line by the end of t in this branch, (f, o, t)."""


@dataclass(slots=True)
class AdjustTables:
    """What a branch cannot yet do otherwise than the trunk; empty on the trunk."""

    trunk: list[RunIndex] = field(default_factory=list)
    """Activity on the trunk that a row looks at."""
    rise: dict[tuple[str, str, int], float] = field(default_factory=dict)
    """Share of capacity by which a unit may run above the trunk, (f, u, t); only where it is below 1."""
    contracted: dict[tuple[str, str, str, int], float] = field(default_factory=dict)
    """Share of what runs in looser channels on the trunk that may not move to k or stricter, (f, u, k, t)."""
    existing: dict[tuple[str, str, int], float] = field(default_factory=dict)
    """Existing capacity on the trunk, t/yr, (f, u, t); only where something is contracted."""
    sizes: dict[tuple[str, str, int], Terms] = field(default_factory=dict)
    """Capacity that each start gives on the trunk, or in the branch that funds it, t/yr, (f, u, t)."""
    available: dict[tuple[str, int], float] = field(default_factory=dict)
    """Factor on capacity in the branch, the highest over states, (f, t)."""


@dataclass(slots=True)
class RequalificationTables:
    """Who makes what users of a channel have, where a new maker must be qualified first; else empty."""

    asked: dict[tuple[str, str], Requalification] = field(default_factory=dict)
    """What the instance asks for, (m, k)."""
    known: list[tuple[str, str, str, int]] = field(default_factory=list)
    """Who can be counted as known on the trunk, (f, m, k, t); in a branch only in its periods."""
    made: dict[tuple[str, str, str, int], list[tuple[RunIndex, float]]] = field(default_factory=dict)
    """Activity of the course in k and stricter ones with t of m per unit of it, (f, m, k, t)."""
    used: dict[tuple[str, str, int], list[tuple[RunIndex, float]]] = field(default_factory=dict)
    """Activity in k and stricter ones with t of m that it uses per unit, (m, k, t); trunk only."""
    delivered: dict[tuple[str, str, int], list[tuple[str, int, str, str, int]]] = field(default_factory=dict)
    """Deliveries of m to markets that draw on k or a stricter channel, (m, k, t); trunk only."""
    reserved: dict[tuple[str, str, int], list[tuple[str, str, str, int]]] = field(default_factory=dict)
    """What reserves take in of m in k and stricter ones, as (p, m, k', t), by (m, k, t); trunk only."""
    waits: dict[tuple[str, str, str, int], float] = field(default_factory=dict)
    """Share of a period in which a new maker waits, (f, m, k, t); branches only, where it is over 0."""
    yields: dict[tuple[str, str, str, int], list[tuple[str, float]]] = field(default_factory=dict)
    """(u, most t of m per unit of capacity) of the units that make m, by (f, m, k, t); where the share is below 1."""


@dataclass(frozen=True, slots=True)
class Tables:
    """All that the families read of one course."""

    network: Network
    course: str
    periods: tuple[int, ...]
    window: Window | None
    capacity: CapacityTables
    flow: FlowTables
    demand: DemandTables
    stock: StockTables
    residual: ResidualTables
    rules: RuleTables
    reaction: ReactionTables
    adjust: AdjustTables
    requalification: RequalificationTables
    finance: FinanceTables

    @property
    def is_trunk(self) -> bool:
        """Whether this is the trunk."""
        return self.window is None

    @property
    def restores(self) -> bool:
        """Whether stocks must be back at the trunk's level when the branch ends."""
        return self.window is not None and self.window.restores

    @property
    def instance(self) -> Instance:
        """The instance."""
        return self.network.instance

    @property
    def calendar(self) -> Calendar:
        """The calendar."""
        return self.network.calendar

    @property
    def places(self) -> Places:
        """The network of places."""
        return self.network.places

    @property
    def starts(self) -> Starts:
        """When options can be funded."""
        return self.network.starts

    def discount(self, period: int) -> float:
        """Worth of a dollar of a period."""
        return self.calendar.discount[period]
