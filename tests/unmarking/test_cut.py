"""What goes with marked rows, what of it changes the problem, and that nothing of them is left anywhere."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
from support.params import first_fast

import optimizer
from optimizer.errors import InstanceError, OptionsError, PlanError
from optimizer.instance.changes import edited, plain_value
from optimizer.instance.marks import each_row, markings_of
from optimizer.unmarking.references import CHANGES, REFERENCES

ROOT = Path(__file__).resolve().parents[2]
LABELS = {
    "cui": {"name": "Controlled unclassified information", "banner": "CUI"},
    "acme": {"name": "Proprietary to Acme Magnetics", "banner": "ACME PROPRIETARY"},
}


@pytest.fixture(scope="module")
def sound() -> optimizer.Instance:
    """A chain from mine to magnet in which everything refers to everything."""
    return optimizer.load(ROOT / "tests" / "instance" / "sound.yaml")


def cut(instance: optimizer.Instance, folder: Path, *keep: str, **marked: Any) -> optimizer.Unmarked:
    """What is left of an instance; keys have `__` for dots."""
    changes = {key.replace("__", "."): value for key, value in marked.items()}
    return optimizer.unmarked(instance.replace({"markings": LABELS} | changes), folder / "made", keep)


def went(found: optimizer.Unmarked) -> dict[str, str]:
    """What is left out, without what rows of lists say of themselves, and why."""
    return {one.what.partition(" (")[0]: one.why for one in found.left}


def strings(value: Any) -> set[str]:
    """Every text of plain data, names of records too."""
    if isinstance(value, dict):
        return {key for key in value if isinstance(key, str)} | set().union(*map(strings, value.values()), set())
    if isinstance(value, list):
        return set().union(*map(strings, value), set())
    return {value} if isinstance(value, str) else set()


def test_nothing_of_a_marked_row_is_in_any_byte(tmp_path: Path) -> None:
    """Ids, names, sources, notes, tags, in the rows and in what others say of them; file names and comments."""
    folder = tmp_path / "whole"
    folder.mkdir()
    text = (ROOT / "tests" / "instance" / "sound.yaml").read_text(encoding="utf-8")
    text = text.replace(
        "  plant_a:\n",
        "  plant_a:      # the secret of Acme\n"
        "    marking: [cui, acme]\n    name: Lynas Kalgoorlie\n    note: By phone from their engineer\n"
        "    source: Acme filing of 3 May\n    tags: [kalgoorlie_tag]\n",
        1,
    )
    text = text.replace("fund: {country: USA}", "fund: {country: USA, marking: acme, name: Secret Fund}")
    text = text.replace("  mount:\n", "  mount:\n    note: Feeds Plant A, by phone from their engineer\n", 1)
    text = text.replace("  plant_c:\n", "  plant_c:\n    tags: [plant_a, big]\n    source: Public report\n", 1)
    text = text.replace("name: sound\n", f"name: sound\nmarkings: {json.dumps(LABELS)}\n", 1)
    text = text.replace("lanes:\n", "lanes: secret_lanes_of_acme.csv\nold_lanes:\n", 1)
    text = text.replace("where: {tags: malacca}", "where: {tags: [malacca, kalgoorlie_tag]}", 1)
    lanes = re.search(r"old_lanes:\n((?:  - .*\n)+)", text)
    assert lanes is not None
    text = text.replace(lanes[0], "")
    rows = [re.findall(r"(\w+): (\[\w+\]|\w+)", line) for line in lanes[1].splitlines()]
    heads = ["from", "to", "material", "cost", "channel", "tags"]
    table = [heads, *([dict(row).get(head, "") for head in heads] for row in rows)]
    (folder / "secret_lanes_of_acme.csv").write_text("\n".join(map(",".join, table)) + "\n", encoding="utf-8")
    (folder / "instance.yaml").write_text(text, encoding="utf-8")
    whole = optimizer.load(folder)
    found = optimizer.unmarked(folder, tmp_path / "made")
    data = plain_value(whole.plain())
    out = [data["facilities"].pop("plant_a"), data["owners"].pop("fund"), data.pop("markings")]
    gone = strings(out) | {"plant_a", "fund", "Plant A", "kalgoorlie", "Kalgoorlie", "secret", "Acme ", "cui", "CUI"}
    stays = strings(data) - {"plant_a", "kalgoorlie_tag", "Feeds Plant A, by phone from their engineer"}
    made = [file for file in (tmp_path / "made").rglob("*") if file.is_file()]
    assert [file.name for file in made] == ["instance.yaml"]
    content = made[0].read_bytes()
    alone = {word for word in gone if word not in stays and len(word) > 2}
    assert {"plant_a", "Lynas Kalgoorlie", "kalgoorlie_tag", "Secret Fund", "Acme filing of 3 May"} <= alone
    assert {word for word in alone if re.search(rf"(?<!\w){re.escape(word)}(?!\w)".encode(), content)} == set()
    assert found.instance.facilities["mount"].note is None
    assert found.instance.facilities["plant_c"].tags == ("big",)
    assert found.instance.facilities["plant_c"].source == "Public report"
    assert found.instance.scenarios[1].effects[0].where == {"tags": ["malacca"]}
    assert optimizer.load(tmp_path / "made") == found.instance
    assert found.instance.name == "sound_unmarked"
    assert "left out" in (found.instance.description or "")


def test_what_names_a_plant_goes_with_it(sound: optimizer.Instance, tmp_path: Path) -> None:
    """Rules, effects and lanes that name it; what is about nothing without it; each told with its reason."""
    found = cut(sound, tmp_path, facilities__plant_a__marking="cui")
    assert went(found) == {
        "facilities.plant_a": "marked cui",
        "policy.rules.7": "names plant_a, which is left out",
        "policy.rules.9": "names plant_a, which is left out",
        "policy.rules.8.facilities.1 plant_a": "it is left out",
        "policy.rules.8": went(found)["policy.rules.8"],
        "policy.rules.11": went(found)["policy.rules.11"],
        "policy.rules.13": went(found)["policy.rules.13"],
        "scenarios.1.effects.2": "names plant_a, which is left out",
        "scenarios.1.effects.4": "names plant_a, which is left out",
    }
    assert went(found)["policy.rules.8"].startswith("without what is left out: ")
    assert {one.what.partition(" ")[0] for one in found.left if one.changes} == {
        "policy.rules.7", "policy.rules.8", "policy.rules.8.facilities.1", "policy.rules.9", "policy.rules.11",
        "policy.rules.13", "scenarios.1.effects.2", "scenarios.1.effects.4",
    }  # fmt: skip
    assert len(found.instance.policy.rules) == len(sound.policy.rules) - 5
    assert [one.what for one in found.left if one.marked] == ["facilities.plant_a"]
    assert found.left[0].inside == (
        "options build, extend, refit; recipes separate, polish; owners acme, dragon; claims asia, oceania"
    )
    found = cut(sound, tmp_path / "lanes", facilities__magnet_my__marking="cui")
    assert {"lanes.6", "lanes.7"} <= set(went(found))
    assert found.left[0].what == "facilities.magnet_my"
    assert any("(from: magnet_my, to: industry, material: magnet_sh)" in one.what for one in found.left)


@pytest.mark.parametrize(
    ("marked", "gone", "stays"),
    [
        ({"markets__industry__demand__0__marking": "cui"}, {"markets.industry.demand.0"}, set()),
        ({"policy__rules__3__marking": "cui"}, {"policy.rules.3"}, set()),
        (
            {"markets__industry__marking": "cui"},
            {"markets.industry", "planning_case.tier_of.industry"},
            {"markets.programs"},
        ),
        ({"scenarios__closure__marking": "cui"}, {"scenarios.1"}, set()),
        ({"facilities__plant_a__claims__0__marking": "cui"}, {"facilities.plant_a.claims.0"}, set()),
        (
            {"facilities__plant_a__options__build__marking": "cui"},
            {
                "facilities.plant_a.options.0", "facilities.plant_a.options.1", "facilities.plant_a.options.2",
                "policy.rules.7", "policy.rules.9", "policy.rules.8", "scenarios.1.effects.2",
            },
            {"facilities.plant_a"},
        ),
        (
            {"facilities__plant_a__owners__dragon": {"share": 0.2, "marking": "acme"}},
            {"facilities.plant_a.owners.dragon"},
            {"owners.dragon"},
        ),
    ],
    ids=["demand", "rule", "market", "scenario", "claim", "option", "holding"],
)  # fmt: skip
def test_what_changes_the_problem_is_told(
    marked: dict[str, Any], gone: set[str], stays: set[str], sound: optimizer.Instance, tmp_path: Path
) -> None:
    """Each with what its absence changes; nothing else goes."""
    found = cut(sound, tmp_path, **marked)
    assert gone <= set(went(found))
    assert not stays & set(went(found))
    assert [one.what for one in found.left if one.changes or one.what.startswith("facilities.plant_a.options")]
    first = next(one for one in found.left if one.marked)
    assert first.changes or ".options." in first.what


def test_a_material_without_lanes_moves_otherwise(sound: optimizer.Instance, tmp_path: Path) -> None:
    """Told, since the format reads it so."""
    lanes = {f"lanes__{number}__marking": "cui" for number in range(len(sound.lanes))}
    found = cut(sound, tmp_path, **lanes)
    assert found.instance.lanes == ()
    assert ("lanes", "magnet_sh moves between hubs now") in [(one.what, one.changes) for one in found.left]


def test_labels_that_may_stay(sound: optimizer.Instance, tmp_path: Path) -> None:
    """A row goes where it has any other label; only labels kept are declared in what is left."""
    changes = {"facilities.mount.marking": "cui", "facilities.plant_a.marking": ["cui", "acme"]}
    whole = sound.replace({"markings": LABELS} | changes)
    found = optimizer.unmarked(whole, tmp_path / "made", keep=["cui"])
    assert "plant_a" not in found.instance.facilities
    assert list(found.instance.markings) == ["cui"]
    assert markings_of(found.instance)["cui"]["rows"] == 1
    assert "acme" not in (tmp_path / "made" / "instance.yaml").read_text(encoding="utf-8").split("markings", 1)[1][:200]


def test_refused_and_nothing_written(sound: optimizer.Instance, tmp_path: Path) -> None:
    """A rest that is no instance, an id that is another word, a folder that holds something, nothing marked."""
    with pytest.raises(InstanceError, match="channels"):
        cut(sound, tmp_path, channels__mdap__marking="cui", channels__commercial__marking="cui")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OptionsError, match=r"'dragon' is left out, .* too: .*recipes\.dig\.unit, .*\.capacity\.dragon"):
        cut(
            sound,
            tmp_path,
            owners__dragon__marking="cui",
            recipes__dig__unit="dragon",
            facilities__mount__capacity={"dragon": 1},
        )
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OptionsError, match="sound has no row with a marking"):
        cut(sound, tmp_path)
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "mine").write_text("")
    with pytest.raises(OptionsError, match="holds something"):
        cut(sound, tmp_path, facilities__plant_a__marking="cui")
    with pytest.raises(PlanError, match="neither an instance"):
        optimizer.unmarked(tmp_path / "made", tmp_path / "other")


def test_names_alike_are_listed(sound: optimizer.Instance, tmp_path: Path) -> None:
    """An id that holds one left out is somebody's own, and to be looked at."""
    options = [{"id": "beside_dragon", "capacity": {"light": 1}, "capex": 1}]
    found = cut(sound, tmp_path, owners__dragon__marking="cui", facilities__plant_c__options=options)
    assert found.alike == ["beside_dragon"]


