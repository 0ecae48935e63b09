"""An instance changed in Python is a new one, and passes the checks, with the messages, that a file does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support.build import instance_of, one_market

import optimizer
from optimizer.errors import InstanceError, Where
from optimizer.instance.changes import source_of
from optimizer.instance.override import multiply
from optimizer.instance.sound import sound
from optimizer.instance.write import sha256

ROOT = Path(__file__).resolve().parents[2]
STARTER = ROOT / "instances" / "starter"


@pytest.fixture(scope="module")
def starter() -> optimizer.Instance:
    return optimizer.load(STARTER)


@pytest.mark.parametrize(
    ("changes", "override"),
    [
        ({"discount_rate": 0.09}, "discount_rate=0.09"),
        ({"policy.budget.total": 1e9}, "policy.budget.total=1e9"),
        ({"facilities.noveon.options.new_lines.capex": 5}, "facilities.noveon.options.new_lines.capex=5"),
        ({"facilities.*.options.*.public_share": 0.5}, "facilities.*.options.*.public_share=0.5"),
        ({"markets.programs.demand.magnet_uh.tonnes": {2027: 5}}, "markets.programs.demand.magnet_uh.tonnes={2027: 5}"),
        ({"scenarios": []}, "scenarios=[]"),
    ],
)
def test_a_key_from_python_is_a_key_of_set(starter: optimizer.Instance, changes: dict[str, Any], override: str) -> None:
    """The same instance comes out as of --set, and the one before is untouched."""
    before = sha256(starter)
    assert sha256(starter.replace(changes)) == sha256(optimizer.load(STARTER, [override]))
    assert sha256(starter) == before


def test_nothing_changed_is_the_same(starter: optimizer.Instance) -> None:
    """And it is the one read from the files."""
    assert sha256(starter.replace()) == sha256(starter)
    fields: dict[str, Any] = {name: getattr(starter, name) for name in ("scenarios", "facilities", "policy", "lanes")}
    assert sha256(starter.replace(**fields)) == sha256(starter)


def test_a_mapping_of_a_stockpile_may_be_begun() -> None:
    """Stock of a store that states none, as `explain` tells it; what is no field of a stockpile is still a fault."""
    plant = {"stage": "magnet", "country": "USA", "recipes": ["make"], "capacity": 1}
    data = one_market("stored", {"plant": plant}, tonnes=1)
    data["materials"]["magnet"]["storage"] = {"cost": 1}
    data["stockpiles"] = {"store": {"country": "USA", "channel": "open", "materials": ["magnet"], "release": "always"}}
    instance = instance_of(data)
    key = "stockpiles.store.initial.magnet"
    assert instance.replace({key: 6.0}).stockpiles["store"].initial == {"magnet": 6.0}
    with pytest.raises(InstanceError, match=r"'stockpiles\.store' has no 'initail'"):
        instance.replace({"stockpiles.store.initail.magnet": 6.0})


def test_values_of_other_libraries_are_taken(starter: optimizer.Instance) -> None:
    """A pandas series by year, and numpy's numbers, are what they look like."""
    key = "markets.programs.demand.magnet_uh.tonnes"
    years = pd.Series([110.0, 150.5], index=pd.Index([2027, 2030], name="year"))
    changed = starter.replace({key: years, "scenarios.conflict.onset": np.int64(2030)})
    assert changed.markets["programs"].demand[2].tonnes.steps == ((2027, 110.0), (2030, 150.5))
    assert {s.id: s.onset for s in changed.scenarios}["conflict"] == 2030


def test_all_faults_of_a_change_come_at_once(starter: optimizer.Instance) -> None:
    """With the key as it was given, and what would be right."""
    with pytest.raises(InstanceError) as caught:
        starter.replace({"facilities.novon.capacity": 3, "policy.budgets.annual": 1e9}, discount_rate=2)
    head, *faults = str(caught.value).splitlines()
    assert head == "3 faults in starter"
    assert sorted(faults) == [
        "  replace discount_rate: 2 is out of range; 1.0 or less",
        "  replace facilities.novon.capacity: 'facilities' has no 'novon'; did you mean 'noveon'?",
        "  replace policy.budgets: unknown key 'budgets'; did you mean 'budget'?",
    ]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("policy.rules.99.share.2030", "'policy.rules' has no '99'; its rows are numbered from 0 to 2"),
        ("markets.programs.demand.mgnet_sh.tonnes", "has no 'mgnet_sh'; did you mean 'magnet_sh'?"),
        ("scenarios.conflct.onset", "'scenarios' has no 'conflct'; did you mean 'conflict'?"),
        ("discount_rate.2030.more", "'discount_rate' has no '2030'; nothing stands below it"),
    ],
)
def test_a_row_that_is_not_there_is_told_what_there_is(starter: optimizer.Instance, key: str, words: str) -> None:
    """Rows with an id or a product by that, others by their number; what is one value has no rows."""
    with pytest.raises(InstanceError) as caught:
        starter.replace({key: 1})
    assert words in str(caught.value)


