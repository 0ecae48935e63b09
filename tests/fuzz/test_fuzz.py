"""Some hostile instances at every run, and by name those that once got through; `fuzz.run` goes on for longer."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings

import optimizer
from optimizer.errors import InstanceError
from optimizer.instance import yaml12
from optimizer.instance.yaml12 import read_yaml

from . import guard
from .guard import MAIN, BrokenError, Case, hold, told
from .inputs import BOMB, SOUND, cases, field_names

SOUND_TEXT = SOUND[0].read_text(encoding="utf-8")


@settings(
    max_examples=30, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(case=cases())
def test_an_instance_is_read_or_refused(case: Case, tmp_path_factory: pytest.TempPathFactory) -> None:
    """By an error of the product's own, in time, within a gibibyte, without a look outside its folder."""
    hold(case, tmp_path_factory.mktemp("case"))


def changed(**sections: Any) -> bytes:
    """The sound instance with other sections."""
    data = read_yaml(SOUND_TEXT, MAIN).data | sections
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True).encode()


def overlay(words: str) -> dict[str, bytes]:
    """An overlay on the sound instance."""
    text = f"schema: 1\nname: laid\nextends: base.yaml\n{words}\n"
    return {"base.yaml": SOUND_TEXT.encode(), MAIN: text.encode()}


def halved() -> bytes:
    """The sound instance as a workbook, with half a character in a head."""
    with tempfile.TemporaryDirectory() as folder:
        file = optimizer.workbook(optimizer.load(SOUND[0]), Path(folder) / "b.xlsx")
        book = openpyxl.load_workbook(file)
        book["facilities"]["A1"] = "id_xD800_"
        book.save(file)
        return file.read_bytes()


def packed(**parts: bytes) -> bytes:
    """An archive with a workbook's first part, and others."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {"xl/workbook.xml": b"<workbook/>", **parts}.items():
            archive.writestr(name, content)
    return out.getvalue()


TWICE = SOUND_TEXT.replace("price: {2027: 120000}", "price: {2027: 120000, 2027.0: 1}")
"""Nothing else in it is wrong, so where the second does not count as the first again one of the two is dropped."""

HOSTILE = {
    "a table's name that no file can have": Case({MAIN: changed(lanes="a" * 300 + ".csv")}),
    "a base's name that no file can have": Case({MAIN: b"schema: 1\nname: x\nextends: " + b"a" * 300}),
    "a NUL in a table's name": Case({MAIN: changed(lanes="a\0.csv")}),
    "a NUL in a base's name": Case({MAIN: b'schema: 1\nname: x\nextends: "a\\0b"'}),
    "half a character": Case({MAIN: b'schema: 1\nname: "\\ud800"'}),
    "a link to itself": Case({}, links={MAIN: MAIN}),
    "a base that is a link to itself": Case({MAIN: b"schema: 1\nname: x\nextends: l.yaml"}, links={"l.yaml": "l.yaml"}),
    "a table that is a link to itself": Case({MAIN: changed(lanes="l.csv")}, links={"l.csv": "l.csv"}),
    "a table that is a link outside": Case({MAIN: changed(lanes="l.csv")}, links={"l.csv": "/etc/passwd"}),
    "a table that is a device": Case({MAIN: changed(lanes="l.csv")}, links={"l.csv": "/dev/zero"}),
    "a base that is a device": Case(overlay("") | {MAIN: b"schema: 1\nname: x\nextends: /dev/zero"}),
    "aliases of aliases": Case({MAIN: BOMB.encode()}),
    "one key twice, as two numbers": Case({MAIN: TWICE.encode()}),
    "many keys twice": Case({MAIN: b"".join(b"k%d: 1\n" % n for n in range(1000)) + b"k999: 1\n" * 1000}),
    "nothing but a table without a name": Case({MAIN: b"demand: "}),
    "nothing in braces": Case({MAIN: b"{}"}),
    "a base of nothing": Case(overlay("") | {"base.yaml": b"{}"}),
    "depth": Case({MAIN: b"schema: " + b"[" * 100_000}),
    "a table that is no text": Case({MAIN: changed(lanes="l.csv"), "l.csv": b"\xff\xfe"}),
    "a number of many digits": Case({MAIN: changed(discount_rate=10**400)}),
    "a workbook that unpacks to much": Case({"b.xlsx": packed(**{"xl/styles.xml": bytes(9 << 20)})}, "b.xlsx"),
    "a workbook of empty cells": Case({"b.xlsx": packed(**{"xl/worksheets/a.xml": b"<c/>" * 2_000_000})}, "b.xlsx"),
    "a workbook of empty rows": Case({"b.xlsx": packed(**{"xl/worksheets/a.xml": b"<x:row/>" * 2_000_000})}, "b.xlsx"),
    "a workbook with half a character": Case({"b.xlsx": halved()}, "b.xlsx"),
    "a workbook of nothing": Case({"b.xlsx": packed()}, "b.xlsx"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile(name: str, tmp_path: Path) -> None:
    """Refused, by the command line with 2."""
    assert not hold(HOSTILE[name], tmp_path)
    assert told(tmp_path / HOSTILE[name].main) == 2


def test_nothing_is_refused_with_all_that_is_missing(tmp_path: Path) -> None:
    """Not with no fault at all, which `validate` took for none wrong, nor with the table's fault alone."""
    missing = {f"'{key}' is missing" for key in ("schema", "name", "periods", "facilities", "markets")}
    for number, (name, more) in enumerate((("nothing in braces", 0), ("nothing but a table without a name", 1))):
        folder = tmp_path / str(number)
        folder.mkdir()
        with pytest.raises(InstanceError) as refused:
            optimizer.load(HOSTILE[name].write(folder))
        assert missing < {fault.wrong for fault in refused.value.faults}
        assert len(refused.value.faults) == 12 + more
    with pytest.raises(ValueError, match="refused without a fault"):
        InstanceError("x.yaml", [])


