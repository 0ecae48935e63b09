"""What is told to a brief comes out on a screen as it went in, and on a page in one unit."""

from __future__ import annotations

import pytest
from rich.console import Console

from optimizer.briefs.brief import Brief, headed
from optimizer.briefs.words import Span, plain, rough, rough_share, rough_tonnes, usd
from optimizer.pages.blocks import Table, Text, blocks_of


def test_words_in_brackets_stay_on_the_screen(capsys: pytest.CaptureFixture[str]) -> None:
    """A rule names its markets in brackets; they are no markup."""
    brief = Brief()
    table = headed("[bold]title", "rule [x]")
    table.add_row("content (markets: [programs])")
    brief.print(table)
    brief.print("line [red]of words")
    brief.print_to(Console(width=160))
    printed = capsys.readouterr().out
    for words in ("[bold]title", "rule [x]", "content (markets: [programs])", "line [red]of words"):
        assert words in printed


def test_a_brief_for_a_page_has_more_rows() -> None:
    """A screen's dozen, or what the page asks for, whichever is more."""
    assert Brief().most(12) == 12
    assert Brief(200).most(12) == 200
    assert Brief(5).most(12) == 12


def test_a_column_of_money_has_one_unit() -> None:
    """Billions and dollars, spans and what is not known stand under one head; other words keep their units."""
    table = headed("\nMoney", "what", "costs", "said", "", right=("costs",))
    table.add_row("a", usd(1.5e9), "3 USD", "")
    table.add_row("b", Span("2.00 M USD to 3.00 M USD", 2e6, 3e6), usd(4e6), "")
    table.add_row("c", "no plan without", "-", "")
    table.add_row("d", Span("at most 400 USD", None, 400.0), "-", "")
    brief = Brief()
    brief.print("\nHead", style="bold")
    brief.print("  set in", style="yellow")
    brief.print(table)
    head, line, made = blocks_of(brief, "page")
    assert head == Text("Head", heading=True)
    assert line == Text("set in", "warn", depth=1)
    assert isinstance(made, Table)
    assert made.caption == "Money"
    assert [cell.text for cell in made.heads] == ["what", "costs, M USD", "said"]
    assert [cells[1].text for cells, _ in made.rows] == ["1,500", "2.00 to 3.00", "no plan without", "< 0.001"]
    assert [cells[2].text for cells, _ in made.rows] == ["3 USD", "4.00 M USD", "-", "-"]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (rough(6_012_264_089.9), "6,010 M USD"), (rough(44_816_000), "44.8 M USD"), (rough(-1_251_000), "-1.25 M USD"),
        (rough(6_968.2), "6,968 USD"), (rough(0.0), "0 USD"), (rough(999_600_000), "1,000 M USD"),
        (rough_tonnes(342_081), "342,000 t"), (rough_tonnes(51.7123), "51.7 t"), (rough_tonnes(1e-9), "0 t"),
        (rough_share(9.5e-6), "under 0.01%"), (rough_share(0.0), "0.00%"), (rough_share(0.00087), "0.09%"),
        (plain(2e8), "200,000,000"), (plain(0.05), "0.05"), (plain(12.5), "12.5"),
    ],
)  # fmt: skip
def test_numbers_in_sentences_bear_three_digits(told: str, words: str) -> None:
    """And no power of ten."""
    assert told == words
