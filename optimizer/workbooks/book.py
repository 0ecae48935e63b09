"""Writes sheets, row by row. What comes from elsewhere is words or numbers, no formula; no link leaves the file."""

from __future__ import annotations

import io
import math
import re
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from optimizer.errors import letters
from optimizer.instance.cells import LONGEST, units_of_length
from optimizer.instance.sheets import spreadsheets

CREATOR = "trusted-supply-optimizer"
FONT = "Calibri"
INK, PALE, LINE = "1F3864", "DCE6F1", "B8C4D6"
LONGEST_NAME = 31
"""Letters of a sheet's name at most."""
LONGEST_HEAD = 200
"""Letters of the head of a printed page that are left for a banner, of 255 in all."""
NARROW, WIDE = 6, 60
"""Letters that a column is wide at least and at most."""
POINTS, HEIGHT = 11, 15.0
"""The size of plain letters, and how high a line of them is, both in points."""
HIGHEST = 400.0
"""Points that a row is high at most; a spreadsheet has no more than 409."""
BROADER = 1.15
"""How much broader letters may be than the font's, where a machine has another in its place, or bold."""

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_LIKE_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f']")


@dataclass(frozen=True, slots=True)
class Look:
    """How a cell looks.

    Attributes:
        format: of numbers, as Excel writes it.
        bold: whether.
        size: of letters, points.
        ink: colour of letters.
        fill: colour behind them; empty for none.
        wrap: whether words are broken into lines.
        right: whether it stands at the right.
        left: whether it stands at the left, a number too.
        line: whether a line is drawn below.
        indent: steps set in.
    """

    format: str = "General"
    bold: bool = False
    size: int = 11
    ink: str = "000000"
    fill: str = ""
    wrap: bool = False
    right: bool = False
    left: bool = False
    line: bool = False
    indent: int = 0


PLAIN = Look()
HEAD = Look(bold=True, ink="FFFFFF", fill=INK, wrap=True)
HEAD_RIGHT = Look(bold=True, ink="FFFFFF", fill=INK, wrap=True, right=True, indent=1)
NUMBER = Look(right=True, indent=1)
"""Set in from the right, so that words in the next column do not touch it."""
TITLE = Look(bold=True, size=16, ink=INK)
HEADING = Look(bold=True, size=12, ink=INK)
WRAPPED = Look(wrap=True)
LINKED = Look(ink="0563C1")


@dataclass(frozen=True, slots=True)
class Entry:
    """A cell with a look, or a link to a sheet.

    Attributes:
        value: words or a number; None for an empty cell.
        look: of the cell.
        sheet: that a click leads to; empty for none.
    """

    value: str | float | bool | None
    look: Look = PLAIN
    sheet: str = ""


@dataclass(slots=True)
class Options:
    """What a sheet has besides its cells.

    Attributes:
        widths: of the columns, in letters.
        frozen: the first cell that moves, such as B2; empty where all moves.
        filtered: the range with filters, such as A1:D9; empty for none.
        landscape: whether it is printed across.
        repeated: whether the first row stands on top of every printed page.
        lists: ranges with a list of what may stand there: range, words or a reference, whether others are refused.
    """

    widths: Sequence[float] = ()
    frozen: str = ""
    filtered: str = ""
    landscape: bool = True
    repeated: bool = False
    lists: list[tuple[str, str, bool]] = field(default_factory=list)


class Names:
    """Names of sheets: legal, at most 31 letters, and no two alike."""

    def __init__(self) -> None:
        """Begin with the one that Excel keeps for itself."""
        self._taken = {"history"}

    def take(self, wanted: str) -> str:
        """The name that a sheet gets which would be called so."""
        legal = _FORBIDDEN.sub("_", safe_text(wanted)).strip() or "sheet"
        name, number = legal[:LONGEST_NAME], 1
        while name.lower() in self._taken:
            number += 1
            name = f"{legal[: LONGEST_NAME - len(str(number)) - 1]}_{number}"
        self._taken.add(name.lower())
        return name


