"""Tests of optimizer.workbooks, and of workbooks as instances."""
