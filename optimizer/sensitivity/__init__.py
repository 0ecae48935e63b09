"""Which numbers of an instance change its portfolio when they move over their range."""

from optimizer.sensitivity.study import RANGES, Sensitivity, sensitivity

__all__ = ["RANGES", "Sensitivity", "sensitivity"]
