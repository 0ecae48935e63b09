"""The errors the package raises.

OptimizerError
├── FuturesError        a folder of futures is missing, incomplete or not ours
├── InstanceError       the instance has faults; carries all of them
├── OptionsError        an option of a run makes no sense
├── PlanError           a result folder is missing, incomplete or not ours
└── SolveError          the solver failed or returned something it should not have
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace


class OptimizerError(Exception):
    """Root of everything this package raises on purpose."""


_NO_COLUMNS: Mapping[str, int] = {}
"""One for all places that are no row of a sheet: there are millions."""


@dataclass(frozen=True, slots=True, order=True)
class Where:
    """A place in a file of the instance.

    Attributes:
        file: name of the file, relative to the instance folder; empty if none. Of a workbook with the sheet after it.
        line: line of the file, or row of the sheet, from 1; 0 if unknown.
        column: of the sheet, from 1; 0 where it is no sheet.
        columns: of a row of a sheet, the column of each key.
    """

    file: str = ""
    line: int = 0
    column: int = 0
    columns: Mapping[str, int] = field(default_factory=lambda: _NO_COLUMNS, compare=False, repr=False)

    @property
    def cell(self) -> str:
        """The cell of a sheet, such as D7; empty where it is no sheet."""
        return f"{letters(self.column)}{self.line}" if self.column else ""

    def at(self, key: object) -> Where:
        """The cell of a key in the row that this is the place of; the place itself where there is none."""
        column = self.columns.get(key) if isinstance(key, str) else None
        return self if column is None else replace(self, column=column)

    def __str__(self) -> str:
        if self.column:
            return f"{self.file}!{self.cell}"
        return f"{self.file}:{self.line}" if self.line else self.file


def letters(column: int) -> str:
    """The letters of a sheet's column: 1 is A, 27 is AA."""
    found = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        found = chr(ord("A") + rest) + found
    return found


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an instance: where, at which key, what is wrong and what would be right."""

    where: Where
    key: str
    wrong: str
    right: str = ""

    def __str__(self) -> str:
        at = " ".join(part for part in (str(self.where), self.key) if part)
        text = f"{at}: {self.wrong}" if at else self.wrong
        return f"{text}; {self.right}" if self.right else text


class InstanceError(OptimizerError):
    """An instance that cannot be used, with every fault found.

    Attributes:
        source: the file or folder that was read.
        faults: all faults, in the order of the files; one at least, for who counts them would take none for none wrong.
    """

    def __init__(self, source: str, faults: Sequence[Fault]) -> None:
        if not faults:
            raise ValueError(f"{source} is refused without a fault")
        self.source = source
        self.faults = tuple(faults)
        count = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        lines = [f"{count} in {source}", *(f"  {fault}" for fault in self.faults)]
        super().__init__("\n".join(lines))


class FuturesError(OptimizerError):
    """A folder of futures that is missing, incomplete, or does not fit."""


class OptionsError(OptimizerError):
    """An option of a run that makes no sense; the text names the option and the way out."""


class PlanError(OptimizerError):
    """A result folder that is missing, incomplete, or was not written by this package."""


class SolveError(OptimizerError):
    """The solver failed, or returned what it should not have."""
