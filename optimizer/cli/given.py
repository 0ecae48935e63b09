"""A plan or an instance as the argument of a command."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from optimizer.cli.options import folder_beside, folder_of
from optimizer.errors import OptionsError
from optimizer.instance.instance import Instance
from optimizer.plan.plan import Plan
from optimizer.run import load

PlanOrInstance = Annotated[
    Path, typer.Argument(metavar="PLAN|INSTANCE", help="A result folder; or an instance, which is solved first.")
]


def plan_or_instance(given: Path, set_: Sequence[str], output: Path | None, what: str) -> tuple[Plan | Instance, Path]:
    """What was given, and the folder for what is made of it.

    Args:
        given: a result folder, or an instance.
        set_: values changed beforehand, of an instance.
        output: the folder, if one was given.
        what: is made; part of the folder's name.

    Raises:
        InstanceError: the instance has faults.
        OptionsError: values of a plan's instance are to be changed.
        PlanError: the result folder cannot be read.
    """
    if (given / "plan.json").is_file():
        if set_:
            raise OptionsError(f"{given} is a plan, of its instance as it is; give the instance to --set values of it")
        return Plan.read(given), folder_beside(output, given, what)
    instance = load(given, set_)
    return instance, folder_of(output, instance.name, what)
