"""A study that was read: what each point of its design means as an instance, and as a portfolio that is held."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any

from optimizer.errors import Fault, InstanceError, Where
from optimizer.evaluation import Portfolio
from optimizer.instance.changes import copied
from optimizer.instance.instance import Instance
from optimizer.instance.override import assign, multiply, override
from optimizer.instance.sound import sound
from optimizer.instance.source import Source
from optimizer.instance.write import sha256
from optimizer.solver.options import Options
from optimizer.studies.design import Point
from optimizer.studies.file import Factor, StudyFile

Labels = tuple[str, ...]
"""Which label each factor of overlays has, in the order of these factors; empty where it has none."""


@dataclass(frozen=True, slots=True)
class Case:
    """A study with all that it names.

    Attributes:
        file: the study.
        place: name of its file in messages.
        factors: what each name of the design stands for.
        sources: the instance with each combination of overlays, as read.
        portfolios: label -> portfolio that is held.
        overrides: `KEY=VALUE` texts that come before everything else.
        given: key, value and place of what is set in every run.
        options: how each run is solved.
    """

    file: StudyFile
    place: str
    factors: dict[str, Factor]
    sources: dict[Labels, Source]
    portfolios: dict[str, Portfolio]
    overrides: tuple[str, ...]
    given: tuple[tuple[str, Any, Where], ...]
    options: Options

    def labels(self, point: Point) -> Labels:
        """The overlays of a point."""
        names = [name for name, factor in self.factors.items() if factor.overlays is not None]
        return tuple(str(point[name].value) if name in point else "" for name in names)

    def instance(self, point: Point) -> Instance:
        """The instance of a point.

        Raises:
            InstanceError: with every fault found.
        """
        source = copied(self.sources[self.labels(point)])
        for text in self.overrides:
            override(source, text)
        for key, value, where in self.given:
            assign(source, key, value, where)
        for name, factor in self.factors.items():
            if name not in point:
                continue
            level = point[name]
            for key in factor.set_ or ():
                assign(source, key, level.value, level.where)
            for key in factor.times or ():
                multiply(source, key, level.value, level.where)
        return sound(source, source.file)

    def portfolio(self, point: Point) -> Portfolio | None:
        """The portfolio that a point holds; None where the best is sought."""
        for name, factor in self.factors.items():
            if factor.portfolios is not None and name in point:
                return self.portfolios.get(str(point[name].value))
        return None

    def same_without(self, error: InstanceError, point: Point) -> bool:
        """Whether the instance has the same faults with nothing of a point but its overlays."""
        overlays = {name: level for name, level in point.items() if self.factors[name].overlays is not None}
        if len(overlays) == len(point):
            return True
        try:
            self.instance(overlays)
        except InstanceError as bare:
            return set(error.faults) <= set(bare.faults)
        return False

    def told(self, point: Point) -> str:
        """A point in words."""
        return ", ".join(f"{name} {shown(level.value)}" for name, level in point.items()) or "the instance as it is"

    def faults(self, point: Point, number: int, error: InstanceError) -> list[Fault]:
        """The faults of a point's instance; those that do not lie in the study's file say which run has them."""
        at = f" (in run {number}: {self.told(point)})"
        return [
            fault if fault.where.file in (self.place, "--set") else replace(fault, wrong=fault.wrong + at)
            for fault in error.faults
        ]


def shown(value: Any) -> str:
    """A value for a reader."""
    if isinstance(value, float):
        return f"{value:.6g}"
    return value if isinstance(value, str) else json.dumps(value, default=str)


def hash_of(instance: Instance, held: Portfolio | None, options: Options, versions: dict[str, str]) -> str:
    """What a run's answer depends on, as a hash: resolved instance, portfolio held, options, versions."""
    asked = [options.method, options.gap, options.gap_usd, options.time_limit, options.threads, options.seed]
    portfolio = None if held is None else portfolio_hash(held)
    return hashlib.sha256(json.dumps([sha256(instance), portfolio, asked, versions]).encode()).hexdigest()


def portfolio_hash(held: Portfolio) -> str:
    """The content of a portfolio as a hash: fundings, and stock where that is held."""
    stock = None if held.stock is None else sorted([*cell, year, tonnes] for (cell, year), tonnes in held.stock.items())
    return hashlib.sha256(json.dumps([sorted(held.fundings), stock]).encode()).hexdigest()