class Book:
    """A workbook that is being written.

    Attributes:
        names: of its sheets; each is taken before its sheet is added.
    """

    def __init__(self, title: str, category: str, banner: str = "") -> None:
        """Begin.

        Args:
            title: of the file.
            category: what it is, by which it is known again.
            banner: that stands in the head and the foot of every printed page; empty for none.

        Raises:
            OptionsError: openpyxl is not installed.
        """
        self._book: Any = spreadsheets().Workbook(write_only=True)
        self._book.properties.creator = self._book.properties.lastModifiedBy = CREATOR
        self._book.properties.title = safe_text(title)
        self._book.properties.category = category
        self._looks: dict[tuple[Look, bool], Any] = {}
        self._banner = _in_head(banner)
        self.names = Names()

    def add(self, name: str, rows: Iterable[Sequence[Any]], options: Options) -> None:
        """Write a sheet.

        Args:
            name: from `names`.
            rows: values or `Entry`, a row as long as it needs to be.
            options: see there.
        """
        from openpyxl.worksheet.datavalidation import DataValidation  # noqa: PLC0415

        sheet = self._book.create_sheet(name)
        for number, width in enumerate(options.widths, 1):
            sheet.column_dimensions[letters(number)].width = min(max(width, NARROW), 2 * WIDE)
        sheet.freeze_panes = options.frozen or None
        sheet.page_setup.orientation = "landscape" if options.landscape else "portrait"
        sheet.page_setup.fitToHeight = 0
        sheet.sheet_properties.pageSetUpPr = _fit_to_width()
        place = sheet.oddFooter.right if self._banner else sheet.oddFooter.center
        place.text = "&A, page &P of &N"
        if self._banner:
            sheet.oddHeader.center.text = sheet.oddFooter.center.text = self._banner
        if options.repeated:
            sheet.print_title_rows = "1:1"
        for number, row in enumerate(rows, 1):
            entries = [value if isinstance(value, Entry) or value is None else Entry(value) for value in row]
            height = height_of(entries, options.widths)
            if height > HEIGHT:  # not every spreadsheet works out heights when it opens a file
                sheet.row_dimensions[number].height = height
            sheet.append([None if entry is None else self._cell(sheet, entry) for entry in entries])
        if options.filtered:
            sheet.auto_filter.ref = options.filtered
        for where, formula, strict in options.lists:
            there = DataValidation(
                type="list", formula1=formula, allow_blank=True, errorStyle="stop" if strict else "warning"
            )
            there.showErrorMessage = True
            there.errorTitle = "Not in the list"
            there.error = "This value is not in the list." + ("" if strict else " Keep it all the same?")
            there.add(where)
            sheet.data_validations.append(there)
        sheet.close()

    def _cell(self, sheet: Any, entry: Entry) -> Any:
        from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415
        from openpyxl.worksheet.hyperlink import Hyperlink  # noqa: PLC0415

        cell: Any = WriteOnlyCell(sheet)
        value = entry.value
        if isinstance(value, bool):
            cell.value = value
        elif isinstance(value, (int, float)):
            if math.isfinite(value):  # its shortest exact form: openpyxl's own has 16 digits, and loses the last bit
                cell._value = repr(float(value)) if isinstance(value, float) else repr(value)
                cell.data_type = "n"
            else:
                cell.value = str(value)
        elif value:
            cell._value, cell.data_type = _LIKE_ESCAPE.sub("_x005F_", safe_text(value)), "s"
        cell._style = self._style(sheet, entry.look, quoted=isinstance(value, str) and value[:1] in "=+-@\t\r")
        if entry.sheet:
            cell.hyperlink = Hyperlink(ref="", location=f"'{entry.sheet}'!A1", display=str(value))
            cell.hyperlink.id = None
        return cell

    def _style(self, sheet: Any, look: Look, *, quoted: bool) -> Any:
        """The style of a look, made once; words that begin as a formula does are marked as words."""
        key = (look, quoted)
        if key not in self._looks:
            from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415
            from openpyxl.styles import Alignment, Border, Font, PatternFill, Side  # noqa: PLC0415

            cell: Any = WriteOnlyCell(sheet)
            cell.number_format = look.format
            cell.font = Font(name=FONT, bold=look.bold, size=look.size, color=f"FF{look.ink}")
            if look.fill:
                cell.fill = PatternFill("solid", fgColor=f"FF{look.fill}")
            if look.line:
                cell.border = Border(bottom=Side("thin", color=f"FF{LINE}"))
            side = "right" if look.right else "left" if look.left or look.wrap or look.indent else None
            cell.alignment = Alignment(side, "top", wrap_text=look.wrap or None, indent=look.indent)
            style = cell._style
            style.quotePrefix = int(quoted)
            self._looks[key] = style
        return self._looks[key]

    def save(self, file: Path, check: Callable[[Path], None] | None = None) -> None:
        """Write the file whole or not at all.

        Args:
            file: where.
            check: raises where what was written is not as it should be.
        """
        file.parent.mkdir(parents=True, exist_ok=True)
        made = file.with_name(f".{file.stem}.new{file.suffix}")
        try:
            # openpyxl notes when it saves: whoever saves it later is known by the time between.
            self._book.properties.created = datetime.now(UTC).replace(tzinfo=None)
            whole = io.BytesIO()  # an archive that the disk has no room for complains once more when it is taken away
            self._book.save(whole)
            made.write_bytes(whole.getbuffer())
            if check is not None:
                check(made)
            made.replace(file)
        finally:
            made.unlink(missing_ok=True)


def _fit_to_width() -> Any:
    from openpyxl.worksheet.properties import PageSetupProperties  # noqa: PLC0415

    return PageSetupProperties(fitToPage=True)


def _in_head(banner: str) -> str:
    """A banner as heads of printed pages take it, with their codes; one too long for them says where it is."""
    text = safe_text(banner).replace("&", "&&")
    return text if len(text) <= LONGEST_HEAD else "MARKED: THE FIRST SHEET SAYS HOW"


def safe_text(text: str) -> str:
    """Words as a sheet can hold them: characters that it cannot are shown by their number, and the rest is cut."""
    kept = _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    while units_of_length(kept) > LONGEST:
        kept = kept[: LONGEST - 3 - sum(ord(letter) > 0xFFFF for letter in kept)] + "..."
    return kept


def width_of(texts: Iterable[str]) -> float:
    """The width of a column, in letters, that shows these."""
    longest = max((max(map(len, text.split("\n"))) for text in texts if text), default=0)
    return min(max(longest + 2, NARROW), WIDE)


def height_of(entries: Sequence[Entry | None], widths: Sequence[float]) -> float:
    """How high a row must be that shows all of its words, in points.

    Args:
        entries: of the row.
        widths: of the columns, in letters of plain size.
    """
    highest = HEIGHT
    for place, entry in enumerate(entries):
        if entry is None or entry.value is None:
            continue
        look, text = entry.look, str(entry.value)
        if look.size == POINTS and (not look.wrap or (len(text) < NARROW and "\n" not in text)):
            continue  # one line, as nearly all cells are
        lines = 1
        if look.wrap:
            width = min(max(widths[place], NARROW), 2 * WIDE) if place < len(widths) else NARROW
            fit = max(int(width * POINTS / look.size / BROADER), 1)
            lines = sum(len(textwrap.wrap(part, fit)) or 1 for part in text.split("\n"))
        highest = max(highest, lines * HEIGHT * look.size / POINTS)
    return min(highest, HIGHEST)
