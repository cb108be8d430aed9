"""The elements that segmentation knows, and what it does with each.

Names and groups follow the HTML standard (https://html.spec.whatwg.org/, sections 13.1.2 and 13.2.4); which of them
break a line follows its rendering section. A name is packed into one integer so that a kernel compares it in one
step.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

CUSTOM: Final = 1  # any name with a hyphen; 0 is any other name that is not known

FNV_OFFSET: Final = 0xCBF29CE484222325
FNV_PRIME: Final = 0x100000001B3

VOID: Final = 1  # has no end tag
BLOCK: Final = 2  # starts and ends a block of text
FORMATTING: Final = 4  # changes the look of text and nothing else: left out, so that none is ever reopened
SPECIAL: Final = 8  # an end tag of an ordinary element never reaches past it
SCOPE: Final = 16  # no end tag reaches past it but that of a cell or a table
DROP: Final = 32  # neither its text nor its markup is content: left out up to its end tag
UNSEEN: Final = 64  # the tag is recorded but not parsed: it makes no box
CLOSES_P: Final = 128  # its start tag ends an open paragraph
TABLE_PART: Final = 1024  # ignored outside a table
ADOPTED: Final = 512  # its end tag may stand in the wrong place (the standard's adoption agency)
SKIP: Final = 256  # parsed, but its text is no block (choices of a form, the head)

_GROUPS: Final[dict[str, int]] = {
    "area br col embed hr img input keygen param source track wbr": VOID,
    "meta link base basefont bgsound frame": VOID | UNSEEN,
    "frameset math": UNSEEN,
    "script style iframe noembed noframes textarea annotation annotation-xml svg select": DROP,
    "b big code em font i s small strike strong tt u nobr ruby rb rt rp rtc": FORMATTING,
    "a": ADOPTED,
    "address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer"
    " form header hgroup main menu nav ol p pre search section summary ul h1 h2 h3 h4 h5 h6 xmp listing plaintext": (
        BLOCK | SPECIAL | CLOSES_P
    ),
    "dd dt li": BLOCK | SPECIAL | CLOSES_P,
    "html body": BLOCK | SPECIAL,
    "table": BLOCK | SPECIAL | SCOPE | CLOSES_P,
    "td th caption": BLOCK | SPECIAL | SCOPE | TABLE_PART,
    "tr tbody thead tfoot colgroup": BLOCK | SPECIAL | TABLE_PART,
    "head title": SPECIAL | SKIP,
    "option optgroup datalist": SKIP,
    "button": BLOCK | SPECIAL,
    "legend": BLOCK,
    "template": BLOCK | SPECIAL | SCOPE,
    "object applet marquee": SPECIAL | SCOPE,
    "noscript": SPECIAL,
    "abbr acronym audio bdi bdo canvas cite data del dfn ins kbd label map mark meter output picture progress q"
    " samp slot span sub sup time var video": 0,
}

NAMES: Final[tuple[str, ...]] = ("", "-", *(name for group in _GROUPS for name in group.split()))
ID: Final[dict[str, int]] = {name: number for number, name in enumerate(NAMES)}
FLAGS: Final[npt.NDArray[np.uint16]] = np.zeros(256, np.uint16)
for _group, _flags in _GROUPS.items():
    for _name in _group.split():
        FLAGS[ID[_name]] = _flags
FLAGS[[ID["hr"]]] |= BLOCK | CLOSES_P | SPECIAL
FLAGS[[ID["xmp"], ID["plaintext"], ID["marquee"]]] |= BLOCK


def name_key(name: str) -> int:
    """FNV-1a, 64 bits, of a name's UTF-8 (http://www.isthe.com/chongo/tech/comp/fnv/), as the kernels compute it."""
    key = FNV_OFFSET
    for byte in name.encode():
        key = (key ^ byte) * FNV_PRIME & (2**64 - 1)
    return key


def lookup_table(numbers: dict[str, int], bits: int) -> npt.NDArray[np.uint64]:
    """Names to numbers, as an open-addressing table.

    Args:
        numbers: from name to number, from 1.
        bits: the table has 2**bits slots.

    Returns:
        uint64[2**bits, 2]: key and number; an empty slot has key 0. A key's first slot is its low bits.
    """
    table = np.zeros((1 << bits, 2), np.uint64)
    for name, number in numbers.items():
        key = name_key(name)
        slot = key % (1 << bits)
        while table[slot, 0]:
            slot = (slot + 1) % (1 << bits)
        table[slot] = key, number
    return table


TABLE: Final = lookup_table({name: number for number, name in enumerate(NAMES) if number > CUSTOM}, 10)
