"""What a page repeats: lists that stand on it more than once, and the furniture that they drag along.

Exact repeats alone leave half of such a widget behind: the second list holds teasers that the first one lacks, and
both have headings. So a repeated run grows over its neighbours, item by item, as far as they look like its own items,
and takes its heading. Text that merely recurs (a refrain, a motion that was carried, equal specifications, a quoted
sentence) is no widget: a widget's items are titles or titles with summaries, they are short, and the page has a body
of prose beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.options import RepeatOptions
from dedup.repeats.kernels import LABEL_WORDS
from dedup.repeats.runs import Family, Run, find_families
from dedup.repeats.twins import Twins
from dedup.segment import dom_kernels
from dedup.segment import shape_kernels as shape
from dedup.segment.segments import KINDS, ElementTable, Segments
from dedup.segment.tags import ID

LONG_WORDS: Final = 25  # a block with as many is prose
ITEM_WORDS: Final = 60  # no item of a repeated list is longer
BODY_WORDS: Final = 80  # of prose beside the lists, without which a page's lists are its content
HEADING_WORDS: Final = 6
LINKED: Final = 0.6  # share of a list's characters that stand in links
TITLE_WORDS: Final = 4  # a title says something; a label, a speaker or a datum is shorter
MAX_ITEMS: Final = 40  # that a run may grow by in either direction
LEAD_BLOCKS: Final = 6  # between a headline and its first paragraph

AGAIN_CHARS: Final = 80  # without white space: shorter sentences recur by chance, or as the labels of a form do

_TABLE_ROW: Final = KINDS.index("table_row")
_CODE: Final = KINDS.index("code")
_HEADING: Final = KINDS.index("heading")
_QUOTE: Final = KINDS.index("quote")
_SUMMARY: Final = ID["summary"]
_TOLD: Final = (KINDS.index("paragraph"), _QUOTE)  # rows, items and code recur where they have to


@dataclass(frozen=True, slots=True)
class PageRepeats:
    """What the page scope found.

    Attributes:
        twins: equal and near-equal blocks.
        run: int32[n], number of the run that each block belongs to, grown; -1 for none.
        widget: bool[n], blocks of lists that stand on the page more than once and look like teasers.
        linked: bool[n], blocks of lists that stand on it more than once and are mostly links: menus, as a rule.
        copy: bool[n], later copies of longer text (an article that the page holds twice).
        told: int32[n], of each long paragraph and quote the first one that says the same to the letter; -1 elsewhere,
            and for a paragraph below another heading than that one: two questions may have one answer.
        holders: int32[n], the element around each block's own.
    """

    twins: Twins
    run: npt.NDArray[np.int32]
    widget: npt.NDArray[np.bool_]
    linked: npt.NDArray[np.bool_]
    copy: npt.NDArray[np.bool_]
    told: npt.NDArray[np.int32]
    holders: npt.NDArray[np.int32]

    def said_again(self, stays: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Which of the blocks that would stay say what another element says before them, and that stays.

        Such are the answer that another one quotes, and the text for a screen of another size; what one element says
        twice, its author does.

        Args:
            stays: bool[n].
        """
        found = np.zeros(len(stays), np.bool_)
        first: dict[int, int] = {}
        for block in np.flatnonzero((self.told >= 0) & stays).tolist():
            found[block] = self.holders[block] != self.holders[first.setdefault(int(self.told[block]), block)]
        return found


def find_repeats(page: Segments, shapes: npt.NDArray[np.int32], twins: Twins, options: RepeatOptions) -> PageRepeats:
    """Find the lists and passages that a page holds more than once.

    Args:
        page: the blocks.
        shapes: int32[n, shape.COLUMNS] of the blocks' text.
        twins: of the blocks.
        options: how far a run may grow.
    """
    n = len(page)
    nowhere = np.zeros(n, np.bool_)
    repeats = PageRepeats(
        twins, np.full(n, -1, np.int32), nowhere, nowhere.copy(), nowhere.copy(), *_told(page, twins)
    )
    if not twins.repeated.any():
        return repeats
    families = find_families(twins, shapes[:, shape.WORDS].copy(), page.link_chars)
    if not families:
        return repeats
    view = _View(page, shapes, twins, families, options.grow_words)
    number = 0
    for family in families:
        is_list = view.is_list(family)
        is_widget = is_list and view.is_widget(family)
        is_linked = is_list and not is_widget and view.is_linked(family)
        is_copy = not is_widget and not is_linked and view.is_passage(family)
        for order, run in enumerate(family.runs):
            members = view.grown(family, run) if is_widget else range(run.first, run.last + 1)
            span = slice(members.start, members.stop)
            free = repeats.run[span] < 0
            repeats.run[span][free] = number
            if is_widget:
                repeats.widget[span] |= free
            elif is_linked:
                repeats.linked[span] |= free
            if is_copy and order:
                repeats.copy[list(run.blocks)] = True
            number += 1
    return repeats


