"""`python -m benchmarks.archive_peer WARC OUT PROCESSES`: trafilatura over the responses of a WARC, as JSON lines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from multiprocessing import Pool
from pathlib import Path

from fastwarc.warc import ArchiveIterator, WarcRecordType


def _responses(path: Path) -> Iterator[tuple[str, bytes]]:
    with path.open("rb") as file:
        for record in ArchiveIterator(file, record_types=WarcRecordType.response):
            yield record.headers["WARC-Target-URI"], record.reader.read()


def _extract(page: tuple[str, bytes]) -> tuple[str, str | None]:
    import trafilatura  # noqa: PLC0415  (in the workers alone)

    url, body = page
    return url, trafilatura.extract(body, url=url)


if __name__ == "__main__":
    source, target, processes = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    with Pool(processes) as pool, target.open("w", encoding="utf-8") as out:
        for url, text in pool.imap(_extract, _responses(source), chunksize=8):
            if text:
                out.write(json.dumps({"url": url, "text": text}, ensure_ascii=False) + "\n")
