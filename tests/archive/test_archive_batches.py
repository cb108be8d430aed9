"""Pages that travel to a worker together: what one of them does to the worker must not cost the others."""

from __future__ import annotations

import json
from pathlib import Path

from dedup.archive.job import archive
from dedup.archive.options import ArchiveOptions
from dedup.archive.stages.batches import TOGETHER

PARAGRAPH = (
    "The harbour of the town was closed for the whole of that winter, because the ice had broken two of its gates, and"
    " the boats stayed where the storm had left them until somebody came in March, with number {number}, to look."
)
SLOW = "<ul>" + "<li><a href=/a>a link to something else</a></li>" * 100_000 + "</ul>"


def test_a_page_that_takes_too_long_is_given_up_and_those_beside_it_are_kept(tmp_path: Path) -> None:
    """A worker is ended for one page, and the pages that had come to it along with that one are lost."""
    words = [" ".join(f"word{number}x{at}" for at in range(60)) for number in range(2 * TOGETHER)]
    pages = [
        f"<h1>Page</h1><p>{PARAGRAPH.format(number=number)}</p><p>{text}</p>" for number, text in enumerate(words)
    ]
    pages[3] = SLOW
    source = tmp_path / "pages.jsonl"
    lines = [json.dumps({"id": f"p{number}", "html": page}) + "\n" for number, page in enumerate(pages)]
    source.write_text("".join(lines))
    summary = archive([str(source)], tmp_path / "out", ArchiveOptions(workers=1, seconds_a_page=0.2))
    assert (summary.read, summary.kept, summary.quarantined) == (len(pages), len(pages) - 1, 1)
    (refused,) = map(json.loads, (tmp_path / "out/quarantine.jsonl").read_text().splitlines())
    assert refused["offset"] == sum(map(len, lines[:3]))
    assert "0.2 s" in refused["why"]
