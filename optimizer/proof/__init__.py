"""Proofs of a bound that can be gone through without a solver."""

from optimizer.proof.prove import Proof, prove, proven

__all__ = ["Proof", "prove", "proven"]
