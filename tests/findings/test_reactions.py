"""Reactions that no branch can make."""

from __future__ import annotations

import pytest

from .conftest import Find

BRANCH = """
scenarios:
- {id: out, probability: 0.1, onset: 2028, duration: 1, recovery: 0, effects: [
    {affects: facilities, where: {id: refinery}, available: 0.5}]}
"""


def wing(text: str) -> str:
    """The one option of the plant, with keys more."""
    return f"""
    facilities:
      plant:
        options:
        - {{id: wing, capacity: 20, capex: 100, source: a, confidence: A, {text}}}
    """


def test_idle_reaction_trips_without_branches(find: Find) -> None:
    (found,) = find("idle_reaction", wing("react: true"))
    assert (found.severity, found.subject, found.data["why"]) == ("note", ("scenarios",), "no_branch")
    assert "plant:wing" in found.text


@pytest.mark.parametrize(
    ("keys", "more", "why", "words"),
    [
        ("lead: 1, react: true", "", "late", "funded in 2028 at the earliest it is on line in 2029"),
        ("lead: 0, react: {lead: 2}", "", "late", "the last ends with 2028"),
        ("latest: 2027, react: true", "", "window", "branches run in 2028"),
        ("react: true", "policy: {rules: [{rule: forbid, facility: plant}]}", "forbidden", "a rule forbids it"),
    ],
    ids=["lead", "hurried_lead", "window", "forbidden"],
)
def test_idle_reaction_trips_on_what_never_can(find: Find, keys: str, more: str, why: str, words: str) -> None:
    (found,) = find("idle_reaction", BRANCH, wing(keys), more)
    assert (found.severity, found.subject) == ("warning", ("facilities", "plant", "options", 0, "react"))
    assert found.data == {"facility": "plant", "option": "wing", "why": why}
    assert words in found.text


def test_idle_reaction_trips_on_what_it_follows(find: Find) -> None:
    changes = """
    facilities:
      plant:
        options:
        - {id: wing, capacity: 20, capex: 100, lead: 2, source: a, confidence: A}
        - {id: more, capacity: 5, capex: 10, after: wing, source: a, confidence: A, react: true}
    """
    (found,) = find("idle_reaction", BRANCH, changes)
    assert (found.data["option"], found.data["why"]) == ("more", "after")


def test_idle_reaction_is_quiet_where_a_branch_can(find: Find) -> None:
    assert find("idle_reaction", BRANCH, wing("lead: 1, react: {lead: 0}")) == []
    assert find("option_never_on_line", BRANCH, wing("lead: 3")) != []
    assert find("option_never_on_line", BRANCH, wing("lead: 3, react: {lead: 0}")) == []


def test_hollow_rule_trips_on_a_surge_that_no_branch_makes(find: Find) -> None:
    rule = "policy: {rules: [{rule: reactions, max: 1}]}"
    (found,) = find("hollow_rule", BRANCH, wing("react: true"), rule)
    assert (found.data["most"], found.severity) == (1, "note")
    assert find("hollow_rule", BRANCH, wing("react: true"), rule.replace("max: 1", "max: 0.5")) == []
