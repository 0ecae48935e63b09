"""What answers look like where a notebook or a debugger shows them: a line, and not all of their tables."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

import optimizer
from optimizer.answers import shown

ANSWERS = [
    kind
    for kind in (getattr(optimizer, name) for name in optimizer.__all__)
    if dataclasses.is_dataclass(kind) and any(field.type == "pd.DataFrame" for field in dataclasses.fields(kind))
]


def test_there_are_answers() -> None:
    assert {optimizer.Alternatives, optimizer.Frontier, optimizer.Rolled} <= set(ANSWERS)


@pytest.mark.parametrize("kind", ANSWERS, ids=lambda kind: kind.__name__)
def test_each_answer_is_shown_in_a_line(kind: type) -> None:
    assert vars(kind)["__repr__"] is shown


def test_a_verdict_is_its_summary() -> None:
    verdict = optimizer.Verdict(ok=True, violations=(), checked={"outlay": 3}, residuals={}, notes=())
    assert repr(verdict) == f"Verdict({verdict.summary()})"


def test_what_the_line_says() -> None:
    table = pd.DataFrame({"a": [1, 2, 3], "b": [4, 5, 6]})
    found = optimizer.Frontier(info={"instance": "starter", "status": "done", "more": table}, points=table)
    assert repr(found) == "Frontier(starter, done; points 3 x 2)"
    assert repr(dataclasses.replace(found, info={})) == "Frontier(points 3 x 2)"
    assert repr(dataclasses.replace(found, points=table[:0])) == "Frontier(starter, done)"
