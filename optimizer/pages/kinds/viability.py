"""The page of a test of viability."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from optimizer.briefs.viabilities import NO_WEIGHT, coverage, say
from optimizer.briefs.words import rough
from optimizer.closures import Viability
from optimizer.closures.tables import CLOSES, YES
from optimizer.network.tables import BASE
from optimizer.pages.folder import Columns, read_table
from optimizer.pages.page import Content, counted, listed
from optimizer.pages.pictures import MOST_BARS, M, Picture, axis, bars

TABLES = {
    "viability": Columns(
        "facility future funded product verdict_without verdict verdict_on_trunk break_even",
        "onset loss_years_without loss_years loss_from deepest_in",
        "value_without value value_on_trunk residual left deepest_without deepest least_floor",
    ),
    "results": Columns("facility future course", "year", "sales inputs activity fixed paid guarded result"),
    "payments": Columns("instrument facility future", "year", "usd"),
    "liability": Columns(
        "instrument kind future", "worst_year", "probability pays earns net discounted worst_year_usd"
    ),
    "instruments": Columns(
        "instrument kind worst_future", "worst_year",
        "expected expected_discounted worst worst_discounted worst_year_usd",
    ),
    "plants": Columns(
        "facility stage country funded product base worst_future deepest_future floor_future",
        "closes_without disturbed closes",
        "probability_without probability worst_without worst_value deepest least_floor",
    ),
    "futures": Columns(
        "future", "onset tested idle on_trunk_too closes_without closes kept_open not_break_even",
        "probability pays deepest",
    ),
    "remedies": Columns(
        "future", "plants beyond unmet still",
        "probability grants grants_discounted least_floors least_floors_discounted floors floors_discounted even_at",
    ),
    "needs": Columns(
        "facility future product met", "", "grant grant_discounted room floor floor_usd floor_discounted"
    ),
    "floors": Columns("material plants facility future", "closing", "usd"),
    "lacking": Columns("facility funded material use", "", "tonnes"),
}  # fmt: skip


def read(folder: Path, info: dict[str, Any]) -> Viability:
    """A test of viability from its folder."""
    return Viability(info, **{name: read_table(folder, name, columns) for name, columns in TABLES.items()})


def _alerts(found: Viability) -> Iterator[str]:
    funded = found.lacking[found.lacking["funded"] == YES]["facility"].unique()
    if len(found.lacking):
        said = f", {len(funded)} of them funded: {listed(funded)}" if len(funded) else ""
        number = counted(int(found.lacking["facility"].nunique()), "plant")
        yield f"Not tested, for want of a price: {number}{said}."
    if found.info["weightless"]:
        yield f"Not told: {listed(found.info['weightless'])}, {NO_WEIGHT}."


def _answer(found: Viability) -> Iterator[str]:
    plants = found.plants
    at_reference = plants[plants["base"] == CLOSES]
    if found.info["funded"] and not found.info["funded_tested"]:
        yield "Nothing is known of the plants that the plan funds: none of them has the prices that a test needs."
    yield (
        f"Tested are {coverage(found.info)} and {len(at_reference)} of them cannot pay what closing would avoid at "
        f"reference prices, without floors, at a hurdle rate of {found.info['hurdle_rate']:.1%}."
    )
    more = plants[plants["disturbed"] > 0]
    if len(more):
        still = more[more["closes"] > 0]
        names = listed(more["facility"])
        yield f"Close without floors in some future, and would not in the same year without it: {names}."
        yield f"With floors and purchases {len(more) - len(still)} of these go on in every future."
    else:
        yield "No other of these closes that would not in the same year without what happens."
    later = plants[(plants["base"] != CLOSES) & (plants["closes_without"] > plants["disturbed"])]
    if len(later):
        names = listed(later["facility"])
        yield f"Worth what closing avoids over the whole horizon, and not from some later year on: {names}."
    due = found.instruments[found.instruments["worst"] > 0].sort_values("worst", ascending=False, kind="stable")
    if len(due):
        row = due.iloc[0]
        yield (
            f"What may fall due most is {row['instrument']}: {rough(float(row['expected']))} expected, "
            f"{rough(float(row['worst']))} at worst, in {row['worst_future']}."
        )


def _pictures(found: Viability) -> Iterator[Picture]:
    """What going on is worth to each funded plant in its worst future, without floors and with them."""
    rows = found.viability[(found.viability["funded"] == YES) & (found.viability["future"] != BASE)]
    if rows.empty:
        rows = found.viability[found.viability["funded"] == YES]
    if rows.empty:
        return
    rows = rows.sort_values("value_without", kind="stable").drop_duplicates("facility").iloc[:MOST_BARS]
    names = [f"{name} ({future})" for name, future in zip(rows["facility"], rows["future"], strict=True)]
    zero = [0.0] * len(rows)
    without, guarded = [float(one) / M for one in rows["value_without"]], [float(one) / M for one in rows["value"]]
    series: dict[str, Any] = {"with floors": (zero, guarded), "without floors": (zero, without)}
    said = "; ".join(f"{name} {one * M:,.0f}" for name, one in zip(names, without, strict=True))
    yield bars(
        "What going on is worth in the future that is worst for each funded plant",
        f"Value at the onset without floors, USD: {said}.",
        names,
        series,
        axis("M USD at the onset"),
    )


CONTENT: Content[Viability] = Content(
    title=lambda found: f"Viability of {found.info['instance']}, future by future",
    say=say,
    alerts=_alerts,
    answer=_answer,
    pictures=_pictures,
    settings=("hurdle_rate", "crashes_asked", "floors_asked", "floor_for", "tested", "not_tested", "seconds"),
)
