"""The search for near-duplicates in a corpus."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dedup.corpus.ahead import computed
from dedup.corpus.cluster_kernels import drop_duplicates, join_clusters
from dedup.corpus.result import NearDuplicates, Pairs
from dedup.corpus.source import Source
from dedup.errors import FingerprintError
from dedup.fingerprint import BlockPrints, Fingerprinter, ShingleHashes, TextBuffer
from dedup.fingerprint.texts import Texts
from dedup.index import LshIndex, compare
from dedup.index.table_kernels import GROUP, find_or_add
from dedup.options import require_number

_VERIFIED_AT_A_TIME: Final = 4096


def near_duplicates(
    texts: Texts,
    threshold: float = 0.8,
    shingle: int = 5,
    *,
    mask_digits: bool = False,
    bucket_limit: int = 64,
    threads: int = 1,
) -> NearDuplicates:
    """Find the near-duplicates of a corpus, all of them verified by exact Jaccard.

    The corpus is read once in order, and those documents again that another one may be a near-duplicate of. So a
    sequence that reads its items when asked (lines of a file by their offsets) needs no more memory than about 400
    bytes a document, and the texts of some chunks of 2048. At a threshold of 0.8 at least 99 % of the pairs are found.
    Short texts are compared like any other: one with no more tokens than a shingle is equal to another or unlike it. A
    text without tokens resembles nothing. Where more than `bucket_limit` documents share a bucket, a later one is
    compared with the oldest of them: pairs within a large cluster are not all listed, and where thousands of documents
    are almost alike, as pages of one template are, some of the pairs with what is kept are missed, too.

    Args:
        texts: a sequence of `str` or UTF-8 `bytes`, a `TextBuffer`, or an Arrow array of strings.
        threshold: least Jaccard of a pair, from 0.3 to 1.
        shingle: tokens of a shingle.
        mask_digits: count each run of digits as a single 0, for texts that differ in dates and counters.
        bucket_limit: documents of a crowded bucket that another is compared with.
        threads: how many compute fingerprints; the result does not depend on it.

    Raises:
        FingerprintError: input of another kind, or a text that is not valid UTF-8.
        OptionError: an option outside its range.
    """
    require_number("threshold", threshold, 0.3, 1)
    source = Source(texts)
    fingerprinter = Fingerprinter(shingle=shingle, mask_digits=mask_digits, threads=threads)
    search = _Search(source, fingerprinter, threshold, bucket_limit)
    for start, prints in _fingerprints(source, fingerprinter, threads):
        search.take(start, prints)
    return search.result()


def _fingerprints(source: Source, fingerprinter: Fingerprinter, threads: int) -> Iterator[tuple[int, BlockPrints]]:
    """First document and fingerprints, chunk by chunk."""

    def compute(chunk: tuple[int, TextBuffer]) -> tuple[int, BlockPrints]:
        start, buffer = chunk
        try:
            return start, fingerprinter.blocks(buffer.data, buffer.offsets)
        except FingerprintError as error:  # it counts from the start of the chunk
            number = start + int(error.argument.removeprefix("texts[").removesuffix("]"))
            raise FingerprintError(f"texts[{number}]", error.got, error.expected) from None

    return computed(compute, source.chunks(), threads)


class _Search:
    """The documents so far, and the pairs among them."""

    def __init__(self, source: Source, fingerprinter: Fingerprinter, threshold: float, bucket_limit: int) -> None:
        count = len(source)
        self._source = source
        self._fingerprinter = fingerprinter
        self._threshold = threshold
        self._same_text = np.arange(count)
        self._is_short = np.zeros(count, np.bool_)
        self._texts = _FirstSeen(count)
        self._index = LshIndex(threshold, bucket_limit=bucket_limit, keep_sets=True, capacity=count)
        self._pairs: list[Pairs] = []

    def take(self, start: int, prints: BlockPrints) -> None:
        """Pair further documents with those before them."""
        documents = np.arange(start, start + len(prints.digests))
        comparable = prints.token_counts > 0
        original = documents.copy()
        original[comparable] = self._texts.first(prints.digests[comparable], documents[comparable])
        self._same_text[documents] = original
        self._is_short[documents] = prints.token_counts <= self._fingerprinter.shingle
        repeated = original < documents
        self._pairs.append(_equal_pairs(original[repeated], documents[repeated]))
        fresh = np.flatnonzero(comparable & ~repeated)
        hashes = _rows(ShingleHashes(prints.hashes, prints.hash_offsets), fresh)
        self._add(documents[fresh], prints.signatures[fresh], hashes)

    def result(self) -> NearDuplicates:
        """What was found."""
        pairs = Pairs._make(np.concatenate(columns) for columns in zip(_NO_PAIRS, *self._pairs, strict=True))
        in_order = np.lexsort((pairs.first, pairs.second))
        pairs = Pairs._make(column[in_order] for column in pairs)
        cluster = np.empty(len(self._same_text), np.int64)
        duplicate_of = np.empty(len(self._same_text), np.int64)
        join_clusters(pairs.first, pairs.second, cluster)
        drop_duplicates(pairs.first, pairs.second, self._same_text, duplicate_of)
        return NearDuplicates(pairs, cluster, duplicate_of)

    def _add(self, documents: NDArray[np.int64], signatures: NDArray[np.uint32], hashes: ShingleHashes) -> None:
        matches = self._index.query_and_add_many(documents, signatures, hashes)
        # Two texts of a single shingle are equal or not, and these are not: their hashes of 32 bits are, by chance.
        is_chance = self._is_short[matches.id] & self._is_short[documents[matches.query]]
        exact = ~matches.estimated & ~is_chance
        self._pairs.append(
            Pairs(
                matches.id[exact],
                documents[matches.query[exact]],
                matches.similarity[exact],
                matches.contained[exact],
                matches.containment[exact],
            )
        )
        rows, earlier = matches.query[matches.estimated], matches.id[matches.estimated]
        for at in range(0, len(rows), _VERIFIED_AT_A_TIME):
            part = slice(at, at + _VERIFIED_AT_A_TIME)
            self._verify(documents, hashes, rows[part], earlier[part])

    def _verify(
        self,
        documents: NDArray[np.int64],
        hashes: ShingleHashes,
        rows: NDArray[np.int64],
        earlier: NDArray[np.int64],
    ) -> None:
        """Compare candidates exactly: with documents of this chunk, whose hashes are at hand, or read again."""
        at_hand = earlier >= documents[0]
        numbers, again = np.unique(earlier[~at_hand], return_inverse=True)
        reread = self._fingerprinter.shingle_hashes(self._source.pick(numbers)) if len(numbers) else hashes
        other_rows = np.empty(len(rows), np.int64)
        other_rows[at_hand] = np.searchsorted(documents, earlier[at_hand])
        other_rows[~at_hand] = again
        for others, here in ((hashes, at_hand), (reread, ~at_hand)):
            found = compare(others, other_rows[here], hashes, rows[here])
            alike = found.jaccard >= self._threshold
            self._pairs.append(
                Pairs(
                    earlier[here][alike],
                    documents[rows[here][alike]],
                    found.jaccard[alike],
                    found.containment[alike],
                    found.contained[alike],
                )
            )


class _FirstSeen:
    """The first document with each digest."""

    def __init__(self, most: int) -> None:
        self._slots = np.zeros((most * 3 // 2 // GROUP + 1) * GROUP, np.uint64)
        self._digests = np.empty(most + 1, np.uint64)
        self._documents = np.empty(most + 1, np.int64)
        self._used = 1

    def first(self, digests: NDArray[np.uint64], documents: NDArray[np.int64]) -> NDArray[np.int64]:
        """The first document with the digest of each; itself where it is new. Documents ascend from call to call."""
        rows = np.empty(len(digests), np.int64)
        used, self._used = self._used, find_or_add(self._slots, self._digests, self._used, digests, rows)
        new_rows, where = np.unique(rows[rows >= used], return_index=True)
        self._documents[new_rows] = documents[rows >= used][where]
        return self._documents[rows]


def _equal_pairs(first: NDArray[np.int64], second: NDArray[np.int64]) -> Pairs:
    ones = np.ones(len(first))
    return Pairs(first, second, ones, ones, ones)


def _rows(hashes: ShingleHashes, rows: NDArray[np.int64]) -> ShingleHashes:
    """Some of the sets."""
    if len(rows) == len(hashes.offsets) - 1:
        return hashes
    sizes = np.diff(hashes.offsets)
    chosen = np.zeros(len(sizes), np.bool_)
    chosen[rows] = True
    offsets = np.concatenate([[0], np.cumsum(sizes[rows])])
    return ShingleHashes(hashes.values[np.repeat(chosen, sizes)], offsets)


_NO_PAIRS: Final = _equal_pairs(np.empty(0, np.int64), np.empty(0, np.int64))
