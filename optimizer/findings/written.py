"""Series that begin after the horizon does, and how much of an instance rests on weak numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from typing import Any

from optimizer.findings.finding import NOTE, WARNING, Finding, amount, dollars, percent, some
from optimizer.findings.survey import Survey
from optimizer.instance.fields import Record, Row
from optimizer.instance.series import Series

Path = tuple[Hashable, ...]

_MEANS = {
    "price": "the price is 0 before",
    "capacity": "nothing stands before",
    "fixed_cost": "it costs nothing before",
    "tonnes": "nothing is asked for before",
    "shortage_cost": "a shortage costs nothing before",
    "share": "nothing is asked for before",
    "exposure": "it counts as 0, that is as trusted, before",
    "annual": "no public money may be spent before",
    "max": "nothing may be funded before",
}
_NATURAL = frozenset({"capacity", "tonnes", "fixed_cost", "share"})
"""Fields for which a late beginning is often meant: plants that start, demand that comes."""


def series_starts_late(survey: Survey) -> Iterator[Finding]:
    """Every series is given from the first year of the horizon on; before, it counts 0."""
    first = survey.calendar.first_year
    late: dict[tuple[str, str], list[tuple[Path, int]]] = defaultdict(list)
    for path, series in _series_of(survey.instance, ()):
        since = series.first_year
        if (
            since is None
            or since <= first
            or "sets" in path
            or (path[:2] == ("policy", "rules") and path[-1] == "share")
        ):
            continue
        words = [str(part) for part in path if isinstance(part, str)]
        field = next((word for word in reversed(words) if word in _MEANS), None)
        if field is not None and any(value not in (None, 0.0) for value in series.values):
            late[words[0], field].append((path, since))
    for (section, field), found in late.items():
        found.sort(key=lambda item: item[1])
        shown = some([f"{_dotted(path)} ({since})" for path, since in found])
        text = (
            f"{len(found)} series of {field} in {section} begin after the first year, {first}, and count 0 until then "
            f"({_MEANS[field]}): {shown}."
            if len(found) > 1
            else f"{_dotted(found[0][0])} begins in {found[0][1]}, and the horizon in {first}: {_MEANS[field]}."
        )
        data = {
            "section": section,
            "field": field,
            "first_year": first,
            "series": [{"path": list(path), "begins": since} for path, since in found],
        }
        yield Finding("series_starts_late", found[0][0], text, data, NOTE if field in _NATURAL else WARNING)


def _series_of(value: Any, path: Path) -> Iterator[tuple[Path, Series]]:
    """All series in a record, with their paths as written."""
    if isinstance(value, Series):
        yield path, value
    elif isinstance(value, Record):
        for name, info in type(value).model_fields.items():
            yield from _series_of(getattr(value, name), (*path, info.alias or name))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _series_of(item, path if key == "" else (*path, key))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _series_of(item, (*path, index))


def _dotted(path: Path) -> str:
    return ".".join(str(part) for part in path)


def confidence(survey: Survey) -> Iterator[Finding]:
    """How much of capacity, capex and demand rests on estimates (C) or on rows without a source."""
    instance = survey.instance
    standing = [(("facilities", name), record, survey.tonnes(name)[0]) for name, record in instance.facilities.items()]
    options = [
        (("facilities", name, "options", index), option, option.capex)
        for name, record in instance.facilities.items()
        for index, option in enumerate(record.options)
    ]
    demand = [
        (
            ("markets", name, "demand", index),
            line,
            sum(survey.calendar.mean(line.tonnes, t) * survey.calendar.years[t] for t in survey.periods),
        )
        for name, market in instance.markets.items()
        for index, line in enumerate(market.demand)
    ]
    yield from _resting("existing capacity", "t/yr", standing)
    yield from _resting("capex of all options", "USD", options)
    yield from _resting("demand over the horizon", "t", demand)


def _resting(what: str, unit: str, rows: Iterable[tuple[Path, Row, float]]) -> Iterator[Finding]:
    known = [(path, row, value) for path, row, value in rows if value > 0]
    total = sum(value for _, _, value in known)
    if total <= 0:
        return
    weak = [(path, row, value) for path, row, value in known if row.confidence == "C" or row.source is None]
    if not weak:
        return
    parts = {
        grade: sum(value for _, row, value in known if row.confidence == grade) / total for grade in ("A", "B", "C")
    }
    none = sum(value for _, row, value in known if row.source is None) / total
    share = sum(value for _, _, value in weak) / total
    weak.sort(key=lambda item: -item[2])
    show = dollars if unit == "USD" else lambda value: f"{amount(value)} {unit}"
    biggest = some([f"{'.'.join(str(part) for part in path[1:])} ({show(value)})" for path, _, value in weak], 3)
    text = (
        f"{percent(share)} of {what} ({show(total)}) rests on estimates (confidence C, {percent(parts['C'])}) or on "
        f"rows without a source ({percent(none)}); the biggest: {biggest}."
    )
    data = {"of": what, "unit": unit, "total": total, "weak": share, "without_source": none, "by_confidence": parts}
    yield Finding("confidence", weak[0][0], text, data, NOTE)
