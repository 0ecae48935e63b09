"""Blocks kept on disk from run to run: by a hash of what is solved and of the program that builds them.

Only where `OPTIMIZER_CACHE` names a folder: what is kept says as much of an instance as the instance does. A file has
numbers and texts and nothing that can be run. What is stale has another name, and what is damaged is built anew.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import re
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from itertools import groupby, repeat
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from pyomo.common.gc_manager import PauseGC

from optimizer.errors import OptionsError
from optimizer.instance.instance import Instance
from optimizer.instance.write import sha256
from optimizer.model.declare import Key
from optimizer.solver.compile import Block

VARIABLE = "OPTIMIZER_CACHE"
FORMAT = 1
SOURCE = Path(__file__).parents[1]
"""This package."""
LARGEST = 4_000_000_000
"""Bytes in the folder at most; what was used longest ago goes first."""

_OURS = re.compile(r"[0-9a-f]{64}\.blocks\.npz")
_NUMBERS = ("lower", "upper", "row_lower", "row_upper", "cost_constant", "objective")
_DAMAGED = (OSError, ValueError, KeyError, IndexError, TypeError, EOFError, zipfile.BadZipFile, zlib.error)

_Place = tuple[int, int]
"""First entry and number of entries of an array among all of its kind."""


class Kept:
    """A folder of blocks.

    Attributes:
        folder: where they are.
        said: what became of it in this run, for `plan.json`.
    """

    def __init__(self, folder: Path) -> None:
        """Make the folder where it is missing.

        Raises:
            OptionsError: nothing can be written there.
        """
        self.folder, self.said = folder, ""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise OptionsError(
                f"{VARIABLE} is '{folder}', where nothing can be kept ({error.strerror}); name a folder that can be"
                " written to, or leave it unset"
            ) from error

    @classmethod
    def by_environment(cls) -> Kept | None:
        """The folder that `OPTIMIZER_CACHE` names; None where it names none.

        Raises:
            OptionsError: nothing can be written there.
        """
        named = os.environ.get(VARIABLE, "")
        return cls(Path(named).expanduser()) if named else None

    def read(self, instance: Instance) -> dict[str, Block] | None:
        """The blocks of an instance; None where they are not here, or the file is damaged."""
        file = self._file(instance)
        try:
            with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays, PauseGC():
                blocks = _Reader(arrays).blocks()
            os.utime(file)
        except _DAMAGED:
            return None
        self.said = f"kept as {file.name}"
        return blocks

    def write(self, instance: Instance, blocks: Mapping[str, Block]) -> None:
        """Keep the blocks of an instance; `said` tells where they cannot be."""
        why = self._not_written(instance, blocks)
        self.said = f"built, and not kept: {why}" if why else "built, and kept for the next run"

    def _not_written(self, instance: Instance, blocks: Mapping[str, Block]) -> str:
        try:
            arrays = _Writer(blocks).arrays()
        except TypeError as error:
            return str(error)
        size = sum(array.nbytes for array in arrays.values())
        if size > LARGEST:
            return f"{size / 1e9:.1f} GB are more than the {LARGEST / 1e9:.0f} GB that are kept"
        try:
            handle, made = tempfile.mkstemp(prefix=".blocks.", dir=self.folder)
            try:
                with os.fdopen(handle, "wb") as stream:
                    np.savez(stream, about=arrays["about"], f=arrays["f"], i=arrays["i"], b=arrays["b"])
                Path(made).replace(self._file(instance))
            finally:
                Path(made).unlink(missing_ok=True)
            self._tidy()
        except OSError as error:
            return str(error.strerror or error)
        return ""

    def _file(self, instance: Instance) -> Path:
        digest = hashlib.sha256(f"{FORMAT} {program()} {sha256(instance)}".encode()).hexdigest()
        return self.folder / f"{digest}.blocks.npz"

    def _tidy(self) -> None:
        """Let go of what was used longest ago, down to `LARGEST`; what is not ours stays."""
        found = [(path.stat(), path) for path in self.folder.iterdir() if _OURS.fullmatch(path.name)]
        held = sum(about.st_size for about, _ in found)
        for about, path in sorted(found, key=lambda one: one[0].st_mtime):
            if held <= LARGEST:
                break
            path.unlink(missing_ok=True)
            held -= about.st_size


@cache
def program() -> str:
    """A hash of all that decides what an instance's blocks are: this package's source, and Pyomo's version."""
    digest = hashlib.sha256(importlib.metadata.version("pyomo").encode())
    for file in sorted(SOURCE.rglob("*.py")):
        digest.update(file.relative_to(SOURCE).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


class _Writer:
    """Blocks as three arrays and a text: numbers that are shared stand once, those of a mould as differences."""

    def __init__(self, blocks: Mapping[str, Block]) -> None:
        self._blocks = blocks
        self._chunks: dict[str, list[npt.NDArray[Any]]] = {"f": [], "i": [], "b": []}
        self._length = dict.fromkeys(self._chunks, 0)
        self._texts: dict[str, int] = {}
        self._lists: dict[str, list[Any]] = {"names": [], "owners": []}
        self._known: dict[tuple[Any, ...], Any] = {}
        self._first: dict[tuple[int, str], tuple[int, npt.NDArray[Any]]] = {}

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """All of it.

        Raises:
            TypeError: a name has something else than texts and whole numbers.
        """
        kinds = {"f": np.float64, "i": np.int64, "b": np.bool_}
        about = [self._block(number, block) for number, block in enumerate(self._blocks.values())]
        text = json.dumps({"blocks": about, "texts": list(self._texts)} | self._lists)
        found: dict[str, npt.NDArray[Any]] = {"about": np.frombuffer(text.encode(), dtype=np.uint8)}
        for kind, chunks in self._chunks.items():
            found[kind] = np.concatenate([np.zeros(0, kinds[kind]), *chunks]).astype(kinds[kind], copy=False)
        if len(found["i"]) and found["i"].min() >= -(2**31) and found["i"].max() < 2**31:
            found["i"] = found["i"].astype(np.int32)
        return found

    def _block(self, number: int, block: Block) -> dict[str, Any]:
        about: dict[str, Any] = {"name": block.name, "cost_keys": block.cost_keys}
        about["columns"] = self._listed("names", block.columns, self._names)
        about["rows"] = self._listed("names", block.rows, self._names)
        about["owners"] = self._listed("owners", block.owners, self._owners)
        about["integer"] = self._shared("b", block.integer)
        for name in _NUMBERS:
            about[name] = self._numbers(number, id(block.columns), name, getattr(block, name))
        for name in ("matrix", "cost"):
            held: sp.csr_array = getattr(block, name)
            about[name] = {
                "data": self._numbers(number, id(block.columns), name, held.data),
                "indices": self._shared("i", held.indices),
                "indptr": self._shared("i", held.indptr),
                "kind": held.indices.dtype.itemsize,
                "shape": held.shape,
            }
        return about

    def _put(self, kind: str, array: npt.NDArray[Any]) -> _Place:
        place = (self._length[kind], len(array))
        self._chunks[kind].append(array)
        self._length[kind] += len(array)
        return place

    def _listed(self, what: str, held: Any, said: Callable[[Any], Any]) -> int:
        """The number of something that blocks of a mould share, which is written once."""
        key = (what, id(held))
        if key not in self._known:
            self._known[key] = len(self._lists[what])
            self._lists[what].append(said(held))
        number: int = self._known[key]
        return number

    def _shared(self, kind: str, array: npt.NDArray[Any]) -> _Place:
        """An array that blocks of a mould share: what is the same memory is written once."""
        key = (array.__array_interface__["data"][0], len(array), array.dtype.str)
        if key not in self._known:
            self._known[key] = self._put(kind, array)
        place: _Place = self._known[key]
        return place

    def _numbers(self, number: int, shape: int, name: str, array: npt.NDArray[np.float64]) -> dict[str, Any]:
        """Numbers, or how they differ from those of the first block with the same columns."""
        first = self._first.get((shape, name))
        if first is None or len(first[1]) != len(array):
            self._first.setdefault((shape, name), (number, array))
            return {"whole": self._put("f", array)}
        apart = np.flatnonzero(array.view(np.int64) != first[1].view(np.int64))
        return {"of": first[0], "at": self._put("i", apart), "is": self._put("f", array[apart])}

    def _names(self, names: Iterable[Key]) -> list[Any]:
        """Names by runs of one component: its places and, for each part of an index, texts or whole numbers."""
        runs = []
        for (component, parts), found in groupby(names, lambda name: (name[0], _parts(name[1]))):
            indices = [name[1] for name in found]
            values = [indices] if parts < 0 else list(zip(*indices, strict=True))
            runs.append([component, parts, len(indices), [self._values(each) for each in values]])
        return runs

    def _values(self, values: Iterable[Any]) -> tuple[str, _Place]:
        values = list(values)
        kinds = set(map(type, values))
        if kinds <= {str, type(None)}:
            codes = [self._texts.setdefault(value, len(self._texts)) for value in values]
            return "s", self._put("i", np.array(codes, dtype=np.int64))
        if kinds == {int}:
            return "i", self._put("i", np.array(values, dtype=np.int64))
        raise TypeError(f"a name has {sorted(kind.__name__ for kind in kinds)} in one place of its index")

    def _owners(self, owners: Mapping[int, tuple[str, Key]]) -> dict[str, Any]:
        here = np.fromiter(owners, dtype=np.int64, count=len(owners))
        whose = self._values(owner for owner, _ in owners.values()) if owners else None
        return {"here": self._put("i", here), "whose": whose, "names": self._names(key for _, key in owners.values())}


def _parts(index: Any) -> int:
    """How many parts an index has; -1 where it is one thing and no tuple."""
    return len(index) if isinstance(index, tuple) else -1


class _Reader:
    """What `_Writer` wrote; what was shared is shared."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        about = json.loads(arrays["about"].tobytes())
        self._about = about["blocks"]
        self._lists = {what: about[what] for what in ("names", "owners")}
        self._texts = np.array([*about["texts"], None], dtype=object)
        self._arrays = {kind: arrays[kind] for kind in "fib"}
        self._known: dict[tuple[Any, ...], Any] = {}
        self._numbers_of: list[dict[str, npt.NDArray[Any]]] = []

    def blocks(self) -> dict[str, Block]:
        """By name.

        Raises:
            Exception: one of `_DAMAGED`, where something is missing or is another thing than it should be.
        """
        return {block.name: block for block in map(self._block, self._about)}

    def _block(self, about: Mapping[str, Any]) -> Block:
        numbers: dict[str, npt.NDArray[Any]] = {}
        self._numbers_of.append(numbers)
        for name in _NUMBERS:
            numbers[name] = self._numbers(name, about[name])
        for name in ("matrix", "cost"):
            numbers[name] = self._numbers(name, about[name]["data"])
        return Block(
            name=about["name"],
            columns=self._listed("names", about["columns"], self._names),
            lower=numbers["lower"],
            upper=numbers["upper"],
            integer=self._array("b", about["integer"]),
            matrix=self._matrix(numbers["matrix"], about["matrix"]),
            row_lower=numbers["row_lower"],
            row_upper=numbers["row_upper"],
            rows=self._listed("names", about["rows"], self._names),
            cost=self._matrix(numbers["cost"], about["cost"]),
            cost_keys=[(category, period) for category, period in about["cost_keys"]],
            cost_constant=numbers["cost_constant"],
            owners=self._listed("owners", about["owners"], self._owners),
            objective=numbers["objective"],
        )

    def _array(self, kind: str, place: list[int]) -> npt.NDArray[Any]:
        start, length = place
        found = self._arrays[kind][start : start + length]
        if len(found) != length:
            raise ValueError(f"{length} numbers from {start} on are not there")
        return found

    def _listed(self, what: str, number: int, meant: Callable[[Any], Any]) -> Any:
        """What blocks share is one object: `join` asks whether it is."""
        key = (what, number)
        if key not in self._known:
            self._known[key] = meant(self._lists[what][number])
        return self._known[key]

    def _matrix(self, data: npt.NDArray[Any], about: Mapping[str, Any]) -> sp.csr_array:
        indices, indptr = (self._whole(about[name], about["kind"]) for name in ("indices", "indptr"))
        return sp.csr_array((data, indices, indptr), shape=tuple(about["shape"]))

    def _whole(self, place: list[int], size: int) -> npt.NDArray[Any]:
        key = (*place, size)
        if key not in self._known:
            self._known[key] = self._array("i", place).astype(np.int32 if size == 4 else np.int64)
        found: npt.NDArray[Any] = self._known[key]
        return found

    def _numbers(self, name: str, about: Mapping[str, Any]) -> npt.NDArray[Any]:
        if "whole" in about:
            return self._array("f", about["whole"])
        found: npt.NDArray[Any] = self._numbers_of[about["of"]][name].copy()
        found[self._array("i", about["at"])] = self._array("f", about["is"])
        return found

    def _values(self, about: list[Any]) -> list[Any]:
        kind, place = about
        codes = self._array("i", place)
        found: list[Any] = (self._texts[codes] if kind == "s" else codes).tolist()
        return found

    def _names(self, runs: list[Any]) -> list[Key]:
        names: list[Key] = []
        for component, parts, length, values in runs:
            columns = [self._values(each) for each in values]
            if any(len(column) != length for column in columns):
                raise ValueError(f"names of '{component}' are not whole")
            if parts < 0:
                names += zip(repeat(component), columns[0], strict=False)
            elif parts:
                names += zip(repeat(component), zip(*columns, strict=True), strict=False)
            else:
                names += repeat((component, ()), length)
        return names

    def _owners(self, about: Mapping[str, Any]) -> dict[int, tuple[str, Key]]:
        here = self._array("i", about["here"]).tolist()
        whose = self._values(about["whose"]) if here else []
        return dict(zip(here, zip(whose, self._names(about["names"]), strict=True), strict=True))
