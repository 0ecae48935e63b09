"""Result folders that were damaged: each is read, or refused as what it is; `verify` tells what is no longer true."""

from __future__ import annotations

import json
import math
import random
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import optimizer
from optimizer.errors import OptimizerError, PlanError
from optimizer.plan.plan import Plan

from .conftest import Made

CELLS = [
    "", "nan", "inf", "-inf", "1e308", "-1", "0", "x", "true", "None", "2027", "1e-320", '"', "\x00", "9" * 400, "1,5",
    " ", "[]", "null", "0.5",
]  # fmt: skip
VALUES: list[Any] = [
    None, -1, 0, 1e308, "x", "", [], {}, True, math.inf, math.nan, "2027", 10**30, 0.5, [[]], "9" * 400,
]  # fmt: skip


def _damaged_table(text: str, dice: random.Random) -> str:
    lines = text.split("\n")
    number = dice.randrange(len(lines))
    how = dice.choice(["cell"] * 5 + ["gone", "twice", "head", "cut"])
    if how == "gone":
        del lines[number]
    elif how == "twice":
        lines.insert(number, lines[number])
    elif how == "cut":
        del lines[number:]
    else:
        number = 0 if how == "head" else number
        cells = lines[number].split(",")
        cells[dice.randrange(len(cells))] = dice.choice([*CELLS, "period", "usd"])
        lines[number] = ",".join(cells)
    return "\n".join(lines)


def _damaged_note(text: str, dice: random.Random) -> str:
    document = json.loads(text)
    node: Any = document
    while node:
        key = dice.choice(list(node) if isinstance(node, dict) else range(len(node)))
        if isinstance(node[key], (dict, list)) and node[key] and dice.random() < 0.8:
            node = node[key]
            continue
        if dice.random() < 0.3:
            del node[key]
        else:
            node[key] = dice.choice(VALUES)
        break
    return json.dumps(document)


def _damaged_bytes(content: bytes, dice: random.Random) -> bytes:
    made = bytearray(content)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(made) + 1)
        made[at : at + dice.choice([0, 1, 20])] = dice.randbytes(dice.choice([0, 1, 5]))
    return bytes(made)


def damage(folder: Path, dice: random.Random) -> Path:
    """Change one file of a result, notes as often as tables."""
    files = sorted(file for file in folder.rglob("*") if file.is_file() and file.suffix != ".lock")
    notes = [file for file in files if file.suffix == ".json"]
    file = dice.choice(notes if notes and dice.random() < 0.5 else files)
    content = file.read_bytes()
    if file.suffix == ".csv" and dice.random() < 0.8:
        made = _damaged_table(content.decode(), dice).encode()
    elif file.suffix == ".json" and dice.random() < 0.9:
        made = _damaged_note(content.decode(), dice).encode()
    else:
        made = _damaged_bytes(content, dice)
    file.write_bytes(made)
    return file


def _tried(made: Made, folder: Path, seed: int, count: int) -> int:
    """How many damaged folders were refused, of so many."""
    dice = random.Random(seed)
    refused = 0
    for number in range(count):
        kind = dice.choice(list(made.found))
        there = folder / f"{number}"
        shutil.copytree(made[kind], there)
        file = damage(there, dice)
        asked: list[Callable[[], object]] = [partial(optimizer.report, [there], folder / "report.html")]
        asked += [partial(optimizer.workbook, there, folder / "book.xlsx")] if number % 5 == 0 else []
        asked += [partial(optimizer.verify, there)] if kind == "plan" else []
        for ask in asked:
            try:
                ask()
            except OptimizerError as error:
                refused += 1
                str(error).encode()
            except Exception as error:
                raise AssertionError(f"{kind}, {file.name}, seed {seed}, number {number}") from error
        shutil.rmtree(there)
    return refused


def test_a_damaged_result_is_read_or_refused(made: Made, tmp_path: Path) -> None:
    """By an error of the product's own."""
    assert _tried(made, tmp_path, 0, 12) > 2


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_many_damaged_results_are_read_or_refused(made: Made, tmp_path: Path, seed: int) -> None:
    """Of every kind of result."""
    assert _tried(made, tmp_path, seed, 60) > 15


@pytest.mark.parametrize(
    ("file", "was", "now", "words"),
    [
        ("costs.csv", None, "x", "costs.csv:2 usd: 'x' is no number"),
        ("costs.csv", None, "inf", "costs.csv:2 usd: 'inf' is no number"),
        ("scenarios.csv", "2028", "2028.5", "scenarios.csv"),
        ("plan.json", '"objective": ', '"objective": Infinity, "was": ', "Infinity is no number"),
    ],
)
def test_a_number_that_is_none_is_told_with_its_place(
    made: Made, tmp_path: Path, file: str, was: str | None, now: str, words: str
) -> None:
    """When a plan is read, whatever is then asked of it."""
    folder = Path(shutil.copytree(made["plan"], tmp_path / "plan"))
    text = (folder / file).read_text(encoding="utf-8")
    if was is None:
        heads, first, *rest = text.split("\n")
        cells = first.split(",")
        cells[heads.split(",").index("usd")] = now
        text = "\n".join([heads, ",".join(cells), *rest])
    else:
        assert was in text
        text = text.replace(was, now, 1)
    (folder / file).write_text(text, encoding="utf-8")
    with pytest.raises(PlanError) as refused:
        Plan.read(folder)
    assert words in str(refused.value)


def test_a_number_too_large_for_a_sheet_is_words(made: Made, tmp_path: Path) -> None:
    """Of a table that the page does not need."""
    folder = Path(shutil.copytree(made["cuts"], tmp_path / "cuts"))
    file = sorted(folder.glob("*.csv"))[0]
    heads, first, *rest = file.read_text(encoding="utf-8").split("\n")
    many = "9" * 400
    file.write_text("\n".join([f"{heads},more", f"{first},{many}", *(f"{line}," for line in rest if line)]) + "\n")
    book = pytest.importorskip("openpyxl").load_workbook(optimizer.workbook(folder, tmp_path / "cuts.xlsx"))
    assert many in [cell.value for cell in book[file.stem][2]]
