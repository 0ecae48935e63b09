"""Reading an instance whole, overriding it, and writing it so that it reads back the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from optimizer.errors import InstanceError
from optimizer.instance.instance import Instance
from optimizer.instance.judge import judge
from optimizer.instance.read import read_source
from optimizer.instance.write import sha256, yaml_text
from optimizer.instance.yaml12 import read_yaml

from .conftest import Reader

ODD = [
    "no",
    "on",
    "true",
    "4e8",
    "1:30",
    "0123",
    "0o17",
    ".5",
    "~",
    "null",
    "=",
    "<<",
    "2027-01-01",
    "{a: 1}",
    "[1, 2]",
    "- a",
    "a: b",
    "a #b",
    "'quoted'",
    '"quoted"',
    "two\nlines\n",
    "trailing ",
    " leading",
    "tab\there",
    "!tag",
    "&a",
    "*a",
    "%",
    "@",
    "`",
    "\\n",
    "caf\u00e9 \u2265 \u4e2d",
    "\U0001f9f2",
    "line\u2028separator",
    "next\x85line",
    "old\rline\r\n",
    "bom \ufeff here",
    "bell \x07",
    "ends in a colon:",
    "? a",
    "-",
    "--- a",
    "...",
    ".inf",
    ".NaN",
    "x" * 500,
    "word " * 60,
]


def instance_of(found: Any) -> Instance:
    assert found.faults == []
    assert isinstance(found.instance, Instance)
    return found.instance


def again(instance: Instance, read: Reader) -> Instance:
    return instance_of(read(yaml_text(instance)))


def test_round_trip(read: Reader, sound_text: str) -> None:
    instance = instance_of(read(sound_text))
    assert again(instance, read) == instance
    assert sha256(again(instance, read)) == sha256(instance)


@pytest.mark.parametrize("text", ODD, ids=repr)
def test_text_reads_back_as_it_was(text: str, sound: dict[str, Any]) -> None:
    data = sound | {"title": text, "description": text}
    data["materials"]["ndpr_oxide"]["note"] = text
    instance = Instance.model_validate(data)
    found = read_yaml(yaml_text(instance), "a.yaml")
    assert found.faults == []
    assert Instance.model_validate(found.data) == instance
    assert found.data["title"] == text


def test_ids_that_look_like_something_else_read_back(read: Reader, sound: dict[str, Any]) -> None:
    odd = {"no": "0123", "true": "4e8", "null": "1_000", "on": "0o17"}
    for name, other in odd.items():
        sound["facilities"]["mount"].setdefault("tags", []).extend([name, other])
        sound["owners"] |= {name: {"country": "USA"}, other: {"country": "USA", "owners": {name: 0.1}}}
    instance = Instance.model_validate(sound)
    assert {"no", "4e8", "null"} < set(instance.owners)
    assert again(instance, read) == instance


@pytest.mark.parametrize("number", [4e8, 4.0e-7, 1e22, 123456789.123456789, 0.1 + 0.2, 5e-324, 1.7e308, 1e16])
def test_numbers_read_back_to_the_last_bit(number: float, read: Reader, sound: dict[str, Any]) -> None:
    sound["policy"]["budget"] = {"annual": number}
    instance = instance_of(read(sound))
    assert instance.policy.budget.annual is not None
    assert instance.policy.budget.annual.constant == number
    assert again(instance, read) == instance


def test_all_forms_read_back(read: Reader, sound: dict[str, Any]) -> None:
    sound["risk"] = {"measure": "cvar", "alpha": 0.9, "weight": 0.5}
    sound["ownership_rule"] = {"method": "control", "threshold": 0.25, "below": "zero"}
    sound["planning_case"] = {
        "emergency": {"length_years": 3, "intensity": "no", "mobilisation_years": 1},
        "demand_tiers": ["military", "industrial"],
        "replenish_within_years": 3,
    }
    sound["markets"]["programs"]["demand"][0]["shortage_cost"] = {2027: 10.0, 2029: None}
    sound["facilities"]["plant_a"]["owners"]["acme"] = {"share": 0.8, "source": "register", "confidence": "A"}
    sound["facilities"]["plant_a"]["location"] = [-30.7, 121.5]
    sound["scenarios"][0] |= {"recovery": 0, "note": "4e8"}
    sound["policy"]["rules"].append({"rule": "reactions", "countries": ["USA"], "max": {2028: 0.5}})
    options = sound["facilities"]["plant_a"]["options"]
    options[0]["react"], options[1]["react"] = True, {"lead": 0, "capex_factor": 1.5}
    instance = instance_of(read(sound))
    assert again(instance, read) == instance


def test_tables_give_the_same_instance(read: Reader, sound: dict[str, Any]) -> None:
    written_out = instance_of(read(sound))
    sound["owners"] = "owners.csv"
    from_table = instance_of(
        read(sound, owners='id,country,owners\ndragon,CHN,\nfund,USA,\nacme,AUS,"{dragon: 0.1, fund: 0.5}"\n')
    )
    assert from_table == written_out
    assert sha256(from_table) == sha256(written_out)


def test_the_hash_is_of_the_content(read: Reader, sound_text: str) -> None:
    instance = instance_of(read(sound_text))
    assert sha256(instance_of(read("# a comment\n" + sound_text.replace("7.0e8", "700000000")))) == sha256(instance)
    assert sha256(instance_of(read(sound_text.replace("7.0e8", "7.1e8")))) != sha256(instance)


@pytest.mark.parametrize(
    ("override", "get", "value"),
    [
        ("policy.budget.annual=5e9", lambda found: found.policy.budget.annual.constant, 5e9),
        ("policy.budget.annual={2027: 1}", lambda found: found.policy.budget.annual.plain(), {2027: 1}),
        ("policy.budget.total=4e8", lambda found: found.policy.budget.total, 4e8),
        ("discount_rate=.03", lambda found: found.discount_rate, 0.03),
        ("facilities.plant_a.options.build.capex=1", lambda found: found.facilities["plant_a"].options[0].capex, 1),
        ("scenarios.closure.probability=0", lambda found: found.scenarios[1].probability, 0),
        ("scenarios.1.probability=0", lambda found: found.scenarios[1].probability, 0),
        ("markets.industry.demand.magnet_uh.tonnes=7",
         lambda found: found.markets["industry"].demand[1].tonnes.constant, 7),
        ("markets.programs.demand.0.tonnes.2029=7",
         lambda found: found.markets["programs"].demand[0].tonnes.at(2029, 2027), 7),
        ("domestic=[USA, CAN]", lambda found: found.domestic, ("USA", "CAN")),
        ("title='4e8'", lambda found: found.title, "4e8"),
        ("title=no", lambda found: found.title, "no"),
        ("title=a=b", lambda found: found.title, "a=b"),
        ("policy.budget.annual=null", lambda found: found.policy.budget.annual, None),
        ("risk.measure=worst_case", lambda found: found.risk.measure, "worst_case"),
        ("materials.tailings.sell=false", lambda found: found.materials["tailings"].sell, False),
        ("facilities.magnet_my.exposure={finance: unknown}",
         lambda found: found.facilities["magnet_my"].exposure["finance"].constant, "unknown"),
    ],
)  # fmt: skip
def test_overrides(override: str, get: Callable[[Any], Any], value: Any, read: Reader, sound: dict[str, Any]) -> None:
    sound["countries"]["CAN"] = "ally"
    assert get(instance_of(read(sound, override))) == value


def test_the_last_override_counts(read: Reader, sound: dict[str, Any]) -> None:
    assert instance_of(read(sound, "discount_rate=0.01", "discount_rate=0.02")).discount_rate == 0.02


def test_an_override_reaches_into_a_table(read: Reader, sound: dict[str, Any]) -> None:
    sound["owners"] = "owners.csv"
    table = "id,country\ndragon,CHN\nfund,USA\nacme,AUS\n"
    assert instance_of(read(sound, "owners.fund.country=AUS", owners=table)).owners["fund"].country == "AUS"


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("policy.budget", ("--set", "KEY=VALUE")),
        ("=5", ("--set", "KEY=VALUE")),
        ("x\udc80y=1", ("--set", "no UTF-8")),
        ("name=x\ud800", ("--set", "half a character")),
        ("facilities.plant_b.country=USA", ("--set facilities.plant_b.country", "did you mean 'plant_")),
        ("facilities.plant_a.options.biuld.capex=1", ("--set", "no 'biuld'", "did you mean 'build'?")),
        ("discount_rate=high", ("--set discount_rate", "'high' does not fit", "a number")),
        ("discount_rte=0.1", ("discount_rte", "did you mean 'discount_rate'?")),
        ("scenarios.7.probability=0", ("--set", "no '7'")),
        ("lanes.99=1", ("--set", "not there")),
        ("policy.budget.annual=[1", ("--set", "not readable as YAML")),
        ("markets.programs.channel=mdpa", ("--set markets.programs.channel", "did you mean 'mdap'?")),
        ('title="\udcff"', ("--set", "no text")),
        ("discount_rate.x=1", ("--set", "discount_rate.x")),
    ],
)
def test_overrides_at_fault(
    override: str, words: tuple[str, ...], refuse: Callable[..., str], sound: dict[str, Any]
) -> None:
    text = refuse(sound, override)
    assert [word for word in words if word not in text] == [], text


def test_a_folder_or_its_file(tmp_path: Path, sound_text: str) -> None:
    (tmp_path / "instance.yaml").write_text(sound_text, encoding="utf-8")
    (tmp_path / "other.yaml").write_text(sound_text.replace("name: sound", "name: other"), encoding="utf-8")
    for path, name in ((tmp_path, "sound"), (tmp_path / "instance.yaml", "sound"), (tmp_path / "other.yaml", "other")):
        instance = judge(read_source(path))
        assert instance is not None
        assert instance.name == name


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"# nothing\n", "the file is empty"),
        (b"- 1\n- 2\n", "not a mapping"),
        (b"hello\n", "not a mapping"),
        (b"a: [1\n", "not readable as YAML"),
        (b"a: 1\0\n", "not readable as YAML"),
        (b"name: caf\xe9\n", "not UTF-8"),
        (b"\xff\xfea\x00", "not UTF-8"),
    ],
)
def test_not_an_instance(content: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "instance.yaml").write_bytes(content)
    with pytest.raises(InstanceError, match=words) as caught:
        read_source(tmp_path)
    assert "instance.yaml" in str(caught.value)


def test_no_such_path(tmp_path: Path) -> None:
    with pytest.raises(InstanceError, match=r"there is no file nowhere\.yaml"):
        read_source(tmp_path / "nowhere.yaml")


def test_a_result_folder_is_no_instance_but_has_one(tmp_path: Path) -> None:
    """A plan given where an instance belongs: the fault says where its instance is."""
    (tmp_path / "plan.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InstanceError) as caught:
        read_source(tmp_path)
    assert f"which is a result folder; the instance of its plan is {tmp_path / 'instance'}" in str(caught.value)


def test_a_path_that_no_file_can_have(tmp_path: Path) -> None:
    with pytest.raises(InstanceError, match="cannot be read: File name too long"):
        read_source(tmp_path / ("a" * 300))


def test_a_link_that_leads_to_itself(tmp_path: Path) -> None:
    (tmp_path / "instance.yaml").symlink_to("instance.yaml")
    with pytest.raises(InstanceError, match=r"there is no file instance\.yaml"):
        read_source(tmp_path)


def test_byte_order_mark(tmp_path: Path, sound_text: str) -> None:
    (tmp_path / "instance.yaml").write_text("\ufeff" + sound_text, encoding="utf-8")
    instance = judge(read_source(tmp_path))
    assert instance is not None
    assert instance.schema_ == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"schema": 2}, ("schema", "2 is not known", "one of 1")),
        ({"schema": None}, ("schema",)),
        ({"finance": {"perspective": "publik", "hurdle_rate": 0.1}}, ("finance.perspective", "'publik' is not known")),
        ({"nmae": "x"}, ("unknown key 'nmae'", "did you mean 'name'?")),
        ({"name": "Big Plan"}, ("name", "a-z, 0-9 and _")),
        ({"periods": []}, ("periods",)),
        ({"facilities": None}, ("facilities",)),
        ({"discount_rate": "7%"}, ("discount_rate", "'7%'", "a number")),
    ],
)
def test_records_at_fault(
    changes: dict[str, Any], words: tuple[str, ...], refuse: Callable[..., str], sound: dict[str, Any]
) -> None:
    text = refuse(sound | changes)
    assert [word for word in words if word not in text] == [], text


@pytest.mark.parametrize("section", ["schema", "name", "base_year", "periods", "countries", "recipes", "channels"])
def test_a_section_that_is_missing(section: str, refuse: Callable[..., str], sound: dict[str, Any]) -> None:
    del sound[section]
    assert f"'{section}' is missing" in refuse(sound)


def test_what_is_at_fault_is_left_out_and_nothing_else(read: Reader, sound: dict[str, Any]) -> None:
    del sound["scenarios"][0]["onset"]
    sound["scenarios"][0]["probability"] = 2.0
    sound["facilities"]["mount"]["stage"] = "Mine!"
    sound["facilities"]["mount"]["capacity"] = -5.0
    sound["lanes"][0]["cost"] = -1.0
    sound["lanes"][3]["to"] = 5
    found = read(sound)
    assert found.instance is not None
    assert len(found.faults) == 6, found.text
    assert not any("'stage' is missing" in fault or "'probability' is missing" in fault for fault in found.faults)
    assert [scenario.id for scenario in found.instance.scenarios] == ["closure"]
    assert "mount" not in found.instance.facilities
    assert len(found.instance.facilities) == 5
    assert [lane.to for lane in found.instance.lanes][:3] == ["programs", "industry", "nds"]
    assert len(found.instance.lanes) == 7
    assert ("lanes", 3) in found.source.removed
    assert ("scenarios", 0) in found.source.removed


def test_later_rounds_name_paths_as_written(read: Reader, sound: dict[str, Any]) -> None:
    targets = sound["stockpiles"]["nds"]["targets"]
    targets.insert(0, {"material": 5, "tonnes": 1.0})
    targets.append({"material": "ndpr_oxide"})
    found = read(sound)
    assert [fault.key for fault in found.source.faults] == [
        "stockpiles.nds.targets.0.material",
        "stockpiles.nds.targets.3",
    ]
    assert found.instance is not None
    assert len(found.instance.stockpiles["nds"].targets) == 2


def test_a_hopeless_instance_is_none(read: Reader, sound: dict[str, Any]) -> None:
    sound["base_year"] = "now"
    assert read(sound).instance is None
