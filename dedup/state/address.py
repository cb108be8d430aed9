"""The address of a Redis, as it may be shown."""

from __future__ import annotations


def without_password(state: str) -> str:
    """What a user named as a state, without what an address says of user and password, in front or in its query."""
    scheme, mark, rest = state.partition("://")
    if not mark:
        return state
    place, _, query = rest.partition("?")
    kept = "&".join(part for part in query.split("&") if part.startswith("db="))
    return f"{scheme}://{place.rpartition('@')[2]}{'?' if kept else ''}{kept}"
