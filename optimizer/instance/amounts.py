"""Rules in amounts and prices: what is released, what is made of the world's output, what buyers prefer."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from optimizer.instance.fields import AmountSeries, Id, Row, ShareSeries, ShortageSeries, Truth
from optimizer.instance.series import Series

Where = dict[Id, Any]


class ReleaseCap(Row):
    """What facilities release of something is at most an amount per year."""

    rule: Literal["release_cap"]
    release: Id
    """What is released, as recipes name it."""
    where: Where = Field(default_factory=dict)
    """Fields of the facilities, a value or a list each; all must match. Default all facilities."""
    by: Literal["facility", "country"] | None = None
    """It holds for each facility or country apart; default for all that match together."""
    most: AmountSeries
    """Highest amount per year, in the unit of the recipes; before the first year given there is no limit."""
    in_disruption: Truth = False
    """It holds in branches too."""


class ReleaseCharge(Row):
    """What facilities release of something is charged, as a tax or for its disposal; part of the cost of activity."""

    rule: Literal["release_charge"]
    release: Id
    """What is released, as recipes name it."""
    where: Where = Field(default_factory=dict)
    """Fields of the facilities, a value or a list each; all must match. Default all facilities."""
    cost: AmountSeries
    """USD per unit released; it is charged in branches too."""


class ScaleGoal(Row):
    """Facilities make a share of what the world is said to make, in tonnes; it holds in the trunk."""

    rule: Literal["scale_goal"]
    stage: Id | None = None
    """Materials of this stage count."""
    materials: tuple[Id, ...] | None = None
    """These materials count, instead of a stage."""
    where: Where = Field(default_factory=dict)
    """Fields of the facilities, a value or a list each; all must match. Default all facilities."""
    channel: Id | None = None
    """Only what is made in this channel or a stricter one counts; default all channels."""
    world_output: AmountSeries
    """What the world makes, t per year."""
    share: ShareSeries
    """Least share of it, by year; nothing is asked before the first year given."""
    shortage_cost: ShortageSeries = Series(constant=None)
    """USD per t missing, by year; null or absent: the goal must be reached."""


class Preference(Row):
    """Markets weigh what is not drawn from a channel as if it were dearer; no money is spent on that."""

    rule: Literal["preference"]
    markets: tuple[Id, ...] = Field(min_length=1)
    """Markets."""
    channel: Id
    """What is drawn from it or from a stricter one is preferred."""
    share: AmountSeries
    """What is added to the reference price of the rest, as a share of it, by year; 0.5 is half of it."""
    in_disruption: Truth = False
    """It holds in branches too."""


class FillRate(Row):
    """Markets get a share of what they ask for, all of them and their products together."""

    rule: Literal["fill_rate"]
    markets: tuple[Id, ...] = Field(min_length=1)
    """Markets."""
    products: tuple[Id, ...] | None = None
    """What is asked for and counts; default all that these markets ask for."""
    share: ShareSeries
    """Least share of it that is delivered, by year."""
    in_disruption: Truth = False
    """It holds in branches too."""


class Recycling(Row):
    """Facilities take a share of their feed from recycling once capacity of theirs is funded; it holds in the trunk."""

    rule: Literal["recycling"]
    where: Where = Field(default_factory=dict)
    """Fields of the facilities, a value or a list each; all must match. Default all facilities with options."""
    materials: tuple[Id, ...] | None = None
    """What counts as feed, recycled or not; default all that goes in."""
    stage: Id = "recycling"
    """Materials of this stage are recycled."""
    share: ShareSeries
    """Least share of the feed, t of t, by year; each facility apart."""


ReleaseRule = ReleaseCap | ReleaseCharge
AmountRule = ReleaseCap | ReleaseCharge | ScaleGoal | Preference | FillRate | Recycling
