"""Who pays for stock: the table of what stockpiles cost governments and whoever holds them, from that of stock."""

from __future__ import annotations

from collections import defaultdict

from optimizer.verifier.case import Case
from optimizer.verifier.futures import TRUNK
from optimizer.verifier.stores import price_steps_paid, stock_money
from optimizer.verifier.verdict import At

_AMOUNTS = ("purchase", "price_step", "holding", "given_out")
_Key = tuple[int, str, str]


def check_stock_payers(case: Case) -> None:
    """Every amount by payer; where governments pay a share, whoever holds the stock pays the rest."""
    if "stock_payers" not in case.rows.told:
        return  # of an earlier version: `outlay` says it all where governments pay all or nothing, else it is missed
    whole = _costs(case)
    stated = {(row.period, row.stockpile, row.material, row.payer): row for row in case.rows.stock_payers}
    for (period, name, material), amounts in whole.items():
        record = case.instance.stockpiles[name]
        public = record.public_share if record.is_public else 0.0
        scale = max(abs(usd) for usd in amounts.values())
        for payer, share in (("public", public), ("holder", 1.0 - public)):
            row = stated.pop((period, name, material, payer), None)
            at = At(f"{name} {payer}", period, material)
            for what in _AMOUNTS:
                got = 0.0 if row is None else getattr(row, what)
                case.ledger.equal("stock_payers", at, got, share * amounts[what], what, "USD", scale)
    for period, name, material, payer in stated:
        at = At(f"{name} {payer}", period, material)
        case.ledger.holds("stock_payers", at, False, "there is no such payer, or nothing of it in store")


def _costs(case: Case) -> dict[_Key, dict[str, float]]:
    """What is paid, and given out, USD on the trunk, whoever pays."""
    found: dict[_Key, dict[str, float]] = defaultdict(lambda: dict.fromkeys(_AMOUNTS, 0.0))
    for row in case.rows.stock:
        if row.scenario != TRUNK:
            continue
        usd = found[row.period, row.stockpile, row.material]
        each = case.facts.paid_price(row.stockpile, row.material, row.channel, case.facts.periods[row.period])
        usd["purchase"] += row.in_ * each
        usd["given_out"] += row.out * each
        usd["holding"] += stock_money(case, row)[0]
    for name, material, period, more in price_steps_paid(case):
        found[period, name, material]["price_step"] += more
    return found
