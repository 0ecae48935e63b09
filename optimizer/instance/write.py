"""Writes an instance: as one YAML text that reads back the same, and as a hash of its content."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import yaml

from optimizer.instance.instance import Instance
from optimizer.instance.yaml12 import scalar

_BREAKS = frozenset("\r\x85\u2028\u2029")


class Dumper(yaml.SafeDumper):
    """Writes YAML that reads back the same under YAML 1.2."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        """What stands twice is written twice: anchors and aliases are not read."""
        return True


def _write_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "'" if not isinstance(scalar(text), str) else None
    if not _BREAKS.isdisjoint(text):
        style = '"'  # escapes them; in other styles they are read back as plain line ends
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


Dumper.add_representer(str, _write_text)


def yaml_text(instance: Instance) -> str:
    """The instance as one YAML text that reads back to the same instance."""
    return plain_text(instance.plain())


def plain_text(data: Any) -> str:
    """Plain data as YAML that reads back the same."""
    return yaml.dump(data, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=120)


def sha256(instance: Instance) -> str:
    """A hash of the content of an instance, whatever files it stood in."""
    text = json.dumps(instance.plain(), sort_keys=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
