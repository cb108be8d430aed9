"""A model of the parser's stack of open elements (HTML standard, section 13.2.6) that errs to the deep side."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dedup.jit import kernel
from dedup.segment.tags import ADOPTED, CLOSES_P, ID, SCOPE, SPECIAL

_ADDRESS = ID["address"]
_BUTTON = ID["button"]
_DD = ID["dd"]
_DIV = ID["div"]
_DT = ID["dt"]
_H1 = ID["h1"]
_H6 = ID["h6"]
_LI = ID["li"]
_OL = ID["ol"]
_P = ID["p"]
_TABLE = ID["table"]
_TBODY = ID["tbody"]
_TD = ID["td"]
_TFOOT = ID["tfoot"]
_TH = ID["th"]
_THEAD = ID["thead"]
_TR = ID["tr"]
_UL = ID["ul"]

Stack = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.uint16]


@kernel()
def scan_stack(stack: Stack, depth: int, wanted: int, other: int, flags: Flags) -> int:
    """Depth of the nearest open `wanted` or `other` that no table boundary hides, -1 where there is none."""
    for level in range(depth - 1, -1, -1):
        tag = stack[level]
        if tag in (wanted, other):
            return level
        if flags[tag] & SCOPE:
            return -1
    return -1


@kernel()
def has_table(stack: Stack, depth: int) -> bool:
    """Whether a table is open; outside one, its parts are ignored."""
    level = depth - 1
    while level >= 0 and stack[level] != _TABLE:
        level -= 1
    return level >= 0


@kernel()
def in_table(stack: Stack, depth: int, first: int, second: int, third: int) -> int:
    """Lowest level of one of three parts of the innermost open table, -1 where none is open."""
    lowest = -1
    for level in range(depth - 1, -1, -1):
        tag = stack[level]
        if tag == _TABLE:
            break
        if tag in (first, second, third):
            lowest = level
    return lowest


@kernel()
def implied_depth(stack: Stack, depth: int, tag: int, flags: Flags) -> int:
    """Depth of the stack after the ends that a start tag implies."""
    if flags[tag] & CLOSES_P:
        level = scan_stack(stack, depth, _P, _BUTTON, flags)
        if level >= 0 and stack[level] == _BUTTON:
            level = -1
        if level >= 0:
            depth = level
    if tag in (_LI, _DD, _DT):
        first, second = (_LI, _LI) if tag == _LI else (_DD, _DT)
        for level in range(depth - 1, -1, -1):
            other = stack[level]
            if other in (first, second):
                return level
            if flags[other] & SPECIAL and other not in (_ADDRESS, _DIV, _P):
                break
    elif tag in (_TD, _TH):
        level = in_table(stack, depth, _TD, _TH, _TH)
        if level >= 0:
            return level
    elif tag == _TR:
        level = in_table(stack, depth, _TR, _TR, _TR)
        if level >= 0:
            return level
    elif tag in (_TBODY, _THEAD, _TFOOT):
        level = in_table(stack, depth, _TBODY, _THEAD, _TFOOT)
        if level >= 0:
            return level
    elif tag == _BUTTON:
        level = scan_stack(stack, depth, _BUTTON, _BUTTON, flags)
        if level >= 0:
            return level
    elif depth and (_H1 <= tag <= _H6 and _H1 <= stack[depth - 1] <= _H6):
        return depth - 1
    return depth


@kernel()
def closed_depth(
    stack: Stack,
    keys: npt.NDArray[np.uint64],
    depth: int,
    tag: int,
    key: np.uint64,
    flags: Flags,
) -> int:
    """Depth of the stack after an end tag; the stack itself loses a misnested formatting element."""
    if flags[tag] & ADOPTED:
        for level in range(depth - 1, -1, -1):
            if stack[level] == tag:
                for above in range(level, depth - 1):
                    stack[above] = stack[above + 1]
                    keys[above] = keys[above + 1]
                return depth - 1
            if flags[stack[level]] & SCOPE:
                break
        return depth
    if flags[tag] & SPECIAL:
        for level in range(depth - 1, -1, -1):
            if keys[level] == key or (_H1 <= tag <= _H6 and _H1 <= stack[level] <= _H6):
                return level
            other = stack[level]
            if (tag == _LI and other in (_UL, _OL)) or (tag == _P and other == _BUTTON):
                break
            if flags[other] & SCOPE and (tag not in (_TABLE, _TR, _TBODY, _THEAD, _TFOOT) or other == _TABLE):
                break
        return depth
    for level in range(depth - 1, -1, -1):
        if keys[level] == key:
            return level
        if flags[stack[level]] & SPECIAL:
            break
    return depth
