"""From an instance in memory back to one as read, so that what changes it is checked as files are."""

from __future__ import annotations

import copy
from typing import Any

from optimizer.instance.instance import Instance
from optimizer.instance.source import Source


def source_of(instance: Instance) -> Source:
    """An instance as if it had been read; its name stands for its file."""
    return Source(instance.name, _listed(instance.plain()))


def _listed(data: Any) -> Any:
    """Lists in the place of tuples, as a file has them."""
    if isinstance(data, dict):
        return {key: _listed(value) for key, value in data.items()}
    return [_listed(item) for item in data] if isinstance(data, list | tuple) else data


def copied(source: Source) -> Source:
    """A copy that may be changed."""
    return Source(
        source.file,
        copy.deepcopy(source.data),
        dict(source.places),
        list(source.faults),
        set(source.removed),
        dict(source.gone),
        source.label,
    )
