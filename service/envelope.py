"""What goes to a worker and what comes back: a few values in MessagePack, and a body that stays as it is.

Stands apart from what workers do, so that the parent loads neither the kernels nor the parser.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

import msgpack

from dedup.page import Form
from dedup.pool import Part
from service.media import Format

Task = Literal["clean", "finish", "split", "fingerprints"]

_SIZE = 4  # bytes that hold the size of the head
_QUESTION = "question"
_RECORDS = "records"
_GONE = "gone"


class Setup(NamedTuple):
    """What a worker is told once.

    Attributes:
        max_body_bytes: bytes of a body after decompression.
        max_page_bytes: bytes of a page.
    """

    max_body_bytes: int
    max_page_bytes: int


class Question(NamedTuple):
    """What a worker asks of the memory.

    Attributes:
        site: that the page belongs to.
        page: its key.
        url: normalised.
        keys: uint64[n], of its blocks.
        known: uint64[m], of those that hold any token: what is learned of it.
        learn: whether it is.
        whole: key of the page as a whole.
        digest: of its content.
        sketch: of its content.
        time: when it came, in seconds since 1970; None: when it is learned.
        seconds: that the worker took so far.
    """

    site: str
    page: bytes
    url: str
    keys: bytes
    known: bytes
    learn: bool
    whole: int
    digest: bytes
    sketch: bytes
    time: int | None
    seconds: float


class Answer(NamedTuple):
    """What the memory answers: the fields of `dedup.memory.Seen`, arrays as bytes; no digest: there was no version."""

    pages: bytes
    since: bytes
    of: int
    sites: bytes
    position: int
    copies: int
    addresses: int
    digest: bytes
    sketch: bytes


class Head(NamedTuple):
    """A request but for its body.

    Attributes:
        request_id: for problem documents.
        body_type: what the body is.
        content_type: the header, whose charset counts; None where there was none.
        encoding: how the body is compressed.
        query: names and values of the query string, in order.
        response_type: media type to answer in.
        token: names the page between two trips to the workers; empty where one trip does it all.
        seen: what the memory says of the page's blocks, on the second trip.
        may_learn: whether the sender may teach the memory.
        whole: whether the answer is for the service itself, which needs the content whatever `detail` says.
        task: what is asked for; `finish` is a second trip without the body, for the worker that holds the page.
        limit: pages of a batch.
    """

    request_id: str
    body_type: Format | Form
    content_type: str | None
    encoding: str
    query: list[tuple[str, str]]
    response_type: str
    token: bytes = b""
    seen: Answer | None = None
    may_learn: bool = True
    whole: bool = False
    task: Task = "clean"
    limit: int = 0


class Gone(NamedTuple):
    """The answer to a second trip: this worker does not hold the page."""


class PageFacts(NamedTuple):
    """What is counted of a cleaned page.

    Attributes:
        status: what it is.
        kept: blocks that are content.
        removed: others, by reason.
        seconds: that workers took for it.
    """

    status: str
    kept: int
    removed: dict[str, int]
    seconds: float


class Reply(NamedTuple):
    """A response.

    Attributes:
        status: of HTTP.
        media_type: of the body.
        body: as it is sent.
        facts: of the page, where one was cleaned.
    """

    status: int
    media_type: str
    body: bytes
    facts: PageFacts | None = None


def pack_setup(setup: Setup) -> bytes:
    """What the workers' entry is called with."""
    packed: bytes = msgpack.packb(setup)
    return packed


def unpack_setup(packed: bytes) -> Setup:
    """What `pack_setup` packed."""
    return Setup(*msgpack.unpackb(packed))


def pack_request(head: Head, body: Iterable[Part]) -> tuple[Part, ...]:
    """The payload of a job, in parts."""
    return _with_size(head), *body


def unpack_request(payload: bytes) -> tuple[Head, memoryview]:
    """The head of a job's payload, and the body where it lies."""
    head, body = _split(payload)
    request = Head(*head)
    return request._replace(seen=Answer(*request.seen)) if request.seen is not None else request, body


def pack_question(question: Question) -> bytes:
    """The result of a first trip that needs a second one."""
    packed: bytes = msgpack.packb(question)
    return _with_size((_QUESTION,)) + packed


def pack_gone() -> bytes:
    """The result of a second trip that led to the wrong worker."""
    return _with_size((_GONE,))


def pack_records(records: Sequence[bytes]) -> bytes:
    """The result of splitting a batch."""
    packed: bytes = msgpack.packb(list(records))
    return _with_size((_RECORDS,)) + packed


def pack_reply(reply: Reply) -> bytes:
    """The result of a job."""
    return _with_size((reply.status, reply.media_type, reply.facts)) + reply.body


def unpack_result(result: bytes) -> Reply | Question | Gone | list[bytes]:
    """What `pack_reply`, `pack_question`, `pack_gone` or `pack_records` packed."""
    head, body = _split(result)
    if head == [_GONE]:
        return Gone()
    if head == [_RECORDS]:
        records: list[bytes] = msgpack.unpackb(body)
        return records
    if head == [_QUESTION]:
        return Question(*msgpack.unpackb(body))
    status, media_type, facts = head
    return Reply(status, media_type, bytes(body), PageFacts(*facts) if facts else None)


def _with_size(head: tuple[object, ...]) -> bytes:
    packed: bytes = msgpack.packb(head)
    return len(packed).to_bytes(_SIZE) + packed


def _split(data: bytes) -> tuple[list[Any], memoryview]:
    view = memoryview(data)
    end = _SIZE + int.from_bytes(view[:_SIZE])
    head: list[Any] = msgpack.unpackb(view[_SIZE:end])
    return head, view[end:]
