"""Writes a folder, or a file, whole or not at all; and reads what lines were kept by a run that was killed."""

from __future__ import annotations

import contextlib
import csv
import io
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

LEFT = 3600.0
"""Seconds after which a folder that is being written counts as left by a run that was killed."""


def write_whole(target: Path, fill: Callable[[Path], None]) -> None:
    """Fill a folder next to the target, then put it in the target's place.

    What killed runs left there is cleared away: a result that one of them had moved aside, and not yet replaced, goes
    back to its place.

    Args:
        target: absolute path; what is there is replaced.
        fill: called with an empty folder; where it raises, the target stays as it was.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        with _one_at_a_time(target.parent):
            _clear(target, made.stat().st_mtime)
        fill(made)
        made.chmod(0o755)
        with _one_at_a_time(target.parent):
            _put(made, target)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _put(made: Path, target: Path) -> None:
    """Put a folder into its place; what was there goes when it is."""
    if not target.exists():
        made.replace(target)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", dir=target.parent))
    target.replace(old / "old")
    try:
        made.replace(target)
    except OSError:
        (old / "old").replace(target)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


@contextlib.contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Keep other runs of this machine from moving things in a folder, where the system can; nothing is left there."""
    try:
        import fcntl  # noqa: PLC0415 (not everywhere)

        opened = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):
        yield
        return
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


def instead_of(folder: Path, *notes: str) -> str:
    """What to say of a folder that is taken for a result folder and is none: what it is, and what to give; or nothing.

    Args:
        folder: as it was given.
        notes: files of which a result folder has one.
    """
    if (folder / "instance.yaml").is_file():
        return f"; it is an instance: solve it first (optimizer solve {folder})"
    try:
        inside = [one for one in sorted(folder.iterdir()) if any((one / note).is_file() for note in notes)]
    except OSError:
        return ""
    named = ", ".join(map(str, inside[:5])) + (" and others" if len(inside) > 5 else "")
    return f"; there are result folders in it: {named}" if inside else ""


def _clear(target: Path, now: float) -> None:
    """Put back what was moved aside, and take away what is old; `now` is by the clock that dates the folders."""
    named = re.compile(re.escape(f".{target.name}.") + r"(?P<old>old\.)?[a-z0-9_]{8}")
    for folder in target.parent.iterdir():
        found = named.fullmatch(folder.name)
        if found is None or folder.is_symlink() or not folder.is_dir():
            continue
        with contextlib.suppress(OSError):  # another run may be at it
            if found["old"] and not target.exists() and (folder / "old").is_dir():
                (folder / "old").replace(target)
                folder.rmdir()
            elif now - folder.stat().st_mtime > LEFT:
                shutil.rmtree(folder, ignore_errors=True)


def may_be_written(target: Path) -> None:
    """Try whether a folder can be written in a place, before hours go into what is to stand there. Nothing is left.

    Raises:
        OSError: it cannot.
    """
    there = next(folder for folder in target.parents if folder.exists())
    try:
        with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=there) as made:
            (Path(made) / "some").write_bytes(bytes(100))
    except OSError as error:
        raise OSError(error.errno, f"no folder can be written there: {error.strerror or error}", str(target)) from error


def as_text(words: str) -> str:
    """Words that every stream takes: of a path that is no UTF-8 the odd bytes are escaped."""
    return words.encode("utf-8", "backslashreplace").decode("utf-8")


def write_new(file: Path, content: str | bytes) -> None:
    """Write a file whole or not at all."""
    made = file.with_name(f".{file.name}.new")
    try:
        made.write_bytes(content.encode() if isinstance(content, str) else content)
        made.replace(file)
    finally:
        made.unlink(missing_ok=True)


def read_exact(file: Path, **options: Any) -> pd.DataFrame:
    """A CSV table with its decimals to the last bit, by any version of pandas.

    Args:
        file: of the table.
        options: of `pandas.read_csv`.

    Raises:
        OSError, ValueError: it cannot be read.
    """
    release = tuple(int(part) for part in pd.__version__.split(".")[:2])
    if release < (3, 1):  # since then it does so by itself, and warns who asks for it
        options["float_precision"] = "round_trip"
    found: pd.DataFrame = pd.read_csv(file, **options)
    return found


def settle(file: Path, key: Callable[[dict[str, str]], Any]) -> None:
    """Bring the rows of a table into an order; those that are alike in it stay as they are.

    Args:
        file: a CSV table with heads.
        key: of a row, by which they are ordered.
    """
    with file.open(newline="", encoding="utf-8") as there:
        heads, *rows = csv.reader(there)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([heads, *sorted(rows, key=lambda row: key(dict(zip(heads, row, strict=False))))])
    write_new(file, text.getvalue())


def whole_lines(file: Path) -> bytes:
    """What a file holds to which lines are added; half a line, which a run left that was killed, is cut off.

    Cut, and not written anew: a run that is killed meanwhile would lose all of it.
    """
    data = file.read_bytes()
    whole = data.rfind(b"\n") + 1
    if whole < len(data):
        os.truncate(file, whole)
    return data[:whole]
