"""A small instance on which things may happen, and the events that may."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.build import Data, instance_of, text_of

from optimizer import FutureSet, sample
from optimizer.instance.instance import Instance

YARD: Data = {
    "schema": 1,
    "name": "yard",
    "base_year": 2027,
    "discount_rate": 0.0,
    "periods": list(range(2027, 2037)),
    "domestic": ["USA"],
    "countries": {"USA": "domestic", "CHN": "adversary"},
    "materials": {"oxide": {"stage": "separation", "price": 10}, "magnet": {"stage": "magnet"}},
    "recipes": {
        "refine": {"stage": "separation", "outputs": {"oxide": 1}, "cost": 1},
        "make": {"stage": "magnet", "inputs": {"oxide": 1}, "outputs": {"magnet": 1}, "cost": 10},
    },
    "facilities": {
        "mill": {"stage": "separation", "country": "CHN", "recipes": ["refine"], "capacity": 20},
        "plant": {
            "stage": "magnet", "country": "USA", "recipes": ["make"], "capacity": 10,
            "options": [{"id": "more", "capacity": 5, "capex": 100, "lead": 1}],
        },
    },
    "channels": {"open": {}},
    "markets": {
        "town": {"channel": "open", "country": "USA",
                 "demand": [{"product": "magnet", "tonnes": 10, "shortage_cost": 100}]},
    },
    "lanes": [{"from": "mill", "to": "plant", "material": "oxide", "cost": 1, "tags": ["strait"]},
              {"from": "plant", "to": "town", "material": "magnet", "cost": 1}],
}  # fmt: skip
"""A mill abroad feeds a plant at home over a strait, ten years long."""

FIRE = {"affects": "facilities", "where": {"id": "plant"}, "available": 0.4}
CLOSED = {"affects": "lanes", "where": {"tags": "strait"}, "available": 0.0}


def event(hazard: Any, duration: Any = 1, effects: Any = None, **more: Any) -> Data:
    return {"hazard": hazard, "duration": duration, "effects": effects or [FIRE], **more}


def file_of(folder: Path, events: Data, causes: Data | None = None) -> Path:
    """An events file in a folder."""
    file = folder / "events.yaml"
    file.write_text(text_of({"events": events} | ({"causes": causes} if causes else {})), encoding="utf-8")
    return file


def yard(**changes: Any) -> Instance:
    return instance_of(copy.deepcopy(YARD) | changes)


def drawn(folder: Path, events: Data, causes: Data | None = None, **options: Any) -> FutureSet:
    """A set of the yard's futures."""
    instance = options.pop("instance", None) or yard()
    return sample(instance, file_of(folder, events, causes), **{"number": 500, "seed": 1, **options})


def strikes(futures: FutureSet, event_id: str) -> set[tuple[str, int, int, float]]:
    """Future, onset, duration and severity of an event's strikes."""
    rows = futures.occurrences
    rows = rows[rows["event"] == event_id]
    return set(zip(rows["future"], rows["onset"], rows["duration"], rows["severity"], strict=True))


def plain(file: Path) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def instance() -> Instance:
    return yard()
