"""Arguments and options that several commands have, said once. Those whose help differs stand with their command."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from optimizer.errors import OptionsError

InstancePath = Annotated[Path, typer.Argument(help="A YAML file, or a folder with instance.yaml.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]
Workers = Annotated[int, typer.Option(metavar="N", help="Processes of this machine.")]
ClusterAt = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="ADDRESS|FILE",
        help="Workers of a dask cluster instead: its scheduler's address, or its scheduler file.",
    ),
]
SetValues = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change one value beforehand.")]
MethodOfEach = Annotated[
    str, typer.Option("--method", help="auto, extensive or benders; auto takes Benders wherever it can.")
]
"""Of solves that take further rows over fundings."""
ThreadsOfEach = Annotated[int, typer.Option("--threads", help="Cores of each solve.")]
GapOrTenth = Annotated[
    float | None, typer.Option("--gap", help="Relative gap of each solve; default a tenth of the tolerance.")
]
GapOfEach = Annotated[float, typer.Option(help="Relative gap of each solve.")]
GapUsdOfEach = Annotated[float | None, typer.Option("--gap-usd", help="Gap of each solve in USD.")]
SecondsOfEach = Annotated[float | None, typer.Option("--time-limit", help="Seconds of each solve.")]
Threads = Annotated[int | None, typer.Option(help="Cores to use; default all.")]
Seed = Annotated[int, typer.Option(help="Random seed of the solver.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
LossOnsets = Annotated[
    list[int] | None, typer.Option("--onset", metavar="YEAR", help="First year of a loss; default any period's.")
]
LossYears = Annotated[int | None, typer.Option("--duration", metavar="YEARS", help="How long a loss lasts; default 1.")]
ServedMarkets = Annotated[
    list[str] | None,
    typer.Option("--markets", metavar="ID", help="Markets to be served; default all whose channel is not the loosest."),
]


def folder_option(default: str) -> Any:
    """The option that names the folder of a result; what stands for it is told and not set."""
    return typer.Option("-o", "--output", metavar="DIR", help=f"Folder; default {default}.")


def folder_of(given: Path | None, name: str, what: str) -> Path:
    """The folder given, else that of what is made of an instance, or a study, of this name."""
    return given if given is not None else Path("results") / f"{name}_{what}"


def folder_beside(given: Path | None, plan: Path, what: str) -> Path:
    """The folder given, else that of what is made of a plan, beside its result folder."""
    return given if given is not None else plan.parent / f"{plan.resolve().name}_{what}"


def keyed_numbers(option: str, given: Iterable[str], form: str, example: str) -> dict[str, float]:
    """Numbers given as KEY=NUMBER.

    Raises:
        OptionsError: one is not of that form, or given twice.
    """
    found: dict[str, float] = {}
    for text in given:
        key, _, number = text.partition("=")
        if key in found:
            raise OptionsError(f"{option} {key} is given twice: {found[key]:g} and {number}")
        try:
            found[key] = float(number)
        except ValueError:
            raise OptionsError(f"{option} {text} is not of the form {form}, such as {example}") from None
    return found


def groups_of(given: Iterable[str], option: str, example: str) -> dict[str, list[str]]:
    """Names or patterns by group, given as NAME=PATTERN,PATTERN.

    Raises:
        OptionsError: one is not of that form, or given twice.
    """
    found: dict[str, list[str]] = {}
    for text in given:
        name, equals, patterns = text.partition("=")
        listed = [pattern.strip() for pattern in patterns.split(",") if pattern.strip()]
        if not equals or not name.strip() or not listed:
            raise OptionsError(f"{option} {text} is not of the form NAME=PATTERN, such as {example}")
        if name.strip() in found:
            raise OptionsError(f"{option} {name.strip()} is given twice; join its patterns by a comma")
        found[name.strip()] = listed
    return found
