"""What goes to a worker and what comes back, as MessagePack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

import dedup.errors
from dedup.errors import DedupError
from dedup.memory.seen import Seen, Version
from dedup.options import CleanOptions
from dedup.page import CleanPage
from dedup.state.records import PageRecord

if TYPE_CHECKING:
    from dedup.pipeline import Analysis

_ARRAYS: Final = ("pages", "since", "sites")


class Setup(msgspec.Struct, frozen=True, array_like=True):
    """What a worker is told once.

    Attributes:
        options: for every page.
        namespace: the tenant, for the records of what is learned.
        held: pages that lie in the worker between their two trips.
    """

    options: CleanOptions
    namespace: str
    held: int


class Question(msgspec.Struct, frozen=True, array_like=True):
    """What a memory is asked of a page, and what it learns.

    Attributes:
        site: that the page belongs to; None where nothing is known of it.
        page: its key; empty where it has none.
        keys: uint64[n], of its blocks.
        whole: key of the page as a whole.
        url: normalised; empty where it has none.
        record: what is learned; None where it cannot be.
    """

    site: str | None
    page: bytes
    keys: bytes
    whole: int
    url: str
    record: PageRecord | None

    def key_array(self) -> npt.NDArray[np.uint64]:
        """uint64[n], the keys of its blocks."""
        return np.frombuffer(self.keys, np.uint64)


class Analyse(msgspec.Struct, frozen=True, array_like=True, tag="analyse"):
    """The first trip of a page.

    Attributes:
        number: its place in the stream.
        page: the fields of its `PageInput`.
        moment: when it is learned, seconds since 1970.
    """

    number: int
    page: dict[str, Any]
    moment: int


class Finish(msgspec.Struct, frozen=True, array_like=True, tag="finish"):
    """The second trip.

    Attributes:
        number: as on the first.
        page: again, for a worker that has lost it.
        seen: what the memory says, see `pack_seen`.
    """

    number: int
    page: dict[str, Any]
    seen: dict[str, Any] | None


class Failure(msgspec.Struct, frozen=True, array_like=True, tag="failure"):
    """An error of this package: its class and what that is made from."""

    name: str
    arguments: list[Any]


class Asked(msgspec.Struct, frozen=True, array_like=True, tag="asked"):
    """The answer to a first trip."""

    question: Question


class Done(msgspec.Struct, frozen=True, array_like=True, tag="done"):
    """The answer to a second trip."""

    page: CleanPage


Call = Analyse | Finish
Answer = Asked | Done | Failure

encode: Final = msgspec.msgpack.encode
decode_call: Final[msgspec.msgpack.Decoder[Call]] = msgspec.msgpack.Decoder(Call)
decode_answer: Final[msgspec.msgpack.Decoder[Answer]] = msgspec.msgpack.Decoder(Answer)


def question_of(analysis: Analysis, namespace: str, moment: int) -> Question:
    """What a memory is asked of an analysed page.

    Args:
        analysis: the page.
        namespace: the tenant.
        moment: when it is learned, seconds since 1970.
    """
    key = analysis.page_key
    is_known_by_name = analysis.site is not None and key is not None
    return Question(
        site=analysis.site,
        page=key or b"",
        keys=analysis.keys.tobytes(),
        whole=analysis.whole,
        url=analysis.url,
        record=analysis.record(namespace, moment) if is_known_by_name else None,
    )


def pack_seen(seen: Seen | None) -> dict[str, Any] | None:
    """What a memory says, as values that MessagePack has."""
    if seen is None:
        return None
    packed = {name: getattr(seen, name) for name in Seen.__slots__}
    packed |= {name: getattr(seen, name).tobytes() for name in _ARRAYS}
    return packed | {"before": [seen.before.digest, seen.before.sketch] if seen.before else None}


def unpack_seen(packed: dict[str, Any] | None) -> Seen | None:
    """What `pack_seen` packed."""
    if packed is None:
        return None
    arrays = {name: np.frombuffer(packed[name], np.int32) for name in _ARRAYS}
    before = Version(*packed["before"]) if packed["before"] else None
    return Seen(**packed | arrays | {"before": before})


def pack_error(error: DedupError) -> Failure:
    """An error, to be raised elsewhere."""
    reduced = error.__reduce__()
    assert isinstance(reduced, tuple)  # noqa: S101  (every error of this package says what it is made from)
    return Failure(reduced[0].__name__, list(reduced[1]))


def unpack_error(failure: Failure) -> DedupError:
    """The error that `pack_error` packed."""
    arguments = [tuple(each) if isinstance(each, list) else each for each in failure.arguments]
    error = getattr(dedup.errors, failure.name)(*arguments)
    if not isinstance(error, DedupError):
        raise TypeError(f"a worker names {failure.name}, which is no error of this package")
    return error
