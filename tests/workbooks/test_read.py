"""Workbooks that are refused, by cell, all faults at once; and what a spreadsheet does to cells that is understood."""

from __future__ import annotations

import datetime
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.params import some_fast

import optimizer
from optimizer.errors import Where
from optimizer.instance import sheets

from .conftest import ROOT, Edit, cell, faults, setting

Edited = Callable[[Edit], Path]


def _set(sheet: str, name: str, value: Any) -> Edit:
    def edit(book: Any) -> None:
        cell(book, sheet, name).value = value

    return edit


def _merge(book: Any) -> None:
    book["facilities"].merge_cells("A2:A3")


def _twice(book: Any) -> None:
    book["instance"].append(["discount_rate", 0.1])


def _headless(book: Any) -> None:
    book["lanes"]["AB3"].value = 5


def _rename(book: Any) -> None:
    book["facilities"]["B1"].value = "nam"


def _extra(book: Any) -> None:
    book.create_sheet("facilitys")


def _section_as_setting(book: Any) -> None:
    book["instance"].append(["materials", "{}"])


def _overlay(book: Any) -> None:
    book["instance"].append(["extends", "base.yaml"])


def _rename_unit(book: Any) -> None:
    head = next(each for each in book["options"][1] if str(each.value).startswith("capex"))
    head.value = "capex [M USD]"


def _unit_of_setting(book: Any) -> None:
    setting(book, "base_year").offset(column=1).value = "percent"


def _odd_digits(book: Any) -> None:
    book["instance"].append(["policy.budget.\u00b2", 1])


BROKEN: list[tuple[str, Edit, tuple[str, ...]]] = [
    ("number", _set("facilities", "capacity", "1,000"), ("two.xlsx facilities!", "facilities.home.capacity: '1,000'")),
    ("negative", _set("options", "capex", -5), ("two.xlsx options!", "-5 is out of range")),
    ("required", _set("facilities", "stage", None), ("two.xlsx facilities!C2", "'stage' is missing")),
    ("no id", _set("facilities", "id", "  "), ("two.xlsx facilities!A2", "the row has no id")),
    ("twice", _set("facilities", "id", "abroad"), ("'abroad' is given twice", "facilities!A2; keep one")),
    (
        "half",
        _set("facilities", "name", "a_xD83D_b"),
        ("facilities!B2", "half a character ('a_xD83D_b'); the whole of"),
    ),
    ("date", _set("facilities", "name", datetime.date(2027, 1, 5)), ("facilities!B2", "holds a date (2027-01-05")),
    ("error", _set("facilities", "capacity", "#REF!"), ("facilities!", "holds the error #REF!")),
    ("formula", _set("facilities", "capacity", "=1+1"), ("facilities!", "the formula has no result")),
    ("truth", _set("facilities", "stage", True), ("facilities!C2", "True is not a word")),
    ("list", _set("facilities", "capacity", "{2027: 1"), ("facilities!", "not readable as YAML")),
    ("owner", _set("options", "facility", "hom"), ("options!A2", "did you mean 'home'?")),
    ("merged", _merge, ("facilities!A1", "cells are merged: A2:A3")),
    ("key twice", _twice, ("instance!A", "'discount_rate' is given twice")),
    ("head", _headless, ("lanes!AB3", "a cell without a head")),
    ("column", _rename, ("facilities!B1", "unknown column 'nam'; did you mean 'name'?")),
    ("sheet", _extra, ("unknown sheet 'facilitys'; did you mean 'facilities'?",)),
    ("unit", _rename_unit, ("options!", "the unit is USD, not M USD; give values in USD, and name that or no unit")),
    ("unit of a setting", _unit_of_setting, ("instance!C", "'percent' is no unit of base_year")),
    ("key of odd digits", _odd_digits, ("policy.budget.\u00b2",)),
    ("section", _section_as_setting, ("instance!A", "fill the sheet 'materials'")),
    ("overlay", _overlay, ("instance!A", "'extends' is for overlays")),
    ("no settings", lambda book: book.remove(book["instance"]), ("there is no sheet 'instance'",)),
    ("no section", lambda book: book.remove(book["materials"]), ("'materials' is missing",)),
]


@pytest.mark.parametrize("case", some_fast(BROKEN, 3), ids=lambda case: str(case[0]))
def test_faults_name_the_cell(case: tuple[str, Edit, tuple[str, ...]], edited: Edited) -> None:
    """Where, which key, what is wrong, what would be right."""
    _, edit, words = case
    said = faults(edited(edit))
    for word in words:
        assert word in said, said


def test_all_faults_in_one_pass(edited: Edited) -> None:
    """In sheets and in settings."""

    def edit(book: Any) -> None:
        cell(book, "facilities", "capacity").value = "#DIV/0!"
        cell(book, "options", "capex").value = "much"
        setting(book, "discount_rate").value = 7

    said = faults(edited(edit))
    assert said.startswith("3 faults in ")
    assert "two.xlsx instance!B" in said
    assert "discount_rate: 7 is out of range; 1.0 or less" in said


