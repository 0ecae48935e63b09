"""A plan as a test writes it: the instance as text, plan.json, and tables as text; and ways to change it."""

from __future__ import annotations

import functools
import io
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.instance.judge import judge
from optimizer.instance.read import read_source
from optimizer.instance.write import sha256, yaml_text
from optimizer.verifier import Verdict, verify_tables

COLUMNS = {
    "portfolio": "facility option stage country funded online capacity capex public_outlay confidence",
    "reactions": "scenario facility option stage country funded online capacity capex public_outlay confidence",
    "capacity": "scenario period facility unit existing funded available capacity used",
    "runs": "scenario period facility state recipe channel run cost",
    "flows": "scenario period link from to material channel tonnes cost",
    "stock": "scenario period stockpile material channel opening lost in out downgraded_in downgraded_out discarded"
    " bought_back closing cost",
    "demand": "scenario period market line product material channel demand delivered short cost",
    "downgrades": "scenario period place material from_channel to_channel tonnes",
    "surplus": "scenario period place material channel tonnes cost",
    "releases": "scenario period facility release released charge",
    "makers": "period facility material channel made tonnes",
    "targets": "period stockpile target material channel level stock short cost",
    "residual": "scenario period stockpile material most counted price usd",
    "goals": "period rule level made short cost",
    "exposure": "period facility state location ownership equipment finance technology feed channels",
    "costs": "scenario period category usd discounted",
    "scenarios": "scenario probability onset until cost",
    "outlay": "year account instrument usd",
    "stock_payers": "period stockpile material payer purchase price_step holding given_out",
    "appropriations": "year appropriation given spent expired left",
    "grants": "instrument facility option funded usd",
    "financing": "instrument facility option funded usd cost",
    "owed": "year instrument facility option usd public",
    "recipients": "instrument facility",
    "stakes": "instrument facility year paid_in result earned borne",
    "purchases": "instrument period facility state material channel tonnes usd",
    "sales": "period facility state material channel made sold price",
    "premiums": "period facility state material channel users tonnes usd",
    "strict_runs": "period recipe material users run",
    "books": "facility year item instrument usd discounted",
}


@dataclass
class Plan:
    """A plan that a test may change: the instance's text, plan.json, and the tables."""

    text: str
    plan: dict[str, Any]
    tables: dict[str, pd.DataFrame]

    @property
    def instance(self) -> Instance:
        return instance_of(self.text)

    def verdict(self) -> Verdict:
        return verify_tables(self.instance, self.plan, self.tables)

    def change(self, old: str, new: str) -> None:
        """Change the instance, and state its new hash."""
        assert old in self.text, old
        self.text = self.text.replace(old, new)
        self.plan["instance_sha256"] = sha256(self.instance)

    def edit(self, table: str, values: dict[str, Any], **where: Any) -> None:
        """Change cells of the rows that match; `in_` stands for the column `in`, `from_` for `from`."""
        frame = self.tables[table].astype(object)
        mask = pd.Series(True, index=frame.index)
        for column, value in where.items():
            mask &= frame[column.rstrip("_")] == value
        assert mask.any(), (table, where)
        for column, value in values.items():
            frame.loc[mask, column] = value
        self.tables[table] = frame

    def add(self, table: str, *cells: Any) -> None:
        """Add a row, its cells in the order of the columns."""
        frame = self.tables.get(table, pd.DataFrame(columns=COLUMNS[table].split())).astype(object)
        row = pd.DataFrame([cells], columns=frame.columns, dtype=object)
        self.tables[table] = row if frame.empty else pd.concat([frame, row], ignore_index=True)

    def drop(self, table: str, **where: Any) -> None:
        """Take out the rows that match."""
        frame = self.tables[table]
        mask = pd.Series(True, index=frame.index)
        for column, value in where.items():
            mask &= frame[column.rstrip("_")] == value
        assert mask.any(), (table, where)
        self.tables[table] = frame[~mask]

    def write(self, folder: Path) -> Path:
        """Write the plan as a result folder."""
        (folder / "instance").mkdir(parents=True)
        (folder / "instance" / "instance.yaml").write_text(yaml_text(self.instance))
        (folder / "plan.json").write_text(json.dumps(self.plan))
        for name, frame in self.tables.items():
            frame.to_csv(folder / f"{name}.csv", index=False)
        return folder


@functools.cache
def instance_of(text: str) -> Instance:
    """An instance from YAML text."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "instance.yaml"
        file.write_text(text)
        source = read_source(file)
    instance = judge(source)
    assert instance is not None, source.faults
    assert not source.faults, source.faults
    return instance


def make(text: str, objective: float, service: tuple[str, ...], **rows: str) -> Plan:
    """A plan from table texts: a row a line, cells divided by commas, in the order of the columns."""
    tables = {}
    for name, columns in COLUMNS.items():
        if name == "stock_payers":
            continue  # a plan may do without it where governments pay all or nothing, and none that says nothing holds
        names = columns.split()
        if name == "scenarios":
            names += [f"service_{channel}" for channel in service]
        body = "\n".join(",".join(cell.strip() for cell in line.split(",")) for line in rows.pop(name, "").split("\n"))
        tables[name] = pd.read_csv(io.StringIO(",".join(names) + "\n" + body.strip() + "\n"))
    assert not rows
    plan = {
        "status": "optimal",
        "objective": objective,
        "bound": objective,
        "gap": 0.0,
        "gap_usd": 0.0,
        "options": {"gap": 1e-4},
        "instance_sha256": sha256(instance_of(text)),
    }
    return Plan(text, plan, tables)
