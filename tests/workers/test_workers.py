"""Work in this process, or in processes that may die: all tasks are done, once each as far as anyone hears."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from support import tasks

from optimizer.errors import OptionsError, SolveError
from optimizer.workers import workers_of
from optimizer.workers.beginning import by_itself

BOTH = [1, pytest.param(2, marks=pytest.mark.slow)]
"""This process; two of their own, which take seconds to begin."""


def found_by(count: int, folder: Path, do: object, of: range = range(8)) -> list[tuple[int, int]]:
    with workers_of(count, None, tasks.Home, folder, 7) as pool:
        return sorted(pool.results(do, of))  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 2])
def test_all_tasks_are_done_with_what_is_kept(count: int, tmp_path: Path) -> None:
    """Every task once; each process is begun once."""
    assert found_by(count, tmp_path, tasks.times) == [(n, 7 * n) for n in range(8)]
    begun = tasks.marks(tmp_path / "begun")
    assert len(begun) == len(set(begun)) <= count
    assert (os.getpid() in begun) == (count == 1)


@pytest.mark.slow
def test_no_process_is_started_for_nothing(tmp_path: Path) -> None:
    """Without tasks nobody begins; with one task one does."""
    assert found_by(2, tmp_path, tasks.times, range(0)) == []
    assert tasks.marks(tmp_path / "begun") == []
    assert found_by(2, tmp_path, tasks.times, range(1)) == [(0, 0)]
    assert len(tasks.marks(tmp_path / "begun")) == 1


@pytest.mark.slow
def test_a_process_that_dies_loses_nothing(tmp_path: Path) -> None:
    """Its task is done again in a new process; every answer is there once."""
    assert found_by(2, tmp_path, tasks.dies_once) == [(n, 7 * n) for n in range(8)]
    assert len(tasks.marks(tmp_path / "died")) == 1


@pytest.mark.slow
def test_a_task_that_ends_every_process_is_told_of(tmp_path: Path) -> None:
    """It is not tried without end."""
    with pytest.raises(SolveError, match="died 4 times over one task"):
        found_by(2, tmp_path, tasks.dies)
    assert len(tasks.marks(tmp_path / "died")) == 4


@pytest.mark.slow
def test_a_task_that_ends_every_process_may_have_a_result(tmp_path: Path) -> None:
    """Where it is said what is found for it, the others are done all the same."""
    with workers_of(2, None, tasks.Home, tmp_path, 7) as pool:
        found = sorted(pool.results(tasks.dies, range(8), lambda task, error: [(task, len(str(error)))]))
    assert [(n, seven) for n, seven in found if n != 3] == [(n, 7 * n) for n in range(8) if n != 3]
    assert found[3][1] > 0
    assert len(tasks.marks(tmp_path / "died")) == 4


@pytest.mark.parametrize("count", BOTH)
def test_an_error_in_a_task_is_the_error_of_all(count: int, tmp_path: Path) -> None:
    """With its own type and text."""
    with pytest.raises(SolveError, match=r"task \d has no answer"):
        found_by(count, tmp_path, tasks.fails)


@pytest.mark.parametrize("count", BOTH)
def test_a_chain_stays_where_it_began(count: int, tmp_path: Path) -> None:
    """Tasks of a chain come in order, to one process; processes share the chains."""
    heard: list[list[tuple[int, int]]] = [[], [], []]
    chains = [tasks.counting(10 * number, 4, mine) for number, mine in enumerate(heard)]
    with workers_of(count, None, tasks.Home, tmp_path, 1) as pool:
        for _ in pool.follow(tasks.process, chains):
            pass
    for number, mine in enumerate(heard):
        assert [task for task, _ in mine] == list(range(10 * number, 10 * number + 4))
        assert len({where for _, where in mine}) == 1
    assert len({where for mine in heard for _, where in mine}) == count


def test_chains_are_asked_before_anything_is_begun(tmp_path: Path) -> None:
    """Who follows them hears once before the first task: what is known already is known then."""
    heard: list[tuple[int, int]] = []
    with workers_of(1, None, tasks.Home, tmp_path, 1) as pool:
        following = pool.follow(tasks.process, [tasks.counting(0, 2, heard), tasks.counting(0, 0, heard)])
        next(following)
        assert not heard
        assert tasks.marks(tmp_path / "begun") == []
        assert len(list(following)) == len(heard) == 2


@pytest.mark.parametrize("count", BOTH)
def test_tasks_are_drawn_as_results_open_them(count: int, tmp_path: Path) -> None:
    """A place without a task is asked again after every result; each task is done once, though a process dies."""
    heard: set[int] = set()
    waiting, asked = list(range(8)), list[object]()

    def draw(place: object) -> int | None:
        """Task n is open once n - 2 was heard."""
        asked.append(place)
        if waiting and (waiting[0] < 2 or waiting[0] - 2 in heard):
            return waiting.pop(0)
        return None

    do = tasks.times if count == 1 else tasks.dies_once  # this process itself cannot die
    with workers_of(count, None, tasks.Home, tmp_path, 7) as pool:
        for task, result in pool.drawn(do, draw):
            assert result == 7 * task
            heard.add(task)
    assert heard == set(range(8))
    assert not waiting
    assert len(set(asked)) == count
    assert len(asked) > 8
    assert len(tasks.marks(tmp_path / "died")) == count - 1


def test_where_nobody_gets_a_task_there_is_nothing_to_do(tmp_path: Path) -> None:
    """It ends, and nothing is begun."""
    with workers_of(1, None, tasks.Home, tmp_path, 7) as pool:
        assert list(pool.drawn(tasks.times, lambda _place: None)) == []
    assert tasks.marks(tmp_path / "begun") == []


ASKS = """
import sys
from pathlib import Path
from support import tasks
from optimizer.workers import workers_of

