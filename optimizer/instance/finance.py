"""Money that moves private money: whether funded plants pay their way, and the instruments that help them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from optimizer.instance.fields import (
    Amount,
    AmountSeries,
    Id,
    Kind,
    Names,
    PositiveShare,
    Record,
    Row,
    Share,
    ShareSeries,
    Text,
    Truth,
    Year,
)
from optimizer.instance.policy import Lasting, Where
from optimizer.instance.series import Range, Series

MILLION = 1e6
"""USD in the unit of money of a solve's columns, so that they are of the size of tonnes."""

Rate = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]

REFERENCE = "reference"
"""The word for the reference price where a seller stands."""
BuyingPrice = Annotated[Series, Range(words=(REFERENCE,))]


class Bonus(Record):
    """What is paid instead per tonne made in a channel or a stricter one."""

    amount: AmountSeries
    """USD per t."""
    channel: Id
    """Channel in which it is made."""


class _Instrument(Row):
    """What instruments have in common."""

    id: Id
    """Name, as results have it."""
    name: Text | None = None
    """Name for readers."""
    where: Where = Field(default_factory=dict)
    """Fields of a facility, a value or a list each; all must match. `tiers` is the same as `tier`."""
    max_exposure: dict[Kind, Share] = Field(default_factory=dict)
    """A facility with a higher exposure is not eligible, in the years in which it has it; unknown counts as 1."""
    from_: Year | None = Field(default=None, alias="from")
    """First year: of funding where capex is paid for, else of production; default the first of the horizon."""
    until: Year | None = None
    """Last year; default the last of the horizon."""
    budget: Truth = True
    """It counts in `policy.budget`; false for tax credits that are not appropriated."""


class _Capital(_Instrument):
    """What instruments have in common that pay for capex: decided for each funding, paid as the capex is spent."""

    kind: Literal["grant", "loan", "equity"]
    max_share: Share
    """Of capex at most."""
    cap: Amount | None = None
    """USD over all recipients at most, undiscounted."""
    cap_per_recipient: Amount | None = None
    """USD for one facility at most, undiscounted."""
    not_with: tuple[Id, ...] = ()
    """Instruments that a facility which takes this one does not take."""


class Grant(_Capital):
    """A share of capex, decided for each funding; paid as the capex is spent."""

    kind: Literal["grant"]


class Loan(_Capital):
    """A share of capex that is lent, decided for each funding; paid back in equal parts, interest included."""

    kind: Literal["loan"]
    rate: Rate
    """Real interest, per year."""
    term: Lasting
    """Years of repayment, from the year after the plant is on line; what is owed at the horizon's end is due then."""
    expected_loss: Share = 0.0
    """Share of repayments expected never to come."""
    lender: Literal["government", "private"] = "government"
    """Whose money it is."""
    guarantee: Share | None = None
    """Share of what a private lender is owed that the government answers for."""


class Equity(_Capital):
    """Preferred shares for a share of capex, decided for each funding: a fixed dividend, and redeemed at par."""

    kind: Literal["equity"]
    dividend: Rate
    """Share of what was paid in, per year, from the year after the plant is on line."""
    redeemed: Lasting
    """Years on line after which all is paid back; at the horizon's end if that is earlier."""
    expected_loss: Share = 0.0
    """Share of dividends and redemption expected never to come."""


class Stake(_Instrument):
    """A share of what a facility earns, for a share of its private capex: a facility is chosen or not."""

    kind: Literal["stake"]
    share: PositiveShare
    """Of what the facility earns by operating, profit or loss, from the period in which it is first paid in; and of
    what it paid for at the horizon's end."""
    pays: Share | None = None
    """Share of the private part of capex that the government pays in, no less than `share`; default `share`."""
    cap: Amount | None = None
    """USD paid in over all recipients at most, undiscounted."""
    cap_per_recipient: Amount | None = None
    """USD paid in for one facility at most, undiscounted."""
    recipients: Lasting | None = None
    """Facilities that are chosen at most."""
    not_with: tuple[Id, ...] = ()
    """Instruments that a facility which is chosen does not take."""

    @property
    def paid(self) -> float:
        """Share of the private part of capex that is paid in."""
        return self.share if self.pays is None else self.pays


