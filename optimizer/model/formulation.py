"""Writes the formulation page from the families: their variables, and each constraint's label, formula and sentence.

The docstring of a constraint is the one place where its formula stands. The page is `docs/formulation.md`;
`python docs/generate.py` writes it, and a test fails while it is stale.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType

from optimizer.model import assemble
from optimizer.model.declare import LABEL

INDICES: dict[str, str] = {
    "fund": "f, o, t",
    "sequence": "f, o, π",
    "run": "f, s, r, k, t",
    "standing": "f, u, s, t",
    "flow": "a, m, k, t",
    "downgrade": "p, m, k, t",
    "surplus": "p, m, k, t",
    "deliver": "d, i, m, k, t",
    "short": "d, i, t",
    "stock": "p, m, k, t",
    "stock_in": "p, m, k, t",
    "stock_out": "p, m, k, t",
    "stock_down": "p, m, k, t",
    "discarded": "p, m, k, t",
    "missing": "p, i, t",
    "residual": "p, m, t",
    "goal_missing": "l, t",
    "opening": "p, m, k",
    "trunk_level": "p, m, k",
    "bought_back": "p, m, k",
    "trunk_run": "f, s, r, k, t",
    "known": "f, m, k, t",
    "trunk_known": "f, m, k, t",
    "public_fund": "f, o, t",
    "react": "f, o, t",
    "reacted": "f, o, t",
    "planned": "f, o, t",
    "planned_sequence": "f, o, π",
    "investment_cost": "",
    "trunk_cost": "t",
    "branch_cost": "S",
    "branch_period_cost": "S, t",
    "worst": "",
    "level": "",
    "excess": "S",
    "channel_short": "k, t",
    "short_in_course": "c, k, t",
    "capital": "i, f, o, t",
    "recipient": "i, f",
    "sold": "f, s, m, k, t",
    "earned": "f, t",
    "credited": "i, t",
    "public_outlay": "",
    "stock_above": "p, m, j, t",
    "funded": "f, o, t",
    "given": "i, f, o, t",
    "awarded": r"i, f, \pm, t",
    "chosen": "i, f",
    "bought": "i, f, s, m, k, t",
    "seller": "i, f",
    "held": "i, f, t",
    "holds": "i, f, t",
    "shared": "i, f, t",
    "borne": "i, f, t",
    "premium": "f, s, m, k, k', t",
    "strict": "r, m, k', t",
}
"""Index letters of each variable. A variable without an entry has no place on the page."""

HEAD = r"""# Formulation

Generated from the docstrings of `optimizer/model/` by `python docs/generate.py`; do not edit. Order of the page is order
of the families in `optimizer/model/assemble.py`. A label (M1) is never reused; the name beside it is the name of the
function, of the Pyomo component and of the row in messages. [How the maths maps to code](maths-to-code.md) says who
checks each.

## Blocks

The problem is made of blocks that share columns:

- **investment**: what is funded, and when. Families: {first}.
- **trunk**: the undisrupted course of operations, over all periods. Families: {second}.
- **a branch for each scenario** with effects, from its onset until it rejoins the trunk. The same families as the trunk,
  with the scenario's numbers. A scenario is not an index: no formula below carries one. A scenario with a `parent`
  leaves its parent's branch while that lasts, and takes on what happens there. A parent that is only a `beginning` is
  no future S; its branch ends when the last of those that begin with it has left, and J1 does not hold there.
- **needs**: rows over fundings and the trunk that follow from the others wherever fundings are whole, for a tighter
  relaxation. Families: {implied}.
- **risk**: what is minimised over futures. Families: {over}.

A cost term is a number times a variable, with a category and a period, discounted from the period's first year (what is
left of plants and stock at the horizon's end from the year after it). The cost of a future S is

```math
C_S = C^{{investment}} + \sum_t C^{{c_S(t)}}_t
```

with $c_S(t)$ the course that it is on in period t: its own branch in the periods of that; before its onset what its
parent is on, the trunk without a parent; after it the trunk. The base future is on the trunk throughout. Expected
cost, the default objective, is

```math
C^{{investment}} + \sum_c \sum_t P_{{ct}} \, C^c_t , \qquad
P_{{ct}} = \sum_{{S : c_S(t) = c}} p_S .
```

A branch that no other leaves weighs the same in every period; its cost is then one term.

