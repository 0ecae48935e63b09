"""Tables of a study of measures: one row for each measure, and what it rests on."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from optimizer.effectiveness.fiscal import Outlay
from optimizer.effectiveness.measure import GROUPS, RESERVE, WHOLE, WORKING, Key, Measure
from optimizer.effectiveness.money import Added, Payments
from optimizer.effectiveness.operate import Operated
from optimizer.effectiveness.payers import PUBLIC_SHARE, Dependence
from optimizer.network.appropriations import appropriations_of
from optimizer.network.tables import Network
from optimizer.plan.columns import rows_of
from optimizer.plan.plan import Plan

COLUMNS: dict[str, tuple[str, ...]] = {
    "measures": (
        "plan", "kind", "measure", "options", "capacity", "unit", "capex", "outlay", "outlay_discounted", "windfall",
        "system", "saved", "avoided", "worst", "worst_avoided", "public_per_capacity", "public_per_avoided",
        "system_per_avoided", "strictest", "public_per_strictest", "system_per_strictest", "stock_kept", "status",
    ),
    "futures": (
        "plan", "kind", "measure", "future", "probability", "channel", "material", "short", "without", "avoided",
    ),
    "capacity": (
        "plan", "kind", "measure", "stage", "materials", "options", "capacity", "capex", "outlay_discounted",
        "public_per_capacity", "capex_per_capacity",
    ),
    "authorities": ("plan", "kind", "measure", "appropriation", "authority", "usd", "discounted"),
    "outlay": (
        "plan", "year", "appropriation", "authority", "account", "instrument", "recipient", "item", "usd", "nominal",
        "discounted",
    ),
    "owed": ("plan", "year", "instrument", "kind", "facilities", "usd", "public"),
}  # fmt: skip
"""Columns of each table; `measures` has further ones, `avoided_CHANNEL` and `worst_avoided_CHANNEL`."""
WORDS = frozenset(
    [
        "plan", "kind", "measure", "unit", "worst", "strictest", "status", "future", "channel", "material", "stage",
        "materials", "appropriation", "authority", "account", "instrument", "recipient", "item",
    ]
)  # fmt: skip
WHOLE_NUMBERS = dict.fromkeys(["options", "year", "facilities"], "Int64")
NOISE = 1e-3
"""Tonnes over the horizon that are the solver's rounding."""
ROUNDING = 1e-7
"""Relative: by how much two costs differ that a solver tells as the same."""
DONE = "done"


@dataclass(frozen=True, slots=True)
class Case:
    """A plan whose measures are told.

    Attributes:
        name: of the plan.
        plan: with tables.
        network: of its instance.
        lines: all of its outlay.
        payments: the same, by measure.
        dependence: which facilities cannot be without which instrument.
        measures: of the plan.
    """

    name: str
    plan: Plan
    network: Network
    lines: Sequence[Outlay]
    payments: Payments
    dependence: Dependence
    measures: Sequence[Measure]


def tables_of(cases: Iterable[Case], found: Mapping[tuple[str, Key], Operated]) -> dict[str, pd.DataFrame]:
    """All tables.

    Args:
        cases: the plans.
        found: (plan, what is taken away) -> what came of it; what was not operated yet is not there.
    """
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in COLUMNS}
    channels: dict[str, None] = {}
    for case in cases:
        mine = case.plan.instance.served_channels
        channels |= dict.fromkeys(mine)
        for measure in case.measures:
            _measure(case, measure, found, mine, rows)
        authority = {name: one.authority for name, one in appropriations_of(case.network).items()}
        for line in case.lines:
            named = {name: getattr(line, name) for name in COLUMNS["outlay"] if hasattr(line, name)}
            rows["outlay"].append({"plan": case.name, "authority": authority.get(line.appropriation) or ""} | named)
        rows["owed"] += _owed(case)
    by_channel = [f"{what}_{channel}" for what in ("avoided", "worst_avoided") for channel in channels]
    frames = {}
    for name, columns in COLUMNS.items():
        frame = pd.DataFrame(rows[name], columns=[*columns, *(by_channel if name == "measures" else ())])
        frames[name] = frame.astype({c: WHOLE_NUMBERS.get(c, float) for c in frame.columns if c not in WORDS})
    return frames


