"""What the blocks of an HTML page are."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.options import Limits
from dedup.segment import dom_kernels as dom
from dedup.segment import walk_kernels as walk
from dedup.segment.build import RawBlock, build
from dedup.segment.html import segment_html
from dedup.segment.segments import KINDS, Segments
from dedup.segment.tags import NAMES


def blocks(markup: str) -> Segments:
    return segment_html(markup.encode(), Limits())


def texts(markup: str) -> list[str]:
    return blocks(markup).texts


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<p>one <b>two</b> <i>three</i></p>", ["one two three"]),
        ("<div>a<p>b</p>c</div>", ["a", "b", "c"]),
        ("<ul><li>a<li>b</ul>", ["a", "b"]),
        ("a<br>b", ["a\nb"]),
        ("a<br><br>b", ["a", "b"]),
        ("a</br>b</br></br>c", ["a\nb", "c"]),
        ("第一段<br>\u3000\u3000第二段", ["第一段", "第二段"]),
        ("<p>soft\u00adhyphen and&nbsp;space", ["softhyphen and space"]),
        ("<p>a<p>\u200b<p>\u200d\u2060<p>\ufe0f<p>\u2800<p>\u200e<p>b", ["a", "b"]),  # editors leave such behind
        ("<p>می\u200cروم<p>\u2764\ufe0f<p>\u200bx", ["می\u200cروم", "\u2764\ufe0f", "\u200bx"]),
        ("<a href=x>one</a><a href=y>two</a>", ["one two"]),
        ("<span><a href=x>one</a></span><span><a href=y>two</a></span>", ["one two"]),
        ("<p><a href=x>Ann</a><sup><a href=y>[1]</a></sup>", ["Ann[1]"]),
        ("<p>10<sup>6</sup> m, 10<sup>-6</sup>, 10<sup>−6</sup>", ["10^6 m, 10^-6, 10^−6"]),
        ("<p>$549<sup>00</sup>, log 10<sub>2</sub>, 2019<sup><a href=y>3</a></sup>", ["$549^00, log 10_2, 2019^3"]),
        ("<p>m<sup>2</sup>, H<sub>2</sub>O, 1<sup>st</sup>, 2019<sup>[3]</sup>", ["m2, H2O, 1st, 2019[3]"]),
        ("<p>10<sup>-<b>6</b></sup>, 10<sup>−<span>6</span></sup>, SO4<sup>2-</sup>", ["10^-6, 10^−6, SO4^2-"]),
        ("<p>10 <sup>6</sup>, 10<sup> 6</sup>, 10<sup></sup>6", ["10 6, 10 6, 106"]),
        ("<pre><a href=x>one</a><a href=y>two</a></pre>", ["onetwo"]),
        ("<pre>x = 1<br>if x:<br><br>&nbsp;&nbsp;y</pre>", ["x = 1\nif x:\n\n  y"]),
        ("<p>now<marquee>new</marquee>then", ["now", "new", "then"]),
        ("<pre>\nx = 1\n  y\n</pre>", ["x = 1\n  y"]),
        ("<p>a &lt;b&gt; &amp;amp; &eacute;", ["a <b> &amp; é"]),
        ("<p>kept<script>var a='<p>no'</script> too<style>p{}</style>", ["kept too"]),
        ("<p>a<!-- <p>no --> b", ["a b"]),
        ("<select><option>no<option>choices</select><p>yes", ["yes"]),
        ("<p>x<svg><title>no</title><path d=''/></svg>y", ["xy"]),
        (
            "<svg><circle><p>a drawing that was never closed hides nothing",
            ["a drawing that was never closed hides nothing"],
        ),
        ("<textarea>no</textarea><p>yes", ["yes"]),
        ("<p>1 < 2 and 3 > 2", ["1 < 2 and 3 > 2"]),
        ("<script><!-- <script>a</script> --></script><p>b", ["b"]),
        ("<script><!-->'<script>'</script><p>b", ["b"]),
        ("<svg><svg/><text>no</text></svg><a href=x>a link</a>", ["a link"]),
        ("<template shadowrootmode=open><p>in the shadow</p></template>", ["in the shadow"]),
        ("<x-card><x-title>a</x-title><x-text>b</x-text></x-card>", ["a", "b"]),
        ("<p>posted <x-time>today</x-time> at noon", ["posted today at noon"]),
        ("<button>Accept</button><p>text", ["Accept", "text"]),
        ("<p>truncated page <a href='never clo", ["truncated page"]),
    ],
)
def test_text_is_cut_into_blocks_as_a_reader_sees_them(markup: str, expected: list[str]) -> None:
    assert texts(markup) == expected


def test_a_formula_is_read_once_though_it_is_shown_beside_its_mathml() -> None:
    formula = (
        "<span class=katex><span class=katex-mathml><math><semantics><mrow><mi>E</mi><mo>=</mo><mi>m</mi></mrow>"
        "<annotation encoding='application/x-tex'>E=m</annotation></semantics></math></span>"
        "<span class=katex-html aria-hidden=true><span class=base>E</span><span class=base>=m</span></span></span>"
    )
    assert texts(f"<p>So {formula} <i aria-hidden=true>*</i> and {formula}</p>") == ["So E=m * and E=m"]
    assert texts(f"<div>{formula}<div aria-hidden=true>a box</div></div>") == ["E=m", "a box"]


def test_a_picture_of_a_formula_beside_its_mathml_hides_nothing_behind_it() -> None:
    """Wikipedia writes every formula so: its articles ended at the first one."""
    for void in ("img src=f.svg alt=E", "input", "wbr"):
        formula = f"<span><span style='display: none'><math><mi>E</mi></math></span><{void} aria-hidden=true></span>"
        assert texts(f"<p>So {formula} is it.</p><p>More</p>") == ["So E is it.", "More"]


@pytest.mark.parametrize(
    "inside",
    [
        *("<iframe src=x />", "<iframe src=x>", "<style>p {", "<script>a()", "<!-- <img>", "<textarea>"),
        *("<iframe src='</noscript>'>", "<script src='</noscript>'>", "<noscript><iframe></noscript>"),
    ],
)
def test_what_a_noscript_leaves_open_ends_with_it(inside: str) -> None:
    """To a browser all of it is one text. `<noscript><iframe /></noscript>` at the top took whole pages with it."""
    found = texts(f"<p>a</p><noscript>{inside}</noscript><p>b</p><noscript><p>c</p></noscript><p>d</p>")
    assert [text for text in found if len(text) == 1] == ["a", "b", "c", "d"]


def test_an_element_within_an_inline_one_of_the_pages_own_stays_in_the_line() -> None:
    formula = "<x-formula><x-glyphs aria-hidden=true></x-glyphs><x-text><math><mi>x</mi></math></x-text></x-formula>"
    assert texts(f"<p>Let {formula} be small.</p><ul><li>for <b>all</b> {formula}</ul>") == [
        "Let x be small.", "for all x",
    ]  # fmt: skip
    assert texts("<div>stray <x-app><x-title>a</x-title><x-text>b</x-text></x-app></div>") == ["stray", "a", "b"]


def test_a_row_of_data_is_one_block_and_a_cell_that_lays_out_a_page_is_none() -> None:
    data = "<table><tr><th>Name<th>Age<tr><td>Ann<td>41</table>"
    layout = "<table><tr><td><h1>Menu</h1><p>a</p><p>b</p></td><td><p>long text</p><p>more</p></td></tr></table>"
    assert texts(data) == ["Name\tAge", "Ann\t41"]
    assert {KINDS[kind] for kind in blocks(data).kinds} == {"table_row"}
    assert texts(layout) == ["Menu", "a", "b", "long text", "more"]


def test_kinds_follow_the_elements() -> None:
    page = blocks(
        "<h2>h</h2><p>p</p><ul><li>l</ul><pre>c</pre><blockquote><p>q</p></blockquote>"
        "<figure><figcaption>f</figcaption></figure><nav>n</nav>"
    )
    assert [KINDS[kind] for kind in page.kinds] == [
        "heading", "paragraph", "list_item", "code", "quote", "caption", "other",
    ]  # fmt: skip
    assert page.levels[0] == 2


def test_hidden_and_noscript_text_is_kept_and_marked_so_that_nothing_is_lost_blindly() -> None:
    page = blocks("<p>a</p><div style='display: none'><p>b</div><noscript><p>c</noscript><p hidden>d")
    assert page.texts == ["a", "b", "c", "d"]
    assert [int(flag) for flag in page.flags] == [0, dom.HIDDEN, dom.NOSCRIPT, dom.HIDDEN]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<p>ferry<span hidden>no</span>@quay.example</p>", ["ferry@quay.example"]),
        ("<p><span style='display:none'>Sort by:</span> Price <a hidden href=x>more</a></p>", ["Price"]),
        (
            "<table><tr><td><span style='display: none'>0002</span>Oslo<td hidden>x<td>2<tr><td>Bergen<td>1</table>",
            ["Oslo\t2", "Bergen\t1"],
        ),
        ("<p>a<span hidden> and </span><span hidden>so</span></p><p>on", ["a", "on"]),
        ("<p><a hidden href=x>Cancel</a> <span hidden>x</span>&nbsp;</p><p>on", ["Cancel x", "on"]),
        ("<p>Let <span hidden><math><mi>x</mi></math></span><img src=x.png> be small.", ["Let x be small."]),
        (f"<p>Read more <span hidden>{'of it ' * 30}</span></p>", ["Read more" + " of it" * 30]),
    ],
)
def test_a_line_does_not_hold_the_short_hidden_text_that_stands_in_it(markup: str, expected: list[str]) -> None:
    """What is hidden alone, or may be unfolded, or shows as a picture, is no such thing."""
    assert texts(markup) == expected


def test_link_text_is_counted_for_links_that_lead_somewhere() -> None:
    page = blocks("<p>see <a href=/x>this page</a> and <a name=y>that</a>")
    assert (page.chars[0], page.link_chars[0], page.links[0]) == (18, 8, 1)


def test_lines_are_those_of_the_input() -> None:
    page = blocks("<html>\n<body>\n<p>\n  one</p>\n\n<div>two</div>")
    assert page.lines.tolist() == [4, 6]


def test_a_block_knows_its_elements_and_their_words() -> None:
    page = blocks("<main class='page'><div id=story-body><p class='lead text'>x")
    assert page.table is not None
    path = []
    element = int(page.elements[0])
    while element >= 0:
        path.append(NAMES[page.table.rows[element, dom.TAG]])
        element = int(page.table.rows[element, dom.PARENT])
    assert path == ["p", "div", "main", "body", "html"]
    assert page.table.words(int(page.elements[0])) == ["lead", "text"]
    assert page.table.words(int(page.table.rows[page.elements[0], dom.PARENT])) == ["story-body"]


def test_the_title_is_that_of_the_head() -> None:
    assert blocks("<title> A &amp; B\n</title><svg><title>no</title></svg><p>x").title == "A & B"


def test_embedded_json_is_handed_on() -> None:
    page = blocks('<script type=\'application/ld+json\'>{"@type": "Article"}</script><script>x</script>')
    assert page.embedded == ((True, b'{"@type": "Article"}'),)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>&#x20<b>ferry</b></p>", "ferry"),
        ("<p>AT&amp<b>lt;</b></p>", "AT&lt;"),
        ("<p>a&<!-- -->lt;b</p>", "a&lt;b"),
        ("<p>x &\0lt; y</p>", "x &lt; y"),
    ],
)
def test_a_character_reference_ends_at_markup_that_is_left_out(markup: str, text: str) -> None:
    """Else letters behind it would be read as part of it, and turn into others."""
    assert segment_html(markup.encode(), Limits()).texts == [text]


def test_the_link_of_a_block_that_shows_nothing_is_no_link_of_the_next_one() -> None:
    """A mark that shows nothing is often linked; what it links to would be told of the text below."""
    page = blocks("<p><a href=x>\u200b</a></p><p>Text with <a href=y>a link</a>.</p>")
    start, end = page.anchors[0, walk.ANCHOR_START], page.anchors[0, walk.ANCHOR_END]
    assert len(page.anchors) == 1
    assert page.text[start:end].tobytes() == b"a link"


@given(st.lists(st.text("aB éß \x1fİ字-", max_size=12), max_size=8), st.text("aB éß İ字-", max_size=16))
def test_the_blocks_that_say_the_title_are_those_whose_text_is_part_of_it(texts: list[str], title: str) -> None:
    """A filter looks at their first bytes, and may let none of them go."""
    page = replace(build([RawBlock(text, "paragraph", 1, 0) for text in texts if text.strip()], "text"), title=title)
    plain = " ".join(title.lower().split())
    size = len(plain.encode())
    for text, is_title in zip(page.texts, page.titles.tolist(), strict=True):
        may = 0.5 * size <= len(text.encode()) <= size + 2
        assert is_title == (may and bool(plain) and " ".join(text.lower().split()) in plain), (text, title)
