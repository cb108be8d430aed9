"""Archives written byte by byte, so that a test can break them where it likes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Write = Callable[..., bytes]


@pytest.fixture
def response() -> Write:
    """One WARC record that holds an HTTP response."""

    def write(number: int, body: bytes, headers: bytes = b"Content-Type: text/html\r\n", *, length: int = 0) -> bytes:
        block = b"HTTP/1.1 200 OK\r\n" + headers + b"\r\n" + body
        return (
            b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:%d>\r\n"
            b"WARC-Target-URI: http://example.org/%d\r\nWARC-Date: 2020-01-0%dT00:00:00Z\r\n"
            b"Content-Type: application/http; msgtype=response\r\nContent-Length: %d\r\n\r\n%b\r\n\r\n"
            % (number, number, number % 9 + 1, len(block) + length, block)
        )

    return write
