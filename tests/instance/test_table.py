"""Tables: the same scalars as YAML, lists in cells, free text, and what is wrong with a row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from optimizer.errors import Fault, InstanceError
from optimizer.instance import movement, records
from optimizer.instance.read import read_source
from optimizer.instance.records import React
from optimizer.instance.table import MAX_COLUMNS, SECTIONS, SIDE_TABLES, column_kinds, known_columns, read_table

from .conftest import Reader

KINDS = (records.Facility,)


def table(text: str) -> tuple[list[dict[str, Any]], list[Fault]]:
    rows, faults = read_table(text, "t.csv", column_kinds(KINDS), known_columns(KINDS, ("id",)))
    return [row for row, _ in rows], faults


def only(faults: list[Fault]) -> Fault:
    assert len(faults) == 1, faults
    return faults[0]


def test_scalars_are_those_of_yaml_1_2() -> None:
    rows, faults = table("id,stage,country,capacity,fixed_cost\na,no,on,4e8,1:30\nb,true,~, .5 ,0123\n")
    assert faults == []
    assert rows[0] == {"id": "a", "stage": "no", "country": "on", "capacity": 4e8, "fixed_cost": "1:30"}
    assert rows[1] == {"id": "b", "stage": True, "country": None, "capacity": 0.5, "fixed_cost": 123}


def test_an_empty_cell_is_a_key_that_is_absent() -> None:
    rows, faults = table("id,stage,capacity\na,, \nb\n")
    assert faults == []
    assert rows == [{"id": "a"}, {"id": "b"}]


def test_flow_cells() -> None:
    rows, faults = table('id,owners,location,capacity\na,"{acme: 0.8, b: .2}","[-30.7, 121.5]","{2027: 4e8}"\n')
    assert faults == []
    assert rows == [{"id": "a", "owners": {"acme": 0.8, "b": 0.2}, "location": [-30.7, 121.5], "capacity": {2027: 4e8}}]


def test_semicolons_separate_a_plain_list() -> None:
    rows, faults = table("id,tags,recipes,location\na,pacific; long;,dig,1; 2.5\nb,;,dig;dug,\n")
    assert faults == []
    assert rows[0] == {"id": "a", "tags": ["pacific", "long"], "recipes": ["dig"], "location": [1, 2.5]}
    assert rows[1] == {"id": "b", "tags": [], "recipes": ["dig", "dug"]}


def test_free_text_is_kept_as_it_stands() -> None:
    text = 'id,name,source,note\na,4e8,"Annual report; p. 3","{not: flow}"\nb,no,[1],"two\nlines, ""quoted"""\n'
    rows, faults = table(text)
    assert faults == []
    assert rows[0] == {"id": "a", "name": "4e8", "source": "Annual report; p. 3", "note": "{not: flow}"}
    assert rows[1] == {"id": "b", "name": "no", "source": "[1]", "note": 'two\nlines, "quoted"'}


def test_unknown_column() -> None:
    rows, faults = table("id,stgae,capacity\na,mining,5\n")
    fault = only(faults)
    assert str(fault) == "t.csv:1 stgae: unknown column 'stgae'; did you mean 'stage'?"
    assert rows == [{"id": "a", "capacity": 5}]


def test_column_given_twice() -> None:
    rows, faults = table("id,stage,stage\na,mining,metal\n")
    assert "column 'stage' is given twice" in only(faults).wrong
    assert rows == [{"id": "a", "stage": "mining"}]


def test_ragged_rows() -> None:
    rows, faults = table("id,stage,capacity\na,mining\nb,mining,5,6\nc,mining,7\n")
    fault = only(faults)
    assert fault.where.line == 3
    assert "4 cells under 3 columns" in fault.wrong
    assert [row["id"] for row in rows] == ["a", "c"]


def test_fault_in_a_cell_names_its_row_and_column() -> None:
    rows, faults = table('id,owners,stage\na,"{x: 1, x: 2}",mining\nb,"{x: 1",mining\n')
    assert [(fault.where.line, fault.key) for fault in faults] == [(2, "owners"), (3, "owners")]
    assert rows[0] == {"id": "a", "stage": "mining"}


