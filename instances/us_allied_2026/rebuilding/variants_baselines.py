"""Three baselines: what operates, what is financed, what is announced; each also with nothing else funded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import network
from .overlay import Overlay
from .tables import Out, Row, flow, number, read

FINANCED = ("construction_financed", "deal_signed")
ANNOUNCED = (*FINANCED, "announced")
ALL = (*ANNOUNCED, "stalled", "studied")
# Where project_status.csv has no row, the status in the dossier says it.
BY_DOSSIER = {"planned": "announced", "permitted": "announced", "operating": "announced", "idle": "stalled"}
Key = tuple[str, str]


def statuses() -> dict[Key, Row]:
    """Rows of project_status.csv, by facility and option; `existing` for what stands."""
    found = {(row["facility"], row["item"]): row for row in read("project_status")}
    for key, row in found.items():
        allowed = ("operating",) if key[1] == "existing" else ALL
        if row["status"] not in allowed:
            raise ValueError(f"project_status.csv {' '.join(key)}: status '{row['status']}' is not one of {allowed}")
    return found


def status_of(option: Out, known: dict[str, network.Plant], rows: dict[Key, Row]) -> str:
    """The class of an option."""
    row = rows.get((option["facility"], option["id"]))
    return row["status"] if row else BY_DOSSIER.get(known[option["facility"]].status, "announced")


def online(options: list[Out], rows: dict[Key, Row]) -> dict[Key, int]:
    """Year on line: as announced, never before the option and the one it follows can be there."""
    found: dict[Key, int] = {}
    waiting = list(options)
    while waiting:
        option = waiting.pop(0)
        key = (option["facility"], option["id"])
        first = option["earliest"]
        if option["after"]:
            before = (option["facility"], option["after"])
            if before not in found:
                waiting.append(option)
                continue
            first = max(first, found[before])
        said = rows[key]["on_line"] if key in rows else ""
        found[key] = max(first + option["lead"], int(said or 0))
    return found


def require(key: Key, year: int, row: Row | None) -> dict[str, Any]:
    """A rule that an option is on line by a year."""
    says = {"source": f"sources/project_status.csv {' '.join(key)}"}
    if row:
        says |= {"confidence": row["confidence"], "note": f"{row['status'].replace('_', ' ')}: {row['why']}"}
    return {"rule": "require", "facility": key[0], "option": key[1], "by": year, **says}


def money(options: Iterable[Out]) -> str:
    """The capex of options, in words."""
    return f"{number(sum(option['capex'] for option in options) / 1e6, 3)} million USD"


def forbid(options: list[Out], kept: set[Key]) -> list[dict[str, Any]]:
    """Rules that nothing is funded but what is kept."""
    rules = []
    for facility in dict.fromkeys(option["facility"] for option in options):
        mine = [(facility, option["id"]) for option in options if option["facility"] == facility]
        says = {"source": "own estimate", "confidence": "C"}
        if not set(mine) & kept:
            rules.append({"rule": "forbid", "facility": facility, **says})
        else:
            rules += [
                {"rule": "forbid", "facility": facility, "option": name, **says}
                for _, name in mine
                if (facility, name) not in kept
            ]
    return rules


def claims(facilities: Iterable[str], there: set[Key]) -> list[dict[str, Any]]:
    """Offtakes with tonnes as claims, unless the base has them."""
    found = []
    for row in read("deals"):
        owed = row["kind"] == "offtake" and row["share"] and row["facility"] in facilities
        if not owed or (row["facility"], row["to"]) in there:
            continue
        claim = {"facility": row["facility"], "to": row["to"], "share": float(row["share"])}
        claim["materials"] = flow(row["materials"])
        if row["until"]:
            claim["until"] = int(row["until"])
        found.append(claim | {"source": row["source"], "confidence": row["confidence"], "note": row["why"]})
    return found


def added(rules: list[dict[str, Any]], owed: list[dict[str, Any]]) -> dict[str, Any]:
    """Rules, and claims where there are any."""
    return {"policy": {"rules": rules}} | ({"claims": owed} if owed else {})


def alone(name: str, words: str, options: list[Out], kept: set[Key], document: dict[str, Any]) -> Overlay:
    """The same baseline with no decision of the planner's."""
    counts = [rule for rule in document["policy"]["rules"] if rule["rule"] == "count"]
    body: dict[str, Any] = {}
    if counts:
        body["remove"] = {"policy": {"rules": [{"rule": "count"}]}}
    body["add"] = {"policy": {"rules": forbid(options, kept)}}
    return Overlay(
        f"{name}_alone",
        f"{words}, and nothing else",
        f"As {name}.yaml, with every other option forbidden: what is there if nobody decides anything more. Rules that "
        "ask for new plants (count) go, since nothing can meet them; shortages show what is missing.",
        body,
        (f"{name}.yaml",),
    )


