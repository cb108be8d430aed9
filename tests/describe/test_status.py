"""Walls, errors and pages of script are told from content by evidence; an article about them stays one."""

from __future__ import annotations

import pytest

import dedup
from dedup.describe.status import SignsOfMarkup
from dedup.options import CleanOptions
from dedup.page import CleanPage, PageInput, Role
from dedup.pipeline import analyse
from dedup.segment import shape_kernels as shape

ARTICLE = "".join(
    f"<p>Paragraph {number} of the report on how the harbour board came to spend nine months on one bridge, and what"
    f" the {number * 7} people who cross it every morning were told in the meantime.</p>"
    for number in range(8)
)
CONSENT = (
    "<h1>We value your privacy</h1><p>We and our 842 partners store and access information on your device, such as"
    " cookies, and process personal data for advertising and content measurement.</p><p>You can change your choice at"
    " any time in the privacy centre.</p><button>Accept all</button><button>Reject all</button>"
)


def wrap(body: str, head: str = "") -> str:
    return f"<html><head><title>The Quayside</title>{head}</head><body>{body}</body></html>"


def test_an_article_is_ok_without_evidence() -> None:
    page = dedup.clean(wrap(f"<h1>The bridge</h1>{ARTICLE}"))
    assert (page.status, page.status_evidence) == ("ok", ())


@pytest.mark.parametrize(("code", "status"), [(403, "wall"), (401, "wall"), (404, "error_page"), (503, "error_page")])
def test_the_http_status_goes_before_everything(code: int, status: str) -> None:
    page = dedup.clean(wrap(ARTICLE), http_status=code)
    assert (page.status, page.status_evidence) == (status, (f"http_status={code}",))


def test_a_success_says_nothing() -> None:
    assert dedup.clean(wrap(ARTICLE), http_status=200).status == "ok"


@pytest.mark.parametrize(
    ("body", "evidence"),
    [
        ("<p>Sign in to read on.</p><form><input name=u><input type=password name=p></form>", "password_field=1"),
        (
            "<p>One moment.</p><script src=/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1></script>",
            "challenge_script=",
        ),
    ],
)
def test_a_form_or_a_challenge_with_next_to_no_text_is_a_wall(body: str, evidence: str) -> None:
    page = dedup.clean(wrap(body))
    assert page.status == "wall"
    assert page.status_evidence[0].startswith(evidence)


@pytest.mark.parametrize("kind", ["PASSWORD", " password ", "pass&#119;ord"])
def test_a_password_is_asked_for_however_the_type_is_written(kind: str) -> None:
    assert dedup.clean(wrap(f"<p>Sign in.</p><form><input type='{kind}'></form>")).status == "wall"


def test_an_input_whose_type_merely_speaks_of_passwords_asks_for_none() -> None:
    assert dedup.clean(wrap("<p>Sign in.</p><form><input type='password-hint'></form>")).status != "wall"


def test_a_password_is_asked_for_behind_hundreds_of_inputs_too() -> None:
    hidden = f"<form hidden>{'<input type=hidden>' * 300}</form>"
    assert dedup.clean(wrap(f"<p>Sign in.</p>{hidden}<form><input type=password></form>")).status == "wall"


def test_of_several_forms_the_one_around_the_password_counts() -> None:
    hidden = "<form hidden><input type=password></form>"
    assert dedup.clean(wrap(f"<p>Sign in.</p>{hidden}<form><input name=q></form>")).status != "wall"
    assert dedup.clean(
        wrap(f"<p>Sign in.</p><form hidden></form><form><input type=password></form>{hidden}")
    ).status == ("wall")


def test_an_article_beside_a_login_form_stays_an_article() -> None:
    form = "<form><input type=password></form>"
    assert dedup.clean(wrap(f"{form}<h1>The bridge</h1>{ARTICLE}")).status == "ok"


def test_a_short_post_that_readers_discuss_beside_a_login_form_is_no_wall() -> None:
    form = "<form><input type=password></form>"
    page = analyse(PageInput(html=wrap(f"{form}<h1>Ferries</h1><div class=comments>{ARTICLE}</div>")), CleanOptions())
    words = page.shapes[:, shape.WORDS]
    roles: list[Role | None] = [None] * len(words)
    assert SignsOfMarkup(page.sources, words, roles).barred is not None
    roles[1:] = ["comments"] * (len(words) - 1)
    assert SignsOfMarkup(page.sources, words, roles).barred is None


