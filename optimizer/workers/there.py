"""What a worker of a cluster does for groups that live in it."""

from __future__ import annotations

import pickle
import time
import zlib
from typing import Any

from optimizer.workers.cluster import HOMES, _check_code, _forget, _homes, _lock

_over: dict[str, int] = {}
"""The last round of a study that is over."""


class Heard:
    """What a worker hears while it answers."""

    def __init__(self, token: str, number: int, seconds: float) -> None:
        """Of a message, and the seconds that there are for it."""
        self._token, self._number, self._end = token, number, time.monotonic() + seconds

    def over(self) -> bool:
        """Whether nobody waits for the answer any more, or its time is up."""
        return _over.get(self._token, -1) >= self._number or time.monotonic() >= self._end


def answer(code: dict[str, str] | None, token: str, packed: bytes, call: bytes) -> bytes:
    """Answer a message; groups that do not live here are left out.

    Args:
        code: what must be equal here, where groups are to be begun.
        token: of the study.
        packed: what groups need that are begun here, by group.
        call: the message.
    """
    if code is not None:
        _check_code(code)
    number, seconds, do, common, left, asked = pickle.loads(zlib.decompress(call))
    heard = Heard(token, number, seconds)
    found: dict[int, Any] = {}
    with _lock:
        home = _homes.pop(token, None)
        if home is None:
            while len(_homes) >= HOMES:
                _homes.pop(next(iter(_homes)))
            home = {}
        _homes[token] = home  # the last one used is dropped last
        for group in left:
            home.pop(group, None)
        needed: dict[int, bytes] = pickle.loads(packed)
        for group, task in asked:
            if group in needed:
                begin, needs = pickle.loads(zlib.decompress(needed.pop(group)))
                home[group] = begin(needs)
            if group in home:
                found[group] = do(home[group], common, task, heard)
    return zlib.compress(pickle.dumps(found), 1)


def end_round(token: str, number: int) -> None:
    """Nobody waits for answers of a round any more."""
    _over[token] = number


def forget_all(token: str) -> None:
    """A study is over."""
    _forget(token)
    _over.pop(token, None)
