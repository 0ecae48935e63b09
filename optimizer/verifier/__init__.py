"""The independent checker: re-computes every constraint, rule, and the objective from result files alone.

It is a second reading of the design page and shares nothing with the model.
"""

from optimizer.verifier.check import verify, verify_tables
from optimizer.verifier.constraints import CONSTRAINTS
from optimizer.verifier.verdict import Tolerance, Verdict, Violation

__all__ = ["CONSTRAINTS", "Tolerance", "Verdict", "Violation", "verify", "verify_tables"]
