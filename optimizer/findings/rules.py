"""Findings on rules: those that mean nothing, and those that cannot hold."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.findings.finding import Finding
from optimizer.findings.rules_delivered import hollow_delivered, hollow_fill_rate
from optimizer.findings.rules_funding import funding_cannot_hold, hollow_funding
from optimizer.findings.rules_limits import hollow_limits, hollow_preference, hollow_recycling
from optimizer.findings.rules_output import hollow_output
from optimizer.findings.survey import Survey
from optimizer.findings.targets import stock_before_start
from optimizer.instance.amounts import FillRate, Preference, Recycling, ReleaseRule
from optimizer.instance.policy import DeliveredContent, FundingRule, OutputRule


def hollow_rule(survey: Survey) -> Iterator[Finding]:
    """No rule can be met without meaning it; `way` says how it can."""
    for number, rule in enumerate(survey.instance.policy.rules):
        if isinstance(rule, OutputRule):
            yield from hollow_output(survey, number, rule)
            yield from stock_before_start(survey, number, rule)
        elif isinstance(rule, DeliveredContent):
            yield from hollow_delivered(survey, number, rule)
        elif isinstance(rule, FillRate):
            yield from hollow_fill_rate(survey, number, rule)
        elif isinstance(rule, ReleaseRule):
            yield from hollow_limits(survey, number, rule)
        elif isinstance(rule, Preference):
            yield from hollow_preference(survey, number, rule)
        elif isinstance(rule, Recycling):
            yield from hollow_recycling(survey, number, rule)
        elif isinstance(rule, FundingRule):
            yield from hollow_funding(survey, number, rule)


def rule_cannot_hold(survey: Survey) -> Iterator[Finding]:
    """Every rule on funding can hold."""
    for number, rule in enumerate(survey.instance.policy.rules):
        if isinstance(rule, FundingRule):
            yield from funding_cannot_hold(survey, number, rule)