@pytest.mark.parametrize("seed", first_fast(range(12), 4))
def test_whatever_is_marked_the_rest_is_an_instance(seed: int, sound: optimizer.Instance, tmp_path: Path) -> None:
    """Any rows, at any depth: nothing marked is left, and what is written reads back; or nothing is written."""
    draw = random.Random(seed)
    paths = draw.sample([path for path, _ in each_row(sound)], draw.randint(1, 6))

    def mark(data: dict[str, Any]) -> None:
        data["markings"] = LABELS
        for *above, last in paths:
            held: Any = data
            for part in above:
                held = held[part]
            row = held[last] if isinstance(held[last], dict) else {"share": held[last]}
            held[last] = row | {"marking": "cui"}

    whole = edited(sound, mark, "whole")
    rows = {path for path, row in each_row(whole) if row.marking}
    try:
        found = optimizer.unmarked(whole, tmp_path / "made")
    except (InstanceError, OptionsError):
        assert list(tmp_path.iterdir()) == []
        return
    assert not any(row.marking for _, row in each_row(found.instance))
    assert optimizer.load(tmp_path / "made") == found.instance
    told = {one.what.partition(" ")[0] for one in found.left if one.marked}
    assert all(any(".".join(map(str, path[:length])) in told for length in range(1, len(path) + 1)) for path in rows)


