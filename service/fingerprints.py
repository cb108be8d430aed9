"""What a worker does with texts whose fingerprints are asked for."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np

from dedup.fingerprint import Fingerprinter
from service.api import FingerprintAnswer, FingerprintRequest
from service.codec import decode_json, decode_msgpack_as, encode
from service.envelope import Head, Reply
from service.errors import InvalidFieldError, UnsupportedMediaTypeError
from service.media import STRUCTURED

_MOST_VALUES: Final = 2**21  # of all signatures of an answer; 24 MB in JSON, whatever the request's size
_SCHEME = "datasketch affine32"


def fingerprint(head: Head, body: bytes) -> Reply:
    """The signatures and digests of texts.

    Raises:
        UnsupportedMediaTypeError: the body is neither JSON nor MessagePack.
        MalformedBodyError: it is not what its headers say.
        UnknownFieldError: a field that does not exist.
        InvalidFieldError: a value of the wrong type or outside its range.
    """
    if head.body_type == "json":
        request = decode_json(body, FingerprintRequest)
    elif head.body_type == "msgpack":
        request = decode_msgpack_as(body, FingerprintRequest)
    else:
        raise UnsupportedMediaTypeError(head.content_type, tuple(STRUCTURED))
    if len(request.texts) * request.num_perm > _MOST_VALUES:
        most = _MOST_VALUES // request.num_perm
        raise InvalidFieldError(
            "texts", f"{len(request.texts)}, and with num_perm {request.num_perm} at most {most} a call"
        )
    maker = _maker(request.num_perm, request.shingle, request.seed)
    signatures = maker.signatures(request.texts).astype(np.uint32)
    is_json = head.response_type == "application/json"
    answer = FingerprintAnswer(
        scheme=_SCHEME,
        num_perm=request.num_perm,
        shingle=request.shingle,
        seed=request.seed,
        signatures=signatures.tolist() if is_json else [row.tobytes() for row in signatures.astype("<u4")],
        digests=[f"{digest:016x}" for digest in maker.digests(request.texts).tolist()],
    )
    return Reply(200, head.response_type, encode(answer, head.response_type))


@lru_cache(maxsize=16)
def _maker(num_perm: int, shingle: int, seed: int) -> Fingerprinter:
    return Fingerprinter(num_perm=num_perm, shingle=shingle, seed=seed)
