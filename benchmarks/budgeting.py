"""What a cut list or a decision calendar says, and what it takes.

    python benchmarks/budgeting.py cuts PLAN FILE.json [--gap 1e-3] [--at 10 ...] [--of outlay] [-o DIR]
    python benchmarks/budgeting.py calendar PLAN FILE.json --within-usd 1e8 [--gap 1e-3] [--only F:O ...] [-o DIR]

With -o a stopped run is gone on with, and what it asked before is in the figures: seconds are those of each answer,
as it was kept.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

import optimizer
from optimizer.budgeting.waiting import options_for
from optimizer.solver.options import Options


def records(frame: pd.DataFrame) -> Any:
    """A table as plain data."""
    return json.loads(frame.to_json(orient="records"))


def main() -> None:
    """Make the list or the calendar, and write what it says and took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("cuts", "calendar"))
    parser.add_argument("plan")
    parser.add_argument("file", type=Path)
    parser.add_argument("--at", type=float, nargs="*", default=[10.0, 25.0, 50.0])
    parser.add_argument("--of", default="outlay")
    parser.add_argument("--branches", type=int, default=10)
    parser.add_argument("--no-order", action="store_true")
    parser.add_argument("--within-usd", type=float, default=0.0)
    parser.add_argument("--no-price", action="store_true")
    parser.add_argument("--time-limit", type=float)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--gap", type=float, default=1e-4)
    parser.add_argument("-o", "--output", type=Path)
    asked = parser.parse_args()
    began, processor, load = time.monotonic(), time.process_time(), os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as made:
        folder = asked.output or Path(made) / "study"
        if asked.what == "cuts":
            options = Options(gap=asked.gap, threads=1)
            cut = optimizer.cuts(
                asked.plan,
                at=asked.at,
                of=asked.of,
                order=not asked.no_order,
                branches=asked.branches,
                options=options,
                folder=folder,
            )
            info, tables = cut.info, {"levels": records(cut.levels), "order": records(cut.order)}
        else:
            only = [(name.split(":")[0], name.split(":")[1]) for name in asked.only]
            options = options_for(asked.within_usd, gap=asked.gap, time_limit=asked.time_limit)
            found = optimizer.calendar(
                asked.plan,
                within_usd=asked.within_usd,
                price=not asked.no_price,
                only=only,
                options=options,
                folder=folder,
            )
            info, tables = found.info, {"lines": records(found.lines), "waits": records(found.waits)}
        answers = [json.loads(line) for line in (folder / "solves.jsonl").read_text(encoding="utf-8").splitlines()]
    about = {
        "command": vars(asked) | {"plan": Path(asked.plan).name, "file": asked.file.name, "output": bool(asked.output)},
        "answers": len(answers),
        "seconds_of_answers": round(sum(answer["seconds"] for answer in answers), 1),
        "seconds": round(time.monotonic() - began, 1),
        "processor_seconds": round(time.process_time() - processor, 1),
        "load_at_begin": load,
        "load_at_end": os.getloadavg()[0],
        "machine": {"cores": os.cpu_count(), "platform": platform.platform()},
        "info": info,
        **tables,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    asked.file.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    told = {key: about[key] for key in ("answers", "seconds_of_answers", "seconds", "processor_seconds")}
    sys.stdout.write(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()
