"""optimizer sample."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from optimizer.briefs.brief import headed
from optimizer.cli.options import AsJson, InstancePath, folder_of, folder_option
from optimizer.cli.output import err, out, print_json
from optimizer.cli.progress import counted
from optimizer.digits import digits
from optimizer.errors import FuturesError, OptionsError
from optimizer.folders import read_exact
from optimizer.futures import FutureSet, merge, overlay_text, with_written
from optimizer.futures import sample as draw
from optimizer.futures.folder import may_hold
from optimizer.futures.overlay import HEAD
from optimizer.run import load

SHOWN = 40


def sample(
    instance: InstancePath,
    events: Annotated[Path, typer.Argument(help="An events file, or a folder with events.yaml.")],
    number: Annotated[int, typer.Option("-n", "--number", help="How many futures are drawn.")] = 10_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same futures.")] = 0,
    reduce: Annotated[int | None, typer.Option(metavar="N", help="Keep N futures that stand for all.")] = None,
    costs: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", help="Reduce by cost: columns episode and usd, from an evaluation."),
    ] = None,
    output: Annotated[Path | None, folder_option("results/NAME_futures")] = None,
    merged: Annotated[
        list[str] | None, typer.Option("--merge", metavar="DIR=WEIGHT", help="Merge with a saved set, of this weight.")
    ] = None,
    scenarios: Annotated[
        float | None, typer.Option(metavar="WEIGHT", help="Merge with the instance's own scenarios, of this weight.")
    ] = None,
    overlay: Annotated[
        Path | None, typer.Option(metavar="FILE.yaml", help="Also write the futures as scenarios of the instance.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
    as_json: AsJson = False,
) -> None:
    """Sample futures from events: which disruption strikes when, how long, how hard, alone or together.

    Example: optimizer sample instances/us_allied_2026 instances/us_allied_2026/events.yaml --number 10000 --reduce 20
    """
    checked = load(instance)
    folder = folder_of(output, checked.name, "futures")
    if not may_hold(folder):
        raise FuturesError(f"{folder} is there already and is no set of futures; name another one with -o")
    if overlay is not None:
        _may_write(overlay)
    if reduce is not None and reduce < 1:
        raise OptionsError(f"--reduce {reduce}: keep at least one future")
    if costs is not None and reduce is None:
        raise OptionsError("--costs is for a reduction; say to how many futures with --reduce")
    weights = [_weight(text) for text in merged or ()]
    table = None if costs is None else _table(costs)
    with counted(enabled=not quiet, every=max(1, number // 4)) as tell:
        found = draw(checked, events, number=number, seed=seed, name=_name(folder), tell=tell)
        drawn = found
        if scenarios is not None:
            found = with_written(found, scenarios)
        for other, weight in weights:
            found = merge(found, FutureSet.read(other, checked), weight)
        whole = found
        if reduce is not None:
            found = found.reduce(reduce, table, tell=tell)
    text = None if overlay is None else overlay_text(found, _seen(instance, overlay), _name(overlay.with_suffix("")))
    found.save(folder)
    if overlay is not None and text is not None:
        _write(overlay, text)
    if as_json:
        print_json(_document(drawn, whole, found) | {"folder": str(folder), "overlay": overlay and str(overlay)})
    elif not quiet:
        _print(drawn, whole, found)
        err.print(f"written to {folder}" + (f" and {overlay}" if overlay is not None else ""), markup=False)


def _weight(text: str) -> tuple[Path, float]:
    folder, _, weight = text.rpartition("=")
    try:
        return Path(folder), float(weight)
    except ValueError:
        raise OptionsError(f"--merge {text} is not of the form DIR=WEIGHT, such as results/other=0.3") from None


def _table(file: Path) -> pd.DataFrame:
    try:
        return read_exact(file, dtype={"episode": "str"})
    except (OSError, ValueError) as error:
        raise FuturesError(f"{file} cannot be read as a table of costs: {error}") from error


def _name(path: Path) -> str:
    """An id made of a file's or folder's name."""
    return re.sub(r"[^a-z0-9]+", "_", path.absolute().name.lower()).strip("_")[:80] or "futures"


def _may_write(overlay: Path) -> None:
    if overlay.suffix not in (".yaml", ".yml"):
        raise OptionsError(f"--overlay {overlay}: an overlay is a .yaml file")
    if overlay.exists() and not (overlay.is_file() and _starts(overlay).startswith(HEAD)):
        raise OptionsError(
            f"--overlay {overlay} is there already and was not written by this command; name another one"
        )


def _starts(file: Path) -> str:
    with file.open(encoding="utf-8", errors="replace") as opened:
        return opened.readline()


def _write(overlay: Path, text: str) -> None:
    """Write a file whole or not at all."""
    overlay.parent.mkdir(parents=True, exist_ok=True)
    half = overlay.with_name(f".{overlay.name}.half")
    try:
        half.write_text(text, encoding="utf-8", newline="\n")
        half.replace(overlay)
    finally:
        half.unlink(missing_ok=True)


def _seen(instance: Path, overlay: Path) -> str:
    """The path of the instance as seen from the folder of the overlay."""
    return Path(os.path.relpath(instance.resolve(), overlay.absolute().parent.resolve())).as_posix()


def _document(drawn: FutureSet, whole: FutureSet, found: FutureSet) -> dict[str, Any]:
    return {
        "name": found.name,
        "instance": found.instance.name,
        **{key: value for key, value in found.info.items() if key not in ("instance", "strikes")},
        "distinct": len(whole),
        "undisturbed": whole.undisturbed,
        "mean_disruptions": whole.mean_disruptions,
        "futures": len(found),
        "strikes": drawn.info["strikes"],
    }


def _print(drawn: FutureSet, whole: FutureSet, found: FutureSet) -> None:
    info = drawn.info
    number = f"{info['number']:,} futures of {drawn.instance.name}, seed {info['seed']}"
    out.print(f"{number}: {len(drawn):,} distinct", style="bold", markup=False)
    if whole is not drawn:
        out.print(f"merged: {len(whole):,} distinct", markup=False)
    share, mean = whole.undisturbed, whole.mean_disruptions
    out.print(f"without any disruption: {share:.1%}; disruptions in a future, mean: {mean:.2f}", markup=False)
    heads = ("event", "drawn", "expected")
    table = headed("\nStrikes in a future, mean", *heads, right=heads[1:])
    listed = sorted(info["strikes"].items(), key=lambda item: (-item[1]["expected"], item[0]))
    for event, strikes in listed[:SHOWN]:
        table.add_row(event, f"{strikes['drawn']:.4f}", f"{strikes['expected']:.4f}")
    out.print(table)
    if len(listed) > SHOWN:
        out.print(f"and {len(listed) - SHOWN} more", style="dim", markup=False)
    if "reduced" in found.info:
        said = found.info["reduced"]
        distance = (
            f"distance {digits(said['distance'])} {said['unit']}, of {digits(said['distance_of_one'])} with one future"
        )
        out.print(f"\nreduced from {said['from']:,} to {said['to']:,} by {said['by']}: {distance}", markup=False)
        out.print(f"without any disruption: {found.undisturbed:.1%}; mean: {found.mean_disruptions:.2f}", markup=False)
