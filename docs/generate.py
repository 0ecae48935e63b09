"""Writes what the documentation takes from the code: pages, tables, and the output of commands.

`python docs/generate.py` writes; `--check` only says what is stale, and exits 1 if anything is.
`instance.md` comes from the docstrings of the records, `formulation.md` from those of the families, `commands.md` from
the command line, `python.md` from the package's names, the table of `maths-to-code.md` from both sides of it, and what
stands between `<!-- output: COMMAND -->` and `<!-- end -->` from running the command.
`--check` leaves the outputs alone: they take solves, and the tests look at them.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from typer.main import get_command

import optimizer
from optimizer.cli import app
from optimizer.cli.examples import parted
from optimizer.instance import fields, finance, lexicographic, policy, records
from optimizer.instance.fields import Record, flatten
from optimizer.instance.instance import Instance, Period, PeriodField
from optimizer.instance.series import Series
from optimizer.instance.table import SECTIONS, SIDE_TABLES
from optimizer.model import formulation
from optimizer.verifier import CONSTRAINTS

ROOT = Path(__file__).resolve().parents[1]
OUTPUT = re.compile(
    r"(<!-- output: (?P<command>[^\n]*?)(?: \| lines (?P<lines>[^\n]*?))? -->\n).*?(<!-- end -->)", re.S
)
"""A place for output: all of it, or the lines that begin so."""
FILE = re.compile(r"<!-- file: (?P<name>[\w./-]+) -->\n```\w*\n(?P<text>.*?)^```$", re.M | re.S)
"""A file that a reader of the page writes."""

CHECKED: dict[str, tuple[str, ...]] = {
    "F1": ("alternatives",),
    "F2": ("funded_once",),
    "F3": ("expansion_after",),
    "F4": ("funded_once", "capacity_funded"),
    "F5": ("expansion_after", "capacity_funded"),
    "P1": ("count",),
    "P2": ("count",),
    "P3": ("require",),
    "P4": ("forbid",),
    "P5": ("exclusive",),
    "P6": ("implies",),
    "P7": ("starts",),
    "C1": ("capacity_limit", "capacity_existing", "capacity_funded", "capacity_available"),
    "C2": ("capacity_limit",),
    "C3": ("state_holds",),
    "C4": ("state_holds",),
    "C5": ("capacity_limit", "capacity_available"),
    "C6": ("qualified_capacity",),
    "C7": ("state_holds",),
    "M1": ("balance_facility", "balance_hub", "balance_owed", "balance_users", "balance_market", "balance_stockpile"),
    "L1": ("link_capacity",),
    "O1": ("claim_share",),
    "D1": ("demand_met", "hard_demand"),
    "S1": ("stock_balance", "stock_opening", "stock_loss"),
    "S2": ("stock_capacity",),
    "S3": ("balance_stockpile",),
    "S4": ("balance_stockpile", "stock_discard"),
    "T1": ("target_met", "target_level"),
    "J1": ("rejoin", "buy_back"),
    "S5": ("residual_counted", "residual_value"),
    "R1": ("domestic_content",),
    "R2": ("exposure_cap",),
    "R3": ("heavy_content",),
    "R4": ("diversify",),
    "R5": ("delivered_content",),
    "R6": ("fill_rate",),
    "G1": ("release_cap", "released"),
    "G2": ("scale_goal", "goal_level"),
    "G3": ("recycling",),
    "B1": ("budget_annual", "outlay"),
    "B2": ("budget_total", "outlay"),
    "B4": ("budget_appropriation", "appropriations"),
    "B5": ("outlay", "budget_annual", "budget_total", "budget_appropriation"),
    "E1": ("reaction_alternatives", "reaction_once"),
    "E2": ("reaction_once",),
    "E3": ("reaction_after",),
    "E4": ("reaction_starts",),
    "E5": ("reaction_surge",),
    "E6": ("reaction_exclusive",),
    "E7": ("reaction_budget_annual",),
    "E8": ("reaction_budget_total",),
    "A1": ("raised_activity",),
    "A2": ("contracted_capacity",),
    "A3": ("contracted_gain",),
    "Q1": ("maker_made",),
    "Q2": ("maker_taken",),
    "Q3": ("new_maker",),
    "I1": ("capital_share", "capital_eligible"),
    "I2": ("capital_share",),
    "I3": ("capital_cap",),
    "I4": ("capital_cap",),
    "I10": ("not_with",),
    "I11": ("not_with",),
    "I12": ("recipients",),
    "I5": ("sale_made",),
    "I6": ("sale_used",),
    "I45": ("strict_sold",),
    "I7": ("books",),
    "I8": ("viable", "capital_funded", "capital_cost", "owed"),
    "I9": ("outlay", "budget_annual", "budget_total"),
    "I13": ("recipients", "books", "outlay"),
    "I14": ("books", "outlay"),
    "I15": ("books", "outlay"),
    "I16": ("award_cap",),
    "I17": ("recipient_gains",),
    "I40": ("premium_sold", "premium_price"),
    "I41": ("premium_users",),
    "I42": ("strict_run",),
    "I43": ("strict_used", "strict_circle"),
    "I44": ("purchase_at_price",),
    "I18": ("purchase_sold", "purchase_eligible"),
    "I19": ("recipients", "not_with"),
    "I20": ("purchase_arrives", "purchase_eligible"),
    "I21": ("purchase_most",),
    "I22": ("award_cap", "purchase_paid"),
    "I23": ("stake_paid",),
    "I24": ("capital_funded", "stakes"),
    "I25": ("stakes",),
    "I26": ("stakes",),
    "I27": ("stakes", "stake_paid"),
    "I28": ("stake_whole",),
    "I29": ("stakes", "books"),
    "I30": ("stakes", "books"),
    "I31": ("stakes", "books"),
    "I32": ("stakes", "outlay"),
    "N1": ("capacity_limit", "capacity_funded", "demand_met", "delivered_content"),
    "Y1": ("objective", "scenario_cost"),
    "Y2": ("objective", "scenario_cost"),
    "Y3": ("objective", "scenario_cost"),
    "Y4": ("objective",),
    "B3": ("outlay_level",),
    "V1": ("service_level",),
    "V2": ("service_level",),
}
"""What the checker calls what a constraint says. A constraint without an entry has no place in the table."""

KINDS: tuple[tuple[Any, str], ...] = (
    (fields.Id, "id"),
    (fields.Iso3, "country"),
    (fields.Text, "text"),
    (fields.Amount, "number, 0 or more"),
    (fields.Positive, "number over 0"),
    (fields.Share, "share"),
    (fields.PositiveShare, "share over 0"),
    (fields.Whole, "whole number"),
    (fields.Year, "year"),
    (fields.Truth, "true or false"),
    (fields.Confidence, "A, B or C"),
    (fields.Kind, "kind of exposure"),
    (fields.GivenKind, "equipment, finance, technology or feed"),
    (fields.AmountSeries, "series"),
    (fields.ShareSeries, "series of shares"),
    (fields.ShortageSeries, "series, or null"),
    (fields.ExposureSeries, "series of shares, or `unknown`"),
    (finance.BuyingPrice, "series, or `reference`"),
    (fields.Tier, "tier, or tier by year"),
    (fields.CapacitySeries, "series, or a series by unit"),
    (fields.CapacitySize, "number, or a number by unit"),
    (fields.PriceSeries, "series, or a series by region"),
    (fields.Holdings, "shares by owner, or [holdings](#holding) by owner"),
    (records.Reacting, "true or false, or a mapping: [React](#react)"),
    (records.RecipeUses, "list of recipes, or [recipe uses](#recipeuse) by recipe"),
    (PeriodField, "year, or [period](#period)"),
    (lexicographic.Levels | None, "`[service, cost]`, or a mapping: [Lexicographic](#lexicographic)"),
    (policy.Lasting, "whole number over 0"),
    (float, "number"),
    (int, "whole number"),
    (str, "text"),
)
"""The words for the kinds of field."""

INSTANCE_HEAD = """# Instance format

