"""`dedup archive`: whole archives in, cleaned documents without near-duplicates out."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from dedup.cli.inputs import require_names
from dedup.cli.interrupts import resumable
from dedup.cli.sizes import Size, size_of
from dedup.cli.terminal import display_name, printable, write
from dedup.cli.warm import say_that_kernels_compile
from dedup.errors import MissingExtraError

if TYPE_CHECKING:
    from dedup.archive.job import Summary


_EXTRA: Final = ("brotli", "duckdb", "jinja2", "pyarrow", "zlib_ng")  # packages of the extra `archive`
_MOST_ID: Final = 80  # characters of one that is shown
_ABOUT_PAGES: Final = "is about pages that are cleaned: leave it or --no-clean out"


@click.command("archive", short_help="Clean whole archives, drop near-duplicates.")
@click.argument("inputs", nargs=-1, required=True, metavar="IN...")
@click.option("-o", "--out", required=True, type=click.Path(file_okay=False), help="Folder to write.")
@click.option(
    "--to",
    "output",
    type=click.Choice(["jsonl", "parquet", "wet", "warc"]),
    default="jsonl",
    show_default=True,
    help="Format of the documents; warc and wet hold conversion records.",
)
@click.option("--no-clean", is_flag=True, help="Texts are clean already: drop near-duplicates alone.")
@click.option(
    "--threshold",
    type=click.FloatRange(0.3, 1),
    default=0.8,
    show_default=True,
    help="Least similarity of two documents of which one is dropped.",
)
@click.option("--shingle", type=click.IntRange(1, 32), default=5, show_default=True, help="Words of a shingle.")
@click.option(
    "--canonical",
    type=click.Choice(["first", "earliest", "longest"]),
    default="first",
    show_default=True,
    help="Which of two near-duplicates stays.",
)
@click.option(
    "--scope",
    type=click.Choice(["all", "site", "none"]),
    default="all",
    show_default=True,
    help="Where near-duplicates are looked for: among all documents, those of the same site, or not at all.",
)
@click.option("--against", metavar="INDEX", help="Drop what resembles a document that an earlier job kept.")
@click.option("--index-out", metavar="INDEX", help="Index to add to what is kept; made where it is missing.")
@click.option("--annotate", is_flag=True, help="Keep every document; columns say what would have been dropped.")
@click.option("--ledger", is_flag=True, help="List every removed block and its evidence in OUT/blocks.jsonl.")
@click.option(
    "--content-field",
    multiple=True,
    help="Field of a row that holds the page; of several, the first that holds something.",
)
@click.option("--url-field", default="url", show_default=True, help="Field of a row that holds its URL.")
@click.option("--id-field", default="id", show_default=True, help="Field of a row that holds its id.")
@click.option("--date-field", default="date", show_default=True, help="Field of a row that holds its date.")
@click.option("--strict", is_flag=True, help="Stop at the first record that cannot be used.")
@click.option("--workers", type=click.IntRange(1, 1024), help="Processes that clean.  [default: one a core]")
@click.option("--memory", type=Size(), help="Bytes that the job may take, such as 1GB.  [default: 4GB]")
@click.option(
    "--state", metavar="STATE", help="Memory of a service: what it knows of sites counts, and it learns more."
)
@click.option("--namespace", default="default", show_default=True, help="Tenant whose memory that is.")
@click.option(
    "--engine",
    type=click.Choice(["local", "spark"]),
    default="local",
    show_default=True,
    help="What reads and cleans: processes of this machine, or Spark.",
)
@click.option("--master", metavar="URL", help="Of the Spark cluster.  [default: what Spark's settings say]")
@click.option(
    "--core-price", type=click.FloatRange(0), help="Of an hour of a core: the report says what the job cost."
)
@click.option(
    "--progress",
    type=click.Choice(["auto", "plain", "json", "none"]),
    default="auto",
    show_default=True,
    help="How stderr says how far it is; auto: a live table on a terminal, else plain lines.",
)
def command(
    *,
    inputs: Sequence[str],
    out: str,
    output: str,
    no_clean: bool,
    threshold: float,
    shingle: int,
    canonical: str,
    scope: str,
    against: str | None,
    index_out: str | None,
    annotate: bool,
    ledger: bool,
    content_field: tuple[str, ...],
    url_field: str,
    id_field: str,
    date_field: str,
    strict: bool,
    workers: int | None,
    memory: int | None,
    state: str | None,
    namespace: str,
    engine: str,
    master: str | None,
    core_price: float | None,
    progress: str,
) -> int:
    """Clean the pages of whole archives and drop near-duplicate documents.

    IN is a file, a folder, a pattern such as 'crawl/*.warc.gz', or - for standard input: WARC, ARC, WET, JSON lines or
    Parquet, plain or compressed by gzip, zstd or bzip2, told apart by what they hold. A record that cannot be used is
    named in OUT/quarantine.jsonl, the others go on. A job that was cut off goes on when it is started again.

    Exit codes: 0 the job is done, 1 it could not go on, 2 wrong usage, 130 interrupted, 143 ended by SIGTERM.
    """
    require_names("IN", *inputs)
    _require_names(("--out", out), ("--against", against), ("--index-out", index_out), ("--state", state))
    require_names("--namespace", namespace)
    require_names("--content-field", *content_field)
    _require_names(("--url-field", url_field), ("--id-field", id_field), ("--date-field", date_field))
    _require_none_of(
        {
            "--master goes with --engine spark": master is not None and engine != "spark",
            "--namespace goes with --state": namespace != "default" and state is None,
            "--against and --index-out go with --scope all or site": scope == "none" and bool(against or index_out),
            f"--ledger {_ABOUT_PAGES}": no_clean and ledger,
            f"--state {_ABOUT_PAGES}": no_clean and state is not None,
        }
    )
    import msgspec  # noqa: PLC0415

    from dedup.archive.formats import Fields  # noqa: PLC0415  (loads numpy)
    from dedup.archive.options import ArchiveOptions  # noqa: PLC0415

    if memory is not None:
        _check_memory(memory)
    _require_extra()
    if progress in {"auto", "plain"}:  # what asks for JSON reads no other line
        say_that_kernels_compile()
    from dedup.archive.job import archive  # noqa: PLC0415
    from dedup.cli.archive_progress import shown  # noqa: PLC0415

    fields = Fields(url=url_field, id=id_field, date=date_field)
    if content_field:
        fields = msgspec.structs.replace(fields, content=content_field)
    options = ArchiveOptions(
        fields=fields,
        threshold=threshold,
        shingle=shingle,
        canonical=canonical,  # type: ignore[arg-type]  # click checked it
        scope=scope,  # type: ignore[arg-type]  # click checked it
        against=against,
        index_out=index_out,
        annotate=annotate,
        ledger=ledger,
        core_price=core_price,
        engine=engine,  # type: ignore[arg-type]  # click checked it
        master=master,
        output=output,  # type: ignore[arg-type]  # click checked it
        strict=strict,
        state=state,
        namespace=namespace,
    )
    if no_clean:
        options = msgspec.structs.replace(options, clean=None)
    if workers is not None:
        options = msgspec.structs.replace(options, workers=workers)
    if memory is not None:
        options = msgspec.structs.replace(options, memory=memory)
    started = time.perf_counter()
    with resumable(), shown(progress) as watch:
        summary = archive(inputs, out, options, watch=watch)
    write(_told(summary, out, time.perf_counter() - started))
    return 0


def _require_none_of(faults: Mapping[str, bool]) -> None:
    for fault, is_there in faults.items():
        if is_there:
            raise click.UsageError(fault)


def _require_names(*given: tuple[str, str | None]) -> None:
    for flag, name in given:
        if name is not None:
            require_names(flag, name)


def _require_extra() -> None:
    """Look for the packages at once, not when a job comes to the first record that needs one of them.

    Raises:
        MissingExtraError: one is not installed.
    """
    for package in _EXTRA:
        if find_spec(package) is None:
            raise MissingExtraError("archive", package, "archive")


def _check_memory(memory: int) -> None:
    """Refuse what no job can do with, and what the machine has not got.

    Raises:
        UsageError: it is too little or too much.
    """
    from dedup.archive.options import LEAST_MEMORY  # noqa: PLC0415  (loads numpy)

    if memory < LEAST_MEMORY:
        raise click.UsageError(
            f"--memory {memory:,} bytes is too little: give {size_of(LEAST_MEMORY)} or more, such as 2GB"
        )
    own = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if memory > own:
        raise click.UsageError(f"--memory {memory:,} bytes is more than this machine has: give {own:,} at the most")


def _told(summary: Summary, out: str, seconds: float) -> str:
    lines = [f"read         {summary.read:>10,}  records of {summary.inputs:,} files in {seconds:.1f} s"]
    lines += [f"kept         {summary.kept:>10,}  in {click.format_filename(str(Path(out, 'part-*')))}"]
    if summary.marked:
        lines += [f"  marked     {sum(summary.marked.values()):>10,}  of these, by their column outcome"]
        lines += _reasons(summary.marked)
    lines += [f"dropped      {sum(summary.dropped.values()):>10,}  each named in drops.jsonl"]
    lines += _reasons(summary.dropped)
    lines += [f"quarantined  {summary.quarantined:>10,}  each named in quarantine.jsonl"]
    if summary.quarantined:
        lines += [f"  such as    {_first_of(Path(out, 'quarantine.jsonl'))}"]
    if summary.repeated_ids:
        example = _shown(summary.repeated_id)
        lines += [f"repeated ids {summary.repeated_ids:>10,}  such as {example}; file and offset tell them apart"]
    lines += [f"report       {click.format_filename(str(Path(out, 'report.html')))}"]
    return "\n".join(lines) + "\n"


def _reasons(counts: Mapping[str, int]) -> list[str]:
    return [f"  {reason.replace('_', ' '):<17}{count:>4,}" for reason, count in counts.items()]


def _first_of(quarantine: Path) -> str:
    """Where the first record of a quarantine stands, and why it is there."""
    with quarantine.open(encoding="utf-8", errors="replace") as lines:
        first = json.loads(next(lines))
    return f"{display_name(first['file'])} at byte {first['offset']}: {printable(first['why'])}"


def _shown(name: str | None) -> str:
    """An id, whatever it holds, in a line of a terminal."""
    return printable(name or "").replace("\n", "␊")[:_MOST_ID]
