"""What is left out with marked rows, in words."""

from __future__ import annotations

from optimizer.briefs.brief import Brief, headed
from optimizer.unmarking import Excerpt, Left, Unmarked


def say(out: Brief, found: Unmarked) -> None:
    """Say what is left out, what went with it, and what somebody must decide on."""
    marked = [one for one in found.left if one.marked]
    out.print(f"{found.instance.name}: {_counted(len(marked), 'marked row')} left out", style="bold")
    for title, rows in (
        ("\nMarked", marked),
        ("\nLeft out with them", [one for one in found.left if not one.marked and not one.changes]),
    ):
        if rows:
            table = headed(title, "what", "why")
            for one in rows:
                table.add_row(_what(one), one.why)
            out.print(table)
    decided = [one for one in found.left if one.changes]
    if decided:
        table = headed("\nTo be decided on: this changes the problem", "what", "why", "so that")
        for one in decided:
            table.add_row(_what(one), one.why, one.changes)
        out.print(table)
    if found.alike:
        out.print(f"\nNames that hold a name left out, to be looked at: {', '.join(found.alike)}", style="yellow")
    if found.tables:
        counts = ", ".join(f"{name} {count:,}" for name, count in found.rows.items()) or "none"
        of = "a plan" if found.study is None else "a study"
        out.print(f"\nAn excerpt of {of}; rows left out of its tables: {counts}")
        if found.study is not None:
            _study(out, found.study)
        cannot = "verified or planned from" if found.study is None else "gone on with or reported from"
        out.print(f"It cannot be {cannot}, and its figures still rest on the marked rows.", style="yellow")


def _study(out: Brief, made: Excerpt) -> None:
    """What else is not in the excerpt of a study."""
    if made.columns:
        out.print(f"columns left out, whose heads name something left out: {', '.join(made.columns)}")
    for name, why in made.refused.items():
        out.print(f"the table {name} is left out: {why}", style="yellow")
    if made.files:
        out.print(f"not looked at, and not in it: {', '.join(made.files)}")


def _what(one: Left) -> str:
    return f"{one.what}, with {one.inside}" if one.inside else one.what


def _counted(number: int, one: str) -> str:
    return f"{number:,} {one}" if number == 1 else f"{number:,} {one}s"
