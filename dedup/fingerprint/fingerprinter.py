"""Texts to digests, shingle hashes and MinHash signatures."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np

from dedup.errors import FingerprintError
from dedup.fingerprint.buffers import Spans, TextBuffer
from dedup.fingerprint.fingerprint_kernels import fingerprint, masked_digests, normalise
from dedup.fingerprint.minhash_kernels import LANES
from dedup.fingerprint.packing import pack
from dedup.fingerprint.texts import Piece, Texts, pieces
from dedup.fingerprint.token_kernels import GROWTH, SLACK
from dedup.fingerprint.unicode_tables import unicode_tables
from dedup.options import require_switch, require_whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from dedup.fingerprint.words import Tables

Result = TypeVar("Result")

_NO_DIGESTS = np.empty(0, np.uint64)
_NO_COUNTS = np.empty(0, np.int32)
_NO_HASHES = np.empty(0, np.uint32)
_NO_OFFSETS = np.empty(0, np.int64)
_NO_SIGNATURES = np.empty((0, 0), np.uint32)


class ShingleHashes(NamedTuple):
    """The shingle hashes of `n` texts, one after the other.

    Attributes:
        values: uint32[m], within each text ascending and each once.
        offsets: int64[n + 1]; those of text `i` are `values[offsets[i] : offsets[i + 1]]`.
    """

    values: NDArray[np.uint32]
    offsets: NDArray[np.int64]


class BlockPrints(NamedTuple):
    """All fingerprints of `n` blocks.

    Attributes:
        digests: uint64[n], xxh3_64 of the normalised text.
        token_counts: int32[n]; a block with none has the signature of the empty set.
        hashes: uint32[m], shingle hashes, within each block ascending and each once.
        hash_offsets: int64[n + 1] into `hashes`.
        signatures: uint32[n, num_perm].
    """

    digests: NDArray[np.uint64]
    token_counts: NDArray[np.int32]
    hashes: NDArray[np.uint32]
    hash_offsets: NDArray[np.int64]
    signatures: NDArray[np.uint32]


class Fingerprinter:
    """Digests, shingle hashes and MinHash signatures of texts.

    A token is a maximal run of letters, marks and numbers of the text in NFC and full case folding (`NORMALISATION`
    names the Unicode version); in scripts that write no spaces, each letter or number with its marks. A shingle is
    `shingle` tokens in a row, joined by one space; a text with fewer tokens is one shingle.

    Signatures equal, bit for bit, those of datasketch 2.x with `MinHash(num_perm, seed, scheme="affine32",
    hashfunc=xxhash.xxh32_intdigest)` on the same shingles, for any `num_perm`. The signature of a text without tokens
    is that of the empty set, 2^32-1 throughout: all such texts look equal, so keep them out of an index (see
    `token_counts`).

    Values depend on the text and the options alone, not on threads, processor, or version of Python. Instances may
    be shared between threads.

    Args:
        num_perm: permutations, the length of a signature.
        shingle: tokens a shingle.
        seed: of the permutations.
        mask_digits: count each run of numbers within a token as a single `0` (for templates with dates and counters).
        threads: how many work on one call.

    Raises:
        OptionError: an option outside its range.
    """

    def __init__(
        self, num_perm: int = 128, shingle: int = 5, seed: int = 1, *, mask_digits: bool = False, threads: int = 1
    ) -> None:
        require_whole("num_perm", num_perm, 1, 1 << 16)
        require_whole("shingle", shingle, 1, 1 << 16)
        require_whole("seed", seed, 0, (1 << 32) - 1)
        require_whole("threads", threads, 1, 1 << 10)
        require_switch("mask_digits", mask_digits)
        self.num_perm = num_perm
        self.shingle = shingle
        self.seed = seed
        self.mask_digits = mask_digits
        self.threads = threads
        self._tables: Tables = tuple(unicode_tables())  # a kernel takes no named tuple where its signature says tuple
        self._permutations = _permutations(num_perm, seed)

    def __reduce__(self) -> tuple[Callable[..., Fingerprinter], tuple[int, int, int]]:
        """Made anew from its options where it is unpickled: the tables lie there too."""
        made = partial(Fingerprinter, mask_digits=self.mask_digits, threads=self.threads)
        return made, (self.num_perm, self.shingle, self.seed)

    def signatures(self, texts: Texts) -> NDArray[np.uint32]:
        """MinHash signatures.

        Args:
            texts: a sequence of `str` or UTF-8 `bytes`, a `TextBuffer`, or an Arrow array of strings (nulls are
                empty texts).

        Returns:
            uint32[n, num_perm].

        Raises:
            FingerprintError: input of another kind, or a text that is not valid UTF-8.
        """
        work = pieces(texts)
        out = np.empty((_count(work), self.num_perm), np.uint32)
        self._run(work, lambda rows, spans: self._fill(rows.start, spans, signatures=out[rows]))
        return out

    def digests(self, texts: Texts) -> NDArray[np.uint64]:
        """xxh3_64 of the normalised texts, uint64[n]; arguments and errors as for `signatures`."""
        work = pieces(texts)
        out = np.empty(_count(work), np.uint64)
        self._run(work, lambda rows, spans: self._fill(rows.start, spans, digests=out[rows]))
        return out

    def masked_digests(
        self, data: NDArray[np.uint8], offsets: NDArray[np.int64], prints: BlockPrints, wanted: NDArray[np.bool_]
    ) -> NDArray[np.uint64]:
        """The same of some blocks of a page with numbers masked, whatever `mask_digits` says.

        Args:
            data: as `blocks` was given it.
            offsets: likewise.
            prints: what that answered.
            wanted: bool[n], contiguous; of those, blocks without tokens are left out.

        Raises:
            FingerprintError: `offsets`, `prints` or `wanted` are not of those n blocks.
        """
        blocks = len(prints.digests)
        if offsets.size != blocks + 1 or not 0 <= offsets[0] <= offsets[-1] <= data.size:
            raise FingerprintError("offsets", offsets.shape, f"those of the {blocks} blocks of the prints")
        if wanted.dtype != np.bool_ or wanted.shape != (blocks,) or not wanted.flags.c_contiguous:
            raise FingerprintError("wanted", (wanted.dtype.name, wanted.shape), f"a contiguous bool[{blocks}]")
        out = np.empty(wanted.size, np.uint64)
        tokens, plain = prints.token_counts, prints.digests
        return out[: masked_digests(data, offsets, wanted, tokens, plain, self._tables, out)]

    def token_counts(self, texts: Texts) -> NDArray[np.int32]:
        """How many tokens each text has, int32[n]; arguments and errors as for `signatures`."""
        work = pieces(texts)
        out = np.empty(_count(work), np.int32)
        self._run(work, lambda rows, spans: self._fill(rows.start, spans, token_counts=out[rows]))
        return out

    def shingle_hashes(self, texts: Texts) -> ShingleHashes:
        """xxh32 of the shingles of each text, each once; arguments and errors as for `signatures`."""
        work = pieces(texts)
        offsets = np.zeros(_count(work) + 1, np.int64)

        def hash_(rows: slice, spans: Spans) -> NDArray[np.uint32]:
            values = np.empty(_hash_capacity(spans), np.uint32)
            within = np.empty(spans.begins.size + 1, np.int64)
            self._fill(rows.start, spans, hashes=values, hash_offsets=within)
            offsets[rows.start + 1 : rows.stop + 1] = np.diff(within)
            return values[: within[-1]].copy()

        values = np.concatenate([_NO_HASHES, *self._run(work, hash_)])
        return ShingleHashes(values, np.cumsum(offsets, out=offsets))

    def normalised(self, text: str | bytes) -> bytes:
        """The tokens of a text, joined by one space.

        Raises:
            FingerprintError: not a text, or not valid UTF-8.
        """
        packed, begins, ends = pack([text], 0)
        data = packed[begins[0] : ends[0]]
        out = np.empty(GROWTH * data.size + SLACK, np.uint8)
        length, fault = normalise(data, self.mask_digits, self._tables, out)
        if fault >= 0:
            raise _invalid_utf8(0, fault)
        return out[:length].tobytes()

    def shingles(self, text: str | bytes) -> list[bytes]:
        """The shingles of a text in its order, repeats included.

        Raises:
            FingerprintError: not a text, or not valid UTF-8.
        """
        tokens = self.normalised(text).split()
        last = max(len(tokens) - self.shingle + 1, min(len(tokens), 1))
        return [b" ".join(tokens[at : at + self.shingle]) for at in range(last)]

    def blocks(self, data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> BlockPrints:
        """Every fingerprint of the blocks of a page, in one call.

        Args:
            data: uint8[size], contiguous, UTF-8.
            offsets: int64[n + 1], block `i` is `data[offsets[i] : offsets[i + 1]]`.

        Raises:
            FingerprintError: arrays that do not fit, or a block that is not valid UTF-8.
        """
        spans = TextBuffer(data, offsets).spans()
        count = spans.begins.size
        digests, token_counts = np.empty(count, np.uint64), np.empty(count, np.int32)
        hashes, hash_offsets = np.empty(_hash_capacity(spans), np.uint32), np.empty(count + 1, np.int64)
        signatures = np.empty((count, self.num_perm), np.uint32)
        self._fill(0, spans, digests, token_counts, hashes, hash_offsets, signatures)
        return BlockPrints(digests, token_counts, hashes[: hash_offsets[-1]], hash_offsets, signatures)

    def _fill(
        self,
        first: int,
        spans: Spans,
        digests: NDArray[np.uint64] = _NO_DIGESTS,
        token_counts: NDArray[np.int32] = _NO_COUNTS,
        hashes: NDArray[np.uint32] = _NO_HASHES,
        hash_offsets: NDArray[np.int64] = _NO_OFFSETS,
        signatures: NDArray[np.uint32] = _NO_SIGNATURES,
    ) -> None:
        text, position = fingerprint(
            spans.data,
            spans.begins,
            spans.ends,
            self.shingle,
            self.mask_digits,
            self._tables,
            self._permutations,
            digests,
            token_counts,
            hashes,
            hash_offsets,
            signatures,
        )
        if text >= 0:
            raise _invalid_utf8(first + text, position)

    def _run(self, work: list[Piece], step: Callable[[slice, Spans], Result]) -> list[Result]:
        """Take a step with each piece and its rows; while one thread is in a kernel, another packs."""

        def take(piece: Piece) -> Result:
            return step(slice(piece.first, piece.first + piece.count), piece.spans())

        if self.threads == 1 or len(work) < 2:
            return [take(piece) for piece in work]
        with ThreadPoolExecutor(self.threads) as pool:
            return list(pool.map(take, work))


def _permutations(num_perm: int, seed: int) -> NDArray[np.uint32]:
    """Multipliers and increments as datasketch 2.x draws them, padded to whole registers."""
    generator = np.random.RandomState(seed)  # its stream is frozen (NEP 19)
    permutations = np.zeros((2, -(-num_perm // LANES) * LANES), np.uint32)
    odd = generator.randint(0, 1 << 31, num_perm, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    permutations[0, :num_perm] = odd
    permutations[1, :num_perm] = generator.randint(0, 1 << 32, num_perm, dtype=np.uint32)
    return permutations


def _count(work: list[Piece]) -> int:
    return sum(piece.count for piece in work)


def _hash_capacity(spans: Spans) -> int:
    """Room for a shingle every two bytes, and one a text."""
    return int(spans.ends.sum() - spans.begins.sum()) // 2 + spans.begins.size


def _invalid_utf8(text: int, position: int) -> FingerprintError:
    return FingerprintError(f"texts[{text}]", f"an invalid byte at position {position}", "valid UTF-8")
