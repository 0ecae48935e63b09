"""Tries hostile instances until the time is up, and keeps what fails: `python -m fuzz.run --minutes 15 --into FOLDER`.

Called in `tests/`. By structure, with hypothesis; `fuzz.guided` goes by coverage. Ends with 1 where a case failed; each
has a folder of its own under `--into`.
"""

from __future__ import annotations

import argparse
import collections
import sys
import tempfile
import time
import traceback
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from .guard import BrokenError, Case, hold, told
from .inputs import cases

ROUND = 100
"""Cases by one seed."""
SAID = 25
"""Every so many are asked of the command line too."""


class Tally:
    """What was tried, and what failed; of faults alike the first is kept."""

    def __init__(self, into: Path) -> None:
        """Begin with nothing tried."""
        self.into = into
        self.tried = self.accepted = 0
        self.failed: collections.Counter[str] = collections.Counter()

    def take(self, case: Case) -> None:
        """Try a case."""
        self.tried += 1
        with tempfile.TemporaryDirectory() as folder:
            try:
                accepted = hold(case, Path(folder))
                self.accepted += accepted
                if self.tried % SAID == 0:
                    agree(told(Path(folder) / case.main), accepted)
            except BrokenError as error:
                self.keep(case, error)

    def keep(self, case: Case, error: BrokenError) -> None:
        """Keep a case that failed where none failed at the same place before."""
        cause = error.__cause__ or error
        last = traceback.extract_tb(cause.__traceback__)[-1]
        kind = f"{str(error)[:80]!r} at {Path(last.filename).name}:{last.lineno}"
        place = f"{type(cause).__name__} at {Path(last.filename).name}:{last.lineno}"
        self.failed[place] += 1
        if self.failed[place] > 1:
            return
        folder = self.into / f"{len(list(self.into.iterdir())) + 1:04}"
        folder.mkdir()
        case.write(folder)
        (folder / "WHY").write_text(f"{kind}\n\n{''.join(traceback.format_exception(error))}", "utf-8", "replace")
        print(f"FAILED {folder}: {kind}", flush=True)


def agree(code: int, accepted: bool) -> None:
    """Hold what `validate` ends with against what reading a case came to."""
    if code != (0 if accepted else 2):
        raise BrokenError(f"validate ends with {code} where reading {'accepts' if accepted else 'refuses'}")


def by_structure(tally: Tally, end: float, first: int) -> None:
    """Cases by the schema, a seed after another."""
    number = first
    while time.monotonic() < end:

        @seed(number)
        @settings(
            max_examples=ROUND,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(cases())
        def one(case: Case) -> None:
            if time.monotonic() < end:
                tally.take(case)

        one()
        number += 1
        print(
            f"seed {number}: {tally.tried} tried, {tally.accepted} accepted, {sum(tally.failed.values())} failed",
            flush=True,
        )


def main() -> int:
    """Run, and tell what was found."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--minutes", type=float, default=15)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--into", type=Path, required=True)
    options = asked.parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    tally = Tally(options.into)
    by_structure(tally, time.monotonic() + 60 * options.minutes, options.seed)
    print(f"{tally.tried} tried, {tally.accepted} accepted, {dict(tally.failed)}")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
