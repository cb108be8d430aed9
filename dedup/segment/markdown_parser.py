"""The parser of Markdown: CommonMark with tables, where what nests too deep loses its nesting and no text.

markdown-it itself drops everything from the first list or quote that is too deep to the end of the one around all of
them. Here such lines are paragraphs of the deepest list or quote that is read.
"""

from __future__ import annotations

import re
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, blockquote, hr
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

_DEEPEST: Final = 200  # levels of blocks, of which a list takes two: itself and its item
_QUOTE: Final = 10  # levels that a quote takes: it looks at all lines below it, and so does every quote in it
_DEEPEST_INLINE: Final = 10  # each bracket that opens is followed so far, and a text may be all brackets
_CUT: Final = "cut"
_MARKERS: Final = re.compile(r"(?:[ \t]*(?:>|(?:[-+*]|\d{1,9}[.)])(?=[ \t]|$)))+")


class _Parser(MarkdownIt):
    """Takes every address: a link that runs a script is one, too, which is left out where links are written."""

    def validateLink(self, url: str) -> bool:  # noqa: N802, ARG002  (as the parser calls it)
        return True


def parse(text: str, max_depth: int) -> tuple[list[Token], bool]:
    """The tokens of a document, and whether lists or quotes in it were nested too deep to be read as such.

    Args:
        text: the document.
        max_depth: levels that blocks may nest; never more than 200.
    """
    environment: dict[str, Any] = {"deepest": min(max_depth, _DEEPEST)}
    tokens = _BLOCKS.parse(text, environment)
    _INLINES.core.process(StateCore(text, _INLINES, environment, tokens))
    return tokens, _CUT in environment


def _flatten(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: ARG001, FBT001  (a rule's arguments)
    """A list or quote where all levels are taken: its text and what goes on with it, without the marks before it."""
    if state.level < state.env["deepest"] or not (marks := _MARKERS.match(_line(state, start))):
        return False
    state.env[_CUT] = True
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
    ruler.before("table", "flatten", _flatten)
    ruler.at("blockquote", _quote, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    ruler.at("hr", _break, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    return parser


_BLOCKS: Final = _blocks()
_INLINES: Final = _Parser("commonmark", {"maxNesting": _DEEPEST_INLINE}).disable(["normalize", "block"])
