"""Tables of very many branches are not all kept: those asked for again are derived again, and are the same."""

from __future__ import annotations

import pytest
from support.build import network_from
from support.generate import generate

from optimizer.network import derive
from optimizer.network.derive import Derived
from optimizer.network.tables import TRUNK


@pytest.mark.parametrize("kept", [0, 1, 10**9], ids=["none", "one", "all"])
def test_what_is_not_kept_is_derived_again(kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The trunk's stay; of the others as many as are allowed, the last first, whatever is asked."""
    made: list[str] = []
    real = derive.tables_of

    def counted(network: object, course: str = TRUNK, *more: object) -> object:
        made.append(course)
        return real(network, course, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(derive, "tables_of", counted)
    network = network_from(generate(1, scenarios=4))
    most = max(derive._entries(real(network, course)) for course in network.windows)
    monkeypatch.setattr(derive, "KEPT", kept * most)
    derived = Derived(network)
    first = {course: derived[course] for course in derived}
    assert [derived[course].periods for course in derived] == [tables.periods for tables in first.values()]
    assert [derived[course].capacity.runs for course in derived] == [one.capacity.runs for one in first.values()]
    assert made.count(TRUNK) == 1
    assert len(derived._known) - 1 == {0: 1, 1: 2}.get(kept, len(network.windows))
    again = len(made) - len(first)
    assert again == 0 if kept == 10**9 else again > 0
    last = list(derived)[-1]
    before = len(made)
    assert derived[last] is derived[last]
    assert len(made) == before
