"""What a check finds: tolerances, violations, the verdict, and the ledger that collects them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from optimizer.verifier.constraints import CONSTRAINTS
from optimizer.verifier.exact import plain


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a row may be off.

    A row holds when it is off by at most the absolute tolerance of its unit plus `relative` times its scale, the
    sum of its absolute terms.

    Attributes:
        absolute: tonnes, or units of activity, capacity and share.
        relative: share of a row's scale, in tonnes and in money.
        money: USD. Tables leave out quantities under 1e-9; at the prices of rare metals these are worth about so much.
        exposure: comparisons of exposures with caps and thresholds.
    """

    absolute: float = 1e-6
    relative: float = 1e-6
    money: float = 1e-3
    exposure: float = 1e-9


class At(NamedTuple):
    """Where a row of a constraint lies: place, period (its first year) and scenario, as far as they apply."""

    place: str = ""
    period: int | None = None
    scenario: str = ""


@dataclass(frozen=True, slots=True)
class Violation:
    """A row that does not hold.

    Attributes:
        constraint: name, as in `optimizer.verifier.constraints.CONSTRAINTS`.
        place: facility, market, stockpile, hub, table or rule.
        period: first year of the period, if any.
        scenario: `trunk`, a scenario's id, or empty.
        amount: by how much it is off.
        unit: of the amount: t, units, USD, years or rows.
        text: what is wrong, for people.
    """

    constraint: str
    place: str
    period: int | None
    scenario: str
    amount: float
    unit: str
    text: str

    def __str__(self) -> str:
        where = ", ".join(str(part) for part in (self.scenario, self.place, self.period) if part not in ("", None))
        return f"{self.constraint} ({where}): {self.text}" if where else f"{self.constraint}: {self.text}"


@dataclass(frozen=True, slots=True)
class Residual:
    """The largest amount by which any row of a constraint is off.

    Attributes:
        amount: absolute.
        unit: of the amount.
        allowed: what the tolerance allows for that row.
        place: where.
        period: when.
        scenario: in which course of operations.
    """

    amount: float
    unit: str
    allowed: float
    place: str
    period: int | None
    scenario: str


TOO_FINE = "too fine to check"
"""How a note of the summary begins: a tenth and more of what is asked for may be missing in a row that holds."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the check of a plan found.

    Attributes:
        ok: nothing is violated.
        violations: every row that does not hold.
        checked: number of rows checked, by constraint.
        residuals: largest residual, by constraint that has any.
        notes: what a reader should know: what was taken as given.
    """

    ok: bool
    violations: tuple[Violation, ...]
    checked: dict[str, int]
    residuals: dict[str, Residual]
    notes: tuple[str, ...] = ()

    def summary(self) -> str:
        """The verdict in one line."""
        rows = sum(self.checked.values())
        if not self.ok:
            names = list(dict.fromkeys(violation.constraint for violation in self.violations))
            shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
            count = len(self.violations)
            return f"not verified: {count:,} of {rows:,} rows do not hold ({shown}); first: {self.violations[0]}"
        used = sum(1 for number in self.checked.values() if number)
        line = f"verified: {rows:,} rows of {used} constraints hold"
        line += "".join(f"; {note}" for note in self.notes if note.startswith(TOO_FINE))
        worst = max(self.residuals.items(), key=lambda item: item[1].amount / item[1].allowed, default=None)
        if worst is None:
            return line
        name, off = worst
        where = ", ".join(str(part) for part in (name, off.scenario, off.place, off.period) if part not in ("", None))
        return f"{line}; largest residual {off.amount:.1g} {off.unit} ({where})"

    def __repr__(self) -> str:
        return f"Verdict({self.summary()})"

    def to_dict(self) -> dict[str, Any]:
        """The verdict as plain data."""
        return {
            "ok": self.ok,
            "summary": self.summary(),
            "violations": [asdict(violation) for violation in self.violations],
            "checked": dict(self.checked),
            "residuals": {name: asdict(residual) for name, residual in self.residuals.items()},
            "notes": list(self.notes),
        }


@dataclass(slots=True)
class Ledger:
    """Collects rows as they are checked."""

    tolerance: Tolerance = Tolerance()
    checked: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CONSTRAINTS, 0))
    residuals: dict[str, Residual] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def allowed(self, unit: str, scale: float) -> float:
        """How far a row of a unit and a scale may be off."""
        absolute = self.tolerance.money if unit == "USD" else self.tolerance.absolute
        return absolute + self.tolerance.relative * scale

    def equal(
        self, name: str, at: At, got: float, expected: float, what: str, unit: str = "t", scale: float | None = None
    ) -> bool:
        """Check that two numbers agree."""
        scale = max(abs(got), abs(expected)) if scale is None else scale
        return self._row(name, at, abs(got - expected), unit, scale, f"{what} is {got:.10g}, should be {expected:.10g}")

    def at_most(
        self, name: str, at: At, got: float, limit: float, what: str, unit: str = "t", scale: float | None = None
    ) -> bool:
        """Check that a number is no more than another."""
        scale = max(abs(got), abs(limit)) if scale is None else scale
        return self._row(name, at, max(0.0, got - limit), unit, scale, f"{what} is {got:.10g}, at most {limit:.10g}")

    def at_least(
        self, name: str, at: At, got: float, limit: float, what: str, unit: str = "t", scale: float | None = None
    ) -> bool:
        """Check that a number is no less than another."""
        scale = max(abs(got), abs(limit)) if scale is None else scale
        return self._row(name, at, max(0.0, limit - got), unit, scale, f"{what} is {got:.10g}, at least {limit:.10g}")

    def holds(self, name: str, at: At, ok: bool, text: str, amount: float = 1.0, unit: str = "rows") -> bool:
        """Check something that holds or does not."""
        self.checked[name] += 1
        if not ok:
            self.violations.append(Violation(name, at.place, at.period, at.scenario, plain(amount), unit, text))
        return ok

    def _row(self, name: str, at: At, off: float, unit: str, scale: float, text: str) -> bool:
        self.checked[name] += 1
        allowed = self.allowed(unit, scale)
        known = self.residuals.get(name)
        if off > 0 and (known is None or off / allowed > known.amount / known.allowed):
            self.residuals[name] = Residual(plain(off), unit, plain(allowed), at.place, at.period, at.scenario)
        # Written so that a NaN, which compares false with everything, counts as off.
        if off <= allowed:
            return True
        self.violations.append(Violation(name, at.place, at.period, at.scenario, plain(off), unit, f"{text} ({unit})"))
        return False

    def verdict(self, extra_notes: Sequence[str] = ()) -> Verdict:
        """The verdict so far."""
        return Verdict(
            ok=not self.violations,
            violations=tuple(self.violations),
            checked=dict(self.checked),
            residuals=dict(self.residuals),
            notes=(*self.notes, *extra_notes),
        )
