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
        ("https://two.blogspot.com/2020", "two.blogspot.com"),
        ("http://192.168.0.1/x", "192.168.0.1"),
        ("http://[::1]:80/x", "::1"),
        ("http://localhost:8080/", "localhost"),
        ("http://www.quayside.example/", "quayside.example"),
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
    ],
)
def test_what_tells_no_pages_apart_is_taken_off(url: str, same: str) -> None:
    """The same article by way of a newsletter would count as a second page otherwise, and become its own template."""
    assert normalised_url(url) == same


def test_a_url_that_cannot_be_split_still_names_its_page() -> None:
    assert normalised_url("http://[broken") == "http://[broken"
    assert len(page_key("http://[broken")) == 16
    assert page_key("a") != page_key("b")
