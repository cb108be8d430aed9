"""A small rule in the place of a judge: landmarks, tell-tale names and texts, links, and where the body stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.judge.phrases import is_list_heading, role_of
from dedup.page import Role
from dedup.repeats.page import LONG_WORDS, PageRepeats
from dedup.segment import reduce_kernels, telltales
from dedup.segment import shape_kernels as shape
from dedup.segment import walk_kernels as walk
from dedup.segment.segments import ElementTable, Segments
from dedup.segment.tags import NAMES

MODEL: Final = "rules-1"

_ROLE_OF_CATEGORY: Final[dict[str, Role]] = {
    "navigation": "navigation",
    "breadcrumb": "navigation",
    "skip": "navigation",
    "footer": "footer",
    "sidebar": "related",
    "related": "related",
    "popular": "related",
    "share": "share",
    "comments": "comments",
    "consent": "consent",
    "advert": "advert",
    "newsletter": "newsletter",
    "login": "navigation",
    "search": "search",
    "pagination": "pagination",
    "modal": "consent",
}
_ROLE_OF_TAG: Final[dict[str, Role]] = {"nav": "navigation", "footer": "footer", "aside": "related", "form": "search"}
_PROSE_SHARE: Final = 0.3  # an element with this share of the page's prose is no furniture, whatever its name
_FURNITURE_WORDS: Final = 40  # a longer block is not judged by what it says of itself
_LINKED: Final = 0.6

_BY_BIT: Final[list[tuple[int, Role]]] = [
    (1 << telltales.CATEGORIES.index(category), role) for category, role in _ROLE_OF_CATEGORY.items()
]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the judge says of each block.

    Attributes:
        scores: float32[n], from 0 (boilerplate) to 1 (content).
        roles: n roles of furniture, None where it cannot be told.
        model: name and version of the judge.
    """

    scores: npt.NDArray[np.float32]
    roles: list[Role | None]
    model: str


def judge(page: Segments, shapes: npt.NDArray[np.int32], repeats: PageRepeats) -> Judgement:
    """Score the blocks of a page."""
    view = _View(page, shapes, repeats)
    scores = np.full(len(page), 0.9, np.float32)
    roles: list[Role | None] = [None] * len(page)
    for block in range(len(page)):
        score, role = view.judge(block)
        scores[block] = score
        roles[block] = role
    view.drop_tail_lists(scores, roles)
    return Judgement(scores, roles, MODEL)


class _View:
    def __init__(self, page: Segments, shapes: npt.NDArray[np.int32], repeats: PageRepeats) -> None:
        self.page = page
        self.texts = page.texts
        self.words: list[int] = shapes[:, shape.WORDS].tolist()
        self.ends: list[int] = shapes[:, shape.ENDS].tolist()
        linked = page.link_chars >= _LINKED * page.chars
        prose = (shapes[:, shape.WORDS] >= LONG_WORDS) & ~linked & ~repeats.widget & (page.flags & walk.HIDDEN == 0)
        self.linked: list[bool] = linked.tolist()
        self.body: list[int] = np.flatnonzero(prose).tolist()
        self.widget: list[bool] = repeats.widget.tolist()
        self.headline = self._headline()
        self.furniture: dict[int, Role | None] = (
            _furniture(page.table, page.elements, shapes[:, shape.WORDS] * prose) if page.table else {}
        )

    def _headline(self) -> int:
        levels: list[int] = self.page.levels.tolist()
        if 1 in levels:
            return int(levels.index(1))
        title = (self.page.title or "").lower()
        for block, text in enumerate(self.texts):
            if len(text) > 8 and self.words[block] > 2 and title.startswith(text.lower()):
                return block
        return 0

    def judge(self, block: int) -> tuple[float, Role | None]:
        """Score and role of a block by itself."""
        if self.page.table is None:
            return self._judge_text(block)
        if block == self.headline:
            return 0.95, None
        if self.page.flags[block] & walk.HIDDEN:
            return 0.1, None
        role = self.furniture.get(int(self.page.elements[block]))
        if role:
            return 0.05, role
        if self.linked[block] and self.words[block] < _FURNITURE_WORDS:
            return 0.1, "navigation"
        if (
            self.words[block] < _FURNITURE_WORDS
            and self.ends[block] != shape.SENTENCE
            and is_list_heading(self.texts[block])
        ):
            return 0.1, "related"
        if self.body and not self.body[0] <= block <= self.body[-1]:
            role = role_of(self.texts[block]) if self.words[block] < _FURNITURE_WORDS else None
            if role:
                return 0.1, role
            if block < self.headline or (block > self.body[-1] and not self._is_sentence(block)):
                return 0.3, None
        return 0.9, None

    def _judge_text(self, block: int) -> tuple[float, Role | None]:
        inside = self.body and self.body[0] <= block <= self.body[-1]
        if self.words[block] >= _FURNITURE_WORDS or inside or not self.body:
            return 0.9, None
        role = role_of(self.texts[block])
        return (0.1, role) if role else (0.9, None)

    def _is_sentence(self, block: int) -> bool:
        return self.ends[block] in (shape.SENTENCE, shape.ELLIPSIS) and self.words[block] >= 4

    def drop_tail_lists(self, scores: npt.NDArray[np.float32], roles: list[Role | None]) -> None:
        """After the body, a heading of other pages' lists takes with it what stands under it."""
        if not self.body:
            return
        under = False
        for block in range(self.body[-1] + 1, len(self.words)):
            if is_list_heading(self.texts[block]):
                under = True
            if under:
                scores[block] = 0.1
                roles[block] = "related"


def _furniture(
    table: ElementTable, blocks: npt.NDArray[np.int32], prose: npt.NDArray[np.int32]
) -> dict[int, Role | None]:
    """The role of each block's element, by the nearest ancestor that tells one and holds little of the prose."""
    mass = np.bincount(blocks, weights=prose, minlength=len(table.rows))
    parents = table.rows[:, walk.PARENT].tolist()
    masses = mass.tolist()
    for element in range(len(parents) - 1, 0, -1):
        if parents[element] >= 0:
            masses[parents[element]] += masses[element]
    limit = max(_PROSE_SHARE * sum(mass), 1)
    roles: dict[int, Role | None] = {}
    for start in set(blocks.tolist()):
        element = start
        while element >= 0 and masses[element] < limit:
            role = _role(table, element)
            if role:
                roles[start] = role
                break
            element = parents[element]
    return roles


def _role(table: ElementTable, element: int) -> Role | None:
    tag = NAMES[table.rows[element, walk.TAG]]
    if tag in _ROLE_OF_TAG:
        return _ROLE_OF_TAG[tag]
    if tag in ("p", "h1", "article", "main", "body"):
        return None
    number = table.rows[element, walk.NUMBER]
    if number < 0 or not table.tags[number, reduce_kernels.CLASS_END]:
        return None
    mask = int(table.categories[number])
    return next((role for bit, role in _BY_BIT if mask & bit), None)
