"""Figures of a plan for papers, as files: the same data as on its page, drawn by matplotlib, without a browser."""

from optimizer.pages.paper.study import plot

__all__ = ["plot"]
