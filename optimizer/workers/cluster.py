"""Workers on a dask cluster that stands already: SLURM, Kubernetes, SSH, whatever starts dask's own workers.

The scheduler holds the tasks. What a worker keeps goes along as the result of a task of its own, so a worker that joins
later fetches it, and where the worker that held it dies it is made again. A task whose worker dies is done elsewhere.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.metadata
import json
import logging
import pickle
import platform
import threading
import time
import uuid
import zlib
from collections.abc import Callable, Collection, Hashable, Iterator
from contextlib import contextmanager, suppress
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeAlias, TypeVar

from optimizer.errors import OptimizerError, OptionsError, SolveError
from optimizer.workers.workers import BlamedError, Do, Workers

if TYPE_CHECKING:
    from distributed import Client, Future

Cluster: TypeAlias = "str | Path | Client | None"
"""Address of a scheduler, its scheduler file, or a client of dask.distributed."""

P = ParamSpec("P")
R = TypeVar("R")

PATIENCE = 10.0
"""Seconds in which a scheduler must answer."""
LOOK = 1.0
"""Seconds after which a cluster is asked again who works there."""
SAY = 60.0
"""Seconds after which it is said again that nobody works there."""
SOMEWHERE = ""
"""The place of a chain that begins before there is a worker; a cluster that grows with its tasks must see one."""
HOMES = 2
"""Studies of which a worker keeps what it made, so that two may share a cluster."""
INSTALL = "install it with: pip install '.[cluster]' at the root of the project"

log = logging.getLogger(__name__)


@contextmanager
def connected(cluster: Cluster) -> Iterator[Client | None]:
    """A client of a cluster; one that was given stays open, another is closed at the end.

    Args:
        cluster: address of a scheduler (`tcp://host:8786`, `tls://...`), its scheduler file, a client, or None.

    Raises:
        OptionsError: dask.distributed is not installed, no scheduler answers, or workers run other code.
    """
    if cluster is None:
        yield None
    elif isinstance(cluster, str | Path):
        client = _connect(str(cluster))
        try:
            _look_at(client)
            yield client
        finally:
            client.close()
    else:
        client = checked(cluster)
        _look_at(client)
        yield client


def on_cluster(study: Callable[P, R]) -> Callable[P, R]:
    """A study whose `cluster` is connected before it begins."""

    @functools.wraps(study)
    def begun(*args: P.args, **kwargs: P.kwargs) -> R:
        given: Any = kwargs.get("cluster")
        if given is None:
            return study(*args, **kwargs)
        with connected(given) as client:
            kwargs["cluster"] = client
            return study(*args, **kwargs)

    return begun


def checked(client: Any) -> Client:
    """A client that can be used.

    Raises:
        OptionsError: it is no client of dask.distributed, or an asynchronous one.
    """
    if not isinstance(client, _distributed().Client):
        raise OptionsError(f"cluster is {client!r}; it is an address, a scheduler file or a client of dask.distributed")
    if client.asynchronous:
        raise OptionsError("the client of the cluster is asynchronous; give one made with asynchronous=False")
    return client


def _distributed() -> Any:
    """The module; it is heavy and comes with an extra, so it is read when a cluster is asked for.

    Raises:
        OptionsError: it is not installed.
    """
    try:
        return importlib.import_module("distributed")
    except ImportError as error:
        raise OptionsError(f"a cluster needs dask.distributed, which is not installed; {INSTALL}") from error


def _address(given: str) -> str:
    """The address of a scheduler, from a scheduler file where it is one."""
    if "://" in given:
        return given
    path = Path(given)
    host, _, port = given.rpartition(":")
    if not path.exists() and host and port.isdigit():
        return f"tcp://{given}"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise OptionsError(
            f"cluster {given}: {error.strerror or error}; give the scheduler's address, tcp://HOST:PORT, or the file "
            "that 'dask scheduler --scheduler-file FILE' writes"
        ) from error
    except ValueError as error:
        raise OptionsError(f"cluster {given} is no scheduler file: {error}") from error
    address = found.get("address") if isinstance(found, dict) else None
    if not isinstance(address, str):
        raise OptionsError(f"cluster {given} is no scheduler file: it names no address")
    return address


def _connect(given: str) -> Client:
    distributed = _distributed()
    address = _address(given)
    where = given if address == given else f"{given} ({address})"
    try:
        distributed.comm.resolve_address(address)  # so that a name or scheme that is not there is told at once
        client: Client = distributed.Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError, RuntimeError, ImportError) as error:
        raise OptionsError(f"cluster {where}: no scheduler answers: {_short(error)}") from error
    return client


def _look_at(client: Client) -> None:
    """Whether workers run this code; say what is odd: nobody works there, or processes have threads that will be idle.

    Raises:
        OptionsError: some run other code.
    """
    address = client.scheduler.address
    threads = client.nthreads()
    if not threads:
        log.warning("cluster %s: no worker has joined yet; work begins when one does", address)
    several = [name for name, count in threads.items() if count > 1]
    if several:
        log.warning(
            "cluster %s: %d of %d workers have several threads, up to %d; a process does one task at a time, so start "
            "more of them, each with --nthreads 1",
            address, len(several), len(threads), max(threads.values()),
        )  # fmt: skip
    try:
        client.run(_check_code, _code())
    except Exception as error:
        if _unread(error):
            raise _unreadable(error) from error
        raise


class DaskWorkers(Workers):
    """The workers of a cluster. They may join and leave at any time."""

    def __init__(self, client: Client, begin: Callable[..., Any], kept: tuple[Any, ...]) -> None:
        """Send what workers keep."""
        self._client = client
        self._token = uuid.uuid4().hex
        packed = zlib.compress(pickle.dumps((begin, kept)), 1)
        self._kept: Future[bytes] = client.submit(_keep, packed, key=f"optimizer-kept-{self._token}", pure=False)
        self._running: set[Future[Any]] = set()
        self._gone = False
        self._addresses: tuple[str, ...] = ()
        self._looked = self._said = -SAY
        self._look()

    @property
    def count(self) -> int:
        """Workers that there are now; 1 where there are none yet."""
        self._look()
        return max(1, len(self._addresses))

    def end(self, *, now: bool) -> None:  # noqa: ARG002
        """Drop tasks that have not begun, and what workers keep; a task that has begun runs to its end."""
        if self._gone:
            return
        with suppress(Exception):  # it may be gone by now
            self._client.cancel([*self._running, self._kept])
            self._client.run(_forget, self._token, on_error="ignore")
        self._running.clear()

    def _look(self) -> None:
        """Ask who works there, if that was not asked just now; say it where nobody does."""
        now = time.monotonic()
        if now - self._looked < LOOK:
            return
        self._looked = now
        try:
            self._addresses = tuple(self._client.nthreads())
        except (OSError, RuntimeError) as error:
            raise self._lost(error) from error
        if not self._addresses and now - self._said >= SAY:
            self._said = now
            log.warning("cluster %s: nobody works there; waiting for a worker", self._client.scheduler.address)

    def _wait(self) -> None:
        self._look()

    def _free(self, taken: Collection[Hashable], *, spread: bool) -> Iterator[Hashable]:
        """Where tasks stand alone the scheduler deals them out. Else idle workers; one task while there are none."""
        if spread:
            return repeat(None)
        self._look()
        if not self._addresses and not taken:
            return iter((SOMEWHERE,))
        return (address for address in self._addresses if address not in taken)

    def _send(self, place: Hashable, do: Do[Any, Any], task: Any) -> Future[Any]:
        call = pickle.dumps((do, task))  # bytes, for dask looks for keys of its own in what else it is given
        at = {"workers": [place], "allow_other_workers": True} if place else {}
        key = f"optimizer-task-{uuid.uuid4().hex}"
        future = self._client.submit(_work, _code(), self._token, self._kept, call, key=key, pure=False, **at)
        self._running.add(future)
        return future

    def _received(self, future: Future[Any], place: Hashable) -> tuple[Hashable, Any]:
        distributed = _distributed()
        self._running.discard(future)
        try:
            address, result = future.result()
        except OptimizerError:
            raise
        except distributed.KilledWorker as error:
            raise BlamedError(
                f"workers of the cluster died over one task, {error.last_worker.address} last; most likely they ran "
                "out of memory: give them more (--memory-limit)"
            ) from error
        except distributed.CancelledError as error:
            raise self._lost(error) from error
        except Exception as error:
            if not _unread(error):
                raise
            raise _unreadable(error) from error
        finally:
            future.release()
        return (None if place is None else address), result

    def _lost(self, error: BaseException) -> SolveError:
        self._gone = True
        return SolveError(
            f"the scheduler of the cluster was lost: {_short(error)}; what was done is kept where a folder was given"
        )


def _unread(error: BaseException) -> bool:
    """Whether a task could not be read at the other end: the scheduler tells of its graph, a worker of a module."""
    return "deserialization of the task graph" in str(error) or "No module named 'optimizer" in str(error)


def _unreadable(error: BaseException) -> OptionsError:
    return OptionsError(
        f"the cluster cannot read a task: {_short(error)}; its scheduler and its workers need this version of "
        "trusted-supply-optimizer with the extra 'cluster'"
    )


def _short(error: BaseException) -> str:
    """The first sentence of an error."""
    return " ".join(str(error).split()).partition(". ")[0] or type(error).__name__


@functools.cache
def _code() -> dict[str, str]:
    """What must be equal at both ends for answers to be equal: this package's files, and what it solves with."""
    folder = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*.py")):
        digest.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes())
    found = {"trusted-supply-optimizer": digest.hexdigest()[:12]}
    found["python"] = ".".join(platform.python_version_tuple()[:2])
    return found | {name: importlib.metadata.version(name) for name in ("pyomo", "highspy", "numpy", "scipy")}


