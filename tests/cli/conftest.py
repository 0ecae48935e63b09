"""Calls the command line in this process, and solves the starter once."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from optimizer.cli import app

ROOT = Path(__file__).resolve().parents[2]
STARTER = ROOT / "instances" / "starter"
HEARING = "import signal, optimizer.cli as cli; signal.signal(signal.SIGINT, signal.default_int_handler); cli.main()"
"""The command line in a process of its own; where tests run in the background, those begin with Ctrl-C ignored."""

# One plant of 5 t a year, an option of 10 t from the year after it is funded, 10 t a year asked for in two years.
# Building: 100 for it, 5 t short in 2027 at 100, 15 t made at 10. Not building: 10 t short.
TINY = """
schema: 1
name: tiny
base_year: 2027
discount_rate: 0
periods: [2027, 2028]
domestic: [USA]
countries: {USA: domestic}
materials: {magnet: {stage: magnet}}
recipes: {make: {stage: magnet, outputs: {magnet: 1}, cost: 10}}
facilities:
  plant:
    stage: magnet
    country: USA
    recipes: [make]
    capacity: 5
    options: [{id: build, capacity: 10, capex: 100, lead: 1}]
channels: {mdap: {}}
markets: {programs: {channel: mdap, country: USA, demand: [{product: magnet, tonnes: 10, shortage_cost: 100}]}}
"""
TINY_COST = 100 + 5 * 100 + (5 + 10) * 10


@dataclass(frozen=True)
class Called:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output; anything before or after it is an error."""
        return json.loads(self.out)


def call(*words: object, folder: Path) -> Called:
    """Call a command in a folder."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            app([str(word) for word in words], prog_name="optimizer")
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
    return Called(code, out.getvalue(), err.getvalue())


@dataclass(frozen=True)
class Solved:
    """The starter, solved as the documentation does."""

    called: Called
    folder: Path

    @property
    def results(self) -> Path:
        """Its result folder."""
        return self.folder / "results" / "starter"


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the instances in it, as after a clone."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "instances").symlink_to(ROOT / "instances")
    return folder


@pytest.fixture(scope="session")
def solved(desk: Path) -> Solved:
    return Solved(call("solve", "instances/starter", folder=desk), desk)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    (tmp_path / "tiny.yaml").write_text(TINY, encoding="utf-8")
    return tmp_path
