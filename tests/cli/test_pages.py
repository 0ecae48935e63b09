"""What the pages tell a reader to type works, and prints what they say."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from support.scripts import generator
from typer.main import get_command

from optimizer.cli import app

from .conftest import ROOT, Called, Solved, call

PAGES = (
    "README.md",
    "docs/walkthrough.md",
    "instances/README.md",
    "docs/generate.md",
    "docs/cluster.md",
    "docs/study.md",
    "docs/tutorial.md",
)


def fenced(page: str) -> list[str]:
    """The lines of the fenced blocks without a language."""
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"^```([a-z]*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [line for language, block in blocks if not language for line in block.splitlines()]


def commands() -> list[str]:
    """Every command of ours on the pages, set-up lines taken apart."""
    parts = [part.strip() for page in PAGES for line in fenced(page) for part in line.split("&&")]
    return list(dict.fromkeys(part for part in parts if re.match(r"(\.venv/bin/)?optimizer ", part)))


@pytest.mark.parametrize("line", commands())
def test_commands_on_the_pages_parse(line: str) -> None:
    """Every command shown is one that exists, with options that it has."""
    group = get_command(app)
    name, *words = shlex.split(line)[1:]
    found = group.commands[name]  # type: ignore[attr-defined]
    found.make_context(name, words)


def test_the_readme_has_exactly_two_set_up_commands() -> None:
    """Each is one line in a block of its own, and nothing else on the page installs anything."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```[a-z]*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    installing = [block for block in blocks if "install" in block]
    assert len(installing) == 2
    assert all(block.count("\n") == 1 for block in installing)
    assert text.count("pip install") == 2


def test_ci_finds_the_test_command_in_the_readme() -> None:
    """.ci/run takes it from under this heading."""
    heading = "### Run the tests"
    assert heading in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    _, _, rest = (ROOT / "README.md").read_text(encoding="utf-8").partition(f"\n{heading}\n")
    assert re.match(r"\s*```\n[^\n]*-m pytest\b[^\n]*\n```\n", rest)


OUTPUTS = [
    (page, command, lines, shown)
    for page in PAGES[:2]
    for command, lines, shown in generator().outputs((ROOT / page).read_text(encoding="utf-8"))
]


@pytest.fixture(scope="module")
def printed(solved: Solved) -> dict[str, Called]:
    """What the commands of the pages print, each run once."""
    return {"optimizer solve instances/starter": solved.called}


@pytest.mark.parametrize(("page", "command", "lines", "shown"), OUTPUTS, ids=[f"{o[0]}: {o[1]}" for o in OUTPUTS])
def test_outputs_on_the_pages_are_what_is_printed(
    printed: dict[str, Called], desk: Path, page: str, command: str, lines: str | None, shown: str
) -> None:
    """Every word on the page is printed; numbers may differ in the last digits and within the gap."""
    if command not in printed:
        printed[command] = call(*(word for word in shlex.split(command)[1:] if word != "2>&1"), folder=desk)
    called = printed[command]
    whole = called.out + (called.err if "2>&1" in command else "")
    words = set(re.findall(r"[A-Za-z_]{3,}", generator().wanted(whole, lines)))
    missing = {
        word
        for line in shown.splitlines()
        if not line.startswith("verified: ")
        for word in re.findall(r"[A-Za-z_]{3,}", line)
    } - words
    assert shown.strip(), f"{page} has no output of '{command}'; run: python docs/generate.py"
    assert not missing, (
        f"{page} shows {sorted(missing)}, which '{command}' does not print; run: python docs/generate.py"
    )
