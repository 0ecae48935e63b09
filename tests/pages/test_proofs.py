"""What a report and a workbook say of a plan's bound: what is proved, gone through as the page is made, and no more."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import optimizer
from optimizer.briefs.words import rough_share
from optimizer.pages.html import html_of
from optimizer.pages.kinds import kind_of
from optimizer.pages.page import SENTENCES
from optimizer.pages.proofs import FILE, with_proofs
from optimizer.pages.study import PAGES
from optimizer.proof import tree
from optimizer.proof.prove import Proof

from .conftest import Element, Made, read

openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is not installed")


@pytest.fixture(scope="module")
def proof(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Proof:
    """The small plan as if it cost a thousandth more, with a proof that ends a little below what its solver claims."""
    folder = tmp_path_factory.mktemp("proved") / "plan"
    shutil.copytree(made["plan"], folder)
    info = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    info["objective"] *= 1.001
    info |= {"gap": 0.000999, "gap_usd": info["objective"] - info["bound"]}
    (folder / "plan.json").write_text(json.dumps(info), encoding="utf-8")
    return optimizer.prove(folder, gap=1e-2)


def changed(proof: Proof, folder: Path) -> Path:
    """The plan once more."""
    shutil.copytree(proof.file.parent, folder / "again")
    return folder / "again"


def page_of(folder: Path, target: Path) -> Element:
    [page] = read(optimizer.report(folder, target / "one.html")).all("section", class_="page")
    return page


def cover_of(folder: Path, target: Path) -> dict[str, Any]:
    book = openpyxl.load_workbook(optimizer.workbook(folder, target / "one.xlsx"))
    return {str(name): value for name, value, *_ in book["cover"].iter_rows(max_col=2, values_only=True) if name}


def test_going_through_it_is_told_leaf_by_leaf(proof: Proof, made: Made, tmp_path: Path) -> None:
    """Only where there is one: a report of other folders takes no time that need be told."""
    told: list[tuple[str, int, int]] = []
    folder = proof.file.parent
    optimizer.report([made["verdicts"], folder], tmp_path / "told.html", tell=lambda *what: told.append(what))
    leaves = [(done, of) for what, done, of in told if what == f"proof beside {folder}"]
    assert leaves == [(done, proof.leaves) for done in range(1, proof.leaves + 1)]
    assert [what for what in told if what[0] == PAGES] == [(PAGES, 0, 2), (PAGES, 1, 2)]


def test_the_file_is_the_one_that_is_written(proof: Proof) -> None:
    """The page looks for it by name, without reading what proves."""
    assert proof.file.name == FILE == tree.FILE


def test_what_is_proved_stands_beside_what_the_solver_says(proof: Proof, tmp_path: Path) -> None:
    """In the answer, in full, in the table of where it comes from, and on the workbook's cover."""
    assert proof.bound_usd is not None
    assert proof.gap is not None
    page = page_of(proof.file.parent, tmp_path)
    assert not page.all("p", class_="alert")
    sentences = [one.words for one in page.all("div", class_="answer")[0].all("p")]
    assert len(sentences) <= SENTENCES
    [said] = [text for text in sentences if "The independent check says" in text]
    assert "no plan costs less by more than" in said.split("Proved without a solver")[0]
    assert f"{rough_share(proof.gap)}; what is closer is the solver's word." in said.split("Proved without a solver")[1]
    full = page.words
    assert f"no plan costs less than {proof.bound_usd / 1e6:,.1f} M USD" in full
    leaves = "1 leaf of 0 splits" if proof.leaves == 1 else f"{proof.leaves} leaves of {proof.splits} split"
    assert leaves in full
    assert "the solver's own bound is" in full
    assert f"{FILE}, gone through when this page was made" in page.all("dl")[0].words
    cover = cover_of(proof.file.parent, tmp_path)
    assert cover["proved without a solver: no plan costs less than, M USD"] == pytest.approx(proof.bound_usd / 1e6)
    assert cover["gap that is proved"] == pytest.approx(proof.gap)
    assert "gone through when this page was made" in cover["bound"]


