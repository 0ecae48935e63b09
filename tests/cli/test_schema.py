"""optimizer schema: the JSON Schema, as an editor uses it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from optimizer.instance.yaml12 import read_yaml

from .conftest import STARTER, TINY, call


def plain(text: str) -> Any:
    """A YAML text as an editor sees it: keys are texts."""
    return json.loads(json.dumps(read_yaml(text, "instance.yaml").data))


@pytest.fixture(scope="module")
def validator(tmp_path_factory: pytest.TempPathFactory) -> Any:
    jsonschema = pytest.importorskip("jsonschema")
    schema = call("schema", folder=tmp_path_factory.mktemp("schema")).document
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_it_accepts_the_starter(validator: Any) -> None:
    """The starter, with sections in place and sections in tables."""
    found = list(validator.iter_errors(plain((STARTER / "instance.yaml").read_text(encoding="utf-8"))))
    assert not found, found[0].message


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("discount_rate:", "discont_rate:"),
        ("capex:", "capx:"),
        ("shortage_cost:", "shortage:"),
        ("outputs:", "output:"),
    ],
)
def test_it_refuses_a_misspelt_key(validator: Any, right: str, wrong: str) -> None:
    """A key that the format does not know is an error in the editor too."""
    assert list(validator.iter_errors(plain(TINY))) == []
    assert list(validator.iter_errors(plain(TINY.replace(right, wrong))))


def test_it_is_one_document(tmp_path: Path) -> None:
    """It prints the schema and nothing else."""
    called = call("schema", folder=tmp_path)
    assert called.code == 0
    assert called.err == ""
    assert called.document["properties"]["schema"]["const"] == 1
