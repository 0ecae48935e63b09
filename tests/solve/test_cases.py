"""The project's own small instances, each worked out by hand in its `why`."""

from __future__ import annotations

import pytest
from support.cases import OWN, Case, cases_in, check, name_of


@pytest.mark.parametrize("case", cases_in(OWN), ids=name_of)
def test_optimum_is_the_one_worked_out_by_hand(case: Case) -> None:
    """The optimum worked out on paper is found, with the fundings and the cost of each future that go with it."""
    plan = check(case)
    expected = case.expected
    if "futures" in expected:
        cost = dict(zip(plan.scenarios["scenario"], plan.scenarios["cost"], strict=True))
        assert {name: cost[name] for name in expected["futures"]} == pytest.approx(expected["futures"])
    if "reacted" in expected:
        found = zip(*(plan.reactions[name] for name in ("scenario", "facility", "option", "funded")), strict=True)
        assert sorted(":".join(map(str, row)) for row in found) == sorted(expected["reacted"])
    if "hindsight" in expected:
        assert plan.info["hindsight"] == pytest.approx(expected["hindsight"])


def test_there_are_cases() -> None:
    """The cases are part of the project: a clone that lost them has lost its known optima."""
    assert len(cases_in(OWN)) >= 30


@pytest.mark.parametrize("case", cases_in(OWN), ids=name_of)
def test_every_case_says_why(case: Case) -> None:
    """A known optimum comes with its computation, which ends in the number itself."""
    expected = case.expected
    formula = expected["why"].rsplit("objective = ", 1)[1]
    assert eval(formula, {"__builtins__": {}}) == pytest.approx(expected["objective"], rel=1e-12)