Generated from the records in `optimizer/instance/` by `python docs/generate.py`; do not edit.
[The walkthrough](walkthrough.md) shows the format at work, [decision 0001](decisions/0001-readings-of-the-design.md)
says how it is read where two readings are possible.

An instance is a YAML file, or a folder with `instance.yaml`. All quantities are tonnes, tonnes per year, US dollars of
the base year, years.

## Kinds of value

- **id**: small letters, digits, `_`.
- **country**: ISO 3166 alpha-3, such as `USA`.
- **series**: a number; or `{2027: 10, 2030: 20}`, where a value holds until the next year given and is 0 before the
  first; or `{start: 10, growth: 0.02}`, from the first period on, per calendar year. In a period of several years the
  mean counts.
- **share**: a number from 0 to 1.
- **kind of exposure**: location, ownership, equipment, finance, technology, feed.
- Scalars follow YAML 1.2, in YAML and in CSV alike: only `true` and `false` are booleans, `4e8` is a number, `no` is a
  word. Anchors, aliases and tags are refused.
- An unknown key is a fault, with the nearest known one as advice.
- What takes `source`, `confidence` and `note` takes `marking` too: one or more labels that `markings` declares
  ([markings](markings.md)).

## Tables

A section that is like a table may name a CSV next to `instance.yaml` instead (`facilities: facilities.csv`): a row a
record, the keys below as columns, the id in the first. An empty cell means that the key is absent. A cell may hold a
list or mapping in flow form; `;` separates a plain list. These sections may: {sections}.