def _measure(
    case: Case, measure: Measure, found: Mapping[tuple[str, Key], Operated], channels: Sequence[str],
    rows: dict[str, list[dict[str, Any]]],
) -> None:  # fmt: skip
    """The rows of one measure."""
    head = {"plan": case.name, "kind": measure.kind, "measure": measure.id}
    whole = found.get((case.name, WHOLE.key))
    gone = whole if measure.idle else found.get((case.name, measure.key))
    effect = _effect(case, channels, whole, gone, head, rows["futures"])
    paid = case.payments.of(measure)
    discounted = math.fsum(part.discounted for part in paid)
    authority = {name: one.authority for name, one in appropriations_of(case.network).items()}
    rows["authorities"] += [
        head | {"appropriation": part.appropriation, "authority": authority.get(part.appropriation) or "",
                "usd": part.usd, "discounted": part.discounted}
        for part in paid
    ]  # fmt: skip
    added = case.payments.added(measure.funded)
    rows["capacity"] += [head | _capacity(part) for part in added]
    row: dict[str, Any] = head | {"options": len(measure.funded) or None}
    row |= _size(case, measure, added) | effect
    row |= {"outlay": math.fsum(part.usd for part in paid), "outlay_discounted": discounted}
    payer = PUBLIC_SHARE if measure.kind == PUBLIC_SHARE else measure.id
    if measure.kind not in GROUPS and payer in case.dependence.needed:
        row["windfall"] = case.payments.windfall(measure, case.dependence.needed[payer])
    row["public_per_capacity"] = _per(discounted, row["capacity"])
    # What an option avoids it avoids with all that can only be built on it, so that their money counts too.
    every = measure if measure.kind not in GROUPS else dataclasses.replace(measure, funded=measure.gone)
    whole_paid = math.fsum(part.discounted for part in case.payments.of(every))
    row["public_per_avoided"] = _per(whole_paid, row.get("avoided"))
    row["system_per_avoided"] = _per(row.get("system"), row.get("avoided"))
    row["strictest"] = channels[0]
    row["public_per_strictest"] = _per(whole_paid, row.get(f"avoided_{channels[0]}"))
    row["system_per_strictest"] = _per(row.get("system"), row.get(f"avoided_{channels[0]}"))
    rows["measures"].append(row)


def _size(case: Case, measure: Measure, added: Sequence[Added]) -> dict[str, Any]:
    """Capacity; blank where it is of several stages, for a tonne of ore is none of magnets."""
    if measure.kind in (RESERVE, WORKING):
        return {"capacity": case.payments.held(measure.store), "unit": "t held", "capex": None}
    capex = math.fsum(case.network.starts.options[funding[:2]].capex for funding in measure.funded)
    only = added[0].capacity if len(added) == 1 else None
    return {
        "capacity": only,
        "unit": None if only is None else f"t/yr {added[0].stage}",
        "capex": capex if measure.funded else None,
    }


def _capacity(part: Added) -> dict[str, Any]:
    return {
        "stage": part.stage, "materials": part.materials, "options": part.options, "capacity": part.capacity,
        "capex": part.capex, "outlay_discounted": part.discounted,
        "public_per_capacity": _per(part.discounted, part.capacity),
        "capex_per_capacity": _per(part.capex, part.capacity),
    }  # fmt: skip


def _per(usd: float | None, amount: float | None) -> float | None:
    """USD per unit; blank where there is nothing of it, or less."""
    return usd / amount if usd is not None and amount is not None and amount > NOISE else None


