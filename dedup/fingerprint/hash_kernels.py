"""xxh32 and xxh3_64 with seed 0, bit for bit those of the xxHash specification (doc/xxhash_spec.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dedup.fingerprint.vector_kernels import load_32, load_64, multiply_and_fold, rotate_left_32, rotate_left_64
from dedup.fingerprint.words import BYTES, uint32, uint64, uintp
from dedup.jit import kernel

if TYPE_CHECKING:
    from dedup.fingerprint.words import Array

P32_1 = uint32(0x9E3779B1)
P32_2 = uint32(0x85EBCA77)
P32_3 = uint32(0xC2B2AE3D)
P32_4 = uint32(0x27D4EB2F)
P32_5 = uint32(0x165667B1)
P32_1_PLUS_2 = uint32(0x24234428)
MINUS_P32_1 = uint32(0x61C8864F)

P64_1 = uint64(0x9E3779B185EBCA87)
P64_2 = uint64(0xC2B2AE3D27D4EB4F)
P64_3 = uint64(0x165667B19E3779F9)
P64_4 = uint64(0x85EBCA77C2B2AE63)
P64_5 = uint64(0x27D4EB2F165667C5)
P64_MX1 = uint64(0x165667919E3779F9)
P64_MX2 = uint64(0x9FB21C651E98DF25)

SECRET = np.frombuffer(
    bytes.fromhex(
        "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221"
        "b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
        "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb"
        "170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e"
    ),
    np.uint8,
)
STRIPE = 64
BLOCK = 1024  # stripes before the accumulators are scrambled, in bytes: (192 - 64) / 8 of them


@kernel(inline=True)
def _round_32(lane: int, word: int) -> int:
    mixed = uint32(uint32(lane) + uint32(uint32(word) * P32_2))
    return uint32(rotate_left_32(mixed, 13) * P32_1)


@kernel(inline=True)
def xxh32(data: Array, start: int, size: int) -> int:
    """xxh32 of `data[start : start + size]`."""
    at = uintp(start)
    left = uintp(size)
    if left >= uintp(16):
        first, second, third, fourth = P32_1_PLUS_2, P32_2, uint32(0), MINUS_P32_1
        while left >= uintp(16):
            first = _round_32(first, load_32(data, at))
            second = _round_32(second, load_32(data, at + uintp(4)))
            third = _round_32(third, load_32(data, at + uintp(8)))
            fourth = _round_32(fourth, load_32(data, at + uintp(12)))
            at += uintp(16)
            left -= uintp(16)
        early = uint32(rotate_left_32(first, 1) + rotate_left_32(second, 7))
        late = uint32(rotate_left_32(third, 12) + rotate_left_32(fourth, 18))
        state = uint32(early + late)
    else:
        state = P32_5
    state = uint32(state + uint32(size))
    while left >= uintp(4):
        state = uint32(state + uint32(load_32(data, at) * P32_3))
        state = uint32(rotate_left_32(state, 17) * P32_4)
        at += uintp(4)
        left -= uintp(4)
    while left > uintp(0):
        state = uint32(state + uint32(uint32(data[at]) * P32_5))
        state = uint32(rotate_left_32(state, 11) * P32_1)
        at += uintp(1)
        left -= uintp(1)
    state = uint32((state ^ (state >> uint32(15))) * P32_2)
    state = uint32((state ^ (state >> uint32(13))) * P32_3)
    return uint32(state ^ (state >> uint32(16)))


@kernel(inline=True)
def _mix(data: Array, at: int, secret: int) -> int:
    low = load_64(data, at) ^ load_64(SECRET, secret)
    high = load_64(data, at + uintp(8)) ^ load_64(SECRET, secret + uintp(8))
    return uint64(multiply_and_fold(low, high))


@kernel(inline=True)
def _avalanche(word: int) -> int:
    return _xor_shift(_xor_shift(word, 37) * P64_MX1, 32)


@kernel(inline=True)
def _avalanche_64(word: int) -> int:
    return _xor_shift(_xor_shift(_xor_shift(word, 33) * P64_2, 29) * P64_3, 32)


@kernel(inline=True)
def _avalanche_short(word: int, size: int) -> int:
    word = (word ^ rotate_left_64(word, 49) ^ rotate_left_64(word, 24)) * P64_MX2
    word = (word ^ ((word >> uint64(35)) + uint64(size))) * P64_MX2
    return _xor_shift(word, 28)


@kernel(inline=True)
def _xor_shift(word: int, by: int) -> int:
    return uint64(word) ^ (uint64(word) >> uint64(by))


@kernel(inline=True)
def _swap_bytes(word: int) -> int:
    swapped = (word & uint64(0x00FF00FF00FF00FF)) << uint64(8) | (word >> uint64(8)) & uint64(0x00FF00FF00FF00FF)
    swapped = (swapped & uint64(0x0000FFFF0000FFFF)) << uint64(16) | (swapped >> uint64(16)) & uint64(
        0x0000FFFF0000FFFF
    )
    return swapped << uint64(32) | swapped >> uint64(32)


@kernel(inline=True)
def _up_to_128(data: Array, start: int, size: int) -> int:
    end = start + size
    state = uint64(size) * P64_1
    if size > uintp(32):
        if size > uintp(64):
            if size > uintp(96):
                state += _mix(data, start + uintp(48), 96) + _mix(data, end - uintp(64), 112)
            state += _mix(data, start + uintp(32), 64) + _mix(data, end - uintp(48), 80)
        state += _mix(data, start + uintp(16), 32) + _mix(data, end - uintp(32), 48)
    state += _mix(data, start, 0) + _mix(data, end - uintp(16), 16)
    return _avalanche(state)


@kernel(inline=True)
def _up_to_240(data: Array, start: int, size: int) -> int:
    state = uint64(size) * P64_1
    for at in range(uintp(0), uintp(128), uintp(16)):
        state += _mix(data, start + at, at)
    state = _avalanche(state)
    for at in range(uintp(128), size - uintp(15), uintp(16)):
        state += _mix(data, start + at, at - uintp(125))
    return _avalanche(state + _mix(data, start + size - uintp(16), 119))


@kernel(inline=True)
def _accumulate(lanes: Array, data: Array, at: int, secret: int) -> None:
    for lane in range(uintp(8)):
        word = load_64(data, at + lane * uintp(8))
        keyed = word ^ load_64(SECRET, secret + lane * uintp(8))
        lanes[lane ^ uintp(1)] += word
        lanes[lane] += (keyed & uint64(0xFFFFFFFF)) * (keyed >> uint64(32))


@kernel(inline=True)
def _scramble(lanes: Array) -> None:
    for lane in range(uintp(8)):
        word = _xor_shift(lanes[lane], 47) ^ load_64(SECRET, uintp(128) + lane * uintp(8))
        lanes[lane] = word * uint64(P32_1)


@kernel(inline=True)
def _long(data: Array, start: int, size: int, lanes: Array) -> int:
    lanes[0], lanes[1], lanes[2], lanes[3] = uint64(P32_3), P64_1, P64_2, P64_3
    lanes[4], lanes[5], lanes[6], lanes[7] = P64_4, uint64(P32_2), P64_5, uint64(P32_1)
    last = start + size - uintp(STRIPE)
    key = uintp(0)
    # The last whole stripe of a text is left to the one that ends with it.
    for at in range(start, start + size - uintp(1) - (size - uintp(1)) % uintp(STRIPE), uintp(STRIPE)):
        _accumulate(lanes, data, at, key)
        key += uintp(8)
        if key == uintp(BLOCK // 8):
            _scramble(lanes)
            key = uintp(0)
    _accumulate(lanes, data, last, uintp(121))
    state = uint64(size) * P64_1
    for pair in range(uintp(0), uintp(8), uintp(2)):
        secret = uintp(11) + pair * uintp(8)
        left = lanes[pair] ^ load_64(SECRET, secret)
        right = lanes[pair + uintp(1)] ^ load_64(SECRET, secret + uintp(8))
        state += multiply_and_fold(left, right)
    return _avalanche(state)


@kernel(f"uint64({BYTES}, uintp, uintp, uint64[::1])", allocates=False)
def xxh3_64(data: Array, start: int, size: int, lanes: Array) -> int:
    """xxh3_64 of `data[start : start + size]`; `lanes` is scratch, uint64[8]."""
    end = start + size
    if size > uintp(240):
        return _long(data, start, size, lanes)
    if size > uintp(128):
        return _up_to_240(data, start, size)
    if size > uintp(16):
        return _up_to_128(data, start, size)
    if size > uintp(8):
        low = load_64(data, start) ^ load_64(SECRET, 24) ^ load_64(SECRET, 32)
        high = load_64(data, end - uintp(8)) ^ load_64(SECRET, 40) ^ load_64(SECRET, 48)
        return _avalanche(uint64(size) + _swap_bytes(low) + high + multiply_and_fold(low, high))
    if size >= uintp(4):
        words = uint64(load_32(data, end - uintp(4))) | uint64(load_32(data, start)) << uint64(32)
        return _avalanche_short(words ^ load_64(SECRET, 8) ^ load_64(SECRET, 16), size)
    if size > uintp(0):
        middle = data[start + size // uintp(2)]
        letters = uint64(data[start]) << uint64(16) | uint64(middle) << uint64(24) | uint64(data[end - uintp(1)])
        key = uint64(load_32(SECRET, 0) ^ load_32(SECRET, 4))
        return _avalanche_64(letters ^ uint64(size) << uint64(8) ^ key)
    return _avalanche_64(load_64(SECRET, 56) ^ load_64(SECRET, 64))
