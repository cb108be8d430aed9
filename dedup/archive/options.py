"""What an archive job does."""

from __future__ import annotations

import re
from math import inf
from pathlib import Path
from typing import Final, Literal, get_args

import msgspec
import xxhash

import dedup
from dedup.archive.formats import Fields
from dedup.archive.formats.remote import is_remote
from dedup.errors import OptionError
from dedup.options import CleanOptions
from dedup.pool.options import usable_cores

Canonical = Literal["first", "earliest", "longest"]
EngineName = Literal["local", "spark"]
Output = Literal["jsonl", "parquet", "wet", "warc"]
LEAST_MEMORY: Final = 256 * 1024**2
# What JSON escapes in a name, which its decoder looks up as it stands.
_NO_FIELD: Final = re.compile(r'["\\\x00-\x1f]')
_MASTER: Final = re.compile(r"local|spark://|k8s://|yarn$")  # else Spark answers with a trace of Java


def require_local(option: str, folder: str) -> None:
    """Refuse a URL where a folder is written: as a path it would be one here, named as if it were there.

    Raises:
        OptionError: it is one.
    """
    if is_remote(folder):
        raise OptionError(option, folder, "a folder of this machine")


def _folder(name: str | None) -> str | None:
    """A folder by one of its names, such as that without a slash at its end; an address as it is."""
    return name if name is None or "://" in name else str(Path(name))


class ArchiveOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What an archive job does. Two jobs of the same digest and input write the same bytes.

    Attributes:
        clean: how pages are cleaned; None keeps every text as it is, for documents cleaned elsewhere.
        fields: what the fields of rows are called.
        threshold: least Jaccard of two documents' word shingles that makes them near-duplicates.
        shingle: words of a shingle.
        canonical: which of two near-duplicates stays: the `first` of the input, the `earliest` by date or the
            `longest`; the first one where these are equal.
        against: index of what earlier jobs kept; what resembles one of those is dropped.
        index_out: index that what this job keeps is added to, made where it is missing; no part of the digest.
        annotate: keep every document and mark in its columns what would have been dropped.
        output: format of the documents.
        engine: where the stages over inputs run: `local` processes, or `spark`; no part of the digest.
        master: address of the Spark cluster; None where its settings say. No part of the digest.
        core_price: of an hour of a core, for the report; no part of the digest.
        ledger: list every block that is removed, too, with its evidence.
        record_bytes: a longer record is quarantined.
        strict: stop at the first record that would be quarantined.
        state: directory of a service's memory, or the address of its Redis: what it knows of sites counts too, and it
            learns the pages of this job.
        namespace: the tenant whose memory that is.
        workers: processes that clean; no part of the digest.
        memory: bytes that the job may take, all processes together; no part of the digest.
        seconds_a_page: after which a page is given up and quarantined.
    """

    clean: CleanOptions | None = CleanOptions()
    fields: Fields = Fields()
    threshold: float = 0.8
    shingle: int = 5
    canonical: Canonical = "first"
    against: str | None = None
    index_out: str | None = None
    annotate: bool = False
    output: Output = "jsonl"
    ledger: bool = False
    engine: EngineName = "local"
    master: str | None = None
    core_price: float | None = None
    record_bytes: int = 64 * 1024 * 1024
    strict: bool = False
    state: str | None = None
    namespace: str = "default"
    workers: int = msgspec.field(default_factory=usable_cores)
    memory: int = 4 * 1024**3
    seconds_a_page: float = 60.0

    def __post_init__(self) -> None:
        if not 0.3 <= self.threshold <= 1:
            raise OptionError("threshold", self.threshold, "a number from 0.3 to 1")
        if not 1 <= self.shingle <= 32:
            raise OptionError("shingle", self.shingle, "a number from 1 to 32")
        if self.workers < 1:
            raise OptionError("workers", self.workers, "at least 1")
        if self.record_bytes < 1:
            raise OptionError("record_bytes", self.record_bytes, "at least 1")
        if self.memory < LEAST_MEMORY:
            raise OptionError("memory", self.memory, f"at least {LEAST_MEMORY} bytes")
        if self.core_price is not None and not 0 <= self.core_price < inf:
            raise OptionError("core_price", self.core_price, "a number from 0 on")
        if self.master is not None and not _MASTER.match(self.master):
            raise OptionError("master", self.master, "local[…], spark://…, k8s://… or yarn, as Spark knows them")
        self._require_no_lists()
        require_local("against", self.against or "")
        require_local("index_out", self.index_out or "")
        self._require_utf8()
        for name, got, allowed in (
            ("canonical", self.canonical, get_args(Canonical)),
            ("output", self.output, get_args(Output)),
            ("engine", self.engine, get_args(EngineName)),
        ):
            if got not in allowed:
                raise OptionError(name, got, "one of " + ", ".join(allowed))

    def _require_no_lists(self) -> None:
        """Whether nothing is asked for that a row has no room for, nor a page between its trips.

        Raises:
            OptionError: something is.
        """
        for name in ("list_links", "list_images", "list_spans"):
            if self.clean is not None and getattr(self.clean, name):
                raise OptionError(name, getattr(self.clean, name), "False: a row of the output has no such list")

    def _require_utf8(self) -> None:
        """Whether all names can be written down; that of the command line holds half a surrogate pair for a stray byte.

        Raises:
            OptionError: one cannot.
        """
        fields = (*self.fields.content, self.fields.url, self.fields.id, self.fields.date)
        names = [(name, getattr(self, name)) for name in ("against", "index_out", "state", "namespace")]
        for name, text in [*names, *(("fields", field) for field in fields)]:
            try:
                (text or "").encode()
            except UnicodeEncodeError:
                raise OptionError(name, text, "a name in UTF-8") from None
        for field in filter(_NO_FIELD.search, fields):
            raise OptionError("fields", field, "a name without quotation marks, backslashes and control characters")

    def digest(self) -> str:
        """Sixteen hexadecimal digits, equal where the output is: of the version and all that changes a result."""
        same = msgspec.structs.replace(
            self,
            workers=1,
            memory=LEAST_MEMORY,
            strict=False,
            index_out=None,
            against=_folder(self.against),
            state=_folder(self.state),
            engine="local",
            master=None,
            core_price=None,
        )
        return xxhash.xxh3_64_hexdigest(dedup.__version__.encode() + msgspec.json.encode(same, order="deterministic"))
