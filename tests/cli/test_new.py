"""`optimizer new`: an instance to begin with, and the tutorial that begins with it."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest
from support.scripts import generator

import optimizer
from optimizer.errors import OptionsError
from optimizer.templates import TEMPLATES, name_for

from .conftest import ROOT, call

TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```([a-z]*)\n(.*?)^```$", TUTORIAL, re.MULTILINE | re.DOTALL)
TYPED = [line for language, block in BLOCKS if not language for line in block.splitlines()]
ENDS = {"channel=trustd": 2, "annual=2e7": 1}
"""Commands of the tutorial that do not end with 0, by what is in them."""


@pytest.mark.parametrize("template", TEMPLATES)
def test_what_is_written_is_an_instance_without_faults_or_warnings_of_its_own(template: str, tmp_path: Path) -> None:
    """It has the name of its folder, all its tables, and the comments."""
    called = call("new", "cases/My-Chain 2", "--from", template, "--json", folder=tmp_path)
    assert called.code == 0, called.err
    folder = tmp_path / "cases" / "My-Chain 2"
    assert called.document["name"] == optimizer.load(folder).name == "my_chain_2"
    assert called.document["files"] == sorted(file.name for file in folder.iterdir())
    ours = (ROOT / "instances" / template / "instance.yaml").read_text(encoding="utf-8")
    written = (folder / "instance.yaml").read_text(encoding="utf-8")
    assert written != ours
    assert re.sub("name: .*", "", written) == re.sub("name: .*", "", ours)
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_the_minimal_one_warns_of_nothing_and_teaches_every_block() -> None:
    """A newcomer's first `validate` has notes alone; each top-level block has a comment above or behind it."""
    found = optimizer.validate(ROOT / "instances" / "minimal")
    assert found.instance is not None
    assert {finding.severity for finding in found.findings} == {"note"}
    lines = (ROOT / "instances" / "minimal" / "instance.yaml").read_text(encoding="utf-8").splitlines()
    blocks = [number for number, line in enumerate(lines) if re.match(r"[a-z_]+:$", line)]
    assert len(blocks) >= 9
    assert [lines[number] for number in blocks if not lines[number - 1].startswith("#")] == []


def test_what_is_printed_can_be_typed(tmp_path: Path) -> None:
    """Names with blanks are quoted."""
    called = call("new", "a b", folder=tmp_path)
    assert "written to a b" in called.err
    assert call(*shlex.split(called.out.splitlines()[1])[1:], folder=tmp_path).code == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("full",), "holds something"),
        (("file",), "is no folder"),
        (("link",), "is no folder"),
        ((".",), "the folder you are in"),
        (("file/inside",), "cannot be written"),
        (("new", "--from", "stater"), "minimal and starter"),
    ],
)
def test_what_is_there_is_left_alone(words: tuple[str, ...], says: str, tmp_path: Path) -> None:
    """Exit code 2, a reason, and nothing written, in part or whole."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    before = sorted(tmp_path.rglob("*"))
    called = call("new", *words, folder=tmp_path)
    assert (called.code, called.out) == (2, "")
    assert says in called.err
    assert sorted(tmp_path.rglob("*")) == before


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert optimizer.load(optimizer.new(tmp_path / "empty")).name == "empty"


def test_a_folder_without_letters_keeps_the_name_of_the_template(tmp_path: Path) -> None:
    """An id cannot be made of it."""
    assert name_for(tmp_path / "2027", "minimal") == "minimal"
    with pytest.raises(OptionsError, match="no template"):
        optimizer.new(tmp_path / "x", "none")


def test_the_wheel_takes_templates_and_benchmarks_along() -> None:
    """And where it puts them is where they are looked for."""
    hatch = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]
    included = hatch["build"]["targets"]["wheel"]["force-include"]
    assert included == {f"instances/{name}": f"optimizer/instances/{name}" for name in ("benchmarks", *TEMPLATES)}


@pytest.mark.slow
def test_the_tutorial_prints_what_it_shows(tmp_path: Path) -> None:
    """Every command in its order; numbers may differ in the last digits, words may not."""
    script = generator()
    script.write_files(TUTORIAL, tmp_path)
    printed = {}
    for line in [line for line in TYPED if line.startswith("optimizer ")]:
        called = call(*shlex.split(line)[1:], folder=tmp_path)
        assert called.code == next((code for words, code in ENDS.items() if words in line), 0), (line, called.err)
        printed[line] = called
    places = list(script.outputs(TUTORIAL))
    assert len(places) == 9
    for command, lines, shown in places:
        called = printed[command.removesuffix(" 2>&1")]
        whole = script.wanted(called.out + (called.err if "2>&1" in command else ""), lines)
        words = set(re.findall(r"[A-Za-z_]{3,}", whole))
        assert shown
        assert set(re.findall(r"[A-Za-z_]{3,}", shown)) - words == set(), command
    assert not (tmp_path / "results" / "strict").exists()
    assert (tmp_path / "my_chain.html").is_file()


@pytest.mark.parametrize("name", ["null", "true", "0x1f", "1e5"])
def test_a_folder_whose_name_is_no_word_in_yaml(name: str, tmp_path: Path) -> None:
    """The instance keeps the template's name, and reads."""
    assert optimizer.load(optimizer.new(tmp_path / name)).name == "minimal"
