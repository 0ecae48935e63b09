"""Keeps plans and hindsight as they come, so that a stopped study is gone on with."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.folders import whole_lines, write_new
from optimizer.instance.instance import Instance
from optimizer.instance.write import sha256
from optimizer.ledger import refuse_other
from optimizer.plan.plan import Plan
from optimizer.plan.study_markings import with_study_markings
from optimizer.solver.options import Options

FORMAT = 1
LIMIT = "the time limit was reached"
NOTE, HINDSIGHT = "value.json", "hindsight.jsonl"


@dataclass(frozen=True, slots=True)
class Hindsight:
    """What a future costs someone who knows that it comes.

    Attributes:
        future: `base` or a scenario.
        status: `optimal`, `feasible`, `infeasible` or `no_plan`.
        why: why the search ended.
        objective: USD of the best plan found; None without one.
        bound: no plan costs less, USD; None where nothing is proved.
        funded: what that plan funds, facility:option:year.
        seconds: time taken.
    """

    future: str
    status: str
    why: str
    objective: float | None
    bound: float | None
    funded: tuple[str, ...]
    seconds: float


class Kept:
    """A folder of a study; without one everything stays in memory."""

    def __init__(self, folder: Path | str | None, instance: Instance, options: Options) -> None:
        """Begin, or go on with the same study.

        Raises:
            PlanError: the folder holds something else.
        """
        self.folder = None if folder is None else Path(folder)
        self._of, self._options = sha256(instance), options
        self._instance = instance
        self._gap = [options.gap, options.gap_usd, options.time_limit]
        if self.folder is None:
            return
        note = self.folder / NOTE
        refuse_other(self.folder, NOTE, "a study of value")
        self.folder.mkdir(parents=True, exist_ok=True)
        if not note.is_file():
            write_new(note, json.dumps({"format": FORMAT, "status": "begun"}) + "\n")

    def plan(self, name: str, instance: Instance) -> tuple[Plan | None, bool]:
        """The plan kept under a name, if it is of the same instance, and whether it is good enough to stand."""
        if self.folder is None or not (self.folder / "plans" / name / "plan.json").is_file():
            return None, False
        plan = Plan.read(self.folder / "plans" / name)
        if plan.info.get("instance_sha256") != sha256(instance):
            return None, False
        asked = plan.info["options"]
        before = asked["gap"], asked["gap_usd"], asked["time_limit"]
        return (plan if plan.tables else None), stands(self._options, plan.status, str(plan.info["why"]), before)

    def keep_plan(self, name: str, plan: Plan) -> None:
        """Keep a plan under a name."""
        if self.folder is not None:
            plan.save(self.folder / "plans" / name)

    def hindsight(self) -> dict[str, Hindsight]:
        """What is kept of this instance and good enough to stand; a line half written is dropped."""
        found: dict[str, Hindsight] = {}
        if self.folder is None or not (self.folder / HINDSIGHT).is_file():
            return found
        file = self.folder / HINDSIGHT
        for line in whole_lines(file).splitlines():
            row = json.loads(line)
            if row.pop("of") == self._of and stands(self._options, row["status"], row["why"], row.pop("asked")):
                found[row["future"]] = Hindsight(**row | {"funded": tuple(row["funded"])})
        return found

    def keep_hindsight(self, one: Hindsight) -> None:
        """Keep one future's."""
        if self.folder is not None:
            row = asdict(one) | {"of": self._of, "asked": self._gap}
            with (self.folder / HINDSIGHT).open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")

    def within(self, *parts: str) -> Path | None:
        """A folder inside the folder."""
        return None if self.folder is None else self.folder.joinpath(*parts)

    def close(self, info: dict[str, Any], tables: dict[str, pd.DataFrame]) -> None:
        """Write what was found."""
        if self.folder is None:
            return
        for name, table in with_study_markings(self._instance, tables).items():
            write_new(self.folder / f"{name}.csv", table.to_csv(index=False, lineterminator="\n"))
        text = json.dumps(info, indent=2, ensure_ascii=False, allow_nan=False)
        write_new(self.folder / NOTE, text + "\n")


def stands(now: Options, status: str, why: str, before: Any) -> bool:
    """Whether a solve that is kept would end no better if it were asked for now.

    Args:
        now: how it would be solved.
        status: of the plan kept.
        why: why its search ended.
        before: gap, gap in USD and time limit that it was asked for.
    """
    gap, gap_usd, limit = before
    if status == "infeasible":
        return True
    if status == "optimal":
        return bool(gap <= now.gap and (gap_usd or 0.0) <= (now.gap_usd or 0.0))
    return why.startswith(LIMIT) and limit is not None and now.time_limit is not None and limit >= now.time_limit
