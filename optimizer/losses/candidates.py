"""What may be lost: facilities, owners, countries, lanes or tags, and what each of them takes along."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from optimizer.instance.instance import Instance

KINDS: dict[str, str] = {
    "facilities": "facility",
    "owners": "owner",
    "countries": "country",
    "lanes": "lane",
    "tags": "tag",
}
"""Kinds of losses, and the word for one of each."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that may be lost.

    Attributes:
        id: its name: of a facility, an owner, a country, a lane as `from>to`, a tag.
        facilities: what runs nothing while it is lost.
        links: `lane:N` and `freight:N` (N the row's number) that carry nothing while it is lost.
    """

    id: str
    facilities: frozenset[str] = frozenset()
    links: frozenset[str] = frozenset()


def losses_of(instance: Instance, of: str) -> dict[str, Loss]:
    """Everything of a kind that may be lost, by name, in the order of the instance.

    An owner takes along every facility that it holds directly, whatever its share, as `owner` in `where` does. A lane
    is the way from one place or region to another: all rows between the two are lost together.

    Args:
        instance: the instance.
        of: one of `KINDS`.
    """
    found: dict[str, set[str]] = defaultdict(set)
    if of in ("lanes", "tags"):
        rows = [(f"lane:{number}", row.from_, row.to, row.tags) for number, row in enumerate(instance.lanes)]
        freight = instance.logistics.freight
        rows += [(f"freight:{number}", row.from_, row.to, row.tags) for number, row in enumerate(freight)]
        for link, start, end, tags in rows:
            for name in tags if of == "tags" else (f"{start}>{end}",):
                found[name].add(link)
        return {name: Loss(name, links=frozenset(links)) for name, links in found.items()}
    for name, facility in instance.facilities.items():
        for key in {"facilities": (name,), "owners": tuple(facility.owners), "countries": (facility.country,)}[of]:
            found[key].add(name)
    return {name: Loss(name, facilities=frozenset(members)) for name, members in found.items()}
