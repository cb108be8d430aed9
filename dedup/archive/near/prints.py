"""Documents as the search for near-duplicates knows them: their shingle hashes, and their bands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedup.archive.files import failures_named, put_on_disk, take_names, writing
from dedup.archive.near.runs import Mapped, Run
from dedup.archive.near.site_kernels import shift_sets
from dedup.archive.options import Scope
from dedup.corpus.ahead import computed
from dedup.fingerprint import NORMALISATION, SCHEME, BlockPrints, Fingerprinter, TextBuffer
from dedup.index import Layout
from dedup.index.band_kernels import band_tags

if TYPE_CHECKING:
    from dedup.archive.near.texts import CleanedTexts
    from dedup.archive.options import ArchiveOptions

SHARD: Final = 1 << 16
"""Documents that are signed and decided on together; no result depends on it."""
MOST_DOCUMENTS: Final = (1 << 32) - 1
_HASHES: Final = "hashes"
_ENDS: Final = "ends"


class Scheme(msgspec.Struct, frozen=True, kw_only=True):
    """How documents are signed. Only what was signed alike can be compared.

    Attributes:
        threshold: least Jaccard of two near-duplicates.
        shingle: words of a shingle.
        bands: of a signature.
        rows: permutations of each.
        scope: `site` where documents of different sites have nothing in common.
        signature: scheme of the signatures.
        normalisation: of the texts.
    """

    threshold: float
    shingle: int
    bands: int
    rows: int
    scope: Scope = "all"
    signature: str = SCHEME
    normalisation: str = NORMALISATION

    @classmethod
    def of(cls, options: ArchiveOptions) -> Scheme:
        """The scheme that finds the near-duplicates that a job looks for."""
        layout = Layout.for_threshold(options.threshold)
        return cls(
            threshold=options.threshold,
            shingle=options.shingle,
            bands=layout.bands,
            rows=layout.rows,
            scope=options.scope,
        )

    @property
    def runs(self) -> int:
        """Runs of a shard: one for each band and one for the digests, by which equal texts always meet."""
        return self.bands + 1


class Shard(NamedTuple):
    """Documents that were signed together.

    Attributes:
        path: uint64[runs, n], each run ascending: tag above the number of the document within the shard, of those
            that have any words.
        first: documents before it.
    """

    path: Path
    first: int

    def run(self, number: int, runs: int, base: int) -> Run:
        """One of its runs, with documents counted from `base`."""
        count = self.path.stat().st_size // 8 // runs
        return Run(self.path, number * count, count, base + self.first)


class Prints:
    """Signed documents in a folder.

    Args:
        folder: with `hashes` (uint32), shingle hashes document by document, each ascending, and `ends` (int64), how
            many of them there are up to the end of each document. Empty where there are no documents.
        shards: of these documents, in order.
        documents: how many there are.
    """

    def __init__(self, folder: Path, shards: list[Shard], documents: int) -> None:
        self.shards = shards
        self.documents = documents
        self._hashes = folder / _HASHES
        self.hashes = Mapped(self._hashes, np.uint32)
        self.ends = Mapped(folder / _ENDS, np.int64)

    @classmethod
    def of(cls, folder: Path, documents: int) -> Prints:
        """What a `Signer` left in a folder."""
        return cls(folder, [_shard(folder, first) for first in range(0, documents, SHARD)], documents)

    @property
    def longest(self) -> int:
        """How many hashes a document has at most."""
        longest = before = 0
        for first in range(0, self.documents, SHARD):
            ends = self.ends.array[first : first + SHARD]
            longest = max(longest, int(np.diff(ends, prepend=before).max()))
            before = int(ends[-1])
            self.ends.let_go()
        return longest

    @contextmanager
    def opened(self) -> Iterator[int]:
        """The descriptor of the file of hashes, for kernels; -1 where there are no documents."""
        if not self.documents:
            yield -1
            return
        with self._hashes.open("rb") as file:
            yield file.fileno()

    def let_go(self) -> None:
        """Give back the memory that looking at hashes took."""
        self.hashes.let_go()
        self.ends.let_go()


class _Piece(NamedTuple):
    """Some texts of a shard, hashes of their sites, and how many documents are before the shard."""

    first: int
    texts: TextBuffer
    sites: NDArray[np.uint32]


class _Printed(NamedTuple):
    """What a piece was signed to."""

    first: int
    prints: BlockPrints
    sites: NDArray[np.uint32]


class Signer:
    """Signs documents shard by shard, and goes on after the last one that was finished.

    Args:
        folder: where the prints go; made where it is missing.
        scheme: how to sign.
        threads: how many compute fingerprints; the prints do not depend on it.
    """

    def __init__(self, folder: Path, scheme: Scheme, threads: int) -> None:
        with failures_named(folder):
            folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._scheme = scheme
        self._threads = threads
        self._fingerprinter = Fingerprinter(shingle=scheme.shingle)
        self._coefficients = _coefficients(scheme)

    def sign(self, texts: CleanedTexts) -> Iterator[int]:
        """Sign shards that are not signed yet; yields how many documents are, shard by shard.

        Raises:
            ArchiveOutputError: the prints cannot be written.
        """
        done = 0
        while done < len(texts) and _shard(self._folder, done).path.exists():
            done = min(done + SHARD, len(texts))
            yield done
        pieces = (
            _Piece(first, *piece)
            for first in range(done, len(texts), SHARD)
            for piece in texts.read(first, min(first + SHARD, len(texts)))
        )
        with ThreadPoolExecutor(1) as meanwhile:  # finishes a shard while the next one is signed
            before: Future[None] | None = None
            for first, of_shard in groupby(computed(self._printed, pieces, self._threads), attrgetter("first")):
                shard, stop = _shard(self._folder, first), min(first + SHARD, len(texts))
                keys = self._sign(first, of_shard, stop - first)
                if before is not None:
                    before.result()
                before = meanwhile.submit(self._finish, shard, keys)
                yield stop
            if before is not None:
                before.result()

    def _finish(self, shard: Shard, keys: NDArray[np.uint64]) -> None:
        """Put a shard on the disk: the bands last, since their name says that it is signed."""
        with writing(shard.path) as (bands,):
            for run in keys:
                run.sort()
                bands.write(run.data)
        for name in (_HASHES, _ENDS):
            with failures_named(self._folder / name):
                put_on_disk(self._folder / name)
        take_names((shard.path,))

    def _sign(self, first: int, printed: Iterable[_Printed], documents: int) -> NDArray[np.uint64]:
        """Write the hashes of a shard; its runs, not yet in order."""
        keys = np.empty((self._scheme.runs, documents), np.uint64)
        filled = document = 0
        end = self._hashes_before(first)
        with (
            behind(self._folder / _HASHES, 4 * end) as hashes,
            behind(self._folder / _ENDS, 8 * first) as ends,
        ):
            for _, prints, sites in printed:
                hashes.write(prints.hashes.data)
                ends.write((end + prints.hash_offsets[1:]).data)
                end += int(prints.hash_offsets[-1])
                filled = self._add(prints, sites, document, keys, filled)
                document += len(prints.digests)
        return keys[:, :filled]

    def _printed(self, piece: _Piece) -> _Printed:
        prints = self._fingerprinter.blocks(piece.texts.data, piece.texts.offsets)
        if self._scheme.scope == "site":
            shifted = np.empty_like(prints.hashes)
            shift_sets(prints.hashes, prints.hash_offsets, piece.sites, shifted)
            prints = prints._replace(hashes=shifted)
        return _Printed(piece.first, prints, piece.sites)

    def _hashes_before(self, document: int) -> int:
        """How many hashes the documents before one have."""
        if not document:
            return 0
        return int(np.fromfile(self._folder / _ENDS, np.int64, 1, offset=8 * (document - 1))[0])

    def _add(
        self,
        prints: BlockPrints,
        sites: NDArray[np.uint32],
        first: int,
        keys: NDArray[np.uint64],
        filled: int,
    ) -> int:
        """Put the keys of documents behind those before; how many there are then."""
        count = len(prints.digests)
        tags = np.empty((count, self._scheme.bands), np.uint32)
        digests, empty = np.empty(count, np.uint64), np.empty(count, np.bool_)
        scheme = self._scheme
        band_tags(prints.signatures, scheme.bands, scheme.rows, self._coefficients, tags, digests, empty)
        worded = np.flatnonzero(prints.token_counts)
        documents = (first + worded).astype(np.uint64)
        upto = filled + len(worded)
        keys[: scheme.bands, filled:upto] = tags[worded].T
        keys[scheme.bands, filled:upto] = prints.digests[worded] >> np.uint64(32)
        if scheme.scope == "site":
            keys[:, filled:upto] ^= sites[worded]
        keys[:, filled:upto] <<= np.uint64(32)
        keys[:, filled:upto] |= documents
        return upto


@contextmanager
def behind(path: Path, end: int) -> Iterator[BinaryIO]:
    """A growing file, cut off where what is finished ends, to write behind that.

    Raises:
        ArchiveOutputError: it cannot be written.
    """
    with failures_named(path):
        path.touch()
        with path.open("r+b") as file:
            file.truncate(end)
            file.seek(end)
            yield file


def _shard(folder: Path, first: int) -> Shard:
    return Shard(folder / f"{first // SHARD:05}.bands", first)


def _coefficients(scheme: Scheme) -> NDArray[np.uint64]:
    """What bands are hashed with, uint64[bands * rows + 1]; the same everywhere (the stream is frozen by NEP 19)."""
    return np.frombuffer(np.random.RandomState(1).bytes(8 * (scheme.bands * scheme.rows + 1)), "<u8").copy()