Lists inside records have tables of their own, named at the top level:

| key | rows go to | columns besides those of the record |
|---|---|---|
{sides}

## Keys
"""

COMMANDS_HEAD = """# Commands

Generated from the command line by `python docs/generate.py`; do not edit. `optimizer COMMAND --help` says the same.
[The tutorial](tutorial.md) shows the first ones at work.

- **Exit codes**: 0 done; 1 no plan exists or a check failed; 2 bad input or usage; 3 stopped without a plan.
- Ctrl-C keeps what is known so far, and so does SIGTERM, which schedulers and containers send; a second one ends at
  once.
- Results go to standard output, messages to standard error. `--json` prints one JSON document to standard output and
  nothing else there.
- Output to a file or a pipe is plain; on a screen too where `NO_COLOR` is set.
- `optimizer --install-completion` lets the shell complete commands and options (bash, zsh, fish, PowerShell);
  `--show-completion` prints what it would install. `optimizer --version` prints the version.
- An option marked *repeat* may be given several times.
"""

PYTHON_HEAD = """# Python

Generated from `optimizer.__all__` by `python docs/generate.py`; do not edit. On the site each entry shows
its docstring; elsewhere `help(optimizer.solve)` does.

```python
import optimizer

instance = optimizer.load("instances/starter")
plan = optimizer.solve(instance, gap=1e-3)
print(plan.status, plan.objective)
print(plan.portfolio)
```

