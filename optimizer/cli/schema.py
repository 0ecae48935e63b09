"""optimizer schema."""

from __future__ import annotations

from typing import Annotated

import typer

from optimizer.cli.output import print_json
from optimizer.instance.schema import json_schema, overlay_schema


def schema(
    overlay: Annotated[bool, typer.Option("--overlay", help="That of an overlay, a file with extends.")] = False,
) -> None:
    """Print the JSON Schema of an instance, for editors.

    Example: optimizer schema > instance.schema.json
    """
    print_json(overlay_schema() if overlay else json_schema())
