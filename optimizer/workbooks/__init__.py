"""Workbooks: one xlsx of a result folder, or of an instance to be edited and read back."""

from optimizer.workbooks.study import workbook

__all__ = ["workbook"]
