"""The instance in which no trust condition, window or ban holds, and what each of them then keeps at nothing.

Trust conditions, windows and bans decide which variables exist. Here every variable exists that one of them takes away,
and whoever keeps the condition holds it at 0; so any set of requirements is a set of rows and bounds of one problem.
"""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.instance.instance import Instance
from optimizer.instance.policy import Count, Forbid, Rule
from optimizer.network.effects import Disruption
from optimizer.network.network import changed_exposures
from optimizer.network.starts import may_fund
from optimizer.network.tables import Tables
from optimizer.network.trust import State, Trust


def loosest(instance: Instance) -> Instance:
    """The instance without trust conditions, windows and bans; rules keep their numbers."""
    channels = {
        name: channel.model_copy(update={"tiers": None, "max_exposure": {}})
        for name, channel in instance.channels.items()
    }
    facilities = {}
    for name, record in instance.facilities.items():
        options = tuple(option.model_copy(update={"earliest": None, "latest": None}) for option in record.options)
        facilities[name] = record.model_copy(update={"options": options})
    nothing = Count(rule="count")
    rules: tuple[Rule, ...] = tuple(nothing if isinstance(r, Forbid) else r for r in instance.policy.rules)
    policy = instance.policy.model_copy(update={"rules": rules})
    return instance.model_copy(update={"channels": channels, "facilities": facilities, "policy": policy})


def blocked_runs(trust: Trust, tables: Tables) -> Iterator[tuple[tuple[str, str, str, str, int], str, float]]:
    """What trust conditions keep from running in a course.

    Whoever may run a channel may run all looser ones, or the instance is refused; so the conditions of looser channels
    keep a facility out of a stricter one too, whether or not that one's own hold.

    Args:
        trust: of the instance as written.
        tables: of a course of the loosest instance.

    Yields:
        The index of an activity, a requirement that keeps it at 0, and the exposure that fails it.
    """
    disruption = None if tables.window is None else Disruption(tables.calendar, tables.window.effects)
    states = {(f, state.id): state for f, found in tables.capacity.states.items() for state in found}
    known: dict[tuple[str, str, str, int], list[tuple[str, float]]] = {}
    for run in tables.capacity.runs:
        f, s, _, k, t = run
        if (f, s, k, t) not in known:
            known[f, s, k, t] = _failed(trust, tables, disruption, f, states[f, s], k, t)
        for name, exposure in known[f, s, k, t]:
            yield run, name, exposure


def _failed(
    trust: Trust, tables: Tables, disruption: Disruption | None, f: str, state: State, k: str, t: int
) -> list[tuple[str, float]]:
    changed = None if disruption is None else changed_exposures(tables.network.trust, disruption, f, state, t)
    return [
        (f"trust:{channel}:{kind}", exposure)
        for channel in (k, *tables.places.looser(k))
        for kind, exposure, _ in trust.shut_out(f, state, channel, t, changed)
    ]


def blocked_funding(instance: Instance, f: str, o: str, year: int) -> list[str]:
    """Names of the requirements that each keep an option from being funded in a year."""
    option = next(option for option in instance.facilities[f].options if option.id == o)
    found = [] if may_fund(option, year) else [f"window:{f}:{o}"]
    for i, rule in enumerate(instance.policy.rules):
        if isinstance(rule, Forbid) and rule.facility == f and rule.option in (None, o):
            found.append(f"rule:{i}")
    return found
