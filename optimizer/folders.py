"""Writes a folder whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path


def write_whole(target: Path, fill: Callable[[Path], None]) -> None:
    """Fill a folder next to the target, then put it in the target's place.

    Args:
        target: absolute path; what is there is replaced.
        fill: called with an empty folder; where it raises, the target stays as it was.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        fill(made)
        made.chmod(0o755)
        if target.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", dir=target.parent))
            target.replace(old / "old")
            try:
                made.replace(target)
            except OSError:
                (old / "old").replace(target)
                raise
            finally:
                shutil.rmtree(old, ignore_errors=True)
        else:
            made.replace(target)
    finally:
        shutil.rmtree(made, ignore_errors=True)


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
