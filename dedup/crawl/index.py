"""The crawl index: tables in RAM over the documents of a store. It is asked about cleaned pages and removes nothing.

A record of the log holds a document's signature and shingle hashes; RAM holds what finds candidates, and each of them
is compared with its record before it is called a near-duplicate.
"""

from __future__ import annotations

import itertools
import time as clock
import typing
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import msgspec
import numpy as np

from dedup.crawl.content import Content, content_of, likeness
from dedup.crawl.options import CrawlOptions
from dedup.errors import InputError, StateUnavailableError
from dedup.index import LshIndex
from dedup.inputs import check_given
from dedup.memory.addresses import normalised_url, page_key, site_of
from dedup.page import NearDuplicate
from dedup.state import DocumentRecord, Store, Tombstone
from dedup.state.forgetting import tombstone_of

_DAY: Final = 86_400
_REFRESH: Final = 0.5  # seconds after which a state that others write to is asked again
_LOOKED_AT: Final = 64  # documents that a round of retention by days looks at, beyond those that were added
_LOADED_AT_ONCE: Final = 4096
_LOOKED_FOR_AT_ONCE: Final = 512
_RECORD: Final = typing.get_type_hints(DocumentRecord)
_MOST_SHINGLES: Final = 2**31 - 1
_BYTES_BESIDE: Final = 135  # of a document's key and position in RAM, beside the tables: measured


@dataclass(slots=True)
class _Tenant:
    """The documents of a namespace.

    Attributes:
        tables: signatures, by position in the log.
        positions: by digest of the document's id, its position; the one added last at the end.
        oldest: when the document added longest ago was added, seconds since 1970; None where that is not known.
    """

    tables: LshIndex
    positions: dict[bytes, int] = field(default_factory=dict)
    oldest: int | None = None


