"""Labels of rows: from every kind of file, kept on the way, and refused where they are not declared."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

import optimizer
from optimizer.errors import InstanceError
from optimizer.futures.file import read_events
from optimizer.instance.marks import about, banner_of, each_row, markings_of, together
from optimizer.instance.records import LONGEST_BANNER
from optimizer.instance.write import sha256, yaml_text

from .conftest import Read, Reader

ROOT = Path(__file__).resolve().parents[2]
CUI = {"name": "Controlled unclassified information", "banner": "CUI"}
ACME = {"name": "Proprietary to Acme", "banner": "ACME PROPRIETARY"}
LABELS = {"cui": CUI, "acme": ACME}
MARKED: dict[str, Any] = {
    "facilities.plant_a.marking": ["acme", "cui"],
    "facilities.plant_a.owners.acme": {"share": 0.8, "marking": "acme"},
    "facilities.plant_a.recipes.separate.marking": "cui",
    "facilities.plant_a.options.build.marking": "cui",
    "facilities.plant_a.claims.0.marking": "acme",
    "lanes.0.marking": "cui",
    "policy.rules.0.marking": "cui",
    "scenarios.embargo.effects.0.marking": "cui",
    "markets.programs.demand.0.marking": "cui",
    "stockpiles.nds.targets.0.marking": "cui",
}
"""Rows of the sound instance, and labels of each."""


def of(found: Read) -> optimizer.Instance:
    assert not found.faults, found.text
    assert found.instance is not None
    return found.instance


@pytest.fixture
def marked(read: Reader, sound: dict[str, Any]) -> optimizer.Instance:
    """The sound instance with some rows marked."""
    return of(read(sound)).replace({"markings": LABELS} | MARKED)


def test_labels_are_counted_in_the_order_in_which_they_are_declared(marked: optimizer.Instance) -> None:
    """A row with two labels counts for both; one that nothing has is not in use."""
    assert markings_of(marked) == {"cui": CUI | {"rows": 8}, "acme": ACME | {"rows": 3}}
    assert list(markings_of(marked)) == ["cui", "acme"]
    assert banner_of(markings_of(marked)) == "CUI; ACME PROPRIETARY"
    other = marked.replace({"markings": {"acme": ACME, "cui": CUI, "spare": {"name": "x", "banner": "x"}}})
    assert banner_of(markings_of(other)) == "ACME PROPRIETARY; CUI"


def test_every_row_may_have_one(marked: optimizer.Instance) -> None:
    """As many rows as the instance has records that take a source, each at its path in the file."""
    rows = dict(each_row(marked))
    assert {path for path, row in rows.items() if row.marking} == {
        ("facilities", "plant_a"),
        ("facilities", "plant_a", "owners", "acme"),
        ("facilities", "plant_a", "recipes", "separate"),
        ("facilities", "plant_a", "options", 0),
        ("facilities", "plant_a", "claims", 0),
        ("lanes", 0),
        ("policy", "rules", 0),
        ("scenarios", 0, "effects", 0),
        ("markets", "programs", "demand", 0),
        ("stockpiles", "nds", "targets", 0),
    }
    text = yaml_text(marked)
    assert text.count("marking: cui") == 7
    assert text.count("marking: acme") == 2


def test_an_instance_comes_back_with_them(marked: optimizer.Instance, tmp_path: Path) -> None:
    """As YAML and as a workbook, to the hash."""
    file = tmp_path / "marked.yaml"
    file.write_text(yaml_text(marked), encoding="utf-8")
    assert optimizer.load(file) == marked
    book = optimizer.load(optimizer.workbook(marked, tmp_path / "marked.xlsx"))
    assert book == marked
    assert sha256(book) == sha256(marked)
    assert list(book.markings) == ["cui", "acme"]


def test_tables_have_a_column(read: Reader, sound: dict[str, Any]) -> None:
    """CSV: of labels, of rows of a section and of a side table; `;` separates a list."""
    del sound["owners"]
    for facility in sound["facilities"].values():
        facility.pop("owners", None)
        facility["options"] = [one for one in facility.get("options", []) if "sets" not in one]
    del sound["policy"]["rules"][7]  # of the option that is taken away
    sound |= {"owners": "owners.csv", "facility_owners": "facility_owners.csv", "markings": "markings.csv"}
    found = of(
        read(
            sound,
            markings="id,name,banner\ncui,Controlled,CUI\nacme,Of Acme,ACME\n",
            owners="id,country,marking\ndragon,CHN,\nacme,AUS,acme; cui\n",
            facility_owners="facility,owner,share,marking\nplant_a,acme,0.8,cui\nplant_a,dragon,0.2,\n",
        )
    )
    assert found.owners["acme"].marking == ("acme", "cui")
    assert found.owners["dragon"].marking is None
    assert found.facilities["plant_a"].owners["acme"].marking == ("cui",)
    assert {label: said["rows"] for label, said in markings_of(found).items()} == {"cui": 2, "acme": 1}


def test_an_overlay_changes_them(marked: optimizer.Instance) -> None:
    """As any other field; a label goes with `remove`, and who still has it is told who removed it."""
    added = {"add": {"markings": {"itar": {"name": "Export control", "banner": "ITAR"}}}}
    other = marked.overlay(added | {"name": "other", "facilities": {"plant_a": {"marking": "itar"}}})
    assert other.facilities["plant_a"].marking == ("itar",)
    assert list(markings_of(other)) == ["cui", "acme", "itar"]
    assert marked.overlay({"name": "b", "markings": {"cui": {"banner": "X"}}}).markings["cui"].banner == "X"
    with pytest.raises(InstanceError, match="there is no marking 'acme'; overlay removed it: change or remove this"):
        marked.overlay({"name": "other", "remove": {"markings": ["acme"]}})


def test_an_instance_without_them_is_as_before(sound: dict[str, Any], read: Reader, tmp_path: Path) -> None:
    """To the hash, which was taken before there were markings; a label alone marks nothing."""
    two = optimizer.load(ROOT / "docs" / "examples" / "two_plants.yaml")
    assert sha256(two) == "8df447a901b9faa4f38f20b64bfff6e593dfd6b740ff38960078d169f2dd1277"
    instance = of(read(sound))
    assert "marking" not in yaml_text(instance)
    assert set(about(instance)) == {"instance", "instance_sha256"}
    assert set(about(instance.replace({"markings": LABELS}))) == {"instance", "instance_sha256"}
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.load_workbook(optimizer.workbook(instance, tmp_path / "sound.xlsx"))
    assert "markings" not in book.sheetnames
    assert "marking" not in {cell.value for cell in book["facilities"][1]}
    assert book["facilities"].oddHeader.center.text is None


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"facilities": {"mount": {"marking": "ciu"}}},
            "facilities.mount.marking: there is no marking 'ciu'; declared are acme, cui",
        ),
        ({"lanes": "lanes.csv"}, "lanes.csv:3 lanes.1.marking.1: there is no marking 'secret'; declared are acme, cui"),
        ({"materials": {"tailings": {"marking": ["cui", "cui"]}}}, "materials.tailings.marking: 'cui' is listed twice"),
        ({"materials": {"tailings": {"marking": []}}}, "materials.tailings.marking"),
        ({"markings": {"cui": {"name": "x"}}}, "markings.cui.banner: 'banner' is missing"),
        ({"markings": {"cui": {"name": "x", "banner": "a\nb"}}}, "markings.cui.banner: 'a\\nb' is no banner; one line"),
        ({"markings": {"cui": {"name": "x", "banner": "C" * (LONGEST_BANNER + 1)}}}, "of 1 to 60 letters"),
        ({"markings": {"cui": {"name": "x", "banner": "  "}}}, "markings.cui.banner: '  ' is no banner; one line"),
        ({"markings": {"cui": {"name": "x", "banner": 7}}}, "markings.cui.banner: 7 is no banner; one line"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(
    changes: dict[str, Any], says: str, refuse: Any, sound: dict[str, Any]
) -> None:
    """File, row, key, what is wrong and what is declared."""
    data = copy.deepcopy(sound) | {"markings": dict(LABELS)}
    for section, given in changes.items():
        if isinstance(given, str):
            data[section] = given
            continue
        for name, fields in given.items():
            data[section][name] = (data[section].get(name) or {}) | fields if section != "markings" else fields
    lanes = "from,to,material,marking\nmagnet_us,programs,magnet_sh,cui\nmagnet_us,industry,magnet_sh,cui;secret\n"
    said = refuse(data, lanes=lanes)
    assert says in said


def test_without_a_declaration_the_way_to_one_is_told(refuse: Any, sound: dict[str, Any]) -> None:
    """The first label of an instance."""
    sound["facilities"]["mount"]["marking"] = "cui"
    assert "there is no marking 'cui'; none is declared: markings: {cui: {name: " in refuse(sound)


def test_events_have_them_and_give_them_on(marked: optimizer.Instance, tmp_path: Path) -> None:
    """A sampled scenario has the labels of its event; one that the instance does not declare is refused."""
    file = tmp_path / "events.yaml"
    struck = "effects: [{{affects: facilities, where: {{country: CHN}}, available: 0}}]"
    event = f"  {{}}: {{{{hazard: 0.4, duration: 1, {{}}{struck}}}}}\n"
    file.write_text("events:\n" + event.format("quiet", "") + event.format("known", "marking: acme, "), "utf-8")
    drawn = optimizer.sample(marked, file, number=40, seed=1)
    assert drawn.info["markings"]["acme"]["rows"] == 4  # the event's beside those of the instance
    said = {}
    for path in filter(None, drawn.paths.values()):
        said[frozenset(one.event for one in path[-1])] = drawn.chains.scenario("one", path).marking
    both = {frozenset(["known"]): ("acme",), frozenset(["known", "quiet"]): ("acme",), frozenset(["quiet"]): None}
    assert said == both
    file.write_text("events:\n" + event.format("known", "marking: acmee, "), "utf-8")
    with pytest.raises(InstanceError, match="there is no marking 'acmee'; declared are acme, cui"):
        read_events(file, marked)


def test_instances_together() -> None:
    """Of one label the larger number; two that are not the same stay apart."""
    one, other = {"cui": CUI | {"rows": 2}}, {"cui": CUI | {"rows": 5}}
    assert together([one, other]) == other
    apart = together([one, {"cui": ACME | {"rows": 1}}, one])
    assert apart == {"cui": CUI | {"rows": 2}, "cui_2": ACME | {"rows": 1}}
    assert banner_of(apart) == "CUI; ACME PROPRIETARY"
