"""What each edit between two instances does to cost and portfolio: made one after another, and each alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from optimizer.comparison.groups import Group
from optimizer.comparison.portfolios import moves
from optimizer.comparison.verdicts import Difference, difference
from optimizer.instance.instance import Instance
from optimizer.instance.write import sha256
from optimizer.plan.plan import Plan
from optimizer.run import checkpoint_of, solve_with
from optimizer.solver.benders.checkpoint import Checkpoint
from optimizer.solver.highs import Progress, Report, Stop
from optimizer.solver.options import Options
from optimizer.worth.kept import stands

Row = dict[str, Any]


@dataclass(slots=True)
class Steps:
    """Solves of edited instances, kept as they come.

    Attributes:
        options: of each solve.
        folder: where plans are kept, and gone on from; None keeps them in memory.
        stop: asks to stop.
        report: called with progress.
        solves: how many there will be.
        done: how many there were.
    """

    options: Options
    folder: Path | None
    stop: Stop
    report: Report | None
    solves: int = 0
    done: int = 0
    _held: dict[str, Plan] = field(default_factory=dict)
    _checkpoint: Checkpoint | None = None

    @property
    def stopped(self) -> bool:
        """Whether it was asked to stop."""
        return self.stop.asked.is_set()

    def plan(self, what: str, instance: Instance, start: Plan) -> Plan | None:
        """The plan of an edited instance; None once it was stopped.

        Args:
            what: the step, for readers.
            instance: of the step.
            start: a plan whose portfolio is tried first.
        """
        key = sha256(instance)
        if key in self._held:
            return self._held[key]
        kept = self._kept(key)
        if kept is None:
            if self.stopped:
                return None
            kept = self._solved(what, instance, start, key)
        self.done += 1
        self._held[key] = kept
        return kept

    def _solved(self, what: str, instance: Instance, start: Plan, key: str) -> Plan:
        if self._checkpoint is None:
            file = None if self.folder is None else self.folder / "steps.checkpoint"
            self._checkpoint = checkpoint_of(instance, file)
        self._checkpoint.instance = key  # what is still true of the step before is taken on
        with self.stop.listening():
            found = solve_with(
                instance, self.options, start, self._naming(what), self.stop, checkpoint=self._checkpoint
            )
        if self.folder is not None:
            found.save(self.folder / "steps" / key[:16])
        return found

    def _kept(self, key: str) -> Plan | None:
        """The plan kept of the same instance, where the same question asked now would end no better."""
        if self.folder is None or not (self.folder / "steps" / key[:16] / "plan.json").is_file():
            return None
        plan = Plan.read(self.folder / "steps" / key[:16])
        asked = plan.info["options"]
        before = asked["gap"], asked["gap_usd"], asked["time_limit"]
        same = plan.info.get("instance_sha256") == key
        return plan if same and stands(self.options, plan.status, str(plan.info["why"]), before) else None

    def _naming(self, what: str) -> Report | None:
        if self.report is None:
            return None
        report, head = self.report, f"{min(self.done + 1, self.solves)} of {self.solves}: {what}"

        def named(progress: Progress) -> None:
            report(replace(progress, phase=f"{head}: {progress.phase}"))

        return named


def attributed(base: Plan, plan: Plan, groups: Sequence[Group], steps: Steps) -> tuple[list[Row], Row]:
    """What each group of edits does.

    Args:
        base: the plan of the instance that edits begin from.
        plan: that of the instance with all edits.
        groups: in the order in which they are made.
        steps: solves what lies between.

    Returns:
        A row for each group, without the name of the plan, and what they come to together.
    """
    steps.solves += len(groups) - 1 + sum(group.alone is not None for group in groups[1:])
    rows: list[Row] = []
    before: Plan | None = base
    for number, group in enumerate(groups):
        last = number == len(groups) - 1
        after = plan if last else steps.plan(f"with {group.name}", group.after, before or base)
        alone = after if number == 0 else None
        if number > 0 and group.alone is not None:
            alone = steps.plan(f"with {group.name} alone", group.alone, base)
        rows.append(_row(number + 1, group, before, after, base, alone))
        before = after if after is not None and after.tables else None
    return rows, _together(rows, difference(plan, base))


def _row(number: int, group: Group, before: Plan | None, after: Plan | None, base: Plan, alone: Plan | None) -> Row:
    row: Row = {"order": number, "group": group.name, "edits": len(group.edits), "what": group.what}
    for head, now, then in (("in_order", after, before), ("alone", alone, base)):
        found = _between(now, then)
        row[head], row[f"{head}_at_least"], row[f"{head}_at_most"] = found.usd, found.low, found.high
        row[f"{head}_verdict"] = found.verdict if found.usd is not None else None
        prefix = "" if head == "in_order" else "alone_"
        row[f"{prefix}status"] = None if now is None else now.status
        row[f"{prefix}why"] = _why(now, then)
        changed = {} if now is None or then is None or not now.tables else moves(now.portfolio, then.portfolio)
        row |= {f"{prefix}{what}": names for what, names in changed.items()}
    if group.why:
        row["alone_status"], row["alone_why"] = "not sound", group.why
    for end, mine, other in (
        ("", "", ""),
        ("_at_least", "_at_least", "_at_most"),
        ("_at_most", "_at_most", "_at_least"),
    ):
        here, there = row[f"in_order{mine}"], row[f"alone{other}"]
        row[f"interaction{end}"] = None if here is None or there is None else here - there
    return row


def _between(now: Plan | None, then: Plan | None) -> Difference:
    if now is None or then is None or not now.tables:
        return Difference(None, None, None, "")
    return difference(now, then)


def _why(now: Plan | None, then: Plan | None) -> str:
    if now is None:
        return "not solved yet"
    if not now.tables:
        return str(now.info["why"])
    return "" if then is not None else "the step before has no plan"


def _together(rows: Sequence[Mapping[str, Any]], total: Difference) -> Row:
    """What the steps come to: in order they are the whole difference; alone they leave what is interaction."""
    found: Row = {
        "difference": total.usd,
        "difference_at_least": total.low,
        "difference_at_most": total.high,
        "verdict": total.verdict,
        "order": [row["group"] for row in rows],
    }
    for head in ("in_order", "alone"):
        known = [row[head] for row in rows]
        found[f"sum_{head}"] = None if None in known else sum(known)
    whole = found["sum_alone"] is not None and total.usd is not None
    found["interaction"] = total.usd - found["sum_alone"] if whole and total.usd is not None else None
    return found
