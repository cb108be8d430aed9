"""A file read forward, decompressed as it goes, that knows where in the file it is.

Archives are compressed record by record, each record a gzip member (or a zstd frame) of its own. So a damaged
member costs what it holds and no more: `recover` goes on with the next one.
"""

from __future__ import annotations

import io
from collections import deque
from typing import BinaryIO, Final, NamedTuple

from dedup.archive.formats import compression
from dedup.archive.formats.compression import FAILURES, Codec, Decoder

CHUNK: Final = 1 << 16
_GLANCE: Final = 1 << 8  # bytes in which nearly all that only looks like the beginning of a member fails
_MOST_TRIED: Final = 16  # times the bytes of a file that are read in vain; then what is left of it is given up
_NOT_COMPRESSED: Final = "bytes that are not compressed amid those that are"
_MOST_AT_ONCE: Final = 1 << 20  # bytes read or decompressed at a time, whatever a member promises


class Place(NamedTuple):
    """Where a byte is.

    Attributes:
        position: decompressed bytes before it.
        in_file: bytes before it in the file, where a compressed member begins with it; None of any other byte.
    """

    position: int
    in_file: int | None

    @property
    def offset(self) -> int:
        """As records tell it."""
        return self.position if self.in_file is None else self.in_file

    def length_to(self, end: Place) -> int:
        """Bytes up to another one: in the file, if it has both, else of what it decompresses to."""
        if self.in_file is not None and end.in_file is not None:
            return end.in_file - self.in_file
        return end.position - self.position


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
        head = file.read(compression.SKIPPABLE_HEADER) if start is None else b""
        self._size = file.seek(0, io.SEEK_END)
        file.seek(start or 0)
        self._codec = compression.codec_of(head)
        self._decoder: Decoder | None = None
        self._raw = b""
        self._raw_read = 0
        self._buffer = bytearray()  # which grows, and loses its beginning, without being copied
        self._at = 0
        self._members: deque[tuple[int, int]] = deque()  # (position, offset in the file) of those not yet passed
        self._end = None if self.compressed else self._size  # of what can be read, once that is known
        self._tried = 0  # bytes that were read in vain
        self.position = start or 0
        self.fault: str | None = None

    @property
    def compressed(self) -> bool:
        """Whether the file is."""
        return self._codec is not None

    def place(self) -> Place:
        """Where the next byte is; before the last call of it, nothing is remembered."""
        self.peek(1)  # opens the member that begins here
        while len(self._members) > 1 and self._members[1][0] <= self.position:
            self._members.popleft()
        return Place(self.position, next((at for start, at in self._members if start == self.position), None))

    def ends_within(self, size: int) -> bool:
        """Whether fewer than `size` bytes are left, as far as the end is known: of a plain file always."""
        return self._end is not None and self.position + size > self._end

    def ahead(self, distance: int, size: int) -> bytes | None:
        """`size` bytes that follow after `distance` others, fewer at the end; None where even those are too few."""
        if self.ends_within(distance):
            return None
        while len(self._buffer) - self._at < distance + size and self._fill():
            pass
        start = self._at + distance
        return self._part(start, size) if start <= len(self._buffer) else None

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, fewer at the end, without passing them."""
        while len(self._buffer) - self._at < size and self._fill():
            pass
        return self._part(self._at, size)

    def take(self, size: int) -> bytes:
        """The next `size` bytes, fewer at the end."""
        part = self.peek(size)
        self._pass(len(part))
        return part

    def skip(self, size: int) -> int:
        """Pass `size` bytes, fewer at the end; how many."""
        if not self.compressed and size > len(self._buffer) - self._at:
            size = max(min(size, self._size - self.position), 0)
            self.position += size
            self._start_from(self.position)
            return size
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

    def unread(self, line: bytes) -> None:
        """Stand before a line again that was just read."""
        self._pass(-len(line))

    def go_back(self, position: int) -> None:
        """Return to a position from that of the last `place` on, which in a compressed file is to be read again."""
        start = (position, position)
        if self.compressed:
            while (start := self._members.pop())[0] > position:
                pass
        self.position, offset = start
        self._start_from(offset)
        self.skip(position - self.position)

    def recover(self) -> bool:
        """After a fault, go on with the next compressed member that can be read; False where there is none."""
        if self.fault is None or not self._members:
            return False
        failed = self._members[-1][1]
        self._tried += max(min(self._raw_read, self._size) - failed - CHUNK, 0)  # the last chunk is read ahead
        self._pass(len(self._buffer) - self._at)
        found = self._next_member(failed + 1)
        if found is None:
            self._members.append((self.position, self._size))
            return False
        self._start_from(found)
        self._end = None
        return True

    def _start_from(self, offset: int) -> None:
        """Read on from there in the file."""
        self._file.seek(offset)
        self._raw, self._raw_read, self._decoder, self.fault = b"", offset, None, None
        self._buffer, self._at = bytearray(), 0

    def _part(self, start: int, size: int) -> bytes:
        return bytes(memoryview(self._buffer)[start : start + size])

    def _pass(self, size: int) -> None:
        self._at += size
        self.position += size

    def _fill(self) -> bool:
        """Get more bytes; False at the end and after a fault."""
        if self.fault is not None:
            return False
        held = len(self._buffer) - self._at
        step = min(max(held, CHUNK), _MOST_AT_ONCE)
        more = self._decompress() if self.compressed else self._file.read(step)
        del self._buffer[: self._at]
        self._at = 0
        self._buffer += more
        if not more:
            self._end = self.position + held
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
            except FAILURES as error:
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
        assert self._codec is not None  # noqa: S101  (for the type checker)
        while self._next_frame() and self.fault is None:
            if self._codec.magic != compression.ZSTD or not compression.is_skippable(self._raw):
                self.fault = self._why_not_opened(self._codec)
                break
            if not self._pass_frame():
                break
        return self._decoder is not None

    def _next_frame(self) -> bool:
        """Get the beginning of what stands next in the file; False at its end."""
        begin = self._raw_read - len(self._raw)
        self._read_raw_up_to(compression.LONGEST_HEADER)
        while self._raw and not self._raw.strip(b"\0"):  # tapes and block devices are padded with zeros
            self._raw = b""
            self._read_raw()
        passed = self._raw_read - len(self._raw)
        if self._raw and passed != begin:
            self.fault = _NOT_COMPRESSED  # zeros within a file are a hole in it
        member = (self.position + len(self._buffer) - self._at, begin if self._raw else passed)
        if not self._members or self._members[-1] != member:
            self._members.append(member)
        return bool(self._raw)

    def _why_not_opened(self, codec: Codec) -> str | None:
        """Make the decoder of the member that stands next, or say why there is none."""
        if not self._raw.startswith(codec.magic):
            return _NOT_COMPRESSED
        if codec.magic == compression.ZSTD and not codec.has_dictionary and compression.dictionary_id(self._raw):
            return (
                "compressed with a zstd dictionary, with which the file does not begin; decompress it first: "
                "zstd -d -D DICTIONARY FILE"
            )
        self._decoder = codec.new_decoder()
        return None

    def _pass_frame(self) -> bool:
        """Go behind a skippable frame of zstd, and load the dictionary that it may hold; False where that fails."""
        begin, size = self._members[-1][1], compression.skipped(self._raw)
        end = begin + compression.SKIPPABLE_HEADER + size
        if begin == 0 and compression.is_dictionary(self._raw):
            self._load_dictionary(size)
        self._file.seek(end)
        self._raw, self._raw_read = b"", end
        self._read_raw_up_to(len(compression.ZSTD))
        if end > self._size or not (compression.is_frame(self._raw) or not self._raw.strip(b"\0")):
            self.fault = self.fault or f"a skippable frame of {size} bytes, but no frame follows there"
        return self.fault is None

    def _load_dictionary(self, size: int) -> None:
        self._file.seek(compression.SKIPPABLE_HEADER)
        try:
            self._codec = compression.with_dictionary(self._file.read(min(size, compression.MOST_DICTIONARY)))
        except ValueError as error:
            self.fault = f"its zstd dictionary cannot be used ({error}); fetch the file again"

    def _read_raw_up_to(self, size: int) -> None:
        while len(self._raw) < size and self._read_raw():
            pass

    def _read_raw(self) -> bool:
        more = self._file.read(CHUNK)
        self._raw += more
        self._raw_read += len(more)
        return bool(more)

    def _next_member(self, offset: int) -> int | None:
        """Where from `offset` on a member begins that can be read."""
        assert self._codec is not None  # noqa: S101  (for the type checker)
        magic = self._codec.magic
        while self._tried <= _MOST_TRIED * (self._size + CHUNK):
            self._file.seek(offset)
            chunk = self._file.read(CHUNK + len(magic))
            found = chunk.find(magic)
            if found >= 0:
                if self._opens(offset + found, self._codec):
                    return offset + found
                offset += found + 1
            elif len(chunk) <= CHUNK:
                break
            else:
                offset += CHUNK
        return None

    def _opens(self, offset: int, codec: Codec) -> bool:
        """Whether a member seems to begin there: it gives some bytes, or its first block is a long one."""
        self._file.seek(offset)
        decoder = codec.new_decoder()
        try:
            for size in (_GLANCE, CHUNK):
                data = self._file.read(size)
                self._tried += len(data)
                if decoder.decompress(data, CHUNK) or decoder.eof:
                    return True
        except FAILURES:
            return False
        return len(data) == CHUNK
