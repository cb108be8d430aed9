"""UTF-8 to code points and back, one at a time (RFC 3629)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dedup.fingerprint.words import uint8, uint32, uintp
from dedup.jit import kernel

if TYPE_CHECKING:
    from dedup.fingerprint.words import Array


@kernel(inline=True)
def decode(data: Array, at: int, end: int) -> tuple[int, int]:
    """The code point at `at` and its bytes; zero bytes where no valid sequence starts there or `end` cuts it."""
    lead = uint32(data[at])
    if lead < uint32(0x80):
        return lead, uintp(1)
    if lead < uint32(0xE0):
        if lead >= uint32(0xC2) and at + uintp(2) <= end:
            second = uint32(data[at + uintp(1)]) ^ uint32(0x80)
            if second < uint32(0x40):
                return uint32((lead & uint32(0x1F)) << uint32(6) | second), uintp(2)
    elif lead < uint32(0xF0):
        if at + uintp(3) <= end:
            second = uint32(data[at + uintp(1)]) ^ uint32(0x80)
            third = uint32(data[at + uintp(2)]) ^ uint32(0x80)
            code_point = uint32((lead & uint32(0x0F)) << uint32(12) | second << uint32(6) | third)
            is_surrogate = (code_point & uint32(0xF800)) == uint32(0xD800)
            if (second | third) < uint32(0x40) and code_point >= uint32(0x800) and not is_surrogate:
                return code_point, uintp(3)
    elif lead < uint32(0xF5) and at + uintp(4) <= end:
        second = uint32(data[at + uintp(1)]) ^ uint32(0x80)
        third = uint32(data[at + uintp(2)]) ^ uint32(0x80)
        fourth = uint32(data[at + uintp(3)]) ^ uint32(0x80)
        code_point = uint32((lead & uint32(0x07)) << uint32(18) | second << uint32(12) | third << uint32(6) | fourth)
        if (second | third | fourth) < uint32(0x40) and uint32(0x10000) <= code_point < uint32(0x110000):
            return code_point, uintp(4)
    return uint32(0), uintp(0)


@kernel(inline=True)
def _continuation(bits: int) -> int:
    return uint8(bits & uint32(0x3F) | uint32(0x80))


@kernel(inline=True)
def encode(code_point: int, out: Array, at: int) -> int:
    """Write a code point at `at`; where the next one goes."""
    if code_point < uint32(0x80):
        out[at] = uint8(code_point)
        return at + uintp(1)
    if code_point < uint32(0x800):
        out[at] = uint8(code_point >> uint32(6) | uint32(0xC0))
        out[at + uintp(1)] = _continuation(code_point)
        return at + uintp(2)
    if code_point < uint32(0x10000):
        out[at] = uint8(code_point >> uint32(12) | uint32(0xE0))
        out[at + uintp(1)] = _continuation(code_point >> uint32(6))
        out[at + uintp(2)] = _continuation(code_point)
        return at + uintp(3)
    out[at] = uint8(code_point >> uint32(18) | uint32(0xF0))
    out[at + uintp(1)] = _continuation(code_point >> uint32(12))
    out[at + uintp(2)] = _continuation(code_point >> uint32(6))
    out[at + uintp(3)] = _continuation(code_point)
    return at + uintp(4)
