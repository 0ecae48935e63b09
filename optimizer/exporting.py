"""The problem as other solvers read it, in MPS or SMPS, rows and columns under the names of the formulation."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from optimizer.errors import OptionsError, PlanError
from optimizer.folders import write_whole
from optimizer.instance.instance import Instance
from optimizer.instance.marks import banner_of, markings_of
from optimizer.instance.write import sha256
from optimizer.model.declare import Key
from optimizer.model.risk import COST
from optimizer.network.network import network_of
from optimizer.network.tables import Network
from optimizer.solver.compile import Problem
from optimizer.solver.extensive import problem_of
from optimizer.solver.loading import load as loaded
from optimizer.solver.loading import new_highs, written_as_mps
from optimizer.solver.options import Options
from optimizer.solver.refusals import several_problems
from optimizer.solver.solve import begin
from optimizer.stages import Scenario, faults_of, two_stages

SUFFIX = ".mps"
CORE, TIME, STOCH, NAMES = "problem.cor", "problem.tim", "problem.sto", "names.csv"
"""Files of a folder in SMPS; no name from an instance is a file's."""
FIRST, SECOND = "HERE_AND_NOW", "IN_THE_BRANCH"
"""The two stages."""
RIGHT, GOAL = "RHS_V", "Obj"
"""What HiGHS calls right-hand sides and the objective in MPS."""
MARK = "* trusted-supply-optimizer"
"""The first line of a file that was written here, by which an earlier one is known."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    Attributes:
        file: where; in SMPS a folder.
        format: `mps`, the extensive form, or `smps`, two stages and scenarios.
        instance: name of the instance.
        instance_sha256: of the instance.
        rows: their number; in SMPS of the core, as all sizes.
        columns: their number.
        nonzeros: their number.
        binaries: integer columns among the columns.
        objective_unit_usd: USD that one unit of the objective, and of money in rows, is.
        banner: of the markings of the instance's rows, which the files say too; empty where none is marked.
        scenarios: of the second stage, the future without one among them; 0 in MPS.
        changes: numbers that scenarios have otherwise than the core; 0 in MPS.
    """

    file: Path
    format: str
    instance: str
    instance_sha256: str
    rows: int
    columns: int
    nonzeros: int
    binaries: int
    objective_unit_usd: float
    banner: str = ""
    scenarios: int = 0
    changes: int = 0


