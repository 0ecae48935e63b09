"""Mutation score: small changes to the code, made one by one, and whether tests notice.

python benchmarks/mutants.py FILE.json [--module optimizer/verifier] [--tests tests/verify] [--count 60] [--seed 0]

Works on a clone of what is committed. A mutant is one operator, number, comparison, keyword or decorator changed, by
cosmic-ray, to be installed for it; of all that there are so many are drawn. Those that survive are written down with
their change, to be looked at: a message or a bound of search may change unseen; a check may not.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import WorkerOutcome, WorkResult

ROOT = Path(__file__).resolve().parents[1]
CONFIG = """\
[cosmic-ray]
module-path = "{module}"
timeout = {timeout}
excluded-modules = []
test-command = "{python} -m pytest -x -q -n0 -p no:cacheprovider -m 'slow or not slow' {tests}"

[cosmic-ray.distributor]
name = "local"
"""
TIMEOUT = 300.0
"""Seconds after which a mutant counts as noticed: it hangs."""


def main() -> None:
    """Draw mutants, test each, tell the score."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--module", default="optimizer/verifier")
    parser.add_argument("--tests", default="tests/verify")
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        clone, config, session = Path(scratch, "clone"), Path(scratch, "config.toml"), Path(scratch, "session.sqlite")
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        config.write_text(CONFIG.format(module=asked.module, timeout=TIMEOUT, python=sys.executable, tests=asked.tests))
        environment = os.environ | {"PYTHONPATH": str(clone), "PYTHONDONTWRITEBYTECODE": "1"}

        def cosmic(*words: str) -> None:
            subprocess.run([sys.executable, "-m", "cosmic_ray.cli", *words], cwd=clone, env=environment, check=True)

        cosmic("init", str(config), str(session))
        with use_db(session, WorkDB.Mode.open) as work:
            every = sorted(work.work_items, key=lambda item: repr(item.mutations))
            drawn = {item.job_id for item in random.Random(asked.seed).sample(every, min(asked.count, len(every)))}
            for item in every:
                if item.job_id not in drawn:
                    work.set_result(item.job_id, WorkResult(WorkerOutcome.SKIPPED))
        cosmic("baseline", str(config))
        cosmic("exec", str(config), str(session))
        with use_db(session, WorkDB.Mode.open) as work:
            tested = [(item, result) for item, result in work.completed_work_items if item.job_id in drawn]
            survivors = [
                {"file": str(item.mutations[0].module_path), "line": item.mutations[0].start_pos[0],
                 "operator": item.mutations[0].operator_name, "change": result.diff}
                for item, result in tested
                if result.test_outcome == "survived"
            ]  # fmt: skip
            outcomes = Counter(str(getattr(result.test_outcome, "value", result.test_outcome)) for _, result in tested)
    told = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "module": asked.module,
        "tests": asked.tests,
        "mutants": len(every),
        "drawn": len(tested),
        "seed": asked.seed,
        "outcomes": dict(outcomes),
        "seconds": round(time.monotonic() - began),
        "survivors": sorted(survivors, key=lambda one: (str(one["file"]), one["line"])),
    }
    asked.file.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print(len(every), "mutants,", len(tested), "tested:", dict(outcomes))  # noqa: T201


if __name__ == "__main__":
    main()
