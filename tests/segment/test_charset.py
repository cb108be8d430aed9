"""Bytes are read in the encoding that their page is written in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.errors import UnsupportedInputError
from dedup.segment.charset import decode
from dedup.segment.charset_kernels import is_utf8

CHINESE = "中文页面测试，这是一个没有声明编码的网页。我们希望能够正确识别它的内容。"
RUSSIAN = "Привет, это страница без объявленной кодировки, и её надо прочитать правильно."
GERMAN = "Die alte Brücke trägt wieder Verkehr, über den Fluß und für Fußgänger."


def read(data: str | bytes, content_type: str | None = None, field: str = "html") -> str:
    return decode(data, field=field, content_type=content_type).utf8.decode()


@pytest.mark.parametrize(
    ("data", "content_type", "expected"),
    [
        ("<p>é".encode(), None, "<p>é"),
        (b"\xef\xbb\xbf<p>x", None, "<p>x"),
        ("\ufeff<p>é".encode("utf-16-le"), None, "<p>é"),
        ("\ufeff<p>é".encode("utf-16-be"), None, "<p>é"),
        ("é".encode("cp1252"), "text/html; charset=ISO-8859-1", "é"),
        ("<meta charset=gbk>中".encode("gbk"), None, "<meta charset=gbk>中"),
        (b'<meta http-equiv=Content-Type content="text/html; charset=koi8-r">' + "да".encode("koi8-r"), None, None),
        ("<meta charset=utf-8>é".encode("cp1252"), None, "<meta charset=utf-8>\ufffd"),
        (CHINESE.encode("gb18030"), None, CHINESE),
        (RUSSIAN.encode("cp1251"), None, RUSSIAN),
        (b"caf\xe9", None, "café"),
        ("<meta charset=gbk>é", None, "<meta charset=gbk>é"),
        (b"<meta charset=nonsense>\xe9", None, "<meta charset=nonsense>é"),
        (b"<meta charset=utf-32>caf\xc3\xa9", None, "<meta charset=utf-32>café"),
        (b"", None, ""),
    ],
)
def test_encodings_are_found_where_browsers_look(
    data: str | bytes, content_type: str | None, expected: str | None
) -> None:
    text = read(data, content_type)
    assert text == expected if expected is not None else text.endswith("да")


@pytest.mark.parametrize(
    "name", ["charmap", "idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape", "utf-7"]
)
def test_a_codec_of_python_that_is_no_charset_of_pages_counts_as_no_declaration(name: str) -> None:
    """Three of them raise at once, so that one page ended a job; the others read `<` where the page has none."""
    data = f"<meta charset={name}>caf\\u0041 +ADw-p+AD4- ".encode() + b"\xe9"
    expected = f"<meta charset={name}>caf\\u0041 +ADw-p+AD4- é"
    assert read(data) == expected
    assert read(data, f"text/html; charset={name}") == expected


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("text", ["<!doctype html><p>Brücke 橋</p>", "\r\n <p>Brücke", "<?xml version='1.0'?><p>a"])
def test_a_page_in_wide_characters_is_read_without_its_mark_too(text: str, encoding: str) -> None:
    assert read(text.encode(encoding)) == text
    assert read(text.encode(encoding), "text/html; charset=utf-8") == text
    assert read(("\ufeff" + text).encode(encoding)) == text


@pytest.mark.parametrize("text", [CHINESE, RUSSIAN, GERMAN])
@pytest.mark.parametrize("field", ["html", "text", "markdown"])
def test_utf8_with_a_few_other_bytes_in_it_is_read_as_utf8(text: str, field: str) -> None:
    """A text that was cut at a number of bytes, or holds one stray byte, must not become unreadable as a whole."""
    data = text.encode()
    assert read(data + "中".encode()[:2], field=field) == f"{text}\ufffd"
    assert read(data + b" \xe9 x", field=field) == f"{text} \ufffd x"
    assert read(b"\x80 " + data, field=field) == f"\ufffd {text}"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16le", "utf-16be", "unicode", "unicodefffe"])
@pytest.mark.parametrize("field", ["html", "text", "markdown"])
def test_a_text_in_wide_characters_is_read_where_its_content_type_says_so(encoding: str, field: str) -> None:
    data = GERMAN.encode("utf-16-be" if encoding in ("utf-16be", "unicodefffe") else "utf-16-le")
    content_type = f"text/plain; charset={encoding}"
    assert read(data, content_type, field) == GERMAN
    assert read(GERMAN.encode(), content_type, field) == GERMAN  # which is wrong about a text without a single NUL


@pytest.mark.parametrize(
    ("label", "codec", "text"),
    [
        ("windows-874", "cp874", "หน้าเว็บ"),
        ("ISO-8859-8-I", "iso8859-8", "דף"),
        ("x-euc-jp", "euc_jp", "文字"),
        ("Windows-31J", "cp932", "①文字"),
        ("x-gbk", "gbk", "中文"),
        ("gb_2312-80", "gb2312", "中文"),
        ("x-x-big5", "big5", "中文"),
        ("ksc_5601", "cp949", "한국"),
        ("windows-949", "cp949", "똠"),
        ("x-cp1251", "cp1251", "да"),
        ("iso88592", "iso8859-2", "žluť"),
        ("koi8", "koi8-r", "да"),
        ("x-mac-cyrillic", "mac-cyrillic", "да"),
    ],
)
def test_the_labels_that_browsers_know_are_known(label: str, codec: str, text: str) -> None:
    data = f"<meta charset={label}>{text}".encode(codec)
    assert read(data).endswith(text)
    assert read(text.encode(codec), f"text/plain; charset={label}", "text") == text


def test_what_a_text_or_a_comment_says_of_charsets_is_no_declaration() -> None:
    """A tutorial that quotes such a tag would be unreadable."""
    for text in (f"Write <meta charset=iso-8859-1>. {CHINESE}", f"<?xml version='1.0' encoding='gbk'?>{CHINESE}"):
        assert read(text.encode(), field="text") == text
        assert read(text.encode(), field="markdown") == text
    page = f"<!--> <meta charset=utf-8><!-- <meta charset=gbk> --><p>{CHINESE}"
    assert read(page.encode()) == page
    page = f"<!-- <meta charset=gbk> --><meta charset=koi8-r><p>{RUSSIAN}"
    assert read(page.encode("koi8-r")) == page


def test_a_declaration_that_comes_late_counts_before_detection() -> None:
    page = f"<script>{'x' * 9000}</script><meta charset=iso-8859-5><p>{RUSSIAN}"
    assert read(page.encode("iso-8859-5")) == page


def test_no_byte_is_told_where_an_encoding_switches_by_escapes() -> None:
    assert not decode(b"\x1b$B", field="text", content_type="text/plain; charset=iso-2022-jp").is_single_byte
    assert not decode(b"x", field="text", content_type="text/plain; charset=utf-8-sig").is_single_byte
    assert decode(b"x", field="text", content_type="text/plain; charset=koi8-r").is_single_byte


def test_japanese_that_could_be_chinese_is_told_by_its_kana() -> None:
    japanese = "これは宣言のないページです。文字コードを正しく判定できるでしょうか。漢字も含みます。"
    assert read(japanese.encode("euc_jp")) == japanese
    assert read(CHINESE.encode("gb18030")) == CHINESE


@given(st.text(st.sampled_from("ab<\x7f\x80ÿĀ߿ࠀ中\ud800\udfff\ue000\uffff😀\U0010ffff"), max_size=100))
def test_a_string_of_any_width_is_read_as_python_would_encode_it(text: str) -> None:
    assert decode(text, field="html").utf8 == text.removeprefix("\ufeff").encode(errors="replace")


@given(st.text(max_size=80), st.integers(0, 400), st.binary(max_size=3))
def test_bytes_pass_for_utf8_exactly_where_python_can_decode_them(text: str, at: int, put: bytes) -> None:
    whole = text.encode(errors="replace")
    data = whole[:at] + put + whole[at + len(put) :]
    try:
        data.decode()
    except UnicodeDecodeError:
        expected = False
    else:
        expected = True
    assert is_utf8(np.frombuffer(data, np.uint8)) == expected


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"RIFF\x10\x0a\x00\x00WEBPVP8 ", "image"),
        (bytes(range(256)) * 20, "binary data"),
        (b"\x00\x01\x02\x03" * 500, "binary data"),
    ],
)
def test_binary_files_are_refused_by_name_instead_of_read_as_text(data: bytes, name: str) -> None:
    with pytest.raises(UnsupportedInputError, match=name):
        read(data)


def test_a_text_that_begins_like_the_name_of_a_format_is_a_text() -> None:
    assert decode(b"RIFF is a container, and GIF8 none.", field="text").utf8.startswith(b"RIFF")
    assert decode(b"GIF8 is no format.", field="text").utf8.startswith(b"GIF8")


def test_nul_bytes_in_a_page_do_not_make_it_binary() -> None:
    assert read(b"<html><p>a\x00b\x00c" + b"\x00" * 30 + b"</p>").startswith("<html>")
