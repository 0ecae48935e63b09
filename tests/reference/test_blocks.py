"""Blocks apart from finished magnets: the two steps take and cost what one does in the base, but for plants named."""

from __future__ import annotations

import pytest

import optimizer
from optimizer.instance.instance import Instance

from .conftest import FOLDER, rows

YIELD = 20_900 / 29_300  # finished of blocks, sources/downstream_facilities.csv cn_jlmag
COUNT_BLOCKS = {"neo_narva": 0.5, "shinetsu_haiphong": 0.0}


@pytest.fixture(scope="module")
def base() -> Instance:
    """The reference instance."""
    return optimizer.load(FOLDER)


@pytest.fixture(scope="module")
def blocks() -> Instance:
    """The same with blocks apart."""
    return optimizer.load(FOLDER / "variants" / "blocks.yaml")


def cost(instance: Instance, facility: str, recipe: str) -> float:
    """USD per unit of activity, of the facility or of the recipe."""
    own = instance.facilities[facility].recipes[recipe].cost
    return float(own if own is not None else instance.recipes[recipe].cost)


def pressed_of(blocks: Instance, recipe: str) -> dict[str, float]:
    """Alloy behind the blocks that a recipe takes."""
    found: dict[str, float] = {}
    for name, amount in blocks.recipes[recipe].inputs.items():
        if name.startswith("block_"):
            for alloy, share in blocks.recipes[name.replace("block_", "press_")].inputs.items():
                found[alloy] = found.get(alloy, 0.0) + share * amount
    return found


def test_a_magnet_takes_the_alloy_that_it_takes_in_the_base(base: Instance, blocks: Instance) -> None:
    """Every recipe for magnets, fed with blocks, goes back to the alloys and metals of the base; so do its outputs."""
    cutting = [name for name, recipe in base.recipes.items() if recipe.unit == "magnet"]
    assert len(cutting) == 13
    for name in cutting:
        was, now = base.recipes[name], blocks.recipes[name]
        kept = {material: amount for material, amount in now.inputs.items() if not material.startswith("block_")}
        assert pressed_of(blocks, name) | kept == pytest.approx(dict(was.inputs), rel=1e-4), name
        assert now.outputs == was.outputs


def test_two_steps_cost_what_one_does(base: Instance, blocks: Instance) -> None:
    """At every plant pressing and cutting together cost the base's making; half of an ordinary one is pressing."""
    compared = 0
    for name, facility in base.facilities.items():
        for recipe in facility.recipes:
            if base.recipes[recipe].unit != "magnet":
                continue
            used = {k: v for k, v in blocks.recipes[recipe].inputs.items() if k.startswith("block_")}
            press = sum(v * cost(blocks, name, k.replace("block_", "press_")) for k, v in used.items())
            assert press + cost(blocks, name, recipe) == pytest.approx(cost(base, name, recipe), rel=2e-4)
            if recipe == "n_conventional":
                assert press == pytest.approx(cost(base, name, recipe) / 2, rel=1e-3)
            compared += 1
    assert compared > 300


def test_only_plants_that_count_blocks_finish_less(base: Instance, blocks: Instance) -> None:
    """A plant presses what it cuts; the two named count blocks, and the owner of one cuts them at home."""
    for name, facility in base.facilities.items():
        if "magnet" not in facility.capacity:
            assert blocks.facilities[name].capacity == facility.capacity, name
            continue
        for year in (2027, 2030, 2036):
            said = facility.capacity["magnet"].at(year, 2027)
            press, cut = (blocks.facilities[name].capacity[unit].at(year, 2027) for unit in ("press", "magnet"))
            guests = 2200 * YIELD if name == "shinetsu_takefu" else 0.0
            if name in COUNT_BLOCKS:
                assert press == pytest.approx(said)
                assert cut == pytest.approx(said * YIELD * COUNT_BLOCKS[name], rel=1e-3)
            else:
                assert cut == pytest.approx(said + guests, rel=1e-3), name
                assert press * YIELD == pytest.approx(said, rel=1e-3), name
        for option, was in zip(blocks.facilities[name].options, facility.options, strict=True):
            if "magnet" in was.capacity and name not in COUNT_BLOCKS:
                assert option.capacity["press"] * YIELD == pytest.approx(was.capacity["magnet"], rel=1e-3)
                assert option.capacity["magnet"] == was.capacity["magnet"]


def test_the_reserve_holds_blocks_up_to_the_ceiling(base: Instance, blocks: Instance) -> None:
    """The ceiling of magnet block is asked for in blocks, and no longer in the alloys that stood for it."""
    (ceiling,) = [float(row["value"]) for row in rows("sources/policy") if row["row_id"] == "pol073"]

    def asked(instance: Instance, start: str) -> float:
        targets = [t for t in instance.stockpiles["nds"].targets if t.material.startswith(start) and t.tonnes]
        return sum(target.tonnes.at(2036, 2027) for target in targets if target.tonnes is not None)

    assert asked(base, "alloy_") == asked(blocks, "block_") == ceiling
    assert asked(blocks, "alloy_") == 0
    assert {"block_h", "block_sh"} <= set(blocks.stockpiles["nds"].materials)


def test_chinese_blocks_stay(blocks: Instance) -> None:
    """No freight row carries a block out of China, and no row out of China carries whatever there is."""
    out = {row.material for row in blocks.logistics.freight if row.from_ == "china"}
    assert out
    assert None not in out
    assert not [name for name in out if name and name.startswith("block_")]
