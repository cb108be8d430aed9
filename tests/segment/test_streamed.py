"""Pages that React streams: what comes late, hidden and behind the footer, is read where a browser shows it."""

from __future__ import annotations

import random
import re
import time

import dedup
from dedup.segment.streamed import in_order

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


def ordered(markup: str) -> str:
    order = in_order(markup.encode())
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
        assert in_order(given.encode()) is None
    mixed = page(place(5), own, each_other, late(5, "<p>last</p>"))
    assert re.findall("<p>(.*?)</p>", ordered(mixed)) == ["last", *TEXTS]
    unclosed = page(place(0), f'<div hidden id="S:0"><p>{TEXTS[0]}</p>')
    assert in_order(unclosed.encode()) is None


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
        in_order(markup.encode())
    assert time.process_time() - start < 5
