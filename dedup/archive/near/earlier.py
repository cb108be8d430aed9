"""The index of an archive: what earlier jobs kept, so that a later one drops what resembles it.

A folder of files that only grow. `header.json`, replaced as a whole at the end of every job, says how far each reaches;
what stands behind that is of a job that did not finish, and is written over by the next.

    header.json   format, scheme, and for each job how many documents it added and what their bytes are; on the line
                  below, xxh3_128 of that
    hashes, ends  the shingle hashes of every document, as `Prints` has them
    ids, id_ends  the ids, UTF-8, one after another (int64: where each ends)
    00000.bands   a shard's bands, as `Shard` has them
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

import filelock
import msgspec
import numpy as np
import xxhash
from msgspec.structs import replace
from numpy.typing import NDArray

from dedup.archive.files import failures_named, put_on_disk, replacing, write
from dedup.archive.near.prints import MOST_DOCUMENTS, Prints, Scheme, Shard, behind
from dedup.archive.near.runs import Mapped
from dedup.errors import ArchiveIndexError, ArchiveIndexMismatchError

FORMAT: Final = 2
_HEADER: Final = "header.json"
_LOCK: Final = "lock"
_GROWING: Final = ("hashes", "ends", "ids", "id_ends")
_RESTORE: Final = "restore a copy of the index"
_BLOCK: Final = 1 << 22
_AT_A_TIME: Final = 1024


class Piece(msgspec.Struct, frozen=True):
    """Bytes of a file that a job wrote.

    Attributes:
        file: name of the file.
        start: bytes before them.
        size: how many.
        digest: their xxh3_128, 32 hexadecimal digits.
    """

    file: str
    start: int
    size: int
    digest: str


class Added(msgspec.Struct, frozen=True):
    """What a job added.

    Attributes:
        job: that it was; a job adds its documents once.
        shards: documents of each of its shards.
        pieces: the bytes it wrote.
    """

    job: str
    shards: tuple[int, ...]
    pieces: tuple[Piece, ...]


class Header(msgspec.Struct, frozen=True):
    """What an index holds."""

    format: int
    scheme: Scheme
    jobs: tuple[Added, ...] = ()

    @property
    def documents(self) -> int:
        """Of all jobs."""
        return sum(sum(job.shards) for job in self.jobs)

    def shards(self) -> Iterator[int]:
        """Documents of each shard."""
        for job in self.jobs:
            yield from job.shards

    def pieces(self) -> Iterator[Piece]:
        """The bytes that all jobs wrote."""
        for job in self.jobs:
            yield from job.pieces

    def before(self, job: str) -> Self:
        """What it held before a job added to it; all of it where that one did not."""
        names = [added.job for added in self.jobs]
        return replace(self, jobs=self.jobs[: names.index(job)]) if job in names else self

    def end(self, file: str) -> int:
        """Bytes of a growing file that are in the index."""
        return sum(piece.size for piece in self.pieces() if piece.file == file)


def is_index(folder: Path) -> bool:
    """Whether a folder holds an index."""
    return (folder / _HEADER).exists()


def may_become_index(folder: Path) -> bool:
    """Whether an index can be made there: of nothing, an empty folder, or what a job left that found no room."""
    if not folder.exists():
        return True
    return folder.is_dir() and ((folder / _LOCK).exists() or not any(folder.iterdir()))


def read_header(folder: Path, scheme: Scheme) -> Header:
    """What an index holds.

    Args:
        folder: of the index.
        scheme: that this job signs documents with.

    Raises:
        ArchiveIndexError: there is none, or its header is damaged.
        ArchiveIndexMismatchError: it was made by another version or with other options.
    """
    path = folder / _HEADER
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ArchiveIndexError(
            str(path), f"cannot be read ({error.strerror or error}); is this an index?"
        ) from error
    content, _, digest = content.partition(b"\n")
    try:
        made_by = msgspec.json.decode(content, type=dict[str, object])
        if isinstance(found := made_by.get("format"), int) and found != FORMAT:
            raise ArchiveIndexMismatchError(str(folder), "format", FORMAT, found)
        header = msgspec.json.decode(content, type=Header)
    except msgspec.DecodeError as error:
        raise ArchiveIndexError(str(path), f"is damaged ({error}); {_RESTORE}") from error
    if digest != xxhash.xxh3_128_hexdigest(content).encode():
        raise ArchiveIndexError(str(path), f"is damaged (it is not what was written); {_RESTORE}")
    for field in Scheme.__struct_fields__:
        expected, got = getattr(scheme, field), getattr(header.scheme, field)
        if expected != got:
            raise ArchiveIndexMismatchError(str(folder), field, expected, got)
    return header


def verify(folder: Path, pieces: Iterable[Piece]) -> None:
    """Read an index through, and compare it with the digests of what was written.

    Raises:
        ArchiveIndexError: a file is not what was written.
    """
    for piece in pieces:
        path = folder / piece.file
        try:
            with path.open("rb") as file:
                found = _digest(file, piece.start, piece.size)
        except OSError as error:
            raise ArchiveIndexError(str(path), f"cannot be read ({error.strerror or error}); {_RESTORE}") from error
        if found != piece.digest:
            problem = f"bytes {piece.start} to {piece.start + piece.size} are not those that were written"
            raise ArchiveIndexError(str(path), f"{problem}; {_RESTORE}")


class EarlierDocuments:
    """The documents of an index.

    Args:
        folder: of the index.
        header: up to where to read.
    """

    def __init__(self, folder: Path, header: Header) -> None:
        counts = list(header.shards())
        firsts = np.cumsum([0, *counts]).tolist()
        shards = [Shard(_bands(folder, number), first) for number, first in enumerate(firsts[:-1])]
        self.prints = Prints(folder, shards, header.documents)
        self._id_ends = Mapped(folder / "id_ends", np.int64)
        self._ids = folder / "ids"

    def id_of(self, document: int) -> str:
        """The id of a document, numbered from 0."""
        ends = self._id_ends.array
        start = int(ends[document - 1]) if document else 0
        with self._ids.open("rb") as file:
            return os.pread(file.fileno(), int(ends[document]) - start, start).decode("utf-8", "surrogatepass")


def extend(
    folder: Path, scheme: Scheme, job: str, fresh: Prints, kept: NDArray[np.bool_], ids: Iterable[str]
) -> None:
    """Add what a job kept; all of it or, where it is interrupted, nothing. A job that did so before adds nothing.

    Args:
        folder: of the index, made where it is missing.
        scheme: that the documents were signed with.
        job: a name for the job, the same when it is started again.
        fresh: its documents.
        kept: bool[documents], which to add.
        ids: of those, in order.

    Raises:
        ArchiveIndexError: the index is damaged or full.
        ArchiveIndexMismatchError: it was made by another version or with other options.
        ArchiveOutputError: it cannot be written.
    """
    with failures_named(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with failures_named(folder), filelock.FileLock(folder / _LOCK):
        header = read_header(folder, scheme) if is_index(folder) else Header(FORMAT, scheme)
        if any(added.job == job for added in header.jobs):
            return
        count = int(kept.sum())
        if header.documents + count > MOST_DOCUMENTS:
            raise ArchiveIndexError(str(folder), f"holds at most {MOST_DOCUMENTS} documents; begin another index")
        added = _add(folder, header, scheme, job, fresh, kept, ids)
        content = msgspec.json.encode(replace(header, jobs=(*header.jobs, added)))
        write(folder / _HEADER, content + b"\n" + xxhash.xxh3_128_hexdigest(content).encode())


def _add(
    folder: Path, header: Header, scheme: Scheme, job: str, fresh: Prints, kept: NDArray[np.bool_], ids: Iterable[str]
) -> Added:
    before = len(list(header.shards()))
    shards: list[int] = []
    bands: list[Path] = []
    with _Growing(folder, header) as growing:
        names = iter(ids)
        bounds = [*(shard.first for shard in fresh.shards), fresh.documents]
        for shard, stop in zip(fresh.shards, bounds[1:], strict=True):
            here = kept[shard.first : stop]
            if not here.any():
                continue
            for first in range(shard.first, stop, _AT_A_TIME):
                growing.add(fresh, first, kept[first : min(first + _AT_A_TIME, stop)], names)
            shards.append(int(here.sum()))
            bands.append(_bands(folder, before + len(bands)))
            with replacing(bands[-1]) as (file,):
                for number in range(scheme.runs):
                    file.write(_of_kept(shard.run(number, scheme.runs, -shard.first).all(), here).data)
    pieces = [*(_piece(path, 0) for path in bands), *(_piece(folder / name, header.end(name)) for name in _GROWING)]
    return Added(job, tuple(shards), tuple(pieces))


class _Growing:
    """The files that grow, with what is written behind their ends in the index."""

    def __init__(self, folder: Path, header: Header) -> None:
        self._ends = {name: header.end(name) for name in _GROWING}
        self._folder = folder
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._files = {
                name: stack.enter_context(behind(self._folder / name, end)) for name, end in self._ends.items()
            }
            self._open = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._open.close()
        if kind is None:
            for name in _GROWING:
                put_on_disk(self._folder / name)

    def add(self, prints: Prints, first: int, kept: NDArray[np.bool_], names: Iterator[str]) -> None:
        """Write those documents from `first` on that are kept, and their ids."""
        stops = prints.ends.array[first : first + len(kept)].copy()
        begins = np.concatenate([[prints.ends.array[first - 1] if first else 0], stops[:-1]])
        sizes = stops - begins
        self._write("hashes", prints.hashes.array[begins[0] : stops[-1]][np.repeat(kept, sizes)])
        self._write("ends", self._ends["hashes"] // 4 - sizes[kept].sum() + np.cumsum(sizes[kept]))
        texts = [next(names).encode("utf-8", "surrogatepass") for _ in range(int(kept.sum()))]
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        self._write("ids", np.frombuffer(b"".join(texts), np.uint8))
        self._write("id_ends", self._ends["ids"] - lengths.sum() + np.cumsum(lengths))
        prints.let_go()

    def _write(self, name: str, array: NDArray[Any]) -> None:
        self._files[name].write(array.data)
        self._ends[name] += array.nbytes


def _of_kept(keys: NDArray[np.uint64], kept: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """The keys of the documents that are kept, numbered anew."""
    number = np.cumsum(kept, dtype=np.uint64) - np.uint64(1)
    document = (keys & np.uint64(0xFFFFFFFF)).astype(np.int64)
    here = kept[document]
    return keys[here] >> np.uint64(32) << np.uint64(32) | number[document[here]]


def _piece(path: Path, start: int) -> Piece:
    size = path.stat().st_size - start
    with path.open("rb") as file:
        return Piece(path.name, start, size, _digest(file, start, size))


def _digest(file: BinaryIO, start: int, size: int) -> str:
    digest = xxhash.xxh3_128()
    file.seek(start)
    while size and (block := file.read(min(size, _BLOCK))):
        digest.update(block)
        size -= len(block)
    return digest.hexdigest()


def _bands(folder: Path, number: int) -> Path:
    return folder / f"{number:05}.bands"
