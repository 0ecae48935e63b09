"""A report of result folders: bytes, seconds to write it, seconds until a browser has drawn it, what axe-core finds.

`python benchmarks/report.py FOLDER [FOLDER ...] FILE.json` needs the extra `test` and a Chromium on the path.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

import optimizer
from optimizer.run import versions

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
TIMES = 5


def main() -> None:
    """Write, open, look."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("file", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        began = time.monotonic()
        report = optimizer.report(asked.folders, Path(made) / "report.html")
        written = time.monotonic() - began
        words = report.read_text(encoding="utf-8")
        opened = [_open(report) for _ in range(TIMES)]
        found = {
            "pages": [folder.name for folder in asked.folders],
            "bytes": report.stat().st_size,
            "bytes_without_scripts": len(words.split("<script", 1)[0].encode()),
            "seconds_to_write": round(written, 2),
            "figures": opened[0]["figures"],
            "seconds_until_drawn": [one["seconds"] for one in opened],
            "seconds_until_drawn_median": statistics.median(one["seconds"] for one in opened),
            "axe": {scheme: _axe(report, scheme) for scheme in ("light", "dark")},
        }
    about = {
        "machine": {"cores": os.cpu_count(), "system": platform.platform(), "load": os.getloadavg()},
        "versions": versions(),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    asked.file.write_text(json.dumps(found | about, indent=2) + "\n", encoding="utf-8")


def _open(report: Path) -> dict[str, Any]:
    """Seconds from the call until every figure is drawn, the browser being there."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        began = time.monotonic()
        page.goto(report.as_uri())
        page.wait_for_selector("html[data-drawn]")
        seconds = time.monotonic() - began
        figures = page.locator(".picture").count()
        browser.close()
    return {"seconds": round(seconds, 2), "figures": figures}


def _axe(report: Path, scheme: str) -> dict[str, Any]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        page = browser.new_page(color_scheme="dark" if scheme == "dark" else "light")
        page.goto(report.as_uri())
        page.wait_for_selector("html[data-drawn]")
        answer = Axe().run(page).response
        browser.close()
    return {
        "passes": len(answer["passes"]),
        "violations": [[one["id"], one["impact"], len(one["nodes"])] for one in answer["violations"]],
    }


if __name__ == "__main__":
    main()
