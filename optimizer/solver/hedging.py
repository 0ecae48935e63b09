"""Progressive hedging by mpi-sppy, in processes of MPI: a cross-check of our methods, and for clusters that speak MPI.

Three ranks: progressive hedging, a Lagrangian bound, and a search for plans from its scenarios' decisions. What comes
back are a bound and portfolios. Each portfolio is fixed in the extensive form, which leaves a linear program; the best
of these plans is the answer. So the plan is ours and is verified as any, and the bound is mpi-sppy's.

Source: Watson and Woodruff 2011, Computational Management Science 8; Gade et al. 2016, Mathematical Programming 157,
for the bound; Knueven et al. 2023, Mathematical Programming Computation 15, for mpi-sppy.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optimizer.errors import OptionsError, SolveError
from optimizer.instance.policy import Expected
from optimizer.instance.write import yaml_text
from optimizer.network.tables import Network
from optimizer.solver.extensive import Begun, Solved, ended, problem_of, values_of
from optimizer.solver.first_plan import FirstPlan, better, plan_of, reaches
from optimizer.solver.highs import Progress, Raw, Report, Stop
from optimizer.solver.options import Options
from optimizer.solver.start import UNUSED, USED, Start

RANKS = 3
ROUNDS = 500
STALLED = 100
"""Rounds without a smaller gap after which mpi-sppy ends."""
TRIED = 10
"""Portfolios that are operated at the end."""
SUBGAP = 0.1
"""Gap of a scenario's own solve, as a share of the gap asked for."""
PROXIMAL = 1e-6
"""How far the cuts that stand for the squares of a penalty may be off them; HiGHS takes no squares in a MIP."""
CROSSED = 1e-6
"""How far a bound may be above a plan, as a share of its cost: both are as exact as HiGHS's tolerances."""
LOOK = 0.5
GRACE = 5.0
"""Seconds that ranks have to end once they are asked to."""
FOUND = "found"
MODULE = "optimizer.hedging"
INSTALL = "install them with: pip install '.[mpi]' at the root of the project"

Portfolio = tuple[tuple[str, str, int], ...]


def refused(network: Network) -> str | None:
    """Why an instance is none for progressive hedging; None where it is one."""
    measure = network.instance.risk
    if not isinstance(measure, Expected):
        return f"hedging minimises expected cost, and risk is '{measure.measure}'"
    if network.reactions:
        return "options that react are decided in branches, and hedging takes whole decisions before them only"
    if network.instance.finance is not None:
        return "grants are decided beside fundings, and hedging takes whole decisions only to be one in all futures"
    if network.left:
        return "scenarios have a parent, and hedging knows two stages"
    if not network.windows:
        return "no scenario has effects, so there is nothing to hedge"
    return None


def hedge(begun: Begun, start: Start | None = None) -> Solved:
    """Solve what was begun by progressive hedging.

    Args:
        begun: compiled blocks and tables.
        start: a plan whose portfolio is tried too.

    Raises:
        OptionsError: the extra is not installed.
        SolveError: the ranks failed, or their bound is above a plan.
    """
    options, report, stop = begun.options, begun.report, begun.stop
    out = begun.out
    began = time.monotonic()
    problem = problem_of(out.network, begun.blocks, {})
    out.sizes = {
        "rows": problem.rows,
        "columns": problem.columns,
        "nonzeros": int(problem.matrix.nnz),
        "binaries": int(problem.integer.sum()),
    }
    with tempfile.TemporaryDirectory(prefix="hedging-") as folder:
        known = _run(out.network, Path(folder), options, report, stop, begun.deadline)
    best = FirstPlan(bound=known.bound)
    if start is not None:
        found = plan_of(problem, start.fundings, options, report, None)
        out.start = USED if found.values is not None else UNUSED
        best = better(best, found)
    for chosen in known.portfolios[:TRIED]:
        if (known.late or known.interrupted) and best.values is not None:
            break
        best = better(best, plan_of(problem, chosen, options, report, None))
        if reaches(best.objective, best.bound, options):
            break
    bound = best.bound
    if bound is not None and best.objective is not None:
        if bound - best.objective > CROSSED * abs(best.objective):
            raise SolveError(
                f"mpi-sppy's bound, {bound:,.0f} USD, is above a plan of {best.objective:,.0f} USD: one is wrong"
            )
        bound = min(bound, best.objective)
    how = "interrupted" if known.interrupted else "limit"
    if reaches(best.objective, bound, options):
        how = "optimal"
    raw = Raw(how, best.values, best.objective, bound, time.monotonic() - began)
    ended(out, raw)
    if raw.ended == "limit" and not known.late:
        out.why = f"progressive hedging came to its end after {known.rounds} rounds"
    out.nodes = known.rounds
    out.objective, out.bound = raw.objective, raw.bound
    if raw.values is not None:
        out.values = values_of(problem, raw.values)
    out.seconds["solve"] = time.monotonic() - began
    out.seconds["total"] = time.monotonic() - begun.began
    return out


