"""What an operator can set. Every setting is checked when the object is made, and named in `docs/http.md`."""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from itertools import filterfalse
from pathlib import Path
from typing import Literal, Self, get_args

import msgspec

from dedup.crawl.options import CrawlOptions
from dedup.errors import OptionError
from dedup.memory.options import MemoryOptions
from dedup.options import require_number
from dedup.pool.options import usable_cores
from dedup.state.options import Durability

LogLevel = Literal["debug", "info", "warning", "error"]

LogFormat = Literal["text", "json"]

PREFIX = "DEDUP_SERVE_"
_FILE = PREFIX + "CONFIG"
_ORIGIN = re.compile(r"\*|null|[a-z][a-z0-9+.-]*://[^\s/?#@A-Z]+")  # as browsers send it


@cache
def _origins(cors: str) -> frozenset[str]:
    """See `Settings.origins`, which every response asks for."""
    return frozenset(filter(None, map(str.strip, cors.split(","))))


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The service's settings.

    Attributes:
        host: address to listen on.
        port: port to listen on; 0 takes a free one.
        workers: worker processes; as many as usable cores unless set.
        max_body_bytes: bytes of a request's body, as it is sent and again after decompression.
        max_page_bytes: bytes of a page.
        max_pending_bytes: bytes of all bodies that are being received, waiting or cleaned, and of answers that wait
            for their readers.
        batch_pages: pages of one call to `/v1/clean/batch`.
        queue: requests that may wait for a worker.
        deadline: seconds within which a request is answered once its body is there; waiting counts.
        page_time_limit: seconds a worker may take for a page before it is replaced.
        worker_memory: bytes of memory a worker may occupy before it is replaced.
        body_timeout: seconds within which a body must be complete, and in which a client must take something of an
            answer that waits for it; of a stream within ten times as many.
        keepalive_timeout: seconds after which a connection that is idle, or that sent half a header, is closed.
        grace: seconds that requests under way have to finish after a signal to stop.
        state: directory or address of a Redis that keeps what is learned of sites; `memory` keeps it until the service
            stops; without it nothing is learned.
        durability: what an acknowledged page survives: `fsync` a power cut, `process` the end of the process.
        memory_blocks: blocks of learned pages that are kept in RAM, 12 bytes each; beyond it go those that one page
            alone holds, then whole sites, learned from longest ago first.
        crawl_retain: documents that the crawl index keeps, as a number of them (`1000000`) or of days (`30d`).
        keys: file of the keys that are taken, or the entries themselves; without it, everybody may do everything.
        insecure: whether an address other than loopback may be listened on without keys.
        cors: origins whose pages may read answers, separated by commas; `*` for all; none unless set.
        log_format: `text` or `json`.
        log_level: `debug` (every request), `info`, `warning` or `error`.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = msgspec.field(default_factory=usable_cores)
    max_body_bytes: int = 32 * 1024**2
    max_page_bytes: int = 16 * 1024**2
    max_pending_bytes: int = 512 * 1024**2
    batch_pages: int = 256
    queue: int = 256
    deadline: float = 30.0
    page_time_limit: float = 10.0
    worker_memory: int = 1024**3
    body_timeout: float = 20.0
    keepalive_timeout: float = 30.0
    grace: float = 30.0
    state: str | None = None
    durability: Durability = "fsync"
    memory_blocks: int = MemoryOptions().max_blocks
    crawl_retain: str = "1000000"
    keys: str | None = None
    insecure: bool = False
    cors: str = ""
    log_format: LogFormat = "text"
    log_level: LogLevel = "info"

    def __post_init__(self) -> None:
        for name, least, most in _RANGES:
            require_number(name, getattr(self, name), least, most)
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise OptionError(name, getattr(self, name), "one of " + ", ".join(choices))
        if self.state == "":
            raise OptionError("state", self.state, "a directory, the address of a Redis, or memory")
        CrawlOptions.retaining(self.crawl_retain)
        if not self.host:
            raise OptionError("host", self.host, "an address or a host name")
        for origin in filterfalse(_ORIGIN.fullmatch, self.origins):
            raise OptionError("cors", origin, "an origin as browsers send it, such as https://quayside.example")
        if self.keys is None and not self.insecure and not _is_loopback(self.host):
            raise OptionError("host", self.host, "the setting keys, or insecure, for an address other than loopback")
        if self.max_pending_bytes < self.max_body_bytes:
            raise OptionError(
                "max_pending_bytes", self.max_pending_bytes, f"max_body_bytes {self.max_body_bytes} or more"
            )

    @property
    def origins(self) -> frozenset[str]:
        """The origins that `cors` names."""
        return _origins(self.cors)

    @classmethod
    def read(
        cls, environment: Mapping[str, str], flags: Mapping[str, object] | None = None, file: str | None = None
    ) -> Self:
        """Settings from a TOML file, then variables such as `DEDUP_SERVE_PORT`, then flags; the last one counts.

        Args:
            environment: `DEDUP_SERVE_CONFIG` names the file where `file` does not.
            flags: by name of the setting.
            file: of settings by name.

        Raises:
            OptionError: a value that is none for its setting, or a name that no setting has.
        """
        given = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
        file = file or given.pop(_FILE, None)
        given.pop(_FILE, None)
        known = {PREFIX + field.upper(): field for field in cls.__struct_fields__}
        for name in given:
            if name not in known:
                raise OptionError("environment", name, "one of " + ", ".join(known))
        values = _of_file(file) if file else {}
        values |= {known[name]: value for name, value in given.items()}
        values |= flags or {}
        for name in values:
            if name not in cls.__struct_fields__:
                raise OptionError("setting", name, "one of " + ", ".join(cls.__struct_fields__))
        try:
            return msgspec.convert(values, cls, strict=False)
        except msgspec.ValidationError as error:
            problem, _, place = str(error).partition(" - at `$.")
            field = place.rstrip("`")
            if choices := _CHOICES.get(field):
                problem = "one of " + ", ".join(choices)
            expected = problem.removeprefix("Expected ").partition(", got ")[0]  # our error says what was given
            raise OptionError(field, values.get(field), expected) from None


def _of_file(path: str) -> dict[str, object]:
    try:
        return tomllib.loads(Path(path).read_text("utf-8-sig"))
    except OSError as error:
        raise OptionError("config", path, f"a file that can be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OptionError("config", path, f"TOML ({error})") from None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


_CHOICES: dict[str, tuple[str, ...]] = {
    "durability": get_args(Durability),
    "log_format": get_args(LogFormat),
    "log_level": get_args(LogLevel),
}
_RANGES = (
    ("port", 0, 65_535),
    ("workers", 1, 1024),
    ("max_body_bytes", 1, 2**30),
    ("max_page_bytes", 1, 2**30),
    ("max_pending_bytes", 1, 2**50),
    ("batch_pages", 1, 2**16),
    ("queue", 1, 2**20),
    ("deadline", 0.01, 86_400),
    ("page_time_limit", 0.01, 86_400),
    ("worker_memory", 1024**2, 2**50),
    ("memory_blocks", 1, 2**31),
    ("body_timeout", 0.01, 86_400),
    ("keepalive_timeout", 0.01, 86_400),
    ("grace", 0, 86_400),
)
