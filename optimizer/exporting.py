"""The problem as other solvers read it: one file in MPS, rows and columns under the names of the formulation."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from optimizer.errors import OptionsError, PlanError
from optimizer.instance.instance import Instance
from optimizer.instance.marks import banner_of, markings_of
from optimizer.instance.write import sha256
from optimizer.model.declare import Key
from optimizer.model.risk import COST
from optimizer.network.network import network_of
from optimizer.solver.compile import Problem
from optimizer.solver.extensive import problem_of
from optimizer.solver.loading import load as loaded
from optimizer.solver.loading import written_as_mps
from optimizer.solver.options import Options
from optimizer.solver.refusals import several_problems
from optimizer.solver.solve import begin

SUFFIX = ".mps"
MARK = "* trusted-supply-optimizer"
"""The first line of a file that was written here, by which an earlier one is known."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    Attributes:
        file: where.
        instance: name of the instance.
        instance_sha256: of the instance.
        rows: their number.
        columns: their number.
        nonzeros: their number.
        binaries: integer columns among the columns.
        objective_unit_usd: USD that one unit of the objective, and of money in rows, is.
        banner: of the markings of the instance's rows, which the file says too; empty where none is marked.
    """

    file: Path
    instance: str
    instance_sha256: str
    rows: int
    columns: int
    nonzeros: int
    binaries: int
    objective_unit_usd: float
    banner: str = ""


def export(instance: Instance, file: Path | str) -> Exported:
    """Write the extensive form of an instance, as HiGHS is given it, for another solver.

    A row or column is called `block/component(index,...)`: block is `investment`, `trunk`, the branch of a future or
    `risk`, component and index are those of the formulation (docs/formulation.md). Numbers have as many digits as give
    the same double back.

    Args:
        instance: what to write.
        file: where, ending in .mps; an earlier export there is replaced, nothing else.

    Returns:
        Where it is, how large, and the unit of its objective.

    Raises:
        OptionsError: the file does not end in .mps; or the instance is solved in several steps, by regret, service
            first or least outlay, so that no one problem is it. All of it is named.
        PlanError: something that is no export is in the file's place, or its folder is missing.
        SolveError: HiGHS could not write it.

    Example:
        >>> import optimizer
        >>> instance = optimizer.load("docs/examples/two_plants.yaml")
        >>> made = optimizer.export(instance, "two_plants.mps")
        >>> made.binaries, made.objective_unit_usd
        (4, 100000.0)
    """
    target = Path(file)
    network = network_of(instance)
    faults = [] if target.suffix == SUFFIX else [f"{target} does not end in {SUFFIX}: MPS is what is written"]
    faults += several_problems("an export", network)
    if faults:
        raise OptionsError("\n".join(faults))
    _check(target)
    begun = begin(network, Options(method="extensive"))
    problem = problem_of(network, begun.blocks, {})
    names = [*map(_name, _columns(problem))], [*map(_name, _rows(problem))]
    unit = 1.0 / problem.money
    made = Exported(
        file=target,
        instance=instance.name,
        instance_sha256=sha256(instance),
        rows=problem.rows,
        columns=problem.columns,
        nonzeros=int(problem.matrix.nnz),
        binaries=int(problem.integer.sum()),
        objective_unit_usd=float(f"{unit:.6g}"),
        banner=banner_of(markings_of(instance)),
    )
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".export-") as folder:
        whole = written_as_mps(loaded(problem), *names, Path(folder) / f"whole{SUFFIX}")
        with whole.open("rb") as body, (Path(folder) / "headed").open("wb") as headed:
            headed.write("".join(f"{line}\n" for line in _head(made)).encode())
            while part := body.read(1 << 20):
                headed.write(part)
        (Path(folder) / "headed").replace(target)
    return made


def _check(target: Path) -> None:
    if not target.parent.is_dir():
        raise PlanError(f"{target.parent} is no folder; make it first, or name another file with -o")
    if target.is_dir():
        raise PlanError(f"{target} is a folder; name a file with -o")
    if target.exists():
        with target.open("rb") as there:
            if not there.read(len(MARK)) == MARK.encode():
                raise PlanError(f"{target} is there already and was not written here; name another file with -o")


def _head(made: Exported) -> Iterator[str]:
    """Comments at the top; ASCII, whatever the instance is called."""
    yield f"{MARK}: extensive form of an instance"
    if made.banner:
        yield f"* {quote(made.banner, safe=' ;,/()')}"
    yield f"* instance {quote(made.instance, safe=' ')}, SHA-256 {made.instance_sha256}"
    yield f"* one unit of the objective, and of money in rows that hold cost, is {made.objective_unit_usd:g} USD"
    yield "* names are block/component(index,...), what is no letter, digit or one of _.-~ in them as %XX"


def _name(at: tuple[str, Key]) -> str:
    """A name without blanks, that no other row or column has."""
    block, (component, index) = at
    parts = index if isinstance(index, tuple) else (index,)
    inside = ",".join(quote(str(part), safe="") for part in parts if part is not None)
    return f"{quote(block, safe='')}/{quote(component, safe='')}" + (f"({inside})" if inside else "")


def _columns(problem: Problem) -> list[tuple[str, Key]]:
    """Block, component and index of each column: those of its owner where several blocks share it."""
    found: dict[int, tuple[str, Key]] = {}
    for name, block in problem.blocks.items():
        for local, (column, key) in enumerate(zip(problem.place[name].tolist(), block.columns, strict=True)):
            if local not in block.owners:
                found[column] = (name, key)
    for (owner, period), column in problem.cost_columns.items():
        found[column] = (owner, (COST, period))
    return [found[column] for column in range(problem.columns)]


def _rows(problem: Problem) -> list[tuple[str, Key]]:
    """Block, component and index of each row; those of costs are last."""
    rows = [(name, key) for name, block in problem.blocks.items() for key in block.rows]
    return [*rows, *((owner, (COST, period)) for owner, period in problem.cost_columns)]
