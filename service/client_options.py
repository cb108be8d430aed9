"""How a client calls, and whom: looked at when it is made, not when a crawl is under way."""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

from dedup.errors import OptionError
from dedup.options import require_number, require_whole


class ClientOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a client calls.

    Attributes:
        key: sent as `Authorization: Bearer KEY`.
        timeout: seconds that a call may take, and a stream may be silent while a page waits for its answer.
        patience: seconds after its first failure in which a call is made again; by default enough for a service that
            is told to stop, finishes what it has (its setting `grace`), and reads its state at the next start.
        attempts: how often a call is made at most; as often as `patience` lets it unless set.
        pause: seconds before the second attempt, doubled each time; more where the service asks for more.
        longest_pause: seconds that no pause exceeds, whatever the service asks for.
        window: pages of a stream that are sent and not yet answered.
        batch: pages of a call in `clean_many`.
        accept_encoding: how answers may be compressed, such as `gzip`; between near hosts it costs more than it saves.

    Raises:
        OptionError: a value that is none for its option.
    """

    key: str | None = None
    timeout: float = 60.0
    patience: float = 120.0
    attempts: int | None = None
    pause: float = 0.2
    longest_pause: float = 30.0
    window: int = 128
    batch: int = 64
    accept_encoding: str = "identity"

    def __post_init__(self) -> None:
        for name in ("window", "batch"):
            require_whole(name, getattr(self, name), 1, 1_000_000)
        if self.attempts is not None:
            require_whole("attempts", self.attempts, 1, 1_000_000)
        require_number("timeout", self.timeout, 0.001, 1_000_000)
        for name in ("patience", "pause", "longest_pause"):
            require_number(name, getattr(self, name), 0, 1_000_000)
        if self.key is not None and not _fits_a_header(self.key):  # what it is stays out of messages and logs
            raise OptionError("key", "something else", "a key in printable ASCII, without a line break at its end")
        if not _fits_a_header(self.accept_encoding):
            raise OptionError("accept_encoding", self.accept_encoding, "a value for that header, such as 'gzip'")


def is_address(url: object) -> bool:
    """Whether a service can listen there."""
    if not isinstance(url, str):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port or an IPv6 address that is none
        return False


def _fits_a_header(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and value.isprintable()