_homes: dict[str, Any] = {}
_lock = threading.Lock()
"""A process works on one task at a time: what it keeps is not for two."""


def _keep(packed: bytes) -> bytes:
    return packed


def _work(code: dict[str, str], token: str, packed: bytes, call: bytes) -> tuple[str, Any]:
    """Do a task at a worker; with the worker's address."""
    _check_code(code)
    with _lock:
        home = _homes.pop(token, None)
        if home is None:
            while len(_homes) >= HOMES:
                _homes.pop(next(iter(_homes)))
            begin, kept = pickle.loads(zlib.decompress(packed))
            home = begin(*kept)
        _homes[token] = home  # the last one used is dropped last
        do, task = pickle.loads(call)
        return str(_distributed().get_worker().address), do(home, task)


def _check_code(code: dict[str, str], dask_worker: Any = None) -> None:
    """Whether a worker runs the code of who asks; `Client.run` says which worker.

    Raises:
        OptionsError: it does not.
    """
    differs = [f"{name} {mine}, here {code[name]}" for name, mine in _code().items() if mine != code[name]]
    if differs:
        address = (dask_worker or _distributed().get_worker()).address
        raise OptionsError(f"worker {address} runs other code: {'; '.join(differs)}; install the same there")


def _forget(token: str) -> None:
    _homes.pop(token, None)