def test_what_a_spreadsheet_does_and_is_understood(edited: Edited, exported: Path) -> None:
    """Numbers as text, spaces at ends, empty rows, empty columns, sheets for readers that are not there."""
    instance = optimizer.load(exported)

    def edit(book: Any) -> None:
        capacity = cell(book, "facilities", "capacity")
        capacity.value = f" {capacity.value} "
        stage = cell(book, "facilities", "stage")
        stage.value = f"{stage.value}\u00a0 "
        sheet = book["facilities"]
        sheet.insert_rows(3, 2)
        sheet["A3"].value = "   "
        sheet.insert_cols(1)
        del book["about"]
        del book["keys"]

    assert optimizer.load(edited(edit)) == instance


def test_a_character_in_two_escaped_halves_is_one(edited: Edited) -> None:
    """As programs write it that count 16 bits."""
    file = edited(_set("facilities", "name", "a_xD83D__xDE00_b"))
    assert next(iter(optimizer.load(file).facilities.values())).name == "a\U0001f600b"


def test_a_formula_is_its_result(edited: Edited) -> None:
    """As the program that saved it worked it out."""
    file = edited(_set("facilities", "capacity", "=40+2"))
    with zipfile.ZipFile(file) as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
    saved = {
        name: re.sub(rb"<f>40\+2</f><v ?/>|<f>40\+2</f><v></v>", b"<f>40+2</f><v>42</v>", text)
        for name, text in inside.items()
    }
    assert saved != inside
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in saved.items():
            archive.writestr(name, text)
    assert optimizer.load(file).facilities["home"].capacity[""].constant == 42.0


def test_files_that_are_no_workbook(tmp_path: Path, exported: Path) -> None:
    """Old format, encrypted, damaged, none at all, of another kind."""
    texts = {
        "old.xlsx": (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "the old format (.xls)"),
        "locked.xlsx": (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "without a password"),
        "text.xlsx": (b"schema: 1", "is no Excel workbook"),
        "cut.xlsx": (exported.read_bytes()[:-200], "is damaged"),
        "book.xls": (b"", "save it as an Excel workbook (.xlsx)"),
    }
    for name, (text, words) in texts.items():
        (tmp_path / name).write_bytes(text)
        assert words in faults(tmp_path / name), name
    assert "there is no file gone.xlsx" in faults(tmp_path / "gone.xlsx")


def _with(file: Path, target: Path, name: str, text: bytes) -> Path:
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            if part != name:
                new.writestr(part, old.read(part))
        new.writestr(name, text)
    return target


def test_hostile_files(tmp_path: Path, exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entities, links to other workbooks, and what unpacks to more than it may are refused before anything is built."""
    doctype = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    assert "declares a document type" in faults(_with(exported, tmp_path / "entity.xlsx", "xl/styles.xml", doctype))
    linked = _with(exported, tmp_path / "linked.xlsx", "xl/externalLinks/externalLink1.xml", b"<a/>")
    assert "draws on other workbooks" in faults(linked)
    hidden = _with(exported, tmp_path / "hidden.xlsx", "xl/worksheets/sheet1.dat", doctype)
    assert "declares a document type" in faults(hidden)
    far = b'<worksheet><sheetData><row r="999999999999"><c r="A1"><v>1</v></c></row></sheetData></worksheet>'
    assert "a row beyond 1,048,576" in faults(_with(exported, tmp_path / "far.xlsx", "xl/worksheets/sheet1.xml", far))
    styles = _with(exported, tmp_path / "styles.xlsx", "xl/styles.xml", b"<a/>" * 3_000_000)
    assert "at most 8,388,608 where no cells stand" in faults(styles)
    monkeypatch.setattr(sheets, "MAX_UNPACKED", 1_000_000)
    bomb = _with(exported, tmp_path / "bomb.xlsx", "xl/media/a.bin", b"\0" * 2_000_000)
    assert bomb.stat().st_size < 100_000
    assert "bytes unpacked; at most 1,000,000" in faults(bomb)


def test_an_overlay_may_extend_a_workbook(exported: Path, tmp_path: Path) -> None:
    """And its faults name the cells of the workbook."""
    (tmp_path / "base.xlsx").write_bytes(exported.read_bytes())
    (tmp_path / "dearer.yaml").write_text("extends: base.xlsx\nname: dearer\ndiscount_rate: 0.09\n", encoding="utf-8")
    assert optimizer.load(tmp_path / "dearer.yaml").discount_rate == 0.09
    assert optimizer.load(exported, ["discount_rate=0.08"]).discount_rate == 0.08


def test_places_of_sheets_are_written_as_a_spreadsheet_does() -> None:
    """Columns by letters; a place in a text file as before."""
    assert str(Where("a.xlsx lanes", 7, 28)) == "a.xlsx lanes!AB7"
    assert str(Where("a.xlsx lanes", 7, 1, {"cost": 702}).at("cost")) == "a.xlsx lanes!ZZ7"
    assert str(Where("lanes.csv", 7).at("cost")) == "lanes.csv:7"


def test_validate_takes_a_workbook(exported: Path) -> None:
    """The same findings as of the instance in YAML."""
    found = optimizer.validate(exported)
    asked = optimizer.validate(ROOT / "docs" / "examples" / "two_plants.yaml")
    assert not found.faults
    assert [finding.text for finding in found.findings] == [finding.text for finding in asked.findings]
