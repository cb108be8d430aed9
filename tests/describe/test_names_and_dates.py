"""Names that look like words around a name, and dates beside other numbers."""

from __future__ import annotations

import pytest

import dedup
from dedup.describe.dates import iso
from dedup.describe.names import names, names_of_byline, names_of_marked

TEXT = (
    "The harbour bridge carries traffic again. At six on Monday morning the first bus crossed it, full of children."
)


@pytest.mark.parametrize(
    "name",
    [
        *("Marie Le Pen", "Youssef El Amrani", "John le Carré", "Nguyen Le Minh", "Kim Il Woo", "Mike Read"),
        *("Anna am Ende", "El Hadji Diouf", "Le Thi Hoa", "In Sook Kim"),
    ],
)
def test_a_surname_that_is_a_small_word_elsewhere_stays(name: str) -> None:
    assert names([name]) == (name,)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("By Mary Ann Lee 5 min read", "Mary Ann Lee"),
        ("By Jan de Vries 3 min read", "Jan de Vries"),
        ("By Ann Lee 2 hours ago", "Ann Lee"),
        ("By Ann Lee On March 3, 2021", "Ann Lee"),
        ("By Ann Lee in Politics", "Ann Lee"),
        ("By Ann Lee Read more", "Ann Lee"),
        ("Von Karl Heinz Müller 12. März 2024", "Karl Heinz Müller"),
        ("Von Karl Heinz Müller Stand: 12. März 2024", "Karl Heinz Müller"),
        ("Von Eva Maier am 3. Mai 2020", "Eva Maier"),
        ("Par Jean Paul Martin 12/03/2024", "Jean Paul Martin"),
        ("Par Jean Dupont le 12 mars", "Jean Dupont"),
        ("Por Ana López lunes 3 de junio", "Ana López"),
    ],
)
def test_what_follows_a_name_is_cut_off_and_no_more(line: str, name: str) -> None:
    assert names_of_byline(line) == (name,)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("लेखक: राजेश कुमार", ("राजेश कुमार",)),
        ("김철수 기자", ("김철수",)),
        ("来源：新华网", ()),
        ("Photography: Bo Ek", ()),
        ("Redaktion: Ann Lee", ("Ann Lee",)),
    ],
)
def test_what_is_marked_as_a_byline_is_read_behind_its_label(text: str, names: tuple[str, ...]) -> None:
    assert names_of_marked(text) == names


@pytest.mark.parametrize(
    ("text", "date"),
    [
        *((f"12.03.2024{time}", "2024-03-12") for time in (" - 10.15 Uhr", " - 9.15", ". 10.15am")),
        ("12 March 2024 - 5.30 pm", "2024-03-12"),
        ("1.2.2024 - 3.2.2024", "2024-02-01"),
        *(
            (text, "2024-03-12")
            for text in ("2024. 3. 12.", "2024.03.12", "2024/3/12", "2024/ 3/12", "2024 - 03 - 12")
        ),
        *((text, "2024-03-12") for text in ("2024年3月12日", "2024년 3월 12일")),
    ],
)
def test_the_time_behind_a_date_is_not_its_day(text: str, date: str) -> None:
    assert iso(text, "de") == date


@pytest.mark.parametrize("icon", ["...", "★★★", "\ue901", "&lt;/&gt;", "&ensp;"])
def test_a_heading_without_a_word_is_no_part_of_the_title(icon: str) -> None:
    """The page was lost: an error from within."""
    page = dedup.clean(f"<title>A bridge opens</title><h1>A bridge opens</h1><h1>{icon}</h1><p>{TEXT}</p>")
    assert page.metadata.title is not None
    assert page.metadata.title.value == "A bridge opens"


@pytest.mark.parametrize("short", ["Nobody was hurt.", "没有人受伤。"])
def test_short_paragraphs_of_a_text_that_scripts_show_are_content(short: str) -> None:
    body = f"{TEXT}\\n\\n{short}\\n\\n{TEXT[::-1]}"
    page = f'<script type="application/ld+json">{{"@type": "NewsArticle", "articleBody": "{body}"}}</script>'
    assert dedup.clean(page).content == f"{TEXT}\n\n{short}\n\n{TEXT[::-1]}"


@pytest.mark.parametrize("level", [1, 2])
def test_the_headline_is_not_the_site_s_name_where_the_title_says_both(level: int) -> None:
    """Old themes make the site's name the h1 of every page."""
    title = "<title>Roof money | The Village Gazette and Observer</title><h1>The Village Gazette and Observer</h1>"
    page = dedup.clean(f"{title}<h{level}>Roof money</h{level}><p>{TEXT}</p>")
    assert page.metadata.title is not None
    assert page.metadata.title.value == "Roof money"


def test_the_author_is_not_the_publisher_where_the_page_names_one() -> None:
    data = '{"@type": "NewsArticle", "author": {"name": "Harbour News"}, "publisher": {"name": "Harbour News"}}'
    script = f'<script type="application/ld+json">{data}</script>'
    page = dedup.clean(f"{script}<h1>A bridge opens</h1><p class=byline>By Ann Lee</p><p>{TEXT}</p>")
    assert page.metadata.authors is not None
    assert page.metadata.authors.value == ("Ann Lee",)
    alone = dedup.clean(f"{script}<h1>A bridge opens</h1><p>{TEXT}</p>")
    assert alone.metadata.authors is not None
    assert alone.metadata.authors.value == ("Harbour News",)
