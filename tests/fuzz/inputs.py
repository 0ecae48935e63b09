"""Cases by the structure of an instance: sound ones with values, keys, tables, text and archives changed."""

from __future__ import annotations

import copy
import csv
import functools
import io
import math
import zipfile
from pathlib import Path
from typing import Any, get_args, get_origin

import yaml
from hypothesis import strategies as st
from pydantic import BaseModel

from optimizer.instance.fields import flatten
from optimizer.instance.instance import Instance
from optimizer.instance.table import SECTIONS, SIDE_TABLES
from optimizer.instance.write import Dumper
from optimizer.instance.yaml12 import read_yaml

from .guard import MAIN, Case

ROOT = Path(__file__).resolve().parents[2]
SOUND = (
    ROOT / "tests" / "instance" / "sound.yaml",
    ROOT / "instances" / "minimal" / "instance.yaml",
    ROOT / "docs" / "examples" / "two_plants.yaml",
)
Data = dict[Any, Any]
TABLES = [section.path[0] for section in SECTIONS if len(section.path) == 1] + [side.name for side in SIDE_TABLES]


@functools.cache
def _sound() -> tuple[Data, ...]:
    return tuple(read_yaml(file.read_text(encoding="utf-8"), file.name).data for file in SOUND)


@functools.cache
def field_names() -> tuple[str, ...]:
    """Every key that a record of the schema may have."""
    names: set[str] = set()
    seen: set[Any] = set()
    left: list[Any] = [Instance]
    while left:
        for kind in flatten(left.pop()):
            if get_origin(kind) is not None:
                left.extend(arg for arg in get_args(kind) if arg is not Ellipsis)
            elif isinstance(kind, type) and issubclass(kind, BaseModel) and kind not in seen:
                seen.add(kind)
                names |= {info.alias or name for name, info in kind.model_fields.items()}
                left.extend(info.annotation for info in kind.model_fields.values())
    return tuple(sorted(names))


NUMBERS = st.sampled_from([
    0, -0.0, 1, -1, 0.5, 1e-300, 5e-324, 1e15, 1e300, 1.7976931348623157e308, math.inf, -math.inf, math.nan, 2**53 + 1,
    10**300, 10**400, -(10**400), 1900, 2027, 2200, 2201, 99999999, 1e-9, 0.1 + 0.2,
])  # fmt: skip
WORDS = st.sampled_from([
    "", " ", "~", "null", "true", "no", "0x1f", "0o7", "1e999", ".inf", ".nan", "2027", "=1+1", "@x", "x" * 300, "x.csv",
    "../x.csv", "/etc/hostname", "./a.csv", "a" * 300 + ".csv", "\x00", "a\x00.csv", "\ud800", "\ud800.csv", "\u202e",
    "\U0001f600", "e\u0301", "\u2028", "a\nb", "[", "{a: 1}", "a;b", "<script>", "%s%n", "C:\\x.csv", "~/.csv", "CON.csv",
    "\r", "\ufeff", "-", "?", "!!python/object:os.system", "id", "__proto__", "A", "usa", "unknown", "all",
])  # fmt: skip
NAMES = st.sampled_from(field_names())
SCALARS = NUMBERS | WORDS | st.booleans() | st.none() | st.floats() | st.text(max_size=8) | st.integers() | NAMES
KEYS = (
    NAMES
    | WORDS.filter(lambda word: "\ud800" not in word)
    | st.integers(1890, 2210)
    | st.sampled_from([None, True, 0.5, math.nan])
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=5
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value in plain data."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(inner for key, item in items for inner in paths(item, (*path, key)))]


def at(value: Any, path: tuple[Any, ...]) -> Any:
    """What stands at a path."""
    for part in path:
        value = value[part]
    return value


@st.composite
def documents(draw: st.DrawFn, most: int = 4) -> Data:
    """A sound instance with some values changed, moved, taken away or added."""
    data = copy.deepcopy(draw(st.sampled_from(_sound())))
    for _ in range(draw(st.integers(0, most))):
        there = paths(data)[1:]
        if not there:
            return data
        *before, last = draw(st.sampled_from(there))
        holder = at(data, tuple(before))
        what = draw(st.sampled_from(["value", "value", "value", "delete", "swap", "key", "deep"]))
        if what == "value":
            holder[last] = draw(VALUES)
        elif what == "delete":
            del holder[last]
        elif what == "swap":
            holder[last] = copy.deepcopy(at(data, draw(st.sampled_from(there))))
        elif what == "key" and isinstance(holder, dict):
            holder[draw(KEYS)] = holder.pop(last) if draw(st.booleans()) else copy.deepcopy(holder[last])
        elif what == "deep":
            for _ in range(draw(st.sampled_from([2, 20, 24, 30, 300]))):
                holder[last] = [holder[last]] if draw(st.booleans()) else {"a": holder[last]}
    return data


def text_of(data: Any) -> str:
    """Plain data as YAML, whatever stands in it."""
    try:
        return yaml.dump(data, Dumper=Dumper, allow_unicode=True, sort_keys=False)
    except (yaml.YAMLError, RecursionError):
        return repr(data)


BOMB = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(24)
)
PIECES = st.sampled_from([
    "&a ", "*a", "!!binary ", "<<: *a\n", "---\n", "...\n", "%YAML 1.1\n", "? ", ": ", "- ", "\t", "\x00", "\x85", "\u2028",
    "#", "'", '"', "|\n", ">\n", "{", "}", "[", "]", ",", "\\ud800", "\\x00", "\r", "\ufeff", "schema: 1\n", "[" * 40,
    "{a: " * 40, "9" * 400, "0x" + "f" * 400, "name: x\nname: y\n", "1e999", "extends: instance.yaml\n", BOMB, '"\\ud800"',
])  # fmt: skip


