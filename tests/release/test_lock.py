"""requirements.lock has every package that pyproject.toml asks for, pinned and hashed, and no address."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PIN = re.compile(r"(?m)^([a-z0-9-]+)==([^ ]+)(?: ; (.+?))? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)")


def test_every_line_is_a_pin_a_hash_or_a_comment() -> None:
    """No option, no address of a registry, no path."""
    rest = re.sub(r"(?m)^ *#.*\n", "", PIN.sub("", LOCK))
    assert rest == ""
    assert "://" not in LOCK
    assert len(PIN.findall(LOCK)) > 100


def test_every_requirement_has_a_pin_that_meets_it() -> None:
    """Of the project and of every extra; a bound that is raised without a new lock file fails here."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    pins: dict[str, list[str]] = {}
    for name, version, _, _ in PIN.findall(LOCK):
        pins.setdefault(name, []).append(version)
    lacking = []
    for text in asked:
        requirement = Requirement(text)
        name = canonicalize_name(requirement.name)
        if name == project["name"]:
            assert requirement.extras <= set(project["optional-dependencies"])
            continue
        if not any(requirement.specifier.contains(version) for version in pins.get(name, ())):
            lacking.append(f"{text}: locked {pins.get(name)}; run: .ci/lock")
    assert lacking == []