def test_rows_have_the_line_they_begin_at() -> None:
    text = 'id,note\n\na,"x\ny"\n,\nb,z\n'
    rows, faults = read_table(text, "t.csv", column_kinds(KINDS), known_columns(KINDS, ("id",)))
    assert faults == []
    assert [where.line for _, where in rows] == [3, 6]


@pytest.mark.parametrize("text", ["", "\n\n", " , \n"])
def test_empty_table(text: str) -> None:
    assert "the table is empty" in only(table(text)[1]).wrong


def test_not_readable() -> None:
    fault = only(table('id,note\na,"open\n')[1])
    assert "not readable as CSV" in fault.wrong
    assert fault.where.line == 2
    assert "not readable as CSV" in only(table(f"id,note\na,{'x' * 200_000}\n")[1]).wrong


def test_too_many_columns() -> None:
    assert "columns" in only(table(",".join(["id"] * (MAX_COLUMNS + 1)) + "\n")[1]).wrong


def test_windows_lines() -> None:
    assert table("id,stage\r\na,mining\r\n") == ([{"id": "a", "stage": "mining"}], [])


def test_each_table_has_columns_of_its_own() -> None:
    assert len({section.path for section in SECTIONS}) == len(SECTIONS)
    for side in SIDE_TABLES:
        columns = known_columns(side.records, side.keys)
        assert set(side.keys) < columns
        assert "source" in columns


def test_lists_and_texts_are_known_by_their_fields() -> None:
    kinds = column_kinds((movement.Lane, movement.Stockpile, movement.DemandLine))
    assert kinds["tags"] == kinds["materials"] == kinds["channels"] == kinds["accepts"] == "list"
    assert kinds["note"] == kinds["source"] == kinds["name"] == "text"
    assert "material" not in kinds


LANES = "from,to,material,cost,tags\nmagnet_us,programs,magnet_sh,10,pacific;long\n"


def lanes_of(sound: dict[str, Any], name: str = "lanes.csv") -> dict[str, Any]:
    return sound | {"lanes": name, "stockpiles": {}, "scenarios": []}


def test_a_section_from_a_table(read: Reader, sound: dict[str, Any]) -> None:
    found = read(lanes_of(sound), lanes=LANES)
    assert found.faults == []
    assert found.instance is not None
    assert found.instance.lanes[0].tags == ("pacific", "long")


def test_byte_order_mark(read: Reader, sound: dict[str, Any]) -> None:
    found = read(lanes_of(sound), lanes="\ufeff" + LANES)
    assert found.faults == []


def test_fault_in_a_record_names_the_row(read: Reader, sound: dict[str, Any]) -> None:
    found = read(lanes_of(sound), lanes=LANES + "magnet_us,industry,magnet_sh,-1,\nmagnet_us,nowhere,magnet_sh,,\n")
    assert "lanes.csv:3 lanes.1.cost: -1 is out of range; 0.0 or more" in found.faults
    assert any(fault.startswith("lanes.csv:4 lanes.2.to: there is no facility") for fault in found.faults)
    assert len(found.faults) == 2


def test_missing_table(read: Reader, sound: dict[str, Any]) -> None:
    found = read(lanes_of(sound))
    assert len(found.faults) == 1
    assert "there is no file lanes.csv" in found.text


@pytest.mark.parametrize("name", ["../lanes.csv", "a/../../lanes.csv", "/tmp/lanes.csv"])
def test_path_outside_the_folder(name: str, read: Reader, sound: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path.parent / "lanes.csv").write_text(LANES, encoding="utf-8")
    found = read(lanes_of(sound, name))
    assert len(found.faults) == 1
    assert "lies outside the instance's folder" in found.text


def test_a_name_that_no_file_can_have(read: Reader, sound: dict[str, Any]) -> None:
    assert "cannot be read: File name too long" in read(lanes_of(sound, f"{'a' * 300}.csv")).text


def test_link_out_of_the_folder(read: Reader, sound: dict[str, Any], tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}_outside.csv"
    outside.write_text(LANES, encoding="utf-8")
    (tmp_path / "lanes.csv").symlink_to(outside)
    found = read(lanes_of(sound))
    assert len(found.faults) == 1
    assert "lies outside the instance's folder" in found.text


