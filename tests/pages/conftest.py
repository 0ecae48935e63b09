"""A result of every kind that has a page, as it is in memory and in its folder; and a reader of HTML."""

from __future__ import annotations

import contextlib
import json
import shutil
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import optimizer
from optimizer.plan.plan import Plan
from optimizer.solver.options import Options

ROOT = Path(__file__).resolve().parents[2]
EXACT = Options(gap=0.0, gap_usd=None, threads=1)
NAME = '"><script>alert(1)</script> $x_1$ & {{ 7 * 7 }}'


@dataclass(frozen=True)
class Made:
    """Results by kind, in memory, and where each was written."""

    folder: Path
    found: dict[str, Any]

    def __getitem__(self, kind: str) -> Path:
        return self.folder / kind

    @property
    def all(self) -> list[Path]:
        """Every folder."""
        return [self.folder / kind for kind in self.found]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """One small instance, and all that is asked of it."""
    with contextlib.chdir(tmp_path_factory.mktemp("pages")):
        return Made(Path.cwd(), _results())


@pytest.fixture(scope="session")
def placed(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The small plan, with places and a hostile name; home has its place twice over with abroad."""
    folder = tmp_path_factory.mktemp("placed") / "plan"
    shutil.copytree(made["plan"], folder)
    file = folder / "instance" / "instance.yaml"
    text = file.read_text(encoding="utf-8")
    for name, words in (("home", f"    name: {json.dumps(NAME)}\n    location: [40.0, -100.0]\n"), ("abroad", "")):
        text = text.replace(f"  {name}:\n", f"  {name}:\n{words}", 1)
    file.write_text(text, encoding="utf-8")
    return Plan.read(folder)


def _results() -> dict[str, Any]:
    instance = optimizer.load(ROOT / "docs" / "examples" / "two_plants.yaml")
    plan = optimizer.solve(instance, gap=0)
    plan.save("plan")
    changed = instance.replace({"facilities.home.options.build.capex": 9e7})
    optimizer.solve(changed, gap=0).save("changed")
    rolled = optimizer.roll("plan", changed, year=2027, change_usd=1e6, bracket=True, each=True)
    rolled.save("roll")
    hard = instance.replace({"policy.budget.annual": 1.0, "markets.programs.demand.0.shortage_cost": None})
    alone: dict[str, Any] = {"workers": 1}
    key = "facilities.home.options.build.capex"
    found: dict[str, Any] = {"plan": plan, "roll": rolled.plan}
    found["shortfall"] = optimizer.shortfall("plan", folder="shortfall", **alone)
    found["viability"] = optimizer.viability(
        "plan", hurdle_rate=0.08, crashes=["all=0.1:2028:1"], floors={"magnet": "reference"}, folder="viability"
    )
    found["measures"] = optimizer.measures("plan", folder="measures", **alone)
    found["cuts"] = optimizer.cuts("plan", options=EXACT, folder="cuts", **alone)
    found["calendar"] = optimizer.calendar("plan", within_usd=1e3, options=EXACT, folder="calendar", **alone)
    found["why"] = optimizer.why(instance, "abroad", options=EXACT, folder="why")
    found["verdicts"] = optimizer.verdicts(instance, "verdicts", samples=3, **alone)
    found["flips"] = optimizer.flip(instance, {key: (1e7, 2e8)}, "flips", **alone)
    found["comparison"] = optimizer.compare(
        "plan", "changed", different_instances=True, attribute=True, regret=True, folder="comparison", **alone
    )
    found["frontier"] = optimizer.frontier(instance, {key: (3e7, 6e7, 9e7)}, "frontier", **alone)
    found["alternatives"] = optimizer.alternatives(instance, within_usd=1e8, options=EXACT, folder="alternatives")
    found["waivers"] = optimizer.waivers(instance, "waivers", top=1, **alone)
    found["stress"] = optimizer.stress(plan, "stress", markets=("programs",), **alone)
    found["explain"] = optimizer.explain(hard, folder="explain")
    return found


@dataclass
class Element:
    """An element with what is in it."""

    name: str
    attributes: dict[str, str]
    text: str = ""
    inside: list[Element] = field(default_factory=list)

    def all(self, name: str, **attributes: str) -> list[Element]:
        """Every element of a name below this one, with these attributes, in order."""
        found = []
        for one in self.inside:
            if one.name == name and all(one.attributes.get(key.strip("_")) == v for key, v in attributes.items()):
                found.append(one)
            found += one.all(name, **attributes)
        return found

    @property
    def words(self) -> str:
        """All text in it."""
        return " ".join(" ".join([self.text, *(one.words for one in self.inside)]).split())


class Reader(HTMLParser):
    """Reads a file into elements."""

    EMPTY = frozenset(["meta", "link", "img", "br", "hr", "input"])

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.top = Element("top", {})
        self._open = [self.top]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        one = Element(tag, {key: value or "" for key, value in attrs})
        self._open[-1].inside.append(one)
        if tag not in self.EMPTY:
            self._open.append(one)

    def handle_endtag(self, tag: str) -> None:
        assert self._open[-1].name == tag, f"</{tag}> closes <{self._open[-1].name}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].text += data


def read(file: Path) -> Element:
    """The elements of a file; tags that do not match fail."""
    reader = Reader()
    reader.feed(file.read_text(encoding="utf-8"))
    assert len(reader._open) == 1
    return reader.top
