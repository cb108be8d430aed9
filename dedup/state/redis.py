"""The log in Redis or Valkey, which several services share.

A writer sends a batch to a script that commits it only where the log still ends at the position that the writer
expects. So positions have no gaps that fill later, each service reads the others' tail by position, and a reply that
was lost can be told from a batch that was lost: it is there, or it is not.
"""

from __future__ import annotations

import itertools
import secrets
import struct
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgpack
import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from dedup.errors import (
    StateDamagedError,
    StateError,
    StateFullError,
    StateMissingError,
    StateNotDurableError,
    StateUnavailableError,
)
from dedup.state.address import require_address, without_password
from dedup.state.framed import FramedStore
from dedup.state.header import Header, decode_header, encode_header
from dedup.state.options import StateOptions
from dedup.state.records import Entry, Record, encode, seal, unseal
from dedup.state.store import Snapshot

_FRAMES_AT_ONCE: Final = 1024
_GROUP: Final = 4 << 20  # bytes of a snapshot that are sent together, or a part that is larger
_LARGEST: Final = 512 << 20  # bytes that a value of Redis may have
_UNFINISHED: Final = 3600  # seconds after which a half-written snapshot is gone
_FULL: Final = ("OOM", "MISCONF", "NOREPLICAS")

# KEYS: meta, log. ARGV: header, expected head, number of appended frames, those, then pairs of position and frame
# ('': drop). A server that came back empty, or was filled anew, has not the header that the writer opened.
_COMMIT: Final = """
local head = tonumber(redis.call('HGET', KEYS[1], 'head') or '0')
if redis.call('HGET', KEYS[1], 'header') ~= ARGV[1] then return {-1, head} end
local expected, appended = tonumber(ARGV[2]), tonumber(ARGV[3])
if head ~= expected then return {0, head} end
local grown = appended
for i = 4 + appended, #ARGV, 2 do
  local had = redis.call('ZREMRANGEBYSCORE', KEYS[2], ARGV[i], ARGV[i])
  if ARGV[i + 1] == '' then grown = grown - had
  elseif had == 1 then redis.call('ZADD', KEYS[2], ARGV[i], ARGV[i + 1]) end
end
for i = 1, appended do redis.call('ZADD', KEYS[2], head + i, ARGV[3 + i]) end
redis.call('HSET', KEYS[1], 'head', string.format('%.0f', head + appended))
redis.call('HINCRBY', KEYS[1], 'count', grown)
return {1, head + appended}
"""


