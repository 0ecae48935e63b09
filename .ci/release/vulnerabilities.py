"""Asks pip-audit about the lock file, and first whether its database answers: `vulnerabilities.py PIP_AUDIT LOCK`.

Where the database has never heard of a package pip-audit says that nothing is known against it, and so it does where a
registry gives no such answers. So a release whose faults are known for years is asked about before.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

BAD = ("jinja2", "2.10")
"""A release with published vulnerabilities: CVE-2019-10906 and later ones."""
CLEAN, VULNERABLE, UNANSWERED = 0, 1, 3


def answered(audit: dict[str, Any]) -> bool:
    """Whether the bad release is known to be bad."""
    return any(row["name"] == BAD[0] and row.get("vulns") for row in audit.get("dependencies", ()))


def unanswered(said: dict[str, Any] | str) -> str:
    """Why nothing was learnt of the bad release."""
    if isinstance(said, str):
        return said
    reasons = [row["skip_reason"] for row in said.get("dependencies", ()) if "skip_reason" in row]
    return reasons[0] if reasons else f"it knows nothing against {BAD[0]} {BAD[1]}, which has known faults"


def judge(audit: dict[str, Any]) -> tuple[int, list[str]]:
    """What an audit of the lock file says: how to end, and what to tell."""
    rows = audit["dependencies"]
    bad = [
        f"{row['name']} {row['version']}: {one['id']}; mended in {', '.join(one['fix_versions']) or 'no release yet'}"
        for row in rows
        for one in row.get("vulns", ())
    ]
    skipped = [f"{row['name']}: not audited: {row['skip_reason']}" for row in rows if "skip_reason" in row]
    if bad:
        return VULNERABLE, bad + skipped
    if skipped or not rows:
        return UNANSWERED, skipped or ["no package was audited"]
    return CLEAN, [f"nothing is known against {len(rows)} packages"]


def asked(command: Path, requirements: Path) -> dict[str, Any] | str:
    """The answer of pip-audit; its last line where it gave none."""
    words = [
        "--requirement",
        str(requirements),
        "--no-deps",
        "--disable-pip",
        "--progress-spinner",
        "off",
        "--format",
        "json",
    ]
    run = subprocess.run([str(command), *words], capture_output=True, text=True, check=False)
    try:
        found: dict[str, Any] = json.loads(run.stdout)
    except json.JSONDecodeError:
        return (run.stderr.strip().splitlines() or ["pip-audit said nothing"])[-1]
    return found


def main(command: Path, lock: Path) -> int:
    """Say what is known against the locked versions, or that nobody could be asked."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bad.txt"
        file.write_text(f"{BAD[0]}=={BAD[1]}\n", encoding="utf-8")
        known = asked(command, file)
    if isinstance(known, str) or not answered(known):
        print(f"NOT AUDITED for vulnerabilities: the database cannot be reached: {unanswered(known)}", file=sys.stderr)
        return UNANSWERED
    audit = asked(command, lock)
    if isinstance(audit, str):
        print(f"NOT AUDITED for vulnerabilities: {audit}", file=sys.stderr)
        return UNANSWERED
    status, lines = judge(audit)
    print("\n".join(lines), file=sys.stdout if status == CLEAN else sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
