"""Groups that live in workers of a dask cluster and are asked again and again.

What a group needs is sent to its worker once; from then on messages carry a question and an answer. A worker gets one
message a round, for all groups that live there. Messages are bound to their worker, and who works there is looked at
from here: dask would give one that is not bound to whoever is idle, where the group would have to be begun anew. Where
a worker dies its groups are begun anew in others, and what they were asked is asked again.
"""

from __future__ import annotations

import logging
import math
import pickle
import time
import uuid
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from optimizer.errors import OptimizerError, SolveError
from optimizer.workers.cluster import (
    LOOK,
    SAY,
    _code,
    _distributed,
    _short,
    _unread,
    _unreadable,
)
from optimizer.workers.there import Heard, answer, end_round, forget_all
from optimizer.workers.workers import DEATHS, BlamedError

if TYPE_CHECKING:
    from distributed import Client, Future

TICK = 0.1
"""Seconds after which who waits for answers looks up: whether it is over, and whether the workers are still there."""
GRACE = 3.0
"""Seconds that workers have to end once a round is over."""
FETCH = 10.0
"""Seconds after which an answer that is done and does not come is given up, if its worker is gone."""
NOBODY = 60.0
"""Seconds without any worker, once there was one, after which the cluster counts as lost."""
PORTION = 8_000_000
"""Bytes of what groups need after which a message is sent."""

log = logging.getLogger(__name__)


class LostError(SolveError):
    """The cluster is gone: its scheduler, or all of its workers."""


class EndedError(Exception):
    """A round was over before all had answered.

    Attributes:
        how: what ended it.
    """

    def __init__(self, how: str) -> None:
        super().__init__(how)
        self.how = how


Begin = Callable[[Any], Any]
"""Makes what lives in a worker of what a group needs."""
Do = Callable[[Any, Any, Any, Heard], Any]
"""Answers: with what lives there, what all are told in a round, a group's own question, and what is heard meanwhile."""


@dataclass(slots=True)
class _Round:
    """What is asked in one round.

    Attributes:
        number: of the round.
        do: answers.
        common: what all are told.
        tasks: by group, what it is asked.
        until: `time.monotonic()` at which workers end.
        waiting: groups that nobody was asked for yet.
        out: messages under way: the worker, and the groups.
        done: messages that were answered.
        deaths: by group, how often its worker died over it.
    """

    number: int
    do: Do
    common: Any
    tasks: Mapping[int, Any]
    until: float
    waiting: set[int]
    out: dict[Future[Any], tuple[str, tuple[int, ...]]] = field(default_factory=dict)
    done: SimpleQueue[Future[Any]] = field(default_factory=SimpleQueue)
    deaths: dict[int, int] = field(default_factory=dict)


