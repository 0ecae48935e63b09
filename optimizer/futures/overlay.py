"""A set of futures as an overlay of its instance, with the futures as scenarios."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from optimizer.errors import OptionsError
from optimizer.futures.chain import Path
from optimizer.futures.futures import FutureSet
from optimizer.instance.write import plain_text

HEAD = "# Written by optimizer sample"
PLACES = Decimal("1e-12")


def scenario_rows(futures: FutureSet) -> list[dict[str, Any]]:
    """The futures as scenarios of the instance format.

    A future with several groups of disruptions is the scenario of its last one, whose `parent` is that of the one
    before; what several futures begin with is one scenario. One that is no future by itself has probability 0 and is
    only a `beginning`. The future without disruption is what the probabilities leave.
    """
    order: dict[Path, str] = {}
    for path in futures.paths.values():
        for length in range(1, len(path) + 1):
            order.setdefault(path[:length], futures.chains.name(path[:length]))
    ids: dict[str, Path] = {}
    for path, name in order.items():
        if ids.setdefault(name, path) != path:
            raise OptionsError(f"two scenarios are called '{name}'; rename an event")
    shares = dict.fromkeys(order, 0.0)
    for name, path in futures.paths.items():
        if path:
            shares[path] += futures.probability[name]
    exact = decimals(shares.values())
    ends = set(futures.paths.values())
    return [
        futures.chains.row(name, path, order.get(path[:-1]), share, beginning=path not in ends)
        for (path, name), share in zip(order.items(), exact, strict=True)
    ]


def decimals(shares: Iterable[float]) -> list[float]:
    """Probabilities to twelve places, whose sum as exact decimals is at most 1."""
    exact = [Decimal(repr(share)).quantize(PLACES, ROUND_HALF_EVEN) for share in shares]
    over = sum(exact, Decimal(0)) - 1
    if over > 0:
        largest = max(range(len(exact)), key=exact.__getitem__)
        exact[largest] -= over
    return [float(share) for share in exact]


def overlay_text(futures: FutureSet, extends: str, name: str) -> str:
    """An overlay of the instance with the futures in the place of its scenarios.

    Args:
        futures: the set.
        extends: path of the instance, seen from the overlay.
        name: of the overlay.

    Raises:
        OptionsError: no future has a disruption.
    """
    rows = scenario_rows(futures)
    if not rows:
        raise OptionsError("no future has a disruption, so an overlay would change nothing; draw more futures")
    document: dict[str, Any] = {
        "extends": extends,
        "name": name,
        "description": f"Futures of the set {futures.name} in the place of scenarios.",
    }
    if futures.instance.scenarios:
        document["remove"] = {"scenarios": "all"}
    head = f"{HEAD} from a set of {len(futures)} futures; sample again instead of editing it.\n"
    return head + plain_text(document | {"add": {"scenarios": rows}})
