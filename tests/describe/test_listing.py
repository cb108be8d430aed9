"""A crawler's frontier gets the links that the text lost."""

from __future__ import annotations

import pytest

import dedup

BODY = " ".join(["The ferry between the islands runs every hour until the ice comes, the office said."] * 8)
PAGE = (
    "<html><head><base href=/news/></head><body><nav><ul><li><a href=/sport>Sport</a></li><li><a href='x.html'>X &amp; Y</a>"
    "</li></ul></nav><article><h1>Ferry</h1><img src=/logo.gif data-src='ferry.jpg' alt='The ferry'>"
    f"<p>{BODY} See <a href='https://other.example/a?b=1&amp;c=2' rel=nofollow>the timetable</a>.</p>"
    "<p><a href='javascript:go()'>go</a><a href='#top'>top</a></p></article>"
    "<footer><img srcset='a.png 1x, b.png 2x'><p>© The Pier</p></footer></body></html>"
)
OPTIONS = dedup.CleanOptions(list_links=True, list_images=True)


def test_links_of_kept_and_removed_blocks_are_listed_absolute_with_their_role() -> None:
    page = dedup.clean(PAGE, url="https://pier.example/a/b", options=OPTIONS)
    assert page.links is not None
    found = {link.url: link for link in page.links}
    assert list(found) == [
        "https://pier.example/sport",
        "https://pier.example/news/x.html",
        "https://other.example/a?b=1&c=2",
    ]
    menu, timetable = found["https://pier.example/news/x.html"], found["https://other.example/a?b=1&c=2"]
    assert (menu.text, menu.kept, menu.role, menu.nofollow) == ("X & Y", False, "navigation", False)
    assert (timetable.text, timetable.kept, timetable.role, timetable.nofollow) == ("the timetable", True, None, True)
    assert page.blocks[timetable.block].text.endswith("See the timetable.")


@pytest.mark.parametrize(
    ("rel", "told"),
    [
        ("noopener", [False]),
        ("noopener noreferrer", [False]),
        ("external nofollow", [True]),
        ("NoFollow\tugc", [True]),
        ("nofollowing", [False]),
    ],
)
def test_a_link_is_not_to_be_followed_where_one_word_of_its_relation_says_so(rel: str, told: list[bool]) -> None:
    """Most links that open a window of their own are `noopener`; a crawler would lose them all."""
    page = dedup.clean(f"<p>{BODY} See <a href=/a rel='{rel}'>this</a>.</p>", options=OPTIONS)
    assert page.links is not None
    assert [link.nofollow for link in page.links] == told


def test_of_an_address_that_is_given_twice_the_first_counts() -> None:
    """As in browsers; a crawler would follow another link than its readers."""
    page = dedup.clean(
        f"<p>{BODY} <a href=/first href=/second>More</a></p>", url="https://pier.example", options=OPTIONS
    )
    assert page.links is not None
    assert [link.url for link in page.links] == ["https://pier.example/first"]


def test_a_link_in_code_has_no_text_of_the_block_behind_it() -> None:
    page = dedup.clean("<pre><a href=/a>some code\n\n\n</a></pre><p>Another block.</p>", options=OPTIONS)
    assert page.links is not None
    assert [(link.text, link.block) for link in page.links] == [("some code", 0)]


def test_text_that_json_alone_holds_takes_no_image_from_its_block() -> None:
    text = "A kettle of steel that holds more than a litre of water and whistles when it boils, number {}."
    reviews = ",".join(f'{{"@type":"Review","reviewBody":"{text.format(number)}"}}' for number in range(6))
    told = f'<script type="application/ld+json">{{"@type":"Product","review":[{reviews}]}}</script>'
    page = dedup.clean(f"{told}<p>One</p><img src=a.png><p>two</p><img src=b.png><p>three</p>", options=OPTIONS)
    assert page.images is not None
    assert len(page.blocks) == 9
    assert [image.block for image in page.images] == [1, 2]


def test_images_are_listed_with_the_block_they_stand_before() -> None:
    page = dedup.clean(PAGE, url="https://pier.example/a/b", options=OPTIONS)
    assert page.images is not None
    ferry, badge = page.images
    assert (ferry.url, ferry.alt, ferry.kept) == ("https://pier.example/news/ferry.jpg", "The ferry", True)
    assert (badge.url, badge.alt, badge.kept) == ("https://pier.example/news/a.png", None, False)


