"""Two rivals that could serve one market, an overlay, and portfolios of them, as files."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from support.build import Data, one_market, text_of

BUILD = {"id": "build", "capacity": 100, "lead": 0, "earliest": 2027, "latest": 2027}
ALPHA = "facilities.alpha.options.build.capex"

# Alpha and beta could each make all 100 t a year at 10 USD, for 1,000 and 1,100 USD. A tonne short costs 1,000.
COST = 1000 + 2 * 100 * 10


def rivals() -> Data:
    """The instance as data."""
    facilities = {
        name: {"stage": "magnet", "country": "USA", "recipes": ["make"], "capacity": 0,
               "options": [BUILD | {"capex": capex}]}
        for name, capex in (("alpha", 1000), ("beta", 1100))
    }  # fmt: skip
    return one_market("rivals", facilities, tonnes=100, shortage_cost=1000)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with the instance and what studies of it name."""
    (tmp_path / "rivals.yaml").write_text(text_of(rivals()), encoding="utf-8")
    more = "extends: rivals.yaml\nname: more\nmarkets: {programs: {demand: [{product: magnet, tonnes: 120}]}}\n"
    (tmp_path / "more.yaml").write_text(more, encoding="utf-8")
    rule = "extends: rivals.yaml\nname: no_alpha\nadd: {policy: {rules: [{rule: forbid, facility: alpha}]}}\n"
    (tmp_path / "no_alpha.yaml").write_text(rule, encoding="utf-8")
    (tmp_path / "beta.csv").write_text("facility,option,year\nbeta,build,2027\n", encoding="utf-8")
    return tmp_path


def design(**parts: Any) -> dict[str, Any]:
    """A study of the two rivals as data; `list_` and `set_` stand for `list` and `set`."""
    named = {key.rstrip("_"): copy.deepcopy(value) for key, value in parts.items()}
    return {"study": "turning", "options": {"gap": 1e-9}} | named


def write(folder: Path, **parts: Any) -> Path:
    """A study of the two rivals as a file."""
    file = folder / "turning.yaml"
    file.write_text(text_of({"instance": "rivals.yaml"} | design(**parts)), encoding="utf-8")
    return file
