"""Who may do what: API keys, of which only hashes are stored.

A key is 32 random bytes, so one SHA-256 of it is as good as a slow hash: there is nothing to guess.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal, Self

import msgspec

from dedup.errors import OptionError
from service.errors import UnauthorizedError

DEFAULT_NAMESPACE: Final = "default"
_PREFIX: Final = "dk_"
_BYTES: Final = 32
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HASH: Final = re.compile(r"[0-9a-f]{64}")


class Access(msgspec.Struct, frozen=True):
    """What a request may do.

    Attributes:
        namespace: the tenant; memories of two namespaces never mix.
        may_write: whether it may learn, add and forget.
    """

    namespace: str = DEFAULT_NAMESPACE
    may_write: bool = True


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key as it is stored.

    Attributes:
        name: for people.
        sha256: of the key, hexadecimal.
        namespace: the tenant.
        access: `read` cleans and asks, `read-write` learns and forgets, too.
    """

    name: str
    sha256: str
    namespace: str = DEFAULT_NAMESPACE
    access: Literal["read", "read-write"] = "read-write"


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    key: list[Entry]


class Keys:
    """The keys that a service takes; without any, everybody may do everything in the default namespace."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if not _HASH.fullmatch(entry.sha256):
                raise OptionError(
                    "keys", _shown(entry.name), "sha256 to be 64 hexadecimal digits (`dedup key` makes one)"
                )
            for name in (entry.name, entry.namespace):
                if not _NAME.fullmatch(name):
                    raise OptionError("keys", _shown(name), "up to 64 letters, digits, dots, dashes and underscores")
        _require_distinct(entries)
        self._entries = [
            (bytes.fromhex(one.sha256), Access(one.namespace, one.access == "read-write")) for one in entries
        ]

    @classmethod
    def read(cls, where: str | None) -> Self:
        """The keys of a TOML file, or `name:sha256[:namespace[:access]]` entries separated by commas.

        Raises:
            OptionError: there is no such file, or what it holds is no key, or none at all.
        """
        if where is None:
            return cls(())
        if ":" in where and not _exists(where):
            return cls([_entry(part.strip()) for part in where.split(",")])
        try:
            content = tomllib.loads(Path(where).read_text("utf-8-sig"))
            entries = msgspec.convert(content, _File).key
        except OSError as error:
            raise OptionError("keys", _shown(where), f"a file that can be read ({error.strerror})") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
            raise OptionError("keys", where, f"tables [[key]] with name and sha256 ({error})") from None
        if not entries:  # a service without keys lets everybody in
            raise OptionError("keys", where, "at least one table [[key]] (`dedup key` makes one)")
        return cls(entries)

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, authorization: str | None) -> Access:
        """What the sender of a header `Authorization: Bearer KEY` may do; all entries are compared, in constant time.

        Raises:
            UnauthorizedError: no key, or none that is known.
        """
        if not self._entries:
            return Access()
        scheme, _, key = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not key:
            raise UnauthorizedError("there is no key in the header `Authorization: Bearer KEY`")
        given = hashlib.sha256(key.strip().encode(errors="surrogateescape")).digest()
        found: Access | None = None
        for known, access in self._entries:
            if hmac.compare_digest(given, known):
                found = access
        if found is None:
            raise UnauthorizedError("the key is not one of those that the service takes")
        return found


def _exists(where: str) -> bool:
    try:
        return Path(where).exists()
    except OSError:  # several entries are longer than the name of a file may be
        return False


def _require_distinct(entries: Sequence[Entry]) -> None:
    """Make sure that no key is entered twice: it would be the last one's, of another tenant or with more access.

    Raises:
        OptionError: one is.
    """
    names: dict[str, str] = {}
    for entry in entries:
        if (other := names.get(entry.sha256)) is not None:
            raise OptionError(
                "keys", f"{other} and {entry.name}", "a key of its own for each entry, not the same one"
            )
        names[entry.sha256] = entry.name


def _shown(written: str) -> str:
    """The first field of an entry; a key that was pasted in its place stays out of messages and logs."""
    first = written.partition(":")[0]
    return f"{_PREFIX}…" if first.startswith(_PREFIX) else first


def _entry(written: str) -> Entry:
    fields = written.split(":")
    try:
        if len(fields) <= len(Entry.__struct_fields__):
            return msgspec.convert(dict(zip(Entry.__struct_fields__, fields, strict=False)), Entry)
    except msgspec.ValidationError:
        pass
    raise OptionError(
        "keys", _shown(written), "a file, or name:sha256:namespace:access with access read or read-write"
    )


def make_key(name: str, namespace: str = DEFAULT_NAMESPACE, *, read_only: bool = False) -> tuple[str, str]:
    """A new key, and the table that lets a service take it.

    Raises:
        OptionError: a name or namespace that is none.
    """
    key = _PREFIX + secrets.token_urlsafe(_BYTES)
    hashed = hashlib.sha256(key.encode()).hexdigest()
    access: Literal["read", "read-write"] = "read" if read_only else "read-write"
    Keys([Entry(name, hashed, namespace, access)])  # refuses what could not be read again
    table = f'[[key]]\nname = "{name}"\nsha256 = "{hashed}"\nnamespace = "{namespace}"\naccess = "{access}"\n'
    return key, table
