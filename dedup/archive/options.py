"""What an archive job does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, Literal, get_args

import msgspec
import xxhash

import dedup
from dedup.archive.formats import Fields
from dedup.archive.formats.remote import is_remote
from dedup.errors import OptionError
from dedup.options import (
    CleanOptions,
    require_kind,
    require_number,
    require_one_of,
    require_switch,
    require_utf8,
    require_whole,
)
from dedup.pool.options import LEAST_SECONDS, MOST_MEMORY, MOST_SECONDS, MOST_WORKERS, usable_cores

Canonical = Literal["first", "earliest", "longest"]
Scope = Literal["all", "site", "none"]
EngineName = Literal["local", "spark"]
Output = Literal["jsonl", "parquet", "wet", "warc"]
LEAST_MEMORY: Final = 256 * 1024**2
_MOST_PRICE: Final = 10**9
_NOT_DECIDING: Final = ("workers", "memory", "strict", "index_out", "engine", "master", "core_price")
_WITHOUT_CLEANING: Final = "where clean is None: it is about pages that are cleaned"
_WITHOUT_SEARCH: Final = "where scope is none: near-duplicates are not looked for"
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
        clean: how pages are cleaned; None keeps every text as it is, for documents cleaned elsewhere, and goes with
            neither `ledger` nor `state`.
        fields: what the fields of rows are called.
        threshold: least Jaccard of two documents' word shingles that makes them near-duplicates.
        shingle: words of a shingle.
        canonical: which of two near-duplicates stays: the `first` of the input, the `earliest` by date or the
            `longest`; the first one where these are equal.
        scope: among which documents near-duplicates are looked for: `all`, or those of the same `site` (those without a
            URL are taken for one); `none`: all stay, and neither `against` nor `index_out` goes with it.
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
    scope: Scope = "all"
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
        require_kind("fields", self.fields, Fields)
        require_number("threshold", self.threshold, 0.3, 1)
        require_whole("shingle", self.shingle, 1, 32)
        require_whole("record_bytes", self.record_bytes, 1, MOST_MEMORY)
        require_whole("workers", self.workers, 1, MOST_WORKERS)
        require_whole("memory", self.memory, LEAST_MEMORY, MOST_MEMORY)
        require_number("seconds_a_page", self.seconds_a_page, LEAST_SECONDS, MOST_SECONDS)
        if self.core_price is not None:
            require_number("core_price", self.core_price, 0, _MOST_PRICE)
        require_one_of("canonical", self.canonical, get_args(Canonical))
        require_one_of("scope", self.scope, get_args(Scope))
        require_one_of("output", self.output, get_args(Output))
        require_one_of("engine", self.engine, get_args(EngineName))
        for switch in ("annotate", "ledger", "strict"):
            require_switch(switch, getattr(self, switch))
        self._require_names()
        self._require_fit_for_cleaning()

    def _require_names(self) -> None:
        """Whether folders, memories and masters are named as such.

        Raises:
            OptionError: one is not.
        """
        require_utf8("namespace", self.namespace)
        for name in ("against", "index_out", "state", "master"):
            if getattr(self, name) is not None:
                require_utf8(name, getattr(self, name))
            if self.scope == "none" and name in ("against", "index_out") and getattr(self, name) is not None:
                raise OptionError(name, getattr(self, name), f"None {_WITHOUT_SEARCH}")
        require_local("against", self.against or "")
        require_local("index_out", self.index_out or "")
        if self.master is not None and not _MASTER.match(self.master):
            raise OptionError("master", self.master, "local[…], spark://…, k8s://… or yarn, as Spark knows them")

    def _require_fit_for_cleaning(self) -> None:
        """Whether nothing is asked of cleaning that it does not do here.

        A row has no room for lists, nor has a page between its trips; of texts that are taken as they are no block
        goes, and nothing is learned.

        Raises:
            OptionError: something is.
        """
        if self.clean is None:
            if self.ledger:
                raise OptionError("ledger", self.ledger, f"False {_WITHOUT_CLEANING}")
            if self.state is not None:
                raise OptionError("state", self.state, f"None {_WITHOUT_CLEANING}")
            return
        require_kind("clean", self.clean, CleanOptions)
        for name in ("list_links", "list_images", "list_spans"):
            if getattr(self.clean, name):
                raise OptionError(name, getattr(self.clean, name), "False: a row of the output has no such list")

    def deciding(self) -> dict[str, object]:
        """The version and all options that change a result, by name; an address of a Redis without its password."""
        options: dict[str, object] = msgspec.to_builtins(self)
        for name in _NOT_DECIDING:
            del options[name]
        if self.state is not None:
            from dedup.state.address import without_password  # noqa: PLC0415  (most jobs have no memory)

            options["state"] = _folder(without_password(self.state))
        return {"version": dedup.__version__, **options, "against": _folder(self.against)}

    def digest(self) -> str:
        """Sixteen hexadecimal digits, equal where the output is."""
        return xxhash.xxh3_64_hexdigest(msgspec.json.encode(self.deciding(), order="deterministic"))