## Letters

| index | | number | |
|---|---|---|---|
| $f$ | facility | $a_{{fr}}$ | capacity that a unit of activity takes |
| $u$ | unit of a facility | $b^+, b^-, b$ | t put out, taken in, made by a unit of activity |
| $s$ | state of a facility: its options with `sets` on line | $\bar K, \kappa$ | existing capacity; what a start adds, t/yr |
| $o$ | option | $\hat K$ | more capacity than any plan has, t/yr |
| $\sigma$ | start: an option with its year of funding | $\alpha$ | share available |
| $\pi$ | path: years of funding of the options before it, then its own | $\omega$ | share of the period on line |
| $r$ | recipe | $y_t$ | years of the period |
| $k$ | channel; $k' \preceq k$: the same or stricter | $\ell$ | years from funding to first output |
| $t$ | period, by its first year; $\bar t$ its last | $\gamma_m$ | gross t per t |
| $T$ | last period of a branch | $S_t, R_t$ | options that may be funded a year; in a branch |
| $p$ | place: facility, hub or stockpile | $\theta$ | share claimed |
| $m$ | material | $\lambda$ | share lost per year |
| $a$ | arc: a lane or freight row, or a hub's link | $\beta$ | share that a rule asks for |
| $d$ | market; $i$: its demand line | $\epsilon$ | exposure |
| $i$ | target of a stockpile; $j$: price step | $c_{{em}}$ | t of element e per t |
| $S$ | future: `base` or a scenario | $p_S$ | probability |
| $k' \succ k$ | a looser channel than k | $\rho, \chi$ | share of capacity that can be raised since the onset; share contracted |
| | | $\tau, \mu, \nu$ | share of the period in which new makers wait; multiple that a known one may make; trial lots, t/yr |
| | | $L, F$ | t/yr above which a price step counts; its factor on the reference price |
| | | $g$ | most t of m that a unit makes per unit of capacity |
| | | $\kappa^N, \upsilon, \pi$ | what a start, a tonne short and a tonne of m released cover of a need, in shares of it |

