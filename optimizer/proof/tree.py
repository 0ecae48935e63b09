"""The proof of a bound: a tree of splits, and multipliers at each of its leaves.

Each split says that a sum of integer columns is at most a whole number, or at least the next one; so the leaves
together hold every plan, and what is proved at all of them holds of every plan. Nothing in the file has to be trusted:
whatever the tree and the multipliers are, what is worked out from them is true of the problem, or nothing is.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from optimizer.errors import PlanError
from optimizer.proof.integers import Cut, Rows
from optimizer.solver.compile import Indices, Vector

FILE = "proof.npz"
FORM = 1


@dataclass(frozen=True, slots=True)
class Split:
    """A sum of integer columns: at most `number`, or at least `number + 1`."""

    columns: tuple[int, ...]
    number: int


@dataclass(slots=True)
class Leaf:
    """What is known at a leaf.

    Attributes:
        place: rows of the problem whose multiplier is not 0.
        multipliers: theirs.
        of_splits: split -> multiplier, of those on the way that have more than one column.
    """

    place: Indices
    multipliers: Vector
    of_splits: dict[int, float] = field(default_factory=dict)

    @classmethod
    def of(cls, multipliers: Vector, of_splits: dict[int, float] | None = None) -> Leaf:
        """What is known, from a multiplier for every row."""
        place = np.flatnonzero(multipliers)
        return cls(place, multipliers[place], of_splits or {})

    def whole(self, rows: int) -> Vector:
        """A multiplier for every row."""
        found = np.zeros(rows)
        found[self.place] = self.multipliers
        return found


@dataclass(slots=True)
class Tree:
    """Splits and leaves.

    Attributes:
        instance_sha256: of the instance whose problem it is.
        rows: of that problem.
        columns: of that problem.
        parent: of each node, in the order in which they were made; -1 for the first.
        split: of its parent, by which a node came to be; -1 for the first.
        high: whether it is the side on which the sum is at least the next number.
        splits: by number.
        leaves: node -> what is known there.
    """

    instance_sha256: str
    rows: int
    columns: int
    parent: list[int] = field(default_factory=lambda: [-1])
    split: list[int] = field(default_factory=lambda: [-1])
    high: list[bool] = field(default_factory=lambda: [False])
    splits: list[Split] = field(default_factory=list)
    leaves: dict[int, Leaf] = field(default_factory=dict)

    def way(self, node: int) -> list[tuple[int, bool]]:
        """(split, whether the high side) from a node up to the first."""
        found = []
        while self.parent[node] >= 0:
            found.append((self.split[node], self.high[node]))
            node = self.parent[node]
        return found

    def cuts(self, node: int, of_splits: dict[int, float]) -> list[Cut]:
        """What holds at a node beside the rows of the problem."""
        return [
            Cut(
                self.splits[split].columns,
                self.splits[split].number + int(high),
                high,
                of_splits.get(split, 0.0),
            )
            for split, high in self.way(node)
        ]

    def faults(self, integer: npt.NDArray[np.bool_]) -> list[str]:
        """Why the leaves do not hold every plan; nothing where they do.

        Args:
            integer: whether a column of the problem is integer.
        """
        found = []
        for number, split in enumerate(self.splits):
            known = all(0 <= column < len(integer) for column in split.columns)
            if not known or len(set(split.columns)) < len(split.columns) or not integer[list(split.columns)].all():
                found.append(f"split {number} is over columns that are not integer, not there or named twice")
        sides: dict[int, list[tuple[int, bool]]] = {}
        if not self.parent or self.parent[0] != -1:
            return [*found, "the tree has no first node"]
        for node in range(1, len(self.parent)):
            if not 0 <= self.parent[node] < node or not 0 <= self.split[node] < len(self.splits):
                return [*found, f"node {node} hangs on a node or a split that is not there"]
            sides.setdefault(self.parent[node], []).append((self.split[node], self.high[node]))
        for node, mine in sides.items():
            if sorted(high for _, high in mine) != [False, True] or len({split for split, _ in mine}) != 1:
                found.append(f"node {node} is not divided into the two sides of one split")
        missing = [node for node in range(len(self.parent)) if node not in sides and node not in self.leaves]
        if missing:
            found.append(f"nothing is known at {len(missing)} of the leaves, node {missing[0]} the first")
        return found

    def proved(self, rows: Rows, tell: Callable[[int, int], None] | None = None) -> Fraction | None:
        """The least that a plan can cost, in the solver's money; None where a leaf proves nothing.

        Args:
            rows: the problem.
            tell: called with leaves done and their number.
        """
        divided = set(self.parent)
        leaves = [node for node in range(len(self.parent)) if node not in divided]
        least: Fraction | None = None
        for done, node in enumerate(leaves):
            leaf = self.leaves[node]
            found = rows.proved(leaf.whole(rows.rows), self.cuts(node, leaf.of_splits))
            if tell is not None:
                tell(done + 1, len(leaves))
            if found is None:
                return None
            least = found if least is None else min(least, found)
        return least

    def write(self, file: Path) -> None:
        """Write it; an earlier file stays until the new one is whole."""
        nodes = sorted(self.leaves)
        leaves = [self.leaves[node] for node in nodes]
        widths = [len(split.columns) for split in self.splits]
        own = [sorted(leaf.of_splits.items()) for leaf in leaves]
        arrays: dict[str, Any] = {
            "form": np.array(FORM),
            "instance_sha256": np.array(self.instance_sha256),
            "size": np.array([self.rows, self.columns]),
            "parent": np.array(self.parent, dtype=np.int32),
            "split": np.array(self.split, dtype=np.int32),
            "high": np.array(self.high, dtype=bool),
            "split_width": np.array(widths, dtype=np.int32),
            "split_column": np.array([c for split in self.splits for c in split.columns], dtype=np.int32),
            "split_number": np.array([split.number for split in self.splits], dtype=np.int64),
            "leaf": np.array(nodes, dtype=np.int32),
            "width": np.array([len(leaf.place) for leaf in leaves], dtype=np.int64),
            "row": _joined([leaf.place for leaf in leaves], np.int32),
            "multiplier": _joined([leaf.multipliers for leaf in leaves], np.float64),
            "own_width": np.array([len(mine) for mine in own], dtype=np.int32),
            "own_split": np.array([split for mine in own for split, _ in mine], dtype=np.int32),
            "own_multiplier": np.array([value for mine in own for _, value in mine], dtype=np.float64),
        }
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=".proof-") as folder:
            made = Path(folder) / FILE
            np.savez_compressed(made, **arrays)
            made.replace(file)

    @classmethod
    def read(cls, file: Path) -> Tree:
        """Read one.

        Raises:
            PlanError: there is none, or it is not one.
        """
        try:
            with file.open("rb") as opened, np.load(opened, allow_pickle=False) as found:
                held = {name: found[name] for name in found.files}
            if int(held["form"]) != FORM:
                raise PlanError(f"{file}: form {int(held['form'])}, and {FORM} is what is read here")
            return cls._of(held)
        except FileNotFoundError:
            raise PlanError(f"{file}: there is no proof; `optimizer prove {file.parent}` makes one") from None
        except (OSError, BadZipFile, KeyError, ValueError, IndexError, EOFError, TypeError) as error:
            raise PlanError(f"{file}: not a proof, or a broken one: {error}") from error

    @classmethod
    def _of(cls, held: dict[str, npt.NDArray[Any]]) -> Tree:
        rows, columns = (int(number) for number in held["size"])
        spans = _spans(held["split_width"])
        splits = [
            Split(tuple(int(c) for c in held["split_column"][a:b]), int(number))
            for (a, b), number in zip(spans, held["split_number"], strict=True)
        ]
        leaves: dict[int, Leaf] = {}
        for node, (a, b), (c, d) in zip(held["leaf"], _spans(held["width"]), _spans(held["own_width"]), strict=True):
            place = held["row"][a:b].astype(np.int64)
            if len(place) and not 0 <= place.min() <= place.max() < rows:
                raise ValueError("a multiplier is of a row that is not there")
            own = zip(held["own_split"][c:d], held["own_multiplier"][c:d], strict=True)
            mine = {int(split): float(value) for split, value in own}
            leaves[int(node)] = Leaf(place, held["multiplier"][a:b], mine)
        return cls(
            instance_sha256=str(held["instance_sha256"]),
            rows=rows,
            columns=columns,
            parent=[int(node) for node in held["parent"]],
            split=[int(split) for split in held["split"]],
            high=[bool(high) for high in held["high"]],
            splits=splits,
            leaves=leaves,
        )


def _joined(parts: list[Any], kind: Any) -> npt.NDArray[Any]:
    return np.concatenate(parts).astype(kind) if parts else np.zeros(0, dtype=kind)


def _spans(widths: npt.NDArray[Any]) -> list[tuple[int, int]]:
    ends = np.cumsum(widths)
    return [(int(end - width), int(end)) for end, width in zip(ends, widths, strict=True)]
