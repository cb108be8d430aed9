"""What earlier jobs kept → this job; what this one keeps → the next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import xxhash
from numpy.typing import NDArray

from dedup.archive.files import require_room_for, write
from dedup.archive.formats.stream import CHUNK
from dedup.archive.options import ArchiveOptions
from dedup.archive.rows import Row
from dedup.archive.stages.resemble import KEPT, Verdicts, cleaned_texts
from dedup.archive.workspace import Workspace
from dedup.errors import ArchiveIndexError, ArchiveOutputError

if TYPE_CHECKING:
    from dedup.archive.near.earlier import EarlierDocuments, Piece
    from dedup.archive.near.texts import CleanedTexts

_decode_row = msgspec.json.Decoder(Row).decode
_AT_A_TIME = 4096


def check_indexes(options: ArchiveOptions) -> None:
    """See that the indexes of a job can be used, now rather than when all the work is done.

    Raises:
        ArchiveIndexError: one is damaged, not there, or made with other options.
        ArchiveOutputError: nothing can be written where one is to be added to.
    """
    if options.against is None and options.index_out is None:
        return
    from dedup.archive.near.earlier import is_index, may_become_index, read_header  # noqa: PLC0415  (compiles kernels)
    from dedup.archive.near.prints import Scheme  # noqa: PLC0415

    scheme = Scheme.of(options)
    if options.index_out is not None:
        folder = Path(options.index_out)
        if is_index(folder):
            read_header(folder, scheme)
        elif not may_become_index(folder):
            raise ArchiveIndexError(str(folder), "is there and is no index; name an empty or a new folder")
        require_room_for(folder)
    if options.against is not None:
        read_header(Path(options.against), scheme)


def verify_indexes(workspace: Workspace, options: ArchiveOptions) -> None:
    """Read the indexes of a job through, and keep what the one it runs against holds as the job begins.

    Args:
        workspace: of the job.
        options: of the job.

    Raises:
        ArchiveIndexError: an index is damaged, not there, or made with other options.
        ArchiveOutputError: the workspace cannot be written.
    """
    if options.against is None and options.index_out is None:
        return
    from dedup.archive.near.earlier import Header, is_index, read_header, verify  # noqa: PLC0415  (compiles kernels)
    from dedup.archive.near.prints import Scheme  # noqa: PLC0415

    scheme, begun = Scheme.of(options), _begun(workspace)
    pieces: dict[Path, dict[Piece, None]] = {}  # of one index once, where it is to be read and extended
    if options.index_out is not None and is_index(folder := Path(options.index_out)):
        pieces[folder] = dict.fromkeys(read_header(folder, scheme).pieces())
    if options.against is not None:
        folder = Path(options.against)
        is_new = not begun.exists()
        if is_new:
            header = read_header(folder, scheme).before(_name(workspace))
        else:
            header = msgspec.json.decode(begun.read_bytes(), type=Header)
        pieces.setdefault(folder, {}).update(dict.fromkeys(header.pieces()))
    for folder, written in pieces.items():
        verify(folder, written)
    if options.against is not None and is_new:
        write(begun, msgspec.json.encode(header))


def recall(workspace: Workspace, options: ArchiveOptions) -> EarlierDocuments | None:
    """The documents that earlier jobs kept, as they were when this job began; None where it runs against none."""
    if options.against is None:
        return None
    from dedup.archive.near.earlier import EarlierDocuments, Header  # noqa: PLC0415  (compiles kernels)

    header = msgspec.json.decode(_begun(workspace).read_bytes(), type=Header)
    return EarlierDocuments(Path(options.against), header)


def _begun(workspace: Workspace) -> Path:
    """The header of the index that a job runs against, as it was when the job began."""
    return workspace.work / "earlier.json"


def require_remembered(workspace: Workspace, options: ArchiveOptions) -> None:
    """See that a job that is done added to the index it is asked to: it may have been run without, or the index be new.

    Raises:
        ArchiveIndexError: the index is damaged, or made with other options.
        ArchiveOutputError: it did not.
    """
    if options.index_out is None:
        return
    from dedup.archive.near.earlier import is_index, read_header  # noqa: PLC0415  (compiles kernels)
    from dedup.archive.near.prints import Scheme  # noqa: PLC0415

    folder = Path(options.index_out)
    jobs = read_header(folder, Scheme.of(options)).jobs if is_index(folder) else ()
    if _name(workspace) not in {added.job for added in jobs}:
        problem = f"holds a job that is done and added nothing to the index {folder}; choose another folder"
        raise ArchiveOutputError(str(workspace.out), problem)


def remember(inputs: int, workspace: Workspace, options: ArchiveOptions, verdicts: Verdicts) -> None:
    """Add what this job keeps to the index that its options name, if they name one.

    Args:
        inputs: how many files were cleaned.
        workspace: of the job.
        options: of the job.
        verdicts: as `resemble` returns them.

    Raises:
        ArchiveIndexError: the index is damaged, full, or made with other options.
        ArchiveOutputError: it cannot be written.
    """
    if options.index_out is None:
        return
    from dedup.archive.near.earlier import extend  # noqa: PLC0415  (compiles kernels)
    from dedup.archive.near.prints import Prints, Scheme  # noqa: PLC0415

    texts = cleaned_texts(inputs, workspace, options)
    scheme = Scheme.of(options)
    stays = np.concatenate(
        [
            verdicts.between(at, at + _AT_A_TIME)["duplicate_of"] == KEPT
            for at in range(0, len(texts) or 1, _AT_A_TIME)
        ]
    )
    kept = stays if texts.order is None else stays[texts.order]
    ids = _ids(inputs, workspace, texts, kept)
    extend(Path(options.index_out), scheme, _name(workspace), Prints.of(workspace.near, len(texts)), kept, ids)


def _name(workspace: Workspace) -> str:
    """What an index calls the job: no other has the same input and options. Standard input is told by what it holds."""
    digest = xxhash.xxh3_128(workspace.marker.read_bytes())
    if workspace.stdin.exists():
        with workspace.stdin.open("rb") as file:
            while block := file.read(CHUNK):
                digest.update(block)
    return digest.hexdigest()


def _ids(inputs: int, workspace: Workspace, texts: CleanedTexts, kept: NDArray[np.bool_]) -> Iterator[str]:
    """Of the documents that are kept, in the order of their ranks."""
    with ExitStack() as stack:
        rows = [stack.enter_context(workspace.rows(number).open("rb")) for number in range(inputs)]
        for start in range(0, len(kept), _AT_A_TIME):
            ranks = start + np.flatnonzero(kept[start : start + _AT_A_TIME])
            for number, at in texts.rows(ranks):
                rows[number].seek(at)
                yield _decode_row(rows[number].readline()).id
