"""Reads a case under guard: time, memory and files are watched, and only an instance or a refusal is an end."""

from __future__ import annotations

import contextlib
import io
import mimetypes
import os
import resource
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import optimizer
from optimizer.cli import app
from optimizer.errors import InstanceError
from optimizer.instance.write import sha256, yaml_text

SECONDS = 10
"""Of the processor, that a case may take."""
MEMORY = 1 << 30
"""Bytes that a case may take beyond what the process has."""
MAIN = "instance.yaml"


@dataclass(frozen=True, slots=True)
class Case:
    """Files of an instance, by their names in its folder, and links; the instance is `main`."""

    files: dict[str, bytes]
    main: str = MAIN
    links: dict[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        """Write it, and give what is to be read."""
        for name, content in self.files.items():
            (folder / name).write_bytes(content)
        for name, target in self.links.items():
            (folder / name).symlink_to(target)
        return folder / self.main


class BrokenError(AssertionError):
    """A case that ended as none may."""


mimetypes.init()  # reads a file of the system once, when openpyxl first asks

_watched: list[str] | None = None
_hooked = False


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if _watched is not None and event in ("open", "os.listdir", "os.scandir") and args and args[0] is not None:
        _watched.append(os.fsdecode(args[0]) if isinstance(args[0], str | bytes | os.PathLike) else "")


_OWN = tuple(os.path.realpath(path) for path in (sys.prefix, sys.base_prefix, Path(optimizer.__file__).parent))


@contextlib.contextmanager
def _only_in(folder: Path) -> Iterator[None]:
    """Fail where a file outside a folder is opened or listed; Python's own modules apart."""
    global _hooked, _watched  # noqa: PLW0603 (an audit hook cannot be taken away)
    if not _hooked:  # not before it is needed: it slows all that comes after in the process
        sys.addaudithook(_hook)
        _hooked = True
    _watched = []
    ended: BaseException | None = None
    try:
        yield
    except BaseException as error:
        ended = error
    seen, _watched = _watched, None
    inside = os.path.realpath(folder)
    for name in seen:
        real = os.path.realpath(name)
        if name and not real.startswith((inside, *_OWN)):
            raise BrokenError(f"read outside the folder: {name}") from ended
    if ended is not None:
        raise ended


def _late(*_: object) -> None:
    raise BrokenError(f"more than {SECONDS} s of the processor")


@contextlib.contextmanager
def limited() -> Iterator[None]:
    """Time of the processor and memory."""
    before = signal.signal(signal.SIGPROF, _late)
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY, hard))
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def hold(case: Case, folder: Path) -> bool:
    """Read a case in an empty folder.

    Returns:
        Whether it was accepted.

    Raises:
        BrokenError: it ended otherwise than by an instance, or by a refusal with faults that can be shown.
    """
    path = case.write(folder)
    try:
        with limited(), _only_in(folder):
            return _read(path)
    except BrokenError:
        raise
    except BaseException as error:
        raise BrokenError(f"{type(error).__name__}: {error}") from error


def _read(path: Path) -> bool:
    try:
        instance = optimizer.load(path)
    except InstanceError as error:
        if not error.faults:
            raise BrokenError("refused without a fault") from None
        str(error).encode()
        return False
    again = yaml_text(instance)
    copy = path.with_name("again.yaml")
    copy.write_text(again, encoding="utf-8", newline="\n")
    if sha256(optimizer.load(copy)) != sha256(instance):
        raise BrokenError("what was accepted is written and read back as something else")
    for finding in optimizer.diagnose(instance):
        str(finding).encode()
    return True


def told(path: Path) -> int:
    """The exit code of `optimizer validate`, which prints as to a terminal that takes UTF-8.

    Raises:
        BrokenError: it ended with another exception, or with another code than 0 or 2.
    """
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    code = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            app(["validate", str(path)], standalone_mode=True)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException as error:
        raise BrokenError(f"validate: {type(error).__name__}: {error}") from error
    if code not in (0, 2):
        raise BrokenError(f"validate ends with {code}")
    return code
