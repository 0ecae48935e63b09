"""optimizer new."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from optimizer.cli.options import AsJson
from optimizer.cli.output import out, print_json, written_to
from optimizer.templates import TEMPLATES, name_for
from optimizer.templates import new as write


def new(
    folder: Annotated[Path, typer.Argument(help="Folder to make; its name becomes that of the instance.")],
    template: Annotated[
        str, typer.Option("--from", metavar="NAME", help="; ".join(f"{name}: {is_}" for name, is_ in TEMPLATES.items()))
    ] = "minimal",
    as_json: AsJson = False,
) -> None:
    """Write a small commented instance to begin your own with, and say what to type next.

    It solves in seconds as it is. Nothing is written where the folder is there already and holds something.
    Example: optimizer new my_chain
    Example: optimizer new my_chain --from starter
    """
    write(folder, template)
    name = name_for(folder.absolute(), template)
    then = following(folder, name)
    if as_json:
        files = sorted(file.name for file in folder.iterdir())
        print_json({"folder": str(folder), "template": template, "name": name, "files": files, "next": then})
        return
    written_to(folder)
    out.print("Next:", style="bold")
    for line in then:
        out.print(f"  {line}", markup=False)


def following(folder: Path, name: str) -> list[str]:
    """The three commands that come next."""
    given, results = shlex.quote(str(folder)), f"results/{name}"
    return [f"optimizer validate {given}", f"optimizer solve {given}", f"optimizer report {results} -o {results}.html"]
