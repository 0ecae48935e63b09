"""What is asked beside the plan: price crashes as futures of their own, and floors that the instance does not have."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from optimizer.errors import OptionsError
from optimizer.instance.finance import REFERENCE
from optimizer.instance.instance import Instance
from optimizer.instance.policy import PriceEffect
from optimizer.network.effects import Active

ALL: Final = "all"
FUNDED: Final = "funded"
TIERS = ("domestic", "ally", "exposed", "adversary")
RECIPIENTS = (FUNDED, ALL, *TIERS)
"""Whom an asked floor may pay."""
CRASH_FORM = "MATERIAL[,MATERIAL]|all=FACTOR:FROM:YEARS, such as all=0.5:2029:2"
FLOOR_FORM = "MATERIAL|all=USD, MATERIAL|all=reference or MATERIAL|all=0.9*reference, such as magnet_sh=90000"
_TIMES = re.compile(rf"(?:([0-9.eE+-]+)\s*\*\s*)?{REFERENCE}\Z")


@dataclass(frozen=True, slots=True)
class Crash:
    """Prices that change for some years while everything else stays as it is.

    Attributes:
        materials: whose; empty for all that have a price.
        factor: on their reference prices, everywhere.
        first: first calendar year.
        years: how many.
    """

    materials: tuple[str, ...]
    factor: float
    first: int
    years: int

    @property
    def name(self) -> str:
        """The name of the future; a colon is in no id, so that it is nobody else's."""
        return f"crash:{','.join(self.materials) or ALL}={_number(self.factor)}:{self.first}:{self.years}"

    @property
    def effect(self) -> Active:
        """The same as an effect of a scenario."""
        where = {"material": list(self.materials)} if self.materials else {}
        change = PriceEffect.model_validate({"affects": "prices", "factor": self.factor, "where": where})
        return Active(change, range(self.first, self.first + self.years), self.name)


@dataclass(frozen=True, slots=True)
class Floor:
    """A floor that the instance does not have.

    Attributes:
        material: on what.
        usd: USD per t in every year and everywhere; None where it is a multiple of the reference price.
        times: that multiple, of the trunk's price of the year where the maker stands.
    """

    material: str
    usd: float | None
    times: float = 1.0

    @property
    def name(self) -> str:
        """Its name among instruments; a colon is in no id, so that it is nobody else's."""
        return f"floor:{self.material}"

    def at(self, reference: float) -> float:
        """The floor where the trunk's reference price is so much, USD per t."""
        return self.times * reference if self.usd is None else self.usd


def _number(value: float) -> str:
    """All its digits, so that names differ where factors do."""
    return repr(value).removesuffix(".0")


def crashes_of(instance: Instance, given: Iterable[str]) -> list[Crash]:
    """The crashes that are asked, each a future.

    Raises:
        OptionsError: with all that is wrong with them.
    """
    faults: list[str] = []
    found: list[Crash] = []
    for text in given:
        names, _, rest = text.partition("=")
        try:
            said_factor, said_first, said_years = rest.split(":")
            factor, first, years = float(said_factor), int(said_first), int(said_years)
        except ValueError:
            faults.append(f"--crash {text} is not of the form {CRASH_FORM}")
            continue
        materials = tuple(sorted({name.strip() for name in names.split(",")}))
        said = [f"--crash {text}: {wrong}" for wrong in _crash_faults(instance, materials, factor, first, years)]
        crash = Crash(() if materials == (ALL,) else materials, factor, first, years)
        if not said and crash in found:
            said = [f"--crash {text} is given twice"]
        faults += said
        if not said:
            found.append(crash)
    if faults:
        raise OptionsError("\n".join(faults))
    return found


def _crash_faults(
    instance: Instance, materials: tuple[str, ...], factor: float, first: int, years: int
) -> Iterable[str]:
    if materials != (ALL,):
        yield from (wrong for name in materials for wrong in _unpriced(instance, name))
    elif not any(record.price is not None for record in instance.materials.values()):
        yield "no material of the instance has a price"
    if not (math.isfinite(factor) and factor >= 0):
        yield f"the factor is {factor:g}; it is 0 or more"
    if not instance.first_year <= first < instance.end_year:
        yield f"{first} is not in the horizon, {instance.first_year} to {instance.end_year - 1}"
    if years < 1:
        yield f"it lasts {years} years; it lasts 1 or more"


def floors_of(instance: Instance, given: Mapping[str, float | str]) -> list[Floor]:
    """The floors that are asked; `all` stands for every material with a price that has none of its own.

    Args:
        instance: with the reference prices.
        given: material -> USD per t, `reference`, or a multiple of it such as `0.9*reference`.

    Raises:
        OptionsError: with all that is wrong with them.
    """
    faults: list[str] = []
    found: dict[str, Floor] = {}
    for material, value in given.items():
        said = [] if material == ALL else list(_unpriced(instance, material))
        usd, times = _amount(value)
        if usd is None and times is None:
            said.append(f"'{value}' is no floor; it is of the form {FLOOR_FORM}")
        elif not all(math.isfinite(number) and number > 0 for number in (usd, times) if number is not None):
            said.append(f"the floor is {value}; it is more than 0")
        faults += [f"--floor {material}={value}: {wrong}" for wrong in said]
        if not said:
            found[material] = Floor(material, usd, times or 1.0)
    if faults:
        raise OptionsError("\n".join(faults))
    every = found.pop(ALL, None)
    if every is not None:
        priced = [name for name, record in instance.materials.items() if record.price is not None]
        found = {name: found.get(name, Floor(name, every.usd, every.times)) for name in priced}
    return list(found.values())


def floors_given(texts: Iterable[str]) -> dict[str, float | str]:
    """Floors as they are written on the command line.

    Raises:
        OptionsError: one is not of the form, or given twice.
    """
    found: dict[str, float | str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        material = name.strip()
        if not (material and equals and value):
            raise OptionsError(f"--floor {text} is not of the form {FLOOR_FORM}")
        if material in found:
            raise OptionsError(f"--floor {material} is given twice: {found[material]} and {value}")
        found[material] = value
    return found


def recipients_of(given: Iterable[str]) -> tuple[str, ...]:
    """Whom asked floors pay.

    Raises:
        OptionsError: a word stands for nobody.
    """
    found = tuple(dict.fromkeys(given)) or (FUNDED,)
    odd = [word for word in found if word not in RECIPIENTS]
    if odd:
        raise OptionsError(f"--floor-for {', '.join(odd)}: there is {', '.join(RECIPIENTS)}")
    return found


def _unpriced(instance: Instance, name: str) -> Iterable[str]:
    if name not in instance.materials:
        yield f"there is no material '{name}'"
    elif instance.materials[name].price is None:
        yield f"{name} has no price"


def _amount(value: float | str) -> tuple[float | None, float | None]:
    """(USD, multiple of the reference price); both None where it is neither."""
    if isinstance(value, str):
        found = _TIMES.match(value.strip())
        try:
            if found is not None:
                return None, float(found.group(1) or 1.0)
            return float(value), None
        except ValueError:
            return None, None
    return float(value), None