@pytest.mark.parametrize(
    ("markup", "block"),
    [
        ("<p>One <img src=a.png> two</p><p>three</p>", 0),
        ("<p>One <span><img src=a.png></span></p><p>two</p>", 0),
        ("<p>One</p><img src=a.png><p>two</p>", 1),
        ("<div>One<p>two</p><img src=a.png></div><p>three</p>", 2),
        ("<p>One<br><br><img src=a.png>two</p>", 1),
        ("<p>One <img src=a.png><br><br>two</p>", 0),
        ("<table><tr><td>One<td><img src=a.png><tr><td>two<td>three</table>", 0),
        ("<p>One <img src=a.png></p>", 0),
        ("<p>One</p><img src=a.png>", None),
    ],
)
def test_an_image_within_a_block_belongs_to_it_and_not_to_the_next_one(markup: str, block: int | None) -> None:
    images = dedup.clean(markup, options=OPTIONS).images
    assert images is not None
    assert [image.block for image in images] == [block]


def test_an_image_within_html_in_markdown_belongs_to_its_block_too() -> None:
    images = dedup.clean(markdown="One\n\n<p>Two <img src=a.png> three</p>\n\nFour", options=OPTIONS).images
    assert images is not None
    assert [image.block for image in images] == [1]


def test_an_image_that_scripts_load_later_is_listed_once_though_it_stands_in_noscript_too() -> None:
    once = "<img src='data:image/gif;base64,R0lGOD' data-src=ferry.jpg><noscript><img src=ferry.jpg></noscript>"
    twice = "<img src=star.png><img src=star.png>"
    images = dedup.clean(f"<h1>Ferry</h1>{once}<p>{BODY}</p>{twice}", options=OPTIONS).images
    assert images is not None
    assert [image.url for image in images] == ["ferry.jpg", "star.png", "star.png"]


def test_images_of_amp_pages_are_listed() -> None:
    images = dedup.clean(f"<h1>Ferry</h1><amp-img src=ferry.jpg alt=F></amp-img><p>{BODY}", options=OPTIONS).images
    assert images is not None
    assert [(image.url, image.alt, image.block) for image in images] == [("ferry.jpg", "F", 1)]


@pytest.mark.parametrize(
    "image",
    [
        "<img src=ferry.jpg>",
        "<img src='data:image/gif;base64,R0lGOD' data-lazy-src=ferry.jpg>",
        "<img src=/spacer.gif data-original=ferry.jpg>",
        "<img src='data:image/gif;base64,R0lGOD' data-lazy-srcset='ferry.jpg 1x, big.jpg 2x'>",
        "<picture><source srcset=ferry.webp><img src=ferry.jpg></picture>",
        "<img src='DATA:image/gif;base64,R0lGOD' srcset='data:image/gif;base64,R0lGOD 1x' data-srcset='ferry.jpg, b.jpg 2x'>",
    ],
)
def test_an_image_that_a_script_loads_later_is_listed_by_what_it_will_show(image: str) -> None:
    page = dedup.clean(f"<h1>Ferry</h1>{image}<p>{BODY}</p>", url="https://pier.example/a/b", options=OPTIONS)
    assert [one.url for one in page.images or ()] == ["https://pier.example/a/ferry.jpg"]


def test_a_comma_within_an_address_of_a_srcset_belongs_to_it() -> None:
    """Services that scale images put the size there."""
    image = "<img srcset='/w_300,h_200/ferry.jpg 300w, /w_600,h_400/ferry.jpg 600w'>"
    page = dedup.clean(f"<h1>Ferry</h1>{image}<p>{BODY}</p>", options=OPTIONS)
    assert [one.url for one in page.images or ()] == ["/w_300,h_200/ferry.jpg"]