def test_without_a_proof_the_bound_is_said_to_be_the_solvers(made: Made, tmp_path: Path) -> None:
    """Nothing is claimed, and how to have one is told."""
    page = page_of(made["plan"], tmp_path)
    assert "Proved" not in page.words
    assert "as the solver says; no proof without it is here (optimizer prove" in page.all("dl")[0].words
    cover = cover_of(made["plan"], tmp_path)
    assert not any("proved" in name for name in cover)


def broken(folder: Path, _: tree.Tree) -> None:
    file = folder / FILE
    file.write_bytes(file.read_bytes()[:200])


def of_another(folder: Path, found: tree.Tree) -> None:
    replace(found, instance_sha256="0" * 64).write(folder / FILE)


def without_leaves(folder: Path, found: tree.Tree) -> None:
    replace(found, leaves={}).write(folder / FILE)


def too_cheap(folder: Path, _: tree.Tree) -> None:
    info = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    info["objective"] *= 0.5
    (folder / "plan.json").write_text(json.dumps(info), encoding="utf-8")


def of_nothing(folder: Path, found: tree.Tree) -> None:
    leaves = {}
    for node, leaf in found.leaves.items():
        leaves[node] = tree.Leaf(np.arange(found.rows), np.full(found.rows, 1e12), leaf.of_splits)
    replace(found, leaves=leaves).write(folder / FILE)


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (broken, "not a proof, or a broken one"),
        (of_another, "of another instance than the plan beside it"),
        (without_leaves, "proves nothing: nothing is known at"),
        (of_nothing, "nothing is proved of the bound"),
        (too_cheap, "no plan costs less than"),
    ],
)
def test_a_proof_that_does_not_hold_is_an_alert(
    proof: Proof, tmp_path: Path, harm: Callable[[Path, tree.Tree], None], why: str
) -> None:
    """It says why above the answer, and nothing on the page or the cover claims that anything is proved."""
    folder = changed(proof, tmp_path)
    harm(folder, tree.Tree.read(proof.file))
    page = page_of(folder, tmp_path)
    [alert] = [one.words for one in page.all("p", class_="alert") if "proof" in one.words.lower()]
    assert why in alert
    assert "Proved without a solver" not in page.words
    assert "proved without a solver" not in page.words
    assert f"{FILE} does not hold" in page.all("dl")[0].words
    cover = cover_of(folder, tmp_path)
    assert not any("proved" in name for name in cover)
    assert why in cover["Note"]


@pytest.mark.slow
def test_plans_side_by_side_say_whose_gap_is_proved(proof: Proof, made: Made, tmp_path: Path) -> None:
    """A column, where one of them has a proof; else there is none."""
    both = read(optimizer.report([proof.file.parent, made["changed"]], tmp_path / "both.html"))
    tables = both.all("section", class_="page")[0].all("table")
    [table] = [one for one in tables if one.all("caption")[0].words == "The plans"]
    heads = [one.words for one in table.all("thead")[0].all("th")]
    place = next(n for n, head in enumerate(heads) if head.startswith("gap, proved"))
    cells = [row.inside[place].words for row in table.all("tbody")[0].all("tr")]
    assert any(digit in cells[0] for digit in "0123456789")
    assert cells[1] == "-"
    neither = read(optimizer.report([made["plan"], made["changed"]], tmp_path / "neither.html"))
    assert not any("proved" in one.words for one in neither.all("section", class_="page")[0].all("th"))


def test_hostile_words_of_a_folder_stay_words(proof: Proof, tmp_path: Path) -> None:
    """The name of a folder is in what is said of a proof that does not hold."""
    folder = changed(proof, tmp_path).rename(tmp_path / "<b>plan & co")
    broken(folder, tree.Tree.read(proof.file))
    text = html_of(with_proofs([kind_of(folder).page(folder)]))
    assert "<b>plan" not in text
    assert "&lt;b&gt;plan &amp; co" in text
