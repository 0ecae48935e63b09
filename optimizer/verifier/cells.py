"""A column of a result table, and what kind of cells it has."""

from __future__ import annotations

from dataclasses import field
from typing import Any


def cell(kind: str) -> Any:
    """A column of a kind; `optimizer.verifier.tables` knows the kinds."""
    return field(metadata={"kind": kind})
