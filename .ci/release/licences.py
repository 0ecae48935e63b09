"""Holds the licences of installed packages against `.ci/licences.toml`: `licences.py LISTED [LOCK]`.

LISTED is what `pip-licenses --from=all --format=json` says of an environment, LOCK the lock file that it was
made of; without one, what the environment lacks is not asked for.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from license_expression import ExpressionError, get_spdx_licensing
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

RULES = Path(__file__).resolve().parents[1] / "licences.toml"
OURS = "trusted-supply-optimizer"
NONE = "UNKNOWN"
SAID = ("License-Expression", "License-Classifier", "License-Metadata")
"""Where a package says its licence, the most exact first."""

_SPDX = get_spdx_licensing()


@dataclass(frozen=True, slots=True)
class Decided:
    """A package whose licence was looked up by hand.

    Attributes:
        licence: SPDX expression.
        why: where it was found, or why it may be used though it is not in the list.
        accepted: whether it may be used though its licence is not in the list.
    """

    licence: str
    why: str
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """What `.ci/licences.toml` says."""

    allowed: frozenset[str]
    means: Mapping[str, str] = field(default_factory=dict)
    packages: Mapping[str, Decided] = field(default_factory=dict)


def rules_of(file: Path = RULES) -> Rules:
    """Read the rules."""
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    packages = {str(canonicalize_name(name)): Decided(**row) for name, row in data.get("packages", {}).items()}
    return Rules(frozenset(data["allowed"]), data.get("means", {}), packages)


def pinned(lock: Iterable[str]) -> dict[str, Requirement]:
    """The packages of a lock file by name; of one that is there by Python version, the first."""
    found: dict[str, Requirement] = {}
    for line in lock:
        if re.match(r"[A-Za-z0-9]", line):
            requirement = Requirement(line.split(" \\")[0].strip())
            found.setdefault(canonicalize_name(requirement.name), requirement)
    return found


def licence_of(row: Mapping[str, str], rules: Rules) -> str:
    """The licence that a package says it has, as SPDX; empty where it says none that is understood."""
    for key in SAID:
        said = row.get(key, NONE).strip()
        if said == NONE:
            continue
        meant = " AND ".join(rules.means.get(part.strip(), part.strip()) for part in said.split(";"))
        if known(meant):
            return meant
    return ""


def known(expression: str) -> bool:
    """Whether a text is an SPDX expression of licences that there are."""
    try:
        return len(expression) < 200 and not _SPDX.validate(expression).errors
    except ExpressionError:
        return False


def permits(expression: str, allowed: frozenset[str]) -> bool:
    """Whether an expression can be met by licences of the list: all that AND joins, one of those that OR joins."""

    def met(node: Any) -> bool:
        if node.isliteral:
            return str(node) in allowed
        parts = [met(part) for part in node.args]
        return all(parts) if node.operator.strip() == "AND" else any(parts)

    return met(_SPDX.parse(expression))


def judge(
    rows: Iterable[Mapping[str, str]], lock: Mapping[str, Requirement] | None, rules: Rules
) -> tuple[list[str], dict[str, str]]:
    """Hold every package against the rules.

    Args:
        rows: what pip-licenses says, a row a package.
        lock: the locked packages, all of which are asked for; None where the rows are all there is.
        rules: the rules.

    Returns:
        What is wrong, a line a package; and the licence of each package of the environment and of the lock.
    """
    wrong: list[str] = []
    found: dict[str, str] = {}
    for row in rows:
        name = str(canonicalize_name(row["Name"]))
        if name == OURS:
            continue
        decided, said = rules.packages.get(name), licence_of(row, rules)
        found[name] = said or (decided.licence if decided else "")
        if not found[name]:
            wrong.append(f"{name}: says no licence that is understood; look it up and add it to packages")
        elif not permits(found[name], rules.allowed) and not (
            decided and decided.accepted and decided.licence == found[name]
        ):
            wrong.append(f"{name}: {found[name]} is not in the list of allowed licences")
        elif decided and said and said != decided.licence:
            wrong.append(f"{name}: says {said}, where packages has {decided.licence}; look again")
    if lock is None:
        return wrong, found
    for name, requirement in lock.items():
        if name in found:
            continue
        decided = rules.packages.get(name)
        if decided is None:
            wrong.append(
                f"{name}: is in the lock file for {requirement.marker or 'every system'}, and not installed here"
            )
            continue
        found[name] = decided.licence
        if not permits(decided.licence, rules.allowed) and not decided.accepted:
            wrong.append(f"{name}: {decided.licence} is not in the list of allowed licences")
    wrong.extend(
        f"{name}: stands in packages, and is neither locked nor installed"
        for name in rules.packages
        if name not in found
    )
    return wrong, found


def main(listed: Path, lock: Path | None = None) -> int:
    """Say what is wrong, or how many packages have which licence."""
    rows = json.loads(listed.read_text(encoding="utf-8"))
    locked = pinned(lock.read_text(encoding="utf-8").splitlines()) if lock else None
    wrong, found = judge(rows, locked, rules_of())
    counts: dict[str, int] = {}
    for licence in found.values():
        counts[licence] = counts.get(licence, 0) + 1
    for licence, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        print(f"{count:5}  {licence or 'none understood'}")
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
