"""Amounts of memory as people write them."""

from __future__ import annotations

import re
from typing import Final

import click

_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?", re.IGNORECASE)
_POWERS: Final = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_UNITS: Final = ("", "kB", "MB", "GB", "TB")
_MOST: Final = 2**63 - 1


class Size(click.ParamType[int]):
    """Bytes: a number, and `kB`, `MB`, `GB` or `TB`, which count 1024 of each other.

    Args:
        most: a larger one is refused.
    """

    name = "size"

    def __init__(self, most: int = _MOST) -> None:
        self._most = most

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """What was typed, as bytes."""
        if isinstance(value, int):
            return value
        found = _SIZE.fullmatch(str(value).strip())
        if found is None:
            self.fail(f"{value!r} is no size; write it like 512MB or 1GB", param, ctx)
        size = float(found[1]) * 1024 ** _POWERS[found[2].lower()]
        if not 1 <= size <= self._most:
            self.fail(f"{value!r} is not from 1 to {self._most} bytes", param, ctx)
        return int(size)


def size_of(amount: int) -> str:
    """An amount of bytes as it may be typed, in the largest unit that divides it."""
    power = 0
    while power < len(_UNITS) - 1 and amount % 1024 ** (power + 1) == 0:
        power += 1
    return f"{amount // 1024**power}{_UNITS[power]}"
