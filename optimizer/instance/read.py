"""Reads an instance: a YAML file, or a folder with `instance.yaml`, and all that it names or extends."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path as FilePath

from optimizer.errors import InstanceError
from optimizer.instance.overlay import read_chain
from optimizer.instance.override import override
from optimizer.instance.source import Source


def read_source(path: FilePath | str, overrides: Sequence[str] = (), overlays: Sequence[FilePath] = ()) -> Source:
    """Read files into one document, without judging the records.

    Args:
        path: file or folder.
        overrides: `KEY=VALUE` texts, KEY a dotted path.
        overlays: files or folders laid on it first, in their order.

    Raises:
        InstanceError: there is no such file, or it is not readable at all.
    """
    path = FilePath(path)
    source = read_chain(main_file(path), [main_file(overlay) for overlay in overlays])
    if source.unread:
        raise InstanceError(str(path), source.faults)
    for text in overrides:
        override(source, text)
    return source


def main_file(path: FilePath) -> FilePath:
    """The file of an instance or overlay that is given as a file or a folder."""
    try:
        return path / "instance.yaml" if path.is_dir() else path
    except OSError:  # a name that no file can have, which reading it tells
        return path
