"""Which numbers of an instance change its portfolio when they move over their range."""

from optimizer.sweep.study import RANGES, Sensitivity, sensitivity

__all__ = ["RANGES", "Sensitivity", "sensitivity"]
