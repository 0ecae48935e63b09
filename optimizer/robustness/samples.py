"""The samples of a run: which are known from before, which are done now, and what came of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from optimizer.near_optimal.rows import Option
from optimizer.robustness.case import Case, Draw
from optimizer.robustness.ledger import Ledger, longer
from optimizer.robustness.work import FAILED, LIMITED, Home, Record, Task, done, given_up
from optimizer.workers import Cluster, workers_of

Tell = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, of how many."""


class Samples:
    """The samples of a run, and what is known of them.

    Attributes:
        draws: of the samples, in their order; None first, for the data as they stand.
        asked: options that are asked about; None for all.
        taken: how many were known from before.
    """

    def __init__(
        self, case: Case, ledger: Ledger, samples: int, asked: tuple[Option, ...] | None, time_limit: float | None,
        seed: int,
    ) -> None:  # fmt: skip
        """Take what an earlier run kept.

        Args:
            case: what the data leave open.
            ledger: where samples are kept.
            samples: how many.
            asked: options that are asked about; None for all.
            time_limit: seconds of each solve.
            seed: of the draws.
        """
        self._case, self._ledger, self.asked, self._limit = case, ledger, asked, time_limit
        self.draws: list[Draw | None] = [None, *itertools.islice(case.draws(seed), samples)]
        self._known: dict[int, Record] = {}
        for record in ledger.known():
            self._take(record)
        self.taken = sum(self._has(number) for number in range(samples + 1))

    def all(self, home: Home, workers: int, cluster: Cluster, tell: Tell) -> bool:
        """Do what is not done; whether it was stopped."""
        total = len(self.draws)
        waiting = [Task(draw, self.asked) for n, draw in enumerate(self.draws) if not self._has(n)]
        count = total - len(waiting)
        tell("samples", count, total)
        if not waiting:
            return False
        try:
            with workers_of(min(workers, len(waiting)), cluster, _home, home) as pool:
                for record in pool.results(done, waiting, given_up):
                    record["asked"] = None if self.asked is None else [":".join(one) for one in self.asked]
                    self._ledger.add(record)
                    self._take(record)
                    count += 1
                    tell("samples", count, total)
        except KeyboardInterrupt:
            return True
        return False

    def _take(self, record: Record) -> None:
        """What is said of options that were not asked about now stays: each is proved by itself."""
        before = self._known.get(record["sample"])
        if before is not None and "options" in before:
            if "options" not in record:
                return
            record = record | {"options": before["options"] | record["options"]}
            if not _cut(before):  # else more time would tell more of those that were asked about then
                both = None in (before["asked"], record["asked"])
                record["asked"] = None if both else [*before["asked"], *record["asked"]]
        self._known[record["sample"]] = record

    def _has(self, number: int) -> bool:
        """Whether asking again would tell no more."""
        record = self._known.get(number)
        if record is None or record["status"] == FAILED:
            return False
        if _cut(record) and longer(self._limit, record["time_limit"]):
            return False
        if record["asked"] is None or "options" not in record:
            return True
        return self.asked is not None and {":".join(one) for one in self.asked} <= set(record["asked"])

    def records(self) -> list[Record]:
        """What came of the samples that are done, with the label that each group of overlays has, in their order."""
        found = []
        for number, draw in enumerate(self.draws):
            if number in self._known:
                record = dict(self._known[number])
                if draw is not None:
                    record["labels"] = dict(zip(self._case.groups, self._case.labels(draw), strict=True))
                if self.asked is not None and "options" in record:
                    names = {":".join(one) for one in self.asked}
                    record["options"] = {name: row for name, row in record["options"].items() if name in names}
                found.append(record)
        return found


def _cut(record: Record) -> bool:
    """Whether a limit ended a solve of a sample."""
    return bool(record["status"] == LIMITED or record.get("limits", 0) > 0)


def _home(home: Home) -> Home:
    return home
