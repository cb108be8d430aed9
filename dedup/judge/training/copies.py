"""Copies of training pages without what only some templates say of themselves.

Old pages and page builders name no landmarks and have class names that tell nothing. Trees that saw some pages both
ways lean less on such names: held out, they are as good on the pages as they are, and better on pages without.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from dedup.judge import columns
from dedup.judge.features import Features
from dedup.judge.training.dataset import LabelledPage
from dedup.segment import dom_kernels as dom
from dedup.segment import reduce_kernels as reduction
from dedup.segment.segments import ElementTable
from dedup.segment.tags import ID

SHARE: Final = 25  # of a hundred pages
WEIGHT: Final = np.float32(0.3)  # of a copy, against the page itself

_LANDMARKS: Final = (
    *("main", "article", "nav", "footer", "header", "aside", "section"),
    *("figure", "button", "address", "details"),
)
_LANDMARK_IDS: Final = [ID[name] for name in _LANDMARKS]
_FAR_NAMES: Final = frozenset(f"to_{name}" for name in _LANDMARKS)
_FAR: Final = [index for index, name in enumerate(columns.NAMES) if name.startswith("class_") or name in _FAR_NAMES]
_NONE: Final = [
    columns.NAMES.index(name)
    for name in (
        *("page_posts", "page_comments", "page_products", "page_reviews", "page_questions", "page_hints"),
        *("page_main", "page_article", "page_articles", "is_section"),
    )
]


def copies(pages: Sequence[LabelledPage]) -> Iterator[LabelledPage]:
    """A copy of some of the pages that have markup; which ones, their ids tell."""
    for page in pages:
        if len(page.rows) == 1:  # plain text
            continue
        name = f"{page.name} {page.given.get('id')}"
        if int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) % 100 < SHARE:
            yield replace(
                page,
                evidence=_without_names(page.evidence),
                weights=page.weights * WEIGHT,
                around=page.around and _bare(page.around),
            )


def _without_names(evidence: Features) -> Features:
    table = evidence.table.copy()
    table[:, _FAR] = columns.FAR
    table[:, _NONE] = 0
    return replace(evidence, table=table)


def _bare(around: ElementTable) -> ElementTable:
    """The elements without class and id, each landmark a plain one."""
    rows, tags = around.rows.copy(), around.tags.copy()
    rows[np.isin(rows[:, dom.TAG], _LANDMARK_IDS), dom.TAG] = ID["div"]
    tags[:, [reduction.CLASS_START, reduction.CLASS_END, reduction.ID_START, reduction.ID_END]] = 0
    return replace(around, rows=rows, tags=tags)
