"""The JSON Schema of an instance, for editors."""

from __future__ import annotations

from typing import Any

from optimizer.instance.instance import Instance
from optimizer.instance.table import SECTIONS, SIDE_TABLES

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """The schema of `instance.yaml`: records, and sections that may name a CSV instead."""
    schema = Instance.model_json_schema(by_alias=True)
    table = {"type": "string", "pattern": r"\.csv$", "description": "name of a CSV next to this file"}
    for section in SECTIONS:
        holder: dict[str, Any] = schema
        for part in section.path[:-1]:
            holder = _resolve(schema, holder["properties"][part])
        inline = holder["properties"][section.path[-1]]
        description = inline.pop("description", "")
        holder["properties"][section.path[-1]] = {"anyOf": [inline, table], "description": description}
    for side in SIDE_TABLES:
        rows = {"type": "array", "items": {"type": "object", "required": list(side.keys)}}
        schema["properties"][side.name] = {
            "anyOf": [rows, table],
            "description": f"rows of `{side.field}` of {side.parent}, with the columns {', '.join(side.keys)}",
        }
    return {"$schema": DIALECT, "$id": "https://trusted-supply-optimizer/instance-1", **schema}


def _resolve(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    reference = node.get("$ref") or next((item["$ref"] for item in node.get("allOf", []) if "$ref" in item), None)
    if reference is None:
        return node
    found: dict[str, Any] = schema["$defs"][str(reference).rpartition("/")[2]]
    return found
