"""The pages of the quality gate: invented texts (`sources/`) in the markup of many builders, among furniture.

A source is TOML between `+++` lines and a body in Markdown; `---` separates its sections (posts, tabs, items), whose
first line `= label` names them. Every page of a language shares that language's furniture (`furniture/`).

`python quality_pages.py FILE.jsonl.gz` writes the set in the form that `python -m benchmarks cleaning` reads.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

HERE = Path(__file__).parent
_MARKDOWN = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True)
class Section:
    """A post, tab, item or the whole of an article: its label and its body as HTML and as text."""

    label: str
    html: str
    text: str


@dataclass(frozen=True)
class Source:
    """What a page says: `meta` of the source, its sections, and the furniture of its language."""

    name: str
    meta: dict[str, Any]
    sections: list[Section]
    furniture: dict[str, Any]

    @property
    def gold(self) -> str:
        """Title and sections; the names of posters are no content, those of tabs and items are."""
        labelled = self.meta["type"] != "forum"
        parts = [self.meta["title"], self.meta.get("intro", "")]
        for section in self.sections:
            parts += [section.label if labelled else "", section.text]
        return "\n\n".join(part for part in parts if part)


@cache
def sources() -> dict[str, Source]:
    """All sources by name."""
    return {path.stem: _read(path) for path in sorted((HERE / "sources").glob("*.md"))}


def _read(path: Path) -> Source:
    _, head, body = path.read_text(encoding="utf-8").split("+++\n", 2)
    meta = tomllib.loads(head)
    furniture = tomllib.loads((HERE / "furniture" / f"{meta['lang']}.toml").read_text(encoding="utf-8"))
    return Source(
        path.stem, meta, [_section(part) for part in re.split(r"^---\n", body, flags=re.MULTILINE)], furniture
    )


def _section(source: str) -> Section:
    label, body = "", source.strip()
    if body.startswith("= "):
        first, _, body = body.partition("\n")
        label = first.removeprefix("= ")
    tokens = _MARKDOWN.parse(body)
    texts = [
        "".join(child.content or "\n" for child in token.children or ()) if token.type == "inline" else token.content
        for token in tokens
        if token.type in ("inline", "fence")
    ]
    return Section(label, _MARKDOWN.render(body), "\n".join(texts))


def main(target: str) -> None:
    """Write all pages to a gzipped file of JSON lines."""
    from quality_layouts import markup  # noqa: PLC0415  (it imports this module)

    with gzip.open(target, "wt", encoding="utf-8") as lines:
        for name, source in sources().items():
            page = {"id": name, "site": f"{name}.example", "html": markup(source), "gold": source.gold}
            page |= {"page_type": source.meta["type"], "lang": source.meta["lang"]}
            lines.write(json.dumps(page, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
