"""What each rule, target and trust condition costs, and what single waivers would save."""

from optimizer.waiving.study import Waivers, waivers

__all__ = ["Waivers", "waivers"]
