"""optimizer shortfall."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from optimizer.briefs.shortfalls import say
from optimizer.cli.options import AsJson, ClusterAt, Quiet, Workers, folder_beside, folder_option, groups_of
from optimizer.cli.output import DONE, STOPPED, end, print_json, records, show, written_to
from optimizer.cli.progress import counted
from optimizer.errors import OptionsError
from optimizer.ladder import shortfall as run
from optimizer.ladder.study import EXPECTED
from optimizer.network.tables import BASE
from optimizer.plan.plan import Plan


def shortfall(
    plan: Annotated[Path, typer.Argument(help="A result folder.")],
    future: Annotated[
        str, typer.Option(metavar="ID", help="The future that is shown: base, a scenario, or expected, the mean.")
    ] = EXPECTED,
    tier: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TIER=MARKET[,MARKET]",
            help="Markets of a tier of demand, the most urgent first; patterns such as 'mdap_*'. "
            "Default as planning_case.tier_of says, else by channel.",
        ),
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option(metavar="PLAN", help="A plan taken through the same measures, to which all is the difference."),
    ] = None,
    output: Annotated[Path | None, folder_option("PLAN_shortfall")] = None,
    workers: Workers = 2,
    cluster: ClusterAt = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """What is short by material, tier and year: gross, then net of each of the plan's measures in turn.

    Gross is with what stands alone: nothing funded, nothing in stock. Then come options under construction, all that
    is funded, working stock, the reserve. A stopped run goes on where it was when it is called again.
    Example: optimizer shortfall results/starter
    """
    folder = folder_beside(output, plan, "shortfall")
    read = Plan.read(plan)
    known = [EXPECTED, BASE, *(scenario.id for scenario in read.instance.scenarios)]
    if future not in known:
        raise OptionsError(f"there is no future '{future}'; there is {', '.join(known)}")
    tiers = groups_of(tier or (), "--tier", "military=mdap_*") or None
    with counted(enabled=not quiet, every=50) as tell:
        found = run(read, tiers=tiers, baseline=baseline, folder=folder, workers=workers, cluster=cluster, tell=tell)
    if as_json:
        tables = {"by_measure" if name == "measures" else name: records(table) for name, table in found.tables.items()}
        print_json(found.info | tables)
    else:
        show(partial(say, future=future), found)
        written_to(folder)
    end(STOPPED if found.info["status"] == "stopped" else DONE)
