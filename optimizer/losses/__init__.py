"""What a plan survives: the worst set of losses for the markets named, with proof."""

from optimizer.losses.candidates import KINDS
from optimizer.losses.study import Stress, stress
from optimizer.losses.survive import survive

__all__ = ["KINDS", "Stress", "stress", "survive"]
