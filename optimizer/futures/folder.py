"""The folder of a set: set.yaml, events.yaml, futures.csv, occurrences.csv."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

import pandas as pd

from optimizer.errors import FuturesError, InstanceError
from optimizer.folders import read_exact, write_whole
from optimizer.futures.chain import Chains, Occurrence, Path
from optimizer.futures.distribution import GRID
from optimizer.futures.file import FILE, EventsFile, read_events
from optimizer.instance.instance import Instance
from optimizer.instance.write import plain_text
from optimizer.instance.yaml12 import read_yaml
from optimizer.network.calendar import calendar_of

FORMAT = 1
"""Version of the folder."""
SET = "set.yaml"
FUTURES = ("future", "probability")
OCCURRENCES = ("future", "event", "onset", "duration", "severity")
_SHOWN = 5


def may_hold(folder: FilePath) -> bool:
    """Whether a set may be written to a folder: nothing is there, or an earlier set."""
    if not folder.exists():
        return True
    return folder.is_dir() and ((folder / SET).is_file() or not any(folder.iterdir()))


def write(
    folder: FilePath | str, info: Mapping[str, Any], file: EventsFile, tables: Mapping[str, pd.DataFrame]
) -> FilePath:
    """Write the folder of a set, whole or not at all.

    Args:
        folder: where; it must not exist, or be an earlier set, which is then replaced.
        info: what set.yaml says.
        file: the events, as given.
        tables: by name.

    Raises:
        FuturesError: something else is there.
    """
    target = FilePath(folder).absolute()
    if not may_hold(target):
        raise FuturesError(f"{folder} is there already and is no set of futures; name another one")
    said = {"format": FORMAT} | dict(info) | {"events_sha256": file.sha256}

    def fill(made: FilePath) -> None:
        (made / SET).write_text(plain_text(said), encoding="utf-8", newline="\n")
        (made / FILE).write_bytes(file.text.encode())
        for name, table in tables.items():
            table.to_csv(made / f"{name}.csv", index=False, lineterminator="\n")

    write_whole(target, fill)
    return target


@dataclass(frozen=True, slots=True)
class Parts:
    """What a folder holds.

    Attributes:
        info: what set.yaml says.
        file: the events.
        paths: what happens in each future.
        probability: of each future.
    """

    info: dict[str, Any]
    file: EventsFile
    paths: dict[str, Path]
    probability: dict[str, float]


def load(folder: FilePath | str, instance: Instance) -> Parts:
    """Read the folder of a set.

    Args:
        folder: as `write` made it.
        instance: the one it was drawn for, or another with the same horizon that its events fit.

    Raises:
        FuturesError: it is not there, incomplete, not ours, or does not fit the instance.
    """
    folder = FilePath(folder)
    info = _info(folder)
    try:
        file = read_events(folder, instance)
    except InstanceError as error:
        wrong = "; ".join(map(str, error.faults[:_SHOWN]))
        more = f"; and {len(error.faults) - _SHOWN} more" if len(error.faults) > _SHOWN else ""
        raise FuturesError(f"{folder}: its events do not fit {instance.name}: {wrong}{more}") from error
    if file.sha256 != info.pop("events_sha256", None):
        wrong = f"{folder / FILE} is not the one that the set was drawn from (its SHA-256 differs)"
        raise FuturesError(f"{wrong}; sample again")
    probability = _futures(folder)
    return Parts(info, file, _paths(folder, list(probability), file, instance), probability)


def _info(folder: FilePath) -> dict[str, Any]:
    file = folder / SET
    if not file.is_file():
        raise FuturesError(f"{folder} is no set of futures: it has no {SET}")
    try:
        document = read_yaml(file.read_text(encoding="utf-8"), SET)
    except (OSError, ValueError) as error:
        raise FuturesError(f"{file} cannot be read: {error}") from error
    info = document.data
    if document.faults or not isinstance(info, dict) or "name" not in info:
        raise FuturesError(f"{file} is not a set of this package: it has no name")
    if info.get("format") != FORMAT:
        raise FuturesError(f"{file} has format {info.get('format')!r}; this version reads {FORMAT}")
    return {str(key): value for key, value in info.items()}


def _table(folder: FilePath, name: str, columns: Iterable[str]) -> pd.DataFrame:
    file = folder / name
    if not file.is_file():
        raise FuturesError(f"{folder} is incomplete: it has no {name}")
    try:
        table = read_exact(file, dtype={"future": "str", "event": "str"}, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise FuturesError(f"{file} cannot be read: {error}") from error
    if missing := [column for column in columns if column not in table.columns]:
        raise FuturesError(f"{file} lacks the column {', '.join(missing)}")
    return table


def _futures(folder: FilePath) -> dict[str, float]:
    table = _table(folder, "futures.csv", FUTURES)
    share = pd.to_numeric(table["probability"], errors="coerce")
    wrong = _rows("futures.csv", share.isna() | (share < 0) | (share > 1), "the probability is no number in [0, 1]")
    wrong += _rows("futures.csv", table["future"].duplicated(), "the future is there already")
    _refuse(folder, wrong)
    total = math.fsum(share)
    if abs(total - 1) > 1e-6:
        raise FuturesError(f"{folder / 'futures.csv'}: the probabilities add up to {total:.9g}; it should be 1")
    return dict(zip(table["future"], share.astype(float), strict=True))


def _paths(folder: FilePath, names: list[str], file: EventsFile, instance: Instance) -> dict[str, Path]:
    name = "occurrences.csv"
    table = _table(folder, name, OCCURRENCES)
    number = {column: pd.to_numeric(table[column], errors="coerce") for column in OCCURRENCES[2:]}
    starts = [period.year for period in instance.periods]
    stop = number["onset"] + number["duration"]
    steps = number["severity"] * GRID
    checks: list[tuple[Any, str]] = [
        (~table["future"].isin(names), "futures.csv has no such future"),
        (~table["event"].isin(list(file.events.events)), f"{FILE} has no such event"),
        (~number["onset"].isin(starts), f"no period of {instance.name} starts with this onset"),
        (~(number["duration"] >= 1) | (number["duration"] % 1 != 0), "the duration is no whole number over 0"),
        (stop > instance.end_year, "it lasts beyond the horizon"),
        (~(steps.round() >= 1) | ~(steps <= GRID) | ((steps - steps.round()).abs() > 1e-6), _STEPS),
        (table.duplicated(["future", "event", "onset"]), "the event strikes this future in this year already"),
    ]
    _refuse(folder, [line for at, wrong in checks for line in _rows(name, at, wrong)])
    chains = Chains(file.events, calendar_of(instance))
    held: dict[str, list[Occurrence]] = {future: [] for future in names}
    columns = (table["event"], number["onset"].astype(int), number["duration"].astype(int), steps.round().astype(int))
    for future, event, onset, years, step in zip(table["future"], *columns, strict=True):
        one = Occurrence(int(onset), str(event), int(years), int(step) / GRID)
        if not chains.effects(one):
            raise FuturesError(
                f"{folder / name}: {one.event} at severity {one.severity:g} changes nothing; leave it out"
            )
        held[str(future)].append(one)
    return {future: chains.groups(found) for future, found in held.items()}


_STEPS = f"the severity is none of {1 / GRID:g}, {2 / GRID:g}, ..., 1"


def _rows(name: str, at: Any, wrong: str) -> list[str]:
    """A line of a table each, numbered as in the file."""
    return [f"{name}:{row + 2} {wrong}" for row in at.to_numpy().nonzero()[0]]


def _refuse(folder: FilePath, wrong: list[str]) -> None:
    if wrong:
        more = f"; and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        raise FuturesError(f"{folder}: {'; '.join(wrong[:_SHOWN])}{more}")
