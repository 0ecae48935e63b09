"""A reader of SMPS, for what was written to be read by others: core by HiGHS, stages and scenarios line by line."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import highspy
import numpy as np
import scipy.sparse as sp

RIGHT = "RHS_V"


@dataclass(frozen=True)
class Read:
    """What a folder says: the core, names, where the second stage begins; (name, probability, changes) by scenario."""

    core: Any
    columns: list[str]
    rows: list[str]
    column: int
    row: int
    scenarios: list[tuple[str, float, list[tuple[str, str, float]]]]


def highs_of(file: Path) -> Any:
    """A HiGHS object with what a file in MPS says."""
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    assert highs.readModel(str(file)) == highspy.HighsStatus.kOk
    return highs


def words(file: Path) -> list[list[str]]:
    return [line.split() for line in file.read_text(encoding="ascii").splitlines() if not line.startswith("*")]


def read(folder: Path) -> Read:
    """Read a folder."""
    named = folder / "core.mps"  # HiGHS goes by the end of the name
    named.write_bytes((folder / "problem.cor").read_bytes())
    core = highs_of(named).getLp()
    named.unlink()
    time = words(folder / "problem.tim")
    assert [line[0] for line in time] == ["TIME", "PERIODS", time[2][0], time[3][0], "ENDATA"]
    stoch = words(folder / "problem.sto")
    assert stoch[1] == ["SCENARIOS", "DISCRETE"]
    assert stoch[-1] == ["ENDATA"]
    scenarios: list[tuple[str, float, list[tuple[str, str, float]]]] = []
    for line in stoch[2:-1]:
        if line[0] == "SC":
            assert line[2] == "ROOT"
            assert line[4] == time[3][2]
            scenarios.append((line[1], float(line[3]), []))
        else:
            scenarios[-1][2].append((line[0], line[1], float(line[2])))
    lines = [line for line in (folder / "names.csv").read_text(encoding="ascii").splitlines() if line[0] != "*"]
    stands = {row["name"]: row["stands_for"] for row in csv.DictReader(lines)}
    columns, rows = list(core.col_names_), list(core.row_names_)
    assert len(stands) == len(columns) + len(rows)
    return Read(
        core,
        [stands[name] for name in columns],
        [stands[name] for name in rows],
        columns.index(time[3][0]),
        rows.index(time[3][1]),
        scenarios,
    )


def matrix_of(core: Any) -> sp.csc_array:
    a = core.a_matrix_
    return sp.csc_array((a.value_, a.index_, a.start_), shape=(core.num_row_, core.num_col_))


def second_stage(found: Read, number: int) -> tuple[sp.csr_array, np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Matrix over all columns, and least and highest activity, of a scenario's rows."""
    core = found.core
    rows = {name: i for i, name in enumerate(core.row_names_)}
    columns = {name: i for i, name in enumerate(core.col_names_)}
    matrix = matrix_of(core).tolil()
    low, high = np.array(core.row_lower_), np.array(core.row_upper_)
    for column, row, value in found.scenarios[number][2]:
        at = rows[row]
        assert at >= found.row, "a scenario changes the first stage"
        if column != RIGHT:
            matrix[at, columns[column]] = value
            continue
        low[at] = value if np.isfinite(low[at]) else low[at]
        high[at] = value if np.isfinite(high[at]) else high[at]
    part = sp.csr_array(matrix)[found.row :]
    part.eliminate_zeros()
    return part, low[found.row :], high[found.row :]


def optimum(folder: Path) -> float:
    """The least expected cost, in the unit of the file, by the extensive form made of scenarios."""
    found = read(folder)
    core, first = found.core, found.column
    top = sp.csr_array(matrix_of(core))[: found.row]
    assert not top[:, first:].nnz, "the first stage knows of the second"
    blocks: list[list[Any]] = [[top[:, :first], *[None] * len(found.scenarios)]]
    lows, highs = [np.array(core.row_lower_)[: found.row]], [np.array(core.row_upper_)[: found.row]]
    cost, lower, upper = (np.array(part) for part in (core.col_cost_, core.col_lower_, core.col_upper_))
    whole = np.array([kind == highspy.HighsVarType.kInteger for kind in core.integrality_] or [False] * len(cost))
    costs, lowers, uppers, wholes = [cost[:first]], [lower[:first]], [upper[:first]], [whole[:first]]
    for number, (_, probability, _) in enumerate(found.scenarios):
        matrix, low, high = second_stage(found, number)
        blocks.append([matrix[:, :first], *[None] * len(found.scenarios)])
        blocks[-1][1 + number] = matrix[:, first:]
        lows.append(low)
        highs.append(high)
        costs.append(probability * cost[first:])
        lowers.append(lower[first:])
        uppers.append(upper[first:])
        wholes.append(whole[first:])
    # a block without an entry still has a width
    blocks[0][1:] = [sp.csr_array((found.row, len(cost) - first)) for _ in found.scenarios]
    lp = highspy.HighsLp()
    every = sp.csc_array(sp.block_array(blocks))
    lp.num_row_, lp.num_col_ = every.shape
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = map(np.concatenate, (costs, lowers, uppers))
    lp.row_lower_, lp.row_upper_ = np.concatenate(lows), np.concatenate(highs)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = every.indptr, every.indices, every.data
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    lp.integrality_ = [kinds[int(kind)] for kind in np.concatenate(wholes)]
    lp.offset_ = core.offset_
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("mip_rel_gap", 0.0)
    assert highs.passModel(lp) == highspy.HighsStatus.kOk
    highs.run()
    assert highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return float(highs.getInfo().objective_function_value)
