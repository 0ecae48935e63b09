"""Checks of a study by itself: its factors, its design, its size. What is at fault is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optimizer.errors import OptionsError
from optimizer.instance.faults import did_you_mean
from optimizer.instance.source import Source
from optimizer.instance.yaml12 import Path
from optimizer.solver.options import METHODS, Options
from optimizer.studies.design import labels_of
from optimizer.studies.file import ALL, Between, Factor, Levels, RunOptions, StudyFile

KINDS = ("set", "times", "overlays", "portfolios")
SECTIONS = ("grid", "list", "latin_hypercube")


def sifted(file: StudyFile, source: Source) -> StudyFile:
    """The study without what is at fault; faults are noted in the source."""
    factors = {name: factor for name, factor in file.factors.items() if _factor(name, factor, source)}
    portfolios = [name for name, factor in factors.items() if factor.portfolios is not None]
    for name in portfolios[1:]:
        wrong = f"'{portfolios[0]}' names the portfolios already"
        source.fault(("factors", name), wrong, "one factor of portfolios, with all labels")
    bad = (_names(source.data.get("factors")) | set(file.factors)) - set(factors)
    _used_once(file, source, bad)
    grid = None if file.grid is None else _grid(file.grid, factors, source, bad)
    rows = None if file.list_ is None else _list(file.list_, factors, source, bad)
    sample = file.latin_hypercube
    if sample is not None:
        over = {
            name: between
            for name, between in sample.over.items()
            if name not in bad and _between(("latin_hypercube", "over", name), between, factors.get(name), source)
        }
        sample = sample.model_copy(update={"over": over}) if over else None
    return file.model_copy(update={"factors": factors, "grid": grid, "list_": rows, "latin_hypercube": sample})


def options_of(given: RunOptions, source: Source) -> Options:
    """How each run is solved; what is wrong is noted."""
    try:
        options = Options(given.method, given.gap, given.gap_usd, given.time_limit, given.threads, given.seed)
    except OptionsError as error:
        source.fault(("options",), str(error))
        return Options()
    if options.method == "hedging":
        known = ", ".join(method for method in METHODS if method != "hedging")
        source.fault(("options", "method"), "hedging begins processes of its own", f"one of {known}")
    return options


def sized(file: StudyFile, source: Source, size: int, at_most: int | None) -> bool:
    """Whether the design has runs, and no more than are allowed; what is wrong is noted."""
    written = [section for section in SECTIONS if source.data.get(section) is not None]
    if not written:
        source.fault((), "the design is empty: it says no runs", f"give one or more of {', '.join(SECTIONS)}")
        return False
    most = at_most or file.at_most
    if size > most:
        wrong = f"the design has {size:,} runs, and at most {most:,} are allowed"
        source.fault((written[0],), wrong, "'at_most: N' in the file, or --at-most N, allows more")
    return size <= most


def _names(written: Any) -> set[str]:
    return {str(name) for name in written} if isinstance(written, Mapping) else set()


def _factor(name: str, factor: Factor, source: Source) -> bool:
    path: Path = ("factors", name)
    said = [kind for kind in KINDS if getattr(factor, "set_" if kind == "set" else kind) is not None]
    if len(said) != 1:
        wrong = f"the factor says {' and '.join(said)}" if said else "the factor does not say what it changes"
        source.fault(path, wrong, f"one of {', '.join(KINDS)}")
        return False
    labels = labels_of(factor)
    if labels is not None and not labels:
        source.fault((*path, said[0]), "there is no label", f"{said[0]}: {{as_it_is: null, other: FILE}}")
        return False
    return True


def _used_once(file: StudyFile, source: Source, bad: set[str]) -> None:
    """A factor takes its values from one part of the design."""
    in_list = _names(dict.fromkeys(name for row in file.list_ or () for name in row))
    over = file.latin_hypercube.over if file.latin_hypercube is not None else {}
    places: list[tuple[Path, set[str]]] = [
        (("grid",), _names(file.grid)), (("list",), in_list), (("latin_hypercube", "over"), _names(over)),
    ]  # fmt: skip
    seen: dict[str, str] = {}
    for head, names in places:
        for name in sorted(names):
            if name in seen:
                path = (*head, name) if head != ("list",) else head
                source.fault(path, f"'{name}' has its values from '{seen[name]}' already", "keep one of the two")
            seen.setdefault(name, str(head[0]))
    written = source.data
    if any(written.get(section) is not None for section in SECTIONS):
        for name in file.factors:
            if name not in seen and name not in bad and not _left_out(source, name):
                right = f"name it under one of {', '.join(SECTIONS)}"
                source.fault(("factors", name), f"no part of the design gives '{name}' a value", right)


def _left_out(source: Source, name: str) -> bool:
    """Whether a part of the design that names a factor was left out because it is at fault."""
    return any(name in path or path[0] in SECTIONS for path in source.removed if path)


def _grid(
    grid: Mapping[str, Levels], factors: Mapping[str, Factor], source: Source, bad: set[str]
) -> dict[str, Levels] | None:
    kept = {}
    if not grid and source.data.get("grid") == {}:
        source.fault(("grid",), "the design is empty: the grid has no factor", "FACTOR: [value, ...]")
    for name, levels in grid.items():
        path: Path = ("grid", name)
        span = (levels.from_, levels.to, levels.count)
        before = len(source.faults)
        if levels.values is None and None in span:
            source.fault(path, "neither values nor from, to and count", "a list of values, or {from, to, count}")
        elif levels.values is not None and span != (None, None, None):
            source.fault(path, "both values and from, to or count", "one or the other")
        elif levels.values == ():
            source.fault(path, "the design is empty: there is no value", "one value or more")
        elif levels.values is None and levels.scale == "log" and not min(span[0] or 0, span[1] or 0) > 0:
            source.fault(path, "equal ratios need both ends above 0", "scale: linear")
        _values(path, levels, factors.get(name), source)
        if len(source.faults) == before and name not in bad:
            kept[name] = levels
    return kept or None


def _values(path: Path, levels: Levels, factor: Factor | None, source: Source) -> None:
    labels = None if factor is None else labels_of(factor)
    if levels.values is None:
        if labels is not None:
            source.fault(path, "labels have no steps", f"a list of labels, or {ALL}")
        return
    listed = isinstance(source.data["grid"][path[1]], list)
    if labels is not None and levels.values == (ALL,):
        return
    for index, value in enumerate(levels.values):
        _value((*path, index) if listed else (*path, "values", index), value, factor, source)


def _value(path: Path, value: Any, factor: Factor | None, source: Source) -> None:
    """A value that a factor can take."""
    labels = None if factor is None else labels_of(factor)
    if labels is not None and value not in labels:
        source.fault(path, f"there is no label '{value}'", did_you_mean(value, labels))
    elif factor is not None and factor.times is not None and not _is_number(value):
        source.fault(path, f"{value!r} is no number to multiply by", "a number, such as 1.2")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _list(
    rows: tuple[dict[str, Any], ...], factors: Mapping[str, Factor], source: Source, bad: set[str]
) -> tuple[dict[str, Any], ...] | None:
    if not rows and source.data.get("list") == []:
        source.fault(("list",), "the design is empty: the list has no row", "{FACTOR: value, ...} in each row")
    kept = []
    for index, row in enumerate(rows):
        before = len(source.faults)
        for name, value in row.items():
            _value(("list", index, name), value, factors.get(name), source)
        kept.append(row if len(source.faults) == before and not bad & set(row) else {})
    return tuple(kept) or None


def _between(path: Path, between: Between, factor: Factor | None, source: Source) -> bool:
    low, high = between.from_, between.to
    before = len(source.faults)
    if factor is not None and labels_of(factor) is not None:
        source.fault(path, "labels have no range", "name it in 'grid', crossed with the samples")
    if not low < high:
        source.fault(path, f"the range goes from {low:g} to {high:g}", "[least, most]")
    elif between.scale == "log" and low <= 0:
        source.fault(path, "a logarithm needs a range above 0", "scale: linear")
    elif between.whole and not (float(low).is_integer() and float(high).is_integer()):
        source.fault(path, "the ends of whole numbers are whole", "[2027, 2031]")
    elif between.whole and between.scale == "log":
        source.fault(path, "whole numbers are spread evenly", "leave out scale")
    return len(source.faults) == before
