"""An instance whose answer turns at a number that is known."""

from __future__ import annotations

import pytest
from support.build import Data, one_market

BUILD = {"id": "build", "capacity": 100, "lead": 0, "earliest": 2027, "latest": 2027}


def rivals() -> Data:
    """Alpha and beta could each serve all, for 1,000 and 1,100 USD. At 1.3 times its capex alpha loses by 200."""
    facilities = {
        "alpha": {"stage": "magnet", "country": "USA", "recipes": ["make"], "capacity": 0,
                  "options": [BUILD | {"capex": 1000, "confidence": "C", "source": "own estimate"}]},
        "beta": {"stage": "magnet", "country": "USA", "recipes": ["make"], "capacity": 0,
                 "options": [BUILD | {"capex": 1100, "confidence": "A"}]},
    }  # fmt: skip
    return one_market("rivals", facilities, tonnes=100, shortage_cost=1000)


@pytest.fixture
def data() -> Data:
    return rivals()
