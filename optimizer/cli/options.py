"""Arguments and options that several commands have, said once. Those whose help differs stand with their command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

InstancePath = Annotated[Path, typer.Argument(help="A YAML file, or a folder with instance.yaml.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
