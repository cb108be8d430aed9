"""Damages the file of a state again and again and prints what comes of each; in a process that may not survive it.

Started by its path, so that it runs where only the package is installed.
"""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path
from typing import Final

from dedup.errors import StateError
from dedup.state import Entry, StateOptions, open_store
from dedup.state.verification import verify_state

_FAST: Final = StateOptions(durability="process")
_PAGE: Final = 4096


def damaged(kind: str, whole: bytes, rng: random.Random) -> bytes:
    """A file with one damage: a bit flipped, one of those that say what a page is, a page lost, or cut short."""
    changed = bytearray(whole)
    page = rng.randrange(len(whole) // _PAGE) * _PAGE
    match kind:
        case "bit":
            place = rng.randrange(8 * len(whole))
            changed[place // 8] ^= 1 << place % 8
        case "head":
            changed[page + rng.randrange(160)] ^= 1 << rng.randrange(8)
        case "page":
            other = rng.randrange(len(whole) // _PAGE) * _PAGE
            changed[page : page + _PAGE] = rng.choice(
                [bytes(_PAGE), rng.randbytes(_PAGE), whole[other : other + _PAGE]]
            )
        case "cut":
            del changed[rng.randrange(len(whole)) :]
    return bytes(changed)


def _rounds(state: str, kind: str, rounds: int, seed: int) -> None:
    """Print what comes of each damage."""
    file = Path(state) / "log.mdb"
    whole, before = file.read_bytes(), _contents(state)
    rng = random.Random(seed)
    for _ in range(rounds):
        file.write_bytes(damaged(kind, whole, rng))
        if kind == "control":
            with open_store(state, _FAST) as store:
                store.rewrite({rng.choice([50, 60, 70]): before[0].record})
        named = bool(list(verify_state(state, _FAST)))
        after = _contents(state)
        print("named" if named else "harmless" if after == before else "wrong", flush=True)


def _contents(state: str) -> list[Entry]:
    try:
        with open_store(state, _FAST) as store:
            return list(store.entries())
    except StateError:
        return []


if __name__ == "__main__":
    os.environ["PYTHONFAULTHANDLER"] = "1"
    _rounds(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
