"""Arguments and options that several commands have, said once. Those whose help differs stand with their command."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

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
GapOfEach = Annotated[float, typer.Option(help="Relative gap of each solve.")]
GapUsdOfEach = Annotated[float | None, typer.Option("--gap-usd", help="Gap of each solve in USD.")]
SecondsOfEach = Annotated[float | None, typer.Option("--time-limit", help="Seconds of each solve.")]
Threads = Annotated[int | None, typer.Option(help="Cores to use; default all.")]
Seed = Annotated[int, typer.Option(help="Random seed of the solver.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def keyed_numbers(option: str, given: Iterable[str], form: str, example: str) -> dict[str, float]:
    """Numbers given as KEY=NUMBER.

    Raises:
        OptionsError: one is not of that form.
    """
    found: dict[str, float] = {}
    for text in given:
        key, _, number = text.partition("=")
        try:
            found[key] = float(number)
        except ValueError:
            raise OptionsError(f"{option} {text} is not of the form {form}, such as {example}") from None
    return found