class CrawlIndex:
    """Documents that were added, and which of them resemble another. Not thread-safe: one thread owns it.

    What other processes add to a shared Redis is known here half a second later; two that add the same document within
    that time may both find it new.

    Args:
        store: the log; the caller closes it.
        options: threshold and retention.

    Attributes:
        options: those given, or the defaults.

    Raises:
        StateDamagedError: a record of the store is damaged.
    """

    def __init__(self, store: Store, options: CrawlOptions | None = None) -> None:
        self._store = store
        self.options = options or CrawlOptions()
        self._tenants: dict[str, _Tenant] = {}
        self._is_shared = "://" in store.location
        self._position = 0
        # Versions of documents that the log holds beside a later one, as after an import.
        self._void: set[int] = set()
        self._load()

    def __len__(self) -> int:
        return sum(len(tenant.positions) for tenant in self._tenants.values())

    @property
    def nbytes(self) -> int:
        """Bytes of RAM that the tables take."""
        return sum(tenant.tables.nbytes for tenant in self._tenants.values()) + _BYTES_BESIDE * len(self)

    def ask(self, namespace: str, content: Content, own_id: str | None = None) -> tuple[NearDuplicate, ...]:
        """Documents that resemble one, best first, then the first seen.

        Args:
            namespace: the tenant.
            content: of the document, see `read_content`.
            own_id: the document's id: it is no duplicate of itself.
        """
        self._follow()
        tenant = self._tenants.get(namespace)
        if tenant is None:
            return ()
        candidates = tenant.tables.query(content.signature).id.tolist()
        records = [
            entry.record
            for entry in self._store.fetch(candidates)  # without those that were forgotten meanwhile
            if isinstance(entry.record, DocumentRecord) and entry.record.id != own_id
        ]
        alike = [
            NearDuplicate(id=record.id, first_seen=record.first_seen, **found._asdict())
            for record, found in zip(records, likeness(content, [content_of(each) for each in records]), strict=True)
            if found.jaccard >= self.options.threshold
        ]
        alike.sort(key=lambda found: (-found.jaccard, found.first_seen, found.id))
        return tuple(alike[: self.options.most])

    def document(
        self,
        namespace: str,
        document_id: str,
        content: Content,
        *,
        url: str | None = None,
        site: str | None = None,
        time: int | None = None,
    ) -> DocumentRecord:
        """The record of a document, to add it.

        Args:
            namespace: the tenant.
            document_id: the caller's name for it; another document of this id is replaced.
            content: see `read_content`.
            url: where it was found.
            site: that it belongs to; without it, that of the URL.
            time: seconds since 1970; None: now.

        Raises:
            InputError: one of these is of another type, or cannot be written.
        """
        check_given(namespace=namespace, document_id=document_id, url=url, site=site, time=time)
        now = int(clock.time()) if time is None else time
        address = normalised_url(url) if url else ""
        keeps = content.shingles <= self.options.exact_shingles
        return DocumentRecord(
            namespace=namespace,
            id=document_id,
            site=site or (site_of(url) if url else None) or "",
            key=page_key(address) if address else b"",
            signature=content.signature.astype("<u4").tobytes(),
            shingles=content.shingles,
            first_seen=now,
            url=address,
            digest=content.digest,
            hashes=content.hashes.astype("<u4").tobytes() if keeps else b"",
            time=now,
            is_short=content.is_short,
        )

    def add(self, documents: Sequence[DocumentRecord]) -> list[tuple[NearDuplicate, ...]]:
        """Add documents, durably when this returns, and say which of those before it each resembles.

        A document of an id that is known takes the other's place and keeps its `first_seen`; one that has not changed
        is written again once a day, as the documents added longest ago go first. The documents that retention no longer
        keeps go in the same commit.

        Raises:
            InputError: one of them is none that `document` made, or cannot be written; none is added.
            StateFullError: no room; the documents from there on are not added.
            StateUnavailableError: the store does not answer.
        """
        given = list(documents)
        for document in given:
            self._check(document)
        return [answer for run in _distinct_runs(given) for answer in self._add(run)]

    def delete(self, namespace: str, document_id: str, time: int | None = None) -> bool:
        """Forget a document; a tombstone keeps backups from bringing it back. False where it is not known.

        Raises:
            StateFullError: no room for the tombstone; it is not forgotten.
        """
        self._follow()
        tenant = self._tenants.get(namespace)
        key = page_key(document_id)
        if tenant is None or key not in tenant.positions:
            return False
        position = tenant.positions[key]
        is_there = any(self._store.fetch([position]))  # not where its site was forgotten meanwhile
        if is_there:
            target = tombstone_of(self._store.header, "document", document_id, namespace)
            tombstone = Tombstone(target, int(clock.time()) if time is None else time, "document")
            self._store.rewrite(dict.fromkeys([position, *self._void]), [tombstone])
            self._void.clear()
        tenant.positions.pop(key)
        tenant.tables.remove(position)
        return is_there

    def drop_missing(self) -> None:
        """Leave out documents whose records are gone from the log, as those of a site that was forgotten are."""
        for tenant in self._tenants.values():
            items = iter(list(tenant.positions.items()))
            while some := list(itertools.islice(items, _LOOKED_FOR_AT_ONCE)):
                there = self._store.present(position for _, position in some)
                for key, position in some:
                    if position not in there:
                        del tenant.positions[key]
                        tenant.tables.remove(position)

    def _add(self, documents: Sequence[DocumentRecord]) -> list[tuple[NearDuplicate, ...]]:
        self._follow()
        known = [self._position_of(document) for document in documents]
        earlier = {entry.position: entry.record for entry in self._store.fetch(filter(None, known))}
        replaced: list[int] = []
        fresh: list[DocumentRecord] = []
        for document, position in zip(documents, known, strict=True):
            old = earlier.get(position)
            if not isinstance(old, DocumentRecord):
                fresh.append(document)
            elif (old.digest, old.url) != (document.digest, document.url) or document.time - old.time >= _DAY:
                replaced.append(position)
                fresh.append(msgspec.structs.replace(document, first_seen=old.first_seen))
        expired = self._expired(fresh)
        gone = dict.fromkeys([*self._void, *replaced, *(position for _, _, position in expired)])
        positions = self._store.rewrite(gone, fresh) if fresh else range(0)
        if fresh:
            self._void.clear()
        for tenant, key, position in expired:
            tenant.positions.pop(key, None)
            tenant.tables.remove(position)
        written = {
            (document.namespace, document.id): ([document], [position])
            for document, position in zip(fresh, positions, strict=True)
        }
        answers = []
        try:
            for document in documents:
                name = (document.namespace, document.id)
                answers.append(self.ask(document.namespace, content_of(document), document.id))
                if name in written:
                    self._hold(*written[name])
                    del written[name]
        finally:
            for new in written.values():  # they are in the log, whatever came in between, such as Ctrl-C
                self._hold(*new)
        return answers

    def _check(self, document: object) -> None:
        """Whether a record can be read again, and found: one that cannot keeps the whole state from being opened."""
        if not isinstance(document, DocumentRecord):
            raise InputError("documents", f"expected what CrawlIndex.document makes, got {type(document).__name__}")
        for part, kind in _RECORD.items():
            if type(getattr(document, part)) is not kind:  # True is no number here
                found = type(getattr(document, part)).__name__
                raise InputError("documents", f"the {part} of {document.id!r} is no {kind.__name__} but {found}")
        for moment in (document.first_seen, document.time):
            check_given(
                namespace=document.namespace,
                document_id=document.id,
                site=document.site,
                url=document.url,
                time=moment,
            )
        if not 0 <= document.shingles <= _MOST_SHINGLES:
            raise InputError("documents", f"{document.id!r} cannot have {document.shingles} shingles")
        sizes = {
            "signature": (4 * self._store.header.parameters.num_perm,),
            "digest": (8,),
            "key": (0, 16),
            "hashes": (0, 4 * document.shingles),
        }
        for part, allowed in sizes.items():
            if len(getattr(document, part)) not in allowed:
                wanted = " or ".join(map(str, allowed))
                raise InputError("documents", f"the {part} of {document.id!r} is not of {wanted} bytes")
        hashes = document.hash_array()
        if (hashes[1:] <= hashes[:-1]).any():
            raise InputError("documents", f"the hashes of {document.id!r} do not ascend")

    def _position_of(self, document: DocumentRecord) -> int:
        tenant = self._tenants.get(document.namespace)
        return tenant.positions.get(page_key(document.id), 0) if tenant else 0

    def _expired(self, fresh: Sequence[DocumentRecord]) -> list[tuple[_Tenant, bytes, int]]:
        """Documents that go when `fresh` come."""
        gone: list[tuple[_Tenant, bytes, int]] = []
        for namespace in sorted({document.namespace for document in fresh}):
            tenant = self._tenants.get(namespace)
            if tenant is None:
                continue
            coming = [document for document in fresh if document.namespace == namespace]
            keys = {page_key(document.id) for document in coming}
            new = sum(key not in tenant.positions for key in keys)
            over = max(0, len(tenant.positions) + new - self.options.retain)
            aged = self._aged(tenant, max(document.time for document in coming), len(coming) + _LOOKED_AT)
            stay = (item for item in enumerate(tenant.positions.items()) if item[1][0] not in keys)  # or come anew
            for taken, (number, item) in enumerate(stay):
                if taken >= over and number >= aged:
                    break
                gone.append((tenant, *item))
        return gone

    def _aged(self, tenant: _Tenant, now: int, looked_at: int) -> int:
        """How many of the documents added first are too old."""
        if self.options.retain_days is None:
            return 0
        cutoff = now - self.options.retain_days * _DAY
        if tenant.oldest is not None and tenant.oldest >= cutoff:
            return 0
        positions = list(itertools.islice(tenant.positions.values(), looked_at))
        times = {
            entry.position: entry.record.time
            for entry in self._store.fetch(positions)
            if isinstance(entry.record, DocumentRecord)
        }
        aged = list(itertools.takewhile(lambda position: times.get(position, 0) < cutoff, positions))
        tenant.oldest = times[positions[len(aged)]] if len(aged) < len(positions) else None
        return len(aged)

    def _follow(self) -> None:
        """Take in what other processes have added to a shared state; one that does not answer is asked again later."""
        if self._is_shared and clock.monotonic() - self._looked > _REFRESH:
            with suppress(StateUnavailableError):
                self._load()

    def _load(self) -> None:
        """Take in the documents of the log that are not known."""
        self._looked = clock.monotonic()
        end, has_graves = self._position, False
        older: list[int] = []

        def unknown() -> Iterator[tuple[DocumentRecord, int]]:
            nonlocal end, has_graves
            for end, record in self._store.entries(self._position):
                if isinstance(record, DocumentRecord):
                    known = self._position_of(record)
                    if known < end:
                        yield record, end
                    elif known > end:  # two processes added it at once
                        older.append(end)
                has_graves |= isinstance(record, Tombstone) and record.kind != "document"

        found = unknown()
        while batch := list(itertools.islice(found, _LOADED_AT_ONCE)):
            records, positions = zip(*batch, strict=True)
            for namespace in dict.fromkeys(record.namespace for record in records):
                mine = [number for number, record in enumerate(records) if record.namespace == namespace]
                older += self._hold([records[number] for number in mine], [positions[number] for number in mine])
        self._void |= self._store.present(older)
        if has_graves and self._position:
            self.drop_missing()
        self._position = end

    def _hold(self, documents: Sequence[DocumentRecord], positions: Sequence[int]) -> list[int]:
        """Take documents of one namespace into the tables; returns the positions of those that they replace."""
        namespace = documents[0].namespace
        if namespace not in self._tenants:
            self._tenants[namespace] = _Tenant(
                LshIndex(self.options.threshold, bucket_limit=self.options.bucket_limit)
            )
        tenant = self._tenants[namespace]
        replaced: list[int] = []
        for document, position in zip(documents, positions, strict=True):
            key = page_key(document.id)
            if (old := tenant.positions.pop(key, None)) is not None:
                tenant.tables.remove(old)
                replaced.append(old)
            tenant.positions[key] = position
        live = [  # an imported log may hold an id twice
            (document.signature_array(), position)
            for document, position in zip(documents, positions, strict=True)
            if tenant.positions[page_key(document.id)] == position
        ]
        signatures = np.stack([signature for signature, _ in live]).astype(np.uint32)
        tenant.tables.add_many(np.array([position for _, position in live], np.int64), signatures)
        return replaced


def _distinct_runs(documents: Sequence[DocumentRecord]) -> Iterator[list[DocumentRecord]]:
    """The documents cut where an id comes again."""
    run: dict[tuple[str, str], DocumentRecord] = {}
    for document in documents:
        name = (document.namespace, document.id)
        if name in run:
            yield list(run.values())
            run = {}
        run[name] = document
    if run:
        yield list(run.values())
