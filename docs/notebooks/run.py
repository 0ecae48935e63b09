"""Executes the notebooks of this folder from the root of the project, in place or into another folder.

python docs/notebooks/run.py [--to DIR] [NAME ...]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PATIENCE = 1800
"""Seconds that a cell may take."""


def main() -> None:
    """Execute notebooks; what a cell raises is raised here."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="files of this folder; default all")
    parser.add_argument("--to", type=Path, default=HERE, help="folder that the executed notebooks are written to")
    asked = parser.parse_args()
    files = [HERE / name for name in asked.names] or sorted(HERE.glob("*.ipynb"))
    for file in files:
        notebook = nbformat.read(file, as_version=4)
        NotebookClient(
            notebook, timeout=PATIENCE, kernel_name="python3", resources={"metadata": {"path": ROOT}}
        ).execute()
        for cell in notebook.cells:  # when a cell ran is of no use to a reader, and changes at every run
            cell.metadata.pop("execution", None)
        notebook.metadata.pop("widgets", None)
        nbformat.write(notebook, asked.to / file.name)
        sys.stderr.write(f"{file.name} executed\n")


if __name__ == "__main__":
    main()
