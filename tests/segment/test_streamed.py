"""Pages that React streams: what comes late, hidden and behind the footer, is read where a browser shows it."""

from __future__ import annotations

import random
import re
import time

import dedup
from dedup.segment.streamed import Order, in_order

TEXTS = [
    "The kettle holds one and a half litres and boils them in four minutes, with a lid that stays cool in the hand.",
    "Its base is made of cork from Portugal, and every part of it can be taken out and replaced without any tool.",
    "It comes with a cord of two metres, a filter that can be washed, and a guarantee of five years on all parts.",
]
SCRIPT = '<script>$RC("B:0","S:0")</script>'


def place(number: int, kind: str = "B", fallback: str = "") -> str:
    return f'<!--$?--><template id="{kind}:{number:x}"></template>{fallback}<!--/$-->'


def late(number: int, content: str) -> str:
    return f'<div hidden id="S:{number:x}">{content}</div>'


def page(main: str, *after: str) -> str:
    return (
        f"<title>Kettles</title><body>\n<nav><a href='/'>Home</a></nav>\n<main>{main}</main>\n<footer>© Kettles</footer>\n"
        + "\n".join(after)
    )


def put_in_order(markup: str) -> Order | None:
    return in_order(markup.encode(), range(len(markup)))


def ordered(markup: str) -> str:
    order = put_in_order(markup)
    return markup if order is None else order.markup.decode()


def test_what_comes_late_is_content_where_it_belongs_and_not_what_was_shown_meanwhile() -> None:
    article = "".join(f"<p>{text}</p>" for text in TEXTS[1:])
    given = page(f"<p>{TEXTS[0]}</p>" + place(0, fallback="<p>Loading …</p>"), late(0, article), SCRIPT)
    cleaned = dedup.clean(given)
    assert [block.text for block in cleaned.blocks] == ["Home", *TEXTS, "© Kettles"]
    assert cleaned.content.split("\n\n") == TEXTS


def test_blocks_say_on_which_line_and_in_which_range_of_the_page_as_it_was_sent_they_are() -> None:
    given = page(
        place(0) + f"<p>{TEXTS[0]}</p>", late(0, f"\n<p>{TEXTS[1]} &amp; <b>more</b></p>\n<div></div>"), SCRIPT
    )
    cleaned = dedup.clean(given, options=dedup.CleanOptions(list_spans=True))
    assert cleaned.spans is not None
    assert dedup.rebuild(given, cleaned.spans) == [block.text for block in cleaned.blocks]
    lines = {block.text: block.line for block in cleaned.blocks}
    assert lines == {"Home": 2, f"{TEXTS[1]} & more": 6, TEXTS[0]: 3, "© Kettles": 4}


def test_parts_come_late_inside_of_what_came_late() -> None:
    given = page(
        place(0),
        late(1, f"<p>{TEXTS[1]}</p>"),
        late(0, f'<p>{TEXTS[0]}</p><template id="P:1"></template><script>"</div>"</script>' + place(10)),
        late(10, f"<div><div></div></div><p>{TEXTS[2]}</p>"),
        SCRIPT,
    )
    assert re.findall("<p>(.*?)</p>", ordered(given)) == TEXTS


def test_what_has_no_place_of_its_own_stays_where_it_is() -> None:
    """React parts with nothing here: no text may be lost over ids that only look like its own."""
    own = late(0, f"<p>{TEXTS[0]}</p>{place(0)}")
    each_other = late(1, f"<p>{TEXTS[1]}</p>{place(2)}") + late(2, f"<p>{TEXTS[2]}</p>{place(1)}")
    for given in (page("", own), page("", each_other), page("", late(3, TEXTS[0])), page(place(4), own)):
        assert put_in_order(given) is None
    mixed = page(place(5), own, each_other, late(5, "<p>last</p>"))
    assert re.findall("<p>(.*?)</p>", ordered(mixed)) == ["last", *TEXTS]
    unclosed = page(place(0), f'<div hidden id="S:0"><p>{TEXTS[0]}</p>')
    assert put_in_order(unclosed) is None


def test_no_word_is_lost_or_said_twice_whatever_is_nested_in_what() -> None:
    for seed in range(300):
        draw = random.Random(seed)
        parts = [f"word{number} " for number in range(12)]
        for number in range(1, 12):
            holder = draw.randrange(12) if draw.random() < 0.2 else draw.randrange(number)
            parts[holder] += place(number, draw.choice("BP")) if draw.random() < 0.9 else ""
            parts[holder] += draw.choice(("", "<div>", "</div>", "<!--$-->", "<script>", "<p>"))
        given = page(parts[0], *(late(number, part) for number, part in enumerate(parts) if number))
        words = sorted(re.findall(r"word\d+", ordered(given)))
        assert words == sorted(f"word{number}" for number in range(12)), given