@pytest.mark.parametrize("name", ["a workbook of empty cells", "a workbook of empty rows"])
def test_a_workbook_of_many_cells_is_refused_before_it_is_read(name: str, tmp_path: Path) -> None:
    """Sixteen kilobytes that would take minutes."""
    case = HOSTILE[name]
    assert len(case.files["b.xlsx"]) < 100_000
    with pytest.raises(InstanceError, match="more than 1,000,000 cells and rows"):
        optimizer.load(case.write(tmp_path))


def test_the_same_key_as_two_numbers_is_the_one_fault(tmp_path: Path) -> None:
    """Told as what it is."""
    assert TWICE != SOUND_TEXT
    with pytest.raises(InstanceError) as refused:
        optimizer.load(HOSTILE["one key twice, as two numbers"].write(tmp_path))
    assert [fault.wrong for fault in refused.value.faults] == ["'2027.0' is given twice"]


def test_more_values_than_an_instance_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading ends there: at the limit it is read, at one value more it is refused, and once."""
    text = "a: [1, 2, 3]\nb: {c: 4, d: [5]}"  # five values, two lists, two mappings: nine
    monkeypatch.setattr(yaml12, "MAX_NODES", 9)
    assert read_yaml(text, MAIN).faults == []
    monkeypatch.setattr(yaml12, "MAX_NODES", 8)
    assert [fault.wrong for fault in read_yaml(text, MAIN).faults] == ["the file is more than 8 values"]


@pytest.mark.slow
def test_two_million_values_are_refused_in_time(tmp_path: Path) -> None:
    """Four megabytes of nothing else, within the guard's seconds and gibibyte."""
    case = Case({MAIN: b"schema: [" + b"1," * (yaml12.MAX_NODES + 1) + b"1]"})
    file = case.write(tmp_path)
    with guard.limited(), pytest.raises(InstanceError, match=f"more than {yaml12.MAX_NODES} values"):
        optimizer.load(file)


def test_the_sound_ones_are_accepted(tmp_path: Path) -> None:
    """Else nothing behind the first check would be tried; and the guard lets them pass."""
    for number, file in enumerate(SOUND):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert hold(Case({MAIN: file.read_bytes()}), folder), file
        assert told(folder / MAIN) == 0
    assert {"capex", "lead", "onset", "shortage_cost", "content"} <= set(field_names())


def _spin() -> None:
    while True:
        pass


@pytest.mark.parametrize(
    ("does", "says"),
    [
        (lambda: Path("/etc/passwd").read_bytes(), "read outside the folder: /etc/passwd"),
        (lambda: list(Path("/etc").iterdir()), "read outside the folder: /etc"),
        (lambda: bytearray(2 << 30), "MemoryError"),
        (_spin, "more than 0.1 s of the processor"),
        (lambda: int("x"), "ValueError: invalid literal"),
    ],
)
def test_the_guard_sees(does: Any, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What no reader may do, where one does it."""
    monkeypatch.setattr(optimizer, "load", lambda _: does())
    monkeypatch.setattr(guard, "SECONDS", 0.1 if does is _spin else guard.SECONDS)
    with pytest.raises(BrokenError, match=says):
        hold(Case({MAIN: b""}), tmp_path)
