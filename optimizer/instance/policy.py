"""Policy, scenarios, risk and the planning case."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from optimizer.instance import amounts
from optimizer.instance.amounts import AmountRule
from optimizer.instance.fields import (
    Amount,
    AmountSeries,
    Id,
    Iso3,
    Kind,
    Record,
    Row,
    Share,
    ShareSeries,
    Text,
    Truth,
    Whole,
    Year,
)

Where = amounts.Where
Lasting = Annotated[int, Field(strict=True, ge=1, le=1000)]


class Appropriation(Row):
    """Money that is given for some purposes, year by year, and is lost where it is not spent in time."""

    id: Id
    """Name, as results have it."""
    name: Text | None = None
    """Name for readers."""
    authority: Text | None = None
    """Law by which it is given."""
    usd: AmountSeries
    """USD given in a calendar year, in dollars of that year where the budget has a `deflator`. As in every series a
    number holds on until the next year given, so say 0 where nothing more comes."""
    available_for: Lasting = 1
    """Years in which what is given in one may be spent, that one included."""
    capex: Where | None = None
    """Fields of facilities whose public share of capex it pays; `{}` for all."""
    instruments: tuple[Id, ...] = ()
    """Instruments that it pays for."""
    purchases: tuple[Id, ...] = ()
    """Public stockpiles whose purchases it pays."""
    holding: tuple[Id, ...] = ()
    """Public stockpiles whose holding it pays, in every year in which they hold something."""


class Budget(Record):
    """Public outlay, undiscounted."""

    annual: AmountSeries | None = None
    """USD per calendar year."""
    total: Amount | None = None
    """USD over the horizon."""
    appropriations: tuple[Appropriation, ...] = ()
    """What there is for some purposes, beside `annual` and `total`. What none of them pays for they do not limit."""
    deflator: AmountSeries | None = None
    """Dollars of a year for a dollar of the base year, for appropriations; default 1."""


class _OverOutput(Row):
    """A rule over what a stage, or given materials, put out in a channel."""

    stage: Id | None = None
    """Materials of this stage count."""
    materials: tuple[Id, ...] | None = None
    """These materials count, instead of a stage."""
    channel: Id | None = None
    """Channel it holds in; default each channel apart."""
    each: Literal["material"] | None = None
    """material: it holds for each of the materials apart."""
    in_disruption: Truth = False
    """It holds in branches too."""


class DomesticContent(_OverOutput):
    """At least a share of the output is made in the domestic countries."""

    rule: Literal["domestic_content"]
    share: ShareSeries
    """Least domestic share, by year."""


class ExposureCap(_OverOutput):
    """The mean exposure of the output is at most a share."""

    rule: Literal["exposure_cap"]
    kind: Kind
    """Kind of exposure."""
    share: ShareSeries
    """Highest mean exposure, by year."""


class HeavyContent(_OverOutput):
    """Given elements are at least a share of the rare-earth mass made."""

    rule: Literal["heavy_content"]
    elements: tuple[str, ...] = Field(min_length=1)
    """Chemical symbols."""
    share: ShareSeries
    """Least share of the rare-earth mass, by year."""


class Diversify(_OverOutput):
    """No facility, owner or country makes more than a share of the output."""

    rule: Literal["diversify"]
    by: Literal["facility", "owner", "country"]
    """What is compared; owner means direct holders."""
    share: ShareSeries
    """Highest share, by year."""


class DeliveredContent(Row):
    """At least a share of what markets receive is drawn from a channel or a stricter one; each product apart."""

    rule: Literal["delivered_content"]
    markets: tuple[Id, ...] = Field(min_length=1)
    """Markets."""
    channel: Id
    """Channel."""
    share: ShareSeries
    """Least share, by year."""
    in_disruption: Truth = False
    """It holds in branches too."""


class Count(Row):
    """A number of facilities with a funded option, on line by a year."""

    rule: Literal["count"]
    stage: Id | None = None
    """Facilities of this stage; default all."""
    materials: tuple[Id, ...] | None = None
    """Facilities that can make one of these, instead of a stage."""
    countries: tuple[Iso3, ...] | None = None
    """Facilities in these countries; default all."""
    min: Whole | None = None
    """Least number."""
    max: Whole | None = None
    """Highest number."""
    by: Year | None = None
    """On line by the end of this year; default within the horizon."""


class Require(Row):
    """A facility is funded and on line."""

    rule: Literal["require"]
    facility: Id
    """Facility."""
    option: Id | None = None
    """The option of it; default any."""
    by: Year | None = None
    """On line by the end of this year; default within the horizon."""


class Forbid(Row):
    """A facility is not funded; what stands there may run."""

    rule: Literal["forbid"]
    facility: Id
    """Facility."""
    option: Id | None = None
    """The option of it; default all."""


class Exclusive(Row):
    """At most one of the facilities is funded."""

    rule: Literal["exclusive"]
    facilities: tuple[Id, ...] = Field(min_length=2)
    """Facilities."""


class Implies(Row):
    """Whoever funds one facility also gets another on line."""

    rule: Literal["implies"]
    if_: Id = Field(alias="if")
    """Facility."""
    then: Id
    """Facility."""
    by: Year | None = None
    """`then` is on line by the end of this year; default within the horizon."""


class Starts(Row):
    """Fundings per year that crews, permits and furnace makers can carry."""

    rule: Literal["starts"]
    stage: Id | None = None
    """Facilities of this stage; default all."""
    countries: tuple[Iso3, ...] | None = None
    """Facilities in these countries; default all."""
    max: AmountSeries
    """Highest number of options funded per year."""


class Reactions(Row):
    """Fundings per year that a branch can carry out: the limit of a surge."""

    rule: Literal["reactions"]
    stage: Id | None = None
    """Facilities of this stage; default all."""
    countries: tuple[Iso3, ...] | None = None
    """Facilities in these countries; default all."""
    max: AmountSeries
    """Highest number of options that a branch funds per year."""


OutputRule = DomesticContent | ExposureCap | HeavyContent | Diversify
FundingRule = Count | Require | Forbid | Exclusive | Implies | Starts | Reactions
Rule = Annotated[
    DomesticContent
    | ExposureCap
    | HeavyContent
    | Diversify
    | DeliveredContent
    | AmountRule
    | Count
    | Require
    | Forbid
    | Exclusive
    | Implies
    | Starts
    | Reactions,
    Field(discriminator="rule"),
]


class Policy(Record):
    """Budget and rules."""

    budget: Budget = Budget()
    """Public outlay."""
    rules: tuple[Rule, ...] = ()
    """Rules on funding and operations."""


class _Effect(Row):
    """What an effect has in common with others."""

    where: Where = Field(default_factory=dict)
    """Fields of the thing, a value or a list each; all must match."""
    from_: Year | None = Field(default=None, alias="from")
    """First year; default the scenario's onset."""
    duration: Lasting | None = None
    """Years; default the scenario's duration."""


