"""Which URLs are one page, and which pages are one site."""

from __future__ import annotations

import pytest

from dedup.memory import normalised_url, page_key, site_of


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.example.co.uk:8443/a", "example.co.uk"),
        ("http://news.example.com/", "example.com"),
        ("https://one.blogspot.com/2020", "one.blogspot.com"),
        ("https://..pier..example.co.uk/2020", "example.co.uk"),
        ("https://www。例え。jp/2020", "例え.jp"),
        ("https://two.blogspot.com/2020", "two.blogspot.com"),
        ("http://192.168.0.1/x", "192.168.0.1"),
        ("http://[::1]:80/x", "::1"),
        ("http://localhost:8080/", "localhost"),
        ("http://www.quayside.example/", "quayside.example"),
        ("http://www.quayside.example./", "quayside.example"),
        ("https://www.xn--mnchen-3ya.example/", "münchen.example"),
        ("https://MÜNCHEN.example/", "münchen.example"),
        ("https://mu\u0308nchen.example/", "münchen.example"),
        ("https://a.xn--55qx5d.cn/", "a.公司.cn"),
        ("https://xn--zzzzzzzz99999.example/", "xn--zzzzzzzz99999.example"),
        (
            f"https://xn--{'a' * 100}-3ya.example/",
            f"xn--{'a' * 100}-3ya.example",
        ),  # longer than any label that leads anywhere
        ("http://[2001:DB8:0:0::1]/x", "2001:db8::1"),
        ("no url", None),
        ("http://[broken/", None),
    ],
)
def test_a_site_is_the_registrable_domain_and_blogs_of_one_host_stay_apart(url: str, site: str | None) -> None:
    assert site_of(url) == site


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("https://Example.com/a?utm_source=x&id=3&fbclid=y#part", "https://example.com/a?id=3"),
        ("https://example.com:443/a", "https://example.com/a"),
        ("https://example.com", "https://example.com/"),
        ("https://example.com/#!/page/2", "https://example.com/#!/page/2"),
        ("https://example.com:8443/a", "https://example.com:8443/a"),
        ("http://[::1]:81/a", "http://[::1]:81/a"),
        ("http://[2001:DB8:0:0::1]:81/a", "http://[2001:db8::1]:81/a"),
        ("https://www.xn--mnchen-3ya.example./a", "https://www.münchen.example/a"),
    ],
)
def test_what_tells_no_pages_apart_is_taken_off(url: str, same: str) -> None:
    """The same article by way of a newsletter would count as a second page otherwise, and become its own template."""
    assert normalised_url(url) == same


def test_queries_of_other_bytes_are_other_pages_whatever_their_encoding() -> None:
    """A search for `café` in Latin-1 and one for `cafè` would take each other's place."""
    assert normalised_url("https://example.com/?q=caf%E9&utm_id=1") == "https://example.com/?q=caf%E9"
    assert normalised_url("https://example.com/?q=caf%E9") != normalised_url("https://example.com/?q=caf%E8")
    assert normalised_url("https://example.com/?q=caf%C3%A9") == normalised_url("https://example.com/?q=café")


def test_a_url_that_cannot_be_split_still_names_its_page() -> None:
    assert normalised_url("http://[broken") == "http://[broken"
    assert len(page_key("http://[broken")) == 16
    assert page_key("a") != page_key("b")
