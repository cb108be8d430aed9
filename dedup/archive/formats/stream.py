"""A file read forward, decompressed as it goes, that knows where in the file it is.

Archives are compressed record by record, each record a gzip member (or a zstd frame) of its own. So a damaged
member costs what it holds and no more: `recover` goes on with the next one.
"""

from __future__ import annotations

import bz2
import sys
import zlib
from collections import deque
from collections.abc import Callable
from typing import BinaryIO, Final, Protocol

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CHUNK: Final = 1 << 16
GZIP: Final = b"\x1f\x8b\x08"
ZSTD: Final = b"\x28\xb5\x2f\xfd"
BZIP2: Final = b"BZh"
_MOST_AT_ONCE: Final = 1 << 20  # bytes read or decompressed at a time, whatever a member promises


class _Decoder(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Gzip:
    """zlib's decoder with the interface that bz2 and zstd have."""

    def __init__(self) -> None:
        self._decoder = zlib.decompressobj(wbits=31)
        self._tail = b""

    @property
    def eof(self) -> bool:
        return self._decoder.eof

    @property
    def needs_input(self) -> bool:
        return not self._tail

    @property
    def unused_data(self) -> bytes:
        return self._decoder.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        decompressed = self._decoder.decompress(self._tail + data, max_length)
        self._tail = self._decoder.unconsumed_tail
        return decompressed


_CODECS: Final[tuple[tuple[bytes, Callable[[], _Decoder]], ...]] = (
    (GZIP, _Gzip),
    (ZSTD, zstd.ZstdDecompressor),
    (BZIP2, bz2.BZ2Decompressor),
)
_FAILURES: Final = (zlib.error, zstd.ZstdError, OSError, ValueError)


class ByteStream:
    """The decompressed bytes of a seekable file.

    Args:
        file: at its beginning.
        start: in a file that is not compressed, bytes before the first that is of interest.

    Attributes:
        position: decompressed bytes before the next one.
        fault: why there are no more although the file goes on or should; None while all is well.
    """

    def __init__(self, file: BinaryIO, start: int | None = None) -> None:
        self._file = file
        head = file.read(8) if start is None else b""
        file.seek(start or 0)
        self._magic = b""
        self._new_decoder: Callable[[], _Decoder] | None = None
        for magic, new_decoder in _CODECS:
            if head.startswith(magic):
                self._magic, self._new_decoder = magic, new_decoder
        self._decoder: _Decoder | None = None
        self._raw = b""
        self._raw_read = 0
        self._buffer = b""
        self._at = 0
        self._members: deque[tuple[int, int]] = deque()  # (position, offset in the file) of those not yet passed
        self.position = start or 0
        self.fault: str | None = None

    @property
    def compressed(self) -> bool:
        """Whether the file is."""
        return self._new_decoder is not None

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, fewer at the end, without passing them."""
        while len(self._buffer) - self._at < size and self._fill():
            pass
        return self._buffer[self._at : self._at + size]

    def take(self, size: int) -> bytes:
        """The next `size` bytes, fewer at the end."""
        if len(self._buffer) - self._at >= size:
            part = self._buffer[self._at : self._at + size]
            self._pass(size)
            return part
        parts: list[bytes] = []
        while size > 0 and (part := self.peek(1) and self._buffer[self._at : self._at + size]):
            parts.append(part)
            self._pass(len(part))
            size -= len(part)
        return b"".join(parts)

    def skip(self, size: int) -> int:
        """Pass `size` bytes, fewer at the end; how many."""
        left = size
        while left > 0 and self.peek(1):
            step = min(left, len(self._buffer) - self._at)
            self._pass(step)
            left -= step
        return size - left

    def line(self, most: int) -> bytes:
        """The next line with its end, or `most` bytes of it."""
        searched = 0
        while True:
            end = self._buffer.find(b"\n", self._at + searched)
            if end >= 0 or len(self._buffer) - self._at >= most:
                size = min(end + 1 - self._at if end >= 0 else most, most)
                break
            searched = len(self._buffer) - self._at
            if not self._fill():
                size = searched
                break
        return self.take(size)

    def lines(self, most: int) -> bytes:
        """Whole lines, as many as `most` bytes hold; nothing where the next one is longer, or has no end."""
        window = self.peek(most)
        size = window.rfind(b"\n") + 1
        self._pass(size)
        return window if size == len(window) else window[:size]

    def push_back(self, data: bytes) -> None:
        """Un-read `data`, which was just taken."""
        self._buffer = data + self._buffer[self._at :]
        self._at = 0
        self.position -= len(data)

    def offset(self, position: int) -> int:
        """Where in the file the byte at `position` is, for the start of a compressed member; else `position`."""
        return next((offset for start, offset in self._members if start == position), position)

    def forget_before(self, position: int) -> None:
        """No `offset` of what lies before will be asked for any more."""
        while len(self._members) > 1 and self._members[1][0] <= position:
            self._members.popleft()

    def go_back(self, position: int) -> bool:
        """Return to `position`, in a compressed file to the first member behind it; False where none was seen."""
        target = (position, position)
        if self.compressed:
            behind = [member for member in self._members if member[0] > position]
            if not behind:
                return False
            target = behind[0]
            while self._members[-1][0] >= target[0]:
                self._members.pop()
        self.position, start = target
        self._file.seek(start)
        self._raw, self._raw_read, self._decoder, self.fault = b"", start, None, None
        self._buffer, self._at = b"", 0
        return True

    def recover(self) -> bool:
        """After a fault, go on with the next compressed member that can be read; False where there is none."""
        if self.fault is None or not self._members:
            return False
        failed = self._members[-1][1]
        self._pass(len(self._buffer) - self._at)
        found = self._next_member(failed + 1)
        if found is None:
            return False
        self._file.seek(found)
        self._raw, self._raw_read = b"", found
        self._decoder = None
        self.fault = None
        return True

    def _pass(self, size: int) -> None:
        self._at += size
        self.position += size

    def _fill(self) -> bool:
        """Get more bytes; False at the end and after a fault."""
        if self.fault is not None:
            return False
        held = len(self._buffer) - self._at
        step = min(max(held, CHUNK), _MOST_AT_ONCE)  # small ones copy what is held of a long line again and again
        more = self._file.read(step) if self._new_decoder is None else self._decompress()
        self._buffer = self._buffer[self._at :] + more
        self._at = 0
        return bool(more)

    def _decompress(self) -> bytes:
        while True:
            if self._decoder is None and not self._begin_member():
                return b""
            assert self._decoder is not None  # noqa: S101  (for the type checker)
            if self._decoder.needs_input and not self._raw:
                self._read_raw()
            at_end = self._decoder.needs_input and not self._raw
            data, self._raw = (self._raw, b"") if self._decoder.needs_input else (b"", self._raw)
            try:
                more = self._decoder.decompress(data, _MOST_AT_ONCE)
            except _FAILURES as error:
                self.fault = f"damaged compressed data ({error})"
                return b""
            if self._decoder.eof:
                self._raw = self._decoder.unused_data + self._raw
                self._decoder = None
            elif at_end and not more:
                self.fault = "the file ends within compressed data"
            if more or self.fault:
                return more

    def _begin_member(self) -> bool:
        """Open the next member; False at the end of the file or where something else follows."""
        while len(self._raw) < len(self._magic) and self._read_raw():
            pass
        while not self._raw.strip(b"\0"):  # tapes and block devices are padded with zeros
            self._raw = b""
            if not self._read_raw():
                return False
        start = self.position + len(self._buffer) - self._at
        self._members.append((start, self._raw_read - len(self._raw)))
        if not self._raw.startswith(self._magic):
            self.fault = "bytes that are not compressed amid those that are"
            return False
        assert self._new_decoder is not None  # noqa: S101  (for the type checker)
        self._decoder = self._new_decoder()
        return True

    def _read_raw(self) -> bool:
        more = self._file.read(CHUNK)
        self._raw += more
        self._raw_read += len(more)
        return bool(more)

    def _next_member(self, offset: int) -> int | None:
        """Where from `offset` on a member begins that can be read."""
        while True:
            self._file.seek(offset)
            chunk = self._file.read(CHUNK + len(self._magic))
            found = chunk.find(self._magic)
            if found >= 0:
                if self._opens(offset + found):
                    return offset + found
                offset += found + 1
            elif len(chunk) <= CHUNK:
                return None
            else:
                offset += CHUNK

    def _opens(self, offset: int) -> bool:
        assert self._new_decoder is not None  # noqa: S101  (for the type checker)
        self._file.seek(offset)
        try:
            return bool(self._new_decoder().decompress(self._file.read(CHUNK), CHUNK))
        except _FAILURES:
            return False
