"""Is the work per byte bounded, whatever the bytes are?"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

from benchmarks.extractors import memory
from benchmarks.report import Row, machine, show

PAGES: Final[dict[str, Callable[[int], str]]] = {
    "paragraphs": lambda n: "".join(
        f"<p>Paragraph {i} of a long page, with a sentence of its own.</p>" for i in range(n)
    ),
    "links in a list": lambda n: "<ul>" + "".join(f"<li><a href='/{i}'>link number {i}</a></li>" for i in range(n)),
    "links in a row": lambda n: "".join(f"<a href='/{i}'>link number {i}</a> " for i in range(n)),
    "table rows": lambda n: "<table>" + "".join(f"<tr><td>row {i}</td><td>{i * 7}</td></tr>" for i in range(n)),
    "nested elements": lambda n: "<div>" * n + "text " * 300,
    "formatting never closed": lambda n: "<b><i>word " * n,
    "attributes of one tag": lambda n: "<p " + " ".join(f"a{i}=1" for i in range(n)) + ">text",
    "options of one select": lambda n: "<select>" + "<option>one" * n,
    "end tags without start": lambda n: "text</div>" * n,
    "one word": lambda n: "<p>" + "x" * (20 * n),
    "equal paragraphs": lambda n: "<p>The very same sentence again and again.</p>" * n,
    "open comments": lambda n: "<!--" * n,
}
_SIZES: Final = {
    "paragraphs": 50_000,
    "links in a list": 100_000,
    "links in a row": 100_000,
    "equal paragraphs": 50_000,
}
_SIZE: Final = 20_000


@click.command()
@click.option("--scale", default=1.0, show_default=True, help="Times the sizes of the pages.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for JSON and plots.")
def hostile(scale: float, out: Path | None) -> None:
    """Clean pages made to be slow, each in a process of its own, at a size and at half of it."""
    rows: list[Row] = []
    for name in PAGES:
        size = max(int(_SIZES.get(name, _SIZE) * scale), 2)
        half, whole = _run(name, size // 2), _run(name, size)
        grown = whole["s"] / max(half["s"], 1e-9)
        rows.append(
            {
                "page": name,
                "elements": size,
                "s": whole["s"],
                "times half the size": grown,
                "MB above idle": whole["MB"],
            }
        )
    show("hostile: pages made to be slow", rows, out, machine())


def _run(name: str, size: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.hostile", name, str(size)]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def _clean_one(name: str, size: int) -> None:
    import dedup  # noqa: PLC0415  (only the process that cleans loads it)

    dedup.clean("<p>What is loaded on first use.</p>")
    page = PAGES[name](size)
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    idle = memory("VmRSS")
    start = time.perf_counter()
    dedup.clean(page)
    seconds = time.perf_counter() - start
    print(json.dumps({"s": seconds, "MB": memory("VmHWM") - idle}))


if __name__ == "__main__":
    _clean_one(sys.argv[1], int(sys.argv[2]))
