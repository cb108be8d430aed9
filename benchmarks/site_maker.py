"""Made-up sites of many pages whose truth is known exactly.

Each has sections with menus of their own, two templates that pages get at random, teasers that rotate, author boxes,
corrections, print and AMP copies, pages of consent alone, and a redesign; half of them are written in boxes that tell
nothing. Many share the words of their consent dialog and of their comment box, as real sites share plugins.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Final, NamedTuple

from benchmarks.site_words import TONGUES, Tongue

_SECTIONS: Final = 3
_POOL: Final = 40  # teasers that rotate
_SHOWN: Final = 6
_COPY: Final = 0.06  # share of pages that are the print view or the AMP version of the page before
_WALL: Final = 0.03
_CORRECTED: Final = 0.1
_SPONSORED: Final = 0.5  # pages that get the second template
_HOME, _READ, _SHARE, _COMMENTS, _PRINT, _SEARCH, _BY, _CONSENT, _ACCEPT, _NEWS, _RIGHTS = range(11)
_BOXES: Final = dict.fromkeys(
    ("nav", "main", "article", "aside", "header", "footer", "section", "p", "h1", "h2"), "div"
)


class MadePage(NamedTuple):
    """A page and its content.

    Attributes:
        url: of the page.
        html: the page.
        gold: its content; empty where it has none.
    """

    url: str
    html: str
    gold: str


@dataclass(frozen=True, slots=True)
class _Design:
    """What a site looks like until it is redesigned."""

    menu: tuple[tuple[str, ...], ...]  # by section
    about: tuple[str, ...]  # by section, a box beside the article
    promotion: str
    footer: tuple[str, ...]
    is_turned: bool  # what stands beside the article, upside down


class MadeSite:
    """A site, made from a seed alone.

    Args:
        seed: equal seeds make equal sites.
        redesign: the page from which on it looks otherwise; None for never.
    """

    def __init__(self, seed: int, redesign: int | None = None) -> None:
        self._random = random.Random(seed)
        self._tongue: Tongue = TONGUES[seed % len(TONGUES)]
        self.name = f"site-{seed}.example"
        self._redesign = redesign
        self._is_plain = self._random.random() < 0.5  # boxes that tell nothing
        self._designs = (self._design(is_turned=False), self._design(is_turned=True))
        self._pool = [self._tongue.headline(self._random) for _ in range(_POOL)]
        self._biographies = [self._tongue.paragraph(self._random, 2) for _ in self._tongue.names]

    def pages(self, count: int) -> Iterator[MadePage]:
        """Its first pages, in order."""
        last: tuple[str, list[str], int] | None = None
        for number in range(count):
            design = self._designs[self._redesign is not None and number >= self._redesign]
            url = f"https://{self.name}/{number:03}/"
            if self._random.random() < _WALL:
                yield MadePage(url, self._page(self._consent(), ""), "")
                continue
            if last is not None and self._random.random() < _COPY:
                url, (headline, paragraphs, section) = f"https://{self.name}/amp/{number:03}/", last
            else:
                last = headline, paragraphs, section = self._article()
            body = self._body(design, headline, paragraphs, section)
            yield MadePage(url, self._page(body, headline), "\n".join([headline, *paragraphs]))

    def _design(self, *, is_turned: bool) -> _Design:
        tongue, random_ = self._tongue, self._random
        menu = tuple(tuple(tongue.sentence(random_, 1, 2) for _ in range(8)) for _ in range(_SECTIONS))
        about = tuple(tongue.paragraph(random_, 2) for _ in range(_SECTIONS))
        footer = (tongue.paragraph(random_, 2), tongue.sentence(random_), tongue.labels[_RIGHTS])
        return _Design(menu, about, tongue.paragraph(random_, 2), footer, is_turned)

    def _article(self) -> tuple[str, list[str], int]:
        tongue, random_ = self._tongue, self._random
        paragraphs = [tongue.paragraph(random_, random_.randint(2, 5)) for _ in range(random_.randint(3, 9))]
        if random_.random() < _CORRECTED:
            paragraphs.append(tongue.paragraph(random_, 1))
        return tongue.headline(random_), paragraphs, random_.randrange(_SECTIONS)

    def _body(self, design: _Design, headline: str, paragraphs: list[str], section: int) -> str:
        tongue, random_, labels = self._tongue, self._random, self._tongue.labels
        author = random_.randrange(len(tongue.names))
        article = [
            f"<h1>{escape(headline)}</h1>",
            self._box("p", "byline", f"{labels[_BY]} {tongue.names[author]}"),
            *(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs),
            self._box("p", "author", f"{tongue.names[author]}: {self._biographies[author]}"),
        ]
        promotion = self._box("section", "box", design.promotion) if random_.random() < _SPONSORED else ""
        if promotion and random_.random() < 0.5:
            article.insert(3, promotion)
            promotion = ""
        teasers = "".join(f"<li><a href='/t/{title[:3]}'>{escape(title)}</a></li>" for title in self._rotating())
        beside = [
            f"<h2>{labels[_READ]}</h2><ul>{teasers}</ul>",
            self._box("p", "about", design.about[section]),
            self._box("p", "news", labels[_NEWS]),
        ]
        if design.is_turned:
            beside.reverse()
        menu = "".join(f"<li><a href='/{i}'>{escape(item)}</a></li>" for i, item in enumerate(design.menu[section]))
        comments = f"{labels[_COMMENTS]} ({random_.randint(0, 400)})"
        return "\n".join(
            [
                f"<header><a href='/'>{labels[_HOME]}</a><nav><ul>{menu}</ul></nav>{labels[_SEARCH]}</header>",
                f"<main><article>{''.join(article)}</article></main>",
                self._box("p", "tools", f"{labels[_SHARE]} · {labels[_PRINT]} · {comments}"),
                promotion,
                f"<aside>{''.join(beside)}</aside>",
                f"<footer>{''.join(self._box('p', 'foot', line) for line in design.footer)}</footer>",
                self._consent(),
            ]
        )

    def _rotating(self) -> list[str]:
        start = self._random.randrange(_POOL)
        return [self._pool[(start + step) % _POOL] for step in range(_SHOWN)]

    def _consent(self) -> str:
        labels = self._tongue.labels
        return self._box("section", "layer", labels[_CONSENT]) + f"<button>{labels[_ACCEPT]}</button>"

    def _box(self, tag: str, name: str, text: str) -> str:
        name = f"c{len(name)}" if self._is_plain else name
        return f"<{tag} class='{name}'>{escape(text)}</{tag}>"

    def _page(self, body: str, headline: str) -> str:
        if self._is_plain:
            for tag, box in _BOXES.items():
                for start in (f"<{tag}>", f"<{tag} ", f"</{tag}>"):
                    body = body.replace(start, start.replace(tag, box))
        title = escape(headline or self.name)
        return f"<!DOCTYPE html><html lang='{self._tongue.lang}'><title>{title}</title><body>{body}</body></html>"
