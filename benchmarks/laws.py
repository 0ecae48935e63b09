"""Whether the laws of `tests/properties` hold of many more instances than a run of the tests has time for.

    python benchmarks/laws.py FILE.json [--minutes 30] [--first 20000] [--size 1] [--laws LAW ...]

Seed after seed is put to every law: the instance is made of the seed, and another made of it that may not cost more, or
must cost the same. One that breaks a law is printed with its seed, and the run ends with 1 once the time is up.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import seeds

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from properties.test_properties import LAWS


def main() -> int:
    """Put seeds to laws."""
    parser = seeds.asked(__doc__, first=20_000)
    parser.add_argument("--size", type=int, default=1, help="facilities of a stage in each country")
    parser.add_argument("--laws", nargs="+", default=list(LAWS), choices=list(LAWS))
    given = parser.parse_args()
    held: Counter[str] = Counter()

    def put(law: str, seed: int) -> str:
        LAWS[law](seed, size=given.size)
        held[law] += 1
        return ""

    def tries(seed: int) -> dict[str, Callable[[], str]]:
        return {law: partial(put, law, seed) for law in given.laws}

    return seeds.ended(given, seeds.through(given, tries), size=given.size, held=held)


if __name__ == "__main__":
    sys.exit(main())
