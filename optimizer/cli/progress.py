"""Progress a planner understands: phase, incumbent, bound, gap in per cent and USD, what the incumbent funds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.text import Text

from optimizer.briefs.words import usd
from optimizer.cli.output import err
from optimizer.solver.highs import Progress

Tell = Callable[[str, int, int], None]
"""Told what is done, how many, of how many."""

PLAIN_EVERY = 10.0
"""Seconds between lines where there is no terminal."""
PLAIN_LEAST = 1.0
"""Seconds between two that tell of another portfolio."""
FUNDED_SHOWN = 6


class Ticker:
    """Shows progress on standard error: one live line on a terminal, a line now and then elsewhere."""

    def __init__(self, *, enabled: bool, console: Console = err) -> None:
        self._enabled = enabled
        self._console = console
        self._live: Live | None = None
        self._lock = threading.Lock()
        self._last_line = 0.0
        self._phases: set[str] = set()
        self._funded: tuple[str, ...] = ()
        self._told: tuple[str, ...] = ()
        self._began = time.monotonic()

    def __enter__(self) -> Ticker:
        if self._enabled and self._console.is_terminal:
            self._live = Live(Text("reading"), console=self._console, transient=True, refresh_per_second=4)
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._live is not None:
            self._live.stop()

    def report(self, progress: Progress) -> None:
        """Take in what is known now; called from the solver's thread."""
        if not self._enabled:
            return
        with self._lock:
            if progress.funded is not None:
                self._funded = progress.funded
            line = self._line(progress)
            if self._live is not None:
                self._live.update(Text(line))
                return
            now = time.monotonic()
            # Benders goes to and fro between two phases many times a second, and a thousand branches are built one by
            # one: only another kind of phase is told at once.
            kind = progress.phase.split(" ")[0]
            news = progress.funded is not None and progress.funded != self._told
            wait = 0.0 if kind not in self._phases else PLAIN_LEAST if news else PLAIN_EVERY
            if now - self._last_line >= wait:
                self._phases.add(kind)
                self._told, self._last_line = self._funded, now
                self._console.print(line, markup=False)

    def _line(self, progress: Progress) -> str:
        parts = [f"{time.monotonic() - self._began:6.0f} s  {progress.phase}"]
        if progress.incumbent is not None:
            parts.append(f"plan {usd(progress.incumbent)}")
        if progress.bound is not None:
            parts.append(f"bound {usd(progress.bound)}")
        if progress.incumbent is not None and progress.bound is not None:
            gap = max(0.0, progress.incumbent - progress.bound)
            share = gap / abs(progress.incumbent) if progress.incumbent else 0.0
            parts.append(f"gap {share:.3%} = {usd(gap)}")
        if self._funded and progress.incumbent is not None:
            shown = ", ".join(self._funded[:FUNDED_SHOWN])
            more = f" and {len(self._funded) - FUNDED_SHOWN} more" if len(self._funded) > FUNDED_SHOWN else ""
            parts.append(f"funds {len(self._funded)}: {shown}{more}")
        return "  ".join(parts)


@contextmanager
def counted(*, enabled: bool, every: int, console: Console = err) -> Iterator[Tell]:
    """Shows how many tasks are done: a bar on a terminal, a line at the ends and every so many elsewhere."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=console, disable=not enabled or not console.is_terminal) as bar:
        line = bar.add_task("", total=None)

        def tell(what: str, done: int, of: int) -> None:
            bar.update(line, description=what, completed=done, total=of)
            if enabled and not console.is_terminal and (done in (0, of) or done % every == 0):
                console.print(f"{what}: {done} of {of}", markup=False)

        yield tell


@contextmanager
def timed(*, enabled: bool, aside: str = "", console: Console = err) -> Iterator[Tell]:
    """Shows how many tasks are done and how long the rest takes: a bar on a terminal, a line now and then elsewhere.

    The time left is told by what was done since the first count, so that what a run before this one did is not held
    for quick.

    Args:
        enabled: whether anything is shown.
        aside: what is told elsewhere only where it takes a while.
        console: where.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[left]}"))
    begun: dict[str, tuple[int, float]] = {}
    last: dict[str, float] = {}
    with Bar(*columns, console=console, disable=not enabled or not console.is_terminal, transient=True) as bar:
        line = bar.add_task("", total=None, left="")

        def tell(what: str, done: int, of: int) -> None:
            now = time.monotonic()
            first, since = begun.setdefault(what, (done, now))
            left = time_left(done - first, of - done, now - since)
            bar.update(line, description=what, completed=done, total=of, left=left)
            if what == aside:
                due = now - last.setdefault(what, now) >= PLAIN_EVERY
            else:
                due = what not in last or done == of or now - last[what] >= PLAIN_EVERY
            if enabled and not console.is_terminal and due:
                last[what] = now
                console.print(f"{what}: {done:,} of {of:,}" + (f", {left}" if left else ""), markup=False)

        yield tell


def time_left(done: int, to_do: int, seconds: float) -> str:
    """How long what is left will take, by what was done in how many seconds; empty where nothing tells."""
    if done <= 0 or to_do <= 0:
        return ""
    left = to_do * seconds / done
    if left < 90:
        return f"about {max(1.0, left):.0f} s left"
    return f"about {left / 60:.0f} min left" if left < 90 * 60 else f"about {left / 3600:.1f} h left"
