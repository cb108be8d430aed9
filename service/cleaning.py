"""What a worker process does with a request to clean a page: from the body as it was sent to the response's body."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from dedup.errors import DedupError
from dedup.options import CleanOptions, Limits
from dedup.page import PageInput
from dedup.pipeline import clean
from service.api import PAGE_FIELDS, CleanCall, CleanQuery, CleanRequest, clean_response
from service.codec import convert, decode_json, decode_msgpack, encode
from service.compression import decompress
from service.envelope import Head, Reply, pack_reply, unpack_request, unpack_setup
from service.errors import InvalidFieldError, LearningUnavailableError
from service.problems import problem_of, problem_reply

_WARM_UP = "<h1>A title</h1><p>A paragraph that is long enough to be cut into words.</p><p>Another one.</p>"


def open_cleaner(packed: bytes) -> Callable[[bytes], bytes]:
    """The entry of the service's workers: loads and warms everything, returns what does a job."""
    setup = unpack_setup(packed)
    limits = Limits(max_bytes=setup.max_page_bytes)
    clean(_WARM_UP)
    clean(text=_WARM_UP)
    clean(markdown=_WARM_UP)

    def do(payload: bytes) -> bytes:
        head, body = unpack_request(payload)
        try:
            reply = _clean(head, decompress(body, head.encoding, setup.max_body_bytes), limits)
        except DedupError as error:
            reply = problem_reply(problem_of(error, head.request_id))
        return pack_reply(reply)

    return do


def _clean(head: Head, body: bytes, limits: Limits) -> Reply:
    call = read_call(head, body)
    if call.query.learn:
        raise LearningUnavailableError
    page = clean(
        call.page.html,
        text=call.page.text,
        markdown=call.page.markdown,
        url=call.page.url,
        id=call.page.id,
        content_type=call.content_type,
        options=CleanOptions(
            mode=call.query.mode,
            content_format=call.query.content_format,
            links=call.query.links,
            lean=call.query.lean,
            comments=call.query.comments,
            limits=limits,
        ),
    )
    return Reply(200, head.response_type, encode(clean_response(page, call.query.detail), head.response_type))


def read_call(head: Head, body: bytes) -> CleanCall:
    """The request that a body and its headers make, of any format.

    Raises:
        MalformedBodyError: the body is not what its headers say.
        UnknownFieldError: a field or query parameter that does not exist.
        InvalidFieldError: a value of the wrong type or outside its range.
    """
    if head.body_type not in {"json", "msgpack"}:
        query = _read_query(head.query)
        page = PageInput(**{head.body_type: body}, url=query.url, id=query.id, site=None)
        return CleanCall(page=page, content_type=head.content_type, query=query)
    if head.query:
        raise InvalidFieldError(head.query[0][0], "query parameters are for raw bodies; put it beside the page")
    if head.body_type == "json":
        request = decode_json(body, CleanRequest)
        pages = {form: getattr(request, form) for form in PAGE_FIELDS}
    else:
        fields = decode_msgpack(body)
        pages = {form: fields.get(form) for form in PAGE_FIELDS}
        as_text = {form: "" for form, page in pages.items() if isinstance(page, bytes)}
        request = convert(fields | as_text, CleanRequest)
    return CleanCall(page=PageInput(**pages, url=request.url, id=request.id), content_type=None, query=request)


def _read_query(pairs: list[tuple[str, str]]) -> CleanQuery:
    for name, count in Counter(name for name, _ in pairs).items():
        if count > 1:
            raise InvalidFieldError(name, f"given {count} times")
    return convert(dict(pairs), CleanQuery, strict=False)
