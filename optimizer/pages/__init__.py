"""Pages: one self-contained HTML file from result folders; and figures of a plan as files of their own."""

from optimizer.pages.paper import plot
from optimizer.pages.study import report

__all__ = ["plot", "report"]
