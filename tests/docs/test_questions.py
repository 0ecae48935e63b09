"""Pages by question: every command on them runs and says what the page says that it does."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from optimizer.cli import app

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "questions"
FIRST = "README.md"
PAGES = sorted(page.name for page in FOLDER.glob("*.md") if page.name != FIRST)
BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXIT = re.compile(r"# exit (\d)")


def blocks(page: str) -> list[tuple[str, str]]:
    """(kind, text) of each block."""
    return BLOCK.findall((FOLDER / page).read_text(encoding="utf-8"))


def words(line: str) -> str:
    return " ".join(line.split())


def check(page: str) -> int:
    """Run the commands of a page in order; the number of lines that were held to what comes out."""
    said, lines = "", 0
    for kind, text in blocks(page):
        if kind == "text":
            for line in text.splitlines():
                assert words(line) in said, f"{page}: {line}"
                lines += 1
            continue
        code = 0
        said = ""
        for line in text.splitlines():
            if (found := EXIT.match(line)) is not None:
                code = int(found[1])
                continue
            done = CliRunner().invoke(app, arguments(line))
            assert done.exit_code == code, f"{line}\n{done.output}"
            said += words(done.output) + " "
    return lines


def arguments(line: str) -> list[str]:
    program, *rest = shlex.split(line)
    assert program == "optimizer"
    return rest


def test_every_page_is_in_the_list_and_shows_something() -> None:
    """No page is left out, and none is without a command and an excerpt."""
    listed = (FOLDER / FIRST).read_text(encoding="utf-8")
    assert len(PAGES) == 6
    for page in PAGES:
        assert f"({page})" in listed
        assert {kind for kind, _ in blocks(page)} == {"sh", "text"}
    for overlay in FOLDER.glob("*.yaml"):
        assert any(overlay.name in (FOLDER / page).read_text(encoding="utf-8") for page in PAGES)


@pytest.mark.slow
def test_pages_say_what_comes_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One page after the other, as one reads them: they share the plan of the first."""
    for name in ("instances", "docs"):
        (tmp_path / name).symlink_to(ROOT / name, target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    for page in (FIRST, *PAGES):
        assert check(page), page
