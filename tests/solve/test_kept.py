"""Blocks kept from run to run are those that are built, to the last bit; what is stale or damaged is not taken."""

from __future__ import annotations

import errno
import os
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.build import network_from
from support.cases import Case, cases_in, contract, name_of
from support.generate import generate
from support.params import some_fast

import optimizer
from optimizer.errors import OptionsError
from optimizer.instance.instance import Instance
from optimizer.network.network import network_of
from optimizer.network.tables import Network
from optimizer.solver import kept as kept_module
from optimizer.solver.compile import Block
from optimizer.solver.extensive import compile_all, problem_of
from optimizer.solver.kept import VARIABLE, Kept
from solve.test_written import assert_equal

OWN = cases_in(Path(__file__).parent / "cases")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which blocks are kept."""
    found = tmp_path / "blocks"
    monkeypatch.setenv(VARIABLE, str(found))
    return found


def built(network: Network) -> dict[str, Block]:
    """The blocks, built."""
    held = os.environ.pop(VARIABLE)
    try:
        return compile_all(network)[0]
    finally:
        os.environ[VARIABLE] = held


def shared(blocks: dict[str, Block], what: str) -> list[int]:
    """Of each block the number of the first that has the same object."""
    found = [id(getattr(block, what)) for block in blocks.values()]
    return [found.index(one) for one in found]


def assert_kept(network: Network, folder: Path) -> None:
    """What is read is what was built, shares what was shared, and joins to the same problem."""
    kept = Kept(folder)
    compile_all(network, kept=kept)
    assert kept.said == "built, and kept for the next run"
    mine = built(network)
    its, _ = compile_all(network, kept=kept)
    assert kept.said == f"kept as {next(folder.glob('*.blocks.npz')).name}"
    assert list(mine) == list(its)
    for name, block in mine.items():
        assert_equal(block, its[name])
        assert block.matrix.indices.dtype == its[name].matrix.indices.dtype
    for what in ("columns", "rows", "owners"):
        assert shared(mine, what) == shared(its, what), what
    one, other = (problem_of(network, blocks, {}) for blocks in (mine, its))
    assert one.matrix.data.tobytes() == other.matrix.data.tobytes()
    assert one.objective.tobytes() == other.objective.tobytes()


@pytest.mark.parametrize("case", some_fast([*OWN, *cases_in(contract())], 4), ids=name_of)
def test_what_is_kept_of_a_small_instance_is_what_is_built(case: Case, folder: Path) -> None:
    network = network_of(optimizer.load(case.folder))
    mine = built(network)
    kept = Kept(folder)
    compile_all(network, kept=kept)
    its, _ = compile_all(network, kept=kept)
    assert kept.said.startswith("kept as "), kept.said
    for name, block in mine.items():
        assert_equal(block, its[name])


@pytest.mark.parametrize("seed", range(4))
def test_what_is_kept_of_a_generated_instance_is_what_is_built(seed: int, folder: Path) -> None:
    assert_kept(network_from(generate(seed)), folder)


def _synthetic(tmp_path: Path, *, futures: int = 20) -> Instance:
    """An instance whose branches share moulds."""
    optimizer.generate(facilities=20, periods=3, futures=futures, seed=3).save(tmp_path / "synthetic")
    return optimizer.load(tmp_path / "synthetic")


def test_blocks_of_moulds_are_kept_as_differences(tmp_path: Path, folder: Path) -> None:
    network = network_of(_synthetic(tmp_path, futures=60))
    assert_kept(network, folder)
    blocks = built(network)
    shared = [
        block for block in blocks.values() if sum(block.columns is other.columns for other in blocks.values()) > 1
    ]
    assert len(shared) > 20, "the instance has no moulds, and tells nothing of differences"
    whole = sum(block.matrix.data.nbytes + block.lower.nbytes + block.upper.nbytes for block in blocks.values())
    assert next(folder.glob("*.npz")).stat().st_size < whole / 2


@pytest.mark.slow
def test_what_is_kept_of_the_reference_instance_is_what_is_built(folder: Path) -> None:
    assert_kept(network_of(optimizer.load(Path(__file__).parents[2] / "instances" / "us_allied_2026")), folder)


@pytest.mark.slow
def test_a_plan_from_kept_blocks_is_the_same(tmp_path: Path, folder: Path) -> None:
    instance = _synthetic(tmp_path, futures=6)
    first, second = (optimizer.solve(instance, gap=1e-4, threads=1) for _ in range(2))
    assert first.info["blocks"] == "built, and kept for the next run"
    assert second.info["blocks"] == f"kept as {next(folder.iterdir()).name}"
    assert second.info["verdict"]["ok"]
    for name, table in first.tables.items():
        assert table.equals(second.tables[name]), name
    assert (first.objective, first.bound) == (second.objective, second.bound)


def test_unless_asked_nothing_is_kept_or_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    instance = _synthetic(tmp_path, futures=2)
    before = set(tmp_path.rglob("*"))
    assert "blocks" not in optimizer.solve(instance, gap=1e-2).info
    assert set(tmp_path.rglob("*")) == before
    assert Kept.by_environment() is None


def test_another_number_or_another_program_has_other_blocks(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = _synthetic(tmp_path, futures=3)
    compile_all(network_of(instance))
    other = optimizer.load(tmp_path / "synthetic", ["discount_rate=0.0625"])
    kept = Kept(folder)
    assert kept.read(instance) is not None
    assert kept.read(other) is None
    monkeypatch.setattr(kept_module, "program", lambda: "another")
    assert kept.read(instance) is None


def test_the_program_is_its_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "optimizer"
    shutil.copytree(kept_module.SOURCE, package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(kept_module, "SOURCE", package)
    same = kept_module.program.__wrapped__()
    assert same == kept_module.program()
    family = package / "model" / "balance.py"
    family.write_text(family.read_text(encoding="utf-8").replace("==", "<=", 1), encoding="utf-8")
    assert kept_module.program.__wrapped__() != same


def test_what_is_damaged_is_built_anew(tmp_path: Path, folder: Path) -> None:
    network = network_of(_synthetic(tmp_path, futures=4))
    compile_all(network)
    mine = built(network)
    file = next(folder.iterdir())
    whole = file.read_bytes()
    generator = np.random.default_rng(1)
    damaged = [whole[: int(at)] for at in np.linspace(0, len(whole) - 1, 12)]
    spots = generator.integers(0, len(whole), 60)
    damaged += [whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1 :] for at in spots]
    refused = 0
    for content in damaged:
        file.write_bytes(content)
        kept = Kept(folder)
        its = kept.read(network.instance)
        refused += its is None
        for name, block in mine.items() if its is not None else ():
            assert_equal(block, its[name])  # type: ignore[index]
    assert refused > len(damaged) / 2, "hardly any damage was noticed"
    file.write_bytes(whole[:1000])
    its, _ = compile_all(network)
    assert_equal(mine["trunk"], its["trunk"])
    assert file.read_bytes()[:2] == b"PK"
    assert file.stat().st_size > 1000, "what was damaged is written anew"


@pytest.mark.parametrize("left_out", ["f", "about"])
def test_a_file_that_lacks_something_is_not_taken(left_out: str, tmp_path: Path, folder: Path) -> None:
    instance = _synthetic(tmp_path, futures=2)
    compile_all(network_of(instance))
    file = next(folder.iterdir())
    with np.load(file) as arrays:
        held = {name: array for name, array in arrays.items() if name != left_out}
    np.savez(file, **held)
    assert Kept(folder).read(instance) is None


def test_what_can_be_run_is_not_read(tmp_path: Path, folder: Path) -> None:
    instance = _synthetic(tmp_path, futures=2)
    compile_all(network_of(instance))
    file = next(folder.iterdir())
    ran = tmp_path / "ran"

    class Runs:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(ran),)

    with np.load(file) as arrays:
        held: dict[str, Any] = dict(arrays.items())
    held["f"] = np.array([Runs()], dtype=object)
    np.savez(file, **held)
    assert Kept(folder).read(instance) is None
    assert not ran.exists()


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file", encoding="utf-8")
    monkeypatch.setenv(VARIABLE, str(taken / "in"))
    with pytest.raises(OptionsError, match=f"^{VARIABLE} is '{taken}/in', where nothing can be kept"):
        optimizer.solve(_synthetic(tmp_path, futures=2))


def test_a_disk_that_is_full_costs_no_plan(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("optimizer.solver.kept.np.savez", full)
    plan = optimizer.solve(_synthetic(tmp_path, futures=2), gap=1e-2)
    assert plan.info["verdict"]["ok"]
    assert plan.info["blocks"] == "built, and not kept: No space left on device"
    assert list(folder.iterdir()) == [], "half a file is left"


def test_what_was_used_longest_ago_goes_first(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    optimizer.generate(facilities=20, periods=3, futures=2, seed=3).save(tmp_path / "s")
    instances = [optimizer.load(tmp_path / "s", [f"discount_rate={rate}"]) for rate in (0.01, 0.02, 0.03)]
    kept = Kept(folder)
    compile_all(network_of(instances[0]))
    size = next(folder.iterdir()).stat().st_size
    (folder / "notes.txt").write_text("a planner's own", encoding="utf-8")
    monkeypatch.setattr(kept_module, "LARGEST", int(2.5 * size))
    compile_all(network_of(instances[1]))
    for age, path in enumerate(sorted(folder.glob("*.npz"), key=lambda each: each.stat().st_mtime_ns)):
        os.utime(path, (1_000_000 + age, 1_000_000 + age))
    assert kept.read(instances[0]) is not None, "used last"
    compile_all(network_of(instances[2]))
    assert [kept.read(instance) is not None for instance in instances] == [True, False, True]
    assert (folder / "notes.txt").exists()
    monkeypatch.setattr(kept_module, "LARGEST", 10)
    kept.write(instances[1], built(network_of(instances[1])))
    assert kept.said.startswith("built, and not kept: 0.0 GB are more than")


def test_the_file_is_an_archive_of_plain_arrays(tmp_path: Path, folder: Path) -> None:
    compile_all(network_of(_synthetic(tmp_path, futures=2)))
    with zipfile.ZipFile(next(folder.iterdir())) as archive:
        assert sorted(archive.namelist()) == ["about.npy", "b.npy", "f.npy", "i.npy"]
