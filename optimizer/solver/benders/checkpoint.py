"""A file that holds what a search knows while it goes, so that one that was stopped, or killed, is gone on with.

A NumPy archive, replaced whole each time: who reads it finds the last one that was written, and never half of it.
"""

from __future__ import annotations

import io
import json
import os
import time
import zipfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from optimizer.errors import PlanError
from optimizer.solver.benders.known import Carried, Known, in_use

KIND = "trusted-supply-optimizer checkpoint"
FORMAT = 3
"""Version of the file, and of what a cut means."""
PLAIN = {item.name for item in fields(Known)} - {"arrays"}
"""What stands in it beside arrays."""
EVERY = 5.0
"""Seconds between two that are written, at least."""
SHARE = 0.02
"""Share of the time that writing may take."""


@dataclass(slots=True)
class Checkpoint:
    """Where what a search knows is kept.

    Attributes:
        file: the file; None keeps it in memory, for the next search of this run.
        instance: SHA-256 of the instance that is solved.
        words: what became of what was found there; empty where nothing was.
        trouble: why it could not be written; empty where it could.
    """

    file: Path | None
    instance: str
    words: str = ""
    trouble: str = ""
    _held: Known | None = None
    _hindsight: dict[str, Any] | None = None
    _of: str = ""
    _next: float = 0.0
    _worth: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a file that is something else.

        Raises:
            PlanError: it is.
        """
        self._next = self._worth = time.monotonic() + EVERY
        if self.file is not None and self.file.exists():
            self._read(self.file, about_only=True)

    def read(self) -> Known | None:
        """What is known from before; None where nothing is that this version can take.

        Raises:
            PlanError: the file is no checkpoint, or cannot be read.
        """
        if self._held is not None:
            return self._held
        if self.file is None or not self.file.exists():
            return None
        about, known = self._read(self.file)
        self._of = str(about.get("instance", ""))
        if known is None and about.get("known", ()) is not None:
            self.words = f"{self.file} was written by another version, and was not taken: begun anew"
        return known

    def took(self, known: Known, carried: Carried) -> None:
        """Note in words what was taken on."""
        if self._held is not None:
            return
        place, cuts = self.file, f"{carried.cuts:,} cuts"
        if carried.same:
            plan = "no plan yet" if np.isnan(known.objective) else f"a plan of {known.objective:,.0f} USD"
            bound = "no bound" if np.isnan(known.bound) else f"a bound of {known.bound:,.0f} USD"
            self.words = f"gone on from {place}: {cuts}, {plan} and {bound}, found in {known.seconds:,.0f} s"
            return
        what = "of this instance in another form" if self._of == self.instance else "of another instance"
        many = sum(carried.kept)
        if not many:
            self.words = f"{place} is {what} and has no part in common with this one: begun anew"
            return
        self.words = (
            f"{place} is {what}: {many} of {len(carried.kept)} parts are as they were, and their {cuts} are taken; "
            "its plan is tried first, and the bound is proved anew"
        )

    @property
    def due(self) -> bool:
        """Whether it is time to write; what stays in memory is kept at the end alone."""
        return self.file is not None and time.monotonic() >= self._next

    @property
    def known(self) -> bool:
        """Whether something is known from before."""
        return self._held is not None or self.written

    @property
    def written(self) -> bool:
        """Whether the file is there."""
        return self.file is not None and self.file.exists()

    def keep(self, known: Known, *, write: bool = True) -> None:
        """Write what is known, whole or not at all; where that fails, `trouble` says so and the search goes on.

        Args:
            known: by now.
            write: to the file too, and not to memory alone.
        """
        self._held = known
        if write:
            self._write(known)

    def _write(self, known: Known | None) -> None:
        if self.file is None:
            return
        began = time.monotonic()
        try:
            _replace(self.file, _packed(known, self.instance, self._hindsight))
            self.trouble = ""
        except OSError as error:
            self.trouble = f"{self.file} could not be written: {error}"
        now = time.monotonic()
        self._next = now + max(EVERY, (now - began) / SHARE)

    def hindsight(self, gap: float, gap_usd: float | None) -> dict[str, float]:
        """What futures of this instance cost with hindsight, USD, as earlier runs found to no wider a gap.

        Args:
            gap: relative gap asked for.
            gap_usd: gap in USD asked for.

        Raises:
            PlanError: the file is no checkpoint, or cannot be read.
        """
        if self._hindsight is None and self.written:
            assert self.file is not None
            about, _ = self._read(self.file, about_only=True)
            self._hindsight = about.get("hindsight") if about.get("instance") == self.instance else None
        found = self._hindsight
        if found is None or found["gap"] > gap or (found["gap_usd"] or 0.0) > (gap_usd or 0.0):
            self._hindsight = {"gap": gap, "gap_usd": gap_usd, "usd": {}}
        assert self._hindsight is not None
        return dict(self._hindsight["usd"])

    def keep_hindsight(self, future: str, usd: float) -> None:
        """Keep what a future costs with hindsight, once what is known was asked for; written when it is time to."""
        assert self._hindsight is not None
        self._hindsight["usd"][future] = usd
        if self.due:
            self._write(self._held)

    def hindsight_ends(self) -> None:
        """No more is sought: what is not in the file goes there, unless all of it took but a moment."""
        if self._hindsight is not None and self._hindsight["usd"] and (self.written or time.monotonic() >= self._worth):
            self._write(self._held)

    def thin(self) -> None:
        """Let go of cuts that were put aside, before another problem is begun with what stays in memory."""
        if self._held is not None:
            self._held = in_use(self._held)

    def _read(self, file: Path, *, about_only: bool = False) -> tuple[dict[str, Any], Known | None]:
        refused = f"{file} is there already and is no checkpoint; name another result folder with -o, or take it away"
        try:
            with file.open("rb") as raw, np.load(raw, allow_pickle=False) as found:
                about = json.loads(bytes(found["about"]).decode())
                if about.get("kind") != KIND:
                    raise PlanError(refused)
                if about_only or about.get("format") != FORMAT or set(about["known"] or ()) != PLAIN:
                    return about, None
                arrays = {name: found[name] for name in found.files if name != "about"}
        except (OSError, EOFError, ValueError, KeyError, AttributeError, TypeError, zipfile.BadZipFile) as error:
            raise PlanError(f"{refused} ({error})") from error
        plain: dict[str, Any] = about["known"]
        plain |= {name: float("nan") for name, value in plain.items() if value is None}
        return about, Known(**plain, arrays=arrays)


def _packed(known: Known | None, instance: str, hindsight: dict[str, Any] | None) -> bytes:
    about = {"kind": KIND, "format": FORMAT, "instance": instance, "hindsight": hindsight, "known": None}
    if known is not None:
        plain = {name: getattr(known, name) for name in sorted(PLAIN)}
        about["known"] = {k: None if isinstance(v, float) and np.isnan(v) else v for k, v in plain.items()}
    text = np.frombuffer(json.dumps(about, allow_nan=False).encode(), dtype=np.uint8)
    found = io.BytesIO()
    arrays: dict[str, Any] = {"about": text} | ({} if known is None else known.arrays)
    np.savez(found, **arrays)
    return found.getvalue()


def _replace(file: Path, content: bytes) -> None:
    """Put a file in place of what is there, at once."""
    file.parent.mkdir(parents=True, exist_ok=True)
    made = file.with_name(f".{file.name}.part")
    try:
        with made.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        made.replace(file)
    finally:
        made.unlink(missing_ok=True)