class Residents:
    """Groups by number, each living in one worker.

    Attributes:
        rounds: times that groups were asked.
        messages: sent to workers.
        sent: bytes of these, without what groups need.
        sent_first: bytes of what groups need.
        received: bytes of their answers.
        begun: times that a group was begun in a worker, the first time included.
    """

    def __init__(self, client: Client, begin: Begin, needs: Callable[[int], Any], weights: Sequence[float]) -> None:
        """Nothing is sent before something is asked.

        Args:
            client: of the cluster.
            begin: called in a worker.
            needs: what a group needs, by its number.
            weights: by group, how long it takes to answer, in any unit.
        """
        self._client, self._begin, self._needs, self._weights = client, begin, needs, weights
        self._token = uuid.uuid4().hex
        self._place: dict[int, str] = {}
        self._there: dict[str, set[int]] = {}
        self._addresses: tuple[str, ...] = ()
        self._scheduler_is_gone = False
        self._looked = -math.inf
        self._seen = self._said = -math.inf
        self.rounds = self.messages = self.sent = self.sent_first = self.received = self.begun = 0

    @property
    def workers(self) -> int:
        """Who worked there when that was last asked."""
        return len(self._addresses)

    def end(self) -> None:
        """Let go of what workers keep."""
        if self._scheduler_is_gone:
            return
        with suppress(Exception):  # it may be gone by now
            self._client.run(forget_all, self._token, on_error="ignore")

    def ask(
        self, do: Do, common: Any, tasks: Mapping[int, Any], over: Callable[[], str | None], seconds: float = math.inf
    ) -> dict[int, Any]:
        """What groups answer.

        Args:
            do: answers, in the worker.
            common: what all of them are told.
            tasks: by group, what it is asked.
            over: says how, once the answers are of no use any more.
            seconds: that workers have.

        Raises:
            EndedError: it was over before all had answered.
            LostError: the scheduler is gone, or all workers have been for a minute.
            BlamedError: workers died over the same groups again and again.
            OptionsError: a worker runs other code.
        """
        self.rounds += 1
        this = _Round(self.rounds, do, common, tasks, time.monotonic() + seconds, set(tasks))
        found: dict[int, Any] = {}
        try:
            while len(found) < len(tasks):
                if how := over():
                    raise EndedError(how)
                there = self._look()
                for future in [future for future, (address, _) in this.out.items() if address not in there]:
                    self._died(this, future)
                if this.waiting and there:
                    self._send_waiting(this)
                with suppress(Empty):
                    self._hear(this, this.done.get(timeout=TICK), found)
        finally:
            if this.out:
                self._hang_up(this)
        return found

    # Who works there

    def _look(self, *, now: bool = False) -> tuple[str, ...]:
        """Who works there, asked if that was not asked just now; it is said where nobody does.

        Raises:
            LostError: the scheduler is gone, or nobody has been there for long.
        """
        at = time.monotonic()
        if not now and at - self._looked < LOOK:
            return self._addresses
        try:
            self._addresses = tuple(self._client.nthreads())
        except (OSError, RuntimeError) as error:
            raise self._gone(error) from error
        self._looked = at
        for address in [address for address in self._there if address not in self._addresses]:
            del self._there[address]
        if self._addresses:
            self._seen = at
        elif self._seen > -math.inf and at - self._seen >= NOBODY:
            raise LostError(
                f"all workers of the cluster {self._client.scheduler.address} were lost, and none has come back for "
                f"{NOBODY:g} seconds"
            )
        elif at - self._said >= SAY:
            self._said = at
            log.warning("cluster %s: nobody works there; waiting for a worker", self._client.scheduler.address)
        return self._addresses

    def _settle(self) -> None:
        """Give every group without a worker the one with least to do; who is new takes from who has most."""
        loads = dict.fromkeys(self._addresses, 0.0)
        homeless = []
        for group, weight in enumerate(self._weights):
            place = self._place.get(group)
            if place in loads:
                loads[place] += weight
            else:
                homeless.append(group)
        new = [address for address, load in loads.items() if not load]
        for group in sorted(homeless, key=lambda group: -self._weights[group]):
            place = min(loads, key=lambda address: loads[address])
            self._place[group] = place
            loads[place] += self._weights[group]
        share = sum(loads.values()) / len(loads)
        for address in new if len(homeless) < len(self._weights) else ():
            while True:
                most = max(loads, key=lambda address: loads[address])
                room, wish = loads[most] - loads[address], min(share - loads[address], loads[most] - share)
                mine = [g for g, place in self._place.items() if place == most and 0 < self._weights[g] < room]
                if not mine or wish <= 0:
                    break
                group = min(mine, key=lambda g: abs(self._weights[g] - wish))
                self._place[group] = address
                loads[most] -= self._weights[group]
                loads[address] += self._weights[group]

    # Messages

    def _send_waiting(self, this: _Round) -> None:
        """One message to each worker, or several where they carry much of what groups need."""
        self._settle()
        by_place: dict[str, list[int]] = {}
        for group in sorted(this.waiting):
            by_place.setdefault(self._place[group], []).append(group)
        this.waiting.clear()
        for address, groups in by_place.items():
            there = self._there.setdefault(address, set())
            # Groups that were begun here and have moved on.
            left = tuple(sorted(group for group in there if self._place[group] != address))
            there.difference_update(left)
            some: list[int] = []
            needs: dict[int, bytes] = {}
            for group in groups:
                if group not in there:
                    needs[group] = zlib.compress(pickle.dumps((self._begin, self._needs(group))), 1)
                    there.add(group)
                some.append(group)
                if sum(map(len, needs.values())) >= PORTION:
                    self._send(this, address, some, needs, left)
                    some, needs, left = [], {}, ()
            if some:
                self._send(this, address, some, needs, left)

    def _send(
        self, this: _Round, address: str, groups: list[int], needs: dict[int, bytes], left: tuple[int, ...]
    ) -> None:
        seconds = max(0.0, this.until - time.monotonic())
        tasks = [(group, this.tasks[group]) for group in groups]
        call = zlib.compress(pickle.dumps((this.number, seconds, this.do, this.common, left, tasks)), 1)
        # What is begun there needs the code of here; it is told apart from the rest, which other code might not read.
        code = _code() if needs else None
        packed = pickle.dumps(needs)
        key = f"optimizer-ask-{uuid.uuid4().hex}"
        future = self._client.submit(answer, code, self._token, packed, call, key=key, pure=False, workers=[address])
        self.messages += 1
        self.begun += len(needs)
        self.sent += len(call)
        self.sent_first += sum(map(len, needs.values()))
        this.out[future] = address, tuple(groups)
        future.add_done_callback(this.done.put)

    def _hear(self, this: _Round, future: Future[Any], found: dict[int, Any]) -> None:
        """Take an answer; where its worker died, or does not know a group any more, that is asked again."""
        if future not in this.out:  # its worker was given up
            return
        address, groups = this.out.pop(future)
        distributed = _distributed()
        try:
            reply = future.result(timeout=FETCH)
        except OptimizerError:
            raise
        except TimeoutError:  # a worker that dies with an answer in its hands leaves a future that is done no more
            this.out[future] = address, groups
            if address in self._look(now=True):
                this.done.put(future)
            else:
                self._died(this, future)
            return
        except distributed.CancelledError as error:
            raise self._gone(error) from error
        except distributed.KilledWorker:
            this.out[future] = address, groups
            self._look(now=True)
            self._died(this, future)
            return
        except Exception as error:
            if _unread(error):
                raise _unreadable(error) from error
            raise
        future.release()
        self.received += len(reply)
        answers = pickle.loads(zlib.decompress(reply))
        found |= answers
        for group in groups:
            if group not in answers:
                self._there.get(address, set()).discard(group)
                this.waiting.add(group)

    def _died(self, this: _Round, future: Future[Any]) -> None:
        """A worker died: what it was asked is asked again elsewhere.

        Raises:
            BlamedError: that was so too often.
        """
        address, groups = this.out.pop(future)
        future.release()
        self._there.pop(address, None)
        log.warning("cluster: worker %s is gone; what lived there is begun anew elsewhere", address)
        for group in groups:
            this.deaths[group] = this.deaths.get(group, 0) + 1
            if this.deaths[group] > DEATHS:
                raise BlamedError(
                    f"{DEATHS + 1} workers of the cluster died over one message, {address} last; most likely they ran "
                    "out of memory: give them more (--memory-limit), or start more of them"
                )
        this.waiting.update(groups)

    def _hang_up(self, this: _Round) -> None:
        """Tell workers that nobody waits any more, and give them a moment to end."""
        if self._scheduler_is_gone:
            return
        with suppress(Exception):  # they may be gone by now
            here = [address for address, _ in this.out.values() if address in self._addresses]
            self._client.run(end_round, self._token, this.number, workers=here, on_error="ignore")
        end = time.monotonic() + GRACE
        while this.out and (left := end - time.monotonic()) > 0:
            with suppress(Empty):
                future = this.done.get(timeout=left)
                if this.out.pop(future, None) is not None:
                    future.release()
        for future in this.out:
            future.release()

    def _gone(self, error: BaseException) -> LostError:
        self._scheduler_is_gone = True
        return LostError(f"the scheduler of the cluster was lost: {_short(error)}")
