"""Examples of commands: what a docstring says under `Example:` stands at the end of `--help`, a line each."""

from __future__ import annotations

import inspect
from collections.abc import Iterable

from rich.markup import escape
from typer.models import CommandInfo

MARK = "Example: "


def parted(docstring: str) -> tuple[str, list[str]]:
    """The text of a docstring without its examples, and these."""
    lines = inspect.cleandoc(docstring).splitlines()
    text = "\n".join(line for line in lines if not line.startswith(MARK))
    return text.strip(), [line.removeprefix(MARK) for line in lines if line.startswith(MARK)]


def with_examples(commands: Iterable[CommandInfo]) -> None:
    """Give each command its help and its examples apart. Without this they would run on in one paragraph."""
    for command in commands:
        text, examples = parted((command.callback and command.callback.__doc__) or "")
        command.help = text
        command.epilog = "\n\n".join([f"Example{'s' * (len(examples) > 1)}:", *(f"  {escape(e)}" for e in examples)])
