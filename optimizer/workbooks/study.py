"""One workbook: of a result folder, or of an instance."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

from optimizer.errors import OptionsError, PlanError
from optimizer.folders import instead_of
from optimizer.instance.instance import Instance
from optimizer.pages.kinds import KINDS, WITHOUT_PAGE
from optimizer.run import load
from optimizer.workbooks.book import CREATOR
from optimizer.workbooks.instances import save_instance
from optimizer.workbooks.results import CATEGORY, book_of

SUFFIX = ".xlsx"
_CORE, _PROGRAM = "docProps/core.xml", "docProps/app.xml"
_WRITTEN_BY = "Microsoft Excel"
"""How openpyxl, in every version, begins the program's name. Excel's own begins so too; it says who saved, and when."""
_MOST = 1 << 20
"""Bytes of the properties of a workbook at most."""
_AT_ONCE = timedelta(seconds=1)
"""Between making and saving, in properties that count seconds."""


def workbook(
    given: Path | str | Instance, file: Path | str | None = None, *, verdicts: Path | str | None = None
) -> Path:
    """Write one workbook (xlsx) of a result folder, or of an instance.

    That of a result has a cover with the answer, a list of contents, the report's tables and every table of the folder;
    nothing is computed anew. That of an instance can be edited and given to every command that takes an instance.

    Args:
        given: a result folder that `report` has a page for; or an instance, or its file or folder.
        file: where; default beside the result folder, or NAME.xlsx in the working folder. An earlier workbook of a
            result that nobody has saved since is replaced; nothing else is.
        verdicts: a result folder of `verdicts` or `alternatives` on the plan's instance: its answer leads the cover,
            and its options have a sheet.

    Returns:
        The file that was written.

    Raises:
        InstanceError: the instance has faults.
        OptionsError: the name of the file does not end in .xlsx, a value is too long for a cell, verdicts are given
            for an instance, or openpyxl is not installed.
        PlanError: a folder is missing, broken or without a page; the verdicts are none on the plan; or something else
            is in the file's place.

    Example:
        >>> import optimizer
        >>> instance = optimizer.load("docs/examples/two_plants.yaml")
        >>> file = optimizer.workbook(instance, "results/two_plants_instance.xlsx")
        >>> optimizer.load(file) == instance
        True
    """
    folder = None if isinstance(given, Instance) else Path(given)
    if folder is not None and _holds_result(folder):
        target = _target(file, _beside(folder))
        _check(target, may_replace=_is_ours(target))
        book_of(folder, None if verdicts is None else Path(verdicts)).save(target)
        return target
    if verdicts is not None:
        raise OptionsError("verdicts lead the cover of a plan's workbook; that of an instance has none")
    instance = given if isinstance(given, Instance) else load(given)
    target = _target(file, Path(instance.name + SUFFIX))
    _check(target, may_replace=False)
    save_instance(instance, target)
    return target


def _holds_result(folder: Path) -> bool:
    notes = [*(kind.note for kind in KINDS), *WITHOUT_PAGE]
    if folder.is_dir() and not (folder / "instance.yaml").is_file() and not any((folder / n).is_file() for n in notes):
        known = ", ".join(kind.note for kind in KINDS)
        instead = instead_of(folder, *notes) or f" (none of {known})"
        raise PlanError(f"{folder} is neither an instance (it has no instance.yaml) nor a result{instead}")
    return folder.is_dir() and any((folder / note).is_file() for note in notes)


def _beside(folder: Path) -> Path:
    named = folder if folder.name not in ("", "..") else folder.resolve()
    return named.with_name(named.name + SUFFIX)


def _target(file: Path | str | None, default: Path) -> Path:
    target = default if file is None else Path(file)
    if target.suffix.lower() != SUFFIX:
        raise OptionsError(f"{target}: a workbook is a {SUFFIX} file; name it so with -o")
    return target


def _check(target: Path, *, may_replace: bool) -> None:
    if target.is_dir():
        raise PlanError(f"{target} is a folder; name a file for the workbook with -o, such as starter.xlsx")
    if target.exists() and not may_replace:
        raise PlanError(
            f"{target} is there already; only a workbook of a result that nobody has saved since is replaced; "
            "name another file with -o"
        )


def _is_ours(target: Path) -> bool:
    """Whether a file is a workbook of a result as it was written."""
    try:
        with zipfile.ZipFile(target) as archive:
            said, program = _properties(archive, _CORE), _properties(archive, _PROGRAM)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, ElementTree.ParseError):
        return False
    as_written = said.get("category") == CATEGORY and said.get("lastModifiedBy") == CREATOR
    # LibreOffice may save a workbook and change neither who saved it nor when.
    return as_written and (program.get("Application") or "").startswith(_WRITTEN_BY) and not _saved_later(said)


def _properties(archive: zipfile.ZipFile, name: str) -> dict[str, str | None]:
    with archive.open(name) as there:
        text = there.read(_MOST)
    if b"<!DOCTYPE" in text:
        raise ValueError("a document type in a workbook's properties")
    return {element.tag.rpartition("}")[2]: element.text for element in ElementTree.fromstring(text)}


def _saved_later(said: Mapping[str, str | None]) -> bool:
    """Whether it was saved after it was made: a script that saves it may leave all else as it is."""
    try:
        made, saved = (datetime.fromisoformat(said[name] or "") for name in ("created", "modified"))
    except (KeyError, ValueError):
        return True
    return saved - made > _AT_ONCE
