"""One native pass over a batch of texts: from UTF-8 to token counts, digests, shingle hashes and signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dedup.fingerprint.composition_kernels import VALID, compose
from dedup.fingerprint.hash_kernels import xxh3_64
from dedup.fingerprint.minhash_kernels import sign
from dedup.fingerprint.property_kernels import TABLES
from dedup.fingerprint.shingle_kernels import hash_shingles
from dedup.fingerprint.sort_kernels import sort_unique
from dedup.fingerprint.token_kernels import COMPOSED, GROWTH, NOT_COMPOSED, SLACK, UNCHECKED, tokenise
from dedup.fingerprint.words import BYTES, POSITIONS, int32, int64, uint8, uintp
from dedup.jit import kernel

if TYPE_CHECKING:
    from dedup.fingerprint.words import Array, Tables

_MASKED = True


@kernel(
    f"UniTuple(int64, 3)({BYTES}, uintp, uintp, boolean, {TABLES}, uint8[::1], uint8[::1], uint32[::1])",
    allocates=False,
)
def _tokenise_any_form(
    data: Array,
    begin: int,
    end: int,
    mask_digits: bool,  # noqa: FBT001  (kernels take arguments by position)
    tables: Tables,
    composed: Array,
    normalised: Array,
    starts: Array,
) -> tuple[int, int, int]:
    """`tokenise` for a text that may have to be composed first, into `composed`, which is as long as `normalised`."""
    length, tokens, fault = tokenise(data, begin, end, mask_digits, UNCHECKED, tables, normalised, starts)
    if fault != int64(NOT_COMPOSED):
        return length, tokens, fault
    composed_length, fault = compose(data, begin, end, tables, composed)
    if fault != int64(VALID):
        return int64(0), int64(0), fault
    return tokenise(composed, uintp(0), uintp(composed_length), mask_digits, COMPOSED, tables, normalised, starts)


@kernel(
    f"UniTuple(int64, 2)({BYTES}, {POSITIONS}, {POSITIONS}, uintp, boolean, {TABLES}, uint32[:, ::1],"
    " uint64[::1], int32[::1], uint32[::1], int64[::1], uint32[:, ::1])"
)
def fingerprint(
    data: Array,
    begins: Array,
    ends: Array,
    shingle: int,
    mask_digits: bool,  # noqa: FBT001
    tables: Tables,
    permutations: Array,
    digests: Array,
    token_counts: Array,
    hashes: Array,
    hash_offsets: Array,
    signatures: Array,
) -> tuple[int, int]:
    """Fingerprints of `n` texts. An output that has no room is not computed.

    Args:
        data: uint8[:], UTF-8.
        begins: int64[n], the first byte of each text.
        ends: int64[n], one past the last byte of each text; checked by the caller.
        shingle: tokens a shingle, 1 or more.
        mask_digits: each run of numbers inside a token becomes one `0`.
        tables: the frozen Unicode tables.
        permutations: uint32[2, padded], see `sign`.
        digests: uint64[n or 0], xxh3_64 of the normalised text.
        token_counts: int32[n or 0].
        hashes: uint32[capacity], the shingle hashes of each text, sorted, each once; a text of `m` bytes needs room
            for `m // 2 + 1`.
        hash_offsets: int64[n + 1 or 0] into `hashes`.
        signatures: uint32[n or 0, num_perm].

    Returns:
        The first text that is not valid UTF-8 and the position in it; -1 twice where all are.
    """
    count = uintp(begins.size)
    longest = uintp(0)
    for text in range(count):
        longest = max(longest, uintp(ends[text] - begins[text]))
    normalised = np.empty(uintp(GROWTH) * longest + uintp(SLACK), np.uint8)
    composed = np.empty(normalised.size, np.uint8)  # most of it is never touched, and takes no memory
    starts = np.empty(longest // uintp(2) + uintp(1 + SLACK), np.uint32)
    text_hashes = np.empty(starts.size, np.uint32)
    scratch = np.empty(starts.size, np.uint32)
    lanes = np.empty(8, np.uint64)
    num_perm = uintp(signatures.shape[1])
    flat_signatures = signatures.reshape(-1)
    total = uintp(0)
    if hash_offsets.size:
        hash_offsets[0] = int64(0)
    for text in range(count):
        begin, end = uintp(begins[text]), uintp(ends[text])
        length, tokens, fault = _tokenise_any_form(
            data, begin, end, mask_digits, tables, composed, normalised, starts
        )
        if fault != int64(VALID):
            return int64(text), fault - int64(begin)
        if token_counts.size:
            token_counts[text] = int32(tokens)
        if digests.size:
            digests[text] = xxh3_64(normalised, uintp(0), uintp(length), lanes)
        if hash_offsets.size or signatures.shape[0]:
            shingles = hash_shingles(normalised, uintp(length), starts, uintp(tokens), uintp(shingle), text_hashes)
            if signatures.shape[0]:
                sign(text_hashes, shingles, permutations, scratch, flat_signatures, text * num_perm, num_perm)
            if hash_offsets.size:
                unique = sort_unique(text_hashes, scratch, shingles)
                for at in range(unique):
                    hashes[total + at] = text_hashes[at]
                total += unique
                hash_offsets[text + uintp(1)] = int64(total)
    return int64(-1), int64(-1)


@kernel(inline=True)
def _may_hold_number(data: Array, begin: int, end: int) -> bool:
    """Whether a text has an ASCII digit, or a character that is none of the letters and marks of most Western text."""
    digit = beyond = uint8(0)
    for at in range(begin, end):
        digit |= uint8(uint8(data[at] - uint8(48)) < uint8(10))
        beyond |= uint8(data[at] >= uint8(0x80))
    if digit or not beyond:
        return bool(digit)
    for at in range(begin, end):
        byte = data[at]
        if byte < uint8(0xC0) or uint8(0xC3) <= byte <= uint8(0xD7):  # U+00C0 to U+05FF have no numbers
            continue
        following = data[at + uintp(1)]
        if byte == uint8(0xE2) and following == uint8(0x80):  # nor do U+2000 to U+203F
            continue
        if byte != uint8(0xC2) or uint8(0xB2) <= following <= uint8(0xBE):
            return True
    return False


@kernel(f"int64({BYTES}, {POSITIONS}, boolean[::1], int32[::1], uint64[::1], {TABLES}, uint64[::1])")
def masked_digests(
    data: Array,
    offsets: Array,
    wanted: Array,
    token_counts: Array,
    plain: Array,
    tables: Tables,
    digests: Array,
) -> int:
    """Digests of the wanted texts of a page with masked numbers; those without numbers have one already.

    Args:
        data: uint8[:], UTF-8, checked.
        offsets: int64[n + 1], text `i` is `data[offsets[i] : offsets[i + 1]]`.
        wanted: bool[n].
        token_counts: int32[n]; a text without tokens is left out.
        plain: uint64[n], digests with numbers as they are.
        tables: the frozen Unicode tables.
        digests: uint64[n], filled from its beginning.

    Returns:
        How many were filled.
    """
    count = uintp(wanted.size)
    longest = uintp(0)
    for text in range(count):
        if wanted[text]:
            longest = max(longest, uintp(offsets[text + uintp(1)] - offsets[text]))
    normalised = np.empty(uintp(GROWTH) * longest + uintp(SLACK), np.uint8)
    composed = np.empty(normalised.size, np.uint8)
    starts = np.empty(longest // uintp(2) + uintp(1 + SLACK), np.uint32)
    lanes = np.empty(8, np.uint64)
    filled = uintp(0)
    for text in range(count):
        if not wanted[text] or not token_counts[text]:
            continue
        begin, end = uintp(offsets[text]), uintp(offsets[text + uintp(1)])
        digests[filled] = plain[text]
        if _may_hold_number(data, begin, end):
            length, _, _ = _tokenise_any_form(data, begin, end, _MASKED, tables, composed, normalised, starts)
            digests[filled] = xxh3_64(normalised, uintp(0), uintp(length), lanes)
        filled += uintp(1)
    return int64(filled)


@kernel(f"UniTuple(int64, 2)({BYTES}, boolean, {TABLES}, uint8[::1])")
def normalise(data: Array, mask_digits: bool, tables: Tables, out: Array) -> tuple[int, int]:  # noqa: FBT001
    """The normalised text of one text.

    Args:
        data: uint8[:], UTF-8.
        mask_digits: each run of numbers inside a token becomes one `0`.
        tables: the frozen Unicode tables.
        out: uint8[:], `GROWTH` times the bytes of `data` and `SLACK`.

    Returns:
        The bytes written, and -1 or the position of the first byte that is not valid UTF-8.
    """
    size = uintp(data.size)
    starts = np.empty(size // uintp(2) + uintp(1 + SLACK), np.uint32)
    composed = np.empty(out.size, np.uint8)
    length, _, fault = _tokenise_any_form(data, uintp(0), size, mask_digits, tables, composed, out, starts)
    return length, fault
