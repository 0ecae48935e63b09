"""Sizes of modules, the public names, and the help of commands. Import rules are .ci/check's."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

import optimizer
from optimizer.cli import app

PACKAGE = Path(optimizer.__file__).parent
MOST = 400
"""Lines of a module; one that grows past it has a second subject."""

COMMANDS: dict[str, object] = dict(vars(get_command(app))["commands"])


def test_no_module_is_too_long() -> None:
    """A module over 400 lines is split."""
    lines = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in PACKAGE.rglob("*.py")}
    long = {file.relative_to(PACKAGE).as_posix(): count for file, count in lines.items() if count > MOST}
    assert not long, f"over {MOST} lines: {long}"


def test_the_public_names_are_sorted_and_there() -> None:
    """`__all__` names what a user may import, in order, and nothing that is not there."""
    assert list(optimizer.__all__) == sorted(optimizer.__all__)
    assert len(set(optimizer.__all__)) == len(optimizer.__all__)
    for name in optimizer.__all__:
        assert getattr(optimizer, name) is not None


def test_the_package_reads_no_module_before_a_name_is_asked_for() -> None:
    """A process that works for another begins in a fraction of a second; and who checks a plan needs no solver."""
    said = (
        "import sys, optimizer; from optimizer.workers import workers_of; before = set(sys.modules); optimizer.verify;"
        "print(sorted({'numpy', 'pandas', 'pyomo', 'scipy', 'highspy'} & before));"
        "print(sorted({'pyomo', 'scipy', 'highspy'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=False)
    assert run.stdout == "[]\n[]\n", run.stderr


def test_no_other_name_is_there() -> None:
    """What is no public name is an error, told as Python tells it."""
    with pytest.raises(AttributeError, match="module 'optimizer' has no attribute 'solved'"):
        vars(optimizer)["__getattr__"]("solved")
    assert set(optimizer.__all__) <= set(dir(optimizer))


def test_every_public_name_says_what_it_is() -> None:
    """Each has a docstring of its own."""
    for name in optimizer.__all__:
        assert (getattr(optimizer, name).__doc__ or "").strip(), name


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help_with_an_example(name: str) -> None:
    """`--help` says what a command does, and ends with a line to type."""
    words, end = (str(vars(COMMANDS[name])[part]) for part in ("help", "epilog"))
    assert words.split(".", maxsplit=1)[0]
    assert "Example" not in words
    assert re.match(rf"Examples?:\n\n  optimizer {name}( |$)", end)


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"schema"}))
def test_every_command_can_print_json(name: str) -> None:
    """What a person reads a program can; `schema` prints nothing else."""
    assert "--json" in {option for parameter in vars(COMMANDS[name])["params"] for option in parameter.opts}
