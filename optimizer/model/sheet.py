"""A model that is written down as rows of numbers: what the families say, without a Pyomo object for each thing said.

A family speaks to a model through `declare`: `variable`, `linked`, `constraint`, `total`. Pyomo is one of two that listen.
The sheet is the other: it keeps columns as numbers and rows as lists of coefficients, in the order in which Pyomo's
compiler would put them, so both give the same arrays. What a family says otherwise than through `declare` a sheet does
not understand: it raises `TypeError` or `AttributeError`, and Pyomo builds the block.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

Key = tuple[str, Hashable]
NOTHING = "nothing"
"""The column that is 0 and holds rows that nothing can satisfy."""


class _Said:
    """What has no truth of its own: `==` is no question to Python, and a row is not one half of another."""

    __hash__ = None  # type: ignore[assignment]
    __slots__ = ()

    def __bool__(self) -> bool:
        raise TypeError("a sheet knows no value of a variable, a sum or a row")

    def __eq__(self, other: object) -> Any:
        raise TypeError("a sheet compares sums alone, and with numbers alone")

    __ne__ = __eq__


class Column(_Said):
    """A variable of a sheet; it has a number and can do nothing but stand in a sum.

    Attributes:
        at: its number, in the order of declaration.
    """

    __slots__ = ("at",)

    def __init__(self, at: int) -> None:
        """Take its number."""
        self.at = at


class Row(_Said):
    """A sum and its limits.

    Attributes:
        coefs: coefficients, none of them 0.
        columns: columns, one for each coefficient.
        kind: -1 for at least, 0 for equal, 1 for at most.
        side: the limit.
    """

    __slots__ = ("coefs", "columns", "kind", "side")

    def __init__(self, coefs: list[Any], columns: list[Column], kind: int, side: Any) -> None:
        """Take its parts."""
        self.coefs, self.columns, self.kind, self.side = coefs, columns, kind, side


class Sum(_Said):
    """Coefficients x columns; compared with a number it is a row.

    Attributes:
        coefs: coefficients, none of them 0.
        columns: columns, one for each coefficient.
    """

    __hash__ = None
    __slots__ = ("coefs", "columns")

    def __init__(self, coefs: list[Any], columns: list[Column]) -> None:
        """Take its parts."""
        self.coefs, self.columns = coefs, columns

    def __le__(self, side: Any) -> Row:
        return Row(self.coefs, self.columns, 1, side)

    def __ge__(self, side: Any) -> Row:
        return Row(self.coefs, self.columns, -1, side)

    def __eq__(self, side: object) -> Row:  # type: ignore[override]
        return Row(self.coefs, self.columns, 0, side)


class Sheet:
    """Columns and rows of one block.

    A declared variable is an attribute: index -> `Column`. Families may keep things of their own as attributes too.

    Attributes:
        block: its name.
        owners: linked variable -> index -> (block, key) it stands for.
        names: name of each variable, in the order of declaration.
        first: number of the first column of each variable.
        keys: (variable, index) of each column.
        lower: least values, by column.
        upper: highest values, by column.
        binary: whether a column is 0 or 1.
        rows: (constraint, index) of each row.
        kinds: of each row, as `Row.kind`.
        sides: limit of each row.
        ends: where each row ends in `coefs` and `columns`.
        coefs: coefficients, row after row.
        columns: column numbers, row after row.
        objective: what is minimised, as (coefficient, column number).
    """

    def __init__(self, name: str) -> None:
        """An empty sheet for a block."""
        self.block = name
        self.owners: dict[str, dict[Any, tuple[str, Key]]] = {}
        self.names: list[str] = []
        self.first: list[int] = []
        self.keys: list[Key] = []
        self.lower: list[float] = []
        self.upper: list[Any] = []
        self.binary: list[bool] = []
        self.rows: list[Key] = []
        self.kinds: list[int] = []
        self.sides: list[Any] = []
        self.ends: list[int] = []
        self.coefs: list[Any] = []
        self.columns: list[int] = []
        self.objective: list[tuple[Any, int]] = []
        self.declare(NOTHING, [None], 0.0, [0.0])

    def __setattr__(self, name: str, value: object) -> None:
        if hasattr(value, "ctype"):
            raise TypeError(f"'{name}' is a component of Pyomo's")
        object.__setattr__(self, name, value)

    def declare(
        self, name: str, index: Sequence[Hashable], lower: float, upper: Sequence[Any], *, binary: bool = False
    ) -> None:
        """Add a variable.

        Args:
            name: its name.
            index: its indices, each once.
            lower: least value.
            upper: highest values, by index.
            binary: 0 or 1.
        """
        begin, count = len(self.keys), len(index)
        self.names.append(name)
        self.first.append(begin)
        self.keys.extend([(name, i) for i in index])
        self.lower.extend([lower] * count)
        self.upper.extend(upper)
        self.binary.extend([binary] * count)
        setattr(self, name, dict(zip(index, map(Column, range(begin, begin + count)), strict=True)))

    def link(self, name: str, owners: Mapping[Any, tuple[str, Key]]) -> None:
        """Add variables that are another block's."""
        self.declare(name, list(owners), float("-inf"), [float("inf")] * len(owners))
        self.owners[name] = dict(owners)

    def put(self, name: str, index: Hashable, said: Any) -> None:
        """Add a row as a rule says it.

        Args:
            name: of the rule.
            index: its index.
            said: a row; True where it holds of itself, False where nothing can satisfy it.

        Raises:
            TypeError: it is something else.
        """
        if said is True:
            return
        if said is False:
            said = Row([1.0], [getattr(self, NOTHING)[None]], -1, 1.0)
        if type(said) is not Row or said.side is None:
            raise TypeError(f"'{name}' says what a sheet does not understand")
        self.coefs.extend(said.coefs)
        self.columns.extend([column.at for column in said.columns])
        self.ends.append(len(self.coefs))
        self.rows.append((name, index))
        self.kinds.append(said.kind)
        self.sides.append(said.side)

    def minimise(self, said: Any) -> None:
        """Say what is minimised.

        Raises:
            TypeError: it is no sum.
        """
        if type(said) is not Sum:
            raise TypeError("what is minimised is a sum of columns")
        self.objective = [(coef, column.at) for coef, column in zip(said.coefs, said.columns, strict=True)]


def members(index: Iterable[Hashable]) -> list[Hashable]:
    """Indices, each once, as Pyomo's sets keep them."""
    return [i[0] if type(i) is tuple and len(i) == 1 else i for i in dict.fromkeys(index)]
