"""optimizer validate."""

from __future__ import annotations

from typing import Annotated

import typer

from optimizer.cli.options import AsJson, InstancePath
from optimizer.cli.output import BAD_INPUT, err, fault_dict, out, print_faults, print_json
from optimizer.run import validate as check

STYLES = {"cannot": "bold red", "warning": "yellow", "note": "dim"}


def validate(
    instance: InstancePath,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change one value before checking.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check an instance without solving it: every fault at once, then what it cannot do or does without meaning it.

    Example: optimizer validate instances/starter
    """
    found = check(instance, set_ or ())
    if as_json:
        document = {
            "instance": str(instance),
            "ok": not found.faults,
            "faults": [fault_dict(fault) for fault in found.faults],
            "findings": [finding.to_dict() for finding in found.findings],
        }
        print_json(document)
    elif found.faults:
        print_faults(str(instance), found.faults)
    else:
        for finding in found.findings:
            out.print(f"{finding.severity}: ", style=STYLES.get(finding.severity, ""), end="")
            out.print(finding.text, markup=False)
        counts = {word: sum(f.severity == word for f in found.findings) for word in STYLES}
        words = ", ".join(
            f"{number} {word if number == 1 else word + 's'}" for word, number in counts.items() if number
        )
        err.print(f"{instance}: no faults" + (f"; {words}" if words else ""), markup=False)
    if found.faults:
        raise typer.Exit(BAD_INPUT)