def test_what_no_single_value_is_at_fault_for_is_found(starter: optimizer.Instance) -> None:
    """Probabilities that add up to more than one, and a channel that would launder: the whole is checked."""
    with pytest.raises(InstanceError, match=r"the probabilities add up to 1\.3"):
        starter.replace({"scenarios.conflict.probability": 0.9})
    with pytest.raises(InstanceError, match="which is looser"):
        starter.replace({"channels.commercial.max_exposure": {"ownership": 0.0}})


def test_an_overlay_from_python_is_an_overlay_of_a_file(starter: optimizer.Instance, tmp_path: Path) -> None:
    """From a file that extends it, and from data that say the same."""
    text = f"""extends: {STARTER}
name: other
discount_rate: 0.09
facilities: {{white_mesa: {{exposure: {{equipment: 0.1}}}}}}
remove: {{scenarios: [conflict], options: [{{facility: noveon}}]}}
add: {{options: [{{facility: noveon, id: third, capacity: {{magnet: 2000}}, capex: 2.5e8, lead: 2}}]}}
"""
    (tmp_path / "other.yaml").write_text(text, encoding="utf-8")
    data = {
        "name": "other",
        "discount_rate": 0.09,
        "facilities": {"white_mesa": {"exposure": {"equipment": 0.1}}},
        "remove": {"scenarios": ["conflict"], "options": [{"facility": "noveon"}]},
        "add": {"options": [
            {"facility": "noveon", "id": "third", "capacity": {"magnet": 2000}, "capex": 2.5e8, "lead": 2}
        ]},
    }  # fmt: skip
    read = optimizer.load(tmp_path / "other.yaml")
    assert sha256(starter.overlay(tmp_path / "other.yaml")) == sha256(read)
    assert sha256(starter.overlay(data)) == sha256(read)
    assert starter.overlay({"discount_rate": 0.08}).name == "starter"


def test_of_a_chain_comes_what_this_instance_lacks(tmp_path: Path) -> None:
    """An overlay of an overlay brings both to the instance, and its own to the overlay's instance."""
    (tmp_path / "one.yaml").write_text(f"extends: {STARTER}\nname: one\nremove: {{scenarios: [conflict]}}\n")
    (tmp_path / "two.yaml").write_text("extends: one.yaml\nname: two\ndiscount_rate: 0.02\n")
    whole = sha256(optimizer.load(tmp_path / "two.yaml"))
    assert sha256(optimizer.load(STARTER).overlay(tmp_path / "two.yaml")) == whole
    assert sha256(optimizer.load(tmp_path / "one.yaml").overlay(tmp_path / "two.yaml")) == whole


@pytest.mark.parametrize(
    ("overlay", "words"),
    [
        ({"facilities": {"novon": {"capacity": 0}}}, "overlay facilities.novon: there is no 'novon'; did you mean"),
        ({"name": "same"}, "the overlay changes nothing of what it extends"),
        ("no_such.yaml", "there is no overlay 'no_such.yaml'"),
        (STARTER, "this is an instance of its own, and no overlay"),
    ],
)
def test_an_overlay_at_fault(starter: optimizer.Instance, overlay: Any, words: str) -> None:
    """Is told of as a file is."""
    with pytest.raises(InstanceError) as caught:
        starter.overlay(overlay)
    assert words in str(caught.value)


def test_small_instances_go_there_and_back() -> None:
    """Whatever an instance has, it is the same after a change of nothing."""
    from support.generate import generate  # noqa: PLC0415

    for seed in range(4):
        instance = instance_of(generate(seed, scenarios=2))
        assert sha256(instance.replace()) == sha256(instance)


def test_a_factor_reaches_every_amount_and_no_growth(starter: optimizer.Instance) -> None:
    """A series that grows, sizes by unit, and prices by region; what no key names stays."""
    source = source_of(starter)
    for key in ("markets.us_industry.demand.*.tonnes", "facilities.mountain_pass.options.heavy.capacity"):
        multiply(source, key, 2.0, Where("test"))
    multiply(source, "materials.heavy_oxide.price", 0.5, Where("test"))
    made = sound(source, "test")
    (first, *_), (before, *_) = (i.markets["us_industry"].demand for i in (made, starter))
    assert (first.tonnes.start, first.tonnes.growth) == (2 * (before.tonnes.start or 0), before.tonnes.growth)
    assert made.facilities["mountain_pass"].options[0].capacity == {"heavy": 400}
    prices = (i.materials["heavy_oxide"].price for i in (made, starter))
    halved, whole = ({region: series.constant for region, series in (price or {}).items()} for price in prices)
    assert halved == {region: usd / 2 for region, usd in whole.items() if isinstance(usd, int | float)}
    assert made.markets["programs"] == starter.markets["programs"]
