"""What is swept: keys, their values, and which way a key limits; read from text and checked before any solve."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from optimizer.errors import Fault, InstanceError, Where
from optimizer.instance.changes import overridden, source_of
from optimizer.instance.faults import did_you_mean
from optimizer.instance.instance import Instance
from optimizer.instance.override import path_of, times
from optimizer.losses.ask import Asked, faults_of

NUMBER = "sweep a key that holds a number"
AT_MOST, AT_LEAST = "at most", "at least"
OPTION = "--sweep"
FORM = f"{OPTION} KEY=FROM:TO:COUNT, or KEY=VALUE,VALUE,..."
SURVIVE = "survive"
"""Stands where a key does, for how many losses a plan survives."""
CRITERIA = 2
"""Sweeps that there may be; cost is one more criterion."""
DIGITS = 12
"""Significant digits of a value of the grid."""

_GIVEN = re.compile(r"(?P<keys>[^=<>*]+)(?P<sign><=|>=|\*=|=)(?P<values>.*)")
_SENSES = {"<=": AT_MOST, ">=": AT_LEAST}
_BY_RULE = {
    "exposure_cap": AT_MOST,
    "diversify": AT_MOST,
    "domestic_content": AT_LEAST,
    "heavy_content": AT_LEAST,
    "delivered_content": AT_LEAST,
    "fill_rate": AT_LEAST,
    "scale_goal": AT_LEAST,
    "recycling": AT_LEAST,
}

At = tuple[float, ...]
"""A point: a value of each sweep."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """Keys that take the same values together.

    Attributes:
        keys: as `--set` takes them.
        values: from the loosest to the strictest where `sense` is known, else as given.
        sense: `at most`, `at least`, or empty where the keys are no limit.
        factor: the values multiply what the instance has.
        claimed: the sense is what someone says, and not known of the keys.
    """

    keys: tuple[str, ...]
    values: tuple[float, ...]
    sense: str = ""
    factor: bool = False
    claimed: bool = False

    @property
    def survives(self) -> bool:
        """Whether it is how many losses are survived, and no key."""
        return self.keys == (SURVIVE,)

    @property
    def name(self) -> str:
        """What it is called in tables."""
        return ",".join(self.keys) + (" x" if self.factor else "")

    def overrides(self, instance: Instance, value: float) -> list[str]:
        """`KEY=VALUE` of each key; none of survival, which an instance does not know."""
        if self.survives:
            return []
        if not self.factor:
            return [f"{key}={_written(value)}" for key in self.keys]
        plain = source_of(instance).data
        return [f"{key}={_written(times(_at(plain, key), value))}" for key in self.keys]

    def tighter(self, value: float, other: float) -> bool:
        """Whether every plan that a value allows is allowed by the other value too."""
        if self.sense == AT_MOST:
            return value <= other
        return value >= other if self.sense == AT_LEAST else value == other


def tighter(sweeps: Sequence[Sweep], at: At, other: At) -> bool:
    """Whether every plan of a point is a plan of the other point too."""
    return all(sweep.tighter(a, b) for sweep, a, b in zip(sweeps, at, other, strict=True))


def instance_at(instance: Instance, sweeps: Sequence[Sweep], at: At) -> Instance:
    """The instance at a point.

    Raises:
        InstanceError: a value is not allowed there.
    """
    given = [text for sweep, value in zip(sweeps, at, strict=True) for text in sweep.overrides(instance, value)]
    return overridden(instance, given, OPTION) if given else instance


def points_of(sweeps: Sequence[Sweep]) -> Iterator[At]:
    """Every point of the grid."""
    return itertools.product(*(sweep.values for sweep in sweeps))


def sweeps_of(
    instance: Instance, given: Sequence[str | Sweep] | Mapping[str, Iterable[float]], asked: Asked | None = None
) -> tuple[Sweep, ...]:
    """The sweeps that are asked for, every point of the grid checked against the instance.

    Args:
        instance: from `load`.
        given: `KEY=FROM:TO:COUNT` or `KEY=VALUE,VALUE,...`; several keys joined by commas take the same values; `<=` or
            `>=` instead of `=` says which way a key limits that is not known to, `*=` multiplies. Or key -> values.
            `survive` is how many losses a plan survives.
        asked: which losses they are; by default those of `survive`.

    Raises:
        InstanceError: with every fault found: keys that are not there, that hold no number, values out of range.
    """
    if isinstance(given, Mapping):
        given = [Sweep(tuple(part.strip() for part in key.split(",")), tuple(vs)) for key, vs in given.items()]
    faults: list[Fault] = []
    if not 1 <= len(given) <= CRITERIA:
        wrong = f"{len(given)} sweeps" if given else "nothing is swept"
        faults.append(Fault(Where(OPTION), "", wrong, f"{FORM}, once or twice: cost is the other criterion"))
    plain = source_of(instance).data
    made: list[Sweep] = []
    for item in given:
        sweep = _read(item, faults) if isinstance(item, str) else item
        if sweep is not None and SURVIVE in sweep.keys:
            most = max((value for value in sweep.values if value >= 1 and value == int(value)), default=1)
            losses = replace(asked or Asked(), losses=int(most))
            faults += [Fault(Where(OPTION), SURVIVE, wrong) for wrong in faults_of(instance, losses)]
        if sweep is not None and (ready := _checked(plain, sweep, faults)) is not None:
            made.append(ready)
    keys = [key for sweep in made for key in sweep.keys]
    faults += [
        Fault(Where(OPTION), key, "the key is swept twice", "name it once")
        for key in dict.fromkeys(keys)
        if keys.count(key) > 1
    ]
    faults += _faults_of_grid(instance, made)
    if faults:
        raise InstanceError(instance.name, faults)
    return tuple(made)


def _read(text: str, faults: list[Fault]) -> Sweep | None:
    found = _GIVEN.fullmatch(text.strip())
    if found is None:
        faults.append(Fault(Where(OPTION), text, "not of the form KEY=FROM:TO:COUNT", FORM))
        return None
    keys = tuple(part.strip() for part in found["keys"].split(","))
    words = found["values"].strip().strip("[]")
    by_range = ":" in words
    parts = [part.strip() for part in words.split(":" if by_range else ",")]
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    wrong = ""
    if not numbers or not all(map(math.isfinite, numbers)):
        wrong = f"'{words}' are no numbers"
    elif by_range and len(numbers) != 3:
        wrong = f"'{words}' is not FROM:TO:COUNT"
    elif by_range and (numbers[2] != int(numbers[2]) or numbers[2] < 2 or numbers[0] == numbers[1]):
        wrong = f"'{words}': COUNT is a whole number, 2 or more, and FROM is not TO"
    if wrong:
        faults.append(Fault(Where(OPTION), found["keys"], wrong, f"{found['keys']}=0:1:5, or {found['keys']}=0,0.25,1"))
        return None
    if by_range:
        numbers = [float(v) for v in np.linspace(numbers[0], numbers[1], int(numbers[2]))]
    sign = found["sign"]
    return Sweep(keys, tuple(numbers), _SENSES.get(sign, ""), sign == "*=")


def _checked(plain: Any, sweep: Sweep, faults: list[Fault]) -> Sweep | None:
    """The sweep with its sense and its values in order; None where a key cannot be swept."""
    before = len(faults)
    if not sweep.values:
        faults.append(Fault(Where(OPTION), ",".join(sweep.keys), "no values", "one value or more"))

    def fault(key: str, wrong: str, right: str) -> None:
        faults.append(Fault(Where(OPTION), key, wrong, right))

    if SURVIVE in sweep.keys:
        faults += _faults_of_survival(sweep)
        values = tuple(sorted(dict.fromkeys(float(value) for value in sweep.values)))
        return replace(sweep, values=values, sense=AT_LEAST) if len(faults) == before else None
    senses: dict[str, str] = {}
    for key in sweep.keys:
        path = path_of(plain, key)
        value = None if path is None else _at(plain, key)
        if path is None and sweep.factor:
            fault(key, "there is nothing to multiply", "write = and the values themselves")
        elif isinstance(value, Mapping) and any(isinstance(part, int | float) for part in value.values()):
            if not sweep.factor:
                named = did_you_mean("", [f"{key}.{part}" for part in value])
                fault(key, "holds a series, not a number", f"{named}; or {key}*=0:1:5, which multiplies all of it")
        elif value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            fault(key, f"holds {_kind(value)}, not a number", NUMBER)
        senses[key] = sense_of(plain, key)
    known = {sense for sense in senses.values() if sense}
    sense = sweep.sense or (next(iter(known)) if len(known) == 1 and all(senses.values()) else "")
    for key, own in senses.items():
        if sweep.sense and own and own != sweep.sense:
            fault(key, f"limits from {'above' if own == AT_MOST else 'below'}", f"write {key}=")
    values = tuple(dict.fromkeys(float(f"{value:.{DIGITS}g}") for value in sweep.values))
    if sense:
        values = tuple(sorted(values, reverse=sense == AT_MOST))
    claimed = bool(sense) and not all(senses.values())
    return replace(sweep, values=values, sense=sense, claimed=claimed) if len(faults) == before else None


def _faults_of_survival(sweep: Sweep) -> list[Fault]:
    """What is wrong with how many losses are to be survived, but for how many there are."""

    def fault(wrong: str, right: str) -> Fault:
        return Fault(Where(OPTION), ",".join(sweep.keys), wrong, right)

    found = []
    if len(sweep.keys) > 1:
        found.append(fault(f"{SURVIVE} is no key of the instance and moves with none", "a --sweep of its own"))
    if sweep.factor:
        found.append(fault("there is nothing to multiply", f"write {SURVIVE}= and how many losses"))
    if sweep.sense == AT_MOST:
        found.append(fault("limits from below", f"write {SURVIVE}="))
    bad = [f"{value:g}" for value in sweep.values if not (value >= 0 and value == int(value))]
    if bad:
        right = f"whole numbers, 0 or more: {SURVIVE}=0:2:3 is none, one and two"
        found.append(fault(f"{', '.join(bad)} {'is' if len(bad) == 1 else 'are'} no number of losses", right))
    return found


def _faults_of_grid(instance: Instance, sweeps: Sequence[Sweep]) -> list[Fault]:
    """What is wrong at points of the grid, each fault once, with the first point where it shows."""
    found: dict[tuple[str, str, str], Fault] = {}
    for at in points_of(sweeps) if sweeps else ():
        here = " ".join(f"{sweep.name}={_written(value)}" for sweep, value in zip(sweeps, at, strict=True))
        try:
            after = source_of(instance_at(instance, sweeps, at)).data
        except InstanceError as error:
            for item in error.faults:
                told = replace(item, where=Where(f"{OPTION} {here}"))
                found.setdefault((item.key, "" if item.key in here else item.wrong, item.right), told)
            continue
        for key in [key for sweep in sweeps for key in sweep.keys if not sweep.survives]:
            value = _at(after, key)
            if isinstance(value, str):
                told = Fault(
                    Where(f"{OPTION} {here}"), key, "holds text, not a number", "sweep one that holds a number"
                )
                found.setdefault((key, "text", ""), told)
    return list(found.values())


def sense_of(plain: Any, key: str) -> str:
    """Which way a key limits: the plans of a stricter value are plans of a looser one, at no more cost."""
    parts = key.split(".")
    path = path_of(plain, ".".join(parts[:3]))
    if parts[:2] == ["policy", "budget"] and len(parts) > 2 and parts[2] in ("annual", "total"):
        return AT_MOST
    if parts[:2] == ["policy", "rules"] and len(parts) > 3 and path is not None:
        rule = _at(plain, ".".join(parts[:3]))
        at_most_by_then = rule["rule"] == "count" and "max" in rule  # an earlier year counts fewer: looser
        by = "" if at_most_by_then else AT_MOST
        senses = {"share": _BY_RULE.get(rule["rule"], ""), "min": AT_LEAST, "max": AT_MOST, "most": AT_MOST, "by": by}
        return senses.get(parts[3], "")
    if parts[0] == "channels" and len(parts) == 4 and parts[2] == "max_exposure":
        return AT_MOST
    if parts[0] == "stockpiles" and len(parts) > 4 and parts[2] == "targets":
        return AT_LEAST if parts[4] in ("share", "tonnes", "years_of_demand") else ""
    return ""


def _at(plain: Any, key: str) -> Any:
    path = path_of(plain, key)
    if path is None:
        return None
    for part in path:
        plain = plain[part]
    return plain


def _written(value: Any) -> str:
    """A number or a series as an instance has it."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, float) and value == int(value) and abs(value) < 10.0**DIGITS:
        value = int(value)
    return repr(value)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    return "text" if isinstance(value, str) else "more than one value"