def test_a_real_article_about_cookies_stays_an_article() -> None:
    text = "".join(
        f"<p>Cookies are small files, and the consent dialog in front of page {number} of a site that asks you to accept"
        f" all cookies is the subject of this report by the privacy centre, which counted {number * 13} of them.</p>"
        for number in range(8)
    )
    page = dedup.clean(wrap(f"<h1>What cookies do</h1>{text}"))
    assert page.status == "ok"
    assert page.content.count("Cookies are small files") == 8


def test_a_page_of_script_is_a_shell() -> None:
    page = dedup.clean(
        wrap("<div id=app></div><noscript>Please enable JavaScript.</noscript><script src=/a.js></script>")
    )
    assert page.status == "script_shell"
    assert "scripts=1" in page.status_evidence


def test_a_login_form_that_only_scripts_use_makes_no_wall_of_a_shell() -> None:
    form = "<form id=hidden-login style='display: none'><input type=password name=p></form>"
    page = dedup.clean(f"<body>{form}<div id=app></div><script src=/app.js></script></body>")
    assert (page.status, page.status_evidence) == ("script_shell", ("words=0", "scripts=1"))
    shown = form.replace(" style='display: none'", "")
    assert dedup.clean(f"<body>{form}{shown}<script src=/app.js></script></body>").status == "wall"


@pytest.mark.parametrize(
    ("markup", "name"),
    [
        ('<?xml version="1.0"?><rss version="2.0"><channel><item><title>A</title></item></channel></rss>', "rss"),
        ('<?xml version="1.0"?>\n<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title></feed>', "feed"),
        ("<?xml version='1.0'?> <!-- a -- b --> <!----> <rss version='2.0'><channel></channel></rss>", "rss"),
        (
            '<?xml version="1.0"?>\n<?xml-stylesheet href="/s.xsl"?><!-- made --><urlset><url></url></urlset>',
            "urlset",
        ),
        ("<rdf:RDF xmlns='http://purl.org/rss/1.0/'><item><title>A</title></item></rdf:RDF>", "rdf"),
        ('<!DOCTYPE rss SYSTEM "rss.dtd"><rss><item><description>Ferries run all day.</description></rss>', "rss"),
        ('{"items": [1, 2, 3]}', "json"),
        ("[1, 2, 3]", "json"),
        ('[{"cut": "off', "json"),
        ('{"version": "1", "items": [{"content_html": "<p>Ferries run until the ice comes.</p>"}]}\n', "json"),
    ],
)
def test_what_is_no_page_is_unsupported(markup: str, name: str) -> None:
    page = dedup.clean(markup)
    assert (page.status, page.status_evidence) == ("unsupported", (f"format={name}",))


@pytest.mark.timeout(20)
def test_comments_before_a_page_cost_no_more_than_others() -> None:
    """Each comment more once doubled the time: forty of them, and a page took a year."""
    assert dedup.clean(f"{'<!---->' * 140}<h1>The bridge</h1>{ARTICLE}").status == "ok"


def test_a_page_that_begins_with_something_in_brackets_is_a_page() -> None:
    assert dedup.clean("[1] See the notes on ferries. " + "They run until the ice comes. " * 20).status == "ok"
    assert dedup.clean('{"debug": true}<h1>Ferries</h1><p>' + "They run until the ice comes. " * 20).status == "ok"


def test_a_page_without_text_is_empty() -> None:
    assert dedup.clean("<html><body></body></html>").status == "empty"
    assert dedup.clean(text="").status == "empty"


@pytest.mark.parametrize("no", ["false", '"False"', '"http://schema.org/False"'])
def test_a_teaser_of_a_paid_article_is_partial(no: str) -> None:
    node = f'<script type="application/ld+json">{{"@type": "NewsArticle", "isAccessibleForFree": {no}}}</script>'
    teaser = "<h1>The bridge</h1>" + ARTICLE[: ARTICLE.find("</p>", 500) + 4]
    page = dedup.clean(wrap(teaser, node))
    assert (page.status, page.status_evidence) == ("partial", ("is_accessible_for_free=false",))
    assert dedup.clean(wrap(f"<h1>The bridge</h1>{ARTICLE}", node)).status == "ok"  # all of it is there