class RedisStore(FramedStore):
    """A log under one prefix of a server.

    Args:
        url: `redis://…`, `rediss://…` or `unix://…`.
        options: of the state.
        read_only: look at it, whatever the server promises of what is written; nothing is made.
        create: make it where it is missing.

    Raises:
        StateError: the address is none.
        StateMissingError: there is none, and it is not to be made.
        StateNotDurableError: it is to be written, and the server would lose what it acknowledges.
        StateMismatchError: it was made by another version or with other parameters.
        StateUnavailableError: the server does not answer.
    """

    def __init__(self, url: str, options: StateOptions, *, read_only: bool = False, create: bool = True) -> None:
        self._options = options
        self.location = without_password(url)
        require_address(url)
        try:
            self._client: Any = redis.Redis.from_url(
                url,
                socket_timeout=options.patience,
                socket_connect_timeout=options.patience,
                retry=Retry(ExponentialBackoff(cap=0.5, base=0.01), 3, (redis.ConnectionError,)),
            )
            pool = self._client.connection_pool
            pool.connection_class(**pool.connection_kwargs)  # made, not connected: it knows which options there are
        except (ValueError, TypeError) as error:
            raise StateError(self.location, str(error)) from None
        self._meta, self._log, self._snapshots = (
            f"{{{options.prefix}}}:{name}" for name in ("meta", "log", "snapshot:")
        )
        self._commit = self._client.register_script(_COMMIT)
        self._lock = threading.Lock()
        self._silent_until = 0.0  # a server that hung is left alone for a while: one waits for it, and not everybody
        self._was_open = False
        try:
            if not read_only:
                self._require_primary()
                self._require_durability()
            self.header = self._read_header(create=create and not read_only)
            self._was_open = True
        except BaseException:
            self.close()
            raise

    def head(self) -> int:
        """The last position given out."""
        return int(self._ask(lambda: self._client.hget(self._meta, "head")) or 0)

    def count(self) -> int:
        """How many records the log ought to hold."""
        return int(self._ask(lambda: self._client.hget(self._meta, "count")) or 0)

    def rewrite(self, changes: Mapping[int, Record | None], append: Sequence[Record] = ()) -> range:
        """Change and append records in one atomic script."""
        payloads = [encode(record) for record in append]
        replaced = itertools.chain.from_iterable(
            (position, b"" if record is None else seal(position, encode(record)))
            for position, record in changes.items()
        )
        changed = list(replaced)
        with self._lock:
            head = self.head()
            while True:
                positions = range(head + 1, head + 1 + len(payloads))
                frames = [seal(position, payload) for position, payload in zip(positions, payloads, strict=True)]
                committed, now = self._send(head, frames, changed)
                if committed or (frames and self._holds(positions, frames)):
                    return positions
                head = now

    def adopt(self, header: Header, entries: Iterable[Entry], head: int) -> None:
        """Take over records with their positions, a bounded number a transaction."""
        self._ask(lambda: self._client.hset(self._meta, "header", encode_header(header)))
        self.header = header
        iterator = iter(entries)
        while batch := list(itertools.islice(iterator, _FRAMES_AT_ONCE)):
            with self._client.pipeline(transaction=True) as pipeline:
                for position, record in batch:
                    pipeline.zremrangebyscore(self._log, position, position)
                    pipeline.zadd(self._log, {seal(position, encode(record)): position})
                self._ask(pipeline.execute)
            head = max(head, batch[-1].position)
        head = max(head, self.head())
        count = self._ask(lambda: self._client.zcard(self._log))
        self._ask(lambda: self._client.hset(self._meta, mapping={"head": head, "count": count}))

    def frames(self, after: int = 0) -> Iterator[tuple[int, bytes]]:
        """Sealed records beyond a position, in order."""
        while True:
            batch = self._range(after)
            for frame, position in batch:
                yield int(position), frame
            if len(batch) < _FRAMES_AT_ONCE:
                return
            after = int(batch[-1][1])

    def _range(self, after: int) -> list[tuple[bytes, float]]:
        found: list[tuple[bytes, float]] = self._ask(
            lambda: self._client.zrangebyscore(
                self._log, f"({after}", "+inf", start=0, num=_FRAMES_AT_ONCE, withscores=True
            )
        )
        return found

    def _frames_at(self, positions: Iterable[int]) -> list[tuple[int, bytes]]:
        wanted = list(positions)
        with self._client.pipeline(transaction=False) as pipeline:
            for position in wanted:
                pipeline.zrangebyscore(self._log, position, position)
            answers = self._ask(pipeline.execute)
        return [(position, answer[0]) for position, answer in zip(wanted, answers, strict=True) if answer]

    def save_snapshot(self, name: str, snapshot: Snapshot) -> None:
        """Replace a snapshot, all or nothing: what a crash leaves of one has a name of its own, and expires."""
        unfinished, groups = f"{self._snapshots}{name}:{secrets.token_hex(8)}", 0
        for group in _groups(snapshot.parts):
            frame = seal(snapshot.position + groups, msgpack.packb(group))
            with self._client.pipeline(transaction=True) as pipeline:
                pipeline.hset(unfinished, str(groups), frame)
                pipeline.expire(unfinished, _UNFINISHED)
                self._ask(pipeline.execute)
            groups += 1
        with self._client.pipeline(transaction=True) as pipeline:
            pipeline.hset(unfinished, "end", struct.pack("<QQ", snapshot.position, groups))
            pipeline.persist(unfinished)
            pipeline.rename(unfinished, f"{self._snapshots}{name}")
            self._ask(pipeline.execute)

    def load_snapshot(self, name: str) -> Snapshot | None:
        """A snapshot, if it was saved."""
        end = self._ask(lambda: self._client.hget(f"{self._snapshots}{name}", "end"))
        if end is None:
            return None
        position, groups = struct.unpack("<QQ", end)
        return Snapshot(position, self._snapshot_parts(name, position, groups))

    def _snapshot_parts(self, name: str, position: int, groups: int) -> Iterator[bytes]:
        for number in range(groups):
            frame = self._ask(lambda group=number: self._client.hget(f"{self._snapshots}{name}", str(group)))
            try:
                yield from msgpack.unpackb(
                    unseal(self.location, position + number, frame or b""), max_bin_len=_LARGEST
                )
            except StateDamagedError as error:
                raise StateDamagedError(self.location, f"snapshot {name}", error.damage) from None

    def drop_snapshots(self) -> None:
        """Delete all snapshots, half-written ones included."""
        pattern = self._snapshots.replace("[", "\\[").replace("*", "\\*").replace("?", "\\?")
        for key in self._ask(lambda: list(self._client.scan_iter(match=f"{pattern}*"))):
            self._ask(lambda name=key: self._client.unlink(name))

    def compact(self) -> None:
        """Have the server rewrite its append-only file, and wait until it has."""
        self._ask(self._client.bgrewriteaof)
        waiting = threading.Event()
        while self._rewriting():
            waiting.wait(0.05)

    def size(self) -> int:
        """Bytes of memory that the server uses for the log, estimated by it."""
        return int(self._ask(lambda: self._client.memory_usage(self._log)) or 0)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _rewriting(self) -> bool:
        persistence = self._ask(lambda: self._client.info("persistence"))
        return bool(persistence["aof_rewrite_in_progress"] or persistence["aof_rewrite_scheduled"])

    def _send(self, head: int, frames: list[bytes], changed: list[Any]) -> tuple[bool, int]:
        arguments = [encode_header(self.header), head, len(frames), *frames, *changed]
        committed, now = self._ask(lambda: self._commit(keys=[self._meta, self._log], args=arguments))
        if committed < 0:
            damage, fix = "it is not the one that was opened", "open the state again, empty or restored from a backup"
            raise StateDamagedError(self.location, "header", damage, fix)
        return bool(committed), now

    def _holds(self, positions: range, frames: list[bytes]) -> bool:
        """Whether a batch is in the log: its reply was lost and it was sent again."""
        return [frame for _, frame in self._frames_at(positions)] == frames

    def _require_primary(self) -> None:
        if self._ask(lambda: self._client.info("replication"))["role"] != "master":
            raise StateError(self.location, "is a replica, which takes no writes; give the address of its primary")

    def _require_durability(self) -> None:
        expected = {"appendonly": "yes"}
        if self._options.durability == "fsync":
            expected["appendfsync"] = "always"
        settings = self._ask(lambda: self._client.config_get("append*", "maxmemory-policy"))
        for setting, value in expected.items():
            if settings.get(setting) != value:
                raise StateNotDurableError(self.location, setting, value, settings.get(setting, "hidden"))
        policy = settings.get("maxmemory-policy", "hidden")
        if policy.startswith("allkeys"):
            raise StateNotDurableError(self.location, "maxmemory-policy", "noeviction", policy)

    def _read_header(self, *, create: bool) -> Header:
        new = encode_header(Header.new(self._options.parameters))
        if not self._ask(lambda: self._client.hexists(self._meta, "header")):
            if self._ask(lambda: self._client.exists(self._log)):
                raise StateDamagedError(self.location, "header", "it is missing")
            if not create:
                raise StateMissingError(self.location)
            self._ask(lambda: self._client.hsetnx(self._meta, "header", new))
        header = decode_header(self.location, self._ask(lambda: self._client.hget(self._meta, "header")))
        header.require(self.location, self._options.parameters)
        return header

    def _ask(self, call: Any) -> Any:
        if time.monotonic() < self._silent_until:
            raise StateUnavailableError(self.location, "it did not answer a moment ago")
        try:
            return call()
        except redis.TimeoutError as error:
            self._silent_until = time.monotonic() + self._options.patience
            raise StateUnavailableError(self.location, str(error)) from None
        except redis.AuthenticationError as error:  # to redis-py a fault of the connection, which no waiting mends
            message = f"takes no such user or password ({error})"
            if self._was_open:  # they were changed since, and may be changed again
                raise StateUnavailableError(self.location, message) from None
            raise StateError(self.location, message) from None
        except redis.ConnectionError as error:
            raise StateUnavailableError(self.location, str(error)) from None
        except redis.ReadOnlyError as error:  # it became a replica: its address may soon lead to the new primary
            self._client.connection_pool.disconnect()
            raise StateUnavailableError(self.location, str(error)) from None
        except redis.RedisError as error:
            message = str(error)
            if message.startswith(_FULL) or isinstance(error, redis.OutOfMemoryError):
                raise StateFullError(self.location, message) from None
            raise StateError(self.location, message) from None
        except UnicodeError as error:  # what the search for a host says of bytes that are no text, and of a..b
            raise StateError(self.location, f"names no host ({error})") from None


def _groups(parts: Iterable[bytes]) -> Iterator[list[bytes]]:
    group: list[bytes] = []
    size = 0
    for part in parts:
        if group and size + len(part) > _GROUP:
            yield group
            group, size = [], 0
        group.append(part)
        size += len(part)
    if group:
        yield group
