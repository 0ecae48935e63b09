"""Which collected rows the instance uses, which it leaves out and why; and how sure its rows are.

A collected row is used when a row of the instance, of the frame or of the scenario tables names it as a source
(`sources/prices.csv p113`, spans such as `rc195-rc197`), or stands for it (countries, shareholdings). What is
left out is written down by hand in `sources/left_out.csv`, with the reason. Each row must be one or the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from .owners import Graph, upstream_key
from .tables import SOURCES, Out, Row, letter, read

KEYS: dict[str, Callable[[Row], str]] = {
    "upstream_facilities": lambda row: row["id"],
    "downstream_facilities": lambda row: row["id"],
    "ore_baskets": lambda row: row["basket_id"],
    "recipes": lambda row: row["row_id"],
    "magnet_grades": lambda row: row["grade_id"],
    "prices": lambda row: row["row_id"],
    "policy": lambda row: row["row_id"],
    "demand_mdap": lambda row: row["row_id"],
    "demand_mdap_long": lambda row: row["row_id"],
    "demand_commercial": lambda row: row["row_id"],
    "disruption_events": lambda row: row["date"],
    "country_trust": lambda row: row["iso3"],
    "ownership_upstream": upstream_key,
    "ownership_downstream": lambda row: row["row_id"],
}
# Files whose ids say by their form where they belong: an id anywhere is a citation.
FORMS = {
    "recipes": ("rc", r"\brc(\d{3})\b"),
    "prices": ("p", r"\bp(\d{3})\b"),
    "policy": ("pol", r"\bpol(\d{3})\b"),
    "ownership_downstream": ("own", r"\bown(\d{3})\b"),
}
# Tables of other futures, which the instance's scenarios rest on where they exist.
MORE = ("disruptions.csv", "project_record.csv")


def rows(file: str) -> list[str]:
    """The keys of a collected table, in its order."""
    found = [KEYS[file](row) for row in read(file)]
    if len(found) != len(set(found)):
        raise ValueError(f"{file}.csv: rows cannot be told apart by their key")
    return found


def used(texts: Mapping[str, str], links: Graph) -> dict[str, set[str]]:
    """Keys of the rows that the instance uses, by collected table.

    Args:
        texts: the built files by name.
        links: the ownership graph.
    """
    whole = "\n".join(texts.values())
    whole += "\n".join((SOURCES / name).read_text(encoding="utf-8") for name in MORE if (SOURCES / name).is_file())
    found = {file: _cited(file, whole) & set(rows(file)) for file in KEYS}
    for file, (prefix, pattern) in FORMS.items():
        ids = {f"{prefix}{number}" for number in re.findall(pattern, whole)}
        for low, high in re.findall(rf"\b{prefix}(\d{{3}})-{prefix}(\d{{3}})\b", whole):
            ids |= {f"{prefix}{index:03d}" for index in range(int(low), int(high) + 1)}
        found[file] = ids & set(rows(file))
    found["country_trust"] |= set(re.findall(r"^  ([A-Z]{3}): ", texts["instance.yaml"], flags=re.MULTILINE))
    found["country_trust"] &= set(rows("country_trust"))
    shares = links.used
    for row in read("ownership_upstream"):
        if upstream_key(row) in shares.get("ownership_upstream", set()) or f"{row['owner']} > {row['owned']}" in whole:
            found["ownership_upstream"].add(upstream_key(row))
    found["ownership_downstream"] |= shares.get("ownership_downstream", set())
    found["disruption_events"] |= {date for date in rows("disruption_events") if date in whole}
    found["demand_mdap_long"] = _long(found["demand_mdap"])
    return found


def _cited(file: str, text: str) -> set[str]:
    """Words that follow the name of a file up to the end of the citation."""
    found: set[str] = set()
    for tail in re.findall(rf"sources/{file}\.csv ([^;:\n\"()]*(?:\(note\)[^;:\n\"()]*)?)", text):
        found |= set(re.split(r"[\s,]+", tail))
    return found


def _long(wide: set[str]) -> set[str]:
    """Rows of the long form of programme demand: the same figures as the wide form, which must agree."""
    programmes = {row["row_id"]: row for row in read("demand_mdap")}
    for row in read("demand_mdap_long"):
        origin, year = programmes[row["program_row_id"]], row["fiscal_year"]
        for column in ("ndfeb_t", "smco_t"):
            if float(row[column]) != float(origin[f"{column}_fy{year}"]):
                raise ValueError(f"demand_mdap_long.csv {row['row_id']}: {column} is not that of demand_mdap.csv")
    return {row["row_id"] for row in read("demand_mdap_long") if row["program_row_id"] in wide}


def left_out(taken: Mapping[str, set[str]]) -> list[Out]:
    """Rows left out, with the reason; raises where a row is neither used nor left out, or both."""
    reasons: dict[tuple[str, str], str] = {}
    faults: list[str] = []
    for row in read("left_out"):
        for key in _spread(row["file"], row["rows"], faults):
            if row["unless"] == "cited" and key in taken[row["file"]]:
                continue
            if (row["file"], key) in reasons:
                faults.append(f"{row['file']}.csv {key}: two reasons in left_out.csv")
            reasons[row["file"], key] = row["reason"]
    for row in read("demand_mdap_long"):
        why = reasons.get(("demand_mdap", row["program_row_id"]))
        if why:
            reasons["demand_mdap_long", row["row_id"]] = why
    for file in KEYS:
        for key in rows(file):
            if key in taken[file] and (file, key) in reasons:
                faults.append(f"{file}.csv {key}: used, yet left out: {reasons[file, key]}")
            if key not in taken[file] and (file, key) not in reasons:
                faults.append(f"{file}.csv {key}: neither used nor in sources/left_out.csv")
    if faults:
        raise ValueError("the collected rows are not all accounted for:\n" + "\n".join(faults))
    return [
        {"file": f"{file}.csv", "row": key, "reason": reasons[file, key]}
        for file in KEYS
        for key in rows(file)
        if (file, key) in reasons
    ]


def _spread(file: str, cell: str, faults: list[str]) -> list[str]:
    """The keys that a cell names: single ones and spans in the table's order, `a .. b`, between semicolons."""
    order = rows(file)
    found: list[str] = []
    for part in (item.strip() for item in cell.split(";")):
        ends = [end.strip() for end in part.split(" .. ")]
        if unknown := [end for end in ends if end not in order]:
            faults.append(f"left_out.csv: no row {unknown} in {file}.csv")
            continue
        found += order[order.index(ends[0]) : order.index(ends[-1]) + 1]
    return found


def coverage_rows(taken: Mapping[str, set[str]], left: list[Out]) -> list[Out]:
    """Rows, used and left out, by collected table."""
    found = []
    for file in KEYS:
        total, out = len(rows(file)), sum(row["file"] == f"{file}.csv" for row in left)
        found.append(
            {
                "file": f"{file}.csv",
                "rows": total,
                "used": len(taken[file]),
                "left_out": out,
                "share_used": f"{len(taken[file]) / total:.2f}",
            }
        )
    return found


def confidence_rows(tables: Mapping[str, list[Out]]) -> list[Out]:
    """Rows by confidence, by table of the instance."""
    found = []
    for name, table in tables.items():
        marks = [letter(row["confidence"]) if row.get("confidence") else "none" for row in table]
        found.append(
            {"table": name, "rows": len(marks), **{mark: marks.count(mark) for mark in ("A", "B", "C", "none")}}
        )
    return found
