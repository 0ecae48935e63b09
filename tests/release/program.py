"""A user's program. `.ci/dist` checks it with `mypy --strict` against the installed package, and runs it."""

from __future__ import annotations

import sys
from pathlib import Path

import optimizer
from optimizer import Exported, Fault, Finding, Instance, InstanceError, Plan, Validation, Verdict, Violation


def faults(folder: Path) -> tuple[Fault, ...]:
    """What is wrong with an instance; nothing where it can be read."""
    try:
        optimizer.load(folder)
    except InstanceError as error:
        return error.faults
    return ()


def planned(instance: Instance, folder: Path) -> Plan:
    """The plan of an instance, saved."""
    plan = optimizer.solve(instance, gap=1e-3)
    status: str = plan.status
    objective: float | None = plan.objective
    if objective is None:
        raise SystemExit(f"no plan: {status}")
    plan.save(folder)
    return plan


def main(folder: Path, results: Path) -> None:
    """Look at an instance, plan it, change it, export it, and check the plan from its files."""
    validation: Validation = optimizer.validate(folder)
    findings: tuple[Finding, ...] = tuple(validation.findings)
    instance = optimizer.load(folder)
    plan = planned(instance, results)
    dearer: Instance = instance.replace({"discount_rate": 0.09})
    exported: Exported = optimizer.export(dearer, results.with_suffix(".mps"))
    verdict: Verdict = optimizer.verify(results)
    violations: tuple[Violation, ...] = tuple(verdict.violations)
    wrong: tuple[Fault, ...] = faults(results / "absent")
    funded: int = len(plan.portfolio)
    sys.stdout.write(
        f"{len(findings)} findings, {funded} fundings, {exported.rows} rows exported, {len(violations)} violations, "
        f"{len(wrong)} faults\n"
    )
    if violations or not wrong:
        raise SystemExit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
