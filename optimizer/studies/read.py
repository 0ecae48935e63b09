"""Reads a study and resolves every run of it; finds every fault in one pass."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from optimizer.errors import Fault, InstanceError, PlanError, Where
from optimizer.evaluation import Portfolio
from optimizer.instance.changes import source_of
from optimizer.instance.fields import ID_PATTERN
from optimizer.instance.folder import read_document
from optimizer.instance.instance import Instance
from optimizer.instance.judge import made_of
from optimizer.instance.overlay import lay_on
from optimizer.instance.read import main_file, read_source
from optimizer.instance.source import Source
from optimizer.instance.write import sha256
from optimizer.network.calendar import calendar_of
from optimizer.network.starts import starts_of
from optimizer.studies.case import Case, Labels, hash_of
from optimizer.studies.design import Point, factors_of, points_of, size_of, some_of
from optimizer.studies.file import Factor, Held, StudyFile
from optimizer.studies.sift import options_of, sifted, sized

PYTHON = "the study"
"""What a study that was given as plain data is called in messages."""
ENOUGH = 100
"""Runs with faults beyond which the rest are not looked at."""

Tell = Callable[[str, int, int], None]
"""Told what is done, how many, of how many."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a study.

    Attributes:
        number: from 1, in the order of the design.
        point: factor -> level.
        hash: what its answer depends on.
        instance_sha256: of its resolved instance.
    """

    number: int
    point: Point
    hash: str
    instance_sha256: str


def name_of(study: Path | str) -> str:
    """The name of a study as its file has it, or that of the file where it has none."""
    named = read_document(Path(study)).data.get("study")
    return named if isinstance(named, str) and re.fullmatch(ID_PATTERN, named) else Path(study).stem


def read_study(
    study: Path | str | Mapping[str, Any],
    instance: Instance | None = None,
    overrides: Sequence[str] = (),
    at_most: int | None = None,
    versions: Mapping[str, str] | None = None,
    tell: Tell | None = None,
) -> tuple[Case, list[Run]]:
    """Read a study with all that it names, and resolve its runs.

    Args:
        study: a YAML file, or what it would say as plain data; then paths are seen from the working folder.
        instance: the instance, in place of the one that the study names.
        overrides: `KEY=VALUE` texts, in every run.
        at_most: runs that the study may have; default what it says itself.
        versions: what an answer depends on besides.
        tell: told of progress.

    Raises:
        InstanceError: with every fault found.
    """
    if isinstance(study, Mapping):
        source, folder, name = Source(PYTHON, copy.deepcopy(dict(study))), Path(), PYTHON
    else:
        source = read_document(Path(study), right="a study begins with 'study: NAME'")
        folder, name = Path(study).parent, str(study)
    written = made_of(StudyFile, copy.deepcopy(source.data), source) if not source.unread else None
    if written is None:
        raise InstanceError(name, sorted(source.faults, key=lambda fault: fault.where))
    file = sifted(written, source)
    options = options_of(file.options, source)
    size = size_of(file)
    whole = sized(file, source, size, at_most)
    sources = _sources(file, source, folder, instance)
    given = tuple((key, value, source.where("set", key)) for key, value in file.set_.items())
    held = _portfolios(file, source, folder)
    case = Case(file, source.file, factors_of(file), sources, held, tuple(overrides), given, options)
    runs: list[Run] = []
    if size:
        points = list(points_of(file, source)) if whole else some_of(file, source)
        runs = _resolved(case, source, points, dict(versions or {}), tell)
    if source.faults:
        raise InstanceError(name, sorted(dict.fromkeys(source.faults), key=lambda fault: fault.where))
    return case, runs


def _sources(file: StudyFile, source: Source, folder: Path, instance: Instance | None) -> dict[Labels, Source]:
    """The instance with every combination of overlays that the design may ask for, as read."""
    if instance is not None and file.instance is not None:
        source.fault(("instance",), "the instance is given already, beside the study", "leave one of the two out")
        return {}
    if instance is None and file.instance is None:
        if ("instance",) not in source.removed:
            source.fault((), "'instance' is missing", "instance: FOLDER, seen from this file")
        return {}
    factors = [(name, factor.overlays) for name, factor in file.factors.items() if factor.overlays is not None]
    files: dict[tuple[str, str], list[Path]] = {}
    for name, overlays in factors:
        for label, paths in overlays.items():
            place = ("factors", name, "overlays", label)
            files[name, label] = [at for path in paths or () if (at := _there(source, place, folder, path))]
    main = None if file.instance is None else _there(source, ("instance",), folder, file.instance)
    if instance is None and main is None:
        return {}
    base = source_of(instance) if instance is not None else None
    found: dict[Labels, Source] = {}
    for labels in product(*(["", *overlays] for _, overlays in factors)):
        mine = [path for (name, _), label in zip(factors, labels, strict=True) if label for path in files[name, label]]
        if base is not None:
            one = lay_on(base, mine)
        else:
            assert main is not None
            try:
                one = read_source(main, (), mine)
            except InstanceError as error:
                one = Source(str(main), faults=list(error.faults))
        if not one.faults:
            found[labels] = one
        elif len([label for label in labels if label]) < 2 or _all_sound(found, labels):
            source.faults.extend(one.faults)
    return found


def _all_sound(found: Mapping[Labels, Source], labels: Labels) -> bool:
    """Whether each overlay of a combination is without fault by itself, so that it is the combination that has one."""
    alone = [tuple(label if i == j else "" for j in range(len(labels))) for i, label in enumerate(labels) if label]
    return all(one in found for one in alone)


def _there(source: Source, place: tuple[str, ...], folder: Path, given: str) -> Path | None:
    """The file that a path of a study leads to, or a fault."""
    target = main_file(folder / given)
    if target.is_file():
        return target
    what = "instance" if place == ("instance",) else "overlay"
    seen = "the working folder" if source.file == PYTHON else f"the folder of {source.file}"
    source.fault(place, f"there is no {what} '{given}'", f"paths are seen from {seen}")
    return None


def _portfolios(file: StudyFile, source: Source, folder: Path) -> dict[str, Portfolio]:
    found: dict[str, Portfolio] = {}
    for name, factor in file.factors.items():
        for label, held in (factor.portfolios or {}).items():
            if held is None:
                continue
            try:
                found[label] = _portfolio(folder, held)
            except PlanError as error:
                source.fault(("factors", name, "portfolios", label), str(error))
    return found


def _portfolio(folder: Path, held: Held) -> Portfolio:
    """Fundings, and the stock of a result folder; what its trunk runs is planned anew, for other data hold."""
    read = Portfolio.read(folder / held.path)
    return Portfolio(read.fundings, read.stock if held.stock == "kept" else None, held.path, read.instance_sha256)


def _resolved(
    case: Case, source: Source, points: Sequence[Point], versions: dict[str, str], tell: Tell | None
) -> list[Run]:
    """Every run with the hash of what its answer depends on; faults are noted, each place once."""
    runs: list[Run] = []
    told: dict[tuple[Where, str], set[int]] = {}
    first: dict[tuple[Where, str], list[Fault]] = {}
    bad = 0
    sick: set[Labels] = set()
    for number, point in enumerate(points, 1):
        if bad > ENOUGH:
            break
        if case.labels(point) not in case.sources or case.labels(point) in sick:
            continue
        try:
            instance = case.instance(point)
            portfolio = case.portfolio(point)
            if portfolio is not None:
                portfolio.check(starts_of(instance, calendar_of(instance), frozenset()))
        except InstanceError as error:
            found = case.faults(point, number, error)
            if case.same_without(error, point):
                sick.add(case.labels(point))
                found = list(error.faults)
        except PlanError as error:
            level = next(point[name] for name, factor in case.factors.items() if _holds(factor) and name in point)
            found = [Fault(level.where, str(level.value), str(error))]
        else:
            runs.append(Run(number, point, hash_of(instance, portfolio, case.options, versions), sha256(instance)))
            if tell is not None:
                tell("resolving", number, len(points))
            continue
        bad += 1
        for fault in found:
            place = (fault.where, fault.key)
            numbers = told.setdefault(place, {number})
            if numbers == {number}:
                first.setdefault(place, []).append(fault)
            numbers.add(number)
    for place, faults in first.items():
        more = len(told[place]) - 1
        words = f" (and so in {more:,} more runs)" if more else ""
        source.faults += [Fault(fault.where, fault.key, fault.wrong + words, fault.right) for fault in faults]
    return runs


def _holds(factor: Factor) -> bool:
    return factor.portfolios is not None
