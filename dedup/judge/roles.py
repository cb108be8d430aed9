"""What kind of furniture a removed block is, by the nearest ancestor that tells."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.judge import columns
from dedup.judge.phrases import told_roles
from dedup.judge.role_kernels import nearest
from dedup.page import Role
from dedup.segment.segments import Segments

_COLUMNS: Final[dict[str, Role]] = {
    "to_nav": "navigation",
    "to_footer": "footer",
    "to_aside": "related",
    "class_navigation": "navigation",
    "class_breadcrumb": "navigation",
    "class_skip": "navigation",
    "class_language": "navigation",
    "class_footer": "footer",
    "class_related": "related",
    "class_popular": "related",
    "class_sidebar": "related",
    "class_share": "share",
    "class_comments": "comments",
    "class_consent": "consent",
    "class_advert": "advert",
    "class_newsletter": "newsletter",
    "class_search": "search",
    "class_pagination": "pagination",
    "class_author": "byline_box",
}
_NONE: Final = len(_COLUMNS)
_ROLES: Final[tuple[Role | None, ...]] = (*_COLUMNS.values(), None)
DISTANCES: Final = np.array([columns.NAMES.index(name) for name in _COLUMNS], np.int64)
"""Of the features, those that tell roles by how far away something stands: in elements, all from `FAR` on alike."""
_LINK_SHARE: Final = columns.NAMES.index("link_share")
_LINKED: Final = 0.6
_WORDS: Final = columns.NAMES.index("words")
MEASURES: Final = np.array([_LINK_SHARE, _WORDS])
"""Of the features that tell roles, those of a block's own."""
_COMMENT_WORDS: Final = 3
_TELLING_WORDS: Final = 40  # a longer text that speaks of cookies is not a cookie notice


def roles(
    page: Segments, table: npt.NDArray[np.float32], words: npt.NDArray[np.int32], removed: npt.NDArray[np.bool_]
) -> list[Role | None]:
    """The role of each removed block, where its text, its ancestors or its links tell one.

    Args:
        page: the n blocks.
        table: float32[n, features].
        words: int32[n].
        removed: bool[n].
    """
    ancestors = np.empty(len(removed), np.int8)
    nearest(table, DISTANCES, columns.FAR, removed, ancestors)
    found = [_ROLES[ancestor] for ancestor in ancestors.tolist()]
    elsewhere = removed & (ancestors == _NONE)
    for block in np.flatnonzero(elsewhere & (table[:, _LINK_SHARE] >= _LINKED)).tolist():
        found[block] = "navigation"
    for block, role in told_roles(page, np.flatnonzero(elsewhere & (words <= _TELLING_WORDS))):
        found[block] = role
    return found


def keep_comments(
    content: npt.NDArray[np.bool_], furniture: list[Role | None], table: npt.NDArray[np.float32]
) -> None:
    """Keep what readers wrote: the blocks of comment sections that are no links, such as "reply" or a name's profile.

    Args:
        content: bool[n], changed in place.
        furniture: n roles.
        table: float32[n, features].
    """
    comments = np.array([role == "comments" for role in furniture], np.bool_)
    content |= comments & (table[:, _LINK_SHARE] < _LINKED) & (table[:, _WORDS] >= _COMMENT_WORDS)
