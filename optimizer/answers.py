"""What an answer looks like where it is shown by itself, in a notebook or a debugger: not all of its tables."""

from __future__ import annotations

import dataclasses
from typing import Any

import pandas as pd


def shown(answer: Any) -> str:
    """Of what, how it ended, and the sizes of its tables: `Frontier(starter, done; points 9 x 18)`.

    Args:
        answer: a dataclass of `info` and tables.
    """
    info = answer.info if hasattr(answer, "info") else answer.plan.info
    head = ", ".join(str(info[key]) for key in ("instance", "status") if info.get(key) is not None)
    tables = [
        f"{field.name} {len(found)} x {len(found.columns)}"
        for field in dataclasses.fields(answer)
        if isinstance(found := getattr(answer, field.name), pd.DataFrame) and len(found)
    ]
    return f"{type(answer).__name__}({'; '.join(part for part in (head, ', '.join(tables)) if part)})"
