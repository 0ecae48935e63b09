"""Whether plants go on in each future at its prices, and what a price floor costs there."""

from optimizer.closures.study import Viability, viability

__all__ = ["Viability", "viability"]