@dataclass(slots=True)
class _Known:
    """What the ranks found.

    Attributes:
        bound: no plan costs less, USD.
        portfolios: most promising first.
        rounds: of progressive hedging.
        interrupted: whether it was asked to stop.
        late: whether its time was over.
    """

    bound: float | None
    portfolios: list[Portfolio]
    rounds: int
    interrupted: bool = False
    late: bool = False


def mpiexec() -> str:
    """The command that starts processes of MPI: of this environment, else of the path.

    Raises:
        OptionsError: it, mpi4py or mpi-sppy is not there.
    """
    missing = [name for name in ("mpisppy", "mpi4py") if importlib.util.find_spec(name) is None]
    beside = Path(sys.executable).parent / "mpiexec"
    found = str(beside) if beside.is_file() else shutil.which("mpiexec")
    if found is None:
        missing.append("mpiexec")
    if missing or found is None:
        raise OptionsError(f"method 'hedging' needs {' and '.join(missing)}, not installed here; {INSTALL}")
    return found


def _run(
    network: Network,
    folder: Path,
    options: Options,
    report: Report | None,
    stop: Stop | None,
    deadline: float | None,
) -> _Known:
    command = _command(network, folder, options, deadline)
    began = time.monotonic()
    interrupted = late = False
    with (folder / "log").open("wb") as log:
        ranks = subprocess.Popen(  # mpi-sppy writes logs of its own where it is
            command, stdout=log, stderr=log, cwd=folder, env=_environment(), start_new_session=True
        )
        try:
            while ranks.poll() is None:
                time.sleep(LOOK)
                if report is not None:
                    hub = _hub(folder)
                    text = f"progressive hedging, round {hub.get('round', 0)}"
                    seconds = time.monotonic() - began
                    report(Progress(text, seconds, hub.get("objective"), hub.get("bound"), 0))
                interrupted = stop is not None and stop.asked.is_set()
                late = deadline is not None and time.monotonic() >= deadline
                if interrupted or late:
                    break
        finally:
            _end(ranks)
    if ranks.returncode and not interrupted and not late:
        said = (folder / "log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise SolveError(
            f"the ranks of MPI failed: {' / '.join(said[-8:])}; where no plan exists, method 'extensive' says why"
        )
    hub = _hub(folder)
    return _Known(hub.get("bound"), _portfolios(folder), int(hub.get("round", 0)), interrupted, late)


def _command(network: Network, folder: Path, options: Options, deadline: float | None) -> list[str]:
    instance = folder / "instance.yaml"
    instance.write_text(yaml_text(network.instance), encoding="utf-8")
    settings: dict[str, object] = {
        "module-name": MODULE,
        "instance": instance,
        "found": folder,
        "solver-name": "appsi_highs",
        "max-solver-threads": 1,
        "max-iterations": ROUNDS,
        "max-stalled-iters": STALLED,
        "rel-gap": options.gap,
        "intra-hub-conv-thresh": -1,  # equal stock is not yet the best bound
        "default-rho": 1,  # asked for, though every column has its own
        "proximal-linearization-tolerance": PROXIMAL,
        "solver-options": f"mip_rel_gap={SUBGAP * options.gap:g} random_seed={options.seed}",
        "seed": options.seed,
    }
    if options.gap_usd is not None:
        settings["abs-gap"] = 0.0  # in the solver's money; the gap in USD is judged when ranks have ended
    if deadline is not None:
        settings["time-limit"] = max(1, int(deadline - time.monotonic()))
    given = [f"--{name}={value}" for name, value in settings.items()]
    given += ["--linearize-proximal-terms", "--lagrangian", "--xhatshuffle"]
    driver = [sys.executable, "-m", "mpi4py", "-m", "mpisppy.generic_cylinders"]
    return [mpiexec(), "-n", str(RANKS), *driver, *given]


def _environment() -> dict[str, str]:
    return os.environ | {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}


def _end(ranks: subprocess.Popen[bytes]) -> None:
    """End the ranks, all of them: mpiexec is the first of a session of their own."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        if ranks.poll() is not None:
            return
        os.killpg(ranks.pid, how)
        try:
            ranks.wait(GRACE)
        except subprocess.TimeoutExpired:
            continue


def _read(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob(f"{FOUND}-*.json"))]


def _hub(folder: Path) -> dict[str, Any]:
    """What the hub wrote last; nothing before its first round."""
    return next((known for known in _read(folder) if "bound" in known), {})


def _portfolios(folder: Path) -> list[Portfolio]:
    """The portfolios found, the incumbent's first, then those that most scenarios want."""
    votes: Counter[Portfolio] = Counter()
    for known in _read(folder):
        for chosen in known["portfolios"]:
            key = tuple((facility, option, year) for facility, option, year in chosen)
            votes[key] += 1000 if known["incumbent"] else 1
    return [key for key, _ in votes.most_common()]