@st.composite
def encoded(draw: st.DrawFn, text: str) -> bytes:
    """A text as bytes, with pieces set in, cut or in another encoding now and then."""
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        place = draw(st.integers(0, len(text)))
        if draw(st.booleans()):
            text = text[:place] + draw(PIECES) + text[place:]
        else:
            text = text[:place] + text[place + draw(st.sampled_from([1, 5, 100, 10**6])) :]
    code = draw(st.sampled_from(["utf-8"] * 6 + ["utf-8-sig", "utf-16", "latin-1", "utf-7"]))
    content = text.encode(code, errors="surrogatepass" if code.startswith("utf-8") else "replace")
    return draw(_flipped(content)) if draw(st.sampled_from([False] * 7 + [True])) else content


@st.composite
def _flipped(draw: st.DrawFn, content: bytes) -> bytes:
    """Bytes with some of them changed or taken away."""
    raw = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        if raw:
            place = draw(st.integers(0, len(raw) - 1))
            raw[place : place + draw(st.sampled_from([1, 1, 1, 50]))] = draw(st.binary(min_size=0, max_size=3))
    return bytes(raw)


def _cell(value: Any) -> str:
    return (
        value
        if isinstance(value, str)
        else ""
        if value is None
        else yaml.dump(value, Dumper=Dumper, default_flow_style=True, allow_unicode=True, width=math.inf)
        .removesuffix("\n...\n")
        .strip()
    )


def table_of(rows: Any) -> list[list[str]]:
    """A section as rows of cells, heads first; rows of a mapping have their key as `id`."""
    items = (
        [{"id": key} | row if isinstance(row, dict) else {"id": key, "tier": row} for key, row in rows.items()]
        if isinstance(rows, dict)
        else [row if isinstance(row, dict) else {"id": row} for row in rows]
    )
    heads = list(dict.fromkeys(str(key) for item in items for key in item))
    return [heads, *([_cell(item.get(head)) for head in heads] for item in items)]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """An instance as YAML, with tables, as an overlay on a sound one, or as a workbook."""
    kind = draw(st.sampled_from(["yaml", "yaml", "table", "overlay", "workbook", "link"]))
    data = draw(documents())
    if kind == "yaml":
        return Case({MAIN: draw(encoded(text_of(data)))})
    if kind == "overlay":
        return draw(_overlays(data))
    if kind == "workbook":
        return draw(_workbooks(data))
    files: dict[str, bytes] = {}
    links: dict[str, str] = {}
    for name in [name for name in TABLES if isinstance(data.get(name), dict | list)]:
        if draw(st.sampled_from([False, False, True])):
            out = io.StringIO()
            rows = [
                [draw(WORDS) if draw(st.sampled_from([False] * 40 + [True])) else cell for cell in row]
                for row in table_of(data[name])
            ]
            try:
                csv.writer(out).writerows(rows)
            except csv.Error:
                continue
            data[name] = f"{name}.csv"
            if kind == "link":
                links[f"{name}.csv"] = draw(
                    st.sampled_from(["/etc/hostname", "..", f"{name}.csv", "instance.yaml", "/dev/zero", "missing"])
                )
            else:
                files[f"{name}.csv"] = draw(encoded(out.getvalue()))
    return Case({MAIN: draw(encoded(text_of(data))), **files}, links=links)


