"""Reads what is published of the frozen instances: files, sizes, best values and bounds."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from optimizer.errors import OptionsError, PlanError
from optimizer.folders import write_whole
from optimizer.instance.instance import Instance
from optimizer.instance.write import sha256
from optimizer.plan.plan import Plan
from optimizer.run import load
from optimizer.templates import may_make, shipped
from optimizer.verifier import verify

SAME = 1e-6
"""How far two values may be apart, as a share, and count as the same: solvers keep rows to about so much."""


@dataclass(frozen=True, slots=True)
class Stated:
    """A number, and what gave it.

    Attributes:
        usd: the number.
        by: the command.
        date: of the run.
        version: of this package.
        highs: version of HiGHS.
        seconds: by the clock, beside other work.
        processor_seconds: of the processor, for the whole command.
        leaves: of the tree that proves it, where it is proved.
    """

    usd: float
    by: str
    date: str
    version: str
    highs: str
    seconds: float
    processor_seconds: float
    leaves: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where values stand beside what is best known.

    Attributes:
        objective_usd: of a plan; None where none was given.
        bound_usd: of its solver; None where none was given.
        above: share by which the plan costs more than the best known one; below 0 where it costs less.
        above_bound: share by which the plan costs more than the best known bound: at most so much is lost by it.
        contradictions: what cannot be true together, a sentence each: one of the two values named in each is wrong.
        better: what is better than the best known, a sentence each.
    """

    objective_usd: float | None
    bound_usd: float | None
    above: float | None
    above_bound: float | None
    contradictions: tuple[str, ...]
    better: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A frozen instance, and what is best known of it. Amounts are USD, of the base year, discounted.

    Attributes:
        name: of the instance, and of its folder.
        made_by: the command that made it; a later version of the generator may make another.
        instance_sha256: of the instance's content, as `plan.json` has it.
        rows: of the extensive form, as `optimizer export` writes it.
        columns: of the same.
        binaries: of its columns.
        nonzeros: of its matrix.
        objective: the least that a known plan costs.
        bound: no plan costs less: the most that any solve or proof has said.
        proved: the most that was proved without a solver; None where nothing was.
    """

    name: str
    made_by: str
    instance_sha256: str
    rows: int
    columns: int
    binaries: int
    nonzeros: int
    objective: Stated
    bound: Stated
    proved: Stated | None

    @property
    def folder(self) -> Path:
        """Where its files are: to be read, not to be written to."""
        return folder_of(self.name)

    @property
    def portfolio(self) -> Path:
        """The fundings of the best known plan, as `optimizer evaluate --portfolio` takes them."""
        return known_folder() / f"{self.name}.csv"

    @property
    def gap(self) -> float:
        """How far apart objective and bound are, as a share of the objective."""
        return (self.objective.usd - self.bound.usd) / abs(self.objective.usd)

    def load(self) -> Instance:
        """The instance."""
        return load(self.folder)

    def copy(self, folder: Path | str) -> Path:
        """Copy its files, whole or not at all. It keeps its name.

        Raises:
            OptionsError: the folder is there and holds something, or cannot be made.
        """
        target = Path(folder).absolute()
        may_make(Path(folder), target)
        try:
            write_whole(target, lambda made: _copy(self.folder, made))
        except OSError as error:
            raise OptionsError(f"{folder} cannot be written: {error.strerror or error}") from error
        return Path(folder)

    def against(self, objective_usd: float | None = None, bound_usd: float | None = None) -> Standing:
        """Hold values against what is best known.

        Args:
            objective_usd: what a plan costs, USD; the unit of an export times the objective there.
            bound_usd: below which no plan can be, as a solver says.

        Returns:
            Where they stand. Values within a millionth of each other count as the same.
        """
        contradictions, better = [], []
        best, bound, proved = self.objective, self.bound, self.proved
        if objective_usd is not None:
            if proved is not None and _below(objective_usd, proved.usd):
                contradictions.append(
                    f"a plan of {_usd(objective_usd)}, where {_usd(proved.usd)} is proved to be the least"
                )
            elif _below(objective_usd, bound.usd):
                contradictions.append(
                    f"a plan of {_usd(objective_usd)}, where a solver said {_usd(bound.usd)} is the least"
                )
            elif _below(objective_usd, best.usd):
                better.append(f"a plan of {_usd(objective_usd)}, and the best known costs {_usd(best.usd)}")
        if bound_usd is not None:
            if _below(best.usd, bound_usd):
                contradictions.append(f"a bound of {_usd(bound_usd)}, where a plan of {_usd(best.usd)} is known")
            elif _below(bound.usd, bound_usd):
                better.append(f"a bound of {_usd(bound_usd)}, and the best known is {_usd(bound.usd)}")
        if objective_usd is not None and bound_usd is not None and _below(objective_usd, bound_usd):
            contradictions.append(f"a plan of {_usd(objective_usd)} with a bound of {_usd(bound_usd)} of its own")
        return Standing(
            objective_usd,
            bound_usd,
            None if objective_usd is None else objective_usd / best.usd - 1,
            None if objective_usd is None else objective_usd / bound.usd - 1,
            tuple(contradictions),
            tuple(better),
        )


def benchmarks() -> dict[str, Benchmark]:
    """The frozen instances by name, from small to large.

    Example:
        >>> import optimizer
        >>> frozen = optimizer.benchmarks()["s60_5_1"]
        >>> instance = frozen.load()
        >>> instance.name, frozen.binaries, frozen.gap < 1e-3
        ('s60_5_1', 172, True)
        >>> frozen.against(objective_usd=5.0e9).contradictions != ()
        True
    """
    values = json.loads((known_folder() / "values.json").read_text(encoding="utf-8"))
    return {name: _benchmark(name, entry) for name, entry in values.items()}


def held(folder: Path | str, one: Benchmark | None = None) -> tuple[Benchmark, Standing]:
    """Check a result folder, and hold its objective and bound against what is best known of its instance.

    Args:
        folder: a result folder.
        one: the frozen instance that it should be of; by default the one it is of.

    Returns:
        The frozen instance, and where the plan stands. A plan that breaks a row contradicts what is known.

    Raises:
        PlanError: there is no plan, or it is of no frozen instance, or of another one.
    """
    plan = Plan.read(folder)
    if plan.objective is None:
        raise PlanError(f"{folder} holds no plan: status {plan.status}")
    content = sha256(plan.instance)
    found = {each.instance_sha256: each for each in benchmarks().values()}.get(content)
    if found is None or (one is not None and one.name != found.name):
        asked = "a frozen instance" if one is None else f"the frozen instance {one.name}"
        raise PlanError(f"{folder} is a plan of {plan.instance.name}, which is not {asked}: its content differs")
    standing, verdict = found.against(plan.objective, plan.bound), verify(folder)
    if not verdict.ok:
        standing = replace(standing, contradictions=(verdict.summary(), *standing.contradictions), better=())
    return found, standing


def known_folder() -> Path:
    """Where what is best known stands: the table, and a portfolio for each instance."""
    return shipped("benchmarks") / "best_known"


def folder_of(name: str) -> Path:
    """The folder of a frozen instance."""
    return shipped("benchmarks") / name


def _benchmark(name: str, entry: dict[str, Any]) -> Benchmark:
    stated = {key: None if entry[key] is None else Stated(**entry[key]) for key in ("objective", "bound", "proved")}
    return Benchmark(name=name, **(entry | stated))


def _copy(folder: Path, made: Path) -> None:
    for file in sorted(folder.iterdir()):
        if file.is_file():
            shutil.copyfile(file, made / file.name)


def _below(value: float, other: float) -> bool:
    """Whether a value is below another by more than rounding."""
    return other - value > SAME * abs(other)


def _usd(value: float) -> str:
    """To the dollar: best values differ where words do not."""
    return f"{value:,.0f} USD"