Tables of results are pandas DataFrames with the columns of the [result folder](results.md). Everything that the package
raises on purpose is an `OptimizerError`. What is not listed here may change without notice.
"""


def _kind(hint: Any) -> str:
    """The words for an annotation."""
    for known, words in KINDS:
        if hint == known:
            return words
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return " or ".join(f"`{item}`" for item in arguments)
    if origin is tuple:
        inner = [item for item in arguments if item is not Ellipsis]
        if len(inner) > 1:
            return "[" + ", ".join(_kind(item) for item in inner) + "]"
        return f"list of {_kind(inner[0])}"
    if origin is dict:
        return f"{_kind(arguments[1])}, by {_kind(arguments[0])}"
    if isinstance(hint, type) and issubclass(hint, Record):
        return f"[{hint.__name__}](#{hint.__name__.lower()})"
    parts = [item for item in flatten(hint) if item is not type(None)]
    if parts == [Any]:
        return "anything"
    if origin is typing.Annotated and len(parts) == 1:
        return _kind(parts[0])
    union = typing.get_args(arguments[0] if origin is typing.Annotated else hint)
    return " or ".join(_kind(item) for item in union if item is not type(None))


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "**required**"
    value = info.get_default(call_default_factory=True)
    if isinstance(value, Series):
        value = value.plain()
    if value is PydanticUndefined or value is None or value in ({}, ()):
        return ""
    if isinstance(value, Record):
        plain = {key: item for key, item in value.model_dump(exclude_none=True, by_alias=True).items() if item}
        return f"`{plain}`".replace("'", "") if plain else ""
    text = str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)
    return f"`{text}`"


def _records(start: type[Record]) -> Iterator[type[Record]]:
    """A record and all it is made of, in the order of its fields."""
    seen: list[type[Record]] = [start]
    for record in seen:
        yield record
        for hint in typing.get_type_hints(record, include_extras=True).values():
            found: list[type[Record]] = [
                kind
                for known, kind in (
                    (fields.Holdings, fields.Holding),
                    (records.RecipeUses, records.RecipeUse),
                    (PeriodField, Period),
                )
                if known in (hint, *typing.get_args(hint))
            ]
            found = found or _inner(hint)
            seen += [kind for kind in dict.fromkeys(found) if kind not in seen]


def _inner(hint: Any) -> list[type[Record]]:
    if isinstance(hint, type):
        return [hint] if issubclass(hint, Record) else []
    return [kind for item in typing.get_args(hint) for kind in _inner(item)]


def instance_page() -> str:
    """The reference of the instance format."""
    sections = ", ".join(f"`{'.'.join(section.path)}`" for section in SECTIONS)
    sides = "\n".join(
        f"| `{side.name}` | `{side.field}` of `{side.parent}` | {', '.join(f'`{key}`' for key in side.keys)} |"
        for side in SIDE_TABLES
    )
    parts = [INSTANCE_HEAD.replace("{sections}", sections).replace("{sides}", sides)]
    shared = set(fields.Row.model_fields)
    for record in _records(Instance):
        lines = [f"### {record.__name__}", "", (record.__doc__ or "").strip().partition("\n")[0], ""]
        lines += ["| key | value | default | |", "|---|---|---|---|"]
        hints = typing.get_type_hints(record, include_extras=True)
        for name, info in record.model_fields.items():
            if name in shared:
                continue
            cells = (f"`{info.alias or name}`", _kind(hints[name]), _default(info), info.description or "")
            lines.append("| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |")
        if issubclass(record, fields.Row):
            lines += [
                "",
                "Also `source`, `confidence` (A filed or official, B press or public study, C estimate), `note`.",
            ]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def commands_page() -> str:
    """The reference of the commands, from their help."""
    commands = vars(get_command(app))["commands"]
    parts = [COMMANDS_HEAD]
    for name, command in commands.items():
        text, examples = parted(command.callback.__doc__)
        told = [parameter for parameter in command.params if not parameter.hidden]
        given = [parameter for parameter in told if not parameter.opts[0].startswith("-")]
        usage = " ".join([_placeholder(parameter) for parameter in given] + ["[OPTIONS]"])
        head, _, rest = text.partition("\n\n")
        lines = [f"## {name}", "", " ".join(head.split()), "", f"`optimizer {name} {usage}`", ""]
        lines += [" ".join(rest.split()), ""] if rest else []
        lines += ["| | | default |", "|---|---|---|"] + [_parameter(parameter) for parameter in told]
        lines += ["", "```", *examples, "```"]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def python_page() -> str:
    """The reference of the Python names; the site puts their docstrings in."""
    names = [(name, getattr(optimizer, name)) for name in optimizer.__all__]
    classes = [(name, item) for name, item in names if isinstance(item, type)]
    errors = [name for name, item in classes if issubclass(item, Exception)]
    groups = {
        "Calls": [name for name, item in names if not isinstance(item, type)],
        "What calls take and give": [name for name, _ in classes if name not in errors],
        "Errors": errors,
    }
    parts = [PYTHON_HEAD]
    for title, listed in groups.items():
        parts.append(f"## {title}\n\n" + "\n\n".join(f"::: optimizer.{name}" for name in listed) + "\n")
    return "\n".join(parts)


def _placeholder(parameter: Any) -> str:
    """What stands for an argument, or for the value of an option."""
    word = str(parameter.metavar or parameter.name.upper())
    return f"{word}..." if parameter.nargs == -1 else word


def _parameter(parameter: Any) -> str:
    """A row of a command's table."""
    option = parameter.opts[0].startswith("-")
    flag = option and parameter.is_flag
    names = ", ".join(sorted(parameter.opts, key=len, reverse=True)) if option else _placeholder(parameter)
    value = f" {parameter.metavar or 'VALUE'}" if option and not flag else ""
    words = str(parameter.help or "") + (" *Repeat.*" if option and parameter.multiple else "")
    empty = parameter.default in (None, "", False) or flag
    default = "**required**" if parameter.required else "" if empty else f"`{parameter.default}`"
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in (f"`{names}{value}`", words, default)) + " |"


