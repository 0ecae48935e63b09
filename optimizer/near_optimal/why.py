"""Why an option is not funded: what it costs to fund it, and at what capex, payment or lead it would come in.

Each question is one of least cost with the option required, stopped once it is known whether a plan costs as little as
the best (or within the tolerance). Cost rises with capex, whatever the budgets are: a plan at some capex is one at any
lower capex, and costs less there. So every answer closes a bracket: a plan found says that the option comes in at that
capex or below, a bound beyond the target says that it does not at that capex or above. Where to ask next follows from
the plan: with its fundings kept, its cost falls by a known number of dollars for a dollar of capex.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.answers import shown
from optimizer.errors import OptionsError
from optimizer.folders import write_whole
from optimizer.instance.instance import Instance
from optimizer.instance.marks import about
from optimizer.ledger import refuse_other
from optimizer.near_optimal.facts import SAME
from optimizer.near_optimal.payment import Payment, closed
from optimizer.near_optimal.rows import Option, required, without
from optimizer.near_optimal.solves import Answer, Solves
from optimizer.network.starts import Start, Starts
from optimizer.plan.study_markings import with_study_markings
from optimizer.run import checkpoint_of, versions
from optimizer.solver.benders.checkpoint import Checkpoint
from optimizer.solver.extensive import Solved
from optimizer.solver.highs import Report, Stop
from optimizer.solver.options import Options
from optimizer.solver.refusals import rows_refused

TRIES = 8
"""Capexes tried for an option at most."""
CLOSE = 0.01
"""Share of its capex to which the bracket is closed."""
SAFE = 0.002
"""Share of its capex by which the next try lies below what the last plan says."""

COLUMNS = (
    "facility", "option", "capex", "lead", "status", "costs_at_least", "costs_at_most", "enters_at_capex",
    "not_at_capex", "enters_at_price", "not_at_price", "enters_at_lead", "not_at_lead",
)  # fmt: skip
"""Columns of the table; money in USD, prices in USD per t, blank where it is not known or there is none."""
FORMAT = 1
NOTE, WHAT = "why.json", "an answer of why"
"""The file that says what a folder holds, and that in words."""
FUNDED, ENTERS, STAYS_OUT, CANNOT, OPEN = "funded", "near-equal", "not funded", "cannot be funded", "not proved"
"""What may be the status of an option."""
_BLANK = (None,) * 4
"""No capex and no price at which it comes in, or does not."""


@dataclass(frozen=True, slots=True)
class Why:
    """Why options are funded or not.

    Attributes:
        info: instance, best plan, tolerance; whether it was stopped early.
        options: a row for each option that was asked about (docs/alternatives.md).
    """

    info: dict[str, Any]
    options: pd.DataFrame

    __repr__ = shown

    def save(self, folder: Path | str) -> Path:
        """Write why.json and options.csv, whole or not at all.

        Raises:
            PlanError: something else is there.
        """
        refuse_other(Path(folder), NOTE, WHAT)
        target = Path(folder).absolute()
        write_whole(target, self._write)
        return target

    def _write(self, folder: Path) -> None:
        self.options.to_csv(folder / "options.csv", index=False, lineterminator="\n")
        text = json.dumps(self.info, indent=2, ensure_ascii=False, allow_nan=False)
        (folder / NOTE).write_text(text + "\n", encoding="utf-8")


def why(
    instance: Instance,
    facility: str,
    option: str | None = None,
    *,
    within_usd: float = 0.0,
    options: Options | None = None,
    folder: Path | str | None = None,
    report: Report | None = None,
    stop: Stop | None = None,
) -> Why:
    """Why a facility's options are not funded, and at what capex, payment for a tonne or lead each would be.

    Args:
        instance: from `load`.
        facility: whose options.
        option: one of them; default all.
        within_usd: an option comes in when a plan with it costs at most so much more than the best, USD.
        options: how to solve each problem.
        folder: where the answer is written, as why.json and options.csv; an earlier one there is replaced.
        report: called with progress.
        stop: asks it to stop with what it has; the first Ctrl-C does so.

    Raises:
        OptionsError: there is no such facility or option, or what is asked makes no sense.
        PlanError: something else is in the folder.
        SolveError: the solver failed.
    """
    asked = _asked(instance, facility, option)
    if not 0 <= within_usd < math.inf:
        raise OptionsError(f"within_usd is {within_usd:g}; it is 0 or more")
    how = options or Options()
    if faults := rows_refused(how.method):
        raise OptionsError(*faults)
    if folder is not None:
        refuse_other(Path(folder), NOTE, WHAT)
    began = time.monotonic()
    instance.priced("why")
    run = _Run(instance, how, within_usd, report, stop or Stop())
    rows = run.all(asked)
    info = {
        "format": FORMAT,
        **about(instance),
        "status": "stopped" if run.stopped else "no_plan" if run.best is None else run.best.status,
        "best": None if run.best is None else run.best.objective,
        "bound": None if run.best is None else run.best.bound,
        "within_usd": within_usd,
        "solves": run.solves,
        "seconds": round(time.monotonic() - began, 1),
        "versions": versions(),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    numbers = COLUMNS[COLUMNS.index("costs_at_least") : COLUMNS.index("enters_at_lead")]
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict.fromkeys(("capex", *numbers), float))
    frame = frame.astype(dict.fromkeys(("lead", "enters_at_lead", "not_at_lead"), "Int64"))
    found = Why(info, **with_study_markings(instance, {"options": frame}))
    if folder is not None:
        found.save(folder)
    return found


def _asked(instance: Instance, facility: str, option: str | None) -> list[Option]:
    if facility not in instance.facilities:
        like = [name for name in instance.facilities if facility in name or name in facility][:5]
        near = f"; there is {', '.join(like)}" if like else ""
        raise OptionsError(f"{instance.name} has no facility '{facility}'{near}")
    there = [item.id for item in instance.facilities[facility].options]
    if not there:
        raise OptionsError(f"{facility} has no options: there is nothing to fund")
    if option is not None and option not in there:
        raise OptionsError(f"{facility} has no option '{option}'; there is {', '.join(there)}")
    return [(facility, name) for name in there if option in (None, name)]


class _Run:
    """Questions to an instance and to copies of it with another capex or lead.

    Attributes:
        best: the best plan's answer; None before it is known.
        solves: how many there were.
        stopped: by Ctrl-C.
    """

    def __init__(
        self, instance: Instance, options: Options, within_usd: float, report: Report | None, stop: Stop
    ) -> None:
        self._instance, self._options, self._within = instance, options, within_usd
        self._report, self._stop = report, stop
        # Capex and lead change the master and some parts: the cuts of all other parts hold in every copy.
        self._checkpoint: Checkpoint = checkpoint_of(instance)
        self.best: Answer | None = None
        self.solves = 0
        self.stopped = False

    def all(self, asked: Sequence[Option]) -> list[tuple[Any, ...]]:
        """A row for each option, as far as it was let go."""
        plain = self._solves(self._instance)
        self.best, _ = self._ask(plain, "the best plan")
        rows: list[tuple[Any, ...]] = []
        if self.best.objective is None:
            return rows
        for option in asked:
            if self.stopped:
                break
            rows.append(self._row(plain, option))
        return rows

    @property
    def _target(self) -> float:
        assert self.best is not None
        assert self.best.objective is not None
        return self.best.objective + self._within + SAME * max(1.0, abs(self.best.objective))

    def _row(self, plain: Solves, option: Option) -> tuple[Any, ...]:
        assert self.best is not None
        assert self.best.objective is not None
        record = plain.network.starts.options[option]
        head = (*option, record.capex, record.lead)
        if option in self.best.chosen:
            answer, _ = self._ask(plain, f"without {':'.join(option)}", option, forbid=True)
            return (*head, FUNDED, *self._extra(answer), *_BLANK, None, None)
        if option not in plain.years:
            return (*head, CANNOT, None, None, *_BLANK, *self._lead(option, record.lead, proved=True))
        answer, solved = self._ask(plain, f"with {':'.join(option)}", option)
        low, high = self._extra(answer)
        if answer.status == "infeasible":
            return (*head, CANNOT, None, None, *_BLANK, *self._lead(option, record.lead, proved=True))
        if answer.objective is not None and answer.objective <= self._target:
            return (*head, ENTERS, low, high, record.capex, None, 0.0, None, record.lead, None)
        price = self._price(plain, option, solved)
        capex = self._capex(plain.network.starts, option, answer)
        proved = answer.least > self._target
        lead = self._lead(option, record.lead, proved=proved)
        return (*head, STAYS_OUT if proved else OPEN, low, high, *capex, *price, *lead)

    def _price(self, plain: Solves, option: Option, solved: Solved) -> tuple[float | None, float | None]:
        """USD for a tonne at which it comes in, and at which it does not; of the mean over futures alone."""
        if self._instance.risk.measure != "expected":
            return None, None
        payment = Payment(plain.network, option)

        def paid(usd: float, target: float) -> tuple[Answer, Solved]:
            network = payment.at(usd)
            solves = Solves(self._instance, self._options, self._report, self._stop, self._checkpoint, network)
            return self._ask(solves, f"paid {usd:,.2f} for a tonne", option, target=target)

        return closed(payment, solved, self._target, paid)

    def _capex(self, starts: Starts, option: Option, first: Answer) -> tuple[float | None, float | None]:
        """The largest capex known at which the option comes in, and the smallest known at which it does not."""
        capex = starts.options[option].capex
        comes, stays = None, capex if first.least > self._target else None
        at, answer = capex, first
        for _ in range(TRIES):
            low, high = 0.0 if comes is None else comes, capex if stays is None else stays
            if (
                self.stopped
                or stays == 0.0
                or (comes is not None and stays is not None and high - low <= CLOSE * capex)
            ):
                break
            at = self._next(starts, option, (low, high), comes is None, at, answer)
            cheaper = self._solves(changed(self._instance, option, capex=at))
            answer, _ = self._ask(cheaper, f"at a capex of {at:,.0f}", option, settle=True)
            if answer.objective is not None and answer.objective <= self._target:
                comes = at
            elif answer.least > self._target:
                stays = at
            else:
                break
        return comes, stays

    def _next(
        self, starts: Starts, option: Option, between: tuple[float, float], none: bool, at: float, answer: Answer
    ) -> float:
        """The capex to ask for next: a little below where the last plan breaks even, then a little above.

        Args:
            starts: of the instance.
            option: the option.
            between: what it comes in at, 0 where that is not known, and does not.
            none: whether it is not known to come in at any capex.
            at: the capex that was asked for last.
            answer: what was answered.
        """
        low, high = between
        capex = starts.options[option].capex
        weight = self._weight(starts, option, answer)
        middle = 0.0 if none and low + high <= CLOSE * capex else (low + high) / 2
        if answer.objective is None or weight <= 0:
            return middle
        even, step = at + (self._target - answer.objective) / weight, SAFE * capex
        below, above = max(even - step, 0.0), even + step
        if (low < below < high) or (none and below == 0.0):
            return below
        return above if low < above < high else middle

    def _weight(self, starts: Starts, option: Option, answer: Answer) -> float:
        """USD of cost for a USD of the option's capex, in the year in which a plan funds it."""
        years = [year for facility, name, year in answer.funded if (facility, name) == option]
        capex = starts.options[option].capex
        if not years or not capex:
            return 0.0
        start = Start(*option, (years[0],))
        return (starts.capex(start) - starts.credit(start)) / capex

    def _lead(self, option: Option, lead: int, *, proved: bool) -> tuple[int | None, int | None]:
        """The longest shorter lead known at which it comes in, and the one from which on it is proved not to.

        Args:
            option: the option.
            lead: its own.
            proved: whether it is proved not to come in with that.
        """
        stays = lead if proved else None
        for years in range(lead - 1, -1, -1):
            if self.stopped:
                break
            solves = self._solves(changed(self._instance, option, lead=years))
            least = math.inf  # on line too late still
            if option in solves.years:
                answer, _ = self._ask(solves, f"with a lead of {years}", option, settle=True)
                if answer.objective is not None and answer.objective <= self._target:
                    return years, stays
                least = answer.least
            if stays == years + 1 and least > self._target:
                stays = years
        return None, stays

    def _extra(self, answer: Answer) -> tuple[float | None, float | None]:
        """What a demand costs at least and at most, between the bounds of both solves; None where there is no plan."""
        assert self.best is not None
        assert self.best.objective is not None
        if answer.status == "infeasible":
            return None, None
        low = max(0.0, answer.least - self.best.objective)
        low = low if math.isfinite(low) else 0.0
        high = None if answer.objective is None else max(low, answer.objective - self.best.least)
        return low, high if high is None or math.isfinite(high) else None

    def _solves(self, instance: Instance) -> Solves:
        return Solves(instance, self._options, self._report, self._stop, self._checkpoint)

    def _ask(
        self,
        solves: Solves,
        what: str,
        option: Option | None = None,
        *,
        forbid: bool = False,
        settle: bool = False,
        target: float | None = None,
    ) -> tuple[Answer, Solved]:
        rows = [] if option is None else without([option]) if forbid else required([option])
        self.solves += 1
        answer, solved = solves.solve(f"{self.solves}: {what}", rows, self._target if settle else target)
        self.stopped = self.stopped or solves.stopped
        return answer, solved


def changed(instance: Instance, option: Option, **fields: Any) -> Instance:
    """The instance with other numbers of an option."""
    name, which = option
    facility = instance.facilities[name]
    options = tuple(item.model_copy(update=fields) if item.id == which else item for item in facility.options)
    facilities = dict(instance.facilities) | {name: facility.model_copy(update={"options": options})}
    return instance.model_copy(update={"facilities": facilities})


__all__ = ["Why", "why"]
