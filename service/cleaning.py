"""What a worker process does with a request to clean a page: from the body as it was sent to the response's body."""

from __future__ import annotations

import time
from collections import Counter, OrderedDict
from collections.abc import Callable

import numpy as np

from dedup.errors import DedupError
from dedup.memory import Seen, Version
from dedup.options import CleanOptions, Limits
from dedup.page import PageInput
from dedup.pipeline import analyse, clean, finish
from service.api import PAGE_FIELDS, Batch, CleanCall, CleanQuery, CleanRequest, clean_response
from service.codec import convert, decode_json, decode_msgpack, decode_msgpack_as, encode
from service.decompression import decompress
from service.envelope import (
    Head,
    PageFacts,
    Question,
    Reply,
    pack_gone,
    pack_question,
    pack_records,
    pack_reply,
    unpack_request,
    unpack_setup,
)
from service.errors import ForbiddenError, InvalidFieldError, LearningUnavailableError
from service.fingerprints import fingerprint
from service.problems import problem_of, problem_reply

_WARM_UP = "<h1>A title</h1><p>A paragraph that is long enough to be cut into words.</p><p>Another one.</p>"


_HELD = 64  # pages that a worker keeps between their two trips; one that is gone is sent and analysed again
_HELD_BYTES = 8 * 1024**2  # of their bodies: analysed, they are nearly twenty times as large, and not all come back


def open_cleaner(packed: bytes) -> Callable[[bytes], bytes]:
    """The entry of the service's workers: loads and warms everything, returns what does a job."""
    setup = unpack_setup(packed)
    limits, most = Limits(max_bytes=setup.max_page_bytes), setup.max_body_bytes
    clean(_WARM_UP)
    clean(text=_WARM_UP)
    clean(markdown=_WARM_UP)

    held: OrderedDict[bytes, _Page] = OrderedDict()

    def do(payload: bytes) -> bytes:
        began = time.perf_counter()
        head, sent = unpack_request(payload)
        try:
            if head.task == "fingerprints":
                return pack_reply(fingerprint(head, bytes(decompress(sent, head.encoding, most))))
            if head.task == "split":
                return pack_records(split(head, bytes(decompress(sent, head.encoding, most))))
            page = held.pop(head.token, None)
            if page is None and head.task == "finish":
                return pack_gone()
            if page is None:
                body = decompress(sent, head.encoding, most)
                page = _Page(read_call(head, body), limits, len(body))
            if page.call.query.learn and not head.may_learn:
                raise ForbiddenError("learning")
            question = _question(page) if head.token and head.seen is None else None
            if question is None:
                return pack_reply(_reply(page, head, began))
        except DedupError as error:
            return pack_reply(problem_reply(problem_of(error, head.request_id)))
        held[head.token] = page
        while len(held) > 1 and (len(held) > _HELD or sum(each.size for each in held.values()) > _HELD_BYTES):
            held.popitem(last=False)
        return pack_question(question._replace(seconds=time.perf_counter() - began))

    return do


def split(head: Head, body: bytes) -> list[bytes]:
    """The pages of a batch, each as it was sent.

    Raises:
        MalformedBodyError: the body is not what its headers say.
        UnknownFieldError: a field other than `pages`.
        InvalidFieldError: no list, or too long a one.
    """
    decode = decode_json if head.body_type == "json" else decode_msgpack_as
    pages = decode(body, Batch).pages
    if len(pages) > head.limit:
        raise InvalidFieldError("pages", f"{len(pages)} of them, {head.limit} allowed (setting batch_pages)")
    return [bytes(page) for page in pages]


class _Page:
    """A request that is read, and the page in it analysed."""

    def __init__(self, call: CleanCall, limits: Limits, size: int) -> None:
        self.call = call
        self.size = size  # bytes of the body that it came in
        self.options = CleanOptions(
            mode=call.query.mode,
            content_format=call.query.content_format,
            links=call.query.links,
            lean=call.query.lean,
            comments=call.query.comments,
            identify_language=call.query.identify_language,
            list_links=call.query.detail == "full",
            list_images=call.query.detail == "full",
            list_spans=call.query.detail in ("full", "spans"),
            limits=limits,
        )
        self.analysis = analyse(call.page, self.options)


def _question(page: _Page) -> Question | None:
    """What the memory is asked about a page; None for a page of no known site, of which nothing can be known."""
    site, key = page.analysis.site, page.analysis.page_key
    learn = page.call.query.learn
    if site is None or key is None:
        if learn:
            raise InvalidFieldError(
                "learn", "a page is learned by its url, or by a site and an id; give them, or leave the field out"
            )
        return None
    analysis = page.analysis
    record = analysis.record("", 0)
    return Question(
        site,
        key,
        record.url,
        analysis.keys.tobytes(),
        record.blocks,
        learn is not False,
        record.whole,
        record.digest,
        record.sketch,
        page.call.page.time,
        0.0,
    )


def _reply(page: _Page, head: Head, began: float) -> Reply:
    if page.call.query.learn and not head.token:
        raise LearningUnavailableError("learn")
    answer = head.seen
    seen = None
    if answer is not None:
        pages, since, sites = (np.frombuffer(part, np.int32) for part in (answer.pages, answer.since, answer.sites))
        before = Version(answer.digest, answer.sketch) if answer.digest else None
        seen = Seen(pages, since, answer.of, sites, answer.position, answer.copies, answer.addresses, before)
    detail = "content" if head.whole else page.call.query.detail
    result = finish(page.analysis, seen, with_parts=detail != "content")
    body = encode(clean_response(result, detail), head.response_type)
    counts = result.counts
    facts = PageFacts(result.status, counts.kept, counts.removed_by_reason, time.perf_counter() - began)
    return Reply(200, head.response_type, body, facts)


def read_call(head: Head, body: bytes | memoryview) -> CleanCall:
    """The request that a body and its headers make, of any format.

    Raises:
        MalformedBodyError: the body is not what its headers say.
        UnknownFieldError: a field or query parameter that does not exist.
        InvalidFieldError: a value of the wrong type or outside its range.
    """
    if head.body_type not in {"json", "msgpack"}:
        query = _read_query(head.query)
        return CleanCall(page=_page_of(query, head.content_type, **{head.body_type: bytes(body)}), query=query)
    if head.query:
        raise InvalidFieldError(head.query[0][0], "query parameters are for raw bodies; put it beside the page")
    if head.body_type == "json":
        request = decode_json(bytes(body), CleanRequest)
        pages = {form: getattr(request, form) for form in PAGE_FIELDS}
    else:
        fields = decode_msgpack(body)
        pages = {form: fields.get(form) for form in PAGE_FIELDS}
        as_text = {form: "" for form, page in pages.items() if isinstance(page, bytes)}
        request = convert(fields | as_text, CleanRequest)
    return CleanCall(page=_page_of(request, request.content_type, **pages), query=request)


def _page_of(said: CleanQuery, content_type: str | None, **forms: str | bytes | None) -> PageInput:
    """The page in one of its forms, with what is said of it."""
    return PageInput(
        **forms,
        url=said.url,
        id=said.id,
        site=said.site,
        content_type=content_type,
        http_status=said.http_status,
        time=said.time,
    )


def _read_query(pairs: list[tuple[str, str]]) -> CleanQuery:
    for name, count in Counter(name for name, _ in pairs).items():
        if count > 1:
            raise InvalidFieldError(name, f"given {count} times")
    return convert(dict(pairs), CleanQuery, strict=False)
