"""`python -m benchmarks.extractors NAME IN OUT`: one extractor over a set, in a process of its own.

IN holds a page a line with `id` and `html`; OUT gets `id` and `content`. Printed as JSON: seconds of CPU, pages a
second and the most memory that the process held beyond what it held when everything was loaded, in MB.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

Extract = Callable[[str], str]


def _dedup() -> Extract:
    import dedup  # noqa: PLC0415  (each process loads one extractor)

    return lambda markup: dedup.clean(markup).content


def _trafilatura() -> Extract:
    extract = importlib.import_module("trafilatura").extract
    return lambda markup: extract(markup) or ""


def _resiliparse() -> Extract:
    extract = importlib.import_module("resiliparse.extract.html2text").extract_plain_text
    return lambda markup: str(extract(markup, main_content=True))


def _readability() -> Extract:
    document = importlib.import_module("readability").Document
    to_tree = importlib.import_module("lxml.html").fromstring
    return lambda markup: str(to_tree(document(markup).summary()).text_content())


def _justext() -> Extract:
    module = importlib.import_module("justext")
    words = module.get_stoplist("English")

    def extract(markup: str) -> str:
        return "\n".join(part.text for part in module.justext(markup, words) if not part.is_boilerplate)

    return extract


EXTRACTORS: dict[str, tuple[str, Callable[[], Extract]]] = {
    "dedup": ("dedup", _dedup),
    "trafilatura": ("trafilatura", _trafilatura),
    "resiliparse": ("resiliparse", _resiliparse),
    "readability-lxml": ("readability", _readability),
    "jusText": ("justext", _justext),
}
_WARM_UP = "<html><body><article><h1>One</h1><p>What is loaded on first use, is loaded by this page.</p></article>"


def is_installed(name: str) -> bool:
    """Whether an extractor can be measured here."""
    return importlib.util.find_spec(EXTRACTORS[name][0]) is not None


def _safely(extract: Extract, markup: str) -> str:
    """A page on which an extractor fails counts as empty, whatever it raises."""
    try:
        return extract(markup)
    except Exception as error:  # noqa: BLE001  (peers raise what they like)
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return ""


def memory(field: str) -> float:
    """MB of this process: `VmRSS` now, or `VmHWM` at most."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(field)).split()[1]) / 1024


def main(name: str, source: Path, target: Path) -> None:
    """Run one extractor over a set, on one core."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    extract = EXTRACTORS[name][1]()
    _safely(extract, _WARM_UP)
    idle, seconds, pages = memory("VmRSS"), 0.0, 0
    with source.open(encoding="utf-8") as lines, target.open("w", encoding="utf-8") as out:
        for line in lines:
            page = json.loads(line)
            start = time.process_time()
            content = _safely(extract, page["html"])
            seconds += time.process_time() - start
            pages += 1
            out.write(json.dumps({"id": page["id"], "content": content}) + "\n")
    peak = memory("VmHWM") - idle
    print(json.dumps({"seconds": seconds, "pages/s": pages / seconds if seconds else None, "peak MB": peak}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