def test_pages_of_places_and_late_parts_alone_take_linear_time() -> None:
    count = 60_000
    hostile = (
        "".join(place(number % 999) for number in range(count)),
        "".join(late(number, place(number + 1)) for number in range(count)),
        place(0) + late(0, "") + '<div hidden id="S:1"><script>' * count,
        place(0) + '<div hidden id="S:0">' * count,
        "<!--$-->" * count + place(0) * count + late(0, "x"),
    )
    start = time.process_time()
    for markup in hostile:
        put_in_order(markup)
    assert time.process_time() - start < 5


def test_what_a_streamed_page_says_of_itself_is_read_as_if_it_had_come_in_order() -> None:
    """Addresses and dates were cut out of the wrong bytes."""
    head = (
        "<link rel=canonical href=https://kettles.example/k><meta property='og:description' content='Kettles of all kinds'>"
        "<meta name=author content='Ann Lee'><meta property='article:published_time' content='2024-03-09'>"
    )
    main = f"<h1>Kettles</h1><p>{TEXTS[0]}</p><div><img src='/1.jpg' alt='one'></div><p>{TEXTS[1]} <a href='/b'>b</a></p>"
    login = "<h1>Sign in</h1><form><input name=n><input type=password name=p></form>"
    options = dedup.CleanOptions(list_links=True, list_images=True)
    for content in (head + main, login):
        whole = f"<body><nav><a href='/'>Home</a></nav><main>{content}</main><footer>© Kettles</footer>"
        parts = page(place(0, fallback="Loading"), late(0, content), SCRIPT)
        at_once, streamed = (
            dedup.clean(markup, url="https://kettles.example/a", options=options)
            for markup in (whole + SCRIPT, parts)
        )
        for field in ("content", "status", "status_evidence", "links", "images"):
            assert getattr(streamed, field) == getattr(at_once, field), field
        for field in ("authors", "published", "canonical_url", "description", "image"):
            assert getattr(streamed.metadata, field) == getattr(at_once.metadata, field), field


def test_the_script_says_which_part_belongs_where() -> None:
    """React 18 counts places and parts apart."""
    calls = '<script>$RS("S:1","P:1");$RC("B:0","S:0")</script>', '<script>$RC("B:1","S:2")</script>'
    inner = f"{place(1, fallback='<i>Loading</i>')}<p>{TEXTS[1]}</p>" + '<template id="P:1"></template>'
    given = page(
        place(0), late(0, inner), late(1, f"<p>{TEXTS[2]}</p>"), calls[0], late(2, f"<p>{TEXTS[0]}</p>"), calls[1]
    )
    assert re.findall("<p>(.*?)</p>", ordered(given)) == TEXTS


def test_rows_come_late_in_a_table_of_their_own() -> None:
    table = f"<table><tbody><tr><td>First</td></tr>{place(0, fallback='<tr><td>Loading</td></tr>')}</tbody></table>"
    given = page(table, '<table hidden><tbody id="S:0"><tr><td>Second</td></tr></tbody></table>', SCRIPT)
    assert [block.text for block in dedup.clean(given).blocks] == ["Home", "First", "Second", "© Kettles"]


def test_what_only_looks_like_a_place_or_a_part_moves_nothing() -> None:
    bare = '<template id="B:0"></template>'
    quoted = f"<script>s = '{bare}'</script><!-- {bare} {late(0, 'x')} -->"
    given = page(f"{quoted}<p>{TEXTS[0]}</p>{place(0)}<p>{TEXTS[2]}</p>", late(0, f"<!-- <div> --><p>{TEXTS[1]}</p>"))
    assert [block.text for block in dedup.clean(given).blocks] == ["Home", *TEXTS, "© Kettles"]


def test_a_comment_that_ends_nothing_takes_no_text_along() -> None:
    open_ = '<!--$?--><template id="B:0"></template>'
    given = page(open_, f"<p>{TEXTS[0]}</p>", late(0, f"<p>{TEXTS[1]}</p><!--/$--><p>{TEXTS[2]}</p>"))
    assert sorted(re.findall("<p>(.*?)</p>", ordered(given))) == sorted(TEXTS)


def test_a_part_whose_end_cannot_be_told_stays_where_it_is_and_takes_no_text_along() -> None:
    """What was cut off in an attribute made the parser take the rest of the page for it."""
    for content in (
        f"<img alt='</div>'><p>{TEXTS[1]}</p>",
        f"<p title='</div>'>{TEXTS[1]}</p>",
        f"<p>{TEXTS[1]}</p><textarea></div></textarea>",
    ):
        given = page(f"{place(0)}<p>{TEXTS[0]}</p>", late(0, content.replace("'", '"')), SCRIPT)
        cleaned = dedup.clean(given, options=dedup.CleanOptions(list_spans=True))
        assert [block.text for block in cleaned.blocks] == ["Home", TEXTS[0], "© Kettles", TEXTS[1]]
        assert dedup.rebuild(given, cleaned.spans) == [block.text for block in cleaned.blocks]
