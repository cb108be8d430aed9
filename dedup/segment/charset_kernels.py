"""Strings to UTF-8, and the check that bytes are it: a page at memory's speed, where markup is nearly all ASCII."""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
import numpy.typing as npt
from llvmlite import ir

from dedup.fingerprint.utf8_kernels import decode, encode
from dedup.fingerprint.vector_kernels import U8, Vector, intrinsic, memories, types
from dedup.fingerprint.words import BYTES, uint32, uintp
from dedup.jit import kernel

carray: Any = numba.carray  # type: ignore[attr-defined]  # made at run time

LARGEST: Final = 4  # bytes of a character
_CHUNK: Final = 32  # code units looked at together; the compiler makes a few vector instructions of it
_QUESTION_MARK: Final = uint32(0x3F)


@intrinsic
def _is_ascii(_typing: Any, data: Any, _at: Any) -> Any:
    """`_is_ascii(data: uint8[:], at: uintp) -> bool`: whether a chunk is."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data, at = memories(context, builder, signature, args)
        return builder.icmp_unsigned("<", data.vector(at, U8, _CHUNK).maximum(), ir.Constant(U8, 0x80))

    return types.boolean(data, types.uintp), generate


@intrinsic
def _narrow(_typing: Any, units: Any, _at: Any, out: Any, _to: Any) -> Any:
    """`_narrow(units, at: uintp, out: uint8[:], to: uintp) -> bool`: write a chunk's low bytes; whether it is ASCII."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        units, at, out, to = memories(context, builder, signature, args)
        unit = ir.IntType(signature.args[0].dtype.bitwidth)
        chunk = units.vector(at, unit, _CHUNK)
        low = builder.trunc(chunk.value, ir.VectorType(U8, _CHUNK)) if unit.width > U8.width else chunk.value
        out.store(to, Vector(builder, low))
        return builder.icmp_unsigned("<", chunk.maximum(), ir.Constant(unit, 0x80))

    return types.boolean(units, types.uintp, out, types.uintp), generate


@kernel(allocates=False)
def _encode_units(units: npt.NDArray[np.unsignedinteger], out: npt.NDArray[np.uint8]) -> int:
    """Code points in units of one width, to UTF-8; the bytes written."""
    count, at, to = uintp(len(units)), uintp(0), uintp(0)
    while at < count:
        end = min(at + uintp(_CHUNK), count)
        if end - at == uintp(_CHUNK) and _narrow(units, at, out, to):  # else the loop overwrites what it wrote
            at, to = end, to + uintp(_CHUNK)
            continue
        while at < end:
            code_point = uint32(units[at])
            is_surrogate = (code_point & uint32(0xFFFFF800)) == uint32(0xD800)
            to = encode(_QUESTION_MARK if is_surrogate else code_point, out, to)
            at += uintp(1)
    return to


@kernel("int64(unicode_type, uint8[::1])")
def encode_text(text: Any, out: npt.NDArray[np.uint8]) -> int:
    """UTF-8 of a string, with a question mark for each lone surrogate, as `str.encode(errors="replace")` does.

    Args:
        text: str, read where it lies in memory.
        out: uint8[LARGEST * len(text)] at least, to be filled.

    Returns:
        The bytes written.
    """
    size, width, units = len(text), text._kind, text._data  # noqa: SLF001  (numba's names for what a str holds)
    if width == 1:
        return _encode_units(carray(units, size, np.uint8), out)
    if width == 2:
        return _encode_units(carray(units, size, np.uint16), out)
    return _encode_units(carray(units, size, np.uint32), out)


@kernel(f"boolean({BYTES})", allocates=False)
def is_utf8(data: npt.NDArray[np.uint8]) -> bool:
    """Whether all bytes are valid UTF-8 (RFC 3629: shortest forms, no surrogates)."""
    count, at = uintp(len(data)), uintp(0)
    while at < count:
        if at + uintp(_CHUNK) <= count and _is_ascii(data, at):
            at += uintp(_CHUNK)
            continue
        end = min(at + uintp(_CHUNK), count)
        while at < end:
            _, width = decode(data, at, count)
            if width == uintp(0):
                return False
            at += width
    return True