def overlays(known: dict[str, network.Plant], options: list[Out], document: dict[str, Any]) -> list[Overlay]:
    """The three baselines, open and alone."""
    rows = statuses()
    check_existing(known, rows)
    years = online(options, rows)
    index = {(option["facility"], option["id"]): option for option in options}
    rules = document["policy"]["rules"]
    required = [(rule["facility"], rule["option"]) for rule in rules if rule["rule"] == "require"]
    free = {key: status_of(option, known, rows) for key, option in index.items() if key not in required}
    signed = [key for key, kind in free.items() if kind in FINANCED and years[key] <= network.LAST]
    spoken = [key for key, kind in free.items() if kind == "announced" and years[key] <= network.LAST]
    late = [" ".join(key) for key, kind in free.items() if kind == "announced" and years[key] > network.LAST]
    there = {(row["facility"], row["to"]) for row in read("claims")}
    building = {key[0] for key in [*required, *signed]}

    operates = Overlay(
        "operates",
        "Baseline: what operates",
        "What produces in November 2026 is there with its ramp, and nothing else is: plants in construction are no "
        "longer taken for granted, and the Chinese line that the base brings in later is out. "
        f"{len(required)} rules that require committed plants go; their options stay, at the cost to complete "
        f"({money(index[key] for key in required)}), as every other option does: a baseline says what is there "
        "without a decision, and does not narrow what a planner may decide. With nothing funded at all: "
        "operates_alone.yaml. Status of each project: sources/project_status.csv.",
        {"remove": {"policy": {"rules": [{"rule": "require"}]}}} | existing(rows, "running", "what runs today"),
    )
    terms = "; ".join(f"{row['facility']}: {row['why']}" for row in read("deals") if not row["share"])
    old, new = already_started(rules, signed, known)
    financed = Overlay(
        "financed",
        "Baseline: what is financed",
        "The base requires what is built with its money in place. Here what is signed counts too: plants whose owner "
        f"builds or expands with a loan, award or contract behind it. {len(signed)} more options are required, on "
        "line as announced or as soon as their lead allows, at a cost to complete of "
        f"{money(index[key] for key in signed)} beside the {money(index[key] for key in required)} of the base's; "
        "the capex of a plan's portfolio keeps each apart. "
        "Limits on fundings per year leave room for them, since they have started already. Signed offtakes with tonnes "
        f"are claims. Terms that the model has no place for: {terms}.",
        ({"remove": {"policy": {"rules": old}}} if old else {})
        | {"add": added([*(require(key, years[key], rows.get(key)) for key in signed), *new], claims(building, there))},
    )
    body: dict[str, Any] = {"remove": {"policy": {"rules": [{"rule": "starts"}]}}}
    spoken_rules = [require(key, years[key], rows.get(key)) for key in spoken]
    body |= existing(rows, "announced", "as announced")
    body["add"] = added(spoken_rules, claims({key[0] for key in spoken} - building, there))
    announced = Overlay(
        "announced",
        "Baseline: what is announced",
        "Every project announced comes as announced, at its size and in its year or as soon as its lead "
        "allows, Chinese lines too: an upper bound on supply and no "
        f"forecast. {len(spoken)} more options are required than in financed.yaml, at "
        f"{money(index[key] for key in spoken)}. Limits on fundings per year go, since the announcements exceed "
        "them. Stalled projects, and expansions that are only studied, stay a planner's choice."
        + (f" Past the horizon: {', '.join(late)}." if late else ""),
        body,
        ("financed.yaml",),
    )
    kept = {*required, *signed}
    return [
        operates,
        alone("operates", "What operates", options, set(), document),
        financed,
        alone("financed", "What is financed", options, kept, document),
        announced,
        alone("announced", "What is announced", options, kept | set(spoken), document),
    ]


def already_started(
    rules: list[dict[str, Any]], signed: list[Key], known: dict[str, network.Plant]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Limits on fundings per year to take out, and the same with room for what has started already."""
    old, new = [], []
    for rule in rules:
        if rule["rule"] != "starts":
            continue
        places = rule.get("countries")
        count = sum(places is None or known[facility].country in places for facility, _ in signed)
        if count:
            old.append({key: rule[key] for key in ("rule", "countries") if key in rule})
            room = {network.FIRST: rule["max"] + count, network.FIRST + 1: rule["max"]}
            note = f"new starts; room in the first year for {count} plants that are signed and have started already"
            new.append(rule | {"max": room, "note": note})
    return old, new


def existing(rows: dict[Key, Row], column: str, words: str) -> dict[str, Any]:
    """Existing capacity where a baseline differs from the base: what runs today, or what its owner has announced."""
    found = {
        facility: {
            "capacity": flow(row[column]),
            "source": row["source"],
            "confidence": row["confidence"],
            "note": f"{words}; {row['why']}",
        }
        for (facility, item), row in rows.items()
        if item == "existing" and row[column]
    }
    return {"facilities": found} if found else {}


def check_existing(known: dict[str, network.Plant], rows: dict[Key, Row]) -> None:
    """What stands as existing produces: each such plant has a status, and no unit starts above what runs.

    Raises:
        ValueError: naming every plant that has no row `existing` in project_status.csv, whose row in the dossier does
            not say `operating` while no reason stands in project_status.csv, or whose capacity in the first year is
            more than its column `running`.
    """
    faults = []
    for name, plant in known.items():
        units = {unit: value for unit, value in plant.existing.items() if _most(value)}
        row = rows.get((name, "existing"))
        if bool(units) != bool(row):
            faults.append(f"{name}: {'existing capacity' if units else 'no existing capacity'}, so its row `existing` "
                          f"is {'missing' if units else 'too much'}")  # fmt: skip
        elif row and plant.status != "operating" and not row["why"]:
            faults.append(f"{name}: the dossier says {plant.status}, and no reason is given why it counts as existing")
        elif row and row["running"]:
            runs = flow(row["running"])
            faults += [
                f"{name}: {unit} is {_first(value)} t in {network.FIRST}, and {runs.get(unit, 0)} t run"
                for unit, value in units.items()
                if _first(value) > runs.get(unit, 0)
            ]
    if faults:
        raise ValueError("plants.csv and project_status.csv disagree on what produces:\n" + "\n".join(faults))


def _most(value: Any) -> float:
    """The largest capacity of a series."""
    return max(value.values()) if isinstance(value, dict) else value


def _first(value: Any) -> float:
    """The capacity in the first year of a series."""
    return value[min(value)] if isinstance(value, dict) else value
