"""Data with the place of every part, so that parts can be moved without losing where they come from."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from optimizer.errors import Where
from optimizer.instance.yaml12 import Path


@dataclass(slots=True)
class Node:
    """A value and its place.

    Attributes:
        value: a mapping of nodes, a list of nodes, or a single value.
        where: its place; None where it has that of what it stands in.
    """

    value: Any
    where: Where | None = None


def node_of(data: Any, places: Mapping[Path, Where], path: Path = ()) -> Node:
    """A tree of nodes from data and the places of its parts."""
    where = places.get(path)
    if isinstance(data, dict):
        return Node({key: node_of(value, places, (*path, key)) for key, value in data.items()}, where)
    if isinstance(data, list):
        return Node([node_of(value, places, (*path, index)) for index, value in enumerate(data)], where)
    return Node(data, where)


def plain(node: Node) -> Any:
    """The data of a tree."""
    if isinstance(node.value, dict):
        return {key: plain(child) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return [plain(child) for child in node.value]
    return node.value


def places_of(node: Node) -> dict[Path, Where]:
    """The place of every part of a tree that has one of its own."""
    found: dict[Path, Where] = {}
    waiting: list[tuple[Path, Node]] = [((), node)]
    while waiting:
        path, this = waiting.pop()
        if this.where is not None:
            found[path] = this.where
        inside: list[tuple[Hashable, Node]] = []
        if isinstance(this.value, dict):
            inside = list(this.value.items())
        elif isinstance(this.value, list):
            inside = list(enumerate(this.value))
        waiting.extend(((*path, key), child) for key, child in inside)
    return found
