"""What the data leave open of an instance: ranges of numbers, keys with ranges, variants; and draws from all of it.

A draw is a point of a Latin hypercube: each of its coordinates, evenly spread, says where in its range a number lies,
or which overlay of a group is laid. Ten draws are a hypercube of their own, so that more can be added to those that are
there. Source: McKay, Beckman and Conover (1979).
"""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import qmc

from optimizer.errors import Fault, InstanceError, OptionsError, Where
from optimizer.instance.changes import source_of
from optimizer.instance.instance import Instance
from optimizer.instance.overlay import lay_on
from optimizer.instance.override import paths_like, times
from optimizer.instance.policy import Regret
from optimizer.instance.read import main_file
from optimizer.instance.sound import sound
from optimizer.instance.source import Source
from optimizer.instance.write import sha256
from optimizer.robustness.keys import Keyed, faults_at_ends
from optimizer.sweep.numbers import Number, numbers_of

BLOCK = 10
"""Draws of one Latin hypercube."""
AS_IT_IS = "as it is"
"""The label of an instance on which a group lays nothing."""
VARY, OVERLAY = "--vary", "--overlay"
COMBINATIONS = 64
"""Combinations of overlays at most."""
DIGITS = 1e12
"""Digits that are kept of a probability that is lessened."""

Labels = tuple[str, ...]
"""Which overlay each group lays, in the order of the groups."""


@dataclass(frozen=True, slots=True)
class Draw:
    """One draw.

    Attributes:
        number: from 1.
        shares: coordinate by dimension, in [0, 1).
    """

    number: int
    shares: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Given:
    """What is said of what the data leave open.

    Attributes:
        confidence: grades whose numbers move.
        ranges: share of a number either way, by grade.
        only: patterns of keys; empty for all.
        together: patterns; numbers that match one move by one share of their ranges.
        vary: keys with a range of their own.
        overlays: group -> files, of which one or none is laid.
    """

    confidence: tuple[str, ...]
    ranges: Mapping[str, float]
    only: tuple[str, ...] = ()
    together: tuple[str, ...] = ()
    vary: tuple[Keyed, ...] = ()
    overlays: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """An instance, and what its data leave open.

    Attributes:
        instance: as the data stand.
        given: what is said.
        groups: group -> labels, the first lays nothing.
        variants: the instance with each combination of overlays.
        numbers: of each variant those that move, by key.
        names: of the dimensions: groups, keys that vary, then numbers or what moves together.
    """

    instance: Instance
    given: Given
    groups: Mapping[str, tuple[str, ...]]
    variants: Mapping[Labels, Instance]
    numbers: Mapping[Labels, Mapping[str, Number]]
    names: tuple[str, ...]

    @property
    def moving(self) -> dict[str, Number]:
        """Every number that moves in some variant."""
        return {key: number for numbers in self.numbers.values() for key, number in numbers.items()}

    def draws(self, seed: int) -> Iterator[Draw]:
        """Draws without end; the same for a seed, however many are taken."""
        number = 0
        block = 0
        while True:
            random = np.random.default_rng([seed, block])
            for row in qmc.LatinHypercube(len(self.names), seed=random).random(BLOCK):
                number += 1
                yield Draw(number, tuple(float(share) for share in row))
            block += 1

    def labels(self, draw: Draw) -> Labels:
        """Which overlay each group lays."""
        kinds = zip(self.groups.values(), draw.shares, strict=False)
        return tuple(labels[min(len(labels) - 1, int(share * len(labels)))] for labels, share in kinds)

    def values(self, draw: Draw) -> dict[str, Any]:
        """What a draw means, by dimension: a label, a value, or a share of the range of numbers, from -1 to 1."""
        found: dict[str, Any] = dict(zip(self.groups, self.labels(draw), strict=True))
        rest = draw.shares[len(self.groups) :]
        for one, share in zip(self.given.vary, rest, strict=False):
            found[one.name] = one.at(share)
        for name, share in zip(self.names[len(found) :], rest[len(self.given.vary) :], strict=True):
            found[name] = 2.0 * share - 1.0
        return found

    def drawn(self, draw: Draw) -> tuple[Instance, bool]:
        """The instance of a draw, and whether its probabilities were lessened, each alike, for a sum of 1.

        Raises:
            InstanceError: with every fault found.
        """
        labels, values = self.labels(draw), self.values(draw)
        source = source_of(self.variants[labels])
        for key, number in self.numbers[labels].items():
            share = self.given.ranges[number.confidence]
            factor = 1.0 + share * values[_dimension(key, self.given.together)]
            for path in number.paths:
                holder: Any = source.data
                for part in path[:-1]:
                    holder = holder[part]
                holder[path[-1]] = times(holder[path[-1]], factor)
        for one in self.given.vary:
            one.give(source, values[one.name], VARY)
        lessened = _lessen(source)
        return sound(source, f"sample {draw.number}"), lessened

    def settings(self) -> dict[str, Any]:
        """What a draw depends on besides the instance and the seed, as plain data."""
        given = self.given
        return {
            "confidence": list(given.confidence),
            "ranges": {grade: given.ranges[grade] for grade in given.confidence},
            "only": list(given.only),
            "together": list(given.together),
            "vary": [one.said for one in given.vary],
            "overlays": {group: list(labels[1:]) for group, labels in self.groups.items()},
            "variants": {" + ".join(labels): sha256(one) for labels, one in self.variants.items() if labels},
        }


