"""Damage costs what it touches: the records before it and behind it are read, and its place and length are told."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import random
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dedup.archive.formats import Damage, Record, read
from dedup.archive.formats.stream import ByteStream

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Write = Callable[..., bytes]
ROWS = [json.dumps({"id": number, "text": f"text {number} of many"}).encode() + b"\n" for number in range(1050)]
ARC_FILE = b"filedesc://a.arc 0.0.0.0 20200101000000 text/plain 0\n\n"


def _split(path: Path, content: bytes, **options: int) -> tuple[list[Record], list[Damage]]:
    path.write_bytes(content)
    found = list(read(path, **options))  # type: ignore[arg-type]  # handed through
    return [one for one in found if isinstance(one, Record)], [one for one in found if isinstance(one, Damage)]


def _damaged(member: bytes) -> bytes:
    broken = bytearray(member)
    broken[15] ^= 0xFF
    broken[16] ^= 0xFF
    return bytes(broken)


def _arc(
    number: int, *, kind: bytes = b"text/html", ip: bytes = b"1.2.3.4", url: bytes = b"http://a.example/"
) -> bytes:
    return b"%b%d %b 20200101000000 %b 10\n<p>%04d</p" % (url, number, ip, kind, number) + b"\n"


def _skippable(content: bytes, number: int = 0) -> bytes:
    return bytes([0x50 + number]) + b"\x2a\x4d\x18" + len(content).to_bytes(4, "little") + content


@pytest.mark.parametrize("compress", [gzip.compress, zstd.compress])
def test_a_damaged_first_member_does_not_lose_the_rows_behind_it(
    tmp_path: Path, compress: Callable[[bytes], bytes]
) -> None:
    first = _damaged(compress(b"".join(ROWS[:50])))
    found, damages = _split(tmp_path / "a", first + compress(b"".join(ROWS[50:])))
    assert [record.record_id for record in found] == [str(number) for number in range(50, 1050)]
    assert [(damage.offset, damage.length) for damage in damages] == [(0, len(first))]


def test_an_arc_whose_own_record_is_lost_still_gives_its_pages(tmp_path: Path) -> None:
    pages = [_arc(number) for number in range(3)]
    head = gzip.compress(ARC_FILE)
    for content, damaged in (
        (_damaged(head) + b"".join(map(gzip.compress, pages)), len(head)),
        (ARC_FILE[30:] + b"".join(pages), len(ARC_FILE[30:])),
        (b"".join(pages), 0),
    ):
        found, damages = _split(tmp_path / "a", content)
        assert [record.url for record in found] == [f"http://a.example/{number}" for number in range(3)]
        assert [damage.length for damage in damages] == ([damaged] if damaged else [])


@pytest.mark.parametrize("member", [0, 1, 2])
def test_the_length_of_a_damaged_member_is_that_of_its_bytes(tmp_path: Path, response: Write, member: int) -> None:
    members = [gzip.compress(response(number, b"<p>one</p>" * 9)) for number in range(3)]
    members[member] = _damaged(members[member])
    found, damages = _split(tmp_path / "a", b"".join(members))
    places = sorted([(one.offset, one.length) for one in found] + [(one.offset, one.length or 0) for one in damages])
    assert places == [(len(b"".join(members[:number])), len(one)) for number, one in enumerate(members)]


def test_a_record_is_kept_whose_member_lacks_its_end_alone(tmp_path: Path, response: Write) -> None:
    """What is missing is named, and not as something that is 0 bytes long."""
    content = gzip.compress(response(0, b"<p>one</p>")) + gzip.compress(response(1, b"<p>two</p>"))
    found, damages = _split(tmp_path / "a", content[:-2])
    assert [record.record_id for record in found] == ["<urn:uuid:0>", "<urn:uuid:1>"]
    assert [(damage.length, damage.why) for damage in damages] == [(None, "the file ends within compressed data")]


def test_frames_of_zstd_that_hold_no_data_are_passed(tmp_path: Path, response: Write) -> None:
    """Seekable files end with one and parallel compressors begin with one: `--strict` stopped at whole files."""
    records = [response(number, b"<p>one</p>") for number in range(3)]
    passed = _skippable(b"an index", 14)
    frames = [zstd.compress(record) for record in records]
    for content in (passed + b"".join(frames), b"".join(frames) + passed, passed.join(frames) + passed + passed):
        found, damages = _split(tmp_path / "a", content)
        assert [record.record_id for record in found] == [f"<urn:uuid:{number}>" for number in range(3)]
        assert not damages
        for record, whole in zip(found, records, strict=True):
            assert zstd.decompress(content[record.offset : record.offset + record.length]) == whole


def test_a_frame_whose_length_is_wrong_does_not_swallow_the_records_behind_it(
    tmp_path: Path, response: Write
) -> None:
    frames = [zstd.compress(response(number, b"<p>one</p>")) for number in range(3)]
    for length in (50, 1 << 31):
        wrong = b"\x50\x2a\x4d\x18" + length.to_bytes(4, "little")
        found, damages = _split(tmp_path / "a", frames[0] + wrong + frames[1] + frames[2])
        assert len(found) == 3
        assert [(damage.offset, damage.length) for damage in damages] == [(len(frames[0]), 8)]


@pytest.mark.parametrize("kind", ["formatted", "compressed", "text"])
def test_a_warc_compressed_with_the_dictionary_at_its_beginning_is_read(
    tmp_path: Path, response: Write, kind: str
) -> None:
    samples = [response(number, b"<p>The ferry sails at noon.</p>") for number in range(400)]
    dictionary = zstd.train_dict(samples, 2000)
    if kind == "text":
        dictionary = zstd.ZstdDict(samples[0], is_raw=True)
    held = dictionary.dict_content
    frame = _skippable(zstd.compress(held) if kind == "compressed" else held, 13)
    frames = [zstd.compress(sample, zstd_dict=dictionary) for sample in samples[:3]]
    frames[1] = frames[1][:-3] + b"\xff\xff\xff"
    found, damages = _split(tmp_path / "a.warc.zst", frame + b"".join(frames))
    assert [record.record_id for record in found] == ["<urn:uuid:0>", "<urn:uuid:2>"]
    assert [(damage.offset, damage.length) for damage in damages] == [(len(frame + frames[0]), len(frames[1]))]


def test_a_file_without_the_dictionary_that_it_needs_says_so(tmp_path: Path, response: Write) -> None:
    samples = [response(number, b"<p>The ferry sails at noon.</p>") for number in range(400)]
    dictionary = zstd.train_dict(samples, 2000)
    frames = b"".join(zstd.compress(sample, zstd_dict=dictionary) for sample in samples[:3])
    found, [damage] = _split(tmp_path / "a", frames)
    assert not found
    assert "zstd -d -D DICTIONARY" in damage.why
    assert damage.length == len(frames)
    bad = _skippable(dictionary.dict_content[:4] + b"\xff" * 99, 13) + frames
    found, [damage] = _split(tmp_path / "a", bad)
    assert "its zstd dictionary cannot be used" in damage.why
    assert damage.length == len(bad)


@pytest.mark.parametrize("behind", [b"JUNK\r\n", b"\0" * 1024, b"JUNK"])
def test_a_whole_record_is_kept_whatever_stands_behind_it(tmp_path: Path, response: Write, behind: bytes) -> None:
    records = [response(number, b"<p>one</p>") for number in range(2)]
    for content in (records[0] + behind + records[1], b"".join(records) + behind):
        found, damages = _split(tmp_path / "a", content)
        assert [record.record_id for record in found] == ["<urn:uuid:0>", "<urn:uuid:1>"]
        assert [(damage.offset, damage.length) for damage in damages] == [(content.index(behind), len(behind))]


def test_a_record_behind_a_member_of_junk_is_found(tmp_path: Path, response: Write) -> None:
    found, damages = _split(
        tmp_path / "a", b"".join(map(gzip.compress, (response(0, b"a"), b"JUNK", response(1, b"b"))))
    )
    assert (len(found), len(damages)) == (2, 1)


def test_a_header_that_breaks_off_costs_nothing_of_the_next_record(tmp_path: Path, response: Write) -> None:
    found, damages = _split(tmp_path / "a", b"WARC/1.0\r\nWARC-Type: response\r\n" + response(1, b"a"))
    assert [record.record_id for record in found] == ["<urn:uuid:1>"]
    assert [damage.length for damage in damages] == [31]


@pytest.mark.parametrize(
    "odd",
    [
        _arc(1, kind=b"text/html; charset=x"),
        _arc(1, ip=b"-"),
        _arc(1, url=b"HTTP://A.example/"),
        _arc(1).replace(b"20200101000000", b"0"),
    ],
)
def test_an_odd_header_of_an_arc_costs_no_record(tmp_path: Path, odd: bytes) -> None:
    found, damages = _split(tmp_path / "a", ARC_FILE + _arc(0) + odd + _arc(2))
    assert [record.kind for record in found[1:]] == ["response"] * 3
    assert not damages


def test_a_header_that_is_none_costs_no_whole_record_of_an_arc(tmp_path: Path) -> None:
    found, damages = _split(tmp_path / "a", ARC_FILE + _arc(0) + b"no header at all\n" + _arc(2))
    assert [record.url for record in found[1:]] == ["http://a.example/0", "http://a.example/2"]
    assert [damage.length for damage in damages] == [17]


class _Counted(io.BytesIO):
    passed = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        _Counted.passed += len(data)
        return data


@pytest.mark.parametrize("length", [60 << 20, 1 << 40])
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
@pytest.mark.timeout(60)
def test_lengths_beyond_the_end_do_not_read_the_file_again_and_again(
    tmp_path: Path, response: Write, length: int, compress: Callable[[bytes], bytes]
) -> None:
    """Ten megabytes of such records took minutes."""
    records = b"".join(response(number, b"x" * 900, length=length) for number in range(5_000))
    found, damages = _split(tmp_path / "a", compress(records))
    assert not found
    assert len(damages) == 5_000
    assert sum(damage.length or 0 for damage in damages[:-1]) == records.rindex(b"WARC/")


@pytest.mark.timeout(60)
def test_lengths_that_end_in_the_midst_of_the_file_do_not_read_it_again_and_again(
    tmp_path: Path, response: Write
) -> None:
    records = [response(number, b"x" * 900, length=4_000_003) for number in range(10_000, 15_000)]
    for most in (1 << 26, 1 << 20):
        _, damages = _split(tmp_path / "a", b"".join(records), most=most)
        assert [damage.length for damage in damages] == list(map(len, records))


def test_a_long_block_of_a_plain_file_is_not_read_to_be_passed() -> None:
    stream = ByteStream(_Counted(bytes(32 << 20)))
    assert stream.skip(31 << 20) == 31 << 20
    assert _Counted.passed < 1 << 20
    assert stream.take(2 << 20) == bytes(1 << 20)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xfd7zXZ\x00" + b"x" * 99, "xz -d"),
        (b"PK\x03\x04" + b"x" * 99, "zip archive; unpack"),
        (b"a.jsonl".ljust(257, b"\0") + b"ustar\x0000" + b"x" * 999, "tar archive; unpack"),
        (gzip.compress(b"a.jsonl".ljust(257, b"\0") + b"ustar\x0000"), "tar archive; unpack"),
        ('{"text": "a"}\n'.encode("utf-16"), "UTF-16; convert"),
        ('{"text": "a"}\n'.encode("utf-16-le"), "UTF-16; convert"),
        (gzip.compress(gzip.compress(ROWS[0])), "decompress it once"),
        (b'[{"text": "a"}, {"text": "b"}]', "jq -c '.[]'"),
        (b'[\n  {"text": "a"},\n  {"text": "b"}\n]', "jq -c '.[]'"),
    ],
)
def test_a_file_that_is_not_read_says_what_it_is_and_what_to_do(tmp_path: Path, content: bytes, told: str) -> None:
    found, [damage] = _split(tmp_path / "a", content)
    assert not found
    assert told in damage.why


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, zstd.compress])
def test_a_member_of_long_blocks_is_found_behind_damage(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    """Of bzip2 and zstd nothing comes before a whole block was read: all behind the damage was lost."""
    noise = random.Random(1).randbytes(300_000).hex().encode()
    rows = [b'{"id": %d, "text": "%b"}\n' % (number, noise[number * 90_000 :][:90_000]) for number in range(5)]
    found, damages = _split(
        tmp_path / "a", compress(ROWS[0]) + _damaged(compress(ROWS[1])) + compress(b"".join(rows))
    )
    assert [record.record_id for record in found] == ["0", *"01234"]
    assert len(damages) == 1


def _nested(count: int) -> bytes:
    """Beginnings of members, each of which can be read up to the end of the file and not a byte less."""
    size = 195
    block = b"\0" + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little")
    return (gzip.compress(b"", mtime=0)[:10] + block + bytes(size - 10)) * count


@pytest.mark.parametrize("behind", [b"\x1f\x8b\x08" * 300_000, _nested(16_000)], ids=["magics", "nested"])
@pytest.mark.timeout(20)
def test_bytes_that_look_like_members_are_not_read_again_and_again(tmp_path: Path, behind: bytes) -> None:
    content = gzip.compress(ROWS[0]) + _damaged(gzip.compress(ROWS[1])) + behind
    found, damages = _split(tmp_path / "a", content)
    assert [record.record_id for record in found] == ["0"]
    assert damages
