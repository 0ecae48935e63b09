"""A study as a person wrote it: which instance, what varies, by which design."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from optimizer.instance.fields import Id, Record, Text, Truth

AT_MOST = 1000
"""Runs that a study may have unless it asks for more."""
ALL = "all"
"""Stands for every label of a factor."""

Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Seed = Annotated[int, Field(strict=True, ge=0, lt=2**31)]


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Keys = Annotated[tuple[Text, ...], BeforeValidator(_listed), Field(min_length=1)]


class Held(Record):
    """A portfolio that is held instead of sought."""

    path: Text
    """A result folder, or a CSV file of facility, option, year."""
    stock: Literal["kept", "chosen"] = "kept"
    """Whether the stock of a result folder is held too, or chosen anew; that of a CSV file is always chosen."""


def _held(value: Any) -> Any:
    return {"path": value} if isinstance(value, str) else value


class Factor(Record):
    """What a name of the design stands for: one of `set`, `times`, `overlays`, `portfolios`."""

    set_: Keys | None = Field(default=None, alias="set")
    """A key, or several that are given the same value."""
    times: Keys | None = None
    """A key, or several, whose number or series is multiplied by the value."""
    overlays: dict[Id, Annotated[tuple[Text, ...], BeforeValidator(_listed)] | None] | None = None
    """Label -> overlay, or several; null for the instance as it is."""
    portfolios: dict[Id, Annotated[Held, BeforeValidator(_held)] | None] | None = None
    """Label -> portfolio that is held; null where the best is sought."""


class Levels(Record):
    """The values of a factor in a grid: a list, or numbers at equal steps."""

    values: tuple[Any, ...] | None = None
    """The values."""
    from_: Number | None = Field(default=None, alias="from")
    """The first."""
    to: Number | None = None
    """The last."""
    count: Annotated[int, Field(strict=True, ge=2, le=100_000)] | None = None
    """How many."""
    scale: Literal["linear", "log"] = "linear"
    """Equal steps, or equal ratios."""


def _levels(value: Any) -> Any:
    return value if isinstance(value, dict | Levels) else {"values": value if isinstance(value, list) else [value]}


class Between(Record):
    """The range of a factor of which samples are drawn."""

    from_: Number = Field(alias="from")
    """The least."""
    to: Number
    """The most."""
    scale: Literal["linear", "log"] = "linear"
    """Whether numbers, or their logarithms, are spread evenly."""
    whole: Truth = False
    """Whole numbers only, both ends among them."""


def _between(value: Any) -> Any:
    return {"from": value[0], "to": value[1]} if isinstance(value, list) and len(value) == 2 else value


class LatinHypercube(Record):
    """Runs that spread over ranges evenly (McKay, Beckman and Conover 1979)."""

    runs: Annotated[int, Field(strict=True, ge=1)]
    """How many."""
    seed: Seed = 0
    """Of the draw."""
    over: dict[str, Annotated[Between, BeforeValidator(_between)]] = Field(min_length=1)
    """Factor -> range: [least, most], or {from, to, scale, whole}."""


class RunOptions(Record):
    """How each run is solved; as `optimizer solve` takes it, but on one thread."""

    method: Text = "auto"
    """`auto`, `extensive` or `benders`."""
    gap: Number = 1e-4
    """Relative gap."""
    gap_usd: Number | None = None
    """Gap in USD."""
    time_limit: Number | None = None
    """Seconds of each run."""
    threads: Annotated[int, Field(strict=True, ge=1)] = 1
    """Cores of each run."""
    seed: Seed = 0
    """Of the solver."""


class StudyFile(Record):
    """A study: the runs are every row of `list` with every point of `grid` and every sample of `latin_hypercube`."""

    study: Id
    """Name of the study."""
    title: Text | None = None
    """Title for readers."""
    description: Text | None = None
    """What it asks."""
    instance: Text | None = None
    """File or folder, seen from this file."""
    set_: dict[str, Any] = Field(default_factory=dict, alias="set")
    """Key -> value, in every run."""
    options: RunOptions = RunOptions()
    """How each run is solved."""
    factors: dict[Id, Factor] = Field(default_factory=dict)
    """What names in the design stand for; a name that is not listed is a key of the instance."""
    grid: dict[str, Annotated[Levels, BeforeValidator(_levels)]] | None = None
    """Factor -> values; each with each."""
    list_: tuple[dict[str, Any], ...] | None = Field(default=None, alias="list")
    """Rows of factor -> value; a factor that a row leaves out stays as the instance has it."""
    latin_hypercube: LatinHypercube | None = None
    """Samples over ranges."""
    at_most: Annotated[int, Field(strict=True, ge=1)] = AT_MOST
    """More runs than this are refused."""
    plans: Truth = False
    """Whether the result folder of each run is kept."""