def case_of(instance: Instance, given: Given, said: Sequence[Fault] = ()) -> Case:
    """What the data leave open of an instance, checked.

    Args:
        instance: from `load`.
        given: what is said.
        said: faults of the saying, told with the others.

    Raises:
        InstanceError: with every fault found.
        OptionsError: nothing moves.
    """
    faults: list[Fault] = []
    groups = {group: (AS_IT_IS, *(_label(path) for path in files)) for group, files in given.overlays.items()}
    for group, labels in groups.items():
        twice = [label for label in dict.fromkeys(labels) if labels.count(label) > 1]
        faults += [
            Fault(Where(OVERLAY), f"{group}={label}", "two overlays of a group are called so", "name each file anew")
            for label in twice
        ]
    if (count := math.prod(map(len, groups.values()))) > COMBINATIONS:
        words = f"the groups have {count:,} combinations; at most {COMBINATIONS} are taken"
        faults.append(Fault(Where(OVERLAY), "", words, "leave overlays out, or put several in one file"))
    variants = {} if faults else _variants(instance, given.overlays, groups, faults)
    faults += said
    faults += [
        Fault(
            Where(OVERLAY), " + ".join(labels), "verdicts is built neither for regret nor for lexicographic instances"
        )
        for labels, one in variants.items()
        if isinstance(one.risk, Regret) or one.lexicographic is not None
    ]
    faults += faults_at_ends(instance, given.vary, VARY)
    numbers = {labels: _numbers(one, given) for labels, one in variants.items()}
    moving = list(dict.fromkeys(key for there in numbers.values() for key in there))
    for option, patterns in (("--only", given.only), ("--together", given.together)):
        known = moving if variants else []
        faults += [
            Fault(Where(option), pattern, f"no number of confidence {' or '.join(given.confidence)} is called so",
                  "optimizer sensitivity lists keys")
            for pattern in patterns
            if variants and not any(fnmatch.fnmatchcase(key, pattern) for key in known)
        ]  # fmt: skip
    if faults:
        raise InstanceError(instance.name, list(dict.fromkeys(faults)))
    dimensions = list(dict.fromkeys(_dimension(key, given.together) for key in moving))
    names = (*groups, *(one.name for one in given.vary), *dimensions)
    if not names:
        raise OptionsError(
            f"nothing moves: {instance.name} has no number of confidence {' or '.join(given.confidence)}, and neither "
            "--vary nor --overlay is given"
        )
    return Case(instance, given, groups, variants, numbers, names)


def _variants(
    instance: Instance, overlays: Mapping[str, Sequence[Path]], groups: Mapping[str, Labels], faults: list[Fault]
) -> dict[Labels, Instance]:
    """The instance with every combination of overlays; of those that fail together only the smallest are told."""
    found: dict[Labels, Instance] = {}
    failed: list[Labels] = []
    files = {
        (group, label): main_file(path)
        for group, paths in overlays.items()
        for label, path in zip(groups[group][1:], paths, strict=True)
    }
    missing = {place for place, file in files.items() if not file.is_file()}
    faults += [
        Fault(Where(OVERLAY), str(files[place]), "there is no such file", "an overlay: a file, or a folder with one")
        for place in sorted(missing)
    ]
    for labels in sorted(_combinations(list(groups.values())), key=lambda one: sum(x != AS_IT_IS for x in one)):
        mine = [place for place in zip(groups, labels, strict=True) if place[1] != AS_IT_IS]
        if missing & set(mine) or any(_within(one, labels) for one in failed):
            continue
        try:
            source = source_of(instance)
            found[labels] = sound(lay_on(source, [files[place] for place in mine]) if mine else source, instance.name)
        except InstanceError as error:
            failed.append(labels)
            faults += error.faults
    return found


def _within(one: Labels, other: Labels) -> bool:
    """Whether all that one combination lays is laid by another."""
    return all(a in (AS_IT_IS, b) for a, b in zip(one, other, strict=True))


def _combinations(groups: Sequence[Labels]) -> list[Labels]:
    found: list[Labels] = [()]
    for labels in groups:
        found = [(*head, label) for head in found for label in labels]
    return found


def _label(path: Path) -> str:
    return path.stem if path.suffix else path.name


def _numbers(instance: Instance, given: Given) -> dict[str, Number]:
    """The numbers of an instance that move; those that a key varies have its range instead."""
    plain = source_of(instance).data
    varied = [path for one in given.vary for path in paths_like(plain, one.key)]
    found: dict[str, Number] = {}
    for number in numbers_of(instance):
        if number.confidence not in given.confidence or not given.ranges[number.confidence]:
            continue
        if given.only and not any(fnmatch.fnmatchcase(number.key, pattern) for pattern in given.only):
            continue
        if not any(_overlap(path, other) for path in number.paths for other in varied):
            found[number.key] = number
    return found


def _overlap(path: Sequence[Any], other: Sequence[Any]) -> bool:
    """Whether one of two places holds the other."""
    return all(a == b for a, b in zip(path, other, strict=False))


def _dimension(key: str, together: Sequence[str]) -> str:
    """What a number moves with: the first pattern that it matches, or itself."""
    return next((pattern for pattern in together if fnmatch.fnmatchcase(key, pattern)), key)


def _lessen(source: Source) -> bool:
    """Probabilities of scenarios that add to more than 1 are lessened, each alike; whether they were."""
    rows = source.data.get("scenarios") or []
    total = sum(float(row["probability"]) for row in rows)
    if total <= 1.0:
        return False
    for row in rows:  # down to a digit, so that the sum as decimals is at most 1
        row["probability"] = math.floor(float(row["probability"]) / total * DIGITS) / DIGITS
    return True
