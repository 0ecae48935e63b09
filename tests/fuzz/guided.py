"""Bytes that reach new lines of the reader: `python -m fuzz.guided FOLDER [--small] [-runs=9]`, in `tests/`.

Needs atheris, which is no dependency of the project. FOLDER keeps what reached something new, and is begun with the
sound ones; further words are libFuzzer's. A case that fails ends the run, and is kept as `crash-...` in the working
folder.
The first byte says how the rest is read: as a workbook, an instance, an overlay or a table. They begin with an
instance that has nearly every key; with `--small` with one so small that many more are tried in the same time.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris
import openpyxl  # noqa: F401 (the reader imports it when a workbook comes; the guard would take that for a case that reads)

with atheris.instrument_imports(include=["optimizer.instance"]):
    import optimizer

    from . import guard
    from .inputs import SOUND, field_names

LITTLE = "--small" in sys.argv
FIRST = SOUND[2:] if LITTLE else SOUND
BASE = FIRST[0].read_bytes()
SIGNS = [
    "null", "true", "all", ".inf", ".nan", "-1", "1e400", "2027", "&a ", "*a", "<<: ", "!!", "|", "[", "{", "},",
    "\\x0a", "\\x00",
]  # fmt: skip
LAID = b"schema: 1\nname: laid\nextends: base.yaml\n"


def case_of(content: bytes) -> guard.Case:
    """The case that bytes say."""
    kind, rest = content[0] % 4, content[1:]
    if kind == 0:
        return guard.Case({"book.xlsx": rest}, "book.xlsx")
    if kind == 1:
        return guard.Case({guard.MAIN: rest})
    if kind == 2:
        return guard.Case({"base.yaml": BASE, guard.MAIN: LAID + rest})
    return guard.Case({"base.yaml": BASE, guard.MAIN: LAID + b"facilities: t.csv\n", "t.csv": rest})


def words() -> str:
    """Keys of the schema, and what means something in YAML and CSV, as libFuzzer reads a dictionary."""
    return "".join(f'"{word}"\n' for word in (*(f"{name}: " for name in field_names()), *SIGNS))


def one(content: bytes) -> None:
    """Try bytes."""
    if content:
        with tempfile.TemporaryDirectory() as folder:
            guard.hold(case_of(content), Path(folder))


def main() -> None:
    """Run."""
    # Python lists the folders it imports from again when they change; the guard would take that for reading outside.
    sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != Path.cwd()]
    corpus = Path(sys.argv[1])
    corpus.mkdir(parents=True, exist_ok=True)
    for number, file in enumerate(FIRST):
        (corpus / f"sound{number}").write_bytes(b"\x01" + file.read_bytes())
    (corpus / "overlay").write_bytes(
        b"\x02discount_rate: 0.1\nremove: {lanes: all}\nadd: {owners: {a: {country: USA}}}\n"
    )
    (corpus / "table").write_bytes(b"\x03id,stage,country,capacity\nplant,magnet,USA,5\n")
    book = optimizer.workbook(optimizer.load(FIRST[0]), corpus / "book.xlsx")
    (corpus / "book").write_bytes(b"\x00" + book.read_bytes())
    book.unlink()
    dictionary = corpus.with_name(f"{corpus.name}.dict")
    dictionary.write_text(words(), encoding="ascii")
    limits = [f"-max_len={2048 if LITTLE else 65536}", "-timeout=60", f"-dict={dictionary}"]
    others = [word for word in sys.argv[2:] if word != "--small"]
    atheris.Setup([sys.argv[0], str(corpus), *limits, *others], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
