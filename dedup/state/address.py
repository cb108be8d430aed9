"""The address of a Redis, as it may be shown."""

from __future__ import annotations

from urllib.parse import urlsplit

from dedup.errors import StateError


def require_address(state: str) -> None:
    """Make sure that the address of a Redis names what it seems to name.

    Raises:
        StateError: its port or its database is no number; `redis` itself would take an odd database for the first one.
    """
    try:
        parts = urlsplit(state)
        _ = parts.port
        if parts.scheme == "unix" or not parts.path.strip("/") or int(parts.path.strip("/")) >= 0:
            return
    except ValueError:  # its message may hold a part of the password
        pass
    raise StateError(
        without_password(state),
        "not read as an address such as redis://host:6379/0; in a password write `/` as %2F, `?` as %3F and `#` as %23",
    )


def without_password(state: str) -> str:
    """What a user named as a state, without what an address says of user and password, in front or in its query."""
    scheme, mark, rest = state.partition("://")
    if not mark:
        return state
    place, _, query = rest.partition("?")
    kept = "&".join(part for part in query.split("&") if part.startswith("db="))
    return f"{scheme}://{place.rpartition('@')[2]}{'?' if kept else ''}{kept}"
