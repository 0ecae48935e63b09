"""The examples in the docstrings of what may be imported say what comes out."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

import optimizer

ROOT = Path(__file__).resolve().parents[2]
MUST = ("Instance.overlay", "Instance.replace", "Plan", "evaluate", "load", "solve", "study", "validate", "verify")
"""Names that have an example; others may."""

FOUND = {
    test.name: test
    for name in optimizer.__all__
    for test in doctest.DocTestFinder(exclude_empty=True).find(getattr(optimizer, name), name)
    if test.examples
}


def test_the_calls_that_do_most_of_the_work_have_an_example() -> None:
    """Which these are is said here."""
    assert set(MUST) <= set(FOUND)


@pytest.mark.parametrize("name", sorted(FOUND))
def test_an_example_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each by itself, in a folder with `docs` and `instances` in it, as after a clone."""
    for folder in ("docs", "instances"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    result = runner.run(FOUND[name], out=said.append, clear_globs=False)
    assert result.attempted
    assert not result.failed, "".join(said)
