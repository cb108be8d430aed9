"""Clean the pages of a crawl by a service: JSON lines in, JSON lines out, however many there are.

    dedup serve --state state &
    python examples/clean_stream.py http://127.0.0.1:8080 < pages.jsonl > cleaned.jsonl

A line holds `html` and, if known, `url` and `id`. Pages go out while earlier ones come back. Nothing is lost where the
service stops, is started again or asks to wait.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

import msgspec

from dedup import CleanPage, PageInput
from service.client import Client


def pages(lines: Iterable[bytes]) -> Iterator[PageInput]:
    """The pages of JSON lines."""
    for line in lines:
        page = msgspec.json.decode(line)
        yield PageInput(html=page["html"], url=page.get("url"), id=page.get("id"))


def main(url: str) -> int:
    """Clean what comes in; the number of pages that were refused."""
    refused = 0
    with Client(url) as client:
        for result in client.stream(pages(sys.stdin.buffer)):
            if isinstance(result, CleanPage):
                sys.stdout.buffer.write(msgspec.json.encode(result) + b"\n")
            else:
                refused += 1
                sys.stderr.write(f"{result}\n")
    return refused


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].startswith("http"):
        sys.exit("usage: clean_stream.py http://HOST:PORT < pages.jsonl > cleaned.jsonl")
    sys.exit(1 if main(sys.argv[1]) else 0)
