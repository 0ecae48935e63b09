"""The columns of every result table, as typed rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from optimizer.verifier.cells import cell
from optimizer.verifier.columns_finance import (
    AppropriationRow,
    Book,
    FinancingRow,
    GrantRow,
    OwedRow,
    PremiumRow,
    PurchaseRow,
    RecipientRow,
    Sale,
    StakeRow,
    StockPayerRow,
    StrictRun,
)


@dataclass(frozen=True, slots=True)
class Portfolio:
    """A funded option."""

    key: ClassVar[tuple[str, ...]] = ()  # twice the same option is `funded_once`
    facility: str = cell("facility")
    option: str = cell("text")
    stage: str = cell("text")
    country: str = cell("text")
    funded: int = cell("whole")
    online: int = cell("whole")
    capacity: float = cell("amount")
    capex: float = cell("amount")
    public_outlay: float = cell("amount")
    confidence: str = cell("text")


@dataclass(frozen=True, slots=True)
class ReactionRow:
    """An option that a branch funds."""

    key: ClassVar[tuple[str, ...]] = ()  # twice the same option is `reaction_once`
    scenario: str = cell("block")
    facility: str = cell("facility")
    option: str = cell("text")
    stage: str = cell("text")
    country: str = cell("text")
    funded: int = cell("whole")
    online: int = cell("whole")
    capacity: float = cell("amount")
    capex: float = cell("amount")
    public_outlay: float = cell("amount")
    confidence: str = cell("text")


@dataclass(frozen=True, slots=True)
class Capacity:
    """Capacity of a unit in a period."""

    key: ClassVar[tuple[str, ...]] = ("scenario", "period", "facility", "unit")
    scenario: str = cell("block")
    period: int = cell("period")
    facility: str = cell("facility")
    unit: str = cell("text")
    existing: float = cell("amount")
    funded: float = cell("amount")
    available: float = cell("amount")
    capacity: float = cell("amount")
    used: float = cell("amount")


@dataclass(frozen=True, slots=True)
class Run:
    """Activity."""

    key: ClassVar[tuple[str, ...]] = ("scenario", "period", "facility", "state", "recipe", "channel")
    scenario: str = cell("block")
    period: int = cell("period")
    facility: str = cell("facility")
    state: str = cell("text")
    recipe: str = cell("recipe")
    channel: str = cell("channel")
    run: float = cell("amount")
    cost: float = cell("amount")


@dataclass(frozen=True, slots=True)
class Flow:
    """Material on a link."""

    key: ClassVar[tuple[str, ...]] = ("scenario", "period", "link", "from_", "to", "material", "channel")
    scenario: str = cell("block")
    period: int = cell("period")
    link: str = cell("text")
    from_: str = cell("place")
    to: str = cell("place")
    material: str = cell("material")
    channel: str = cell("channel")
    tonnes: float = cell("amount")
    cost: float = cell("amount")


@dataclass(frozen=True, slots=True)
class Stock:
    """A store over a period."""

    key: ClassVar[tuple[str, ...]] = ("scenario", "period", "stockpile", "material", "channel")
    scenario: str = cell("block")
    period: int = cell("period")
    stockpile: str = cell("stockpile")
    material: str = cell("material")
    channel: str = cell("channel")
    opening: float = cell("amount")
    lost: float = cell("amount")
    in_: float = cell("amount")
    out: float = cell("amount")
    downgraded_in: float = cell("amount")
    downgraded_out: float = cell("amount")
    discarded: float = cell("amount")
    bought_back: float = cell("amount")
    closing: float = cell("amount")
    cost: float = cell("amount")


@dataclass(frozen=True, slots=True)
class Demand:
    """A demand line, or what it takes of another material or channel."""

    key: ClassVar[tuple[str, ...]] = ("scenario", "period", "market", "line", "material", "channel")
    scenario: str = cell("block")
    period: int = cell("period")
    market: str = cell("market")
    line: int = cell("whole")
    product: str = cell("material")
    material: str = cell("material")
    channel: str = cell("channel")
    demand: float = cell("amount")
    delivered: float = cell("amount")
    short: float = cell("amount")
    cost: float = cell("amount")


@dataclass(frozen=True, slots=True)
class Downgrade:
    """Material moved down the order of channels."""

    key: ClassVar[tuple[str, ...]] = ("scenario", "period", "place", "material", "from_channel", "to_channel")
    scenario: str = cell("block")
    period: int = cell("period")
    place: str = cell("place")
    material: str = cell("material")
    from_channel: str = cell("channel")
    to_channel: str = cell("channel")
    tonnes: float = cell("amount")


@dataclass(frozen=True, slots=True)
class Surplus:
    """Material left over."""

    key: ClassVar[tuple[str, ...]] = ("scenario", "period", "place", "material", "channel")
    scenario: str = cell("block")
    period: int = cell("period")
    place: str = cell("place")
    material: str = cell("material")
    channel: str = cell("channel")
    tonnes: float = cell("amount")
    cost: float = cell("money")


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """What a facility releases of something, and what it is charged for it."""

    key: ClassVar[tuple[str, ...]] = ("scenario", "period", "facility", "release")
    scenario: str = cell("block")
    period: int = cell("period")
    facility: str = cell("facility")
    release: str = cell("text")
    released: float = cell("amount")
    charge: float = cell("money")


@dataclass(frozen=True, slots=True)
class GoalRow:
    """A scale goal in a period of the trunk."""

    key: ClassVar[tuple[str, ...]] = ("period", "rule")
    period: int = cell("period")
    rule: int = cell("whole")
    level: float = cell("amount")
    made: float = cell("amount")
    short: float = cell("amount")
    cost: float = cell("amount")


@dataclass(frozen=True, slots=True)
class Maker:
    """What is counted as had from a maker on the trunk."""

    key: ClassVar[tuple[str, ...]] = ("period", "facility", "material", "channel")
    period: int = cell("period")
    facility: str = cell("facility")
    material: str = cell("material")
    channel: str = cell("channel")
    made: float = cell("amount")
    tonnes: float = cell("amount")


@dataclass(frozen=True, slots=True)
class TargetRow:
    """A target in a period."""

    key: ClassVar[tuple[str, ...]] = ("period", "stockpile", "target")
    period: int = cell("period")
    stockpile: str = cell("stockpile")
    target: int = cell("whole")
    material: str = cell("material")
    channel: str = cell("text")
    level: float = cell("amount")
    stock: float = cell("amount")
    short: float = cell("amount")
    cost: float = cell("amount")


@dataclass(frozen=True, slots=True)
class ResidualRow:
    """What counts of a material in a stockpile at the horizon's end."""

    key: ClassVar[tuple[str, ...]] = ("scenario", "period", "stockpile", "material")
    scenario: str = cell("block")
    period: int = cell("period")
    stockpile: str = cell("stockpile")
    material: str = cell("material")
    most: float = cell("amount")
    counted: float = cell("amount")
    price: float = cell("amount")
    usd: float = cell("amount")