def export(instance: Instance, file: Path | str, format: str = "mps") -> Exported:
    """Write the extensive form of an instance, as HiGHS is given it, for another solver.

    A row or column is called `block/component(index,...)`: block is `investment`, `trunk`, the branch of a future or
    `risk`, component and index are those of the formulation (docs/formulation.md). Numbers have as many digits as give
    the same double back. In SMPS (Birge and others 1987) what investment and trunk decide is the first stage, and a
    branch is a scenario of the second, whose rows and columns have the block `branch`. Readers of SMPS take short
    names, so they are numbered there, and `names.csv` says what they stand for.

    Args:
        instance: what to write.
        file: where; in MPS a file ending in .mps, in SMPS a folder. An earlier export there is replaced, nothing else.
        format: `mps` or `smps`.

    Returns:
        Where it is, how large, and the unit of its objective.

    Raises:
        OptionsError: there is no such format; the file does not end in .mps; the instance is solved in several steps,
            by regret, service first or least outlay, so that no one problem is it; or it has not two stages: another
            measure than the expected cost, no scenario, a scenario that leaves the branch of another. All is named.
        PlanError: something that is no export is in its place, or the folder it would be in is missing.
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
    faults = []
    if format not in ("mps", "smps"):
        faults.append(f"format is {format!r}; 'mps' and 'smps' are written")
    if format == "mps" and target.suffix != SUFFIX:
        faults.append(f"{target} does not end in {SUFFIX}: MPS is what is written")
    faults += several_problems("an export", network)
    if format == "smps":
        faults += faults_of(network)
    if faults:
        raise OptionsError("\n".join(faults))
    _check(target, format)
    begun = begin(network, Options(method="extensive"))
    problem = problem_of(network, begun.blocks, {})
    return _smps(network, problem, target) if format == "smps" else _mps(instance, problem, target)


def _mps(instance: Instance, problem: Problem, target: Path) -> Exported:
    names = [*map(_name, _columns(problem))], [*map(_name, _rows(problem))]
    made = _exported(instance, problem, target, "mps")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".export-") as folder:
        whole = written_as_mps(loaded(problem), *names, Path(folder) / f"whole{SUFFIX}")
        _put_under(_head(made), whole, Path(folder) / "headed")
        (Path(folder) / "headed").replace(target)
    return made


def _exported(instance: Instance, problem: Problem, target: Path, format_: str) -> Exported:
    return Exported(
        file=target,
        format=format_,
        instance=instance.name,
        instance_sha256=sha256(instance),
        rows=problem.rows,
        columns=problem.columns,
        nonzeros=int(problem.matrix.nnz),
        binaries=int(problem.integer.sum()),
        objective_unit_usd=float(f"{1.0 / problem.money:.6g}"),
        banner=banner_of(markings_of(instance)),
    )


def _smps(network: Network, problem: Problem, target: Path) -> Exported:
    core, scenarios = two_stages(network, problem, _columns(problem), _rows(problem))
    columns = [f"x{number}" for number in range(1, len(core.columns) + 1)]
    rows = [f"r{number}" for number in range(1, len(core.rows) + 1)]
    made = dataclasses.replace(
        _exported(network.instance, problem, target, "smps"),
        rows=len(core.rows),
        columns=len(core.columns),
        nonzeros=int(core.matrix.nnz),
        binaries=int(core.integer.sum()),
        scenarios=len(scenarios),
        changes=sum(len(one.entries[0]) + len(one.sides[0]) for one in scenarios),
    )
    head = _head(made)
    begins = [(columns[0], rows[0] if core.first_rows else GOAL, FIRST)]
    begins += [(columns[core.first_columns], rows[core.first_rows], SECOND)]
    time = "".join(f"    {column}  {row}  {stage}\n" for column, row, stage in begins)
    named = zip((*columns, *rows), (*core.columns, *(name for name, _ in core.rows)), strict=True)

    def fill(folder: Path) -> None:
        highs = new_highs(
            cost=core.objective,
            bounds=(core.lower, core.upper),
            rows=core.activity(),
            matrix=core.matrix,
            offset=0.0,
            integer=core.integer,
        )
        whole = written_as_mps(highs, columns, rows, folder / f"core{SUFFIX}")
        _put_under(head, whole, folder / CORE)
        whole.unlink()
        (folder / TIME).write_text(
            f"{head}TIME          problem\nPERIODS       IMPLICIT\n{time}ENDATA\n", encoding="ascii", newline="\n"
        )
        with (folder / STOCH).open("w", encoding="ascii", newline="\n") as file:
            file.write(f"{head}STOCH         problem\nSCENARIOS     DISCRETE\n")
            for scenario in scenarios:
                file.writelines(_changes(scenario, columns, rows))
            file.write("ENDATA\n")
        with (folder / NAMES).open("w", encoding="ascii", newline="\n") as file:
            file.write(f"{head}name,stands_for\n")
            file.writelines(f'{short},"{_name(long)}"\n' for short, long in named)

    write_whole(target.absolute(), fill)
    return made


def _changes(scenario: Scenario, columns: list[str], rows: list[str]) -> Iterator[str]:
    """A scenario's lines in the stochastic file."""
    yield f" SC {quote(scenario.name, safe='')}  ROOT  {scenario.probability!r}  {SECOND}\n"
    for row, column, value in zip(*(part.tolist() for part in scenario.entries), strict=True):
        yield f"    {columns[column]}  {rows[row]}  {value!r}\n"
    for row, value in zip(*(part.tolist() for part in scenario.sides), strict=True):
        yield f"    {RIGHT}  {rows[row]}  {value!r}\n"


def _put_under(head: str, whole: Path, headed: Path) -> None:
    """Write what is in a file under some lines, into another."""
    with whole.open("rb") as body, headed.open("wb") as new:
        new.write(head.encode())
        while part := body.read(1 << 20):
            new.write(part)


def _check(target: Path, format_: str) -> None:
    """Refuse a place where something else is."""
    if not target.parent.is_dir():
        raise PlanError(f"{target.parent} is no folder; make it first, or name another {_place(format_)} with -o")
    if format_ == "mps" and target.is_dir():
        raise PlanError(f"{target} is a folder; name a file with -o")
    if format_ == "smps" and target.exists() and not target.is_dir():
        raise PlanError(f"{target} is a file; name a folder with -o")
    if not target.exists():
        return
    files = [target] if format_ == "mps" else sorted(target.iterdir())
    ours = format_ == "mps" or {file.name for file in files} <= {CORE, TIME, STOCH, NAMES}
    if not ours or not all(map(_ours, files)):
        raise PlanError(f"{target} is there already and was not written here; name another {_place(format_)} with -o")


def _place(format_: str) -> str:
    return "file" if format_ == "mps" else "folder"


def _ours(file: Path) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as there:
        return there.read(len(MARK)) == MARK.encode()


def _head(made: Exported) -> str:
    """Comments at the top; ASCII, whatever the instance is called."""
    two = made.format == "smps"
    lines = [f"{MARK}: extensive form of an instance{', in two stages' if two else ''}"]
    if made.banner:
        lines.append(f"* {quote(made.banner, safe=' ;,/()')}")
    lines += [
        f"* instance {quote(made.instance, safe=' ')}, SHA-256 {made.instance_sha256}",
        f"* one unit of the objective, and of money in rows that hold cost, is {made.objective_unit_usd:g} USD",
    ]
    if two:
        lines += [
            f"* {CORE} has what any branch has, {STOCH} what is otherwise in each",
            f"* {TIME}: where the second stage begins; {NAMES}: what rows (r) and columns (x) stand for",
        ]
    lines.append("* names are block/component(index,...), what is no letter, digit or one of _.-~ in them as %XX")
    return "".join(f"{line}\n" for line in lines)


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