def test_link_out_of_the_folder_by_a_folder(read: Reader, sound: dict[str, Any], tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}_outside"
    outside.mkdir()
    (outside / "lanes.csv").write_text(LANES, encoding="utf-8")
    (tmp_path / "tables").symlink_to(outside)
    assert "lies outside the instance's folder" in read(lanes_of(sound, "tables/lanes.csv")).text


def test_table_in_a_folder_of_the_instance(read: Reader, sound: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "lanes.csv").write_text(LANES, encoding="utf-8")
    assert read(lanes_of(sound, "tables/lanes.csv")).faults == []


@pytest.mark.parametrize(("name", "word"), [("lanes.xlsx", "not a table"), ("lanes", "not a table")])
def test_not_a_table(name: str, word: str, read: Reader, sound: dict[str, Any]) -> None:
    assert word in read(lanes_of(sound, name)).text


def test_a_folder_is_not_a_table(read: Reader, sound: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "lanes.csv").mkdir()
    assert "there is no file lanes.csv" in read(lanes_of(sound)).text


def test_table_that_is_not_utf_8(read: Reader, sound: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "lanes.csv").write_bytes("from,to,note\na,b,caf\u00e9\n".encode("latin-1"))
    assert "lanes.csv is not UTF-8" in read(lanes_of(sound)).text


def test_ids_given_twice_and_rows_without(read: Reader, sound: dict[str, Any]) -> None:
    text = "id,country\ndragon,CHN\nfund,USA\nacme,AUS\nfund,CAN\n,USA\n"
    found = read(sound | {"owners": "owners.csv"}, owners=text)
    assert "owners.csv:5 owners: 'fund' is given twice; the first is at owners.csv:3; keep one" in found.faults
    assert "owners.csv:6 id: the row has no id; fill the column 'id'" in found.faults
    assert len(found.faults) == 2


def test_values_by_id(read: Reader, sound: dict[str, Any]) -> None:
    text = 'id,tier\nUSA,domestic\nAUS,ally\nMYS,"{2027: ally, 2029: exposed}"\nCHN,adversary\n'
    found = read(sound | {"countries": "countries.csv"}, countries=text)
    assert found.faults == []
    assert found.instance is not None
    assert found.instance.countries["MYS"].raw(2029, 2027) == "exposed"


OPTIONS = (
    "facility,id,capacity,capex,ramp,spend,note\nsmelter,build,900,9e7,0.5;0.8,[0.3;0.7],\n".replace(
        "[0.3;0.7]", "0.3;0.7"
    )
    + 'magnet_us,build,1000,3e8,,,"so, so; fine"\n'
    + 'plant_a,build,"{light: 3000, heavy: 40}",4e8,0.5,,\n'
    + "plant_a,extend,{light: 2000},1e8,,,\n"
    + "plant_a,refit,0,1e7,,,\n"
)


def _without_options(sound: dict[str, Any]) -> dict[str, Any]:
    for facility in sound["facilities"].values():
        facility.pop("options", None)
    return sound | {"options": "options.csv"}


def test_side_table_of_options(read: Reader, sound: dict[str, Any]) -> None:
    found = read(_without_options(sound), options=OPTIONS)
    assert found.faults == []
    assert found.instance is not None
    smelter = found.instance.facilities["smelter"].options[0]
    assert (smelter.ramp, smelter.spend, smelter.capex) == ((0.5, 0.8), (0.3, 0.7), 9e7)
    assert found.instance.facilities["magnet_us"].options[0].note == "so, so; fine"
    assert [option.id for option in found.instance.facilities["plant_a"].options] == ["build", "extend", "refit"]


def test_side_table_adds_to_what_is_written_out(read: Reader, sound: dict[str, Any]) -> None:
    found = read(sound | {"options": "options.csv"}, options="facility,id,capacity,capex\nmagnet_my,build,5,1\n")
    assert found.faults == []
    assert found.instance is not None
    assert len(found.instance.facilities["plant_a"].options) == 3
    assert found.instance.facilities["magnet_my"].options[0].capacity == {"": 5}


