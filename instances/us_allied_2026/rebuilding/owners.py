"""The ownership graph: who holds what share of facilities and of companies."""

from __future__ import annotations

from dataclasses import dataclass, field

from .network import Plant
from .tables import Out, Row, cite, joined, letter, read, slug

# One name for one legal person.
SAME = {
    "us_department_of_defense": "us_department_of_war",
    "serra_verde": "svre_holdings",
    "institute_of_multipurpose_utilization_of_mineral": "imumr_cags",
}
# Countries of companies that the ownership tables name only as held.
COMPANY_COUNTRY = {
    "mp_materials": "USA",
    "evac_magnetics": "USA",
    "vacuumschmelze": "DEU",
    "less_common_metals": "GBR",
    "vulcan_elements": "USA",
    "australian_strategic_materials": "AUS",
    "noveon_magnetics": "USA",
    "arnold_magnetic_technologies": "USA",
    "js_link_america": "USA",
    "js_link": "KOR",
    "proterial": "JPN",
    "realloys": "USA",
    "magnetic_holdings_llc": "USA",
    "compass_diversified": "USA",
    "cotec_holdings": "CAN",
    "mkango_resources": "CAN",
    "ara_partners": "USA",
    "bain_capital_consortium": "USA",
    "svre_holdings": "GBR",
}


def owner_id(name: str) -> str:
    """The id of a legal person."""
    word = slug(name)
    return SAME.get(word, word)


@dataclass(frozen=True)
class Link:
    """A share that one person holds of a facility or of another person."""

    held: str
    owner: str
    share: float
    source: str
    confidence: str
    note: str
    facility: bool
    row: tuple[str, str]


@dataclass
class Graph:
    """The links, the persons, and which rows were used."""

    links: list[Link] = field(default_factory=list)
    names: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    used: dict[str, set[str]] = field(default_factory=dict)


def upstream_key(row: Row) -> str:
    """What names a row of ownership_upstream.csv."""
    return f"{row['owner']} > {row['owned']}" + (f" ({row['link_type']})" if row["link_type"] != "equity" else "")


def is_share(row: Row) -> bool:
    """Whether a row is a shareholding with a percentage."""
    kind = row["link_type"]
    return (kind.startswith("equity") or kind == "earn-in") and bool(row["pct"]) and float(row["pct"]) > 0


def candidate_links(known: dict[str, Plant]) -> tuple[list[Link], dict[str, tuple[str, str]]]:
    """Every share in the tables, and the name and country of every person in them."""
    links: list[Link] = []
    persons: dict[str, tuple[str, str]] = {}
    for row in read("ownership_upstream"):
        persons.setdefault(owner_id(row["owner"]), (row["owner"], row["owner_country"][:3]))
        if not is_share(row):
            continue
        here = row["owned"] in known
        held = row["owned"] if here else owner_id(row["owned"])
        links.append(
            Link(
                held,
                owner_id(row["owner"]),
                float(row["pct"]) / 100,
                cite("ownership_upstream", row["owner"], row["source"]),
                letter(row["confidence"]),
                joined("" if row["link_type"] == "equity" else row["link_type"], row["note"]),
                here,
                ("ownership_upstream", upstream_key(row)),
            )
        )
    downstream = {row["row_id"]: row for row in read("ownership_downstream")}
    for row in downstream.values():
        persons.setdefault(owner_id(row["owner"]), (row["owner"], row["owner_country"][:3]))
    for row in read("ownership_reading"):
        origin = downstream[row["row"]]
        persons.setdefault(owner_id(row["owner"]), (row["owner"], ""))
        facility = row["kind"] == "facility"
        links.append(
            Link(
                row["held"] if facility else owner_id(row["held"]),
                owner_id(row["owner"]),
                float(row["share"]),
                cite("ownership_downstream", row["row"], origin["source"]),
                row["confidence"],
                row["note"],
                facility,
                ("ownership_downstream", row["row"]),
            )
        )
    for row in read("operators"):
        persons.setdefault(owner_id(row["owner"]), (row["owner"], row["country"]))
        links.append(
            Link(
                row["facility"],
                owner_id(row["owner"]),
                1.0,
                f"sources/operators.csv {row['facility']}: {row['why']}",
                row["confidence"],
                "operator taken as owner",
                True,
                ("operators", row["facility"]),
            )
        )
    return links, persons


def graph(known: dict[str, Plant]) -> Graph:
    """The links that lead to facilities of the instance."""
    links, persons = candidate_links(known)
    found = Graph()
    seen: set[tuple[str, str, bool]] = set()
    wanted: list[str] = []

    def take(link: Link) -> None:
        found.used.setdefault(link.row[0], set()).add(link.row[1])
        key = (link.held, link.owner, link.facility)
        if key in seen:
            return
        seen.add(key)
        found.links.append(link)
        if link.owner not in wanted:
            wanted.append(link.owner)

    owned: set[str] = set()
    for table in ("ownership_upstream", "ownership_downstream", "operators"):
        for link in links:
            if link.row[0] != table or not link.facility or link.held not in known:
                continue
            if table == "operators" and link.held in owned:
                continue
            take(link)
        owned = {link.held for link in found.links if link.facility}
    missing = sorted(set(known) - owned)
    if missing:
        raise ValueError(f"no owner for {', '.join(missing)}")
    for person in wanted:  # grows while we look up the graph
        for link in links:
            if not link.facility and link.held == person:
                take(link)
    for person in wanted:
        name, country = persons[person]
        country = COMPANY_COUNTRY.get(person, country)
        source = next(link.source for link in found.links if link.owner == person)
        found.names[person] = (name, country, source)
    return found


def owner_rows(found: Graph) -> list[Out]:
    """The table of owners."""
    marks = {link.owner: link.confidence for link in reversed(found.links)}
    return [
        {
            "id": person,
            "name": name,
            "country": country,
            "source": source,
            "confidence": marks[person],
        }
        for person, (name, country, source) in sorted(found.names.items())
    ]


def link_rows(found: Graph, facility: bool) -> list[Out]:
    """The table of shares of facilities, or of owners."""
    column = "facility" if facility else "held"
    return [
        {
            column: link.held,
            "owner": link.owner,
            "share": link.share,
            "source": link.source,
            "confidence": link.confidence,
            "note": link.note,
        }
        for link in found.links
        if link.facility == facility
    ]
