"""Which folders a new state may be made in."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from dedup.errors import StateError

LOG_FILE: Final = "log.mdb"
LOCK_FILE: Final = "owner.lock"
PROBE: Final = ".dedup-"
"""Begins the name of what is made only to see that something can be made."""
# What a state leaves that was killed as it was made or lost its log, and what ext4 puts into every new file system.
_NO_OTHERS: Final = (LOCK_FILE, "lost+found")
_OF_STATES: Final = (".snapshot", ".snapshot.new")


def require_empty(folder: Path, *, but_for_its_own: bool = False) -> None:
    """Refuse a folder of other files: a name that was mistaken would have a database put among them.

    Args:
        folder: to make a state in; may be missing.
        but_for_its_own: whether what an earlier try at the same state left may lie there.

    Raises:
        StateError: other files lie there.
        OSError: it cannot be listed.
    """
    if not folder.exists():
        return
    for path in folder.iterdir():
        if not (but_for_its_own and _is_its_own(path.name)):
            raise StateError(str(folder), "holds files that are no state; choose a new directory")


def _is_its_own(name: str) -> bool:
    return name in _NO_OTHERS or name.startswith((LOG_FILE, PROBE)) or name.endswith(_OF_STATES)
