"""Tables, neighbouring lists and quotes keep their shape where Markdown comes out."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dedup
from dedup.archive.drafts import pack, unpack
from dedup.options import Limits
from dedup.page import PageInput
from dedup.pipeline import analyse, finish
from dedup.segment.html import segment_html
from dedup.segment.rows import columns_in_tables, places_in_tables

OPTIONS = dedup.CleanOptions(content_format="markdown", mode="annotate", links=True, list_images=True)
HEAD = "<tr><th>Pier</th><th>Boats</th></tr>"


def written(markup: str) -> str:
    return dedup.clean(markup, options=OPTIONS).content


def table(*rows: list[str]) -> str:
    return "<table>" + "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows) + "</table>"


@pytest.mark.parametrize("blank", ["", " ", "&nbsp;", "&#160;", "<!-- a > b -->", "<img src=a.png>", "<b></b>"])
def test_values_stay_under_their_column_where_the_first_cells_are_empty(blank: str) -> None:
    assert written(table([blank, "2019", "2020"], ["GDP", "1", "2"], [blank, blank, "3"])) == (
        "|  | 2019 | 2020 |\n| --- | --- | --- |\n| GDP | 1 | 2 |\n|  |  | 3 |"
    )


@given(
    st.lists(st.lists(st.sampled_from(["", "&nbsp;", "a", "b|c"]), min_size=3, max_size=3).filter(any), min_size=1)
)
def test_any_cell_stays_in_its_column(rows: list[list[str]]) -> None:
    rows = [["a", "b", "c"], *([cell.replace("&nbsp;", "\xa0") for cell in row] for row in rows)]
    lines = written(table(*rows)).split("\n")
    del lines[1]
    filled = [[cell.strip() for cell in row] for row in rows if "".join(row).strip()]
    cells = [[cell.strip() for cell in line.replace("\\|", "/")[1:-1].split("|")] for line in lines]
    assert cells == [[cell.replace("|", "/") for cell in row] for row in filled]


def test_a_short_row_is_filled_up_and_a_long_one_keeps_its_cells() -> None:
    assert written("<table><tr><td>a<td>b<tr><td>c<td><tr><td>d<td>e<td>f</table>") == (
        "| a | b |  |\n| --- | --- | --- |\n| c |  |  |\n| d | e | f |"
    )


def test_a_row_of_one_cell_or_of_paragraphs_stays_in_its_table() -> None:
    assert written(
        f"<table>{HEAD}<tr><td colspan=2>In summer</td></tr><tr><td>North</td><td>12</td></tr>"
        "<tr><td><p>South</p><p>(old)</p></td><td>3</td></tr><tr><td>East</td><td>1</td></tr></table>"
    ) == ("| Pier | Boats |\n| --- | --- |\n| In summer |  |\n| North | 12 |\n| South (old) | 3 |\n| East | 1 |")


def test_values_stay_under_their_column_where_cells_span_rows_or_columns() -> None:
    head = "<thead><tr><th rowspan=2>Pier<th colspan=2>Boats<th rowspan=2>Staff<tr><th>Day<th>Night</thead>"
    body = (
        "<tbody><tr><td rowspan=0>North<td>1<td>2<td>3<tr><td>4<td><td>6</tbody><tr><td>South<td COLSPAN='2'>7<td>8"
    )
    assert written(f"<table>{head}{body}</table>") == (
        "| Pier | Boats |  | Staff |\n| --- | --- | --- | --- |\n|  | Day | Night |  |\n"
        "| North | 1 | 2 | 3 |\n|  | 4 |  | 6 |\n| South | 7 |  | 8 |"
    )
    assert written("<table><tr><td>a<td rowspan=2>b<tr><td colspan=1000>c<td>d</table>") == (
        "| a | b |\n| --- | --- |\n| c | d |"
    )


def test_cells_that_span_much_cost_time_in_proportion() -> None:
    start = time.process_time()
    row = "<td colspan=1000 rowspan=1000>a" * 100
    written(f"<table>{f'<tr>{row}' * 100}</table>")
    assert time.process_time() - start < 5


@pytest.mark.parametrize("cell", ["<td>a", "<td rowspan=9999>a"])
def test_one_wide_row_makes_no_row_below_it_wide(cell: str) -> None:
    """A page of two megabytes would come to gigabytes of empty cells."""
    table = f"<table><tr>{cell * 2000}</tr>{'<tr><td>b<td>c' * 2000}</table>"
    assert len(written(table)) < 2 * len(table)


def test_a_heading_between_rows_is_no_cell() -> None:
    row = "<tr><td>North</td><td>12</td></tr>"
    assert written(f"<table>{HEAD}<tr><td><h3>Winter</h3></td></tr>{row}</table>") == (
        "| Pier | Boats |\n| --- | --- |\n\n### Winter\n\n| North | 12 |\n| --- | --- |"
    )


def test_a_cell_that_two_breaks_part_stays_one_row() -> None:
    assert written("<table><tr><td>a<td>b<br><br>c<td>d<tr><td>1<td>2<td>3</table>") == (
        "| a | b c | d |\n| --- | --- | --- |\n| 1 | 2 | 3 |"
    )


def test_the_next_table_has_a_head_of_its_own() -> None:
    assert written(table(["a", "b"], ["c", "d"]) + table(["e", "f"])) == (
        "| a | b |\n| --- | --- |\n| c | d |\n\n| e | f |\n| --- | --- |"
    )
    text = "| a |  |\n| --- | --- |\n|  | b |\n\n| c | d |\n| --- | --- |"
    assert dedup.clean(markdown=text, options=OPTIONS).content == text
    assert dedup.clean(
        markdown=table(["", "b"], ["c", "d"]) + "\n\n" + table(["e", "f"]), options=OPTIONS
    ).content == ("|  | b |\n| --- | --- |\n| c | d |\n\n| e | f |\n| --- | --- |")


def test_tables_of_markdown_stay_apart_where_an_archive_cleans_a_page_in_two_trips() -> None:
    text = "|  | a |\n| --- | --- |\n| b | c |\n\n| d | e |\n| --- | --- |"
    page = analyse(PageInput(markdown=text), OPTIONS)
    assert finish(unpack(pack(page), OPTIONS)).content == text


def test_a_row_of_many_breaks_costs_time_in_proportion() -> None:
    start = time.process_time()
    written(f"<table><tr>{'<td>a<br><br>b</td>' * 10_000}</tr></table>")
    assert time.process_time() - start < 5


def test_lists_begin_with_their_number_and_go_on_with_that_of_an_item() -> None:
    assert written("<ol start=3><li>a<li>b<li value=9>c<li>d</ol>") == "3. a\n4. b\n9. c\n10. d"
    assert written("<ol start=-3><li>a</ol>") == "1. a"
    assert written("<ol start=99999999999><li>a</ol>") == "1. a"


def test_neighbouring_numbered_lists_are_not_one() -> None:
    assert written("<ol><li>a<li>b</ol><ol><li>c</ol><ol><li>d<li>e</ol>") == "1. a\n2. b\n1) c\n1. d\n2. e"
    assert written("<ol><li>a<ol><li>b</ol><ol><li>c</ol><li>d</ol>") == "1. a\n   1. b\n   1) c\n2. d"
    assert written("<ol><li>a</ol><p>Text</p><ol><li>b</ol>") == "1. a\n\nText\n\n1. b"
    text = "1. a\n2. b\n1) c"
    assert dedup.clean(markdown=text, options=OPTIONS).content == text


def test_neighbouring_lists_are_not_one() -> None:
    assert written("<ul><li>a<li>b</ul><ul><li>c</ul><ul><li>d<li>e</ul>") == "- a\n- b\n* c\n- d\n- e"
    assert written("<ul><li>a<ul><li>b</ul><ul><li>c</ul><li>d</ul>") == "- a\n   - b\n   * c\n- d"
    assert written("<ul><li>a<ul><li>b</ul><li>c<ul><li>d</ul></ul>") == "- a\n   - b\n- c\n   - d"
    assert written("<ol><li>a</ol><ul><li>b</ul><ol><li>c</ol>") == "1. a\n- b\n1. c"
    assert written("<ul><li>a</ul><p>Text</p><ul><li>b</ul>") == "- a\n\nText\n\n- b"
    text = "- a\n- b\n* c"
    assert dedup.clean(markdown=text.replace("*", "+"), options=OPTIONS).content == text


def test_neighbouring_quotes_are_not_one() -> None:
    quotes = "<blockquote><p>a</p><blockquote>b</blockquote></blockquote><blockquote>c</blockquote>"
    assert written(quotes) == "> a\n>\n> b\n\n> c"
    text = "> a\n>\n> b\n\n> c"
    assert dedup.clean(markdown=text, options=OPTIONS).content == text
    assert dedup.clean(markdown=f"> z\n\n{quotes}\n\n> d", options=OPTIONS).content == f"> z\n\n{text}\n\n> d"


def test_an_item_in_lists_without_text_is_no_code() -> None:
    deep = "<ul><li><ul><li><ul><li>deep</ul></ul></ul>"
    assert written(f"<p>Text</p>{deep}") == "Text\n\n- deep"


def test_what_follows_code_in_an_item_is_no_code() -> None:
    items = "".join(f"<li>{number}" for number in range(1, 10))
    assert written(f"<ol>{items}<li>10<pre>code</pre>goes on<li>11</ol>").endswith(
        "10. 10\n\n```\ncode\n```\n\ngoes on\n\n11. 11"
    )


def test_an_item_after_what_goes_on_behind_something_else_is_an_item() -> None:
    assert written("<ol><li>a<h3>b</h3>c<li>d<li>e</ol>") == "1. a\n\n### b\n\nc\n\n2. d\n3. e"


def test_paragraphs_of_a_quote_stay_apart() -> None:
    assert written("<blockquote><p>a</p><p>b</p></blockquote>") == "> a\n>\n> b"


def test_a_blank_in_an_address_is_part_of_it() -> None:
    page = dedup.clean(
        "<p>See <a href=' my file\n.pdf\t'>it</a> and <a href='\tb c.pdf'>that</a> <img src=' b c.png '></p>",
        options=OPTIONS,
    )
    assert page.content == "See [it](my%20file.pdf) and [that](b%20c.pdf)"
    assert [image.url for image in page.images or ()] == ["b%20c.png"]
    page = dedup.clean(markdown="See <a href='my file.pdf'>it</a> <img src='a b.png'>", options=OPTIONS)
    assert page.content == "See [it](my%20file.pdf)"
    assert [image.url for image in page.images or ()] == ["a%20b.png"]


def test_all_that_a_quote_holds_stays_in_it() -> None:
    """A quoted list, command or table would look like the author's own."""
    quoted = (
        "<blockquote><h3>a</h3><p>b</p><ul><li>c<li>d</ul><pre>e\n\nf</pre>"
        "<table><tr><td>g<td>h<tr><td>i<td>j</table><p>k</p></blockquote>"
    )
    text = (
        "> ### a\n>\n> b\n>\n> - c\n> - d\n>\n> ```\n> e\n>\n> f\n> ```\n>\n"
        "> | g | h |\n> | --- | --- |\n> | i | j |\n>\n> k"
    )
    assert written(f"<p>before</p>{quoted}<p>after</p>") == f"before\n\n{text}\n\nafter"
    assert dedup.clean(markdown=f"before\n\n{text}\n\nafter", options=OPTIONS).content == f"before\n\n{text}\n\nafter"


def test_a_quoted_list_is_not_the_one_beside_it() -> None:
    assert written("<ul><li>a</ul><blockquote><ul><li>b<li>c</ul></blockquote><blockquote>d</blockquote>") == (
        "- a\n\n> * b\n> * c\n\n> d"
    )


def test_lines_of_items_and_quotes_stay_lines() -> None:
    assert written("<ul><li>a<br>b</ul><blockquote>c<br>d</blockquote>") == "- a  \n  b\n\n> c  \n> d"


def test_a_table_within_many_others_is_looked_through_once() -> None:
    """Each of those looked at all of its rows: a hundred around 50 000 rows took twelve seconds."""
    around = "<table><tr><td>a</td><td rowspan=2>b</td></tr><tr><td>"
    page = segment_html((around * 100 + "<table>" + "<tr><td>x</td><td>y</td></tr>" * 60_000).encode(), Limits())
    blocks = list(range(len(page)))
    places = places_in_tables(page, blocks, blocks)
    began = time.process_time()
    assert len(columns_in_tables(page, places.values())) == 200
    assert time.process_time() - began < 2