def _told(page: Segments, twins: Twins) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """int32[n] each, `PageRepeats.told` and `PageRepeats.holders`."""
    told = np.full(len(page), -1, np.int32)
    if page.table is None:
        return told, told
    holders = page.table.rows[page.elements, dom_kernels.PARENT]
    equal = np.flatnonzero(twins.repeated & (twins.similarity == 1) & (page.chars >= AGAIN_CHARS))
    if not len(equal):
        return told, holders
    first: dict[str, int] = {}
    headings = _headings_above(page, page.table)
    for block in equal.tolist():
        if page.kinds[block] in _TOLD:
            earliest = first.setdefault(page.texts[block], block)
            if page.kinds[block] == _QUOTE or headings[block] in ("", headings[earliest]):
                told[block] = earliest
    return told, holders


def _headings_above(page: Segments, table: ElementTable) -> list[str]:
    """The heading that each block stands below, or the summary of its details; empty where there is none."""
    is_heading = (page.kinds == _HEADING) | (table.rows[page.elements, dom_kernels.TAG] == _SUMMARY)
    latest = np.maximum.accumulate(np.where(is_heading, np.arange(len(page)), -1))
    return ["", *(page.texts[block] if block >= 0 else "" for block in latest[:-1].tolist())]


class _View:
    """The page as runs are judged and grown: plain lists, since this looks at few blocks one by one."""

    def __init__(
        self,
        page: Segments,
        shapes: npt.NDArray[np.int32],
        twins: Twins,
        families: list[Family],
        grow_words: int,
    ) -> None:
        words, kinds = shapes[:, shape.WORDS], page.kinds
        in_run = np.zeros(len(page), np.bool_)
        for family in families:
            for run in family.runs:
                in_run[run.first : run.last + 1] = True
        is_plain = (kinds != _TABLE_ROW) & (kinds != _CODE)
        is_prose = (words >= LONG_WORDS) & is_plain
        body = np.flatnonzero(is_prose & ~in_run)
        self.words: list[int] = words.tolist()
        self.ends: list[int] = shapes[:, shape.ENDS].tolist()
        self.levels: list[int] = page.levels.tolist()
        self.chars: list[int] = page.chars.tolist()
        self.link_chars: list[int] = page.link_chars.tolist()
        self.titles: list[bool] = page.titles.tolist()
        self.groups: list[int] = twins.group.tolist()
        self.copies: list[int] = twins.copies.tolist()
        self.grow_words = grow_words
        self.count = len(page)
        self.in_run: list[bool] = in_run.tolist()
        self.is_prose: list[bool] = is_prose.tolist()
        self.is_item: list[bool] = ((words <= ITEM_WORDS) & is_plain).tolist()
        self.has_body = int(words[body].sum()) >= BODY_WORDS
        self.lead = self._lead(int(body[0])) if len(body) else range(0)

    def core(self, run: Run) -> list[int]:
        """The run's blocks without labels: "3 hours ago" stands under many a teaser by chance."""
        return [block for block in run.blocks if not self.is_label(block)]

    def _lead(self, end: int) -> range:
        """From the headline to the first paragraph of the body: never part of a list that stands before it.

        The headline is what says the document's title, or the nearest h1; else the upper of two titles in a row,
        since a byline may stand under it.
        """
        above = range(end - 1, max(end - LEAD_BLOCKS, 0) - 1, -1)
        for block in above:
            if self.titles[block] or self.levels[block] == 1:
                return range(block, end)
        for block in above:
            if self._may_be_headline(block):
                return range(block - self._may_be_headline(block - 1), end)
        return range(end, end)

    def _may_be_headline(self, block: int) -> bool:
        return block >= 0 and not self.in_run[block] and self.is_title(block) and self.words[block] >= TITLE_WORDS

    def is_title(self, block: int) -> bool:
        """Whether a block looks like a title: no longer than a line, and not ended as sentences are."""
        return self.words[block] <= self.grow_words // 2 and (
            self.ends[block] not in (shape.SENTENCE, shape.COLON) or self.levels[block] > 0
        )

    def is_label(self, block: int) -> bool:
        """Whether a block is one of the small texts between items: a time, a category, "read more"."""
        return self.words[block] <= LABEL_WORDS

    def is_list(self, family: Family) -> bool:
        """Whether the copies may be a list beside the page's content."""
        return self.has_body and all(self.is_item[block] for block in family.blocks)

    def is_widget(self, family: Family) -> bool:
        """Whether a list is one of teasers."""
        items = [block for block in family.blocks if not self.is_label(block)]
        titles = [block for block in items if self.is_title(block)]
        if not titles or sum([self.words[block] for block in titles]) < TITLE_WORDS * len(titles):
            return False
        if len(titles) < len(items):
            return self._alternates(family)
        return self._has_headings(family, titles)

    def is_linked(self, family: Family) -> bool:
        """Whether a list is mostly links."""
        blocks = family.blocks
        linked, chars = (sum([of[block] for block in blocks]) for of in (self.link_chars, self.chars))
        return linked >= LINKED * chars

    def _alternates(self, family: Family) -> bool:
        """Whether summaries follow titles, as in teasers."""
        good = bad = 0
        for run in family.runs:
            items = [block for block in range(run.first, run.last + 1) if not self.is_label(block)]
            for block, following in pairwise(items):
                if self.is_title(block) != self.is_title(following):
                    good += 1
                else:
                    bad += 1
        return good >= 2 * len(family.runs) - 1 and bad <= good // 2

    def _has_headings(self, family: Family, titles: list[int]) -> bool:
        """Whether headings of their own stand over the copies, clearly shorter than the titles under them."""
        mean = sum(self.words[block] for block in titles) / len(titles)
        found = 0
        for run in family.runs:
            heading = self.heading_before((self.core(run) or run.blocks)[0])
            if heading >= 0 and self.words[heading] <= mean / 2 and self.copies[self.groups[heading]] < 2:
                found += 1
        return found >= len(family.runs) - 1 and found > 0

    def heading_before(self, block: int) -> int:
        """The short heading right above a block, labels passed over; -1 where there is none."""
        above = block - 1
        if above < 0 or above in self.lead or not self.is_title(above) or self.words[above] > HEADING_WORDS:
            return -1
        return above

    def is_passage(self, family: Family) -> bool:
        """Whether the copies are longer text, word for word: two paragraphs at least."""
        first, *others = family.runs
        groups = {self.groups[block] for block in first.blocks if self.is_prose[block]}
        return len(groups) > 1 and all(
            len(groups & {self.groups[block] for block in run.blocks}) > 1 for run in others
        )

    def grown(self, family: Family, run: Run) -> range:
        """The run with the items before and after it that look like its own, and its heading."""
        with_summaries = any(not self.is_title(block) and not self.is_label(block) for block in family.blocks)
        core = self.core(run)
        if not core:
            return range(run.first, run.last + 1)
        last = self._grow_down(core[-1], with_summaries=with_summaries)
        first = self._grow_up(core[0], with_summaries=with_summaries)
        if any(self.is_label(block) for block in range(first, last)):
            while self._may_join(last + 1) and self.is_label(last + 1) and self.heading_before(last + 2) != last + 1:
                last += 1
        heading = self.heading_before(first)
        return range(heading if heading >= 0 else first, last + 1)

    def _may_join(self, block: int) -> bool:
        return (
            0 <= block < self.count
            and block not in self.lead
            and not self.in_run[block]
            and self.words[block] <= self.grow_words
            and self.levels[block] != 1
        )

    def _grow_down(self, last: int, *, with_summaries: bool) -> int:
        """The last block of the items that follow.

        A title and its summary are taken together, and only if something other than more prose comes after: a
        headline with its lead would look the same.
        """
        for _ in range(MAX_ITEMS):
            block = last + 1
            while self._may_join(block) and self.is_label(block) and self._may_join(block + 1):
                block += 1
            if not self._may_join(block) or not self.is_title(block) or self.words[block] < TITLE_WORDS:
                break
            end = block
            if with_summaries:
                summary = block + 1
                while self._may_join(summary) and self.is_label(summary):
                    summary += 1
                if not self._may_join(summary) or self.is_title(summary):
                    break
                after = summary + 1
                if after < self.count and not self.is_title(after) and not self.is_label(after):
                    break
                end = summary
            last = end
        return last

    def _grow_up(self, first: int, *, with_summaries: bool) -> int:
        """The first block of the items that stand above, taken only if a heading stands above them in turn."""
        if self.heading_before(first) >= 0 and self.words[first - 1] < TITLE_WORDS:
            return first
        top = first
        for _ in range(MAX_ITEMS):
            block = top - 1
            while self._may_join(block) and self.is_label(block):
                block -= 1
            if with_summaries:
                if not self._may_join(block) or self.is_title(block):
                    break
                block -= 1
                while self._may_join(block) and self.is_label(block):
                    block -= 1
            if not self._may_join(block) or not self.is_title(block) or self.words[block] < TITLE_WORDS:
                break
            top = block
            heading = self.heading_before(top)
            if heading >= 0 and self.words[heading] < TITLE_WORDS:
                return top
        return first
