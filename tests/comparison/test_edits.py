"""What differs between two instances is found, all of it and nothing else."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from support.build import Data, instance_of
from support.generate import generate
from worth.conftest import backup, reserve

from optimizer.comparison.edits import ORDER_OF_CHANNELS, Edit, counts, edited, edits_of, told
from optimizer.comparison.groups import grouped
from optimizer.errors import OptionsError
from optimizer.instance.instance import Instance


def between(old: Data, new: Data) -> list[Edit]:
    return edits_of(instance_of(old), instance_of(new))


def test_planted_edits_are_found_by_table_row_and_field() -> None:
    """A number, a row added, a row gone, a list, a share of a holder: each once, with what it was and is."""
    old = reserve(0.3)
    old["owners"] = {"acme": {"country": "USA"}}
    old["facilities"]["plant"]["owners"] = {"acme": 1.0}
    new = copy.deepcopy(old)
    new["facilities"]["plant"]["capacity"] = 25
    new["facilities"]["plant"]["owners"] = {"acme": {"share": 0.5}}
    new["facilities"]["plant"]["options"] = [{"id": "more", "capacity": 5, "capex": 7}]
    new["markets"]["town"]["demand"][0]["tonnes"] = {2027: 10, 2028: 12}
    new["markets"]["fort"] = new["markets"].pop("town")
    new["stockpiles"]["nds"]["targets"] = [{"material": "magnet", "tonnes": 4}]
    new["scenarios"][0]["effects"][0]["where"]["id"] = ["plant"]
    new["scenarios"][0]["probability"] = 0.2
    new["discount_rate"] = 0.05
    found = {(e.table, e.row, e.field): (e.change, e.old, e.new) for e in between(old, new)}
    market = new["markets"]["fort"]["demand"][0]
    assert set(found) == {
        ("general", "", "discount_rate"), ("facility_owners", "plant:acme", "share"),
        ("facilities", "plant", "capacity"), ("options", "plant:more", ""), ("markets", "town", ""),
        ("markets", "fort", ""), ("targets", "nds:magnet", ""),
        ("scenarios", "gone", "probability"), ("effects", "gone:facilities", "where.id"),
    }  # fmt: skip
    assert found["facilities", "plant", "capacity"] == ("changed", 20.0, 25.0)
    assert found["facility_owners", "plant:acme", "share"] == ("changed", 1.0, 0.5)
    assert found["markets", "town", ""][0] == "removed"
    assert found["markets", "fort", ""][2]["demand"]["magnet"]["tonnes"] == market["tonnes"]
    assert found["effects", "gone:facilities", "where.id"] == ("changed", "plant", ["plant"])


def test_order_of_rows_and_defaults_written_out_make_no_edit() -> None:
    """What reads the same is the same; the order of channels is not, for it says which is stricter."""
    old = generate(1, scenarios=2)
    new = copy.deepcopy(old)
    new["scenarios"] = new["scenarios"][::-1]
    new["facilities"] = dict(reversed(new["facilities"].items()))
    new["policy"] = {**new.get("policy", {}), "rules": new.get("policy", {}).get("rules", [])[::-1]}
    new["risk"] = {"measure": "expected"}
    assert not between(old, new)
    two = backup(0.3) | {"channels": {"open": {}, "closed": {}}}
    (edit,) = between(two, two | {"channels": {"closed": {}, "open": {}}})
    assert (edit.table, edit.old, edit.new) == ("channels", ["open", "closed"], ["closed", "open"])


@pytest.mark.parametrize(
    "names", [("strict", "open", "closed"), ("closed", "strict", "open"), ("strict", "open"), ("strict",)]
)
def test_a_channel_that_is_added_or_gone_leaves_the_others_in_their_order(names: tuple[str, ...]) -> None:
    """A new strictest channel is not the loosest of the edited instance; an order made first drops no channel."""
    data = backup(0.3)
    data["markets"]["town"]["channel"] = names[-1]
    old = instance_of(backup(0.3) | {"channels": {"open": {}, "closed": {}}})
    new = instance_of(data | {"channels": {name: {} for name in names}})
    edits = edits_of(old, new)
    assert list(edited(old, new, edits)["channels"]) == list(names)
    order = [edit for edit in edits if edit.path == ORDER_OF_CHANNELS]
    assert set(edited(old, new, order)["channels"]) == {"open", "closed"}


def test_words_are_told_apart_from_what_the_model_reads() -> None:
    """Sources and notes are edits that no plan depends on; a unit called note is none of these."""
    old = backup(0.3)
    new = copy.deepcopy(old)
    new["title"] = "Another"
    new["facilities"]["plant"] |= {"source": "a filing", "confidence": "A"}
    new["planning_case"] = {"demand_tiers": ["military"]}
    found = between(old, new)
    assert len(found) == 4
    assert all(edit.words for edit in found)
    assert not Edit(("facilities", "plant", "capacity", "note"), "changed", 5.0, 6.0).words
    assert not Edit(("scenarios", "gone", "effects", "lanes", "where", "source"), "changed", "a", "b").words


def test_markings_are_words() -> None:
    """A label, and labels of rows, one or a list: no number of a plan depends on them."""
    old = reserve(0.3)
    old["policy"] = {"rules": [{"rule": "starts", "max": 1}]}
    new = copy.deepcopy(old)
    new["markings"] = {label: {"name": label, "banner": label.upper()} for label in ("cui", "acme")}
    new["facilities"]["plant"]["marking"] = ["cui", "acme"]
    new["markets"]["town"]["demand"][0]["marking"] = "cui"
    new["policy"]["rules"][0]["marking"] = "cui"
    found = between(old, new)
    assert [edit.key for edit in found if not edit.words] == []
    assert len(found) == 4


@pytest.mark.parametrize(("one", "two"), [(1, 2), (3, 4)])
def test_all_edits_make_the_one_into_the_other(one: int, two: int) -> None:
    """Any two instances: with all edits made the first reads as the second does."""
    first = instance_of(generate(one, scenarios=2))
    second = instance_of(generate(two, scenarios=3))
    edits = edits_of(first, second)
    assert edits
    assert sum(counts(edits).values()) == len(edits)
    made = Instance.model_validate(edited(first, second, edits))
    assert not edits_of(made, second)
    assert all(told(edit).startswith(edit.table) for edit in edits)


def test_of_rows_with_one_name_the_equal_ones_are_paired() -> None:
    """Two effects on facilities, one of them another now: one edit, whichever stands first."""
    old = backup(0.3)
    effects: list[dict[str, Any]] = old["scenarios"][0]["effects"]
    effects.append({"affects": "facilities", "where": {"id": "backup"}, "available": 0.5})
    new = copy.deepcopy(old)
    new["scenarios"][0]["effects"] = [{**effects[1], "available": 0.4}, effects[0]]
    (edit,) = between(old, new)
    assert (edit.table, edit.field, edit.old, edit.new) == ("effects", "available", 0.5, 0.4)


def test_groups_leave_sound_instances_and_are_joined_where_they_do_not() -> None:
    """A recipe goes and so does the plant that ran it: neither alone is sound in the order of tables, both are."""
    old = backup(0.3)
    old["recipes"]["press"] = {"stage": "magnet", "outputs": {"magnet": 1}, "cost": 9}
    old["facilities"]["hall"] = {"stage": "magnet", "country": "USA", "recipes": ["press"], "capacity": 1}
    new = copy.deepcopy(old)
    del new["recipes"]["press"], new["facilities"]["hall"]
    new["scenarios"][0]["probability"] = 0.4
    before, after = instance_of(old), instance_of(new)
    edits = edits_of(before, after)
    groups = grouped(before, after, edits, "table", {})
    assert [group.name for group in groups] == ["recipes + facilities", "scenarios"]
    assert groups[-1].after is after
    assert groups[1].alone is not None
    assert "hall" in groups[1].alone.facilities
    named = grouped(before, after, edits, "edit", {"odds": ["*.probability"]})
    assert [group.name for group in named] == ["odds", "recipes press + facilities hall"]
    with pytest.raises(OptionsError, match=r"no edit fits the group prices; keys are such as"):
        grouped(before, after, edits, "table", {"prices": ["*.price"]})
    with pytest.raises(OptionsError, match="by is 'column'"):
        grouped(before, after, edits, "column", {})
