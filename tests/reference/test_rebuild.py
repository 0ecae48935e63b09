"""The committed instance is what its sources give, and every collected row is accounted for."""

from __future__ import annotations

import dataclasses
import importlib
import re
from collections import Counter
from types import ModuleType

import pytest

from .conftest import FOLDER, cell, rows

COLLECTED = {
    "upstream_facilities": "id",
    "downstream_facilities": "id",
    "ore_baskets": "basket_id",
    "recipes": "row_id",
    "magnet_grades": "grade_id",
    "prices": "row_id",
    "policy": "row_id",
    "demand_mdap": "row_id",
    "demand_mdap_long": "row_id",
    "demand_commercial": "row_id",
    "disruption_events": "date",
    "country_trust": "iso3",
    "ownership_upstream": "",
    "ownership_downstream": "row_id",
}


def test_committed_tables_are_the_rebuilt_ones(built: dict[str, str]) -> None:
    """Each file of the instance equals what rebuild.py makes of the sources."""
    differing = [name for name, text in built.items() if (FOLDER / name).read_text(encoding="utf-8") != text]
    assert differing == []


def test_check_tells_a_changed_table(rebuild: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """`rebuild.py --check` ends with 1 where a table was changed by hand, and with 0 where none was."""
    files = {"claims.csv": (FOLDER / "claims.csv").read_text(encoding="utf-8")}
    monkeypatch.setattr(rebuild, "build", lambda: files)
    assert rebuild.main(["--check"]) == 0
    monkeypatch.setattr(rebuild, "build", lambda: {"claims.csv": files["claims.csv"] + "more\n"})
    assert rebuild.main(["--check"]) == 1


def test_every_collected_row_is_accounted_for() -> None:
    """Used and left out add up to the rows collected, table by table."""
    left = Counter(row["file"] for row in rows("left_out"))
    for row in rows("coverage"):
        assert int(row["rows"]) == len(rows("sources/" + row["file"].removesuffix(".csv"))), row["file"]
        assert int(row["used"]) + int(row["left_out"]) == int(row["rows"]), row["file"]
        assert int(row["left_out"]) == left[row["file"]], row["file"]
    assert {row["file"].removesuffix(".csv") for row in rows("coverage")} == set(COLLECTED)


def test_what_is_left_out_has_a_reason_and_exists() -> None:
    """Each row left out is a row of its table, once, with a reason of more than a word."""
    seen = Counter((row["file"], row["row"]) for row in rows("left_out"))
    assert max(seen.values()) == 1
    for row in rows("left_out"):
        key = COLLECTED[row["file"].removesuffix(".csv")]
        table = rows("sources/" + row["file"].removesuffix(".csv"))
        assert not key or row["row"] in {line[key] for line in table}, row
        assert len(row["reason"].split()) > 1, row


@pytest.mark.parametrize("name", ["prices", "recipes", "policy"])
def test_no_row_left_out_is_cited(name: str) -> None:
    """No table of the instance names a price, a recipe or a policy row that is said to be left out."""
    left = {row["row"] for row in rows("left_out") if row["file"] == f"{name}.csv"}
    texts = [path.read_text(encoding="utf-8") for path in FOLDER.glob("*.csv") if path.name != "left_out.csv"]
    texts.append((FOLDER / "instance.yaml").read_text(encoding="utf-8"))
    ids = set(re.findall(r"\b(?:p|rc|pol)\d{3}\b", "\n".join(texts)))
    assert ids & left == set()


def test_a_row_neither_used_nor_left_out_is_refused(rebuild: ModuleType) -> None:
    """The rebuild fails where a collected row is forgotten, and where a used one is said to be left out."""
    coverage = rebuild.coverage
    left = {(row["file"].removesuffix(".csv"), row["row"]) for row in rows("left_out")}
    taken = {file: {key for key in coverage.rows(file) if (file, key) not in left} for file in coverage.KEYS}
    assert coverage.left_out(taken)
    with pytest.raises(ValueError, match=r"prices\.csv p113: neither used"):
        coverage.left_out(taken | {"prices": taken["prices"] - {"p113"}})
    with pytest.raises(ValueError, match=r"prices\.csv p001: used, yet left out"):
        coverage.left_out(taken | {"prices": taken["prices"] | {"p001"}})


def test_existing_capacity_that_does_not_produce_is_refused(rebuild: ModuleType) -> None:
    """The rebuild names plants without a status, plants that the dossier calls unbuilt, and units above what runs."""
    baselines = importlib.import_module("rebuilding.variants_baselines")
    known, status = rebuild.network.plants(), baselines.statuses()
    baselines.check_existing(known, status)
    changed = {name: dataclasses.replace(plant, plan=dict(plant.plan)) for name, plant in known.items()}
    changed["cn_jlmag"].plan["existing"] = "{alloy: 24000, magnet: {2027: 20000, 2028: 24000}}"
    changed["round_top"].plan["existing"] = "{mine: 4400}"
    silent = status | {("src_saskatoon", "existing"): status["src_saskatoon", "existing"] | {"why": ""}}
    with pytest.raises(ValueError, match="disagree on what produces") as caught:
        baselines.check_existing(changed, silent)
    told = str(caught.value).splitlines()[1:]
    assert [line.split(":")[0] for line in told] == ["src_saskatoon", "round_top", "cn_jlmag"]
    assert "construction" in told[0]
    assert "`existing` is missing" in told[1]
    assert "magnet is 20000 t in 2027, and 16000 t run" in told[2]


def test_every_source_states_its_year() -> None:
    """No row of the instance is without the year of its source; a shareholding has that of its filing."""
    for table in rows("confidence"):
        bare = [
            row["source"] for row in rows(table["table"]) if not re.search(r"\((collected )?\d{4}\)", row["source"])
        ]
        assert bare == [], table["table"]
    held = {(row["facility"], row["owner"]): row["source"] for row in rows("facility_owners")}
    as_of = {(row["owner"], row["owned"]): row["as_of"][:4] for row in rows("sources/ownership_upstream")}
    assert held["mountain_pass", "mp_materials"].endswith(f"({as_of['MP Materials', 'mountain_pass']})")
    assert rows("demand")[0]["source"].endswith("(collected 2026)")


def test_the_year_of_a_source_is_the_latest_that_it_cites(rebuild: ModuleType) -> None:
    """A year that stands is kept; else the cited row gives it; a decision made here is of 2026."""
    dated = rebuild.years.dated
    assert dated("sources/ore_baskets.csv mt_weld: a study (2019); price p154") == (
        "sources/ore_baskets.csv mt_weld: a study (2019); price p154"
    )
    assert dated("sources/prices.csv p001 p113") == "sources/prices.csv p001 p113 (2026)"
    assert dated("sources/prices.csv p001") == "sources/prices.csv p001 (2011)"
    assert dated("sources/recipes.csv rc009") == "sources/recipes.csv rc009 (collected 2026)"
    assert dated("sources/routes.csv japan korea") == "sources/routes.csv japan korea (2026)"


def test_the_tables_of_cost_that_rows_cite_are_there() -> None:
    """What rows call a cost, transport or storage table stands in sources, with the figures that they take from it."""
    for name in ("upstream", "downstream"):
        text = (FOLDER / "sources" / f"{name}_costs.md").read_text(encoding="utf-8")
        assert f"{name} cost table" in (FOLDER / "options.csv").read_text(encoding="utf-8")
        for row in rows("sources/ramps"):
            shares = [float(share) for share in cell(row["ramp"])]
            if row["source"].startswith(name):
                pattern = r"[, |]+".join(f"{share:.2f}" for share in shares)
                assert re.search(pattern, text), row


def test_long_form_of_demand_agrees_with_the_wide_one() -> None:
    """Programme demand in long form holds the figures of the wide form."""
    wide = {row["row_id"]: row for row in rows("sources/demand_mdap")}
    for row in rows("sources/demand_mdap_long"):
        origin = wide[row["program_row_id"]]
        assert float(row["ndfeb_t"]) == float(origin[f"ndfeb_t_fy{row['fiscal_year']}"])
        assert float(row["smco_t"]) == float(origin[f"smco_t_fy{row['fiscal_year']}"])
