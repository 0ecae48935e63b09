"""What may happen: events with their hazard, how long and how hard they strike, and the causes they share."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, TypeAdapter, field_validator
from pydantic_core import PydanticCustomError

from optimizer.futures.distribution import LONGEST, Between, Distribution
from optimizer.instance import policy
from optimizer.instance.fields import Amount, Id, Record, Row, Share, ShareSeries, Text, Truth, Whole
from optimizer.instance.series import Series

Duration = Annotated[Distribution, Between(0.0, LONGEST, "years")]
Severity = Annotated[Distribution, Between(0.0, 1.0, "a number")]
Scale = Literal["severity", "none"]

ONE = Distribution("values", (1.0,), (1.0,))


def _no_year(value: Any) -> Any:
    if value is None:
        return None
    wrong = f"'from' {value!r} is a year of one future, and an event may strike in any"
    right = "'after: 1' lets an effect begin one year after the event strikes"
    raise PydanticCustomError("event", "{wrong}|{right}", {"wrong": wrong, "right": right})


NoYear = Annotated[int | None, BeforeValidator(_no_year)]


class _OfEvent(Record):
    """What an effect of an event says besides."""

    from_: NoYear = Field(default=None, alias="from")
    """Not in an event."""
    after: Whole = 0
    """Years after the strike in which it begins."""
    scale: Scale = "severity"
    """Scaled by the severity drawn, or as stated whatever it is."""


class FacilityEffect(_OfEvent, policy.FacilityEffect):
    """Facilities lose capacity, or trust."""


class LaneEffect(_OfEvent, policy.LaneEffect):
    """Lanes and freight rows lose capacity or cost more."""


class DemandEffect(_OfEvent, policy.DemandEffect):
    """Demand changes."""


class PriceEffect(_OfEvent, policy.PriceEffect):
    """Reference prices change."""


class RecipeEffect(_OfEvent, policy.RecipeEffect):
    """Activity costs more or less."""


class OptionEffect(_OfEvent, policy.OptionEffect):
    """Options come on line later than planned."""


EventEffect = Annotated[
    FacilityEffect | LaneEffect | DemandEffect | PriceEffect | RecipeEffect | OptionEffect,
    Field(discriminator="affects"),
]

EFFECT: TypeAdapter[EventEffect] = TypeAdapter(EventEffect)
"""Makes an effect of what is written."""

HAZARD: TypeAdapter[Series] = TypeAdapter(ShareSeries)
"""Makes a hazard of what is written."""

_PLAIN: dict[str, Callable[..., policy.Effect]] = {
    "facilities": policy.FacilityEffect,
    "lanes": policy.LaneEffect,
    "demand": policy.DemandEffect,
    "prices": policy.PriceEffect,
    "recipes": policy.RecipeEffect,
    "options": policy.OptionEffect,
}
FACTORS = ("available", "cost", "factor")


class Event(Row):
    """Something that may happen, in any year, again and again."""

    name: Text | None = None
    """Name for readers."""
    hazard: ShareSeries = Series(constant=0.0)
    """Chance that it strikes in a year in which it is not active, a number or by year; its causes come on top."""
    duration: Duration
    """Years that a strike lasts."""
    severity: Severity = ONE
    """How hard a strike is, from 0 (nothing) to 1 (the effects as stated)."""
    effects: tuple[EventEffect, ...]
    """What happens, at severity 1."""
    recovery: Whole = 3
    """Years after the last effect in which stocks are restored."""
    weight: Amount = 1.0
    """How much it counts in the distance between futures."""

    @field_validator("effects")
    @classmethod
    def _some(cls, value: tuple[EventEffect, ...]) -> tuple[EventEffect, ...]:
        if not value:
            wrong = {"wrong": "an event without effects changes nothing", "right": "say what happens"}
            raise PydanticCustomError("event", "{wrong}|{right}", wrong)
        return value


class Cause(Row):
    """Something that makes events strike together: it strikes in a year, and each event follows or does not."""

    name: Text | None = None
    """Name for readers."""
    hazard: ShareSeries
    """Chance that it strikes in a year, a number or by year."""
    hits: dict[Id, Share]
    """Probability of each event, given the cause."""
    exclusive: Truth = False
    """Whether at most one of its events follows, by one draw; else each is drawn by itself."""


class Events(Record):
    """An events file."""

    schema_: Literal[1] = Field(default=1, alias="schema")
    """Version of the format."""
    title: Text | None = None
    """Title for readers."""
    description: Text | None = None
    """What it is about."""
    events: dict[Id, Event]
    """What may happen."""
    causes: dict[Id, Cause] = Field(default_factory=dict)
    """What makes events strike together."""

    @field_validator("events")
    @classmethod
    def _some(cls, value: dict[str, Event]) -> dict[str, Event]:
        if not value:
            raise PydanticCustomError(
                "event", "{wrong}|{right}", {"wrong": "there is no event", "right": "name at least one"}
            )
        return value

    def plain(self) -> dict[str, Any]:
        """The events as plain data, as they would be written in a file."""
        return {"schema": 1} | self.model_dump(by_alias=True, exclude_none=True, exclude_defaults=True)


def struck(effect: EventEffect, severity: float, onset: int, duration: int) -> policy.Effect | None:
    """An effect of an event as an effect of a scenario.

    A factor f becomes 1 + (f - 1) x severity; so does what is available: 1 - (1 - a) x severity. A delay d becomes
    d x severity in whole years, halves up. An exposure is as stated, whatever the severity.

    Args:
        effect: as the event states it, at severity 1.
        severity: over 0.
        onset: year of the strike.
        duration: years of the strike; an effect with a duration of its own keeps that.

    Returns:
        The effect with its own years; None where nothing of it is left.
    """
    given = effect.model_dump(by_alias=True, exclude_none=True, exclude={"after", "scale", "from_"})
    scaled = severity if effect.scale == "severity" else 1.0
    if "delay" in given:
        given["delay"] = math.floor(given["delay"] * scaled + 0.5)
    for key in FACTORS:
        if key in given:
            given[key] = round(1.0 + (given[key] - 1.0) * scaled, 10)
    neutral = (
        all(given.get(key, 1.0) == 1.0 for key in FACTORS) and not given.get("delay") and not given.get("exposure")
    )
    if neutral:
        return None
    own = given.get("duration")
    return _PLAIN[effect.affects](**given | {"from": onset + effect.after, "duration": own or duration})
