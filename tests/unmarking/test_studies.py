"""Excerpts of studies: what names something left out is gone, row, column or table, and what cannot be cut is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import optimizer
from optimizer.errors import OptionsError, PlanError
from optimizer.instance.write import sha256

from .test_cut import LABELS, ROOT


def whole_of(**more: Any) -> optimizer.Instance:
    """Two plants of which the one abroad is proprietary, with lanes from both and a rule that names it."""
    two = optimizer.load(ROOT / "docs" / "examples" / "two_plants.yaml")
    lanes = [
        {"from": "abroad", "to": "programs", "material": "magnet"},
        {"from": "home", "to": "programs", "material": "magnet", "cost": 5},
    ]
    return two.replace({"markings": LABELS, "lanes": lanes, "facilities.abroad.marking": "acme", **more})


def study(folder: Path, instance: optimizer.Instance, **tables: str) -> Path:
    """A folder as a study writes it."""
    folder.mkdir()
    note = {"instance": instance.name, "instance_sha256": sha256(instance), "made": "2026-11-27", "label": "abroad"}
    (folder / "waivers.json").write_text(json.dumps(note), encoding="utf-8")
    (folder / "rows.jsonl").write_text('{"facility": "abroad"}\n', encoding="utf-8")
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def lines(folder: Path, name: str) -> list[str]:
    return (folder / f"{name}.csv").read_text(encoding="utf-8").splitlines()


def test_rows_columns_and_sentences_that_name_it_are_gone(tmp_path: Path) -> None:
    """Others stay as they were, to the letter; no byte of the excerpt says the plant's name."""
    instance = whole_of()
    folder = study(
        tmp_path / "study",
        instance,
        by_name="facility,usd,marking\nhome,1.50,\nabroad,2.50,acme\n",
        by_key="key,usd\nfacilities.home.capacity,1\nfacilities.abroad.capacity,2\nmaterials.magnet.price,3\n",
        by_list="rank,comes,goes\n1,home:build,\n2,,abroad:expand 2027\n",
        by_words="rank,text\n1,more from home\n2,Abroad would have to wait\n",
        heads="value,facilities.abroad.options.expand.capex,facilities.home.options.build.capex\n0,1,2\n",
        sums="plan,usd\nall,12\n",
    )
    found = optimizer.unmarked(folder, tmp_path / "made", of=instance)
    made = tmp_path / "made"
    assert lines(made, "by_name") == ["facility,usd", "home,1.50"]
    assert lines(made, "by_key") == ["key,usd", "facilities.home.capacity,1", "materials.magnet.price,3"]
    assert lines(made, "by_list") == ["rank,comes,goes", "1,home:build,"]
    assert lines(made, "by_words") == ["rank,text", "1,more from home"]
    assert lines(made, "heads") == ["value,facilities.home.options.build.capex", "0,2"]
    assert lines(made, "sums") == ["plan,usd", "all,12"]
    assert found.rows == {"by_name": 1, "by_key": 1, "by_list": 1, "by_words": 1}
    assert found.info["columns_left_out"] == ["heads.facilities.abroad.options.expand.capex"]
    assert found.info["files_left_out"] == ["rows.jsonl"]
    assert not (made / "waivers.json").exists()
    note = json.loads((made / "excerpt.json").read_text(encoding="utf-8"))
    assert any("still rest on all rows" in line for line in note["notes"])
    for file in made.rglob("*"):
        assert not file.is_file() or b"abroad" not in file.read_bytes().lower(), file


