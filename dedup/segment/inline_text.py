"""The text of a block that is put together piece by piece, and the links in it."""

from __future__ import annotations

from dedup.segment.build import Anchor
from dedup.segment.segments import Target


class InlineText:
    """Grows by pieces; white space is collapsed, but for the breaks between lines.

    Attributes:
        links: that were opened so far.
        link_chars: characters that are no white space and stand in one.
        anchors: pieces of linked text, in order.
    """

    def __init__(self) -> None:
        self.links = 0
        self.link_chars = 0
        self.anchors: list[Anchor] = []
        self._parts: list[str] = []
        self._bytes = 0
        self._gap = ""  # what stands before the next word, unless it is the first one
        self._open: list[Target | None] = []  # of each link that is open, what text in it belongs to
        self._goes_on = False  # whether the last anchor takes what is written next

    def __str__(self) -> str:
        return "".join(self._parts)

    def write(self, piece: str) -> None:
        """Add a piece of text."""
        for number, line in enumerate(piece.split("\n")):
            if number:
                self.break_line()
            if line[:1].isspace():
                self.space()
            if words := line.split():
                self._write_words(words)
                if line[-1].isspace():
                    self.space()

    def space(self) -> None:
        """Part what comes from what there is."""
        self._gap = self._gap or " "

    def break_line(self) -> None:
        """Begin a line."""
        self._gap = self._gap.strip(" ") + "\n"

    def open_link(self, target: Target | None) -> None:
        """What is written from here on is linked; None for a link that leads nowhere."""
        self.links += target is not None
        self._open.append(target or self._target())
        self._goes_on = False

    def close_link(self) -> None:
        """The link that was opened last ends here."""
        if self._open:
            self._open.pop()
        self._goes_on = False

    def _target(self) -> Target | None:
        return self._open[-1] if self._open else None

    def _write_words(self, words: list[str]) -> None:
        text, gap = " ".join(words), self._gap if self._parts else ""
        start = self._bytes + len(gap)
        end = start + len(text.encode(errors="replace"))
        if target := self._target():
            self.link_chars += sum(map(len, words))
            if self._goes_on:
                start = self.anchors.pop().start
            self.anchors.append(Anchor(start, end, target))
            self._goes_on = True
        self._parts += [gap, text]
        self._bytes, self._gap = end, ""
