"""Pareto fronts: least cost against what keys of an instance limit."""

from optimizer.fronts.study import Frontier, frontier
from optimizer.fronts.sweeps import Sweep

__all__ = ["Frontier", "Sweep", "frontier"]