def test_what_went_with_a_marked_row_is_gone_too(tmp_path: Path) -> None:
    """The lane from the plant has no label of its own; and one that stays has another number, so its table goes."""
    instance = whole_of()
    folder = study(tmp_path / "study", instance, loss="loss,short\nhome,1\n", takes="takes,short\nlane:0,1\nlane:1,2\n")
    found = optimizer.unmarked(folder, tmp_path / "made", of=instance)
    assert "names rows by number" in found.info["tables_left_out"]["takes"]
    assert not (tmp_path / "made" / "takes.csv").exists()
    assert lines(tmp_path / "made", "loss") == ["loss,short", "home,1"]
    later = whole_of(lanes=list(reversed(instance.plain()["lanes"])))
    folder = study(tmp_path / "later", later, takes="takes,short\nlane:0,1\nlane:1,2\n")
    optimizer.unmarked(folder, tmp_path / "made_later", of=later)
    assert lines(tmp_path / "made_later", "takes") == ["takes,short", "lane:0,1"]


def test_marked_options_and_futures(tmp_path: Path) -> None:
    """Ids that may be anybody's are looked for where a column names such a thing, and not in every word."""
    instance = whole_of(**{
        "facilities.abroad.marking": None, "facilities.abroad.options.expand.marking": "acme",
        "scenarios.export_ban.marking": "acme",
    })  # fmt: skip
    folder = study(
        tmp_path / "study",
        instance,
        options="facility,option,usd\nabroad,expand,1\nhome,build,2\n",
        futures="future,usd\nbase,1\nexport_ban,2\n",
        worst="plan,worst_future\na,base\nb,export_ban\n",
        groups="group,usd\nexpand,1\n",
    )
    optimizer.unmarked(folder, tmp_path / "made", of=instance)
    assert lines(tmp_path / "made", "options")[1:] == ["home,build,2"]
    assert lines(tmp_path / "made", "futures")[1:] == ["base,1"]
    assert lines(tmp_path / "made", "worst")[1:] == ["a,base"]
    assert lines(tmp_path / "made", "groups")[1:] == ["expand,1"]


def test_labels_that_may_stay_keep_their_column(tmp_path: Path) -> None:
    """As of a plan."""
    instance = whole_of(**{"facilities.home.marking": "cui"})
    folder = study(tmp_path / "study", instance, one="facility,marking\nhome,cui\nabroad,acme\n")
    optimizer.unmarked(folder, tmp_path / "made", keep=["cui"], of=instance)
    assert lines(tmp_path / "made", "one") == ["facility,marking", "home,cui"]


def test_a_real_study_is_cut(tmp_path: Path) -> None:
    """Every table of a test of viability, which takes no solve of its own; the instance may be given by its plan."""
    plan = optimizer.solve(whole_of(), gap=0)
    folder = plan.save(tmp_path / "plan")
    optimizer.viability(plan, hurdle_rate=0.08, folder=tmp_path / "study")
    found = optimizer.unmarked(tmp_path / "study", tmp_path / "made", of=folder)
    assert set(found.tables["plants"]["facility"]) == {"home"}
    assert found.rows["plants"] == 1
    assert {file.stem for file in (tmp_path / "made").glob("*.csv")} == {
        file.stem for file in (tmp_path / "study").glob("*.csv")
    }


def test_what_cannot_be_cut_is_refused(tmp_path: Path) -> None:
    """With what would be right, and nothing written."""
    instance = whole_of()
    folder, made = study(tmp_path / "study", instance, one="facility\nhome\n"), tmp_path / "made"
    with pytest.raises(OptionsError, match="holds the results of a study and not its instance; name that with --of"):
        optimizer.unmarked(folder, made)
    with pytest.raises(OptionsError, match="is not the instance of"):
        optimizer.unmarked(folder, made, of=instance.replace({"discount_rate": 0.06}))
    with pytest.raises(OptionsError, match="--of names the instance of a study"):
        optimizer.unmarked(instance, made, of=instance)
    several = study(tmp_path / "several", instance)
    (several / "waivers.json").write_text('{"made": "2026-11-27", "names": ["a", "b"]}', encoding="utf-8")
    with pytest.raises(PlanError, match="tells of several instances or none"):
        optimizer.unmarked(several, made, of=instance)
    (tmp_path / "nothing").mkdir()
    with pytest.raises(PlanError, match="neither an instance"):
        optimizer.unmarked(tmp_path / "nothing", made, of=instance)
    assert not made.exists()
