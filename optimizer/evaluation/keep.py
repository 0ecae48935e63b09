"""The folder of an evaluation: answers as they come, and the tables at the end."""

from __future__ import annotations

import hashlib
import json
import zlib
from base64 import b64decode, b64encode
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from optimizer.evaluation.answer import Answer
from optimizer.evaluation.portfolio import Portfolio
from optimizer.folders import whole_lines, write_new
from optimizer.instance.instance import Instance
from optimizer.instance.write import sha256
from optimizer.ledger import refuse_other
from optimizer.plan.study_markings import with_study_markings


class Tables(Protocol):
    """What is written at the end (`study.Evaluation`)."""

    info: dict[str, Any]
    futures: pd.DataFrame
    short: pd.DataFrame
    reactions: pd.DataFrame
    episodes: pd.DataFrame


class Kept:
    """A folder that keeps answers as they come."""

    def __init__(self, folder: Path | str, instance: Instance, held: Portfolio) -> None:
        """Begin, or go on with the same evaluation."""
        self.folder, self._instance = Path(folder), instance
        given: list[Any] = [sorted(held.fundings), sorted((held.stock or {}).items())]
        given += [sorted(held.runs.items())] if held.runs is not None else []
        given += [sorted(held.known.items())] if held.known is not None else []
        fixed = json.dumps(given, default=list)
        self._of = hashlib.sha256((sha256(instance) + fixed).encode()).hexdigest()
        if not (self.folder / "answers.jsonl").is_file():
            refuse_other(self.folder, "evaluation.json", "an evaluation")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._file = self.folder / "answers.jsonl"

    def read(self) -> dict[str, Answer]:
        """The answers kept; none where they are of another instance or portfolio, and then they are put away."""
        if not self._file.is_file():
            self._start()
            return {}
        found: dict[str, Answer] = {}
        lines = whole_lines(self._file).splitlines()
        if not lines or json.loads(lines[0]).get("of") != self._of:
            self._start()
            return {}
        for line in lines[1:]:
            answer = _answer(json.loads(line))
            found[answer.course] = answer
        return found

    def _start(self) -> None:
        write_new(self._file, json.dumps({"of": self._of}) + "\n")

    def keep(self, found: Answer) -> None:
        """Keep one answer."""
        plain = asdict(found)
        del plain["known"]  # the trunk's, which is answered anew
        if found.prices is not None:
            parts = zip(found.prices, ("<i4", "<f8"), strict=True)
            plain["prices"] = [b64encode(zlib.compress(part.astype(kind).tobytes())).decode() for part, kind in parts]
        for name in ("cost", "short", "demand", "stock", "runs"):
            plain[name] = [[*_flat(key), value] for key, value in getattr(found, name).items()]
        plain["reacted"] = [[*key, value] for key, value in found.reacted.items()]
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(plain) + "\n")

    def close(self, found: Tables) -> None:
        """Write the tables, each whole or not at all; the note last."""
        tables = {"futures": found.futures, "short": found.short}
        tables |= {"reactions": found.reactions} if len(found.reactions) else {}
        tables |= {"episodes": found.episodes} if len(found.episodes) else {}
        for name, table in with_study_markings(self._instance, tables).items():
            write_new(self.folder / f"{name}.csv", table.to_csv(index=False, lineterminator="\n"))
        text = json.dumps(found.info, indent=2, ensure_ascii=False)
        write_new(self.folder / "evaluation.json", text + "\n")


def _flat(key: Any) -> list[Any]:
    if isinstance(key, tuple):
        return [part for item in key for part in _flat(item)]
    return [key]


def _answer(plain: dict[str, Any]) -> Answer:
    prices = plain.get("prices")
    if prices is not None:
        rows, duals = (
            np.frombuffer(zlib.decompress(b64decode(p)), k) for p, k in zip(prices, ("<i4", "<f8"), strict=True)
        )
        prices = rows.astype(np.int64), duals.astype(np.float64)
    return Answer(
        plain["course"],
        cost=dict(plain["cost"]),
        short={(market, product, period): t for market, product, period, t in plain["short"]},
        demand={(market, product, period): t for market, product, period, t in plain["demand"]},
        stock={((place, material, channel), period): t for place, material, channel, period, t in plain["stock"]},
        runs={(f, s, r, k, period): value for f, s, r, k, period, value in plain.get("runs", ())},
        reacted={(f, o, period): value for f, o, period, value in plain.get("reacted", ())},
        hot=plain["hot"],
        prices=prices,
    )
