"""What .ci/audit makes of what pip-licenses and pip-audit say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.scripts import module_of

pytest.importorskip("license_expression", reason="license_expression is not installed: the extra 'release'")

RELEASE = Path(__file__).resolve().parents[2] / ".ci" / "release"
licences = module_of(RELEASE / "licences.py")
vulnerabilities = module_of(RELEASE / "vulnerabilities.py")
LOCK = ["# made by", "numpy==2.4.6 \\", "    --hash=sha256:0", "appnope==1.0 ; sys_platform == 'darwin' \\"]


def row(name: str, expression: str = "UNKNOWN", classifier: str = "UNKNOWN", text: str = "UNKNOWN") -> dict[str, str]:
    """A package as pip-licenses tells of it."""
    return {"Name": name, "License-Expression": expression, "License-Classifier": classifier, "License-Metadata": text}


RULES = licences.Rules(
    frozenset({"MIT", "BSD-3-Clause"}),
    {"BSD License": "BSD-3-Clause"},
    {"odd": licences.Decided("EPL-2.0", "not given on", accepted=True), "quiet": licences.Decided("MIT", "its file")},
)


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        (row("a", "MIT"), ""),
        (row("a", classifier="BSD License"), ""),
        (row("a", "MIT", classifier="BSD License; GPL"), ""),
        (row("a", "MIT OR GPL-3.0-only"), ""),
        (row("a", "(MIT OR GPL-3.0-only) AND BSD-3-Clause"), ""),
        (row("odd", "EPL-2.0"), ""),
        (row("quiet"), ""),
        (row("a", "MIT AND GPL-3.0-only"), "a: MIT AND GPL-3.0-only is not in the list"),
        (row("a", text="GPL-3.0-or-later"), "a: GPL-3.0-or-later is not in the list"),
        (row("a", "EPL-2.0"), "a: EPL-2.0 is not in the list"),
        (row("a", text="see the file"), "a: says no licence that is understood"),
        (row("a"), "a: says no licence that is understood"),
        (row("quiet", "BSD-3-Clause"), "quiet: says BSD-3-Clause, where packages has MIT"),
        (row("odd", "GPL-3.0-only"), "odd: GPL-3.0-only is not in the list"),
    ],
)
def test_a_licence_is_in_the_list_or_told(given: dict[str, str], wrong: str) -> None:
    """By what is told most exactly; what is unknown is no licence."""
    found, _ = licences.judge([given], None, RULES)
    assert bool(found) == bool(wrong)
    assert "\n".join(found).startswith(wrong)


def test_every_locked_package_is_asked_for() -> None:
    """One that is not installed here, one that nothing asks for any more."""
    found, _ = licences.judge([row("numpy", "MIT"), row("quiet")], licences.pinned(LOCK), RULES)
    assert found == [
        'appnope: is in the lock file for sys_platform == "darwin", and not installed here',
        "odd: stands in packages, and is neither locked nor installed",
    ]


def test_the_rules_of_the_project_are_sound() -> None:
    """Every identifier is one of SPDX, every decision says why, and what is accepted needs it."""
    rules = licences.rules_of()
    assert all(licences.known(one) for one in [*rules.allowed, *rules.means.values()])
    for name, decided in rules.packages.items():
        assert licences.known(decided.licence), name
        assert decided.why, name
        assert decided.accepted != licences.permits(decided.licence, rules.allowed), name


def answer(name: str, **more: Any) -> dict[str, Any]:
    """What pip-audit says of a package."""
    return {"dependencies": [{"name": name, "version": "1", "vulns": [], **more}]}


FAULT = {"id": "CVE-1", "fix_versions": ["2"]}


def test_a_database_that_knows_nothing_is_no_database() -> None:
    """It is asked about a release with known faults first."""
    assert vulnerabilities.answered(answer("jinja2", vulns=[FAULT]))
    assert not vulnerabilities.answered(answer("jinja2"))
    assert not vulnerabilities.answered(answer("other", vulns=[FAULT]))
    assert "knows nothing against jinja2" in vulnerabilities.unanswered(answer("jinja2"))
    assert vulnerabilities.unanswered(answer("jinja2", skip_reason="not found")) == "not found"


@pytest.mark.parametrize(
    ("audit", "status", "says"),
    [
        (answer("a"), 0, "nothing is known against 1 packages"),
        (answer("a", vulns=[FAULT]), 1, "a 1: CVE-1; mended in 2"),
        (answer("a", vulns=[{"id": "CVE-1", "fix_versions": []}]), 1, "a 1: CVE-1; mended in no release yet"),
        (answer("a", skip_reason="not found"), 3, "a: not audited: not found"),
        ({"dependencies": []}, 3, "no package was audited"),
    ],
)
def test_what_was_not_looked_at_is_not_clean(audit: dict[str, Any], status: int, says: str) -> None:
    """A package that was skipped is told, and ends with 3."""
    assert vulnerabilities.judge(audit) == (status, [says])


@pytest.mark.parametrize(
    ("known", "lock", "status", "says"),
    [
        (answer("jinja2", vulns=[FAULT]), answer("a"), 0, "nothing is known against 1 packages"),
        (answer("jinja2", vulns=[FAULT]), answer("a", vulns=[FAULT]), 1, "a 1: CVE-1; mended in 2"),
        (answer("jinja2"), answer("a"), 3, "NOT AUDITED for vulnerabilities: the database cannot be reached"),
        (None, answer("a"), 3, "NOT AUDITED for vulnerabilities: the database cannot be reached: no route"),
    ],
)
def test_the_audit_says_plainly_what_it_could_not_ask(
    known: Any, lock: Any, status: int, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a stand-in for pip-audit that answers as it is told."""
    for name, said in (("bad.txt", known), ("requirements.lock", lock)):
        (tmp_path / name).write_text("" if said is None else json.dumps(said), encoding="utf-8")
    command = tmp_path / "pip-audit"
    command.write_text(f'#!/bin/sh\ncat "{tmp_path}/$(basename "$2")"\necho no route >&2\n', encoding="utf-8")
    command.chmod(0o755)
    assert vulnerabilities.main(command, tmp_path / "requirements.lock") == status
    shown = capsys.readouterr()
    assert says in (shown.out if status == 0 else shown.err)
