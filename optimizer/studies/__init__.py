"""Many runs of an instance by a design: which keys, overlays and portfolios vary, in parallel, resumable."""

from optimizer.studies.runs import Study, study

__all__ = ["Study", "study"]
