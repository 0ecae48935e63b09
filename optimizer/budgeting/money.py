"""What a cut is of: which dollars count, and on which columns of the problem they lie."""

from __future__ import annotations

from dataclasses import dataclass

from optimizer.budgeting.rows import Column, Row, fund, within
from optimizer.near_optimal.rows import Option
from optimizer.network.derive import tables_of
from optimizer.network.starts import Start
from optimizer.network.tables import TRUNK, Network
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan
from optimizer.plan.public_stock import PRICE_STEP

OUTLAY, GRANTS, CAPEX = "outlay", "grants", "capex"
MONEY = {
    OUTLAY: "public outlay, that is the public share of capex, purchases and holding of public stockpiles",
    GRANTS: "the public share of capex",
    CAPEX: "capex, public and private",
}
"""Which dollars may be cut; all undiscounted, over all years, those after the horizon included."""
SLACK = 1e-9
"""Share by which a ceiling is widened, so that what lies on it is under it."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a plan spends, undiscounted USD.

    Attributes:
        capex: of all that it funds.
        grants: public share of that.
        stock: purchases at reference prices and holding of public stockpiles on the trunk.
        steps: what price steps add to these purchases.
    """

    capex: float
    grants: float
    stock: float
    steps: float = 0.0

    def of(self, money: str) -> float:
        """The dollars that a cut is of."""
        return {OUTLAY: self.grants + self.stock + self.steps, GRANTS: self.grants, CAPEX: self.capex}[money]


def spent(plan: Plan) -> Spent:
    """What a plan spends by its tables."""
    by = {"capex": 0.0, "stockpile": 0.0, PRICE_STEP: 0.0}
    for row in rows_of(plan.outlay):
        account = PRICE_STEP if row.instrument == PRICE_STEP and row.account == "stockpile" else row.account
        by[account] = by.get(account, 0.0) + float(row.usd)
    return Spent(float(plan.portfolio["capex"].sum()), by["capex"], by["stockpile"], by[PRICE_STEP])


class Purse:
    """Money on the columns of one instance."""

    def __init__(self, network: Network) -> None:
        """Work out what each funding, and each tonne of a public stockpile, counts."""
        starts = network.starts
        self._spend: dict[Column, float] = {}
        self._share = {option: record.public_share for option, record in starts.options.items()}
        self._option: dict[Column, Option] = {}
        for (facility, option), years in starts.years.items():
            for year in years:
                column = fund((facility, option), year)
                self._spend[column] = sum(usd for _, usd in starts.spend(Start(facility, option, (year,))))
                self._option[column] = facility, option
        trunk = tables_of(network)
        self._stock: list[tuple[Column, float]] = []
        for p, material, k in trunk.stock.stores:
            if p in trunk.stock.public:
                share = trunk.stock.public[p]
                for y in trunk.periods:
                    price = trunk.stock.paid.get((p, material, k, y), 0.0)
                    hold = trunk.stock.holding[p, material, y]
                    self._stock.append(((TRUNK, ("stock_in", (p, material, k, y))), share * price))
                    self._stock.append(((TRUNK, ("stock", (p, material, k, y))), share * hold))
        # Apart: the columns of steps may be above what is due, so that "at least so much" cannot be said with them.
        self._steps: list[tuple[Column, float]] = [
            ((TRUNK, ("stock_above", index)), trunk.stock.public[index[0]] * usd)
            for index, (_, usd) in trunk.stock.steps.items()
        ]

    def of(self, option: Option, money: str) -> float:
        """What funding an option counts, USD; in whatever year."""
        capex = next((usd for column, usd in self._spend.items() if self._option[column] == option), 0.0)
        return capex if money == CAPEX else capex * self._share[option]

    @property
    def stock(self) -> tuple[tuple[Column, float], ...]:
        """What a tonne in each column of public stockpiles counts, USD; without what price steps add."""
        return tuple(self._stock)

    def rows(self, money: str, most: float, stock: tuple[float, float]) -> list[Row]:
        """Ceilings; they are on the same columns whatever the amounts, so that parts of Benders stay alike.

        Args:
            money: which dollars.
            most: of those, USD.
            stock: what public stockpiles spend at least and at most, USD, without what price steps add.
        """
        fundings = [
            (column, usd if money == CAPEX else usd * self._share[self._option[column]])
            for column, usd in self._spend.items()
        ]
        counted = fundings + self._stock + self._steps if money == OUTLAY else fundings
        both = [(counted, 0.0, most), (self._stock, *stock)]
        return [
            within(terms, low - SLACK * low, high + SLACK * high)
            for terms, low, high in both
            if any(u for _, u in terms)
        ]
