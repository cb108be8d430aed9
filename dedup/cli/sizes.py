"""Amounts of memory as people write them."""

from __future__ import annotations

import re
from typing import Final

import click

_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?", re.IGNORECASE)
_POWERS: Final = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


class _Size(click.ParamType[int]):
    """Bytes: a number, and `kB`, `MB`, `GB` or `TB`, which count 1024 of each other."""

    name = "size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        found = _SIZE.fullmatch(str(value).strip())
        if found is None:
            self.fail(f"{value!r} is no size; write it like 512MB or 1GB", param, ctx)
        return int(float(found[1]) * 1024 ** _POWERS[found[2].lower()])


SIZE: Final = _Size()
