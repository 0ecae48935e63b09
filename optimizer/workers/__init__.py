"""Work on separate tasks: in this process, in processes of this machine, or on a dask cluster; asked alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from optimizer.workers.beginning import may_have
from optimizer.workers.cluster import Cluster, DaskWorkers, checked, connected, on_cluster
from optimizer.workers.residents import EndedError, LostError, Residents
from optimizer.workers.there import Heard
from optimizer.workers.workers import BlamedError, Chain, Here, Processes, Workers


def workers_of(count: int, cluster: Cluster, begin: Callable[..., Any], *kept: Any) -> Workers:
    """Workers that each keep what `begin` makes; nothing is started before there is a task.

    Args:
        count: processes of this machine; 1 is this process itself. Set aside where there is a cluster.
        cluster: a client of dask.distributed, or None.
        begin: called once in each worker; what it returns is the first argument of every task.
        kept: what it is called with.

    Raises:
        OptionsError: the client cannot be used; this process may begin no others.
    """
    if cluster is None:
        may_have(count)
        return Here(begin, kept) if count == 1 else Processes(count, begin, kept)
    return DaskWorkers(checked(cluster), begin, kept)


__all__ = [
    "BlamedError", "Chain", "Cluster", "EndedError", "Heard", "LostError", "Residents", "Workers", "connected",
    "on_cluster", "workers_of",
]  # fmt: skip