def test_a_page_that_was_cut_is_partial() -> None:
    options = dedup.CleanOptions(limits=dedup.Limits(max_blocks=4))
    page = dedup.clean(wrap(ARTICLE), options=options)
    assert (page.status, page.status_evidence) == ("partial", ("limit=max_blocks",))


def test_a_page_that_lost_markup_alone_is_whole() -> None:
    """A form that lists three hundred countries makes nothing of an article partial."""
    choices = "<select>" + "<option>Country" * 300 + "</select>"
    page = dedup.clean(wrap(ARTICLE + choices))
    assert (page.status, page.truncated) == ("ok", ("max_options",))


def slug(number: int) -> str:
    return f"https://www.quayside.example/news/story-about-matter-{number}"


def test_a_wall_on_500_urls_is_neither_content_nor_template() -> None:
    with dedup.Cleaner.open() as cleaner:
        pages = [dedup.PageInput(html=wrap(CONSENT), url=slug(number)) for number in range(500)]
        results = [page for page in cleaner.process(pages) if isinstance(page, CleanPage)]
        assert {page.status for page in results[8:]} == {"wall"}
        assert {page.content for page in results[8:]} == {""}
        assert results[-1].status_evidence[0].startswith("equal_pages=")
        ((_, _, learned, _, shared),) = cleaner.sites()
        assert shared == 0  # no block of it counts as one that pages share
        assert learned <= 9
        article = cleaner.clean(wrap(f"<h1>The bridge</h1>{ARTICLE}"), url=slug(501))
        assert article.status == "ok"
        assert article.content.count("Paragraph") == 8


def test_an_error_page_under_many_urls_is_told_by_its_heading() -> None:
    missing = wrap("<h1>Error 404</h1><p>There is nothing here. Go back to the front page of the paper.</p>")
    with dedup.Cleaner.open() as cleaner:
        for number in range(6):
            cleaner.learn(missing, url=slug(number))
        page = cleaner.clean(missing, url=slug(7))
    assert (page.status, page.content) == ("error_page", "")


def test_pages_that_differ_in_numbers_alone_are_no_wall() -> None:
    """Prices, scores and forecasts: the numbers are what they are there for."""
    with dedup.Cleaner.open() as cleaner:
        for number in range(8):
            rows = "".join(
                f"<p>At hour {hour} the wind is {number * hour} knots and the tide {number + hour} feet.</p>"
                for hour in range(9)
            )
            result = cleaner.clean(wrap(f"<h1>Forecast for station {number}</h1>{rows}"), url=slug(number))
            cleaner.learn(wrap(f"<h1>Forecast for station {number}</h1>{rows}"), url=slug(number))
            assert result.status != "wall"


def test_an_article_under_many_addresses_stays_an_article() -> None:
    """Print views, AMP pages and session ids share a part of their address; walls share none."""
    markup = wrap(f"<h1>The bridge</h1>{ARTICLE}")
    with dedup.Cleaner.open() as cleaner:
        for suffix in ("", "/print", "/amp", *(f"?session={number}" for number in range(20))):
            cleaner.learn(markup, url=slug(1) + suffix)
        page = cleaner.clean(markup, url=slug(1) + "/mobile")
    assert page.status == "ok"
    assert page.content.count("Paragraph") == 8


def test_a_page_of_an_error_is_not_learned() -> None:
    with dedup.Cleaner.open() as cleaner:
        for number in range(3):
            cleaner.learn(wrap(ARTICLE), url=slug(number), http_status=404)
        ((_, _, _, blocks, _),) = cleaner.sites()
    assert blocks == 0


@pytest.mark.parametrize("script", ["/cdn-cgi/challenge-platform/scripts/jsd/main.js", "/recaptcha/api.js"])
def test_a_short_article_with_a_script_against_robots_is_no_wall(script: str) -> None:
    """Every page behind Cloudflare has the one, every form for comments the other."""
    page = f"""<meta property=og:type content=article><h1>Bridge opens</h1><p>The harbour bridge carries traffic again,
    and the first bus crossed it at six on Monday morning.</p><script src={script}></script>"""
    assert dedup.clean(page).status == "ok"
