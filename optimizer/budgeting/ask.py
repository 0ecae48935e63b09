"""Asks questions, many at a time where there are workers; what an earlier run has answers to is not asked again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from optimizer.budgeting import work
from optimizer.budgeting.ledger import Ledger
from optimizer.budgeting.work import Question, Reply
from optimizer.errors import OptionsError
from optimizer.instance.instance import Instance
from optimizer.plan.plan import Plan
from optimizer.solver.highs import Report, Stop
from optimizer.solver.options import Options
from optimizer.solver.refusals import rows_refused
from optimizer.workers import Cluster, Workers, workers_of

Tell = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, of how many."""


class Interrupted(Exception):  # noqa: N818
    """Ctrl-C: what was answered before holds."""


class Desk:
    """Questions to one instance. A context: at its end the workers end.

    Attributes:
        ledger: answers so far.
        asked: questions that this run or an earlier one has answered.
        solved: those of this run.
    """

    def __init__(
        self,
        instance: Instance,
        options: Options,
        ledger: Ledger,
        workers: int,
        cluster: Cluster,
        report: Report | None,
        tell: Tell | None,
    ) -> None:
        """Begin nothing yet.

        Raises:
            OptionsError: workers makes no sense, or the method takes no rows.
        """
        faults = [f"workers is {workers}; it is 1 or more"] if workers < 1 else []
        faults += rows_refused(options.method)
        if faults:
            raise OptionsError("; ".join(faults))
        self.ledger, self.asked, self.solved = ledger, 0, 0
        self._tell = tell or (lambda _what, _done, _of: None)
        self._stop = Stop()
        self._pool: Workers
        if workers == 1 and cluster is None:
            self._pool = workers_of(1, None, work.begin, instance, options, ledger.checkpoint, report, self._stop)
        else:
            self._pool = workers_of(workers, cluster, work.begin_elsewhere, instance, options)

    def __enter__(self) -> Self:
        """Itself."""
        self._pool.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End the workers; after Ctrl-C without waiting for what is being done."""
        self._pool.__exit__(kind, error, at)

    def ask(self, what: str, questions: Sequence[Question]) -> list[Reply]:
        """The answers, in the order of the questions.

        Args:
            what: they are about, for progress.
            questions: equal ones are asked once.

        Raises:
            Interrupted: it was asked to stop; answers that came before are kept.
            OptionsError: the method asked for cannot solve it.
            SolveError: the solver failed, or the cluster was lost.
        """
        todo: list[Question] = []
        for question in questions:
            known = self.ledger.known(question)
            if known is None or (question.keep and known.objective is not None and self.ledger.plan(question) is None):
                todo.append(question)
        todo = list(dict.fromkeys(todo))
        done = len(questions) - len(todo)
        self._tell(what, done, len(questions))
        try:
            if todo and self._stop.asked.is_set():
                raise Interrupted
            for question, reply, plan in self._pool.results(work.do, todo):
                if reply.interrupted:
                    raise Interrupted
                self.ledger.add(question, reply, plan)
                self.solved += 1
                done += 1
                self._tell(what, done, len(questions))
        except KeyboardInterrupt:
            raise Interrupted from None
        self.asked += len(questions)
        found = [self.ledger.known(question) for question in questions]
        return [reply for reply in found if reply is not None]

    def plan(self, question: Question) -> Plan | None:
        """The plan that answered a question; None where there is none, or it was not to be kept."""
        return self.ledger.plan(question)
