"""What the tests of instances share: a sound instance, and reading one from text or data."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from optimizer.errors import InstanceError
from optimizer.instance.checks import check
from optimizer.instance.instance import Instance
from optimizer.instance.judge import judge
from optimizer.instance.read import read_source
from optimizer.instance.source import Source
from optimizer.instance.yaml12 import read_yaml


@dataclass(frozen=True)
class Read:
    """An instance as read, with what was found."""

    source: Source
    instance: Instance | None

    @property
    def faults(self) -> list[str]:
        return [str(fault) for fault in self.source.faults]

    @property
    def text(self) -> str:
        return "\n".join(self.faults)


try:
    from yaml import CSafeDumper as SafeDumper
except ImportError:  # a build of PyYAML without its C part
    from yaml import SafeDumper  # type: ignore[assignment]


class _Dumper(SafeDumper):
    """Writes what stands twice twice."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


Reader = Callable[..., Read]


def _read(path: Path, *overrides: str) -> Read:
    source = read_source(path, overrides)
    instance = judge(source)
    if instance is not None:
        check(source, instance)
    return Read(source, instance)


@pytest.fixture(scope="session")
def sound_text() -> str:
    return (Path(__file__).parent / "sound.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def sound_once(sound_text: str) -> dict[str, Any]:
    data = read_yaml(sound_text, "sound.yaml").data
    assert isinstance(data, dict)
    return data


@pytest.fixture
def sound(sound_once: dict[str, Any]) -> dict[str, Any]:
    """The sound instance as plain data, to be changed."""
    return copy.deepcopy(sound_once)


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Write an instance (a text, or data) with tables beside it, and read it."""

    def reader(main: str | dict[str, Any], *overrides: str, **tables: str) -> Read:
        text = main if isinstance(main, str) else yaml.dump(main, Dumper=_Dumper, sort_keys=False)
        (tmp_path / "instance.yaml").write_text(text, encoding="utf-8")
        for name, content in tables.items():
            (tmp_path / f"{name}.csv").write_text(content, encoding="utf-8")
        return _read(tmp_path, *overrides)

    return reader


@pytest.fixture
def refuse(read: Reader) -> Callable[..., str]:
    """Read an instance that is at fault, and give all faults as one text."""

    def refused(main: str | dict[str, Any], *overrides: str, **tables: str) -> str:
        try:
            found = read(main, *overrides, **tables)
        except InstanceError as error:
            return str(error)
        assert found.faults
        return found.text

    return refused
