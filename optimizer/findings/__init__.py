"""What a planner should know of an instance before solving it: what cannot be met, and what means nothing."""

from __future__ import annotations

from optimizer.findings.finding import Finding
from optimizer.findings.kinds import KINDS, findings_of
from optimizer.findings.supply import Supply, supply_of

__all__ = ["KINDS", "Finding", "Supply", "findings_of", "supply_of"]
