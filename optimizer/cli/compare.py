"""optimizer compare."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Annotated, Self

import typer

from optimizer.briefs.comparisons import say
from optimizer.cli.options import (
    AsJson,
    ClusterAt,
    GapOfEach,
    GapUsdOfEach,
    Quiet,
    SecondsOfEach,
    Seed,
    Threads,
    Workers,
    folder_beside,
    groups_of,
)
from optimizer.cli.output import DONE, STOPPED, end, print_json, records, show, written_to
from optimizer.cli.progress import Tell, Ticker, counted
from optimizer.comparison import compare as run
from optimizer.comparison.columns import COLUMNS
from optimizer.comparison.groups import LEVELS
from optimizer.solver.highs import Progress


def compare(
    plans: Annotated[
        list[Path], typer.Argument(metavar="PLAN", help="Two result folders or more, the baseline first.")
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="DIR",
            help="Write the tables to this folder; default with --regret or --attribute: LAST_PLAN_compared.",
        ),
    ] = None,
    different_instances: Annotated[
        bool, typer.Option("--different-instances", help="It is meant that they are; list what differs.")
    ] = False,
    regret: Annotated[
        bool, typer.Option("--regret", help="Operate each portfolio in the futures of each instance.")
    ] = False,
    attribute: Annotated[
        bool, typer.Option("--attribute", help="Follow what differs between the instances into cost and portfolio.")
    ] = False,
    by: Annotated[str, typer.Option(metavar="LEVEL", help=f"Edits made together: {', '.join(LEVELS)}.")] = "table",
    group: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=PATTERN[,PATTERN]", help="Edits made together, and first: keys, such as '*.capex'."),
    ] = None,
    gap: GapOfEach = 1e-4,
    gap_usd: GapUsdOfEach = None,
    time_limit: SecondsOfEach = None,
    threads: Threads = None,
    seed: Seed = 0,
    workers: Workers = 2,
    cluster: ClusterAt = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Plans side by side, as differences to the first; one smaller than the gaps is called a tie.

    Plans of different instances are refused unless that is meant; then every edit is listed, and with --attribute the
    instance is solved with the edits made one after another, and each alone. Ctrl-C keeps what is done; the same
    command goes on from there.
    Example: optimizer compare results/last_year results/starter --different-instances
    """  # fmt: skip
    folder = output
    if folder is None and (regret or attribute) and plans:
        folder = folder_beside(None, plans[-1], "compared")
    with _Shown(enabled=not quiet) as shown:
        found = run(
            *plans,
            different_instances=different_instances,
            regret=regret,
            attribute=attribute,
            by=by,
            groups=groups_of(group or (), "--group", "'prices=materials.*.price'"),
            gap=gap,
            gap_usd=gap_usd,
            time_limit=time_limit,
            threads=threads,
            seed=seed,
            workers=workers,
            cluster=cluster,
            folder=folder,
            tell=shown.tell,
            report=shown.report,
        )
    if as_json:
        print_json(found.info | {name: records(getattr(found, name)) for name in COLUMNS})
    else:
        show(say, found)
    if folder is not None and not quiet:
        written_to(folder)
    end(STOPPED if found.info["status"] == "stopped" else DONE)


class _Shown:
    """Progress with futures, then with solves: a terminal shows one live line at a time."""

    def __init__(self, *, enabled: bool) -> None:
        self._enabled = enabled
        self._stack = ExitStack()
        self._tell: Tell | None = None
        self._ticker: Ticker | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.close()

    def tell(self, what: str, done: int, of: int) -> None:
        """How many futures are operated."""
        if self._tell is None:
            self._tell = self._stack.enter_context(counted(enabled=self._enabled, every=50))
        self._tell(what, done, of)

    def report(self, progress: Progress) -> None:
        """How far a solve is."""
        if self._ticker is None:
            self._stack.close()
            self._ticker = self._stack.enter_context(Ticker(enabled=self._enabled))
        self._ticker.report(progress)