@dataclass(frozen=True, slots=True)
class Exposure:
    """Exposures of a facility in a state, and the channels it may run."""

    key: ClassVar[tuple[str, ...]] = ("period", "facility", "state")
    period: int = cell("period")
    facility: str = cell("facility")
    state: str = cell("text")
    location: str = cell("text")
    ownership: str = cell("text")
    equipment: str = cell("text")
    finance: str = cell("text")
    technology: str = cell("text")
    feed: str = cell("text")
    channels: str = cell("text")


@dataclass(frozen=True, slots=True)
class Cost:
    """Cost of a scenario in a period and category."""

    key: ClassVar[tuple[str, ...]] = ("scenario", "period", "category")
    scenario: str = cell("account")
    period: int = cell("whole")
    category: str = cell("text")
    usd: float = cell("money")
    discounted: float = cell("money")


@dataclass(frozen=True, slots=True)
class Future:
    """A future."""

    key: ClassVar[tuple[str, ...]] = ("scenario",)
    scenario: str = cell("future")
    probability: float = cell("amount")
    onset: int | None = cell("whole?")
    until: int | None = cell("whole?")
    cost: float = cell("money")


@dataclass(frozen=True, slots=True)
class Outlay:
    """Public outlay."""

    key: ClassVar[tuple[str, ...]] = ("year", "account", "instrument")
    year: int = cell("whole")
    account: str = cell("text")
    instrument: str = cell("text")
    usd: float = cell("money")


ROWS: dict[str, type[Any]] = {
    "portfolio": Portfolio,
    "reactions": ReactionRow,
    "capacity": Capacity,
    "runs": Run,
    "flows": Flow,
    "stock": Stock,
    "demand": Demand,
    "downgrades": Downgrade,
    "surplus": Surplus,
    "releases": ReleaseRow,
    "makers": Maker,
    "targets": TargetRow,
    "goals": GoalRow,
    "residual": ResidualRow,
    "exposure": Exposure,
    "costs": Cost,
    "scenarios": Future,
    "outlay": Outlay,
    "stock_payers": StockPayerRow,
    "appropriations": AppropriationRow,
    "grants": GrantRow,
    "financing": FinancingRow,
    "owed": OwedRow,
    "recipients": RecipientRow,
    "purchases": PurchaseRow,
    "stakes": StakeRow,
    "sales": Sale,
    "premiums": PremiumRow,
    "strict_runs": StrictRun,
    "books": Book,
}
