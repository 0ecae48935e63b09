"""The JSON Schema of an instance, and of an overlay, for editors."""

from __future__ import annotations

import copy
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


def overlay_schema() -> dict[str, Any]:
    """The schema of a file with `extends`: what changes is a part of a record, what is added or replaced is whole."""
    whole = json_schema()
    parts = {f"{name}Change": _part(record) for name, record in whole["$defs"].items()}
    top = _part(whole)
    path = {"type": "string", "description": "an instance or overlay, seen from this file"}
    extends = {"anyOf": [path, {"type": "array", "items": path, "minItems": 1}]}
    sections = {"type": "object", "additionalProperties": False, "properties": whole["properties"]}
    gone = {
        "anyOf": [
            {"const": "all"},
            {"type": "string", "pattern": r"\.csv$"},
            {"type": "array"},
            {"type": "object"},
        ]
    }
    removed = {"type": "object", "additionalProperties": False, "properties": dict.fromkeys(whole["properties"], gone)}
    verbs = {
        "extends": extends | {"description": "What this differs from: an instance, or several overlays of one."},
        "add": sections | {"description": "Records and rows that are not there yet."},
        "replace": sections | {"description": "Records and rows that are there, as a whole."},
        "remove": removed | {"description": "Ids, or rows by what they say; `all` empties a section."},
    }
    return {
        "$schema": DIALECT,
        "$id": "https://trusted-supply-optimizer/overlay-1",
        "$defs": whole["$defs"] | parts,
        "title": "Overlay",
        "type": "object",
        "additionalProperties": False,
        "properties": verbs | top["properties"],
        "required": ["extends", "name"],
    }


def _part(record: dict[str, Any]) -> dict[str, Any]:
    """A record of which any part may be given: nothing is required, null takes a field away."""
    part = _towards_parts({key: value for key, value in record.items() if key not in ("required", "$defs")})
    if "properties" in part:
        part["properties"] = {key: {"anyOf": [value, {"type": "null"}]} for key, value in part["properties"].items()}
    return dict(part)


def _towards_parts(node: Any) -> Any:
    """A copy whose references lead to parts of records."""
    if isinstance(node, dict):
        made = {key: _towards_parts(value) for key, value in node.items() if key != "discriminator"}
        if isinstance(made.get("$ref"), str):
            made["$ref"] += "Change"
        return made
    return [_towards_parts(item) for item in node] if isinstance(node, list) else copy.copy(node)


def _resolve(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    reference = node.get("$ref") or next((item["$ref"] for item in node.get("allOf", []) if "$ref" in item), None)
    if reference is None:
        return node
    found: dict[str, Any] = schema["$defs"][str(reference).rpartition("/")[2]]
    return found
