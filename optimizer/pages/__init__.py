"""Pages: one self-contained HTML file from result folders."""

from optimizer.pages.study import report

__all__ = ["report"]
