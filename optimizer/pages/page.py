"""A page of a report: its answer, pictures, what it says in full, and where that comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from optimizer.briefs.brief import Brief
from optimizer.briefs.words import plain
from optimizer.instance.marks import MARKINGS, Markings, lines_of
from optimizer.pages.pictures import Figure
from optimizer.plan.plan import Plan

if TYPE_CHECKING:
    from optimizer.pages.proofs import Gone

R = TypeVar("R")

SENTENCES = 5
"""Of an answer at most."""
NAMED = 5
"""Names in a list of a sentence; the tables hold the rest."""


@dataclass(frozen=True, slots=True)
class Sure:
    """Which options to fund, as far as more than one plan tells it.

    Attributes:
        over: over what, in words.
        variants: whether data and variants moved; such verdicts go before those of the data as they stand.
        must: options in all near-optimal plans, as facility:option.
        toss_up: in some.
        never: in none.
        undecided: not known.
        required: those of `must` without which there is no plan at all: a rule asks for them, or nothing else can do.
    """

    over: str
    variants: bool
    must: tuple[str, ...]
    toss_up: tuple[str, ...]
    never: tuple[str, ...]
    undecided: tuple[str, ...]
    required: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """What a page shows. It computes no result: all of it is in the result folder.

    Attributes:
        title: what it is, and of which instance.
        source: the result folder as it was given.
        alerts: what a reader must know before anything else: that a run was stopped, that a plan does not verify.
        answer: sentences, at most five.
        pictures: where a picture says more than the table.
        brief: what the command says, with every row.
        provenance: name and value of what the result depends on.
        instance: name and SHA-256 of the instance, blank where the note tells none.
        sure: what the result says of options beyond one plan.
        plan: that it shows; not there where the result is none.
        markings: of the rows of the instance, as the note tells them.
        proof: what came of going through the proof beside a plan; None where there is none.
    """

    title: str
    source: str
    alerts: tuple[str, ...]
    answer: tuple[str, ...]
    pictures: tuple[Figure, ...]
    brief: Brief
    provenance: tuple[tuple[str, str], ...]
    instance: tuple[str, str] = ("", "")
    sure: Sure | None = None
    plan: Plan | None = None
    markings: Markings = field(default_factory=dict)
    proof: Gone | None = None


@dataclass(frozen=True, slots=True)
class Content(Generic[R]):
    """What a kind of result gives its page.

    Attributes:
        title: of a result.
        say: what the command prints.
        alerts: see `Page`.
        answer: see `Page`.
        pictures: see `Page`.
        settings: names in the note of what the result depends on.
        rows: of a table at most; a file of the folder holds the rest.
        sure: see `Page`.
        plan: see `Page`.
    """

    title: Callable[[R], str]
    say: Callable[[Brief, R], None]
    alerts: Callable[[R], Iterable[str]]
    answer: Callable[[R], Iterable[str]]
    pictures: Callable[[R], Iterable[Figure]]
    settings: tuple[str, ...] = ()
    rows: int = 200
    sure: Callable[[R], Sure | None] = lambda _: None
    plan: Callable[[R], Plan | None] = lambda _: None

    def page(self, found: R, info: Mapping[str, Any], source: str) -> Page:
        """The page of a result.

        Args:
            found: the result.
            info: its note.
            source: the result folder as it was given.
        """
        brief = Brief(self.rows)
        self.say(brief, found)
        return Page(
            title=self.title(found),
            source=source,
            alerts=tuple(self.alerts(found)),
            answer=tuple(self.answer(found))[:SENTENCES],
            pictures=tuple(self.pictures(found)),
            brief=brief,
            provenance=tuple(provenance(info, self.settings, source)),
            instance=(str(info.get("instance") or ""), str(info.get("instance_sha256") or "")),
            sure=self.sure(found),
            plan=self.plan(found),
            markings=info.get(MARKINGS) or {},
        )


def provenance(info: Mapping[str, Any], settings: Sequence[str], source: str) -> Iterable[tuple[str, str]]:
    """Name and value of what a result depends on.

    Args:
        info: the note of the result.
        settings: names in it.
        source: the result folder.
    """
    yield "result folder", source
    for name, words in (("instance", "instance"), ("instance_sha256", "instance, SHA-256"), ("made", "made")):
        if info.get(name):
            yield words, str(info[name])
    if info.get(MARKINGS):
        yield MARKINGS, "; ".join(lines_of(info[MARKINGS]))
    for name in settings:
        if info.get(name, "") != "":
            yield _named(name), worded(info[name])
    versions = info.get("versions") or {}
    if versions:
        yield "versions", ", ".join(f"{name} {version}" for name, version in versions.items())


def _named(key: str) -> str:
    """A setting's name in words: gap_usd is gap, USD."""
    words = key.replace("_", " ")
    return f"{words.removesuffix(' usd')}, USD" if words.endswith(" usd") else words


def worded(value: Any) -> str:
    """A setting in words."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{_named(str(key))} {worded(one)}" for key, one in value.items()) or "none"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(worded, value)) or "none"
    return plain(value) if isinstance(value, float) else str(value)


def listed(names: Iterable[Any], most: int = NAMED) -> str:
    """Names for a sentence: a, b and 3 more."""
    every = [str(name) for name in names]
    shown = every[:most] if len(every) > most + 1 else every
    rest = len(every) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")


def counted(number: int, one: str, many: str = "") -> str:
    """A number of things: 1 option, 3 options."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