def checked_table() -> str:
    """The table of maths-to-code.md: each constraint, where it is, and what the checker calls it.

    Raises:
        ValueError: a constraint has no entry in CHECKED, or an entry names no check.
    """
    lines = ["| label | function, component, row | in | the checker says |", "|---|---|---|---|"]
    for family in formulation.families():
        for equation in formulation.equations(family):
            if equation.label not in CHECKED:
                raise ValueError(f"{equation.label} ({equation.name}) has no entry in CHECKED of docs/generate.py")
            names = CHECKED[equation.label]
            if unknown := [name for name in names if name not in CONSTRAINTS]:
                raise ValueError(f"{equation.label}: the checker has no {', '.join(unknown)}")
            words = ", ".join(f"`{name}`" for name in names)
            file = equation.file
            label = f"[{equation.label}](formulation.md#{equation.label})"
            lines.append(
                f"| {label} | `{equation.name}` | [{file.rpartition('/')[2]}](../{file}#L{equation.line}) | {words} |"
            )
    return "\n".join(lines) + "\n"


def outputs(text: str) -> Iterator[tuple[str, str | None, str]]:
    """(command, first words of the lines wanted, output as it stands) of each place in a page."""
    for match in OUTPUT.finditer(text):
        body = match[0].removeprefix(match[1]).removesuffix(match[4])
        yield match["command"], match["lines"], body.strip().removeprefix("```text\n").removesuffix("\n```")


def write_files(text: str, folder: Path) -> None:
    """Write the files that a reader of a page writes, in a folder."""
    for match in FILE.finditer(text):
        (folder / match["name"]).write_text(match["text"], encoding="utf-8")


def run(command: str, folder: Path) -> str:
    """What a command of a page prints to standard output, in a folder that has the instances."""
    executable = Path(sys.executable).with_name("optimizer")
    words = command.replace("optimizer", f'"{executable}"', 1)
    found = subprocess.run(words, shell=True, cwd=folder, capture_output=True, text=True, check=False, env=_plain())
    return found.stdout.rstrip() + "\n"


def _plain() -> dict[str, str]:
    return {**os.environ, "COLUMNS": "120", "NO_COLOR": "1", "TERM": "dumb"}


def wanted(output: str, lines: str | None) -> str:
    """The lines that begin with one of the given words."""
    if lines is None:
        return output.rstrip()
    return "\n".join(line for line in output.splitlines() if line.startswith(tuple(lines.split(" or "))))


def with_outputs(text: str, folder: Path) -> str:
    """A page with the output of its commands."""

    def filled(match: re.Match[str]) -> str:
        return f"{match[1]}```text\n{wanted(run(match['command'], folder), match['lines'])}\n```\n{match[4]}"

    return OUTPUT.sub(filled, text)


def _between(text: str, name: str, body: str) -> str:
    start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    before, _, rest = text.partition(start)
    return before + start + body + end + rest.partition(end)[2]


def pages() -> dict[Path, str]:
    """File -> what it should hold, but for outputs."""
    mapping = ROOT / "docs" / "maths-to-code.md"
    return {
        ROOT / "docs" / "instance.md": instance_page(),
        ROOT / "docs" / "commands.md": commands_page(),
        ROOT / "docs" / "python.md": python_page(),
        ROOT / "docs" / "formulation.md": formulation.page(),
        mapping: _between(mapping.read_text(encoding="utf-8"), "table", checked_table()),
    }


def main(arguments: list[str]) -> int:
    """Write, or with `--check` say what is stale."""
    found = pages()
    stale = [file for file, text in found.items() if not file.exists() or file.read_text(encoding="utf-8") != text]
    if "--check" in arguments:
        for file in stale:
            sys.stderr.write(f"{file.relative_to(ROOT)} is stale; run: python docs/generate.py\n")
        return 1 if stale else 0
    for file in stale:
        file.write_text(found[file], encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "instances").symlink_to(ROOT / "instances")
        for file in (ROOT / "README.md", ROOT / "docs" / "walkthrough.md"):
            text = file.read_text(encoding="utf-8")
            file.write_text(with_outputs(text, Path(folder)), encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        file = ROOT / "docs" / "tutorial.md"
        text = file.read_text(encoding="utf-8")
        write_files(text, Path(folder))
        file.write_text(with_outputs(text, Path(folder)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
