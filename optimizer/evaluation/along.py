"""The branches along an episode, without making an instance of all of them."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.futures import Episode, FutureSet
from optimizer.futures.chain import Occurrence
from optimizer.instance.policy import Effect
from optimizer.network.calendar import calendar_of
from optimizer.network.effects import Active, Window


def effects_of(futures: FutureSet) -> list[Effect]:
    """Everything that happens in some future, at full severity."""
    events = sorted({one.event for path in futures.paths.values() for group in path for one in group})
    onset = calendar_of(futures.instance).first_year
    found = (futures.chains.effects(Occurrence(onset, event, 1, 1.0)) for event in events)
    return [effect for effects in found for effect in effects]


def branches_of(futures: FutureSet, episode: Episode) -> list[tuple[Window, Sequence[int]]]:
    """The branches of an episode in their order, each with the periods in which a future with it is on it."""
    calendar = futures.chains.calendar
    end = calendar.end_year
    happening: list[Active] = []
    found: list[Window] = []
    stop = 0
    for name, group in zip(episode.nodes, episode.path, strict=True):
        onset = group[0].onset
        for one in group:
            for effect in futures.chains.effects(one):
                since = effect.from_ if effect.from_ is not None else onset
                years = range(since, end if effect.duration is None else since + effect.duration)
                happening.append(Active(effect, years, name))
            stop = max(stop, futures.chains.span(one)[1])
        over = max(min(item.years.stop, end) for item in happening)
        periods = tuple(t for t in calendar.periods if t >= onset and calendar.span[t].start < stop)
        last = calendar.span[periods[-1]].stop
        found.append(
            Window(
                onset=onset,
                first=episode.onset,
                over=over,
                periods=periods,
                until=last if last < end else None,
                restores=over < end,
                leaves=episode.nodes[len(found) - 1] if found else None,
                effects=tuple(happening),
            )
        )
    following = [*(window.onset for window in found[1:]), end]
    return [(window, [t for t in window.periods if t < after]) for window, after in zip(found, following, strict=True)]