def _effect(
    case: Case, channels: Sequence[str], whole: Operated | None, gone: Operated | None, head: Mapping[str, Any],
    futures: list[dict[str, Any]],
) -> dict[str, Any]:  # fmt: skip
    """What the futures are with the plan whole and without a measure."""
    if whole is None or gone is None:
        return {"status": "not operated yet"}
    lacking = list(dict.fromkeys([*whole.lacking, *gone.lacking]))
    lines = _by_future(case, whole, gone)
    for (future, channel, material), (with_it, without) in lines.items():
        amounts = {"short": with_it, "without": without, "avoided": _rounded(without - with_it)}
        about = {"future": future, "probability": case.network.probability[future], "channel": channel}
        futures.append(dict(head) | about | {"material": material} | amounts)
    if lacking:
        reason = gone.why or whole.why or f"cannot be operated in {', '.join(lacking)}"
        subject = "the plan" if whole.lacking else "without it"
        return {"status": f"{subject}: {reason}", "stock_kept": gone.stock_kept}
    weight = case.network.probability
    avoided: dict[tuple[str, str], float] = {}
    left: dict[str, tuple[float, ...]] = {}
    for future in case.network.path:
        mine = dict.fromkeys(channels, (0.0, 0.0))
        for (name, channel, _), (with_it, without) in lines.items():
            if name == future:
                mine[channel] = (mine[channel][0] + with_it, mine[channel][1] + without)
        avoided |= {(future, channel): _rounded(after - before) for channel, (before, after) in mine.items()}
        left[future] = tuple(round(mine[channel][1] / NOISE) for channel in channels)
    worst = max(left, key=lambda future: left[future])
    expected = {k: math.fsum(weight[future] * avoided[future, k] for future in left) for k in channels}
    return {
        "status": DONE,
        "stock_kept": gone.stock_kept,
        "saved": _more({f: weight[f] for f in left}, gone.usd, whole.usd),
        "system": _more({f: weight[f] for f in left}, whole.paid, gone.paid),
        "avoided": math.fsum(expected.values()),
        "worst": worst,
        "worst_avoided": math.fsum(avoided[worst, k] for k in channels),
        **{f"avoided_{k}": expected[k] for k in channels},
        **{f"worst_avoided_{k}": avoided[worst, k] for k in channels},
    }


def _by_future(case: Case, whole: Operated, gone: Operated) -> dict[tuple[str, str, str], tuple[float, float]]:
    """Short with the plan whole, and without a measure, where either is; of futures that both can be operated in."""
    order = list(case.network.path)
    keys = {key for one in (whole, gone) for key in one.short}
    shown = [key for key in keys if not {key[0]} & {*whole.lacking, *gone.lacking}]
    return {
        key: (whole.short.get(key, 0.0), gone.short.get(key, 0.0))
        for key in sorted(shown, key=lambda key: (order.index(key[0]), *key[1:]))
    }


def _more(weight: Mapping[str, float], usd: Mapping[str, float], than: Mapping[str, float]) -> float:
    """By how much one cost is more than another on the mean over futures; less than rounding is nothing."""
    found = math.fsum(p * (usd[future] - than[future]) for future, p in weight.items())
    return 0.0 if abs(found) < ROUNDING * max(1.0, *map(abs, than.values())) else found


def _rounded(tonnes: float) -> float:
    return 0.0 if abs(tonnes) < NOISE else tonnes


def _owed(case: Case) -> list[dict[str, Any]]:
    """What is owed at the end of each year by instrument, and what of it governments stand to lose."""
    finance = case.plan.instance.finance
    kinds = {} if finance is None else {one.id: one.kind for one in finance.instruments}
    sums: dict[tuple[int, str], tuple[set[str], float, float]] = {}
    for row in rows_of(case.plan.owed):
        who, usd, public = sums.get((int(row.year), row.instrument), (set(), 0.0, 0.0))
        sums[int(row.year), row.instrument] = (who | {row.facility}, usd + row.usd, public + row.public)
    return [
        {"plan": case.name, "year": year, "instrument": i, "kind": kinds[i], "facilities": len(who), "usd": usd,
         "public": public}
        for (year, i), (who, usd, public) in sorted(sums.items())
    ]  # fmt: skip
