"""Whether the laws of `tests/properties` hold of many more instances than a run of the tests has time for.

    python benchmarks/laws.py FILE.json [--minutes 30] [--first 20000] [--size 1] [--laws LAW ...]

Seed after seed is put to every law: the instance is made of the seed, and another made of it that may not cost more, or
must cost the same. One that breaks a law is printed with its seed, and the run ends with 1 once the time is up.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from properties.test_properties import LAWS

from optimizer.run import versions


def main() -> int:
    """Go through seeds until the time is up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--first", type=int, default=20_000)
    parser.add_argument("--size", type=int, default=1, help="facilities of a stage in each country")
    parser.add_argument("--laws", nargs="+", default=list(LAWS), choices=list(LAWS))
    given = parser.parse_args()
    began, processor, load = time.monotonic(), time.process_time(), os.getloadavg()
    held: Counter[str] = Counter()
    broken: list[dict[str, object]] = []
    seed = given.first
    while time.monotonic() - began < 60 * given.minutes:
        for law in given.laws:
            try:
                LAWS[law](seed, size=given.size)
                held[law] += 1
            except Exception as error:
                broken.append({"law": law, "seed": seed, "size": given.size, "error": str(error)[:2000]})
                sys.stderr.write(f"BROKEN {law} by seed {seed}\n{traceback.format_exc()}")
        seed += 1
    made = {
        "first": given.first,
        "seeds": seed - given.first,
        "size": given.size,
        "held": dict(held),
        "broken": broken,
        "seconds": time.monotonic() - began,
        "processor_seconds": time.process_time() - processor,
        "load_at_begin": load,
        "versions": versions(),
    }
    given.file.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"{seed - given.first} seeds, {sum(held.values())} laws held, {len(broken)} broken\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
