"""What a terminal, a pipe and a shell get: colours only where they are wanted, and commands completed."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from optimizer.briefs.brief import headed
from optimizer.cli.output import out

from .conftest import ROOT, call

ASK = [sys.executable, "-m", "optimizer", "validate", "instances/minimal"]
UNSET = ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "CI")
PLAIN = {key: value for key, value in os.environ.items() if key not in UNSET} | {"TERM": "xterm-256color"}


def on_a_screen(**given: str) -> bytes:
    """What a person sees of a command, with the codes that colour it."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(ASK, cwd=ROOT, stdout=theirs, stderr=theirs, env={**PLAIN, **given}):
        os.close(theirs)
        seen = b""
        try:
            while part := os.read(ours, 4096):
                seen += part
        except OSError:  # the other end is closed
            pass
    os.close(ours)
    return seen


@pytest.mark.slow
def test_colours_are_for_screens_that_want_them() -> None:
    """Codes on a screen, and no colour among them where NO_COLOR is set."""
    assert b"\x1b[" in on_a_screen(TERM="xterm-256color")
    refused = on_a_screen(NO_COLOR="1")
    assert b"no faults" in refused
    assert b"\x1b[3" not in refused
    assert b"\x1b[9" not in refused


def test_what_is_no_screen_gets_words_alone() -> None:
    """Of results, messages and help."""
    for words in (ASK[3:], ["solve", "--help"], ["validate", "nowhere"]):
        called = call(*words, folder=ROOT)
        assert called.out + called.err
        assert "\x1b" not in called.out + called.err


def test_a_shell_completes_commands_and_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the script of a shell asks for is answered; the script itself is printed on demand."""
    # Which shell it is asked from is found by the parents of this process, which may have none.
    monkeypatch.setattr("shellingham.detect_shell", lambda *_: ("bash", "/bin/bash"))
    script = call("--show-completion", "bash", folder=tmp_path)
    assert "_OPTIMIZER_COMPLETE=complete_bash" in script.out
    monkeypatch.setenv("_OPTIMIZER_COMPLETE", "complete_bash")
    for typed, offered in (("optimizer sol", {"solve"}), ("optimizer new --fr", {"--from"})):
        monkeypatch.setenv("COMP_WORDS", typed)
        monkeypatch.setenv("COMP_CWORD", str(typed.count(" ")))
        assert set(call(folder=tmp_path).out.split()) == offered


def test_words_between_colons_are_no_pictures() -> None:
    """A sweep, or a funding of an option called factory, is printed as it is."""
    called = call("frontier", "instances/minimal", "--sweep", "discount_rate=a:b:3", folder=ROOT)
    assert called.code == 2
    assert "'a:b:3' are no numbers" in called.err
    with out.capture() as seen:
        table = headed("", "goes")
        table.add_row("plant:factory:2027")
        out.print(table)
        out.print("plant:factory:2027")
    assert seen.get().count("plant:factory:2027") == 2