def test_every_reference_is_one_of_the_format() -> None:
    """Patterns name keys that records have; what changes the problem is told of places that there are."""
    schema = json.dumps(optimizer.Instance.model_json_schema(by_alias=True))
    for pattern in [*(".".join(one.pattern) for one in REFERENCES), *CHANGES]:
        for part in pattern.split("."):
            known = part == "*" or f'"{part}"' in schema or part in ("id", "facility", "owner", "product", "market")
            assert known, pattern


def test_an_excerpt_of_a_plan(tmp_path: Path) -> None:
    """Rows that name a plant left out are gone, the others as they were; lanes have the numbers of the rest."""
    two = optimizer.load(ROOT / "docs" / "examples" / "two_plants.yaml")
    lanes = [
        {"from": "abroad", "to": "programs", "material": "magnet"},
        {"from": "home", "to": "programs", "material": "magnet", "cost": 5},
    ]
    whole = two.replace({"markings": LABELS, "lanes": lanes, "facilities.abroad.marking": "acme"})
    plan = optimizer.solve(whole, gap=0)
    folder = plan.save(tmp_path / "plan")
    found = optimizer.unmarked(folder, tmp_path / "made")
    made = {file.name for file in (tmp_path / "made").iterdir()}
    assert made == {"instance", "excerpt.json", *(f"{name}.csv" for name in plan.tables)}
    flows = found.tables["flows"]
    assert set(plan.flows["link"]) == {"lane:0", "lane:1"}
    assert set(flows["link"]) == {"lane:0"}
    assert flows["tonnes"].tolist() == plan.flows.query("link == 'lane:1'")["tonnes"].tolist()
    lines = (folder / "costs.csv").read_text(encoding="utf-8").splitlines()
    assert (tmp_path / "made" / "costs.csv").read_text(encoding="utf-8").splitlines() == [
        line.removesuffix(",marking" if not number else ",") for number, line in enumerate(lines)
    ]
    assert "marking" not in flows.columns
    assert found.rows["flows"] == len(plan.flows) - len(flows)
    for file in (tmp_path / "made").rglob("*"):
        assert not file.is_file() or b"abroad" not in file.read_bytes(), file
    with pytest.raises(PlanError, match=r"no plan\.json"):
        optimizer.Plan.read(tmp_path / "made")
