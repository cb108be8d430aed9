"""What is wrong with a body is told with its place, in few words however long what was sent is."""

from __future__ import annotations

import json

import msgpack
import pytest

from service.api import CleanRequest
from service.codec import convert, decode_json, decode_msgpack
from service.errors import InvalidFieldError, MalformedBodyError, UnknownFieldError

HUGE = "a" * 3_000_000


@pytest.mark.parametrize("end", [b'"}', b'\n"}', b""])
def test_the_place_of_bytes_that_are_no_utf8_is_theirs_in_json(end: bytes) -> None:
    """It was where their string ends, thousands of bytes away."""
    body = b'{"html":\n"aaaa\xff' + b"b" * 500 + end
    with pytest.raises(MalformedBodyError, match="not UTF-8") as raised:
        decode_json(body, CleanRequest)
    assert (raised.value.position, raised.value.line, raised.value.column) == (14, 2, 6)


@pytest.mark.parametrize("length", [8, 30, 40, 300, 70_000])
@pytest.mark.parametrize("rest", [b"", msgpack.packb("id") + msgpack.packb("x")])
def test_the_place_of_bytes_that_are_no_utf8_is_theirs_in_messagepack(length: int, rest: bytes) -> None:
    text = msgpack.packb("a" * length).replace(b"aaa", b"a\xffa", 1)
    body = bytes((0x81 + bool(rest),)) + msgpack.packb("html") + text + rest
    with pytest.raises(MalformedBodyError, match="not UTF-8") as raised:
        decode_msgpack(body)
    assert raised.value.position == body.index(b"\xff")


def test_lists_in_lists_are_told_to_be_nested_too_deeply_in_messagepack() -> None:
    with pytest.raises(MalformedBodyError, match="nested too deeply"):
        decode_msgpack(b"\x81\xa4html" + b"\x91" * 100_000 + b"\xc0")


def test_a_huge_name_that_is_no_field_is_not_said_whole() -> None:
    """To look for a name like it took seconds and a gigabyte, and ended the worker."""
    with pytest.raises(UnknownFieldError) as raised:
        decode_json(json.dumps({"html": "x", HUGE: 1}).encode(), CleanRequest)
    assert len(str(raised.value)) < 1000
    assert len(raised.value.field) < 100
    with pytest.raises(UnknownFieldError) as raised:
        convert({"html": "x", HUGE: 1}, CleanRequest)
    assert len(str(raised.value)) < 1000


def test_a_huge_value_that_its_field_does_not_take_is_not_said_whole() -> None:
    with pytest.raises(InvalidFieldError, match="is not one of article") as raised:
        decode_json(json.dumps({"html": "x", "mode": HUGE}).encode(), CleanRequest)
    assert raised.value.field == "mode"
    assert len(str(raised.value)) < 1000


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [("learn", "yes", "expected true or false"), ("http_status", "+200.5", "expected a whole number")],
)
def test_a_query_is_told_what_to_write(name: str, value: str, problem: str) -> None:
    """All of a query is text: that text was found says nothing."""
    with pytest.raises(InvalidFieldError, match=problem):
        convert({"html": "x", name: value}, CleanRequest, strict=False)
