"""A real crawl of a site on loopback, whose items come out cleaned."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from dedup.errors import OptionError
from service.client import ClientOptions

SPIDER = """
import scrapy

class Pier(scrapy.Spider):
    name = "pier"
    start_urls = ["{site}/0"]
    custom_settings = {{
        "ITEM_PIPELINES": {{"service.scrapy_pipeline.CleanPipeline": 300}},
        "DEDUP_URL": "{service}", "DEDUP_BATCH": "4", "TELNETCONSOLE_ENABLED": False, "LOG_LEVEL": "WARNING",
    }}

    def parse(self, response):
        yield {{"url": response.url, "html": response.text}}
        yield from response.follow_all(css="nav a")
"""
PAGES = 12


class Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        number = int(self.path.strip("/"))
        links = "".join(f"<li><a href=/{other}>Page {other}</a></li>" for other in range(PAGES))
        body = (
            f"Story {number} tells of the pier, which was closed for the winter, and of the people who minded it not."
        )
        markup = f"<title>Story {number}</title><nav><ul>{links}</ul></nav><h1>Story {number}</h1><p>{body}</p><p>{body[::-1]}</p>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(markup.encode())

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def site(serving: Callable[..., AbstractContextManager[str]]) -> Iterator[str]:
    with serving(Site) as url:
        yield url


def test_the_items_of_a_crawl_come_out_cleaned(start: Callable[..., object], site: str, tmp_path: Path) -> None:
    pytest.importorskip("scrapy", reason="missing part: scrapy")
    service = str(start(state="memory").url)  # type: ignore[attr-defined]
    spider, out = tmp_path / "pier.py", tmp_path / "items.json"
    spider.write_text(SPIDER.format(site=site, service=service))
    command = [sys.executable, "-m", "scrapy", "runspider", str(spider), "-o", str(out)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    items = json.loads(out.read_text())
    assert {item["url"] for item in items} == {f"{site}/{number}" for number in range(PAGES)}, done.stderr
    for item in items:
        number = item["url"].rpartition("/")[2]
        assert item["content"].count(f"Story {number}") >= 1
        assert "Page 3" not in item["content"]
        assert item["dedup"]["status"] == "ok"


async def test_one_bad_item_costs_none_that_is_sent_with_it(start: Callable[..., Any]) -> None:
    pytest.importorskip("scrapy", reason="missing part: scrapy")
    from service.scrapy_pipeline import CleanPipeline  # noqa: PLC0415  (an extra)

    pipeline = CleanPipeline(start().url, ClientOptions(), "html", "url")
    await pipeline.open_spider()
    pages: list[Any] = ["<p>A page that is fine.", object(), "<p>Half a \ud800 pair.", "<p>Another one that is fine."]
    items = await asyncio.gather(*(pipeline.process_item({"html": page}) for page in pages))
    await pipeline.close_spider()
    assert [sorted(item) for item in items] == [
        ["content", "dedup", "html"],
        ["dedup_error", "html"],
        ["content", "dedup", "html"],
        ["content", "dedup", "html"],
    ]


@dataclasses.dataclass
class Typed:
    html: str | int
    url: str = "https://quayside.example/a"


@dataclasses.dataclass
class Whole(Typed):
    content: str | None = None
    dedup: dict[str, Any] | None = None
    dedup_error: str | None = None


@dataclasses.dataclass(frozen=True)
class Frozen:
    html: str
    url: None = None
    content: None = None
    dedup: None = None


async def test_items_of_a_type_without_the_fields_go_on_and_the_log_says_what_they_lack(
    start: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    """Such items were dropped, each with a stack trace, and the crawl's file lacked them."""
    pytest.importorskip("scrapy", reason="missing part: scrapy")
    from service.scrapy_pipeline import CleanPipeline  # noqa: PLC0415  (an extra)

    pipeline = CleanPipeline(start().url, ClientOptions(), "html", "url")
    await pipeline.open_spider()
    markup = "<p>A page that is fine."
    given: list[Any] = [Typed(markup), Typed(markup), Typed(7), Whole(markup), Frozen(markup)]
    items = await asyncio.gather(*map(pipeline.process_item, given))
    await pipeline.close_spider()
    assert all(item is one for item, one in zip(items, given, strict=True))
    assert items[3].content == "A page that is fine."
    said = sorted(record.getMessage() for record in caplog.records)
    assert [line.partition(": ")[0] for line in said] == [
        "items of Frozen go on without the field content",
        "items of Frozen go on without the field dedup",
        "items of Typed go on without the field content",
        "items of Typed go on without the field dedup",
        "items of Typed go on without the field dedup_error",
        "not cleaned",
    ]


def test_a_setting_of_the_crawl_that_makes_no_sense_is_named() -> None:
    """A bare `invalid literal for int()` told neither which nor where."""
    pytest.importorskip("scrapy", reason="missing part: scrapy")
    from scrapy.utils.test import get_crawler  # noqa: PLC0415  (an extra)

    from service.scrapy_pipeline import CleanPipeline  # noqa: PLC0415

    crawler = get_crawler(settings_dict={"DEDUP_URL": "http://127.0.0.1:8080", "DEDUP_BATCH": "many"})
    with pytest.raises(OptionError, match="batch: expected"):
        CleanPipeline.from_crawler(crawler)


async def test_an_item_that_nobody_waits_for_any_more_costs_none_that_is_sent_with_it(
    start: Callable[..., Any],
) -> None:
    """The others were never finished, and the crawl never ended."""
    pytest.importorskip("scrapy", reason="missing part: scrapy")
    from service.scrapy_pipeline import CleanPipeline  # noqa: PLC0415  (an extra)

    pipeline = CleanPipeline(start().url, ClientOptions(), "html", "url")
    await pipeline.open_spider()
    left, stays = (asyncio.create_task(pipeline.process_item({"html": f"<p>Page {n}."})) for n in range(2))
    await asyncio.sleep(0)
    left.cancel()
    async with asyncio.timeout(60):
        assert (await stays)["content"] == "Page 1."
    await pipeline.close_spider()
