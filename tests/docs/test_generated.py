"""The generated pages are fresh, and the formulation is whole."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path
from types import ModuleType

import pytest
from pyomo.environ import Var
from support.scripts import generator

import optimizer
import optimizer.model
from optimizer.model import assemble, declare, formulation
from optimizer.network.derive import tables_of
from optimizer.network.network import network_of
from optimizer.network.tables import TRUNK

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("page", ["docs/formulation.md", "docs/instance.md", "docs/maths-to-code.md"])
def test_generated_pages_are_fresh(page: str) -> None:
    """A page that comes from the code says what the code says."""
    file = ROOT / page
    same = file.read_text(encoding="utf-8") == generator().pages()[file]
    assert same, f"{page} is stale; run: python docs/generate.py"


def test_labels_are_unique() -> None:
    """A label belongs to one constraint."""
    labels = [equation.label for family in formulation.families() for equation in formulation.equations(family)]
    assert len(labels) == len(set(labels))


def test_two_constraints_with_one_label_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page is not written where a label is taken twice, and says which."""
    once = formulation.equations
    monkeypatch.setattr(formulation, "equations", lambda family: once(family) * 2)
    with pytest.raises(ValueError, match="F1"):
        formulation.page()


def test_a_docstring_without_a_sentence_is_refused() -> None:
    """Label, formula, sentence: a constraint without one of them says how it should read."""

    def bare() -> None:
        r"""Q1. $x \le 1$."""

    def unlabelled() -> None:
        """No label."""

    family = ModuleType("family")
    for function in (bare, unlabelled):
        function.__module__ = "family"
        setattr(family, function.__name__, function)
    with pytest.raises(ValueError, match=r"bare: .*C1"):
        formulation.equations(family)


def test_every_module_with_constraints_is_a_family() -> None:
    """A family that assemble does not list would be in no model."""
    modules = [
        importlib.import_module(f"optimizer.model.{item.name}")
        for item in pkgutil.iter_modules(optimizer.model.__path__)
    ]
    found = {
        m.__name__ for m in modules if any(declare.LABEL.match((f.__doc__ or "").strip()) for f in vars(m).values())
    }
    assert {module.__name__ for module in formulation.families()} == found


def test_every_constraint_has_a_check() -> None:
    """Each label is in the table with a name that the checker knows, and the table names no label that is gone."""
    labels = {equation.label for family in formulation.families() for equation in formulation.equations(family)}
    assert set(generator().CHECKED) == labels
    assert generator().checked_table().count("\n") == len(labels) + 2


def test_the_page_lists_the_variables_that_models_have() -> None:
    """What is read from the source is what is declared, with as many index letters as indices."""
    network = network_of(optimizer.load(ROOT / "instances" / "starter"))
    blocks = [assemble.investment(network)[0], assemble.measure(network)[0]]
    blocks += [assemble.operations(tables_of(network, course))[0] for course in (TRUNK, *network.windows)]
    listed = {variable.name for family in formulation.families() for variable in formulation.variables(family)}
    declared = {name: var for block in blocks for name, var in vars(block).items() if isinstance(var, Var)}
    assert set(declared) - {"nothing"} <= listed
    assert listed == set(formulation.INDICES)
    for name, var in declared.items():
        index = next(iter(var), None)
        letters = formulation.INDICES.get(name, "")
        if index is not None and letters:
            assert len(letters.split(", ")) == (len(index) if isinstance(index, tuple) else 1), name


def test_links_between_pages_lead_somewhere() -> None:
    """A link to a file of the project names one that is there, and a label of the formulation that is on it."""
    pages = [
        ROOT / "README.md",
        ROOT / "CHANGELOG.md",
        ROOT / "instances" / "README.md",
        *(ROOT / "docs").rglob("*.md"),
    ]
    formulas = (ROOT / "docs" / "formulation.md").read_text(encoding="utf-8")
    for page in pages:
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
            if re.match(r"[a-z]+:", target):
                continue
            file, _, anchor = target.partition("#")
            assert not file or (page.parent / file).exists(), f"{page.relative_to(ROOT)} links to {target}"
            if file.endswith("formulation.md") and anchor:
                assert f'id="{anchor}"' in formulas, f"{page.relative_to(ROOT)} links to {target}"


def test_every_decision_is_in_the_index() -> None:
    """A decision page has a number of its own, a status, and a line in the index."""
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    pages = sorted(folder.glob("0*.md"))
    assert [page.name[:4] for page in pages] == [f"{number:04}" for number in range(1, len(pages) + 1)]
    for page in pages:
        assert page.name in index
        assert "*Status: " in page.read_text(encoding="utf-8")