def test_an_image_of_which_the_page_holds_the_data_alone_has_no_address_to_list() -> None:
    image = "<img src='data:image/gif;base64,R0lGOD' srcset='data:image/gif;base64,R0lGOD 1x'>"
    page = dedup.clean(f"<h1>Ferry</h1>{image}<p>{BODY}</p>", options=OPTIONS)
    assert page.images == ()


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_a_parameter_that_begins_like_a_reference_stays_one(form: str) -> None:
    """`&region=` would be read as `®ion=`: a crawler would ask for a page that does not exist."""
    query = "?a=1&region=eu&copy=2&timestamp=3&notify"
    source = f"<p>{BODY} <a href='/list{query}&amp;b=&eacute;&#38;c=4'>All</a> <img src='/a.png{query}'></p>"
    page = dedup.clean(**{form: source}, options=OPTIONS)  # type: ignore[arg-type]
    assert [link.url for link in page.links or ()] == [f"/list{query}&b=é&c=4"]
    assert [image.url for image in page.images or ()] == [f"/a.png{query}"]


def test_links_and_images_of_markdown_are_listed_as_those_of_html() -> None:
    page = dedup.clean(
        markdown=f"""# Ferry

[![](badge.svg)](/ci)

![The *ferry*](ferry.jpg)

{BODY} See [the timetable](https://other.example/a?b=1&c=2), <a href="x.html" rel="nofollow">X &amp; Y</a> or
[go](javascript:go()), and [the top](#top).

<p align="center"><img src=logo.gif data-src="logo.png" alt="Logo"> <a href=/about>About &amp; more</a></p>

![The end](end.jpg)
""",
        url="https://pier.example/a/b",
        options=OPTIONS,
    )
    assert page.links is not None
    assert [(link.url, link.text, link.nofollow) for link in page.links] == [
        ("https://other.example/a?b=1&c=2", "the timetable", False),
        ("https://pier.example/a/x.html", "X & Y", True),
        ("https://pier.example/about", "About & more", False),
    ]
    about = page.blocks[page.links[-1].block]
    assert (about.text, about.verdict.keep) == ("About & more", page.links[-1].kept)
    assert page.links[-1].role == about.verdict.evidence.role
    assert page.images is not None
    assert [(image.url.removeprefix("https://pier.example/a/"), image.alt, image.block) for image in page.images] == [
        ("badge.svg", None, 1),
        ("ferry.jpg", "The ferry", 1),
        ("logo.png", "Logo", 2),
        ("end.jpg", "The end", None),
    ]
    assert page.images[1].kept
    assert "ferry.jpg" not in page.content


def test_an_image_without_a_usable_address_is_no_fault() -> None:
    page = dedup.clean(f"<h1>Ferry</h1><img srcset=', x'><img srcset=','><p>{BODY}</p>", options=OPTIONS)
    assert [image.url for image in page.images or ()] == ["x"]


def test_without_a_url_addresses_stay_as_they_are_written() -> None:
    page = dedup.clean(PAGE.replace("<base href=/news/>", ""), options=OPTIONS)
    assert page.links is not None
    assert page.links[1].url == "x.html"


@pytest.mark.parametrize("base", ["javascript:x", "data:,x", "https://[x", ""])
def test_a_base_that_is_no_address_changes_no_link(base: str) -> None:
    page = dedup.clean(
        f"<base href='{base}'>{PAGE}".replace("<base href=/news/>", ""),
        url="https://pier.example/a/b",
        options=OPTIONS,
    )
    assert page.links is not None
    assert [link.url for link in page.links][1] == "https://pier.example/a/x.html"


def test_lists_are_null_unless_asked_for() -> None:
    page = dedup.clean(PAGE)
    assert (page.links, page.images, page.spans) == (None, None, None)


def test_line_ends_in_an_address_are_dropped_and_blanks_kept_as_browsers_do() -> None:
    page = dedup.clean(
        "<head><link rel=canonical href=' https://pier.example/a\n  /the ferry '>"
        "<meta property=og:image content='/pic\ntures/&#10;ferry.jpg'></head>"
        f"<h1>Ferry</h1><p>{BODY} <a href='/ti\r\n\tmes table'>Times</a></p><img src='/a\nb c.png' alt='The\nferry'>",
        url="https://pier.example/",
        options=OPTIONS,
    )
    assert [link.url for link in page.links or ()] == ["https://pier.example/times%20table"]
    assert [(image.url, image.alt) for image in page.images or ()] == [
        ("https://pier.example/ab%20c.png", "The ferry")
    ]
    assert page.metadata.canonical_url is not None
    assert page.metadata.canonical_url.value == "https://pier.example/a%20%20/the%20ferry"
    assert page.metadata.image is not None
    assert page.metadata.image.value == "https://pier.example/pictures/ferry.jpg"