@st.composite
def _overlays(draw: st.DrawFn, data: Data) -> Case:
    """An overlay of parts of a changed instance on a sound one."""
    base = draw(st.sampled_from(_sound()))
    layer: Data = {
        "schema": 1,
        "name": "laid",
        "extends": draw(
            st.sampled_from(
                ["base.yaml"] * 8 + [["base.yaml", "base.yaml"], MAIN, "..", 5, [], "a" * 300, "\x00", "/dev/zero"]
            )
        ),
    }
    for _ in range(draw(st.integers(0, 3))):
        verb = draw(st.sampled_from(["change", "add", "replace", "remove"]))
        holder = layer if verb == "change" else layer.setdefault(verb, {})
        section = draw(st.sampled_from([*data, "options", "demand", "claims"]) if data else NAMES)
        given = data.get(section, draw(VALUES))
        if isinstance(given, dict) and given and draw(st.booleans()):
            key = draw(st.sampled_from(list(given)))
            given = {key: given[key]}
        if verb == "remove" and draw(st.booleans()):
            given = list(given) if isinstance(given, dict | list) else "all"
        if isinstance(holder, dict):
            holder[section] = given
    return Case({"base.yaml": text_of(base).encode("utf-8", "surrogatepass"), MAIN: draw(encoded(text_of(layer)))})


@functools.cache
def _books() -> tuple[bytes, ...]:
    """Sound instances as workbooks."""
    import tempfile  # noqa: PLC0415 (made once)

    import optimizer  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        return tuple(
            optimizer.workbook(optimizer.load(file), Path(folder) / f"{number}.xlsx").read_bytes()
            for number, file in enumerate(SOUND)
        )


XML = st.sampled_from([
    b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b'r="A1"', b'r="XFD1048576"', b'r="ZZZZ9"', b'r="1048577"', b't="s"', b't="e"', b't="d"',
    b"<v>1e400</v>", b"<v>NaN</v>", b"<v>-1</v>", b"<v>99999999999</v>", b"<f>A1</f>", b"_x0000_", b"_xD800_", b"&#0;", b"",
    b"<c/>", b"<row/>", b'<mergeCell ref="A1:B2"/>', b"</sheetData>", b"\x00", b"&amp;", b'xml:space="x"', b"1", b"true",
])  # fmt: skip


@st.composite
def _workbooks(draw: st.DrawFn, data: Data) -> Case:
    """A workbook with parts changed, or bytes; and now and then an overlay on it."""
    content = draw(st.sampled_from(_books()))
    what = draw(st.sampled_from(["parts", "parts", "parts", "bytes", "text"]))
    if what == "bytes":
        content = draw(_flipped(content))
    elif what == "text":
        content = draw(encoded(text_of(data)))
    else:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        for _ in range(draw(st.integers(1, 4))):
            name = draw(st.sampled_from(sorted(parts)))
            one = parts[name]
            marks = [place for place in range(len(one)) if one[place : place + 1] in b'<>"'][:4000]
            if not marks:
                continue
            place = draw(st.sampled_from(marks)) + draw(st.integers(0, 1))
            end = place + draw(st.sampled_from([0, 0, 1, 5, 20]))
            parts[name] = (
                one[:place]
                + draw(XML | st.text(max_size=5).map(lambda text: text.encode("utf-8", "replace")))
                + one[end:]
            )
        if draw(st.sampled_from([False] * 9 + [True])):
            parts[draw(st.sampled_from(["xl/../../x", "/etc/x", "xl/externalLinks/a.xml", *sorted(parts)]))] = draw(
                st.binary(max_size=9)
            )
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, part in parts.items():
                archive.writestr(name, part)
        content = out.getvalue()
    if draw(st.sampled_from([False] * 9 + [True])):
        layer = {"schema": 1, "name": "laid", "extends": "book.xlsx", "discount_rate": draw(SCALARS)}
        return Case({"book.xlsx": content, MAIN: draw(encoded(text_of(layer)))})
    return Case({"book.xlsx": content}, "book.xlsx")
