"""Seed after seed until the time is up, for benchmarks that look for one that breaks something."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from optimizer.run import versions


def asked(doc: str | None, first: int) -> argparse.ArgumentParser:
    """What every such benchmark is asked."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("file", type=Path)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--first", type=int, default=first)
    return parser


def through(given: argparse.Namespace, tries: Callable[[int], dict[str, Callable[[], str]]]) -> dict[str, Any]:
    """Go through seeds.

    Args:
        given: from `asked`.
        tries: what is tried with a seed, by name; a try says what is wrong, or nothing.

    Returns:
        What was found: the seeds, and what broke with its seed and why.
    """
    began, processor, load = time.monotonic(), time.process_time(), os.getloadavg()
    broken: list[dict[str, object]] = []
    seed = given.first
    while time.monotonic() - began < 60 * given.minutes:
        for name, one in tries(seed).items():
            try:
                why = one()
            except Exception:
                why = traceback.format_exc()
            if why:
                broken.append({"what": name, "seed": seed, "why": why})
                sys.stderr.write(f"BROKEN {name} by seed {seed}: {why}\n")
        seed += 1
    return {
        "first": given.first,
        "seeds": seed - given.first,
        "broken": broken,
        "seconds": time.monotonic() - began,
        "processor_seconds": time.process_time() - processor,
        "load_at_begin": load,
    }


def ended(given: argparse.Namespace, found: dict[str, Any], **more: Any) -> int:
    """Write what was found, say it in a line, and give the exit code."""
    text = json.dumps(found | more | {"versions": versions()}, indent=1)
    given.file.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(f"{found['seeds']} seeds, {len(found['broken'])} broken\n")
    return 1 if found["broken"] else 0
