"""The parser of Markdown: CommonMark with tables, where what nests too deep loses its nesting and no text.

markdown-it itself drops everything from the first list or quote that is too deep to the end of the one around all of
them. Here such lines are paragraphs of the deepest list or quote that is read. And it makes some tokens of each block,
which take gigabytes where blocks are many; here those beyond a limit are not read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, blockquote, hr, table
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

_DEEPEST: Final = 200  # levels of blocks, of which a list takes two: itself and its item
_QUOTE: Final = 10  # levels that a quote takes: it looks at all lines below it, and so does every quote in it
_DEEPEST_INLINE: Final = 10  # each bracket that opens is followed so far, and a text may be all brackets
_FLATTENED: Final = "flattened"
_CUT: Final = "cut"
_COUNT: Final = "count"
_OWN_BLOCKS: Final = frozenset(("tr_open", "fence", "code_block", "html_block"))
_AROUND_BLOCKS: Final = frozenset(("list_item_open", "blockquote_open"))  # which may hold a block each, or none
_HEAD_LINES: Final = 2  # of a table: its head, and the line below that
_MARKERS: Final = re.compile(r"(?:[ \t]*(?:>|(?:[-+*]|\d{1,9}[.)])(?=[ \t]|$)))+")


class _Parser(MarkdownIt):
    """Takes every address: a link that runs a script is one, too, which is left out where links are written."""

    def validateLink(self, url: str) -> bool:  # noqa: N802, ARG002  (as the parser calls it)
        return True


class Parsed(NamedTuple):
    """A document as it was read.

    Attributes:
        tokens: of all of it, or of its first blocks.
        is_flattened: whether lists or quotes in it were nested too deep to be read as such.
        is_cut: whether it has more blocks than are read.
    """

    tokens: list[Token]
    is_flattened: bool
    is_cut: bool


@dataclass(slots=True)
class _Count:
    """How much of a document was read.

    Attributes:
        most: blocks that are read, but for the one that tells that there are more.
        blocks: tokens that a block is made of, so far.
        around: items and quotes so far.
        tokens: that were looked at.
    """

    most: int
    blocks: int = 0
    around: int = 0
    tokens: int = 0

    def left(self, tokens: list[Token]) -> int:
        """Look at the tokens that are new; how many more blocks may be read, less than 0 where none is."""
        for at in range(self.tokens, len(tokens)):
            kind = tokens[at].type
            is_cell = kind == "inline" and tokens[at - 1].tag in ("td", "th")
            self.blocks += kind in _OWN_BLOCKS or (kind == "inline" and not is_cell)
            self.around += kind in _AROUND_BLOCKS
        self.tokens = len(tokens)
        return self.most - max(self.blocks, self.around)


def parse(text: str, max_depth: int, max_blocks: int) -> Parsed:
    """Read a document.

    Args:
        text: the document.
        max_depth: levels that blocks may nest; never more than 200.
        max_blocks: that are read, and items and quotes as many; one more, where there are more.
    """
    environment: dict[str, Any] = {"deepest": min(max_depth, _DEEPEST), _COUNT: _Count(max_blocks)}
    tokens = _BLOCKS.parse(text, environment)
    _INLINES.core.process(StateCore(text, _INLINES, environment, tokens))
    return Parsed(tokens, _FLATTENED in environment, _CUT in environment)


def _stop(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: ARG001, FBT001  (a rule's arguments)
    """All that follows, where as many blocks are read as may be."""
    if state.env[_COUNT].left(state.tokens) >= 0:
        return False
    state.env[_CUT] = True
    state.line = end
    return True


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001  (a rule's arguments)
    """A table, at most as many rows of it as may be read, and one."""
    return table(state, start, min(end, start + _HEAD_LINES + state.env[_COUNT].left(state.tokens)), silent)


def _flatten(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: ARG001, FBT001  (a rule's arguments)
    """A list or quote where all levels are taken: its text and what goes on with it, without the marks before it."""
    if state.level < state.env["deepest"] or not (marks := _MARKERS.match(_line(state, start))):
        return False
    state.env[_FLATTENED] = True
    line = start + 1
    while line < end and _goes_on(state, line):
        line += 1
    state.line = line
    text = state.getLines(start, line, state.blkIndent, keepLastLF=False).lstrip()[marks.end() :].strip()
    if text:
        state.push("paragraph_open", "p", 1)
        token = state.push("inline", "", 0)
        token.content, token.map, token.children = text, [start, line], []
        state.push("paragraph_close", "p", -1)
    return True


def _goes_on(state: StateBlock, line: int) -> bool:
    """Whether a line belongs to the text above it, in the block that is open; of a quote it may stand out of it."""
    stands_out = 0 <= state.sCount[line] < state.blkIndent
    return not state.isEmpty(line) and not stands_out and not _MARKERS.match(_line(state, line))


def _line(state: StateBlock, line: int) -> str:
    """What a line holds, without the marks and blanks that are read already."""
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def _quote(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001  (a rule's arguments)
    if silent:
        return blockquote(state, start, end, silent)
    state.level += _QUOTE - 1
    try:
        return blockquote(state, start, end, silent)
    finally:
        state.level -= _QUOTE - 1


def _break(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001  (a rule's arguments)
    """A thematic break; what is none is told at once, since each level of a line of many marks asks again."""
    line = _line(state, start)
    return not line.replace(line[:1], "").strip(" \t") and hr(state, start, end, silent)


def _blocks() -> MarkdownIt:
    """A parser of blocks, which leaves the text in them as it is."""
    parser = _Parser("commonmark", {"maxNesting": 2 * _DEEPEST}).enable("table").disable(["inline", "text_join"])
    ruler = parser.block.ruler
    ruler.before("table", "stop", _stop)
    ruler.before("table", "flatten", _flatten)
    ruler.at("table", _table, {"alt": ["paragraph", "reference"]})
    ruler.at("blockquote", _quote, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    ruler.at("hr", _break, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    return parser


_BLOCKS: Final = _blocks()
_INLINES: Final = _Parser("commonmark", {"maxNesting": _DEEPEST_INLINE}).disable(["normalize", "block"])
