"""A plan: a portfolio with its operations in trunk and branches, costs and service."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.errors import InstanceError, PlanError
from optimizer.folders import instead_of, read_exact, write_whole
from optimizer.instance.instance import Instance
from optimizer.instance.judge import judge
from optimizer.instance.read import read_source
from optimizer.instance.write import yaml_text
from optimizer.plan.columns import COLUMNS, LATER, TEXT, YEARS_OR_BLANK, with_units
from optimizer.plan.sound import BLANK, NUMBERS, check_names, check_note, finite

FORMAT = 1
"""Version of the result folder."""


@dataclass(slots=True)
class Plan:
    """What came out of a run.

    Attributes:
        instance: the resolved instance.
        info: what plan.json holds (docs/results.md).
        tables: result tables by name; `attrs["units"]` of each has the unit of every column that has one.

    Example:
        >>> import optimizer
        >>> plan = optimizer.solve(optimizer.load("docs/examples/two_plants.yaml"))
        >>> plan.demand.query("scenario == 'trunk'")["delivered"].sum()
        np.float64(900.0)
        >>> plan.demand.attrs["units"]["delivered"], plan.costs.attrs["units"]["discounted"]
        ('t', 'USD')
        >>> optimizer.Plan.read(plan.save("results/two_plants")).objective == plan.objective
        True
    """

    instance: Instance
    info: dict[str, Any]
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """`optimal`, `feasible`, `infeasible` or `no_plan`."""
        return str(self.info["status"])

    @property
    def objective(self) -> float | None:
        """Value of the risk measure, USD; None without a plan."""
        value = self.info.get("objective")
        return None if value is None else float(value)

    @property
    def bound(self) -> float | None:
        """Proven bound on the objective, USD."""
        value = self.info.get("bound")
        return None if value is None else float(value)

    @property
    def gap(self) -> float | None:
        """(objective - bound) / |objective|."""
        value = self.info.get("gap")
        return None if value is None else float(value)

    def __getattr__(self, name: str) -> pd.DataFrame:
        """A result table by its name: `plan.portfolio`, `plan.flows`, ..."""
        if name in COLUMNS:
            tables: dict[str, pd.DataFrame] = object.__getattribute__(self, "tables")
            if name in tables:
                return tables[name]
            raise PlanError(f"the run ended without a plan, so there is no table '{name}'")
        raise AttributeError(name)

    def __repr__(self) -> str:
        return f"Plan({self.instance.name}, {self.status}, objective={self.objective})"

    def save(self, folder: Path | str) -> Path:
        """Write the result folder, whole or not at all.

        Args:
            folder: where; it must not exist, or be an earlier result folder, which is then replaced.

        Raises:
            PlanError: something else is there.
        """
        target = Path(folder).absolute()
        if not may_replace(target):
            raise PlanError(f"{folder} is there already and is no result folder; name another one")
        write_whole(target, self._write)
        return target

    def _write(self, folder: Path) -> None:
        (folder / "instance").mkdir()
        (folder / "instance" / "instance.yaml").write_text(yaml_text(self.instance), encoding="utf-8")
        for name, table in self.tables.items():
            table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
        text = json.dumps(self.info, indent=2, ensure_ascii=False, allow_nan=False)
        (folder / "plan.json").write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path | str) -> Plan:
        """Read a result folder.

        Raises:
            PlanError: it is not there, incomplete, or not ours.
        """
        folder = Path(folder)
        info = read_info(folder)
        try:
            source = read_source(folder / "instance")
            instance = judge(source)
        except InstanceError as error:
            raise PlanError(f"{folder}: its instance cannot be read: {error}") from error
        if instance is None or source.faults:
            raise PlanError(f"{folder}: its instance has faults: {'; '.join(map(str, source.faults))}")
        tables = {}
        if info.get("objective") is not None:
            for name in COLUMNS:
                tables[name] = read_table(folder, name)
            check_names(folder, instance, tables)
        return cls(instance, info, tables)


def may_replace(folder: Path) -> bool:
    """Whether a result may be written to a folder: nothing is there, or an earlier result."""
    if not folder.exists():
        return True
    return folder.is_dir() and ((folder / "plan.json").is_file() or not any(folder.iterdir()))


def read_info(folder: Path) -> dict[str, Any]:
    """plan.json of a result folder.

    Raises:
        PlanError: it is not there or not ours.
    """
    file = folder / "plan.json"
    if not file.is_file():
        raise PlanError(f"{folder} is no result folder: it has no plan.json{instead_of(folder, 'plan.json')}")
    try:
        info = json.loads(file.read_text(encoding="utf-8"), parse_constant=_no_number)
    except (OSError, ValueError) as error:
        raise PlanError(f"{file} cannot be read: {error}") from error
    if not isinstance(info, dict) or "status" not in info:
        raise PlanError(f"{file} is not a plan of this package: it has no status")
    if info.get("format") != FORMAT:
        raise PlanError(f"{file} has format {info.get('format')!r}; this version reads {FORMAT}")
    check_note(file, info)
    return info


def _no_number(word: str) -> float:
    """Infinity and NaN, which Python reads and JSON has not."""
    raise ValueError(f"{word} is no number")


def read_table(folder: Path, name: str) -> pd.DataFrame:
    """One result table.

    Raises:
        PlanError: it is not there, lacks a column, or holds what is no number where one belongs.
    """
    file = folder / f"{name}.csv"
    if not file.is_file() and name in LATER:
        return with_units(name, pd.DataFrame(columns=list(COLUMNS[name])))
    if not file.is_file():
        raise PlanError(f"{folder} is incomplete: it has no {name}.csv")
    try:
        table = read_exact(
            file,
            dtype=dict.fromkeys(TEXT, "string"),
            keep_default_na=False,
            na_values={column: [""] for column in NUMBERS},
        )
    except (OSError, ValueError) as error:
        raise PlanError(f"{file} cannot be read: {error}") from error
    missing = [column for column in COLUMNS[name] if column not in table.columns]
    if missing:
        raise PlanError(f"{file} lacks the column {', '.join(missing)}")
    for column in COLUMNS[name]:
        if column in NUMBERS:
            table[column] = finite(table[column], file, blank=column in BLANK.get(name, ()))
    kinds: dict[str, Any] = {column: object for column in table.columns if column in TEXT}
    kinds |= {column: "Int64" for column in YEARS_OR_BLANK if column in table.columns}
    try:
        return with_units(name, table.astype(kinds))
    except (OverflowError, TypeError, ValueError) as error:  # a year with a fraction, a number beyond all others
        raise PlanError(f"{file}: {error}") from error
