"""docs/futures.md says what the events file may say, and its example holds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import optimizer
from optimizer.futures.distribution import GRID
from optimizer.futures.events import Cause, Event
from optimizer.instance.fields import Row

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "futures.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("record", "head"), [(Event, "Every key of an event:"), (Cause, "and of a cause")])
def test_every_key_is_on_the_page(record: type[Row], head: str) -> None:
    """The tables list the keys of the records, with what is required, in their order."""
    table = PAGE.partition(head)[2].partition("\n\n")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\|([^|]*)\|", table, re.MULTILINE)
    fields = {name: info for name, info in record.model_fields.items() if name not in Row.model_fields}
    assert [name for name, _ in rows] == list(fields)
    for name, default in rows:
        assert ("required" in default) == fields[name].is_required(), name


def test_the_example_is_an_events_file_of_the_starter(tmp_path: Path) -> None:
    """It is read without a fault, and every event in it strikes."""
    example = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[0]
    (tmp_path / "events.yaml").write_text(example, encoding="utf-8")
    futures = optimizer.sample(optimizer.load(ROOT / "instances" / "starter"), tmp_path, number=300, seed=1)
    assert set(futures.occurrences["event"]) == set(futures.file.events.events)


def test_the_step_of_severity_is_the_one_stated() -> None:
    """Severities are rounded as the page says."""
    assert f"rounded to steps of {1 / GRID:g}" in PAGE