def test_side_table_names_what_there_is_not(read: Reader, sound: dict[str, Any]) -> None:
    found = read(
        _without_options(sound), options=OPTIONS + "magnet_us,mini,5,-1,,,\nsmeltre,build,5,1,,,\n,build,5,1,,,\n"
    )
    assert any(fault.startswith("options.csv:7 facilities.magnet_us.options.1.capex: -1") for fault in found.faults)
    wrong = "facilities has no 'smeltre'; did you mean 'smelter'?"
    assert f"options.csv:8 facility: {wrong}" in found.faults
    assert any(fault.startswith("options.csv:9 facility: the row has no facility") for fault in found.faults)
    assert len(found.faults) == 3


SIDE: list[tuple[str, str, str, Callable[[Any], Any], Any]] = [
    (
        "facility_recipes",
        "facility,recipe,cost\nmagnet_my,sinter_uh,99\nmagnet_my,sinter_sh,\n",
        "facilities.magnet_my.recipes",
        lambda found: {name: use.cost for name, use in found.facilities["magnet_my"].recipes.items()},
        {"sinter_uh": 99, "sinter_sh": None},
    ),
    (
        "facility_owners",
        "facility,owner,share,source\nmagnet_my,fund,0.25,register\n",
        "facilities.magnet_my.owners",
        lambda found: found.facilities["magnet_my"].owners["fund"].model_dump(exclude_none=True),
        {"share": 0.25, "source": "register"},
    ),
    (
        "owner_owners",
        "held,owner,share\nfund,dragon,0.25\n",
        "owners.fund.owners",
        lambda found: found.owners["fund"].owners["dragon"].share,
        0.25,
    ),
    (
        "claims",
        "facility,to,share,materials,until\nmagnet_my,asia,0.25,magnet_sh,2028\n",
        "facilities.magnet_my.claims",
        lambda found: found.facilities["magnet_my"].claims[0].materials,
        ("magnet_sh",),
    ),
    (
        "demand",
        "market,product,tonnes,accepts\nindustry,magnet_uh,{2028: 5},magnet_uh;magnet_sh\n",
        "markets.industry.demand",
        lambda found: found.markets["industry"].demand[-1].accepts,
        ("magnet_uh", "magnet_sh"),
    ),
    (
        "targets",
        "stockpile,material,years_of_demand,of,share\nnds,magnet_sh,2,programs,{2029: 1}\n",
        "stockpiles.nds.targets",
        lambda found: found.stockpiles["nds"].targets[-1].of,
        ("programs",),
    ),
    (
        "effects",
        "scenario,affects,where,factor,available,from\nclosure,demand,{market: programs},1.5,,2029\n",
        "scenarios.closure.effects",
        lambda found: (found.scenarios[1].effects[-1].factor, found.scenarios[1].effects[-1].from_),
        (1.5, 2029),
    ),
]


@pytest.mark.parametrize(("name", "text", "path", "get", "value"), SIDE, ids=[side[0] for side in SIDE])
def test_side_tables(
    name: str, text: str, path: str, get: Callable[[Any], Any], value: Any, read: Reader, sound: dict[str, Any]
) -> None:
    assert path
    sound["facilities"]["magnet_my"].pop("recipes" if name == "facility_recipes" else "", None)
    found = read(sound | {name: f"{name}.csv"}, **{name: text})
    assert found.faults == []
    assert get(found.instance) == value


def test_every_side_table_is_tried() -> None:
    assert {side.name for side in SIDE_TABLES} == {side[0] for side in SIDE} | {"options"}


