"""What pages say of their sites → what sites repeat, sorted and joined by DuckDB beyond memory.

Equivalent to learning every page and then asking without the page itself: the last version of a URL that holds
content counts; of pages that are equal as a whole, the first of those holds the blocks and COPIES are known; a block
counts once a page.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np

from dedup.archive.evidence import EvidenceWriter, FoldedWriter
from dedup.archive.files import failures_named, replacing
from dedup.archive.options import ArchiveOptions
from dedup.archive.sites import TABLES
from dedup.archive.trips import Evidence, named
from dedup.archive.workspace import Workspace
from dedup.errors import ArchiveOutputError
from dedup.memory.addresses import stem_of
from dedup.memory.options import COPIES
from dedup.state import open_store
from dedup.state.records import SITE_PAGES, CountsRecord, PageRecord

_BEFORE: Final = -1  # number of what a memory knew before the job
_ROWS: Final = 1 << 17
_SHARE: Final = 2  # of the job's memory, what the engine may take: one in so many; sorts hold buffers beside it
_STEPS: Final = (
    """CREATE TABLE latest AS
       SELECT site, high, low, coalesce(max(position) FILTER (blocks > 0), min(position)) AS position
       FROM pages GROUP BY site, high, low HAVING count(*) > 1""",
    """CREATE TABLE superseded AS
       SELECT pages.position, latest.position AS latest FROM pages JOIN latest USING (site, high, low)
       WHERE pages.position <> latest.position""",
    """CREATE VIEW learned AS
       SELECT * FROM pages WHERE position NOT IN (SELECT position FROM superseded)""",
    """CREATE TABLE copied AS
       SELECT site, whole FROM learned GROUP BY site, whole HAVING count(*) > 1""",
    f"""CREATE TABLE copies AS
       SELECT site, whole, stem, position, row_number() OVER equal AS number
       FROM learned JOIN copied USING (site, whole)
       WINDOW equal AS (PARTITION BY site, whole ORDER BY blocks = 0, position) QUALIFY number <= {COPIES}""",  # noqa: S608  (a constant)
    """CREATE TABLE uncounted AS
       SELECT position FROM superseded UNION ALL
       SELECT position FROM learned JOIN copied USING (site, whole)
       WHERE position NOT IN (SELECT position FROM copies WHERE number = 1)""",
    """CREATE TABLE blocks AS
       SELECT site, key, count(*) AS pages, min(position) AS first
       FROM keys WHERE position NOT IN (SELECT position FROM uncounted)
       GROUP BY site, key HAVING count(*) > 1 OR (site, key) IN (SELECT (site, key) FROM folded)""",
)
_QUERIES: Final = {
    "blocks": "SELECT site, key, pages, first FROM blocks ORDER BY site, key",
    "pages": """SELECT site, position FROM pages
                WHERE blocks > 0 AND position NOT IN (SELECT position FROM uncounted) ORDER BY site, position""",
    "copies": "SELECT site, whole, stem, position FROM copies ORDER BY site, whole, stem, position",
    "web": f"SELECT key, count(*) AS sites FROM blocks WHERE pages >= {SITE_PAGES} GROUP BY key ORDER BY key",  # noqa: S608  (a constant)
    "superseded": """SELECT superseded.position, latest, whole
                     FROM superseded JOIN pages ON pages.position = latest ORDER BY 1""",
    "latest": """SELECT superseded.position, key
                 FROM superseded JOIN keys ON keys.position = latest ORDER BY 1, 2""",
    "folded": "SELECT site, key, pages, weight FROM folded ORDER BY site, key",
}
STEPS: Final = len(_STEPS) + len(_QUERIES)


def count_sites(inputs: int, workspace: Workspace, options: ArchiveOptions) -> Iterator[None]:
    """Find what sites repeat, if that is not done; yields after each of its STEPS.

    Args:
        inputs: how many files were read.
        workspace: where what they say of their sites is, and where the tables go.
        options: of the job.

    Raises:
        ArchiveOutputError: the disk takes no more, or the memory does not do.
        StateError: the memory of `options.state` cannot be read.
    """
    if workspace.sites.exists():
        return
    numbers = list(range(inputs))
    if options.state is not None:
        if not workspace.draft(_BEFORE).exists():
            _recall(options.state, options.namespace, workspace)
        numbers.append(_BEFORE)
    unfinished = workspace.work / ".sites.unfinished"
    with failures_named(workspace.sites):
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        try:
            yield from _count(numbers, workspace, options, unfinished)
        except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
            problem = f"cannot be sorted ({_first_line(error)}); free some space, and run the same command again"
            raise ArchiveOutputError(str(workspace.sites), problem) from error
        unfinished.replace(workspace.sites)


def _count(numbers: list[int], workspace: Workspace, options: ArchiveOptions, folder: Path) -> Iterator[None]:
    scratch = folder / "scratch"
    scratch.mkdir()
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{options.memory // _SHARE}B",
        "temp_directory": str(scratch),
        "threads": options.workers,
        "preserve_insertion_order": False,
    }
    with duckdb.connect(scratch / "tables", config=config) as connection:
        for view, of in (("pages", workspace.pages), ("keys", workspace.keys)):
            connection.read_parquet([str(of(number)) for number in numbers]).create_view(view)
        if options.state is None:
            connection.execute("CREATE TABLE folded (site UBIGINT, key UBIGINT, pages BIGINT, weight BIGINT)")
        else:
            connection.read_parquet(str(workspace.folded)).create_view("folded")
        for step in _STEPS:
            connection.execute(step)
            yield
        for table, query in _QUERIES.items():
            _save(connection.sql(query), folder, table)
            yield
    shutil.rmtree(scratch)


def _save(result: Any, folder: Path, table: str) -> None:
    """Write the columns of a result, each to a file of its own."""
    paths = [folder / f"{table}.{name}" for name in TABLES[table]]
    with replacing(*paths) as files:
        for batch in result.to_arrow_reader(_ROWS):
            for file, column, dtype in zip(files, batch.columns, TABLES[table].values(), strict=True):
                file.write(np.from_dlpack(column).astype(dtype, copy=False).tobytes())  # asarray loads pandas


def _recall(state: str, namespace: str, workspace: Workspace) -> None:
    """Save what a memory knows of a tenant's pages, as it is when the job begins."""
    outputs = (workspace.folded, workspace.pages(_BEFORE), workspace.keys(_BEFORE), workspace.draft(_BEFORE))
    with open_store(state) as store, replacing(*outputs) as (counts, pages, keys, _):
        folded, writer = FoldedWriter(counts), EvidenceWriter(pages, keys, _BEFORE)
        for ordinal, entry in enumerate(store.entries()):
            record = entry.record
            if isinstance(record, PageRecord) and record.namespace == namespace:
                writer.add(ordinal, _evidence(record))
            elif isinstance(record, CountsRecord) and record.namespace == namespace:
                folded.add(record)
        folded.close()
        writer.close()


def _evidence(record: PageRecord) -> Evidence:
    return Evidence(
        site=named(record.site),
        page=record.key,
        whole=record.whole,
        stem=named(stem_of(record.url) if record.url else record.key.hex()),
        known=np.unique(record.block_keys()).tobytes(),
    )


def _first_line(error: Exception) -> str:
    return str(error).partition(os.linesep)[0]
