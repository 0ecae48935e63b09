"""Whether all roads lead to one optimum: both methods, algorithms of HiGHS, SCIP, and the scenarios of SMPS.

    python benchmarks/differential.py FILE.json [--minutes 30] [--first 1000]

Seed after seed, as in `tests/solve/test_differential.py`, until the time is up. An instance of which a road says
another optimum is printed whole, and the run ends with 1. What a road cannot be asked for (SMPS: trees, and other
measures than the expected cost) is counted as left out.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import seeds

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from solve.test_differential import made
from support.build import instance_of
from support.differential import Held, held


def main() -> int:
    """Go every road with the instance of each seed."""
    given = seeds.asked(__doc__, first=1000).parse_args()
    gone: list[Held] = []

    def go(seed: int) -> str:
        gone.append(held(instance_of(made(seed))))
        return gone[-1].apart

    def tries(seed: int) -> dict[str, Callable[[], str]]:
        return {"roads": partial(go, seed)}

    found = seeds.through(given, tries)
    return seeds.ended(
        given,
        found,
        asked=Counter(road for one in gone for road in one.known),
        left_out=Counter(road for one in gone for road in one.left),
        widest_relative=max((one.widest for one in gone), default=None),
    )


if __name__ == "__main__":
    sys.exit(main())