class _PerOutput(_Instrument):
    """What instruments have in common that pay for tonnes, to everybody or to recipients that are chosen."""

    decided: Truth = False
    """Recipients are chosen; else every eligible tonne is paid for, whoever makes it."""
    recipients: Lasting | None = None
    """Facilities that are chosen at most, where they are."""
    cap: Amount | None = None
    """USD paid over all years at most, undiscounted, where recipients are chosen."""
    cap_per_recipient: Amount | None = None
    """The same for one facility."""
    not_with: tuple[Id, ...] = ()
    """Instruments that a facility which is chosen does not take."""


class ProductionCredit(_PerOutput):
    """So much for every eligible tonne made and used: whoever makes it, or who is chosen."""

    kind: Literal["production_credit"]
    material: Names
    """What is made."""
    amount: AmountSeries
    """USD per t, by year."""
    bonus: Bonus | None = None
    """Paid instead where the tonne is made in a channel or a stricter one."""


class CostCredit(_Instrument):
    """A share of what production costs, of every eligible plant."""

    kind: Literal["cost_credit"]
    stage: Names
    """Of the recipes that are run."""
    share: ShareSeries
    """Of the cost, by year."""
    counts: tuple[Literal["activity", "inputs"], ...] = Field(default=("activity",), min_length=1)
    """What counts as cost: activity with custody, inputs at the prices of their channel."""


class Depletion(_Instrument):
    """Percentage depletion: a share of gross income is free of income tax."""

    kind: Literal["depletion"]
    stage: Names
    """Of the materials that are sold."""
    rate: Rate
    """Share of gross income."""
    tax_rate: Rate
    """Income tax saved on it."""


class PriceFloor(_PerOutput):
    """A contract for difference: the government pays up to the floor, and may share what the price is above it."""

    kind: Literal["price_floor"]
    material: Names
    """What is sold."""
    floor: AmountSeries
    """USD per t, by year; no floor in a year where it is 0."""
    upside: Share = 0.0
    """Share of what the price is above the floor that goes to the government."""


class Purchase(_Instrument):
    """A guaranteed purchase for a public stockpile: of whom and how much is decided; it pays above reference prices."""

    kind: Literal["purchase"]
    stockpile: Id
    """Where it goes, and who pays the price of its channel for it."""
    material: Names
    """What is bought."""
    price: BuyingPrice
    """USD per t, by year, for which a plant sells; or `reference`, the reference price where it stands."""
    tonnes: AmountSeries | None = None
    """Bought at most, t per year, of all sellers and materials together."""
    cap: Amount | None = None
    """USD paid above reference prices over all years at most, undiscounted."""
    cap_per_recipient: Amount | None = None
    """The same for one facility."""
    recipients: Lasting | None = None
    """Facilities that it buys of at most."""
    not_with: tuple[Id, ...] = ()
    """Instruments that a facility of which it buys does not take."""


Instrument = Annotated[
    Grant | Loan | Equity | Stake | ProductionCredit | CostCredit | Depletion | PriceFloor | Purchase,
    Field(discriminator="kind"),
]
PerTonne = ProductionCredit | Depletion | PriceFloor
"""Instruments that pay by the tonne sold."""
Capital = Grant | Loan | Equity | Stake
"""Instruments that pay for capex."""
SPENT = frozenset({"grant", "loan", "equity", "stake"})
"""Their kinds: what they pay is counted by calendar years."""
Decidable = ProductionCredit | PriceFloor
"""Instruments whose recipients may be chosen."""


def picks(one: Instrument) -> bool:
    """Whether an instrument has recipients that are decided, and not everybody who is eligible."""
    return isinstance(one, Capital | Purchase) or (isinstance(one, Decidable) and one.decided)


class Finance(Record):
    """Instruments, and whether what is funded must pay its way."""

    perspective: Literal["system", "public"] = "system"
    """Whose cost is least: that of the whole system, or first what governments pay and then that of the system."""
    hurdle_rate: Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]
    """Real return that private money asks for, per year."""
    viability: Truth = False
    """Each funded facility must break even at the hurdle rate, with its instruments."""
    instruments: tuple[Instrument, ...] = ()
    """What a government pays, and for what."""
