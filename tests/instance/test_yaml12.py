"""Scalars follow YAML 1.2, every value has its line, and what is hostile is refused."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest

from optimizer.errors import Fault
from optimizer.instance.yaml12 import MAX_DEPTH, Document, read_flow, read_yaml, scalar


def read(text: str) -> Document:
    return read_yaml(text, "a.yaml")


def only(document: Document) -> Fault:
    assert len(document.faults) == 1, document.faults
    return document.faults[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # YAML 1.1 makes booleans of these
        ("on", "on"),
        ("off", "off"),
        ("no", "no"),
        ("No", "No"),
        ("yes", "yes"),
        ("y", "y"),
        ("True", "True"),
        ("FALSE", "FALSE"),
        ("true", True),
        ("false", False),
        # and a base-60 number, dates, and numbers with underscores of these
        ("1:30", "1:30"),
        ("2027-01-01", "2027-01-01"),
        ("1_000", "1_000"),
        ("=", "="),
        ("<<", "<<"),
        # and strings of these
        ("4e8", 4e8),
        ("4E+8", 4e8),
        ("-4e-2", -0.04),
        ("4.0e8", 4e8),
        ("4.e8", 4e8),
        (".5", 0.5),
        ("+.5", 0.5),
        ("5.", 5.0),
        ("0.0", 0.0),
        # octal takes 0o; a leading zero changes nothing
        ("0123", 123),
        ("0o17", 15),
        ("0x1F", 31),
        ("0b11", "0b11"),
        ("+7", 7),
        ("-0", 0),
        ("0o8", "0o8"),
        ("0x", "0x"),
        ("-0o7", "-0o7"),
        # null
        ("null", None),
        ("Null", None),
        ("~", None),
        ("none", "none"),
        ("None", "None"),
        # not numbers
        (".", "."),
        ("e8", "e8"),
        ("1e", "1e"),
        ("1.2.3", "1.2.3"),
        ("1 000", "1 000"),
        ("1,5", "1,5"),
        ("٣", "٣"),
        ("-.inf", -math.inf),
        (".INF", math.inf),
        ("inf", "inf"),
        ("nan", "nan"),
    ],
)
def test_scalar(text: str, value: Any) -> None:
    found = scalar(text)
    assert found == value
    assert type(found) is type(value)
    if text not in ("=", "<<"):
        assert read(f"a: {text}\n").data == {"a": value}


def test_nan_is_a_number() -> None:
    assert math.isnan(scalar(".nan"))


@pytest.mark.parametrize("quoted", ["'4e8'", '"4e8"', "|-\n  4e8", ">-\n  4e8"])
def test_what_is_quoted_is_text(quoted: str) -> None:
    assert read(f"a: {quoted}\n").data == {"a": "4e8"}


@pytest.mark.parametrize("word", ["no", "true", "null", "1", ""])
def test_quoted_words_stay_words(word: str) -> None:
    assert read(f"a: '{word}'\n").data == {"a": word}


def test_huge_numbers() -> None:
    digits = "9" * 400
    found = read(f"a: {digits}\nb: {'9' * 5000}\nc: 123456789012345678901234567890\n")
    assert found.data["a"] == math.inf
    assert found.data["b"] == math.inf
    assert found.data["c"] == 123456789012345678901234567890
    assert scalar("1e999") == math.inf
    assert isinstance(scalar("0x" + "f" * 400), str)
    assert isinstance(scalar("0o" + "7" * 5000), str)


def test_keys_are_scalars_too() -> None:
    assert read("2027: 1\nno: 2\n'3': 4\ntrue: 5\n").data == {2027: 1, "no": 2, "3": 4, True: 5}


def test_every_value_has_its_line() -> None:
    document = read("a:\n  b: 1\n  c:\n  - x\n  - {d: 2,\n     e: 3}\n")
    lines = {path: where.line for path, where in document.places.items()}
    assert lines["a",] == 1
    assert lines["a", "b"] == 2
    assert lines["a", "c", 0] == 4
    assert lines["a", "c", 1] == 5
    assert lines["a", "c", 1, "e"] == 6
    assert {where.file for where in document.places.values()} == {"a.yaml"}


def test_key_given_twice() -> None:
    document = read("a:\n  b: 1\n  c: 2\n  b: 3\n")
    fault = only(document)
    assert str(fault) == "a.yaml:4 a.b: 'b' is given twice; the first is at line 2; keep one"
    assert document.data == {"a": {"b": 1, "c": 2}}


def test_key_given_twice_in_other_words() -> None:
    assert "given twice" in only(read("1: a\n0x1: b\n")).wrong
    assert "given twice" in only(read("a: 1\n'a': 2\n")).wrong
    assert read("1: a\n'1': b\n").faults == [], "a number and a word are not the same key"
    for other in ("2027.0", "2.027e3", "0x7eb"):
        document = read(f"2027: a\n{other}: b\n")
        assert "given twice" in only(document).wrong
        assert document.data == {2027: "a"}
    assert "given twice" in only(read("1: a\ntrue: b\n")).wrong


def test_many_keys_given_twice_are_told_in_no_time() -> None:
    """Each is looked up, and not looked for."""
    begun = time.process_time()
    document = read("".join(f"k{number}: 1\n" for number in range(10_000)) + "k9999: 1\n" * 10_000)
    assert len(document.faults) == 10_000
    assert time.process_time() - begun < 5


def test_key_given_three_times() -> None:
    assert len(read("a: 1\na: 2\na: {b: 1, b: 2}\n").faults) == 3


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a: &x 1\n", "anchor '&x'"),
        ("a: &x {b: 1}\n", "anchor '&x'"),
        ("a: !!python/object/apply:os.system [ls]\n", "tag"),
        ("a: !!float 1\n", "tag"),
        ("a: !mine 1\n", "tag '!mine'"),
        ("? {a: 1}\n: 2\n", "a key that is not a plain word"),
        ("? [a, b]\n: 2\n", "a key that is not a plain word"),
        ("a: 1\n---\nb: 2\n", "second document"),
    ],
)
def test_refused(text: str, word: str) -> None:
    fault = only(read(text))
    assert word in fault.wrong
    assert fault.where.line >= 1


def test_alias_is_refused_where_it_stands() -> None:
    document = read("a: &x [1]\nb: *x\n")
    assert [fault.where.line for fault in document.faults] == [1, 2]
    assert "alias '*x'" in document.faults[1].wrong


def test_laughs_do_not_multiply() -> None:
    lines = ["a0: &a0 [lol, lol]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert read("\n".join(lines)).faults


def test_depth() -> None:
    deepest = "[" * (MAX_DEPTH - 1) + "1" + "]" * (MAX_DEPTH - 1)
    assert read(f"a: {deepest}").faults == []
    deeper = "[" * MAX_DEPTH + "1" + "]" * MAX_DEPTH
    assert "levels deep" in only(read(f"a: {deeper}")).wrong
    assert "levels deep" in only(read("[" * 20_000)).wrong
    assert "levels deep" in only(read("a:\n" + "".join(" " * n + "a:\n" for n in range(1, 500)))).wrong


@pytest.mark.parametrize(
    "text", ["a: [1, 2\n", "a: 'x\n", "a: b: c\n", "\ta: 1\n", "a: 1\n b: 2\n", "a: {b\n", "%YAML 1.2\n", "a: @b\n"]
)
def test_unreadable_text(text: str) -> None:
    fault = only(read(text))
    assert fault.wrong.startswith("not readable as YAML")
    assert fault.where.file == "a.yaml"
    assert fault.where.line >= 1


@pytest.mark.parametrize("text", ["a: \0\n", "\0", "a: \x01\n", "a: b\x7f\n", "a: \ud800\n"])
def test_control_characters(text: str) -> None:
    assert "not readable as YAML" in only(read(text)).wrong


@pytest.mark.parametrize(("text", "data"), [("", None), ("# only a comment\n", None), ("- 1\n", [1]), ("word", "word")])
def test_other_than_a_mapping(text: str, data: Any) -> None:
    document = read(text)
    assert document.data == data
    assert document.faults == []


def test_flow_in_a_cell_has_the_line_of_the_cell() -> None:
    document = read_flow("{a: [1, no, 4e8]}", "t.csv", 7)
    assert document.data == {"a": [1, "no", 4e8]}
    assert {where.line for where in document.places.values()} == {7}
    assert str(only(read_flow("{a: 1, a: 2}", "t.csv", 7)).where) == "t.csv:7"
    assert str(only(read_flow("[1, 2", "t.csv", 7)).where) == "t.csv:7"
