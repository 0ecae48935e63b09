"""Code blocks of the pages: Python compiles, and every command is one that exists, with options that it has."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

import optimizer
from optimizer.cli import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [
        ROOT / "README.md",
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "instances").rglob("*.md"),
        ROOT / "results" / "README.md",
    ]
)
BLOCK = re.compile(r"^ *```([a-z]*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
SHELL = ("", "sh", "bash", "console")
OURS = re.compile(r"(?:\$ )?(?:\.venv/bin/)?optimizer (.+)")
COMMANDS: dict[str, Any] = dict(vars(get_command(app))["commands"])


def blocks(*languages: str) -> list[tuple[str, str]]:
    """(page, text) of the blocks in these languages."""
    return [
        (page.relative_to(ROOT).as_posix(), text)
        for page in PAGES
        for language, text in BLOCK.findall(page.read_text(encoding="utf-8"))
        if language in languages
    ]


def called(text: str) -> list[str]:
    """What follows `optimizer` in the lines of a block: continued lines joined, joined commands apart."""
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    parts = [part.strip() for line in lines for part in re.split(r"\s&&\s", line)]
    return [match[1].partition(" > ")[0] for part in parts if (match := OURS.fullmatch(part))]


CALLED = [(page, line) for page, text in blocks(*SHELL) for line in called(text)]


def fault(line: str) -> str | None:
    """What is wrong with the words that follow `optimizer`; they are parsed, and nothing runs."""
    name, *words = shlex.split(line, comments=True)
    if name.startswith("-"):
        return None
    if name not in COMMANDS:
        return f"there is no command '{name}'"
    try:
        COMMANDS[name].make_context(name, words)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


def test_commands_on_every_page_are_ones_that_exist() -> None:
    """With options that they have, and values of their kind."""
    assert len(CALLED) > 100
    assert {line.split()[0] for _, line in CALLED} >= set(COMMANDS), "a command is on no page"
    assert {f"{page}: optimizer {line}: {said}" for page, line in CALLED if (said := fault(line))} == set()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("slove x", "slove"),
        ("solve x --gapp 1", "--gapp"),
        ("solve x --gap much", "valid number"),
        ("solve", "MissingParameter"),
    ],
)
def test_a_command_with_a_fault_is_seen(line: str, says: str) -> None:
    assert says in str(fault(line))


def test_python_on_the_pages_compiles_and_calls_what_there_is() -> None:
    """Names of the package that a block uses are there."""
    found = blocks("python")
    assert len(found) > 10
    for page, text in found:
        body = re.sub(r"^   ", "", text, flags=re.MULTILINE) if text.startswith("   ") else text
        compile(body, page, "exec")
        for name in re.findall(r"\boptimizer\.(\w+)\(", body):
            assert name in optimizer.__all__, f"{page}: optimizer.{name}"


def test_no_page_has_marks_of_a_merge() -> None:
    """Lines that git leaves where two changes meet; one page was published with them."""
    marks = re.compile(r"^(<{7} |={7}$|>{7} )", re.MULTILINE)
    assert [page.relative_to(ROOT).as_posix() for page in PAGES if marks.search(page.read_text(encoding="utf-8"))] == []
