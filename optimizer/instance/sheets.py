"""Opens a workbook that may come from anywhere, and gives the cells of its sheets one row after another.

The file is looked through before anything is built of it: its size unpacked, what it draws on from outside, and whether
it is what its name says. Memory is bounded: a sheet is never held whole. openpyxl reads the cells.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

from optimizer.errors import OptionsError

INSTALL = "install it with: pip install '.[workbook]' at the root of the project"
NAMES = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
"""Ends of names of workbooks; only the first is read."""
MAX_BYTES = 64 * 1024 * 1024
MAX_UNPACKED = 256 * 1024 * 1024
MAX_SMALL = 8 * 1024 * 1024
"""Of a part in which no cells stand, unpacked: what styles take in memory is a hundred times that."""
MAX_PARTS = 2_000
MAX_ROWS, MAX_COLUMNS = 1_048_576, 16_384
"""Of a sheet, by the format."""
MAX_CELLS = 1_000_000
"""Cells and rows of a workbook, empty ones too: few bytes can unpack to many millions, which would take minutes."""

_LARGE = ("xl/worksheets/", "xl/sharedStrings.xml", "xl/media/")
_CHUNK, _OVERLAP = 1 << 20, 512
_OLE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_DOCTYPES = tuple("<!DOCTYPE".encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be"))
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?\bref=[\"']([A-Za-z0-9:$]+)[\"']")
_FAR_ROW = re.compile(rb"<(?:\w+:)?row\s[^>]*?\br=[\"'](\d{7,})[\"']")
_CELL = re.compile(rb"<(?:\w+:)?(?:c|row)[\s/>]")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


class RefusedError(Exception):
    """A workbook or sheet that cannot be read: what is wrong, and what would be right."""

    def __init__(self, wrong: str, right: str = "") -> None:
        super().__init__(wrong)
        self.wrong, self.right = wrong, right


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that is not empty.

    Attributes:
        column: from 1.
        value: words, number or truth value; None where it holds what is no value.
        wrong: what it holds instead.
        right: what would be right.
    """

    column: int
    value: bool | int | float | str | None
    wrong: str = ""
    right: str = ""


def spreadsheets() -> Any:
    """The module that reads and writes workbooks.

    Raises:
        OptionsError: openpyxl is not installed.
    """
    # With lxml, where that happens to be there, a full disk is no OSError, and files are not the same to the byte.
    os.environ.setdefault("OPENPYXL_LXML", "False")
    try:
        import openpyxl  # noqa: PLC0415 (an extra: only a workbook needs it)
    except ModuleNotFoundError as error:
        raise OptionsError(f"a workbook needs openpyxl, which is not installed; {INSTALL}") from error
    return openpyxl


class Book:
    """A workbook, open for reading.

    Attributes:
        names: of its sheets.
    """

    def __init__(self, file: Path) -> None:
        """Open a file.

        Raises:
            OptionsError: openpyxl is not installed.
            RefusedError: it is no workbook that is read.
            OSError: the file cannot be read.
        """
        self._open: Any = spreadsheets().load_workbook
        self._file = file
        self._merged = _look_through(file)
        self._written = self._load(data_only=False)
        self._worked_out: Any = None
        self.names = [str(name) for name in self._written.sheetnames]

    def __enter__(self) -> Book:
        return self

    def __exit__(self, *_: object) -> None:
        for book in (self._written, self._worked_out):
            if book is not None:
                book.close()

    def _load(self, *, data_only: bool) -> Any:
        with _quiet(), _told("the file"):
            return self._open(self._file, read_only=True, data_only=data_only, keep_links=False)

    def merged(self, name: str) -> list[str]:
        """The ranges of merged cells of a sheet."""
        return self._merged.get(str(getattr(self._sheet(self._written, name), "_worksheet_path", "")), [])

    def rows(self, name: str) -> Iterator[tuple[int, list[Cell]]]:
        """The rows of a sheet that are not empty, each with its number and the cells that are not empty.

        Raises:
            RefusedError: the sheet cannot be read, or is no sheet of cells.
        """
        sheet = self._sheet(self._written, name)
        worked_out: Iterator[tuple[Any, ...]] | None = None
        with _quiet(), _told(f"sheet '{name}'"):
            for number, raw in enumerate(sheet.iter_rows(), 1):
                formulas = any(cell.data_type == "f" for cell in raw)
                if formulas and worked_out is None:
                    self._worked_out = self._worked_out or self._load(data_only=True)
                    worked_out = self._sheet(self._worked_out, name).iter_rows(min_row=number)
                results = next(worked_out, ()) if worked_out is not None else ()
                cells = [
                    _result(cell, results) if cell.data_type == "f" else _cell(cell)
                    for cell in raw
                    if cell.value is not None
                ]
                if cells := [cell for cell in cells if cell.wrong or cell.value not in (None, "")]:
                    yield number, cells

    @staticmethod
    def _sheet(book: Any, name: str) -> Any:
        sheet = book[name]
        if not hasattr(sheet, "reset_dimensions"):
            raise RefusedError(f"'{name}' is no sheet of cells", "a chart has no place here")
        sheet.reset_dimensions()
        return sheet


