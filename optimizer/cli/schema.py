"""optimizer schema."""

from __future__ import annotations

from optimizer.cli.output import print_json
from optimizer.instance.schema import json_schema


def schema() -> None:
    """Print the JSON Schema of an instance, for editors.

    Example: optimizer schema > instance.schema.json
    """
    print_json(json_schema())