if __name__ == "__main__":
    with workers_of(2, None, tasks.Home, Path(sys.argv[1]), 1) as pool:
        list(pool.results(tasks.sleeps, range(2)))
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system cannot kill so")
def test_processes_end_with_the_one_that_asks(tmp_path: Path) -> None:
    """However it ends: one that is killed leaves nobody at work."""
    script = tmp_path / "asks.py"
    script.write_text(ASKS, encoding="utf-8")
    path = os.pathsep.join([str(Path(tasks.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    asking = subprocess.Popen([sys.executable, str(script), str(tmp_path)], env=os.environ | {"PYTHONPATH": path})
    try:
        began = time.monotonic()
        while len(tasks.marks(tmp_path / "asleep")) < 2:
            assert asking.poll() is None
            assert time.monotonic() - began < 120
            time.sleep(0.1)
    finally:
        asking.kill()
        asking.wait()
    began = time.monotonic()
    while any(there(process) for process in tasks.marks(tmp_path / "asleep")):
        assert time.monotonic() - began < 30, "a process is still at work"
        time.sleep(0.1)


INTERRUPTS = """
import os, signal, sys, threading, time
from pathlib import Path
from support import tasks
from optimizer.workers import workers_of

def interrupt():
    time.sleep(float(sys.argv[2]))
    os.killpg(0, int(sys.argv[3]))

if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM):  # whoever runs the tests may have the first ignored
        signal.signal(number, signal.default_int_handler)
    try:
        with workers_of(2, None, tasks.Home, Path(sys.argv[1]), 1) as pool:
            threading.Thread(target=interrupt).start()
            list(pool.results(tasks.sleeps, range(2)))
    except KeyboardInterrupt:
        print("heard")
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="this system cannot block signals")
@pytest.mark.parametrize(("after", "how"), [(0.1, signal.SIGINT), (0.5, signal.SIGINT), (0.5, signal.SIGTERM)])
def test_a_process_that_begins_does_not_hear_ctrl_c(tmp_path: Path, after: float, how: signal.Signals) -> None:
    """Not while it reads modules either: the one that asks hears it, and nobody writes a traceback."""
    script = tmp_path / "asks.py"
    script.write_text(INTERRUPTS, encoding="utf-8")
    path = os.pathsep.join([str(Path(tasks.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path), str(after), str(int(how))],
        env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, timeout=120, start_new_session=True,
        check=False,
    )  # fmt: skip
    assert done.stdout == "heard\n"
    assert done.stderr == ""


def there(process: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{process}/stat")
    return not (status.is_file() and status.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z")


PLAIN = """
import sys
from pathlib import Path

from support import tasks
from optimizer.workers import workers_of

print("the script", flush=True)
with workers_of(2, None, tasks.Home, Path(sys.argv[1]), 7) as pool:
    print(sorted(pool.results(tasks.times, range(3))))
"""


@pytest.mark.slow
def test_a_script_needs_no_guard(tmp_path: Path) -> None:
    """One without `if __name__ == "__main__":` is run once, and not by each process again, for ever."""
    (tmp_path / "plain.py").write_text(PLAIN, encoding="utf-8")
    (tmp_path / "kept").mkdir()
    tests = str(Path(tasks.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, str(tmp_path / "plain.py"), str(tmp_path / "kept")],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": tests},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["the script", "[(0, 0), (1, 7), (2, 14)]"]


def test_the_script_is_back_whatever_threads_do() -> None:
    """Two that begin processes at once: the second waits, and afterwards all is as it was."""
    main, order = sys.modules["__main__"], []
    inside, go_on = threading.Event(), threading.Event()

    def first() -> None:
        with by_itself():
            inside.set()
            go_on.wait(10)
            order.append("first")

    def second() -> None:
        inside.wait(10)
        with by_itself():
            order.append("second")

    threads = [threading.Thread(target=one) for one in (first, second)]
    for thread in threads:
        thread.start()
    assert inside.wait(10)
    assert sys.modules["__main__"] is not main
    threads[1].join(0.2)
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert order == ["first", "second"]
    assert sys.modules["__main__"] is main


def in_a_pool(folder: Path) -> str:
    """What two workers come to inside a process of a Pool."""
    try:
        return str(found_by(2, folder, tasks.times))
    except OptionsError as error:
        return str(error)


@pytest.mark.slow
def test_a_process_that_may_have_none_is_told(tmp_path: Path) -> None:
    """Inside a multiprocessing.Pool: with what would be right."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert "workers=1" in pool.apply(in_a_pool, [tmp_path])
