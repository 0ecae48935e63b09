"""What is held fixed: fundings, and the stock that the trunk keeps."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from optimizer.errors import PlanError
from optimizer.instance.faults import did_you_mean
from optimizer.network.derive_adjust import limits_of
from optimizer.network.derive_requalification import waits_of
from optimizer.network.network import network_of
from optimizer.network.places import Cell
from optimizer.network.starts import Starts
from optimizer.network.tables import TRUNK, RunIndex
from optimizer.plan.columns import rows_of
from optimizer.plan.makers import Known
from optimizer.plan.plan import Plan
from optimizer.solver.given import known_makers, trunk_runs

Funding = tuple[str, str, int]
"""Facility, option, year."""

COLUMNS = ("facility", "option", "year")


@dataclass(frozen=True, slots=True)
class Portfolio:
    """What is held fixed.

    Attributes:
        fundings: (facility, option, year).
        stock: (stockpile, material, channel, period) -> t at its end on the trunk; None where it is to be chosen.
        source: where it is from, for readers.
        instance_sha256: of the instance that it was planned for; None for a planner's own.
        runs: what the trunk runs, where branches are tied to that; None where it is to be chosen.
        known: whom users count as makers on the trunk, where new ones would wait; None where it is to be chosen.
    """

    fundings: tuple[Funding, ...]
    stock: dict[tuple[Cell, int], float] | None
    source: str
    instance_sha256: str | None = None
    runs: dict[RunIndex, float] | None = None
    known: Known | None = None

    @classmethod
    def of(cls, plan: Plan, source: str = "plan") -> Portfolio:
        """The portfolio of a plan, its stock included.

        Raises:
            PlanError: the run ended without a plan.
        """
        fundings = tuple((row.facility, row.option, int(row.funded)) for row in rows_of(plan.portfolio))
        stock = {
            ((row.stockpile, row.material, row.channel), int(row.period)): float(row.closing)
            for row in rows_of(plan.stock)
            if row.scenario == TRUNK
        }
        limits = limits_of(plan.instance)
        runs = trunk_runs(plan, limits) if limits else None
        known = known_makers(network_of(plan.instance), plan) if waits_of(plan.instance) else None
        return cls(fundings, stock, source, str(plan.info.get("instance_sha256")), runs, known)

    @classmethod
    def read(cls, path: Path | str) -> Portfolio:
        """A result folder, or a CSV file with the columns facility, option, year.

        Raises:
            PlanError: it cannot be read; a CSV names every row that is wrong.
        """
        path = Path(path)
        if path.is_dir():
            return cls.of(Plan.read(path), str(path))
        if not path.is_file():
            raise PlanError(f"{path} is neither a result folder nor a CSV file of facility, option, year")
        return cls(tuple(_rows(path)), None, str(path))

    def check(self, starts: Starts) -> None:
        """Whether an instance knows every funding.

        Raises:
            PlanError: with every one that it does not.
        """
        faults = [fault for funding in self.fundings if (fault := _fault(starts, funding))]
        if faults:
            name = starts.instance.name
            raise PlanError(f"the portfolio of {self.source} does not fit the instance {name}: {'; '.join(faults)}")


def _fault(starts: Starts, funding: Funding) -> str:
    """Why an instance does not know a funding, and what would be right; empty where it does."""
    facility, option, year = funding
    facilities = starts.instance.facilities
    if facility not in facilities:
        hint = did_you_mean(facility, facilities)
        return f"there is no facility '{facility}'" + (f" ({hint})" if "mean" in hint else "")
    years = starts.years.get((facility, option))
    if years is None:
        hint = did_you_mean(option, [item.id for item in facilities[facility].options])
        return f"'{facility}' has no option '{option}' ({hint})"
    if year in years:
        return ""
    could = f"from {min(years)} to {max(years)}" if years else "in no year"
    return f"'{facility}:{option}' cannot be funded in {year}, but {could}"


def _rows(path: Path) -> Iterable[Funding]:
    faults: list[str] = []
    found: list[Funding] = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise PlanError(
                f"{path} lacks the column {', '.join(missing)}; it has {', '.join(reader.fieldnames or ())}"
            )
        seen: dict[tuple[str, str], int] = {}
        for row in reader:
            facility, option, year = ((row[name] or "").strip() for name in COLUMNS)
            where = f"line {reader.line_num}"
            if not year.isdigit():
                faults.append(f"{where}: year is '{year}'; it is a year such as 2029")
                continue
            if (facility, option) in seen:
                faults.append(f"{where}: {facility}:{option} is there already, in line {seen[facility, option]}")
                continue
            seen[facility, option] = reader.line_num
            found.append((facility, option, int(year)))
    if faults:
        raise PlanError(f"{path}: {'; '.join(faults)}")
    return found