def _look_through(file: Path) -> dict[str, list[str]]:
    """Refuse what is no workbook, or would not be safe to read; merged cells by the part that a sheet is."""
    size = file.stat().st_size
    if size > MAX_BYTES:
        raise RefusedError(f"the file has {size:,} bytes", f"a workbook has at most {MAX_BYTES:,}")
    save = "save it as an Excel workbook (.xlsx)"
    if file.suffix.lower() != NAMES[0]:
        raise RefusedError(f"a workbook {file.suffix.lower()} is not read", save)
    with file.open("rb") as there:
        if there.read(4) == _OLE:
            if _ENCRYPTED in there.read():
                raise RefusedError("the workbook is encrypted", "save it without a password")
            raise RefusedError("this is a workbook of the old format (.xls)", save)
    with _told("the file"), zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
        if len(parts) > MAX_PARTS:
            raise RefusedError(f"the workbook has {len(parts):,} parts", f"at most {MAX_PARTS:,}")
        unpacked = sum(part.file_size for part in parts)
        if unpacked > MAX_UNPACKED:
            raise RefusedError(f"the workbook has {unpacked:,} bytes unpacked", f"at most {MAX_UNPACKED:,}")
        names = {part.filename for part in parts}
        if "xl/workbook.xml" not in names:
            raise RefusedError("this is no Excel workbook", save)
        if any(name.startswith("xl/externalLinks/") for name in names):
            right = "break the links (Data, Edit Links), so that the values stand in the cells"
            raise RefusedError("the workbook draws on other workbooks", right)
        for part in parts:
            if part.file_size > MAX_SMALL and not part.filename.startswith(_LARGE):
                wrong = f"{part.filename} has {part.file_size:,} bytes unpacked"
                raise RefusedError(wrong, f"at most {MAX_SMALL:,} where no cells stand")
        cells = itertools.count()
        return {
            part.filename: _merged_in(archive, part, cells)
            for part in parts
            if not part.filename.startswith("xl/media/")
        }


def _merged_in(archive: zipfile.ZipFile, part: zipfile.ZipInfo, cells: Iterator[int]) -> list[str]:
    """Merged cells that a part tells of; a part that declares entities is refused, and one cell too many."""
    found: dict[str, None] = {}
    kept = b""
    with archive.open(part) as content:
        while chunk := content.read(_CHUNK):
            kept += chunk
            for _ in _CELL.finditer(chunk):
                if next(cells) >= MAX_CELLS:
                    right = "leave out what is empty, or write an instance of this size in YAML and CSV"
                    raise RefusedError(f"the workbook has more than {MAX_CELLS:,} cells and rows", right)
            if any(word in kept for word in _DOCTYPES):
                raise RefusedError(f"{part.filename} declares a document type", "no workbook needs one")
            if any(int(row) > MAX_ROWS for row in _FAR_ROW.findall(kept)):
                raise RefusedError(f"{part.filename} has a row beyond {MAX_ROWS:,}", "no sheet has more; save it anew")
            found |= dict.fromkeys(match.decode() for match in _MERGED.findall(kept))
            kept = kept[-_OVERLAP:]
    return list(found)


@contextlib.contextmanager
def _told(what: str) -> Iterator[None]:
    """Turn whatever openpyxl raises at a damaged file into one refusal."""
    try:
        yield
    except (RefusedError, OptionsError):
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise RefusedError(f"{what} is damaged, or is no Excel workbook: {error}", "save it anew as .xlsx") from error
    except Exception as error:  # XML, types and references of every kind can be broken
        raise RefusedError(f"{what} cannot be read: {error!r}", "save it anew as .xlsx") from error


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without openpyxl's warnings of what it passes over: validation, styles, headers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _result(formula: Any, row: tuple[Any, ...]) -> Cell:
    """What a formula came to when the workbook was last saved."""
    if formula.column <= len(row) and row[formula.column - 1].value is not None:
        return _cell(row[formula.column - 1])
    right = "save the workbook by a spreadsheet program, or type the value"
    return Cell(formula.column, None, "the formula has no result", right)


def _cell(raw: Any) -> Cell:
    value = raw.value
    if raw.data_type == "e":
        return Cell(raw.column, None, f"the cell holds the error {value}", "a value")
    if isinstance(value, date | time | timedelta):
        right = "format the cell as text or number, and type what is meant again"
        return Cell(raw.column, None, f"the cell holds a date ({value})", right)
    if isinstance(value, str):
        escaped = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), value).strip()
        try:  # a character beyond 16 bits may be escaped in two halves
            return Cell(raw.column, escaped.encode("utf-16-le", "surrogatepass").decode("utf-16-le"))
        except UnicodeDecodeError:
            return Cell(raw.column, None, f"the cell holds half a character ({value!r})", "the whole of it, or none")
    if isinstance(value, bool | int | float):
        return Cell(raw.column, value)
    return Cell(raw.column, None, f"the cell holds a {type(value).__name__}", "a value")