All variables are 0 or more, but $W$ and $\eta$. Quantities are totals of a period. Which indices exist is decided in `optimizer/network/`;
a rule never skips one.
"""


@dataclass(frozen=True, slots=True)
class Variable:
    """A declared variable.

    Attributes:
        name: component name.
        symbol: as in formulas.
        meaning: what it is.
        unit: its unit.
        linked: whether it is another block's column.
    """

    name: str
    symbol: str
    meaning: str
    unit: str
    linked: bool


@dataclass(frozen=True, slots=True)
class Equation:
    """A constraint.

    Attributes:
        label: such as M1.
        name: its function.
        formula: LaTeX, with what stands around it.
        sentence: what it says.
        file: path from the project's root.
        line: line of its `def`.
    """

    label: str
    name: str
    formula: str
    sentence: str
    file: str
    line: int


def families() -> tuple[ModuleType, ...]:
    """All families, in the order of the page."""
    return (*assemble.FIRST, *assemble.SECOND, *assemble.IMPLIED, *assemble.OVER_FUTURES)


def equations(family: ModuleType) -> list[Equation]:
    """The constraints of a family, in the order of their lines.

    Raises:
        ValueError: a docstring has a label, but no formula and sentence after it.
    """
    found = []
    for name, function in inspect.getmembers(family, inspect.isfunction):
        doc = (function.__doc__ or "").strip()
        if function.__module__ == family.__name__ and (match := LABEL.match(doc)):
            formula, sentence = _halves(doc[match.end() :], name)
            found.append(Equation(match[1], name, formula, sentence, _file(family), _line(function)))
    return sorted(found, key=lambda equation: equation.line)


def variables(family: ModuleType) -> list[Variable]:
    """The variables that a family declares, read from its source.

    Raises:
        ValueError: a name or a text is no literal, so that the page could not tell.
    """
    found = []
    for function in ast.parse(inspect.getsource(family)).body:
        if isinstance(function, ast.FunctionDef):
            texts = dict(_texts(function))
            found += [v for node in ast.walk(function) if (v := _variable(node, texts, family.__name__)) is not None]
    return list({variable.name: variable for variable in found}.values())


def page() -> str:
    """The formulation page.

    Raises:
        ValueError: two constraints have one label, or a variable has no index letters.
    """
    every = [equation for family in families() for equation in equations(family)]
    labels = [equation.label for equation in every]
    if twice := sorted({label for label in labels if labels.count(label) > 1}):
        raise ValueError(f"a label belongs to one constraint; twice: {', '.join(twice)}")
    parts = [
        HEAD.format(
            first=_names(assemble.FIRST),
            second=_names(assemble.SECOND),
            implied=_names(assemble.IMPLIED),
            over=_names(assemble.OVER_FUTURES),
        )
    ]
    parts += [_section(family) for family in families()]
    return "\n".join(parts)


def _names(modules: tuple[ModuleType, ...]) -> str:
    return ", ".join(f"`{module.__name__.rpartition('.')[2]}`" for module in modules)


def _section(family: ModuleType) -> str:
    file = _file(family)
    head, _, says = (family.__doc__ or "").strip().partition("\n")[0].partition(": ")
    lines = [f"## {head}", "", f"{says[:1].upper()}{says[1:]} [{file}](../{file})", ""]
    declared = variables(family)
    if declared:
        lines += ["| symbol | name | index | unit | meaning |", "|---|---|---|---|---|"]
        for item in declared:
            if item.name not in INDICES:
                raise ValueError(f"variable {item.name} has no entry in INDICES of {__name__}")
            meaning = item.meaning + (" (another block's column)" if item.linked else "")
            index = f"${INDICES[item.name].replace('π', chr(92) + 'pi')}$" if INDICES[item.name] else ""
            lines.append(f"| ${_symbol(item.symbol)}$ | `{item.name}` | {index} | {item.unit} | {meaning} |")
        lines.append("")
    costs = (getattr(family, "costs", None).__doc__ or "").strip()
    if hasattr(family, "costs") and not costs.startswith("None"):
        lines += [f"Costs: {costs[0].lower()}{costs[1:]}", ""]
    for equation in equations(family):
        link = f"[{equation.file}:{equation.line}](../{equation.file}#L{equation.line})"
        lines += [f'### <a id="{equation.label}"></a>{equation.label} `{equation.name}`', ""]
        lines += _display(equation.formula)
        lines += ["", f"{equation.sentence[0].upper()}{equation.sentence[1:]} {link}", ""]
    return "\n".join(lines)


def _display(formula: str) -> list[str]:
    """A formula alone stands as a block; one with words around it stays in its line."""
    if formula.count("$") == 2 and formula.startswith("$") and formula.endswith("$"):
        return ["```math", formula.strip("$"), "```"]
    return [formula]


def _halves(text: str, name: str) -> tuple[str, str]:
    """Formula and sentence: they part at the first colon outside of dollars."""
    inside = False
    for i, sign in enumerate(text):
        if sign == "$":
            inside = not inside
        elif sign == ":" and not inside and "$" in text[:i]:
            return text[:i].strip(), " ".join(text[i + 1 :].split())
    raise ValueError(f"{name}: a constraint's docstring reads 'C1. $formula$: sentence.'")


def _symbol(symbol: str) -> str:
    greek = {"eta": r"\eta", "xi": r"\xi"}
    return greek.get(symbol, symbol)


def _texts(function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """Names that a function gives to literal texts."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, node.value.value


def _variable(node: ast.AST, texts: dict[str, str], where: str) -> Variable | None:
    """The variable that a statement declares, if it does."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("variable", "linked"):
        name = _text(node.args[1], texts, where)
        doc, unit = (_text(_keyword(node, key), texts, where) for key in ("doc", "unit"))
        return _of(name, doc, unit, linked=node.func.id == "linked")
    return None


def _of(name: str, doc: str, unit: str, *, linked: bool) -> Variable:
    symbol, colon, meaning = doc.partition(": ")
    return Variable(name, symbol, meaning, unit, linked) if colon else Variable(name, "", doc, unit, linked)


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def _text(node: ast.expr | None, texts: dict[str, str], where: str) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Name) and node.id in texts:
        return texts[node.id]
    raise ValueError(f"{where}: names, units and docs of variables are literal texts")


def _file(family: ModuleType) -> str:
    path = Path(inspect.getsourcefile(family) or "")
    root = Path(assemble.__file__).resolve().parents[2]
    return path.resolve().relative_to(root).as_posix()


def _line(function: FunctionType) -> int:
    return function.__code__.co_firstlineno
