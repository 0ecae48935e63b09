"""All kinds of findings, and how they are collected."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from optimizer.findings.budget import budget_too_small, option_over_budget
from optimizer.findings.demand import demand_over_capacity
from optimizer.findings.effects import idle_effect, parent_is_over
from optimizer.findings.finding import SEVERITIES, Finding
from optimizer.findings.frictions import idle_friction, idle_requalification
from optimizer.findings.horizon import horizon_summary
from optimizer.findings.instruments import idle_instrument
from optimizer.findings.money import free_lunch
from optimizer.findings.precision import beyond_precision
from optimizer.findings.prices import idle_channel_factor
from optimizer.findings.reach import unreachable_demand
from optimizer.findings.reactions import idle_reaction
from optimizer.findings.residual import idle_residual
from optimizer.findings.rules import hollow_rule, rule_cannot_hold
from optimizer.findings.rules_delivered import rule_over_capacity
from optimizer.findings.survey import Survey
from optimizer.findings.targets import target_before_demand, target_over_capacity
from optimizer.findings.trusted import shut_out, unknown_exposure
from optimizer.findings.unused import (
    facility_without_use,
    lane_never_used,
    material_without_maker,
    material_without_user,
    option_never_on_line,
    owner_without_holding,
    recipe_never_runs,
)
from optimizer.findings.upstream import feed_over_capacity
from optimizer.findings.written import confidence, series_starts_late
from optimizer.network.tables import Network

Kind = Callable[[Survey], Iterator[Finding]]

KINDS: tuple[Kind, ...] = (
    demand_over_capacity,
    unreachable_demand,
    feed_over_capacity,
    rule_over_capacity,
    target_over_capacity,
    rule_cannot_hold,
    budget_too_small,
    hollow_rule,
    target_before_demand,
    idle_effect,
    idle_reaction,
    parent_is_over,
    idle_friction,
    idle_requalification,
    idle_instrument,
    idle_residual,
    idle_channel_factor,
    series_starts_late,
    free_lunch,
    beyond_precision,
    option_never_on_line,
    option_over_budget,
    material_without_maker,
    material_without_user,
    recipe_never_runs,
    facility_without_use,
    lane_never_used,
    owner_without_holding,
    shut_out,
    unknown_exposure,
    confidence,
    horizon_summary,
)
"""One function per kind; its name is the kind."""


def findings_of(network: Network) -> list[Finding]:
    """What a planner should know before solving: what cannot be met first, then warnings, then notes.

    Args:
        network: what is derived of the instance.
    """
    survey = Survey(network)
    found = [finding for kind in KINDS for finding in kind(survey)]
    return sorted(found, key=lambda finding: SEVERITIES.index(finding.severity))