def test_side_table_gives_one_thing_twice(read: Reader, sound: dict[str, Any]) -> None:
    text = "facility,owner,share\nmagnet_my,fund,0.25\nmagnet_my,fund,0.5\n"
    found = read(sound | {"facility_owners": "facility_owners.csv"}, facility_owners=text)
    assert len(found.faults) == 1
    assert found.faults[0].startswith("facility_owners.csv:3")
    assert "'fund' twice; the first is at facility_owners.csv:2" in found.text


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("facility,owner,share\nmagnet_my;smelter,fund,0.25\n", "facility: ['magnet_my', 'smelter'] is no id"),
        ('facility,owner,share\nmagnet_my,"{a: 1}",0.25\n', "owner: {'a': 1} is no id"),
    ],
)
def test_a_list_is_no_id(text: str, key: str, read: Reader, sound: dict[str, Any]) -> None:
    found = read(sound | {"facility_owners": "facility_owners.csv"}, facility_owners=text)
    assert found.faults == [f"facility_owners.csv:2 {key}; one id, made of a-z, 0-9 and _"]
    found = read(sound | {"owners": "owners.csv"}, owners="id,country\n[a],USA\n")
    assert "owners.csv:2 id: ['a'] is no id; one id, made of a-z, 0-9 and _" in found.faults


def test_missing_side_table_blames_no_rule_or_effect(read: Reader, sound: dict[str, Any]) -> None:
    found = read(_without_options(sound))
    assert len(found.faults) == 1
    assert "there is no file options.csv" in found.text


def test_side_table_written_out(read: Reader, sound: dict[str, Any]) -> None:
    found = read(sound | {"claims": [{"facility": "magnet_my", "to": "asia", "share": 0.5}]})
    assert found.faults == []
    assert found.instance is not None
    assert found.instance.facilities["magnet_my"].claims[0].share == 0.5
    assert "a row is a mapping" in read(sound | {"claims": ["magnet_my"]}).text
    assert "a list of rows" in read(sound | {"claims": {"magnet_my": 1}}).text


def test_rules_scenarios_and_freight_from_tables(read: Reader, sound: dict[str, Any]) -> None:
    sound["policy"] = {"rules": "rules.csv"}
    sound["scenarios"] = "scenarios.csv"
    sound["logistics"]["freight"] = "freight.csv"
    found = read(
        sound,
        rules="rule,stage,share,min,countries,facility,if,then\n"
        "domestic_content,magnet,{2029: 1.0},,,,,\ncount,magnet,,1,USA,,,\nimplies,,,,,,plant_a,smelter\n",
        scenarios='id,probability,onset,effects\ncut,0.1,2028,"[{affects: demand, where: {}, factor: 1.1}]"\n',
        freight="from,to,cost,tags\noceania,asia,100,pacific\n",
    )
    assert found.faults == []
    assert found.instance is not None
    assert [rule.rule for rule in found.instance.policy.rules] == ["domestic_content", "count", "implies"]
    assert found.instance.scenarios[0].effects[0].affects == "demand"
    assert found.instance.logistics.freight[0].from_ == "oceania"


def test_no_main_file(tmp_path: Path) -> None:
    with pytest.raises(InstanceError, match=r"no file instance\.yaml"):
        read_source(tmp_path)


def test_react_in_a_table(read: Reader, sound: dict[str, Any]) -> None:
    """True, false, an empty cell, or a mapping; anything else is a fault that names its row."""
    head = "facility,id,capacity,capex,react\n"
    rows = ["true", "false", "", "{lead: 1}", '"{lead: 0, capex_factor: 1.5}"']
    text = head + "".join(f"magnet_my,o{i},5,1,{cell}\n" for i, cell in enumerate(rows))
    found = read(sound | {"options": "options.csv"}, options=text)
    assert found.faults == []
    assert found.instance is not None
    read_as = [option.react for option in found.instance.facilities["magnet_my"].options]
    assert read_as == [React(), None, None, React(lead=1), React(lead=0, capex_factor=1.5)]
    wrong = {
        "maybe": "says no way to react",
        "{lead: -1}": "out of range",
        "{capex_factor: 0.9}": "1.0 or more",
        "{x: 1}": "'x'",
    }
    text = head + "".join(f"magnet_my,o{i},5,1,{cell}\n" for i, cell in enumerate(wrong))
    faults = read(sound | {"options": "options.csv"}, options=text).faults
    for line, words in enumerate(wrong.values(), 2):
        assert any(f"options.csv:{line}" in fault and words in fault for fault in faults), faults
