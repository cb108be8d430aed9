"""Checks the pages of an LMDB file before LMDB maps it.

LMDB trusts its file: a page number that points past the end is a bus error, which ends the process. So the tree is
walked with plain reads first. Layout: `struct MDB_meta`, `MDB_page` and `MDB_node` of LMDB 0.9 (`mdb.c`), 64 bits,
little-endian.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

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


class _Tree(NamedTuple):
    depth: int
    root: int


def check_pages(path: Path, *, leaves: bool) -> None:
    """Walk every tree of an LMDB file.

    Args:
        path: of the file; it must not be written meanwhile.
        leaves: read the leaves too. Without, what branches point at is checked to lie within the file.

    Raises:
        StateDamagedError: the file is cut short or its tree is broken; the error names the page.
        OSError: the file cannot be read.
    """
    with path.open("rb", buffering=0) as stream:
        _Walk(path, stream.fileno(), leaves=leaves).run()


class _Walk:
    def __init__(self, path: Path, descriptor: int, *, leaves: bool) -> None:
        self._path = path
        self._descriptor = descriptor
        self._leaves = leaves
        self._bytes = os.fstat(descriptor).st_size
        self._page_size = 4096
        self._seen: set[int] = set()

    def run(self) -> None:
        for tree in self._roots():
            if tree.root != _NO_PAGE:
                self._visit(tree.root, tree.depth, leaves=True)  # the leaves of the main tree hold the others' roots

    def _roots(self) -> Iterator[_Tree]:
        """The trees of the later of the two meta pages."""
        metas = [meta for meta in (self._meta(0), self._meta(1)) if meta is not None]
        if not metas:
            raise self._damaged(0, "no meta page is intact")
        free, main, _ = max(metas, key=lambda meta: meta[2])
        for fields in (_TREE.unpack(free), _TREE.unpack(main)):
            yield _Tree(depth=fields[2], root=fields[7])

    def _meta(self, number: int) -> tuple[bytes, bytes, int] | None:
        page = os.pread(self._descriptor, _PAGE.size + _META.size, number * self._page_size)
        if len(page) < _PAGE.size + _META.size or not _PAGE.unpack_from(page)[2] & _META_PAGE:
            return None
        magic, version, _, _, free, main, _, transaction = _META.unpack_from(page, _PAGE.size)
        if magic != _MAGIC or version & 0xFFFF != _DATA_VERSION:
            return None
        self._page_size = _TREE.unpack(free)[0] or self._page_size
        return free, main, transaction

    def _visit(self, number: int, depth: int, *, leaves: bool) -> None:
        if number in self._seen or number < 2:
            raise self._damaged(number, "two places point at it")
        self._seen.add(number)
        if depth == 1 and not leaves:
            self._require_inside(number, 1)
            return
        page = self._page(number)
        _, _, flags, lower, upper = _PAGE.unpack_from(page)
        if flags & 0xF != (_LEAF if depth == 1 else _BRANCH) or not _PAGE.size <= lower <= upper <= self._page_size:
            raise self._damaged(number, "it is no page of the kind that belongs there")
        for (offset,) in struct.iter_unpack("<H", page[_PAGE.size : lower]):
            self._node(number, page, offset, depth, leaves=leaves)

    def _node(self, number: int, page: bytes, offset: int, depth: int, *, leaves: bool) -> None:
        if not _PAGE.size <= offset <= self._page_size - _NODE.size:
            raise self._damaged(number, "an entry lies outside it")
        low, high, flags, key_size = _NODE.unpack_from(page, offset)
        start = offset + _NODE.size + key_size
        if depth > 1:
            self._visit(low | high << 16 | flags << 32, depth - 1, leaves=leaves)
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
                self._visit(root, subdepth, leaves=self._leaves)

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
