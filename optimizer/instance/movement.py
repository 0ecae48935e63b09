"""What a person writes of markets, logistics and stockpiles: where material goes, on what, and where it is kept.

A field's docstring is its documentation and its description in the JSON Schema. Quantities are tonnes, tonnes
per year, US dollars of the base year, years.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from optimizer.instance.fields import (
    Amount,
    AmountSeries,
    Id,
    Iso3,
    Positive,
    Record,
    Row,
    Share,
    ShareSeries,
    ShortageSeries,
    Text,
    Truth,
)
from optimizer.instance.series import Series


class DemandLine(Row):
    """A product a market asks for."""

    product: Id
    """Material."""
    tonnes: AmountSeries
    """t per year."""
    accepts: tuple[Id, ...] | None = None
    """All materials that serve, the product included; default the product only."""
    shortage_cost: ShortageSeries = Series(constant=None)
    """USD per t not delivered, a series; null or absent: must be met."""


class Market(Row):
    """A demand node."""

    name: Text | None = None
    """Name for readers."""
    channel: Id
    """It draws from this channel or any stricter one."""
    country: Iso3
    """ISO 3166 alpha-3."""
    location: tuple[float, float] | None = None
    """Latitude and longitude, degrees."""
    demand: tuple[DemandLine, ...] = ()
    """What it asks for."""


class Freight(Row):
    """A link between the hubs of two regions, one way."""

    from_: Id = Field(alias="from")
    """Region."""
    to: Id
    """Region."""
    material: Id | None = None
    """Material it carries; default all pooled ones."""
    cost: Amount = 0.0
    """USD per gross t."""
    capacity: Amount | None = None
    """Gross t per year, over all materials and channels."""
    tags: tuple[Id, ...] = ()
    """Routes and chokepoints."""


class Logistics(Record):
    """Regions with a hub each, and freight between hubs."""

    regions: dict[Id, tuple[Iso3, ...]] | None = None
    """Countries of each region; without regions there is one hub for all."""
    freight: tuple[Freight, ...] = ()
    """Links between hubs."""


class Lane(Row):
    """A link between two places, one way."""

    from_: Id = Field(alias="from")
    """Facility or stockpile."""
    to: Id
    """Facility, market or stockpile."""
    material: Id
    """Material; it then moves on lanes only."""
    cost: Amount = 0.0
    """USD per gross t."""
    capacity: Amount | None = None
    """Gross t per year, over all channels."""
    channel: Id | None = None
    """The one channel this row serves; default all."""
    tags: tuple[Id, ...] = ()
    """Routes and chokepoints."""


class Target(Row):
    """A level that a stockpile reaches at the end of each period."""

    material: Id
    """Material."""
    tonnes: AmountSeries | None = None
    """A given amount, t."""
    years_of_demand: Positive | None = None
    """Years of the coming demand of the markets in `of`."""
    of: tuple[Id, ...] | None = None
    """Markets."""
    share: ShareSeries = Series(constant=1.0)
    """Share of that demand, by year."""
    channel: Id | None = None
    """Only stock of this channel or a stricter one counts."""
    shortage_cost: ShortageSeries = Series(constant=None)
    """USD per t and year missing; null or absent: must be met."""

    @model_validator(mode="after")
    def _one_form(self) -> Target:
        if (self.tonnes is None) == (self.years_of_demand is None):
            wrong = {"wrong": "a target gives either tonnes or years_of_demand", "right": "keep one of the two"}
            raise PydanticCustomError("target", "{wrong}|{right}", wrong)
        if (self.years_of_demand is None) != (self.of is None):
            wrong = {"wrong": "years_of_demand and of go together", "right": "of: [a market]"}
            raise PydanticCustomError("target", "{wrong}|{right}", wrong)
        return self


class PriceStep(Row):
    """What a public stockpile pays for what it takes in beyond so much in a year."""

    above: Amount
    """t per year, over all channels."""
    factor: Positive
    """Times the reference price that each tonne above costs, over 1."""


class Stockpile(Row):
    """A storage node."""

    name: Text | None = None
    """Name for readers."""
    country: Iso3
    """ISO 3166 alpha-3."""
    location: tuple[float, float] | None = None
    """Latitude and longitude, degrees."""
    channel: Id | None = None
    """The one channel it holds."""
    channels: tuple[Id, ...] | None = None
    """The channels it holds, apart."""
    materials: tuple[Id, ...] = Field(min_length=1)
    """What it holds."""
    initial: dict[Id, Amount | dict[Id, Amount]] = Field(default_factory=dict)
    """Stock before the first period, t, or t by channel."""
    capacity: dict[Id, Amount] = Field(default_factory=dict)
    """Most it holds of a material, t over all channels."""
    holding_cost: dict[Id, Amount] = Field(default_factory=dict)
    """USD per t and year; default the material's storage cost."""
    release: Literal["disruption", "always"] = "disruption"
    """disruption: a reserve, released only while an effect is active. always: a working stock."""
    public: Truth | None = None
    """Its purchases and holding are public outlay; default for a reserve."""
    public_share: Annotated[float, Field(strict=True, gt=0, le=1)] = 1.0
    """Share of these that governments pay, of a public stockpile; whoever holds it pays the rest."""
    price_steps: dict[Id, tuple[PriceStep, ...]] = Field(default_factory=dict)
    """What its own purchases do to the price of a material, the lowest step first; public stockpiles only."""
    buy_back: Annotated[float, Field(strict=True, ge=1, allow_inf_nan=False)] = 1.0
    """Times its price that a material costs which is still missing at a branch's end."""
    residual: Share = 0.0
    """Share of its reference price that stock counts at the horizon's end."""
    residual_tonnes: dict[Id, Amount] = Field(default_factory=dict)
    """Most of a material that counts then, t; default what its targets ask for, without a target its initial stock."""
    targets: tuple[Target, ...] = ()
    """Levels to reach."""

    @model_validator(mode="after")
    def _channels_given_once(self) -> Stockpile:
        if (self.channel is None) == (self.channels is None):
            wrong = {"wrong": "a stockpile gives either channel or channels", "right": "keep one of the two"}
            raise PydanticCustomError("stockpile", "{wrong}|{right}", wrong)
        return self

    @property
    def holds(self) -> tuple[str, ...]:
        """The channels it holds."""
        return self.channels if self.channels is not None else (str(self.channel),)

    def counts_at_the_end(self, material: str) -> bool:
        """Whether stock of a material may count at the horizon's end: something says how much of it."""
        if self.residual <= 0:
            return False
        if material in self.residual_tonnes:
            return self.residual_tonnes[material] > 0
        if any(target.material == material for target in self.targets):
            return True
        given = self.initial.get(material, 0.0)
        return (math.fsum(given.values()) if isinstance(given, dict) else given) > 0

    @property
    def is_public(self) -> bool:
        """Whether its purchases and holding are public outlay."""
        return self.public if self.public is not None else self.release == "disruption"

    @property
    def is_public_reserve(self) -> bool:
        """Whether it is public and passes on nothing until an effect is active."""
        return self.is_public and self.release == "disruption"
