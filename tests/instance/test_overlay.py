"""An overlay says what differs: the merged whole is what one would have written by hand, and slips are refused."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import optimizer
from optimizer.errors import InstanceError
from optimizer.instance.instance import Instance
from optimizer.instance.schema import overlay_schema

Data = dict[str, Any]
Lay = Callable[..., Path]
NEW_RECIPE = {"stage": "mining", "outputs": {"concentrate": 1}, "cost": 1100}
NEW_FACILITY = {"stage": "mining", "country": "AUS", "recipes": ["dig"], "capacity": 500}


@pytest.fixture
def lay(tmp_path: Path, sound: Data) -> Lay:
    """Writes an overlay of the sound instance, which lies in a folder beside it; tables too."""
    base = tmp_path / "base"
    base.mkdir()
    (base / "instance.yaml").write_text(yaml.safe_dump(sound, sort_keys=False), encoding="utf-8")
    folder = tmp_path / "variants"
    folder.mkdir()

    def write(overlay: Data | str, file: str = "overlay.yaml", **tables: str) -> Path:
        for name, text in tables.items():
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        if isinstance(overlay, str):
            text = overlay
        else:
            whole = {"extends": "../base", "name": "variant"} | overlay
            text = str(yaml.safe_dump({key: value for key, value in whole.items() if value != "-"}, sort_keys=False))
        (folder / file).write_text(text, encoding="utf-8")
        return folder / file

    return write


def by_hand(sound: Data, change: Callable[[Data], None]) -> Instance:
    """The instance one would have written."""
    data = copy.deepcopy(sound)
    data["name"] = "variant"
    change(data)
    return Instance.model_validate(data)


def refused(path: Path) -> str:
    """What is said of an overlay at fault."""
    with pytest.raises(InstanceError) as caught:
        optimizer.load(path)
    return str(caught.value)


def _field(data: Data) -> None:
    data["recipes"]["reduce"]["cost"] = 9000


def _series(data: Data) -> None:
    data["facilities"]["mount"]["capacity"] = {2028: 30000}


def _nothing(data: Data) -> None:
    del data["stockpiles"]["nds"]["holding_cost"]


def _by_name(data: Data) -> None:
    data["facilities"]["plant_a"]["exposure"]["equipment"] = 0.1


def _recipe_use(data: Data) -> None:
    data["facilities"]["plant_a"]["recipes"]["separate"]["cost"] = 18000


def _option(data: Data) -> None:
    data["facilities"]["plant_a"]["options"][1]["capex"] = 2e8


def _share(data: Data) -> None:
    data["facilities"]["plant_a"]["owners"] = {"acme": 0.9, "dragon": 0.1}


def _risk(data: Data) -> None:
    data["risk"] = {"measure": "worst_case"}
    data["discount_rate"] = 0.05


def _tier(data: Data) -> None:
    data["countries"]["MYS"] = "ally"


def _facility(data: Data) -> None:
    data["facilities"]["mount_b"] = NEW_FACILITY


def _new_option(data: Data) -> None:
    option = {"id": "third", "capacity": {"light": 10}, "capex": 1e6, "after": "build"}
    data["facilities"]["plant_a"]["options"].append(option)


def _no_option(data: Data) -> None:
    del data["facilities"]["plant_a"]["options"][1]


def _whole_recipe(data: Data) -> None:
    data["recipes"]["dig"] = NEW_RECIPE


def _no_scenarios(data: Data) -> None:
    data["scenarios"] = []


def _other_claim(data: Data) -> None:
    data["facilities"]["plant_a"]["claims"][0]["share"] = 0.5


CHANGES: dict[str, tuple[Data, Callable[[Data], None]]] = {
    "a field": ({"recipes": {"reduce": {"cost": 9000}}}, _field),
    "a series as a whole": ({"facilities": {"mount": {"capacity": {2028: 30000}}}}, _series),
    "null takes away": ({"stockpiles": {"nds": {"holding_cost": None}}}, _nothing),
    "exposures by name": ({"facilities": {"plant_a": {"exposure": {"equipment": 0.1}}}}, _by_name),
    "a recipe of a facility": ({"facilities": {"plant_a": {"recipes": {"separate": {"cost": 18000}}}}}, _recipe_use),
    "the same as a row": (
        {"facility_recipes": [{"facility": "plant_a", "recipe": "separate", "cost": 18000}]},
        _recipe_use,
    ),
    "an option in place": ({"facilities": {"plant_a": {"options": [{"id": "extend", "capex": 2e8}]}}}, _option),
    "an option as a row": ({"options": [{"facility": "plant_a", "id": "extend", "capex": 2e8}]}, _option),
    "shares": ({"facilities": {"plant_a": {"owners": {"acme": 0.9, "dragon": 0.1}}}}, _share),
    "a claim": ({"claims": [{"facility": "plant_a", "to": "asia", "share": 0.5}]}, _other_claim),
    "single values": ({"risk": {"measure": "worst_case"}, "discount_rate": 0.05}, _risk),
    "a country's tier": ({"countries": {"MYS": "ally"}}, _tier),
    "a new facility": ({"add": {"facilities": {"mount_b": NEW_FACILITY}}}, _facility),
    "a new option": (
        {
            "add": {
                "options": [
                    {"facility": "plant_a", "id": "third", "capacity": {"light": 10}, "capex": 1e6, "after": "build"}
                ]
            }
        },
        _new_option,
    ),
    "one option less": ({"remove": {"options": [{"facility": "plant_a", "id": "extend"}]}}, _no_option),
    "the same in place": ({"remove": {"facilities": {"plant_a": {"options": [{"id": "extend"}]}}}}, _no_option),
    "a recipe as a whole": ({"replace": {"recipes": {"dig": NEW_RECIPE}}}, _whole_recipe),
    "removed and added anew": (
        {"remove": {"recipes": ["dig"]}, "add": {"recipes": {"dig": NEW_RECIPE}}},
        _whole_recipe,
    ),
    "no scenarios": ({"remove": {"scenarios": "all"}}, _no_scenarios),
}


@pytest.mark.parametrize("what", CHANGES)
def test_overlay_is_what_one_would_have_written(what: str, lay: Lay, sound: Data) -> None:
    """Each way to say what differs gives the instance that the same change by hand gives."""
    overlay, change = CHANGES[what]
    assert optimizer.load(lay(overlay)).plain() == by_hand(sound, change).plain()


def test_tables_may_hold_what_differs(lay: Lay, sound: Data) -> None:
    """A table of an overlay has the columns that differ, and lies next to the overlay."""
    overlay = {"recipes": "recipes.csv", "options": "options.csv", "add": {"facilities": "more.csv"}}
    path = lay(
        overlay,
        recipes="id,cost\nreduce,9000\n",
        options="facility,id,capex\nplant_a,extend,2e8\n",
        more="id,stage,country,recipes,capacity\nmount_b,mining,AUS,dig,500\n",
    )

    def change(data: Data) -> None:
        _field(data)
        _option(data)
        _facility(data)

    assert optimizer.load(path).plain() == by_hand(sound, change).plain()


def test_overlays_stack_in_their_order(lay: Lay) -> None:
    """Of several overlays the last one holds; what occurs twice in the chain is taken once."""
    lay({"name": "cheap", "recipes": {"reduce": {"cost": 9000}, "dig": {"cost": 800}}}, "cheap.yaml")
    lay({"name": "dear", "extends": ["../base", "cheap.yaml"], "recipes": {"reduce": {"cost": 20000}}}, "dear.yaml")
    both = optimizer.load(lay({"extends": ["dear.yaml", "cheap.yaml"], "discount_rate": 0.01}))
    assert both.recipes["reduce"].cost == 20000
    assert both.recipes["dig"].cost == 800
    assert both.discount_rate == 0.01
    assert both.name == "variant"


def test_finance_is_changed_key_by_key_and_instruments_by_id(lay: Lay) -> None:
    """Another perspective and another share keep all else; what is new goes under add; what is not there is named."""
    grant = {"id": "aid", "kind": "grant", "max_share": 0.4, "where": {"tiers": ["domestic"]}}
    other = {"id": "more", "kind": "grant", "max_share": 0.1}
    lay({"finance": {"hurdle_rate": 0.1}, "add": {"finance": {"instruments": [grant, other]}}}, "books.yaml")
    changed = {"perspective": "public", "instruments": [{"id": "aid", "max_share": 0.5}]}
    file = lay({"extends": "books.yaml", "finance": changed, "remove": {"finance": {"instruments": ["more"]}}})
    finance = optimizer.load(file).plain()["finance"]
    assert list(finance.pop("instruments")) == [grant | {"max_share": 0.5}]
    assert finance == {"perspective": "public", "hurdle_rate": 0.1}
    wrong = lay({"extends": "books.yaml", "finance": {"instruments": [{"id": "ais", "max_share": 0.5}]}}, "wrong.yaml")
    assert "no row has id: ais" in refused(wrong)


def test_a_combination_needs_nothing_of_its_own(lay: Lay) -> None:
    """An overlay that puts several together says enough by that."""
    lay({"name": "cheap", "recipes": {"reduce": {"cost": 9000}}}, "cheap.yaml")
    lay({"name": "dear", "discount_rate": 0.09}, "dear.yaml")
    both = optimizer.load(lay({"extends": ["cheap.yaml", "dear.yaml"]}))
    assert (both.recipes["reduce"].cost, both.discount_rate) == (9000, 0.09)


def test_what_an_overlay_before_removed_may_be_removed_again(lay: Lay) -> None:
    """Two overlays that both take a row away go together."""
    gone = {"scenarios": "all", "options": [{"id": "extend"}], "claims": [{"facility": "plant_a", "to": "asia"}]}
    lay({"name": "one", "remove": gone}, "one.yaml")
    lay({"name": "two", "remove": {"options": [{"id": "extend"}]}, "discount_rate": 0.01}, "two.yaml")
    both = optimizer.load(lay({"extends": ["one.yaml", "two.yaml"], "domestic": ["AUS"]}))
    assert [option.id for option in both.facilities["plant_a"].options] == ["build", "refit"]
    assert [claim.to for claim in both.facilities["plant_a"].claims] == ["oceania"]


def test_rows_go_by_what_they_say(lay: Lay, sound: Data) -> None:
    """Every row that agrees goes; of a list it is enough that it holds the word."""
    instance = optimizer.load(lay({"remove": {"policy": {"rules": [{"rule": "domestic_content"}]}}}))
    before = Instance.model_validate(sound)
    kinds = [rule.rule for rule in before.policy.rules]
    assert "domestic_content" in kinds
    assert [rule.rule for rule in instance.policy.rules] == [kind for kind in kinds if kind != "domestic_content"]


REFUSED: dict[str, tuple[Data | str, tuple[str, ...]]] = {
    "unknown id": (
        {"facilities": {"plant_b": {"capacity": 1}}},
        ("overlay.yaml:4", "facilities.plant_b: there is no 'plant_b'", "did you mean 'plant_c'?", "goes under 'add'"),
    ),
    "unknown row": (
        {"options": [{"facility": "plant_a", "id": "bulid", "capex": 1}]},
        ("overlay.yaml:4", "no row has id: bulid", "did you mean 'build'?"),
    ),
    "unknown facility of a row": (
        {"options": [{"facility": "plant_aa", "id": "build", "capex": 1}]},
        ("overlay.yaml:4", "there is no facility 'plant_aa'", "did you mean 'plant_a'?"),
    ),
    "unknown scenario": (
        {"scenarios": [{"id": "nowhere", "probability": 0.1}]},
        ("overlay.yaml:4", "scenarios: no row has id: nowhere"),
    ),
    "unknown key": ({"discount": 0.05}, ("discount", "did you mean 'discount_rate'?")),
    "unknown column": ({"recipes": {"reduce": {"costs": 5}}}, ("overlay.yaml:5", "costs", "did you mean 'cost'?")),
    "there already": (
        {"add": {"recipes": {"dig": NEW_RECIPE}}},
        ("recipes.dig: it is there already", "'replace' replaces it"),
    ),
    "row there already": (
        {"add": {"options": [{"facility": "plant_a", "id": "build", "capacity": 1, "capex": 1}]}},
        ("overlay.yaml:5", "options.build: it is there already"),
    ),
    "nothing to replace": (
        {"replace": {"recipes": {"digg": NEW_RECIPE}}},
        ("overlay.yaml:5", "there is no 'digg'", "did you mean 'dig'?"),
    ),
    "nothing to remove": ({"remove": {"facilities": ["plant_x"]}}, ("overlay.yaml:5", "there is no 'plant_x'")),
    "no row to remove": (
        {"remove": {"policy": {"rules": [{"rule": "heavy"}]}}},
        ("overlay.yaml:6", "policy.rules: no row has rule: heavy"),
    ),
    "a rule cannot be changed": (
        {"policy": {"rules": [{"rule": "domestic_content", "share": 0.1}]}},
        ("overlay.yaml:5", "rows here have no id", "'remove'", "'add'"),
    ),
    "a parent removed and still referred to": (
        {
            "remove": {"scenarios": ["embargo"]},
            "scenarios": [{"id": "closure", "parent": "embargo"}],
        },
        ("overlay.yaml:", "there is no scenario 'embargo'", "overlay.yaml:5 removed it"),
    ),
    "removed and still referred to": (
        {"remove": {"materials": ["dy_oxide"]}},
        ("../base/instance.yaml:", "there is no material 'dy_oxide'", "overlay.yaml:5 removed it"),
    ),
    "probabilities": (
        {"add": {"scenarios": [{"id": "flood", "probability": 0.95, "onset": 2028, "effects": []}]}},
        ("the probabilities add up to", "flood 0.95 (overlay.yaml:6)", "1 or less"),
    ),
    "changes nothing": ({"discount_rate": 0.07}, ("overlay.yaml:1", "the overlay changes nothing")),
    "no name": ({"name": "-", "discount_rate": 0.01}, ("an overlay has a name of its own",)),
    "no base": ({"extends": "../bases"}, ("overlay.yaml:1 extends: there is no instance '../bases'",)),
    "a base that is no path": ({"extends": 3}, ("overlay.yaml:1 extends: 3 is no path",)),
    "itself": ({"extends": "overlay.yaml"}, ("'overlay.yaml' extends this file in turn",)),
    "a verb that is no mapping": ({"remove": ["facilities"]}, ("'remove' is a mapping of sections",)),
    "what to remove is not said": ({"remove": {"facilities": 3}}, ("3 does not say what to remove", "ids, or all")),
    "a list for a mapping": ({"recipes": [{"id": "dig"}]}, ("recipes: this is a mapping",)),
    "a mapping for a list": ({"scenarios": {"a": 1}}, ("scenarios: this is a list of rows",)),
    "a record said to be nothing": (
        {"facilities": {"mount": None}},
        ("nothing is said of it", "'remove: {facilities: [mount]}' removes it"),
    ),
    "a table that is not there": ({"options": "nowhere.csv"}, ("there is no file nowhere.csv",)),
}


@pytest.mark.parametrize("what", REFUSED)
def test_overlay_at_fault(what: str, lay: Lay) -> None:
    """A slip in an overlay is refused with file, row, what is wrong and what would be right."""
    overlay, words = REFUSED[what]
    text = refused(lay(overlay))
    assert [word for word in words if word not in text] == [], text


def test_row_that_fits_several(lay: Lay, sound: Data) -> None:
    """A change that may mean several rows is refused with their places."""
    twice = copy.deepcopy(sound)
    twice["stockpiles"]["nds"]["targets"] = [
        {"material": "magnet_sh", "tonnes": 10, "shortage_cost": 5},
        {"material": "magnet_sh", "tonnes": 20, "shortage_cost": 1},
    ]
    lay(yaml.safe_dump(twice, sort_keys=False), "twice.yaml")
    text = refused(
        lay({"extends": "twice.yaml", "targets": [{"stockpile": "nds", "material": "magnet_sh", "tonnes": 5}]})
    )
    assert "2 rows have material: magnet_sh" in text
    assert text.count("twice.yaml:") >= 2


def test_two_instances_are_not_mixed(lay: Lay, sound: Data) -> None:
    """Overlays in one chain come from one instance."""
    lay(yaml.safe_dump(sound, sort_keys=False), "second.yaml")
    text = refused(lay({"extends": ["../base", "second.yaml"], "discount_rate": 0.01}))
    assert "second.yaml is another instance than ../base/instance.yaml" in text


def test_a_circle_of_two(lay: Lay) -> None:
    """Overlays that extend each other are refused, not followed."""
    lay({"extends": "overlay.yaml", "discount_rate": 0.01}, "other.yaml")
    assert "extends this file in turn" in refused(lay({"extends": "other.yaml", "discount_rate": 0.02}))


def test_a_base_that_no_file_can_be(lay: Lay) -> None:
    """A name that is too long is one that is not there."""
    assert "there is no instance 'aaa" in refused(lay({"extends": "a" * 300, "discount_rate": 0.01}))


def test_all_faults_of_all_files_in_one_pass(lay: Lay, tmp_path: Path) -> None:
    """What is wrong in the base and in the overlay is said together, each with its file."""
    base = tmp_path / "base" / "instance.yaml"
    base.write_text(base.read_text(encoding="utf-8").replace("cost: 900\n", "cost: -900\n"), encoding="utf-8")
    text = refused(lay({"facilities": {"nowhere": {}}, "options": [{"facility": "plant_a", "id": "none"}]}))
    assert "../base/instance.yaml" in text
    assert "there is no 'nowhere'" in text
    assert "no row has id: none" in text


def test_lines_after_a_removed_row_are_still_right(lay: Lay, tmp_path: Path, sound: Data) -> None:
    """A fault in a row behind a removed one is told at that row's own line."""
    data = copy.deepcopy(sound)
    data["policy"]["rules"].append({"rule": "forbid", "facility": "nowhere"})
    base = tmp_path / "base" / "instance.yaml"
    base.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    line = base.read_text(encoding="utf-8").splitlines().index("    facility: nowhere") + 1
    text = refused(lay({"remove": {"policy": {"rules": [{"rule": "domestic_content"}]}}}))
    assert f"../base/instance.yaml:{line}" in text or f"../base/instance.yaml:{line - 1}" in text, text


def test_set_comes_last(lay: Lay) -> None:
    """What is given on the command line holds over the overlay."""
    path = lay({"discount_rate": 0.01})
    assert optimizer.load(path, ["discount_rate=0.02"]).discount_rate == 0.02


def test_schema_of_overlays() -> None:
    """The schema for editors takes every sound overlay of these tests, and no misspelt section or key."""
    jsonschema = pytest.importorskip("jsonschema")
    check = jsonschema.Draft202012Validator(overlay_schema())
    for overlay, _ in CHANGES.values():
        as_json = json.loads(json.dumps({"extends": "..", "name": "variant"} | overlay))
        assert not list(check.iter_errors(as_json)), overlay
    slips: tuple[Data, ...] = (
        {"discount": 1},
        {"recipes": {"dig": {"costs": 1}}},
        {"add": {"facility": {}}},
        {"add": {"facilities": {"mount_b": {"country": "AUS"}}}},
        {"remove": {"recipe": ["dig"]}},
    )
    for wrong in slips:
        assert list(check.iter_errors({"extends": "..", "name": "variant"} | wrong)), wrong
    assert list(check.iter_errors({"name": "variant"}))
