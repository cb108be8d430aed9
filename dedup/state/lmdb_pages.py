"""Checks the pages of an LMDB file before LMDB maps it.

LMDB trusts its file: a page number that points past the end is a bus error, a page of another kind a failed assertion,
and both end the process. So all trees are walked with plain reads first; that of the log, which is nearly all of the
file, by kernels. Layout: `struct MDB_meta`, `MDB_page` and `MDB_node` of LMDB 0.9 (`mdb.c`), 64 bits, little-endian.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.errors import StateDamagedError

_MAGIC: Final = 0xBEEFC0DE
_DATA_VERSION: Final = 1
_META: Final = struct.Struct(
    "<IIQQ48s48sQQ"
)  # magic, version, address, map size, free tree, main tree, last page, txn
_TREE: Final = struct.Struct("<IHHQQQQQ")  # page size (free tree only), flags, depth, pages by kind, entries, root
_PAGE: Final = struct.Struct("<QHHHH")  # number, padding, flags, lower, upper
_NODE: Final = struct.Struct("<HHHH")  # size or page number, low and high half, flags, key size
_BRANCH, _LEAF, _OVERFLOW, _META_PAGE = 1, 2, 4, 8
_LARGE, _SUBTREE = 1, 2
_NO_PAGE: Final = 2**64 - 1
_LOG: Final = b"log"
_MOST_DEEP: Final = 32  # levels of a tree, LMDB's own bound
_PAGES_AT_ONCE: Final = 256
_Numbers = npt.NDArray[np.uint64]


class _Tree(NamedTuple):
    depth: int
    root: int


def check_pages(path: Path) -> int:
    """Walk every tree of an LMDB file, which must not be written meanwhile; returns how many records its log holds.

    Raises:
        StateDamagedError: the file is cut short or its tree is broken; the error names the page.
        OSError: the file cannot be read.
    """
    with path.open("rb", buffering=0) as stream:
        return _Walk(path, stream.fileno()).run()


def check_size(path: Path) -> None:
    """Make sure that a file, which may grow meanwhile, is as long as it says; raises as `check_pages`."""
    with path.open("rb", buffering=0) as stream:
        _Walk(path, stream.fileno()).check_size()


class _Walk:
    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor
        self._bytes = os.fstat(descriptor).st_size
        self._page_size = 4096
        self._seen: set[int] = set()
        self._records = 0

    def run(self) -> int:
        for tree in self._roots():
            if tree.root != _NO_PAGE:
                self._visit(tree.root, tree.depth)
        return self._records

    def check_size(self) -> None:
        last = max(self._meta(number)[3] for number in (0, 1))
        self._bytes = os.fstat(self._descriptor).st_size
        self._require_inside(last, 1)

    def _roots(self) -> Iterator[_Tree]:
        """The trees of the later of the two meta pages."""
        metas = [self._meta(0), self._meta(1)]
        free, main, last, _ = max(metas, key=lambda meta: meta[2])
        before = last - 1 if last else 0  # both meta pages of a new file are of transaction 0
        if {meta[2] for meta in metas} != {last, before} or (last and metas[last % 2][2] != last):
            raise self._damaged(0, "the transactions of the meta pages do not follow each other")
        for fields in (_TREE.unpack(free), _TREE.unpack(main)):
            yield _Tree(depth=fields[2], root=fields[7])

    def _meta(self, number: int) -> tuple[bytes, bytes, int, int]:
        """Free tree, main tree, transaction and last page of a meta page."""
        page = os.pread(self._descriptor, _PAGE.size + _META.size, number * self._page_size)
        if len(page) < _PAGE.size + _META.size or not _PAGE.unpack_from(page)[2] & _META_PAGE:
            raise self._damaged(number, "it is no meta page")
        magic, version, _, _, free, main, last, transaction = _META.unpack_from(page, _PAGE.size)
        if magic != _MAGIC or version & 0xFFFF != _DATA_VERSION:
            raise self._damaged(number, "it is no meta page of this version of LMDB")
        self._page_size = _TREE.unpack(free)[0] or self._page_size
        return free, main, transaction, last

    def _visit(self, number: int, depth: int) -> None:
        if number in self._seen or number < 2:
            raise self._damaged(number, "two places point at it")
        self._seen.add(number)
        page = self._page(number)
        _, _, flags, lower, upper = _PAGE.unpack_from(page)
        if flags & 0xF != (_LEAF if depth == 1 else _BRANCH) or not _PAGE.size <= lower <= upper <= self._page_size:
            raise self._damaged(number, "it is no page of the kind that belongs there")
        for (offset,) in struct.iter_unpack("<H", page[_PAGE.size : lower]):
            self._node(number, page, offset, depth)

    def _node(self, number: int, page: bytes, offset: int, depth: int) -> None:
        if not _PAGE.size <= offset <= self._page_size - _NODE.size:
            raise self._damaged(number, "an entry lies outside it")
        low, high, flags, key_size = _NODE.unpack_from(page, offset)
        start = offset + _NODE.size + key_size
        if depth > 1:
            self._visit(low | high << 16 | flags << 32, depth - 1)
            return
        size = low | high << 16
        stored = 8 if flags & _LARGE else size
        if start + stored > self._page_size or flags & ~(_LARGE | _SUBTREE):
            raise self._damaged(number, "an entry does not fit it")
        if flags & _LARGE:
            (first,) = struct.unpack_from("<Q", page, start)
            self._overflow(first, size)
        elif flags & _SUBTREE:
            _, _, subdepth, _, _, _, _, root = _TREE.unpack_from(page, start)
            if root != _NO_PAGE:
                is_log = page[offset + _NODE.size : start] == _LOG
                (self._walk_log if is_log else self._visit)(root, subdepth)

    def _walk_log(self, root: int, depth: int) -> None:
        from dedup.state.page_kernels import BEYOND, ORDER, OVERFLOW, TWICE, walk_log  # noqa: PLC0415  (loads numba)

        rows, large, branches, branch_of = self._scan()
        seen, fault = np.zeros(len(rows), np.uint8), np.zeros((1, 2), np.uint64)
        stack = np.empty(2 * (_MOST_DEEP + 1), np.uint64)
        if wrong := walk_log(root, depth, rows, branches, branch_of, seen, stack, fault):
            damages = {
                BEYOND: f"it lies beyond the end of the file ({self._bytes} bytes)",
                TWICE: "two places point at it",
                ORDER: "its positions do not rise",
            }
            raise self._damaged(int(fault[0, 0]), damages.get(wrong, "it is no page of the kind that belongs there"))
        self._records = int(fault[0, 1])
        for _, first, size in large[seen[large[:, 0]] > 0].tolist():
            pages = (_PAGE.size - 1 + size) // self._page_size + 1
            self._require_inside(first, pages)
            if rows[first, 2] != OVERFLOW or rows[first, 0] != pages:
                raise self._damaged(first, "it is no page of the kind that belongs there")

    def _scan(self) -> tuple[_Numbers, _Numbers, npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
        """Read all pages: what each is, values with pages of their own, the branches, and the place of each there."""
        from dedup.state.page_kernels import BRANCH, read_pages  # noqa: PLC0415  (loads numba)

        count, size = self._bytes // self._page_size, self._page_size
        rows = np.empty((count, 4), np.uint64)
        scratch = np.empty((_PAGES_AT_ONCE * size // 2, 3), np.uint64)
        buffer = np.empty((_PAGES_AT_ONCE, size), np.uint8)
        large: list[_Numbers] = [scratch[:0].copy()]
        branches: list[npt.NDArray[np.uint8]] = [buffer[:0].copy()]
        for first in range(0, count, _PAGES_AT_ONCE):
            pages = buffer[: min(_PAGES_AT_ONCE, count - first)]
            if os.preadv(self._descriptor, [pages.data], first * size) < pages.size:
                raise self._damaged(first, f"it lies beyond the end of the file ({self._bytes} bytes)")
            here = rows[first : first + len(pages)]
            if found := read_pages(pages, first, here, scratch):
                large.append(scratch[:found].copy())
            if (is_branch := here[:, 2] == BRANCH).any():
                branches.append(pages[is_branch])
        branch_of = np.cumsum(rows[:, 2] == BRANCH) - 1
        return rows, np.concatenate(large), np.concatenate(branches), branch_of

    def _overflow(self, number: int, size: int) -> None:
        pages = (_PAGE.size - 1 + size) // self._page_size + 1
        self._require_inside(number, pages)
        header = os.pread(self._descriptor, _PAGE.size, number * self._page_size)
        stored, _, flags, low, high = _PAGE.unpack(header)
        if stored != number or flags & 0xF != _OVERFLOW or low | high << 16 != pages:
            raise self._damaged(number, "it is no page of the kind that belongs there")

    def _page(self, number: int) -> bytes:
        self._require_inside(number, 1)
        page = os.pread(self._descriptor, self._page_size, number * self._page_size)
        if _PAGE.unpack_from(page)[0] != number:
            raise self._damaged(number, "it carries another number")
        return page

    def _require_inside(self, number: int, pages: int) -> None:
        if (number + pages) * self._page_size > self._bytes:
            raise self._damaged(number, f"it lies beyond the end of the file ({self._bytes} bytes)")

    def _damaged(self, number: int, damage: str) -> StateDamagedError:
        return StateDamagedError(str(self._path.parent), f"{self._path.name}, page {number}", damage)
