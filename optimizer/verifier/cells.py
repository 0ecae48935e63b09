"""How a column of a result table says of what kind its cells are."""

from __future__ import annotations

from dataclasses import field
from typing import Any


def cell(kind: str) -> Any:
    """A column of a kind; `optimizer.verifier.tables` knows the kinds."""
    return field(metadata={"kind": kind})
