"""Pareto fronts: least cost against what keys of an instance limit."""

from optimizer.frontier.study import Frontier, frontier
from optimizer.frontier.sweeps import Sweep

__all__ = ["Frontier", "Sweep", "frontier"]
