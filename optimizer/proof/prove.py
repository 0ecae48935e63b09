"""A proof of a plan's bound that can be gone through without a solver, and going through it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from optimizer.errors import OptionsError, PlanError
from optimizer.instance.write import sha256
from optimizer.network.network import network_of
from optimizer.plan.plan import Plan
from optimizer.proof.integers import Rows
from optimizer.proof.search import Search
from optimizer.proof.tree import FILE, Tree
from optimizer.solver.compile import Problem
from optimizer.solver.extensive import compile_all, problem_of
from optimizer.solver.highs import Progress, Report, Stop
from optimizer.solver.options import Options
from optimizer.solver.refusals import several_problems

SAME = 1e-6
"""How far a plan may be below what is proved, as a share of it: rows are kept to HiGHS's tolerances, proofs to none."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What is proved of the least that a plan of an instance can cost.

    Attributes:
        file: where the proof is.
        instance: name of the instance.
        instance_sha256: of the instance.
        objective_usd: of the plan beside which it is.
        bound_usd: no plan costs less; rounded down to a cent. None where nothing is proved.
        gap: (objective_usd - bound_usd) / |objective_usd|, 0 where the plan is below by rounding; None without bound.
        claimed_bound_usd: what the solver said when the plan was made; None where it said nothing.
        leaves: of the tree that was gone through.
        splits: of the tree.
        rows: of the problem.
        columns: of the problem.
        nonzeros: of the problem.
        why: why the search for it ended; empty where a proof was read.
    """

    file: Path
    instance: str
    instance_sha256: str
    objective_usd: float
    bound_usd: float | None
    gap: float | None
    claimed_bound_usd: float | None
    leaves: int
    splits: int
    rows: int
    columns: int
    nonzeros: int
    why: str = ""

    @property
    def crossed(self) -> bool:
        """Whether the plan costs less than any can, by more than rounding: one of the two is wrong."""
        return self.bound_usd is not None and self.bound_usd - self.objective_usd > SAME * abs(self.objective_usd)


def prove(
    folder: Path | str,
    *,
    gap: float = 1e-3,
    time_limit: float | None = None,
    threads: int = 1,
    report: Report | None = None,
    stop: Stop | None = None,
) -> Proof:
    """Prove from below what a plan of a folder's instance costs at least, and put the proof beside the plan.

    The proof is a tree of splits over fundings with multipliers on rows at its leaves. It is gone through in whole
    numbers before it is written, and what is told is what that says; `proven` does it again, without a solver.

    Args:
        folder: a result folder.
        gap: enough is proved when the plan is this close, as a share of its cost.
        time_limit: seconds of the search; what is proved by then is kept. The first relaxation has ten
            seconds at least, for without it nothing is proved.
        threads: cores of the first relaxation.
        report: called with progress.
        stop: ends the search early.

    Returns:
        What is proved.

    Raises:
        PlanError: the folder holds no plan; or it cannot be written to.
        OptionsError: the instance is solved in several steps, by regret, service first or least outlay first, so that
            no one problem is it; or an option is no such.
        SolveError: HiGHS failed.

    Example:
        >>> import optimizer
        >>> plan = optimizer.solve(optimizer.load("docs/examples/two_plants.yaml"), gap=1e-4)
        >>> folder = plan.save("two_plants_proved")
        >>> proof = optimizer.prove(folder, gap=1e-4)
        >>> proof.gap <= 1e-4, optimizer.proven(folder).bound_usd == proof.bound_usd
        (True, True)
    """
    began = time.monotonic()
    options, listening = Options(gap=gap, time_limit=time_limit, threads=threads), stop or Stop()
    read, objective = _plan_of(Path(folder))
    problem = _problem(read)
    search = Search(problem, sha256(read.instance), options.cores)
    nodes = 0

    def tell(bound: float, leaves: int) -> None:
        nonlocal nodes
        nodes += 1
        if report is not None:
            seconds = time.monotonic() - began
            report(Progress(f"proving, {leaves} leaves open", seconds, objective, bound / problem.money, nodes))

    if report is not None:
        report(Progress("first relaxation", time.monotonic() - began, objective, None, 0))
    deadline = math.inf if time_limit is None else began + time_limit
    target = (objective - gap * abs(objective)) * problem.money
    with listening.listening():
        ended = search.run(target, deadline, listening.asked.is_set, tell)
    if ended >= target:
        why = "the gap was reached"
    elif listening.asked.is_set():
        why = "it was asked to stop"
    elif time.monotonic() >= deadline:
        why = "the time limit was reached"
    else:
        why = "no further split of a leaf proves more"
    file = Path(folder) / FILE
    if search.tree.leaves:
        try:
            search.tree.write(file)
        except OSError as error:
            raise PlanError(f"{file}: cannot be written: {error}") from error
    found = search.tree.proved(search.rows) if search.tree.leaves else None
    return _proof(read, file, objective, search.tree, problem, found, why)


def proven(folder: Path | str, tell: Callable[[int, int], None] | None = None) -> Proof:
    """Go through the proof that lies beside a plan: in whole numbers, and without a solver.

    The instance is read and its rows are made anew; of the file nothing is taken on trust. Its tree must hold every
    plan, and each leaf's multipliers are worked out again.

    Args:
        folder: a result folder.
        tell: called with leaves done and their number.

    Returns:
        What is proved. Where the multipliers prove nothing, `bound_usd` is None.

    Raises:
        PlanError: the folder holds no plan or no proof; the proof is of another instance, or of the rows of another
            version; its tree does not hold every plan.
        OptionsError: the instance is solved in several steps.
    """
    read, objective = _plan_of(Path(folder))
    file = Path(folder) / FILE
    tree = Tree.read(file)
    if tree.instance_sha256 != sha256(read.instance):
        raise PlanError(
            f"{file}: of another instance than the plan beside it; `optimizer prove {folder}` makes its own"
        )
    problem = _problem(read)
    if (tree.rows, tree.columns) != (problem.rows, problem.columns):
        raise PlanError(
            f"{file}: of a problem of {tree.rows:,} rows and {tree.columns:,} columns, and this version makes "
            f"{problem.rows:,} and {problem.columns:,} of the instance; `optimizer prove {folder}` makes one anew"
        )
    if faults := tree.faults(problem.integer):
        raise PlanError(f"{file}: proves nothing: {'; '.join(faults)}")
    return _proof(read, file, objective, tree, problem, tree.proved(Rows(problem), tell), "")


def _plan_of(folder: Path) -> tuple[Plan, float]:
    """The plan in a folder, of an instance that is one problem, and what it costs, USD."""
    plan = Plan.read(folder)
    if faults := several_problems("a proof", network_of(plan.instance)):
        raise OptionsError("\n".join(faults))
    if plan.objective is None or not plan.tables:
        raise PlanError(f"{folder} holds no plan, so there is nothing to prove of it: status {plan.status}")
    return plan, plan.objective


def _problem(plan: Plan) -> Problem:
    """The extensive form, without rows that are there for strength alone."""
    network = network_of(plan.instance)
    blocks, _ = compile_all(network)
    return problem_of(network, blocks, {})


def _proof(
    plan: Plan, file: Path, objective: float, tree: Tree, problem: Problem, found: Fraction | None, why: str
) -> Proof:
    bound = None
    if found is not None:
        per_usd = Fraction(10) ** round(math.log10(problem.money))
        bound = math.floor(found / per_usd * 100) / 100
    divided = set(tree.parent)
    return Proof(
        file=file,
        instance=plan.instance.name,
        instance_sha256=sha256(plan.instance),
        objective_usd=objective,
        bound_usd=bound,
        gap=None if bound is None else max(0.0, objective - bound) / max(abs(objective), 1e-9),
        claimed_bound_usd=plan.bound,
        leaves=sum(node not in divided for node in range(len(tree.parent))),
        splits=len(tree.splits),
        rows=problem.rows,
        columns=problem.columns,
        nonzeros=int(problem.matrix.nnz),
        why=why,
    )