class FacilityEffect(_Effect):
    """Facilities lose capacity, or trust."""

    affects: Literal["facilities"]
    available: Amount | None = None
    """Factor on capacity."""
    exposure: dict[Kind, Share] = Field(default_factory=dict)
    """Exposure from then on, by kind."""


class LaneEffect(_Effect):
    """Lanes and freight rows lose capacity or cost more."""

    affects: Literal["lanes"]
    available: Amount | None = None
    """Factor on capacity; 0 closes a lane without capacity too."""
    cost: Amount | None = None
    """Factor on cost."""


class DemandEffect(_Effect):
    """Demand changes."""

    affects: Literal["demand"]
    factor: Amount
    """Factor on tonnes."""


class PriceEffect(_Effect):
    """Reference prices change."""

    affects: Literal["prices"]
    factor: Amount
    """Factor on price."""


class RecipeEffect(_Effect):
    """Activity costs more or less."""

    affects: Literal["recipes"]
    cost: Amount
    """Factor on cost."""


class OptionEffect(_Effect):
    """Options come on line later than planned."""

    affects: Literal["options"]
    delay: Whole
    """Years."""


Effect = Annotated[
    FacilityEffect | LaneEffect | DemandEffect | PriceEffect | RecipeEffect | OptionEffect,
    Field(discriminator="affects"),
]


class Scenario(Row):
    """One disruption future."""

    id: Id
    """Name."""
    name: Text | None = None
    """Name for readers."""
    probability: Share
    """Probability of this future."""
    onset: Year
    """First year of a period."""
    duration: Lasting | None = None
    """Years; default to the horizon's end."""
    effects: tuple[Effect, ...]
    """What happens."""
    recovery: Whole = 3
    """Years after the last effect in which stocks are restored."""
    parent: Id | None = None
    """Scenario whose future this one leaves at its onset; default the undisrupted one."""
    beginning: bool = False
    """Whether it is only what others begin with that have it as `parent`, and no future by itself."""


class Expected(Record):
    """Least expected cost."""

    measure: Literal["expected"] = "expected"


class Cvar(Record):
    """A mix of the mean and of the mean over the worst futures (Rockafellar and Uryasev 2000)."""

    measure: Literal["cvar"]
    alpha: Annotated[float, Field(strict=True, ge=0, lt=1)]
    """The worst 1 - alpha of the probability counts."""
    weight: Share
    """Weight of the tail mean; the rest is the mean's."""


class WorstCase(Record):
    """Least cost of the dearest future."""

    measure: Literal["worst_case"]


class Regret(Record):
    """Least largest regret."""

    measure: Literal["regret"]


Risk = Annotated[Expected | Cvar | WorstCase | Regret, Field(discriminator="measure")]


class Emergency(Record):
    """The emergency that a requirement study supposes (50 U.S.C. 98h-5)."""

    length_years: Amount | None = None
    """Years."""
    intensity: Text | None = None
    """Free text."""
    force: Text | None = None
    """Free text."""
    losses: Text | None = None
    """Free text."""
    mobilisation_years: Amount | None = None
    """Years."""


class PlanningCase(Row):
    """What a requirement study must state; kept and reported, not used by the model."""

    emergency: Emergency | None = None
    """The emergency supposed."""
    demand_tiers: tuple[Id, ...] = ()
    """Tiers of demand, most urgent first."""
    tier_of: dict[Id, Id] = Field(default_factory=dict)
    """Market -> its tier of demand; `shortfall` tells what is short by these."""
    replenish_within_years: Amount | None = None
    """Years after the emergency in which stocks are full again."""
