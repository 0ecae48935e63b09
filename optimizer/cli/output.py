"""Where words go: messages to standard error, results to standard output; and what errors look like."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import pandas as pd
import typer
from rich.console import Console

from optimizer.briefs.brief import Brief
from optimizer.errors import Fault, FuturesError, InstanceError, OptimizerError, OptionsError, PlanError
from optimizer.folders import as_text
from optimizer.instance.marks import MARKINGS, SEEN, banner_of

P = ParamSpec("P")
R = TypeVar("R")

DONE, FAILED, BAD_INPUT, STOPPED = 0, 1, 2, 3
EXITS = {"optimal": DONE, "feasible": DONE, "infeasible": FAILED, "no_plan": STOPPED}
"""Exit codes by the status of a plan."""

PLAIN_WIDTH = 160
"""Columns of a line where output goes to a file or a pipe."""


class Screen(Console):
    """Standard output. How what a command has read is marked comes before all that it prints."""

    headed = False
    """Whether the command that runs has said so."""

    def print(self, *objects: Any, **how: Any) -> None:
        """Print, after the banner where there is one."""
        if not self.headed and SEEN.get():
            self.headed = True
            _head(self)
        super().print(*objects, **how)


out = Screen(highlight=False, emoji=False, soft_wrap=True, width=None if sys.stdout.isatty() else PLAIN_WIDTH)
err = Console(
    stderr=True,
    highlight=False,
    emoji=False,
    soft_wrap=True,
    width=None if sys.stderr.isatty() else PLAIN_WIDTH,
)


def _head(console: Console) -> None:
    """Print the banner of what the command has read."""
    if banner := banner_of(SEEN.get() or {}):
        console.print(banner, style="bold", markup=False)


def print_json(document: Any) -> None:
    """Print one JSON document to standard output; it says how what the command has read is marked."""
    if (seen := SEEN.get()) and isinstance(document, dict):
        document = {MARKINGS: seen} | document
    sys.stdout.write(as_text(json.dumps(document, indent=2, ensure_ascii=False, default=str)) + "\n")


def show(say: Callable[[Brief, R], None], found: R, console: Console = out) -> None:
    """Print what a result says, to standard output unless told otherwise."""
    brief = Brief()
    say(brief, found)
    if console is not out:
        _head(console)
    brief.print_to(console)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """A table as plain data, row by row; what is missing is None."""
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [{str(column): value for column, value in row.items()} for row in rows]


def written_to(folder: Path | str) -> None:
    """Say where a result was written."""
    err.print(f"written to {folder}", markup=False)


def end(code: int) -> None:
    """End the command with an exit code; what is done just returns."""
    if code:
        raise typer.Exit(code)


def fault_dict(fault: Fault) -> dict[str, Any]:
    """A fault as plain data."""
    return {
        "file": fault.where.file,
        "line": fault.where.line or None,
        "key": fault.key,
        "wrong": fault.wrong,
        "right": fault.right,
    } | ({"cell": fault.where.cell} if fault.where.cell else {})


def print_faults(source: str, faults: Iterable[Fault]) -> None:
    """Print every fault to standard error."""
    listed = list(faults)
    _head(err)
    count = "1 fault" if len(listed) == 1 else f"{len(listed)} faults"
    err.print(f"{count} in {source}", style="bold red", markup=False)
    for fault in listed:
        err.print(f"  {fault}", markup=False)


def cannot(error: OSError) -> str:
    """What the system would not do: no space, no permission, no such folder."""
    files = " -> ".join(str(file) for file in (error.filename, error.filename2) if file is not None)
    why = error.strerror or str(error)
    return f"{files}: {why}" if files else f"a file could not be read or written: {why}"


def guarded(command: Callable[P, R]) -> Callable[P, R]:
    """Turn the package's errors into messages and exit codes."""

    @functools.wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        token, out.headed = SEEN.set({}), False
        try:
            return command(*args, **kwargs)
        except InstanceError as error:
            if kwargs.get("as_json"):
                print_json({"status": "bad_input", "faults": [fault_dict(fault) for fault in error.faults]})
            print_faults(error.source, error.faults)
            raise typer.Exit(BAD_INPUT) from error
        except (FuturesError, OptionsError, PlanError) as error:
            if kwargs.get("as_json"):
                print_json({"status": "bad_input", "error": str(error)})
            err.print(str(error), style="red", markup=False)
            raise typer.Exit(BAD_INPUT) from error
        except OptimizerError as error:
            if kwargs.get("as_json"):
                print_json({"status": "failed", "error": str(error)})
            err.print(str(error), style="red", markup=False)
            raise typer.Exit(FAILED) from error
        except BrokenPipeError:  # the reader of the output has gone, as after `| head`
            raise
        except OSError as error:
            told = cannot(error)
            if kwargs.get("as_json"):
                print_json({"status": "failed", "error": told})
            err.print(told, style="red", markup=False)
            raise typer.Exit(BAD_INPUT) from error
        except KeyboardInterrupt:
            err.print("interrupted; nothing was written", style="red")
            raise typer.Exit(STOPPED) from None
        finally:
            SEEN.reset(token)

    return wrapper
