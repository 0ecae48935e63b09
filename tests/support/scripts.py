"""Scripts of the project that belong to no package."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]


def module_of(file: Path) -> ModuleType:
    """A Python file as a module, run anew."""
    spec = importlib.util.spec_from_file_location(f"script_{file.stem}", file)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = found  # dataclasses look their module up
    spec.loader.exec_module(found)
    return found


def generator() -> ModuleType:
    """The script that writes the generated pages."""
    return module_of(ROOT / "docs" / "generate.py")
